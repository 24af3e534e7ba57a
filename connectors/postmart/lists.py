"""Postmart's lists tell no total and move while they are read: read until nothing new comes."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from connectors.kit.shop import PASSES
from connectors.postmart.reading import PAGE

Row = dict[str, Any]
Fetch = Callable[[str, Mapping[str, str]], list[Row]]  #: one page of the list at a path


def steady(
    fetch: Fetch, path: str, query: Mapping[str, str], key: Callable[[Row], Any]
) -> Iterator[list[Row]]:
    """Every row of one window though rows move while it is read, each key once, page by page.

    A list that fits on one page cannot slip past an edge. A longer one is read again until that brings
    nothing new, a few times at most.
    """
    seen: set[Any] = set()
    for _ in range(PASSES):
        before, count = len(seen), 0
        for rows in _pages(fetch, path, query):
            count += 1
            fresh = [row for row in rows if key(row) not in seen]
            seen.update(key(row) for row in fresh)
            if fresh:
                yield fresh
        if count == 1 or len(seen) == before:
            return


def _pages(fetch: Fetch, path: str, query: Mapping[str, str]) -> Iterator[list[Row]]:
    page = 0
    while True:
        rows = fetch(path, {**query, "page": str(page), "size": str(PAGE)})
        yield rows
        if len(rows) < PAGE:
            return
        page += 1


def newest(
    fetch: Fetch, path: str, windows: Iterable[Mapping[str, str]], key: Callable[[Row], Any]
) -> list[Row]:
    """Every record of all windows, each key once as it was told last."""
    found: dict[Any, Row] = {}
    for window in windows:
        for rows in steady(fetch, path, window, lambda row: (key(row), str(row.get("lastUpdateDate")))):
            found.update((key(row), row) for row in rows)
    return list(found.values())
