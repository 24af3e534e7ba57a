"""Certificates of attendance: give them out, take one back, give one out again (R-92)."""

import secrets
from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session, select

from catalog.models import AdminUnit
from marketplace.core.audit import Actor, note
from marketplace.core.db import insert_new, locked
from marketplace.core.errors import NotFound, Refused
from marketplace.core.i18n import N_
from marketplace.core.units import local_day
from training.earning import AwardState, Standing, who_earned
from training.models import CertificateCopy, CertificateYear, Course, TrainingCertificate, TrainingSession


class AttendanceOpen(Refused):
    sentence = N_("Lớp %(code)s chưa chốt điểm danh. Hãy chốt điểm danh rồi cấp giấy chứng nhận.")


class NotEarned(Refused):
    sentence = N_("%(name)s mới dự %(came)s/%(needed)s buổi nên chưa được cấp giấy chứng nhận.")


class NotRegistered(Refused):
    sentence = N_(
        "%(name)s đến tại lớp và chưa ghép với hộ nào. Hãy ghép với một hộ rồi cấp giấy chứng nhận."
    )


class AwardRevoked(Refused):
    sentence = N_("Giấy chứng nhận %(number)s đã thu hồi. Hãy khôi phục trước nếu thu hồi nhầm.")


class AwardNotRevoked(Refused):
    sentence = N_("Giấy chứng nhận %(number)s đang có hiệu lực, không cần khôi phục.")


class AlreadyReissued(Refused):
    sentence = N_(
        "Giấy chứng nhận %(number)s vừa được cấp lại, nay là bản %(version)s. Hãy xem lại trang này."
    )


def issue_awards(
    db: Session,
    actor: Actor,
    training: TrainingSession,
    person_ids: Collection[int] | None = None,
    *,
    now: datetime,
) -> list[TrainingCertificate]:
    """Give a certificate to each of these people, or to everybody who earned one; returns the new ones.

    Who has one, even a revoked one, gets no second. Numbers rise by name without a gap, also when two classes
    are done at the same moment. Refuses while attendance is open, and whoever did not earn one.
    """
    training = _closed(db, training)
    standings = who_earned(db, training)
    if person_ids is None:
        chosen = standings
    else:
        chosen = [one for one in standings if one.person.id in person_ids]
        if len(chosen) != len(set(person_ids)):
            raise NotFound
        for standing in chosen:
            _check_earned(standing)
    earned = [one for one in chosen if one.state == AwardState.EARNED]
    numbers = _next_numbers(db, local_day(now).year, len(earned))
    made = [
        TrainingCertificate(
            number=number,
            training_id=training.id or 0,
            person_id=one.person.id or 0,
            issued_at=now,
            issued_by=actor.actor_id,
        )
        for one, number in zip(earned, numbers, strict=True)
    ]
    db.add_all(made)
    db.flush()
    _write_copies(db, training, list(zip(made, earned, strict=True)), now=now)
    for award in made:
        note(db, actor, "award.issued", award, training=training.id, person=award.person_id)
    return made


def revoke_award(
    db: Session, actor: Actor, award: TrainingCertificate, reason: str, *, now: datetime
) -> TrainingCertificate:
    """Take a certificate back: every copy of it says so from now on. Refuses one that is revoked."""
    award = locked(db, TrainingCertificate, award.id or 0)
    if award.revoked_at is not None:
        raise AwardRevoked(number=award.number)
    award.revoked_at, award.revoked_by, award.revoked_reason = now, actor.actor_id, reason
    db.add(award)
    note(db, actor, "award.revoked", award, reason=reason)
    return award


def restore_award(db: Session, actor: Actor, award: TrainingCertificate) -> TrainingCertificate:
    """Undo a revocation made by mistake; the audit keeps it. Refuses whoever attended too few by now."""
    award = locked(db, TrainingCertificate, award.id or 0)
    if award.revoked_at is None:
        raise AwardNotRevoked(number=award.number)
    _standing_of(db, award)
    undone = {"revoked_at": award.revoked_at.isoformat(), "reason": award.revoked_reason}
    award.revoked_at, award.revoked_by, award.revoked_reason = None, None, ""
    db.add(award)
    note(db, actor, "award.restored", award, **undone)
    return award


