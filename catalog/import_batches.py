"""What is kept of an import: the refused rows, sealed; and the way back while nothing stands on it."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from catalog.import_rows import Reason
from catalog.models import Consent, Household, ImportBatch, ImportRefusal, Person, Producer
from catalog.sheets import Sheet
from marketplace.core.audit import Actor, AuditEntry, note
from marketplace.core.errors import Refused
from marketplace.core.i18n import N_
from marketplace.core.secrets import Vault


class ImportTouched(Refused):
    sentence = N_("Lần nhập này đã có hộ được sửa hoặc có thu hoạch, nên không hoàn tác được nữa.")


class AlreadyUndone(Refused):
    sentence = N_("Lần nhập này đã được hoàn tác rồi.")


# -------------------------------------------------------------------------------------------------------


def keep_refusals(
    db: Session,
    batch: ImportBatch,
    sheet: Sheet,
    cells: Mapping[int, Sequence[Any]],
    refused: Sequence[tuple[int, list[Reason]]],
    vault: Vault,
) -> None:
    """Keep what was refused, sealed: the cells hold personal data (R-75)."""
    headings = [heading or f"({place + 1})" for place, heading in enumerate(sheet.headings)]
    db.add_all(
        ImportRefusal(
            batch_id=batch.id or 0,
            row=number,
            reasons=[
                {"column": one.column, "sentence": one.sentence, "facts": _plain(one.facts)}
                for one in reasons
            ],
            cells_sealed=vault.seal(json.dumps([headings, [_plain_cell(cell) for cell in cells[number]]])),
        )
        for number, reasons in refused
    )


def _plain(facts: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in facts.items()}


def _plain_cell(cell: Any) -> str | float | int | bool:
    if isinstance(cell, datetime | date):
        return cell.strftime("%d/%m/%Y")
    return cell if isinstance(cell, str | int | float | bool) else str(cell if cell is not None else "")


def refusals_of(db: Session, batch: ImportBatch) -> list[ImportRefusal]:
    """The refused rows of a batch, as the file orders them."""
    return list(
        db.exec(
            select(ImportRefusal).where(ImportRefusal.batch_id == batch.id).order_by(col(ImportRefusal.row))
        )
    )


def undo_import(db: Session, actor: Actor, batch: ImportBatch, *, now: datetime) -> ImportBatch:
    """Take the new households of a batch out again, all or none; refuses once anything stands on them."""
    if batch.undone_at is not None:
        raise AlreadyUndone
    homes = select(col(Household.id)).where(Household.import_batch_id == batch.id)
    edited = select(AuditEntry.id).where(
        AuditEntry.subject_kind == "household", col(AuditEntry.subject_id).in_(homes)
    )
    if db.exec(edited.limit(1)).first() is not None:
        raise ImportTouched
    people = select(col(Person.id)).where(col(Person.household_id).in_(homes))
    for gone in (
        sa.delete(Consent).where(col(Consent.person_id).in_(people)),
        sa.delete(Person).where(col(Person.household_id).in_(homes)),
        sa.delete(Producer).where(col(Producer.household_id).in_(homes)),
        sa.delete(Household).where(col(Household.import_batch_id) == batch.id),
    ):
        delete_or(db, gone, ImportTouched())
    batch.undone_at = now
    db.add(batch)
    note(db, actor, "import.undone", batch, households=batch.rows_new)
    return batch


def delete_or(db: Session, gone: sa.Delete, refusal: Refused) -> None:
    """A foreign key that still points here is somebody's work: nothing is undone."""
    try:
        db.execute(gone)
    except sa.exc.IntegrityError as broken:
        db.rollback()
        raise refusal from broken
