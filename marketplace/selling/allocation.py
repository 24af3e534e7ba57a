"""Which lots an order line takes, and how a total is shared out. Pure functions, whole numbers only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class LotLeft:
    """What a lot still holds, in grams."""

    lot_id: int
    harvested_on: date
    grams: int


@dataclass(frozen=True)
class Taken:
    """Grams from one lot; `lot_id` None: no lot had them."""

    lot_id: int | None
    grams: int


def allocate(grams: int, lots: Sequence[LotLeft]) -> list[Taken]:
    """Take `grams` from the lots, oldest harvest first (ties by id); the rest, if any, is nobody's."""
    taken: list[Taken] = []
    for lot in sorted(lots, key=lambda lot: (lot.harvested_on, lot.lot_id)):
        if grams <= 0:
            break
        part = min(grams, lot.grams)
        if part > 0:
            taken.append(Taken(lot.lot_id, part))
            grams -= part
    if grams > 0:
        taken.append(Taken(None, grams))
    return taken


def share(total: int, weights: Sequence[int]) -> list[int]:
    """Share `total` (may be negative) by weight so that the parts sum to it exactly: largest remainder, first
    one wins ties.

    Weights are not negative; when all are zero, everything goes to the first.
    """
    if not weights:
        return []
    whole = sum(weights)
    if whole == 0:
        return [total, *([0] * (len(weights) - 1))]
    sign = -1 if total < 0 else 1
    parts = [abs(total) * weight // whole for weight in weights]
    remainders = sorted(range(len(weights)), key=lambda i: (-(abs(total) * weights[i] % whole), i))
    for index in remainders[: abs(total) - sum(parts)]:
        parts[index] += 1
    return [sign * part for part in parts]
