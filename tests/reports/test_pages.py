"""Pages of reports: how many statements they need, what they say when nothing was sold, who sees them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlmodel import Session

from marketplace.accounts.models import Role
from tests.conftest import NOW
from tests.factories import a_cooperative, a_season, a_shop, an_account
from tests.reports.factories import an_entry, the_worked_example
from tests.support.statements import statements

PAGES = (
    "/bao-cao",
    "/bao-cao/san-luong",
    "/bao-cao/san-luong?goods=all&by=household&view=today",
    "/bao-cao/san-luong/dong?goods=oranges&sold=marketplaces",
    "/bao-cao/san-luong/tep.csv?table=lines",
    "/bao-cao/san-luong/tep.xlsx?table=rows&by=day",
    "/bao-cao/ho?reach=sold",
    "/bao-cao/chi-tieu",
    "/bao-cao/chi-tieu/moi",
    "/bao-cao/san",
)


@pytest.fixture
def coordinator(db: Session, as_account: Callable[[Any], FlaskClient]) -> FlaskClient:
    account = an_account(db, Role.COORDINATOR)
    db.commit()
    return as_account(account)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_answers_in_few_statements(
    path: str, db: Session, engine: Engine, coordinator: FlaskClient
) -> None:
    example = the_worked_example(db)
    a_season(db)
    for _ in range(3):
        a_shop(db, producer=a_cooperative(db), last_ok_at=NOW, last_pull_at=NOW)
        an_entry(db, product=example.vang, household=example.ven)
    db.commit()

    with statements(engine) as seen:
        answer = coordinator.get(path)

    assert answer.status_code == 200
    most = 8 if path == "/bao-cao" else 7  # the overview also counts what ends soon
    assert len(seen) <= most, "\n\n".join(seen)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_answers_before_anything_was_sold_or_named(
    path: str, db: Session, coordinator: FlaskClient
) -> None:
    assert coordinator.get(path).status_code == 200


def test_the_start_page_says_that_nothing_was_sold_yet_and_renews_itself(
    db: Session, coordinator: FlaskClient
) -> None:
    a_season(db)
    db.commit()

    page = coordinator.get("/bao-cao").get_data(as_text=True)

    assert "Niên vụ này chưa bán được hàng trên sàn" in page
    assert '<meta http-equiv="refresh" content="20">' in page
    assert "Số liệu đọc lúc 01/12/2021 10:00" in page or "01/12/2021 10:00" in page


def test_a_silent_marketplace_raises_an_alarm_on_the_start_page(
    db: Session, coordinator: FlaskClient
) -> None:
    a_season(db)
    cooperative = a_cooperative(db)
    a_shop(db, producer=cooperative, name="Im lặng", last_ok_at=NOW - timedelta(hours=2), last_pull_at=NOW)
    a_shop(db, producer=cooperative, name="Khỏe", last_ok_at=NOW, last_pull_at=NOW)
    db.commit()

    page = coordinator.get("/bao-cao").get_data(as_text=True)

    assert page.count("Sàn im lặng quá 30 phút") == 2  # at the top, and on its card
    assert page.count("Đang chạy tốt") == 1


@pytest.mark.parametrize(
    "query",
    ["commune=abc", "channel=banana", "week=hôm qua", "month=9999-12", "first=40/13/2021", "by=xa", "view=x"],
)
def test_an_unreadable_question_is_refused_with_a_sentence(query: str, coordinator: FlaskClient) -> None:
    for path in ("san-luong", "san-luong/dong", "san-luong/tep.csv"):
        answer = coordinator.get(f"/bao-cao/{path}?{query}")
        assert answer.status_code == 422
        assert "Traceback" not in answer.get_data(as_text=True)


def test_days_the_wrong_way_round_keep_what_was_typed(coordinator: FlaskClient) -> None:
    answer = coordinator.get("/bao-cao/san-luong?first=2021-12-02&last=2021-12-01")

    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "“Đến ngày” phải từ “Từ ngày” trở đi" in page
    assert 'value="2021-12-02"' in page


@pytest.mark.parametrize("role", [Role.EXTENSION])
def test_reports_are_the_offices(role: Role, db: Session, as_account: Callable[[Any], FlaskClient]) -> None:
    account = an_account(db, role)
    db.commit()
    browser = as_account(account)

    assert {browser.get(path).status_code for path in PAGES} == {403}


@pytest.mark.sqlite_only
def test_the_start_page_sums_from_covering_indexes_alone(
    db: Session, engine: Engine, coordinator: FlaskClient
) -> None:
    the_worked_example(db)
    a_season(db)
    db.commit()

    with statements(engine) as seen:
        coordinator.get("/bao-cao")

    grouped = next(statement for statement in seen if "UNION ALL" in statement)
    with engine.connect() as connection:
        raw = connection.connection.cursor()
        raw.execute("EXPLAIN QUERY PLAN " + grouped, ["2021-09-01"] * grouped.count("?"))
        plan = [row[3] for row in raw.fetchall()]
    read = [step for step in plan if "tonnage_entry" in step]
    assert len(read) == 2
    assert all("USING COVERING INDEX ix_tonnage_entry_" in step for step in read), plan
