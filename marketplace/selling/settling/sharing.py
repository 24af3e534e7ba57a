"""Whose money a line is: by value to the lines of the order, from there by grams. Pure, exact to 1 đồng."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from marketplace.selling.allocation import share
from marketplace.selling.settling.models import KINDS

Vnd = Mapping[str, int]  #: đồng by kind


@dataclass(frozen=True)
class Owner:
    """Who gets money, for what goods."""

    producer_id: int  #: who sold
    household_id: int | None = None  #: None: the seller's own
    order_line_id: int | None = None
    grams: int = 0
    lotless: bool = False


@dataclass(frozen=True)
class Goods:
    """One line of an order: what it is worth, and whose goods it holds (at least one owner)."""

    sku: str
    value_vnd: int
    owners: Sequence[Owner] = field(default_factory=tuple)


def share_out(amounts: Vnd, goods: Sequence[Goods], *, sku: str | None = None) -> list[tuple[Owner, Vnd]]:
    """Share every kind of a line's amounts; a line that names goods of the order is shared to those alone."""
    named = [line for line in goods if line.sku == sku]
    chosen = named or list(goods)
    worth = [line.value_vnd for line in chosen]
    if not any(worth):
        worth = [sum(owner.grams for owner in line.owners) for line in chosen]
    parts = share_by(amounts, worth)
    return [
        (owner, part)
        for line, of_line in zip(chosen, parts, strict=True)
        for owner, part in zip(
            line.owners, share_by(of_line, [owner.grams for owner in line.owners]), strict=True
        )
        if part
    ]


def share_by(amounts: Vnd, weights: Sequence[int]) -> list[Vnd]:
    """Share each kind by weight; the parts of every kind sum to it exactly, zeros are left out."""
    parts: list[dict[str, int]] = [{} for _ in weights]
    for kind, vnd in amounts.items():
        for part, some in zip(parts, share(vnd, weights), strict=True):
            if some:
                part[kind] = some
    return list(parts)


def amounts_of(row: object) -> Vnd:
    """The amounts of a line or share that are not 0."""
    found = {kind: getattr(row, kind) for kind in KINDS}
    return {kind: vnd for kind, vnd in found.items() if vnd}
