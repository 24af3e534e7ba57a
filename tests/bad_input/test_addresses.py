"""Addresses typed wrong, names that are code, and pushes nobody understands: never an error of ours."""

import csv
import io
import re

import pytest
from sqlalchemy import inspect
from sqlmodel import col, select

from catalog.models import Pack, Person, Producer, Product
from marketplace.accounts.models import Account, Role
from marketplace.accounts.permissions import MAY, OPEN
from marketplace.selling.models import Offer, Shop
from tests.bad_input.forms import CLERKS
from tests.bad_input.mutations import FORMULA, NO_NUMBER, SCRIPT
from tests.security.crawling import all_of, changed, contents, path_of, rules_of, text_of

#: Everything a page reads from its address, wherever it is read.
ASKED = ("q", "trang", "ho", "nguoi", "nguoi-ban", "san-pham", "san", "vai-tro", "truoc", "so", "viec",
"loai",
         "first", "last", "by", "view", "reach", "season", "commune", "goods", "channel", "trang-thai", "ai",
         "ly-do", "tat-ca", "doi", "name", "phone", "chu-the", "xa", "next", "table", "loi")  # fmt: skip
STRANGE = (*NO_NUMBER, "", "0", "99999999999999999999", "2021-13-01", "%", "_", "\\", "'\"", "🍊", "-1", "[]")


def test_no_address_is_an_error_of_ours(app, engine, world, season, browser_of):
    browsers = {role: browser_of(role) for role in CLERKS}
    before, wrong = contents(engine), []
    for rule in rules_of(app):
        if "GET" not in rule.methods or MAY[rule.endpoint] == OPEN:
            continue
        browser = next(browsers[role] for role in CLERKS if role.value in MAY[rule.endpoint])
        path = path_of(app, rule, all_of(rule, world.own), world.goods)
        for value in STRANGE:
            answer = browser.get(path, query_string=dict.fromkeys(ASKED, value[:500]))
            page = answer.get_data().decode(errors="replace")
            answer.close()
            if answer.status_code >= 500 or SCRIPT in page:
                wrong.append((path, value[:30], answer.status_code))
    assert wrong == []
    assert changed(before, contents(engine)) == []


def test_names_that_are_code_are_shown_as_words(app, db, world, season, browser_of):
    for kind, columns in (
        (Person, ("name",)),
        (Producer, ("name", "address")),
        (Product, ("name", "storage")),
        (Pack, ("name",)),
        (Offer, ("title", "description", "grade")),
        (Shop, ("name",)),
        (Account, ("name",)),
    ):
        for number, one in enumerate(rows(db, kind)):
            for column in columns:
                room = getattr(inspect(kind).columns[column].type, "length", None) or 100
                setattr(one, column, f"<script>{number}</script>"[:room])
            db.add(one)
    db.commit()
    found, seen = [], 0
    for role in Role:
        browser = browser_of(role)
        for rule in rules_of(app):
            if "GET" not in rule.methods or role.value not in MAY[rule.endpoint]:
                continue
            answer = browser.get(path_of(app, rule, all_of(rule, world.own), world.goods))
            if answer.mimetype == "text/html":
                page = answer.get_data(as_text=True)
                seen += "&lt;script&gt;" in page
                found += [(role, rule.rule)] if re.search(r"<script>\d", page) else []
            answer.close()
    assert found == []
    assert seen > 40


def rows(db, kind):
    return db.exec(select(kind).order_by(col(kind.id))).all()


def test_no_cell_of_a_file_is_run_as_a_formula(app, db, world, season, browser_of):
    world.goods.product.name = FORMULA
    world.own.household.village = FORMULA
    db.add_all([world.goods.product, world.own.household])
    for producer in rows(db, Producer):
        producer.name = FORMULA
        db.add(producer)
    db.commit()
    browser = browser_of(Role.COORDINATOR)
    for table in ("rows", "lines"):
        address = f"/bao-cao/san-luong/tep.csv?table={table}&by=product&goods=all"
        answer = browser.get(address)
        assert answer.status_code == 200, answer.get_data(as_text=True)[:500]
        lines = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";")
        cells = [cell for line in lines for cell in line]
        assert [cell for cell in cells if cell.startswith(("=", "+", "@", "\t"))] == []
        assert any("HYPERLINK" in cell for cell in cells)
        book = text_of(browser.get(address.replace("tep.csv", "tep.xlsx")))
        assert "<f>" not in book


def test_a_push_nobody_understands_is_answered_and_changes_nothing(engine, world, client):
    path = f"/day/{world.own.shop.push_token}"
    before = contents(engine)

    for body in (
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"data": 1}',
        b"\xff\xfe",
        b"<xml/>",
        b'{"data": {"order": "\\u0000"}}',
    ):
        assert client.post(path, data=body, content_type="application/json").status_code == 200
    assert client.post("/day/khong-co", data=b"{}").status_code == 404
    assert client.post(f"/day/{'a' * 5000}", data=b"{}").status_code == 404
    assert client.post("/day/%00", data=b"{}").status_code == 404

    assert changed(before, contents(engine)) in ([], ["shop"])  # a hint may make the next pull due at once


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE"])
def test_other_methods_are_refused(app, engine, world, browser_of, method):
    browser, before, wrong = browser_of(Role.ADMIN), contents(engine), []
    for rule in rules_of(app):
        answer = browser.open(path_of(app, rule, all_of(rule, world.own), world.goods), method=method)
        if answer.status_code not in (404, 405) and MAY[rule.endpoint] != OPEN:
            wrong.append((rule.rule, answer.status_code))
    assert wrong == []
    assert changed(before, contents(engine)) == []
