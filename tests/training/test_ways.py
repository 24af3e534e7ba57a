"""The ways between the pages of training: nobody is shown a door that is shut, every page lights its tab."""

import re
from urllib.parse import urlsplit

import pytest
from werkzeug.exceptions import MethodNotAllowed, NotFound

from marketplace.accounts.models import Role
from marketplace.accounts.permissions import ANY, MAY
from marketplace.nav import TABS, navigation
from tests.security.conftest import browser_of, season, world
from tests.security.crawling import all_of, path_of, rules_of

__all__ = ["browser_of", "season", "world"]

OF_TRAINING = ("/lop-tap-huan", "/khoa-hoc", "/bao-cao/tap-huan")
#: The public page of a certificate has no tabs.
WITHOUT_TABS = {"awards.public"}
TAB_OF = {"/lop-tap-huan": "trainings.trainings", "/khoa-hoc": "trainings.trainings",
          "/bao-cao/tap-huan": "reports.home"}  # fmt: skip


def pages_of(app, role):
    """The rules of training's pages and files that this role may open."""
    return [
        rule
        for rule in rules_of(app)
        if rule.rule.startswith(OF_TRAINING) and "GET" in rule.methods and role.value in MAY[rule.endpoint]
    ]


def endpoint_of(app, link):
    """The endpoint a link leads to; None where nothing answers to a tap on it."""
    try:
        return app.url_map.bind("localhost").match(urlsplit(link).path)[0]
    except (NotFound, MethodNotAllowed):
        return None


@pytest.mark.parametrize("role", list(Role))
def test_no_page_of_training_shows_a_link_its_reader_may_not_follow(app, world, season, browser_of, role):
    browser, shut, followed = browser_of(role), [], set()
    for rule in pages_of(app, role):
        path = path_of(app, rule, all_of(rule, world.own), world.goods)
        answer = browser.get(path)
        if answer.mimetype == "text/html" and answer.status_code == 200:
            for link in re.findall(r'href="(/[^"]*)"', answer.text):
                endpoint = endpoint_of(app, link)
                followed.add(endpoint)
                if endpoint != "static" and not (endpoint in MAY and may_open(role, endpoint)):
                    shut.append(f"{path}: {link}")
        answer.close()
    assert shut == []
    assert {"trainings.training", "awards.of_class", "learning.quiz", "trainings.calendar"} <= followed


def may_open(role, endpoint):
    return role.value in MAY[endpoint] or ANY in MAY[endpoint]


@pytest.mark.parametrize("role", list(Role))
def test_every_page_of_training_lights_the_tab_it_is_reached_from(app, world, role):
    tabs = {endpoint for endpoint, _, _ in TABS[role]}
    for rule in pages_of(app, role):
        expected = next(tab for start, tab in TAB_OF.items() if rule.rule.startswith(start))
        if rule.endpoint not in WITHOUT_TABS and expected in tabs:
            path = path_of(app, rule, all_of(rule, world.own), world.goods)
            with app.test_request_context(path):
                lit = [tab.endpoint for tab in navigation(world.people[role]) if tab.current]
            assert lit == [expected], path
