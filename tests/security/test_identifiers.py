"""Phones and national ids: masked for the coordinator, never on a page, never in a log (R-62, R-76, R-77)."""

import io
import logging
import re

import pytest
import xlsxwriter
from sqlmodel import select

from catalog.models import ImportRefusal
from marketplace.accounts.models import Role
from marketplace.accounts.permissions import MAY
from marketplace.core.logs import formatter
from tests.catalog.looking import seen
from tests.security.crawling import NO_FILE, all_of, digits_of, path_of, rules_of, text_of
from tests.security.world import Side, numbers_of


def pages(app, world, role):
    """The address of every page a role may open, on the rows of both sides."""
    for rule in rules_of(app):
        if role.value in MAY[rule.endpoint] and "GET" in rule.methods and rule.endpoint not in NO_FILE:
            for side in (world.own, world.foreign):
                yield path_of(app, rule, all_of(rule, side), world.goods)


def phone_of(side: Side) -> str:
    return side.words.phone[1:]


def test_a_coordinator_never_sees_a_whole_phone_or_national_id(app, world, browser_of):
    browser, found, opened = browser_of(Role.COORDINATOR), [], 0
    for path in pages(app, world, Role.COORDINATOR):
        answer = browser.get(path)
        opened += answer.status_code == 200
        digits = digits_of(text_of(answer))
        found += [
            (path, number)
            for side in (world.own, world.foreign)
            for number in numbers_of(side.words)
            if number in digits
        ]
    assert found == []
    assert opened > 60


@pytest.mark.parametrize("role", list(Role))
def test_no_page_shows_a_whole_national_id(app, world, browser_of, role):
    browser, found = browser_of(role), []
    for path in pages(app, world, role):
        digits = digits_of(text_of(browser.get(path)))
        sides = (world.own, world.foreign)
        found += [(path, side.words.mark) for side in sides if side.words.national_id[1:] in digits]
    assert found == []


@pytest.mark.parametrize("role", list(Role))
def test_logs_hold_ids_only(app, world, season, browser_of, nothing_kept, role):
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(formatter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        browser = browser_of(role)
        for path in pages(app, world, role):
            browser.get(path).close()
            browser.get(f"{path}?q={world.own.words.head}&ho={world.own.words.phone}").close()
        browser.post("/dang-nhap", data={"name": world.own.words.phone, "password": "sai mật khẩu"})
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    told = written.getvalue()
    sides = (world.own, world.foreign)
    assert [
        word
        for side in sides
        for word in (side.words.head, side.words.phone, side.words.national_id)
        if word in told
    ] == []


def test_an_error_of_ours_is_logged_without_what_was_typed(app, world, browser_of, monkeypatch):
    """The message of an exception may quote a name or a phone: only its kind and place stay."""
    from catalog.views import households

    def broken(*_args, **_more):
        raise ValueError(f"cannot read {world.own.words.head} {world.own.words.phone}")

    monkeypatch.setattr(households, "find_households", broken)
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(formatter())
    logging.getLogger("lensan.web").addHandler(handler)
    try:
        assert browser_of(Role.EXTENSION).get("/ho-dan").status_code == 500
    finally:
        logging.getLogger("lensan.web").removeHandler(handler)
    told = written.getvalue()
    assert "ValueError" in told
    assert "test_identifiers.py" in told
    assert world.own.words.phone not in told
    assert "Vén" not in told
    assert "V\\u00e9n" not in told  # as JSON spells it


def test_a_statement_that_fails_does_not_quote_its_parameters(shared_engine):
    assert shared_engine.hide_parameters


def test_reasons_of_refused_rows_quote_no_number_of_a_person(app, world, browser_of, engine):
    """A number that cannot be read is most often one with a slip in it: still somebody's."""
    data = io.BytesIO()
    with xlsxwriter.Workbook(data, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Họ tên", "Thôn", "Xã", "Điện thoại", "Số căn cước"])
        sheet.write_row(1, 0, ["Lộc Minh Xuân", "Thôn Vĩnh Sơn", "Vĩnh Hảo", "09712345", "00219900001"])
    data.seek(0)
    sent = browser_of(Role.EXTENSION).post("/nhap-excel/moi", data={"file": (data, "ho.xlsx")})
    assert sent.status_code == 303
    page = text_of(browser_of(Role.COORDINATOR).get(sent.location))
    with_numbers = re.findall(r"09712345|00219900001", digits_of(page))
    assert with_numbers == []
    kept = [str(one.reasons) for one in seen(engine, select(ImportRefusal))]
    assert len(kept) == 5  # both sides have two already
    assert not any("09712345" in text or "00219900001" in text for text in kept)


def test_refused_rows_are_given_back_to_who_sent_them(world, browser_of):
    """The workbook holds whole numbers: the coordinator is masked, others only see their own."""
    path = f"/nhap-excel/{world.own.batch.id}/dong-bi-tu-choi.xlsx"

    assert browser_of(Role.COORDINATOR).post(path).status_code == 403
    assert browser_of(Role.EXTENSION).post(path).status_code == 200
