"""First of three: claim. Due listings become jobs; what may be exposed is stored before it is sent."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case
from sqlmodel import Session, col, select

from connectors.kit.protocol import Offer as WireOffer
from marketplace.core.config import Settings
from marketplace.core.units import local_day
from marketplace.selling.listings import CHECKLIST, ask, wake
from marketplace.selling.models import Listing, Offer, Shop, Wanted
from marketplace.selling.policies import rebalance
from marketplace.selling.stock import note_move, promises_for
from marketplace.selling.stock_models import Moved
from marketplace.selling.sync import wire
from marketplace.selling.sync.lease import Lease, stop_due
from marketplace.selling.sync.steps import WRITES, Do, Step, as_wished, next_step

URGENT = 50  #: withdrawals in a batch of their own: few enough to be confirmed within one lease


@dataclass(frozen=True)
class Job:
    """One call to make for one listing, with all it needs: nobody reads the database while speaking."""

    listing_id: int
    step: Step
    offer: WireOffer
    remote_id: str | None
    revision: int
    exposure_before: int  #: restored when the marketplace clearly did nothing
    wanted_packs: int  #: as wished when it was claimed; another wish since is another write
    ticket: str | None = None  #: what to ask about
    urgent: bool = False  #: nothing goes before it
    #: Until when an earlier write may still arrive: a clear answer to this one says nothing of that
    doubt_before: datetime | None = None


def claim(
    db: Session, shop: Shop, lease: Lease, settings: Settings, *, now: datetime, urgent: bool = False
) -> list[Job]:
    """Turn the shop's due listings into jobs; each is unclear until it is answered.

    What must come off the marketplace goes first, in batches of its own; `urgent`: nothing else.
    """
    rows = _due(db, shop, min(URGENT, settings.worker.batch), now, *stop_due(now))
    stopping = bool(rows)
    if not rows and not urgent:
        rows = _due(db, shop, settings.worker.batch, now)
    if not rows:
        return []
    prepared = wire.prepare(
        db,
        [(offer, shop, listing) for listing, offer in rows],
        public_url=settings.public_url,
        today=local_day(now),
    )
    promises = promises_for(db, {offer.id or 0 for _, offer in rows})
    _read_wishes(db, [listing.id or 0 for listing, _ in rows])
    doubt_until = lease.until + timedelta(seconds=settings.worker.doubt_seconds)
    jobs: list[Job] = []
    turned: set[int] = set()  # offers of which a listing was blocked now, or no longer is
    for (listing, offer), ready in zip(rows, prepared, strict=True):
        if as_wished(listing):
            listing.restock = False
        blocked = listing.blame is not None
        step = _allowed(listing, next_step(listing, promises.room(offer.id or 0)), ready)
        if blocked != (listing.blame is not None):
            turned.add(offer.id or 0)
        db.add(listing)
        if step.do in (Do.NOTHING, Do.WAIT):
            wait = timedelta(seconds=settings.worker.pull_seconds)
            listing.not_before = now + wait if step.do is Do.WAIT else None
            continue
        wired = _stocked(ready.offer, step)
        jobs.append(
            Job(
                listing.id or 0,
                step,
                wired,
                listing.remote_id,
                listing.revision,
                listing.exposure_packs,
                listing.wanted_packs,
                listing.ticket,
                stopping,
                listing.doubt_until,
            )
        )
        if step.do in WRITES:
            listing.unclear = True
            listing.doubt_until = doubt_until
            listing.sent_revision = listing.revision
        if step.do in (Do.PUBLISH, Do.RESTOCK):
            listing.exposure_packs += step.packs
            promises.expose(offer.id or 0, step.packs)
            listing.sent_packs = step.packs
        if step.do is Do.PUBLISH:
            listing.sent_title = ready.wording.title[:300]
            listing.sent_price_vnd = wired.price_vnd
        if step.do in WRITES:
            note_move(db, listing, Moved.SENT, step.packs, now=now)
    db.flush()
    # What nobody can buy there is for the others to sell, and what can be bought again gets its share.
    rebalance(db, {draw.pool_id for one in turned for draw in promises.draws.get(one, ())}, now)
    return jobs


def _read_wishes(db: Session, listing_ids: Sequence[int]) -> None:
    """Read these listings again, locked: a policy may have wished something else while the pools were waited
    for.
    """
    rows = select(Listing).where(col(Listing.id).in_(listing_ids)).order_by(col(Listing.id))
    db.exec(rows.with_for_update(key_share=True).execution_options(populate_existing=True)).all()


def _due(
    db: Session, shop: Shop, most: int, now: datetime, *only: ColumnElement[bool]
) -> Sequence[tuple[Listing, Offer]]:
    """Due listings: those to be withdrawn, then those that may sell more than is wanted, then the others."""
    too_much = (col(Listing.remote_state) == "live") & (
        col(Listing.exposure_packs) > col(Listing.wanted_packs)
    )
    return db.exec(
        select(Listing, Offer)
        .join(Offer, col(Listing.offer_id) == Offer.id)
        .where(Listing.shop_id == shop.id, col(Listing.not_before) <= now, *only)
        .order_by(
            case((col(Listing.wanted) == Wanted.WITHDRAWN, 0), (too_much, 1), else_=2),
            col(Listing.not_before),
            col(Listing.id),
        )
        .limit(most)
    ).all()


def _allowed(listing: Listing, step: Step, ready: wire.Prepared) -> Step:
    """The step the rules allow: what the checklist blocks goes to its person, and comes off the marketplace.

    A listing that was blocked before and no longer is goes on by itself.
    """
    if listing.wanted == Wanted.WITHDRAWN or step.do in (Do.LOOK_UP, Do.ASK):
        return step
    if ready.blocking:
        first = ready.blocking[0]
        cause = f"{CHECKLIST}{first.code}"
        ask(listing, first.blame, cause, first.sentence, dict(first.facts), first.field)
        on_sale = listing.remote_id is not None and listing.remote_state not in ("off", "deleted")
        return Step(Do.WITHDRAW) if on_sale else Step(Do.NOTHING)
    if (listing.cause or "").startswith(CHECKLIST):
        wake(listing, listing.not_before)
    return step


def _stocked(offer: WireOffer, step: Step) -> WireOffer:
    return offer if offer.packs == step.packs else replace(offer, packs=step.packs)
