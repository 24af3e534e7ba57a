"""What may be promised: Σ exposure of the listings of a lot pool never exceeds what is on hand (design §5).

The exposure of a listing is an upper bound of what the marketplace can still sell plus what it sold and we
have not seen.
Writing stock w over exposure e may leave up to e + w on sale, so e + w is what must fit, and is stored before
sending.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select
from sqlmodel import Session, col, func, select

from catalog.lots import lock_pools, on_hand_by_pool, stale_by_pool
from catalog.models import LotPool, PackPart
from marketplace.selling.models import Listing, Offer
from marketplace.selling.stock_models import ExposureEntry, Moved, PoolPolicy

Listed = TypeVar("Listed", bound=Select[*tuple[Any, ...]])


@dataclass(frozen=True)
class Draw:
    """One pack of a listing takes `grams` from `pool_id`."""

    pool_id: int
    grams: int


@dataclass
class PoolFigures:
    """On hand and exposed; kept back for selling offline, and past its day. All in grams."""

    on_hand: int = 0
    exposed: int = 0
    reserve: int = 0
    stale: int = 0

    @property
    def free(self) -> int:
        """What may leave without touching a promise; negative: more is promised than there is."""
        return self.on_hand - self.exposed

    @property
    def promisable(self) -> int:
        """What listings may be wished to sell, all of them together."""
        return max(self.on_hand - self.reserve - self.stale, 0)

    @property
    def may_stay_wished(self) -> int:
        """What wishes that no policy made may stay at. With nothing good left as high as they are: the
        checklist ends the listings, and they come back as wished with a harvest (R-43).
        """
        return self.promisable or max(self.on_hand - self.reserve, 0)


@dataclass
class Promises:
    """The pools behind a batch of listings: who draws what, and what is left while the batch is decided."""

    draws: Mapping[int, Sequence[Draw]]  #: by offer id; empty when the producer never harvested the product
    pools: dict[int, PoolFigures] = field(default_factory=dict)

    def room(self, offer_id: int) -> int:
        """How many more packs of this offer may be exposed, all its pools considered; may be negative."""
        draws = self.draws.get(offer_id, ())
        return min((self.pools[draw.pool_id].free // draw.grams for draw in draws), default=0)

    def expose(self, offer_id: int, packs: int) -> None:
        """Count `packs` more (or fewer) as exposed."""
        for draw in self.draws.get(offer_id, ()):
            self.pools[draw.pool_id].exposed += packs * draw.grams


def of_pool() -> ColumnElement[bool]:
    """A condition: the pool from which a part of an offer's pack is taken."""
    return (col(LotPool.producer_id) == Offer.producer_id) & (col(LotPool.product_id) == PackPart.product_id)


def on_pools(listings: Listed) -> Listed:
    """Listings with their offers, the parts of their packs, and the pools these are taken from: a combo's
    listing once for each.
    """
    return (
        listings.join(Offer, col(Offer.id) == Listing.offer_id)
        .join(PackPart, col(PackPart.pack_id) == Offer.pack_id)
        .join(LotPool, of_pool())
    )


def draws_of(db: Session, offer_ids: Iterable[int]) -> dict[int, list[Draw]]:
    """The pools each offer draws on, per pack; none where a part of the pack has no pool."""
    rows = db.exec(
        select(Offer.id, PackPart.net_grams, LotPool.id)
        .join(PackPart, col(PackPart.pack_id) == Offer.pack_id)
        .join(LotPool, of_pool(), isouter=True)
        .where(col(Offer.id).in_(list(offer_ids)))
    )
    draws: dict[int, list[Draw]] = {}
    without_pool: set[int] = set()
    for offer_id, grams, pool_id in rows:
        if pool_id is None:
            without_pool.add(offer_id or 0)
        else:
            draws.setdefault(offer_id or 0, []).append(Draw(pool_id, grams))
    return {offer_id: found for offer_id, found in draws.items() if offer_id not in without_pool}


