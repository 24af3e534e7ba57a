"""The audit trail: every change somebody will ask about, written by the use case in the same transaction."""

from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import JSON
from sqlmodel import Field, Session, SQLModel

from marketplace.core import clock
from marketplace.core.db import Utc


class Actor(Protocol):
    """Whoever acts: an account, or the system itself."""

    @property
    def actor_id(self) -> int | None: ...


class System:
    """The worker, an import, the command line: nobody with an account."""

    actor_id: int | None = None


SYSTEM = System()


class AuditEntry(SQLModel, table=True):
    """Who did what to which row, when, with the facts: ids and values, never secrets. Append-only."""

    __tablename__ = "audit_entry"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=Utc, index=True)
    actor_id: int | None = Field(default=None, foreign_key="account.id", index=True)
    action: str = Field(max_length=60, index=True)
    subject_kind: str = Field(max_length=40)
    subject_id: int | None = Field(default=None, index=True)
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


def note(db: Session, actor: Actor, action: str, subject: SQLModel, **facts: object) -> None:
    """Add one entry about `subject`, flushing to learn its id; `action` is like `household.registered`."""
    if getattr(subject, "id", None) is None:
        db.flush()
    db.add(
        AuditEntry(
            at=clock.now(),
            actor_id=actor.actor_id,
            action=action,
            subject_kind=str(subject.__tablename__),
            subject_id=getattr(subject, "id", None),
            facts=facts,
        )
    )
