"""Numbers, switches, moments and text in all the forms marketplaces write them."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

_LOCAL = timedelta(hours=7)
#: Categories Cc and Cs but for line breaks; one pattern, for every publish cleans some thousand characters.
_UNSEEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class Unreadable(ValueError):
    """A payload without something we cannot do without; its text names the field."""


def clean(text: str) -> str:
    """NFC, trimmed, without control characters other than line breaks."""
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    return _UNSEEN.sub("", text).strip()


def number(value: Any, field: str = "number") -> float | None:
    """A number however it is written (12, 12.0, "12"); None for null or ""; `Unreadable` otherwise."""
    if value is None or value == "":
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15:
        return value
    if isinstance(value, str) and len(value) < 30:
        try:
            read = float(value)
        except ValueError:
            read = float("nan")
        if abs(read) < 1e15:  # also false for NaN
            return read
    raise Unreadable(field)


def whole(value: Any, field: str = "number") -> int | None:
    """The same, as a whole number; đồng have no fraction, so .5 rounds to the nearest."""
    read = number(value, field)
    return None if read is None else round(read)


def needed(values: Mapping[str, Any], field: str) -> int:
    """A whole number that must be there."""
    read = whole(values.get(field), field)
    if read is None:
        raise Unreadable(field)
    return read


def needed_text(values: Mapping[str, Any], field: str) -> str:
    """A text (NFC) that must be there and is not empty."""
    read = values.get(field)
    if not isinstance(read, str) or not read:
        raise Unreadable(field)
    return unicodedata.normalize("NFC", read)


def moment(value: Any, field: str, *, local_as_utc: bool = False) -> datetime | None:
    """A time stamp in epoch seconds; `local_as_utc`: it is Vietnamese wall time written as if it were UTC."""
    seconds = number(value, field)
    if not seconds:
        return None
    try:
        at = datetime.fromtimestamp(seconds, UTC)
        return at - _LOCAL if local_as_utc else at
    except (OverflowError, OSError, ValueError) as error:
        raise Unreadable(field) from error


def truth(value: Any) -> bool:
    """A boolean however it is written: true, 1, "1", "true"."""
    return str(value).strip().lower() in ("true", "1", "1.0")
