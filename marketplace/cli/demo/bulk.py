"""Many rows at once."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session, SQLModel


def insert_rows(db: Session, kind: type[SQLModel], rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows whose ids nobody needs; every column without a database default must be given."""
    if rows:
        db.execute(insert(kind), rows)
