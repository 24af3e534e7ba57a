"""Third of three: write down. What each answer means for its listing and for the shop."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session, col, select

from connectors.kit.errors import ConnectorError, Misunderstood, NotAdmitted, Rejected, Unavailable
from connectors.kit.protocol import RemoteProduct, RemoteState, Standing, Verdict
from marketplace.core.config import WorkerSettings
from marketplace.core.i18n import N_
from marketplace.selling.listings import ask, wake
from marketplace.selling.models import Blame, Exchange, Listing, Shop, Wanted
from marketplace.selling.stock import note_move
from marketplace.selling.stock_models import Moved
from marketplace.selling.sync.journalling import Said
from marketplace.selling.sync.speaking import Outcome
from marketplace.selling.sync.steps import WRITES, Do

REJECTED = N_("Sàn từ chối tin đăng với lý do “%(reason)s”. Hãy sửa theo đó rồi bấm “Thử lại”.")


def write_down(
    db: Session, shop: Shop, outcomes: Sequence[Outcome], rules: WorkerSettings, *, now: datetime
) -> None:
    """Bring the listings of a batch to what was answered, and note how the shop is doing."""
    ids = [outcome.job.listing_id for outcome in outcomes]
    rows = (
        select(Listing)
        .where(col(Listing.id).in_(ids))
        .order_by(col(Listing.id))
        .with_for_update(key_share=True)
    )
    listings = {listing.id: listing for listing in db.exec(rows)}
    for outcome in outcomes:
        listing = listings[outcome.job.listing_id]
        if not outcome.sent:
            _take_back(listing, outcome, now)
        elif outcome.error is not None:
            _failed(listing, shop, outcome, outcome.error, rules, now)
        elif outcome.job.step.do is Do.LOOK_UP:
            _looked_up(listing, outcome.found, shop, now)
        elif outcome.job.step.do is Do.SEE_OFF:
            _seen_off(listing, outcome.found, rules, now)
        elif outcome.verdict is not None:
            _judged(listing, outcome.verdict, shop, rules, now)
        else:
            _done(listing, shop, outcome, rules, now)
        db.add(listing)
        _note_move(db, listing, outcome, now)
    note_health(shop, [outcome.error for outcome in outcomes if outcome.sent], rules, now=now)
    db.add(shop)


def _note_move(db: Session, listing: Listing, outcome: Outcome, now: datetime) -> None:
    """Keep what became of a write, and what a look-up after a lost answer found."""
    step, error, found = outcome.job.step, outcome.error, outcome.found
    if step.do in WRITES:
        moved = Moved.DONE
        if error is not None or not outcome.sent:
            moved = Moved.LOST if error is not None and error.maybe_done else Moved.TAKEN_BACK
        note_move(db, listing, moved, step.packs, now=now)
    elif step.do is Do.LOOK_UP and outcome.sent and error is None and not listing.unclear:
        there = found is not None and found.state is not RemoteState.DELETED
        moved = Moved.FOUND if there else Moved.GONE
        note_move(db, listing, moved, found.packs if found is not None and there else 0, now=now)


def note_exchanges(db: Session, shop: Shop, exchanges: list[Said], *, now: datetime) -> None:
    """Move what was said into the journal, in one statement."""
    rows = [
        {
            "shop_id": shop.id,
            "at": now,
            "method": one.exchange.method,
            "path": one.exchange.path[:300],
            "request": one.exchange.request,
            "status": one.exchange.status,
            "response": one.kept_response,
            "milliseconds": round(one.exchange.seconds * 1000),
            "error": one.exchange.error,
            **_operation(one),
        }
        for one in exchanges
    ]
    if rows:
        db.connection().execute(insert(Exchange), rows)
    exchanges.clear()


def _operation(said: Said) -> dict[str, Any]:
    operation = said.operation
    if operation is None:
        return {"operation": "", "operation_key": "", "arguments": {}, "cause": None}
    return {
        "operation": operation.name,
        "operation_key": operation.key,
        "arguments": operation.arguments if said.first else {},
        "cause": operation.cause,
    }


def note_health(
    shop: Shop, errors: Sequence[ConnectorError | None], rules: WorkerSettings, *, now: datetime
) -> None:
    """The shop is well after any good answer; trouble of the whole shop pauses it and names who must act."""
    if any(error is None or isinstance(error, Rejected) for error in errors):
        shop.last_ok_at = now
        shop.trouble_code = shop.trouble_sentence = shop.trouble_since = shop.resume_at = None
    worst = next((error for error in errors if _of_the_shop(error)), None)
    if worst is None:
        return
    shop.trouble_code, shop.trouble_sentence = worst.code[:60], worst.sentence[:300]
    shop.trouble_since = shop.trouble_since or now
    named = worst.retry_after if isinstance(worst, Unavailable) else None
    wait = 10 * rules.retry_seconds if isinstance(worst, NotAdmitted) else pause(0, rules, named)
    shop.resume_at = now + timedelta(seconds=wait)


def note_token(shop: Shop, ends: datetime | None, *, now: datetime) -> None:
    """Note the end of the token, and since when we know it: only long-lived ones are worth a warning."""
    if shop.token_expires_at != ends:
        shop.token_expires_at, shop.token_since = ends, now


def _of_the_shop(error: ConnectorError | None) -> bool:
    return isinstance(error, NotAdmitted) or (isinstance(error, Unavailable) and not error.maybe_done)


def pause(attempts: int, rules: WorkerSettings, named: float | None = None) -> float:
    """Seconds until the next try: what the marketplace named, else doubling up to a limit, with jitter."""
    longest = min(rules.longest_pause, rules.retry_seconds * 2.0 ** min(attempts, 12))
    return max(named or 0.0, longest * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret


# --- one listing
# --------------------------------------------------------------------------------------------------------


def _take_back(listing: Listing, outcome: Outcome, now: datetime) -> None:
    """Certainly nothing happened: the listing is as it was before the claim."""
    if outcome.job.step.do in WRITES:
        listing.unclear = False
        listing.doubt_until = outcome.job.doubt_before
        _unexpose(listing, outcome)
    listing.not_before = now


def _unexpose(listing: Listing, outcome: Outcome) -> None:
    added = outcome.job.step.packs if outcome.job.step.do in (Do.PUBLISH, Do.RESTOCK) else 0
    listing.exposure_packs = max(0, listing.exposure_packs - added)


def _done(listing: Listing, shop: Shop, outcome: Outcome, rules: WorkerSettings, now: datetime) -> None:
    """The marketplace clearly did it."""
    step = outcome.job.step
    listing.unclear = False
    listing.doubt_until = outcome.job.doubt_before
    listing.attempts = 0
    listing.not_before = None
    if step.do is not Do.RESTOCK:
        listing.ticket = outcome.ticket
    if step.do is Do.WITHDRAW:
        listing.remote_state = RemoteState.OFF.value
        listing.off_seen_at = None
        _read_back_by(shop, now)
        if listing.wanted == Wanted.WITHDRAWN:
            listing.not_before = now  # to read back that nobody can buy any more
        # One that its seller still wants on sale is sent whole again once the rules allow it.
        listing.published_revision = outcome.job.revision if listing.wanted == Wanted.WITHDRAWN else 0
        listing.restock = True
        listing.confirmed_packs = 0
        listing.tighten = listing.exposure_packs > 0
    else:
        _written(listing, shop, outcome, rules, now)
    if listing.tighten:
        _read_back_by(shop, now + timedelta(seconds=rules.pull_seconds))
    if listing.revision > listing.published_revision and listing.blame is None:
        listing.not_before = now
    if listing.ticket is not None and listing.not_before is None:
        _ask_later(listing, rules, now)


def _ask_later(listing: Listing, rules: WorkerSettings, now: datetime) -> None:
    """Approvals take minutes to days: ask rarer and rarer, for ever."""
    listing.not_before = now + timedelta(seconds=pause(listing.attempts, rules))
    listing.attempts += 1


def _judged(listing: Listing, verdict: Verdict, shop: Shop, rules: WorkerSettings, now: datetime) -> None:
    """The marketplace was asked about a change that waits for its approval."""
    if verdict.standing is Standing.PENDING:
        _ask_later(listing, rules, now)
        return
    listing.ticket = None
    listing.attempts = 0
    listing.not_before = None
    listing.tighten = True  # read alone: all pages were perhaps read a moment before it was decided
    _read_back_by(shop, now)
    if verdict.standing is Standing.REFUSED and listing.wanted == Wanted.ON_SALE:
        listing.published_revision = 0  # what is there is not what we want
        ask(listing, Blame.SELLER, "moderation.rejected", REJECTED, {"reason": verdict.reason or "?"})


def _written(listing: Listing, shop: Shop, outcome: Outcome, rules: WorkerSettings, now: datetime) -> None:
    step = outcome.job.step
    if outcome.published is not None:
        listing.remote_id = outcome.published.remote_id
        if outcome.published.current:
            listing.published_revision = outcome.job.revision
        else:
            listing.not_before = now + timedelta(seconds=rules.sweep_seconds)
        if listing.remote_state in (None, RemoteState.OFF.value, RemoteState.DELETED.value):
            listing.remote_state = RemoteState.UNKNOWN.value
        _read_back_by(shop, now + timedelta(seconds=min(rules.sweep_seconds, rules.pull_seconds)))
    if listing.confirmed_packs is not None and step.packs < listing.confirmed_packs:
        _read_back_by(shop, now)  # others wait for what was taken off here
    listing.confirmed_price_vnd = outcome.job.offer.price_vnd
    listing.confirmed_packs = step.packs
    if outcome.job.exposure_before > 0:
        listing.tighten = True
    if step.whole and listing.wanted_packs == outcome.job.wanted_packs:
        listing.restock = False
        return
    listing.restock = True
    if step.whole:  # somebody wished another number while this one was on its way
        listing.not_before = now
        return
    if listing.tighten:
        _read_back_by(shop, now)  # the rest can be written as soon as the slack is gone
    listing.not_before = now + timedelta(seconds=rules.pull_seconds)


def _looked_up(listing: Listing, found: RemoteProduct | None, shop: Shop, now: datetime) -> None:
    """A write had no clear answer; now the SKU was looked up."""
    in_doubt = listing.doubt_until is not None and listing.doubt_until > now
    if found is None or found.state is RemoteState.DELETED:
        if in_doubt:
            listing.not_before = listing.doubt_until  # it may still arrive: never create before
            return
        listing.remote_id = None
        listing.remote_state = None
        listing.exposure_packs = 0
        listing.published_revision = 0
        listing.restock = True
    else:
        created = listing.remote_id is None
        note_remote(listing, found, now=now)
        if created:
            # What was sent is what is there; its exposure was stored when it was sent.
            whole = found.state not in (RemoteState.DRAFT, RemoteState.OFF)
            listing.published_revision = listing.sent_revision if whole else 0
            listing.confirmed_packs = listing.sent_packs
            listing.restock = listing.sent_packs != listing.wanted_packs
        # The exposure stays. A stock above it is a cancellation we were not told of yet, or somebody's hand:
        # only reading back before a pull can tell which.
        listing.tighten = True
        _read_back_by(shop, max(now, listing.doubt_until or now))
    listing.unclear = False
    listing.not_before = now


def _seen_off(listing: Listing, found: RemoteProduct | None, rules: WorkerSettings, now: datetime) -> None:
    """The marketplace said it is withdrawn; this is what was read back. Done when nobody can buy any more."""
    if found is not None and buyable(found):
        note_remote(listing, found, now=now)
        listing.tighten = True
        listing.attempts += 1
        listing.not_before = now + timedelta(seconds=min(rules.urgent_pause, pause(listing.attempts, rules)))
        return
    if listing.doubt_until is not None and listing.doubt_until > now:
        listing.not_before = listing.doubt_until  # a lost write may still put it back on sale
        return
    note_off(listing, found, now=now)
    listing.attempts = 0
    listing.not_before = None
    if listing.ticket is not None:
        _ask_later(listing, rules, now)


def note_off(listing: Listing, found: RemoteProduct | None, *, now: datetime) -> None:
    """Nobody can buy it there: that is confirmed, and what is there is off, whatever it calls it."""
    state = RemoteState.OFF
    if found is None or found.state is RemoteState.DELETED:
        state = RemoteState.DELETED
    else:
        note_remote(listing, found, now=now)
    listing.remote_state = state.value
    listing.off_seen_at = now


def buyable(found: RemoteProduct) -> bool:
    """Could somebody buy it now? A state we have no word for counts as yes."""
    return found.packs > 0 and found.state in (RemoteState.LIVE, RemoteState.UNKNOWN)


def note_remote(listing: Listing, found: RemoteProduct, *, now: datetime) -> None:
    """Write down what is there, as just read."""
    listing.remote_id = found.remote_id
    listing.remote_state = found.state.value
    listing.remote_url = found.url
    listing.remote_reason = (found.reason or "")[:500] or None
    listing.confirmed_title = found.title[:300] or listing.confirmed_title
    listing.confirmed_price_vnd = found.price_vnd
    listing.seen_at = now


def _read_back_by(shop: Shop, moment: datetime) -> None:
    if shop.sweep_due_at is None or shop.sweep_due_at > moment:
        shop.sweep_due_at = moment


def _failed(
    listing: Listing,
    shop: Shop,
    outcome: Outcome,
    error: ConnectorError,
    rules: WorkerSettings,
    now: datetime,
) -> None:
    looking = outcome.job.step.do not in WRITES
    if error.maybe_done and not looking:
        listing.unclear = True
        listing.doubt_until = now + timedelta(seconds=rules.doubt_seconds)
        if outcome.job.doubt_before is not None:
            listing.doubt_until = max(listing.doubt_until, outcome.job.doubt_before)
        listing.tighten = True
        listing.attempts += 1
        listing.not_before = now + timedelta(seconds=rules.retry_seconds / 30 * listing.attempts)
        _read_back_by(shop, listing.doubt_until)
        return
    if not looking:
        listing.unclear = False
        listing.doubt_until = outcome.job.doubt_before
        _unexpose(listing, outcome)
    if isinstance(error, Rejected):
        sentence = next(iter(error.fields.values()), error.sentence)
        ask(listing, Blame.SELLER, error.code, sentence, error.facts, next(iter(error.fields), None))
        if listing.wanted == Wanted.WITHDRAWN and error.code == "gone":
            listing.remote_state = RemoteState.DELETED.value
            wake(listing, now)
    elif isinstance(error, Misunderstood):
        ask(listing, Blame.DEVELOPER, error.code, error.sentence, error.facts)
    else:
        named = error.retry_after if isinstance(error, Unavailable) else None
        wait = pause(listing.attempts, rules, named)
        if isinstance(error, Unavailable) and listing.wanted == Wanted.WITHDRAWN:
            wait = min(wait, rules.urgent_pause)
        listing.not_before = now + timedelta(seconds=wait)
        listing.attempts += 1
