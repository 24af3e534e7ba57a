"""Classes, persons, households and attendances are counted apart (R-91), of closed classes alone (R-92)."""

import re
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from catalog.communes import read_communes
from catalog.models import Household, Person
from marketplace.accounts.models import Account, Role
from marketplace.core import db as database
from tests import factories as make
from tests.conftest import KEPT
from tests.support.emptying import empty
from tests.support.statements import statements
from tests.training.awarding import CLOSED_AT, a_closed_class, text
from training.count_lists import Line, Listed, counted_lines
from training.counts import Asked, Figures, places_with_classes, tally
from training.models import TrainingSession, TrainingStatus

YEAR = Asked(date(2021, 1, 1), date(2021, 12, 31))
PAGE = "/lop-tap-huan/so-lieu"


@pytest.fixture
def office(db):
    return make.an_account(db, Role.COORDINATOR)


def came(
    db: Session, training: TrainingSession, person: Person, present: tuple[bool, ...] = (True, True)
) -> None:
    make.an_attendance(db, training=training, person=person, present=present)


def couple(db: Session) -> tuple[Household, Person, Person]:
    """A household of two."""
    household = make.a_household(db, head="Lý Thị Sử")
    return household, make.head_of(db, household), make.a_person(db, household, name="Lý Văn Páo")


def figures(db: Session, actor: Account, asked: Asked = YEAR) -> Figures:
    return tally(db, actor, asked, read_communes(db)).all


def lines(db: Session, actor: Account, listed: Listed, asked: Asked = YEAR) -> list[Line]:
    rows, more = counted_lines(db, actor, asked, listed, read_communes(db), number=1)
    assert not more
    return rows


def test_a_household_that_sends_two_people_is_one_household_and_two_people(db, office):
    training = a_closed_class(db)
    _, wife, husband = couple(db)
    came(db, training, wife, (True, False))
    came(db, training, husband, (False, True))

    assert figures(db, office) == Figures(classes=1, people=2, households=1, attendances=2)


def test_a_person_who_comes_twice_is_one_person_and_two_attendances(db, office):
    _, wife, _ = couple(db)
    came(db, a_closed_class(db), wife)
    came(db, a_closed_class(db, starts_on=date(2021, 11, 16)), wife, (True, False))

    assert figures(db, office) == Figures(classes=2, people=1, households=1, attendances=3)


def test_nobody_is_counted_who_was_marked_absent_but_the_class_is(db, office):
    training = a_closed_class(db)
    _, wife, _ = couple(db)
    came(db, training, wife, (False, False))

    assert figures(db, office) == Figures(classes=1)


def test_a_class_counts_only_when_it_was_held_and_its_attendance_is_closed(db, office):
    _, wife, _ = couple(db)
    held = make.a_training(db, status=TrainingStatus.HELD, starts_on=date(2021, 11, 9))
    came(db, held, wife)
    planned = make.a_training(db, starts_on=date(2021, 11, 10))
    cancelled = make.a_training(db, status=TrainingStatus.CANCELLED, starts_on=date(2021, 11, 11))
    came(db, planned, wife)
    came(db, cancelled, wife)
    before = figures(db, office)

    held.attendance_closed_at = CLOSED_AT
    db.add(held)
    db.flush()

    assert before == Figures()
    assert figures(db, office) == Figures(classes=1, people=1, households=1, attendances=2)


def test_a_class_belongs_to_the_period_in_which_it_ended(db, office):
    training = a_closed_class(db, starts_on=date(2020, 12, 31))
    training.ends_on = date(2021, 1, 1)
    db.add(training)
    a_closed_class(db, starts_on=date(2020, 12, 30))
    a_closed_class(db, starts_on=date(2021, 12, 31))
    a_closed_class(db, starts_on=date(2022, 1, 1))

    assert figures(db, office).classes == 2
    assert figures(db, office, Asked(date(2020, 1, 1), date(2020, 12, 31))).classes == 1


def test_courses_are_counted_apart_and_do_not_add_up(db, office):
    selling, photos = make.a_course(db, "Bán hàng"), make.a_course(db, "Chụp ảnh")
    _, wife, husband = couple(db)
    came(db, a_closed_class(db, course=selling), wife)
    second = a_closed_class(db, course=photos, starts_on=date(2021, 11, 16))
    came(db, second, wife, (True, False))
    came(db, second, husband)

    found = tally(db, office, YEAR, read_communes(db))

    assert [(course.topic, of) for course, of in found.courses] == [
        ("Bán hàng", Figures(classes=1, people=1, households=1, attendances=2)),
        ("Chụp ảnh", Figures(classes=1, people=2, households=1, attendances=3)),
    ]
    assert found.all == Figures(classes=2, people=2, households=1, attendances=5)
    assert figures(db, office, Asked(YEAR.first, YEAR.last, course_id=photos.id)).people == 2


def test_a_commune_is_asked_for_by_what_it_was_or_by_what_it_is(db, office):
    communes = read_communes(db)
    old = make.a_commune(db, "Xã Vĩnh Hảo")
    today = communes.current(old.id)
    training = a_closed_class(db, commune=old)
    a_closed_class(db, commune="Xã Tiên Kiều")

    of_then = figures(db, office, Asked(YEAR.first, YEAR.last, commune_id=old.id))
    of_today = lines(db, office, Listed.CLASSES, Asked(YEAR.first, YEAR.last, commune_id=today))
    offered = places_with_classes(db, office, communes)

    assert today is not None
    assert of_then.classes == 1
    assert training.id in [line.training.id for line in of_today]
    assert {old.id, today} <= {place.id for place in offered}


