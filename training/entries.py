"""Change an entry of a class: other people, leave, another class, a remark. What frees a seat promotes."""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session, col, select

from catalog.models import Household
from catalog.scopes import one_of
from marketplace.accounts.models import Account
from marketplace.core.audit import note
from marketplace.core.config import TrainingSettings
from marketplace.core.errors import Refused
from marketplace.core.i18n import N_
from training.enrolment import change_seats, check_household, check_people, named, new_entry
from training.models import (
    HOLDING,
    OPEN,
    Enrolment,
    EnrolmentSource,
    EnrolmentStatus,
    QueueEvent,
    TrainingSession,
    TrainingStatus,
)
from training.scopes import enrolments_seen_by, trainings_seen_by
from training.seats import check_open, close_entry, keep_household, log_step, people_of_entries
from training.waiting import entry_at_desk, fresh_entry, open_desks, promote

SEATS_NOW = N_("%(before)s người thành %(after)s người.")
MOVED = N_("Chuyển sang lớp %(training)s.")


class NotOnTheList(Refused):
    sentence = N_("Hộ này không còn tên trong danh sách của lớp. Hãy ghi tên lại; hộ sẽ xếp cuối danh sách.")


class NoSeatForMore(Refused):
    sentence = N_("Cần thêm %(need)s chỗ, lớp chỉ còn %(free)s chỗ chưa ai chờ. Hãy bớt người.")
    field = "people"


class AlreadyThere(Refused):
    sentence = N_("Hộ này đã có tên trong lớp %(training)s. Hãy rút tên ở lớp này nếu không học ở đây nữa.")
    field = "training"


class SameClass(Refused):
    sentence = N_("Hộ đang ở lớp này. Hãy chọn một lớp khác.")
    status = 422
    field = "training"


def change_people(
    db: Session,
    actor: Account,
    training: TrainingSession,
    enrolment_id: int,
    person_ids: Iterable[int],
    rules: TrainingSettings,
    *,
    now: datetime,
) -> Enrolment:
    """Give back seats of people who do not come, or add people of the household; the entry keeps its place.

    An entry that has seats grows only into seats nobody waits for; refuses also what `enrol` refuses.
    """
    people = set(person_ids)
    training, entry = entry_at_desk(db, actor, training, enrolment_id, rules, now=now, people=people)
    check_open(training)
    _check_listed(entry)
    before = set(people_of_entries(db, [entry])[enrolment_id])
    if people == before:
        return entry
    check_people(db, training, named(db, entry.household_id, people), now=now)
    more = len(people) - len(before)
    if more > 0 and entry.status in HOLDING:
        _check_room(db, actor, training, more, rules, now=now)
    change_seats(db, entry, people, now=now)
    event = QueueEvent.SHRUNK if more < 0 else QueueEvent.GREW
    log_step(db, actor, entry, event, now=now, sentence=SEATS_NOW, before=len(before), after=len(people))
    facts = {"added": sorted(people - before), "given_back": sorted(before - people)}
    note(db, actor, "enrolment.people_changed", entry, training=training.id, **facts)
    promote(db, actor, training, rules, now=now)
    return entry


def _check_room(
    db: Session,
    actor: Account,
    training: TrainingSession,
    more: int,
    rules: TrainingSettings,
    *,
    now: datetime,
) -> None:
    """What is left after everybody who waits had their turn."""
    turn = promote(db, actor, training, rules, now=now)
    free = 0 if turn.blocked else turn.free
    if more > free:
        raise NoSeatForMore(need=more, free=free)


def leave(
    db: Session,
    actor: Account,
    training: TrainingSession,
    enrolment_id: int,
    rules: TrainingSettings,
    *,
    now: datetime,
) -> Enrolment:
    """The household gives its seats, its place in the list or its invitation back. Twice is once."""
    training, entry = entry_at_desk(db, actor, training, enrolment_id, rules, now=now)
    if entry.status not in OPEN:
        return entry
    check_open(training)
    close_entry(db, entry, EnrolmentStatus.LEFT, now=now)
    log_step(db, actor, entry, QueueEvent.LEFT, now=now)
    note(db, actor, "enrolment.left", entry, training=training.id)
    promote(db, actor, training, rules, now=now)
    return entry


def move_to(
    db: Session,
    actor: Account,
    training: TrainingSession,
    enrolment_id: int,
    target_id: int,
    rules: TrainingSettings,
    *,
    now: datetime,
) -> Enrolment:
    """Take a household from one class, also a cancelled one, to the end of the list of another.

    Returns the entry there. Refuses a class the household is in already, and what `enrol` refuses.
    """
    if target_id == training.id:
        raise SameClass
    one_of(db, trainings_seen_by(actor), target_id, TrainingSession)
    keep_household(db, fresh_entry(db, actor, training, enrolment_id).household_id)
    desks = open_desks(db, [training.id or 0, target_id], rules, now=now)
    classes = {one.id: one for one in desks}
    training, target = classes[training.id], classes[target_id]
    entry = fresh_entry(db, actor, training, enrolment_id)
    if training.status == TrainingStatus.HELD:
        check_open(training)
    _check_listed(entry)
    people = set(people_of_entries(db, [entry])[enrolment_id])
    _check_target(db, target, entry, people, now=now)
    close_entry(db, entry, EnrolmentStatus.LEFT, now=now)
    log_step(db, actor, entry, QueueEvent.LEFT, now=now, sentence=MOVED, training=target.code)
    there = new_entry(db, actor, target, entry.household_id, people, now=now, source=EnrolmentSource.OFFICE)
    note(db, actor, "enrolment.moved", there, training=target.id, before=training.id)
    promote(db, actor, target, rules, now=now, arriving=there)
    promote(db, actor, training, rules, now=now)
    return there


def _check_target(
    db: Session, target: TrainingSession, entry: Enrolment, people: set[int], *, now: datetime
) -> None:
    check_open(target)
    check_household(db.get_one(Household, entry.household_id))
    there = select(Enrolment.id).where(
        Enrolment.training_id == target.id,
        Enrolment.household_id == entry.household_id,
        col(Enrolment.status).in_(OPEN),
    )
    if db.exec(there).first() is not None:
        raise AlreadyThere(training=target.code)
    names = named(db, entry.household_id, people)
    check_people(db, target, names, now=now, leaving=entry.training_id)


def write_remark(db: Session, actor: Account, entry: Enrolment, words: str) -> Enrolment:
    """A remark about an entry in sight, for the colleagues: "đi cùng con nhỏ"."""
    one_of(db, enrolments_seen_by(actor), entry.id or 0, Enrolment)
    if words != entry.note:
        entry.note = words
        db.add(entry)
        note(db, actor, "enrolment.remark", entry)
    return entry


def _check_listed(entry: Enrolment) -> None:
    if entry.status not in OPEN:
        raise NotOnTheList
