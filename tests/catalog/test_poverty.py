"""Poverty by year: recorded with its source, replaced with a trail, known to few (R-96)."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlmodel import Session, select

from catalog.models import Household, Poverty, PovertyStatus
from catalog.poverty import FIRST_YEAR, PovertyIn, poverty_of, record_poverty, remove_poverty
from marketplace.accounts.models import Account, Role
from marketplace.core.audit import AuditEntry
from marketplace.core.errors import NotFound, Refused
from marketplace.core.forms import parsed
from tests import factories as make
from tests.catalog.looking import seen

DECISION = "QĐ 1234/QĐ-UBND"
LATER = datetime(2021, 12, 3, 5, tzinfo=UTC)
Login = Callable[[Any], FlaskClient]


def typed(year: object = "2021", status: str = "poor", source: str = DECISION) -> PovertyIn:
    return parsed(PovertyIn, {"year": year, "status": status, "source": source})


def rows(db: Session) -> list[tuple[int, str, str]]:
    return [(one.year, one.status.value, one.source) for one in db.exec(select(PovertyStatus))]


def trail(db: Session) -> list[tuple[str, dict[str, Any]]]:
    return [(one.action, one.facts) for one in db.exec(select(AuditEntry))]


@pytest.fixture
def worker(db: Session) -> Account:
    return make.an_account(db)


@pytest.fixture
def household(db: Session) -> Household:
    return make.a_household(db)


def test_a_year_is_recorded_with_its_source_and_whose_hand(
    db: Session, worker: Account, household: Household, now: datetime
) -> None:
    row = record_poverty(db, worker, household, typed(), now=now)

    assert rows(db) == [(2021, "poor", DECISION)]
    assert (row.recorded_at, row.recorded_by) == (now, worker.id)
    assert trail(db) == [("poverty.recorded", {"year": 2021, "before": None, "after": "poor"})]


def test_a_second_decision_of_a_year_replaces_the_first_and_leaves_a_trail(
    db: Session, worker: Account, household: Household, now: datetime
) -> None:
    record_poverty(db, worker, household, typed(), now=now)

    row = record_poverty(db, worker, household, typed(status="near_poor", source="QĐ 9"), now=LATER)

    assert rows(db) == [(2021, "near_poor", "QĐ 9")]
    assert row.recorded_at == LATER
    assert trail(db)[-1] == ("poverty.recorded", {"year": 2021, "before": "poor", "after": "near_poor"})


def test_the_same_decision_again_changes_nothing(
    db: Session, worker: Account, household: Household, now: datetime
) -> None:
    record_poverty(db, worker, household, typed(), now=now)

    row = record_poverty(db, worker, household, typed(), now=LATER)

    assert (row.recorded_at, len(trail(db))) == (now, 1)


def test_each_year_keeps_its_own_status_the_latest_first(
    db: Session, worker: Account, household: Household, now: datetime
) -> None:
    for year, status in ((2020, "poor"), (2022, "none"), (2021, "near_poor")):
        record_poverty(db, worker, household, typed(str(year), status), now=now)

    assert [(one.year, one.status) for one in poverty_of(db, household)] == [
        (2022, Poverty.NONE),
        (2021, Poverty.NEAR_POOR),
        (2020, Poverty.POOR),
    ]


def test_a_removed_year_is_unknown_again_and_cannot_be_removed_twice(
    db: Session, worker: Account, household: Household, now: datetime
) -> None:
    record_poverty(db, worker, household, typed(), now=now)

    remove_poverty(db, worker, household, 2021)

    assert rows(db) == []
    assert trail(db)[-1] == ("poverty.removed", {"year": 2021, "before": "poor"})
    with pytest.raises(NotFound):
        remove_poverty(db, worker, household, 2021)


@pytest.mark.parametrize("year", [str(FIRST_YEAR - 1), "2023", "9999", "0000"])
def test_a_year_without_a_decision_is_refused(
    db: Session, worker: Account, household: Household, now: datetime, year: str
) -> None:
    with pytest.raises(Refused) as refused:
        record_poverty(db, worker, household, typed(year), now=now)

    assert (refused.value.field, refused.value.facts["year"]) == ("year", str(int(year)))
    assert (rows(db), trail(db)) == ([], [])


@pytest.mark.parametrize("year", ["21", "", "hai nghìn", "2021.5", "-2021", "２０２１"])
def test_what_is_no_year_is_refused_on_its_field(year: str) -> None:
    with pytest.raises(Refused) as refused:
        typed(year)

    assert list(refused.value.errors) == ["year"]


@pytest.mark.parametrize("field", ["status", "source"])
def test_a_status_needs_its_source_and_a_source_its_status(field: str) -> None:
    with pytest.raises(Refused) as refused:
        typed(**{field: ""})

    assert list(refused.value.errors) == [field]


def test_a_household_of_another_commune_is_as_if_it_did_not_exist(
    db: Session, worker: Account, now: datetime
) -> None:
    stranger = make.a_household(db, commune="Xã Cao Bồ")

    with pytest.raises(NotFound):
        record_poverty(db, worker, stranger, typed(), now=now)

    assert rows(db) == []


@pytest.mark.parametrize(
    ("role", "sees"),
    [(Role.EXTENSION, True), (Role.FARMER, True), (Role.COORDINATOR, False), (Role.ADMIN, False)],
)
def test_who_sees_ethnicity_sees_poverty_and_nobody_else(
    db: Session, as_account: Login, household: Household, now: datetime, role: Role, sees: bool
) -> None:
    record_poverty(db, make.an_account(db, user_name="can-bo"), household, typed(), now=now)
    who = make.an_account(db, role, household=household if role == Role.FARMER else None)
    db.commit()

    page = as_account(who).get(f"/ho-dan/{household.id}").get_data(as_text=True)

    assert ("2021: Hộ nghèo" in page, DECISION in page) == (sees, sees)


def test_a_worker_records_corrects_and_takes_away(
    db: Session, engine: Engine, as_account: Login, worker: Account, household: Household
) -> None:
    db.commit()
    phone, path = as_account(worker), f"/ho-dan/{household.id}/dien-ho"
    statuses = select(PovertyStatus.year, PovertyStatus.status)

    assert "Chưa ghi năm nào" in phone.get(f"/ho-dan/{household.id}").get_data(as_text=True)
    refused = phone.post(path, data={"year": "2030", "status": "poor", "source": DECISION})
    assert refused.status_code == 422
    assert "Năm 2030 chưa có quyết định" in refused.get_data(as_text=True)
    assert seen(engine, statuses) == []
    phone.post(path, data={"year": "2021", "status": "poor", "source": DECISION})
    form = phone.get(f"{path}?nam=2021").get_data(as_text=True)
    assert DECISION in form
    phone.post(path, data={"year": "2021", "status": "none", "source": DECISION})
    assert seen(engine, statuses) == [(2021, Poverty.NONE)]
    phone.post(f"{path}/2021/bo")

    assert seen(engine, statuses) == []
