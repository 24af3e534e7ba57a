"""Enrol households in a class: the whole entry has seats, or the whole entry waits (R-94).

An entry is a household with one or more of its people, one seat each. Who enrols joins the end of the list
and is promoted by the same service as everybody else, only at once.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlmodel import Session, col, select

from catalog.models import Household, Person
from catalog.scopes import households_seen_by, one_of
from marketplace.accounts.models import Account
from marketplace.core.audit import note
from marketplace.core.config import TrainingSettings
from marketplace.core.db import flush_or
from marketplace.core.errors import Refused
from marketplace.core.i18n import N_
from marketplace.core.units import date_vi
from training.models import (
    OPEN,
    Enrolment,
    EnrolmentSource,
    EnrolmentStatus,
    TrainingSession,
)
from training.scopes import enrolments_seen_by
from training.seats import (
    check_open,
    elsewhere,
    give_seats,
    keep_household,
    next_place,
    people_of_entries,
    seats_of,
    take_seats_back,
)
from training.seats import seats_free as seats_free
from training.seats import seats_taken as seats_taken
from training.waiting import open_desks, promote

USUAL = TrainingSettings()  #: for whoever has no settings of an installation at hand


class NobodyChosen(Refused):
    sentence = N_("Hãy chọn ít nhất một người đi học.")
    status = 422
    field = "people"


class NotOfHousehold(Refused):
    sentence = N_("Có người không ở trong hộ này. Hãy chọn trong danh sách người của hộ.")
    status = 422
    field = "people"


class MoreThanTheClass(Refused):
    sentence = N_("Lớp chỉ có %(seats)s chỗ, hộ ghi %(people)s người. Hãy bớt người.")
    status = 422
    field = "people"


class SitsElsewhere(Refused):
    sentence = N_(
        "%(person)s đã có chỗ ở lớp %(training)s cùng buổi ngày %(day)s. Hãy rút tên ở lớp đó trước, "
        "hoặc bỏ chọn người này."
    )
    field = "people"


class DraftHousehold(Refused):
    sentence = N_("Hộ %(code)s mới ghi tạm tên và thôn. Hãy đăng ký hộ trước, rồi ghi vào lớp.")


class InactiveHousehold(Refused):
    sentence = N_("Hộ %(code)s đã ngừng theo dõi, không ghi vào lớp được.")


class SameSlip(Refused):
    sentence = N_("Phiếu này đã gửi cho một lớp khác. Hãy mở lại trang của lớp rồi ghi tên.")


def enrol(
    db: Session,
    actor: Account,
    training: TrainingSession,
    household_id: int,
    person_ids: Iterable[int],
    *,
    now: datetime,
    source: EnrolmentSource = EnrolmentSource.OFFICE,
    client_key: str | None = None,
    rules: TrainingSettings = USUAL,
) -> Enrolment:
    """Enrol people of a household: all have seats, or all wait.

    The same `client_key`, or a household that is on the list already, changes nothing and returns the first
    entry; an invited household takes its invitation up. Refuses a class that was held or cancelled, a draft
    or inactive household, strangers, and who sits in another class on a half-day of this one.
    """
    household = one_of(db, households_seen_by(actor), household_id, Household)
    people = named(db, household_id, set(person_ids))
    keep_household(db, household_id)
    (training,) = open_desks(db, [training.id or 0], rules, now=now, people=people)
    first = _arrived(db, actor, training, household, client_key)
    if first is not None and first.status != EnrolmentStatus.INVITED:
        return first
    check_open(training)
    check_household(household)
    check_people(db, training, people, now=now)
    if first is not None:
        return take_up(db, actor, training, first, people, rules, now=now)
    entry = new_entry(db, actor, training, household_id, people, now=now, source=source, key=client_key)
    note(db, actor, "enrolment.made", entry, training=training.id, people=sorted(people), source=source)
    promote(db, actor, training, rules, now=now, arriving=entry)
    return entry


def take_up(
    db: Session,
    actor: Account,
    training: TrainingSession,
    entry: Enrolment,
    people: Collection[int],
    rules: TrainingSettings,
    *,
    now: datetime,
) -> Enrolment:
    """The place in the list is that of the yes, not of the invitation."""
    change_seats(db, entry, people, now=now)
    entry.status, entry.place = EnrolmentStatus.WAITING, next_place(db, training)
    db.add(entry)
    note(db, actor, "enrolment.invitation_taken", entry, training=training.id, people=sorted(people))
    promote(db, actor, training, rules, now=now, arriving=entry)
    return entry


def _arrived(
    db: Session, actor: Account, training: TrainingSession, household: Household, key: str | None
) -> Enrolment | None:
    """What this slip made earlier, or the household's open entry."""
    if key is not None:
        first = db.exec(select(Enrolment).where(Enrolment.client_key == key)).first()
        if first is not None and first.training_id != training.id:
            raise SameSlip
        if first is not None:
            return one_of(db, enrolments_seen_by(actor), first.id or 0, Enrolment)
    mine = select(Enrolment).where(
        Enrolment.training_id == training.id,
        Enrolment.household_id == household.id,
        col(Enrolment.status).in_(OPEN),
    )
    return db.exec(mine.execution_options(populate_existing=True)).first()


def new_entry(
    db: Session,
    actor: Account,
    training: TrainingSession,
    household_id: int,
    people: Collection[int],
    *,
    now: datetime,
    source: EnrolmentSource,
    key: str | None = None,
) -> Enrolment:
    """An entry at the end of the list of a locked class. It waits until `promote` says otherwise."""
    entry = Enrolment(
        training_id=training.id or 0,
        household_id=household_id,
        place=next_place(db, training),
        status=EnrolmentStatus.WAITING,
        source=source,
        created_at=now,
        created_by=actor.actor_id,
        client_key=key,
    )
    db.add(entry)
    flush_or(db, SameSlip())  # the slip arrived at another class at this very moment
    give_seats(db, entry, people)
    return entry


def change_seats(db: Session, entry: Enrolment, people: Collection[int], *, now: datetime) -> None:
    """From now on these people belong to the entry, and no others."""
    before = set(people_of_entries(db, [entry])[entry.id or 0])
    take_seats_back(db, entry, before - set(people), now=now)
    give_seats(db, entry, set(people) - before)


def check_household(household: Household) -> None:
    """Only registered households that are looked after go to a class."""
    if household.draft:
        raise DraftHousehold(code=household.code)
    if not household.active:
        raise InactiveHousehold(code=household.code)


def named(db: Session, household_id: int, people: Collection[int]) -> dict[int, str]:
    """These people of a household, with their names; refuses nobody, and anybody else."""
    if not people:
        raise NobodyChosen
    members = select(Person).where(Person.household_id == household_id, col(Person.id).in_(people))
    names = {person.id or 0: person.name for person in db.exec(members)}
    if set(people) - set(names):
        raise NotOfHousehold
    return names


def check_people(
    db: Session,
    training: TrainingSession,
    people: Mapping[int, str],
    *,
    now: datetime,
    leaving: int | None = None,
) -> None:
    """No more than the class has seats, and nobody who sits elsewhere at that time; names by id."""
    if len(people) > seats_of(training):
        raise MoreThanTheClass(seats=seats_of(training), people=len(people))
    for found in elsewhere(db, training, people, now=now, leaving=leaving).values():
        raise SitsElsewhere(person=people[found.person_id], training=found.training, day=date_vi(found.day))
