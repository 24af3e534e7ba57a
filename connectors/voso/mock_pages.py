"""Pages and day windows of the mock's lists: from 1, at most 50 rows, whole Vietnamese days."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar

from connectors.voso.dates import VIETNAM
from connectors.voso.dates import day as read_day
from connectors.voso.mock_wire import text, whole, wrong
from connectors.voso.reading import PAGE, WINDOW_DAYS

Row = TypeVar("Row")


def page_of(body: Mapping[str, Any], rows: Sequence[Row]) -> Sequence[Row]:
    """The rows of the page that is asked for; beyond the last page there are none."""
    index, size = whole(body, "PAGE_INDEX"), whole(body, "PAGE_SIZE")
    index, size = 1 if index is None else index, PAGE if size is None else size
    if index < 1:
        raise wrong("PAGE_INDEX")
    if not 1 <= size <= PAGE:
        raise wrong("PAGE_SIZE")
    return rows[(index - 1) * size : index * size]


def window(body: Mapping[str, Any]) -> tuple[float, float] | None:
    """Epoch seconds from the first day's start to the last day's end; None without days."""
    first, last = _day(body, "DATE_FROM"), _day(body, "DATE_TO")
    if first is None and last is None:
        return None
    if first is None or last is None or not 0 <= (last - first).days < WINDOW_DAYS:
        raise wrong("DATE_FROM", "DATE_TO")
    return _midnight(first), _midnight(last, after=timedelta(days=1))


def _day(body: Mapping[str, Any], name: str) -> date | None:
    written = text(body, name)
    try:
        return read_day(written) if written else None
    except ValueError as error:
        raise wrong(name) from error


def _midnight(day: date, after: timedelta = timedelta()) -> float:
    try:
        return (datetime.combine(day, time.min, VIETNAM) + after).timestamp()
    except (OverflowError, ValueError, OSError) as error:
        raise wrong("DATE_TO") from error
