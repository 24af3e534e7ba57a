"""Enrolment: the whole entry sits or waits, nobody sits twice, a second time changes nothing."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from sqlmodel import Session, col, select

from catalog.models import Household
from marketplace.accounts.models import Account, Role
from marketplace.core.audit import AuditEntry
from marketplace.core.errors import NotFound
from tests import factories as make
from tests.factories import NOW
from tests.training.enrolling import (
    OFFERED,
    REGISTERED,
    RULES,
    WAITING,
    enrol,
    households,
    list_of,
    log_of,
    people,
)
from training import enrolment as cases
from training.answers import accept_offer
from training.entries import (
    AlreadyThere,
    NoSeatForMore,
    NotOnTheList,
    SameClass,
    change_people,
    leave,
    move_to,
    write_remark,
)
from training.inviting import accept_invitation, decline_invitation, invite
from training.models import DayPart, Enrolment, EnrolmentSource, EnrolmentStatus, Seat, TrainingStatus
from training.seats import ClassIsCancelled, ClassIsOver, seats_free, seats_taken


@dataclass
class Desk:
    """A worker of Vĩnh Hảo with a class of four seats there, and three households of three people."""

    db: Session
    worker: Account
    households: list[Household]

    def __post_init__(self) -> None:
        self.training = make.a_training(self.db, capacity=4, created_by=self.worker.id)


@pytest.fixture
def desk(db):
    return Desk(db, make.an_account(db), households(db, 3, members=3))


def nothing_written(db: Session) -> bool:
    return db.exec(select(Enrolment.id)).first() is None and db.exec(select(Seat.id)).first() is None


def test_a_household_takes_as_many_seats_as_people(db, desk):
    entry = enrol(db, desk.worker, desk.training, desk.households[0], 3)

    assert (entry.status, entry.place, entry.created_by) == (EnrolmentStatus.REGISTERED, 1, desk.worker.id)
    assert (seats_taken(db, desk.training), seats_free(db, desk.training)) == (3, 1)
    assert log_of(db, desk.training) == [(1, "seated", "")]
    assert [one.action for one in db.exec(select(AuditEntry))] == ["enrolment.made"]


def test_an_entry_that_does_not_fit_waits_as_a_whole(db, desk):
    first, second, _ = desk.households
    enrol(db, desk.worker, desk.training, first, 3)
    enrol(db, desk.worker, desk.training, second, 2)

    assert list_of(db, desk.training) == [(1, REGISTERED, 3), (2, WAITING, 2)]
    assert seats_free(db, desk.training) == 1
    assert log_of(db, desk.training)[1:] == [(2, "joined", ""), (2, "skipped", "Cần 2 chỗ, mới có 1.")]


def test_in_strict_order_a_smaller_entry_does_not_pass_the_one_that_waits(db, desk):
    for household, number in zip(desk.households, (3, 2, 1), strict=True):
        enrol(db, desk.worker, desk.training, household, number)

    assert list_of(db, desk.training) == [(1, REGISTERED, 3), (2, WAITING, 2), (3, WAITING, 1)]


def test_the_same_slip_and_the_same_household_change_nothing(db, desk):
    household = desk.households[0]
    first = enrol(db, desk.worker, desk.training, household, 1, client_key="phieu-1")
    before = (list_of(db, desk.training), log_of(db, desk.training))

    assert enrol(db, desk.worker, desk.training, household, 2, client_key="phieu-1").id == first.id
    assert enrol(db, desk.worker, desk.training, household, 3, client_key="phieu-2").id == first.id
    assert (list_of(db, desk.training), log_of(db, desk.training)) == before


def test_a_slip_that_was_sent_is_known_after_the_class_too(db, desk):
    first = enrol(db, desk.worker, desk.training, desk.households[0], 1, client_key="phieu-1")
    desk.training.status = TrainingStatus.HELD

    assert enrol(db, desk.worker, desk.training, desk.households[0], 1, client_key="phieu-1").id == first.id


def test_a_slip_belongs_to_one_class(db, desk):
    enrol(db, desk.worker, desk.training, desk.households[0], 1, client_key="phieu-1")
    other = make.a_training(db, starts_on=date(2021, 12, 20))

    with pytest.raises(cases.SameSlip):
        enrol(db, desk.worker, other, desk.households[1], 1, client_key="phieu-1")
    assert list_of(db, other) == []


@pytest.mark.parametrize(
    ("status", "refusal"),
    [(TrainingStatus.HELD, ClassIsOver), (TrainingStatus.CANCELLED, ClassIsCancelled)],
)
def test_only_a_planned_class_takes_names(db, desk, status, refusal):
    desk.training.status = status

    with pytest.raises(refusal):
        enrol(db, desk.worker, desk.training, desk.households[0])
    assert nothing_written(db)


def test_nobody_strangers_and_more_than_the_class_are_refused(db, desk):
    own, other, _ = desk.households
    tiny = make.a_training(db, capacity=2)
    wrong = [
        (desk.training, [], cases.NobodyChosen),
        (desk.training, people(db, own, 1) + people(db, other, 1), cases.NotOfHousehold),
        (tiny, people(db, own, 3), cases.MoreThanTheClass),
    ]
    for training, who, refusal in wrong:
        with pytest.raises(refusal):
            cases.enrol(db, desk.worker, training, own.id, who, now=NOW)
    assert nothing_written(db)


def test_drafts_inactive_and_foreign_households_are_refused(db, desk):
    draft = make.a_household(db, draft=True)
    gone = make.a_household(db, active=False)
    foreign = make.a_household(db, commune="Xã Tiên Kiều")
    for household, refusal in (
        (draft, cases.DraftHousehold),
        (gone, cases.InactiveHousehold),
        (foreign, NotFound),
    ):
        with pytest.raises(refusal):
            enrol(db, desk.worker, desk.training, household)
    assert nothing_written(db)


def test_a_farmer_enrols_the_own_household_only(db, desk):
    own, other, _ = desk.households
    farmer = make.an_account(db, Role.FARMER, household=own)

    with pytest.raises(NotFound):
        enrol(db, farmer, desk.training, other, 1)
    entry = enrol(db, farmer, desk.training, own, 1, source=EnrolmentSource.HOUSEHOLD)

    assert list_of(db, desk.training) == [(1, REGISTERED, 1)]
    assert entry.source == EnrolmentSource.HOUSEHOLD


# --- two classes at the same time


def test_nobody_sits_in_two_classes_at_the_same_time(db, desk):
    household = desk.households[0]
    enrol(db, desk.worker, desk.training, household, 1)
    same_afternoon = make.a_training(db, parts=(DayPart.AFTERNOON,))

    with pytest.raises(cases.SitsElsewhere) as refused:
        enrol(db, desk.worker, same_afternoon, household, 2)

    assert refused.value.text() == (
        f"Hoàng Thị 1 đã có chỗ ở lớp {desk.training.code} cùng buổi ngày 07/12/2021. "
        "Hãy rút tên ở lớp đó trước, hoặc bỏ chọn người này."
    )
    assert list_of(db, same_afternoon) == []


@pytest.mark.parametrize(
    "values",
    [{"parts": (DayPart.EVENING,)}, {"starts_on": date(2021, 12, 8)}],
    ids=["another part of the day", "another day"],
)
def test_classes_at_other_times_do_not_matter(db, desk, values):
    enrol(db, desk.worker, desk.training, desk.households[0], 1)
    other = make.a_training(db, **values)

    enrol(db, desk.worker, other, desk.households[0], 1)

    assert list_of(db, other) == [(1, REGISTERED, 1)]


def test_another_person_of_the_household_may_sit_elsewhere(db, desk):
    household = desk.households[0]
    enrol(db, desk.worker, desk.training, household, 1)
    other = make.a_training(db)

    cases.enrol(db, desk.worker, other, household.id, people(db, household)[1:2], now=NOW)

    assert list_of(db, other) == [(1, REGISTERED, 1)]


def test_a_cancelled_class_a_given_back_seat_and_a_waiting_place_keep_nobody(db, desk):
    first, second, third = desk.households
    cancelled = make.a_training(db)
    enrol(db, desk.worker, cancelled, first, 1)
    cancelled.status = TrainingStatus.CANCELLED
    left = make.a_training(db)
    leave(db, desk.worker, left, enrol(db, desk.worker, left, second, 1).id, RULES, now=NOW)
    full = make.a_training(db, capacity=1)
    enrol(db, desk.worker, full, make.a_household(db), 1)
    enrol(db, desk.worker, full, third, 1)

    for household in (first, second, third):
        enrol(db, desk.worker, desk.training, household, 1)

    assert list_of(db, full)[1] == (2, WAITING, 1)
    assert list_of(db, desk.training) == [(1, REGISTERED, 1), (2, REGISTERED, 1), (3, REGISTERED, 1)]


def test_a_seat_kept_elsewhere_keeps_somebody_until_the_hold_is_over(db, desk):
    full = make.a_training(db, capacity=1)
    first = enrol(db, desk.worker, full, make.a_household(db))
    household = desk.households[0]
    enrol(db, desk.worker, full, household, 1)
    leave(db, desk.worker, full, first.id, RULES, now=NOW)
    assert list_of(db, full)[1] == (2, OFFERED, 1)

    with pytest.raises(cases.SitsElsewhere):
        enrol(db, desk.worker, desk.training, household, 1, now=NOW + timedelta(hours=47, minutes=59))
    enrol(db, desk.worker, desk.training, household, 1, now=NOW + timedelta(hours=48))

    assert list_of(db, desk.training) == [(1, REGISTERED, 1)]


# --- changing an entry


def test_one_seat_is_given_back_and_the_others_stay(db, desk):
    household = desk.households[0]
    entry = enrol(db, desk.worker, desk.training, household, 3)

    change_people(db, desk.worker, desk.training, entry.id, people(db, household)[1:], RULES, now=NOW)

    assert list_of(db, desk.training) == [(1, REGISTERED, 2)]
    assert log_of(db, desk.training)[1:] == [(1, "shrunk", "3 người thành 2 người.")]


def test_one_person_is_exchanged_for_another_in_a_full_class(db, desk):
    household = desk.households[0]
    entry = enrol(db, desk.worker, desk.training, household, 2)
    enrol(db, desk.worker, desk.training, desk.households[1], 2)
    one, _two, three = people(db, household)

    change_people(db, desk.worker, desk.training, entry.id, [one, three], RULES, now=NOW)

    coming = select(Seat.person_id).where(Seat.enrolment_id == entry.id, col(Seat.given_back_at).is_(None))
    assert set(db.exec(coming)) == {one, three}
    assert seats_free(db, desk.training) == 0


def test_an_entry_with_seats_grows_only_into_seats_nobody_waits_for(db, desk):
    first, second, _ = desk.households
    entry = enrol(db, desk.worker, desk.training, first, 2)
    change_people(db, desk.worker, desk.training, entry.id, people(db, first, 3), RULES, now=NOW)
    enrol(db, desk.worker, desk.training, second, 2)
    make.a_person(db, first, name="Hoàng Văn Tư")
    before = list_of(db, desk.training)

    with pytest.raises(NoSeatForMore) as refused:
        change_people(db, desk.worker, desk.training, entry.id, people(db, first, 4), RULES, now=NOW)

    assert refused.value.facts == {"need": 1, "free": 0}
    assert list_of(db, desk.training) == before == [(1, REGISTERED, 3), (2, WAITING, 2)]


def test_an_entry_that_waits_may_grow_and_keeps_its_place(db, desk):
    first, second, _ = desk.households
    enrol(db, desk.worker, desk.training, first, 3)
    waiting = enrol(db, desk.worker, desk.training, second, 2)

    change_people(db, desk.worker, desk.training, waiting.id, people(db, second), RULES, now=NOW)

    assert list_of(db, desk.training) == [(1, REGISTERED, 3), (2, WAITING, 3)]


def test_an_entry_without_people_is_refused(db, desk):
    entry = enrol(db, desk.worker, desk.training, desk.households[0], 2)

    with pytest.raises(cases.NobodyChosen):
        change_people(db, desk.worker, desk.training, entry.id, [], RULES, now=NOW)
    assert list_of(db, desk.training) == [(1, REGISTERED, 2)]


def test_leaving_twice_is_leaving_once_and_coming_back_is_the_end_of_the_list(db, desk):
    first, second, _ = desk.households
    entry = enrol(db, desk.worker, desk.training, first, 2)
    enrol(db, desk.worker, desk.training, second, 1)
    for _ in range(2):
        leave(db, desk.worker, desk.training, entry.id, RULES, now=NOW)
    again = enrol(db, desk.worker, desk.training, first, 2)

    assert again.id != entry.id
    assert list_of(db, desk.training) == [(1, "left", 0), (2, REGISTERED, 1), (3, REGISTERED, 2)]
    assert [event for _place, event, _why in log_of(db, desk.training)].count("left") == 1


def test_what_is_over_is_not_changed(db, desk):
    household = desk.households[0]
    entry = enrol(db, desk.worker, desk.training, household, 2)
    leave(db, desk.worker, desk.training, entry.id, RULES, now=NOW)

    with pytest.raises(NotOnTheList):
        change_people(db, desk.worker, desk.training, entry.id, people(db, household, 1), RULES, now=NOW)
    other = make.a_training(db, starts_on=date(2021, 12, 20))
    with pytest.raises(NotOnTheList):
        move_to(db, desk.worker, desk.training, entry.id, other.id, RULES, now=NOW)


def test_after_the_class_nobody_leaves(db, desk):
    entry = enrol(db, desk.worker, desk.training, desk.households[0], 2)
    desk.training.status = TrainingStatus.HELD

    with pytest.raises(ClassIsOver):
        leave(db, desk.worker, desk.training, entry.id, RULES, now=NOW)
    assert list_of(db, desk.training) == [(1, REGISTERED, 2)]


def test_a_remark_is_kept(db, desk):
    entry = enrol(db, desk.worker, desk.training, desk.households[0], 1)

    write_remark(db, desk.worker, entry, "đi cùng con nhỏ")

    assert db.get_one(Enrolment, entry.id).note == "đi cùng con nhỏ"


# --- another class


def test_moving_frees_here_and_joins_the_end_there_at_the_same_time_of_day(db, desk):
    first, second, _ = desk.households
    there = make.a_training(db, capacity=4)
    entry = enrol(db, desk.worker, desk.training, first, 3)
    enrol(db, desk.worker, desk.training, second, 2)
    enrol(db, desk.worker, there, make.a_household(db), 1)

    moved = move_to(db, desk.worker, desk.training, entry.id, there.id, RULES, now=NOW)

    assert list_of(db, desk.training) == [(1, "left", 0), (2, OFFERED, 2)]
    assert list_of(db, there) == [(1, REGISTERED, 1), (2, REGISTERED, 3)]
    assert (moved.training_id, moved.household_id) == (there.id, first.id)
    assert (1, "left", f"Chuyển sang lớp {there.code}.") in log_of(db, desk.training)


def test_moving_to_a_full_class_waits_there(db, desk):
    there = make.a_training(db, capacity=1)
    enrol(db, desk.worker, there, make.a_household(db), 1)
    entry = enrol(db, desk.worker, desk.training, desk.households[0], 1)

    move_to(db, desk.worker, desk.training, entry.id, there.id, RULES, now=NOW)

    assert list_of(db, there)[1] == (2, WAITING, 1)


def test_a_household_moves_on_from_a_cancelled_class(db, desk):
    entry = enrol(db, desk.worker, desk.training, desk.households[0], 2)
    desk.training.status = TrainingStatus.CANCELLED
    there = make.a_training(db)

    move_to(db, desk.worker, desk.training, entry.id, there.id, RULES, now=NOW)

    assert (list_of(db, desk.training), list_of(db, there)) == ([(1, "left", 0)], [(1, REGISTERED, 2)])


def test_a_move_that_cannot_be_changes_neither_class(db, desk):
    household = desk.households[0]
    entry = enrol(db, desk.worker, desk.training, household, 2)
    held = make.a_training(db, starts_on=date(2021, 12, 20), status=TrainingStatus.HELD)
    listed = make.a_training(db, starts_on=date(2021, 12, 21))
    cases.enrol(db, desk.worker, listed, household.id, people(db, household)[2:], now=NOW)
    small = make.a_training(db, starts_on=date(2021, 12, 22), capacity=1)
    foreign = make.a_training(db, commune="Xã Tiên Kiều")
    db.commit()
    for target, refusal in (
        (held, ClassIsOver),
        (listed, AlreadyThere),
        (small, cases.MoreThanTheClass),
        (foreign, NotFound),
        (desk.training, SameClass),
    ):
        with pytest.raises(refusal):
            move_to(db, desk.worker, desk.training, entry.id, target.id, RULES, now=NOW)
        assert not db.dirty
    assert list_of(db, desk.training) == [(1, REGISTERED, 2)]
    assert list_of(db, listed) == [(1, REGISTERED, 1)]


# --- invitations


def test_an_invitation_holds_no_seat_and_is_made_once(db, desk):
    ids = [one.id for one in desk.households]
    draft = make.a_household(db, draft=True)

    invite(db, desk.worker, desk.training, [*ids, draft.id], now=NOW)
    again = invite(db, desk.worker, desk.training, ids, now=NOW)

    assert again == []
    assert list_of(db, desk.training) == [(1, "invited", 1), (2, "invited", 1), (3, "invited", 1)]
    assert seats_taken(db, desk.training) == 0


def test_a_foreign_household_among_the_invited_invites_nobody(db, desk):
    foreign = make.a_household(db, commune="Xã Tiên Kiều")

    with pytest.raises(NotFound):
        invite(db, desk.worker, desk.training, [desk.households[0].id, foreign.id], now=NOW)
    assert nothing_written(db)


def test_the_yes_counts_not_the_invitation(db, desk):
    first, second, third = desk.households
    (invited,) = invite(db, desk.worker, desk.training, [first.id], now=NOW)
    enrol(db, desk.worker, desk.training, second, 3)
    enrol(db, desk.worker, desk.training, third, 2)
    for _ in range(2):
        accept_invitation(db, desk.worker, desk.training, invited.id, RULES, now=NOW)

    assert list_of(db, desk.training) == [(2, REGISTERED, 3), (3, WAITING, 2), (4, WAITING, 1)]


def test_enrolling_an_invited_household_takes_the_invitation_up(db, desk):
    household = desk.households[0]
    (invited,) = invite(db, desk.worker, desk.training, [household.id], now=NOW)

    entry = enrol(db, desk.worker, desk.training, household, 2)

    assert entry.id == invited.id
    assert list_of(db, desk.training) == [(2, REGISTERED, 2)]


def test_an_invitation_of_somebody_who_sits_elsewhere_is_not_taken_up(db, desk):
    household = desk.households[0]
    (invited,) = invite(db, desk.worker, desk.training, [household.id], now=NOW)
    enrol(db, desk.worker, make.a_training(db), household, 1)

    with pytest.raises(cases.SitsElsewhere):
        accept_invitation(db, desk.worker, desk.training, invited.id, RULES, now=NOW)
    assert list_of(db, desk.training) == [(1, "invited", 1)]


def test_an_invitation_is_declined_once(db, desk):
    (invited,) = invite(db, desk.worker, desk.training, [desk.households[0].id], now=NOW)
    for _ in range(2):
        decline_invitation(db, desk.worker, desk.training, invited.id, RULES, now=NOW)

    assert list_of(db, desk.training) == [(1, "declined", 0)]
    assert [event for _place, event, _why in log_of(db, desk.training)] == ["invited", "declined"]


def test_an_entry_of_another_class_or_another_commune_is_not_there(db, desk):
    entry = enrol(db, desk.worker, desk.training, desk.households[0], 1)
    other = make.a_training(db, starts_on=date(2021, 12, 20))
    stranger = make.an_account(db, communes=("Xã Tiên Kiều",))
    before = list_of(db, desk.training)

    for actor, training in ((desk.worker, other), (stranger, desk.training)):
        for act in (leave, accept_offer, decline_invitation, accept_invitation):
            with pytest.raises(NotFound):
                act(db, actor, training, entry.id, RULES, now=NOW)
    assert list_of(db, desk.training) == before
