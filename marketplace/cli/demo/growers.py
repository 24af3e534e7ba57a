"""Households of the season: where they live, who they are, what they grow. Names are invented."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from random import Random
from typing import Any

from sqlmodel import Session

from catalog.communes import Communes, Place, read_communes
from catalog.consents import MESSAGES, PUBLISH, REGISTRY, STATISTICS, VERSION, shop_purpose
from catalog.models import Consent, ConsentChannel, Household, Person, PhoneOwner, Producer, ProducerKind, Sex
from catalog.people import name_columns, sealed_id
from catalog.places import bare
from marketplace.cli.demo.facts import MARKETPLACES, START, TODAY, people, season
from marketplace.cli.demo.zones import register_in_time
from marketplace.core.secrets import Vault
from marketplace.core.text import fold

ORANGE_SHARE = 0.82
FIRST_CODE = "HG-000001"  #: of the household that somebody who looks round logs in as
FIRST_DAY = date(2021, 8, 16)  #: the first households were registered in August
_PLACES = {"Huyện Bắc Quang": "BQ", "Huyện Quang Bình": "QB", "Huyện Vị Xuyên": "VX"}


@dataclass
class Grower:
    """A household with what the season needs to know of it."""

    household: Household
    head: Person
    producer: Producer
    place: Place
    group: str  #: code of the ethnic group
    product: str  #: code: "cam-vang", "cam-sanh" or another product
    kilograms: tuple[int, int]  #: least and most of its lots together
    seller: str | None  #: organisation that pools its goods
    purposes: frozenset[str] = frozenset()
    spouse: Person | None = None

    @property
    def shown(self) -> bool:
        """Is it the household that the farmer's login belongs to?"""
        return self.household.code == FIRST_CODE

    @property
    def letters(self) -> str:
        """Initials of the district, for lot codes."""
        initials = "".join(word[0] for word in bare(self.place.parent).split()).upper()
        return _PLACES.get(self.place.parent, initials)


@dataclass(frozen=True)
class _Kind:
    """One row of the weighted list a household is drawn from."""

    place: Place
    mix: dict[str, int]
    product: str
    kilograms: tuple[int, int]
    seller: str | None


def settle_households(
    db: Session, rng: Random, vault: Vault, households: int, registrar: int
) -> list[Grower]:
    """Add households with heads, producers and consents; the first grows cam Vàng in Vĩnh Hảo."""
    communes = read_communes(db)
    oranges, others = _orange_kinds(communes), _other_kinds(communes)
    growers: list[Grower] = []
    numbers = count()
    for index in range(households):
        is_orange = index == 0 or rng.random() < ORANGE_SHARE
        kinds, weights = oranges if is_orange else others
        kind = kinds[0] if index == 0 else rng.choices(kinds, weights)[0]
        growers.append(_grower(rng, kind, communes, numbers, index, registrar))
    register_in_time(growers)
    _store(db, growers, vault, rng)
    return growers


def _orange_kinds(communes: Communes) -> tuple[list[_Kind], list[float]]:
    kinds: list[_Kind] = []
    weights: list[float] = []
    for area in season()["orange"]:
        for names, weight in ((area["known"], area["known_weight"]), (area["others"], area["others_weight"])):
            for name in names:
                place = communes.resolve(name, on=TODAY, district=area["district"])
                for product, share in (("cam-vang", 0.55), ("cam-sanh", 0.45)):
                    kinds.append(_Kind(place, season()["mix"]["orange"], product, (0, 0), None))
                    weights.append(weight * share)
    return kinds, weights


def _other_kinds(communes: Communes) -> tuple[list[_Kind], list[float]]:
    kinds: list[_Kind] = []
    weights: list[float] = []
    for line in season()["line"]:
        low, high = line["kilograms"]
        for name in line["communes"]:
            place = communes.resolve(name, on=TODAY, district=line["district"])
            mix = season()["mix"][line["mix"]]
            kinds.append(_Kind(place, mix, line["product"], (low, high), line.get("seller")))
            weights.append(line["weight"] / len(line["communes"]))
    return kinds, weights


def _grower(
    rng: Random, kind: _Kind, communes: Communes, numbers: "count[int]", index: int, registrar: int
) -> Grower:
    orange = kind.product.startswith("cam-")
    area = _orchard_m2(rng) if orange else None
    village = f"Thôn {rng.choice(people()['villages']['first'])} {rng.choice(people()['villages']['second'])}"
    registered = START - timedelta(days=rng.triangular(2, (TODAY - FIRST_DAY).days, 30))
    household = Household(
        code=f"HG-{index + 1:06d}",
        commune_id=kind.place.id,
        current_commune_id=communes.current(kind.place.id),
        village=village,
        village_fold=fold(village),
        orange_area_m2=area,
        registered_at=registered,
        registered_by=registrar,
    )
    group = rng.choices(list(kind.mix), list(kind.mix.values()))[0]
    head = _person(rng, group, numbers, registered, is_head=True)
    kilograms, seller = kind.kilograms, kind.seller
    if orange:
        kilograms, seller = _orange_lots(rng, area or 0, kind, index)
    name = f"Hộ {head.name}"
    producer = Producer(
        kind=ProducerKind.HOUSEHOLD, name=name, name_fold=fold(name), commune_id=kind.place.id
    )
    return Grower(household, head, producer, kind.place, group, kind.product, kilograms, seller)


