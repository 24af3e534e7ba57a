"""What every mock marketplace shares: goods, orders, a clock, counted calls, violations, planned failures.

A mock subclasses `MockMarketplace` for how it speaks and keeps its own fields in `wire`; `mock_gate` puts the
failures in front of its Flask application and `mock_control` the surface under `/_mock`.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from threading import RLock
from typing import Any

from connectors.kit.faults import FaultPlan, FaultRule
from connectors.kit.mock_goods import Bucket, Impossible, MockOrder, MockProduct, stamp
from connectors.kit.mock_money import Money, Tariff
from connectors.kit.mock_push import Push, Pushes
from connectors.kit.protocol import OrderState, RemoteState
from connectors.kit.statements import Statement

LATE = "lensan.late"  #: in environ: this call's answer was lost earlier and it is applied only now
FAULT = "lensan.fault"  #: in environ: the rule that struck this call

#: What may become of an order.
NEXT: Mapping[OrderState, set[OrderState]] = {
    OrderState.NEW: {OrderState.CONFIRMED, OrderState.CANCELLED},
    OrderState.CONFIRMED: {OrderState.SHIPPED, OrderState.CANCELLED},
    OrderState.SHIPPED: {OrderState.DELIVERED, OrderState.REFUSED},
    OrderState.DELIVERED: {OrderState.RETURNED},
    OrderState.RETURNED: {OrderState.RETURNED},
    OrderState.REFUSED: set(),
    OrderState.CANCELLED: set(),
}
_WORDS = {
    OrderState.NEW: "mới",
    OrderState.CONFIRMED: "đã xác nhận",
    OrderState.SHIPPED: "đang giao",
    OrderState.DELIVERED: "đã giao",
    OrderState.REFUSED: "khách không nhận",
    OrderState.CANCELLED: "đã hủy",
    OrderState.RETURNED: "đã trả hàng",
}


class MockMarketplace:
    """The memory of one mock shop. All happens under `lock`; a subclass speaks the marketplace's words."""

    name = "mock"
    title = ""  #: what people call it; empty: the name
    #: Switches to be set at run time: name -> (usual value, values allowed; empty for any of that type).
    SETTINGS: Mapping[str, tuple[Any, tuple[Any, ...]]] = {}
    PUSH_TRIES = 0  #: how often a push that was not answered with 200 is sent again
    ORDER_FORM = "{}"  #: how a running number becomes an order number
    FIRST_ORDER = 1
    TARIFF = Tariff()  #: what it keeps of the money
    STATEMENT = ""  #: how the numbers of its settlement statements begin

    def __init__(
        self,
        *,
        credentials: Mapping[str, str],
        now: Callable[[], datetime] | None = None,
        shift_seconds: float = 0,
        rate_per_second: float | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        settings: Mapping[str, Any] | None = None,
        send: Callable[[Push], None] | None = None,
    ) -> None:
        self.lock = RLock()
        self.credentials = dict(credentials)
        self.faults = FaultPlan()
        self.pushes = Pushes(self.faults, send, tries=self.PUSH_TRIES)
        self.settings = {name: usual for name, (usual, _) in self.SETTINGS.items()}
        self.settings["rate_per_second"] = rate_per_second
        self.monotonic = monotonic
        self.bucket = Bucket(rate_per_second, monotonic)
        self._last_order = self.FIRST_ORDER - 1
        self._now = now or (lambda: datetime.now(UTC))
        self._shift = timedelta(seconds=shift_seconds)
        self._rate, self._since = 1.0, datetime.fromtimestamp(0, UTC)
        self._empty()
        self.set_up(settings or {})

    def _empty(self) -> None:
        self.products: dict[str, MockProduct] = {}
        self.by_sku: dict[str, MockProduct] = {}
        self.orders: dict[str, MockOrder] = {}
        self.calls: Counter[str] = Counter()
        self.violations: list[dict[str, Any]] = []
        self.late: list[tuple[float, dict[str, Any], bytes]] = []
        self.money = Money(self.TARIFF)

    def too_many_calls(self) -> tuple[int, dict[str, Any]]:
        """Status and body of the answer to a call above the rate limit."""
        return 429, {"message": "API rate limit exceeded"}

    def expire_token(self, environ: Mapping[str, Any]) -> None:
        """Make the token of this call an expired one."""

    def statement_file(self, statement: Statement) -> tuple[str, bytes]:  # noqa: ARG002 - mocks that hand out files use it
        """A settlement statement as this marketplace hands it out: the file's name and what is in it."""
        raise Impossible(f"{self.title or self.name} không có tệp đối soát.")

    def time_passes(self) -> None:
        """Do what the marketplace does by itself as time goes on; called before every call."""

    def product_changed(self, product: MockProduct, event: str) -> None:
        """Tell the outside: `event` is "created", "updated" or "moderated"."""

    def order_changed(self, order: MockOrder, before: MockOrder | None) -> None:
        """Keep indexes and tell the outside; `before` None means that the order is new."""

    def now(self) -> datetime:
        """The mock's time, aware UTC; the demo shifts it into its season, a rehearsal makes it run."""
        return self.unhurried() + max(timedelta(0), self._now() - self._since) * (self._rate - 1)

    def run(self, rate: float, since: datetime) -> None:
        """From the real instant `since` on the clock runs `rate` times as fast."""
        self._rate, self._since = rate, since

    def unhurried(self) -> datetime:
        """The mock's time had it never run faster: tokens live by it, since clients work in real time."""
        return self._now() + self._shift

    def violate(self, kind: str, **facts: str) -> None:
        """Write down what no honest client does."""
        self.violations.append({"kind": kind, "at": stamp(self.now()), **facts})

    def buy(self, sku: str, packs: int, at: datetime | None = None, order_no: str | None = None) -> MockOrder:
        """A buyer takes packs; `Impossible` when the goods are not on sale or too few.

        `order_no` brings back an order of an earlier run under its number; new ones are numbered after it.
        """
        product = self.goods(sku)
        if product is None:
            raise Impossible(f"Sàn không có mã hàng “{sku}”.")
        if product.status is not RemoteState.LIVE:
            raise Impossible(f"Mã hàng “{sku}” không ở trạng thái đang bán ({product.status}).")
        if self.stock_of(product, sku) < packs:
            raise Impossible(f"Mã hàng “{sku}” chỉ còn {self.stock_of(product, sku)}, không đủ {packs}.")
        number = self._order_number(order_no)
        self.take_stock(product, packs)
        at = at or self.now()
        order = MockOrder(
            order_no=number,
            product=product,
            sku=sku,
            packs=packs,
            price_vnd=self.price_of(product, sku),
            status=OrderState.NEW,
            placed_at=at,
            updated_at=at,
        )
        self.orders[order.order_no] = order
        self.order_changed(order, None)
        return order

    def _order_number(self, given: str | None) -> str:
        if given is None:
            self._last_order += 1
            return self.ORDER_FORM.format(self._last_order)
        digits = "".join(filter(str.isdigit, given))
        if given in self.orders or not digits or self.ORDER_FORM.format(int(digits)) != given:
            raise Impossible(f"Số đơn “{given}” đã có hoặc không phải số đơn của sàn này.")
        self._last_order = max(self._last_order, int(digits))
        return given

    def goods(self, sku: str) -> MockProduct | None:
        """What a buyer finds under a SKU; None when there is nothing."""
        return self.by_sku.get(sku)

    def stock_of(self, product: MockProduct, sku: str) -> int:  # noqa: ARG002 - for goods with variants
        """How many packs a buyer can take."""
        return product.stock

    def price_of(self, product: MockProduct, sku: str) -> int:  # noqa: ARG002 - as above
        """What a buyer pays for one pack today."""
        return product.price_vnd

    def take_stock(self, product: MockProduct, packs: int) -> None:
        """Lower the stock by a sale; below zero is a violation."""
        if packs > product.stock:
            self.violate("oversold", sku=product.sku, stock=str(product.stock), packs=str(packs))
        product.stock -= packs

    def advance(
        self,
        order: MockOrder,
        status: OrderState,
        at: datetime | None = None,
        packs: int | None = None,
        *,
        cancelled_by: str = "buyer",
        reason: str | None = None,
    ) -> None:
        """Move an order one step.

        `packs`: how many came back of a return, or the buyer took of a delivery; all when left out.
        """
        if status not in NEXT.get(order.status, ()):
            raise Impossible(
                f"Đơn {order.order_no} đang “{_WORDS[order.status]}”, chưa thể thành “{_WORDS[status]}”."
            )
        if at is not None and at < order.updated_at:
            raise Impossible(
                f"Đơn {order.order_no} đã đổi lúc {stamp(order.updated_at)}, không thể lùi về trước."
            )
        back = self._coming_back(order, packs) if status is OrderState.RETURNED else 0
        taken = self._taken(order, packs) if status is OrderState.DELIVERED else order.delivered_packs
        before = MockOrder(**{name: getattr(order, name) for name in MockOrder.__slots__})
        order.returned_packs += back
        order.delivered_packs = taken
        order.status = status
        order.updated_at = at or max(self.now(), order.updated_at)
        order.stamps[f"{status}_at"] = order.updated_at
        if status is OrderState.CANCELLED:
            order.cancelled_by, order.cancel_reason = cancelled_by, reason
        if status is OrderState.CANCELLED and self.settings.get("cancel_restocks"):
            order.product.stock += order.packs
        self.money.moved(order, before.returned_packs)
        self.order_changed(order, before)

    def _coming_back(self, order: MockOrder, packs: int | None) -> int:
        outside = (order.delivered_packs or order.packs) - order.returned_packs
        packs = outside if packs is None else packs
        if not 1 <= packs <= outside:
            raise Impossible(f"Đơn {order.order_no} chỉ còn {outside} gói có thể trả lại.")
        return packs

    def _taken(self, order: MockOrder, packs: int | None) -> int:
        packs = order.packs if packs is None else packs
        if not 1 <= packs <= order.packs:
            raise Impossible(f"Đơn {order.order_no} chỉ có {order.packs} gói để giao.")
        return packs

    def moderate(self, sku: str, verdict: str, reason: str | None = None) -> MockProduct:
        """The moderator decides: "approve", "reject" or "lock"."""
        product = self.by_sku.get(sku)
        if product is None:
            raise Impossible(f"Sàn không có mã hàng “{sku}”.")
        if product.status is RemoteState.DELETED:
            raise Impossible(f"Mã hàng “{sku}” đã bị xóa.")
        if verdict == "reject" and product.status is RemoteState.LOCKED:
            raise Impossible(f"Mã hàng “{sku}” đang bị khóa, chỉ có thể duyệt lại.")
        self.decide(product, verdict)
        product.reason = None if verdict == "approve" else reason
        product.updated_at = self.now()
        self.product_changed(product, "moderated")
        return product

    def decide(self, product: MockProduct, verdict: str) -> None:
        """Set the status that follows from the verdict."""
        states = {"approve": RemoteState.LIVE, "reject": RemoteState.REJECTED, "lock": RemoteState.LOCKED}
        product.status = states[verdict]

    def set_up(self, values: Mapping[str, Any]) -> None:
        """Change switches; ValueError with a sentence when one is unknown or has no such value."""
        checked = {name: self._setting(name, value) for name, value in values.items()}
        self.settings.update(checked)
        if "rate_per_second" in checked:
            self.bucket = Bucket(checked["rate_per_second"], self.monotonic)

    def _setting(self, name: str, value: Any) -> Any:
        if name == "rate_per_second":
            if value is None or (
                isinstance(value, int | float) and not isinstance(value, bool) and value > 0
            ):
                return value
            raise ValueError("“rate_per_second” phải là số dương hoặc null.")
        if name not in self.SETTINGS:
            raise ValueError(f"Không có tùy chọn “{name}”. Chọn: {', '.join(sorted(self.settings))}.")
        usual, allowed = self.SETTINGS[name]
        fits = value in allowed if allowed else type(value) is type(usual)
        if not fits:
            choices = ", ".join(map(str, allowed)) or ("true, false" if isinstance(usual, bool) else "một số")
            raise ValueError(f"“{name}” nhận một trong: {choices}.")
        return value

    def reset(self) -> None:
        """Empty: no goods, orders, counts, failures; switches and tokens stay."""
        self.faults.load([])
        self.faults.struck.clear()
        self.pushes.forget()
        self._empty()

    def partly_refused(self, fault: FaultRule | None, rows: int) -> set[int]:
        """Which rows of a batch a planned partial failure hits: at least one, never all of several."""
        if fault is None or fault.kind != "partial_failure" or not rows:
            return set()
        most = max(1, rows - 1)
        return set(fault.dice.sample(range(rows), fault.dice.randint(1, max(1, most // 2))))

    def state(self) -> dict[str, Any]:
        """Everything a test wants to see, as JSON."""
        return {
            "name": self.name,
            "now": stamp(self.now()),
            "products": [self.product_row(product) for product in self.products.values()],
            "orders": [self.order_row(order) for order in self.orders.values()],
            "calls": dict(self.calls),
            "violations": list(self.violations),
            "settings": dict(self.settings),
            "webhook": self.pushes.url,
            "webhooks": dict(self.pushes.counts),
            "late": len(self.late),
            "faults": dict(self.faults.struck),
        }

    def product_row(self, product: MockProduct) -> dict[str, Any]:
        """One product as the state shows it."""
        return {
            "sku": product.sku,
            "remote_id": product.remote_id,
            "title": product.title,
            "price_vnd": product.price_vnd,
            "stock": product.stock,
            "status": str(product.status),
            "reason": product.reason,
            "created_at": stamp(product.created_at),
            "updated_at": stamp(product.updated_at),
        }

    def order_row(self, order: MockOrder) -> dict[str, Any]:
        """One order as the state shows it; nothing about the buyer."""
        row: dict[str, Any] = {
            "order_no": order.order_no,
            "sku": order.sku,
            "remote_id": order.product.remote_id,
            "packs": order.packs,
            "price_vnd": order.price_vnd,
            "status": str(order.status),
            "placed_at": stamp(order.placed_at),
            "updated_at": stamp(order.updated_at),
            "delivered_packs": order.delivered_packs,
            "returned_packs": order.returned_packs,
        }
        row.update({name: stamp(moment) for name, moment in order.stamps.items()})
        return row
