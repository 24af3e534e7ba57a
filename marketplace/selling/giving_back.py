"""Packs that a stock event or a cancelled order took off listings, given back where a person sets the number.

Where a policy splits the pool, the policy itself lets the listings grow again.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session, col, select

from catalog.models import LotPool
from marketplace.core.units import local_day
from marketplace.selling.models import Listing, Wanted
from marketplace.selling.policies import splits_itself, wish
from marketplace.selling.stock import Draw, draws_of, on_pools, promisable, wished_grams


def wished_packs(db: Session, pool_id: int) -> dict[int, int]:
    """Packs wished of each listing on sale that draws on a pool."""
    db.flush()
    rows = db.exec(
        on_pools(select(Listing.id, Listing.wanted_packs)).where(
            LotPool.id == pool_id, Listing.wanted == Wanted.ON_SALE
        )
    )
    return {listing_id or 0: packs for listing_id, packs in rows}


def give_back(db: Session, taken: Mapping[str, int], *, now: datetime) -> None:
    """Wish these packs (by listing id) on sale again, as far as the stock that no listing is to sell allows.

    Listings that were taken off the marketplace meanwhile stay off.
    """
    ids = [int(key) for key in taken]
    on_sale = select(Listing).where(col(Listing.id).in_(ids), Listing.wanted == Wanted.ON_SALE)
    listings = db.exec(on_sale.order_by(col(Listing.id))).all()
    draws = draws_of(db, {listing.offer_id for listing in listings})
    for listing in listings:
        theirs = draws.get(listing.offer_id, [])
        if splits_itself(db, [draw.pool_id for draw in theirs]):
            continue
        packs = min(taken[str(listing.id)], _room(db, theirs, now))
        if packs > 0:
            wish(listing, listing.wanted_packs + packs, now)
            db.add(listing)
            db.flush()


def _room(db: Session, draws: list[Draw], now: datetime) -> int:
    """How many more packs a person might wish for a listing that draws like this."""
    grams = promisable(db, [draw.pool_id for draw in draws], local_day(now))
    rooms = ((grams[draw.pool_id] - wished_grams(db, draw.pool_id)) // draw.grams for draw in draws)
    return min(rooms, default=0)
