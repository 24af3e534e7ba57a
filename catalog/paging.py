"""One page of a list, with one statement: nothing is counted, one row more tells that there are more."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Row, Select
from sqlmodel import Session

from marketplace.core.text import exactness

PAGE = 30
MOST_FOUND = 200  #: hits of a search that are ranked; more words narrow it

Shown = TypeVar("Shown")


def page_of(
    db: Session,
    wanted: Select[*tuple[Any, ...]],
    number: int,
    query: str,
    named: Callable[[Any], str],
) -> tuple[list[Any], bool]:
    """Page `number` of the rows; of a search, names with the same marks first (R-A5). True: more follow."""
    if query:
        hits = db.execute(wanted.limit(MOST_FOUND)).all()
        return cut(sorted(hits, key=lambda row: exactness(query, named(row))), number)
    rows: Sequence[Row[Any]] = db.execute(wanted.offset((number - 1) * PAGE).limit(PAGE + 1)).all()
    return list(rows[:PAGE]), len(rows) > PAGE


def cut(rows: Sequence[Shown], number: int) -> tuple[list[Shown], bool]:
    """Page `number` of rows that were read whole."""
    first = (number - 1) * PAGE
    return list(rows[first : first + PAGE]), len(rows) > first + PAGE
