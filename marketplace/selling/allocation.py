"""Which lots an order line takes, and how a total is shared out. Pure functions, whole numbers only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class LotLeft:
    """What a lot still holds, in grams; lots of one `mixing_id` were packed together (R-84)."""

    lot_id: int
    harvested_on: date
    grams: int
    mixing_id: int | None = None
    last_day: date | None = None  #: past it the goods are taken only when nothing better is left (R-43)


@dataclass(frozen=True)
class Taken:
    """Grams from one lot; `lot_id` None: no lot had them."""

    lot_id: int | None
    grams: int


def allocate(grams: int, lots: Sequence[LotLeft], day: date | None = None) -> list[Taken]:
    """Take `grams` from the lots, oldest harvest first (ties by id); the rest, if any, is nobody's.

    Lots that were packed together give by what each has left. What is past its last good `day` goes last.
    """
    taken: list[Taken] = []
    for boxes in _in_order(lots, day):
        part = min(grams, sum(lot.grams for lot in boxes))
        parts = share(part, [lot.grams for lot in boxes])
        taken += [Taken(lot.lot_id, of_lot) for lot, of_lot in zip(boxes, parts, strict=True) if of_lot > 0]
        grams -= part
        if grams <= 0:
            return taken
    return [*taken, Taken(None, grams)]


def _in_order(lots: Sequence[LotLeft], day: date | None) -> list[list[LotLeft]]:
    """Lots that can only be taken together, in the order they are taken."""
    together: dict[tuple[int | None, int], list[LotLeft]] = {}
    for lot in sorted(lots, key=lambda lot: (lot.harvested_on, lot.lot_id)):
        if lot.grams > 0:
            key = (lot.mixing_id, lot.lot_id if lot.mixing_id is None else 0)
            together.setdefault(key, []).append(lot)
    return sorted(together.values(), key=lambda boxes: _stale(boxes, day))


def _stale(boxes: Sequence[LotLeft], day: date | None) -> bool:
    """Is the oldest of them past its day? Sorting keeps the order of harvest otherwise."""
    return day is not None and boxes[0].last_day is not None and boxes[0].last_day < day


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


def first_part(some: int, shares: Sequence[int]) -> list[int]:
    """What the first `some` of the sum of the shares takes of each, by their size.

    It never shrinks as `some` grows, so what comes back box by box sums up exactly, in all and of each share.
    """
    parts: list[int] = []
    whole = sum(shares)
    for one in shares:
        part = some * one // whole if whole else 0
        parts.append(part)
        some, whole = some - part, whole - one
    return parts