def reissue_award(
    db: Session, actor: Actor, award: TrainingCertificate, reason: str, *, version: int, now: datetime
) -> CertificateCopy:
    """Write a new copy in place of `version`: same number, facts of today, a token of its own.

    Refuses a revoked certificate, one that was issued again meanwhile, and whoever no longer has enough.
    """
    award = locked(db, TrainingCertificate, award.id or 0)
    if award.revoked_at is not None:
        raise AwardRevoked(number=award.number)
    training, standing = _standing_of(db, award)
    newest = standing.copy.version if standing.copy else 0
    if newest != version:
        raise AlreadyReissued(number=award.number, version=newest)
    [copy] = _write_copies(db, training, [(award, standing)], now=now, version=newest + 1, reason=reason)
    note(db, actor, "award.reissued", award, version=copy.version, reason=reason)
    return copy


def _closed(db: Session, training: TrainingSession) -> TrainingSession:
    """The class, which nobody closes, opens or corrects until the transaction ends."""
    training = locked(db, TrainingSession, training.id or 0)
    if training.attendance_closed_at is None:
        raise AttendanceOpen(code=training.code)
    return training


def _check_earned(standing: Standing) -> None:
    if standing.came < standing.needed:
        raise NotEarned(name=standing.person.name, came=standing.came, needed=standing.needed)
    if standing.state == AwardState.DRAFT:
        raise NotRegistered(name=standing.person.name)


def _standing_of(db: Session, award: TrainingCertificate) -> tuple[TrainingSession, Standing]:
    """The class and where the holder stands in it now, if that is still enough."""
    training = _closed(db, db.get_one(TrainingSession, award.training_id))
    standing = next(one for one in who_earned(db, training) if one.person.id == award.person_id)
    _check_earned(standing)
    return training, standing


def _next_numbers(db: Session, year: int, many: int) -> list[str]:
    """HG-TH-2021-0001 and on. Whoever comes second waits here until the first has kept or dropped its own."""
    if not many:
        return []
    insert_new(db, CertificateYear, ("year",), year=year)
    row_id = db.exec(select(CertificateYear.id).where(CertificateYear.year == year)).one()
    row = locked(db, CertificateYear, row_id or 0)
    first = row.last + 1
    row.last += many
    db.add(row)
    return [f"HG-TH-{year}-{serial:04d}" for serial in range(first, first + many)]


def _write_copies(
    db: Session,
    training: TrainingSession,
    standings: Collection[tuple[TrainingCertificate, Standing]],
    *,
    now: datetime,
    version: int = 1,
    reason: str = "",
) -> list[CertificateCopy]:
    """What the certificates say from now on, each with a token nobody can guess (128 bits)."""
    course, place = db.get_one(Course, training.course_id), _place(db, training)
    copies = [
        CertificateCopy(
            certificate_id=award.id or 0,
            version=version,
            token=secrets.token_urlsafe(16),
            name=one.person.name,
            birth_year=one.person.birth_year,
            course=course.topic,
            organiser=training.organiser,
            place=place,
            held_from=training.starts_on,
            held_to=training.ends_on,
            half_days=one.came,
            minutes=one.came * training.minutes_per_half_day,
            issued_at=now,
            reason=reason,
        )
        for award, one in standings
    ]
    db.add_all(copies)
    db.flush()
    return copies


def _place(db: Session, training: TrainingSession) -> str:
    """Nhà văn hóa thôn Vĩnh Sơn, xã Vĩnh Hảo, huyện Bắc Quang: the units as they were then (R-52)."""
    commune = db.get_one(AdminUnit, training.commune_id)
    above = db.get(AdminUnit, commune.parent_id) if commune.parent_id else None
    units = [unit.name[:1].lower() + unit.name[1:] for unit in (commune, above) if unit is not None]
    return ", ".join([training.venue, *units])
