"""Sold kilograms (domain.md §11): one statement per report, every figure a sum of `TonnageEntry` lines.

Figures are grams and are rounded once, when shown; rounded rows need not add up to the rounded sum (R-A1).
Channels are never added silently: “sold on marketplaces” is retail and bulk, everything else stands apart.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, func, literal, null, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from catalog.models import AdminUnit, Household, Product
from marketplace.reports.dimensions import (
    DAYS,
    NONE,
    ORANGES,
    OTHER,
    SPLIT,
    By,
    Filters,
    View,
    added_up,
    kept,
    key_of,
    label_of,
    token,
)
from marketplace.reports.models import Target
from marketplace.reports.periods import Period
from marketplace.selling.models import HEADLINE, Channel, Evidence


@dataclass(frozen=True)
class Amount:
    """Net grams, đồng, and the grams that buyers complained about without sending them back."""

    grams: int = 0
    value_vnd: int = 0
    complaint_grams: int = 0

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(
            self.grams + other.grams,
            self.value_vnd + other.value_vnd,
            self.complaint_grams + other.complaint_grams,
        )


@dataclass(frozen=True)
class Cell:
    """The finest sum a report reads; rows and totals are rolled up from these."""

    key: str
    label: str
    product_id: int
    product: str
    variety: str | None
    channel: Channel
    evidence: Evidence
    attributed: bool  #: to a household
    amount: Amount
    season_grams: int  #: from the start of the season to the last day of the period (luỹ kế)

    @property
    def place(self) -> tuple[str, int, Channel, Evidence, bool]:
        """What it is the sum of; no two cells of a report have the same."""
        return (self.key, self.product_id, self.channel, self.evidence, self.attributed)


@dataclass(frozen=True)
class TonnageRow:
    """Some cells added up, by channel."""

    key: str
    label: str
    by_channel: Mapping[Channel, Amount]
    season_grams: int  #: sold on marketplaces since the season began
    unattributed_grams: int  #: sold on marketplaces, from no known household

    @property
    def retail_grams(self) -> int:
        return self.by_channel[Channel.MARKETPLACE_RETAIL].grams

    @property
    def bulk_grams(self) -> int:
        return self.by_channel[Channel.MARKETPLACE_BULK].grams

    @property
    def headline_grams(self) -> int:
        """Sold on marketplaces: retail and bulk, to be shown with both parts."""
        return sum(self.by_channel[channel].grams for channel in HEADLINE)

    @property
    def outside(self) -> list[tuple[Channel, Amount]]:
        """What was sold elsewhere, channel by channel."""
        return [(channel, amount) for channel, amount in self.by_channel.items() if channel not in HEADLINE]

    @property
    def complaint_grams(self) -> int:
        return sum(amount.complaint_grams for amount in self.by_channel.values())


@dataclass(frozen=True)
class Asked:
    """What a report is asked for; kept with it so that it can be made again."""

    period: Period
    by: By = By.COMMUNE
    view: View = View.THEN
    filters: Filters = field(default_factory=dict)
    season_start: date | None = None

    def facts(self) -> dict[str, Any]:
        """These parameters for a file's head and the hash."""
        return {
            "from": self.period.first.isoformat(),
            "to": self.period.last.isoformat(),
            "by": self.by.value,
            "view": self.view.value,
            "season_start": self.season_start.isoformat() if self.season_start else None,
            "filters": {by.value: text for by, text in sorted(self.filters.items())},
        }


