"""Every gram of a season is credited once, and nothing that is hidden follows from all that is shown."""

from collections.abc import Iterable
from datetime import date, timedelta
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from catalog.models import Household, Sex
from marketplace.reports.chain import Chain, ChainAsked, Measure
from marketplace.reports.chain_classes import ALL, ClassTable
from marketplace.reports.chain_facts import ClassFact, Facts, HouseholdFact, PersonFact, Step
from marketplace.reports.chain_grouped import GroupTable
from marketplace.reports.chain_groups import Group
from marketplace.reports.chain_sales import Sales
from marketplace.reports.tonnage import Asked, tonnage_report
from marketplace.selling.models import HEADLINE, Channel, TonnageKind
from tests.conftest import NOW
from tests.factories import a_household, a_product, head_of
from tests.reports.chains import SEASON, a_closed_class, came, chain_of
from tests.reports.factories import an_entry

COMMUNES = ("Xã Vĩnh Hảo", "Xã Tiên Kiều", "Xã Đồng Tâm")


def a_world(db: Session, seed: int) -> None:
    """Classes of two seasons, households in none to three of them, sales of every kind and day."""
    rnd = Random(seed)  # noqa: S311 - a repeatable world, no secret
    goods = [a_product(db, variety="Cam Vàng"), a_product(db, name="Mật ong bạc hà")]
    goods.append(a_product(db, name="Đêm nghỉ", counts_for_tonnage=False))
    days = [date(2020, 11, 9), *(date(2021, 10, 5) + timedelta(days=20 * n) for n in range(4))]
    classes = [a_closed_class(db, on=day, host=rnd.choice(("voso", "sendo"))) for day in days]
    classes.append(a_closed_class(db, attendance_closed_at=None))
    homes = [a_household(db, commune=rnd.choice(COMMUNES), consents=()) for _ in range(14)]
    for home in homes:
        for training in rnd.sample(classes, rnd.choice((0, 1, 1, 2, 3))):
            came(db, training, home)
    for _ in range(60):
        an_entry(
            db,
            product=rnd.choice(goods),
            household=rnd.choice([None, *homes]),
            grams=rnd.randint(-3_333, 40_001),
            day=date(2021, 8, 1) + timedelta(days=rnd.randint(0, 330)),
            kind=rnd.choice(list(TonnageKind)),
            channel=rnd.choice(list(Channel)),
        )


@pytest.mark.parametrize("seed", range(8))
def test_classes_others_never_trained_and_nobody_make_the_season_to_the_gram(db: Session, seed: int) -> None:
    a_world(db, seed)
    tonnage = tonnage_report(db, Asked(SEASON), now=NOW).total

    for asked in ({}, {"host": "voso"}, {"commune_id": -1}):
        chain = chain_of(db, **asked)
        table = ClassTable(chain)
        credited = [table.raw(("class", one.id), Measure.CREDITED).value for one in chain.classes]
        rest = sum(item[2] for item in chain.others.items(Measure.CREDITED))
        never = sum(item[2] for item in chain.never.items(Measure.SEASON))

        assert sum(credited) == table.raw(ALL, Measure.CREDITED).value
        assert sum(credited) + rest + never + chain.unattributed == tonnage.headline_grams
        assert chain.season_grams == tonnage.headline_grams
        assert chain.unattributed == tonnage.unattributed_grams


@pytest.mark.parametrize("seed", range(4))
def test_every_group_adds_up_to_all_and_other_channels_stay_apart(db: Session, seed: int) -> None:
    a_world(db, seed)
    tonnage = tonnage_report(db, Asked(SEASON), now=NOW).total
    outside = sum(amount.grams for channel, amount in tonnage.by_channel.items() if channel not in HEADLINE)
    chain = chain_of(db)

    for group in Group:
        table = GroupTable(ClassTable(chain), group)
        for people in (chain.trained, chain.never):
            for measure in (Measure.SHOP, Measure.SOLD, Measure.SEASON, Measure.ELSEWHERE):
                grouped = table._figures(people, measure).values()
                assert sum(one.value for one in grouped) == sum(item[2] for item in people.items(measure))
    elsewhere = sum(
        item[2] for people in (chain.trained, chain.never) for item in people.items(Measure.ELSEWHERE)
    )
    before = sum(sales.elsewhere for who, sales in chain.facts.sales.items() if who in chain.firsts)
    known = elsewhere - sum(item[2] for item in chain.trained.items(Measure.ELSEWHERE)) + before
    assert known + chain.facts.sales.get(None, Sales()).elsewhere == outside


