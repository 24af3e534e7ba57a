"""Importing households from Excel in one pass: good rows in, every wrong row named, the same file again
changes nothing.

The work is done by sets: the file is read once, the households of its communes are read once, and what is new
goes in
by bulk inserts. An empty cell never erases what is known.
"""

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Table
from sqlmodel import Session, SQLModel, col, func, select

from catalog.communes import Communes, read_communes
from catalog.consents import REGISTRY, purpose
from catalog.import_batches import keep_refusals
from catalog.import_rows import Reason, RowIn, RowReader
from catalog.models import (
    Consent,
    ConsentChannel,
    Household,
    ImportBatch,
    Person,
    Producer,
    ProducerKind,
)
from catalog.people import name_columns, sealed_id
from catalog.sheets import Sheet, read_sheet
from marketplace.accounts.models import Account, AccountCommune, Role
from marketplace.core.audit import Actor, note
from marketplace.core.i18n import N_
from marketplace.core.secrets import Vault
from marketplace.core.text import fold
from marketplace.core.units import local_day

SEVERAL = N_(
    "Trong thôn có nhiều hộ trùng họ tên này. Hãy ghi thêm năm sinh hoặc điện thoại để biết là hộ nào."
)
TWICE = N_("Trùng với dòng %(row)s nhưng khác số liệu. Hãy giữ lại một dòng.")
_AT_ONCE = 500  #: ids in one statement


@dataclass
class ImportResult:
    """What became of the rows; `before` and `after` are households counted in the database."""

    batch: ImportBatch
    rows: int
    refused: list[tuple[int, list[Reason]]] = field(default_factory=list)
    before: int = 0
    after: int = 0


@dataclass
class _Known:
    """A household as it stands, with its head."""

    household: Household
    head: Person


def import_households(
    db: Session, actor: Actor, data: bytes, *, vault: Vault, now: datetime, most_rows: int
) -> ImportResult:
    """Take the households of a spreadsheet; see the module. Refuses a file that is no household list.

    An extension worker may only bring in households of the communes they look after.
    """
    sheet = read_sheet(data, most_rows=most_rows)
    communes = read_communes(db)
    reader = RowReader(sheet, communes, today=local_day(now), mine=communes_of_importer(db, actor))
    batch = ImportBatch(
        kind="households", file_sha256=hashlib.sha256(data).hexdigest(), at=now, by=actor.actor_id
    )
    db.add(batch)
    db.flush()
    result = ImportResult(batch, rows=0, before=_count(db))
    good: list[RowIn] = []
    cells: dict[int, Sequence[Any]] = {}
    for number, row in sheet.filled():
        result.rows += 1
        read = reader.read(number, row)
        if isinstance(read, RowIn):
            good.append(read)
        else:
            result.refused.append((number, read))
        cells[number] = row
    _Taking(db, actor, batch, communes, vault, now).take(good, result, sheet)
    result.refused.sort(key=lambda refused: refused[0])
    keep_refusals(db, batch, sheet, cells, result.refused, vault)
    batch.rows_refused = len(result.refused)
    db.add(batch)
    note(db, actor, "import.taken", batch, new=batch.rows_new, updated=batch.rows_updated)
    db.flush()
    result.after = _count(db)
    return result


def _count(db: Session) -> int:
    return int(db.exec(select(func.count()).select_from(Household)).one())


def communes_of_importer(db: Session, actor: Actor) -> frozenset[int] | None:
    """The communes whose people an importer may bring in; None for all."""
    if not isinstance(actor, Account) or actor.role != Role.EXTENSION:
        return None
    return frozenset(db.exec(select(AccountCommune.unit_id).where(AccountCommune.account_id == actor.id)))


# --- good rows
# ----------------------------------------------------------------------------------------------------------


