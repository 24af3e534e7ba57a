"""Pages of the chain: every figure leads to its list, and what is hidden is nowhere on the page."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlmodel import Session

from marketplace.accounts.models import Role
from tests.factories import a_household, a_season, an_account
from tests.reports.chains import a_village
from tests.reports.factories import an_entry, at
from tests.support.statements import statements

PAGES = (
    "/bao-cao/tap-huan",
    "/bao-cao/tap-huan?by=commune_now",
    "/bao-cao/tap-huan/lop-va-nhom?by=sex&measure=season",
    "/bao-cao/tap-huan/ho?measure=season",
    "/bao-cao/tap-huan/tep.csv",
    "/bao-cao/tap-huan/tep.xlsx?table=groups&by=age",
    "/bao-cao/tap-huan/tep.csv?table=cross",
)


@pytest.fixture
def coordinator(db: Session, as_account: Callable[[Any], FlaskClient]) -> FlaskClient:
    account = an_account(db, Role.COORDINATOR)
    db.commit()
    return as_account(account)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_answers_in_at_most_ten_statements(
    path: str, db: Session, engine: Engine, coordinator: FlaskClient
) -> None:
    a_season(db)
    for _ in range(3):
        village = a_village(db)
        an_entry(db, product=village.vang, household=village.came[0], when=at(20))
    db.commit()

    with statements(engine) as seen:
        answer = coordinator.get(path)

    assert answer.status_code == 200
    assert len(seen) <= 10, "\n\n".join(seen)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_answers_before_there_was_a_class(path: str, coordinator: FlaskClient) -> None:
    assert coordinator.get(path).status_code == 200


def test_without_a_class_the_page_says_what_counts(db: Session, coordinator: FlaskClient) -> None:
    a_season(db)
    db.commit()

    page = coordinator.get("/bao-cao/tap-huan").get_data(as_text=True)

    assert "Chưa có lớp nào được tính" in page
    assert "Niên vụ 2021-2022." in page


@pytest.mark.parametrize("role", [Role.EXTENSION, Role.FARMER])
def test_the_chain_is_the_offices(role: Role, db: Session, as_account: Callable[[Any], FlaskClient]) -> None:
    account = an_account(db, role, household=a_household(db) if role == Role.FARMER else None)
    db.commit()
    browser = as_account(account)

    assert {browser.get(path).status_code for path in PAGES} == {403}


@pytest.mark.parametrize(
    "query", ["by=xa", "measure=x", "first=40/13/2021", "commune=x", "first=2021-12-02&last=2021-12-01"]
)
def test_an_unreadable_question_is_refused_with_a_sentence(query: str, coordinator: FlaskClient) -> None:
    for path in ("", "/lop-va-nhom", "/ho", "/tep.csv"):
        answer = coordinator.get(f"/bao-cao/tap-huan{path}?{query}")
        assert answer.status_code == 422
        assert "Traceback" not in answer.get_data(as_text=True)


def test_a_small_figure_is_nowhere_on_the_page_but_its_list_is_there_for_the_office(
    db: Session, coordinator: FlaskClient
) -> None:
    a_season(db)
    village = a_village(db)
    an_entry(db, product=village.vang, household=village.came[0], grams=7_531_000, when=at(20))
    db.commit()

    page = coordinator.get("/bao-cao/tap-huan").get_data(as_text=True)
    listed = coordinator.get("/bao-cao/tap-huan/ho?measure=season").get_data(as_text=True)

    season = page.split("Sản lượng cả kỳ")[0]
    assert "7.531" not in season
    assert 'measure=season&amp;first=2021-09-01&amp;last=2022-05-31">ẩn</a>' in page
    assert village.came[0].code in listed
    assert "7.531 kg" in listed
    assert f"household={village.came[0].id}" in listed


def test_a_list_is_of_the_class_and_group_that_was_asked_for(db: Session, coordinator: FlaskClient) -> None:
    a_season(db)
    village, other = a_village(db), a_village(db)
    db.commit()

    address = f"/bao-cao/tap-huan/ho?training={village.training.id}&by=sex&group=unknown"
    page = coordinator.get(address).get_data(as_text=True)

    assert village.training.code in page
    assert all(household.code in page for household in village.came)
    assert not any(household.code in page for household in (*other.came, *village.stayed))


def test_a_list_has_pages_of_fifty_and_none_beyond(db: Session, coordinator: FlaskClient) -> None:
    a_season(db)
    for _ in range(9):
        a_village(db)
    db.commit()

    second = coordinator.get("/bao-cao/tap-huan/ho?trang=2").get_data(as_text=True)

    assert "Trang 2/2, tất cả 54 mục" in second
    assert second.count("/ho-dan/") == 4
    assert coordinator.get("/bao-cao/tap-huan/ho?trang=3").status_code == 404
    assert coordinator.get("/bao-cao/tap-huan/ho?trang=0").status_code == 404


def test_days_after_a_class_that_are_not_over_are_marked(db: Session, coordinator: FlaskClient) -> None:
    a_season(db)
    a_village(db)  # on 9 November; it is 1 December
    db.commit()

    page = coordinator.get("/bao-cao/tap-huan").get_data(as_text=True)

    assert page.count("chưa đủ ngày") == 6  # 30 and 90 days of the class, its course, and all


def test_files_are_named_by_table_and_period(db: Session, coordinator: FlaskClient) -> None:
    a_season(db)
    a_village(db)
    db.commit()

    answer = coordinator.get("/bao-cao/tap-huan/tep.xlsx?table=cross&by=commune_now")

    assert "tap-huan-cross-2021-09-01-2022-05-31.xlsx" in answer.headers["Content-Disposition"]
    assert answer.data[:2] == b"PK"
