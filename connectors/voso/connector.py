"""One Voso shop: says what it wants, and names who acts when Voso says no."""

import hmac
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.kit.errors import ConnectorError, NotAdmitted, Rejected
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
from connectors.voso import mapping, reading, refusals
from connectors.voso.calls import VosoCalls
from connectors.voso.images import Images
from connectors.voso.orders import REASONS
from connectors.voso.refusals import after_a_write

LIMITS = Limits(calls_per_second=5.0, list_page=reading.PAGE, price_batch=100)
CREDENTIALS = ("USERNAME", "PASSWORD", "WEBHOOK_SECRET")
SUBMIT, SHOW, HIDE, STOP = 1, 2, 3, 4  #: `TYPE` of UpdateProduct
CONFIRM, CANCEL, WAYBILL = 1, 4, 6  #: `TYPE` of UpdateOrder
#: How a product in this state comes on sale; others are there, wait, or cannot.
_TO_SALE = {mapping.DRAFT: SUBMIT, mapping.WITHDRAWN: SUBMIT, mapping.HIDDEN: SHOW}
_UNDER_WAY = (mapping.WAITING, mapping.AGAIN)
_MAYBE_THERE = (refusals.STATUS, refusals.LOCKED, GONE)
_NOT_SOLD = (None, mapping.DRAFT, mapping.REFUSED, mapping.WITHDRAWN, mapping.HIDDEN, mapping.LOCKED)
_PACKED = (OrderState.CONFIRMED, OrderState.SHIPPED, OrderState.DELIVERED, OrderState.RETURNED)


