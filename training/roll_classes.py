"""Which classes the rows of an old list belong to: the one named, those there are already, and new ones."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlmodel import Session, col

from catalog.communes import Communes
from catalog.sheets import Sheet
from marketplace.accounts.models import Account
from marketplace.core.errors import Invalid, Refused
from marketplace.core.i18n import N_
from marketplace.core.text import fold
from marketplace.core.units import date_vi, local_day
from training.forms import TrainingIn
from training.models import TrainingSession, TrainingStatus
from training.planning import place_of
from training.roll_forms import RollIn
from training.roll_rows import ClassKey, RollRow, Usual
from training.scopes import trainings_seen_by
from training.trainings import plan_training

NEEDED = N_("Tệp không có cột này, hãy điền “%(label)s”.")
CANCELLED = N_("Lớp %(training)s đã hủy. Hãy mở lại lớp rồi nhập.")


class OfCancelledClass(Refused):
    sentence = CANCELLED
    status = 422
    field = "file"


class ClassStillAhead(Refused):
    sentence = N_("Lớp mở ngày %(day)s, chưa nhập danh sách người dự được.")
    status = 422
    field = "file"


@dataclass
class Listed:
    """A class with its rows; `training` is None while it has to be planned."""

    training: TrainingSession | None
    key: ClassKey | None
    rows: list[RollRow] = field(default_factory=list)

    @property
    def is_cancelled(self) -> bool:
        return self.training is not None and self.training.status == TrainingStatus.CANCELLED


def usual_facts(
    db: Session,
    actor: Account,
    sheet: Sheet,
    facts: RollIn,
    training: TrainingSession | None,
    communes: Communes,
    *,
    now: datetime,
) -> Usual:
    """What rows mean where they are silent; refuses what neither file nor form says."""
    if training is not None:
        if training.status == TrainingStatus.CANCELLED:
            raise OfCancelledClass(training=training.code)
        if training.starts_on > local_day(now):
            raise ClassStillAhead(day=date_vi(training.starts_on))
        return Usual(communes.by_id[training.commune_id], days=(training.starts_on, training.ends_on))
    silent = {
        "course_id": facts.course_id is None and "course" not in sheet.columns,
        "first_day": facts.first_day is None and "day" not in sheet.columns,
        "venue": not facts.venue and "venue" not in sheet.columns,
        "organiser": not facts.organiser,
        "commune_id": facts.commune_id is None and not facts.commune,
    }
    fields = RollIn.model_fields
    missing = {name: (NEEDED, {"label": fields[name].title}) for name, needed in silent.items() if needed}
    if missing:
        raise Invalid(missing)
    place = place_of(db, actor, facts, on=facts.first_day or local_day(now))
    return Usual(place, facts.course_id, facts.first_day, facts.venue)


def listed_classes(
    db: Session, actor: Account, rows: Sequence[RollRow], usual: Usual, training: TrainingSession | None
) -> list[Listed]:
    """The rows by class, in the order of the file."""
    if training is not None:
        return [Listed(training, None, list(rows))]
    there = _there(db, actor, usual, {row.of.day for row in rows if row.of is not None})
    found: dict[tuple[int, date, str], Listed] = {}
    for row in rows:
        if row.of is not None:
            apart = row.of.told_apart
            found.setdefault(apart, Listed(there.get(apart), row.of)).rows.append(row)
    return list(found.values())


def _there(
    db: Session, actor: Account, usual: Usual, days: set[date]
) -> dict[tuple[int, date, str], TrainingSession]:
    """Classes in sight by course, day and venue; one that was not cancelled is preferred."""
    found: dict[tuple[int, date, str], list[TrainingSession]] = defaultdict(list)
    seen = trainings_seen_by(actor).where(
        TrainingSession.commune_id == usual.place.id, col(TrainingSession.starts_on).in_(days)
    )
    for one in db.exec(seen.order_by(col(TrainingSession.id))):
        found[one.course_id, one.starts_on, fold(one.venue)].append(one)
    return {
        apart: min(some, key=lambda one: one.status == TrainingStatus.CANCELLED)
        for apart, some in found.items()
    }


def plan_listed(
    db: Session, actor: Account, one: Listed, facts: RollIn, usual: Usual, half_days: int, *, now: datetime
) -> TrainingSession:
    """Plan the class of a list; it has as many seats as there are people on it."""
    if one.key is None:
        raise ValueError("a class that is there needs no plan")
    data = TrainingIn(
        course_id=one.key.course_id,
        commune_id=usual.place.id,
        venue=one.key.venue,
        organiser=facts.organiser,
        host=facts.host,
        capacity=min(len(one.rows), 2000),
        needed_half_days=half_days,
        first_day=one.key.day,
        first_part=facts.first_part,
        half_days=half_days,
    )
    return plan_training(db, actor, data, now=now)