class _Taking:
    """Decides for every good row whether it is new, known, or known with something to add."""

    def __init__(
        self, db: Session, actor: Actor, batch: ImportBatch, communes: Communes, vault: Vault, now: datetime
    ) -> None:
        self._db = db
        self._actor = actor
        self._batch = batch
        self._communes = communes
        self._vault = vault
        self._now = now
        # The very same file again brings no news: what people changed by hand since stays as it is.
        earlier = select(ImportBatch.id).where(
            ImportBatch.file_sha256 == batch.file_sha256,
            ImportBatch.id != batch.id,
            col(ImportBatch.undone_at).is_(None),
        )
        self._seen_before = db.exec(earlier.limit(1)).first() is not None

    def take(self, rows: Sequence[RowIn], result: ImportResult, sheet: Sheet) -> None:
        known = self._known(rows)
        fresh: list[RowIn] = []
        in_file: dict[tuple[int, str, str], list[RowIn]] = defaultdict(list)
        for row in rows:
            key = self._key(row)
            again = next((one for one in in_file[key] if _may_be_same(one, row)), None)
            if again is not None:
                if _same_answers(again, row):
                    self._batch.rows_same += 1
                else:
                    result.refused.append((row.row, [Reason(sheet.label("name"), TWICE, {"row": again.row})]))
                continue
            in_file[key].append(row)
            matches = [one for one in known.get(key, []) if self._matches(one, row)]
            if len(matches) > 1:
                result.refused.append((row.row, [Reason(sheet.label("name"), SEVERAL)]))
            elif matches:
                self._bring_up(matches[0], row)
            else:
                fresh.append(row)
        self._insert(fresh)
        self._batch.rows_new = len(fresh)

    def _key(self, row: RowIn) -> tuple[int, str, str]:
        return (self._home(row.place.id), *row.whom)

    def _home(self, unit_id: int) -> int:
        """The commune of today where that is known, so that an old and a new name mean the same place."""
        return self._communes.current(unit_id) or unit_id

    def _known(self, rows: Sequence[RowIn]) -> dict[tuple[int, str, str], list[_Known]]:
        """The households of all communes in the file, by what rows are looked up by."""
        homes = {self._home(row.place.id) for row in rows}
        units = [unit for unit in self._communes.by_id if self._home(unit) in homes]
        found: dict[tuple[int, str, str], list[_Known]] = defaultdict(list)
        for start in range(0, len(units), _AT_ONCE):
            pairs = self._db.exec(
                select(Household, Person)
                .join(Person, (col(Person.household_id) == Household.id) & col(Person.is_head))
                .where(col(Household.commune_id).in_(units[start : start + _AT_ONCE]))
            )
            for household, head in pairs:
                home = self._home(household.commune_id)
                found[home, head.name_fold, household.village_fold].append(_Known(household, head))
        return found

    def _matches(self, known: _Known, row: RowIn) -> bool:
        head = known.head
        if row.national_id and head.national_id_lookup:
            return self._vault.lookup(row.national_id) == head.national_id_lookup
        return row.birth_year is None or head.birth_year is None or row.birth_year == head.birth_year

    def _bring_up(self, known: _Known, row: RowIn) -> None:
        """Fill in what the row says differently; an empty cell says nothing."""
        if self._seen_before:
            self._batch.rows_same += 1
            return
        household, head = known.household, known.head
        said: dict[str, Any] = {
            "birth_year": row.birth_year,
            "sex": row.sex,
            "ethnicity": row.ethnicity,
            "phone": row.phone,
        }
        changes = {name: value for name, value in said.items() if value not in (None, getattr(head, name))}
        if row.national_id and self._vault.lookup(row.national_id) != head.national_id_lookup:
            changes |= sealed_id(self._vault, row.national_id)
        area = row.area_m2 if row.area_m2 not in (None, household.orange_area_m2) else None
        agreed = row.consent and self._agree(head)
        if not changes and area is None and not agreed:
            self._batch.rows_same += 1
            return
        for name, value in changes.items():
            setattr(head, name, value)
        if area is not None:
            household.orange_area_m2 = area
        self._db.add_all([head, household])
        self._batch.rows_updated += 1
        fields = sorted(
            {*changes, *(["orange_area_m2"] if area is not None else [])} - {"national_id_sealed"}
        )
        note(self._db, self._actor, "household.changed_by_import", household, fields=fields)

    def _agree(self, head: Person) -> bool:
        """Record the consent a row tells of, once; True when it was not there."""
        given = select(Consent.id).where(
            Consent.person_id == head.id, Consent.purpose == REGISTRY, col(Consent.withdrawn_at).is_(None)
        )
        if self._db.exec(given).first() is not None:
            return False
        self._db.add(Consent(**self._consent(head.id or 0)))
        return True

    def _consent(self, person_id: int) -> dict[str, Any]:
        return {
            "person_id": person_id,
            "purpose": REGISTRY,
            "text_version": purpose(REGISTRY).version,
            "language": "vi",
            "channel": ConsentChannel.SIGNATURE,
            "witness": "",
            "given_on": local_day(self._now),
            "taken_by": self._actor.actor_id,
        }

    def _insert(self, rows: Sequence[RowIn]) -> None:
        """Household, head, producer and consent of every new row, one bulk insert each."""
        if not rows:
            return
        households = [self._household(row) for row in rows]
        _bulk(self._db, Household, households)
        # Read back instead of RETURNING, which SQLite would answer row by row.
        mine = col(Household.import_batch_id) == self._batch.id
        made = {
            code: one or 0 for code, one in self._db.exec(select(Household.code, Household.id).where(mine))
        }
        homes = [made[values["code"]] for values in households]
        self._db.execute(
            sa.update(Household)
            .where(mine, col(Household.code).startswith("new-"))
            .values(code=code_of(col(Household.id)))
        )
        _bulk(self._db, Person, [self._head(row, home) for row, home in zip(rows, homes, strict=True)])
        _bulk(self._db, Producer, [_producer(row, home) for row, home in zip(rows, homes, strict=True)])
        heads = select(Person.household_id, Person.id).join(Household).where(mine, col(Person.is_head))
        head_of = {home: head or 0 for home, head in self._db.exec(heads)}
        agreed = [self._consent(head_of[home]) for row, home in zip(rows, homes, strict=True) if row.consent]
        _bulk(self._db, Consent, agreed)

    def _household(self, row: RowIn) -> dict[str, Any]:
        return {
            "code": f"new-{uuid.uuid4().hex[:12]}",
            "commune_id": row.place.id,
            "current_commune_id": self._communes.current(row.place.id),
            "village": row.village,
            "village_fold": row.whom[1],
            "orange_area_m2": row.area_m2,
            "active": True,
            "registered_at": self._now,
            "registered_by": self._actor.actor_id,
            "import_batch_id": self._batch.id,
            "note": "",
        }

    def _head(self, row: RowIn, household_id: int) -> dict[str, Any]:
        return {
            "household_id": household_id,
            **name_columns(row.name),
            "sex": row.sex,
            "birth_year": row.birth_year,
            "ethnicity": row.ethnicity,
            "phone": row.phone,
            **sealed_id(self._vault, row.national_id),
            "is_head": True,
            "created_at": self._now,
        }


