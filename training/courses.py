"""Courses: what is taught. The office keeps them; classes are held of them."""

import secrets
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from marketplace.accounts.models import Account
from marketplace.core.audit import note
from marketplace.core.db import found
from marketplace.core.errors import Refused
from marketplace.core.i18n import N_
from marketplace.core.text import fold
from training.forms import CourseIn
from training.models import Course, TrainingSession


class CourseExists(Refused):
    sentence = N_("Đã có khóa học “%(topic)s”. Hãy đặt tên khác hoặc sửa khóa đang có.")
    field = "topic"


class CourseRetired(Refused):
    sentence = N_("Khóa học này đã ngừng. Hãy chọn khóa khác, hoặc mở lại khóa học trước.")
    status = 422
    field = "course_id"


def add_course(db: Session, actor: Account, data: CourseIn, *, now: datetime) -> Course:
    """Add a course; refuses a topic that is taught already."""
    _check_topic(db, data.topic)
    stands_for_the_code = secrets.token_hex(8)  # until the id is known
    columns = {"code": stands_for_the_code, "created_at": now, "created_by": actor.actor_id, **_columns(data)}
    course = Course.model_validate(columns)
    db.add(course)
    db.flush()
    course.code = f"KH-{course.id:03d}"
    db.add(course)
    note(db, actor, "course.added", course)
    return course


def change_course(db: Session, actor: Account, course: Course, data: CourseIn) -> Course:
    """Change topic, syllabus or usual length; classes that were held keep what their certificates say."""
    _check_topic(db, data.topic, but=course.id)
    before = {name: getattr(course, name) for name in _columns(data)}
    changed = sorted(name for name, value in _columns(data).items() if before[name] != value)
    for name in changed:
        setattr(course, name, _columns(data)[name])
    db.add(course)
    if changed:
        note(db, actor, "course.changed", course, fields=[name for name in changed if name != "topic_fold"])
    return course


def retire_course(db: Session, actor: Account, course: Course, *, active: bool) -> Course:
    """Offer a course no more for new classes, or again. Twice is once."""
    if course.active != active:
        course.active = active
        db.add(course)
        note(db, actor, "course.opened" if active else "course.retired", course)
    return course


def one_course(db: Session, course_id: int) -> Course:
    """A course by id, or NotFound; courses are no secret."""
    return found(db, Course, course_id)


def courses_with_classes(db: Session) -> list[tuple[Course, int]]:
    """Every course with the number of its classes, active ones first, by topic; one statement."""
    classes = func.count(col(TrainingSession.id))
    rows = db.exec(
        select(Course, classes)
        .outerjoin(TrainingSession, col(TrainingSession.course_id) == Course.id)
        .group_by(col(Course.id))
        .order_by(col(Course.active).desc(), col(Course.topic_fold))
    )
    return [(course, int(number)) for course, number in rows]


def active_courses(db: Session) -> list[Course]:
    """What new classes may be held of, by topic."""
    return list(db.exec(select(Course).where(col(Course.active)).order_by(col(Course.topic_fold))))


def _columns(data: CourseIn) -> dict[str, object]:
    return {**data.model_dump(), "topic_fold": fold(data.topic)}


def _check_topic(db: Session, topic: str, *, but: int | None = None) -> None:
    same = select(Course.id).where(Course.topic_fold == fold(topic), col(Course.id) != (but or 0))
    if db.exec(same).first() is not None:
        raise CourseExists(topic=topic)
