"""The gate: who gets in, what is kept, what every answer carries. Probe views stand for all views."""

import sqlite3
from collections.abc import Callable

import pytest
from flask import Flask, flash, g
from flask.testing import FlaskClient
from hypothesis import example, given
from hypothesis import strategies as st
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError
from sqlmodel import select

from catalog.models import Season
from marketplace.accounts.models import Role
from marketplace.accounts.permissions import MAY, OPEN
from marketplace.core import web
from marketplace.core.config import Settings
from marketplace.core.db import flush_or, reading
from marketplace.core.errors import Invalid, NotFound, Refused
from tests import factories
from tests.conftest import new_app

JSON = {"Accept": "application/json"}


class Full(Refused):
    sentence = "Lớp đã đủ %(seats)s chỗ."


class Seat(Refused):
    field = "seat"


def write_a_season() -> None:
    factories.a_season(g.db)


def good() -> str:
    write_a_season()
    return "đã ghi"


def refused() -> str:
    write_a_season()
    raise Full(seats=30)


def unseen() -> str:
    raise NotFound


def invalid() -> str:
    raise Invalid({"name": ("Hãy điền “%(label)s”.", {"label": "Họ và tên"})})


def broken() -> str:
    write_a_season()
    flash("Đã ghi", "ok")
    raise RuntimeError("một lỗi của ta")


def attempted() -> object:
    form = web.typed()
    with form.attempt():
        write_a_season()
        flush_or(g.db, Seat())
        raise Seat
    return web.page("login.html", form=form)


def client_error() -> tuple[str, int]:
    write_a_season()
    return "không", 422


def numbered(number: int) -> str:
    return str(number)


def in_trouble() -> str:
    g.db.execute(text("SELECT * FROM no_such_table"))
    return ""


def disk_full() -> str:
    write_a_season()
    cause = sqlite3.OperationalError("database or disk is full")
    cause.sqlite_errorcode = sqlite3.SQLITE_FULL
    raise OperationalError("INSERT", {}, cause)


def commit_fails() -> str:
    write_a_season()
    flash("Đã ghi", "ok")

    def commit() -> None:
        cause = sqlite3.OperationalError("database or disk is full")
        cause.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise OperationalError("COMMIT", {}, cause)

    g.db.commit = commit
    return "đã ghi"


def asked() -> str:
    return str(web.asked_number("n", 7))


VIEWS: tuple[Callable[..., object], ...] = (
    good, refused, unseen, invalid, broken, attempted, client_error,
    in_trouble, disk_full, commit_fails, asked,
)  # fmt: skip


@pytest.fixture(scope="module")
def probing(shared_settings: Settings, shared_engine: Engine, compiled: FileSystemBytecodeCache) -> Flask:
    """An application of its own with our probes in it."""
    app = new_app(shared_settings, shared_engine, compiled)
    for view in VIEWS:
        app.add_url_rule(f"/probe/{view.__name__}", f"probe_{view.__name__}", view, methods=["GET", "POST"])
    app.add_url_rule("/probe/row/<int:number>", "probe_numbered", numbered)
    app.add_url_rule("/probe/closed", "probe_closed", lambda: "mở", methods=["GET", "POST"])
    app.add_url_rule("/probe/office", "probe_office", lambda: "mở", methods=["GET", "POST"])
    return app