def code_of(household_id: Any) -> Any:
    """HG-000123 of an id column, in words both databases know (R-64); longer from a million on."""
    digits = sa.cast(household_id, sa.String)
    padded = func.substr(sa.cast(household_id + 1_000_000, sa.String), 2)
    return sa.literal("HG-").concat(sa.case((household_id < 1_000_000, padded), else_=digits))


def _producer(row: RowIn, household_id: int) -> dict[str, Any]:
    name = f"Hộ {row.name}"
    return {
        "kind": ProducerKind.HOUSEHOLD,
        "household_id": household_id,
        "name": name,
        "name_fold": fold(name),
        "commune_id": row.place.id,
        "address": "",
    }


def _bulk(db: Session, kind: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert many rows with one statement."""
    if rows:
        table: Table = kind.__table__  # type: ignore[attr-defined]  # every table class has one
        db.execute(sa.insert(table), [dict(row) for row in rows])


def _may_be_same(one: RowIn, other: RowIn) -> bool:
    """Two rows with one name in one village are the same household unless they say otherwise."""
    told_apart = ((one.national_id, other.national_id), (one.birth_year, other.birth_year))
    return not any(left is not None and right is not None and left != right for left, right in told_apart)


def _same_answers(one: RowIn, other: RowIn) -> bool:
    said = ("birth_year", "sex", "ethnicity", "phone", "national_id", "area_m2", "consent")
    return all(getattr(one, name) == getattr(other, name) for name in said)
