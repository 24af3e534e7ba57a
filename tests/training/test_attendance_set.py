"""Three doors, one set (must-show 2): phones that were offline and the signed sheet, in any order, twice.

Tried: every order of three doors, each mark doubled, marks that contradict each other within a phone and
between doors, clocks of the phones off by hours, a walk-in that is linked before, between and after.
"""

from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from tests import factories as make
from tests.conftest import NOW
from training.attendance import Mark, mark, settle, take_marks, verdict
from training.models import Attendance, AttendanceMark, Door, TrainingSession
from training.walk_ins import add_walk_in, link_walk_in, unlink_walk_in

DOORS = {
    "phone A": (Door.TAP, "phone-a", timedelta(hours=-3)),
    "phone B": (Door.TAP, "phone-b", timedelta(hours=5)),
    "paper": (Door.PAPER, "paper:1", timedelta()),
}
#: (door, person, half-day, present), in the order each door said it.
SAID = [
    ("phone A", 0, 1, True), ("phone A", 1, 1, False), ("phone A", 1, 1, True), ("phone A", 2, 1, False),
    ("phone B", 0, 1, True), ("phone B", 2, 1, True), ("phone B", 2, 1, False), ("phone B", 3, 1, False),
    ("paper", 0, 1, True), ("paper", 1, 1, False), ("paper", 3, 1, False), ("paper", 0, 2, True),
]  # fmt: skip
#: What all of it comes to: (person, half-day) -> present, disputed.
TOGETHER = {
    (0, 1): (True, False),
    (1, 1): (True, True),  # phone A saw them at last, the sheet is not signed
    (2, 1): (False, False),
    (3, 1): (False, False),
    (0, 2): (True, False),
}


@pytest.fixture
def room(db):
    """A worker, a class of today, and four people who are enrolled."""
    worker = make.an_account(db)
    training = make.a_training(db, starts_on=make.TODAY)
    people = []
    for name in ("Hoàng Thị Vén", "Lý A Sử", "Phàn Chòi Nhàn", "Nông Văn Tuấn"):
        household = make.a_household(db, head=name)
        make.an_enrolment(db, training=training, household=household)
        people.append(make.head_of(db, household))
    db.commit()
    return worker, training, people


def marks_of(people, door):
    """What one door has to tell, its own numbers rising."""
    kind, device, off = DOORS[door]
    said = [one for one in SAID if one[0] == door]
    return [
        Mark(f"{device}-{n}", half_day, people[who].id, present, kind, device, n, NOW + off)
        for n, (_door, who, half_day, present) in enumerate(said, start=1)
    ]


def the_set(db, training, people):
    number = {half_day.id: half_day.number for half_day in make.half_days_of(db, training)}
    who = {person.id: place for place, person in enumerate(people)}
    rows = db.exec(select(Attendance).where(Attendance.training_id == training.id)).all()
    found = {(who[one.person_id], number[one.half_day_id]): (one.present, one.disputed) for one in rows}
    assert len(found) == len(rows)
    return found


@pytest.mark.parametrize("order", list(permutations(DOORS)), ids=" then ".join)
def test_every_order_of_arrival_gives_one_set(db, room, order):
    worker, training, people = room

    for door in order:
        take_marks(db, worker, training, marks_of(people, door), now=NOW)

    assert the_set(db, training, people) == TOGETHER


@pytest.mark.parametrize("order", list(permutations(DOORS)), ids=" then ".join)
def test_what_comes_twice_backwards_and_mixed_changes_nothing(db, room, order):
    worker, training, people = room
    mixed = [one for some in zip(*(marks_of(people, door) for door in order), strict=True) for one in some]

    for one in [*reversed(mixed), *mixed]:
        mark(db, worker, training, one, now=NOW)

    assert the_set(db, training, people) == TOGETHER
    assert len(db.exec(select(AttendanceMark)).all()) == len(SAID)


def test_a_settlement_of_the_whole_class_changes_nothing(db, room):
    worker, training, people = room
    for door in DOORS:
        take_marks(db, worker, training, marks_of(people, door), now=NOW)

    settle(db, training)

    assert the_set(db, training, people) == TOGETHER


@pytest.mark.parametrize("linked", ["before", "between", "after"])
def test_a_walk_in_counts_once_whenever_it_is_linked(db, room, linked):
    """The granddaughter wrote grandmother down at the door; her name was on the list all along."""
    worker, training, people = room
    walk_in = add_walk_in(
        db, worker, training, name="Hoang Thi Ven", village="Vĩnh Sơn", client_key="w", now=NOW
    )
    came = Mark("door-1", 1, walk_in.person_id, True, Door.TAP, "phone-a", 90, NOW)
    absent = Mark("list-1", 1, people[0].id, False, Door.PAPER, "paper:9", 1, NOW)
    steps = [
        lambda: mark(db, worker, training, came, now=NOW),
        lambda: mark(db, worker, training, absent, now=NOW),
    ]
    place = {"before": 0, "between": 1, "after": 2}[linked]
    steps.insert(place, lambda: link_walk_in(db, worker, walk_in.id, people[0].id, now=NOW))

    for step in steps:
        step()

    assert the_set(db, training, people) == {(0, 1): (True, False)}


def test_unlinking_leaves_the_set_as_it_was(db, room):
    worker, training, people = room
    walk_in = add_walk_in(db, worker, training, name="Lý A Sử", village="Nà Ôm", client_key="w", now=NOW)
    for n, (who, present) in enumerate([(walk_in.person_id, True), (people[1].id, False)], start=1):
        mark(db, worker, training, Mark(f"m{n}", 2, who, present, Door.TAP, "a", n, NOW), now=NOW)
    before = {(one.person_id, one.half_day_id, one.present) for one in db.exec(select(Attendance))}

    link_walk_in(db, worker, walk_in.id, people[1].id, now=NOW)
    assert the_set(db, training, people) == {(1, 2): (True, False)}
    unlink_walk_in(db, worker, walk_in.id)

    after = {(one.person_id, one.half_day_id, one.present) for one in db.exec(select(Attendance))}
    assert after == before
    assert len(before) == 2


MARKS = st.lists(
    st.builds(
        lambda door, device, number, present: AttendanceMark(
            key=f"{door}{device}{number}", training_id=1, half_day_id=1, person_id=1, present=present,
            door=door, device="decision" if door == Door.DECISION else device, number=number,
            marked_at=NOW, received_at=NOW,
        ),
        st.sampled_from(Door), st.sampled_from("ab"), st.integers(1, 4), st.booleans(),
    ),
    max_size=8,
    unique_by=lambda one: one.key,
)  # fmt: skip


@given(marks=MARKS, more=st.randoms(use_true_random=False))
def test_the_verdict_knows_no_order_and_no_repetition(marks, more):
    shuffled = [*marks, *marks]
    more.shuffle(shuffled)

    assert verdict(shuffled) == verdict(marks)


@given(marks=MARKS)
def test_a_decision_outranks_every_door(marks):
    decisions = [one for one in marks if one.door == Door.DECISION]
    if decisions:
        last = max(decisions, key=lambda one: (one.number, one.key))
        assert verdict(marks) == (last.present, False)


def test_the_first_mark_says_that_the_class_takes_place(db, room):
    worker, training, people = room

    mark(db, worker, training, marks_of(people, "paper")[0], now=NOW)

    assert db.get_one(TrainingSession, training.id).status == "held"
