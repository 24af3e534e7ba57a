"""Old lists of who came to a class, from Excel, in one pass: good rows in, every wrong row named.

The same list again changes nothing, and a mended one adds exactly what was missing: people are found again by
who they are, and every mark has a key made of class, half-day, person and what was signed.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session, select

from catalog.communes import Communes, read_communes
from catalog.import_batches import keep_refusals
from catalog.import_rows import Reason
from catalog.imports import communes_of_importer
from catalog.models import ImportBatch
from catalog.sheets import Sheet, read_sheet
from marketplace.accounts.models import Account
from marketplace.core.audit import note
from marketplace.core.i18n import N_
from marketplace.core.secrets import Vault
from marketplace.core.units import date_vi, local_day
from training.models import Course, TrainingSession
from training.roll_classes import CANCELLED, Listed, listed_classes, plan_listed, usual_facts
from training.roll_forms import RollIn
from training.roll_layout import ROLL, half_day_field
from training.roll_people import PeopleOf
from training.roll_rows import CALLED, RollReader, RollRow, Usual
from training.roll_taking import Attendee, Taking, half_days_in
from training.seats import elsewhere
from training.trainings import one_training

KIND = "classes"  #: of the import batch
TWICE = N_("Người này đã có ở dòng %(row)s của cùng lớp.")
ELSEWHERE = N_("Người này đã có chỗ ở lớp %(training)s cùng buổi ngày %(day)s.")
TOO_MANY = N_("Có chữ ký buổi %(number)s nhưng lớp chỉ có %(half_days)s buổi.")


@dataclass
class RollResult:
    """What became of the rows."""

    batch: ImportBatch
    rows: int = 0
    classes: list[TrainingSession] = field(default_factory=list)
    refused: list[tuple[int, list[Reason]]] = field(default_factory=list)

    @property
    def drafts(self) -> int:
        """Households written down for the first time, by two answers."""
        return len(self.batch.made.get("households", ()))


def import_roll(
    db: Session, actor: Account, data: bytes, facts: RollIn, *, vault: Vault, now: datetime, most_rows: int
) -> RollResult:
    """Take a class list; see the module. Refuses a file that is none, and facts missing in file and form."""
    sheet, communes = read_sheet(data, most_rows=most_rows, layout=ROLL), read_communes(db)
    training = one_training(db, actor, facts.training_id) if facts.training_id else None
    usual = usual_facts(db, actor, sheet, facts, training, communes, now=now)
    mine = communes_of_importer(db, actor)
    courses = db.exec(select(Course)).all()
    reader = RollReader(sheet, communes, courses, usual, today=local_day(now), mine=mine)
    batch = ImportBatch(kind=KIND, file_sha256=hashlib.sha256(data).hexdigest(), at=now, by=actor.actor_id)
    db.add(batch)
    db.flush()
    result = RollResult(batch)
    good, cells = _read(sheet, reader, result)
    work = _Work(db, actor, sheet, communes, facts, usual, reader, result, now)
    people = PeopleOf(db, actor, communes, good)
    for one in listed_classes(db, actor, good, usual, training):
        work.take(one, people)
    _finish(db, actor, sheet, cells, result, work.taking, vault)
    return result


def _read(
    sheet: Sheet, reader: RollReader, result: RollResult
) -> tuple[list[RollRow], dict[int, Sequence[Any]]]:
    """The rows that can be read, and the cells of all."""
    good: list[RollRow] = []
    cells: dict[int, Sequence[Any]] = {}
    for number, row in sheet.filled():
        if not reader.says_anything(row):
            continue
        result.rows += 1
        cells[number] = row
        read = reader.read(number, row)
        if isinstance(read, RollRow):
            good.append(read)
        else:
            result.refused.append((number, read))
    return good, cells


def _finish(
    db: Session,
    actor: Account,
    sheet: Sheet,
    cells: Mapping[int, Sequence[Any]],
    result: RollResult,
    taking: Taking,
    vault: Vault,
) -> None:
    """Keep the refused rows, with a column for the code that settles a doubt; write down what was made."""
    batch = result.batch
    result.refused.sort(key=lambda refused: refused[0])
    if "code" not in sheet.columns:
        width = len(sheet.headings)
        cells = {number: [*row[:width], *[""] * (width - len(row)), ""] for number, row in cells.items()}
        sheet = Sheet(sheet.columns, [*sheet.headings, CALLED["code"]], sheet.first_row, sheet.rows)
    keep_refusals(db, batch, sheet, cells, result.refused, vault)
    batch.rows_new, batch.rows_updated, batch.rows_same = taking.new, taking.updated, taking.same
    batch.rows_refused, batch.made = len(result.refused), dict(taking.made)
    db.add(batch)
    note(db, actor, "import.taken", batch, new=batch.rows_new, updated=batch.rows_updated)
    db.flush()


class _Work:
    """Takes the rows class by class; those that cannot be taken get their reason."""

    def __init__(
        self,
        db: Session,
        actor: Account,
        sheet: Sheet,
        communes: Communes,
        facts: RollIn,
        usual: Usual,
        reader: RollReader,
        result: RollResult,
        now: datetime,
    ) -> None:
        self.taking = Taking(db, actor, result.batch, communes, now)
        self._db, self._actor, self._sheet, self._communes = db, actor, sheet, communes
        self._facts, self._usual, self._reader = facts, usual, reader
        self._result, self._now = result, now
        self._half_days = facts.half_days or reader.half_days or 1

    def take(self, one: Listed, people: PeopleOf) -> None:
        """Take the rows of one class. A class nobody is left for is not planned."""
        if one.training is not None and one.is_cancelled:
            for row in one.rows:
                self._refuse(row, "course", CANCELLED, training=one.training.code)
            return
        attendees = list(self._meant(one, people))
        if not attendees:
            return
        with self._db.begin_nested() as savepoint:
            training = one.training or self._planned(one)
            attendees = list(self._free(training, attendees))
            if not attendees and one.training is None:
                savepoint.rollback()
                return
        if one.training is None:
            self.taking.made["trainings"].append(training.id or 0)
        self.taking.take(training, attendees, close=self._facts.close)
        self.taking.made["classes"].append(training.id or 0)
        self._result.classes.append(training)

    def _planned(self, one: Listed) -> TrainingSession:
        facts, usual = self._facts, self._usual
        return plan_listed(self._db, self._actor, one, facts, usual, self._half_days, now=self._now)

    def _meant(self, one: Listed, people: PeopleOf) -> Iterator[Attendee]:
        """Whom each row means; a doubt, or a person who stands in an earlier row, is refused."""
        first: dict[object, int] = {}
        for row in one.rows:
            meant = people.meant(row, self._reader.label("code"))
            if isinstance(meant, Reason):
                self._result.refused.append((row.row, [meant]))
                continue
            whom = row.key(self._communes) if meant.person_id is None else meant.person_id
            if whom in first:
                self._refuse(row, "name", TWICE, row=first[whom])
                continue
            first[whom] = row.row
            yield Attendee(row, meant)

    def _free(self, training: TrainingSession, attendees: Sequence[Attendee]) -> Iterator[Attendee]:
        """Those who sat in no other class at that time (R-94) and signed for half-days that there were."""
        known = {one.meant.person_id for one in attendees if one.meant.person_id is not None}
        there = elsewhere(self._db, training, known, now=self._now)
        half_days = half_days_in(self._db, training, now=self._now)
        for one in attendees:
            other = there.get(one.meant.person_id or 0)
            signed = max((n for n, came in (one.row.signed or {}).items() if came), default=0)
            if other is not None:
                said = {"training": other.training, "day": date_vi(other.day)}
                self._refuse(one.row, "name", ELSEWHERE, **said)
            elif signed > half_days:
                field = half_day_field(signed)
                self._refuse(one.row, field, TOO_MANY, number=signed, half_days=half_days)
            else:
                yield one

    def _refuse(self, of: RollRow, field: str, sentence: str, **facts: object) -> None:
        reason = Reason(self._reader.label(field), sentence, facts)
        self._result.refused.append((of.row, [reason]))