def test_a_worker_counts_the_own_communes_and_the_own_classes(db):
    worker = make.an_account(db, communes=("Xã Vĩnh Hảo",))
    _, wife, _ = couple(db)
    came(db, a_closed_class(db, commune="Xã Vĩnh Hảo"), wife)
    a_closed_class(db, commune="Xã Tiên Kiều")
    a_closed_class(db, commune="Xã Tiên Kiều", created_by=worker.id)

    assert figures(db, worker) == Figures(classes=2, people=1, households=1, attendances=2)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.lists(
            st.tuples(st.integers(0, 3), st.booleans(), st.booleans()), max_size=5, unique_by=lambda t: t[0]
        ),
        max_size=4,
    )
)
def test_every_figure_has_as_many_rows_in_its_list(engine, classes):
    empty(engine, keep=KEPT)
    with database.session(engine, writing=True) as db:
        office = make.an_account(db, Role.COORDINATOR)
        _, *first = couple(db)
        _, *second = couple(db)
        people = [*first, *second]
        for day, marks in enumerate(classes, start=1):
            training = a_closed_class(db, starts_on=date(2021, 11, day))
            for who, *present in marks:
                came(db, training, people[who], tuple(present))

        there = [(who, sum(present)) for marks in classes for who, *present in marks if any(present)]
        expected = Figures(
            classes=len(classes),
            people=len({who for who, _ in there}),
            households=len({who // 2 for who, _ in there}),
            attendances=sum(times for _, times in there),
        )
        assert figures(db, office) == expected
        rows = {listed: lines(db, office, listed) for listed in Listed}
        assert [len(rows[listed]) for listed in Listed] == [
            expected.classes,
            expected.people,
            expected.households,
            expected.attendances,
        ]
        for listed in (Listed.CLASSES, Listed.PEOPLE, Listed.HOUSEHOLDS):
            assert sum(line.attendances for line in rows[listed]) == expected.attendances


# --- the pages ----------------------------------------------------------------------------------------------


@pytest.fixture
def coordinator(office, db, as_account):
    db.commit()
    return as_account(office)


def test_every_figure_on_the_page_leads_to_its_list(db, coordinator):
    _, wife, husband = couple(db)
    training = a_closed_class(db)
    came(db, training, wife)
    came(db, training, husband, (True, False))
    db.commit()

    answer = coordinator.get(PAGE)
    page = answer.get_data(as_text=True)
    links = [link.replace("&amp;", "&") for link in re.findall(r'class="figure" href="([^"]+)"', page)]
    lists = [text(coordinator.get(link)) for link in links]

    assert re.findall(r'class="figure-value">(\d+)<', page) == ["1", "2", "1", "3"]
    assert training.code in lists[0]
    assert "Lý Thị Sử" in lists[1]
    assert "Lý Văn Páo" in lists[1]
    assert "2 người" in lists[2]
    assert lists[3].count("09/11/2021") == 3


def test_the_numbers_of_a_row_lead_to_the_list_of_that_course(db, coordinator):
    photos = make.a_course(db, "Chụp ảnh")
    _, wife, _ = couple(db)
    came(db, a_closed_class(db, course=photos), wife)
    other = a_closed_class(db, starts_on=date(2021, 11, 16))
    db.commit()

    listed = text(coordinator.get(f"{PAGE}/danh-sach?loai=lop&khoa={photos.id}"))

    assert "Chụp ảnh" in listed
    assert other.code not in listed


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("tu=2021-12-31&den=2021-01-01", "“Đến ngày” phải từ “Từ ngày” trở đi. Hãy sửa lại."),
        ("tu=mai", "mai"),
        ("xa=xyz", "“Xã” phải là số nguyên"),
    ],
)
def test_a_period_that_cannot_be_read_is_said_and_stays_on_the_page(coordinator, query, sentence):
    answer = coordinator.get(f"{PAGE}?{query}")

    assert answer.status_code == 422
    assert sentence in text(answer)


def test_without_closed_classes_the_page_says_when_a_class_counts(coordinator):
    page = text(coordinator.get(PAGE))

    assert "Kỳ này chưa có lớp nào được tính" in page
    assert "Chưa có gì được tính" in text(coordinator.get(f"{PAGE}/danh-sach?loai=ho"))


def test_somebody_from_another_commune_is_named_without_a_link(db, as_account):
    worker = make.an_account(db, communes=("Xã Vĩnh Hảo",))
    stranger = make.a_household(db, commune="Xã Tiên Kiều", head="Bàn Tà Liều")
    came(db, a_closed_class(db, commune="Xã Vĩnh Hảo"), make.head_of(db, stranger))
    db.commit()

    page = as_account(worker).get(f"{PAGE}/danh-sach?loai=nguoi").get_data(as_text=True)

    assert "Bàn Tà Liều" in page
    assert f"/ho-dan/{stranger.id}" not in page


def test_the_pages_read_little_however_many_came(db, engine, coordinator):
    training = a_closed_class(db)
    for number in range(12):
        came(db, training, make.head_of(db, make.a_household(db, head=f"Hoàng Thị {number}")))
    db.commit()

    with statements(engine) as of_counts:
        coordinator.get(PAGE)
    with statements(engine) as of_list:
        coordinator.get(f"{PAGE}/danh-sach?loai=luot")

    assert len(of_counts) <= 8
    assert len(of_list) <= 5