@pytest.fixture
def probed(probing: Flask, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Flask:
    for view in (*VIEWS, numbered):
        monkeypatch.setitem(MAY, f"probe_{view.__name__}", OPEN)
    monkeypatch.setitem(MAY, "probe_office", frozenset({"coordinator"}))
    return probing


@pytest.fixture
def browser(probed: Flask) -> FlaskClient:
    return probed.test_client()


def seasons(engine) -> int:
    with reading(engine) as db:
        return len(db.exec(select(Season)).all())


# --- what is kept -------------------------------------------------------------------------------------------


def test_a_success_is_kept(browser, engine):
    assert browser.post("/probe/good").status_code == 200
    assert seasons(engine) == 1


def test_a_get_keeps_nothing(browser, engine):
    assert browser.get("/probe/good").status_code == 200
    assert seasons(engine) == 0


@pytest.mark.parametrize(
    ("view", "status"),
    [
        ("refused", 303),
        ("broken", 500),
        ("attempted", 422),
        ("client_error", 422),
        ("disk_full", 503),
        ("commit_fails", 503),
    ],
)
def test_what_is_not_a_success_keeps_nothing(browser, engine, view, status):
    assert browser.post(f"/probe/{view}").status_code == status
    assert seasons(engine) == 0


@pytest.mark.parametrize("view", ["broken", "commit_fails"])
def test_nobody_is_told_that_something_was_done_when_it_was_not(browser, view):
    browser.post(f"/probe/{view}")

    assert "Đã ghi" not in browser.get("/dang-nhap").get_data(as_text=True)


def test_a_refusal_returns_to_the_page_it_came_from_with_its_sentence(browser):
    answer = browser.post("/probe/refused", headers={"Referer": "http://localhost/dang-nhap?next=/toi"})

    assert answer.headers["Location"] == "/dang-nhap?next=/toi"
    assert "Lớp đã đủ 30 chỗ." in browser.get("/dang-nhap").get_data(as_text=True)


@pytest.mark.parametrize(
    "referer", ["", "http://[", "https://elsewhere.example//evil.example", "\\\\evil", "about:blank"]
)
def test_a_strange_referer_leads_to_the_start_page(browser, referer):
    answer = browser.post("/probe/refused", headers={"Referer": referer})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


# --- what programs are told ---------------------------------------------------------------------------------


def test_a_refusal_has_one_shape_for_programs(browser):
    answer = browser.post("/probe/refused", headers=JSON)

    assert answer.status_code == 409
    assert answer.json == {"code": "full", "message": "Lớp đã đủ 30 chỗ.", "facts": {"seats": "30"}}


def test_wrong_fields_are_named_to_programs(browser):
    answer = browser.post("/probe/invalid", headers=JSON)

    assert answer.status_code == 422
    assert answer.json == {
        "code": "invalid", "message": "Hãy điền “Họ và tên”.", "facts": {"name": "Hãy điền “Họ và tên”."},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/probe/unseen", 404, "not_found"),
        ("GET", "/nowhere", 404, "404"),
        ("DELETE", "/probe/good", 405, "405"),
        ("POST", "/probe/broken", 500, "500"),
        ("POST", "/probe/disk_full", 503, "503"),
        ("GET", "/probe/closed", 401, "login_needed"),
        ("POST", "/toi/mat-khau", 401, "login_needed"),
    ],
)
def test_every_failure_has_code_message_and_facts(browser, method, path, status, code):
    answer = browser.open(path, method=method, headers=JSON)

    assert answer.status_code == status
    assert set(answer.json) == {"code", "message", "facts"}
    assert answer.json["code"] == code
    assert len(answer.json["message"]) > 10


def test_our_fault_tells_nothing_of_the_inside(browser, caplog):
    answer = browser.post("/probe/broken")

    assert "một lỗi của ta" not in answer.get_data(as_text=True)
    assert "Traceback" not in answer.get_data(as_text=True)
    assert "unexpected error" in caplog.text


def test_a_missing_table_is_our_fault_and_not_a_busy_database(browser):
    assert browser.get("/probe/in_trouble").status_code == 500


def test_a_busy_database_says_when_to_come_back(browser):
    answer = browser.post("/probe/disk_full")

    assert answer.headers["Retry-After"] == "60"
    assert "chưa được lưu" in answer.get_data(as_text=True)


def test_a_wrong_method_says_what_is_allowed(browser):
    answer = browser.delete("/probe/good")

    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


@pytest.mark.parametrize(
    ("path", "status"), [("0", 200), ("2147483647", 200), ("2147483648", 404), ("9" * 40, 404)]
)
def test_a_number_no_row_can_have_is_an_unknown_page(browser, path, status):
    assert browser.get(f"/probe/row/{path}").status_code == status


@pytest.mark.parametrize(("typed", "read"), [("", 7), ("3", 3), ("-1", 7), ("x", 7), ("9" * 20, 7), ("٣", 7)])
def test_numbers_asked_for_are_read_or_replaced(browser, typed, read):
    assert browser.get("/probe/asked", query_string={"n": typed}).get_data(as_text=True) == str(read)


# --- who gets in --------------------------------------------------------------------------------------------


def test_an_endpoint_without_a_row_is_closed_to_everybody(probed, db):
    for role in (Role.EXTENSION, Role.COORDINATOR, Role.ADMIN):
        account = factories.an_account(db, role, communes=())
        db.commit()
        browser = probed.test_client()
        browser.post("/dang-nhap", data={"name": account.user_name, "password": factories.PASSWORD})
        assert browser.get("/probe/closed").status_code == 403
        assert browser.post("/probe/closed").status_code == 403


