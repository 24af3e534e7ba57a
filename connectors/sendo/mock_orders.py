"""Order calls of the mock: search, detail, change of status, cancel reasons, bill."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response

from connectors.kit.mock_goods import MockOrder
from connectors.kit.protocol import OrderState
from connectors.sendo import mock_render
from connectors.sendo.mock_fields import SendoSays, unfit, whole
from connectors.sendo.mock_pages import day, page_filters, paged
from connectors.sendo.mock_wire import answer, mock, sent_object

DAYS_WITHOUT_DATES = 7
DAY = 86_400
STATUS_WINDOW = 3 * DAY

bp = Blueprint("orders", __name__, url_prefix="/api/partner/salesorder")


@bp.post("/search")
def search() -> Response:
    """Orders newest first, by order date (without dates the last 7 days) or status date (at most 3 days)."""
    filters = page_filters(sent_object(), _filters)
    numbers, total = _found(filters)
    orders = [mock().orders[str(number)] for number in numbers]
    return answer(paged([mock_render.order(order, mock().settings) for order in orders], total, filters))


@bp.get("/reason-collection")
def reasons() -> Response:
    """Cancel reasons of today."""
    return answer([{"code": code, "name": name} for code, name in mock_render.REASONS.items()])


@bp.get("/<order_number>")
def detail(order_number: str) -> Response:
    """One order."""
    return answer(mock_render.order(_order(order_number), mock().settings))


@bp.get("/bill/<order_number>")
def bill(order_number: str) -> Response:
    """A printable bill; its form is not documented, so it is a small web page without the buyer."""
    order = _order(order_number)
    return answer(
        f"<html><body><h1>Đơn {order.order_no}</h1><p>{order.sku} x {order.packs}</p></body></html>"
    )


@bp.put("")
def change_status() -> Response:
    """Confirm (3), delivered (7, only by shops that ship themselves) or cancel (13)."""
    body = sent_object()
    order = _order(str(body.get("order_number") or ""))
    status = whole(body, "order_status")
    reason = body.get("cancel_order_reason")
    allow_check = whole(body, "allow_check")
    if status not in (3, 7, 13):
        raise unfit("order_status", status)
    if allow_check not in (None, 0, 1):
        raise unfit("allow_check", allow_check)
    if status == 7 and not mock().settings["self_shipping"]:
        raise SendoSays(
            "Gian hàng không tự giao hàng", ("order_status", "Gian hàng không tự giao hàng", status)
        )
    if status == 13 and reason not in mock_render.REASONS:
        raise SendoSays("Lý do hủy không hợp lệ", ("cancel_order_reason", "Lý do hủy không hợp lệ", reason))
    if status == 7 and order.status is OrderState.CONFIRMED:
        mock().advance(order, OrderState.SHIPPED)  # nobody else says so of a parcel the shop carries itself
    states = {3: OrderState.CONFIRMED, 7: OrderState.DELIVERED, 13: OrderState.CANCELLED}
    mock().advance(order, states[status], cancelled_by="seller", reason=reason)
    return answer(result=True)


def _order(order_number: str) -> MockOrder:
    order = mock().orders.get(order_number)
    if order is None:
        raise SendoSays("Không tìm thấy đơn hàng", ("order_number", "Không tìm thấy đơn hàng", order_number))
    return order


def _filters(body: Mapping[str, Any]) -> dict[str, Any]:
    placed = day(body, "order_date_from"), day(body, "order_date_to", after=True)
    changed = day(body, "order_status_date_from"), day(body, "order_status_date_to", after=True)
    now = int(mock().now().timestamp())
    if changed != (None, None):
        end = changed[1] or now + 1
        start = changed[0] if changed[0] is not None else end - STATUS_WINDOW
        if end - start > STATUS_WINDOW:
            said = "Khoảng ngày trạng thái tối đa 3 ngày"
            raise SendoSays(said, ("order_status_date_from", said, body.get("order_status_date_from")))
        changed = (start, end)
    elif placed == (None, None):
        placed = (now - DAYS_WITHOUT_DATES * DAY, now + 1)
    return {"status": whole(body, "order_status"), "order": list(placed), "changed": list(changed)}


def _found(filters: Mapping[str, Any]) -> tuple[list[int], int]:
    """Numbers of one page and how many there are; unless both dates are given, no window is walked."""
    ends = 2**40
    placed = [filters["order"][0] or 0, filters["order"][1] or ends]
    by_status_date = filters["changed"] != [None, None]
    kind, window = ("status", filters["changed"]) if by_status_date else ("order", placed)
    timeline = mock().by_date[kind, filters["status"]]
    low, high = timeline.window(*window)
    offset, size = filters["offset"], filters["size"]
    if not by_status_date or filters["order"] == [None, None]:
        return timeline.newest(low, high, offset, size), high - low
    both = [
        number
        for number in timeline.newest(low, high, 0)
        if placed[0] <= mock().orders[str(number)].placed_at.timestamp() < placed[1]
    ]
    return both[offset : offset + size], len(both)
