"""The world of two communes, and a browser for each role."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from sqlmodel import Session

from catalog.models import Season
from marketplace.accounts.models import Role
from marketplace.core import web
from marketplace.core.secrets import Vault
from tests import factories as make
from tests.security.world import TwoCommunes, two_communes

Browsers = Callable[[Role | None], FlaskClient]


@pytest.fixture
def world(db: Session, vault: Vault) -> TwoCommunes:
    return two_communes(db, vault)


@pytest.fixture
def season(world: TwoCommunes, db: Session) -> Season:
    found = make.a_season(db)
    db.commit()
    return found


@pytest.fixture
def browser_of(
    app: Flask, world: TwoCommunes, as_account: Callable[[Any], FlaskClient]
) -> Callable[[Role | None], FlaskClient]:
    """A browser logged in as that role; None is nobody."""
    return lambda role: as_account(world.people[role]) if role else app.test_client()


@pytest.fixture
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """What would be committed is written and taken back, so that every request meets the same world.

    Logging in is kept: the other requests need it.
    """
    really = web._settle

    def settle(db: Session, response: Any) -> Any:
        if request.endpoint == "accounts.login":
            return really(db, response)
        if response.status_code < 400:
            db.flush()
        db.rollback()
        return response

    monkeypatch.setattr(web, "_settle", settle)
