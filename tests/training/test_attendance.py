"""Marks and what they come to: refusals, one device, decisions, closing, corrections, late marks."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import col, select

from catalog.models import Household
from marketplace.accounts.models import Role
from marketplace.core.audit import AuditEntry
from marketplace.core.errors import NotFound
from tests import factories as make
from tests.conftest import NOW
from training import closing
from training.attendance import (
    ClassCancelled,
    ClassNotYet,
    HalfDayNotYet,
    Mark,
    NoSuchHalfDay,
    NotInClass,
    mark,
    save_roster,
    take_marks,
)
from training.models import (
    Attendance,
    AttendanceMark,
    Door,
    Enrolment,
    EnrolmentStatus,
    HalfDay,
    TrainingSession,
    TrainingStatus,
)
from training.rosters import late_marks, roster_of
from training.sheets import sheets_of

TODAY = make.TODAY


@pytest.fixture
def room(db):
    """A worker, a class of today, and three people who are enrolled."""
    worker = make.an_account(db)
    training = make.a_training(db, starts_on=TODAY)
    people = []
    for name in ("Hoàng Thị Vén", "Lý A Sử", "Phàn Chòi Nhàn"):
        household = make.a_household(db, head=name)
        make.an_enrolment(db, training=training, household=household)
        people.append(make.head_of(db, household))
    db.commit()
    return worker, training, people


def a_mark(person, present=True, **values):
    given = {"key": "k-1", "half_day": 1, "door": Door.TAP, "device": "phone-a", "number": 1} | values
    return Mark(person_id=person.id, present=present, marked_at=NOW, **given)


def the_set(db, training):
    rows = db.exec(
        select(Attendance, HalfDay.number)
        .join(HalfDay, col(HalfDay.id) == Attendance.half_day_id)
        .where(Attendance.training_id == training.id)
    )
    return {(one.person_id, number): (one.present, one.disputed) for one, number in rows}


def nothing_kept(db, training):
    status = db.get_one(TrainingSession, training.id).status
    return not db.exec(select(AttendanceMark)).all() and not the_set(db, training) and status


def actions(db):
    return list(db.exec(select(AuditEntry.action).order_by(col(AuditEntry.id))))


# --- what is refused
# ------------------------------------------------------------------------------------------------------------


def test_a_cancelled_class_is_not_marked(db, room):
    worker, training, people = room
    training.status = TrainingStatus.CANCELLED
    db.commit()

    with pytest.raises(ClassCancelled):
        mark(db, worker, training, a_mark(people[0]), now=NOW)
    assert nothing_kept(db, training) == "cancelled"


def test_a_class_of_tomorrow_is_not_marked_today(db, room):
    worker, training, people = room
    training.starts_on = TODAY + timedelta(days=1)
    db.commit()

    with pytest.raises(ClassNotYet):
        mark(db, worker, training, a_mark(people[0]), now=NOW)
    assert nothing_kept(db, training) == "planned"


def test_the_second_day_of_a_class_is_not_marked_on_its_first(db, room):
    worker, training, people = room
    make.half_days_of(db, training)[1].day = TODAY + timedelta(days=1)
    db.commit()

    with pytest.raises(HalfDayNotYet):
        take_marks(
            db, worker, training, [a_mark(people[0]), a_mark(people[0], key="k-2", half_day=2, number=2)],
            now=NOW,
        )  # fmt: skip
    db.rollback()
    assert nothing_kept(db, training) == "planned"


@pytest.mark.parametrize("half_day", [0, 3])
def test_a_half_day_that_does_not_exist_is_refused(db, room, half_day):
    worker, training, people = room

    with pytest.raises(NoSuchHalfDay):
        mark(db, worker, training, a_mark(people[0], half_day=half_day), now=NOW)
    db.rollback()
    assert nothing_kept(db, training) == "planned"


def test_somebody_who_is_not_in_the_class_is_refused(db, room):
    worker, training, _people = room
    stranger = make.head_of(db, make.a_household(db, head="Nông Văn Tuấn"))
    other = make.a_training(db, starts_on=TODAY)
    make.an_enrolment(db, training=other, household=db.get_one(Household, stranger.household_id))
    db.commit()

    with pytest.raises(NotInClass):
        mark(db, worker, training, a_mark(stranger), now=NOW)
    db.rollback()
    assert nothing_kept(db, training) == "planned"


# --- the roster of one device
# ------------------------------------------------------------------------------------------------------------


def save(db, room, said, half_day=1, device="web:1"):
    worker, training, people = room
    pairs = {(people[who].id, half_day): present for who, present in said.items()}
    return save_roster(db, worker, training, pairs, door=Door.TAP, device=device, now=NOW)


def test_the_same_list_saved_again_changes_nothing(db, room):
    assert save(db, room, {0: True, 1: True, 2: False}) == 3
    db.commit()

    assert save(db, room, {0: True, 1: True, 2: False}) == 0

    assert len(db.exec(select(AttendanceMark)).all()) == 3
    assert actions(db).count("attendance.marked") == 1


def test_a_changed_tick_is_the_later_word(db, room):
    _worker, training, people = room
    save(db, room, {0: True, 1: True})

    assert save(db, room, {0: True, 1: False}) == 1
    assert save(db, room, {1: True}) == 1
    assert save(db, room, {1: False}) == 1

    assert the_set(db, training) == {(people[0].id, 1): (True, False), (people[1].id, 1): (False, False)}
    numbers = db.exec(select(AttendanceMark.number).order_by(col(AttendanceMark.number))).all()
    assert numbers == [1, 2, 3, 4, 5]


def test_two_devices_that_disagree_make_a_dispute_and_present_counts(db, room):
    _worker, training, people = room
    save(db, room, {0: True}, device="web:1")
    save(db, room, {0: False}, device="web:2")

    assert the_set(db, training) == {(people[0].id, 1): (True, True)}


def test_a_clock_that_is_off_decides_nothing(db, room):
    worker, training, people = room
    first = replace(a_mark(people[0], True), marked_at=NOW + timedelta(hours=9))
    second = a_mark(people[0], False, key="k-2", number=2)

    take_marks(db, worker, training, [first, second], now=NOW)

    assert the_set(db, training) == {(people[0].id, 1): (False, False)}


# --- decisions and closing
# ------------------------------------------------------------------------------------------------------------


def decide(db, room, who, present, reason="", half_day=1):
    worker, training, people = room
    return closing.decide(
        db, worker, training, people[who].id, half_day, present=present, reason=reason, now=NOW
    )


def test_a_dispute_must_be_decided_before_closing(db, room):
    worker, training, people = room
    save(db, room, {0: True, 1: True}, device="web:1")
    save(db, room, {0: False}, device="web:2")
    db.commit()

    with pytest.raises(closing.StillDisputed):
        closing.close_attendance(db, worker, training, now=NOW)
    db.rollback()
    assert db.get_one(TrainingSession, training.id).attendance_closed_at is None
    decide(db, room, 0, present=False)
    closing.close_attendance(db, worker, training, now=NOW)

    assert training.attendance_closed_at == NOW
    assert the_set(db, training) == {(people[0].id, 1): (False, False), (people[1].id, 1): (True, False)}


def test_the_last_decision_counts_and_the_same_again_is_none(db, room):
    _worker, training, people = room
    save(db, room, {0: True})

    assert decide(db, room, 0, present=False)
    assert not decide(db, room, 0, present=False)
    assert decide(db, room, 0, present=True)
    assert decide(db, room, 0, present=False)

    assert the_set(db, training) == {(people[0].id, 1): (False, False)}
    assert actions(db).count("attendance.decided") == 3


def test_a_class_not_held_or_not_marked_is_not_closed(db, room):
    worker, training, _people = room

    with pytest.raises(closing.NotHeld):
        closing.close_attendance(db, worker, training, now=NOW)
    training.status = TrainingStatus.HELD
    db.commit()
    with pytest.raises(closing.NobodyMarked):
        closing.close_attendance(db, worker, training, now=NOW)
    db.rollback()
    assert training.attendance_closed_at is None


def test_closing_twice_keeps_the_first_time(db, room):
    worker, training, _people = room
    save(db, room, {0: True})
    closing.close_attendance(db, worker, training, now=NOW)

    closing.close_attendance(db, worker, training, now=NOW + timedelta(days=1))

    assert training.attendance_closed_at == NOW
    assert actions(db).count("attendance.closed") == 1


def test_reopening_is_written_down_once(db, room):
    worker, training, _people = room
    save(db, room, {0: True})
    closing.close_attendance(db, worker, training, now=NOW)
    office = make.an_account(db, Role.COORDINATOR)

    closing.reopen_attendance(db, office, training)
    closing.reopen_attendance(db, office, training)

    assert training.attendance_closed_at is None
    assert actions(db).count("attendance.reopened") == 1


def test_a_correction_after_closing_needs_a_reason_and_leaves_a_trail(db, room):
    worker, training, people = room
    save(db, room, {0: True, 1: True})
    closing.close_attendance(db, worker, training, now=NOW)
    db.commit()

    with pytest.raises(closing.ReasonNeeded):
        decide(db, room, 0, present=False)
    db.rollback()
    assert the_set(db, training)[people[0].id, 1] == (True, False)
    decide(db, room, 0, present=False, reason="Về từ đầu giờ")

    assert the_set(db, training)[people[0].id, 1] == (False, False)
    entry = db.exec(select(AuditEntry).where(AuditEntry.action == "attendance.corrected")).one()
    assert entry.facts["before"] is True
    assert entry.facts["after"] is False
    assert entry.facts["reason"] == "Về từ đầu giờ"
    assert (
        db.exec(select(AttendanceMark.reason).where(AttendanceMark.door == Door.DECISION)).one()
        == "Về từ đầu giờ"
    )
    assert training.attendance_closed_at == NOW


# --- marks that come after closing
# ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def late(db, room):
    """A phone comes back into the network after the class was closed: it saw the third person."""
    worker, training, people = room
    save(db, room, {0: True})
    closing.close_attendance(db, worker, training, now=NOW)
    mark(db, worker, training, a_mark(people[2], key="late-1"), now=NOW + timedelta(days=1))
    db.commit()
    [(one, number, person)] = late_marks(db, training)
    assert (number, person.id) == (1, people[2].id)
    return one


def test_a_late_mark_is_kept_and_counts_for_nothing(db, room, late):
    _worker, training, people = room

    assert late.held_back
    assert the_set(db, training) == {(people[0].id, 1): (True, False)}


def test_a_late_mark_counts_once_it_is_let_in(db, room, late):
    worker, training, people = room

    assert closing.accept_late(db, worker, training, late.id)
    assert not closing.accept_late(db, worker, training, late.id)

    assert the_set(db, training)[people[2].id, 1] == (True, False)
    assert late_marks(db, training) == []
    assert actions(db).count("attendance.late_accepted") == 1


def test_a_late_mark_that_was_dismissed_stays_and_can_still_be_let_in(db, room, late):
    worker, training, people = room

    assert closing.dismiss_late(db, worker, training, late.id, now=NOW)
    assert not closing.dismiss_late(db, worker, training, late.id, now=NOW)
    assert (people[2].id, 1) not in the_set(db, training)
    assert [one.id for one, _number, _person in late_marks(db, training)] == [late.id]

    closing.accept_late(db, worker, training, late.id)
    assert the_set(db, training)[people[2].id, 1] == (True, False)


def test_a_late_mark_of_another_class_is_not_found(db, room, late):
    worker = room[0]
    other = make.a_training(db, starts_on=TODAY)

    with pytest.raises(NotFound):
        closing.accept_late(db, worker, other, late.id)
    assert late.held_back


def test_a_list_saved_again_counts_once_the_class_is_open_again(db, room):
    """What was held back is no word of the door: ticking the same again says it now."""
    worker, training, people = room
    save(db, room, {0: True, 1: False})
    closing.close_attendance(db, worker, training, now=NOW)
    save(db, room, {0: True, 1: True})
    save(db, room, {0: True, 1: True})
    assert len(late_marks(db, training)) == 1
    closing.reopen_attendance(db, worker, training)

    save(db, room, {0: True, 1: True})

    assert the_set(db, training) == {(people[0].id, 1): (True, False), (people[1].id, 1): (True, False)}


def test_a_decision_after_one_was_deleted_is_still_the_last(db, room):
    """An import of a list makes decisions, and takes them out again when it is undone."""
    _worker, training, people = room
    for half_day, present in ((1, True), (2, True), (1, False)):
        decide(db, room, 0, present, f"Lý do {half_day}", half_day)
    made = select(AttendanceMark).where(AttendanceMark.number == 2)
    db.delete(db.exec(made).one())
    db.commit()

    assert decide(db, room, 0, True, "Có ký tên")

    assert the_set(db, training)[people[0].id, 1] == (True, False)


# --- the list
# ------------------------------------------------------------------------------------------------------------


def test_who_gave_the_seat_back_leaves_the_list_unless_present(db, room):
    worker, training, people = room
    for seat in db.exec(select(make.Seat).where(make.Seat.training_id == training.id)):
        if seat.person_id != people[0].id:
            seat.given_back_at = NOW
    db.commit()

    assert [line.person.id for line in roster_of(db, training)] == [people[0].id]
    mark(db, worker, training, a_mark(people[2]), now=NOW)

    assert [line.person.id for line in roster_of(db, training)] == [people[0].id, people[2].id]


def test_who_comes_from_the_waiting_list_moves_no_row_of_the_printed_sheet(db, room):
    worker, training, people = room
    entries = db.exec(select(Enrolment).order_by(col(Enrolment.place))).all()
    entries[1].status = EnrolmentStatus.WAITING
    db.commit()
    half_days = make.half_days_of(db, training)

    def rows():
        [sheet] = sheets_of(roster_of(db, training), half_days)
        return [line.person.id for line in sheet.lines]

    assert rows() == [people[0].id, people[2].id]
    mark(db, worker, training, a_mark(people[1]), now=NOW)

    assert rows() == [people[0].id, people[2].id, people[1].id]
