"""The chain (leap 6): what came of each class, household by household, until the kilograms sold.

Every figure is a list of items, one per household or person, with what each adds; a figure, its group and the
list behind it are made from the same items. What is shown of them is decided in `chain_tables`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from sqlmodel import Session

from marketplace.core.i18n import N_
from marketplace.reports.chain_facts import ClassFact, Facts, Step, read_facts
from marketplace.reports.chain_sales import Market
from marketplace.reports.periods import Period


class Measure(StrEnum):
    """What is counted. People and households are never added, nor are marketplaces and other channels."""

    PEOPLE_INVITED = "people_invited"
    PEOPLE_ENROLLED = "people_enrolled"
    PEOPLE_ATTENDED = "people_attended"
    PEOPLE_CERTIFIED = "people_certified"
    INVITED = "invited"
    ENROLLED = "enrolled"
    ATTENDED = "attended"
    CERTIFIED = "certified"
    SHOP = "shop"  #: sells in a shop, its own or its cooperative's, by the last day of the report
    SHOP_AFTER = "shop_after"  #: of these, from a day after the class on
    LISTED = "listed"  #: was listed at least once
    LISTED_AFTER = "listed_after"
    SOLD = "sold"  #: something was delivered through a marketplace at least once
    SOLD_AFTER = "sold_after"
    SOON = "soon"  #: grams sold on marketplaces in the 30 days after the class
    LATER = "later"  #: the same in 90 days
    SEASON = "season"  #: grams sold on marketplaces in the period, before the class and after
    ELSEWHERE = "elsewhere"  #: grams sold in the period through all other channels
    FIRST = "first"  #: households for which this was the first class of all
    CREDITED = "credited"  #: grams of the period of those households; each household's count once
    NEVER = "never"  #: households that never were in a class


PEOPLE = frozenset({m for m in Measure if m.value.startswith("people_")})
GRAMS = frozenset({Measure.SOON, Measure.LATER, Measure.SEASON, Measure.ELSEWHERE, Measure.CREDITED})

MEASURE_LABELS = {
    Measure.PEOPLE_INVITED: N_("Người được mời"),
    Measure.PEOPLE_ENROLLED: N_("Người có chỗ"),
    Measure.PEOPLE_ATTENDED: N_("Người có mặt"),
    Measure.PEOPLE_CERTIFIED: N_("Người có chứng nhận"),
    Measure.INVITED: N_("Hộ được mời"),
    Measure.ENROLLED: N_("Hộ có chỗ"),
    Measure.ATTENDED: N_("Hộ có mặt"),
    Measure.CERTIFIED: N_("Hộ có chứng nhận"),
    Measure.SHOP: N_("Hộ có gian hàng"),
    Measure.SHOP_AFTER: N_("Có gian hàng từ sau lớp"),
    Measure.LISTED: N_("Hộ có tin đăng"),
    Measure.LISTED_AFTER: N_("Có tin đăng từ sau lớp"),
    Measure.SOLD: N_("Hộ bán được hàng trên sàn"),
    Measure.SOLD_AFTER: N_("Bán được hàng từ sau lớp"),
    Measure.SOON: N_("Bán trên sàn 30 ngày sau lớp"),
    Measure.LATER: N_("Bán trên sàn 90 ngày sau lớp"),
    Measure.SEASON: N_("Bán trên sàn trong kỳ"),
    Measure.ELSEWHERE: N_("Bán ngoài sàn trong kỳ"),
    Measure.FIRST: N_("Hộ học lần đầu ở lớp này"),
    Measure.CREDITED: N_("Bán trên sàn, tính cho lớp đầu tiên"),
    Measure.NEVER: N_("Hộ chưa từng học"),
}

Item = tuple[int, int | None, int]  #: household, person where people are counted, what it adds

_STEPS = {
    Measure.PEOPLE_INVITED: Step.INVITED,
    Measure.PEOPLE_ENROLLED: Step.ENROLLED,
    Measure.PEOPLE_ATTENDED: Step.ATTENDED,
    Measure.PEOPLE_CERTIFIED: Step.CERTIFIED,
    Measure.INVITED: Step.INVITED,
    Measure.ENROLLED: Step.ENROLLED,
    Measure.ATTENDED: Step.ATTENDED,
    Measure.CERTIFIED: Step.CERTIFIED,
}
_NOTHING = Market()


@dataclass(frozen=True)
class ChainAsked:
    """Which classes: over within the period, and if asked held in one commune or by one host."""

    period: Period
    commune_id: int | None = None
    host: str | None = None

    def facts(self) -> dict[str, Any]:
        """These parameters for a file's head and the hash."""
        return {
            "from": self.period.first.isoformat(),
            "to": self.period.last.isoformat(),
            "commune": self.commune_id,
            "host": self.host,
        }

    def covers(self, one: ClassFact) -> bool:
        return (
            self.period.first <= one.ends_on <= self.period.last
            and self.commune_id in (None, one.commune_id)
            and self.host in (None, one.host)
        )


