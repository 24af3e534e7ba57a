"""A connector whose every call is told to the journal as one operation with its arguments."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from connectors.kit.protocol import (
    Attribute,
    CancelReason,
    Category,
    Connector,
    Hint,
    Offer,
    PriceAndStock,
    RemoteOrder,
    RemoteProduct,
    RowResult,
    ShipsItself,
    ShopStatus,
    UnreadOrder,
    Verdict,
)
from marketplace.selling.sync.journalling import Journal, cause_of_rows, offer_told, rows_told


class Watched:
    """A `kit.protocol.Connector` that does what another does; what else the other offers is offered too."""

    def __init__(self, connector: Connector, journal: Journal) -> None:
        self._connector = connector
        self._journal = journal

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connector, name)

    def open_shop(self) -> ShopStatus:
        with self._journal.operation("open_shop"):
            return self._connector.open_shop()

    def categories(self) -> Sequence[Category]:
        with self._journal.operation("categories"):
            return self._connector.categories()

    def attributes(self, category: str) -> Sequence[Attribute]:
        with self._journal.operation("attributes", category=category):
            return self._connector.attributes(category)

    def find(self, sku: str) -> RemoteProduct | None:
        with self._journal.operation("find", sku=sku):
            return self._connector.find(sku)

    def create(self, offer: Offer) -> str:
        with self._journal.operation("create", offer=offer_told(offer)):
            return self._connector.create(offer)

    def update(self, remote_id: str, offer: Offer) -> str | None:
        with self._journal.operation("update", remote_id=remote_id, offer=offer_told(offer)):
            return self._connector.update(remote_id, offer)

    def withdraw(self, remote_id: str, sku: str) -> str | None:
        with self._journal.operation("withdraw", remote_id=remote_id, sku=sku):
            return self._connector.withdraw(remote_id, sku)

    def verdict(self, remote_id: str, ticket: str) -> Verdict:
        with self._journal.operation("verdict", remote_id=remote_id, ticket=ticket):
            return self._connector.verdict(remote_id, ticket)

    def set_price_and_stock(self, rows: Sequence[PriceAndStock]) -> Sequence[RowResult]:
        with self._journal.operation("set_price_and_stock", rows=rows_told(rows)) as operation:
            results = self._connector.set_price_and_stock(rows)
            operation.cause = cause_of_rows(results)
            return results

    def products(self) -> Iterator[Sequence[RemoteProduct]]:
        return self._journal.pages("products", self._connector.products())

    def orders(self, since: datetime, until: datetime) -> Iterator[Sequence[RemoteOrder | UnreadOrder]]:
        told = {"since": since.isoformat(), "until": until.isoformat()}
        return self._journal.pages("orders", self._connector.orders(since, until), **told)

    def order(self, order_no: str) -> RemoteOrder:
        with self._journal.operation("order", order_no=order_no):
            return self._connector.order(order_no)

    def confirm(self, order_no: str) -> None:
        with self._journal.operation("confirm", order_no=order_no):
            self._connector.confirm(order_no)

    def deliver(self, order_no: str) -> None:
        with self._journal.operation("deliver", order_no=order_no):
            cast(ShipsItself, self._connector).deliver(order_no)

    def cancel_reasons(self) -> Sequence[CancelReason]:
        with self._journal.operation("cancel_reasons"):
            return self._connector.cancel_reasons()

    def cancel(self, order_no: str, reason: str) -> None:
        with self._journal.operation("cancel", order_no=order_no, reason=reason):
            self._connector.cancel(order_no, reason)

    def hint(self, headers: Mapping[str, str], body: bytes) -> Hint:
        return self._connector.hint(headers, body)
