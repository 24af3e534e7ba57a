"""A class is moved while somebody gets a seat elsewhere: who comes second is refused (R-94)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import date
from threading import Event
from time import sleep

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from catalog.models import Household, Person
from marketplace.accounts.models import Account, Role
from marketplace.core.config import TrainingSettings
from marketplace.core.db import locked, reading, writing
from marketplace.core.errors import Refused
from tests import factories as make
from tests.training.test_trainings import change
from training.enrolment import SitsElsewhere, enrol
from training.entries import move_to
from training.models import DayPart, Enrolment, EnrolmentStatus, TrainingSession, TrainingStatus
from training.seats import elsewhere
from training.trainings import WouldSitTwice, change_training, reopen_training

RULES = TrainingSettings()
DEC_7, DEC_8 = date(2021, 12, 7), date(2021, 12, 8)
A_MOMENT = 0.4  #: seconds in which the second would be through, if nothing held it back


@dataclass
class Scene:
    """Somebody with a seat in `first`, and who may get one in `second` at the time `first` is moved to."""

    office: Account
    household: Household
    person: Person
    first: TrainingSession
    second: TrainingSession

    def move(self, db: Session) -> None:
        here = db.get_one(TrainingSession, self.first.id)
        slots = [(DEC_8, part) for part in (DayPart.MORNING, DayPart.AFTERNOON)]
        change_training(db, self.office, here, change(here, slots), RULES, now=make.NOW)

    def reopen(self, db: Session) -> None:
        here = db.get_one(TrainingSession, self.first.id)
        reopen_training(db, self.office, here, RULES, now=make.NOW)

    def seat(self, db: Session) -> None:
        there = db.get_one(TrainingSession, self.second.id)
        enrol(db, self.office, there, self.household.id or 0, [self.person.id or 0], now=make.NOW)


def scene(engine: Engine, act: str) -> Scene:
    """Before a move the classes are on different days; before a reopening the first is cancelled."""
    moving = act == "move"
    with writing(engine) as db:
        household = make.a_household(db)
        status = TrainingStatus.PLANNED if moving else TrainingStatus.CANCELLED
        first = make.a_training(db, starts_on=DEC_7 if moving else DEC_8, status=status)
        make.an_enrolment(db, training=first, household=household)
        second = make.a_training(db, starts_on=DEC_8)
        office = make.an_account(db, Role.COORDINATOR)
        return Scene(office, household, make.head_of(db, household), first, second)


def refusal_of(engine: Engine, act: Callable[[Session], None]) -> type[Refused] | None:
    try:
        with writing(engine) as db:
            act(db)
    except Refused as refused:
        return type(refused)
    return None


@pytest.mark.parametrize(
    ("act", "earlier", "later", "refusal"),
    [
        ("move", "move", "seat", SitsElsewhere),
        ("move", "seat", "move", WouldSitTwice),
        ("reopen", "reopen", "seat", SitsElsewhere),
        ("reopen", "seat", "reopen", WouldSitTwice),
    ],
)
def test_the_second_waits_for_the_first_and_is_refused(engine, act, earlier, later, refusal):
    here = scene(engine, act)

    with ThreadPoolExecutor(1) as threads:
        with writing(engine) as db:
            getattr(here, earlier)(db)
            second = threads.submit(refusal_of, engine, getattr(here, later))
            wait([second], timeout=A_MOMENT)
            came_through = second.done()
        answer = second.result(timeout=30)

    assert not came_through
    assert answer is refusal
    with reading(engine) as db:
        first = db.get_one(TrainingSession, here.first.id)
        twice = elsewhere(db, first, [here.person.id], now=make.NOW)
        assert first.status == TrainingStatus.CANCELLED or twice == {}


@pytest.mark.parametrize("act", ["enrol", "move_to"])
def test_whoever_changes_a_household_and_whoever_enters_it_do_not_wait_for_each_other(engine, act):
    """The clerk has the household already and comes to its person while the desk is at work."""
    here = scene(engine, "move")
    with reading(engine) as db:
        entry_id = db.exec(select(Enrolment.id)).one()
    opened = Event()

    def change_person() -> None:
        with writing(engine) as db:
            locked(db, Household, here.household.id or 0)
            opened.set()
            sleep(A_MOMENT)
            db.get_one(Person, here.person.id).name = "Hoàng Thị Vén Già"
            db.flush()

    def enter() -> None:
        opened.wait(30)
        with writing(engine) as db:
            if act == "enrol":
                here.seat(db)
            else:
                first = db.get_one(TrainingSession, here.first.id)
                move_to(db, here.office, first, entry_id, here.second.id or 0, RULES, now=make.NOW)

    with ThreadPoolExecutor(2) as threads:
        both = [threads.submit(one) for one in (change_person, enter)]
        assert [one.exception(timeout=60) for one in both] == [None, None]

    with reading(engine) as db:
        assert db.get_one(Person, here.person.id).name == "Hoàng Thị Vén Già"
        there = select(Enrolment.status).where(Enrolment.training_id == here.second.id)
        assert db.exec(there).all() == [EnrolmentStatus.REGISTERED]
