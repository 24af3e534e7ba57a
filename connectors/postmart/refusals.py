"""When Postmart says no: who has to act. Only words are told, under three spellings of their key."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.kit.errors import ConnectorError, Misunderstood, NotAdmitted, Rejected, Unavailable
from connectors.kit.http import Answer
from connectors.kit.protocol import N_
from connectors.kit.publishing import GONE
from connectors.postmart.mapping import ACCEPTED
from connectors.postmart.rules import FIELDS

SAID = N_("Postmart không nhận: %(message)s")
GONE_SENTENCE = N_("Tin này không còn trên Postmart; hãy đăng lại.")
_KEYS = ("errorMessage", "message", "Message")
_PART = re.compile(r"([A-Za-z]+): (.+)", re.DOTALL)
_BUSY = re.compile(r"thu lai|he thong|try again|busy|time ?out")
_MISSING = re.compile(r"khong tim thay|khong ton tai|not found|does not exist")


def is_refusal(answer: Answer) -> bool:
    """Whether an answer below 500 says no."""
    return answer.status >= 300 or (isinstance(answer.body, dict) and answer.body.get("success") is False)


def words_of(body: Any) -> str:
    """The text of a refusal, whichever spelling its key has; "" when there is none."""
    told = body if isinstance(body, dict) else {}
    return next((told[key] for key in _KEYS if isinstance(told.get(key), str) and told[key]), "")


def refusal_of(answer: Answer) -> ConnectorError:
    """The error that names who acts next."""
    facts = {"http_status": str(answer.status)}
    if answer.status in (401, 403):
        sentence = N_(
            "Postmart không cho gian hàng làm việc này; hãy kiểm tra tài khoản và địa chỉ IP đã đăng ký."
        )
        return NotAdmitted("forbidden", sentence, facts=facts)
    message = words_of(answer.body)
    if not message:
        sentence = N_("Postmart trả lời theo dạng chưa biết; hãy báo kỹ thuật.")
        return Misunderstood("unknown_refusal", sentence, facts=facts)
    return refused(message, facts)


def refused(message: str, facts: Mapping[str, str] | None = None) -> Rejected | Unavailable:
    """A refusal in words; "productName: …" names the property it is about, " | " parts several."""
    fields: dict[str, str] = {}
    for part in message.split(" | "):
        named = _PART.fullmatch(part.strip())
        name = named[1][:1].lower() + named[1][1:] if named else ""
        if named and name in FIELDS:
            fields.setdefault(FIELDS[name], named[2])
    told = {**(facts or {}), "message": next(iter(fields.values()), message) or "?"}
    words = _folded(message)
    if not fields and _MISSING.search(words):
        return Rejected(GONE, GONE_SENTENCE, facts=told)
    if not fields and _BUSY.search(words):
        return Unavailable("marketplace_busy", facts=told)
    code = f"refused_{next(iter(fields))}" if fields else "refused"
    return Rejected(code, SAID, fields=fields, facts=told)


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.lower()).replace("đ", "d")
    return "".join(c for c in plain if not unicodedata.combining(c))


def row_results(body: Any, skus: Sequence[str]) -> list[ConnectorError | None]:
    """One error or None for each SKU of a stock call: rows come in any order, and one may be missing."""
    if not isinstance(body, list):
        sentence = N_("Postmart trả lời theo dạng chưa biết; hãy báo kỹ thuật.")
        raise Misunderstood("unknown_form", sentence, maybe_done=True)
    told = {row["saleProductCode"]: row for row in body if isinstance(row, dict) and _names_a_row(row)}
    return [_row_result(told.get(sku)) for sku in skus]


def _names_a_row(row: Mapping[str, Any]) -> bool:
    return isinstance(row.get("saleProductCode"), str)


def _row_result(row: Mapping[str, Any] | None) -> ConnectorError | None:
    if row is None or not isinstance(row.get("Type"), str):
        return Unavailable("row_unanswered", maybe_done=True)
    return None if row["Type"] == ACCEPTED else refused(words_of(row) or "?")
