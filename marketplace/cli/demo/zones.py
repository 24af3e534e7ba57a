"""Which households come together in which class: near where they live, one class after the other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from marketplace.cli.demo.facts import classes, season
from marketplace.core.units import LOCAL

if TYPE_CHECKING:
    from marketplace.cli.demo.growers import Grower

HOUSEHOLDS_A_ROUND = 1000  #: for more of them every class is held once more, on the following day


@dataclass(frozen=True)
class Gathering:
    """One class that was held, and the households that live near it."""

    zone: int
    day: date
    host: str
    course: str
    growers: "Sequence[Grower]"

    def at(self, hour: int, minute: int = 0, *, days: int = 0) -> datetime:
        """A moment of the day of the class, or so many days later."""
        return datetime.combine(self.day + timedelta(days=days), time(hour, minute), tzinfo=LOCAL)


def gather(growers: "Sequence[Grower]") -> list[Gathering]:
    """The classes of the season in order of their days; a class nobody lives near is none."""
    found = [one for number, zone in enumerate(classes()["zone"]) for one in _of_zone(number, zone, growers)]
    return sorted((one for one in found if one.growers), key=lambda one: (one.day, one.zone))


def neighbours(growers: "Sequence[Grower]") -> "list[Grower]":
    """Everybody of the first zone, those of the well-known orange communes first."""
    return _members(classes()["zone"][0], growers)


def register_in_time(growers: "Sequence[Grower]") -> None:
    """Who goes to a class was registered before it: move later registrations to the days before."""
    for gathering in gather(growers):
        for number, grower in enumerate(gathering.growers):
            at = gathering.at(16, number % 60, days=-2 - number % 7)
            if grower.household.registered_at > at:
                grower.household.registered_at = grower.head.created_at = at


def _of_zone(number: int, zone: dict[str, Any], growers: "Sequence[Grower]") -> Iterator[Gathering]:
    """The zone's households in slices of one size, cut along where they live."""
    members = _members(zone, growers)
    rounds = max(1, round(len(growers) / HOUSEHOLDS_A_ROUND))
    planned = [
        (day + timedelta(days=extra), host, course)
        for day, host, course in zip(zone["dates"], zone["hosts"], zone["courses"], strict=True)
        for extra in range(rounds)
    ]
    for place, (day, host, course) in enumerate(planned):
        first, last = (len(members) * edge // len(planned) for edge in (place, place + 1))
        yield Gathering(number, day, host, course, members[first:last])


def _members(zone: dict[str, Any], growers: "Sequence[Grower]") -> "list[Grower]":
    districts: list[str] = zone["districts"]
    here = [grower for grower in growers if grower.place.parent in districts]
    return sorted(here, key=lambda one: (districts.index(one.place.parent), *_nearness(one)))


def _nearness(grower: "Grower") -> tuple[int, int, str]:
    order = _well_known()
    return order.get(grower.place.name, len(order)), grower.place.id, grower.household.code


@cache
def _well_known() -> dict[str, int]:
    names = [name for area in season()["orange"] for name in area["known"]]
    return {name: place for place, name in enumerate(names)}
