"""A class is moved at the very moment somebody gets a seat elsewhere: one of the two is refused (R-94)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

from marketplace.accounts.models import Role
from marketplace.core.config import TrainingSettings
from marketplace.core.db import reading, writing
from marketplace.core.errors import Refused
from tests import factories as make
from tests.training.test_trainings import change
from training.enrolment import SitsElsewhere, enrol
from training.models import DayPart, TrainingSession
from training.seats import elsewhere
from training.trainings import WouldSitTwice, cancel_training, change_training, reopen_training

ROUNDS = 8
RULES = TrainingSettings()


def both_at_once(engine, acts) -> list[type[Refused] | None]:
    """Run them at the same moment, each in its own transaction; how each was refused."""
    start = Barrier(len(acts))

    def run(act) -> type[Refused] | None:
        start.wait()
        try:
            with writing(engine) as db:
                act(db)
        except Refused as refused:
            return type(refused)
        return None

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(run, acts))


def two_classes(engine, day: date):
    """Somebody with a seat in the first, on the day; the second is the day after."""
    with writing(engine) as db:
        office = make.an_account(db, Role.COORDINATOR)
        household = make.a_household(db)
        person = make.head_of(db, household)
        first, second = make.a_training(db, starts_on=day), make.a_training(db, starts_on=day + timedelta(1))
        make.an_enrolment(db, training=first, household=household)
        return office, household, person, first, second


def test_a_class_moved_while_somebody_enrols_elsewhere_seats_nobody_twice(engine):
    for number in range(ROUNDS):
        day = date(2021, 12, 7) + timedelta(days=3 * number)
        office, household, person, first, second = two_classes(engine, day)
        slots = [(second.starts_on, part) for part in (DayPart.MORNING, DayPart.AFTERNOON)]

        def move(db, first=first, slots=slots, office=office):
            here = db.get_one(TrainingSession, first.id)
            change_training(db, office, here, change(here, slots), RULES, now=make.NOW)

        def seat(db, second=second, household=household, person=person, office=office):
            there = db.get_one(TrainingSession, second.id)
            enrol(db, office, there, household.id, [person.id], now=make.NOW)

        refused = both_at_once(engine, [move, seat])

        assert refused in ([WouldSitTwice, None], [None, SitsElsewhere])
        with reading(engine) as db:
            assert elsewhere(db, db.get_one(TrainingSession, first.id), [person.id], now=make.NOW) == {}


def test_a_class_reopened_while_somebody_enrols_elsewhere_seats_nobody_twice(engine):
    for number in range(ROUNDS):
        day = date(2021, 12, 7) + timedelta(days=number)
        office, household, person, first, _ = two_classes(engine, day)
        with writing(engine) as db:
            cancel_training(db, office, db.get_one(TrainingSession, first.id), "Mưa lũ")
            second = make.a_training(db, starts_on=day)

        def reopen(db, first=first, office=office):
            here = db.get_one(TrainingSession, first.id)
            reopen_training(db, office, here, RULES, now=make.NOW)

        def seat(db, second=second, household=household, person=person, office=office):
            there = db.get_one(TrainingSession, second.id)
            enrol(db, office, there, household.id, [person.id], now=make.NOW)

        refused = both_at_once(engine, [reopen, seat])

        assert refused in ([WouldSitTwice, None], [None, SitsElsewhere])