def _orchard_m2(rng: Random) -> int:
    """Log-normal around one hectare, nine of ten between 0.3 and 4; whole hundreds of square metres."""
    hectares = min(9.0, max(0.15, rng.lognormvariate(0.0, 0.78)))
    return round(hectares * 100) * 100


def _orange_lots(rng: Random, area_m2: int, kind: _Kind, index: int) -> tuple[tuple[int, int], str | None]:
    """What of an orchard goes to the marketplaces, three of five through a cooperative."""
    tonnes_a_hectare = min(22.0, max(3.0, rng.gauss(10.0, 2.5)))
    harvest = round(area_m2 / 10_000 * tonnes_a_hectare * 1000)
    near = {"Huyện Quang Bình": "htx3"}.get(kind.place.parent, rng.choice(("htx1", "htx2")))
    if index == 0:
        return (1500, 1500), None
    if rng.random() < 0.6:
        return (min(250, harvest // 8), min(700, harvest // 3)), near
    return (min(90, harvest // 10), min(420, harvest // 4)), None


def _person(
    rng: Random, group: str, numbers: "count[int]", at: Any, *, is_head: bool, sex: Sex | None = None
) -> Person:
    sex = sex or rng.choices((Sex.MALE, Sex.FEMALE), (64, 36))[0]
    words = people()["groups"][group]
    name = " ".join(
        (rng.choice(words["family"]), rng.choice(words[f"{sex}_middle"]), rng.choice(words[sex.value]))
    )
    owner = rng.choices(
        (PhoneOwner.SELF, PhoneOwner.RELATIVE, PhoneOwner.VILLAGE_HEAD, PhoneOwner.NONE), (72, 9, 5, 14)
    )[0]
    return Person(
        household_id=0,
        **name_columns(name),  # type: ignore[arg-type]  # four texts
        sex=sex,
        birth_year=min(1998, max(1946, round(rng.gauss(1976, 11)))),
        ethnicity=group,
        phone=_phone(rng, owner, numbers),
        phone_owner=owner,
        is_head=is_head,
        created_at=at,
    )


def _phone(rng: Random, owner: PhoneOwner, numbers: "count[int]") -> str | None:
    """+84 90 0000 nnn: a series nobody has. A relative's or village head's number belongs to several."""
    if owner is PhoneOwner.NONE:
        return None
    number = next(numbers) if owner is PhoneOwner.SELF else rng.randrange(0, 40)
    return f"+8490{number:07d}"


def _store(db: Session, growers: Sequence[Grower], vault: Vault, rng: Random) -> None:
    """Write everything down, one kind of row after the other."""
    db.add_all(grower.household for grower in growers)
    db.flush()
    people_rows: list[Person] = []
    for grower in growers:
        grower.head.household_id = grower.producer.household_id = grower.household.id or 0
        people_rows.append(grower.head)
        if rng.random() < 0.35:
            grower.spouse = _spouse(rng, grower)
            people_rows.append(grower.spouse)
    for index, person in enumerate(people_rows):
        _give_id(rng, vault, person, index)
    db.add_all(people_rows)
    db.add_all(grower.producer for grower in growers)
    db.flush()
    db.add_all(consent for grower in growers for consent in _consents(rng, grower))
    db.flush()


def _spouse(rng: Random, grower: Grower) -> Person:
    other = Sex.FEMALE if grower.head.sex is Sex.MALE else Sex.MALE
    spouse = _person(rng, grower.group, count(), grower.household.registered_at, is_head=False, sex=other)
    spouse.household_id = grower.household.id or 0
    spouse.phone, spouse.phone_owner = grower.head.phone, None
    if spouse.phone is not None:
        spouse.phone_owner = PhoneOwner.RELATIVE
    return spouse


def _give_id(rng: Random, vault: Vault, person: Person, index: int) -> None:
    """Every second person shows a card of province 002, born 2099: no real person has the number (R-63)."""
    if rng.random() < 0.5:
        return
    digits = f"002{'2' if person.sex is Sex.MALE else '3'}99{index + 1:06d}"
    for name, value in sealed_id(vault, digits).items():
        setattr(person, name, value)


SELLING = "selling"  #: stands for the purposes of all marketplaces: who agrees to sell, agrees to each


def _consents(rng: Random, grower: Grower) -> list[Consent]:
    """What the head agreed to: the registry always, the rest mostly."""
    chances = {
        REGISTRY: 1.0,
        SELLING: 0.86,
        PUBLISH: 0.35,
        STATISTICS: 0.6,
        MESSAGES: 0.5,
    }
    agreed = [purpose for purpose, chance in chances.items() if rng.random() < chance or grower.shown]
    shops = [shop_purpose(name) for name in MARKETPLACES]
    given = [one for purpose in agreed for one in (shops if purpose == SELLING else [purpose])]
    grower.purposes = frozenset(given)
    channel = rng.choices((ConsentChannel.SIGNATURE, ConsentChannel.THUMB_PRINT), (9, 1))[0]
    witness = "Trưởng thôn" if channel is ConsentChannel.THUMB_PRINT else ""
    return [
        Consent(
            person_id=grower.head.id or 0,
            purpose=purpose,
            text_version=VERSION,
            channel=channel,
            witness=witness,
            given_on=grower.household.registered_at.date(),
            taken_by=grower.household.registered_by,
        )
        for purpose in given
    ]
