"""Does a line of a statement fit what we know of its order? A pure function; what does not fit waits."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from marketplace.selling.settling.models import LineState
from marketplace.selling.settling.sharing import Vnd


@dataclass(frozen=True)
class Known:
    """What our books say of an order, in đồng."""

    delivered: bool
    failed: bool  #: cancelled or refused, never delivered
    worth: Mapping[str, int] = field(default_factory=dict)  #: of what the buyer took, by SKU
    given_back: int = 0  #: of returns and complaints


@dataclass
class Told:
    """What all statements so far told of an order, in đồng."""

    goods: dict[str | None, int] = field(default_factory=dict)  #: by SKU; None: of the whole order
    refund: int = 0  #: positive


def paid_goods(amounts: Vnd) -> int:
    """What was paid for goods, whoever paid it."""
    return amounts.get("goods_vnd", 0) + amounts.get("marketplace_voucher_vnd", 0)


def judge(amounts: Vnd, sku: str | None, known: Known, told: Told) -> LineState:
    """The first thing that does not fit, or EXPLAINED."""
    if amounts.get("adjustment_vnd"):
        return LineState.ODD
    if paid_goods(amounts):
        if not known.delivered:
            return LineState.NOT_DELIVERED
        if not _goods_fit(sku, known, told):
            return LineState.GOODS
    if amounts.get("refund_vnd", 0) < 0 and told.refund > known.given_back:
        return LineState.REFUND
    if amounts.get("unsold_vnd", 0) < 0 and not known.failed:
        return LineState.UNSOLD
    return LineState.EXPLAINED


def _goods_fit(sku: str | None, known: Known, told: Told) -> bool:
    """Told by SKU, each must be right; told for the whole order, the whole."""
    if sku is not None and sku in known.worth and None not in told.goods:
        return told.goods.get(sku, 0) == known.worth[sku]
    return sum(told.goods.values()) == sum(known.worth.values())
