"""What stage and play hand to each other: what was asked for, and one measure of the comparison."""

from dataclasses import dataclass, field
from typing import Any, Literal

Faults = Literal["none", "light", "heavy"]


@dataclass(frozen=True)
class Rehearsal:
    """What was asked for on the command line."""

    households: int
    seed: int
    faults: Faults
    kills: int
    workers: int
    days: int


@dataclass(frozen=True)
class Measure:
    """One thing that is compared: its total by the truth and by our books, and the rows that differ."""

    name: str
    unit: str
    truth: int
    ours: int
    rows_compared: int
    #: Of {"row": …, "truth": …, "ours": …}
    differences: list[dict[str, Any]] = field(default_factory=list)

    @property
    def difference(self) -> int:
        """Ours less the truth."""
        return self.ours - self.truth

    @property
    def agrees(self) -> bool:
        """Is every row the same, and so the total?"""
        return not self.differences and self.difference == 0
