"""Is this household registered already? A weighted score over indexed candidates, reasons in words.

Names alone never decide: two or three short syllables are shared by many. Compared are the parts of the name
(surname, middle, given), hamlet, commune old or new, birth year, phone, and the national id, which decides
alone. Members of a household count like its head: often the wife sells and the husband is written down.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from catalog.communes import Communes
from catalog.models import Household, Person, Sex
from catalog.scopes import household_in_scope
from marketplace.accounts.models import Account
from marketplace.core.i18n import N_
from marketplace.core.text import clean, fold_loose

ENOUGH = 62  #: points from which somebody should look
NAME_AT_LEAST = 0.6  #: of the name's parts; below it a shared phone or hamlet is only a neighbour
MOST_SHOWN = 5
_AT_ONCE = 500  #: values in one statement
_VILLAGE_KINDS = ("thon ", "ban ", "xom ", "khu ", "khu pho ", "to dan pho ", "to ", "lang ")
_SOUNDS = (("tr", "ch"), ("gi", "d"), ("r", "d"), ("x", "s"), ("l", "n"))  # spelt alike by many hands

SAME_ID = N_("Trùng số căn cước")
SAME_NAME = N_("Họ tên giống hệt")
ALIKE_NAME = N_("Họ tên chỉ khác dấu hoặc cách viết")
NEAR_NAME = N_("Họ tên gần giống")
SAME_VILLAGE = N_("Cùng thôn")
SAME_COMMUNE = N_("Cùng xã")
SAME_YEAR = N_("Cùng năm sinh")
NEAR_YEAR = N_("Năm sinh lệch một năm")
SAME_PHONE = N_("Cùng số điện thoại")


@dataclass(frozen=True)
class Sought:
    """Who is about to be written down."""

    name: str
    commune_id: int
    village: str
    birth_year: int | None = None
    sex: Sex | None = None
    phone: str | None = None
    national_id_lookup: str | None = None


@dataclass(frozen=True)
class Suspect:
    """A household that may be the same; outside one's communes (not `seen`) without name and code."""

    household_id: int
    seen: bool
    code: str | None
    name: str | None
    village: str
    commune: str
    points: int
    reasons: list[str] = field(default_factory=list)


def likely_duplicates(
    db: Session, actor: Account, communes: Communes, sought: Sought, *, but: int | None = None
) -> list[Suspect]:
    """Households like the one sought, anywhere in the province, most alike first; `but` is left out."""
    current = communes.current(sought.commune_id)
    rows = db.execute(_candidates(actor, sought, current))
    best = [match for match in _best(rows, communes, sought) if match.row.household_id != but]
    return [_suspect(match, communes) for match in best[:MOST_SHOWN]]


@dataclass(frozen=True)
class Match:
    """A registered person who may be the one sought; `row` has the columns of `_people`."""

    points: int
    reasons: list[str]
    same_commune: bool
    row: "sa.Row[*tuple[Any, ...]]"


