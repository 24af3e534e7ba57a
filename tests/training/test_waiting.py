"""The waiting list: in order of place, nobody passed over, and the log says why."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlmodel import Session, col, select

from catalog.models import Household
from marketplace.accounts.models import Account
from marketplace.core.audit import SYSTEM, AuditEntry
from marketplace.core.config import TrainingSettings
from marketplace.core.db import writing
from marketplace.core.errors import Refused
from tests import factories as make
from tests.factories import NOW
from tests.training.enrolling import (
    FILL,
    OFFERED,
    REGISTERED,
    RULES,
    WAITING,
    enrol,
    held_now,
    households,
    list_of,
    log_of,
    people,
)
from training import enrolment
from training.answers import NoOffer, OfferRanOut, accept_offer, decline_offer, note_call
from training.entries import change_people, leave
from training.models import (
    OPEN,
    Enrolment,
    EnrolmentStatus,
    QueueEvent,
    QueueNote,
    TrainingSession,
    TrainingStatus,
)
from training.seats import ClassIsOver, seats_taken
from training.turns import InLine, whose_turn
from training.waiting import expire_offers, fill_free_seats

HOLD = timedelta(hours=48)


class Queue:
    """A class of two seats, taken by one household; others wait with 2, 1 and 1 people."""

    def __init__(self, db: Session) -> None:
        self.db = db
        self.worker: Account = make.an_account(db)
        self.training = make.a_training(db, capacity=2)
        self.households = households(db, 4, members=2)
        seated, *waiting = self.households
        self.seated = self.enrol(seated, 2)
        self.first, self.second, self.third = map(self.enrol, waiting, (2, 1, 1))

    def enrol(self, household: Household, number: int) -> Enrolment:
        return enrol(self.db, self.worker, self.training, household, number)

    def do(self, act, entry: Enrolment, *args, now=NOW, rules=RULES) -> Enrolment:
        return act(self.db, self.worker, self.training, entry.id, *args, rules, now=now)

    @property
    def rows(self) -> list[tuple[int, str, int]]:
        return list_of(self.db, self.training)

    @property
    def log(self) -> list[tuple[int, str, str]]:
        return log_of(self.db, self.training)


@pytest.fixture
def queue(db):
    return Queue(db)


# --- whose turn it is


def line(*needs: int, away: tuple[int, ...] = ()) -> list[InLine]:
    return [
        InLine(
            Enrolment(
                id=number,
                training_id=1,
                household_id=number,
                place=number,
                status=EnrolmentStatus.WAITING,
                source="office",
                created_at=NOW,
            ),
            need,
            "LH-2" if number in away else None,
        )
        for number, need in enumerate(needs, start=1)
    ]


def ids(entries) -> list[int]:
    return [entry.id for entry in entries]


def test_strict_order_waits_for_the_first_and_fill_takes_the_first_that_fits():
    strict = whose_turn(line(1, 3, 1, 2), 3, 30, "strict")
    fill = whose_turn(line(1, 3, 1, 2), 3, 30, "fill")

    assert (ids(strict.seated), strict.free, strict.blocked) == ([1], 2, True)
    assert [(one.entry.id, one.facts) for one in strict.skipped] == [(2, {"need": 3, "free": 2})]
    assert (ids(fill.seated), fill.free, fill.blocked) == ([1, 3], 1, False)
    assert [(one.entry.id, one.facts) for one in fill.skipped] == [
        (2, {"need": 3, "free": 2}),
        (4, {"need": 2, "free": 1}),
    ]


def test_who_could_not_come_at_all_holds_nobody_up():
    turn = whose_turn(line(1, 40, 1, away=(1,)), 1, 30, "strict")

    assert ids(turn.seated) == [3]
    assert [(one.entry.id, one.facts) for one in turn.skipped] == [
        (1, {"training": "LH-2"}),
        (2, {"need": 40, "seats": 30}),
    ]


def test_a_full_class_skips_nobody():
    turn = whose_turn(line(1, 2), 0, 30, "strict")

    assert (turn.seated, turn.skipped, turn.blocked) == ([], [], False)


@given(
    needs=st.lists(st.integers(1, 5), max_size=12),
    free=st.integers(0, 12),
    away=st.sets(st.integers(1, 12)),
    order=st.sampled_from(["strict", "fill"]),
)
def test_never_more_than_is_free_and_in_strict_order_nobody_is_passed_over(needs, free, away, order):
    queue = line(*needs, away=tuple(away))
    turn = whose_turn(queue, free, 30, order)
    got, need = set(ids(turn.seated)), {one.entry.id: one.need for one in queue}

    assert sum(need[one] for one in got) == free - turn.free
    assert 0 <= turn.free <= free
    assert got.isdisjoint(away)
    could = [one.entry.id for one in queue if one.elsewhere is None]
    if order == "strict":
        assert ids(turn.seated) == could[: len(got)]
        assert len(got) == len(could) or need[could[len(got)]] > turn.free
    else:
        assert all(need[one] > turn.free for one in could if one not in got)


# --- promotion


def test_the_first_of_the_list_is_offered_the_seats_for_48_hours(queue):
    queue.do(leave, queue.seated)

    assert queue.rows == [(1, "left", 0), (2, OFFERED, 2), (3, WAITING, 1), (4, WAITING, 1)]
    assert queue.first.hold_until == NOW + HOLD
    assert queue.log[-2:] == [(1, "left", ""), (2, "offered", "Giữ chỗ đến 03/12/2021 10:00.")]


def test_one_free_seat_is_kept_for_the_first_who_needs_two_and_the_log_says_so_once(queue):
    seated, *_ = queue.households
    queue.do(change_people, queue.seated, people(queue.db, seated)[:1])
    for _ in range(3):
        fill_free_seats(queue.db, SYSTEM, queue.training, RULES, now=NOW)

    assert [status for _place, status, _n in queue.rows] == [REGISTERED, WAITING, WAITING, WAITING]
    assert [row for row in queue.log if row[1] == "skipped"] == [(2, "skipped", "Cần 2 chỗ, mới có 1.")]


def test_with_fill_the_first_that_fits_is_promoted(queue):
    seated, *_ = queue.households
    queue.do(change_people, queue.seated, people(queue.db, seated)[:1], rules=FILL)

    assert queue.rows == [(1, REGISTERED, 1), (2, WAITING, 2), (3, OFFERED, 1), (4, WAITING, 1)]
    assert queue.log[-2:] == [
        (2, "skipped", "Cần 2 chỗ, mới có 1."),
        (3, "offered", "Giữ chỗ đến 03/12/2021 10:00."),
    ]


def test_who_got_a_seat_in_another_class_meanwhile_is_skipped_with_the_reason(queue):
    elsewhere = make.a_training(queue.db)
    enrol(queue.db, queue.worker, elsewhere, queue.households[1], 1)

    queue.do(leave, queue.seated)

    assert queue.rows == [(1, "left", 0), (2, WAITING, 2), (3, OFFERED, 1), (4, OFFERED, 1)]
    reason = f"Có người của hộ đã có chỗ ở lớp {elsewhere.code} cùng buổi."
    assert (2, "skipped", reason) in queue.log


def test_seats_stay_empty_when_everybody_who_waits_sits_elsewhere(queue):
    elsewhere = make.a_training(queue.db)
    for household, number in zip(queue.households[1:], (2, 1, 1), strict=True):
        enrol(queue.db, queue.worker, elsewhere, household, number)

    queue.do(leave, queue.seated)
    fill_free_seats(queue.db, SYSTEM, queue.training, RULES, now=NOW)

    assert seats_taken(queue.db, queue.training) == 0
    assert [(place, event) for place, event, _why in queue.log if event == "skipped"] == [
        (2, "skipped"),
        (3, "skipped"),
        (4, "skipped"),
    ]


def test_a_newcomer_sits_down_at_once_when_those_who_wait_cannot_come(queue):
    elsewhere = make.a_training(queue.db)
    for household, number in zip(queue.households[1:], (2, 1, 1), strict=True):
        enrol(queue.db, queue.worker, elsewhere, household, number)
    queue.do(leave, queue.seated)

    queue.enrol(make.a_household(queue.db), 1)

    assert queue.rows[-1] == (5, REGISTERED, 1)


def test_a_class_that_is_not_planned_promotes_nobody(queue):
    queue.training.status = TrainingStatus.CANCELLED
    queue.training.capacity = 30

    fill_free_seats(queue.db, SYSTEM, queue.training, RULES, now=NOW)

    assert [status for _place, status, _n in queue.rows] == [REGISTERED, WAITING, WAITING, WAITING]


def test_a_hold_does_not_reach_into_the_day_of_the_class(queue):
    evening = datetime(2021, 12, 6, 11, 0, tzinfo=UTC)  # 18:00, the day before

    queue.do(leave, queue.seated, now=evening)

    assert queue.first.hold_until == datetime(2021, 12, 6, 17, 0, tzinfo=UTC)  # midnight


# --- answers


def test_yes_is_a_seat_and_a_second_yes_nothing(queue):
    queue.do(leave, queue.seated)
    for _ in range(2):
        queue.do(accept_offer, queue.first)

    assert queue.rows[1] == (2, REGISTERED, 2)
    assert queue.first.hold_until is None
    assert [event for _p, event, _why in queue.log].count("accepted") == 1


def test_no_passes_the_seats_on(queue):
    queue.do(leave, queue.seated)
    for _ in range(2):
        queue.do(decline_offer, queue.first)

    assert queue.rows == [(1, "left", 0), (2, "declined", 0), (3, OFFERED, 1), (4, OFFERED, 1)]


def test_a_call_is_noted_and_decides_nothing(queue):
    queue.do(leave, queue.seated)

    queue.do(note_call, queue.first, now=NOW + timedelta(hours=1))

    assert queue.first.called_at == NOW + timedelta(hours=1)
    assert queue.rows[1] == (2, OFFERED, 2)
    assert queue.log[-1] == (2, "called", "")


def test_who_was_not_offered_anything_cannot_answer(queue):
    for act in (accept_offer, decline_offer, note_call):
        with pytest.raises(NoOffer):
            queue.do(act, queue.first)
    assert queue.rows[1] == (2, WAITING, 2)


def test_an_offer_is_good_until_the_minute_it_ends(queue):
    queue.do(leave, queue.seated)
    queue.db.commit()

    with pytest.raises(OfferRanOut):
        queue.do(accept_offer, queue.first, now=NOW + HOLD)
    queue.db.rollback()
    queue.do(accept_offer, queue.first, now=NOW + HOLD - timedelta(minutes=1))

    assert queue.rows[1] == (2, REGISTERED, 2)


def test_a_yes_of_the_last_second_comes_too_late_for_who_sits_elsewhere_by_then(queue):
    """Both asked at once and the other got in first, the hold being over by its clock."""
    queue.do(leave, queue.seated)
    there = make.a_training(queue.db, starts_on=queue.training.starts_on)
    enrol(queue.db, queue.worker, there, queue.households[1], 1, now=NOW + HOLD)
    queue.db.commit()

    with pytest.raises(enrolment.SitsElsewhere):
        queue.do(accept_offer, queue.first, now=NOW + HOLD - timedelta(seconds=1))
    queue.db.rollback()

    assert queue.rows[1] == (2, OFFERED, 2)


def test_an_offer_is_not_taken_after_the_class(queue):
    queue.do(leave, queue.seated)
    queue.training.status = TrainingStatus.HELD

    with pytest.raises(ClassIsOver):
        queue.do(accept_offer, queue.first)
    assert queue.rows[1] == (2, OFFERED, 2)


def test_offers_run_out_without_anybody_and_the_next_get_a_whole_hold(queue):
    queue.do(leave, queue.seated)

    assert expire_offers(queue.db, RULES, now=NOW + HOLD - timedelta(seconds=1)) == 0
    assert expire_offers(queue.db, RULES, now=NOW + HOLD) == 1

    assert queue.rows == [(1, "left", 0), (2, "expired", 0), (3, OFFERED, 1), (4, OFFERED, 1)]
    assert queue.second.hold_until == NOW + 2 * HOLD
    assert queue.log[-3][:2] == (2, "expired")
    said = select(AuditEntry.actor_id).where(AuditEntry.action == "enrolment.expired")
    assert queue.db.exec(said.where(AuditEntry.subject_id == queue.first.id)).all() == [None]
    assert expire_offers(queue.db, RULES, now=NOW + HOLD) == 0


def test_every_write_on_a_class_first_ends_what_is_over(queue):
    queue.do(leave, queue.seated)

    queue.do(leave, queue.third, now=NOW + HOLD)

    assert queue.rows == [(1, "left", 0), (2, "expired", 0), (3, OFFERED, 1), (4, "left", 0)]


# --- every way a seat becomes free is tried in test_parallel_enrolment.py; here, everything at random


def machine(engine, rules: TrainingSettings):
    class Desk(RuleBasedStateMachine):
        """One class of 2 to 5 seats and six households of three."""

        def __init__(self) -> None:
            super().__init__()
            self.now = NOW

        @initialize(capacity=st.integers(2, 5), needs=st.lists(st.integers(1, 3), min_size=4, max_size=5))
        def opens_and_fills_up(self, capacity: int, needs: list[int]) -> None:
            with writing(engine) as db:
                self.worker = make.an_account(db)
                self.training = make.a_training(db, capacity=capacity, starts_on=date(2022, 3, 1))
                self.homes = [(one, people(db, one)) for one in households(db, 6, members=3)]
            for home, number in enumerate(needs):
                self.enrols(home, number)

        def act(self, do) -> None:
            """One request: kept, or refused and rolled back."""
            try:
                with writing(engine) as db:
                    do(db, db.get_one(TrainingSession, self.training.id))
            except Refused:
                pass

        def entry(self, db: Session, home: int) -> int:
            rows = select(Enrolment.id).where(Enrolment.household_id == self.homes[home][0].id)
            return db.exec(rows.order_by(col(Enrolment.id).desc())).first() or 0

        def answer(self, use_case, home: int) -> None:
            self.act(
                lambda db, one: use_case(db, self.worker, one, self.entry(db, home), rules, now=self.now)
            )

        def enrols(self, home: int, number: int) -> None:
            household, who = self.homes[home]
            self.act(
                lambda db, one: enrolment.enrol(
                    db, self.worker, one, household.id, who[:number], now=self.now, rules=rules
                )
            )

        @rule(home=st.integers(0, 5), number=st.integers(1, 3))
        def enrols_again(self, home: int, number: int) -> None:
            self.enrols(home, number)

        @rule(home=st.integers(0, 5), who=st.sets(st.integers(0, 2), min_size=1))
        def changes(self, home: int, who: set[int]) -> None:
            them = [self.homes[home][1][one] for one in who]
            self.act(
                lambda db, one: change_people(
                    db, self.worker, one, self.entry(db, home), them, rules, now=self.now
                )
            )

        @rule(home=st.integers(0, 5))
        def leaves(self, home: int) -> None:
            self.answer(leave, home)

        @rule(home=st.integers(0, 5))
        def accepts(self, home: int) -> None:
            self.answer(accept_offer, home)

        @rule(home=st.integers(0, 5))
        def declines(self, home: int) -> None:
            self.answer(decline_offer, home)

        @rule(hours=st.sampled_from([1, 24, 49]))
        def time_passes(self, hours: int) -> None:
            self.now += timedelta(hours=hours)
            self.act(lambda db, _one: expire_offers(db, rules, now=self.now))

        @precondition(lambda self: self.training.capacity < 9)
        @rule()
        def the_room_grows(self) -> None:
            def grow(db: Session, one: TrainingSession) -> None:
                one.capacity += 1
                fill_free_seats(db, self.worker, one, rules, now=self.now)
                self.training = one

            self.act(grow)

        @invariant()
        def books_agree(self) -> None:
            if not hasattr(self, "training"):
                return
            with writing(engine) as db:
                training = db.get_one(TrainingSession, self.training.id)
                seats = training.capacity + training.overbooked
                assert held_now(db, training) == seats_taken(db, training) <= seats
                self.one_open_entry_each(db)
                self.nobody_is_passed_over(db, seats - held_now(db, training))

        def one_open_entry_each(self, db: Session) -> None:
            entries = select(Enrolment.household_id).where(Enrolment.training_id == self.training.id)
            homes = db.exec(entries.where(col(Enrolment.status).in_(OPEN))).all()
            assert len(homes) == len(set(homes))

        def nobody_is_passed_over(self, db: Session, free: int) -> None:
            """Whoever waits waits for a reason; and promotions went in order of place among those there."""
            waiting = [one for one in list_of(db, self.training) if one[1] == WAITING]
            fits = [place for place, _status, number in waiting if number <= free]
            if rules.waiting_order == "strict":
                assert not waiting or waiting[0][0] not in fits
            else:
                assert not fits
            if rules.waiting_order == "strict":
                self.promoted_in_order(db)

        def promoted_in_order(self, db: Session) -> None:
            """At every promotion, nobody with a smaller place was waiting."""
            there: set[int] = set()
            notes = db.exec(
                select(QueueNote.event, Enrolment.place)
                .join(Enrolment, col(Enrolment.id) == QueueNote.enrolment_id)
                .where(QueueNote.training_id == self.training.id)
                .order_by(col(QueueNote.id))
            )
            for event, place in notes:
                if event == QueueEvent.JOINED:
                    there.add(place)
                if event in (QueueEvent.OFFERED, QueueEvent.SEATED):
                    assert all(place <= other for other in there)
                if event in (QueueEvent.OFFERED, QueueEvent.LEFT):
                    there.discard(place)

    return Desk


@pytest.mark.parametrize("rules", [RULES, FILL], ids=["strict", "fill"])
def test_whatever_happens_seats_are_exact_and_nobody_is_passed_over(engine, rules):
    run_state_machine_as_test(
        machine(engine, rules),
        settings=settings(
            max_examples=15,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
