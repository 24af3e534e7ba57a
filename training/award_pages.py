"""What the pages of certificates show, read with one statement each."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from catalog.models import Household, Person
from catalog.scopes import one_of
from marketplace.accounts.models import Account, Role
from marketplace.core.audit import AuditEntry
from marketplace.core.i18n import N_
from training.earning import Standing, who_earned
from training.models import CertificateCopy, TrainingCertificate, TrainingSession
from training.scopes import awards_seen_by, trainings_seen_by

ACTIONS = {
    "award.issued": N_("Cấp giấy"),
    "award.revoked": N_("Thu hồi giấy"),
    "award.restored": N_("Khôi phục giấy"),
    "award.reissued": N_("Cấp lại giấy"),
}


@dataclass(frozen=True)
class Line:
    """One thing that was done with a certificate; `who` is None for the system."""

    at: datetime
    words: str
    reason: str
    who: str | None


@dataclass(frozen=True)
class AwardPage:
    """A certificate with everything its page shows."""

    award: TrainingCertificate
    training: TrainingSession
    standing: Standing
    copies: list[CertificateCopy]  #: newest first
    history: list[Line]  #: latest first
    decides: bool  #: the class is in sight, so that the reader may revoke and issue again

    @property
    def copy(self) -> CertificateCopy:
        return self.copies[0]


def standings_seen_by(db: Session, actor: Account, training: TrainingSession) -> list[Standing]:
    """Everybody of a class in sight; a farmer sees the own household alone."""
    standings = who_earned(db, training)
    if actor.role == Role.FARMER:
        return [one for one in standings if one.household.id == actor.household_id]
    return standings


def award_page(db: Session, actor: Account, award_id: int) -> AwardPage:
    """One certificate in sight, or NotFound."""
    award = one_of(db, awards_seen_by(actor), award_id, TrainingCertificate)
    training = db.get_one(TrainingSession, award.training_id)
    seen = trainings_seen_by(actor).where(TrainingSession.id == training.id)
    newest_first = col(CertificateCopy.version).desc()
    copies = select(CertificateCopy).where(CertificateCopy.certificate_id == award.id).order_by(newest_first)
    return AwardPage(
        award=award,
        training=training,
        standing=next(one for one in who_earned(db, training) if one.person.id == award.person_id),
        copies=list(db.exec(copies)),
        history=_history(db, award),
        decides=db.exec(seen).first() is not None,
    )


def awards_of_household(
    db: Session, household: Household
) -> list[tuple[TrainingCertificate, CertificateCopy, TrainingSession]]:
    """Certificates of a household's people with the copy in force, latest first; one statement."""
    rows = db.exec(
        select(TrainingCertificate, CertificateCopy, TrainingSession)
        .join(CertificateCopy, col(CertificateCopy.certificate_id) == TrainingCertificate.id)
        .join(TrainingSession, col(TrainingSession.id) == TrainingCertificate.training_id)
        .join(Person, col(Person.id) == TrainingCertificate.person_id)
        .where(Person.household_id == household.id)
        .order_by(col(TrainingCertificate.issued_at).desc(), col(TrainingCertificate.id).desc())
        .order_by(col(CertificateCopy.version))
    )
    newest = {award.id: (award, copy, training) for award, copy, training in rows}
    return list(newest.values())


def _history(db: Session, award: TrainingCertificate) -> list[Line]:
    rows = db.exec(
        select(AuditEntry, Account.name)
        .outerjoin(Account, col(Account.id) == AuditEntry.actor_id)
        .where(AuditEntry.subject_kind == award.__tablename__, AuditEntry.subject_id == award.id)
        .order_by(col(AuditEntry.id).desc())
    )
    return [
        Line(entry.at, ACTIONS.get(entry.action, entry.action), _reason(entry), who) for entry, who in rows
    ]


def _reason(entry: AuditEntry) -> str:
    """Why it was done; what is undone keeps its old reason to itself."""
    return "" if entry.action == "award.restored" else str(entry.facts.get("reason", ""))
