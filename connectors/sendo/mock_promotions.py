"""Promotions in the mock: documented rules of the price call that a careless client trips over."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.kit.mock_goods import VIETNAM, MockProduct
from connectors.sendo.mock_wire import SendoSays, number, unfit


def mind_promotion(product: MockProduct, row: Mapping[str, Any], price: int | None, now: datetime) -> None:
    """Set, keep or cancel the promotion of one product as the price call asks."""
    special = number(row, "special_price")
    running = _running(product, now)
    if special and running and special != product.wire["special_price"]:
        said = "Không thể đổi giá khuyến mãi khi khuyến mãi đang chạy"
        raise SendoSays(said, ("special_price", said, special))
    base = price if price is not None else product.price_vnd
    if special:
        if special > base:
            raise unfit("special_price", special)
        start, end = _stamp(row, "promotion_start_date"), _stamp(row, "promotion_end_date")
        product.wire.update(
            special_price=special, is_promotion=True, promotion_from=int(start), promotion_to=int(end)
        )
    elif base != product.price_vnd or not running:
        product.wire.update(special_price=None, is_promotion=False, promotion_from=None, promotion_to=None)


def _running(product: MockProduct, now: datetime) -> bool:
    start, end = product.wire.get("promotion_from"), product.wire.get("promotion_to")
    return bool(product.wire["is_promotion"] and start and end and start <= now.timestamp() <= end)


def _stamp(row: Mapping[str, Any], name: str) -> float:
    try:
        moment = datetime.fromisoformat(str(row.get(name) or ""))
    except ValueError as error:
        raise unfit(name, row.get(name)) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=VIETNAM)).timestamp()
