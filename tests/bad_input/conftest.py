"""The world of the security tests, where what is accepted is looked at and taken back."""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import g
from sqlalchemy import Engine, Table, event
from sqlmodel import Session

from marketplace.core import web
from tests.security.conftest import browser_of, season, world

__all__ = ["browser_of", "season", "world"]


@dataclass
class Kept:
    """What the last request would have kept."""

    watching: bool = False  #: from when on nothing is kept; the browsers must log in first
    accepted: bool = False
    wrong: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch, engine: Engine) -> Iterator[Kept]:
    """Every accepted request is written, what was written is looked at, and then it is rolled back."""
    outcome, really = Kept(), web._settle

    def settle(db: Session, response: Any) -> Any:
        if not outcome.watching:
            return really(db, response)
        outcome.accepted = response.status_code < 400 and not g.get("refused", False)
        if outcome.accepted:
            db.flush()
        outcome.wrong, outcome.heard = (outcome.heard if outcome.accepted else []), []
        db.rollback()
        return response

    def hear(_connection: Any, _cursor: Any, _words: str, _values: Any, context: Any, _many: bool) -> None:
        if context is not None and context.compiled is not None and (context.isinsert or context.isupdate):
            table = context.compiled.statement.table
            for row in context.compiled_parameters:
                outcome.heard += ill_written(table, row)

    monkeypatch.setattr(web, "_settle", settle)
    event.listen(engine, "before_cursor_execute", hear)
    yield outcome
    event.remove(engine, "before_cursor_execute", hear)


def ill_written(table: Table, row: Mapping[str, Any]) -> list[str]:
    """Text that is not clean, or longer than its column, which only PostgreSQL refuses."""
    found = []
    for name, value in row.items():
        column = table.columns.get(name)
        if column is None or not isinstance(value, str):
            continue
        if "\0" in value or not unicodedata.is_normalized("NFC", value) or value != value.strip():
            found.append(f"{column} is not clean: {value[:40]!r}")
        room = getattr(column.type, "length", None)
        if room and len(value) > room:
            found.append(f"{column} holds {len(value)} letters")
    return found
