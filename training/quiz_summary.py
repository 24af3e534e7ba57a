"""What the answers before and after a class come to: averages of people, counts of each question."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, select

from training.models import Question, QuizMoment, QuizResult, TrainingSession
from training.quizzes import questions_of


@dataclass(frozen=True)
class Average:
    """Of some results: how many, and how many answers were right of how many asked, all together."""

    people: int
    correct: int
    asked: int

    @property
    def right(self) -> float:
        """Right answers per person."""
        return self.correct / self.people if self.people else 0.0

    @property
    def of(self) -> float:
        """Questions per person; not whole when the quiz was changed between two people."""
        return self.asked / self.people if self.people else 0.0


@dataclass(frozen=True)
class PerQuestion:
    """How many chose the right answer, of how many who were asked this question; counts, since few people."""

    question: Question
    right: Mapping[QuizMoment, int]
    asked: Mapping[QuizMoment, int]


@dataclass(frozen=True)
class Summary:
    """A class before and after: all results, and those of people who answered both times."""

    all: Mapping[QuizMoment, Average]
    both: Mapping[QuizMoment, Average]
    questions: Sequence[PerQuestion]


def summary_of(db: Session, training: TrainingSession) -> Summary:
    """What the answers of a class come to; questions changed since count for averages only."""
    rows = db.exec(select(QuizResult).where(QuizResult.training_id == training.id)).all()
    of = {moment: {one.person_id: one for one in rows if one.moment == moment} for moment in QuizMoment}
    twice = of[QuizMoment.BEFORE].keys() & of[QuizMoment.AFTER].keys()
    return Summary(
        all={moment: _average(list(some.values())) for moment, some in of.items()},
        both={moment: _average([some[key] for key in twice]) for moment, some in of.items()},
        questions=[_per_question(one, rows) for one in questions_of(db, training.course_id)],
    )


def _average(rows: Collection[QuizResult]) -> Average:
    return Average(len(rows), sum(one.correct for one in rows), sum(one.asked for one in rows))


def _per_question(question: Question, rows: Collection[QuizResult]) -> PerQuestion:
    key = str(question.id)
    chosen = {
        moment: [one.answers[key] for one in rows if one.moment == moment and key in one.answers]
        for moment in QuizMoment
    }
    return PerQuestion(
        question,
        {moment: some.count(question.right_option) for moment, some in chosen.items()},
        {moment: len(some) for moment, some in chosen.items()},
    )