def test_without_a_login_people_are_led_to_it_and_back(browser):
    answer = browser.get("/probe/office?a=1")

    assert answer.status_code == 302
    assert answer.headers["Location"] == "/dang-nhap?next=/probe/office?a%3D1"


def test_only_the_roles_of_the_row_get_in(probed, db):
    expected = {Role.COORDINATOR: 200, Role.EXTENSION: 403, Role.ADMIN: 403}
    for role, status in expected.items():
        account = factories.an_account(db, role, communes=())
        db.commit()
        browser = probed.test_client()
        browser.post("/dang-nhap", data={"name": account.user_name, "password": factories.PASSWORD})
        assert browser.get("/probe/office").status_code == status


@pytest.mark.parametrize("cookie", ["", "x", "\x00", "' OR 1=1 --", "a" * 4000])
def test_a_made_up_cookie_is_nobody(browser, cookie):
    browser.set_cookie("lensan_login", cookie)

    assert browser.get("/toi").status_code == 302


# --- what every answer carries ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/dang-nhap"), ("GET", "/nowhere"), ("DELETE", "/probe/good"), ("GET", "/toi"),
        ("POST", "/probe/good"), ("POST", "/probe/broken"), ("POST", "/probe/disk_full"),
        ("POST", "/probe/refused"), ("GET", "/-/health"),
        ("GET", "/static/lensan.css"), ("GET", "/static/no-such-file"), ("POST", "/dang-nhap"),
    ],
)  # fmt: skip
def test_every_answer_carries_the_security_headers(browser, method, path):
    answer = browser.open(path, method=method)
    answer.close()  # a static file stays open otherwise

    for name, value in web.HEADERS.items():
        assert answer.headers[name] == value
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    if not path.startswith("/static/lensan"):
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.fixture
def guarded(app) -> FlaskClient:
    app.config["WTF_CSRF_ENABLED"] = True
    return app.test_client()


def test_a_form_without_its_token_is_refused(guarded, db, engine):
    account = factories.an_account(db)
    db.commit()
    typed = {"name": account.user_name, "password": factories.PASSWORD}

    for data in (typed, {**typed, "csrf_token": "made up"}):
        answer = guarded.post("/dang-nhap", data=data)
        assert answer.status_code == 400
        assert "Set-Cookie" not in answer.headers or "lensan_login" not in answer.headers["Set-Cookie"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert guarded.post("/dang-nhap", data=typed, headers=JSON).json["code"] == "csrf"


def test_a_form_with_its_token_is_taken(guarded, db):
    account = factories.an_account(db)
    db.commit()
    page = guarded.get("/dang-nhap").get_data(as_text=True)
    token = page.split('name="csrf_token" value="')[1].split('"')[0]

    answer = guarded.post(
        "/dang-nhap", data={"name": account.user_name, "password": factories.PASSWORD, "csrf_token": token}
    )

    assert answer.status_code == 303


def test_too_large_a_form_is_told_so(settings, engine, compiled):
    app = new_app(settings.model_copy(update={"upload_megabytes": 1}), engine, compiled)

    answer = app.test_client().post("/dang-nhap", data={"name": "x" * 2_000_000})

    assert answer.status_code == 413
    assert "quá lớn" in answer.get_data(as_text=True)


# --- safe_next ----------------------------------------------------------------------------------------------


@given(st.text(alphabet=st.sampled_from("/\\.:@?#%&= \t\r\n\0abhttps[]"), max_size=20) | st.text(max_size=20))
@example("//elsewhere.example")
@example("/\t/elsewhere.example")
@example("/\\elsewhere.example")
@example("/[")
@example("https:/elsewhere")
def test_going_on_never_leaves_this_site(target):
    result = web.safe_next(target, "/home")

    assert result == "/home" or result == target
    assert result.startswith("/")
    assert not result.startswith("//")
    assert not any(letter in result for letter in "\\\t\r\n\0 ")


@pytest.mark.parametrize("target", ["/", "/ho-dan", "/ho-dan?q=cam&trang=2", "/ho-dan#cuoi", "/hộ"])
def test_paths_of_this_site_are_kept(target):
    assert web.safe_next(target, "/home") == target
