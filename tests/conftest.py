"""Fixtures: a database of the kind asked for, a client per role, and no way out to the network.

`LENSAN_TEST_DATABASE` is `sqlite` (default) or `postgres`; `make test` runs the suite once with each.
PostgreSQL comes from the package index and starts once for all workers of a run.
"""

import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from pydantic import SecretStr
from sqlalchemy import Engine
from sqlmodel import Session

from marketplace.accounts.views import limiter
from marketplace.app import create_app
from marketplace.cli.common import alembic_config
from marketplace.core import clock
from marketplace.core import db as database
from marketplace.core.config import Settings
from marketplace.core.secrets import Vault, vault_of
from tests import factories
from tests.support.emptying import empty

KIND = os.environ.get("LENSAN_TEST_DATABASE", "sqlite")
NOW = datetime(2021, 12, 1, 3, 0, tzinfo=UTC)  # 10:00 in Hà Giang
KEPT = {"admin_unit", "admin_change", "alembic_version"}  # reference data, loaded once


def pytest_report_header() -> str:
    return f"database: {KIND}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("postgres_only") and KIND != "postgres":
            item.add_marker(pytest.mark.skip(reason="behaviour of PostgreSQL"))
        if item.get_closest_marker("sqlite_only") and KIND != "sqlite":
            item.add_marker(pytest.mark.skip(reason="behaviour of SQLite"))


@pytest.fixture(autouse=True)
def _no_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any connection that is not loopback fails the test that made it."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in (
            "127.0.0.1",
            "::1",
            "localhost",
        ):
            raise AssertionError(f"a test tried to reach {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Edges see the season too: 1 December 2021, 10:00 local."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(clock, "today", lambda: NOW.date())


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    """A folder in memory where there is one."""
    memory = Path("/dev/shm")  # noqa: S108 - only tests, and only their own folder in it
    folder = Path(tempfile.mkdtemp(prefix="lensan-", dir=memory if memory.is_dir() else None))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def database_url(scratch: Path) -> Iterator[str]:
    """Address of an empty, migrated database with the communes loaded; one per test process."""
    if KIND == "sqlite":
        url = f"sqlite:///{scratch / 'lensan.db'}"
        _prepare(url)
        yield url
        return
    from tests.support.postgres import new_database

    with new_database() as url:
        _prepare(url)
        yield url


def _prepare(url: str) -> None:
    command.upgrade(alembic_config(url), "head")
    engine = database.open_engine(url, durable=False)
    with database.writing(engine) as db:
        factories.load_communes(db)
    engine.dispose()


@pytest.fixture(scope="session")
def shared_engine(database_url: str) -> Iterator[Engine]:
    engine = database.open_engine(database_url, durable=False)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(shared_engine: Engine) -> Iterator[Engine]:
    """The database, empty again afterwards but for the communes."""
    yield shared_engine
    empty(shared_engine, keep=KEPT)


@pytest.fixture
def db(engine: Engine) -> Iterator[Session]:
    """A writing session; what the test does not commit is rolled back."""
    with database.session(engine, writing=True) as session:
        yield session


@pytest.fixture(scope="session")
def shared_settings(scratch: Path, database_url: str) -> Settings:
    return Settings(
        data_dir=scratch,
        database_url=database_url,
        secret_key=SecretStr("test"),
        encryption_key=SecretStr("bGVuc2FuLXRlc3RzLW9ubHktbm90LWEtc2VjcmV0ISE="),
        lookup_key=SecretStr("test"),
        login_limit="1000 per minute",
    )


@pytest.fixture
def settings(shared_settings: Settings, tmp_path: Path) -> Settings:
    """Of this test alone: many set marketplaces in them."""
    return shared_settings.model_copy(update={"data_dir": tmp_path}, deep=True)


@pytest.fixture
def vault(settings: Settings) -> Vault:
    return vault_of(settings)


@pytest.fixture(scope="session")
def compiled(scratch: Path) -> FileSystemBytecodeCache:
    """Templates, compiled once for all applications of a run."""
    folder = scratch / "templates"
    folder.mkdir()
    return FileSystemBytecodeCache(str(folder))


def new_app(settings: Settings, engine: Engine, compiled: FileSystemBytecodeCache) -> Flask:
    """An application whose errors are pages, as a visitor sees them."""
    app = create_app(settings, engine)
    app.jinja_env.bytecode_cache = compiled
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False, PROPAGATE_EXCEPTIONS=False)
    return app


@pytest.fixture(scope="session")
def shared_app(shared_settings: Settings, shared_engine: Engine, compiled: FileSystemBytecodeCache) -> Flask:
    """Built once for all tests of a process: to bind its addresses takes longer than most tests."""
    return new_app(shared_settings, shared_engine, compiled)


@pytest.fixture
def app(shared_app: Flask, settings: Settings, engine: Engine) -> Iterator[Flask]:
    """The application with the settings of this test; what the test sets in it is undone."""
    config, extensions = dict(shared_app.config), dict(shared_app.extensions)
    shared_app.extensions["lensan"] = settings
    limiter.reset()
    yield shared_app
    for kept, live in ((config, shared_app.config), (extensions, shared_app.extensions)):
        live.clear()
        live.update(kept)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without a login."""
    return app.test_client()


@pytest.fixture
def as_account(app: Flask) -> Callable[[Any], FlaskClient]:
    """A browser logged in as an account, `as_account(worker).get("/ho-dan")`; the account is committed."""

    def login(account: Any) -> FlaskClient:
        client = app.test_client()
        answer = client.post(
            "/dang-nhap", data={"name": account.user_name or account.phone, "password": factories.PASSWORD}
        )
        assert answer.status_code == 303, answer.get_data(as_text=True)
        return client

    return login
