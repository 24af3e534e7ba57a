"""Figures of the chain and the rows they are shown in; a figure that is hidden is None from here on."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from marketplace.core.i18n import N_
from marketplace.reports.chain import Item, Measure
from marketplace.reports.chain_facts import ClassFact
from marketplace.reports.suppression import Cell, Key, Node

Place = TypeVar("Place", bound=Hashable)

SUPPRESSION = N_(
    "Ô nói về 1 đến 4 hộ ghi “ẩn”. Vài ô lớn hơn cũng ghi “ẩn”, để không ai cộng trừ mà tìm lại được ô nhỏ."
)


@dataclass(frozen=True)
class Figure:
    """A figure and how many households stand behind it."""

    value: int = 0
    households: int = 0


NOTHING = Figure()


@dataclass(frozen=True)
class Row:
    """A line of a table: a class, a course, a group, or the sum of all."""

    key: Key
    label: str
    figures: Mapping[Measure, int | None]
    one: ClassFact | None = None


def figure(items: Iterable[Item]) -> Figure:
    """The sum of the items, and their distinct households."""
    value, households = 0, set()
    for household_id, _, amount in items:
        value += amount
        households.add(household_id)
    return Figure(value, len(households))


def figures_by(items: Iterable[Item], place: Callable[[Item], Place]) -> dict[Place, Figure]:
    """One figure per place."""
    sorted_out: dict[Place, list[Item]] = defaultdict(list)
    for item in items:
        sorted_out[place(item)].append(item)
    return {key: figure(mine) for key, mine in sorted_out.items()}


def cell_of(key: Key, tail: Node, head: Node, one: Figure, *, is_sum: bool = False) -> Cell:
    return Cell(key, tail, head, one.households, one.value, is_sum=is_sum)


def hash_of(asked: Mapping[str, Any], rows: Iterable[Sequence[Any]]) -> str:
    """SHA-256 of the question and of what is shown; a hidden figure would soon be found by trying."""
    text = json.dumps([asked, [[str(cell) for cell in row] for row in rows]], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