# --- what is hidden
# ------------------------------------------------------------------------------------------------------------

MAPS = (("1", "8"), ("2", "8"), ("3", "9"), ("3", None))  #: communes then and today; one was split


@st.composite
def worlds(draw: st.DrawFn) -> Chain:
    """Facts without a database: few classes, so that most cells are small."""
    days = draw(st.lists(st.sampled_from([0, 7, 14]), min_size=1, max_size=3))
    classes = tuple(
        ClassFact(n, f"LH-{n}", day, day, 1 + n % 2, f"Khóa {n % 2}", 1, "Xã", "voso")
        for n, day in enumerate(sorted(date(2021, 11, 1) + timedelta(days=d) for d in days))
    )
    lists: dict[tuple[int, Step], set[int]] = {}
    steps: dict[tuple[int, Step], set[int]] = {}
    people: dict[int, PersonFact] = {}
    homes: dict[int, HouseholdFact] = {}
    sales: dict[int | None, Sales] = {None: Sales(77_000)}
    for who in range(1, draw(st.integers(1, 36)) + 1):
        then, now = draw(st.sampled_from(MAPS))
        homes[who] = HouseholdFact(
            (int(then), then),
            (int(now), now) if now else None,
            None,
            None,
            draw(st.sampled_from(["02", None])),
            True,
        )
        people[who] = PersonFact(who, None, None)
        for one in draw(st.sets(st.sampled_from(classes), max_size=2)):
            for step in (Step.INVITED, Step.ATTENDED):
                lists.setdefault((one.id, step), set()).add(who)
                steps.setdefault((one.id, step), set()).add(who)
        if draw(st.booleans()):
            sales[who] = Sales(draw(st.integers(1, 9)) * 1_000, 0, date(2021, 12, 1))
    facts = Facts(classes, steps, lists, people, homes, {}, {}, sales, {})
    return Chain(ChainAsked(SEASON), facts, NOW)


Vector = dict[Any, Fraction]


class Solver:
    """Everything that is shown, as equations over the smallest pieces; exact, by elimination."""

    def __init__(self) -> None:
        self._rows: dict[Any, Vector] = {}

    def know(self, pieces: Iterable[Any]) -> None:
        rest = self._reduced(pieces)
        if rest:
            pivot = min(rest, key=repr)
            self._rows[pivot] = {key: value / rest[pivot] for key, value in rest.items()}

    def tells(self, pieces: Iterable[Any]) -> bool:
        """Is this sum determined by what is known?"""
        return not self._reduced(pieces)

    def _reduced(self, pieces: Iterable[Any]) -> Vector:
        rest = dict.fromkeys(pieces, Fraction(1))
        while found := [pivot for pivot in sorted(rest, key=repr) if pivot in self._rows]:
            factor = rest[found[0]]
            for key, value in self._rows[found[0]].items():
                rest[key] = rest.get(key, Fraction(0)) - factor * value
            rest = {key: value for key, value in rest.items() if value}
        return rest


def pieces_of(chain: Chain, **wanted: object) -> list[tuple[int, str, str]]:
    """Class by commune of then by commune of today: of these every table is a sum."""
    return [
        (one.id, then, now or "unknown")
        for one in chain.classes
        for then, now in MAPS
        if wanted.get("one", one.id) == one.id
        and wanted.get("course", one.course_id) == one.course_id
        and wanted.get("then", then) == then
        and wanted.get("now", now or "unknown") == (now or "unknown")
    ]


def piece_of(chain: Chain, household_id: int) -> tuple[int, str, str]:
    home = chain.facts.households[household_id]
    today = home.now[1] if home.now else "unknown"
    return (chain.trained.first[household_id].id, home.then[1], today)


