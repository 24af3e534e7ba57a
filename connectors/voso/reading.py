"""Read Voso's answers into our words, or say that a developer must look."""

import base64
import binascii
import json
import logging
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.kit import figures
from connectors.kit.errors import Misunderstood
from connectors.kit.protocol import Attribute, Category, Hint, RemoteOrder, RemoteProduct, UnreadOrder
from connectors.kit.redact import journal_text
from connectors.voso import mapping, orders
from connectors.voso.dates import DAY, day_of
from connectors.voso.refusals import UNREADABLE

PAGE = 50
WINDOW_DAYS = 31
log = logging.getLogger(__name__)


def unknown_form(what: str, *, safe: bool = True) -> Misunderstood:
    """The error for an answer of no known form; after a write it may have happened."""
    return Misunderstood("unknown_form", UNREADABLE, maybe_done=not safe, facts={"what": what})


def rows(result: Any) -> list[dict[str, Any]]:
    """A list of objects."""
    if not isinstance(result, list) or not all(isinstance(row, dict) for row in result):
        raise unknown_form("list")
    return result


def page(data: Any, name: str) -> tuple[list[dict[str, Any]], int]:
    """Rows and total of one page."""
    if not isinstance(data, dict):
        raise unknown_form("page")
    try:
        total = figures.whole(data.get("TOTAL"), "TOTAL")
    except figures.Unreadable as error:
        raise unknown_form("page.TOTAL") from error
    return rows(data.get(name) or []), total or 0


def tree(found: list[dict[str, Any]]) -> list[Category]:
    """The whole category tree, parents before children whatever the order it came in."""
    categories = [_category(row) for row in found]
    below: dict[str | None, list[Category]] = {}
    for one in categories:
        below.setdefault(one.parent, []).append(one)
    ordered: list[Category] = []
    waiting = below.pop(None, [])
    while waiting:
        ordered += waiting
        waiting = [child for parent in waiting for child in below.pop(parent.id, [])]
    return ordered


def _category(row: Mapping[str, Any]) -> Category:
    try:
        number, parent = figures.needed(row, "CATEGORY_ID"), figures.whole(row.get("PARENT_ID"), "PARENT_ID")
    except figures.Unreadable as error:
        raise unknown_form(f"category.{error}") from error
    above = str(parent) if parent is not None and parent > 0 else None
    return Category(
        str(number), str(row.get("CATEGORY_NAME") or ""), figures.truth(row.get("IS_LEAF")), above
    )


def attribute(row: Mapping[str, Any]) -> Attribute:
    """One attribute of a leaf; its code is what we know it by."""
    code = row.get("ATTRIBUTE_CODE")
    if not isinstance(code, str) or not code:
        raise unknown_form("attribute")
    values = row.get("VALUES") or []
    return Attribute(
        code,
        str(row.get("ATTRIBUTE_NAME") or code),
        figures.truth(row.get("IS_REQUIRED")),
        tuple(str(value) for value in values) if isinstance(values, list) else (),
        str(row["REQUIRED_WITH"]) if row.get("REQUIRED_WITH") else None,
    )


def product(row: Any) -> RemoteProduct:
    """One product detail."""
    try:
        return mapping.product_from_wire(row if isinstance(row, dict) else {})
    except figures.Unreadable as error:
        raise unknown_form(f"product.{error}") from error


def listed_products(found: list[dict[str, Any]]) -> list[RemoteProduct]:
    """The readable rows of a page; one that cannot be read is logged and never blocks the others."""
    read = []
    for row in found:
        try:
            read.append(mapping.product_from_wire(row))
        except figures.Unreadable as error:
            log.warning("voso: product row without readable %s", error)
    return read


def product_id(data: Any) -> str:
    """What a create answers: the number of the new draft."""
    try:
        number = figures.whole(data.get("PRODUCT_ID")) if isinstance(data, dict) else None
    except figures.Unreadable:
        number = None
    if not number or number < 0:
        raise unknown_form("PRODUCT_ID", safe=False)
    return str(number)


def status_after(data: Any) -> int:
    """What an edit answers: the state the product is in now."""
    status = mapping.product_status(data) if isinstance(data, dict) else None
    if status is None:
        raise unknown_form("PRODUCT_STATUS", safe=False)
    return status


def image_id(data: Any) -> str:
    """What an upload answers."""
    number = data.get("IMAGE_ID") if isinstance(data, dict) else None
    if not isinstance(number, str | int) or isinstance(number, bool) or not number:
        raise unknown_form("IMAGE_ID")
    return str(number)


def order(row: Any) -> RemoteOrder:
    """One order detail."""
    try:
        return orders.order_from_wire(row if isinstance(row, dict) else {})
    except figures.Unreadable as error:
        raise unknown_form(f"order.{error}") from error


def order_or_unread(row: dict[str, Any]) -> RemoteOrder | UnreadOrder:
    """One order of a page; parked with its redacted text when it cannot be read."""
    try:
        return orders.order_from_wire(row)
    except figures.Unreadable as error:
        number = row.get("ORDER_NUMBER")
        known = str(number) if isinstance(number, str | int) and number else None
        return UnreadOrder(known, f"unreadable_{error}", journal_text(row))


def version(row: Mapping[str, Any]) -> str:
    """What tells one state of one order from every other."""
    return json.dumps(row, sort_keys=True, default=str)


def hint(push: Mapping[str, Any]) -> Hint:
    """What to re-read after an authenticated push; some clients saw its fields outside of `DATA`."""
    data = push.get("DATA")
    data = data if isinstance(data, dict) else push
    if "PRODUCT_STATUS" in data:
        return Hint("product", _key(data.get("PRODUCT_CODE")))
    if "ORDER_STATUS" in data or "ORDER_NUMBER" in data:
        return Hint("order", _key(data.get("ORDER_NUMBER")))
    raise unknown_form("push")


def _key(value: Any) -> str | None:
    return str(value) if isinstance(value, str | int) and value else None


def windows(since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
    """Filters that cover a window in whole Vietnamese days, the oldest first.

    The days are those of the last change: an order that changes meanwhile moves into a later window.
    """
    start, last = day_of(since), max(day_of(since), day_of(until))
    while start <= last:
        end = min(start + timedelta(days=WINDOW_DAYS - 1), last)
        yield {"DATE_FROM": f"{start:{DAY}}", "DATE_TO": f"{end:{DAY}}"}
        start = end + timedelta(days=1)


def claims(token: str) -> dict[str, Any]:
    """What a token says about itself, unverified; {} when it says nothing."""
    try:
        middle = token.split(".")[1]
        said = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    except (IndexError, ValueError, binascii.Error):
        return {}
    return said if isinstance(said, dict) else {}


def expiry(expired: Any, said: Mapping[str, Any]) -> datetime | None:
    """When the token ends: `expired` in epoch milliseconds (0 in the documents), else its own `exp`."""
    for value, unit in ((expired, 1000), (said.get("exp"), 1)):
        try:
            seconds = (figures.number(value) or 0) / unit
            if seconds > 0:
                return datetime.fromtimestamp(seconds, UTC)
        except (figures.Unreadable, OverflowError, OSError, ValueError):
            continue
    return None
