"""Who was on the list of each class, who sent two people, who stayed away, who came without being asked."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from catalog.models import Person
from marketplace.cli.demo.growers import Grower
from marketplace.cli.demo.zones import Gathering
from training.models import EnrolmentStatus

NEVER, INVITED, DECLINED, LEFT = 0.015, 0.025, 0.03, 0.035  #: up to here; the rest has a seat
STAYED_AWAY = 0.08
MAKES_UP = 0.7  #: of those who stayed away, they come to a later class of the zone
COMES_AGAIN = 0.04
WALK_INS = 0.05  #: for each household on the list
LINKED = 0.35  #: of the walk-ins, people of a household that was not on the list

WHOLE, MORNING, AFTERNOON, NEITHER = (True, True), (True, False), (False, True), (False, False)


@dataclass(frozen=True)
class Guest:
    """A household's entry: its people with the half-days each of them was there."""

    grower: Grower
    people: Sequence[tuple[Person, tuple[bool, bool]]]
    status: EnrolmentStatus


@dataclass
class Roll:
    """The list of one class. `known` are heads of households that were not on it but came all the same."""

    gathering: Gathering
    guests: list[Guest] = field(default_factory=list)
    known: list[Person] = field(default_factory=list)
    strangers: int = 0

    @property
    def seats(self) -> int:
        """People who have a seat."""
        return sum(len(one.people) for one in self.guests if one.status == EnrolmentStatus.REGISTERED)


def write_rolls(rng: Random, gatherings: Sequence[Gathering]) -> list[Roll]:
    """One list for each class, in order of their days; where nobody has a seat, no class is held."""
    rolls = [Roll(gathering) for gathering in gatherings]
    for place, roll in enumerate(rolls):
        for grower in roll.gathering.growers:
            _ask(rng, grower, roll, rolls[place + 1 :])
        _walk_in(rng, roll)
    return [roll for roll in rolls if roll.seats]


def _ask(rng: Random, grower: Grower, roll: Roll, later: Sequence[Roll]) -> None:
    """What a household said, and whether it came now or another time."""
    luck, away = rng.random(), rng.random() < STAYED_AWAY
    if grower.shown:
        luck, away = 1.0, False
    status = _said(luck)
    if status is None:
        return
    guest = _guest(rng, grower, status, away=away)
    roll.guests.append(guest)
    others = [
        one
        for one in later
        if one.gathering.zone == roll.gathering.zone and one.gathering.day > roll.gathering.day
    ]
    if status == EnrolmentStatus.REGISTERED and others and rng.random() < (MAKES_UP if away else COMES_AGAIN):
        rng.choice(others).guests.append(_guest(rng, grower, status, away=False))


def _said(luck: float) -> EnrolmentStatus | None:
    """None: nobody asked them."""
    for limit, status in (
        (NEVER, None),
        (INVITED, EnrolmentStatus.INVITED),
        (DECLINED, EnrolmentStatus.DECLINED),
        (LEFT, EnrolmentStatus.LEFT),
    ):
        if luck < limit:
            return status
    return EnrolmentStatus.REGISTERED


def _guest(rng: Random, grower: Grower, status: EnrolmentStatus, *, away: bool) -> Guest:
    people = [grower.head]
    if grower.spouse is not None and status == EnrolmentStatus.REGISTERED and not grower.shown:
        people = rng.choices(([grower.head], [grower.spouse], [grower.head, grower.spouse]), (45, 20, 35))[0]
    away = away or status != EnrolmentStatus.REGISTERED
    return Guest(grower, [(one, _stay(rng, grower, away=away)) for one in people], status)


def _stay(rng: Random, grower: Grower, *, away: bool) -> tuple[bool, bool]:
    """Most stay for the whole class."""
    if away:
        return NEITHER
    return WHOLE if grower.shown else rng.choices((WHOLE, MORNING, AFTERNOON), (93, 5, 2))[0]


def _walk_in(rng: Random, roll: Roll) -> None:
    """Some of those who were not asked come all the same, and some nobody knows yet."""
    asked = {guest.grower.household.id for guest in roll.guests}
    forgotten = [one for one in roll.gathering.growers if one.household.id not in asked]
    number = round(len(roll.gathering.growers) * WALK_INS)
    linked = min(len(forgotten), sum(rng.random() < LINKED for _ in range(number)))
    roll.known = [one.head for one in forgotten[:linked]]
    roll.strangers = number - linked