@given(worlds(), st.sampled_from([Measure.ATTENDED, Measure.SOLD, Measure.SEASON]))
@settings(deadline=None, max_examples=120)
def test_no_hidden_figure_follows_from_classes_groups_and_both_maps(chain: Chain, measure: Measure) -> None:
    """As an outsider would try it: each household with its first class, so that all sums hold."""
    classes = ClassTable(chain)
    then, now = GroupTable(classes, Group.COMMUNE_THEN), GroupTable(classes, Group.COMMUNE_NOW)
    cross = then.cross(measure)
    figures: list[tuple[list[Any], int | None, int]] = []
    raw = chain.trained.items(measure)

    def add(shown: int | None, **wanted: object) -> None:
        mine = pieces_of(chain, **wanted)
        households = [
            who
            for who, _, _ in raw
            if any(
                (chain.trained.first[who].id, str(home.then[0]), str(home.now[0]) if home.now else "unknown")
                == p
                for p in mine
                for home in [chain.facts.households[who]]
            )
        ]
        figures.append((mine, shown, len(households)))

    add(classes.all.figures[measure])
    for row in cross.rows:
        one = row.one.id if row.one else None
        add(row.sum, one=one)
        for key, shown in row.cells.items():
            add(shown, one=one, then=key)
    for id_ in classes.courses:
        hidden = ("course", id_) in classes.hidden(measure, credited=True)
        add(None if hidden else 0, course=id_)
    for row_ in then.trained():
        add(row_.figures[measure], then=row_.key)
    for row_ in now.trained():
        add(row_.figures[measure], now=row_.key)
    solver = Solver()
    for mine, shown, _ in figures:
        if shown is not None:
            solver.know(mine)

    for mine, shown, households in figures:
        if 0 < households < 5:
            assert shown is None
        if shown is None:
            assert not solver.tells(mine)


@given(worlds())
@settings(deadline=None, max_examples=80)
def test_no_hidden_kilograms_follow_from_the_seasons_sum(chain: Chain) -> None:
    """Classes, courses, households never trained and lines of nobody, beside the tonnage other pages show."""
    table = ClassTable(chain)
    ids = [one.id for one in chain.classes]
    figures: list[tuple[list[Any], int | None]] = [([*ids, "never", "nobody"], 0)]
    figures.append((["nobody"], table.nobody.figures[Measure.SEASON]))
    figures.append((["never"], table.never.figures[Measure.SEASON]))
    figures.append((list(ids), table.all.figures[Measure.CREDITED]))
    figures += [
        ([one.id], 0) for one in chain.classes if not table.raw(("class", one.id), Measure.ATTENDED).value
    ]  # everybody sees that nobody came
    figures += [([row.one.id if row.one else 0], row.figures[Measure.CREDITED]) for row in table.classes]
    for row in table.course_rows:
        held = [one.id for one in table.courses[row.key[1]]]  # type: ignore[index]  # ("course", id)
        figures.append((list(held), row.figures[Measure.CREDITED]))
    solver = Solver()
    for mine, shown in figures:
        if shown is not None:
            solver.know(mine)

    assert [mine for mine, shown in figures if shown is None and solver.tells(mine)] == []


def test_the_solver_of_these_tests_solves() -> None:
    solver = Solver()
    for known in (["a", "b"], ["b", "c"], ["c"]):
        solver.know(known)

    assert solver.tells(["a"])
    assert not solver.tells(["a", "d"])


def test_the_sex_of_heads_is_hidden_alike_in_both_tables_that_show_it(db: Session) -> None:
    a_world(db, 3)
    for number, household in enumerate(db.exec(select(Household)).all()):
        head_of(db, household).sex = (Sex.MALE, Sex.MALE, Sex.FEMALE, None)[number % 4]
    db.flush()
    classes = ClassTable(chain_of(db))

    def shown(group: Group) -> dict[Any, int | None]:
        return {row.key: row.figures[Measure.ATTENDED] for row in GroupTable(classes, group).trained()}

    assert shown(Group.SEX) == shown(Group.FEMALE_HEAD)
    assert None in shown(Group.SEX).values()
