"""Short checks before and after: scored once, replaced with a trail, counted by person and by question."""

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlmodel import select

from marketplace.accounts.models import Role
from marketplace.core.audit import AuditEntry
from marketplace.core.errors import NotFound
from tests import factories as make
from training.learning_forms import QuestionIn
from training.models import Question, QuizMoment, QuizResult, TrainingStatus
from training.quiz_summary import summary_of
from training.quizzes import (
    ClassCancelledQuiz,
    EnoughQuestions,
    NoSuchAnswer,
    NotAmongThem,
    NotBegun,
    NothingAsked,
    RightOptionMissing,
    TooFewOptions,
    add_question,
    change_question,
    one_question,
    people_asked,
    questions_of,
    retire_question,
    save_answers,
)

BEFORE, AFTER = QuizMoment.BEFORE, QuizMoment.AFTER
HELD_ON = make.TODAY.replace(month=11, day=9)


def a_question(right: int = 1, words: str = "Ai xác nhận đơn?", **options: str) -> QuestionIn:
    return QuestionIn(
        words=words, right_option=right, **{"option_1": "Người bán", "option_2": "Người mua", **options}
    )


@pytest.fixture
def office(db):
    return make.an_account(db, Role.COORDINATOR)


@pytest.fixture
def course(db):
    return make.a_course(db)


@pytest.fixture
def asked(db, office, course):
    """Two questions; the first answer is right."""
    return [add_question(db, office, course, a_question(words=words)) for words in ("Câu một?", "Câu hai?")]


@pytest.fixture
def training(db, course):
    return make.a_training(db, course=course, starts_on=HELD_ON)


@pytest.fixture
def people(db, training):
    """Heads of three households with a seat each."""
    homes = [make.a_household(db, head=name) for name in ("Hoàng Thị Vén", "Lù Seo Páo", "Giàng A Sính")]
    for home in homes:
        make.an_enrolment(db, training=training, household=home)
    return [make.head_of(db, home) for home in homes]


def scores(db) -> list[tuple[int, str, int, int]]:
    rows = db.exec(select(QuizResult).order_by(QuizResult.id))
    return [(one.person_id, str(one.moment), one.correct, one.asked) for one in rows]


def test_a_question_needs_two_different_answers_without_a_gap_and_a_right_one_among_them(db, office, course):
    for wrong, refusal in (
        (a_question(option_2=""), TooFewOptions),
        (a_question(option_2="NGƯỜI BÁN"), TooFewOptions),
        (a_question(option_2="", option_3="Người mua"), TooFewOptions),
        (a_question(right=3), RightOptionMissing),
    ):
        with pytest.raises(refusal):
            add_question(db, office, course, wrong)
    with pytest.raises(ValidationError):
        a_question(right=6)
    assert db.exec(select(Question)).all() == []


def test_a_changed_question_is_a_new_one_in_its_place_and_the_old_one_is_retired(db, office, course, asked):
    new = change_question(db, office, asked[0], a_question(words="Câu một, sửa?"))
    same = change_question(db, office, new, a_question(words="Câu một, sửa?"))

    assert same.id == new.id != asked[0].id
    assert [one.words for one in questions_of(db, course.id)] == ["Câu một, sửa?", "Câu hai?"]
    assert [one.words for one in questions_of(db, course.id, retired=True)] == ["Câu một?"]


def test_a_question_is_retired_and_asked_again_and_there_are_at_most_twelve(db, office, course, asked):
    retire_question(db, office, asked[0], active=False)
    retire_question(db, office, asked[0], active=False)
    for number in range(11):
        add_question(db, office, course, a_question(words=f"Thêm {number}?"))

    with pytest.raises(EnoughQuestions):
        add_question(db, office, course, a_question(words="Mười ba?"))
    with pytest.raises(EnoughQuestions):
        retire_question(db, office, asked[0], active=True)
    assert len(questions_of(db, course.id)) == 12
    retire_question(db, office, asked[1], active=False)
    retire_question(db, office, asked[0], active=True)
    assert questions_of(db, course.id)[0].id == asked[0].id


def test_a_question_of_another_course_does_not_exist(db, office, asked):
    with pytest.raises(NotFound):
        one_question(db, make.a_course(db, topic="Nuôi ong"), asked[0].id)


def test_answers_are_scored_and_a_second_entry_replaces_them_with_a_trail(
    db, office, training, asked, people
):
    one, two = asked
    first = save_answers(
        db, office, training, BEFORE,
        {people[0].id: {one.id: 0, two.id: 1}, people[1].id: {one.id: 1}, people[2].id: {}}, now=make.NOW,
    )  # fmt: skip
    assert first == 2
    assert scores(db) == [(people[0].id, "before", 1, 2), (people[1].id, "before", 0, 2)]

    same = save_answers(db, office, training, BEFORE, {people[1].id: {one.id: 1}}, now=make.NOW)
    again = save_answers(db, office, training, BEFORE, {people[1].id: {one.id: 0, two.id: 0}}, now=make.NOW)

    assert (same, again) == (0, 1)
    assert scores(db) == [(people[0].id, "before", 1, 2), (people[1].id, "before", 2, 2)]
    (told,) = db.exec(select(AuditEntry).where(AuditEntry.action == "quiz.replaced")).all()
    assert told.facts == {"person": people[1].id, "was": 0, "of": 2}


