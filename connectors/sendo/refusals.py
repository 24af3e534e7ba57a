"""When Sendo says no: who has to act. Its wording is not documented, so properties decide before words do."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from connectors.kit.errors import ConnectorError, Misunderstood, NotAdmitted, Rejected, Unavailable
from connectors.kit.figures import Unreadable, truth, whole
from connectors.kit.http import Answer
from connectors.kit.protocol import N_
from connectors.kit.publishing import DUPLICATE_SKU, GONE, IN_MODERATION
from connectors.sendo import mapping
from connectors.sendo.rules import FIELDS

LOCKED = "locked"
VARIANTS = "variants"  #: code of a `Rejected` write to a product whose stock lies in its variants
MODERATION_SECONDS = 1800.0  #: until a product under moderation is tried again
SAID = N_("Sendo không nhận: %(message)s")
_DUPLICATE = re.compile(r"(ma san pham|sku).*(ton tai|trung|duplicate|exist)")
_BUSY = re.compile(r"thu lai|dang ban\b|he thong|try again|busy|time ?out")
_ROW_KEYS = ("product_id", "id", "sku", "store_sku")


def is_refusal(answer: Answer) -> bool:
    """Whether an answer below 500 says no."""
    return answer.status >= 300 or (isinstance(answer.body, dict) and answer.body.get("success") is False)


def refusal_of(answer: Answer) -> ConnectorError:
    """The error that names who acts next."""
    facts = {"http_status": str(answer.status)}
    body = answer.body if isinstance(answer.body, dict) else {}
    if answer.status in (401, 403):
        sentence = N_(
            "Sendo không cho gian hàng này làm việc đó; hãy kiểm tra khóa kết nối và tình trạng gian hàng."
        )
        return NotAdmitted("forbidden", sentence, facts=facts)
    error = body.get("error")
    if isinstance(error, dict) and isinstance(error.get("message"), str):
        return _refused(error["message"], error.get("error_details"), facts)
    if body.get("success") is False:
        return _refused("", None, facts)
    sentence = N_("Sendo trả lời theo dạng chưa biết; hãy báo kỹ thuật.")
    return Misunderstood("unknown_refusal", sentence, facts=facts)


def _refused(message: str, details: Any, facts: Mapping[str, str]) -> Rejected | Unavailable:
    fields: dict[str, str] = {}
    for detail in details if isinstance(details, list) else []:
        name = detail.get("property_name") if isinstance(detail, dict) else None
        if isinstance(name, str) and name:
            fields.setdefault(FIELDS.get(name, name), str(detail.get("message") or message))
    told = {**facts, "message": message or next(iter(fields.values()), "?")}
    words = _folded(message)
    if "sku" in fields or _DUPLICATE.search(words):
        return Rejected(
            DUPLICATE_SKU,
            N_("Sendo đã có mã hàng này; hãy đổi mã hoặc nối với tin đang có."),
            fields=fields,
            facts=told,
        )
    if not fields and _BUSY.search(words):
        return Unavailable("marketplace_busy", facts=told)
    code = f"refused_{next(iter(fields))}" if fields else "refused"
    return Rejected(code, SAID, fields=fields, facts=told)


def what_forbids(
    detail: Mapping[str, Any] | None, facts: Mapping[str, str] | None = None
) -> Rejected | Unavailable | None:
    """What keeps this product (None: it is gone) from being written at all; None when nothing does."""
    facts = facts or {}
    try:
        status = whole(detail.get("status"), "status") if detail is not None else mapping.DELETED
    except Unreadable:
        status = None
    if status == mapping.PENDING:
        return Unavailable(
            IN_MODERATION,
            N_("Sendo đang duyệt tin này; hệ thống sẽ gửi lại sau khi duyệt xong."),
            retry_after=MODERATION_SECONDS,
        )
    if status == mapping.CANCELLED:
        sentence = N_("Sendo đã khóa tin này; hãy hỏi Sendo lý do rồi đăng lại.")
        return Rejected(LOCKED, sentence, facts=facts)
    if status == mapping.DELETED:
        return Rejected(GONE, N_("Tin này không còn trên Sendo; hãy đăng lại."), facts=facts)
    if detail is not None and (truth(detail.get("is_config_variant")) or mapping.variants_of(detail)):
        sentence = N_(
            "Tin này trên Sendo có nhiều biến thể nên không ghi được số gói chung; "
            "hãy tách mỗi biến thể thành một tin riêng trên Sendo."
        )
        return Rejected(VARIANTS, sentence, facts=facts)
    return None


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.lower()).replace("đ", "d")
    return "".join(c for c in plain if not unicodedata.combining(c))


def row_refusals(
    result: Any, rows: Sequence[tuple[str, str]], *, strict: bool = False
) -> list[ConnectorError | None]:
    """One error or None for each row (remote id, SKU) of a batch; `strict`: an error list must be there."""
    listed = result.get("error_list") if isinstance(result, dict) else None
    if not isinstance(listed, list):
        if strict:
            sentence = N_("Sendo trả lời theo dạng chưa biết; hãy báo kỹ thuật.")
            raise Misunderstood("unknown_form", sentence, maybe_done=True)
        listed = []
    named: dict[int, ConnectorError] = {}
    nameless = []
    for entry in listed:
        place = _place(entry, rows)
        if place is None:
            nameless.append(_row_error(entry))
        else:
            named.setdefault(place, _row_error(entry))
    return _spread(named, nameless, len(rows))


def _place(entry: Any, rows: Sequence[tuple[str, str]]) -> int | None:
    if not isinstance(entry, dict):
        return None
    said = {str(entry[key]).removesuffix(".0") for key in _ROW_KEYS if entry.get(key)}
    return next((place for place, row in enumerate(rows) if said & set(row)), None)


def _row_error(entry: Any) -> ConnectorError:
    message = str(entry.get("message") or "") if isinstance(entry, dict) else str(entry)
    return _refused(message, entry.get("error_details") if isinstance(entry, dict) else None, {})


def _spread(
    named: Mapping[int, ConnectorError], nameless: Iterable[ConnectorError], count: int
) -> list[ConnectorError | None]:
    """Give errors that name no row to the rows left: exactly, when none is over, else all are unclear."""
    results: list[ConnectorError | None] = [named.get(place) for place in range(count)]
    errors = list(nameless)
    free = [place for place in range(count) if place not in named]
    if not errors or not free:
        return results
    if len(errors) >= len(free):
        for place, error in zip(free, errors, strict=False):
            results[place] = error
        return results
    for place in free:
        results[place] = Unavailable(
            "unclear_rows", maybe_done=True, facts={"message": str(errors[0].facts["message"])}
        )
    return results
