"""Read rows of an answer: what has no known form is for a developer, and hides no other row."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import fields
from typing import Any, TypeVar

from connectors.kit.errors import Misunderstood
from connectors.kit.protocol import N_, OrderState, RemoteOrder, RemoteState, UnreadOrder
from connectors.kit.redact import journal_text

T = TypeVar("T")
S = TypeVar("S", RemoteState, OrderState)
UNREADABLE = N_("Sàn trả lời theo dạng chưa biết; hãy báo kỹ thuật.")
#: How a mapping of rows fails at a row of another form; `figures.Unreadable` is a ValueError.
MISSHAPEN = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)
log = logging.getLogger(__name__)


def unknown_form(what: str, *, safe: bool = True) -> Misunderstood:
    """The error for an answer of no known form; after a write (not `safe`) it may have happened."""
    return Misunderstood("unknown_form", UNREADABLE, maybe_done=not safe, facts={"what": what})


def read(mapping: Callable[[Any], T], row: Any, *, safe: bool = True) -> T:
    """One row as `mapping` makes it; `Misunderstood` when it cannot."""
    try:
        return mapping(row)
    except MISSHAPEN as error:
        raise unknown_form(getattr(mapping, "__name__", "row"), safe=safe) from error


def record(kind: type[T], row: Any) -> T:
    """A dataclass from the row's fields of the same names; others are ignored."""
    return kind(**{field.name: row[field.name] for field in fields(kind) if field.name in row})  # type: ignore[arg-type]  # of a dataclass


def state(kind: type[S], value: Any) -> S:
    """A state by its own word; UNKNOWN for a word nobody knows."""
    return next((one for one in kind if one == value), kind("unknown"))


def rows(value: Any) -> list[Any]:
    """A list; `Misunderstood` when it is none."""
    if not isinstance(value, list):
        raise unknown_form("list")
    return value


def readable(mapping: Callable[[Any], T], found: Iterable[Any]) -> list[T]:
    """The rows that can be read; each other one is logged."""
    told = []
    for row in found:
        try:
            told.append(mapping(row))
        except MISSHAPEN as error:
            log.warning("a row without readable %s", error)
    return told


def orders(
    mapping: Callable[[Any], RemoteOrder], found: Iterable[Any], number: str
) -> list[RemoteOrder | UnreadOrder]:
    """Every order of a page; one that cannot be read is parked under its `number` with its redacted text."""
    told: list[RemoteOrder | UnreadOrder] = []
    for row in found:
        try:
            told.append(mapping(row))
        except MISSHAPEN as error:
            known = row.get(number) if isinstance(row, dict) else None
            order_no = str(known) if isinstance(known, str | int) and known else None
            told.append(
                UnreadOrder(order_no, f"unreadable_{type(error).__name__.lower()}", journal_text(row))
            )
    return told