def test_an_answer_keeps_the_score_it_got_when_its_question_was_changed_later(
    db, office, training, asked, people
):
    save_answers(db, office, training, BEFORE, {people[0].id: {asked[0].id: 0}}, now=make.NOW)
    change_question(db, office, asked[0], a_question(right=2, words="Câu một?"))

    assert scores(db) == [(people[0].id, "before", 1, 2)]
    assert summary_of(db, training).questions[0].asked == {BEFORE: 0, AFTER: 0}
    with pytest.raises(NoSuchAnswer):
        save_answers(db, office, training, BEFORE, {people[1].id: {asked[0].id: 0}}, now=make.NOW)


def test_a_farmer_answers_for_the_own_household_alone(db, training, asked, people):
    from catalog.models import Household

    home = db.get_one(Household, people[0].household_id)
    farmer = make.an_account(db, Role.FARMER, household=home)

    assert [one.id for one in people_asked(db, farmer, training)] == [people[0].id]
    assert save_answers(db, farmer, training, BEFORE, {people[0].id: {asked[0].id: 0}}, now=make.NOW) == 1
    with pytest.raises(NotAmongThem):
        save_answers(db, farmer, training, BEFORE, {people[1].id: {asked[0].id: 0}}, now=make.NOW)
    assert len(scores(db)) == 1


@pytest.mark.parametrize("option", [-1, 2, 99])
def test_an_answer_that_was_not_to_choose_from_is_refused(db, office, training, asked, people, option):
    with pytest.raises(NoSuchAnswer):
        save_answers(
            db, office, training, AFTER,
            {people[0].id: {asked[0].id: 0}, people[1].id: {asked[1].id: option}}, now=make.NOW,
        )  # fmt: skip
    assert scores(db) == []


def test_nothing_is_answered_in_a_cancelled_class_after_one_still_ahead_or_without_questions(
    db, office, course, asked
):
    ahead = make.a_training(db, course=course)
    cancelled = make.a_training(db, course=course, status=TrainingStatus.CANCELLED)
    silent = make.a_training(db, course=make.a_course(db, topic="Nuôi ong"))

    for training, moment, refusal in (
        (ahead, AFTER, NotBegun),
        (cancelled, BEFORE, ClassCancelledQuiz),
        (silent, BEFORE, NothingAsked),
    ):
        with pytest.raises(refusal):
            save_answers(db, office, training, moment, {}, now=make.NOW)
    assert save_answers(db, office, ahead, BEFORE, {}, now=make.NOW) == 0


def test_a_class_is_summed_up_before_after_and_for_those_who_answered_twice(
    db, office, training, asked, people
):
    one, two = asked
    said = {people[0].id: {one.id: 0, two.id: 1}, people[1].id: {one.id: 1, two.id: 1}}
    save_answers(db, office, training, BEFORE, said, now=make.NOW)
    said = {people[1].id: {one.id: 0, two.id: 0}, people[2].id: {one.id: 0, two.id: 1}}
    save_answers(db, office, training, AFTER, said, now=make.NOW)

    summary = summary_of(db, training)

    assert [(summary.all[when].people, summary.all[when].right) for when in (BEFORE, AFTER)] == [
        (2, 0.5),
        (2, 1.5),
    ]
    assert [(summary.both[when].people, summary.both[when].right) for when in (BEFORE, AFTER)] == [
        (1, 0),
        (1, 2),
    ]
    counts = [[(row.right[when], row.asked[when]) for when in (BEFORE, AFTER)] for row in summary.questions]
    assert counts == [[(1, 2), (2, 2)], [(0, 2), (1, 2)]]


@given(
    answers=st.dictionaries(
        st.integers(0, 2), st.dictionaries(st.integers(0, 1), st.integers(0, 1), min_size=1), min_size=1
    )
)
@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_average_is_right_answers_over_people_and_saving_twice_is_saving_once(
    db, office, training, asked, people, answers
):
    said = {
        people[who].id: {asked[question].id: option for question, option in chosen.items()}
        for who, chosen in answers.items()
    }
    with db.begin_nested() as savepoint:
        save_answers(db, office, training, BEFORE, said, now=make.NOW)
        assert save_answers(db, office, training, BEFORE, said, now=make.NOW) == 0
        average = summary_of(db, training).all[BEFORE]
        savepoint.rollback()

    right = sum(option == 0 for chosen in answers.values() for option in chosen.values())
    assert (average.people, average.correct, average.asked) == (len(answers), right, 2 * len(answers))
