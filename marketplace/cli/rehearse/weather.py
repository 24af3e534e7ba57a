"""The weather of a rehearsal: which failures each mock plans in which spell of the season, made of the seed.

Fair and bad spells take turns, differently for each marketplace, so that what was lost in one is found in the
next. Delays are real seconds and stay below the worker's doubt window, as they must in real life.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from marketplace.cli.rehearse.ground import MARKETPLACES
from marketplace.cli.rehearse.parts import Faults

Rule = Mapping[str, Any]

SPELLS = 16  #: in one season
#: How often a call is struck in a bad spell, and how often a spell is bad.
STRENGTH: Mapping[Faults, tuple[float, float]] = {"none": (0, 0), "light": (0.01, 0.5), "heavy": (0.05, 0.75)}
#: Failure → how much more likely than the others it is, and its numbers.
CALLS: Mapping[str, tuple[float, Rule]] = {
    "timeout_before": (0.6, {"hold": 0.5}),  # longer than the client waits
    "timeout_after": (1.0, {"hold": 0.1}),  # the connection ends without an answer
    "late_apply": (1.0, {"hold": 0.1, "delay": 0.6}),
    "http_500": (1.0, {"after": True}),
    "http_429": (0.3, {"retry_after": 1}),
    "reset": (1.0, {"after": True}),
    "html_body": (0.5, {}),
    "truncated_json": (0.5, {}),
    "expired_token": (0.5, {}),
    "partial_failure": (2.0, {}),
    "slow": (0.6, {"delay": 0.25}),
}
PUSHES = ("webhook_drop", "webhook_duplicate", "webhook_reorder")
PUSHED = 4.0  #: how much more likely a push is struck than a call
AT_ONCE = 5  #: kinds of failure in one spell


@dataclass(frozen=True)
class Spell:
    """Failures planned by marketplace, from a fraction of the season on."""

    begins: float
    rules: Mapping[str, Sequence[Rule]]


def forecast(seed: int, faults: Faults) -> list[Spell]:
    """All spells of a season, the first at once."""
    dice = Random(f"{seed} weather")  # noqa: S311 - a repeatable season, no secret
    spells = []
    for number in range(SPELLS):
        rules = {name: list(_planned(dice, faults)) for name in MARKETPLACES}
        spells.append(Spell(number / SPELLS, rules))
    return spells


def _planned(dice: Random, faults: Faults) -> Iterator[Rule]:
    strength, bad = STRENGTH[faults]
    if dice.random() >= bad:
        return
    for kind in dice.sample(sorted(CALLS), AT_ONCE):
        often, numbers = CALLS[kind]
        yield {"match": "*", "kind": kind, "probability": strength * often, **_thrown(dice), **numbers}
    for kind in dice.sample(PUSHES, 2):
        yield {"match": "*", "kind": kind, "probability": strength * PUSHED, **_thrown(dice)}


def _thrown(dice: Random) -> Rule:
    return {"seed": dice.randrange(1_000_000)}
