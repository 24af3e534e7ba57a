"""Counting sales by the definitions of domain.md §11: net weight, when delivered, on the local day, returns
when returned.

Every counted movement is one append-only `TonnageEntry` with a key made of what it counts, so that the same
event told by
a push, a pull and a settlement file is counted once.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from catalog.models import HarvestLot
from marketplace.core.db import insert_new
from marketplace.core.units import local_day
from marketplace.selling.allocation import share
from marketplace.selling.models import (
    Allocation,
    Channel,
    Evidence,
    Order,
    OrderLine,
    OutsideSale,
    TonnageEntry,
    TonnageKind,
)


@dataclass(frozen=True)
class Portion:
    """Goods of one lot: whose they are, where they grew, how much."""

    key: str
    product_id: int
    household_id: int | None
    commune_id: int | None
    grams: int

    def whose(self) -> dict[str, int | None]:
        """The columns of an entry that say what it is and whose."""
        return {
            "product_id": self.product_id,
            "household_id": self.household_id,
            "commune_id": self.commune_id,
        }


def count_delivery(db: Session, order: Order, line: OrderLine, *, at: datetime) -> None:
    """Count a delivered line: its net weight and its value, shared over the lots it came from."""
    portions = portions_of(db, line)
    values = share(line.packs * line.price_vnd, [portion.grams for portion in portions])
    for portion, value in zip(portions, values, strict=True):
        entry = _Entry(TonnageKind.SOLD, f"sold:{portion.key}", portion.grams, value)
        _count(db, entry, portion, at, order=order, line=line)


def count_return(
    db: Session, order: Order, line: OrderLine, *, packs: int, already: int, at: datetime
) -> None:
    """Count `packs` of a line as come back, in the period of the return; `already` came back before them."""
    portions = portions_of(db, line)
    values = share(line.packs * line.price_vnd, [portion.grams for portion in portions])
    for portion, value in zip(portions, values, strict=True):
        grams = _between(portion.grams, line.packs, already, packs)
        money = _between(value, line.packs, already, packs)
        entry = _Entry(TonnageKind.RETURNED, f"returned:{portion.key}:{already + packs}", -grams, -money)
        _count(db, entry, portion, at, order=order, line=line)


def count_complaint(
    db: Session, order: Order, line: OrderLine, *, grams: int, refund_vnd: int, key: str, at: datetime
) -> None:
    """Count a refund without return: the weight stays sold, the value falls, what spoilt is kept apart."""
    portions = portions_of(db, line)
    weights = [portion.grams for portion in portions]
    for portion, spoilt, money in zip(
        portions, share(grams, weights), share(refund_vnd, weights), strict=True
    ):
        entry = _Entry(TonnageKind.COMPLAINT, f"complaint:{portion.key}:{key}", 0, -money, spoilt)
        _count(db, entry, portion, at, order=order, line=line)


def count_outside_sale(db: Session, sale: OutsideSale, portions: Sequence[Portion], *, at: datetime) -> None:
    """Count a sale that no marketplace order tells of, on the day it was made."""
    values = share(sale.value_vnd or 0, [portion.grams for portion in portions])
    for portion, value in zip(portions, values, strict=True):
        insert_new(
            db,
            TonnageEntry,
            ["key"],
            key=f"outside:{portion.key}",
            kind=TonnageKind.SOLD,
            at=at,
            day=sale.sold_on,
            channel=sale.channel,
            evidence=sale.evidence,
            marketplace=sale.marketplace,
            **portion.whose(),
            grams=portion.grams,
            value_vnd=value,
            outside_sale_id=sale.id,
        )


def portions_of(db: Session, line: OrderLine) -> list[Portion]:
    """The goods of a line, one portion per allocation, in a fixed order."""
    rows = db.exec(
        select(Allocation, HarvestLot)
        .join(HarvestLot, col(Allocation.lot_id) == HarvestLot.id, isouter=True)
        .where(Allocation.order_line_id == line.id)
        .order_by(col(Allocation.id))
    ).all()
    found: list[Portion] = []
    for allocation, lot in rows:
        household, commune = (lot.household_id, lot.commune_id) if lot is not None else (None, None)
        found.append(Portion(str(allocation.id), allocation.product_id, household, commune, allocation.grams))
    return found


def _between(total: int, packs: int, already: int, more: int) -> int:
    """The share of `more` packs out of `packs`; successive returns sum to the total exactly."""
    return total * (already + more) // packs - total * already // packs


@dataclass(frozen=True)
class _Entry:
    """What is counted of a portion; grams and đồng carry their sign."""

    kind: TonnageKind
    key: str
    grams: int
    value_vnd: int
    complaint_grams: int = 0


def _count(
    db: Session, entry: _Entry, portion: Portion, at: datetime, *, order: Order, line: OrderLine
) -> None:
    """Write one line of a marketplace order, once; orders of a sandbox shop are never counted."""
    if order.sandbox:
        return
    insert_new(
        db,
        TonnageEntry,
        ["key"],
        **asdict(entry),
        at=at,
        day=local_day(at),
        channel=Channel.MARKETPLACE_RETAIL,
        evidence=Evidence.A,
        marketplace=order.marketplace,
        **portion.whose(),
        order_line_id=line.id,
    )
