"""Goods that came back with a courier or from a buyer: into stock, or written off, as a person decides.

Until somebody decides, the product's own default holds (`Product.returns_sellable`): fresh fruit that
travelled is not sold twice.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from catalog.lots import left_by_lot, lock_pools, post_entry, tell
from catalog.models import HarvestLot, Product, StockKind
from marketplace.core.audit import Actor, note
from marketplace.core.db import locked
from marketplace.core.errors import Refused
from marketplace.core.i18n import N_
from marketplace.core.units import kg
from marketplace.selling import counting
from marketplace.selling.models import Allocation, Order, OrderLine
from marketplace.selling.return_models import BECAUSE_LABELS, Because, GoodsBack


class SoldAgain(Refused):
    sentence = N_(
        "Lô %(lot)s chỉ còn %(left)s, ít hơn số hàng về: phần kia đã bán tiếp. "
        "Hãy ghi hao hụt số còn lại ở trang lô."
    )


class NeverCameBack(Refused):
    sentence = N_("Hàng này rốt cuộc khách đã lấy nên không còn gì để quyết định. Hãy tải lại trang.")


class FewerThanReturned(Refused):
    sentence = N_("Đã ghi %(returned)s gói trả lại, nên khách đã lấy ít nhất chừng đó. Hãy ghi số lớn hơn.")
    field = "taken"
    status = 422


class MoreThanOrdered(Refused):
    sentence = N_("Đơn chỉ có %(packs)s gói. Hãy ghi số gói khách đã lấy, nhiều nhất là chừng đó.")
    field = "taken"
    status = 422


def come_back(
    db: Session,
    actor: Actor,
    line: OrderLine,
    because: Because,
    packs: int,
    *,
    first_pack: int,
    at: datetime,
    sellable: bool | None = None,
) -> None:
    """Put `packs` of a line back into the lots they came from, one row per product.

    What cannot be sold goes out again as loss; `sellable` None: as the product's default says.
    """
    for product_id, parts in _parts_by_product(db, line, first_pack, packs).items():
        product = db.get_one(Product, product_id)
        back = GoodsBack(
            order_line_id=line.id or 0,
            product_id=product_id,
            because=because,
            first_pack=first_pack,
            packs=packs,
            grams=sum(part.grams for part in parts),
            sellable=product.returns_sellable if sellable is None else sellable,
            at=at,
            recorded_by=actor.actor_id,
            decided_at=None if sellable is None else at,
            decided_by=None if sellable is None else actor.actor_id,
        )
        db.add(back)
        db.flush()
        _post(db, actor, back, parts, StockKind.RETURN, "in", at=at)
        if not back.sellable:
            _post(db, actor, back, parts, StockKind.WRITE_OFF, "loss", at=at, out=True)


def decide(db: Session, actor: Actor, back: GoodsBack, *, sellable: bool, now: datetime) -> GoodsBack:
    """Say whether goods that came back can be sold; saying the same again only confirms it.

    Refuses to write off what was sold meanwhile.
    """
    back = locked(db, GoodsBack, back.id or 0)
    if back.undone_at is not None:
        raise NeverCameBack
    if sellable != back.sellable:
        _turn(db, actor, back, now=now)
    back.decided_at, back.decided_by, back.sellable = now, actor.actor_id, sellable
    db.add(back)
    line = db.get_one(OrderLine, back.order_line_id)
    order = db.get_one(Order, line.order_id)
    note(db, actor, "order.goods_back_decided", order, line=line.id, grams=back.grams, sellable=sellable)
    return back


def _turn(db: Session, actor: Actor, back: GoodsBack, *, now: datetime) -> None:
    """What was written off comes into stock, what was in stock is written off."""
    parts = _parts(db, back)
    if back.sellable:
        _still_there(db, parts)
    back.turns += 1
    _post(db, actor, back, parts, StockKind.WRITE_OFF, f"turn{back.turns}", at=now, out=back.sellable)
    tell(db, {part.lot.pool_id for part in parts}, now)


def deliver(db: Session, actor: Actor, order: Order, line: OrderLine, *, at: datetime) -> None:
    """Count what the buyer took of a line (domain §11.2); the rest came back with the courier."""
    counting.count_delivery(db, order, line, at=at)
    if line.taken_packs < line.packs:
        rest = line.packs - line.taken_packs
        come_back(db, actor, line, Because.UNTAKEN, rest, first_pack=line.taken_packs, at=at)


def change_taken(
    db: Session, actor: Actor, order: Order, line: OrderLine, packs: int, *, now: datetime
) -> bool:
    """Say that the buyer took other packs of a delivered line than were counted; False: as before.

    Refuses fewer than were sent back, and more than still lie in stock when the buyer took more.
    """
    if packs == line.taken_packs:
        return False
    if not 0 <= packs <= line.packs:
        raise MoreThanOrdered(packs=line.packs)
    if packs < line.returned_packs:
        raise FewerThanReturned(returned=line.returned_packs)
    decided = _untake(db, actor, line, now=now)
    before, line.delivered_packs = line.taken_packs, packs
    db.add(line)
    counting.count_taken_otherwise(db, order, line, before=before, at=order.delivered_at or now)
    if packs < line.packs:
        rest = line.packs - packs
        come_back(db, actor, line, Because.UNTAKEN, rest, first_pack=packs, at=now, sellable=decided)
    db.flush()
    return True


def _untake(db: Session, actor: Actor, line: OrderLine, *, now: datetime) -> bool | None:
    """What was told as not taken goes out again; what a person had decided about it, None: nothing."""
    decided: bool | None = None
    for back in backs_of(db, line, Because.UNTAKEN):
        go_out_again(db, actor, back, now=now)
        decided = back.sellable if back.decided_at is not None else decided
    return decided


def backs_of(db: Session, line: OrderLine, because: Because) -> list[GoodsBack]:
    """What came back of a line for one reason, oldest first, less what was undone."""
    open_ = (GoodsBack.order_line_id == line.id, GoodsBack.because == because)
    rows = select(GoodsBack).where(*open_, col(GoodsBack.undone_at).is_(None))
    return list(db.exec(rows.order_by(col(GoodsBack.id))))


def go_out_again(db: Session, actor: Actor, back: GoodsBack, *, now: datetime) -> None:
    """The goods did not come back after all: sold as before. Refuses what others have bought meanwhile."""
    parts = _parts(db, back)
    if not back.sellable:
        _post(db, actor, back, parts, StockKind.WRITE_OFF, "undone", at=now)
    _still_there(db, parts)
    _post(db, actor, back, parts, StockKind.SALE, "out", at=now, out=True)
    back.undone_at = now
    db.add(back)
    tell(db, {part.lot.pool_id for part in parts}, now)


@dataclass(frozen=True)
class _Part:
    """What came back into one lot."""

    lot: HarvestLot
    allocation_id: str
    grams: int


def _parts(db: Session, back: GoodsBack) -> list[_Part]:
    """What is behind a row, lot by lot; their pools are locked."""
    line = db.get_one(OrderLine, back.order_line_id)
    return _parts_by_product(db, line, back.first_pack, back.packs).get(back.product_id, [])


def _parts_by_product(db: Session, line: OrderLine, first_pack: int, packs: int) -> dict[int, list[_Part]]:
    """Some packs of a line by product and known lot, their pools locked, lowest id first."""
    portions = counting.portions_of(db, line)
    before, after = (counting.first_packs(line, portions, to) for to in (first_pack, first_pack + packs))
    lots = _locked_lots(db, line)
    found: dict[int, list[_Part]] = defaultdict(list)
    for portion, (was, _), (now, _) in zip(portions, before, after, strict=True):
        lot = lots.get(portion.key)
        if lot is not None and now > was:
            found[portion.product_id].append(_Part(lot, portion.key, now - was))
    return found


def _locked_lots(db: Session, line: OrderLine) -> dict[str, HarvestLot]:
    """The lot of each allocation, by the allocation's id."""
    rows = db.exec(
        select(Allocation.id, HarvestLot)
        .join(HarvestLot, col(HarvestLot.id) == Allocation.lot_id)
        .where(Allocation.order_line_id == line.id)
    ).all()
    lock_pools(db, {lot.pool_id for _, lot in rows})
    return {str(allocation_id): lot for allocation_id, lot in rows}


def _still_there(db: Session, parts: Sequence[_Part]) -> None:
    left = left_by_lot(db, {part.lot.id or 0 for part in parts})
    for part in parts:
        if left[part.lot.id or 0] < part.grams:
            raise SoldAgain(lot=part.lot.code, left=kg(left[part.lot.id or 0]))


def _post(
    db: Session,
    actor: Actor,
    back: GoodsBack,
    parts: Sequence[_Part],
    kind: StockKind,
    step: str,
    *,
    at: datetime,
    out: bool = False,
) -> None:
    """One ledger line per lot, `out` of stock or into it; `step` tells the lines of one row apart."""
    for part in parts:
        post_entry(
            db,
            lot=part.lot,
            kind=kind,
            grams=-part.grams if out else part.grams,
            key=f"back:{back.id}:{part.allocation_id}:{step}",
            at=at,
            actor=actor,
            reason=BECAUSE_LABELS[back.because],
        )
