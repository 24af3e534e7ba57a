"""The season at a glance: one statement sums every line by day and by place, from two indexes alone."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import Date, Integer, Row, String, Subquery, cast, func, null, select, union_all
from sqlmodel import Session, col

from catalog.models import AdminUnit, Product
from marketplace.core.units import iso_week_start
from marketplace.reports.periods import Period
from marketplace.selling.models import HEADLINE, Channel, Evidence, TonnageEntry

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Sold:
    """Grams sold on marketplaces, retail and bulk apart."""

    retail: int = 0
    bulk: int = 0

    def __add__(self, other: "Sold") -> "Sold":
        return Sold(self.retail + other.retail, self.bulk + other.bulk)

    @property
    def grams(self) -> int:
        return self.retail + self.bulk


@dataclass(frozen=True)
class DayCell:
    """What was sold of one product on one day, by how well it is proven."""

    product_id: int
    variety: str | None
    day: date
    evidence: Evidence
    sold: Sold


@dataclass(frozen=True)
class PlaceCell:
    """What was sold of one product from one commune, as the unit was recorded."""

    product_id: int
    variety: str | None
    commune_id: int | None
    commune: str | None
    sold: Sold


@dataclass(frozen=True)
class Overview:
    """A season's sales on marketplaces; oranges and all goods are asked for separately."""

    days: tuple[DayCell, ...]
    places: tuple[PlaceCell, ...]

    @property
    def empty(self) -> bool:
        return not self.days

    def sold(self, first: date = date.min, last: date = date.max, *, oranges: bool = True) -> Sold:
        """Between two days, both included."""
        cells = [c for c in self.days if first <= c.day <= last and (c.variety or not oranges)]
        return _summed(cells, lambda _cell: "").get("", Sold())

    def by_variety(self) -> list[tuple[str, Sold]]:
        """Orange varieties, heaviest first."""
        cells = [cell for cell in self.days if cell.variety is not None]
        return _ranked(_summed(cells, lambda cell: str(cell.variety)))

    def by_week(self) -> list[tuple[date, Sold]]:
        """Oranges by week, named by its Monday, in order."""
        cells = [cell for cell in self.days if cell.variety is not None]
        return sorted(_summed(cells, lambda cell: iso_week_start(cell.day)).items())

    def by_commune(self) -> list[tuple[tuple[int | None, str | None], Sold]]:
        """Oranges by commune, heaviest first, those of no known commune last."""
        cells = [cell for cell in self.places if cell.variety is not None]
        ranked = _ranked(_summed(cells, lambda cell: (cell.commune_id, cell.commune)))
        return sorted(ranked, key=lambda row: row[0][0] is None)

    def towards(self, product_id: int | None, evidence: str) -> int:
        """Grams that count towards a target: of one product or of all, with the evidence it demands."""
        wanted = {level for level in Evidence if level.value in evidence}
        cells = [c for c in self.days if product_id in (None, c.product_id) and c.evidence in wanted]
        return _summed(cells, lambda _cell: "").get("", Sold()).grams


def season_overview(db: Session, period: Period) -> Overview:
    """Everything sold on marketplaces in the period."""
    sums = _sums(period)
    statement = (
        select(sums, col(Product.variety), col(AdminUnit.name))
        .join(Product, col(Product.id) == sums.c.product_id)
        .outerjoin(AdminUnit, col(AdminUnit.id) == sums.c.commune_id)
        .where(col(Product.counts_for_tonnage))
    )
    days, places = [], []
    for row in db.execute(statement):
        if row.day is None:
            places.append(PlaceCell(row.product_id, row.variety, row.commune_id, row.name, _sold(row)))
        else:
            days.append(DayCell(row.product_id, row.variety, row.day, Evidence(row.evidence), _sold(row)))
    return Overview(tuple(days), tuple(places))


def _sums(period: Period) -> Subquery:
    entry = TonnageEntry.__table__  # type: ignore[attr-defined]  # every table has one
    c = entry.c
    inside, sold = c.day.between(period.first, period.last), c.channel.in_(HEADLINE)
    # Written so that SQLite cannot search the day index for places too: it would, ten times slower than
    # scanning the index that has them in order.
    day = func.coalesce(c.day, c.day)
    grams = func.sum(c.grams).label("grams")
    no_day, no_place, no_level = cast(null(), Date), cast(null(), Integer), cast(null(), String(24))
    by_day = (
        select(c.product_id, c.channel, c.day, c.evidence, no_place.label("commune_id"), grams)
        .where(inside, sold)
        .group_by(c.day, c.product_id, c.channel, c.evidence)
    )
    by_place = (
        select(c.product_id, c.channel, no_day, no_level, c.commune_id, grams)
        .where(day.between(period.first, period.last), sold)
        .group_by(c.product_id, c.channel, c.commune_id)
    )
    return union_all(by_day, by_place).subquery("sums")


def _sold(row: Row[Any]) -> Sold:
    grams = int(row.grams)
    return Sold(retail=grams) if row.channel == Channel.MARKETPLACE_RETAIL else Sold(bulk=grams)


def _summed(cells: list[Any], key: Callable[[Any], Key]) -> dict[Key, Sold]:
    """Retail and bulk by key; plain sums, for there are thousands of cells and the page is read often."""
    sums: dict[Key, list[int]] = {}
    for cell in cells:
        parts = sums.setdefault(key(cell), [0, 0])
        parts[0] += cell.sold.retail
        parts[1] += cell.sold.bulk
    return {name: Sold(*parts) for name, parts in sums.items()}


def _ranked(sums: dict[Key, Sold]) -> list[tuple[Key, Sold]]:
    return sorted(sums.items(), key=lambda item: (-item[1].grams, str(item[0])))
