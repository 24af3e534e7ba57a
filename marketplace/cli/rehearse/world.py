"""The world of a rehearsal: invented households in the old orange communes, cooperatives, classes.

A plan, made of the seed alone: who lives where, who supplies whom, who came to which class. Nothing here
knows the database.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from marketplace.cli.demo.facts import people, season
from marketplace.core.text import fold

MARKETPLACES = ("sendo", "voso", "postmart")
CLASSES = 10
FIRST_CLASS = date(2021, 9, 6)
DAYS_BETWEEN_CLASSES = 2
STRANGERS = 2  #: people on each class list who belong to no registered household
SHARE_TRAINED = 0.6
SHARE_MEMBERS = 0.75  #: of the households where there is a cooperative
HOUSEHOLDS_A_COOPERATIVE = 70
SHARE_OWN_SHOPKEEPERS = 0.05  #: of all households, they sell their own fruit on every marketplace


@dataclass(frozen=True)
class Place:
    """A commune as lists name it."""

    name: str
    district: str


@dataclass(frozen=True)
class Home:
    """A household with its head. `number` is its place in the file, from 0."""

    number: int
    name: str
    sex: str
    birth_year: int
    phone: str
    national_id: str
    village: str
    place: Place
    area_m2: int

    @property
    def who(self) -> tuple[str, str, str]:
        """What finds it again: no two households of the file share these."""
        return self.name, self.village, self.place.name


@dataclass(frozen=True)
class Attendee:
    """One line of a class list; `home` None: somebody nobody knows."""

    home: int | None
    name: str
    village: str
    place: Place
    birth_year: int
    signed: tuple[bool, bool]


@dataclass(frozen=True)
class Class:
    """A class that was held, with its list."""

    number: int
    day: date
    place: Place
    venue: str
    attendees: Sequence[Attendee]


@dataclass(frozen=True)
class Cooperative:
    """A cooperative whose members live in one commune, so that its fruit grew there."""

    number: int
    name: str
    place: Place
    members: Sequence[int]


@dataclass(frozen=True)
class World:
    """Everybody, before anything was sold."""

    homes: Sequence[Home]
    cooperatives: Sequence[Cooperative]
    shopkeepers: Sequence[int]  #: households that sell their own
    classes: Sequence[Class]
    places: Sequence[Place] = field(default_factory=tuple)


def make_world(seed: int, households: int) -> World:
    """The world of a seed; the same seed gives the same people in the same places."""
    rng = Random(f"{seed} people")  # noqa: S311 - a plan that can be repeated, no secret
    places, weights = _places()
    homes = _homes(rng, households, places, weights)
    cooperatives = _cooperatives(rng, homes)
    members = {number for one in cooperatives for number in one.members}
    alone = [home.number for home in homes if home.number not in members]
    keepers = rng.sample(alone, min(len(alone), max(3, round(households * SHARE_OWN_SHOPKEEPERS))))
    used = list(dict.fromkeys(home.place for home in homes))
    return World(homes, cooperatives, sorted(keepers), _classes(rng, homes), used)


def _places() -> tuple[list[Place], list[float]]:
    places: list[Place] = []
    weights: list[float] = []
    for area in season()["orange"]:
        for names, weight in ((area["known"], area["known_weight"]), (area["others"], area["others_weight"])):
            places += [Place(name, area["district"]) for name in names]
            weights += [weight] * len(names)
    return places, weights


def _homes(rng: Random, households: int, places: Sequence[Place], weights: Sequence[float]) -> list[Home]:
    """No two that a list names alike: without accents, and whatever commune, as two may be one by today."""
    homes: dict[tuple[str, str], Home] = {}
    while len(homes) < households:
        home = _home(rng, len(homes), rng.choices(places, weights)[0])
        homes.setdefault((fold(home.name), fold(home.village)), home)
    return list(homes.values())


def _home(rng: Random, number: int, place: Place) -> Home:
    group = rng.choices(list(season()["mix"]["orange"]), list(season()["mix"]["orange"].values()))[0]
    sex = rng.choices(("male", "female"), (64, 36))[0]
    has_card = rng.random() < 0.5
    born = min(1998, max(1946, round(rng.gauss(1976, 11))))
    return Home(
        number,
        _name(rng, people()["groups"][group], sex),
        "Nam" if sex == "male" else "Nữ",
        born,
        f"090{number:07d}" if rng.random() < 0.8 else "",
        # Nobody is born in 2099 yet: no such number belongs to a person.
        f"002{2 if sex == 'male' else 3}99{number + 1:06d}" if has_card else "",
        _village(rng),
        place,
        round(min(9.0, max(0.3, rng.lognormvariate(0.0, 0.6))) * 100) * 100,
    )


def _name(rng: Random, words: Mapping[str, Any], sex: str) -> str:
    return " ".join((rng.choice(words["family"]), rng.choice(words[f"{sex}_middle"]), rng.choice(words[sex])))


def _village(rng: Random) -> str:
    words = people()["villages"]
    return f"Thôn {rng.choice(words['first'])} {rng.choice(words['second'])}"


def _cooperatives(rng: Random, homes: Sequence[Home]) -> list[Cooperative]:
    """One in each of the communes with the most households."""
    by_place: dict[Place, list[int]] = {}
    for home in homes:
        by_place.setdefault(home.place, []).append(home.number)
    largest = sorted(by_place, key=lambda place: (-len(by_place[place]), place.name))
    wanted = max(2, round(len(homes) / HOUSEHOLDS_A_COOPERATIVE))
    found: list[Cooperative] = []
    for place in largest[:wanted]:
        members = sorted(rng.sample(by_place[place], max(1, round(len(by_place[place]) * SHARE_MEMBERS))))
        bare = place.name.split(" ", 1)[1].removeprefix("trấn ")
        found.append(Cooperative(len(found), f"HTX Cam {bare} (diễn tập)", place, members))
    return found


def _classes(rng: Random, homes: Sequence[Home]) -> list[Class]:
    """Ten classes; everybody who is trained comes to one, sorted by where they live."""
    trained = rng.sample(homes, max(CLASSES, round(len(homes) * SHARE_TRAINED)))
    trained.sort(key=lambda home: (home.place.district, home.place.name, home.number))
    edges = [len(trained) * number // CLASSES for number in range(CLASSES + 1)]
    return [_class(rng, number, trained[edges[number] : edges[number + 1]]) for number in range(CLASSES)]


def _class(rng: Random, number: int, guests: Sequence[Home]) -> Class:
    known = [
        Attendee(one.number, one.name, one.village, one.place, one.birth_year, _signed(rng)) for one in guests
    ]
    place = guests[0].place
    words = people()["groups"]["01"]
    unknown = [
        Attendee(None, _name(rng, words, "female"), f"Thôn Mới {number}{count}", place, 1990, (True, True))
        for count in range(STRANGERS)
    ]
    day = FIRST_CLASS + timedelta(days=number * DAYS_BETWEEN_CLASSES)
    return Class(number, day, place, f"Nhà văn hóa {place.name.lower()}", [*known, *unknown])


def _signed(rng: Random) -> tuple[bool, bool]:
    """Who is on the list: most signed for both half-days, some for one, a few for none."""
    return rng.choices(((True, True), (True, False), (False, True), (False, False)), (88, 5, 3, 4))[0]
