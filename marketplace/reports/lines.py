"""The lines behind a figure: what an auditor clicks through to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, Subquery, func, select
from sqlmodel import Session, col

from catalog.models import AdminUnit, Household, Product
from marketplace.reports.dimensions import DAYS, added_up, counted, kept
from marketplace.reports.tonnage import Amount, Asked
from marketplace.selling.models import Channel, Evidence, Order, OrderLine, OutsideSale, TonnageKind


@dataclass(frozen=True)
class Line:
    """One counted movement and the order or paper that proves it. People's names stay on their own page."""

    day: date
    kind: TonnageKind
    product: str
    place: str | None
    household_id: int | None
    household_code: str | None
    channel: Channel
    evidence: Evidence
    marketplace: str | None
    grams: int
    value_vnd: int
    complaint_grams: int
    order_id: int | None
    order_no: str | None
    paper: str | None


@dataclass(frozen=True)
class LineSum:
    """All lines of a list, page or not, by channel."""

    count: int
    by_channel: Mapping[Channel, Amount]

    @property
    def grams(self) -> int:
        return sum(amount.grams for amount in self.by_channel.values())

    @property
    def complaint_grams(self) -> int:
        return sum(amount.complaint_grams for amount in self.by_channel.values())


def tonnage_lines(db: Session, asked: Asked, *, offset: int = 0, limit: int | None = None) -> list[Line]:
    """The lines asked for, newest first; the commune is the one recorded with the line."""
    lines = counted(asked.view, asked.period)
    statement = _joined(lines).where(*kept(asked.filters, lines))
    ordered = statement.order_by(lines.c.day.desc(), lines.c.id.desc()).offset(offset).limit(limit)
    return [Line(*row) for row in db.execute(ordered)]


def line_sum(db: Session, asked: Asked) -> LineSum:
    """What those lines add up to, by the same filter."""
    daily = any(by in DAYS for by in asked.filters)
    lines = added_up(asked.view, asked.period, asked.period.first, daily=daily)
    c = lines.c
    sums = (func.sum(c.lines), func.sum(c.grams), func.sum(c.value_vnd), func.sum(c.complaint_grams))
    grouped = select(c.channel, *sums).where(*kept(asked.filters, lines)).group_by(c.channel)
    rows = db.execute(grouped).all()
    amounts = {row[0]: Amount(int(row[2]), int(row[3]), int(row[4])) for row in rows}
    return LineSum(sum(int(row[1]) for row in rows), amounts)


def _joined(lines: Subquery) -> Select[Any]:
    c = lines.c
    return (
        select(
            c.day,
            c.kind,
            col(Product.name),
            col(AdminUnit.name),
            c.household_id,
            col(Household.code),
            c.channel,
            c.evidence,
            c.marketplace,
            c.grams,
            c.value_vnd,
            c.complaint_grams,
            col(Order.id),
            col(Order.order_no),
            col(OutsideSale.paper),
        )
        .select_from(lines)
        .join(Product, col(Product.id) == c.product_id)
        .outerjoin(AdminUnit, col(AdminUnit.id) == c.commune_id)
        .outerjoin(Household, col(Household.id) == c.household_id)
        .outerjoin(OrderLine, col(OrderLine.id) == c.order_line_id)
        .outerjoin(Order, col(Order.id) == OrderLine.order_id)
        .outerjoin(OutsideSale, col(OutsideSale.id) == c.outside_sale_id)
    )
