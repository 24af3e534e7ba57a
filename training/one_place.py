"""Nobody counts as present in two classes at the same time, whichever way they came to be marked (R-94)."""

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from catalog.models import Person
from marketplace.core.errors import Refused
from marketplace.core.i18n import N_
from marketplace.core.units import date_vi
from training.models import Attendance, HalfDay, TrainingSession
from training.seats import lock_classes


class PresentElsewhere(Refused):
    sentence = N_(
        "%(person)s còn được ghi có mặt ở lớp %(training)s, cùng buổi ngày %(day)s. Một người không ở hai "
        "lớp cùng lúc: hãy sửa điểm danh của một trong hai lớp."
    )


def check_at_one_place(db: Session, training: TrainingSession) -> None:
    """Refuses a class with somebody present whom another closed class has at the same time.

    For a locked class that is closed or about to be; no other can be closed with its people meanwhile.
    """
    came = select(Attendance.person_id).where(Attendance.training_id == training.id, col(Attendance.present))
    lock_classes(db, [training.id or 0], db.exec(came).all())
    here, there = aliased(HalfDay), aliased(HalfDay)
    elsewhere = aliased(Attendance)
    twice = (
        sa.select(col(Attendance.person_id), col(TrainingSession.code), col(there.day))
        .join(here, col(here.id) == Attendance.half_day_id)
        .join(there, (col(there.day) == col(here.day)) & (col(there.part) == col(here.part)))
        .join(elsewhere, col(elsewhere.half_day_id) == there.id)
        .join(TrainingSession, col(TrainingSession.id) == elsewhere.training_id)
        .where(
            col(Attendance.training_id) == training.id,
            col(Attendance.present),
            col(elsewhere.person_id) == col(Attendance.person_id),
            col(elsewhere.present),
            col(TrainingSession.id) != training.id,
            col(TrainingSession.attendance_closed_at).is_not(None),
        )
        .order_by(col(there.day), col(there.number), col(Attendance.person_id))
    )
    found = db.execute(twice.limit(1)).first()
    if found is not None:
        person_id, code, day = found
        person = db.get_one(Person, person_id)
        raise PresentElsewhere(person=person.name, training=code, day=date_vi(day))
