"""Counting sales by the definitions of domain.md §11: net weight, when delivered, on the local day, returns
when returned.

Every counted movement is one append-only `TonnageEntry` with a key made of what it counts, so that the same
event told by
a push, a pull and a settlement file is counted once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, func, select

from catalog.models import HarvestLot
from marketplace.core.db import insert_new
from marketplace.core.units import local_day
from marketplace.selling.allocation import first_part, share
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

UNDONE = ":undone"  #: how the key of a line ends that undoes the one named before it


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
    """Count what the buyer took of a delivered line: net weight and value, shared over its lots."""
    if line.taken_packs:
        _count_packs(db, order, line, TonnageKind.SOLD, (0, line.taken_packs), "sold:{}", at=at)


def count_taken_otherwise(db: Session, order: Order, line: OrderLine, *, before: int, at: datetime) -> None:
    """A delivered line was counted with `before` packs and the buyer took others: count the difference."""
    told = select(func.count()).where(
        TonnageEntry.order_line_id == line.id, TonnageEntry.kind == TonnageKind.UNTAKEN
    )
    key = f"untaken:{{}}:{db.exec(told).one()}"
    _count_packs(db, order, line, TonnageKind.UNTAKEN, (before, line.taken_packs), key, at=at)


def count_return(
    db: Session, order: Order, line: OrderLine, *, packs: int, already: int, at: datetime
) -> None:
    """Count `packs` of a line as come back, in the period of the return; `already` came back before them."""
    turn = _undone(db, line, TonnageKind.RETURNED)
    key = f"returned:{{}}:{already + packs}" + (f":{turn}" if turn else "")
    _count_packs(db, order, line, TonnageKind.RETURNED, (already + packs, already), key, at=at)


def count_undone(db: Session, entries: Iterable[TonnageEntry], *, at: datetime) -> None:
    """What was recorded by mistake is counted the other way round, on the day it was counted for."""
    for entry in entries:
        _reverse(db, entry, UNDONE, entry.kind, at=at)


def _reverse(db: Session, entry: TonnageEntry, ending: str, kind: TonnageKind, *, at: datetime) -> None:
    """Count a line the other way round, once, on its own day; its key with the ending is the new line's."""
    values = entry.model_dump(exclude={"id"})
    values |= {"key": f"{entry.key}{ending}", "kind": kind, "at": at, "grams": -entry.grams}
    values |= {"value_vnd": -entry.value_vnd, "complaint_grams": -entry.complaint_grams}
    insert_new(db, TonnageEntry, ["key"], **values)


def standing(db: Session, line: OrderLine, kind: TonnageKind) -> list[TonnageEntry]:
    """The counted lines of a kind that were not undone, oldest first."""
    counted = select(TonnageEntry).where(TonnageEntry.order_line_id == line.id, TonnageEntry.kind == kind)
    entries = db.exec(counted.order_by(col(TonnageEntry.id))).all()
    undone = {entry.key.removesuffix(UNDONE) for entry in entries if entry.key.endswith(UNDONE)}
    return [entry for entry in entries if not entry.key.endswith(UNDONE) and entry.key not in undone]


def _undone(db: Session, line: OrderLine, kind: TonnageKind) -> int:
    """How many lines of a kind were undone, so that the same may be told again under a key of its own."""
    undone = select(func.count()).where(TonnageEntry.order_line_id == line.id, TonnageEntry.kind == kind)
    return db.exec(undone.where(col(TonnageEntry.key).endswith(UNDONE))).one()


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


def count_taken_back(db: Session, sale: OutsideSale, *, at: datetime) -> None:
    """Count that a sale outside the marketplaces never was, on the day it was said to be made."""
    sold = select(TonnageEntry).where(
        TonnageEntry.outside_sale_id == sale.id, TonnageEntry.kind == TonnageKind.SOLD
    )
    for entry in db.exec(sold.order_by(col(TonnageEntry.id))).all():
        _reverse(db, entry, ":back", TonnageKind.TAKEN_BACK, at=at)


def first_packs(line: OrderLine, portions: Sequence[Portion], packs: int) -> list[tuple[int, int]]:
    """Grams and value of the first `packs` packs of a line, portion by portion: exact in all, and never less
    for more packs, so that deliveries and returns in part sum up to the gram and the đồng.
    """
    values = share(line.packs * line.price_vnd, [portion.grams for portion in portions])
    money = first_part(packs * line.price_vnd, values)
    grams: dict[str, int] = {}
    for product_id in {portion.product_id for portion in portions}:
        own = [portion for portion in portions if portion.product_id == product_id]
        some = sum(portion.grams for portion in own) * packs // line.packs
        parts = first_part(some, [portion.grams for portion in own])
        grams |= dict(zip((portion.key for portion in own), parts, strict=True))
    return [(grams[portion.key], value) for portion, value in zip(portions, money, strict=True)]


def _count_packs(
    db: Session,
    order: Order,
    line: OrderLine,
    kind: TonnageKind,
    packs: tuple[int, int],
    key: str,
    *,
    at: datetime,
) -> None:
    """Count the packs from one number to another; from the higher to the lower they count against us."""
    portions = portions_of(db, line)
    before, after = (first_packs(line, portions, number) for number in packs)
    for portion, was, now in zip(portions, before, after, strict=True):
        entry = _Entry(kind, key.format(portion.key), now[0] - was[0], now[1] - was[1])
        _count(db, entry, portion, at, order=order, line=line)


def not_taken_back() -> ColumnElement[bool]:
    """A condition on `TonnageEntry`: no line of a sale that never was."""
    never = select(OutsideSale.id).where(col(OutsideSale.taken_back_at).is_not(None))
    sale = col(TonnageEntry.outside_sale_id)
    return or_(sale.is_(None), sale.not_in(never))


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
