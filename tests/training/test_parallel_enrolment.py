"""Fifty at once for thirty seats, again and again; and every way of freeing a seat promotes the first."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest
from sqlmodel import Session, col, select

from marketplace.accounts.models import Account, Role
from marketplace.core.db import reading, writing
from tests import factories as make
from tests.factories import NOW
from tests.training.enrolling import (
    FILL,
    OFFERED,
    REGISTERED,
    RULES,
    WAITING,
    enrol,
    households,
    list_of,
    people,
)
from tests.training.test_no_shows import held
from training import enrolment
from training.answers import decline_offer
from training.entries import change_people, leave, move_to
from training.inviting import decline_invitation, invite
from training.models import Enrolment, TrainingSession, TrainingStatus
from training.no_shows import set_overbooked
from training.waiting import expire_offers, fill_free_seats

AT_ONCE = 50
SEATS = 30
ROUNDS = int(os.environ.get("LENSAN_TEST_ROUNDS", "6"))  #: `make prove` plays twenty


@pytest.fixture
def fifty(engine):
    """A worker and fifty households with one person each, written down."""
    with writing(engine) as db:
        worker = make.an_account(db)
        return worker, [(one.id, people(db, one)) for one in households(db, AT_ONCE)]


def at_once(engine, acts: list[Callable[[Session], object]]) -> None:
    """All acts at the same moment, each in its own thread and transaction."""
    start = Barrier(len(acts))

    def run(act: Callable[[Session], object]) -> None:
        start.wait()
        with writing(engine) as db:
            act(db)

    with ThreadPoolExecutor(len(acts)) as threads:
        list(threads.map(run, acts))


def test_fifty_at_once_for_thirty_seats_again_and_again(engine, fifty):
    worker, homes = fifty
    for number in range(ROUNDS):
        with writing(engine) as db:
            day = date(2021, 12, 7) + timedelta(days=number)
            training = make.a_training(db, capacity=SEATS, starts_on=day)

        def one(home, who, training=training):
            return lambda db: enrolment.enrol(db, worker, training, home, who, now=NOW)

        at_once(engine, [one(*home) for home in homes])

        with reading(engine) as db:
            rows = list_of(db, training)
        assert rows == [
            (place, REGISTERED if place <= SEATS else WAITING, 1) for place in range(1, AT_ONCE + 1)
        ]


def test_the_same_slip_at_the_same_moment_is_one_entry(engine, fifty):
    worker, homes = fifty
    with writing(engine) as db:
        training = make.a_training(db, capacity=SEATS)
    home, who = homes[0]

    at_once(
        engine,
        [lambda db: enrolment.enrol(db, worker, training, home, who, now=NOW, client_key="phieu-1")] * 8,
    )

    with reading(engine) as db:
        assert list_of(db, training) == [(1, REGISTERED, 1)]


def test_two_classes_at_the_same_time_do_not_take_one_person_at_the_same_moment(engine, fifty):
    worker, homes = fifty
    with writing(engine) as db:
        classes = [make.a_training(db, capacity=2) for _ in range(2)]
    refused = []

    def one(training, home, who):
        def act(db):
            try:
                enrolment.enrol(db, worker, training, home, who, now=NOW)
            except enrolment.SitsElsewhere:
                refused.append(home)

        return act

    # The first four of each class in opposite order, so that who waits in one is asked for in the other.
    here = [one(classes[0], *home) for home in homes[:4]]
    there = [one(classes[1], *home) for home in reversed(homes[:4])]
    at_once(engine, here + there)

    with reading(engine) as db:
        sits = select(Enrolment.household_id).where(Enrolment.status == REGISTERED)
        seated = db.exec(sits).all()
    assert len(seated) == len(set(seated)) == 4
    assert len(set(refused)) == len(refused)


def test_people_who_wait_in_two_classes_get_one_seat_when_both_have_one(engine, fifty):
    """Promotion looks again: both classes grow at the same moment, with the same four in both lists."""
    worker, homes = fifty
    with writing(engine) as db:
        classes = [make.a_training(db, capacity=1) for _ in range(2)]
        for training, home in zip(classes, homes[4:6], strict=True):
            enrolment.enrol(db, worker, training, *home, now=NOW)
        for home in homes[:4]:
            enrolment.enrol(db, worker, classes[0], *home, now=NOW)
        for home in reversed(homes[:4]):
            enrolment.enrol(db, worker, classes[1], *home, now=NOW)

    def grow(key):
        def act(db):
            training = db.get_one(TrainingSession, key)
            training.capacity += 3
            fill_free_seats(db, worker, training, RULES, now=NOW)

        return act

    at_once(engine, [grow(training.id) for training in classes])

    with reading(engine) as db:
        sits = db.exec(select(Enrolment.household_id).where(Enrolment.status == OFFERED)).all()
    assert sorted(sits) == sorted(home for home, _who in homes[:4])


# --- every way a seat becomes free


class Full:
    """Two seats taken: one household sits, another has the seat offered; a third and a fourth wait."""

    def __init__(self, db: Session) -> None:
        self.db = db
        self.office: Account = make.an_account(db, Role.COORDINATOR)
        self.training = make.a_training(db, capacity=3)
        self.homes = households(db, 5, members=2)
        self.seated = enrol(db, self.office, self.training, self.homes[0], 2)
        leaving = enrol(db, self.office, self.training, self.homes[1], 1)
        self.offered = enrol(db, self.office, self.training, self.homes[2], 1)
        self.first = enrol(db, self.office, self.training, self.homes[3], 1)
        self.second = enrol(db, self.office, self.training, self.homes[4], 1)
        leave(db, self.office, self.training, leaving.id, RULES, now=NOW)
        self.rows = list_of(db, self.training)

    def do(self, act, entry: Enrolment, *args, now=NOW) -> None:
        act(self.db, self.office, self.training, entry.id, *args, RULES, now=now)


def a_seat_is_given_back(full: Full) -> None:
    full.do(change_people, full.seated, people(full.db, full.homes[0])[:1])


def a_household_that_sits_leaves(full: Full) -> None:
    full.do(leave, full.seated)


def an_offered_household_leaves(full: Full) -> None:
    full.do(leave, full.offered)


def an_offer_is_declined(full: Full) -> None:
    full.do(decline_offer, full.offered)


def an_offer_runs_out(full: Full) -> None:
    expire_offers(full.db, RULES, now=NOW + timedelta(hours=48))


def an_offer_has_run_out_when_somebody_looks_at_another_entry(full: Full) -> None:
    full.do(change_people, full.seated, people(full.db, full.homes[0]), now=NOW + timedelta(hours=48))


def the_room_grows(full: Full) -> None:
    full.training.capacity += 1
    fill_free_seats(full.db, full.office, full.training, RULES, now=NOW)


def seats_beyond_are_given_out(full: Full) -> None:
    held(full.db, came=13, stayed_away=7)
    set_overbooked(full.db, full.office, full.training, 1, RULES, now=NOW)


def a_household_moves_to_another_class(full: Full) -> None:
    other = make.a_training(full.db, starts_on=date(2021, 12, 20))
    full.do(move_to, full.seated, other.id)


def a_household_is_brought_in_while_an_offer_is_over(full: Full) -> None:
    enrol(full.db, full.office, full.training, make.a_household(full.db), now=NOW + timedelta(hours=48))


def somebody_is_invited_while_an_offer_is_over(full: Full) -> None:
    invite(full.db, full.office, full.training, [make.a_household(full.db).id], now=NOW + timedelta(hours=48))


WAYS = [
    a_seat_is_given_back,
    a_household_that_sits_leaves,
    an_offered_household_leaves,
    an_offer_is_declined,
    an_offer_runs_out,
    an_offer_has_run_out_when_somebody_looks_at_another_entry,
    the_room_grows,
    seats_beyond_are_given_out,
    a_household_moves_to_another_class,
    a_household_is_brought_in_while_an_offer_is_over,
    somebody_is_invited_while_an_offer_is_over,
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_every_way_of_freeing_a_seat_promotes_the_first_who_waits(db, way):
    full = Full(db)
    assert full.rows == [
        (1, REGISTERED, 2),
        (2, "left", 0),
        (3, OFFERED, 1),
        (4, WAITING, 1),
        (5, WAITING, 1),
    ]

    way(full)

    assert full.first.status == OFFERED
    freed = 2 if way in (a_household_that_sits_leaves, a_household_moves_to_another_class) else 1
    assert full.second.status == (OFFERED if freed == 2 else WAITING)


def test_what_frees_no_seat_promotes_nobody(db):
    full = Full(db)
    (invited,) = invite(db, full.office, full.training, [make.a_household(db).id], now=NOW)
    full.do(decline_invitation, invited)
    full.do(leave, full.second)

    assert full.first.status == WAITING
    assert list_of(db, full.training)[2:4] == [(3, OFFERED, 1), (4, WAITING, 1)]


def test_a_class_that_was_cancelled_gives_out_no_seat_in_any_way(db):
    full = Full(db)
    full.training.status = TrainingStatus.CANCELLED

    an_offer_runs_out(full)
    the_room_grows(full)

    assert (full.first.status, full.second.status) == (WAITING, WAITING)


def test_with_fill_every_seat_goes_to_the_first_that_fits(db):
    full = Full(db)
    change_people(db, full.office, full.training, full.first.id, people(db, full.homes[3]), RULES, now=NOW)

    leave(db, full.office, full.training, full.offered.id, FILL, now=NOW)

    assert (full.first.status, full.second.status) == (WAITING, OFFERED)


def order_of_offers(db: Session, training: TrainingSession) -> list[int]:
    rows = select(Enrolment.place).where(Enrolment.training_id == training.id, Enrolment.status == OFFERED)
    return list(db.exec(rows.order_by(col(Enrolment.place))))


def test_twelve_leave_at_once_and_the_first_twelve_who_wait_are_promoted(engine, fifty):
    worker, homes = fifty
    with writing(engine) as db:
        training = make.a_training(db, capacity=SEATS)
        entries = [enrolment.enrol(db, worker, training, *home, now=NOW).id for home in homes]

    at_once(
        engine,
        [
            lambda db, entry=entry: leave(db, worker, training, entry, RULES, now=NOW)
            for entry in entries[:12]
        ],
    )

    with reading(engine) as db:
        assert order_of_offers(db, training) == list(range(SEATS + 1, SEATS + 13))
