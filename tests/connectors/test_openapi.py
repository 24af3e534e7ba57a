"""Each mock keeps its own OpenAPI document: examples succeed, junk gets a documented answer, nothing is 5xx.

A marketplace takes part by having `openapi.yaml` in its folder and a row in `OPENED`.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, BaseSchema, Case, GenerationMode, checks

from connectors.kit.discovery import marketplaces
from connectors.sendo.mapping import to_wire
from tests.connectors import postmart, voso
from tests.connectors.conftest import an_offer

EXAMPLES = 8  #: generated calls for each operation and each of "fits its schema" and "does not"
CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]
_CONVERTER = re.compile(r"<(?:[a-z]+(?:\([^)]*\))?:)?")  # of a routing rule: "<int:" or "<"


def sendo(shop: FlaskClient) -> dict[str, str]:
    """Product 90000001 and order 140000001."""
    token = shop.post("/login", json=shop.application.extensions["mock"].credentials).json["result"]["token"]
    headers = {"Authorization": f"bearer {token}"}
    assert shop.post("/api/partner/product", json=to_wire(an_offer()), headers=headers).status_code == 200
    shop.application.extensions["mock"].buy("HG-CAM-5KG", 2)
    return headers


#: Puts into an empty mock what the document's examples name; returns the headers of somebody logged in.
OPENED: Mapping[str, Callable[[FlaskClient], dict[str, str]]] = {
    "postmart": postmart.filled,
    "sendo": sendo,
    "voso": voso.filled,
}


def path_of(name: str) -> Path:
    return Path(str(import_module(marketplaces()[name].connect.__module__).__file__)).with_name(
        "openapi.yaml"
    )


@cache
def document(name: str) -> BaseSchema:
    return schemathesis.openapi.from_path(path_of(name))


@cache
def operations(name: str) -> dict[str, APIOperation[Any, Any, Any, Any]]:
    return {found.ok().label: found.ok() for found in document(name).get_all_operations()}


DOCUMENTED = [name for name in marketplaces() if path_of(name).exists()]
EVERY_OPERATION = pytest.mark.parametrize(
    ("name", "label"), [(name, label) for name in DOCUMENTED for label in operations(name)]
)


def opened(name: str) -> tuple[Flask, dict[str, str]]:
    """A mock that limits no rate, with its goods, and the headers of a call to it."""
    app = marketplaces()[name].create_mock(rate_per_second=None)
    return app, OPENED[name](app.test_client())


def every_case(cases: st.SearchStrategy[Case], check: Callable[[Case], Any], count: int) -> None:
    """Run the check for so many cases, the same ones each time."""
    limits = settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    limits(given(case=cases)(check))()


@EVERY_OPERATION
def test_generated_calls_get_documented_answers(name: str, label: str) -> None:
    app, headers = opened(name)
    operation = operations(name)[label]

    def check(case: Case) -> None:
        case.call_and_validate(app=app, headers=headers, checks=CHECKS)

    every_case(operation.as_strategy(GenerationMode.POSITIVE), check, EXAMPLES)
    if operation.body or operation.query or operation.path_parameters:
        every_case(operation.as_strategy(GenerationMode.NEGATIVE), check, EXAMPLES)


@EVERY_OPERATION
def test_every_operation_succeeds_as_its_document_shows(name: str, label: str) -> None:
    """Each at least once: an operation that needs words must have an example of them."""
    operation = operations(name)[label]
    examples = operation.get_strategies_from_examples() or [st.just(operation.Case())]

    def check(case: Case) -> None:
        app, headers = opened(name)
        answer = case.call_and_validate(app=app, headers=headers, checks=CHECKS)
        assert answer.status_code < 300, answer.text

    for example in examples:
        every_case(example, check, 1)


@pytest.mark.parametrize("name", DOCUMENTED)
def test_the_document_has_every_route_and_no_other(name: str) -> None:
    rules = marketplaces()[name].create_mock().url_map.iter_rules()
    routes = {
        f"{method} {_CONVERTER.sub('{', rule.rule).replace('>', '}')}"
        for rule in rules
        if not rule.rule.startswith("/_mock")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert set(operations(name)) == routes
