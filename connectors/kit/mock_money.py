"""What a mock marketplace pays its shop: entries as money moves, and statements over local days."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from connectors.kit.mock_goods import VIETNAM, Impossible, MockOrder
from connectors.kit.protocol import OrderState
from connectors.kit.statements import Amount, Row, Statement


@dataclass(frozen=True)
class Tariff:
    """What is kept: parts of ten thousand of what goods cost less the seller's voucher, or đồng."""

    fee: int = 0
    payment_fee: int = 0  #: not given back with a refund
    vat: int = 0
    pit: int = 0
    shipping_vnd: int = 0  #: the seller's part, for an order that was delivered
    unsold_vnd: int = 0  #: freight of a refused order there and back
    fine_vnd: int = 0  #: for an order that its shop cancelled
    #: Every so many orders have a voucher of the seller's, in parts of ten thousand; or of the marketplace's
    seller_voucher: tuple[int, int] = (0, 0)
    marketplace_voucher: tuple[int, int] = (0, 0)


@dataclass
class _Paid:
    """What an order was paid so far; packs tell how much of it came back already."""

    packs: int
    amounts: dict[Amount, int]
    refunds: int = 0
    refunded_vnd: int = 0


#: Given back in proportion when goods come back.
_UNDONE = (Amount.SELLER_VOUCHER, Amount.FEE, Amount.VAT, Amount.PIT)


class Money:
    """Every entry a shop's account ever had, in the order they were made."""

    def __init__(self, tariff: Tariff) -> None:
        self.tariff = tariff
        self.rows: list[Row] = []
        self._paid: dict[str, _Paid] = {}

    def moved(self, order: MockOrder, returned_before: int) -> None:
        """An order was just given its status; write down what that pays or costs."""
        if order.status is OrderState.DELIVERED:
            self._delivered(order, order.delivered_packs or order.packs)
        elif order.status is OrderState.RETURNED:
            self._came_back(order, returned_before)
        elif order.status is OrderState.REFUSED:
            self._enter(
                order, "T", {Amount.UNSOLD: -self.tariff.unsold_vnd}, "Khách không nhận, phí hoàn hàng"
            )
        elif order.status is OrderState.CANCELLED and order.cancelled_by in ("seller", "system"):
            self._enter(order, "X", {Amount.UNSOLD: -self.tariff.fine_vnd}, "Người bán hủy đơn")

    def _delivered(self, order: MockOrder, packs: int) -> None:
        worth = packs * order.price_vnd
        voucher = min(self.voucher_vnd(order), worth)
        every, part = self.tariff.seller_voucher
        off = worth * part // 10_000 if every and _number(order) % every == 0 else 0
        kept = {
            Amount.FEE: self.tariff.fee,
            Amount.PAYMENT_FEE: self.tariff.payment_fee,
            Amount.VAT: self.tariff.vat,
            Amount.PIT: self.tariff.pit,
        }
        amounts = {
            Amount.GOODS: worth - voucher,
            Amount.MARKETPLACE_VOUCHER: voucher,
            Amount.SELLER_VOUCHER: -off,
            Amount.SHIPPING: -self.tariff.shipping_vnd,
            **{kind: -((worth - off) * part // 10_000) for kind, part in kept.items()},
        }
        self._paid[order.order_no] = _Paid(packs, amounts)
        self._enter(order, "G", amounts, "Giao thành công")

    def _came_back(self, order: MockOrder, before: int) -> None:
        paid = self._paid.get(order.order_no)
        if paid is None:
            return
        after = min(order.returned_packs, paid.packs)
        amounts = {
            kind: -(
                _part(paid.amounts[kind], after, paid.packs) - _part(paid.amounts[kind], before, paid.packs)
            )
            for kind in _UNDONE
        }
        amounts[Amount.REFUND] = -(after - before) * order.price_vnd
        self._enter(order, f"H{after}", amounts, f"Hoàn {after - before} gói")

    def refund(self, order: MockOrder, amount_vnd: int, at: datetime) -> Row:
        """Give a buyer money back without goods coming back; `Impossible` for more than was paid."""
        paid = self._paid.get(order.order_no)
        left = 0
        if paid is not None:
            left = (paid.packs - order.returned_packs) * order.price_vnd - paid.refunded_vnd
        if paid is None or amount_vnd > left:
            raise Impossible(f"Đơn {order.order_no} chỉ còn {left} đồng có thể hoàn.")
        paid.refunds, paid.refunded_vnd = paid.refunds + 1, paid.refunded_vnd + amount_vnd
        amounts = {Amount.REFUND: -amount_vnd, Amount.FEE: amount_vnd * self.tariff.fee // 10_000}
        return self._write(order, f"K{paid.refunds}", amounts, "Hoàn tiền khiếu nại", at)

    def adjust(self, amount_vnd: int, words: str, at: datetime) -> Row:
        """An amount that belongs to no order."""
        key = f"DC{len(self.rows) + 1:06}"
        self.rows.append(Row(key, _day(at), {Amount.ADJUSTMENT: amount_vnd}, words=words))
        return self.rows[-1]

    def voucher_vnd(self, order: MockOrder) -> int:
        """What the marketplace pays of this order in the buyer's place."""
        every, vnd = self.tariff.marketplace_voucher
        return vnd if every and _number(order) % every == 0 else 0

    def statement(self, prefix: str, first: date, last: date) -> Statement:
        """The entries of these days. Its number tells how many they are: what comes later makes another."""
        rows = tuple(row for row in self.rows if first <= row.day <= last)
        number = f"{prefix}-{first:%Y%m%d}-{last:%Y%m%d}-{len(rows)}"
        return Statement(number, first, last, sum(row.total_vnd for row in rows), rows)

    def _enter(self, order: MockOrder, step: str, amounts: dict[Amount, int], words: str) -> None:
        if any(amounts.values()):
            self._write(order, step, amounts, words, order.updated_at)

    def _write(
        self, order: MockOrder, step: str, amounts: dict[Amount, int], words: str, at: datetime
    ) -> Row:
        told = {kind: vnd for kind, vnd in amounts.items() if vnd}
        row = Row(f"{order.order_no}-{step}", _day(at), told, order.order_no, order.sku, words)
        self.rows.append(row)
        return row


def truth(statement: Statement) -> dict[str, Any]:
    """A statement as the control surface tells it: every amount by itself."""
    return {
        "number": statement.number,
        "first": statement.first.isoformat(),
        "last": statement.last.isoformat(),
        "payout_vnd": statement.payout_vnd,
        "lines": [
            {
                "key": row.key,
                "day": row.day.isoformat(),
                "order_no": row.order_no,
                "sku": row.sku,
                "kind": str(kind),
                "amount_vnd": vnd,
            }
            for row in statement.rows
            for kind, vnd in row.amounts.items()
        ],
    }


def _part(total: int, packs: int, of: int) -> int:
    """The share of `packs`; successive parts sum to the total exactly."""
    return total * packs // of


def _number(order: MockOrder) -> int:
    return int("".join(filter(str.isdigit, order.order_no)) or "0")


def _day(at: datetime) -> date:
    return at.astimezone(VIETNAM).date()