class Registry:
    """The same judgement for a whole list: who may be meant is read in a few statements, compared here."""

    def __init__(self, db: Session, actor: Account, communes: Communes, sought: Sequence[Sought]) -> None:
        self._communes = communes
        self._blocks: dict[tuple[object, ...], list[sa.Row[*tuple[Any, ...]]]] = defaultdict(list)
        rows = {
            row.person_id: row for found in self._reads(sought) for row in db.execute(_people(actor, found))
        }
        for row in rows.values():
            words = row.name_loose.split() or [""]
            home = row.current_commune_id or self._home(row.commune_id)
            for block in (("name", row.name_loose), (home, "first", words[0]), (home, "last", words[-1])):
                self._blocks[block].append(row)
            if row.phone:
                self._blocks["phone", row.phone].append(row)

    def matches(self, sought: Sought) -> list[Match]:
        """The best match in each household that is like enough, most alike first."""
        loose = fold_loose(sought.name)
        words, home = loose.split() or [""], self._home(sought.commune_id)
        blocks = [("name", loose), (home, "first", words[0]), (home, "last", words[-1])]
        blocks += [("phone", sought.phone)] if sought.phone else []
        rows = {row.person_id: row for block in blocks for row in self._blocks.get(block, ())}
        return _best(rows.values(), self._communes, sought)

    def _home(self, unit_id: int) -> int:
        return self._communes.current(unit_id) or unit_id

    def _reads(self, sought: Sequence[Sought]) -> Iterator[sa.ColumnElement[bool]]:
        homes = {self._home(one.commune_id) for one in sought}
        units = [unit for unit in self._communes.by_id if self._home(unit) in homes]
        yield from (col(Household.commune_id).in_(some) for some in _some(units))
        yield from (col(Household.current_commune_id).in_(some) for some in _some(homes))
        yield from (col(Person.phone).in_(some) for some in _some({one.phone for one in sought if one.phone}))
        yield from (
            col(Person.name_loose).in_(some) for some in _some({fold_loose(one.name) for one in sought})
        )


def _some(values: Iterable[Any]) -> Iterator[list[Any]]:
    """As many at a time as a statement takes."""
    listed = sorted(values)
    return (listed[start : start + _AT_ONCE] for start in range(0, len(listed), _AT_ONCE))


def _best(rows: "Iterable[sa.Row[*tuple[Any, ...]]]", communes: Communes, sought: Sought) -> list[Match]:
    """Of each household the person most like the one sought, if like enough."""
    current = communes.current(sought.commune_id)
    best: dict[int, Match] = {}
    for row in rows:
        there = communes.current(row.commune_id)
        same_commune = row.commune_id == sought.commune_id or (there is not None and there == current)
        points, reasons = score(sought, row, same_commune=same_commune)
        known = best.get(row.household_id)
        if points >= ENOUGH and (known is None or known.points < points):
            best[row.household_id] = Match(points, reasons, same_commune, row)
    return sorted(best.values(), key=lambda match: -match.points)


def _suspect(match: Match, communes: Communes) -> Suspect:
    row = match.row
    return Suspect(
        household_id=row.household_id,
        seen=bool(row.seen),  # NULL where the commune was split and nobody has settled it
        code=row.code if row.seen else None,
        name=row.name if row.seen else None,
        village=row.village,
        commune=communes.by_id[row.commune_id].label,
        points=match.points,
        reasons=match.reasons,
    )


def score(sought: Sought, other: "sa.Row[*tuple[Any, ...]]", *, same_commune: bool) -> tuple[int, list[str]]:
    """Points (100 is certain) and the reasons for them."""
    if sought.national_id_lookup and other.national_id_lookup:
        same = sought.national_id_lookup == other.national_id_lookup
        return (100, [SAME_ID]) if same else (0, [])
    alike = name_likeness(fold_loose(sought.name).split(), other.name_loose.split())
    if alike < NAME_AT_LEAST:
        return 0, []
    points, reasons = round(alike * 50), [_name_reason(sought.name, other.name, alike)]
    for gained, reason in (
        _village(sought.village, other.village_fold),
        (10, SAME_COMMUNE) if same_commune else (-10, ""),
        _year(sought.birth_year, other.birth_year),
        (15, SAME_PHONE) if sought.phone and sought.phone == other.phone else (0, ""),
        (-20, "") if sought.sex and other.sex and sought.sex != other.sex else (0, ""),
    ):
        points += gained
        reasons += [reason] if reason else []
    return max(0, min(99, points)), reasons


def name_likeness(one: Sequence[str], other: Sequence[str]) -> float:
    """0 to 1: given name a half, surname a third, middle the rest; a missing middle costs little."""
    if not one or not other:
        return 0.0
    given = _word_likeness(one[-1], other[-1])
    surname = _word_likeness(one[0], other[0])
    middle, its_middle = one[1:-1], other[1:-1]
    if bool(middle) != bool(its_middle):
        between = 0.7
    elif not middle:
        between = 1.0
    else:
        between = sum(max(_word_likeness(a, b) for b in its_middle) for a in middle) / len(middle)
    return 0.5 * given + 0.33 * surname + 0.17 * between