class Trained:
    """Who was in some classes. A household in two of them is counted once, with the first."""

    def __init__(self, facts: Facts, classes: Sequence[ClassFact], firsts: dict[int, ClassFact]) -> None:
        self.facts = facts
        self.classes = tuple(classes)
        self._ids = {one.id for one in classes}
        self._firsts = firsts
        self._items: dict[Measure, list[Item]] = {}

    def items(self, measure: Measure) -> list[Item]:
        """What makes up a figure; households that add nothing are left out."""
        if measure not in self._items:
            self._items[measure] = self._counted(measure)
        return self._items[measure]

    def _counted(self, measure: Measure) -> list[Item]:
        step = _STEPS.get(measure)
        if step and measure in PEOPLE:
            found = {who for one in self.classes for who in self.facts.steps.get((one.id, step), ())}
            return [(self.facts.people[who].household_id, who, 1) for who in sorted(found)]
        if step:
            return _ones(self._seen(step))
        return self._made(measure)

    def year_of(self, household_id: int) -> int:
        """The year of the first of these classes whose lists have the household."""
        return self._first_seen[household_id].ends_on.year

    @cached_property
    def first(self) -> dict[int, ClassFact]:
        """Of every household that came, the first of these classes."""
        return _first_by(self.classes, lambda one: self.facts.lists.get((one.id, Step.ATTENDED), ()))

    @cached_property
    def visits(self) -> int:
        """Lượt: a person who comes to two classes comes twice (R-91)."""
        return sum(len(self.facts.steps.get((one.id, Step.ATTENDED), ())) for one in self.classes)

    @cached_property
    def _first_seen(self) -> dict[int, ClassFact]:
        listed = _first_by(self.classes, lambda one: self.facts.lists.get((one.id, Step.INVITED), ()))
        return listed | self.first

    def _seen(self, step: Step) -> Iterable[int]:
        return {id_ for one in self.classes for id_ in self.facts.lists.get((one.id, step), ())}

    def _made(self, measure: Measure) -> list[Item]:
        """What the households that came have reached, and sold."""
        if measure in _DAYS:
            day_of, after = _DAYS[measure]
            days = {id_: day_of(self.facts, id_) for id_ in self.first}
            return _ones(
                id_ for id_, day in days.items() if day and (not after or day > self.first[id_].ends_on)
            )
        if measure in (Measure.FIRST, Measure.CREDITED):
            mine = [id_ for id_, one in self._firsts.items() if one.id in self._ids]
            return _ones(mine) if measure is Measure.FIRST else _grams(mine, self._season)
        amount = {Measure.SOON: self._soon, Measure.LATER: self._later, Measure.SEASON: self._season}
        return _grams(self.first, amount.get(measure, self._elsewhere))

    def _soon(self, household_id: int) -> int:
        after = self.facts.after.get((self.first[household_id].id, household_id))
        return after.soon if after else 0

    def _later(self, household_id: int) -> int:
        after = self.facts.after.get((self.first[household_id].id, household_id))
        return after.later if after else 0

    def _season(self, household_id: int) -> int:
        return sold_by(self.facts, household_id)

    def _elsewhere(self, household_id: int) -> int:
        return sold_elsewhere_by(self.facts, household_id)


