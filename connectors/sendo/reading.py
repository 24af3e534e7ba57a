"""Read Sendo's answers into our words, or say that a developer must look."""

import base64
import binascii
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from connectors.kit import figures
from connectors.kit.errors import Misunderstood
from connectors.kit.protocol import (
    N_,
    Attribute,
    CancelReason,
    Category,
    Hint,
    Offer,
    RemoteOrder,
    RemoteProduct,
    UnreadOrder,
)
from connectors.kit.redact import journal_text
from connectors.sendo import mapping
from connectors.sendo.categories import LEAF_LEVEL

UNREADABLE = N_("Sendo trả lời theo dạng chưa biết; hãy báo kỹ thuật.")
STATUS_DAYS = 3  #: widest window Sendo allows by status date
PAGE = 50
_OFFSET = timedelta(hours=7)
_SEARCH_DATES = ("order_date_from", "order_date_to", "order_status_date_from", "order_status_date_to")
log = logging.getLogger(__name__)


def unknown_form(what: str, *, safe: bool = True) -> Misunderstood:
    """The error for an answer of no known form; after a write it may have happened."""
    return Misunderstood("unknown_form", UNREADABLE, maybe_done=not safe, facts={"what": what})


def rows(result: Any) -> list[dict[str, Any]]:
    """A list of objects."""
    if not isinstance(result, list) or not all(isinstance(row, dict) for row in result):
        raise unknown_form("list")
    return result


def page(body: Any) -> tuple[list[dict[str, Any]], str | None, int]:
    """Rows, next page token (None at the end) and total of one search answer."""
    result = body.get("result") if isinstance(body, dict) else None
    if not isinstance(result, dict):
        raise unknown_form("page")
    token = result.get("next_token")
    total = figures.whole(result.get("total_records")) or 0
    return rows(result.get("data") or []), token if isinstance(token, str) and token else None, total


def category(row: Mapping[str, Any], parent: str | None) -> Category:
    """One row of the category list; below the top its name is the whole path, ours the last part."""
    try:
        number = str(figures.needed(row, "id"))
    except figures.Unreadable as error:
        raise unknown_form("category") from error
    name = str(row.get("name") or "").rpartition("|")[2].strip()
    return Category(number, name, row.get("level") == LEAF_LEVEL, parent)


def attribute(row: Mapping[str, Any]) -> Attribute:
    """One attribute with the options that may be chosen."""
    try:
        number = str(figures.needed(row, "id"))
    except figures.Unreadable as error:
        raise unknown_form("attribute") from error
    options = [str(option.get("value") or "") for option in rows(row.get("attribute_values") or [])]
    return Attribute(
        number, str(row.get("name") or ""), figures.truth(row.get("is_required")), tuple(options)
    )


def product(row: Mapping[str, Any]) -> RemoteProduct:
    """One product detail."""
    try:
        return mapping.product_from_wire(row)
    except figures.Unreadable as error:
        raise unknown_form(f"product.{error}") from error


def promotion_in_the_way(detail: Mapping[str, Any], offer: Offer) -> bool:
    """Must a promotion that is there be ended before the offer's own can be written?"""
    try:
        there = mapping.promotion_from_wire(detail)
        price = figures.whole(detail.get("price"), "price")
    except figures.Unreadable as error:
        raise unknown_form(f"product.{error}") from error
    wanted = offer.promotion
    return None not in (wanted, there) and (wanted != there or price != offer.price_vnd)


def listed_products(found: list[dict[str, Any]]) -> list[RemoteProduct]:
    """The readable rows of a page; one that cannot be read is logged and never blocks the others."""
    read = []
    for row in found:
        try:
            read.append(mapping.product_from_wire(row))
        except figures.Unreadable as error:
            log.warning("sendo: product row without readable %s", error)
    return read


def product_id(result: Any) -> str:
    """What a create answers: the id, a whole number above 0."""
    try:
        number = figures.whole(result)
    except figures.Unreadable:
        number = None
    if not number or number < 0:
        raise unknown_form("product_id", safe=False)
    return str(number)


