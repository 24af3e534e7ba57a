"""Endpoints: each has a row, a sentence, and no answer of it is an error of ours, whoever asks."""

import pkgutil
import re
from importlib import import_module

import click
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from marketplace import cli
from marketplace.accounts.models import Role
from marketplace.accounts.permissions import MAY, OPEN
from marketplace.cli import lensan
from marketplace.cli.common import COMMANDS
from tests import factories

UNGUARDED = {"static"}
LEAVES = {"accounts.logout"}  # would end the login that the other requests need
ASKED = [*Role, None]


def rules_of(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint not in UNGUARDED]


def test_every_endpoint_has_a_row_and_every_row_an_endpoint(app):
    endpoints = {rule.endpoint for rule in rules_of(app)}

    assert endpoints - set(MAY) == set(), "endpoints that nobody may call"
    assert set(MAY) - endpoints == set(), "rows without an endpoint"


def test_every_row_names_roles(app):
    known = frozenset(role.value for role in Role)

    assert {name for name, roles in MAY.items() if roles != OPEN and not (roles and roles <= known)} == set()


def test_every_view_says_what_it_does(app):
    silent = [rule.endpoint for rule in rules_of(app) if not app.view_functions[rule.endpoint].__doc__]

    assert silent == []


def test_paths_are_vietnamese_without_marks(app):
    plain = re.compile(r"([a-z0-9/_.-]|<[^>]+>)+")
    strange = [rule.rule for rule in rules_of(app) if not plain.fullmatch(rule.rule)]

    assert strange == []


def test_a_get_changes_nothing_and_a_change_is_no_get(app):
    """What only changes something is never reached by a link."""
    changing = re.compile(r"/(mo-lai|thu-hoi|bo|xoa|huy|rut)$")

    assert [rule.rule for rule in rules_of(app) if changing.search(rule.rule) and "GET" in rule.methods] == []


def path_of(rule: Rule) -> str:
    """The rule's path with values that no row has."""
    path = re.sub(r"<any\((\w+)[^>]*>", r"\1", re.sub(r"<int:\w+>", "999999", rule.rule))
    return re.sub(r"<(\w+:)?\w+>", "khong-co", path)


@pytest.mark.parametrize("role", ASKED, ids=[role or "nobody" for role in ASKED])
def test_whoever_asks_gets_an_answer_that_is_meant(app, db, as_account, role):
    browser = app.test_client() if role is None else logged_in(db, as_account, role)
    wrong = []
    for rule in rules_of(app):
        for method in sorted({"GET", "POST"} & (rule.methods or set())):
            if rule.endpoint in LEAVES:
                continue
            answer = browser.open(path_of(rule), method=method)
            answer.close()
            if not meant(rule.endpoint, role, answer.status_code):
                wrong.append((method, rule.rule, answer.status_code))
    assert wrong == []


def meant(endpoint: str, role: Role | None, status: int) -> bool:
    if status >= 500:
        return False
    roles = MAY.get(endpoint, frozenset())
    if roles == OPEN:
        return True
    if role is None:
        return status == 302
    return (status == 403) == (role.value not in roles) or (role.value in roles and status in (403, 404))


def logged_in(db, as_account, role: Role) -> FlaskClient:
    household = factories.a_household(db) if role == Role.FARMER else None
    account = factories.an_account(db, role, household=household, communes=("Xã Vĩnh Hảo",))
    db.commit()
    return as_account(account)


def commands(group, path=("lensan",)):
    shell = click.Context(group)
    for name in group.list_commands(shell):
        command = group.get_command(shell, name)
        assert command is not None, name
        yield (*path, name), command
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))


def test_every_command_can_be_called():
    """One that its module adds to the group, but that `COMMANDS` does not lead to, nobody could call."""
    for module in pkgutil.walk_packages(cli.__path__, "marketplace.cli."):
        import_module(module.name)
    called = {path[1] for path, _ in commands(lensan)}

    assert called == set(lensan.commands) == set(COMMANDS)


def test_every_command_and_option_says_what_it_does():
    silent = []
    for path, command in commands(lensan):
        if not command.help:
            silent.append(" ".join(path))
        silent += [
            " ".join([*path, parameter.opts[0]])
            for parameter in command.params
            if parameter.param_type_name == "option" and not parameter.help
        ]
    assert silent == []


PAGES = {role: [name for name, roles in MAY.items() if roles == OPEN or role.value in roles] for role in Role}


@pytest.mark.parametrize("role", list(Role))
def test_pages_hold_nothing_inline_and_name_no_other_host(app, db, as_account, role):
    browser = logged_in(db, as_account, role)
    found = []
    for rule in rules_of(app):
        if "GET" not in rule.methods or rule.arguments or rule.endpoint not in PAGES[role]:
            continue
        answer = browser.get(rule.rule)
        if answer.mimetype == "text/html":
            found += [(rule.rule, what) for what in inline(answer.get_data(as_text=True))]
        answer.close()
    assert found == []


def inline(page: str) -> list[str]:
    """What the Content-Security-Policy would block, and addresses of other hosts."""
    blocked = re.findall(r"<[^>]*\s(?:style|on[a-z]+)\s*=", page) + re.findall(r"<style[\s>]", page)
    blocked += re.findall(r"<script(?![^>]*\ssrc=)[^>]*>", page) + re.findall(r"javascript:", page)
    hosts = re.findall(r"""(?:src|href|action)=["'](?:https?:)?//[^"']+""", page)
    return blocked + hosts
