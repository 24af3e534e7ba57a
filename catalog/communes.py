"""Find the commune somebody means: by old or new name or code, with or without marks, on a day (R-A5)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from catalog.models import AdminChange, AdminUnit, Level
from catalog.places import BEGINNING, KINDS, bare, follow
from marketplace.core.errors import Refused
from marketplace.core.i18n import N_
from marketplace.core.text import clean, fold, sort_key

MOST_SHOWN = 20


class UnknownCommune(Refused):
    sentence = N_("Không có xã, phường nào tên “%(typed)s”. Hãy xem lại tên xã, hoặc gõ tên cũ của xã.")
    status = 422
    field = "commune_id"


class AmbiguousCommune(Refused):
    """The name fits several communes; `places` are the candidates. Never guessed."""

    sentence = N_("“%(typed)s” có thể là: %(candidates)s. Hãy ghi thêm huyện, hoặc ghi tên xã hiện nay.")
    status = 422
    field = "commune_id"

    def __init__(self, typed: str, places: "Sequence[Place]") -> None:
        self.places = list(places)
        super().__init__(typed=typed[:60], candidates="; ".join(place.label for place in places))


@dataclass(frozen=True, slots=True)
class Place:
    """One commune of one vintage."""

    id: int
    code: str
    name: str
    name_fold: str
    parent: str  #: district until the reform, province since
    valid_from: date
    valid_to: date | None

    @property
    def words(self) -> str:
        """Xã Vĩnh Hảo, huyện Bắc Quang."""
        return f"{self.name}, {self.parent[:1].lower()}{self.parent[1:]}" if self.parent else self.name

    @property
    def label(self) -> str:
        """Xã Vĩnh Hảo, huyện Bắc Quang (đến 30/6/2025): for a choice among units of several vintages."""
        words = self.words
        if self.valid_to:
            return f"{words} (đến {_day(self.valid_to)})"
        return words if self.valid_from <= BEGINNING else f"{words} (từ {_day(self.valid_from)})"

    def valid_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class Communes:
    """Every commune of every vintage, in memory: some hundred rows for a province."""

    def __init__(self, places: Iterable[Place], changes: Iterable[tuple[int, int]]) -> None:
        self.by_id = {place.id: place for place in places}
        self._by_name: dict[str, list[Place]] = {}
        self._by_code: dict[str, list[Place]] = {}
        self._districts: dict[int, set[str]] = {}
        self._successors: dict[int, list[int]] = {}
        for place in self.by_id.values():
            self._by_name.setdefault(place.name_fold, []).append(place)
            self._by_code.setdefault(place.code, []).append(place)
            self._districts[place.id] = {bare(place.parent)}
        for old, new in changes:
            if old in self.by_id and new in self.by_id:
                self._successors.setdefault(old, []).append(new)
                self._districts[new] |= self._districts[old]

    def current(self, unit_id: int) -> int | None:
        """The unit that this one is today; None when it was split."""
        return follow(unit_id, self._successors)

    def successors(self, unit_id: int) -> list[Place]:
        """The units it became; empty while it lasts."""
        return [self.by_id[new] for new in self._successors.get(unit_id, [])]

    def predecessors(self, unit_id: int) -> list[Place]:
        """The units it was made of."""
        return [self.by_id[old] for old, after in self._successors.items() if unit_id in after]

    def search(self, typed: str, *, on: date | None = None, limit: int = MOST_SHOWN) -> list[Place]:
        """Communes whose name holds `typed`, or whose code it is; right marks first, then whole names.

        With `on`, units of that day come before others, and a code means only the unit that had it that day.
        """
        asked = clean(typed)
        if asked.isdigit():
            coded = self._by_code.get(asked.zfill(5), [])
            return [place for place in coded if on is None or place.valid_on(on)]
        key = bare(asked)
        if not key:
            return []
        hits = [place for name, places in self._by_name.items() if key in name for place in places]

        def rank(place: Place) -> tuple[bool, bool, bool, str]:
            another_day = on is not None and not place.valid_on(on)
            return not _same_marks(asked, place), place.name_fold != key, another_day, place.name_fold

        return sorted(hits, key=rank)[:limit]

    def resolve(self, typed: str, *, on: date, district: str = "") -> Place:
        """The one commune meant on a day; refuses what is unknown, and never guesses between several.

        An old name with one successor stays the old unit, as the paper says (R-52). An old name that was
        split, or that two communes had, is refused with the candidates, unless the district (also after a
        comma) tells which old unit it is.
        """
        name, _, after = clean(typed).partition(",")
        district = clean(district) or after.split(",")[0].strip()
        if name.isdigit():
            found = self.search(name, on=on)
        else:
            found = self._in_district(self._named(name), district)
        if not found:
            raise UnknownCommune(typed=clean(typed)[:60])
        candidates = found if len(found) == 1 and district else self._meant(found, on)
        if len(candidates) > 1:
            raise AmbiguousCommune(clean(typed), candidates)
        return candidates[0]

    def _named(self, name: str) -> list[Place]:
        """Same marks if any has them, and the kind (xã, phường, thị trấn) if it was written."""
        found = self._by_name.get(bare(name), [])
        found = [place for place in found if _same_marks(name, place)] or found
        if fold(name).startswith(KINDS):
            found = [place for place in found if fold(place.name) == fold(name)] or found
        return found

    def _in_district(self, found: list[Place], district: str) -> list[Place]:
        if not district:
            return found
        inside = [place for place in found if bare(district) in self._districts[place.id]]
        own = [place for place in inside if bare(place.parent) == bare(district)]
        return own or inside

    def _meant(self, found: list[Place], on: date) -> list[Place]:
        """Of the units with the name those of the day; where others of the name went if that is not plain."""
        valid = [place for place in found if place.valid_on(on)]
        past = [place for place in found if place.valid_to is not None and place.valid_to < on]
        unclear = (len(past) > 1 and not valid) or any(self.current(place.id) is None for place in past)
        if unclear:
            now = [successor for place in past for successor in self.successors(place.id)]
            return list(dict.fromkeys(valid + now))
        if valid:
            return valid
        return past or [old for place in found for old in self.predecessors(place.id)]


_known: dict[tuple[object, ...], Communes] = {}  #: the latest of each database, by what `_vintage` says


def read_communes(db: Session) -> Communes:
    """All of them. Read anew only after units were added or closed, the two ways in which they change."""
    place = str(db.get_bind().engine.url)
    vintage = (place, *_vintage(db))
    if vintage not in _known:
        communes = _read(db)
        for before in [one for one in _known if one[0] == place]:
            _known.pop(before, None)
        _known[vintage] = communes
        return communes
    return _known[vintage]


def _vintage(db: Session) -> Sequence[object]:
    """What differs whenever the rows of units and of their changes do; one statement."""
    newest = sa.select(col(AdminUnit.name) + col(AdminUnit.code)).order_by(col(AdminUnit.id).desc()).limit(1)
    changes = sa.select(sa.func.count()).select_from(AdminChange)
    last = sa.select(sa.func.max(col(AdminChange.id)))
    return db.execute(
        sa.select(
            sa.func.count(),
            sa.func.max(col(AdminUnit.id)),
            sa.func.count(col(AdminUnit.valid_to)),
            sa.func.max(col(AdminUnit.valid_to)),
            newest.scalar_subquery(),
            changes.scalar_subquery(),
            last.scalar_subquery(),
        ).select_from(AdminUnit)
    ).one()


def _read(db: Session) -> Communes:
    """Read them all, in two statements."""
    parent = aliased(AdminUnit)
    statement = (
        sa.select(
            col(AdminUnit.id),
            col(AdminUnit.code),
            col(AdminUnit.name),
            col(AdminUnit.name_fold),
            col(parent.name),
            col(AdminUnit.valid_from),
            col(AdminUnit.valid_to),
        )
        .join(parent, col(AdminUnit.parent_id) == parent.id, isouter=True)
        .where(col(AdminUnit.level) == Level.COMMUNE)
        .order_by(col(AdminUnit.id))
    )
    rows = db.execute(statement).all()
    places = [Place(row[0], row[1], row[2], row[3], row[4] or "", row[5], row[6]) for row in rows]
    changes = db.exec(select(AdminChange.old_id, AdminChange.new_id).order_by(col(AdminChange.id))).all()
    return Communes(places, changes)


def _same_marks(typed: str, place: Place) -> bool:
    return sort_key(typed) in (sort_key(place.name), sort_key(_without_kind(place.name)))


def _without_kind(name: str) -> str:
    """Vĩnh Hảo of "Xã Vĩnh Hảo"."""
    words = next((len(kind.split()) for kind in KINDS if fold(name).startswith(kind)), 0)
    return " ".join(name.split()[words:])


def _day(day: date) -> str:
    return f"{day.day}/{day.month}/{day.year}"
