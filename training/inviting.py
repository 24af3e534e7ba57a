"""Invitations to a class: they hold no seat, and the place in the list is that of the yes."""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session, col, select

from catalog.models import Household, Person
from catalog.scopes import households_seen_by
from marketplace.accounts.models import Account
from marketplace.core.audit import note
from marketplace.core.config import TrainingSettings
from marketplace.core.errors import NotFound
from training.answers import note_no
from training.enrolment import USUAL, check_people, named, take_up
from training.models import (
    OPEN,
    Enrolment,
    EnrolmentSource,
    EnrolmentStatus,
    QueueEvent,
    TrainingSession,
)
from training.seats import (
    check_open,
    give_seats,
    log_step,
    next_place,
    people_of_entries,
)
from training.waiting import entry_at_desk, open_desks


def invite(
    db: Session,
    actor: Account,
    training: TrainingSession,
    household_ids: Iterable[int],
    *,
    now: datetime,
    rules: TrainingSettings = USUAL,
) -> list[Enrolment]:
    """Put households on the list of invitations, for their heads; who comes is said with the yes.

    Households already on the list, drafts and inactive ones are left out; NotFound when one is not in sight.
    An invitation holds no seat.
    """
    wanted = set(household_ids)
    seen = households_seen_by(actor).where(col(Household.id).in_(wanted))
    if len(db.exec(seen).all()) < len(wanted):
        raise NotFound
    (training,) = open_desks(db, [training.id or 0], rules, now=now)
    check_open(training)
    listed = select(Enrolment.household_id).where(
        Enrolment.training_id == training.id, col(Enrolment.status).in_(OPEN)
    )
    heads = (
        households_seen_by(actor)
        .join(Person, (col(Person.household_id) == col(Household.id)) & col(Person.is_head))
        .add_columns(Person)
        .where(
            col(Household.id).in_(wanted),
            col(Household.active),
            col(Household.draft).is_(False),
            col(Household.id).not_in(listed),
        )
        .order_by(col(Person.name_sort), col(Household.id))
    )
    rows = db.execute(heads).all()
    invited = [
        Enrolment(
            training_id=training.id or 0,
            household_id=household.id,
            place=place,
            status=EnrolmentStatus.INVITED,
            source=EnrolmentSource.OFFICE,
            created_at=now,
            created_by=actor.actor_id,
        )
        for place, (household, _head) in enumerate(rows, start=next_place(db, training))
    ]
    db.add_all(invited)
    db.flush()
    for entry, (_household, head) in zip(invited, rows, strict=True):
        give_seats(db, entry, [head.id])
        log_step(db, actor, entry, QueueEvent.INVITED, now=now)
        note(db, actor, "enrolment.invited", entry, training=training.id)
    db.flush()
    return invited


def accept_invitation(
    db: Session,
    actor: Account,
    training: TrainingSession,
    enrolment_id: int,
    rules: TrainingSettings,
    *,
    now: datetime,
) -> Enrolment:
    """An invited household says yes, with the people who were invited; see `enrol`."""
    training, entry = entry_at_desk(db, actor, training, enrolment_id, rules, now=now)
    if entry.status != EnrolmentStatus.INVITED:
        return entry
    check_open(training)
    people = people_of_entries(db, [entry])[enrolment_id]
    check_people(db, training, named(db, entry.household_id, people), now=now)
    return take_up(db, actor, training, entry, people, rules, now=now)


def decline_invitation(
    db: Session,
    actor: Account,
    training: TrainingSession,
    enrolment_id: int,
    rules: TrainingSettings,
    *,
    now: datetime,
) -> Enrolment:
    """An invited household says no. Twice is once."""
    training, entry = entry_at_desk(db, actor, training, enrolment_id, rules, now=now)
    if entry.status != EnrolmentStatus.INVITED:
        return entry
    check_open(training)
    note_no(db, actor, entry, now=now)
    return entry
