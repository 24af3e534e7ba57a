"""Pages of the mock's searches: filters live in the token, and days are Vietnamese."""

import base64
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from connectors.kit.mock_goods import VIETNAM
from connectors.sendo.mock_fields import SendoSays, unfit, whole
from connectors.sendo.mock_wire import mock

PAGE, PAGE_MOST = 10, 50


def page_filters(
    body: Mapping[str, Any], read: Callable[[Mapping[str, Any]], dict[str, Any]]
) -> dict[str, Any]:
    """The filters of a first page, or those that live in the page token; then the body's own are ignored."""
    token = body.get("token")
    if token is None or token == "":
        size = whole(body, "page_size") or PAGE
        return {
            **read(body),
            "size": max(1, min(size, PAGE_MOST)),
            "offset": 0,
            "at": mock().unhurried().timestamp(),
        }
    text = str(token).rpartition(".")[0]
    if mock().signed(text) != token:
        raise SendoSays("Token không hợp lệ", ("token", "Token không hợp lệ", None))
    filters: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text))
    if mock().unhurried().timestamp() - filters["at"] > mock().settings["page_token_seconds"]:
        raise SendoSays("Token đã hết hạn", ("token", "Token đã hết hạn", None))
    return filters


def paged(rows: list[dict[str, Any]], total: int, filters: Mapping[str, Any]) -> dict[str, Any]:
    """One page; a missing neighbour is null, never ""."""
    offset, size = filters["offset"], filters["size"]
    return {
        "data": rows,
        "next_token": _token(filters, offset + size) if offset + size < total else None,
        "previous_token": _token(filters, max(0, offset - size)) if offset else None,
        "total_records": total,
    }


def _token(filters: Mapping[str, Any], offset: int) -> str:
    text = json.dumps({**filters, "offset": offset, "at": mock().unhurried().timestamp()}).encode()
    return mock().signed(base64.urlsafe_b64encode(text).decode())


def day(body: Mapping[str, Any], name: str, *, after: bool = False) -> int | None:
    """Epoch second at which a Vietnamese day begins, or with `after` the one at which the next begins."""
    value = body.get(name)
    if value is None or value == "":
        return None
    try:
        read = date.fromisoformat(str(value).strip()[:10].replace("/", "-"))
        begins = datetime.combine(read, time.min, VIETNAM)
        return int((begins + timedelta(days=1) if after else begins).timestamp())
    except (ValueError, OverflowError) as error:
        raise unfit(name, value) from error
