"""Cells of spreadsheets that people and portals fill: text, đồng and days however they are written."""

import re
from datetime import date, datetime
from typing import Any

from connectors.kit.figures import clean

_MOST = 10**12  #: đồng
_DONG = re.compile(r"\d{1,3}(?:([.,])\d{3}(?:\1\d{3})*)?|\d{4,13}")
_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_UNIT = re.compile(r"(?i)\s*(?:₫|đồng|đ|vnđ|vnd)$")


def text_of(cell: Any) -> str:
    """A cell as one line of text."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        cell = int(cell)
    return " ".join(clean(str(cell)).lstrip("'").split())


def dong(cell: Any) -> int | None:
    """đồng however they are written (1234567, 1.234.567, -1.234 đ, (1.234)); 0 when empty, None when not."""
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int | float):
        return int(cell) if cell == cell and abs(cell) < _MOST and cell == int(cell) else None
    text = text_of(cell).replace("\u2212", "-").replace("\u2013", "-")
    text = _UNIT.sub("", text).replace(" ", "")
    if text in ("", "-"):
        return 0
    bracketed = re.fullmatch(r"\((.+)\)", text)
    sign, digits = (-1, bracketed[1]) if bracketed else (-1 if text[0] == "-" else 1, text.lstrip("+-"))
    if len(text) - len(digits) > (2 if bracketed else 1) or _DONG.fullmatch(digits) is None:
        return None
    if not digits.isascii():
        return None
    read = int(digits.replace(".", "").replace(",", ""))
    return sign * read if read < _MOST else None


def day(cell: Any) -> date | None:
    """A local day: a date cell, 07/12/2021 or 2021-12-07; a time behind it is left out."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = text_of(cell).split(" ")[0]
    found = _DAY.fullmatch(text)
    try:
        if found is not None and text.isascii():
            return date(int(found[3]), int(found[2]), int(found[1]))
        return date.fromisoformat(text)
    except ValueError:
        return None