class VosoConnector(VosoCalls):
    """A `kit.protocol.Connector`; `credentials` are `USERNAME`, `PASSWORD` and `WEBHOOK_SECRET`."""

    def __init__(
        self,
        credentials: Mapping[str, str],
        options: Options,
        journal: Callable[[Exchange], None] | None = None,
    ) -> None:
        super().__init__(credentials, options, journal, fields=CREDENTIALS, limits=LIMITS)
        self._images = Images(options, self._upload)

    def _upload(self, upload: Any) -> str:
        # The same file gets the same number, so that sending it twice does no harm.
        return reading.image_id(self._data("POST", "/v2/product/uploadImage", upload, safe=True))

    def categories(self) -> Sequence[Category]:
        found = self._data("GET", "/v2/categories/listCategory", safe=True, parentId="-1")
        return reading.tree(reading.rows(found))

    def attributes(self, category: str) -> Sequence[Attribute]:
        found = self._body("GET", "/v2/categories/listAttribute", safe=True, categoryId=category)
        return [reading.attribute(row) for row in reading.rows(found)]

    def find(self, sku: str) -> RemoteProduct | None:
        there = self._detail(productCode=sku)
        found = None if there is None else reading.product(there)
        if found is not None and found.sku != sku:
            raise reading.unknown_form("other_product")
        return found

    def _detail(self, **which: str) -> dict[str, Any] | None:
        try:
            data = self._data("GET", "/v2/product/getProductInfo", safe=True, **which)
        except Rejected as refusal:
            if refusal.code != GONE:
                raise
            return None
        if not isinstance(data, dict):
            raise reading.unknown_form("product")
        return data

    def _status(self, remote_id: str) -> int | None:
        there = self._detail(productId=remote_id)
        return None if there is None else mapping.product_status(there)

    def create(self, offer: Offer) -> str:
        def create(images: Sequence[str]) -> Any:
            return self._data("POST", "/v2/product/createProduct", mapping.to_wire(offer, images))

        try:
            data = self._images.with_fresh(offer, create)
        except Rejected as refusal:
            if refusal.code == refusals.STATUS:  # nothing has a state yet: it is the code that exists
                raise refusals.taken(refusal) from refusal
            raise
        number = reading.product_id(data)
        with after_a_write():
            self._move(number, SUBMIT)
        return number

    def update(self, remote_id: str, offer: Offer) -> str | None:
        there = self._detail(productId=remote_id)
        if there is None:
            raise refusals.gone()
        status = mapping.product_status(there)
        if status == mapping.LOCKED:
            raise refusals.locked()
        if status == mapping.REFUSED or not self._says(there, offer):
            status = self._edit(remote_id, offer)
        elif not mapping.same_figures(there, offer):
            self._write_figures(remote_id, offer)
        else:
            self._offer_for_sale(remote_id, status)
            return None
        with after_a_write():
            self._offer_for_sale(remote_id, status)
        return None

    def _says(self, there: Mapping[str, Any], offer: Offer) -> bool:
        return mapping.same_content(there, mapping.to_wire(offer, self._images.of(offer)))

    def _edit(self, remote_id: str, offer: Offer) -> int:
        def edit(images: Sequence[str]) -> Any:
            body = mapping.to_edit(mapping.to_wire(offer, images), remote_id)
            return self._data("POST", "/v2/product/edit", body)

        try:
            return reading.status_after(self._images.with_fresh(offer, edit))
        except Rejected as refusal:
            raise self._why_not(remote_id, refusal) from refusal

    def _why_not(self, remote_id: str, refusal: Rejected) -> ConnectorError:
        """A product whose state forbids an edit is under moderation; what else it may be is told as it is."""
        if refusal.code == refusals.STATUS and self._status(remote_id) in _UNDER_WAY:
            return refusals.in_moderation()
        return refusal

    def _write_figures(self, remote_id: str, offer: Offer) -> None:
        row = PriceAndStock(remote_id, offer.sku, offer.price_vnd, offer.packs)
        (result,) = self.set_price_and_stock([row])
        if result.error is not None:
            raise result.error

    def _offer_for_sale(self, remote_id: str, status: int | None) -> None:
        step = _TO_SALE.get(status) if status is not None else None
        if step is not None:
            self._move(remote_id, step)

    def _move(self, remote_id: str, step: int) -> None:
        body = {"TYPE": step, "PRODUCT_ID": int(remote_id), "NOTE": ""}
        try:
            self._data("POST", "/v2/product/UpdateProduct", body)
        except Rejected as refusal:
            reached = (mapping.LIVE, *_UNDER_WAY) if step in (SUBMIT, SHOW) else _NOT_SOLD
            if refusal.code not in _MAYBE_THERE or self._status(remote_id) not in reached:
                raise

    def withdraw(self, remote_id: str, sku: str) -> str | None:  # noqa: ARG002 - the number is enough
        try:
            self._move(remote_id, HIDE)
        except Rejected as refusal:
            # Only what is on sale can be hidden; what may still come on sale must be withdrawn for good.
            if refusal.code != refusals.STATUS:
                raise
            self._move(remote_id, STOP)
        return None

    def verdict(self, remote_id: str, ticket: str) -> Verdict:  # noqa: ARG002 - Voso gives no tickets
        return Verdict(Standing.ACCEPTED)

    def set_price_and_stock(self, rows: Sequence[PriceAndStock]) -> Sequence[RowResult]:
        if not rows:
            return []
        if len(rows) > LIMITS.price_batch:
            raise ValueError(f"at most {LIMITS.price_batch} rows in one call")
        sent = [mapping.price_row(row) for row in rows]
        data = self._data("POST", "/v2/product/updatePriceStock", {"LIST_ITEM": sent})
        errors = refusals.row_errors(data, [row["PRODUCT_CODE"] for row in sent])
        return [RowResult(row.sku, error) for row, error in zip(rows, errors, strict=True)]

    def products(self) -> Iterator[Sequence[RemoteProduct]]:
        for page in self._pages("product", "LIST_PRODUCT", {}, lambda row: row.get("PRODUCT_ID")):
            yield reading.listed_products(page)

    def orders(self, since: datetime, until: datetime) -> Iterator[Sequence[RemoteOrder | UnreadOrder]]:
        for window in reading.windows(since, until):
            for page in self._pages("order", "LIST_ORDER", window, reading.version):
                yield [reading.order_or_unread(row) for row in page]

    def order(self, order_no: str) -> RemoteOrder:
        path = "/v2/order/getOrderInfoByOrderNumber"
        return reading.order(self._data("GET", path, safe=True, orderNumber=order_no))

    def confirm(self, order_no: str) -> None:
        self._change_order(order_no, CONFIRM, "", _PACKED)
        with after_a_write():
            self._change_order(order_no, WAYBILL, "", _PACKED)

    def cancel_reasons(self) -> Sequence[CancelReason]:
        return REASONS

    def cancel(self, order_no: str, reason: str) -> None:
        known = {one.code: one.name for one in REASONS}
        if reason not in known:
            sentence = N_("Không có lý do hủy này; hãy chọn lại lý do.")
            raise Rejected("cancel_reason", sentence, fields={"reason": sentence})
        self._change_order(order_no, CANCEL, known[reason], (OrderState.CANCELLED,))

    def _change_order(self, order_no: str, step: int, note: str, wanted: Sequence[OrderState]) -> None:
        body = {"TYPE": step, "ORDER_NUMBER": order_no, "NOTE": note}
        try:
            self._data("POST", "/v2/order/UpdateOrder", body)
        except Rejected:
            if self.order(order_no).state not in wanted:  # said twice, or somebody was faster
                raise

    def hint(self, headers: Mapping[str, str], body: bytes) -> Hint:
        try:
            push = json.loads(body)
        except (ValueError, RecursionError):
            push = None
        told = {name.lower(): value for name, value in headers.items()}.get("authorization")
        sent = push.get("TOKEN") if isinstance(push, dict) else None
        if not self._is_secret(told) or not self._is_secret(sent):
            sentence = N_("Tin báo này không phải của Voso; hãy kiểm tra mã bí mật của webhook.")
            raise NotAdmitted("not_from_voso", sentence)
        return reading.hint(push)

    def _is_secret(self, said: Any) -> bool:
        ours = self._keys["WEBHOOK_SECRET"]
        return bool(ours) and isinstance(said, str) and hmac.compare_digest(_bytes(said), _bytes(ours))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
