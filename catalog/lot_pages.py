"""What the pages of harvest lots show: rows read with one statement each, whatever their number."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, or_, select

from catalog.lots import balances_by_lot
from catalog.models import (
    AdminUnit,
    HarvestLot,
    Household,
    LotPool,
    Producer,
    Product,
    SaleUnit,
    Season,
    SeasonWindow,
    StockEntry,
)
from catalog.paging import MOST_FOUND, page_of
from catalog.scopes import household_in_scope, lots_seen_by
from marketplace.accounts.models import Account
from marketplace.core.text import fold

#: What is weighed when it is picked; handicraft and nights are no harvest (R-41).
PICKED = (SaleUnit.KG, SaleUnit.LITRE)


@dataclass(frozen=True)
class LotCard:
    """A lot with whose it is, who sells it and what is left of it."""

    lot: HarvestLot
    product: Product
    household: Household
    grower: str
    seller: Producer
    commune: AdminUnit
    harvested_grams: int  #: corrections included
    left_grams: int


def find_lots(db: Session, actor: Account, query: str = "", number: int = 1) -> tuple[list[LotCard], bool]:
    """A page of lots in sight, the last recorded first; searched by code, product or household."""
    grower = aliased(Producer)
    wanted = (
        lots_seen_by(actor)
        .join(Product, col(Product.id) == HarvestLot.product_id)
        .join(Household, col(Household.id) == HarvestLot.household_id)
        .join(grower, col(grower.household_id) == HarvestLot.household_id)
        .join(LotPool, col(LotPool.id) == HarvestLot.pool_id)
        .join(Producer, col(Producer.id) == LotPool.producer_id)
        .join(AdminUnit, col(AdminUnit.id) == HarvestLot.commune_id)
        .add_columns(Product, Household, grower, Producer, AdminUnit)
        .order_by(col(HarvestLot.id).desc())
    )
    if query:
        wanted = wanted.where(_matching(query, grower.name_fold))
    rows, more = page_of(db, wanted, number, query, lambda row: f"{row[1].name} {row[3].name} {row[0].code}")
    balances = balances_by_lot(db, [row[0].id for row in rows])
    cards = [
        LotCard(lot, product, household, grown_by.name, seller, commune, *balances[lot.id])
        for lot, product, household, grown_by, seller, commune in rows
    ]
    return cards, more


def lot_card(db: Session, lot: HarvestLot) -> LotCard:
    """One lot with everything around it."""
    pool = db.get_one(LotPool, lot.pool_id)
    household = db.get_one(Household, lot.household_id)
    grower = db.exec(select(Producer.name).where(Producer.household_id == household.id)).first()
    return LotCard(
        lot,
        db.get_one(Product, lot.product_id),
        household,
        grower or household.code,
        db.get_one(Producer, pool.producer_id),
        db.get_one(AdminUnit, lot.commune_id),
        *balances_by_lot(db, [lot.id or 0])[lot.id or 0],
    )


def ledger_lines(db: Session, lot: HarvestLot) -> list[tuple[StockEntry, str | None]]:
    """Every line of a lot in the order it was written, and the name of who wrote it; None is the program."""
    rows = (
        select(StockEntry, Account.name)
        .outerjoin(Account, col(Account.id) == StockEntry.actor_id)
        .where(StockEntry.lot_id == lot.id)
    )
    return [(entry, name) for entry, name in db.exec(rows.order_by(col(StockEntry.id)))]


def choosable_households(db: Session, actor: Account, query: str) -> list[tuple[Household, str, str]]:
    """Households in sight with the names of grower and commune; searched by either or by code."""
    rows = (
        select(Household, Producer.name, AdminUnit.name)
        .join(Producer, col(Producer.household_id) == Household.id)
        .join(AdminUnit, col(AdminUnit.id) == Household.commune_id)
        .where(household_in_scope(actor), col(Household.active).is_(True), col(Household.draft).is_(False))
        .order_by(col(Producer.name_fold), col(Household.id))
    )
    if query:
        rows = rows.where(or_(_has(Producer.name_fold, query), _coded(Household.code, query)))
    hits, _more = page_of(db, rows, 1, query, lambda row: str(row[1]))
    return [(household, grower, commune) for household, grower, commune in hits]


def pickable_products(db: Session, household: Household, day: date) -> tuple[list[Product], list[Product]]:
    """(What this household is likely to pick that day, everything that is picked): two statements.

    Likely is what it recorded before, and the oranges in season.
    """
    before = set(
        db.exec(select(HarvestLot.product_id).where(HarvestLot.household_id == household.id).distinct())
    )
    in_season = select(SeasonWindow.product_id).where(
        SeasonWindow.first_day <= day, SeasonWindow.last_day >= day
    )
    rows = db.exec(
        select(Product, col(Product.id).in_(in_season))
        .where(col(Product.active).is_(True), col(Product.sale_unit).in_(PICKED))
        .order_by(col(Product.variety).is_(None), col(Product.name_fold), col(Product.id))
        .limit(MOST_FOUND)
    ).all()
    every = [product for product, _ in rows]
    likely = [product for product, now in rows if product.id in before or (now and product.variety)]
    return sorted(likely, key=lambda product: product.id not in before), every


def season_key(db: Session, lot: HarvestLot) -> str:
    return db.get_one(Season, lot.season_id).key


def _matching(query: str, grower_fold: str) -> ColumnElement[bool]:
    return or_(
        _has(Product.name_fold, query),
        _has(grower_fold, query),
        _coded(HarvestLot.code, query),
        _coded(Household.code, query),
    )


def _has(folded: str, query: str) -> ColumnElement[bool]:
    return col(folded).contains(fold(query), autoescape=True)


def _coded(code: str, query: str) -> ColumnElement[bool]:
    return col(code).contains(query.upper(), autoescape=True)
