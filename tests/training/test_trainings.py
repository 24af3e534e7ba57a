"""Plan a class, change it, hold it, cancel it; nobody ends up in two at once (R-94)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from catalog.communes import AmbiguousCommune, UnknownCommune
from catalog.households import NotYourCommune
from catalog.models import AdminUnit
from marketplace.accounts.models import Account, Role
from marketplace.core.audit import AuditEntry
from marketplace.core.config import TrainingSettings
from marketplace.core.errors import NotFound
from tests import factories as make
from training import trainings as cases
from training.courses import CourseRetired
from training.forms import TrainingChangeIn, TrainingIn
from training.models import DayPart, Enrolment, EnrolmentStatus, HalfDay, TrainingSession, TrainingStatus
from training.planning import NoCommune, OneDayEach, SameHalfDayTwice, following

RULES = TrainingSettings()
MORNING, AFTERNOON, EVENING = DayPart
DEC_7, DEC_8, DEC_9 = (date(2021, 12, day) for day in (7, 8, 9))
FACTS = {
    "venue": "Nhà văn hóa thôn Vĩnh Sơn",
    "organiser": "Trung tâm khuyến nông",
    "host": "province",
    "capacity": 30,
    "needed_half_days": 2,
}


@pytest.fixture
def office(db):
    return make.an_account(db, Role.COORDINATOR)


def wish(db: Session, **values: object) -> TrainingIn:
    given = {"commune": "Vĩnh Hảo", "first_day": DEC_7, "half_days": 2, **FACTS, **values}
    given.setdefault("course_id", make.a_course(db, f"Khóa {given['first_day']} {len(values)}").id)
    return TrainingIn.model_validate(given)


def change(
    training: TrainingSession, slots: list[tuple[date, DayPart]], **values: object
) -> TrainingChangeIn:
    kept = {
        name: getattr(training, name) for name in TrainingChangeIn.model_fields if hasattr(training, name)
    }
    days, parts = [day for day, _ in slots], [part for _, part in slots]
    return TrainingChangeIn.model_validate({**kept, "days": days, "parts": parts, **values})


def changed(db: Session, actor: Account, training: TrainingSession, slots=None, **values) -> TrainingSession:
    data = change(training, slots or cases.slots_of(db, training), **values)
    return cases.change_training(db, actor, training, data, RULES, now=make.NOW)


def actions(db: Session, training: TrainingSession) -> list[str]:
    mine = select(AuditEntry.action).where(
        AuditEntry.subject_kind == "training_session", AuditEntry.subject_id == training.id
    )
    return list(db.exec(mine.order_by(col(AuditEntry.id))))


def half_days(db: Session, training: TrainingSession) -> list[tuple[int, date, DayPart]]:
    return [(one.number, one.day, one.part) for one in cases.half_days_of(db, training)]


# --- planning -----------------------------------------------------------------------------------------------


def test_a_planned_class_has_a_code_its_half_days_and_the_commune_of_that_day(db, office):
    training = cases.plan_training(db, office, wish(db, half_days=3), now=make.NOW)

    assert training.code == f"LH-{training.id:04d}"
    assert training.status == TrainingStatus.PLANNED
    assert (training.starts_on, training.ends_on) == (DEC_7, DEC_8)
    assert half_days(db, training) == [(1, DEC_7, MORNING), (2, DEC_7, AFTERNOON), (3, DEC_8, MORNING)]
    assert db.get_one(AdminUnit, training.commune_id).name == "Xã Vĩnh Hảo"
    assert training.created_by == office.id
    assert actions(db, training) == ["training.planned"]


def test_the_same_slip_twice_makes_one_class(db, office):
    data = wish(db, client_key="phieu-1")

    first = cases.plan_training(db, office, data, now=make.NOW)
    second = cases.plan_training(db, office, data, now=make.NOW)

    assert first.id == second.id
    assert len(db.exec(select(TrainingSession)).all()) == 1
    assert len(db.exec(select(HalfDay)).all()) == 2


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (MORNING, [(DEC_7, MORNING), (DEC_7, AFTERNOON), (DEC_8, MORNING)]),
        (AFTERNOON, [(DEC_7, AFTERNOON), (DEC_8, MORNING), (DEC_8, AFTERNOON)]),
        (EVENING, [(DEC_7, EVENING), (DEC_8, EVENING), (DEC_9, EVENING)]),
    ],
)
def test_half_days_follow_each_other_from_the_first(part, expected):
    assert following(DEC_7, part, 3) == expected


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)), st.sampled_from(DayPart), st.integers(1, 20))
def test_half_days_are_as_many_as_asked_in_order_and_never_twice(first, part, number):
    slots = following(first, part, number)

    assert slots[0] == (first, part)
    assert len(set(slots)) == number
    order = list(DayPart)
    assert slots == sorted(slots, key=lambda slot: (slot[0], order.index(slot[1])))
    assert slots[-1][0] - first <= timedelta(days=number)


@pytest.mark.parametrize("typed", ["Vĩnh Hảo", "vinh hao", "xã Vĩnh Hảo", "Vĩnh Hảo, Bắc Quang"])
def test_a_commune_may_be_typed_as_people_write_it(db, office, typed):
    training = cases.plan_training(db, office, wish(db, commune=typed), now=make.NOW)

    assert db.get_one(AdminUnit, training.commune_id).name == "Xã Vĩnh Hảo"


def test_a_class_after_the_reform_may_be_planned_by_the_old_name_or_the_new(db, office):
    """The old name stays the old unit, as the paper says (R-52)."""
    old = make.a_commune(db, "Xã Vĩnh Hảo")

    training = cases.plan_training(
        db, office, wish(db, commune="Vĩnh Hảo, Bắc Quang", first_day=date(2025, 9, 1)), now=make.NOW
    )

    assert training.commune_id == old.id


@pytest.mark.parametrize(
    ("values", "refusal", "field"),
    [
        ({"commune": "Xã Không Đâu"}, UnknownCommune, "commune"),
        ({"commune": ""}, NoCommune, "commune"),
        ({"commune": "", "commune_id": 999_999}, UnknownCommune, "commune_id"),
        ({"needed_half_days": 3}, cases.MoreThanHeld, "needed_half_days"),
    ],
)
def test_a_class_that_cannot_be_is_refused_at_its_field_and_nothing_is_kept(
    db, office, values, refusal, field
):
    with pytest.raises(refusal) as refused:
        cases.plan_training(db, office, wish(db, **values), now=make.NOW)

    assert refused.value.field == field
    assert db.exec(select(TrainingSession)).all() == []


def test_a_name_that_fits_several_communes_is_asked_back_and_the_answer_taken(db, office):
    with pytest.raises(AmbiguousCommune) as several:
        cases.plan_training(db, office, wish(db, commune="Tả Lủng"), now=make.NOW)
    one = several.value.places[-1]

    training = cases.plan_training(db, office, wish(db, commune="Tả Lủng", commune_id=one.id), now=make.NOW)

    assert len(several.value.places) > 1
    assert training.commune_id == one.id


def test_a_worker_plans_in_the_own_communes_alone(db):
    worker = make.an_account(db, communes=("Xã Vĩnh Hảo",))
    own, other = make.a_commune(db, "Xã Vĩnh Hảo"), make.a_commune(db, "Xã Tiên Kiều")

    training = cases.plan_training(db, worker, wish(db, commune="", commune_id=own.id), now=make.NOW)
    with pytest.raises(NotYourCommune):
        cases.plan_training(db, worker, wish(db, commune="", commune_id=other.id), now=make.NOW)
    with pytest.raises(NoCommune) as refused:
        cases.plan_training(db, worker, wish(db, commune=""), now=make.NOW)

    assert db.exec(select(TrainingSession)).all() == [training]
    assert refused.value.field == "commune_id"


def test_nobody_plans_a_class_of_a_retired_course(db, office):
    course = make.a_course(db, active=False)

    with pytest.raises(CourseRetired):
        cases.plan_training(db, office, wish(db, course_id=course.id), now=make.NOW)

    assert db.exec(select(TrainingSession)).all() == []


# --- changing -----------------------------------------------------------------------------------------------


def test_a_change_is_kept_and_said_once(db, office):
    training = make.a_training(db)

    changed(db, office, training, venue="Hội trường xã", language="tyz", interpreter="Hoàng Thị Vén")
    changed(db, office, training)

    assert (training.venue, training.language) == ("Hội trường xã", "tyz")
    assert actions(db, training) == ["training.changed"]


def test_half_days_are_put_in_order_and_numbered_again(db, office):
    training = make.a_training(db)

    changed(db, office, training, [(DEC_9, EVENING), (DEC_8, AFTERNOON), (DEC_9, MORNING)])

    assert half_days(db, training) == [(1, DEC_8, AFTERNOON), (2, DEC_9, MORNING), (3, DEC_9, EVENING)]
    assert (training.starts_on, training.ends_on) == (DEC_8, DEC_9)


@pytest.mark.parametrize(
    ("days", "parts", "refusal"),
    [
        ([DEC_7, DEC_7], [MORNING, MORNING], SameHalfDayTwice),
        ([DEC_7, DEC_8], [MORNING], OneDayEach),
        ([DEC_7], [MORNING], cases.MoreThanHeld),
    ],
)
def test_half_days_that_cannot_be_are_refused_and_nothing_changes(db, office, days, parts, refusal):
    training = make.a_training(db)
    before = half_days(db, training)

    with pytest.raises(refusal):
        changed(db, office, training, days=days, parts=parts)

    assert half_days(db, training) == before
    assert actions(db, training) == []


def test_a_typed_commune_replaces_the_one_that_is_still_chosen(db, office):
    training = make.a_training(db, commune="Xã Vĩnh Hảo")

    changed(db, office, training, commune="Tiên Kiều")

    assert db.get_one(AdminUnit, training.commune_id).name == "Xã Tiên Kiều"


def test_a_worker_may_change_the_own_class_of_a_commune_that_is_no_longer_assigned(db):
    worker = make.an_account(db, communes=("Xã Vĩnh Hảo",))
    training = make.a_training(db, commune="Xã Tiên Kiều", created_by=worker.id)

    changed(db, worker, training, venue="Hội trường xã")

    assert training.venue == "Hội trường xã"


def test_moving_a_class_names_who_would_sit_in_two_at_once(db, office):
    household = make.a_household(db, head="Hoàng Thị Vén")
    moved = make.a_training(db, starts_on=DEC_7)
    other = make.a_training(db, starts_on=DEC_8)
    make.an_enrolment(db, training=moved, household=household)
    make.an_enrolment(db, training=other, household=household)
    before = half_days(db, moved)

    with pytest.raises(cases.WouldSitTwice) as refused, db.begin_nested():
        changed(db, office, moved, [(DEC_8, AFTERNOON), (DEC_9, MORNING)])

    assert refused.value.facts == {
        "person": "Hoàng Thị Vén",
        "training": other.code,
        "day": "08/12/2021",
    }
    assert half_days(db, moved) == before


def test_a_class_may_move_to_another_part_of_a_day_on_which_its_people_sit_elsewhere(db, office):
    household = make.a_household(db)
    moved = make.a_training(db, starts_on=DEC_7)
    other = make.a_training(db, starts_on=DEC_8, parts=(MORNING,))
    make.an_enrolment(db, training=moved, household=household)
    make.an_enrolment(db, training=other, household=household)

    changed(db, office, moved, [(DEC_8, AFTERNOON), (DEC_8, EVENING)])

    assert half_days(db, moved) == [(1, DEC_8, AFTERNOON), (2, DEC_8, EVENING)]


def test_who_only_waits_or_has_left_keeps_no_class_from_moving(db, office):
    household = make.a_household(db)
    moved = make.a_training(db, starts_on=DEC_7)
    other = make.a_training(db, starts_on=DEC_8)
    make.an_enrolment(db, training=moved, household=household, status=EnrolmentStatus.WAITING)
    make.an_enrolment(db, training=other, household=household)

    changed(db, office, moved, [(DEC_8, MORNING), (DEC_8, AFTERNOON)], capacity=30)

    assert moved.starts_on == DEC_8


def test_times_stay_once_somebody_was_marked(db, office):
    training = make.a_training(db, starts_on=date(2021, 11, 30))
    household = make.a_household(db)
    make.an_attendance(db, training=training, person=make.head_of(db, household))
    before = half_days(db, training)

    with pytest.raises(cases.AlreadyMarked), db.begin_nested():
        changed(db, office, training, [(DEC_8, MORNING), (DEC_8, AFTERNOON)])
    changed(db, office, training, venue="Hội trường xã")

    assert half_days(db, training) == before
    assert training.venue == "Hội trường xã"


def test_capacity_never_falls_below_the_seats_that_are_taken(db, office):
    training = make.a_training(db, capacity=3)
    for _ in range(3):
        make.an_enrolment(db, training=training, household=make.a_household(db))

    with pytest.raises(cases.TooFewSeats) as refused:
        changed(db, office, training, capacity=2)

    assert refused.value.facts == {"taken": 3}
    assert training.capacity == 3


def test_walk_ins_take_no_seat_from_the_capacity(db, office):
    training = make.a_training(db, capacity=3)
    make.an_enrolment(db, training=training, household=make.a_household(db))
    make.an_enrolment(db, training=training, household=make.a_household(db), source="walk_in")

    changed(db, office, training, capacity=1)

    assert training.capacity == 1


def test_more_capacity_gives_seats_to_who_waits_in_order(db, office):
    training = make.a_training(db, capacity=1)
    make.an_enrolment(db, training=training, household=make.a_household(db))
    waiting = [
        make.an_enrolment(
            db, training=training, household=make.a_household(db), status=EnrolmentStatus.WAITING
        )
        for _ in range(2)
    ]

    changed(db, office, training, capacity=2)

    assert [db.get_one(Enrolment, entry.id).status for entry in waiting] == [
        EnrolmentStatus.OFFERED,
        EnrolmentStatus.WAITING,
    ]


# --- what becomes of it -------------------------------------------------------------------------------------


def test_a_class_is_held_from_its_first_day_on(db, office):
    training = make.a_training(db, starts_on=DEC_7)
    first_morning = make.NOW + timedelta(days=6)

    with pytest.raises(cases.NotYet):
        cases.hold_training(db, office, training, now=make.NOW)
    before = training.status
    cases.hold_training(db, office, training, now=first_morning)
    cases.hold_training(db, office, training, now=first_morning)

    assert before == TrainingStatus.PLANNED
    assert training.status == TrainingStatus.HELD
    assert actions(db, training) == ["training.held"]


def test_a_cancelled_class_says_why_and_can_be_reopened(db, office):
    training = make.a_training(db)
    entry = make.an_enrolment(db, training=training, household=make.a_household(db))

    cases.cancel_training(db, office, training, "Mưa lũ")
    cancelled = (training.status, training.cancelled_reason)
    with pytest.raises(cases.IsCancelled):
        changed(db, office, training, venue="Hội trường xã")
    with pytest.raises(cases.IsCancelled):
        cases.hold_training(db, office, training, now=make.NOW + timedelta(days=6))
    cases.reopen_training(db, office, training, RULES, now=make.NOW)

    assert cancelled == (TrainingStatus.CANCELLED, "Mưa lũ")
    assert (training.status, training.cancelled_reason) == (TrainingStatus.PLANNED, "")
    assert db.get_one(Enrolment, entry.id).status == EnrolmentStatus.REGISTERED
    assert actions(db, training) == ["training.cancelled", "training.reopened"]


def test_a_class_is_not_reopened_over_a_seat_taken_elsewhere_meanwhile(db, office):
    household = make.a_household(db, head="Hoàng Thị Vén")
    training = make.a_training(db, starts_on=DEC_7)
    make.an_enrolment(db, training=training, household=household)
    cases.cancel_training(db, office, training, "Mưa lũ")
    make.an_enrolment(db, training=make.a_training(db, starts_on=DEC_7), household=household)

    with pytest.raises(cases.WouldSitTwice), db.begin_nested():
        cases.reopen_training(db, office, training, RULES, now=make.NOW)

    db.refresh(training)
    assert training.status == TrainingStatus.CANCELLED


def a_class_with_an_offer_that_ran_out(db: Session) -> TrainingSession:
    """On 7 December; its one person has taken a seat on the 7th and the 8th meanwhile."""
    household = make.a_household(db, head="Hoàng Thị Vén")
    training = make.a_training(db, starts_on=DEC_7)
    offered = {"status": EnrolmentStatus.OFFERED, "hold_until": make.NOW}
    make.an_enrolment(db, training=training, household=household, **offered)
    for day in (DEC_7, DEC_8):
        make.an_enrolment(db, training=make.a_training(db, starts_on=day), household=household)
    return training


def test_an_offer_that_ran_out_keeps_no_class_from_moving_or_reopening(db, office):
    moved = a_class_with_an_offer_that_ran_out(db)
    changed(db, office, moved, [(DEC_8, DayPart.MORNING), (DEC_8, DayPart.AFTERNOON)])
    assert moved.starts_on == DEC_8
    again = a_class_with_an_offer_that_ran_out(db)
    cases.cancel_training(db, office, again, "Mưa lũ")

    cases.reopen_training(db, office, again, RULES, now=make.NOW)

    assert again.status == TrainingStatus.PLANNED
    offers = db.exec(select(Enrolment.status).where(Enrolment.training_id == again.id)).all()
    assert offers == [EnrolmentStatus.EXPIRED]


def test_a_class_held_by_mistake_is_planned_again_when_it_moves_to_a_day_to_come(db, office):
    training = make.a_training(db, starts_on=make.TODAY)
    cases.hold_training(db, office, training, now=make.NOW)
    changed(db, office, training, [(make.TODAY, DayPart.MORNING), (DEC_8, DayPart.MORNING)])
    assert training.status == TrainingStatus.HELD

    changed(db, office, training, [(DEC_8, DayPart.MORNING), (DEC_8, DayPart.AFTERNOON)])

    assert training.status == TrainingStatus.PLANNED


def test_a_class_that_was_held_is_not_cancelled(db, office):
    training = make.a_training(db, status=TrainingStatus.HELD, starts_on=date(2021, 11, 9))

    with pytest.raises(cases.AlreadyHeld):
        cases.cancel_training(db, office, training, "Nhầm")

    assert (training.status, training.cancelled_reason) == (TrainingStatus.HELD, "")


def test_a_class_out_of_sight_does_not_exist(db):
    worker = make.an_account(db, communes=("Xã Vĩnh Hảo",))
    training = make.a_training(db, commune="Xã Tiên Kiều")

    with pytest.raises(NotFound):
        cases.one_training(db, worker, training.id)
