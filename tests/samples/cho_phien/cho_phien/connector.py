"""One shop on Chợ phiên: its ways, and how goods and orders look; `kit.plain.PlainShop` does the rest."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

from cho_phien.rules import LIMITS, wording
from connectors.kit import protocol as our
from connectors.kit import reading
from connectors.kit.figures import needed, needed_text
from connectors.kit.plain import PlainShop
from connectors.kit.publishing import GONE

ENDS = {
    "delivered": "delivered_at",
    "returned": "returned_at",
    "cancelled": "closed_at",
    "refused": "closed_at",
}


def to_wire(offer: our.Offer) -> dict[str, Any]:
    words = wording(offer)
    told = replace(offer, title=words.title, description=words.description, schema=None, promotion=None)
    return asdict(told)


def goods(row: Any) -> our.RemoteProduct:
    remote_id, sku, title = (needed_text(row, name) for name in ("remote_id", "sku", "title"))
    price, stock = needed(row, "price_vnd"), needed(row, "stock")
    state, why = reading.state(our.RemoteState, row["status"]), row["reason"]
    return our.RemoteProduct(remote_id, sku, title, price, stock, state, reason=why and str(why))


def order(row: Any) -> our.RemoteOrder:
    packs, price, back = (needed(row, name) for name in ("packs", "price_vnd", "returned_packs"))
    line = our.RemoteLine("1", needed_text(row, "sku"), packs, price, back)
    moments = [datetime.fromisoformat(row[name]) for name in ("placed_at", "updated_at")]
    placed, changed = (moment.astimezone(UTC) for moment in moments)
    state = reading.state(our.OrderState, row["status"])
    ended = {ENDS[state]: changed} if state in ENDS else {}
    return our.RemoteOrder(needed_text(row, "order_no"), state, (line,), placed, changed, **ended)


class ChoPhien(PlainShop):
    KEYS = ("seller", "password")
    LIMITS = LIMITS

    def categories(self) -> Sequence[our.Category]:
        return self.records(our.Category, "/categories")

    def attributes(self, category: str) -> Sequence[our.Attribute]:
        return self.records(our.Attribute, "/attributes", category=category)

    def find(self, sku: str) -> our.RemoteProduct | None:
        found = reading.rows(self.ask("/find", sku=sku))
        return reading.read(goods, found[0]) if found else None

    def create(self, offer: our.Offer) -> str:
        return reading.read(goods, self.tell("POST", "/goods", to_wire(offer)), safe=False).remote_id

    def update(self, remote_id: str, offer: our.Offer) -> None:
        self.tell("PUT", "/goods", {"remote_id": remote_id, **to_wire(offer)})

    def withdraw(self, remote_id: str, sku: str) -> None:  # noqa: ARG002 - the number is enough
        self.tell("POST", "/withdraw", {"remote_id": remote_id}, fine=GONE)

    def set_price_and_stock(self, rows: Sequence[our.PriceAndStock]) -> Sequence[our.RowResult]:
        return self.stock("/stock", rows)

    def products(self) -> Iterator[Sequence[our.RemoteProduct]]:
        return (reading.readable(goods, page) for page in self.pages("/goods", "remote_id"))

    def orders(
        self, since: datetime, until: datetime
    ) -> Iterator[Sequence[our.RemoteOrder | our.UnreadOrder]]:
        pages = self.pages("/orders", "order_no", since=since.isoformat(), until=until.isoformat())
        return (reading.orders(order, page, "order_no") for page in pages)

    def order(self, order_no: str) -> our.RemoteOrder:
        return reading.read(order, self.ask("/order", order_no=order_no))

    def confirm(self, order_no: str) -> None:
        self.tell("POST", "/confirm", {"order_no": order_no})

    def cancel_reasons(self) -> Sequence[our.CancelReason]:
        return self.records(our.CancelReason, "/reasons")

    def cancel(self, order_no: str, reason: str) -> None:
        self.tell("POST", "/cancel", {"order_no": order_no, "reason": reason})
