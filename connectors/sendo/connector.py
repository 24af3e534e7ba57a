"""One Sendo shop: logs in when it must, says what it wants, and names who acts when Sendo says no."""

import hmac
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.kit.errors import ConnectorError, Misunderstood, NotAdmitted, Rejected
from connectors.kit.http import Answer
from connectors.kit.protocol import (
    N_,
    Attribute,
    CancelReason,
    Category,
    Exchange,
    Hint,
    Limits,
    Offer,
    Options,
    OrderState,
    PriceAndStock,
    RemoteOrder,
    RemoteProduct,
    RowResult,
    Standing,
    UnreadOrder,
    Verdict,
)
from connectors.kit.publishing import GONE
from connectors.kit.shop import Token, TokenShop, moving_list
from connectors.sendo import mapping, reading
from connectors.sendo.refusals import LOCKED, VARIANTS, is_refusal, refusal_of, row_refusals, what_forbids

LIMITS = Limits(calls_per_second=20.0, list_page=reading.PAGE, price_batch=50)
TOKEN_SECONDS = 8 * 3600 - 300
CREDENTIALS = ("shop_key", "secret_key")


class SendoConnector(TokenShop):
    """A `kit.protocol.Connector`; `credentials` are `shop_key` and `secret_key`."""

    def __init__(
        self,
        credentials: Mapping[str, str],
        options: Options,
        journal: Callable[[Exchange], None] | None = None,
    ) -> None:
        super().__init__(credentials, options, journal, fields=CREDENTIALS, limits=LIMITS)
        self._local_stamps = options.switches.get("order_stamps", "epoch") == "local_as_utc"
        self._skus: dict[str, str] = {}  # of products sold as variants, by their id

    def log_in(self) -> Token:
        answer = self._transport.call("POST", "/login", self._keys, safe=True)
        result = answer.body.get("result") if isinstance(answer.body, dict) else None
        if answer.status >= 400 or not isinstance(result, dict):
            raise _not_let_in(answer)
        token = result.get("token")
        if not isinstance(token, str) or not token:
            raise Misunderstood(
                "login_unreadable", N_("Sendo trả lời đăng nhập không đọc được; hãy báo kỹ thuật.")
            )
        claims = reading.claims(token)
        expires_at = reading.expiry(result.get("expires"), claims)
        return Token(token, TOKEN_SECONDS, str(claims.get("StoreId", "")), expires_at)

    def signed(self, token: str) -> Mapping[str, str]:
        return {"Authorization": f"bearer {token}"}

    def _result(self, method: str, path: str, body: Any = None, *, safe: bool = False, **query: str) -> Any:
        answer = self.call(method, path, body, safe=safe, **query)
        if is_refusal(answer):
            raise refusal_of(answer)
        if not isinstance(answer.body, dict) or "result" not in answer.body:
            raise reading.unknown_form(path, safe=safe)
        return answer.body["result"]

    def categories(self) -> Sequence[Category]:
        tree: list[Category] = []
        waiting: list[Category | None] = [None]
        while waiting:
            parent = waiting.pop(0)
            path = f"/api/partner/category/{int(parent.id) if parent else 0}"
            rows = reading.rows(self._result("GET", path, safe=True))
            found = [reading.category(row, parent.id if parent else None) for row in rows]
            tree += found
            waiting += [one for one in found if not one.leaf]
        return tree

    def attributes(self, category: str) -> Sequence[Attribute]:
        if not (category.isascii() and category.isdigit()):
            sentence = N_("Sendo không có ngành hàng này; hãy chọn lại ngành hàng.")
            raise Rejected("category", sentence, fields={"category": sentence})
        result = self._result("GET", f"/api/partner/category/attribute/{int(category)}", safe=True)
        listed = result.get("attribute") if isinstance(result, dict) else None
        return [reading.attribute(row) for row in reading.rows(listed or [])]

    def find(self, sku: str) -> RemoteProduct | None:
        detail = self._detail(sku=sku)
        found = reading.product(detail) if detail is not None else None
        if found is not None and found.sku != sku:
            raise Misunderstood(
                "other_product", N_("Sendo trả về mã hàng khác với mã đã hỏi; hãy báo kỹ thuật.")
            )
        return found

    def _detail(self, **which: str) -> Mapping[str, Any] | None:
        answer = self.call("GET", "/api/partner/product", safe=True, **which)
        if is_refusal(answer):
            if answer.status in (400, 404) and isinstance(answer.body, dict) and answer.body.get("error"):
                return None
            raise refusal_of(answer)
        result = answer.body.get("result") if isinstance(answer.body, dict) else None
        if not isinstance(result, dict):
            raise reading.unknown_form("product")
        return result

    def create(self, offer: Offer) -> str:
        return reading.product_id(self._result("POST", "/api/partner/product", mapping.to_wire(offer)))

    def update(self, remote_id: str, offer: Offer) -> str | None:
        detail = self._detail(id=remote_id)
        forbidden = what_forbids(detail)
        if forbidden is not None:
            raise forbidden
        if detail is not None and reading.promotion_in_the_way(detail, offer):
            self._end_promotion(remote_id, offer)
        try:
            self._result("POST", "/api/partner/product", mapping.to_wire(offer, int(remote_id)))
        except Rejected as refusal:
            raise self._why_not(remote_id, refusal) from refusal
        return None

    def _end_promotion(self, remote_id: str, offer: Offer) -> None:
        """First of two calls: a running promotion's price cannot be changed, and a new base price ends it.

        The whole offer goes second, so that a lost answer to either is mended by saying both again.
        """
        body = [mapping.without_promotion(remote_id, offer.price_vnd)]
        result = self._result("PUT", "/api/partner/product/config/variant-price", body)
        (refusal,) = row_refusals(result, [(remote_id, offer.sku)], strict=True)
        if isinstance(refusal, Rejected):
            raise self._why_not(remote_id, refusal)
        if refusal is not None:
            raise refusal

    def verdict(self, remote_id: str, ticket: str) -> Verdict:  # noqa: ARG002 - Sendo gives no tickets
        return Verdict(Standing.ACCEPTED)

    def _why_not(self, remote_id: str, refusal: Rejected) -> ConnectorError:
        """A refused write may mean that the product's state forbids any; only its detail tells."""
        if refusal.fields:
            return refusal
        return what_forbids(self._detail(id=remote_id), refusal.facts) or refusal

    def withdraw(self, remote_id: str, sku: str) -> str | None:
        refusal = self._masked(remote_id, sku, mapping.withdrawal(remote_id))
        if refusal is not None and refusal.code == VARIANTS:
            refusal = self._masked(remote_id, sku, mapping.withdrawal(remote_id, of_variants=True))
        if refusal is not None and refusal.code not in (GONE, LOCKED):
            raise refusal
        return None

    def _masked(self, remote_id: str, sku: str, row: Mapping[str, Any]) -> ConnectorError | None:
        try:
            result = self._result("POST", "/api/partner/product/update-by-field-mask", [row])
        except Rejected as refusal:
            return self._why_not(remote_id, refusal)
        (error,) = row_refusals(result, [(remote_id, sku)])
        return self._why_not(remote_id, error) if isinstance(error, Rejected) else error

    def set_price_and_stock(self, rows: Sequence[PriceAndStock]) -> Sequence[RowResult]:
        if not rows:
            return []
        if len(rows) > LIMITS.price_batch:
            raise ValueError(f"at most {LIMITS.price_batch} rows in one call")
        body = [mapping.stock_row(row) for row in rows]
        result = self._result("POST", "/api/partner/product/update-by-field-mask", body)
        errors = row_refusals(result, [(row.remote_id, row.sku) for row in rows], strict=True)
        return [
            RowResult(row.sku, self._explained(row, error)) for row, error in zip(rows, errors, strict=True)
        ]

    def _explained(self, row: PriceAndStock, error: ConnectorError | None) -> ConnectorError | None:
        return self._why_not(row.remote_id, error) if isinstance(error, Rejected) else error

    def products(self) -> Iterator[Sequence[RemoteProduct]]:
        body = {
            "page_size": LIMITS.list_page,
            "product_name": "",
            "date_from": None,
            "date_to": None,
            "status": None,
        }
        for page in self._pages("/api/partner/product/search", body, lambda row: row.get("id")):
            yield reading.listed_products(page)

    def orders(self, since: datetime, until: datetime) -> Iterator[Sequence[RemoteOrder | UnreadOrder]]:
        told: set[str] = set()
        for body in reading.order_windows(since, until):
            for page in self._pages("/api/partner/salesorder/search", body, reading.order_version):
                fresh = [row for row in page if reading.order_version(row) not in told]
                told.update(reading.order_version(row) for row in fresh)
                if fresh:
                    named = [reading.with_product_skus(row, self._product_sku) for row in fresh]
                    yield [reading.order_or_unread(row, local_as_utc=self._local_stamps) for row in named]

    def order(self, order_no: str) -> RemoteOrder:
        result = self._result("GET", f"/api/partner/salesorder/{_path_safe(order_no)}", safe=True)
        named = reading.with_product_skus(result, self._product_sku)
        return reading.order(named, local_as_utc=self._local_stamps)

    def _product_sku(self, product_id: str, sku: str) -> str:
        """The SKU of the product whose variant was sold as `sku`; that itself when it cannot be told."""
        if not sku.startswith(self._skus.get(product_id, "?") + "-"):
            try:
                detail = self._detail(id=product_id)
            except Misunderstood:  # this product must not keep other orders from being read
                detail = None
            self._skus[product_id] = str(detail.get("sku") or "?") if detail else "?"
        known = self._skus[product_id]
        return known if sku.startswith(f"{known}-") else sku

    def confirm(self, order_no: str) -> None:
        wanted = (OrderState.CONFIRMED, OrderState.SHIPPED, OrderState.DELIVERED, OrderState.RETURNED)
        self._change_order(order_no, {"order_status": 3, "cancel_order_reason": None}, wanted)

    def deliver(self, order_no: str) -> None:
        delivered = (OrderState.DELIVERED, OrderState.RETURNED)
        self._change_order(order_no, {"order_status": 7, "cancel_order_reason": None}, delivered)

    def cancel_reasons(self) -> Sequence[CancelReason]:
        result = self._result("GET", "/api/partner/salesorder/reason-collection", safe=True)
        return [reading.cancel_reason(row) for row in reading.rows(result)]

    def cancel(self, order_no: str, reason: str) -> None:
        # The labels of the codes are contradictory in every source, so they are never remembered.
        codes = {row.code for row in self.cancel_reasons()}
        if reason not in codes:
            sentence = N_("Sendo không còn lý do hủy này; hãy chọn lại lý do.")
            raise Rejected("cancel_reason", sentence, fields={"reason": sentence})
        self._change_order(
            order_no, {"order_status": 13, "cancel_order_reason": reason}, (OrderState.CANCELLED,)
        )

    def _change_order(self, order_no: str, change: Mapping[str, Any], wanted: Sequence[OrderState]) -> None:
        try:
            self._result(
                "PUT", "/api/partner/salesorder", {"order_number": order_no, **change, "allow_check": 0}
            )
        except Rejected:
            if self.order(order_no).state not in wanted:  # said twice, or the buyer was faster
                raise

    def hint(self, headers: Mapping[str, str], body: bytes) -> Hint:  # noqa: ARG002 - Sendo signs no header
        try:
            push = json.loads(body)
        except (ValueError, RecursionError):
            push = None
        sent = push.get("shop_key") if isinstance(push, dict) else None
        ours = self._keys["shop_key"]
        if not ours or not isinstance(sent, str) or not hmac.compare_digest(sent.encode(), ours.encode()):
            raise NotAdmitted(
                "not_from_sendo", N_("Tin báo này không phải của Sendo; hãy kiểm tra khóa gian hàng.")
            )
        return reading.hint(push)

    def _pages(
        self, path: str, body: Mapping[str, Any], key: Callable[[dict[str, Any]], Any]
    ) -> Iterator[list[dict[str, Any]]]:
        return moving_list(lambda: self._one_pass(path, body), key)

    def _one_pass(self, path: str, body: Mapping[str, Any]) -> Iterator[tuple[list[dict[str, Any]], int]]:
        token: str | None = None
        starts = 0
        while True:
            answer = self.call("POST", path, {**body, "token": token}, safe=True)
            if is_refusal(answer):
                if token is None or starts >= 2:
                    raise refusal_of(answer)
                token, starts = None, starts + 1  # an expired page token must be dropped
                continue
            rows, token, total = reading.page(answer.body)
            yield rows, total
            if not token or not rows:
                return


def _path_safe(order_no: str) -> str:
    if not order_no.isascii() or not order_no.replace("-", "").replace("_", "").isalnum():
        sentence = N_("Số đơn Sendo chỉ gồm chữ và số; hãy kiểm tra lại số đơn.")
        raise Rejected("order_number", sentence, fields={"order_no": sentence})
    return order_no


def _not_let_in(answer: Answer) -> NotAdmitted | Misunderstood:
    if is_refusal(answer):
        facts = {"http_status": str(answer.status)}
        return NotAdmitted(
            "wrong_keys",
            N_("Sendo không nhận khóa kết nối; hãy nhập lại mã gian hàng và khóa bảo mật."),
            facts=facts,
        )
    return Misunderstood("login_unreadable", N_("Sendo trả lời đăng nhập không đọc được; hãy báo kỹ thuật."))
