"""What a check works at: a fresh mock, a connector to it, and a clock nobody waits for."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from connectors.kit.conformance.checks import Failed, expect
from connectors.kit.conformance.goods import an_offer, blocking
from connectors.kit.conformance.ground import Ground
from connectors.kit.control import Impossible
from connectors.kit.protocol import (
    Attribute,
    Category,
    Connector,
    Marketplace,
    Offer,
    RemoteOrder,
    RemoteProduct,
    RemoteState,
    Schema,
    Standing,
    UnreadOrder,
)


class Bench(Ground):
    """The ground with what checks do on it, in words: offer, publish, sell, look."""

    def __init__(
        self, marketplace: Marketplace, stack: ExitStack, *, sockets: bool = False, **mock: Any
    ) -> None:
        super().__init__(marketplace, stack, sockets=sockets, **mock)
        self._schemas: dict[str, Schema] = {}
        self._usual: Offer | None = None

    # What the marketplace is asked to take

    def categories(self) -> Sequence[Category]:
        """The marketplace's tree."""
        return self.shop.categories()

    def schema(self, category: str) -> Schema:
        """A leaf with its attributes, asked once."""
        if category not in self._schemas:
            self._schemas[category] = Schema(category, tuple(self.shop.attributes(category)))
        return self._schemas[category]

    def offer(self, sku: str = "HG-CAM-1", **changes: Any) -> Offer:
        """Plain goods that the marketplace's own rules take."""
        if self._usual is None:
            self._usual = self._first_green()
        return replace(self._usual, sku=sku, **changes)

    def _first_green(self) -> Offer:
        found: list[str] = []
        for leaf in (one for one in self.categories() if one.leaf):
            offer = an_offer(self.marketplace, self.schema(leaf.id))
            found = [f"{problem.field}: {problem.code}" for problem in blocking(self.marketplace, offer)]
            if not found:
                return offer
        raise Failed(f"no leaf category takes plain goods; the last one said {found}")

    # What is done there

    def published(self, offer: Offer | str = "HG-CAM-1", **changes: Any) -> str:
        """Create, and let the moderator approve what waits; the remote id."""
        wanted = self.offer(offer, **changes) if isinstance(offer, str) else offer
        remote_id = self.shop.create(wanted)
        self.approve(wanted.sku)
        return remote_id

    def approve(self, sku: str) -> None:
        """The moderator says yes to whatever waits."""
        if self.goods(sku)["status"] == RemoteState.PENDING:
            self.control.moderate(sku, "approve")

    def settled(self, remote_id: str, ticket: str | None, sku: str) -> None:
        """Let a change that waits for an approval have it."""
        if ticket is None:
            self.approve(sku)
        elif self.shop.verdict(remote_id, ticket).standing is Standing.PENDING:
            self.control.moderate(sku, "approve")
            verdict = self.shop.verdict(remote_id, ticket)
            expect(verdict.standing is Standing.ACCEPTED, f"an approved change is told as {verdict}")

    def updated(self, remote_id: str, offer: Offer) -> None:
        """Update, and let a change that waits be approved."""
        self.settled(remote_id, self.shop.update(remote_id, offer), offer.sku)

    def withdrawn(self, remote_id: str, sku: str) -> None:
        """Withdraw, and let a change that waits be approved."""
        self.settled(remote_id, self.shop.withdraw(remote_id, sku), sku)

    def buy(self, sku: str, packs: int = 1, at: datetime | None = None) -> str:
        """A buyer orders; the order's number."""
        return str(self.control.buy(sku, packs, at)["order_no"])

    def an_order(self, sku: str = "HG-CAM-1", packs: int = 3) -> str:
        """Publish and sell; the order's number."""
        self.published(sku)
        return self.buy(sku, packs)

    def brought(self, *steps: str, packs: int = 3) -> str:
        """An order taken through these steps; its number."""
        order_no = self.an_order(packs=packs)
        for step in steps:
            self.clock.seconds += 60
            self.control.advance(order_no, step)
        return order_no

    def can_be_bought(self, sku: str) -> bool:
        """Whether a buyer gets one."""
        try:
            self.control.buy(sku, 1)
        except Impossible:
            return False
        return True

    # What is there

    def rows(self, sku: str) -> list[dict[str, Any]]:
        """Products of a SKU that were not deleted."""
        products = self.state()["products"]
        return [row for row in products if row["sku"] == sku and row["status"] != RemoteState.DELETED]

    def goods(self, sku: str = "HG-CAM-1") -> dict[str, Any]:
        """The one product of a SKU."""
        rows = self.rows(sku)
        expect(len(rows) == 1, f"the marketplace has {len(rows)} products of the SKU {sku}, expected one")
        return rows[0]

    def order_row(self, order_no: str) -> dict[str, Any]:
        """One order as the mock remembers it."""
        return next(row for row in self.state()["orders"] if row["order_no"] == order_no)

    def found(self, sku: str = "HG-CAM-1") -> RemoteProduct:
        """The product as the connector reads it."""
        product = self.shop.find(sku)
        if product is None:
            raise Failed(f"the SKU {sku} is there and was not found")
        return product

    def listed(self) -> list[RemoteProduct]:
        """All products as the connector lists them."""
        return [product for page in self.shop.products() for product in page]

    def told(self, days: float = 2, shop: Connector | None = None) -> list[RemoteOrder | UnreadOrder]:
        """All orders of the last days as the connector tells them."""
        now = self.clock.now()
        pages = (shop or self.shop).orders(now - timedelta(days=days), now + timedelta(minutes=1))
        return [order for page in pages for order in page]

    def told_once(self, order_no: str, days: float = 2) -> RemoteOrder:
        """One order among those told."""
        orders = [order for order in self.told(days) if order.order_no == order_no]
        expect(orders, f"order {order_no} was not told")
        for order in orders:
            if isinstance(order, UnreadOrder):
                raise Failed(f"order {order_no} could not be read: {order.code}")
        last = orders[-1]
        if not isinstance(last, RemoteOrder):
            raise Failed(f"order {order_no} could not be read")
        return last

    def creating(self) -> str:
        """The call that creates, learnt with goods of its own."""
        return self.writer(lambda: self.shop.create(self.offer("HG-HOC-1")))

    def required(self) -> tuple[Category, Attribute] | None:
        """A leaf and an attribute it must have; None when nothing is required anywhere."""
        for leaf in (one for one in self.categories() if one.leaf):
            for attribute in self.schema(leaf.id).attributes:
                if attribute.required:
                    return leaf, attribute
        return None


@contextmanager
def opened(marketplace: Marketplace, *, sockets: bool = False, **mock: Any) -> Iterator[Bench]:
    """A fresh bench, taken down at the end."""
    with ExitStack() as stack:
        yield Bench(marketplace, stack, sockets=sockets, **mock)
