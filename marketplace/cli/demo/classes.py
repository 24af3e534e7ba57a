"""The ten classes of the season: planned, filled, marked by three doors, closed, certified."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlmodel import Session

from catalog.models import Person
from marketplace.accounts.models import Account
from marketplace.cli.demo.bulk import insert_rows
from marketplace.cli.demo.facts import START, classes
from marketplace.cli.demo.growers import Grower
from marketplace.cli.demo.lessons import Lesson, note_down, quiz
from marketplace.cli.demo.rolls import Guest, Roll, write_rolls
from marketplace.cli.demo.scenes import Scenes
from marketplace.cli.demo.strangers import Strangers
from marketplace.cli.demo.zones import Gathering, gather
from training.attendance import settle
from training.awards import issue_awards
from training.closing import close_attendance
from training.forms import TrainingIn
from training.models import (
    AttendanceMark,
    DayPart,
    Door,
    Enrolment,
    EnrolmentSource,
    EnrolmentStatus,
    HalfDay,
    QueueEvent,
    QueueNote,
    QuizMoment,
    Seat,
    TrainingSession,
    TrainingStatus,
)
from training.sheets import PAPER
from training.trainings import half_days_of, plan_training

#: What the log of seats says of an entry that ended like this.
STEPS = {
    EnrolmentStatus.REGISTERED: (QueueEvent.SEATED,),
    EnrolmentStatus.INVITED: (QueueEvent.INVITED,),
    EnrolmentStatus.DECLINED: (QueueEvent.INVITED, QueueEvent.DECLINED),
    EnrolmentStatus.LEFT: (QueueEvent.SEATED, QueueEvent.LEFT),
}
SOURCES = (EnrolmentSource.OFFICE, EnrolmentSource.PHONE, EnrolmentSource.HOUSEHOLD)
SOURCE_WEIGHTS = (70, 25, 5)
LATEST = START - timedelta(hours=14)
CARD_SHARE = 0.25  #: of people at a class with a network, they showed the household's card
QUIZ_BUT_EVERY = 5  #: one of so many classes had no time for the quiz


@dataclass
class School:
    """What every class of the season needs."""

    db: Session
    rng: Random
    lessons: Mapping[str, Lesson]
    office: Account  #: plans and closes
    worker: Account  #: marks who came
    strangers: Strangers
    scenes: Scenes
    marks: "defaultdict[tuple[int, Door], int]" = field(default_factory=lambda: defaultdict(int))


def hold_classes(school: School, growers: Sequence[Grower]) -> list[Roll]:
    """Hold every class of the season, in order; returns who was on the lists."""
    rolls = write_rolls(school.rng, gather(growers))
    for number, roll in enumerate(rolls):
        _hold(school, number, roll)
    return rolls


def _hold(school: School, number: int, roll: Roll) -> None:
    db, gathering = school.db, roll.gathering
    training = plan_class(
        school, gathering, [guest.grower for guest in roll.guests], max(10, -(-roll.seats // 10) * 10)
    )
    enrol_all(school, training, roll)
    drafts = school.strangers.come(training, roll, at=gathering.at(8, 20), by=school.worker.id)
    half_days = half_days_of(db, training)
    training.status = TrainingStatus.HELD
    db.add(training)
    insert_rows(db, AttendanceMark, list(_marks(school, training, half_days, roll, drafts)))
    settle(db, training)
    _quiz(school, number, training, roll)
    note_down(db, training, number, gathering.at(17, 10), school.office.id)
    school.scenes.hang(db, number, training, gathering, school.worker.id)
    close_attendance(db, school.office, training, now=gathering.at(9, 30, days=1))
    issue_awards(db, school.office, training, now=gathering.at(10, days=1))


def plan_class(
    school: School, gathering: Gathering, near: Sequence[Grower], capacity: int
) -> TrainingSession:
    """A whole day in the commune where most of these live, with an interpreter if most need one."""
    about, places = classes()["about"], [grower.place for grower in near]
    commune = max(places, key=lambda one: (places.count(one), -one.id))
    groups = [grower.group for grower in near]
    data = TrainingIn(
        course_id=school.lessons[gathering.course].course.id or 0,
        commune_id=commune.id,
        venue=f"Hội trường {commune.name[:1].lower()}{commune.name[1:]}",
        organiser=about["organiser"],
        host=gathering.host,
        trainers=about["trainers"][gathering.host],
        interpreter=classes()["interpreters"].get(max(groups, key=groups.count), ""),
        funding_source=about["funding"],
        capacity=capacity,
        needed_half_days=2,
        first_day=gathering.day,
        first_part=DayPart.MORNING,
        half_days=2,
    )
    return plan_training(school.db, school.office, data, now=gathering.at(8, days=-24))


# --- before the class
# ------------------------------------------------------------------------------------------------------------


def enrol_all(school: School, training: TrainingSession, roll: Roll) -> None:
    """Entries in the order they came in, with their seats and the log of both."""
    timed = sorted(
        ((_asked_at(school.rng, roll, guest), place, guest) for place, guest in enumerate(roll.guests)),
        key=lambda one: one[:2],
    )
    entries = [
        Enrolment(
            training_id=training.id or 0,
            household_id=guest.grower.household.id or 0,
            place=place,
            status=guest.status,
            source=school.rng.choices(SOURCES, SOURCE_WEIGHTS)[0],
            created_at=at,
            created_by=school.office.id,
        )
        for place, (at, _, guest) in enumerate(timed, start=1)
    ]
    school.db.add_all(entries)
    school.db.flush()
    pairs = [(entry, guest) for entry, (_, _, guest) in zip(entries, timed, strict=True)]
    insert_rows(school.db, Seat, [row for pair in pairs for row in _seats(*pair)])
    insert_rows(school.db, QueueNote, [row for pair in pairs for row in _log(school, *pair)])


def _asked_at(rng: Random, roll: Roll, guest: Guest) -> datetime:
    """Within three weeks before the class, but not before the household was registered or after now."""
    early = roll.gathering.at(8, days=-21) + timedelta(minutes=rng.randrange(60 * 24 * 19))
    registered = guest.grower.household.registered_at + timedelta(hours=1)
    return max(min(early, LATEST), registered.astimezone(early.tzinfo))


def _seats(entry: Enrolment, guest: Guest) -> Iterator[dict[str, Any]]:
    kept = guest.status in (EnrolmentStatus.REGISTERED, EnrolmentStatus.INVITED)
    given_back = None if kept else entry.created_at + timedelta(hours=20)
    for person, _ in guest.people:
        yield {
            "enrolment_id": entry.id,
            "training_id": entry.training_id,
            "person_id": person.id,
            "given_back_at": given_back,
        }


def _log(school: School, entry: Enrolment, guest: Guest) -> Iterator[dict[str, Any]]:
    for place, event in enumerate(STEPS[guest.status]):
        yield {
            "training_id": entry.training_id,
            "enrolment_id": entry.id,
            "at": entry.created_at + timedelta(hours=20 * place),
            "actor_id": school.office.id,
            "event": event,
            "sentence": "",
            "facts": {},
        }


# --- at the class
# ------------------------------------------------------------------------------------------------------------


def _marks(
    school: School,
    training: TrainingSession,
    half_days: Sequence[HalfDay],
    roll: Roll,
    drafts: Sequence[Person],
) -> Iterator[dict[str, Any]]:
    """One mark a person and half-day: from the signed sheet far away, tapped or by card elsewhere."""
    far = roll.gathering.zone > 0
    seated = [guest for guest in roll.guests if guest.status == EnrolmentStatus.REGISTERED]
    people = [one for guest in seated for one in guest.people]
    people += [(person, (True, True)) for person in drafts]
    for person, came in people:
        door = Door.PAPER if far else Door.TAP
        if not far and all(came) and school.rng.random() < CARD_SHARE:
            door = Door.CARD
        for half_day, present in zip(half_days, came, strict=True):
            yield _mark(school, training, half_day, roll, door) | {
                "person_id": person.id,
                "present": present,
            }


def _mark(
    school: School, training: TrainingSession, half_day: HalfDay, roll: Roll, door: Door
) -> dict[str, Any]:
    school.marks[training.id or 0, door] += 1
    number = school.marks[training.id or 0, door]
    device = PAPER if door == Door.PAPER else f"web:{school.worker.id}"
    begins = 8 if half_day.part == DayPart.MORNING else 14
    at = roll.gathering.at(19 if door == Door.PAPER else begins, number % 60)
    return {
        "key": f"{training.id}:{door}:{device}:{number}",
        "training_id": training.id,
        "half_day_id": half_day.id,
        "door": door,
        "device": device,
        "number": number,
        "marked_at": at,
        "received_at": at,
        "actor_id": school.worker.id,
        "reason": "",
        "held_back": False,
        "dismissed_at": None,
    }


def _quiz(school: School, number: int, training: TrainingSession, roll: Roll) -> None:
    if number % QUIZ_BUT_EVERY == QUIZ_BUT_EVERY - 1:
        return
    people = [one for guest in roll.guests for one in guest.people]
    there = {
        QuizMoment.BEFORE: [person.id or 0 for person, came in people if came[0]],
        QuizMoment.AFTER: [person.id or 0 for person, came in people if came[1]],
    }
    at = {QuizMoment.BEFORE: roll.gathering.at(8, 10), QuizMoment.AFTER: roll.gathering.at(16, 40)}
    lesson = school.lessons[roll.gathering.course]
    quiz(school.db, school.rng, lesson, training, there, at, school.worker.id)
