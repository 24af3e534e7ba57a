"""Promotions in the mock: documented rules of the price call that a careless client trips over."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.kit.mock_goods import MockProduct
from connectors.sendo.mapping import promotion_moment
from connectors.sendo.mock_fields import SendoSays, number, unfit

#: What a product without promotion remembers.
NONE: Mapping[str, Any] = {
    "special_price": None,
    "is_promotion": False,
    "promotion_from": None,
    "promotion_to": None,
}


@dataclass(frozen=True)
class Asked:
    """A promotion as somebody asks for it, ends in epoch seconds."""

    special_price: float
    start: int
    end: int


def asked(row: Mapping[str, Any], base: float, *, start: str, end: str) -> Asked | None:
    """The promotion a row asks for under these two names of its dates; None when it has no special price."""
    special = number(row, "special_price")
    if not special:
        return None
    if special > base:
        raise unfit("special_price", special)
    first, last = promotion_moment(row.get(start)), promotion_moment(row.get(end), last=True)
    if first is None:
        raise unfit(start, row.get(start))
    if last is None or last < first:
        raise unfit(end, row.get(end))
    return Asked(special, int(first.timestamp()), int(last.timestamp()))


def after(product: MockProduct | None, wanted: Asked | None, base: float, now: datetime) -> dict[str, Any]:
    """What the product remembers afterwards; a change of the base price cancels a running promotion."""
    runs = product is not None and running(product, now)
    if product is not None and runs and wanted and wanted.special_price != product.wire["special_price"]:
        said = "Không thể đổi giá khuyến mãi khi khuyến mãi đang chạy"
        raise SendoSays(said, ("special_price", said, wanted.special_price))
    if wanted is None or (product is not None and runs and base != product.price_vnd):
        return dict(NONE)
    return {
        "special_price": wanted.special_price,
        "is_promotion": True,
        "promotion_from": wanted.start,
        "promotion_to": wanted.end,
    }


def running(product: MockProduct, now: datetime) -> bool:
    """Is the promotion on now?"""
    start, end = product.wire.get("promotion_from"), product.wire.get("promotion_to")
    return bool(product.wire["is_promotion"] and start and end and start <= now.timestamp() <= end)


def price_now(product: MockProduct, now: datetime) -> int:
    """What buyers pay: when the promotion is over, the usual price by itself."""
    return round(product.wire["special_price"]) if running(product, now) else product.price_vnd