class NeverTrained:
    """Registered households that were in no class that counts, and any other that sold in the period."""

    def __init__(self, facts: Facts, trained: Iterable[int], year: int) -> None:
        self.facts = facts
        self._year = year
        strangers = facts.households.keys() - set(trained)
        self.ids = sorted(
            id_
            for id_ in strangers
            if facts.households[id_].registered or sold_by(facts, id_) or sold_elsewhere_by(facts, id_)
        )
        self._items: dict[Measure, list[Item]] = {}

    def items(self, measure: Measure) -> list[Item]:
        """What makes up a figure; a household that has never been in a class has no day after it."""
        if measure not in self._items:
            self._items[measure] = self._counted(measure)
        return self._items[measure]

    def _counted(self, measure: Measure) -> list[Item]:
        if measure is Measure.NEVER:
            return _ones(self.ids)
        if measure in _DAYS:
            day_of = _DAYS[measure][0]
            return _ones(id_ for id_ in self.ids if day_of(self.facts, id_))
        sold = sold_elsewhere_by if measure is Measure.ELSEWHERE else sold_by
        return _grams(self.ids, lambda id_: sold(self.facts, id_))

    def year_of(self, _household_id: int) -> int:
        return self._year


People = Trained | NeverTrained


@dataclass(frozen=True)
class Chain:
    """One reading. Classes outside the question matter too: a household's season goes to its first class."""

    asked: ChainAsked
    facts: Facts
    data_as_of: datetime

    @cached_property
    def firsts(self) -> dict[int, ClassFact]:
        """The first class each household ever attended; of two on one day the one that was opened first."""
        return _first_by(self.facts.classes, lambda one: self.facts.lists.get((one.id, Step.ATTENDED), ()))

    @cached_property
    def classes(self) -> tuple[ClassFact, ...]:
        return tuple(one for one in self.facts.classes if self.asked.covers(one))

    @cached_property
    def trained(self) -> Trained:
        return self.of(self.classes)

    @cached_property
    def others(self) -> Trained:
        """The classes that were not asked for."""
        return self.of([one for one in self.facts.classes if not self.asked.covers(one)])

    @cached_property
    def never(self) -> NeverTrained:
        return NeverTrained(self.facts, self.firsts, self.asked.period.first.year)

    @property
    def unattributed(self) -> int:
        """Grams sold on marketplaces from no known household."""
        return sold_by(self.facts, None)

    @property
    def season_grams(self) -> int:
        """Everything sold on marketplaces in the period, as `reports.tonnage` counts it."""
        return sum(sales.headline for sales in self.facts.sales.values())

    def of(self, classes: Sequence[ClassFact]) -> Trained:
        return Trained(self.facts, classes, self.firsts)


def read_chain(db: Session, asked: ChainAsked, *, now: datetime) -> Chain:
    """Read everything the chain is counted from."""
    return Chain(asked, read_facts(db, asked.period), now)


def sold_by(facts: Facts, household_id: int | None) -> int:
    """Net grams sold on marketplaces in the period."""
    sales = facts.sales.get(household_id)
    return sales.headline if sales else 0


def sold_elsewhere_by(facts: Facts, household_id: int | None) -> int:
    """Net grams sold through other channels in the period."""
    sales = facts.sales.get(household_id)
    return sales.elsewhere if sales else 0


def _shop_on(facts: Facts, household_id: int) -> date | None:
    return facts.market.get(household_id, _NOTHING).shop_on


def _listed_on(facts: Facts, household_id: int) -> date | None:
    return facts.market.get(household_id, _NOTHING).listed_on


def _sold_on(facts: Facts, household_id: int) -> date | None:
    sales = facts.sales.get(household_id)
    return sales.first_on if sales else None


#: The day something was reached, and whether only a day after the class counts.
_DAYS: dict[Measure, tuple[Callable[[Facts, int], date | None], bool]] = {
    Measure.SHOP: (_shop_on, False),
    Measure.SHOP_AFTER: (_shop_on, True),
    Measure.LISTED: (_listed_on, False),
    Measure.LISTED_AFTER: (_listed_on, True),
    Measure.SOLD: (_sold_on, False),
    Measure.SOLD_AFTER: (_sold_on, True),
}


def _first_by(
    classes: Iterable[ClassFact], ids: Callable[[ClassFact], Iterable[int]]
) -> dict[int, ClassFact]:
    first: dict[int, ClassFact] = {}
    for one in classes:
        for id_ in ids(one):
            first.setdefault(id_, one)
    return first


def _ones(ids: Iterable[int]) -> list[Item]:
    return [(id_, None, 1) for id_ in sorted(ids)]


def _grams(ids: Iterable[int], amount: Callable[[int], int]) -> list[Item]:
    return [(id_, None, grams) for id_ in sorted(ids) if (grams := amount(id_))]
