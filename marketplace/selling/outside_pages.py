"""What the pages of sales outside the marketplaces show."""

from dataclasses import dataclass

from sqlmodel import Session, col, select

from catalog.models import HarvestLot, LotPool, Photo, Producer, Product
from catalog.scopes import lots_seen_by
from marketplace.accounts.models import Account
from marketplace.core.errors import NotFound
from marketplace.selling.models import Listing, Offer, OutsideSale, Shop
from marketplace.selling.pages import PAGE
from marketplace.selling.scopes import listings_seen_by, outside_sales_seen_by, sellers_seen_by
from marketplace.selling.stock import PoolFigures, pool_figures
from marketplace.selling.taking_back import sold_entries


@dataclass(frozen=True)
class SaleRow:
    sale: OutsideSale
    product: Product
    seller: Producer


@dataclass(frozen=True)
class SaleFacts:
    """A sale with the lots in sight it took from, and the listings in sight it took packs off."""

    row: SaleRow
    lots: list[tuple[HarvestLot, int]]
    shrunk: list[tuple[Listing, str, Shop, int]]  #: with the offer's title and the packs
    pool: LotPool | None  #: None: not for this person to see
    recorded_by: str | None
    taken_back_by: str | None


@dataclass(frozen=True)
class Stocked:
    """What a seller has of a product."""

    product: Product
    pool_id: int
    figures: PoolFigures


def outside_rows(db: Session, actor: Account, *, number: int) -> tuple[list[SaleRow], bool]:
    """A page of sales outside the marketplaces, newest first; True when there are more."""
    wanted = (
        outside_sales_seen_by(actor)
        .join(Product, col(Product.id) == OutsideSale.product_id)
        .join(Producer, col(Producer.id) == OutsideSale.producer_id)
        .add_columns(Product, Producer)
        .order_by(col(OutsideSale.sold_on).desc(), col(OutsideSale.id).desc())
    )
    rows = [SaleRow(*row) for row in db.execute(wanted.offset((number - 1) * PAGE).limit(PAGE + 1)).all()]
    return rows[:PAGE], len(rows) > PAGE


def in_stock(db: Session, seller: Producer) -> list[Stocked]:
    """What a seller has on hand of the products that are counted; three statements."""
    pools = (
        select(Product, LotPool.id)
        .join(LotPool, col(LotPool.product_id) == Product.id)
        .where(LotPool.producer_id == seller.id, col(Product.counts_for_tonnage))
        .order_by(col(Product.name_fold))
    )
    rows = [(product, pool_id or 0) for product, pool_id in db.exec(pools)]
    figures = pool_figures(db, [pool_id for _, pool_id in rows])
    found = [Stocked(product, pool_id, figures[pool_id]) for product, pool_id in rows]
    return [one for one in found if one.figures.on_hand > 0]


def sale_facts(db: Session, actor: Account, sale: OutsideSale) -> SaleFacts:
    """One sale with what it did to lots and listings."""
    product, seller = db.get_one(Product, sale.product_id), db.get_one(Producer, sale.producer_id)
    entries = {entry.lot_id: -entry.grams for entry in db.exec(sold_entries(sale))}
    lots = lots_seen_by(actor).where(col(HarvestLot.id).in_(entries)).order_by(col(HarvestLot.id))
    names = select(Account.id, Account.name).where(
        col(Account.id).in_([sale.recorded_by or 0, sale.taken_back_by or 0])
    )
    who = dict(db.exec(names).all())
    own = sellers_seen_by(actor).with_only_columns(col(Producer.id))
    pool = select(LotPool).where(
        LotPool.producer_id == sale.producer_id,
        LotPool.product_id == sale.product_id,
        col(LotPool.producer_id).in_(own),
    )
    return SaleFacts(
        SaleRow(sale, product, seller),
        [(lot, entries[lot.id or 0]) for lot in db.exec(lots)],
        _shrunk(db, actor, sale),
        db.exec(pool).first(),
        who.get(sale.recorded_by),
        who.get(sale.taken_back_by),
    )


def _shrunk(db: Session, actor: Account, sale: OutsideSale) -> list[tuple[Listing, str, Shop, int]]:
    if not sale.taken_packs:
        return []
    rows = db.execute(
        listings_seen_by(actor)
        .join(Offer, col(Offer.id) == Listing.offer_id)
        .join(Shop, col(Shop.id) == Listing.shop_id)
        .add_columns(col(Offer.title), Shop)
        .where(col(Listing.id).in_([int(key) for key in sale.taken_packs]))
        .order_by(col(Listing.id))
    )
    return [(listing, title, shop, sale.taken_packs[str(listing.id)]) for listing, title, shop in rows]


def photo_of(db: Session, sale: OutsideSale) -> Photo:
    """The picture of its paper; NotFound when there is none."""
    photo = db.get(Photo, sale.photo_id) if sale.photo_id else None
    if photo is None:
        raise NotFound
    return photo
