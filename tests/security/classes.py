"""Classes of one side of the world: one that is planned, one that was held and is closed."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlmodel import Session

from catalog.models import AdminUnit, Household, Person
from marketplace.accounts.models import Account
from tests import factories as make
from training.models import (
    AttendanceMark,
    CertificateCopy,
    Course,
    Door,
    Enrolment,
    EnrolmentSource,
    TrainingCertificate,
    TrainingPhoto,
    TrainingPhotoKind,
    TrainingSession,
    TrainingStatus,
    WalkIn,
)

HELD_ON = date(2021, 11, 9)
LATER = date(2021, 12, 21)


@dataclass
class Classes:
    """Of one commune: `planned` with an entry, `later` with none, `held` with all that follows a class."""

    planned: TrainingSession
    later: TrainingSession
    enrolment: Enrolment
    held: TrainingSession
    attended: Enrolment
    award: TrainingCertificate
    copy: CertificateCopy
    walk_in: WalkIn
    late: AttendanceMark
    sheet: TrainingPhoto
    picture: TrainingPhoto


def classes_of(
    db: Session, course: Course, household: Household, head: Person, worker: Account, mark: str
) -> Classes:
    """The worker opened both; the head of the household is enrolled in one and came to the other."""
    commune = db.get_one(AdminUnit, household.commune_id)
    where = {"course": course, "commune": commune, "created_by": worker.id, "venue": f"Hội trường {mark}"}
    planned = make.a_training(db, **where)
    later = make.a_training(db, **where, starts_on=LATER)
    held = make.a_training(db, **where, starts_on=HELD_ON, status=TrainingStatus.HELD)
    held.attendance_closed_at, held.attendance_closed_by = make.NOW - timedelta(days=20), worker.id
    enrolment = make.an_enrolment(db, training=planned, household=household)
    attended = make.an_enrolment(db, training=held, household=household)
    make.an_attendance(db, training=held, person=head)
    walk_in = _walk_in(db, held, household, worker, mark)
    late, sheet = _late(db, held, head, mark), _sheet(db, held)
    award = TrainingCertificate(
        number=f"HG-TH-2021-{mark}", training_id=held.id, person_id=head.id, issued_at=make.NOW
    )
    db.add(award)
    db.flush()
    said = {"name": head.name, "course": course.topic, "half_days": 2, "minutes": 480}
    said |= {"organiser": held.organiser, "place": held.venue}
    days = {"held_from": HELD_ON, "held_to": HELD_ON, "issued_at": make.NOW}
    copy = CertificateCopy(certificate_id=award.id, version=1, token=f"{mark:A<22}", **said, **days)
    db.add(copy)
    db.flush()
    picture = TrainingPhoto(
        training_id=planned.id, photo_id=make.a_photo(db).id, kind=TrainingPhotoKind.CLASS, at=make.NOW
    )
    db.add(picture)
    db.flush()
    return Classes(planned, later, enrolment, held, attended, award, copy, walk_in, late, sheet, picture)


def _late(db: Session, training: TrainingSession, head: Person, mark: str) -> AttendanceMark:
    """What a phone brought in after the class was closed."""
    half_day = make.half_days_of(db, training)[0]
    of = {"training_id": training.id, "half_day_id": half_day.id, "person_id": head.id}
    late = AttendanceMark(
        **of, key=f"late-{mark}", device="thu", number=99, present=False, door=Door.TAP, held_back=True,
        marked_at=make.NOW, received_at=make.NOW,
    )  # fmt: skip
    db.add(late)
    db.flush()
    return late


def _sheet(db: Session, training: TrainingSession) -> TrainingPhoto:
    """A photo of the signed sheet; no file behind it."""
    of = {"training_id": training.id, "photo_id": make.a_photo(db).id}
    sheet = TrainingPhoto(**of, kind=TrainingPhotoKind.SHEET, at=make.NOW)
    db.add(sheet)
    db.flush()
    return sheet


def _walk_in(
    db: Session, training: TrainingSession, neighbour: Household, worker: Account, mark: str
) -> WalkIn:
    """Somebody of the same commune who came without being on the list."""
    commune = db.get_one(AdminUnit, neighbour.commune_id)
    draft = make.a_household(
        db, commune=commune, head=f"Lù Seo {mark.title()}", draft=True, consents=(), registered_by=worker.id
    )
    person = make.head_of(db, draft)
    make.an_enrolment(db, training=training, household=draft, source=EnrolmentSource.WALK_IN)
    make.an_attendance(db, training=training, person=person, present=(False, True))
    walk_in = WalkIn(
        training_id=training.id,
        person_id=person.id,
        created_at=make.NOW,
        created_by=worker.id,
        client_key=f"walk-in-{mark}",
    )
    db.add(walk_in)
    db.flush()
    return walk_in