def pool_figures(db: Session, pool_ids: Iterable[int]) -> dict[int, PoolFigures]:
    """On hand and exposed grams of each pool, in two statements."""
    ids = list(pool_ids)
    figures = {pool_id: PoolFigures(on_hand=grams) for pool_id, grams in on_hand_by_pool(db, ids).items()}
    exposed = db.exec(
        select(LotPool.id, func.sum(Listing.exposure_packs * PackPart.net_grams))
        .join(Offer, (col(Offer.producer_id) == LotPool.producer_id))
        .join(
            PackPart,
            (col(PackPart.pack_id) == Offer.pack_id) & (col(PackPart.product_id) == LotPool.product_id),
        )
        .join(Listing, col(Listing.offer_id) == Offer.id)
        .where(col(LotPool.id).in_(ids), Listing.exposure_packs > 0)
        .group_by(col(LotPool.id))
    )
    for pool_id, grams in exposed:
        figures.setdefault(pool_id or 0, PoolFigures()).exposed = int(grams)
    return {pool_id: figures.get(pool_id, PoolFigures()) for pool_id in ids}


def whole_figures(db: Session, pool_ids: Collection[int], today: date) -> dict[int, PoolFigures]:
    """The same with what is kept back and what is past its day, in at most five statements."""
    return _withheld(db, pool_figures(db, pool_ids), today)


def promisable(db: Session, pool_ids: Collection[int], today: date) -> dict[int, int]:
    """Grams of each pool that listings may be wished to sell, all of them together."""
    return {pool_id: one.promisable for pool_id, one in unexposed_figures(db, pool_ids, today).items()}


def unexposed_figures(db: Session, pool_ids: Collection[int], today: date) -> dict[int, PoolFigures]:
    """`whole_figures` without what is exposed, for less work."""
    if not pool_ids:
        return {}
    figures = {pool_id: PoolFigures(grams) for pool_id, grams in on_hand_by_pool(db, pool_ids).items()}
    return _withheld(db, figures, today)


def _withheld(db: Session, figures: dict[int, PoolFigures], today: date) -> dict[int, PoolFigures]:
    """Add what is kept back and what is past its day."""
    kept = dict(
        db.exec(
            select(PoolPolicy.pool_id, PoolPolicy.reserve_grams).where(col(PoolPolicy.pool_id).in_(figures))
        ).all()
    )
    for pool_id, stale in stale_by_pool(db, list(figures), today).items():
        figures[pool_id].reserve, figures[pool_id].stale = kept.get(pool_id, 0), stale
    return figures


def wished_by_pool(db: Session, pool_ids: Collection[int]) -> dict[int, int]:
    """Grams of each pool that listings are to sell: Σ wanted packs of those on sale; one statement."""
    if not pool_ids:
        return {}
    grams = func.sum(Listing.wanted_packs * PackPart.net_grams)
    sums = on_pools(select(LotPool.id, grams).select_from(Listing)).group_by(col(LotPool.id))
    on_sale = sums.where(col(LotPool.id).in_(pool_ids), Listing.wanted == "on_sale")
    found = {pool_id: int(wished) for pool_id, wished in db.exec(on_sale)}
    return {pool_id: found.get(pool_id, 0) for pool_id in pool_ids}


def wished_grams(db: Session, pool_id: int) -> int:
    """The same of one pool."""
    return wished_by_pool(db, [pool_id])[pool_id]


def promises_for(db: Session, offer_ids: Iterable[int]) -> Promises:
    """Lock the pools behind these offers, lowest id first, and read their figures."""
    draws = draws_of(db, offer_ids)
    pool_ids = sorted({draw.pool_id for found in draws.values() for draw in found})
    lock_pools(db, pool_ids)
    return Promises(draws, pool_figures(db, pool_ids))


def note_move(db: Session, listing: Listing, moved: Moved, packs: int, *, now: datetime) -> None:
    """Keep for the history that the exposure of a listing moved, or why it did not; call it afterwards."""
    db.add(
        ExposureEntry(
            listing_id=listing.id or 0,
            at=now,
            moved=moved,
            packs=packs,
            exposure_packs=listing.exposure_packs,
        )
    )
