"""Logins that ended, forged forms, and headers: for every endpoint there is."""

from datetime import timedelta

import pytest
from sqlmodel import select

from marketplace.accounts import logins
from marketplace.accounts.models import Account, Login, Role
from marketplace.accounts.permissions import MAY, OPEN
from marketplace.core import clock
from marketplace.core.web import HEADERS
from tests import factories as make
from tests.bad_input.forms import fields_of, plain
from tests.catalog.looking import seen
from tests.security.crawling import all_of, changed, contents, path_of, rules_of
from tests.security.test_scope import methods_of

NOT_FORGED = {"shops.push"}  # a marketplace has no form of ours


def ended_by_revoking(db, account: Account, _monkeypatch) -> None:
    logins.revoke_all(db, account, now=make.NOW)


def ended_by_closing(db, account: Account, _monkeypatch) -> None:
    account.active = False
    db.add(account)


def ended_by_time(_db, _account: Account, monkeypatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: make.NOW + timedelta(days=400))


@pytest.mark.parametrize("end", [ended_by_revoking, ended_by_closing, ended_by_time])
@pytest.mark.parametrize("role", list(Role))
def test_a_login_that_ended_opens_nothing(app, db, engine, world, browser_of, monkeypatch, role, end):
    browser = browser_of(role)
    account = db.get_one(Account, world.people[role].id)
    end(db, account, monkeypatch)
    db.commit()
    before, wrong = contents(engine), []
    for rule in rules_of(app):
        if MAY[rule.endpoint] == OPEN:
            continue
        path = path_of(app, rule, all_of(rule, world.own), world.goods)
        for method in methods_of(rule):
            answer = browser.open(path, method=method)
            if answer.status_code != 302 or not answer.location.startswith("/dang-nhap"):
                wrong.append((method, path, answer.status_code))
    assert wrong == []
    assert changed(before, contents(engine)) == []


def test_one_login_that_was_revoked_leaves_the_others(engine, world, as_account):
    phone, computer = as_account(world.own.farmer), as_account(world.own.farmer)
    newest = seen(engine, select(Login).order_by(Login.id.desc()))[0]

    assert computer.post(f"/toi/dang-nhap/{newest.id}/thu-hoi").status_code == 303

    assert computer.get("/toi").status_code == 302
    assert phone.get("/toi").status_code == 200


def test_nobody_ends_the_login_of_somebody_else(world, browser_of, engine):
    browser = browser_of(Role.ADMIN)
    before = contents(engine)

    assert browser.post(f"/toi/dang-nhap/{world.own.login.id}/thu-hoi").status_code == 403

    assert changed(before, contents(engine)) == []


@pytest.mark.parametrize("role", list(Role))
def test_a_form_without_our_token_changes_nothing(app, engine, world, season, browser_of, role):
    browser = browser_of(role)
    app.config["WTF_CSRF_ENABLED"] = True
    before, wrong = contents(engine), []
    for rule in rules_of(app):
        may = MAY[rule.endpoint] == OPEN or role.value in MAY[rule.endpoint]
        if not may or "POST" not in methods_of(rule) or rule.endpoint in NOT_FORGED:
            continue
        path = path_of(app, rule, all_of(rule, world.own), world.goods)
        for token in ({}, {"csrf_token": "IjEyMyI.bad.token"}):
            data = plain(fields_of(rule.endpoint, world, world.own, season)) | token
            answer = browser.post(path, data=data)
            if answer.status_code != 400:
                wrong.append((path, answer.status_code))
    assert wrong == []
    assert changed(before, contents(engine)) == []


def test_a_push_needs_no_token(app, world, client):
    app.config["WTF_CSRF_ENABLED"] = True

    assert client.post(f"/day/{world.own.shop.push_token}", json={}).status_code == 200


@pytest.mark.parametrize("role", [*Role, None], ids=[*(role.value for role in Role), "nobody"])
def test_every_answer_carries_the_security_headers(app, world, browser_of, nothing_kept, role):
    browser, wrong = browser_of(role), []
    paths = ["/khong-co", "/static/lensan.css", "/static/khong-co.css", "/ho-dan/abc", "/ho-dan/99999999999"]
    asked = [("GET", path) for path in paths] + [("DELETE", "/ho-dan")]
    for rule in rules_of(app):
        if rule.endpoint != "accounts.logout":
            path = path_of(app, rule, all_of(rule, world.own), world.goods)
            asked += [(method, path) for method in methods_of(rule)]
    for method, path in asked:
        answer = browser.open(path, method=method)
        answer.close()
        missing = [name for name, value in HEADERS.items() if answer.headers.get(name) != value]
        kept = not path.startswith("/static/") and not path.startswith("/anh/")
        if kept and answer.headers.get("Cache-Control") != "no-store":
            missing.append("Cache-Control")
        wrong += [(method, path, name) for name in missing]
    assert wrong == []


def test_the_login_cookie_is_out_of_reach_of_scripts(world, client):
    name = world.own.farmer.user_name
    answer = client.post("/dang-nhap", data={"name": name, "password": make.PASSWORD})
    cookie = next(line for line in answer.headers.getlist("Set-Cookie") if line.startswith("lensan_login="))

    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
