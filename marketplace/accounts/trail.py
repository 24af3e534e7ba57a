"""Reading the audit trail."""

from dataclasses import dataclass

from sqlmodel import Session, col, select

from marketplace.accounts.models import Account
from marketplace.core.audit import AuditEntry
from marketplace.core.web import LARGEST

ENTRIES = 50  #: on one page


@dataclass(frozen=True)
class TrailRow:
    """An entry and the name of who acted; None: the system."""

    entry: AuditEntry
    who: str | None


def entries(
    db: Session, *, action: str = "", kind: str = "", subject_id: int = 0, actor_id: int = 0, before: int = 0
) -> list[TrailRow]:
    """Entries newest first, one more than `ENTRIES` when there are older ones.

    `action` is a code, or the beginning of one up to its dot ("household."); `kind` is the subject's table;
    `before` is an entry id.
    """
    query = select(AuditEntry, Account.name).outerjoin(Account, col(Account.id) == col(AuditEntry.actor_id))
    if action.endswith("."):
        query = query.where(col(AuditEntry.action).startswith(action, autoescape=True))
    elif action:
        query = query.where(AuditEntry.action == action)
    if kind:
        query = query.where(AuditEntry.subject_kind == kind)
    if subject_id:
        query = query.where(AuditEntry.subject_id == subject_id)
    if actor_id:
        query = query.where(AuditEntry.actor_id == actor_id)
    query = query.where(col(AuditEntry.id) < (before or LARGEST)).order_by(col(AuditEntry.id).desc())
    return [TrailRow(entry, who) for entry, who in db.exec(query.limit(ENTRIES + 1))]
