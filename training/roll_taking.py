"""Write down what a class list says: drafts, entries, seats, marks, poverty. What is there already stays."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from catalog.communes import Communes
from catalog.drafts import Draft, draft_households
from catalog.models import ImportBatch, PovertyStatus
from marketplace.accounts.models import Account
from marketplace.core.db import insert_new
from marketplace.core.i18n import N_
from marketplace.core.units import local_day
from training.attendance import DECIDED, Mark, take_marks
from training.closing import NobodyMarked, StillDisputed, close_attendance
from training.models import (
    OPEN,
    Attendance,
    AttendanceMark,
    Door,
    Enrolment,
    EnrolmentSource,
    EnrolmentStatus,
    HalfDay,
    Seat,
    TrainingSession,
    WalkIn,
)
from training.one_place import PresentElsewhere
from training.roll_people import Meant
from training.roll_rows import RollRow
from training.seats import lock_classes, next_place

SOURCE = N_("Danh sách lớp %(training)s")
LATE = N_("Bổ sung từ danh sách lớp trên Excel, sau khi chốt điểm danh")


@dataclass(frozen=True)
class Attendee:
    """A row and whom it means."""

    row: RollRow
    meant: Meant


class Taking:
    """Takes the attendees of one class after another; `made` keeps the ids for the way back."""

    def __init__(
        self, db: Session, actor: Account, batch: ImportBatch, communes: Communes, now: datetime
    ) -> None:
        self.new = self.updated = self.same = 0
        self.made: dict[str, list[int]] = defaultdict(list)
        self._db, self._actor, self._batch, self._communes, self._now = db, actor, batch, communes, now
        self._drafts: dict[str, Meant] = {}

    def take(self, training: TrainingSession, attendees: Sequence[Attendee], *, close: bool) -> None:
        """Enter everybody who has no seat, take what was signed, and close the attendance if asked."""
        (training,) = lock_classes(self._db, [training.id or 0])
        self._draft(training, attendees)
        people = {self._person(one): one.row for one in attendees}
        seated = self._seat(training, list(people))
        before = training.status
        marked = self._mark(training, people, seated)
        if training.status != before:
            self.made["held"].append(training.id or 0)
        for (person_id, household_id), row in people.items():
            self._poverty(training, household_id, row)
            if person_id in seated:
                self.new += 1
            elif person_id in marked:
                self.updated += 1
            else:
                self.same += 1
        if close and training.attendance_closed_at is None:
            self._close(training)

    def _close(self, training: TrainingSession) -> None:
        """A class with doors that disagree, or people of another, stays open; its page says why."""
        with suppress(StillDisputed, NobodyMarked, PresentElsewhere):
            close_attendance(self._db, self._actor, training, now=self._now)
            self.made["closed"].append(training.id or 0)

    # --- who
    # --------------------------------------------------------------------------------------------------------

    def _person(self, one: Attendee) -> tuple[int, int]:
        """Person and household of a row; a stranger is a draft by now."""
        meant = one.meant if one.meant.person_id is not None else self._drafts[one.row.key(self._communes)]
        return meant.person_id or 0, meant.household_id or 0

    def _draft(self, training: TrainingSession, attendees: Sequence[Attendee]) -> None:
        """Strangers, as if they had walked in (R-93), once for all classes of the list; linked later."""
        strangers = [one.row for one in attendees if one.meant.person_id is None]
        rows = {row.key(self._communes): row for row in strangers}
        fresh = {key: row for key, row in rows.items() if key not in self._drafts}
        drafts = [
            Draft(row.name, row.village, row.place.id, key, row.sex, row.birth_year, row.ethnicity, row.phone)
            for key, row in fresh.items()
        ]
        heads = draft_households(self._db, self._actor, drafts, now=self._now, communes=self._communes)
        self._db.add_all(
            WalkIn(
                training_id=training.id or 0,
                person_id=head.id or 0,
                created_at=self._now,
                created_by=self._actor.actor_id,
                client_key=key,
            )
            for key, head in zip(fresh, heads, strict=True)
        )
        self.made["households"] += [head.household_id for head in heads]
        for key, head in zip(fresh, heads, strict=True):
            self._drafts[key] = Meant(head.id, head.household_id)

    def _seat(self, training: TrainingSession, people: Collection[tuple[int, int]]) -> set[int]:
        """Give a seat to who has none; an entry of the household that is open is used. Who got one."""
        db = self._db
        seats = select(Seat.person_id).where(
            Seat.training_id == training.id, col(Seat.given_back_at).is_(None)
        )
        have = set(db.exec(seats))
        rows = select(Enrolment).where(Enrolment.training_id == training.id)
        entries = {one.household_id: one for one in db.exec(rows.where(col(Enrolment.status).in_(OPEN)))}
        missing = [(person, household) for person, household in people if person not in have]
        fresh = dict.fromkeys(household for _, household in missing if household not in entries)
        for place, household in enumerate(fresh, next_place(db, training)):
            entries[household] = self._entry(training, household, place)
        db.add_all(entries.values())
        db.flush()
        self.made["enrolments"] += [entries[household].id or 0 for household in fresh]
        given = [
            Seat(enrolment_id=entries[household].id or 0, training_id=training.id or 0, person_id=person)
            for person, household in missing
        ]
        db.add_all(given)
        db.flush()
        self.made["seats"] += [seat.id or 0 for seat in given]
        return {person for person, _ in missing}

    def _entry(self, training: TrainingSession, household_id: int, place: int) -> Enrolment:
        return Enrolment(
            training_id=training.id or 0,
            household_id=household_id,
            place=place,
            status=EnrolmentStatus.REGISTERED,
            source=EnrolmentSource.IMPORT,
            created_at=self._now,
            created_by=self._actor.actor_id,
        )

    # --- what
    # --------------------------------------------------------------------------------------------------------

    def _mark(
        self, training: TrainingSession, people: dict[tuple[int, int], RollRow], seated: set[int]
    ) -> set[int]:
        """Marks that no earlier list brought. Those of people entered after the close are corrections (R-92).

        Who got one.
        """
        db, half_days = self._db, half_days_in(self._db, training, now=self._now)
        like = f"roll:{training.id}:"
        keys = set(db.exec(select(AttendanceMark.key).where(col(AttendanceMark.key).startswith(like))))
        said = [
            (f"{like}{number}:{person}:{int(present)}", number, person, present)
            for (person, _), row in people.items()
            for number, present in signed_for(row, half_days).items()
        ]
        late = training.attendance_closed_at is not None
        known = self._known(training)
        fresh = [
            one
            for one in said
            if one[0] not in keys and known.get((one[2], one[1]), False if late else None) != one[3]
        ]
        decided = self._decisions(training) if late else 0
        marks = []
        for count, (key, number, person, present) in enumerate(fresh, start=1):
            decision = late and person in seated
            door, device = (Door.DECISION, DECIDED) if decision else (Door.PAPER, f"import:{self._batch.id}")
            reason = LATE if decision else ""
            at = count + decided
            marks.append(Mark(key, number, person, present, door, device, at, self._now, reason))
        if marks:
            take_marks(db, self._actor, training, marks, now=self._now)
            made = select(AttendanceMark.id, AttendanceMark.key).where(
                col(AttendanceMark.key).startswith(like)
            )
            self.made["marks"] += [key or 0 for key, name in db.exec(made) if name not in keys]
        return {person for _, _, person, _ in fresh}

    def _known(self, training: TrainingSession) -> dict[tuple[int, int], bool]:
        """Who is counted present or absent already, by person and half-day: a list adds nothing to that."""
        rows = self._db.exec(
            select(Attendance.person_id, HalfDay.number, Attendance.present)
            .join(HalfDay, col(HalfDay.id) == Attendance.half_day_id)
            .where(Attendance.training_id == training.id)
        )
        return {(person, number): present for person, number, present in rows}

    def _decisions(self, training: TrainingSession) -> int:
        """The number of the last decision of a class."""
        rows = select(func.max(AttendanceMark.number)).where(
            AttendanceMark.training_id == training.id, AttendanceMark.door == Door.DECISION
        )
        return self._db.exec(rows).one() or 0

    def _poverty(self, training: TrainingSession, household_id: int, row: RollRow) -> None:
        """What the list says of the year of the class (R-96); what was decided for that year stays."""
        if row.poverty is None:
            return
        made = insert_new(
            self._db,
            PovertyStatus,
            ["household_id", "year"],
            household_id=household_id,
            year=training.starts_on.year,
            status=row.poverty,
            source=SOURCE % {"training": training.code},
            recorded_at=self._now,
            recorded_by=self._actor.actor_id,
        )
        if made is not None:
            self.made["poverty"].append(made)


def half_days_in(db: Session, training: TrainingSession, *, now: datetime) -> int:
    """How many half-days of a class have come; nobody was there on those ahead."""
    come = HalfDay.training_id == training.id, col(HalfDay.day) <= local_day(now)
    return db.exec(select(func.count()).where(*come)).one()


def signed_for(row: RollRow, half_days: int) -> dict[int, bool]:
    """Present or not, by half-day; a list without signatures is of people who came."""
    if row.signed is None:
        return dict.fromkeys(range(1, half_days + 1), True)
    return {number: came for number, came in row.signed.items() if number <= half_days}
