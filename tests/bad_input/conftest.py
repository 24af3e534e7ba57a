"""The world of the security tests, where what is accepted is looked at and taken back."""

import unicodedata
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import g
from sqlalchemy import String, inspect
from sqlmodel import Session, SQLModel

from marketplace.core import web
from tests.security.conftest import browser_of, season, world

__all__ = ["browser_of", "season", "world"]


@dataclass
class Kept:
    """What the last request would have kept."""

    watching: bool = False  #: from when on nothing is kept; the browsers must log in first
    accepted: bool = False
    wrong: list[str] = field(default_factory=list)


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Kept:
    """Every accepted request is flushed, its rows are looked at, and then it is rolled back."""
    outcome, really = Kept(), web._settle

    def settle(db: Session, response: Any) -> Any:
        if not outcome.watching:
            return really(db, response)
        outcome.accepted = response.status_code < 400 and not g.get("refused", False)
        outcome.wrong = []
        if outcome.accepted:
            db.flush()
            outcome.wrong = [wrong for row in db.identity_map.values() for wrong in ill_kept(row)]
        db.rollback()
        return response

    monkeypatch.setattr(web, "_settle", settle)
    return outcome


def ill_kept(row: SQLModel) -> list[str]:
    """Text of a row that is not clean, or longer than its column, which only PostgreSQL refuses."""
    found = []
    for column in inspect(type(row)).columns:
        value = getattr(row, column.key)
        if not isinstance(value, str):
            continue
        place = f"{column.table.name}.{column.name}"
        if "\0" in value or not unicodedata.is_normalized("NFC", value) or value != value.strip():
            found.append(f"{place} is not clean: {value[:40]!r}")
        if isinstance(column.type, String) and column.type.length and len(value) > column.type.length:
            found.append(f"{place} holds {len(value)} letters")
    return found
