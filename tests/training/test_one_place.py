"""Nobody counts as present in two classes at the same time, by whatever way the marks came (R-94)."""

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta

import pytest
from sqlmodel import col, select

from catalog.models import Person
from marketplace.core.db import reading, writing
from tests import factories as make
from tests.conftest import NOW
from training import closing
from training.attendance import Mark, mark
from training.models import Attendance, DayPart, Door, TrainingSession
from training.one_place import PresentElsewhere
from training.walk_ins import add_walk_in, link_walk_in

A_MOMENT = 0.4  #: seconds in which the second would be through, if nothing held it back


class Two:
    """Two classes of today, both with the same person on their lists, who was marked present in both."""

    def __init__(self, db) -> None:
        self.worker = make.an_account(db)
        household = make.a_household(db, head="Hoàng Thị Vén")
        self.person = make.head_of(db, household)
        self.classes = [make.a_training(db, starts_on=make.TODAY) for _ in range(2)]
        for training in self.classes:
            make.an_enrolment(db, training=training, household=household)
            self.say(db, training, self.person)
        db.commit()

    def say(self, db, training, person, present=True, number=1):
        one = Mark(f"{training.id}-{person.id}-{number}", 1, person.id, present, Door.TAP, "a", number, NOW)
        mark(db, self.worker, training, one, now=NOW)

    def close(self, db, which):
        closing.close_attendance(
            db, self.worker, db.get_one(TrainingSession, self.classes[which].id), now=NOW
        )


@pytest.fixture
def two(db):
    return Two(db)


def counted(db, person):
    """In how many closed classes the person counts as present."""
    rows = (
        select(Attendance)
        .join(TrainingSession, col(TrainingSession.id) == Attendance.training_id)
        .where(Attendance.person_id == person.id, col(Attendance.present))
    )
    return len(db.exec(rows.where(col(TrainingSession.attendance_closed_at).is_not(None))).all())


def refused(db, act, *args, **values):
    with pytest.raises(PresentElsewhere) as refusal, db.begin_nested():
        act(db, *args, **values)
    return refusal.value.facts


def test_the_second_class_is_not_closed_until_one_of_them_is_corrected(db, two):
    two.close(db, 0)

    facts = refused(db, two.close, 1)

    assert facts == {"person": "Hoàng Thị Vén", "training": two.classes[0].code, "day": "01/12/2021"}
    assert counted(db, two.person) == 1
    two.say(db, two.classes[1], two.person, present=False, number=2)
    two.close(db, 1)
    assert counted(db, two.person) == 1


def test_a_correction_and_a_late_mark_do_not_put_somebody_into_two_closed_classes(db, two):
    two.say(db, two.classes[1], two.person, present=False, number=2)
    two.close(db, 0)
    two.close(db, 1)
    said = {"present": True, "reason": "Có ký tên", "now": NOW}

    refused(db, closing.decide, two.worker, two.classes[1], two.person.id, 1, **said)
    two.say(db, two.classes[1], two.person, number=3)
    late = db.exec(select(make.AttendanceMark.id).where(col(make.AttendanceMark.held_back))).one()
    refused(db, closing.accept_late, two.worker, two.classes[1], late)

    assert counted(db, two.person) == 1
    assert closing.decide(db, two.worker, two.classes[0], two.person.id, 1, **said | {"present": False})
    assert closing.accept_late(db, two.worker, two.classes[1], late)
    assert counted(db, two.person) == 1


def test_a_walk_in_of_a_closed_class_is_not_linked_to_who_sat_elsewhere(db, two):
    two.say(db, two.classes[1], two.person, present=False, number=2)
    walk_in = add_walk_in(
        db, two.worker, two.classes[1], name="Hoang Thi Ven", village="Vĩnh Sơn", client_key="w", now=NOW
    )
    two.say(db, two.classes[1], db.get_one(Person, walk_in.person_id))
    two.close(db, 0)
    two.close(db, 1)

    refused(db, link_walk_in, two.worker, walk_in.id, two.person.id, now=NOW)

    db.refresh(walk_in)
    assert walk_in.linked_person_id is None
    assert counted(db, two.person) == 1


@pytest.mark.parametrize(
    ("day", "part"),
    [(make.TODAY, DayPart.EVENING), (make.TODAY - timedelta(days=1), DayPart.MORNING)],
)
def test_other_half_days_do_not_matter(db, two, day, part):
    other = make.a_training(db, starts_on=day, parts=(part,))
    make.an_enrolment(db, training=other, household=make.a_household(db), people=(two.person,))
    two.say(db, other, two.person)

    two.close(db, 0)
    closing.close_attendance(db, two.worker, other, now=NOW)

    assert counted(db, two.person) == 2


def test_of_two_classes_closed_at_the_same_moment_the_second_is_refused(engine):
    with writing(engine) as db:
        two = Two(db)

    def second():
        with pytest.raises(PresentElsewhere), writing(engine) as db:
            two.close(db, 1)
        return True

    with ThreadPoolExecutor(1) as threads:
        with writing(engine) as db:
            two.close(db, 0)
            other = threads.submit(second)
            wait([other], timeout=A_MOMENT)
            came_through = other.done()
        assert other.result(timeout=30)

    assert not came_through
    with reading(engine) as db:
        assert counted(db, two.person) == 1
