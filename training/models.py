"""The tables of training: courses, classes, who is enrolled, who came, who is certified (domain.md §9).

A class is a `TrainingSession`; "session" alone is the database's. What a class counts for is decided by
`Attendance`, the one set that taps, cards and paper sheets end in.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from marketplace.core.db import Utc, stored
from marketplace.core.i18n import N_

# --- courses and classes
# ------------------------------------------------------------------------------------------------------------


class Course(SQLModel, table=True):
    """What is taught: a topic with its syllabus, quiz and materials."""

    __tablename__ = "course"

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(max_length=20, unique=True)  #: "LEN-SAN"
    topic: str = Field(max_length=150)
    topic_fold: str = Field(max_length=150, index=True)
    syllabus: str = Field(default="", max_length=4000)
    half_days: int = Field(default=1, ge=1)  #: usual length; a class may differ
    active: bool = True
    created_at: datetime = Field(sa_type=Utc)
    created_by: int | None = Field(default=None, foreign_key="account.id")


class TrainingStatus(StrEnum):
    PLANNED = "planned"
    HELD = "held"
    CANCELLED = "cancelled"


TRAINING_STATUS_LABELS = {
    TrainingStatus.PLANNED: N_("Sắp mở"),
    TrainingStatus.HELD: N_("Đã tổ chức"),
    TrainingStatus.CANCELLED: N_("Đã hủy"),
}


class TrainingSession(SQLModel, table=True):
    """One class of a course: where, when, for how many. Its half-days are `HalfDay` rows."""

    __tablename__ = "training_session"
    __table_args__ = (
        CheckConstraint("capacity > 0", name="capacity_positive"),
        CheckConstraint("overbooked >= 0", name="overbooked_not_negative"),
        CheckConstraint("needed_half_days > 0", name="needed_positive"),
        CheckConstraint("minutes_per_half_day > 0", name="minutes_positive"),
        CheckConstraint("attendance_closed_at IS NULL OR status = 'held'", name="closed_was_held"),
    )

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(max_length=20, unique=True)  #: LH-0012
    course_id: int = Field(foreign_key="course.id", index=True)
    starts_on: date = Field(index=True)  #: day of the first half-day, kept with the rows
    ends_on: date  #: day of the last half-day
    commune_id: int = Field(foreign_key="admin_unit.id", index=True)  #: the unit as it was then (R-52)
    venue: str = Field(max_length=150)
    organiser: str = Field(max_length=150)
    host: str = Field(max_length=24)  #: name of a marketplace, or "province"
    trainers: str = Field(default="", max_length=300)  #: names, separated by commas
    language: str = Field(default="vi", max_length=3)  #: of instruction, ISO 639-3, "vi" for Vietnamese
    interpreter: str = Field(default="", max_length=150)  #: who interprets, and into what; empty: nobody
    funding_source: str = Field(default="", max_length=150)
    capacity: int  #: seats
    overbooked: int = 0  #: seats given out beyond capacity because not everybody comes
    needed_half_days: int = 1  #: for a certificate
    minutes_per_half_day: int = 240
    status: TrainingStatus = Field(default=TrainingStatus.PLANNED, sa_type=stored(TrainingStatus), index=True)
    cancelled_reason: str = Field(default="", max_length=300)
    attendance_closed_at: datetime | None = Field(default=None, sa_type=Utc)  #: from then it counts (R-92)
    attendance_closed_by: int | None = Field(default=None, foreign_key="account.id")
    created_at: datetime = Field(sa_type=Utc)
    created_by: int | None = Field(default=None, foreign_key="account.id", index=True)
    client_key: str | None = Field(default=None, max_length=80, unique=True)


class DayPart(StrEnum):
    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"


DAY_PART_LABELS = {
    DayPart.MORNING: N_("Sáng"),
    DayPart.AFTERNOON: N_("Chiều"),
    DayPart.EVENING: N_("Tối"),
}


class HalfDay(SQLModel, table=True):
    """One sitting of a class. Two classes are at the same time when they share a day and its part (R-94)."""

    __tablename__ = "training_half_day"
    __table_args__ = (
        UniqueConstraint("training_id", "number"),
        UniqueConstraint("training_id", "day", "part"),
    )

    id: int | None = Field(default=None, primary_key=True)
    training_id: int = Field(foreign_key="training_session.id")
    number: int  #: 1, 2, … in order of time
    day: date = Field(index=True)
    part: DayPart = Field(sa_type=stored(DayPart))


# --- who is enrolled
# ------------------------------------------------------------------------------------------------------------


class EnrolmentStatus(StrEnum):
    """Where a household's entry stands. Seats are held by `REGISTERED` and `OFFERED` alone."""

    INVITED = "invited"  #: on the list of invitations; nothing said yet
    WAITING = "waiting"
    OFFERED = "offered"  #: a freed seat is kept for it until `hold_until`; somebody must call
    REGISTERED = "registered"
    LEFT = "left"  #: gave its seats or its place in the list back
    DECLINED = "declined"  #: did not want the invitation or the seat offered
    EXPIRED = "expired"  #: did not answer within the hold


