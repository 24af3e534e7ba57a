"""Every role on every endpoint, on rows of the own and of a foreign commune and household."""

from itertools import count
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from catalog.models import HarvestLot, Season
from marketplace.accounts.models import Role
from marketplace.accounts.permissions import MAY, OPEN
from marketplace.core import db as database
from marketplace.selling.models import Offer
from tests import factories as make
from tests.bad_input.forms import Kind, fields_of, files_of, plain
from tests.security.crawling import (
    NO_FILE,
    all_of,
    argument,
    changed,
    contents,
    path_of,
    private,
    rules_of,
    strange_mixtures,
    text_of,
)
from tests.security.world import Side, TwoCommunes

ASKED = [*Role, None]
NAMES = [role.value if role else "nobody" for role in ASKED]
SCOPED = (Role.FARMER, Role.EXTENSION)
METHODS = ("GET", "POST")
#: Logins of other accounts; one's own is tried in test_sessions.
OF_ONE_ACCOUNT = {"accounts.login_revoke"}
REFUSED = (403, 404, 409, 422)
#: A farmer's own household is taken, whoever is named in the form.
OVERRULED = {("offers.offer_new", "producer_id"), ("lots.lot_new", "household_id")}


def methods_of(rule: Rule) -> list[str]:
    return [method for method in METHODS if method in (rule.methods or set())]


def opened(
    browser: FlaskClient,
    path: str,
    method: str,
    endpoint: str,
    world: TwoCommunes,
    season: Season,
    side: Side,
) -> TestResponse:
    data = None
    if method == "POST" and MAY[endpoint] != OPEN:
        data = plain(fields_of(endpoint, world, side, season)) | files_of(endpoint)
    answer = browser.open(path, method=method, data=data)
    answer.close()
    return answer


def test_every_argument_of_every_path_can_be_filled(app, world):
    for rule in rules_of(app):
        for name in rule.arguments:
            assert argument(rule.endpoint, name, world.own, world.goods), f"{rule.rule}: {name} is empty"


@pytest.mark.parametrize("role", ASKED, ids=NAMES)
def test_who_is_not_in_the_table_gets_nowhere(app, engine, world, season, browser_of, role):
    browser = browser_of(role)
    before, wrong = contents(engine), []
    for rule in rules_of(app):
        if MAY[rule.endpoint] == OPEN or (role and role.value in MAY[rule.endpoint]):
            continue
        for side in (world.own, world.foreign):
            path = path_of(app, rule, all_of(rule, side), world.goods)
            for method in methods_of(rule):
                answer = opened(browser, path, method, rule.endpoint, world, season, side)
                if not refused(answer, role):
                    wrong.append((method, path, answer.status_code))
    assert wrong == []
    assert changed(before, contents(engine)) == []


def refused(answer: TestResponse, role: Role | None) -> bool:
    if role is not None:
        return answer.status_code == 403
    return answer.status_code == 302 and answer.location.startswith("/dang-nhap")


@pytest.mark.parametrize("role", list(Role))
def test_the_own_rows_are_open(app, world, season, browser_of, nothing_kept, role):
    browser, wrong = browser_of(role), []
    for rule in rules_of(app):
        if role.value not in MAY[rule.endpoint] or rule.endpoint in NO_FILE:
            continue
        if rule.endpoint in OF_ONE_ACCOUNT and role != Role.FARMER:
            continue
        path = path_of(app, rule, all_of(rule, world.own), world.goods)
        for method in methods_of(rule):
            answer = opened(browser, path, method, rule.endpoint, world, season, world.own)
            if not opened_up(rule.endpoint, method, answer):
                wrong.append((method, path, answer.status_code))
    assert wrong == []


def opened_up(endpoint: str, method: str, answer: TestResponse) -> bool:
    """Shown, done, or refused for what was typed; never sent to the door."""
    if method == "GET":
        return answer.status_code == 200 or endpoint == "home"
    return answer.status_code in (200, 303, 409, 422) and "/dang-nhap" not in answer.headers.get(
        "Location", ""
    )


@pytest.mark.parametrize("role", SCOPED)
def test_foreign_rows_do_not_exist_and_nothing_changes(app, engine, world, season, browser_of, role):
    browser, wrong = browser_of(role), []
    before = contents(engine)
    for rule in rules_of(app):
        if role.value not in MAY[rule.endpoint]:
            continue
        for sides in strange_mixtures(rule, world):
            path = path_of(app, rule, sides, world.goods)
            for method in methods_of(rule):
                answer = opened(browser, path, method, rule.endpoint, world, season, world.own)
                after = contents(engine) if method == "POST" else before
                if answer.status_code not in (403, 404) or changed(before, after):
                    wrong.append((method, rule.endpoint, path, answer.status_code, changed(before, after)))
                before = after
    assert wrong == []