def with_product_skus(row: Any, product_sku: Callable[[str, str], str]) -> Any:
    """An order whose lines of variants carry their product's SKU, asked for by product id and line SKU."""
    lines = row.get("sku_details") if isinstance(row, dict) else None
    if not isinstance(lines, list) or not any(map(_variant_sold, lines)):
        return row
    told = []
    for line in lines:
        sold = _variant_sold(line)
        told.append({**line, "sku": product_sku(*sold)} if sold else line)
    return {**row, "sku_details": told}


def _variant_sold(line: Any) -> tuple[str, str] | None:
    """Product id and SKU of a line that sold a variant."""
    if not isinstance(line, dict) or not line.get("attribute_hash") or not isinstance(line.get("sku"), str):
        return None
    try:
        return str(figures.needed(line, "product_variant_id")), line["sku"]
    except figures.Unreadable:
        return None


def order(row: Any, *, local_as_utc: bool) -> RemoteOrder:
    """One order detail."""
    try:
        return mapping.order_from_wire(row if isinstance(row, dict) else {}, local_as_utc=local_as_utc)
    except figures.Unreadable as error:
        raise unknown_form(f"order.{error}") from error


def order_or_unread(row: dict[str, Any], *, local_as_utc: bool) -> RemoteOrder | UnreadOrder:
    """One order of a page; parked with its redacted text when it cannot be read."""
    try:
        return mapping.order_from_wire(row, local_as_utc=local_as_utc)
    except figures.Unreadable as error:
        head = row.get("sales_order")
        number = head.get("order_number") if isinstance(head, dict) else None
        known = str(number) if isinstance(number, str | int) and number else None
        return UnreadOrder(known, f"unreadable_{error}", journal_text(row))


def order_version(row: dict[str, Any]) -> str:
    """What tells one state of one order from every other."""
    head = row.get("sales_order")
    if not isinstance(head, dict) or not head.get("order_number"):
        return json.dumps(row, sort_keys=True, default=str)
    names = (
        "order_number",
        "order_status",
        "delivery_status",
        "order_status_date_time_stamp",
        "updated_date_time_stamp",
    )
    return "|".join(str(head.get(name)) for name in names)


def cancel_reason(row: Mapping[str, Any]) -> CancelReason:
    """One reason a seller may give."""
    if not isinstance(row.get("code"), str):
        raise unknown_form("reason")
    return CancelReason(row["code"], str(row.get("name") or row["code"]))


def hint(push: Mapping[str, Any]) -> Hint:
    """What to re-read after an authenticated push."""
    kind, data = str(push.get("type")), push.get("data")
    data = data if isinstance(data, dict) else {}
    if kind.startswith("SALESORDER."):
        return Hint("order", _key(data.get("order_number")))
    if kind.startswith("PRODUCT."):
        return Hint("product", _key(data.get("store_sku") or data.get("sku")))
    raise unknown_form("push")


def _key(value: Any) -> str | None:
    return str(value) if isinstance(value, str | int) and value else None


def order_windows(since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
    """Search bodies that cover a window in whole Vietnamese days.

    By status date first, the oldest window first: an order that changes meanwhile moves into a later one.
    """
    first = _day(since)
    last = max(first, _day(until))
    start = first
    while start <= last:
        end = min(start + timedelta(days=STATUS_DAYS - 1), last)
        yield _search(order_status_date_from=start, order_status_date_to=end)
        start = end + timedelta(days=1)
    yield _search(order_date_from=first, order_date_to=last)


def _day(at: datetime) -> date:
    return (at.astimezone(UTC) + _OFFSET).date()


def _search(**dates: date) -> dict[str, Any]:
    told = {name: f"{dates[name]:%Y/%m/%d}" if name in dates else None for name in _SEARCH_DATES}
    return {"page_size": PAGE, "order_status": None, **told}


def claims(token: str) -> dict[str, Any]:
    """What a token says about itself, unverified; {} when it says nothing."""
    try:
        middle = token.split(".")[1]
        said = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    except (IndexError, ValueError, binascii.Error):
        return {}
    return said if isinstance(said, dict) else {}


def expiry(expires: Any, said: Mapping[str, Any]) -> datetime | None:
    """When the token ends: its own `exp`, else the answer's `expires` (without a zone Vietnamese time)."""
    try:
        if isinstance(said.get("exp"), int):
            return datetime.fromtimestamp(said["exp"], UTC)
        moment = datetime.fromisoformat(str(expires))
    except (ValueError, OverflowError, OSError):
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC) - _OFFSET
