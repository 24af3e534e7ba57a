"""Classes around the day of the demonstration: one of today, two of next week, one that was cancelled.

The class of today is half marked and its doors disagree about one person. Of next week's classes one has
room, the other is full, with a waiting list and a seat that is kept for somebody who must be called.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from catalog.models import Person
from marketplace.cli.demo.classes import School, enrol_all, plan_class
from marketplace.cli.demo.facts import START, TODAY
from marketplace.cli.demo.growers import Grower
from marketplace.cli.demo.rolls import NEITHER, Guest, Roll
from marketplace.cli.demo.zones import Gathering, neighbours
from marketplace.core.config import TrainingSettings
from training.attendance import Mark, take_marks
from training.enrolment import enrol
from training.entries import leave
from training.models import Door, EnrolmentSource, EnrolmentStatus, TrainingSession
from training.trainings import cancel_training

ROOMY, FULL = date(2021, 12, 8), date(2021, 12, 10)
CANCELLED = date(2021, 9, 29)
MOST = {"today": 34, "roomy": 36, "full": 15}  #: households asked, at most
WAITING = 3


def look_ahead(school: School, growers: Sequence[Grower]) -> None:
    """Plan and fill the classes of now. Few are asked to one of them, each to one, if there are enough."""
    near = neighbours(growers)
    shown, others = near[:1], near[1:]
    today = others[: min(MOST["today"], max(1, len(others) // 3))]
    rest = others[len(today) :]
    roomy = rest[: min(MOST["roomy"], len(rest) // 2)]
    full = rest[len(roomy) :][: MOST["full"]]
    _today(school, Gathering(0, TODAY, "postmart", "don-hang", today))
    _roomy(school, Gathering(0, ROOMY, "province", "an-toan", [*shown, *roomy]))
    if len(full) > 1:
        _full(school, Gathering(0, FULL, "sendo", "dong-goi", full))
    _cancelled(school, Gathering(0, CANCELLED, "voso", "chup-anh", near[-20:]))


def _listed(school: School, gathering: Gathering, *, seated: int) -> TrainingSession:
    """A planned class where the first of the households have a seat and the others are invited."""
    roll = Roll(gathering)
    for place, grower in enumerate(gathering.growers):
        people = [grower.head]
        status = EnrolmentStatus.REGISTERED if place < seated else EnrolmentStatus.INVITED
        if grower.spouse is not None and not grower.shown and place < seated and place % 3 == 1:
            people.append(grower.spouse)
        roll.guests.append(Guest(grower, [(one, NEITHER) for one in people], status))
    training = plan_class(school, gathering, gathering.growers, max(10, roll.seats * 3 // 2))
    enrol_all(school, training, roll)
    return training


def _today(school: School, gathering: Gathering) -> None:
    """Half the list is tapped; the first of it was tapped as absent and showed the card all the same."""
    training = _listed(school, gathering, seated=len(gathering.growers))
    tapped = [grower.head for grower in gathering.growers[: max(1, len(gathering.growers) // 2)]]
    marks = [_mark(school, training, number, one) for number, one in enumerate(tapped, start=1)]
    marks.append(_mark(school, training, 1, tapped[0], door=Door.CARD))
    take_marks(school.db, school.worker, training, marks, now=START - timedelta(minutes=5))


def _mark(
    school: School, training: TrainingSession, number: int, person: Person, door: Door = Door.TAP
) -> Mark:
    device = f"web:{school.worker.id}"
    return Mark(
        key=f"{training.id}:{door}:{device}:{number}",
        half_day=1,
        person_id=person.id or 0,
        present=door == Door.CARD or number > 1,
        door=door,
        device=device,
        number=number,
        marked_at=START - timedelta(minutes=5),
    )


def _roomy(school: School, gathering: Gathering) -> None:
    """Two of three have a seat, the others have not answered their invitation."""
    _listed(school, gathering, seated=max(1, len(gathering.growers) * 2 // 3))


def _full(school: School, gathering: Gathering) -> None:
    """Every seat is given out; the first to give one back made room for the first who waits."""
    growers = gathering.growers
    seats = max(1, len(growers) - WAITING)
    training = plan_class(school, gathering, growers, seats)
    since = START - timedelta(days=5)
    entries = [
        enrol(
            school.db,
            school.office,
            training,
            grower.household.id or 0,
            [grower.head.id or 0],
            now=since + timedelta(minutes=30 * number),
            source=EnrolmentSource.PHONE,
        )
        for number, grower in enumerate(growers)
    ]
    left = START - timedelta(hours=20)
    leave(school.db, school.office, training, entries[0].id or 0, TrainingSettings(), now=left)


def _cancelled(school: School, gathering: Gathering) -> None:
    training = plan_class(school, gathering, gathering.growers, capacity=60)
    cancel_training(school.db, school.office, training, "Xã đang giãn cách, báo lại ngày khác.")
