"""What the classes teach: courses with quiz and material, what people answered, what trainers wrote down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

from sqlmodel import Session

from marketplace.accounts.models import Account
from marketplace.cli.demo.bulk import insert_rows
from marketplace.cli.demo.facts import classes
from training.courses import add_course
from training.forms import CourseIn
from training.models import Course, Material, Question, QuizMoment, QuizResult, TrainerNote, TrainingSession

OPENED = datetime(2021, 8, 16, 2, tzinfo=UTC)
RIGHT = {QuizMoment.BEFORE: 0.45, QuizMoment.AFTER: 0.82}  #: how often an answer is right
ANSWERED = {QuizMoment.BEFORE: 0.85, QuizMoment.AFTER: 0.9}  #: how many of those who are there hand one in


@dataclass(frozen=True)
class Lesson:
    """A course with the questions of its quiz."""

    course: Course
    questions: Sequence[Question]


def write_courses(db: Session, author: Account) -> dict[str, Lesson]:
    """The courses of the season by their key in the data."""
    lessons: dict[str, Lesson] = {}
    for key, facts in classes()["course"].items():
        data = CourseIn(
            topic=facts["topic"], syllabus=facts["syllabus"].strip(), half_days=facts["half_days"]
        )
        course = add_course(db, author, data, now=OPENED)
        lessons[key] = Lesson(course, _questions(course, facts["question"]))
        db.add_all(lessons[key].questions)
        db.add(_material(course, facts, author))
    db.flush()
    return lessons


def _questions(course: Course, asked: Sequence[Mapping[str, Any]]) -> list[Question]:
    return [
        Question(
            course_id=course.id or 0,
            position=position,
            words=one["words"],
            options=one["options"],
            right_option=one["right"],
        )
        for position, one in enumerate(asked, start=1)
    ]


def _material(course: Course, facts: Mapping[str, Any], author: Account) -> Material:
    return Material(
        course_id=course.id or 0,
        title=facts["material"],
        words=facts["words"].strip(),
        created_at=OPENED,
        created_by=author.id,
    )


def quiz(
    db: Session,
    rng: Random,
    lesson: Lesson,
    training: TrainingSession,
    there: Mapping[QuizMoment, Sequence[int]],
    at: Mapping[QuizMoment, datetime],
    entered_by: int | None,
) -> None:
    """What those who were there answered before and after; most did."""
    rows = [
        _answered(rng, lesson, moment)
        | {"training_id": training.id, "person_id": person, "at": at[moment], "entered_by": entered_by}
        for moment in QuizMoment
        for person in there[moment]
        if rng.random() < ANSWERED[moment]
    ]
    insert_rows(db, QuizResult, rows)


def _answered(rng: Random, lesson: Lesson, moment: QuizMoment) -> dict[str, Any]:
    """One person's answers; a wrong one is any of the other options."""
    answers: dict[str, int] = {}
    for question in lesson.questions:
        wrong = [place for place in range(len(question.options)) if place != question.right_option]
        knows = rng.random() < RIGHT[moment]
        answers[str(question.id)] = question.right_option if knows else rng.choice(wrong)
    correct = sum(answers[str(one.id)] == one.right_option for one in lesson.questions)
    return {"moment": moment, "answers": answers, "correct": correct, "asked": len(answers)}


def note_down(db: Session, training: TrainingSession, number: int, at: datetime, by: int | None) -> None:
    """What the trainer wrote after the class; the sentences take turns."""
    words = classes()["note"][number % len(classes()["note"])]["words"]
    db.add(TrainerNote(training_id=training.id or 0, at=at, by=by, words=words))
