"""What a listing needs next, decided from what is wanted, what is there, and what may be promised."""

from dataclasses import dataclass
from enum import StrEnum

from marketplace.selling.models import Listing, Wanted


class Do(StrEnum):
    LOOK_UP = "look_up"  #: a write has no clear answer: find the SKU before anything else
    PUBLISH = "publish"  #: create or update the whole product, stock included
    RESTOCK = "restock"  #: write the stock alone
    WITHDRAW = "withdraw"
    SEE_OFF = "see_off"  #: it was withdrawn: read back that nobody can buy it any more
    ASK = "ask"  #: a change waits for approval: ask what became of it
    NOTHING = "nothing"


WRITES = frozenset({Do.PUBLISH, Do.RESTOCK, Do.WITHDRAW})


@dataclass(frozen=True)
class Step:
    """`packs` is the stock to write; unless `whole`, the rest of what is wanted follows later."""

    do: Do
    packs: int = 0
    whole: bool = True


def next_step(listing: Listing, room: int) -> Step:
    """The next call for a listing; `room` is how many more packs its pools allow to be exposed."""
    if listing.unclear:
        return Step(Do.LOOK_UP)
    if listing.wanted == Wanted.WITHDRAWN:
        if listing.remote_id is None:
            return _after_all(listing)
        if listing.remote_state not in ("off", "deleted"):
            return Step(Do.WITHDRAW)
        return _after_all(listing) if listing.off_seen_at else Step(Do.SEE_OFF)
    if listing.remote_id is None or listing.published_revision < listing.revision:
        return _with_stock(Do.PUBLISH, listing, room)
    if listing.restock:
        return _with_stock(Do.RESTOCK, listing, room)
    return _after_all(listing)


def _after_all(listing: Listing) -> Step:
    """Nothing is to be sent: what was sent may still wait for approval."""
    return Step(Do.ASK if listing.ticket else Do.NOTHING)


def _with_stock(do: Do, listing: Listing, room: int) -> Step:
    """Choose the stock to write (design §5): exposure may become e + w, so w must fit into the room that is
    left.

    Where it does not, 0 is written first (the exposure stays e); reading back and pulling then shrink e to
    what is
    really left, and the rest can be written. A listing that exposes nothing takes what room there is.
    """
    if listing.wanted_packs <= room:
        return Step(do, listing.wanted_packs)
    if listing.exposure_packs == 0 and room > 0:
        return Step(do, room, whole=False)
    return Step(do, 0, whole=False)
