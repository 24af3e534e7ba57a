"""A look at the database beside the open session of a test, which would keep SQLite's write lock."""

from typing import Any

from sqlalchemy import Engine

from marketplace.core import db as database


def seen(engine: Engine, statement: Any) -> list[Any]:
    """The rows that are committed now."""
    with database.reading(engine) as db:
        return list(db.exec(statement).all())
