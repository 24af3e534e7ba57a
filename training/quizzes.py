"""Short checks before and after a class: questions of a course, answers of people.

A changed question is a new row, so that an old answer is never scored by a question it was not given to.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlmodel import Session, col, func, select

from catalog.models import Person
from marketplace.accounts.models import Account, Role
from marketplace.core.audit import note
from marketplace.core.db import found, locked
from marketplace.core.errors import NotFound, Refused
from marketplace.core.i18n import N_
from marketplace.core.text import fold
from marketplace.core.units import date_vi, local_day
from training.learning_forms import QuestionIn
from training.models import (
    Course,
    Question,
    QuizMoment,
    QuizResult,
    Seat,
    TrainingSession,
    TrainingStatus,
)

MOST_QUESTIONS = 12  #: asked at a time; more is an exam


class TooFewOptions(Refused):
    sentence = N_("Mỗi câu hỏi cần ít nhất hai câu trả lời khác nhau, ghi liền từ trên xuống.")
    status = 422
    field = "option_1"


class RightOptionMissing(Refused):
    sentence = N_("Câu trả lời đúng phải là một trong các câu đã ghi.")
    status = 422
    field = "right_option"


class EnoughQuestions(Refused):
    sentence = N_("Khóa học đã có %(most)s câu hỏi. Hãy bỏ bớt một câu trước.")


class ClassCancelledQuiz(Refused):
    sentence = N_("Lớp đã hủy nên không làm bài kiểm tra.")


class NotBegun(Refused):
    sentence = N_("Lớp mở ngày %(day)s, chưa làm bài sau lớp được.")


class NothingAsked(Refused):
    sentence = N_("Khóa học chưa có câu hỏi nào.")


class NotAmongThem(Refused):
    sentence = N_("Có người không ở trong danh sách được trả lời. Hãy tải lại trang.")
    status = 422


class NoSuchAnswer(Refused):
    sentence = N_("Có câu trả lời không có trong bài. Câu hỏi có thể vừa được sửa; hãy tải lại trang.")
    status = 422


# --- questions
# ------------------------------------------------------------------------------------------------------------


def questions_of(db: Session, course_id: int, *, retired: bool = False) -> list[Question]:
    """What a course asks, in order; or what it no longer asks."""
    rows = select(Question).where(Question.course_id == course_id, col(Question.active).is_not(retired))
    return list(db.exec(rows.order_by(col(Question.position), col(Question.id))))


def one_question(db: Session, course: Course, question_id: int) -> Question:
    """A question of this course, or NotFound."""
    question = found(db, Question, question_id)
    if question.course_id != course.id:
        raise NotFound
    return question


def add_question(db: Session, actor: Account, course: Course, data: QuestionIn) -> Question:
    """Ask one more; refuses more than twelve, and a question without a choice or a right answer."""
    _check(data)
    course = locked(db, Course, course.id or 0)
    _check_room(db, course)
    last = select(func.max(Question.position)).where(Question.course_id == course.id)
    position = (db.exec(last).one() or 0) + 1
    question = _question(course.id or 0, position, data)
    db.add(question)
    note(db, actor, "question.added", question, course=course.id)
    return question


def change_question(db: Session, actor: Account, question: Question, data: QuestionIn) -> Question:
    """Ask it in other words: a new question in its place, the old one retired. Same words: nothing."""
    _check(data)
    locked(db, Course, question.course_id)
    if all(getattr(question, name) == value for name, value in data.columns().items()):
        return question
    new = _question(question.course_id, question.position, data)
    question.active = False
    db.add_all([question, new])
    note(db, actor, "question.changed", new, before=question.id)
    return new


def retire_question(db: Session, actor: Account, question: Question, *, active: bool) -> Question:
    """Ask it no more, or again. Twice is once."""
    course = locked(db, Course, question.course_id)
    if question.active != active:
        if active:
            _check_room(db, course)
        question.active = active
        db.add(question)
        note(db, actor, "question.asked_again" if active else "question.retired", question)
    return question


def _question(course_id: int, position: int, data: QuestionIn) -> Question:
    return Question.model_validate({"course_id": course_id, "position": position, **data.columns()})


def _check(data: QuestionIn) -> None:
    words = [fold(one) or one for one in data.options]
    if len(words) < 2 or "" in words or len(set(words)) != len(words):
        raise TooFewOptions
    if data.right_option > len(words):
        raise RightOptionMissing


def _check_room(db: Session, course: Course) -> None:
    if len(questions_of(db, course.id or 0)) >= MOST_QUESTIONS:
        raise EnoughQuestions(most=MOST_QUESTIONS)


# --- answers
# ------------------------------------------------------------------------------------------------------------


def people_asked(db: Session, actor: Account, training: TrainingSession) -> list[Person]:
    """Everybody with a seat in the class, by name; a farmer's own household alone."""
    seats = select(Seat.person_id).where(Seat.training_id == training.id, col(Seat.given_back_at).is_(None))
    rows = select(Person).where(col(Person.id).in_(seats))
    if actor.role == Role.FARMER:
        rows = rows.where(Person.household_id == actor.household_id)
    return list(db.exec(rows.order_by(col(Person.name_sort), col(Person.id))))


