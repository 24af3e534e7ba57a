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
    WAIT = "wait"  #: nothing is gained by writing before somebody else's promise has shrunk
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


def as_wished(listing: Listing) -> bool:
    """Is exactly what is wished on sale there, and certainly nothing more?"""
    there = listing.confirmed_packs
    settled = not listing.unclear and not listing.tighten and listing.remote_state == "live"
    return settled and there == listing.wanted_packs and there == listing.exposure_packs


def _after_all(listing: Listing) -> Step:
    """Nothing is to be sent: what was sent may still wait for approval."""
    return Step(Do.ASK if listing.ticket else Do.NOTHING)


def _with_stock(do: Do, listing: Listing, room: int) -> Step:
    """Choose the stock to write (design §5): exposure may become e + w, so w must fit into the room there is.

    Where it does not: a listing that exposes nothing takes what room there is; one that is to sell less, or
    must be sent anyhow, is written down to that room (0 when there is none), which reading back and pulling
    then turns into exposure e = what is really left, and the rest can be written. One that is to sell more is
    written down to 0 first, but only when it gains by it.
    """
    wanted = listing.wanted_packs
    if wanted <= room:
        return Step(do, wanted)
    there = listing.confirmed_packs
    if do is Do.RESTOCK and listing.exposure_packs > 0 and there is not None and wanted >= there:
        if wanted > there and room > 0 and not listing.tighten:
            return Step(do, 0, whole=False)
        return Step(Do.WAIT)
    return Step(do, max(room, 0), whole=False)
