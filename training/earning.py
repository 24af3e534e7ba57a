"""Who earned a certificate of a class, who did not and why (R-92)."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import case
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from catalog.models import Household, Person
from marketplace.core.i18n import N_
from training.models import (
    HOLDING,
    Attendance,
    CertificateCopy,
    Enrolment,
    Seat,
    TrainingCertificate,
    TrainingSession,
    WalkIn,
)


class AwardState(StrEnum):
    """Where one person of a class stands."""

    EARNED = "earned"  #: attended enough, has no certificate yet
    VALID = "valid"
    LAPSED = "lapsed"  #: has one, but attendance was corrected and is no longer enough: to be revoked
    REVOKED = "revoked"
    SHORT = "short"  #: attended too few half-days
    DRAFT = "draft"  #: attended enough, but walked in and belongs to no registered household yet


AWARD_STATE_LABELS = {
    AwardState.EARNED: N_("Đủ điều kiện, chưa cấp"),
    AwardState.VALID: N_("Còn hiệu lực"),
    AwardState.LAPSED: N_("Không còn đủ điều kiện"),
    AwardState.REVOKED: N_("Đã thu hồi"),
    AwardState.SHORT: N_("Chưa đủ số buổi"),
    AwardState.DRAFT: N_("Chưa ghép với hộ"),
}


@dataclass(frozen=True)
class Standing:
    """One person of a class: half-days attended, and the certificate with its copy in force, if any."""

    person: Person
    household: Household
    came: int
    needed: int
    closed: bool  #: attendance counts only once it is closed
    award: TrainingCertificate | None
    copy: CertificateCopy | None

    @property
    def state(self) -> AwardState:
        enough = self.came >= self.needed
        if self.award is not None:
            if self.award.revoked_at is not None:
                return AwardState.REVOKED
            return AwardState.VALID if enough or not self.closed else AwardState.LAPSED
        if not (self.closed and enough):
            return AwardState.SHORT
        return AwardState.DRAFT if self.household.draft else AwardState.EARNED


def who_earned(db: Session, training: TrainingSession) -> list[Standing]:
    """Everybody who came, had a seat or has a certificate of this class, by name; three statements."""
    came = func.sum(case((col(Attendance.present), 1), else_=0))
    counts = select(Attendance.person_id, came).where(Attendance.training_id == training.id)
    half_days = dict(db.exec(counts.group_by(col(Attendance.person_id))).all())
    issued = _issued(db, training)
    rows = db.exec(
        select(Person, Household)
        .join(Household)
        .where(
            col(Person.id).in_(half_days) | col(Person.id).in_(issued) | col(Person.id).in_(_seated(training))
        )
        .order_by(col(Person.name_sort), col(Person.id))
    )
    closed = training.attendance_closed_at is not None
    return [
        Standing(
            person,
            household,
            int(half_days.get(person.id or 0, 0)),
            training.needed_half_days,
            closed,
            *issued.get(person.id or 0, (None, None)),
        )
        for person, household in rows
    ]


def _seated(training: TrainingSession) -> SelectOfScalar[int]:
    """Who has a seat; a walk-in that was linked is the person it was linked to."""
    linked = select(WalkIn.person_id).where(col(WalkIn.linked_person_id).is_not(None))
    return (
        select(Seat.person_id)
        .join(Enrolment, col(Enrolment.id) == Seat.enrolment_id)
        .where(Seat.training_id == training.id, col(Seat.given_back_at).is_(None))
        .where(col(Enrolment.status).in_(HOLDING), col(Seat.person_id).not_in(linked))
    )


def _issued(db: Session, training: TrainingSession) -> dict[int, tuple[TrainingCertificate, CertificateCopy]]:
    """By person: the certificate and its newest copy."""
    rows = db.exec(
        select(TrainingCertificate, CertificateCopy)
        .join(CertificateCopy)
        .where(TrainingCertificate.training_id == training.id)
        .order_by(col(CertificateCopy.version))
    )
    return {award.person_id: (award, copy) for award, copy in rows}
