"""Pages of the chain: every figure leads to its list, and what is hidden is nowhere on the page."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlmodel import Session

from marketplace.accounts.models import Role
from tests.factories import a_season, an_account
from tests.reports.chains import a_village
from tests.reports.factories import an_entry, at
from tests.reports.test_pages import statements

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