def village_key(village: str) -> str:
    """Hamlets by their bare name: "Thôn Vĩnh Sơn" and "vinh son" are one."""
    folded = fold_loose(village)
    kind = next((kind for kind in _VILLAGE_KINDS if folded.startswith(kind)), "")
    return folded.removeprefix(kind)


def _candidates(actor: Account, sought: Sought, current: int | None) -> "sa.Select[*tuple[Any, ...]]":
    """Who shares the id, the phone or the whole name; and in the commune, who shares a part of the name."""
    loose = fold_loose(sought.name)
    words = loose.split() or [""]
    here = col(Household.commune_id) == sought.commune_id
    if current is not None:
        here = col(Household.current_commune_id) == current
    in_commune = (
        sa.select(col(Person.id))
        .join(Household, col(Person.household_id) == col(Household.id))
        .where(
            here,
            sa.or_(
                col(Person.name_loose).like(f"{words[0]} %"),
                col(Person.name_loose).like(f"% {words[-1]}"),
            ),
        )
    )
    blocks = [in_commune, sa.select(col(Person.id)).where(col(Person.name_loose) == loose)]
    if sought.phone:
        blocks.append(sa.select(col(Person.id)).where(col(Person.phone) == sought.phone))
    if sought.national_id_lookup:
        same_id = col(Person.national_id_lookup) == sought.national_id_lookup
        blocks.append(sa.select(col(Person.id)).where(same_id))
    return _people(actor, col(Person.id).in_(sa.union(*blocks)))


def _people(actor: Account, which: sa.ColumnElement[bool]) -> "sa.Select[*tuple[Any, ...]]":
    """What is compared of people of active households."""
    return (
        sa.select(
            col(Person.id).label("person_id"),
            col(Person.household_id),
            col(Person.name),
            col(Person.name_loose),
            col(Person.birth_year),
            col(Person.sex),
            col(Person.phone),
            col(Person.national_id_lookup),
            col(Household.code),
            col(Household.commune_id),
            col(Household.current_commune_id),
            col(Household.village),
            col(Household.village_fold),
            household_in_scope(actor).label("seen"),
        )
        .join(Household, col(Person.household_id) == col(Household.id))
        .where(which, col(Household.active).is_(True))
    )


def _name_reason(one: str, other: str, alike: float) -> str:
    if clean(one).casefold() == other.casefold():
        return SAME_NAME
    return ALIKE_NAME if alike > 0.99 else NEAR_NAME


def _village(one: str, its_fold: str) -> tuple[int, str]:
    return (15, SAME_VILLAGE) if village_key(one) == village_key(its_fold) else (-8, "")


def _year(one: int | None, other: int | None) -> tuple[int, str]:
    if one is None or other is None:
        return 0, ""
    apart = abs(one - other)
    if apart <= 1:
        return (10, NEAR_YEAR) if apart else (15, SAME_YEAR)
    return (-5, "") if apart <= 3 else (-25, "")


def _word_likeness(one: str, other: str) -> float:
    if one == other:
        return 1.0
    if _sound(one) == _sound(other):
        return 0.9
    return 0.75 if max(len(one), len(other)) >= 3 and _one_letter_apart(one, other) else 0.0


def _sound(word: str) -> str:
    for written, heard in _SOUNDS:
        if word.startswith(written):
            return heard + word.removeprefix(written)
    return word


def _one_letter_apart(one: str, other: str) -> bool:
    """One letter more, less or other."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = next(
        (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
    skip = 1 if len(one) == len(other) else 0
    return longer[start + 1 :] == shorter[start + skip :]