ENROLMENT_STATUS_LABELS = {
    EnrolmentStatus.INVITED: N_("Đã mời"),
    EnrolmentStatus.WAITING: N_("Đang chờ chỗ"),
    EnrolmentStatus.OFFERED: N_("Được giữ chỗ, cần gọi"),
    EnrolmentStatus.REGISTERED: N_("Có chỗ"),
    EnrolmentStatus.LEFT: N_("Đã rút"),
    EnrolmentStatus.DECLINED: N_("Từ chối"),
    EnrolmentStatus.EXPIRED: N_("Hết hạn giữ chỗ"),
}

HOLDING = (EnrolmentStatus.REGISTERED, EnrolmentStatus.OFFERED)  #: these take up seats
OPEN = (*HOLDING, EnrolmentStatus.WAITING, EnrolmentStatus.INVITED)  #: these may still come


class EnrolmentSource(StrEnum):
    """How an entry came to be."""

    OFFICE = "office"  #: by an extension worker or a coordinator
    HOUSEHOLD = "household"  #: by the farmer's own login
    PHONE = "phone"
    WALK_IN = "walk_in"  #: stood at the door on the day
    IMPORT = "import"


ENROLMENT_SOURCE_LABELS = {
    EnrolmentSource.OFFICE: N_("Cán bộ ghi"),
    EnrolmentSource.HOUSEHOLD: N_("Hộ tự đăng ký"),
    EnrolmentSource.PHONE: N_("Qua điện thoại"),
    EnrolmentSource.WALK_IN: N_("Đến tại lớp"),
    EnrolmentSource.IMPORT: N_("Từ tệp Excel"),
}


class Enrolment(SQLModel, table=True):
    """A household's entry in a class, with as many seats as it has `Seat` rows that are not given back."""

    __tablename__ = "enrolment"
    __table_args__ = (
        UniqueConstraint("training_id", "place"),
        Index(
            "ix_enrolment_one_open",
            "training_id",
            "household_id",
            unique=True,
            sqlite_where=text("status IN ('invited', 'waiting', 'offered', 'registered')"),
            postgresql_where=text("status IN ('invited', 'waiting', 'offered', 'registered')"),
        ),
        CheckConstraint("(status = 'offered') = (hold_until IS NOT NULL)", name="hold"),
    )

    id: int | None = Field(default=None, primary_key=True)
    training_id: int = Field(foreign_key="training_session.id", index=True)
    household_id: int = Field(foreign_key="household.id", index=True)
    place: int  #: order of arrival within the class, 1, 2, …; the waiting list is in this order
    status: EnrolmentStatus = Field(sa_type=stored(EnrolmentStatus))
    source: EnrolmentSource = Field(sa_type=stored(EnrolmentSource))
    hold_until: datetime | None = Field(default=None, sa_type=Utc)
    called_at: datetime | None = Field(default=None, sa_type=Utc)  #: somebody rang about the seat offered
    note: str = Field(default="", max_length=300)
    created_at: datetime = Field(sa_type=Utc)
    created_by: int | None = Field(default=None, foreign_key="account.id")
    client_key: str | None = Field(default=None, max_length=80, unique=True)


