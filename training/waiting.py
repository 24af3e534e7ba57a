"""The waiting list of a class: one service gives out what became free, and the log says why it went so.

Every way of freeing a seat ends in `promote`. In strict order (the default) nobody is passed over,
except who could not come at all; with "fill" the first that fits gets the seats.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select

from catalog.scopes import one_of
from marketplace.accounts.models import Account
from marketplace.core.audit import SYSTEM, Actor, note
from marketplace.core.config import TrainingSettings
from marketplace.core.i18n import N_
from marketplace.core.units import datetime_vi, day_bounds
from training.models import (
    Enrolment,
    EnrolmentStatus,
    QueueEvent,
    QueueNote,
    TrainingSession,
    TrainingStatus,
)
from training.scopes import enrolments_seen_by
from training.seats import (
    Elsewhere,
    close_entry,
    elsewhere,
    lock_classes,
    log_step,
    people_of_entries,
    seats_free,
    seats_of,
)
from training.turns import InLine, Skip, Turn, whose_turn

KEPT_UNTIL = N_("Giữ chỗ đến %(until)s.")


def fill_free_seats(
    db: Session, actor: Actor, training: TrainingSession, rules: TrainingSettings, *, now: datetime
) -> Turn:
    """End the offers that ran out and give out what is free, in order of place.

    For whoever changed how many seats a class has; those at the desk call `promote`.
    """
    (training,) = open_desks(db, [training.id or 0], rules, now=now)
    return promote(db, actor, training, rules, now=now)


def promote(
    db: Session,
    actor: Actor,
    training: TrainingSession,
    rules: TrainingSettings,
    *,
    now: datetime,
    arriving: Enrolment | None = None,
) -> Turn:
    """Give out what is free in a locked class. The one way from the waiting list to a seat.

    Who is promoted is offered the seats for `hold_hours`; `arriving` stands at the desk and has them at once.
    A class that is not planned gives out nothing.
    """
    if training.status != TrainingStatus.PLANNED:
        return Turn()
    free = seats_free(db, training)
    waiting = _in_line(db, training, arriving, now=now) if free else []
    turn = whose_turn(waiting, free, seats_of(training), rules.waiting_order)
    if arriving is not None and arriving not in turn.seated:
        log_step(db, actor, arriving, QueueEvent.JOINED, now=now)
    _log_skips(db, actor, turn.skipped, now=now)
    for entry in turn.seated:
        if entry is arriving:
            entry.status = EnrolmentStatus.REGISTERED
            log_step(db, actor, entry, QueueEvent.SEATED, now=now)
        else:
            _offer(db, actor, training, entry, rules, now=now)
    db.flush()
    return turn


def _in_line(
    db: Session, training: TrainingSession, arriving: Enrolment | None, *, now: datetime
) -> list[InLine]:
    """Who waits, by place; whether they still can come was just looked at for who arrives."""
    waiting = select(Enrolment).where(
        Enrolment.training_id == training.id, Enrolment.status == EnrolmentStatus.WAITING
    )
    fresh = waiting.order_by(col(Enrolment.place)).execution_options(populate_existing=True)
    entries = db.exec(fresh).all()
    people = people_of_entries(db, entries)
    asked = [one for entry in entries if entry is not arriving for one in people[entry.id or 0]]
    away = elsewhere(db, training, asked, now=now) if asked else {}
    return [_line(entry, people[entry.id or 0], away) for entry in entries]


def _line(entry: Enrolment, people: Sequence[int], away: Mapping[int, Elsewhere]) -> InLine:
    return InLine(entry, len(people), next((away[one].training for one in people if one in away), None))


def _offer(
    db: Session,
    actor: Actor,
    training: TrainingSession,
    entry: Enrolment,
    rules: TrainingSettings,
    *,
    now: datetime,
) -> None:
    entry.status, entry.called_at = EnrolmentStatus.OFFERED, None
    entry.hold_until = hold_until(training, rules, now=now)
    db.add(entry)
    until = datetime_vi(entry.hold_until)
    log_step(db, actor, entry, QueueEvent.OFFERED, now=now, sentence=KEPT_UNTIL, until=until)
    note(db, actor, "enrolment.offered", entry, training=training.id, until=until)


def hold_until(training: TrainingSession, rules: TrainingSettings, *, now: datetime) -> datetime:
    """`hold_hours` from now, but not into the day the class begins: the next must still be able to come."""
    until = now + timedelta(hours=rules.hold_hours)
    begins, _ = day_bounds(training.starts_on, training.starts_on)
    return min(until, begins) if now < begins else until


def _log_skips(db: Session, actor: Actor, skipped: Sequence[Skip], *, now: datetime) -> None:
    """A reason is written down once, and again only after something else happened to the entry."""
    last = _last_notes(db, [skip.entry for skip in skipped])
    for skip in skipped:
        before = last.get(skip.entry.id or 0)
        if before and (before.event, before.sentence, before.facts) == (
            QueueEvent.SKIPPED,
            skip.sentence,
            skip.facts,
        ):
            continue
        log_step(db, actor, skip.entry, QueueEvent.SKIPPED, now=now, sentence=skip.sentence, **skip.facts)


def _last_notes(db: Session, entries: Sequence[Enrolment]) -> dict[int, QueueNote]:
    if not entries:
        return {}
    latest = (
        select(func.max(QueueNote.id))
        .where(col(QueueNote.enrolment_id).in_([entry.id for entry in entries]))
        .group_by(col(QueueNote.enrolment_id))
    )
    return {one.enrolment_id: one for one in db.exec(select(QueueNote).where(col(QueueNote.id).in_(latest)))}


def _expire_due(db: Session, training: TrainingSession, *, now: datetime) -> list[Enrolment]:
    """End the offers of a locked class whose hold ran out."""
    due = select(Enrolment).where(
        Enrolment.training_id == training.id,
        Enrolment.status == EnrolmentStatus.OFFERED,
        col(Enrolment.hold_until) <= now,
    )
    fresh = due.order_by(col(Enrolment.place)).execution_options(populate_existing=True)
    entries = list(db.exec(fresh))
    for entry in entries:
        close_entry(db, entry, EnrolmentStatus.EXPIRED, now=now)
        log_step(db, SYSTEM, entry, QueueEvent.EXPIRED, now=now)
        note(db, SYSTEM, "enrolment.expired", entry, training=training.id)
    return entries


# --- at the desk
# ------------------------------------------------------------------------------------------------------------


def open_desks(
    db: Session,
    training_ids: Collection[int],
    rules: TrainingSettings,
    *,
    now: datetime,
    people: Collection[int] = (),
) -> list[TrainingSession]:
    """The classes by id, kept from others; offers that ran out are over and the next have been promoted.

    Whoever changes entries comes here first, with the people who may get a seat.
    """
    classes = lock_classes(db, training_ids, people)
    for training in classes:
        if _expire_due(db, training, now=now):
            promote(db, SYSTEM, training, rules, now=now)
    return classes


def entry_at_desk(
    db: Session,
    actor: Account,
    training: TrainingSession,
    enrolment_id: int,
    rules: TrainingSettings,
    *,
    now: datetime,
    people: Collection[int] = (),
) -> tuple[TrainingSession, Enrolment]:
    """`open_desks`, and an entry of that class that the actor sees, as it is by now; or NotFound."""
    (training,) = open_desks(db, [training.id or 0], rules, now=now, people=people)
    return training, fresh_entry(db, actor, training, enrolment_id)


def fresh_entry(db: Session, actor: Account, training: TrainingSession, enrolment_id: int) -> Enrolment:
    """An entry of a locked class that the actor sees, read anew; or NotFound."""
    seen = enrolments_seen_by(actor).where(Enrolment.training_id == training.id)
    return one_of(db, seen.execution_options(populate_existing=True), enrolment_id, Enrolment)


def classes_due(db: Session, *, now: datetime) -> set[int]:
    """Ids of classes where an offer has run out and nobody has written that down."""
    due = select(Enrolment.training_id).where(
        Enrolment.status == EnrolmentStatus.OFFERED, col(Enrolment.hold_until) <= now
    )
    return set(db.exec(due))


def expire_offers(db: Session, rules: TrainingSettings, *, now: datetime) -> int:
    """End every offer whose hold ran out and promote the next, in all classes; how many classes had one."""
    due = classes_due(db, now=now)
    if due:
        open_desks(db, due, rules, now=now)
    return len(due)
