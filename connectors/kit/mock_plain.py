"""A mock in a few lines: a login that gives a token, refusals as JSON, goods by number, pages of rows.

A marketplace that differs from this writes its own on `MockMarketplace`.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import count
from typing import Any

from flask import Flask, jsonify, request
from werkzeug.exceptions import HTTPException

from connectors.kit import reading
from connectors.kit.mock_control import mount_control
from connectors.kit.mock_goods import Impossible, MockOrder, MockProduct
from connectors.kit.mocking import FAULT, LATE, MockMarketplace
from connectors.kit.protocol import (
    Attribute,
    CancelReason,
    Offer,
    OrderState,
    Picture,
    Problem,
    RemoteState,
    Schema,
)


class Says(Exception):
    """A refusal: HTTP status, the marketplace's code, its words, and the field when one is meant."""

    def __init__(self, status: int, code: str, text: str, field: str | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.body = {"code": code, "text": text, "field": field}


class PlainMock(MockMarketplace):
    """The memory of a plain marketplace; `HEADER` carries the token."""

    ORDER_FORM = "D{:06}"

    HEADER = "X-Token"
    TOKEN_SECONDS = 12 * 3600
    SETTINGS: Mapping[str, tuple[Any, tuple[Any, ...]]] = {"moderation": (False, ())}

    def __init__(
        self, name: str, credentials: Mapping[str, str], *, moderation: bool = False, **options: Any
    ) -> None:
        self.name = name
        self._numbers = count(1)
        self.tokens: dict[str, float] = {}
        self._refused: set[str] = set()
        super().__init__(credentials=credentials, settings={"moderation": moderation}, **options)

    def log_in(self, keys: Any) -> dict[str, Any]:
        """A token and its end in epoch seconds; the keys must be ours."""
        if keys != self.credentials:
            raise Says(401, "wrong_keys", "Sai khóa kết nối")
        token, ends = secrets.token_hex(16), int(self.unhurried().timestamp()) + self.TOKEN_SECONDS
        self.tokens[token] = ends
        return {"token": token, "ends": ends}

    def admit(self, token: str) -> None:
        """Let a call with a token in that has not ended."""
        if self.unhurried().timestamp() < self.tokens.get(token, 0):
            return
        if token in self._refused:
            self.violate("stale_token", token=token[-6:])
        self._refused.add(token)
        raise Says(401, "token", "Phiên đăng nhập đã hết hạn")

    def expire_token(self, environ: Mapping[str, Any]) -> None:
        token = environ.get("HTTP_" + self.HEADER.upper().replace("-", "_"), "")
        if token in self.tokens:
            self.tokens[token] = 0

    def put(self, offer: Offer, number: str | None = None) -> MockProduct:
        """Create goods, or change those of a number; what is new or was refused waits for a moderator."""
        product = None if number is None else self.product_of(number)
        sku, now = offer.sku, self.now()
        holder = self.by_sku.get(sku)
        if holder is not None and holder is not product:
            if product is None and not request.environ.get(LATE):
                self.violate("duplicate_create", sku=sku)
            raise Says(409, "duplicate_sku", "Mã hàng đã có", "sku")
        if product is None:
            product = MockProduct(sku, str(next(self._numbers)), "", 0, 0, RemoteState.REJECTED, now, now)
            self.products[product.remote_id] = product
        if product.status is RemoteState.LOCKED:
            raise Says(409, "locked", "Tin đã bị khóa")
        waits = self.settings["moderation"] and product.status in (RemoteState.REJECTED, RemoteState.PENDING)
        self.by_sku.pop(product.sku, None)
        self.by_sku[sku] = product
        product.sku, product.title, product.price_vnd, product.stock = (
            sku,
            offer.title,
            offer.price_vnd,
            offer.packs,
        )
        product.status, product.reason = RemoteState.PENDING if waits else RemoteState.LIVE, None
        product.updated_at = now
        return product

    def product_of(self, number: str) -> MockProduct:
        """The goods of a number."""
        if number not in self.products:
            raise Says(404, "gone", "Không có tin này")
        return self.products[number]

    def order_of(self, number: str) -> MockOrder:
        """The order of a number."""
        if number not in self.orders:
            raise Says(404, "no_order", "Không có đơn này")
        return self.orders[number]

    def listed(self, sku: str | None = None) -> list[dict[str, Any]]:
        """Rows of all goods, or of those with this SKU."""
        return [self.product_row(one) for one in self.products.values() if sku in (None, one.sku)]

    def changed(self, asked: Mapping[str, str]) -> list[dict[str, Any]]:
        """Rows of the orders that changed between the ISO moments `since` and `until`."""
        first, last = (datetime.fromisoformat(asked[name]) for name in ("since", "until"))
        return [self.order_row(one) for one in self.orders.values() if first <= one.updated_at <= last]

    def withdraw(self, number: str) -> None:
        """Take goods off sale."""
        product = self.product_of(number)
        if product.status is not RemoteState.LOCKED:
            product.status = RemoteState.OFF

    def set_stock(self, rows: Any) -> list[dict[str, Any] | None]:
        """Write the stock of each row; null for a yes, the refusal for a no."""
        unlucky = self.partly_refused(request.environ.get(FAULT), len(rows))
        return [self._set_stock(row, unlucky=place in unlucky) for place, row in enumerate(rows)]

    def _set_stock(self, row: Any, *, unlucky: bool) -> dict[str, Any] | None:
        try:
            if unlucky:
                raise Says(503, "busy", "Hệ thống đang bận")
            product = self.product_of(str(row["id"]))
            product.stock = max(0, int(row["stock"]))
        except Says as says:
            return says.body
        return None

    def confirm(self, number: str) -> None:
        """The seller takes an order."""
        self._step(number, OrderState.CONFIRMED)

    def cancel(self, number: str, reason: str, reasons: Sequence[CancelReason]) -> None:
        """The seller cancels an order for one of today's reasons."""
        if reason not in [one.code for one in reasons]:
            raise Says(422, "reason", "Không có lý do này", "reason")
        self._step(number, OrderState.CANCELLED, reason)

    def _step(self, number: str, status: OrderState, reason: str | None = None) -> None:
        order = self.order_of(number)  # saying the same twice changes nothing
        if order.status is not status:
            self.advance(order, status, cancelled_by="seller", reason=reason)


def offered(body: Any, check: Callable[[Offer], Sequence[Problem]]) -> Offer:
    """The offer of a body that has the fields of one; a refusal for the first problem that blocks."""
    offer = reading.record(Offer, {**body, "pictures": [Picture(**one) for one in body["pictures"]]})
    for problem in check(offer):
        if problem.blocks:
            raise Says(422, problem.code, problem.sentence % problem.facts, problem.field)
    return offer


def asked_of(leaves: Mapping[str, Schema], category: str) -> tuple[Attribute, ...]:
    """What a leaf asks of its goods."""
    if category not in leaves:
        raise Says(404, "no_leaf", "Không có ngành hàng này", "category")
    return leaves[category].attributes


def page(rows: Sequence[Any], asked: Mapping[str, str], size: int) -> dict[str, Any]:
    """The page of `rows` that is asked for, counted from 1."""
    number = max(1, int(asked.get("page", 1)))
    return {"rows": rows[(number - 1) * size : number * size], "total": len(rows)}


#: "METHOD /way" -> what it answers, from the query of a GET or the JSON of the others.
Ways = Mapping[str, Callable[[Any, Any], Any]]


def serve_plain(memory: PlainMock, ways: Ways) -> Flask:
    """The Flask application of a plain mock: its login is open, everything else wants the token."""
    app = Flask(f"mock.{memory.name}", static_folder=None)
    app.config["PROPAGATE_EXCEPTIONS"] = True
    mount_control(app, memory)
    app.add_url_rule("/login", "login", lambda: jsonify(result=memory.log_in(_sent())), methods=["POST"])
    for name, do in ways.items():
        method, path = name.split(" ")
        app.add_url_rule(path, name, _answering(memory, do), methods=[method])
    app.register_error_handler(Says, lambda says: (jsonify(says.body), says.status))
    app.register_error_handler(Impossible, lambda error: (jsonify(code="impossible", text=str(error)), 409))
    app.register_error_handler(HTTPException, lambda error: (jsonify(text=error.name), error.code or 500))
    return app


def _answering(memory: PlainMock, do: Callable[[Any, Any], Any]) -> Callable[[], Any]:
    def answer() -> Any:
        if not request.environ.get(LATE):
            memory.admit(request.headers.get(memory.HEADER, ""))
        asked = request.args if request.method == "GET" else _sent()
        try:
            return jsonify(result=do(memory, asked))
        except reading.MISSHAPEN as error:
            raise Says(400, "unfit", f"Dữ liệu không phù hợp ({type(error).__name__})") from error

    return answer


def _sent() -> Any:
    body = request.get_json(force=True, silent=True)
    if body is None:
        raise Says(400, "no_json", "Nội dung không phải JSON")
    return body