@dataclass(frozen=True)
class Report:
    """The cells of one reading, and the ways to add them up."""

    asked: Asked
    data_as_of: datetime
    cells: tuple[Cell, ...]

    @cached_property
    def rows(self) -> list[TonnageRow]:
        return self.rows_of(self.cells)

    @cached_property
    def oranges(self) -> tuple[Cell, ...]:
        return tuple(cell for cell in self.cells if cell.variety is not None)

    @cached_property
    def total(self) -> TonnageRow:
        return total(self.cells)

    def of_goods(self, goods: str | None) -> tuple[Cell, ...]:
        """The cells of oranges, of other goods, or all of them."""
        if goods == ORANGES:
            return self.oranges
        return tuple(cell for cell in self.cells if goods != OTHER or cell.variety is None)

    def towards(self, target: Target) -> int:
        """Grams sold on marketplaces since the season began that count towards a target."""
        return sum(
            cell.season_grams
            for cell in self.cells
            if cell.channel in HEADLINE
            and target.product_id in (None, cell.product_id)
            and cell.evidence.value in target.evidence
        )

    def rows_of(self, cells: Iterable[Cell]) -> list[TonnageRow]:
        """The rows of the dimension asked for; days in order, the rest by weight, what has no place last."""
        rows = _rolled(cells, lambda cell: (cell.key, cell.label))
        if self.asked.by in DAYS:
            return sorted(rows, key=lambda row: row.key)
        return sorted(
            rows, key=lambda row: (row.key in (NONE, SPLIT), -row.headline_grams, row.label, row.key)
        )

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the parameters and what was read: one question over the same lines has one hash."""
        lines = sorted((*cell.place, *vars(cell.amount).values(), cell.season_grams) for cell in self.cells)
        text = json.dumps([self.asked.facts(), lines], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def tonnage(
    db: Session,
    *,
    period: Period,
    view: View = View.THEN,
    by: By = By.COMMUNE,
    filters: Filters | None = None,
    season_start: date | None = None,
) -> list[TonnageRow]:
    """Grams counted in the period, one row per value of `by`; a return falls in the period of the return.

    ValueError when a filter is no value of its dimension.
    """
    asked = Asked(period, by, view, filters or {}, season_start)
    return Report(asked, datetime.min.replace(tzinfo=UTC), read_cells(db, asked)).rows


def tonnage_report(db: Session, asked: Asked, *, now: datetime) -> Report:
    """The same with its totals, its hash and when it was read."""
    return Report(asked, now, read_cells(db, asked))


def total(cells: Iterable[Cell]) -> TonnageRow:
    """All of them in one row."""
    rows = _rolled(cells, lambda _cell: ("", ""))
    return rows[0] if rows else _row("", "", [])


def by_evidence(cells: Iterable[Cell]) -> dict[Evidence, Amount]:
    """What was sold on marketplaces, by how well it is proven."""
    sums = dict.fromkeys(Evidence, Amount())
    for cell in cells:
        if cell.channel in HEADLINE:
            sums[cell.evidence] += cell.amount
    return sums


def by_product(cells: Iterable[Cell]) -> list[TonnageRow]:
    """One row per product, heaviest first."""
    rows = _rolled(cells, lambda cell: (str(cell.product_id), cell.product))
    return sorted(rows, key=lambda row: (-row.headline_grams, row.label, row.key))


def read_cells(db: Session, asked: Asked) -> tuple[Cell, ...]:
    """The one statement behind a report."""
    grouped = _grouped(asked)
    name, source = _named(asked.by, grouped)
    statement = source.add_columns(
        grouped, name.label("label"), col(Product.name).label("product"), col(Product.variety)
    )
    found: dict[tuple[Any, ...], Cell] = {}
    for row in db.execute(statement.join(Product, col(Product.id) == grouped.c.product_id)):
        cell = _cell(asked.by, row)
        found[cell.place] = (
            _merged(found[cell.place], cell) if cell.place in found else cell
        )  # days of a week
    return tuple(found.values())


def _grouped(asked: Asked) -> Subquery:
    daily = any(by in DAYS for by in (asked.by, *asked.filters))
    lines = added_up(asked.view, asked.period, asked.season_start or asked.period.first, daily=daily)
    c = lines.c
    keyed = (
        select(
            key_of(asked.by, lines).label("row_key"),
            c.product_id,
            c.channel,
            c.evidence,
            c.household_id.is_(None).label("unattributed"),
            c.grams,
            c.value_vnd,
            c.complaint_grams,
            c.season_grams,
        )
        .where(*kept(asked.filters, lines))
        .subquery("keyed")
    )  # grouped one level up: PostgreSQL does not see that two expressions with parameters are the same
    k = keyed.c
    groups = (k.row_key, k.product_id, k.channel, k.evidence, k.unattributed)
    sums = [
        func.sum(column).label(column.name)
        for column in (k.grams, k.value_vnd, k.complaint_grams, k.season_grams)
    ]
    return select(*groups, *sums).group_by(*groups).subquery("grouped")


def _named(by: By, grouped: Subquery) -> tuple[ColumnElement[Any], Select[Any]]:
    """Where the name of a row is found, when it is not known from its key."""
    source: Select[Any] = select().select_from(grouped)
    unit: Any = aliased(AdminUnit)
    above: Any = aliased(AdminUnit)
    code: Any = Household.code
    product: Any = Product.name
    if by in (By.COMMUNE, By.DISTRICT):
        name = unit.name + func.coalesce(literal(" · ") + above.name, "") if by is By.COMMUNE else unit.name
        joined = source.outerjoin(unit, unit.id == grouped.c.row_key)
        return name, joined.outerjoin(above, above.id == unit.parent_id)
    if by is By.HOUSEHOLD:
        return code, source.outerjoin(Household, col(Household.id) == grouped.c.row_key)
    if by is By.PRODUCT:
        return product, source
    return null(), source


def _cell(by: By, row: Any) -> Cell:
    key = token(by, row.row_key)
    amount = Amount(int(row.grams), int(row.value_vnd), int(row.complaint_grams))
    label = row.label if row.label and key not in (NONE, SPLIT) else label_of(by, key)
    return Cell(
        key, label, row.product_id, row.product, row.variety, row.channel, row.evidence,
        not row.unattributed, amount, int(row.season_grams),
    )  # fmt: skip


def _merged(one: Cell, other: Cell) -> Cell:
    return Cell(
        **{
            **vars(one),
            "amount": one.amount + other.amount,
            "season_grams": one.season_grams + other.season_grams,
        }
    )


def _rolled(cells: Iterable[Cell], key: Callable[[Cell], tuple[str, str]]) -> list[TonnageRow]:
    groups: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells:
        groups.setdefault(key(cell), []).append(cell)
    return [_row(*name, group) for name, group in groups.items()]


_NOWHERE: Mapping[Channel, Amount] = MappingProxyType(dict.fromkeys(Channel, Amount()))


def _row(key: str, label: str, cells: list[Cell]) -> TonnageRow:
    # Plain sums: a report by household rolls up ten thousand cells.
    sums: dict[Channel, list[int]] = {}
    season = unattributed = 0
    for cell in cells:
        part, amount = sums.setdefault(cell.channel, [0, 0, 0]), cell.amount
        part[0] += amount.grams
        part[1] += amount.value_vnd
        part[2] += amount.complaint_grams
        if cell.channel in HEADLINE:
            season += cell.season_grams
            unattributed += 0 if cell.attributed else amount.grams
    by_channel = {**_NOWHERE, **{channel: Amount(*parts) for channel, parts in sums.items()}}
    return TonnageRow(key, label, by_channel, season_grams=season, unattributed_grams=unattributed)
