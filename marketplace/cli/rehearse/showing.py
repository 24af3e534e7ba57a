"""How far a rehearsal is, on stderr: one bar per phase."""

import sys
from types import TracebackType
from typing import Any, Self

import click


class Bars:
    """A bar for the phase that is running; another label ends it and begins the next."""

    def __init__(self) -> None:
        self._label: str | None = None
        self._bar: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def show(self, label: str, done: int, total: int) -> None:
        """`done` of `total` of this phase."""
        if label != self._label:
            self._end()
            self._label = label
            self._bar = click.progressbar(length=max(1, total), label=f"{label:<24}", file=sys.stderr)
            self._bar.__enter__()
        self._bar.update(max(0, done - self._bar.pos))

    def _end(self) -> None:
        if self._bar is not None:
            self._bar.__exit__(None, None, None)
            self._bar = None