@pytest.mark.parametrize("role", SCOPED)
def test_foreign_rows_named_in_a_form_change_nothing(app, engine, world, season, browser_of, role):
    """The address is one's own, but a field of the form names somebody else's row."""
    browser, wrong, tried = browser_of(role), [], 0
    before = contents(engine)
    for rule in rules_of(app):
        if (
            role.value not in MAY[rule.endpoint]
            or "POST" not in methods_of(rule)
            or MAY[rule.endpoint] == OPEN
        ):
            continue
        path = path_of(app, rule, all_of(rule, world.own), world.goods)
        for name, data in strange_forms(rule.endpoint, world, season):
            answer = browser.post(path, data=data)
            tried += 1
            after = contents(engine)
            own_taken = (rule.endpoint, name) in OVERRULED and role == Role.FARMER
            if not own_taken and (answer.status_code not in REFUSED or changed(before, after)):
                wrong.append((rule.endpoint, name, answer.status_code, changed(before, after)))
            before = after
    assert wrong == []
    assert tried > 3
    with database.reading(engine) as look:
        offers = select(Offer.id).where(Offer.producer_id == world.foreign.producer.id)
        lots = select(HarvestLot.id).where(HarvestLot.household_id == world.foreign.household.id)
        theirs = {world.foreign.offer.id, world.foreign.waiting.offer_id}
        assert set(look.exec(offers)) == theirs
        assert look.exec(lots).all() == [world.foreign.lot.id]


def strange_forms(endpoint: str, world: TwoCommunes, season: Season) -> list[tuple[str, dict[str, Any]]]:
    """The form as it would be right, with one row of the other side in it."""
    own = fields_of(endpoint, world, world.own, season)
    slips = count(1)  # a slip that arrived before changes nothing, whatever it says
    foreign = plain(fields_of(endpoint, world, world.foreign, season))
    named = [name for name, typed in own.items() if typed.kind is Kind.ROW or name == "household_code"]
    return [
        (name, {**plain(own), name: foreign[name], "client_key": f"phieu-{next(slips)}"})
        for name in named
        if foreign[name] != own[name].value
    ]


@pytest.mark.parametrize("role", SCOPED)
def test_pages_tell_nothing_of_other_households(app, world, browser_of, role):
    browser, found = browser_of(role), []
    for path in pages_of(app, world, role):
        page = text_of(browser.get(path))
        found += [(path, word) for word in world.foreign.secrets() if word in page]
    assert found == []


def pages_of(app: Flask, world: TwoCommunes, role: Role) -> list[str]:
    """Every page a role may open, on the own rows; lists also searched for somebody else's."""
    paths = []
    head = world.foreign.words.head.split()[0]
    searches = {
        "",
        f"?q={head}",
        f"?q={world.foreign.household.code[:4]}",
        f"?q={world.foreign.words.order_no[:2]}",
    }
    for rule in rules_of(app):
        if role.value in MAY[rule.endpoint] and "GET" in methods_of(rule) and rule.endpoint not in NO_FILE:
            path = path_of(app, rule, all_of(rule, world.own), world.goods)
            paths += [path] if private(rule) else [path + search for search in sorted(searches)]
    return paths


def test_a_farmer_is_not_shown_what_neighbours_of_the_commune_have(db, app, world, browser_of):
    """The own commune is no scope for a farmer: only the own household is."""
    neighbour = make.a_household(db, head="Lộc Minh Xuân", village="Thôn Vĩnh Chính")
    make.a_lot(db, product=world.goods.product, household=neighbour)
    offer = make.an_offer(
        db, producer=make.producer_of(db, neighbour), pack=world.goods.pack, title="Cam nhà bên cạnh 10 kg"
    )
    make.a_listing(db, offer=offer, shop=world.own.shop)
    db.commit()
    browser, found = browser_of(Role.FARMER), []
    for path in pages_of(app, world, Role.FARMER):
        page = text_of(browser.get(path))
        told = ("Lộc Minh Xuân", "Thôn Vĩnh Chính", "Cam nhà bên cạnh", neighbour.code)
        found += [(path, word) for word in told if word in page]
    assert found == []
