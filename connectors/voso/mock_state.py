"""The memory of the Voso mock: products and their states, orders by day, tokens, pictures, what it pushes."""

import heapq
import secrets
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from connectors.kit.mock_goods import MockOrder, MockProduct
from connectors.kit.mock_money import Tariff
from connectors.kit.mocking import MockMarketplace
from connectors.kit.protocol import OrderState, RemoteState
from connectors.kit.statements import Statement
from connectors.voso import mapping, mock_render
from connectors.voso.mock_parcels import Parcels
from connectors.voso.mock_tokens import LONG_SECONDS, SHORT_SECONDS, Seal

USER_ID = 8_000_001
_AFTER_VERDICT = {"approve": mapping.LIVE, "reject": mapping.REFUSED, "lock": mapping.LOCKED}


class VosoMock(MockMarketplace):
    """One Voso shop, and the ViettelPost account it ships with."""

    name = "voso"
    title = "kiểu Voso"
    SETTINGS: Mapping[str, tuple[Any, tuple[Any, ...]]] = {
        "moderation": (False, ()),  # what is submitted waits in "Chờ duyệt"
        "cancel_restocks": (False, ()),
        "confirm_hours": (24, ()),  # what nobody confirmed within these cancels itself
        "auth_status": (200, (200, 401)),  # HTTP status of an answer that refuses the token
        "message_list": ("several", ("several", "always")),  # when `message` of a refusal is a list
        "expired": ("epoch_ms", ("epoch_ms", "zero")),  # as in real answers, or as in the vendor's samples
    }
    PUSH_TRIES = 5
    ORDER_FORM = "VS{}"
    FIRST_ORDER = 10_000_001
    STATEMENT = "BK"
    TARIFF = Tariff(
        fee=250,
        payment_fee=80,
        vat=100,
        pit=50,
        shipping_vnd=8_000,
        unsold_vnd=22_000,
        seller_voucher=(6, 300),
        marketplace_voucher=(8, 10_000),
    )

    def __init__(self, **options: Any) -> None:
        self._product_ids = count(5_000_001)
        self._waybills = count(100_000_001)
        self._seal = Seal(options["credentials"]["PASSWORD"])
        self.tokens: dict[str, float] = {}
        self.stale: Counter[str] = Counter()
        super().__init__(**options)

    def _empty(self) -> None:
        super()._empty()
        self.images: dict[str, bytes] = {}  # only the head of each file: enough to show that it was one
        self.newest_products: list[MockProduct] = []
        self.by_change: list[tuple[float, str]] = []  # orders by their last change
        self.journeys: dict[str, list[tuple[int, datetime]]] = {}
        self.waybills: dict[str, str] = {}
        self.parcels = Parcels(self.now, lambda data: self.push("ORDER", data))
        self.inventories: list[dict[str, Any]] = [dict(mock_render.INVENTORY)]
        self._unconfirmed: list[tuple[datetime, str]] = []

    def log_in(self, *, long: bool) -> tuple[str, int]:
        """A fresh token and its end in epoch seconds."""
        ends = int(self.unhurried().timestamp()) + (LONG_SECONDS if long else SHORT_SECONDS)
        claims = {
            "sub": self.credentials["USERNAME"], "UserId": USER_ID, "FromSource": 5,
            "Token": secrets.token_hex(16).upper(), "exp": ends, "Partner": USER_ID,
        }  # fmt: skip
        token = self._seal.signed(claims)
        self.tokens[token] = ends
        return token, ends

    def token_refusal(self, token: str) -> str | None:
        """What is said to this `Token` header; None lets the call in."""
        if not token:
            return "Header Token is required"
        ends = self.tokens.get(token)
        if ends is None:
            claims = self._seal.verified(token)
            if claims is None:
                return "Token invalid"
            ends = self.tokens[token] = float(claims["exp"])
        if self.unhurried().timestamp() < ends:
            return None
        self.stale[token] += 1
        if self.stale[token] > 1:
            self.violate("stale_token", token=token[-6:])
        return "Token invalid or expired"

    def expire_token(self, environ: Mapping[str, Any]) -> None:
        token = environ.get("HTTP_TOKEN", "").strip()
        if token in self.tokens:
            self.tokens[token] = 0

    def too_many_calls(self) -> tuple[int, dict[str, Any]]:
        return 429, {"status": 429, "error": True, "message": "Too many requests", "data": None}

    def time_passes(self) -> None:
        """Orders nobody confirmed within 24 hours cancel themselves; parcels travel."""
        self.parcels.travel()
        now = self.now()
        while self._unconfirmed and self._unconfirmed[0][0] <= now:
            due, number = heapq.heappop(self._unconfirmed)
            order = self.orders.get(number)
            if order is not None and order.status is OrderState.NEW:
                at = max(due, order.updated_at)
                reason = "Quá 24 giờ không xác nhận"
                self.advance(order, OrderState.CANCELLED, at, cancelled_by="system", reason=reason)

    def add_product(self, fields: Mapping[str, Any]) -> MockProduct:
        """A new draft under its own number."""
        number, now = next(self._product_ids), self.now()
        product = MockProduct(
            sku=fields["PRODUCT_CODE"],
            remote_id=str(number),
            title=fields["PRODUCT_NAME"],
            price_vnd=0,
            stock=0,
            status=RemoteState.DRAFT,
            created_at=now,
            updated_at=now,
        )
        product.wire = {"PRODUCT_ID": number, "PRODUCT_STATUS": mapping.DRAFT, "approved": False}
        self.products[product.remote_id] = product
        self.newest_products.append(product)
        self.write_product(product, fields)
        return product

    def write_product(self, product: MockProduct, fields: Mapping[str, Any]) -> None:
        """Put all written fields in; the state is left to `set_status`."""
        self._forget_code(product)
        product.wire = {**product.wire, **fields}
        product.sku, product.title = fields["PRODUCT_CODE"], fields["PRODUCT_NAME"]
        product.price_vnd, product.stock = fields["PRODUCT_PRICE"], fields["PRODUCT_QUANTITY"]
        product.updated_at = self.now()
        self.by_sku[product.sku] = product

    def set_status(self, product: MockProduct, status: int, note: str | None = None) -> None:
        """Move a product to a state, and tell the seller."""
        product.wire["PRODUCT_STATUS"] = status
        product.wire["approved"] |= status == mapping.LIVE
        product.status = mapping.STATES[status]
        product.reason, product.updated_at = note, self.now()
        self.product_changed(product, "moved")

    def delete(self, product: MockProduct) -> None:
        """Take a product out of every list; its code is free again."""
        self._forget_code(product)
        self.newest_products.remove(product)
        product.status, product.updated_at = RemoteState.DELETED, self.now()

    def _forget_code(self, product: MockProduct) -> None:
        if self.by_sku.get(product.sku) is product:
            del self.by_sku[product.sku]

    def decide(self, product: MockProduct, verdict: str) -> None:
        product.wire["PRODUCT_STATUS"] = _AFTER_VERDICT[verdict]
        product.wire["approved"] |= verdict == "approve"
        super().decide(product, verdict)

    def product_row(self, product: MockProduct) -> dict[str, Any]:
        raw = {name: product.wire[name] for name in ("PRODUCT_STATUS", "CATEGORY_ID")}
        return {**super().product_row(product), **raw}

    def state(self) -> dict[str, Any]:
        return {**super().state(), "parcels": self.parcels.rows()}

    def statement_file(self, statement: Statement) -> tuple[str, bytes]:
        # What writes workbooks is loaded only where a mock hands one out.
        from connectors.voso.mock_statement import statement_file

        return statement_file(statement)

    def product_changed(self, product: MockProduct, event: str) -> None:  # noqa: ARG002 - one kind of push
        self.push("PRODUCT", mock_render.pushed_product(product))

    def next_waybill(self, prefix: str = "VOSO") -> str:
        """A number no other parcel has."""
        return f"{prefix}{next(self._waybills)}"

    def order_changed(self, order: MockOrder, before: MockOrder | None) -> None:
        if before is not None:
            place = bisect_left(self.by_change, (before.updated_at.timestamp(), order.order_no))
            del self.by_change[place]
        insort(self.by_change, (order.updated_at.timestamp(), order.order_no))
        if before is None:
            within, now = timedelta(hours=self.settings["confirm_hours"]), self.now()
            due = order.placed_at + within
            # An order told with a date long past gets its 24 hours from now.
            heapq.heappush(self._unconfirmed, (due if due > now else now + within, order.order_no))
        if order.status is OrderState.SHIPPED:
            self.waybills.setdefault(order.order_no, self.next_waybill())
        code = mock_render.order_code(order, self.waybills)
        self.journeys.setdefault(order.order_no, []).append((code, order.updated_at))
        self.push("ORDER", mock_render.pushed_order(order, self))

    def give_waybill(self, order: MockOrder) -> None:
        """A confirmed order gets its waybill and waits for the courier."""
        before = MockOrder(**{name: getattr(order, name) for name in MockOrder.__slots__})
        self.waybills[order.order_no] = self.next_waybill()
        order.updated_at = max(self.now(), order.updated_at)
        self.order_changed(order, before)

    def changed_between(self, start: float, end: float) -> list[str]:
        """Numbers of the orders last changed in [start, end), newest change first."""
        low, high = bisect_left(self.by_change, (start, "")), bisect_left(self.by_change, (end, ""))
        return [number for _, number in reversed(self.by_change[low:high])]

    def push(self, name: str, data: Mapping[str, Any]) -> None:
        """Queue one event in the documented form: the secret in a header and in the body."""
        secret = self.credentials["WEBHOOK_SECRET"]
        self.pushes.add(name, {"DATA": dict(data), "TOKEN": secret}, {"Authorization": secret})


def ends_in_ms(ends: int, settings: Mapping[str, Any]) -> int:
    """A token's end as the login answer writes it."""
    return ends * 1000 if settings["expired"] == "epoch_ms" else 0
