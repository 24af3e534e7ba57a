"""When Voso says no: who has to act. The house has no machine codes, so its English sentences are matched."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from connectors.kit.errors import ConnectorError, Misunderstood, NotAdmitted, Rejected, Unavailable
from connectors.kit.figures import truth
from connectors.kit.http import Answer
from connectors.kit.protocol import N_
from connectors.kit.publishing import DUPLICATE_SKU, GONE, IN_MODERATION
from connectors.voso.rules import FIELDS

LOCKED = "locked"
STATUS = "refused_status"  #: the state does not allow it, or is that already
MODERATION_SECONDS = 1800.0  #: until a product under moderation is tried again
SAID = N_("Voso không nhận: %(message)s")
UNREADABLE = N_("Voso trả lời theo dạng chưa biết; hãy báo kỹ thuật.")

_ABOUT_TOKEN = re.compile(r"\btoken\b", re.IGNORECASE)
_BUSY = re.compile(r"system error|timed? ?out|try again", re.IGNORECASE)
_STATUS = re.compile(r"status already exists|incorrect data: (product|order)_status", re.IGNORECASE)
_TAKEN = re.compile(r"already exists", re.IGNORECASE)
_NO_PRODUCT = re.compile(r"product does not exist", re.IGNORECASE)
_NO_ORDER = re.compile(r"order does not exist", re.IGNORECASE)
_LOCKED = re.compile(r"product is locked", re.IGNORECASE)
_FIELD = re.compile(r"incorrect data: ([A-Z_]+)|invalid \[([A-Z_]+)\]", re.IGNORECASE)

#: Our field -> what to do when Voso refuses it without saying why.
REPAIRS = {
    "title": N_("Voso không nhận tên này; hãy sửa tên, nhiều nhất 150 byte."),
    "sku": N_("Voso không nhận mã hàng này; hãy sửa mã."),
    "price_vnd": N_("Voso không nhận giá này; hãy sửa giá."),
    "gross_grams": N_("Voso không nhận khối lượng này; hãy sửa khối lượng cả bì."),
    "packs": N_("Voso không nhận số gói này; hãy sửa số gói."),
    "description": N_("Voso không nhận bài viết này; hãy sửa bài, nhiều nhất 4.000 byte."),
    "category": N_("Voso không nhận ngành hàng này; hãy chọn lại ngành hàng cấp cuối."),
    "dimensions_cm": N_("Voso không nhận kích thước kiện hàng; hãy sửa dài, rộng, cao."),
    "pictures": N_("Voso không nhận ảnh; hãy thay bằng ảnh JPEG hoặc PNG từ 500 điểm, dưới 2 MB."),
    "attributes": N_("Voso không nhận một thuộc tính; hãy xem lại các thuộc tính của ngành hàng."),
}


def messages(body: Any) -> list[str]:
    """The sentences of an envelope; `message` is one of them or a list."""
    said = body.get("message") if isinstance(body, Mapping) else None
    told = said if isinstance(said, list) else [said]
    return [text for text in told if isinstance(text, str) and text]


def is_refusal(answer: Answer) -> bool:
    """Whether an answer below HTTP 500 says no; business errors come with HTTP 200."""
    if answer.status >= 300:
        return True
    return isinstance(answer.body, Mapping) and truth(answer.body.get("error"))


def refuses_token(answer: Answer) -> bool:
    """Whether the token was refused, in any of the three ways clients report."""
    if answer.status == 401:
        return True
    body = answer.body
    if not isinstance(body, Mapping) or not truth(body.get("error")):
        return False
    return str(body.get("status")) == "401" or any(_ABOUT_TOKEN.search(text) for text in messages(body))


def refusal_of(answer: Answer, *, safe: bool) -> ConnectorError:
    """The error that names who acts next; `safe`: the call writes nothing."""
    facts = {"http_status": str(answer.status)}
    if answer.status in (401, 403):
        sentence = N_(
            "Voso không cho gian hàng này làm việc đó; hãy kiểm tra tài khoản và tình trạng gian hàng."
        )
        return NotAdmitted("forbidden", sentence, facts=facts)
    body = answer.body if isinstance(answer.body, Mapping) else {}
    if str(body.get("status")) == "429":
        return Unavailable("rate_limited", facts=facts)
    said = messages(body)
    if str(body.get("status")) == "205" or any(_BUSY.search(text) for text in said):
        return Unavailable("marketplace_busy", maybe_done=not safe, facts=facts)
    if not said:
        return Misunderstood("unknown_refusal", UNREADABLE, facts=facts)
    return refused(said, facts)


def refused(said: Sequence[str], facts: Mapping[str, str]) -> Rejected:
    """A refusal by its sentences; what Voso did not say is never guessed."""
    told = {**facts, "message": "; ".join(said)[:500]}
    for pattern, code, sentence in _KNOWN:
        if any(pattern.search(text) for text in said):
            return Rejected(code, sentence, facts=told)
    names = [(found[1] or found[2]).upper() for text in said for found in _FIELD.finditer(text)]
    fields = {field: REPAIRS[field] for field in (FIELDS.get(name, "") for name in names) if field}
    code = f"refused_{next(iter(fields))}" if fields else "refused"
    return Rejected(code, SAID, fields=fields, facts=told)


_KNOWN = (
    (_NO_PRODUCT, GONE, N_("Tin này không còn trên Voso; hãy đăng lại.")),
    (_LOCKED, LOCKED, N_("Voso đã khóa tin này; hãy hỏi Voso lý do rồi đăng lại.")),
    (_NO_ORDER, "order_unknown", N_("Voso không có đơn này; hãy kiểm tra lại số đơn.")),
    (
        _STATUS,
        STATUS,
        N_("Trạng thái hiện nay trên Voso không cho làm việc đó; hãy xem lại trên trang người bán."),
    ),
    (_TAKEN, DUPLICATE_SKU, N_("Voso đã có mã hàng này; hãy đổi mã hoặc nối với tin đang có.")),
)


def gone() -> Rejected:
    """The product is not there any more."""
    return Rejected(GONE, _KNOWN[0][2])


def locked() -> Rejected:
    """Voso took the product down for good."""
    return Rejected(LOCKED, _KNOWN[1][2])


def taken(refusal: Rejected) -> Rejected:
    """The product code exists, whatever words a create was refused with."""
    return Rejected(DUPLICATE_SKU, _KNOWN[-1][2], facts=refusal.facts)


def in_moderation() -> Unavailable:
    """The change must wait for a moderator."""
    sentence = N_("Voso đang duyệt tin này; hệ thống sẽ gửi lại sau khi duyệt xong.")
    return Unavailable(IN_MODERATION, sentence, retry_after=MODERATION_SECONDS)


@contextmanager
def after_a_write() -> Iterator[None]:
    """Whatever fails in here fails in the middle: an earlier call of the same change was carried out."""
    try:
        yield
    except Rejected as refusal:
        raise Unavailable("half_done", maybe_done=True, facts=refusal.facts) from refusal
    except ConnectorError as error:
        error.maybe_done = True
        raise


def row_errors(data: Any, codes: Sequence[str]) -> list[ConnectorError | None]:
    """One error or None for each product code of a batch whose envelope says that all went well."""
    if not isinstance(data, list):
        raise Misunderstood("unknown_form", UNREADABLE, maybe_done=True)
    told = {str(row.get("PRODUCT_CODE")): row for row in data if isinstance(row, Mapping)}
    return [_row_error(told.get(code)) for code in codes]


def _row_error(row: Mapping[str, Any] | None) -> ConnectorError | None:
    if row is None:
        return Unavailable("unclear_rows", maybe_done=True)
    if not truth(row.get("ERROR")):
        return None
    said = [text for text in (row.get("MESSAGE"),) if isinstance(text, str) and text] or ["?"]
    if any(_BUSY.search(text) for text in said):
        return Unavailable("marketplace_busy", facts={"message": said[0][:500]})
    return refused(said, {})
