"""The memory of the Postmart mock: products and their approval cases, orders and parcels by date, tokens."""

from collections.abc import Mapping
from datetime import timedelta
from itertools import count
from typing import Any

from connectors.kit.mock_goods import VIETNAM, MockOrder, MockProduct
from connectors.kit.mock_money import Tariff
from connectors.kit.mocking import MockMarketplace
from connectors.kit.protocol import OrderState, RemoteState
from connectors.kit.statements import Statement
from connectors.postmart import mapping, mock_render, mock_signing
from connectors.postmart.mock_records import Case, Parcel, Timeline
from connectors.postmart.mock_tokens import Tokens
from connectors.postmart.pushes import signed_text

DECIDED = "01"  #: `Type` of a case that was refused
_AFTER_VERDICT = {"approve": mapping.APPROVED, "reject": mapping.REFUSED, "lock": mapping.LOCKED}


class PostmartMock(MockMarketplace):
    """One Postmart shop."""

    name = "postmart"
    title = "kiểu Postmart"
    ORDER_FORM = "PM{:09d}VN"
    STATEMENT = "CT"
    TARIFF = Tariff(
        fee=300,
        payment_fee=75,
        shipping_vnd=6_500,
        unsold_vnd=16_500,
        seller_voucher=(9, 400),
        marketplace_voucher=(4, 20_000),
    )
    SETTINGS: Mapping[str, tuple[Any, tuple[Any, ...]]] = {
        "moderation": (False, ()),  # new goods and corrections wait for /_mock/moderate
        "date_form": ("mixed", ("mixed", "slash", "dash", "iso")),
        "case_keys": ("pascal", ("pascal", "lower")),
        "wrap_created": (False, ()),  # a created record comes inside `data`
        "auth_status": (403, (401, 403)),
        "auth_body": ("html", ("html", "text")),
        "stock_rows": ("given", ("given", "reversed", "gaps")),
        "cancel_minutes": (0, ()),  # how long the approval of a cancellation takes
        "cancel_restocks": (False, ()),
        "allowed_ips": ("", ()),  # addresses the firewall lets in, by commas; empty: every one
        "webhook": ("signed", ("signed", "legacy_encrypt")),
    }

    def __init__(self, **options: Any) -> None:
        self._numbers = {kind: count(1) for kind in ("product", "parcel", "case", "login")}
        super().__init__(**options)
        self.tokens = Tokens(self.credentials["password"], self._stale)

    def _empty(self) -> None:
        super()._empty()
        self.cases: dict[str, Case] = {}
        self.waiting: dict[str, dict[str, Case]] = {}
        self.parcels: dict[str, Parcel] = {}
        self.changed: dict[str, Timeline] = {kind: Timeline() for kind in ("product", "order", "parcel")}

    def number(self, kind: str) -> int:
        """The next number of a kind."""
        return next(self._numbers[kind])

    def log_in(self) -> str:
        """A fresh opaque token."""
        return self.tokens.new(self.unhurried().timestamp())

    def lets_in(self, token: str) -> bool:
        """Whether a token is good now."""
        return self.tokens.good(token, self.unhurried().timestamp())

    def expire_token(self, environ: Mapping[str, Any]) -> None:
        """The token of this call ends now."""
        self.tokens.expire(environ.get("HTTP_TOKEN", ""))

    def _stale(self, token: str) -> None:
        self.violate("stale_token", token=token[-6:])

    # --- products

    def add_product(self, fields: Mapping[str, Any], *, draft: bool) -> MockProduct:
        """A new product under its own number, though its code may be there already."""
        number, now = self.number("product"), self.now()
        sku = fields["saleProductCode"]
        if sku in self.by_sku:
            self.violate("duplicate_create", sku=sku)
        product = MockProduct(
            sku=sku,
            remote_id=f"7{number:08d}",
            title=fields["productName"],
            price_vnd=round(fields["price"]),
            stock=fields["quantity"],
            status=RemoteState.DRAFT,
            created_at=now,
            updated_at=now,
        )
        product.wire = {**fields, "productHdrID": number, "status": mapping.DRAFT}
        self.products[product.remote_id] = product
        self.by_sku.setdefault(sku, product)
        if not draft:
            self.hand_in(product)
        self.touched(product)
        return product

    def hand_in(self, product: MockProduct) -> None:
        """A draft or refused product goes to the moderator, or on sale where nobody moderates."""
        product.wire["status"] = mapping.WAITING if self.settings["moderation"] else mapping.APPROVED
        product.reason = None

    def drop_product(self, product: MockProduct) -> None:
        """A draft is deleted; another product with its code takes its place."""
        del self.products[product.remote_id]
        self.changed["product"].drop(product.remote_id)
        if self.by_sku.get(product.sku) is product:
            del self.by_sku[product.sku]
            twin = next((one for one in self.products.values() if one.sku == product.sku), None)
            if twin is not None:
                self.by_sku[product.sku] = twin

    def touched(self, product: MockProduct) -> None:
        """After any change: stamp, place and state."""
        product.updated_at = self.now()
        self.changed["product"].put(product.remote_id, product.updated_at)
        self.settle(product)

    def settle(self, product: MockProduct) -> None:
        """Derive the neutral state: stopped at once when the stop waits and nothing is left to sell."""
        product.status = mapping.STATES[product.wire["status"]]
        if (
            product.status is RemoteState.LIVE
            and mapping.STOP in self.waiting_of(product)
            and not product.stock
        ):
            product.status = RemoteState.OFF

    def product_changed(self, product: MockProduct, event: str) -> None:  # noqa: ARG002 - nothing is pushed
        self.changed["product"].put(product.remote_id, product.updated_at)

    def product_row(self, product: MockProduct) -> dict[str, Any]:
        waiting = [case.case_id for case in self.waiting_of(product).values()]
        return {
            **super().product_row(product),
            "raw_status": product.wire["status"],
            "category": product.wire["categoryCode"],
            "waiting_cases": waiting,
        }

    # --- approval cases

    def waiting_of(self, product: MockProduct) -> dict[str, Case]:
        """A product's cases that wait, by kind."""
        return self.waiting.get(product.remote_id, {})

    def open_case(self, original_id: str, affair: str, change: dict[str, Any]) -> Case:
        """A new case."""
        case = Case(f"CASE{self.number('case'):06d}", original_id, affair, change, self.now())
        self.cases[case.case_id] = case
        return case

    def open_product_case(self, product: MockProduct, affair: str, change: dict[str, Any]) -> Case:
        """A new case about a product, in place of what waits of its kind or contradicts it."""
        against = {mapping.STOP: (mapping.CONTENT, mapping.PRICE), mapping.CONTENT: (mapping.STOP,)}
        case = self.open_case(product.remote_id, affair, change)
        waiting = self.waiting.setdefault(product.remote_id, {})
        for kind in (affair, *against.get(affair, ())):
            if kind in waiting:
                self._close(waiting.pop(kind), DECIDED, f"Đã thay bằng yêu cầu {case.case_id}")
        waiting[affair] = case
        self.touched(product)
        return case

    def _close(self, case: Case, verdict: str, note: str | None) -> None:
        case.type, case.note = verdict, note

    def decide_case(
        self, product: MockProduct, case: Case, *, accept: bool, reason: str | None = None
    ) -> None:
        """The moderator decides one case; what is accepted happens."""
        self.waiting[product.remote_id].pop(case.affair, None)
        self._close(
            case, mapping.ACCEPTED if accept else DECIDED, None if accept else reason or "Không duyệt"
        )
        if accept:
            self.apply(product, case.affair, case.change)
        self.touched(product)

    def apply(self, product: MockProduct, affair: str, change: Mapping[str, Any]) -> None:
        """Do what a correction asks for; new content brings a stopped product back on sale."""
        wire = product.wire
        if affair == mapping.STOP:
            wire["status"] = mapping.STOPPED
            return
        wire.update(change)
        product.title, product.price_vnd = wire["productName"], round(wire["price"])
        if affair == mapping.CONTENT and wire["status"] in (mapping.STOPPED, mapping.HIDDEN):
            wire["status"] = mapping.APPROVED

    def moderate(self, sku: str, verdict: str, reason: str | None = None) -> MockProduct:
        """As everywhere; where cases of a product wait, approve and reject decide those instead."""
        product = self.by_sku.get(sku)
        cases = list(self.waiting_of(product).values()) if product is not None else []
        if product is None or not cases:
            return super().moderate(sku, verdict, reason)
        for case in cases:
            self.decide_case(product, case, accept=verdict == "approve", reason=reason)
        return super().moderate(sku, verdict, reason) if verdict == "lock" else product

    def decide(self, product: MockProduct, verdict: str) -> None:
        wire = product.wire
        if verdict == "lock" and wire["status"] != mapping.LOCKED:
            wire["before_lock"] = wire["status"]
        # What its seller never handed in or took off sale is not put on sale by a moderator, unlocked or not.
        status = wire["before_lock"] if wire["status"] == mapping.LOCKED else wire["status"]
        off = status in (mapping.DRAFT, mapping.HIDDEN, mapping.STOPPED)
        wire["status"] = status if off and verdict != "lock" else _AFTER_VERDICT[verdict]
        self.settle(product)

    # --- orders and money

    def statement_file(self, statement: Statement) -> tuple[str, bytes]:
        # What writes workbooks is loaded only where a mock hands one out.
        from connectors.postmart.mock_statement import statement_file

        return statement_file(statement)

    def order_changed(self, order: MockOrder, before: MockOrder | None) -> None:  # noqa: ARG002 - the kit's signature
        self.changed["order"].put(order.order_no, order.updated_at)
        if self.pushes.url is not None:
            self._push(mock_render.order(order, self.settings))

    def _push(self, record: dict[str, Any]) -> None:
        body = {"data": [record], "sendDate": f"{self.now().astimezone(VIETNAM):%d/%m/%Y %H:%M:%S}"}
        text = signed_text(body, record)
        legacy = self.settings["webhook"] == "legacy_encrypt"
        body["signature"] = mock_signing.encrypted(text) if legacy else mock_signing.signature(text)
        self.pushes.add("ORDER", body)

    def time_passes(self) -> None:
        """Cancellations whose approval took long enough are done."""
        if not self.settings["cancel_minutes"]:
            return
        for case in self.cases.values():
            if case.type == mapping.PENDING and case.affair == mock_render.CANCEL:
                self.ask_about(case)

    def ask_about(self, case: Case) -> None:
        """A question about a case of an order: its approval takes `cancel_minutes`."""
        late = timedelta(minutes=self.settings["cancel_minutes"])
        if case.type != mapping.PENDING or self.now() < case.created_at + late:
            return
        order = self.orders.get(mock_render.order_no_of(case.original_id))
        if order is not None and order.status in (OrderState.NEW, OrderState.CONFIRMED):
            self.advance(
                order, OrderState.CANCELLED, cancelled_by="seller", reason=case.change.get("ReasonCode")
            )
        elif order is not None:
            self._close(case, DECIDED, "Đơn đã giao cho bưu tá")
            return
        else:
            self.apply_to_parcel(case)
        self._close(case, mapping.ACCEPTED, None)

    def apply_to_parcel(self, case: Case) -> None:
        """Do what an accepted case of a parcel asks for."""
        parcel = self.parcels.get(case.original_id)
        if parcel is None:
            return
        parcel.wire.update(case.change.get("wire", {}))
        self.move_parcel(
            parcel, mock_render.CANCELLED if case.affair == mock_render.CANCEL else parcel.status
        )

    def move_parcel(self, parcel: Parcel, status: int) -> None:
        """Give a parcel a status, and remember when."""
        now = self.now()
        if not parcel.history or parcel.history[-1][0] != status:
            parcel.history.append((status, now))
        parcel.status, parcel.updated_at = status, now
        self.changed["parcel"].put(parcel.original_id, now)
