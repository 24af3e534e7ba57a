"""People who come without being on the list: two answers now, linked to their household later, and back.

Linking moves nothing. The marks stay with the draft person; while the link is there they count for the person
it leads to, so that unlinking leaves everything as it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from catalog.communes import read_communes
from catalog.drafts import draft_household
from catalog.duplicates import Sought, Suspect, likely_duplicates
from catalog.models import Household, Person
from catalog.scopes import one_of, people_seen_by
from marketplace.accounts.models import Account
from marketplace.core.audit import note
from marketplace.core.db import locked
from marketplace.core.errors import NotFound, Refused
from marketplace.core.i18n import N_
from marketplace.core.units import date_vi, local_day
from training.attendance import ClassCancelled, ClassNotYet, settle
from training.models import (
    Enrolment,
    EnrolmentSource,
    EnrolmentStatus,
    Seat,
    TrainingSession,
    TrainingStatus,
    WalkIn,
)
from training.one_place import check_at_one_place
from training.scopes import trainings_seen_by
from training.seats import lock_classes, next_place


class SlipOfAnotherClass(Refused):
    sentence = N_("Phiếu này đã gửi cho một lớp khác. Hãy mở lại trang điểm danh rồi ghi người đến thêm.")


class LinkedAlready(Refused):
    sentence = N_("Người này đã ghép với %(name)s. Hãy bỏ ghép trước.")
    field = "person_id"


class OnlyRegistered(Refused):
    sentence = N_("Chỉ ghép với người của hộ đã đăng ký. Hãy chọn người khác.")
    status = 422
    field = "person_id"


class NowRegistered(Refused):
    sentence = N_("Hộ này đã được đăng ký từ người đến thêm, không cần ghép nữa.")


def add_walk_in(
    db: Session,
    actor: Account,
    training: TrainingSession,
    *,
    name: str,
    village: str,
    client_key: str,
    now: datetime,
) -> WalkIn:
    """Write down a walk-in as a draft household of the class's commune; the same key returns the first.

    Takes no seat: who stands in the room has a chair. Refuses a cancelled class and one still to come.
    """
    training = locked(db, TrainingSession, training.id or 0)
    first = db.exec(select(WalkIn).where(WalkIn.client_key == client_key)).first()
    if first is not None and first.training_id != training.id:
        raise SlipOfAnotherClass
    if first is not None:
        return first
    if training.status == TrainingStatus.CANCELLED:
        raise ClassCancelled(training=training.code)
    if local_day(now) < training.starts_on:
        raise ClassNotYet(training=training.code, day=date_vi(training.starts_on))
    person = draft_household(
        db, actor, name=name, village=village, commune_id=training.commune_id,
        client_key=f"walk-in:{client_key}", now=now,
    )  # fmt: skip
    _seat(db, actor, training, person, now)
    walk_in = WalkIn(
        training_id=training.id or 0,
        person_id=person.id or 0,
        created_at=now,
        created_by=actor.actor_id,
        client_key=client_key,
    )
    db.add(walk_in)
    note(db, actor, "walk_in.added", walk_in, training=training.id)
    return walk_in


def _seat(db: Session, actor: Account, training: TrainingSession, person: Person, now: datetime) -> None:
    entry = Enrolment(
        training_id=training.id or 0,
        household_id=person.household_id,
        place=next_place(db, training),
        status=EnrolmentStatus.REGISTERED,
        source=EnrolmentSource.WALK_IN,
        created_at=now,
        created_by=actor.actor_id,
    )
    db.add(entry)
    db.flush()
    db.add(Seat(enrolment_id=entry.id or 0, training_id=training.id or 0, person_id=person.id or 0))


def walk_in_seen_by(db: Session, actor: Account, walk_in_id: int) -> WalkIn:
    """A walk-in of a class in sight, or NotFound."""
    classes = trainings_seen_by(actor).with_only_columns(col(TrainingSession.id))
    return one_of(db, select(WalkIn).where(col(WalkIn.training_id).in_(classes)), walk_in_id, WalkIn)


@dataclass(frozen=True)
class Portrait:
    """A walk-in with what it is now."""

    person: Person
    draft: Household
    linked: Person | None
    linked_household: Household | None


def portrait_of(db: Session, walk_in: WalkIn) -> Portrait:
    """The draft, and whom it was linked to."""
    person = db.get_one(Person, walk_in.person_id)
    linked = db.get(Person, walk_in.linked_person_id) if walk_in.linked_person_id else None
    there = db.get(Household, linked.household_id) if linked else None
    return Portrait(person, db.get_one(Household, person.household_id), linked, there)


def link_walk_in(db: Session, actor: Account, walk_in_id: int, person_id: int, *, now: datetime) -> WalkIn:
    """Say that a walk-in is somebody of a registered household. Twice is once.

    A stranger of a class list is linked in every class of the list. Refuses a draft or foreign person, a
    walk-in that is linked to another or was registered itself, and in a closed class somebody who counts as
    present elsewhere at that time.
    """
    walk_in, classes = _held(db, actor, walk_in_id)
    if walk_in.linked_person_id == person_id:
        return walk_in
    if walk_in.linked_person_id is not None:
        raise LinkedAlready(name=db.get_one(Person, walk_in.linked_person_id).name)
    person = one_of(db, people_seen_by(actor), person_id, Person)
    there = db.get_one(Household, person.household_id)
    if there.draft or not there.active or person.id == walk_in.person_id:
        raise OnlyRegistered
    draft = _draft_of(db, walk_in)
    if not draft.draft:
        raise NowRegistered
    walk_in.linked_person_id, walk_in.linked_at, walk_in.linked_by = person.id, now, actor.actor_id
    draft.active = False
    db.add_all([walk_in, draft])
    db.flush()
    for training in classes:
        settle(db, training, {walk_in.person_id, person_id})
    for training in classes:
        if training.attendance_closed_at is not None:
            check_at_one_place(db, training)
    note(db, actor, "walk_in.linked", walk_in, training=walk_in.training_id, person=person_id)
    return walk_in


def unlink_walk_in(db: Session, actor: Account, walk_in_id: int) -> WalkIn:
    """Take a link back: everything is as before it. Twice is once."""
    walk_in, classes = _held(db, actor, walk_in_id)
    person_id = walk_in.linked_person_id
    if person_id is None:
        return walk_in
    walk_in.linked_person_id = walk_in.linked_at = walk_in.linked_by = None
    draft = _draft_of(db, walk_in)
    draft.active = True
    db.add_all([walk_in, draft])
    db.flush()
    for training in classes:
        settle(db, training, {walk_in.person_id, person_id})
    note(db, actor, "walk_in.unlinked", walk_in, training=walk_in.training_id, person=person_id)
    return walk_in


def likely_same(db: Session, actor: Account, walk_in: WalkIn) -> list[tuple[Suspect, Sequence[Person]]]:
    """Registered households in sight that the walk-in may belong to, with their people."""
    person = db.get_one(Person, walk_in.person_id)
    draft = _draft_of(db, walk_in)
    sought = Sought(name=person.name, commune_id=draft.commune_id, village=draft.village)
    found = likely_duplicates(db, actor, read_communes(db), sought, but=draft.id)
    ids = [one.household_id for one in found if one.seen]
    rows = db.exec(
        select(Person, Household)
        .join(Household, col(Household.id) == Person.household_id)
        .where(col(Household.id).in_(ids), col(Household.draft).is_(False), col(Household.active))
        .order_by(col(Person.is_head).desc(), col(Person.id))
    ).all()
    people = {key: [person for person, home in rows if home.id == key] for key in ids}
    return [(one, people[one.household_id]) for one in found if people.get(one.household_id)]


def _held(db: Session, actor: Account, walk_in_id: int) -> tuple[WalkIn, list[TrainingSession]]:
    """A walk-in in sight with every class it is entered in, kept from others."""
    seen = walk_in_seen_by(db, actor, walk_in_id)
    entered = select(Seat.training_id).where(Seat.person_id == seen.person_id)
    classes = lock_classes(db, db.exec(entered).all())
    walk_in = db.get(WalkIn, walk_in_id, populate_existing=True)
    if walk_in is None:
        raise NotFound
    return walk_in, classes


def _draft_of(db: Session, walk_in: WalkIn) -> Household:
    return db.get_one(Household, db.get_one(Person, walk_in.person_id).household_id)
