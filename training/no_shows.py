"""How many enrolled people stay away in a commune, and how many seats more a class there may give out.

Off unless a coordinator sets it for a class (people.md row 36): "114 of 130 came although cancellations were
asked for; slightly overbook".
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from catalog.communes import Communes, read_communes
from marketplace.accounts.models import Account
from marketplace.core.audit import note
from marketplace.core.config import TrainingSettings
from marketplace.core.errors import Refused
from marketplace.core.i18n import N_
from training.models import (
    Attendance,
    Enrolment,
    EnrolmentSource,
    EnrolmentStatus,
    Seat,
    TrainingSession,
    WalkIn,
)
from training.seats import check_open, seats_taken
from training.waiting import open_desks, promote

LEAST = 20  #: people enrolled before in the commune; fewer say nothing


class MoreThanSuggested(Refused):
    sentence = N_("Nhiều nhất %(most)s chỗ, theo tỷ lệ vắng của xã. Hãy ghi số nhỏ hơn.")
    status = 422
    field = "overbooked"


class SeatsGivenOut(Refused):
    sentence = N_("Đã có %(taken)s người có chỗ, cần ít nhất %(least)s chỗ vượt. Hãy ghi số lớn hơn.")
    status = 422
    field = "overbooked"


@dataclass(frozen=True)
class NoShows:
    """People enrolled in closed classes of a commune, and how many of them came to no half-day."""

    enrolled: int
    absent: int
    classes: int

    @property
    def known(self) -> bool:
        """Enough people to say something."""
        return self.enrolled >= LEAST

    def seats_beyond(self, capacity: int) -> int:
        """The share of the seats that stayed empty before, rounded down; 0 while too little is known.

        Less than would fill the room on average: a person without a chair is worse than a chair without one.
        """
        return capacity * self.absent // self.enrolled if self.known else 0


def no_shows(db: Session, training: TrainingSession) -> NoShows:
    """What classes before in the same commune say: seats that were registered and kept, walk-ins left out.

    Units of another time that are the same commune today count too.
    """
    linked = select(WalkIn.linked_person_id).where(WalkIn.person_id == Seat.person_id)
    came = (
        select(Attendance.id)
        .where(
            col(Attendance.training_id) == Seat.training_id,
            sa.or_(col(Attendance.person_id) == Seat.person_id, col(Attendance.person_id).in_(linked)),
            col(Attendance.present),
        )
        .exists()
    )
    rows = (
        sa.select(
            sa.func.count(), sa.func.count().filter(~came), sa.func.count(col(Seat.training_id).distinct())
        )
        .select_from(Seat)
        .join(Enrolment, col(Enrolment.id) == col(Seat.enrolment_id))
        .join(TrainingSession, col(TrainingSession.id) == col(Seat.training_id))
        .where(
            col(Seat.given_back_at).is_(None),
            col(Enrolment.status) == EnrolmentStatus.REGISTERED,
            col(Enrolment.source) != EnrolmentSource.WALK_IN,
            col(TrainingSession.attendance_closed_at).is_not(None),
            col(TrainingSession.commune_id).in_(_same_commune(read_communes(db), training.commune_id)),
        )
    )
    enrolled, absent, classes = db.execute(rows).one()
    return NoShows(enrolled, absent, classes)


def _same_commune(communes: Communes, unit_id: int) -> list[int]:
    today = communes.current(unit_id)
    same = [key for key in communes.by_id if today is not None and communes.current(key) == today]
    return [unit_id, *same]


def set_overbooked(
    db: Session,
    actor: Account,
    training: TrainingSession,
    seats: int,
    rules: TrainingSettings,
    *,
    now: datetime,
) -> TrainingSession:
    """Give out so many seats beyond capacity, or fewer again. What becomes free promotes.

    Refuses more than the no-show rate suggests, and fewer than are given out already.
    """
    (training,) = open_desks(db, [training.id or 0], rules, now=now)
    check_open(training)
    if seats == training.overbooked:
        return training
    most = no_shows(db, training).seats_beyond(training.capacity)
    if seats > most and seats > training.overbooked:
        raise MoreThanSuggested(most=most)
    taken = seats_taken(db, training)
    if training.capacity + seats < taken:
        raise SeatsGivenOut(taken=taken, least=taken - training.capacity)
    before, training.overbooked = training.overbooked, seats
    db.add(training)
    note(db, actor, "training.overbooked", training, before=before, after=seats, suggested=most)
    promote(db, actor, training, rules, now=now)
    return training
