"""Order calls of the mock: lists, detail, and the one call that moves orders and parcels alike."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request

from connectors.kit.mock_goods import MockOrder
from connectors.kit.protocol import OrderState
from connectors.voso import mock_parcel, mock_render
from connectors.voso.mock_pages import page_of, window
from connectors.voso.mock_wire import VosoSays, answer, mock, needed, sent, text, whole, wrong

NOTE_MOST = 150
ALREADY = "Order status already exists on the system"
CONFIRM, CANCEL, WAYBILL = 1, 4, 6

bp = Blueprint("orders", __name__, url_prefix="/v2/order")


@bp.post("/listOrder")
def listed() -> Response:
    """Orders by state and by the days of their last change, newest change first."""
    body = sent()
    status, days = whole(body, "ORDER_STATUS"), window(body)
    numbers = mock().changed_between(*(days or (float("-inf"), float("inf"))))
    if status is not None:
        numbers = [number for number in numbers if _code(mock().orders[number]) == status]
    rows = [mock_render.order(mock().orders[number], mock()) for number in page_of(body, numbers)]
    total = sum(mock().orders[number].price_vnd * mock().orders[number].packs for number in numbers)
    return answer({"TOTAL": len(numbers), "TOTAL_MONEY": total, "LIST_ORDER": rows})


@bp.get("/getOrderInfoByOrderNumber")
def detail() -> Response:
    """One order."""
    order = mock().orders.get(request.args.get("orderNumber", ""))
    if order is None:
        raise VosoSays("Order does not exist")
    return answer(mock_render.order(order, mock()))


@bp.post("/UpdateOrder")
def update_order() -> Response:
    """Confirm, cancel or make the waybill of an order; approve, cancel, redeliver or delete a parcel."""
    body = sent()
    number, step = text(body, "ORDER_NUMBER"), needed(body, "TYPE")
    if len(text(body, "NOTE")) > NOTE_MOST:
        raise wrong("NOTE")
    order = mock().orders.get(number)
    if order is None:
        mock_parcel.move(number, step)
    else:
        _move(order, step, body)
    return answer(message="Update order successfully")


def _move(order: MockOrder, step: int, body: Mapping[str, Any]) -> None:
    if step == CONFIRM:
        _must_be(order, OrderState.NEW)
        mock().advance(order, OrderState.CONFIRMED)
    elif step == WAYBILL:
        _must_be(order, OrderState.CONFIRMED)
        if order.order_no in mock().waybills:
            raise VosoSays(ALREADY)
        mock().give_waybill(order)
    elif step == CANCEL:
        _must_be(order, OrderState.NEW, OrderState.CONFIRMED)
        note = text(body, "NOTE") or None
        mock().advance(order, OrderState.CANCELLED, cancelled_by="seller", reason=note)
    else:
        raise wrong("TYPE")


def _must_be(order: MockOrder, *states: OrderState) -> None:
    if order.status not in states:
        raise VosoSays(ALREADY)


def _code(order: MockOrder) -> int:
    return mock_render.order_code(order, mock().waybills)