class Seat(SQLModel, table=True):
    """One person of an entry. `given_back_at`: that person no longer comes, the others of the entry do."""

    __tablename__ = "seat"
    __table_args__ = (
        Index(
            "ix_seat_once",
            "training_id",
            "person_id",
            unique=True,
            sqlite_where=text("given_back_at IS NULL"),
            postgresql_where=text("given_back_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    enrolment_id: int = Field(foreign_key="enrolment.id", index=True)
    training_id: int = Field(foreign_key="training_session.id")  #: of the entry, for the index
    person_id: int = Field(foreign_key="person.id", index=True)
    given_back_at: datetime | None = Field(default=None, sa_type=Utc)


class QueueEvent(StrEnum):
    INVITED = "invited"
    JOINED = "joined"
    SEATED = "seated"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    CALLED = "called"
    DECLINED = "declined"
    EXPIRED = "expired"
    LEFT = "left"
    SHRUNK = "shrunk"
    GREW = "grew"
    SKIPPED = "skipped"  #: a seat was free but this entry did not get it; the reason says why


QUEUE_EVENT_LABELS = {
    QueueEvent.INVITED: N_("Được mời"),
    QueueEvent.JOINED: N_("Vào danh sách chờ"),
    QueueEvent.SEATED: N_("Có chỗ ngay"),
    QueueEvent.OFFERED: N_("Được giữ chỗ"),
    QueueEvent.ACCEPTED: N_("Đã nhận chỗ"),
    QueueEvent.CALLED: N_("Đã gọi điện"),
    QueueEvent.DECLINED: N_("Từ chối"),
    QueueEvent.EXPIRED: N_("Hết hạn giữ chỗ"),
    QueueEvent.LEFT: N_("Rút tên"),
    QueueEvent.SHRUNK: N_("Bớt người"),
    QueueEvent.GREW: N_("Thêm người"),
    QueueEvent.SKIPPED: N_("Chưa đến lượt"),
}


class QueueNote(SQLModel, table=True):
    """One line of the log of a class's seats: what happened to an entry, by whom and why. Append-only."""

    __tablename__ = "queue_note"

    id: int | None = Field(default=None, primary_key=True)
    training_id: int = Field(foreign_key="training_session.id", index=True)
    enrolment_id: int = Field(foreign_key="enrolment.id", index=True)
    at: datetime = Field(sa_type=Utc)
    actor_id: int | None = Field(default=None, foreign_key="account.id")
    event: QueueEvent = Field(sa_type=stored(QueueEvent))
    sentence: str = Field(default="", max_length=300)  #: msgid of the reason
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


# --- who came
# ------------------------------------------------------------------------------------------------------------


class Door(StrEnum):
    """The ways a mark comes in. They end in one set whatever the order they arrive in."""

    TAP = "tap"  #: tapped on the roster
    CARD = "card"  #: household card, read by camera or typed
    PAPER = "paper"  #: read from the signed sheet
    DECISION = "decision"  #: somebody looked at marks that disagree, or corrected a closed class


DOOR_LABELS = {
    Door.TAP: N_("Bấm trên danh sách"),
    Door.CARD: N_("Thẻ hộ"),
    Door.PAPER: N_("Phiếu ký"),
    Door.DECISION: N_("Người phụ trách quyết định"),
}


class AttendanceMark(SQLModel, table=True):
    """One mark as it came in, by one device through one door. Append-only; `Attendance` is what they say.

    Of one device and door the highest `number` counts for each person and half-day, whatever order they
    arrive in: clocks of phones are off, their own counting is not.
    """

    __tablename__ = "attendance_mark"
    __table_args__ = (Index("ix_attendance_mark_of", "training_id", "person_id", "half_day_id"),)

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(max_length=80, unique=True)  #: made by the device; a second arrival changes nothing
    training_id: int = Field(foreign_key="training_session.id")
    half_day_id: int = Field(foreign_key="training_half_day.id", index=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    present: bool
    door: Door = Field(sa_type=stored(Door))
    device: str = Field(max_length=40)  #: id the device made for itself; of the web page: the account's
    number: int  #: the device's own count, rising
    marked_at: datetime = Field(sa_type=Utc)  #: by the device's clock; shown, never decisive
    received_at: datetime = Field(sa_type=Utc)
    actor_id: int | None = Field(default=None, foreign_key="account.id")
    reason: str = Field(default="", max_length=300)  #: of a decision or late correction
    held_back: bool = False  #: came after the class was closed; counts when somebody lets it
    dismissed_at: datetime | None = Field(default=None, sa_type=Utc)  #: held back, looked at, and not let in


class Attendance(SQLModel, table=True):
    """Whether a person was there, by half-day: what all marks together say. Rewritten by `attendance.settle`.

    `person_id` is who it counts for: a walk-in that was linked counts for the person it was linked to.
    """

    __tablename__ = "attendance"
    __table_args__ = (UniqueConstraint("half_day_id", "person_id"),)

    id: int | None = Field(default=None, primary_key=True)
    training_id: int = Field(foreign_key="training_session.id", index=True)
    half_day_id: int = Field(foreign_key="training_half_day.id")
    person_id: int = Field(foreign_key="person.id", index=True)
    present: bool
    disputed: bool = False  #: doors or devices disagree and nobody has decided yet


class WalkIn(SQLModel, table=True):
    """Somebody who came without being on the list: a draft household of two answers, until it is linked.

    Linking moves nothing: marks stay with the draft person and count for `linked_person_id` while it is set.
    """

    __tablename__ = "walk_in"

    id: int | None = Field(default=None, primary_key=True)
    training_id: int = Field(foreign_key="training_session.id", index=True)
    person_id: int = Field(foreign_key="person.id", unique=True)  #: head of the draft household
    linked_person_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    linked_at: datetime | None = Field(default=None, sa_type=Utc)
    linked_by: int | None = Field(default=None, foreign_key="account.id")
    created_at: datetime = Field(sa_type=Utc)
    created_by: int | None = Field(default=None, foreign_key="account.id")
    client_key: str = Field(max_length=80, unique=True)


# --- what they take home
# ------------------------------------------------------------------------------------------------------------


class TrainingCertificate(SQLModel, table=True):
    """A certificate of attendance. Its number stays when it is issued again; each copy has its own token."""

    __tablename__ = "training_certificate"
    __table_args__ = (UniqueConstraint("training_id", "person_id"),)

    id: int | None = Field(default=None, primary_key=True)
    number: str = Field(max_length=24, unique=True)  #: HG-TH-2021-0001
    training_id: int = Field(foreign_key="training_session.id")
    person_id: int = Field(foreign_key="person.id", index=True)
    issued_at: datetime = Field(sa_type=Utc)
    issued_by: int | None = Field(default=None, foreign_key="account.id")
    revoked_at: datetime | None = Field(default=None, sa_type=Utc)
    revoked_by: int | None = Field(default=None, foreign_key="account.id")
    revoked_reason: str = Field(default="", max_length=300)


class CertificateCopy(SQLModel, table=True):
    """One printed state of a certificate: what it said, and the token of its QR code (128 bits, random)."""

    __tablename__ = "certificate_copy"
    __table_args__ = (UniqueConstraint("certificate_id", "version"),)

    id: int | None = Field(default=None, primary_key=True)
    certificate_id: int = Field(foreign_key="training_certificate.id")
    version: int  #: 1, 2, …; the highest is the one in force
    token: str = Field(max_length=22, unique=True)  #: 16 random bytes, URL-safe Base64
    name: str = Field(max_length=100)  #: the person's name as printed
    birth_year: int | None = None
    course: str = Field(max_length=150)
    organiser: str = Field(max_length=150)
    place: str = Field(max_length=400)  #: venue and commune, by its name of then
    held_from: date
    held_to: date
    half_days: int  #: attended
    minutes: int
    issued_at: datetime = Field(sa_type=Utc)
    reason: str = Field(default="", max_length=300)  #: why it was issued again


class CertificateYear(SQLModel, table=True):
    """The last serial number given out in a year. Locked while numbers are given out, so none is missing."""

    __tablename__ = "certificate_year"
    __table_args__ = (CheckConstraint("last >= 0", name="last"),)

    id: int | None = Field(default=None, primary_key=True)
    year: int = Field(unique=True)
    last: int = 0


class Question(SQLModel, table=True):
    """One question of a course's short quiz. A changed question is a new row; the old one is retired."""

    __tablename__ = "question"
    __table_args__ = (CheckConstraint("right_option >= 0", name="right_option"),)

    id: int | None = Field(default=None, primary_key=True)
    course_id: int = Field(foreign_key="course.id", index=True)
    position: int
    words: str = Field(max_length=300)
    options: list[str] = Field(default_factory=list, sa_type=JSON)
    right_option: int  #: index into `options`
    active: bool = True


class QuizMoment(StrEnum):
    BEFORE = "before"
    AFTER = "after"


QUIZ_MOMENT_LABELS = {QuizMoment.BEFORE: N_("Trước lớp"), QuizMoment.AFTER: N_("Sau lớp")}


class QuizResult(SQLModel, table=True):
    """What one person answered before or after a class."""

    __tablename__ = "quiz_result"
    __table_args__ = (
        UniqueConstraint("training_id", "person_id", "moment"),
        CheckConstraint("correct BETWEEN 0 AND asked", name="correct"),
    )

    id: int | None = Field(default=None, primary_key=True)
    training_id: int = Field(foreign_key="training_session.id")
    person_id: int = Field(foreign_key="person.id", index=True)
    moment: QuizMoment = Field(sa_type=stored(QuizMoment))
    answers: dict[str, int] = Field(default_factory=dict, sa_type=JSON)  #: by question id: the option chosen
    correct: int
    asked: int
    at: datetime = Field(sa_type=Utc)
    entered_by: int | None = Field(default=None, foreign_key="account.id")


class TrainerNote(SQLModel, table=True):
    """What the trainer wrote down about a class. Never changed; another note follows it."""

    __tablename__ = "trainer_note"

    id: int | None = Field(default=None, primary_key=True)
    training_id: int = Field(foreign_key="training_session.id", index=True)
    at: datetime = Field(sa_type=Utc)
    by: int | None = Field(default=None, foreign_key="account.id")
    words: str = Field(max_length=2000)


class TrainingPhotoKind(StrEnum):
    CLASS = "class"
    SHEET = "sheet"  #: the signed attendance sheet


class TrainingPhoto(SQLModel, table=True):
    """A picture of a class, or of its signed sheet."""

    __tablename__ = "training_photo"
    __table_args__ = (UniqueConstraint("training_id", "photo_id"),)

    id: int | None = Field(default=None, primary_key=True)
    training_id: int = Field(foreign_key="training_session.id")
    photo_id: int = Field(foreign_key="photo.id")
    kind: TrainingPhotoKind = Field(sa_type=stored(TrainingPhotoKind))
    at: datetime = Field(sa_type=Utc)
    by: int | None = Field(default=None, foreign_key="account.id")
    removed_at: datetime | None = Field(default=None, sa_type=Utc)


class Material(SQLModel, table=True):
    """Something to take home from a course: words to read on a phone, a file to download, or both."""

    __tablename__ = "material"
    __table_args__ = (CheckConstraint("words <> '' OR file_sha256 IS NOT NULL", name="says_something"),)

    id: int | None = Field(default=None, primary_key=True)
    course_id: int = Field(foreign_key="course.id", index=True)
    title: str = Field(max_length=150)
    words: str = Field(default="", max_length=20_000)
    file_sha256: str | None = Field(default=None, max_length=64)
    file_name: str = Field(default="", max_length=150)  #: as it is offered for download
    file_type: str = Field(default="", max_length=100)  #: MIME type, found by content
    file_bytes: int = 0
    active: bool = True
    created_at: datetime = Field(sa_type=Utc)
    created_by: int | None = Field(default=None, foreign_key="account.id")
