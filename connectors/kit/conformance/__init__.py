"""The conformance suite: every connector, ours or installed, keeps these rules against its own mock."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from connectors.kit.conformance import (
    card,
    faults,
    journal,
    lists,
    login,
    mock,
    moderation,
    money,
    orders,
    pace,
    preview,
    publishing,
    pushes,
    stock,
)
from connectors.kit.conformance.bench import opened
from connectors.kit.conformance.checks import CHECKS, Check, Failed
from connectors.kit.errors import ConnectorError
from connectors.kit.protocol import Marketplace

#: Themes in the order they are run and told; importing them fills CHECKS.
THEMES = {
    "card": card,
    "login": login,
    "publishing": publishing,
    "moderation": moderation,
    "stock": stock,
    "orders": orders,
    "lists": lists,
    "pushes": pushes,
    "faults": faults,
    "preview": preview,
    "pace": pace,
    "journal": journal,
    "money": money,
    "mock": mock,
}


@dataclass(frozen=True)
class Outcome:
    """How one check went; `failure` says what was seen, None when the rule is kept."""

    check: Check
    failure: str | None
    seconds: float


def checks() -> list[Check]:
    """Every check, theme by theme."""
    order = list(THEMES)
    return sorted(CHECKS, key=lambda one: order.index(one.theme))


def run(marketplace: Marketplace, check: Check) -> Outcome:
    """Run one check against a fresh mock of this marketplace."""
    started = time.perf_counter()
    try:
        with opened(marketplace, sockets=check.sockets, **check.mock) as bench:
            check.run(bench)
    except Failed as failed:
        failure: str | None = str(failed)
    except ConnectorError as error:
        failure = f"{type(error).__name__} where a success was expected: {error} {error.facts}"
    except Exception as error:  # a connector may break in any way; the suite goes on and names it
        failure = f"{type(error).__name__}, which is none of the four errors: {error}"
    else:
        failure = None
    return Outcome(check, failure, time.perf_counter() - started)


def run_all(marketplace: Marketplace) -> Iterator[Outcome]:
    """Run the whole suite, one outcome at a time."""
    for check in checks():
        yield run(marketplace, check)


__all__ = ["THEMES", "Check", "Failed", "Outcome", "checks", "run", "run_all"]
