"""What the pages of promised stock show: on hand, promised where, in doubt since when, and every movement."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, case, or_
from sqlalchemy import select as columns
from sqlmodel import Session, col, func, select

from catalog.models import LotPool, PackPart, Producer, Product, StockEntry
from marketplace.accounts.models import Account
from marketplace.core.i18n import N_
from marketplace.core.text import fold
from marketplace.selling.models import Listing, Offer, Shop, Wanted
from marketplace.selling.pages import PAGE
from marketplace.selling.scopes import pools_seen_by
from marketplace.selling.stock import on_pools
from marketplace.selling.stock_models import ExposureEntry, Moved

#: After these the exposure is certain again: doubt begins with the next movement.
CERTAIN = (Moved.DONE, Moved.TAKEN_BACK, Moved.GONE, Moved.READ)
FILTERS = {"qua": N_("Hứa quá số có"), "ngo": N_("Đang nghi ngờ"), "hua": N_("Đang hứa cho sàn")}


@dataclass
class PoolRow:
    """A pool with grams on hand, promised in all, and promised where; `doubt_since` of the oldest doubt."""

    pool: LotPool
    product: Product
    seller: Producer
    on_hand: int
    exposed: int
    places: dict[str, int] = field(default_factory=dict)  #: by marketplace
    in_doubt: int = 0  #: listings
    doubt_since: datetime | None = None

    @property
    def free(self) -> int:
        """What is left when every marketplace sells all it can; negative: more is promised than there is."""
        return self.on_hand - self.exposed


@dataclass(frozen=True)
class Totals:
    """How many pools there are to look at."""

    pools: int
    promised: int
    too_much: int
    in_doubt: int


@dataclass(frozen=True)
class Place:
    """A listing of a pool: one pack takes `grams` from it."""

    listing: Listing
    offer: Offer
    shop: Shop
    grams: int
    doubt_since: datetime | None  #: None with `in_doubt`: since before the history begins

    @property
    def exposed(self) -> int:
        return self.listing.exposure_packs * self.grams

    @property
    def in_doubt(self) -> bool:
        return self.listing.unclear or self.listing.doubt_until is not None


@dataclass(frozen=True)
class Movement:
    """One line of the history of exposures."""

    entry: ExposureEntry
    title: str
    shop: Shop


def pool_rows(
    db: Session, actor: Account, *, query: str = "", chosen: str = "", number: int = 1
) -> tuple[list[PoolRow], bool]:
    """A page of pools, what is promised too much first, then what is promised most; two statements."""
    held, promised = _held(), _promised()
    on_hand, exposed = _of(held), _of(promised)
    wanted = (
        _pools(actor, held, promised)
        .add_columns(Product, Producer, on_hand, exposed)
        .join(Product, col(Product.id) == LotPool.product_id)
        .join(Producer, col(Producer.id) == LotPool.producer_id)
        .where(or_(on_hand > 0, exposed > 0), *_narrowed(query, chosen, on_hand, exposed))
        .order_by(case((exposed > on_hand, 0), else_=1), exposed.desc(), col(LotPool.id))
    )
    found = db.execute(wanted.offset((number - 1) * PAGE).limit(PAGE + 1)).all()
    rows = [PoolRow(pool, product, seller, int(a), int(b)) for pool, product, seller, a, b in found[:PAGE]]
    _add_places(db, rows)
    return rows, len(found) > PAGE


def pool_totals(db: Session, actor: Account) -> Totals:
    """What there is to look at, all pools in sight; one statement."""
    held, promised = _held(), _promised()
    on_hand, exposed = _of(held), _of(promised)
    tally = _pools(actor, held, promised).with_only_columns(
        _many(or_(on_hand > 0, exposed > 0)),
        _many(exposed > 0),
        _many(exposed > on_hand),
        _many(col(LotPool.id).in_(_doubtful())),
    )
    return Totals(*(int(number or 0) for number in db.execute(tally).one()))


def places_of(db: Session, pool: LotPool) -> list[Place]:
    """Every listing of a pool that is on sale or may still sell, by marketplace; one statement."""
    wanted = (
        _drawing(Listing, Offer, Shop, col(PackPart.net_grams), _doubt_since())
        .join(Shop, col(Shop.id) == Listing.shop_id)
        .where(col(LotPool.id) == pool.id)
        .where(
            or_(col(Listing.wanted) == Wanted.ON_SALE, col(Listing.exposure_packs) > 0, col(Listing.unclear))
        )
        .order_by(col(Shop.marketplace), col(Shop.name), col(Listing.id))
    )
    return [Place(*row) for row in db.execute(wanted).all()]


def movements(
    db: Session, pool: LotPool, *, listing_id: int = 0, number: int = 1
) -> tuple[list[Movement], bool]:
    """A page of what moved the exposures of a pool, or of one of its listings, newest first."""
    wanted = (
        _drawing(ExposureEntry, col(Offer.title), Shop)
        .join(ExposureEntry, col(ExposureEntry.listing_id) == Listing.id)
        .join(Shop, col(Shop.id) == Listing.shop_id)
        .where(col(LotPool.id) == pool.id)
        .order_by(col(ExposureEntry.id).desc())
    )
    if listing_id:
        wanted = wanted.where(col(ExposureEntry.listing_id) == listing_id)
    rows = db.execute(wanted.offset((number - 1) * PAGE).limit(PAGE + 1)).all()
    return [Movement(*row) for row in rows[:PAGE]], len(rows) > PAGE


# --- statements ----------------------------------------------------------------------------------------


def _drawing(*what: Any) -> Select[Any]:
    """Listings with their offers, the parts of their packs, and the pools these are taken from."""
    return on_pools(columns(*what).select_from(Listing))


def _held() -> Subquery:
    grams = func.sum(StockEntry.grams).label("grams")
    return select(StockEntry.pool_id, grams).group_by(col(StockEntry.pool_id)).subquery("held")


def _promised() -> Subquery:
    grams = func.sum(Listing.exposure_packs * PackPart.net_grams).label("grams")
    exposed = _drawing(col(LotPool.id).label("pool_id"), grams).where(col(Listing.exposure_packs) > 0)
    return exposed.group_by(col(LotPool.id)).subquery("promised")


def _of(sums: Subquery) -> ColumnElement[int]:
    return func.coalesce(sums.c.grams, 0)


def _pools(actor: Account, held: Subquery, promised: Subquery) -> Any:
    return (
        pools_seen_by(actor)
        .outerjoin(held, held.c.pool_id == LotPool.id)
        .outerjoin(promised, promised.c.pool_id == LotPool.id)
    )


def _many(which: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((which, 1), else_=0))


def _narrowed(
    query: str, chosen: str, on_hand: ColumnElement[int], exposed: ColumnElement[int]
) -> list[ColumnElement[bool]]:
    chosen_by: dict[str, list[ColumnElement[bool]]] = {
        "qua": [exposed > on_hand],
        "ngo": [col(LotPool.id).in_(_doubtful())],
        "hua": [exposed > 0],
    }
    conditions = chosen_by.get(chosen, [])
    if query:
        words = fold(query)
        named = (
            col(name).contains(words, autoescape=True) for name in (Product.name_fold, Producer.name_fold)
        )
        conditions.append(or_(*named))
    return conditions


def _doubtful() -> Select[Any]:
    """Pools with a listing whose last write has no clear answer, or may still arrive."""
    return _drawing(col(LotPool.id)).where(_in_doubt())


def _in_doubt() -> ColumnElement[bool]:
    return or_(col(Listing.unclear), col(Listing.doubt_until).is_not(None))


def _doubt_since() -> Any:
    """When a listing's exposure stopped being certain; NULL for one that is."""
    here = col(ExposureEntry.listing_id) == Listing.id
    last = (
        columns(func.max(ExposureEntry.id))
        .where(here, col(ExposureEntry.moved).in_(CERTAIN))
        .correlate(Listing)
        .scalar_subquery()
    )
    since = (
        columns(func.min(ExposureEntry.at))
        .where(here, col(ExposureEntry.id) > func.coalesce(last, 0))
        .correlate(Listing)
        .scalar_subquery()
    )
    return case((_in_doubt(), since))


def _add_places(db: Session, rows: Sequence[PoolRow]) -> None:
    by_pool = {row.pool.id: row for row in rows}
    found = db.execute(
        _drawing(
            col(LotPool.id),
            col(Shop.marketplace),
            col(Listing.exposure_packs) * col(PackPart.net_grams),
            _in_doubt(),
            _doubt_since(),
        )
        .join(Shop, col(Shop.id) == Listing.shop_id)
        .where(col(LotPool.id).in_(by_pool), or_(col(Listing.exposure_packs) > 0, _in_doubt()))
        .order_by(col(Shop.marketplace))
    )
    for pool_id, marketplace, grams, doubt, since in found:
        row = by_pool[pool_id]
        row.places[marketplace] = row.places.get(marketplace, 0) + int(grams)
        row.in_doubt += bool(doubt)
        row.doubt_since = min(filter(None, (row.doubt_since, since)), default=None)
