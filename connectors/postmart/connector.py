"""One Postmart shop: logs in when it must, looks before it creates, and polls what waits for approval."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from connectors.kit.errors import Misunderstood, NotAdmitted, Rejected
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
    UnreadOrder,
    Verdict,
)
from connectors.kit.publishing import DUPLICATE_SKU, GONE
from connectors.kit.shop import Token, TokenShop
from connectors.postmart import mapping, order_mapping, pushes, reading
from connectors.postmart.lists import newest, steady
from connectors.postmart.pictures import files
from connectors.postmart.refusals import GONE_SENTENCE, is_refusal, refusal_of, row_results
from connectors.postmart.updating import Updating, case_or_refusal, is_stopped, verdict_of

LIMITS = Limits(calls_per_second=5.0, list_page=reading.PAGE, price_batch=100)
TOKEN_SECONDS = 3600  #: assumed; one client keeps a token for 3500 s
RENEW_SECONDS = 3500
CREDENTIALS = ("username", "password", "customerCode", "publicKey")
LIST_MONTHS = 13  #: how far back products are listed


class PostmartConnector(TokenShop):
    """A `kit.protocol.Connector`; `credentials` are the account, its customer code and the push key."""

    def __init__(
        self,
        credentials: Mapping[str, str],
        options: Options,
        journal: Callable[[Exchange], None] | None = None,
    ) -> None:
        super().__init__(credentials, options, journal, fields=CREDENTIALS, limits=LIMITS)
        switches = options.switches
        self._province = switches.get("origin_province", mapping.ORIGIN_PROVINCE)
        self._commune = switches.get("origin_commune") or None
        self._months = _months(switches.get("list_months", str(LIST_MONTHS)))
        self._unsigned = switches.get("webhook", "signed") == "unsigned"
        self._push_key = pushes.public_key(self._keys["publicKey"])

    def log_in(self) -> Token:
        keys = {name: self._keys[name] for name in ("username", "password", "customerCode")}
        answer = self._transport.call("POST", "/GetAccessToken", keys, safe=True)
        if is_refusal(answer):
            facts = {"http_status": str(answer.status)}
            sentence = N_(
                "Postmart không nhận tài khoản; hãy nhập lại tên đăng nhập, mật khẩu và mã khách hàng."
            )
            raise NotAdmitted("wrong_keys", sentence, facts=facts)
        token = answer.body.get("token") if isinstance(answer.body, dict) else None
        if not isinstance(token, str) or not token:
            sentence = N_("Postmart trả lời đăng nhập không đọc được; hãy báo kỹ thuật.")
            raise Misunderstood("login_unreadable", sentence)
        ends = self._options.now() + timedelta(seconds=TOKEN_SECONDS)
        return Token(token, RENEW_SECONDS, self._keys["customerCode"], ends)

    def signed(self, token: str) -> Mapping[str, str]:
        return {"token": token}

    def token_refused(self, answer: Answer) -> bool:
        # The gateway's 403 is a page of words; a 403 in JSON comes from the application behind it.
        return answer.status == 401 or (answer.status == 403 and answer.body is None)

    def _body(self, method: str, path: str, body: Any = None, *, safe: bool = False, **query: str) -> Any:
        answer = self.call(method, path, body, safe=safe, **query)
        if is_refusal(answer):
            raise refusal_of(answer)
        return answer.body

    def categories(self) -> Sequence[Category]:
        rows = reading.rows(self._body("GET", "/getAllCategory", safe=True))
        return reading.parents_first([reading.category(row) for row in rows])

    def attributes(self, category: str) -> Sequence[Attribute]:
        rows = reading.rows(self._body("GET", "/getCategoryProps", safe=True, code=category))
        return [reading.attribute(row) for row in rows]

    def find(self, sku: str) -> RemoteProduct | None:
        rows = reading.results(self._body("GET", "/getProduct", safe=True, type="2", code=sku))
        row = reading.first_created(rows)
        found = None if row is None else reading.product(row)
        if found is not None and found.sku != sku:
            sentence = N_("Postmart trả về mã hàng khác với mã đã hỏi; hãy báo kỹ thuật.")
            raise Misunderstood("other_product", sentence)
        return found

    def _row(self, remote_id: str) -> dict[str, Any] | None:
        rows = reading.results(self._body("GET", "/getProduct", safe=True, type="3", code=remote_id))
        return rows[0] if rows else None

    def create(self, offer: Offer) -> str:
        wanted = self._wanted(offer, files(self._options, offer))
        # Postmart makes a second product of a repeated code without a word: look right before.
        if self.find(offer.sku) is not None:
            sentence = N_("Postmart đã có mã hàng này; hãy đổi mã hoặc nối với tin đang có.")
            raise Rejected(DUPLICATE_SKU, sentence, facts={"message": offer.sku})
        body = mapping.creation(self._keys["customerCode"], wanted)
        return reading.new_id(self._body("POST", "/CreateProduct", body))

    def _wanted(self, offer: Offer, pictures: Sequence[bytes]) -> dict[str, Any]:
        return mapping.information(offer, pictures, province=self._province, commune=self._commune)

    def update(self, remote_id: str, offer: Offer) -> str | None:
        row = self._row(remote_id)
        if row is None:
            raise Rejected(GONE, GONE_SENTENCE)
        pictures = files(self._options, offer)
        tags = [mapping.picture_tag(picture) for picture in pictures]
        return Updating(self._body, remote_id, row).bring_to(self._wanted(offer, pictures), tags)

    def withdraw(self, remote_id: str, sku: str) -> str | None:
        body = self._body("POST", "/UpdateStock", [{"saleProductCode": sku, "quantity": 0}])
        (error,) = row_results(body, [sku])
        if isinstance(error, Rejected) and error.code == GONE:
            return None
        if error is not None:
            raise error
        try:
            answer = self._body("POST", "/productCorrection", mapping.stop_correction(remote_id))
            case = case_or_refusal(answer)
        except Rejected:
            if is_stopped(self._row(remote_id)):
                return None
            raise
        return case.case_id if case.type == mapping.PENDING else None

    def verdict(self, remote_id: str, ticket: str) -> Verdict:
        cases = []
        for case_id in ticket.split(","):
            query = {"OriginalId": remote_id, "CaseId": case_id}
            told = reading.rows(self._body("GET", "/productCorrection/updateCase", safe=True, **query))
            cases += [reading.case(row, safe=True) for row in told]
        return verdict_of(cases, ticket.split(","))

    def set_price_and_stock(self, rows: Sequence[PriceAndStock]) -> Sequence[RowResult]:
        if not rows:
            return []
        if len(rows) > LIMITS.price_batch:
            raise ValueError(f"at most {LIMITS.price_batch} rows in one call")
        body = [{"saleProductCode": row.sku, "quantity": row.packs} for row in rows]
        errors = row_results(self._body("POST", "/UpdateStock", body), [row.sku for row in rows])
        return [RowResult(row.sku, error) for row, error in zip(rows, errors, strict=True)]

    def products(self) -> Iterator[Sequence[RemoteProduct]]:
        today = order_mapping.day(self._options.now()) + timedelta(days=1)
        first = reading.months_before(today, self._months)
        found = newest(
            self._page,
            "/GetListProduct",
            reading.windows(first, today),
            lambda row: str(row.get("originalId")),
        )
        read = reading.products(found)
        for start in range(0, len(read), reading.PAGE):
            yield read[start : start + reading.PAGE]

    def _page(self, path: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
        return reading.results(self._body("GET", path, safe=True, **query))

    def orders(self, since: datetime, until: datetime) -> Iterator[Sequence[RemoteOrder | UnreadOrder]]:
        told: set[str] = set()
        for window in reading.order_windows(since, until):
            query = {**window, "type": "SAN", "isInternational": "false"}
            for page in steady(self._page, "/GetListOrder", query, reading.version):
                fresh = [row for row in page if reading.version(row) not in told]
                told.update(reading.version(row) for row in fresh)
                if fresh:
                    yield [reading.order_or_unread(row) for row in fresh]

    def order(self, order_no: str) -> RemoteOrder:
        return reading.order(self._order_row(order_no))

    def _order_row(self, order_no: str) -> dict[str, Any]:
        rows = reading.results(self._body("GET", "/getOrder", safe=True, type="1", code=order_no))
        if not rows:
            sentence = N_("Postmart không có đơn này; hãy kiểm tra lại số đơn.")
            raise Rejected("order_number", sentence, fields={"order_no": sentence})
        return rows[0]

    def confirm(self, order_no: str) -> None:
        wanted = (OrderState.CONFIRMED, OrderState.SHIPPED, OrderState.DELIVERED, OrderState.RETURNED)
        self._change_order(order_no, "/orderConfirm", {}, wanted)

    def cancel_reasons(self) -> Sequence[CancelReason]:
        return order_mapping.REASONS

    def cancel(self, order_no: str, reason: str) -> None:
        if reason not in {row.code for row in order_mapping.REASONS}:
            sentence = N_("Postmart không có lý do hủy này; hãy chọn lại lý do.")
            raise Rejected("cancel_reason", sentence, fields={"reason": sentence})
        self._change_order(order_no, "/orderCancel", {"ReasonCode": reason}, (OrderState.CANCELLED,))

    def _change_order(
        self, order_no: str, path: str, change: Mapping[str, str], wanted: Sequence[OrderState]
    ) -> None:
        """Orders are changed under their original id; what may need approval is asked for once.

        A cancellation that still waits is no error: the order is read back and tells when it is done.
        """
        row = self._order_row(order_no)
        if reading.order(row).state in wanted:  # said before, or the buyer was faster
            return
        original = {"OriginalId": str(row.get("originalId") or "")}
        try:
            case = case_or_refusal(self._body("POST", path, {**original, **change}))
            if case.type == mapping.PENDING:
                self._ask_once({**original, "CaseId": case.case_id})
        except Rejected:
            if self.order(order_no).state not in wanted:
                raise

    def _ask_once(self, which: Mapping[str, str]) -> None:
        told = reading.rows(self._body("GET", "/orderCorrection/updateCase", safe=True, **which))
        for row in told:
            one = reading.case(row, safe=True)
            if one.case_id == which["CaseId"]:
                case_or_refusal(row)

    def hint(self, headers: Mapping[str, str], body: bytes) -> Hint:  # noqa: ARG002 - the signature is inside
        return pushes.hint_of(body, self._push_key, unsigned=self._unsigned)


def _months(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:4]) <= 240:
        raise ValueError(f"list_months is a number from 1 to 240, not {text!r}")
    return int(text)
