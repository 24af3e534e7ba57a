"""The database: no lost update, aware instants only, constraints that speak, locks that hold."""

from datetime import UTC, datetime, timedelta, timezone
from threading import Barrier, Thread

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError
from sqlmodel import Session, select

from catalog.models import Household, Season
from marketplace.accounts.models import Account, Role
from marketplace.core.audit import SYSTEM, AuditEntry, note
from marketplace.core.db import flush_or, found, insert_new, locked, open_engine, reading, writing
from marketplace.core.errors import NotFound, Refused
from tests import factories
from tests.factories import NOW


class Taken(Refused):
    """Somebody was first."""


def a_person_account(db: Session, **values: object) -> Account:
    return factories.an_account(db, Role.COORDINATOR, **values)


def test_two_writers_never_lose_an_update(engine, db):
    household = factories.a_household(db, orange_area_m2=0)
    db.commit()
    start, rounds = Barrier(2), 25

    def add_square_metres() -> None:
        start.wait()
        for _ in range(rounds):
            with writing(engine) as other:
                row = locked(other, Household, household.id)
                row.orange_area_m2 = (row.orange_area_m2 or 0) + 1
                other.add(row)

    threads = [Thread(target=add_square_metres) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with reading(engine) as look:
        assert found(look, Household, household.id).orange_area_m2 == 2 * rounds


@pytest.mark.sqlite_only
def test_a_writer_takes_the_lock_before_it_reads(engine):
    insert = text("INSERT INTO season (key, starts_on, ends_on) VALUES ('a', '2021-01-01', '2021-02-01')")
    with writing(engine) as db, engine.connect() as other:
        db.exec(select(Season)).all()
        other.execute(text("PRAGMA busy_timeout=0"))
        with pytest.raises(OperationalError, match="locked"):
            other.execute(insert)
        other.rollback()
        other.execute(text("PRAGMA busy_timeout=30000"))  # the same connection, which the next test may get


@pytest.mark.sqlite_only
def test_sqlite_is_durable_and_checks_foreign_keys(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path / 'a.db'}")
    with engine.connect() as connection:
        pragma = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("synchronous", "foreign_keys", "journal_mode", "busy_timeout")
        }
    engine.dispose()

    assert pragma == {"synchronous": 2, "foreign_keys": 1, "journal_mode": "wal", "busy_timeout": 30_000}


def test_what_raises_is_rolled_back(engine):
    def half_done() -> None:
        with writing(engine) as db:
            factories.a_season(db)
            raise Taken

    with pytest.raises(Taken):
        half_done()

    with reading(engine) as look:
        assert look.exec(select(Season)).all() == []


def test_an_instant_comes_back_in_utc_wherever_it_was_told(db):
    ha_giang = datetime(2021, 12, 1, 10, 0, tzinfo=timezone(timedelta(hours=7)))
    account = a_person_account(db)
    account.created_at = ha_giang
    db.add(account)
    db.flush()
    db.expire(account)

    assert account.created_at == ha_giang
    assert account.created_at.tzinfo is UTC or account.created_at.utcoffset() == timedelta(0)


def test_a_naive_instant_never_reaches_the_database(db):
    account = a_person_account(db)
    account.created_at = datetime(2021, 12, 1, 10, 0)  # noqa: DTZ001 - the mistake that must be caught
    db.add(account)

    with pytest.raises(StatementError, match="naive"):
        db.flush()


def test_instants_are_compared_as_instants(db):
    a_person_account(db)
    later = datetime(2021, 12, 1, 10, 0, 1, tzinfo=timezone(timedelta(hours=7)))

    assert db.exec(select(Account).where(Account.created_at < later)).one()
    assert db.exec(select(Account).where(Account.created_at > later)).all() == []


def test_a_broken_constraint_becomes_the_refusal_and_nothing_is_kept(db):
    a_person_account(db, user_name="mot")
    db.commit()
    factories.a_season(db)
    db.add(Account(role=Role.ADMIN, name="Hai", user_name="mot", password_hash="x", created_at=NOW))

    with pytest.raises(Taken):
        flush_or(db, Taken())

    assert db.exec(select(Account.user_name)).all() == ["mot"]
    assert db.exec(select(Season)).all() == []


def test_a_check_constraint_speaks_too(db):
    db.add(Account(role=Role.ADMIN, name="Không tên đăng nhập", password_hash="x", created_at=NOW))

    with pytest.raises(Taken):
        flush_or(db, Taken())


def test_an_unknown_role_is_refused_by_the_database(db):
    account = a_person_account(db)

    with pytest.raises(IntegrityError):
        db.execute(text("UPDATE account SET role = 'god' WHERE id = :id"), {"id": account.id})


def test_a_foreign_key_is_checked(db):
    db.add(
        Account(
            role=Role.FARMER,
            name="A",
            user_name="a b",
            password_hash="x",
            created_at=NOW,
            household_id=99_999,
        )
    )

    with pytest.raises(Taken):
        flush_or(db, Taken())


def test_what_is_missing_is_not_found(db):
    for read in (locked, found):
        with pytest.raises(NotFound):
            read(db, Household, 999_999)


def test_a_locked_row_is_read_anew(engine, db):
    account = a_person_account(db)
    db.commit()
    with writing(engine) as other:
        found(other, Account, account.id).name = "Tên mới"

    assert locked(db, Account, account.id).name == "Tên mới"


def test_the_second_arrival_writes_nothing(db):
    values = {"key": "2021-2022", "starts_on": NOW.date(), "ends_on": NOW.date() + timedelta(days=1)}

    first = insert_new(db, Season, ["key"], **values)
    second = insert_new(db, Season, ["key"], **{**values, "ends_on": NOW.date() + timedelta(days=9)})

    assert first is not None
    assert second is None
    assert db.exec(select(Season.ends_on)).all() == [NOW.date() + timedelta(days=1)]


def test_a_note_tells_who_did_what_to_which_row(db):
    account = a_person_account(db)

    note(db, account, "account.looked_at", account, reason="kiểm tra")
    note(db, SYSTEM, "account.swept", account)
    db.flush()

    entries = db.exec(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(entry.actor_id, entry.action, entry.subject_id) for entry in entries] == [
        (account.id, "account.looked_at", account.id),
        (None, "account.swept", account.id),
    ]
    assert entries[0].facts == {"reason": "kiểm tra"}
