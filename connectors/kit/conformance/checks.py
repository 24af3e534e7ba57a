"""A check is a function whose name is the rule; it raises `Failed` with what was seen instead."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from connectors.kit.conformance.bench import Bench


class Failed(Exception):
    """The connector or its mock breaks a rule; the text says how."""


@dataclass(frozen=True)
class Check:
    """One rule: its stable name, the theme it belongs to, and how the mock it needs is made."""

    name: str
    theme: str
    run: "Callable[[Bench], None]"
    sockets: bool = False  #: over a real port, where silence and resets happen as they do outside
    mock: dict[str, Any] = field(default_factory=dict)

    @property
    def rule(self) -> str:
        """The name as a sentence."""
        return self.name.replace("_", " ")


CHECKS: list[Check] = []


def check(
    *, sockets: bool = False, **mock: Any
) -> "Callable[[Callable[[Bench], None]], Callable[[Bench], None]]":
    """Register a function as a check of the theme its module is named after."""

    def register(run: "Callable[[Bench], None]") -> "Callable[[Bench], None]":
        theme = run.__module__.rpartition(".")[2]
        CHECKS.append(Check(run.__name__, theme, run, sockets, mock))
        return run

    return register


def expect(fact: object, otherwise: str) -> None:
    """Fail with a sentence unless `fact` is true."""
    if not fact:
        raise Failed(otherwise)


def same(what: str, got: object, wanted: object) -> None:
    """Fail unless both are equal."""
    expect(got == wanted, f"{what}: got {got!r}, expected {wanted!r}")
