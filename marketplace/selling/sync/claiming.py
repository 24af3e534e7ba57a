"""First of three: claim. Due listings of one shop become jobs; what may be exposed is stored before anything
is sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from connectors.kit.protocol import Offer as WireOffer
from marketplace.core.config import Settings
from marketplace.core.units import local_day
from marketplace.selling.listings import ask
from marketplace.selling.models import Listing, Offer, Shop, Wanted
from marketplace.selling.stock import promises_for
from marketplace.selling.sync import wire
from marketplace.selling.sync.lease import Lease
from marketplace.selling.sync.steps import Do, Step, next_step


@dataclass(frozen=True)
class Job:
    """One call to make for one listing, with all it needs: nobody reads the database while speaking."""

    listing_id: int
    step: Step
    offer: WireOffer
    remote_id: str | None
    revision: int
    exposure_before: int  #: restored when the marketplace clearly did nothing


def claim(db: Session, shop: Shop, lease: Lease, settings: Settings, *, now: datetime) -> list[Job]:
    """Turn the shop's due listings into jobs, withdrawals first; marks each written one as unclear until
    answered.
    """
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
    doubt_until = lease.until + timedelta(seconds=settings.worker.doubt_seconds)
    jobs: list[Job] = []
    for (listing, offer), ready in zip(rows, prepared, strict=True):
        room = promises.room(offer.id or 0)
        step = next_step(listing, room)
        if _held_back(listing, step, ready) or step.do is Do.NOTHING:
            db.add(listing)
            continue
        job = Job(
            listing.id or 0,
            step,
            _stocked(ready.offer, step),
            listing.remote_id,
            listing.revision,
            listing.exposure_packs,
        )
        jobs.append(job)
        if step.do is not Do.LOOK_UP:
            listing.unclear = True
            listing.doubt_until = doubt_until
            listing.sent_revision = listing.revision
        if step.do in (Do.PUBLISH, Do.RESTOCK):
            listing.exposure_packs += step.packs
            promises.expose(offer.id or 0, step.packs)
        db.add(listing)
    db.flush()
    return jobs


def _due(db: Session, shop: Shop, most: int, now: datetime) -> Sequence[tuple[Listing, Offer]]:
    return db.exec(
        select(Listing, Offer)
        .join(Offer, col(Listing.offer_id) == Offer.id)
        .where(Listing.shop_id == shop.id, col(Listing.not_before) <= now)
        .order_by((col(Listing.wanted) == Wanted.WITHDRAWN).desc(), col(Listing.not_before), col(Listing.id))
        .limit(most)
    ).all()


def _held_back(listing: Listing, step: Step, ready: wire.Prepared) -> bool:
    """A listing the rules do not let go out waits for its seller; one with nothing to do waits for nobody."""
    if step.do is Do.NOTHING:
        listing.not_before = None
        return True
    if step.do not in (Do.PUBLISH, Do.RESTOCK):
        return False
    if not ready.blocking:
        return False
    first = ready.blocking[0]
    ask(listing, first.blame, f"checklist.{first.code}", first.sentence, dict(first.facts))
    return True


def _stocked(offer: WireOffer, step: Step) -> WireOffer:
    return offer if offer.packs == step.packs else replace(offer, packs=step.packs)
