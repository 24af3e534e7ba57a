"""Take secrets and personal data out of what is journalled, by structure first and by pattern second.

A value under a secret or personal key goes whatever it looks like; free text loses phone numbers, e-mail
addresses and tokens. A body that cannot be read as JSON is not journalled, since its structure cannot be
trusted.
"""

import json
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

HIDDEN = "***"
MAX_CHARS = 16_000
WHOLE_CHARS = 400_000  #: of an answer that is kept until it is known whether anybody could read it
FRAME_CHARS = 4_000  #: beyond the cut: short values, so that a list keeps its page token and its total

_PRIVATE_KEY = re.compile(
    r"token|secret|passw|authori[sz]ation|shop_?key|api_?key|signature|credential|username|\bcookie"
    r"|phone|mobile_?(no|number)|telephone|e_?mail|addr|receiver|recipient|consignee|buyer|customer|ship_?to|contact"
    r"|full_?name|first_?name|last_?name|bank_|(^|_)note$|region_name|sort_code|tracking|zipcode|ward|district"
    r"|^(ten|sdt|dia_?chi)_?(nguoi|khach)",
    re.IGNORECASE,
)
#: Money and counts whose key only mentions a person, switches without content, and where goods come from.
_HARMLESS_KEY = re.compile(
    r"(amount|fee|total|discount)$|^(amount|total|is)_|_(amount|fee)_|^next_token$|^origin\w*code$",
    re.IGNORECASE,
)

_TOKEN = re.compile(
    r"eyJ[\w-]{1,1000}(?:\.[\w-]*){1,2}"  # a JWT
    r"|(?:bearer|basic)\s+[\w.+/=-]{8,}",
    re.IGNORECASE,
)
_TOKEN_STARTS = ("eyj", "bearer", "basic")
_PHONE = re.compile(r"(?<![\w])(?:\(?\+?84\)?|\(?0)(?:[\s.\-()]{0,2}\d){8,10}(?!\d)")  # Vietnamese
_NINE_DIGITS = re.compile(r"[08](?:[\s.\-()]{0,3}\d){8}")  #: in every phone number, and found much faster
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")  # bounded: an open start is quadratic on long words
_CUT = re.compile(r"… \(\+(\d{1,9})\)")
MOST_ROWS = 1_000  #: that a cut list is made longer by
SHORT = 100  #: characters of a value that is kept beyond the cut
_FILE = re.compile(r"[A-Za-z0-9+/]{2000,}={0,2}")  #: base64 of a picture or paper: nobody reads it
_MARGIN = 200  #: characters beyond a cut that are still scrubbed, so that no half of a number is left


def is_private(key: str) -> bool:
    """Whether what stands under this key is a secret or tells who a person is."""
    return bool(_PRIVATE_KEY.search(key)) and not _HARMLESS_KEY.search(key)


def scrub(text: str) -> str:
    """Free text without phone numbers, e-mail addresses and tokens."""
    if "@" in text:
        text = _MAIL.sub(HIDDEN, text)
    folded = text.casefold()
    if any(start in folded for start in _TOKEN_STARTS):
        text = _TOKEN.sub(HIDDEN, text)
    digits = _NINE_DIGITS.search(text)
    if digits is None:
        return text
    start = max(0, digits.start() - 4)  # room for "(+" and for what must not stand before it
    return text[:start] + _PHONE.sub(HIDDEN, text[start:])


@lru_cache(maxsize=4096)
def _named(key: str) -> tuple[str, bool]:
    """A key as it is journalled, and whether it is private; a marketplace has few, used in every call."""
    name = scrub(key)
    return name, is_private(name)


def redacted(value: Any, *, limit: int = MAX_CHARS) -> Any:
    """A copy without secrets and personal data, cut off with "…" after about `limit` characters."""
    return _redacted(value, [limit])


def _redacted(value: Any, room: list[int]) -> Any:
    if isinstance(value, str):
        return _text(value, room)
    if isinstance(value, dict):
        return _mapping(value, room)
    if isinstance(value, (list, tuple)):
        return _sequence(value, room)
    room[0] -= 6
    return value


def _text(value: str, room: list[int]) -> str:
    left = max(SHORT if len(value) <= SHORT and room[0] > -FRAME_CHARS else 0, room[0])
    if len(value) > 2000 and _FILE.fullmatch(value):
        value = f"({len(value)} characters of a file)"
    text = scrub(value[: left + _MARGIN]) if len(value) > 5 else value
    room[0] -= len(text)
    return text if len(text) <= left and len(value) <= left + _MARGIN else text[:left] + "…"


def _mapping(value: dict[Any, Any], room: list[int]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for key, inner in value.items():
        if room[0] <= -FRAME_CHARS or (room[0] <= 0 and isinstance(inner, str) and len(inner) > SHORT):
            kept["…"] = "…"
            continue
        name, private = _named(str(key))
        room[0] -= len(name) + 6
        # None, "" and booleans say whether something was there, never who.
        hide = private and inner not in (None, "", [], {}) and not isinstance(inner, bool)
        kept[name] = HIDDEN if hide else _redacted(inner, room)
    return kept


def _sequence(value: Sequence[Any], room: list[int]) -> list[Any]:
    kept: list[Any] = []
    for inner in value:
        if room[0] <= -FRAME_CHARS or (room[0] <= 0 and kept):
            kept.append(f"… (+{_length(value) - len(kept)})")
            break
        kept.append(_redacted(inner, room))
    return kept


def _length(value: Sequence[Any]) -> int:
    """How many rows a list had, also one that was cut before."""
    cut = _CUT.fullmatch(value[-1]) if isinstance(value[-1], str) else None
    return len(value) - 1 + int(cut[1]) if cut else len(value)


def whole_again(value: Any) -> Any:
    """A cut body in its old shape: lists are as long as they were, their last row said again and again."""
    if isinstance(value, dict):
        return {key: whole_again(inner) for key, inner in value.items() if key != "…"}
    if not isinstance(value, list):
        return value
    cut = _CUT.fullmatch(value[-1]) if value and isinstance(value[-1], str) else None
    if cut is None:
        return [whole_again(inner) for inner in value]
    rows = [whole_again(inner) for inner in value[:-1]]
    return rows + rows[-1:] * min(int(cut[1]), MOST_ROWS)


def journal_text(body: Any, secrets: Iterable[str] = (), *, limit: int = MAX_CHARS) -> str:
    """One redacted line of JSON for a body that was read; "" for none."""
    if body is None:
        return ""
    text = json.dumps(redacted(body, limit=limit), ensure_ascii=False, separators=(",", ":"), default=str)
    for secret in secrets:
        if secret and secret in text:
            text = text.replace(secret, HIDDEN)
    return text


def shortened(text: str) -> str:
    """A journalled body cut to `MAX_CHARS`; one that is shorter stays as it is."""
    if len(text) <= MAX_CHARS:
        return text
    try:
        return journal_text(json.loads(text))
    except ValueError:
        return text[:MAX_CHARS] + "…"


def unreadable_text(content: bytes) -> str:
    """What is journalled of a body that is no JSON: its size, and its first words when it is a web page."""
    if content.lstrip()[:1] != b"<":
        return f"({len(content)} bytes, unreadable)"
    words = re.sub(r"<[^>]*>|\s+", " ", content[:2000].decode("utf-8", "replace"))
    return f"({len(content)} bytes of HTML) {scrub(' '.join(words.split()))[:200]}"