def results_of(
    db: Session, training: TrainingSession, people: Collection[int]
) -> dict[tuple[int, QuizMoment], QuizResult]:
    """What these people answered, by person and moment."""
    rows = select(QuizResult).where(
        QuizResult.training_id == training.id, col(QuizResult.person_id).in_(people)
    )
    return {(one.person_id, QuizMoment(one.moment)): one for one in db.exec(rows)}


def check_open(training: TrainingSession, moment: QuizMoment, *, now: datetime) -> None:
    """Refuses a cancelled class, and answers after a class that has not begun."""
    if training.status == TrainingStatus.CANCELLED:
        raise ClassCancelledQuiz
    if moment == QuizMoment.AFTER and local_day(now) < training.starts_on:
        raise NotBegun(day=date_vi(training.starts_on))


def save_answers(
    db: Session,
    actor: Account,
    training: TrainingSession,
    moment: QuizMoment,
    answers: Mapping[int, Mapping[int, int]],
    *,
    now: datetime,
) -> int:
    """Score what people chose, by person and question; how many results are new or other than before.

    A person without any answer is left alone; a question without one counts as not right. A second entry
    replaces the first, with a trail. Refuses strangers and answers that were not to choose from.
    """
    training = locked(db, TrainingSession, training.id or 0)
    check_open(training, moment, now=now)
    asked = {one.id or 0: one for one in questions_of(db, training.course_id)}
    if not asked:
        raise NothingAsked
    said = {person: dict(chosen) for person, chosen in answers.items() if chosen}
    if said.keys() - {person.id for person in people_asked(db, actor, training)}:
        raise NotAmongThem
    for chosen in said.values():
        _check_chosen(asked, chosen)
    before = results_of(db, training, said)
    return sum(
        _keep(db, actor, training, moment, person, asked, chosen, before.get((person, moment)), now)
        for person, chosen in said.items()
    )


def _check_chosen(asked: Mapping[int, Question], chosen: Mapping[int, int]) -> None:
    for key, option in chosen.items():
        if key not in asked or not 0 <= option < len(asked[key].options):
            raise NoSuchAnswer


def _keep(
    db: Session,
    actor: Account,
    training: TrainingSession,
    moment: QuizMoment,
    person_id: int,
    asked: Mapping[int, Question],
    chosen: Mapping[int, int],
    before: QuizResult | None,
    now: datetime,
) -> bool:
    answers = {str(key): option for key, option in chosen.items()}
    correct = sum(asked[key].right_option == option for key, option in chosen.items())
    if before is not None and (before.answers, before.asked) == (answers, len(asked)):
        return False
    facts = {"was": before.correct, "of": before.asked} if before is not None else {}
    row = before or QuizResult(
        training_id=training.id or 0, person_id=person_id, moment=moment, correct=0, asked=0, at=now
    )
    row.answers, row.correct, row.asked = answers, correct, len(asked)
    row.at, row.entered_by = now, actor.actor_id
    db.add(row)
    note(db, actor, "quiz.replaced" if before else "quiz.entered", row, person=person_id, **facts)
    return True
