"""Orders of the mock; the documented parcel routes and those of the marketplace share their paths.

A code or original id is looked up among marketplace orders first, then among parcels; lists tell them apart
by `type`: SAN is the marketplace (ours), GUI are parcels sent, NHAN parcels received.
"""

from typing import Any

from flask import Blueprint, Response

from connectors.kit.mock_goods import Impossible, MockOrder
from connectors.kit.protocol import OrderState
from connectors.postmart import mapping, mock_render
from connectors.postmart.mock_records import Parcel
from connectors.postmart.mock_wire import (
    PostmartSays,
    answer,
    asked,
    days,
    mock,
    page_of,
    sent_object,
    text,
    wrong_part,
)

WRONG = "Message"
KINDS = ("1", "2", "3")  #: of a code: the item code, the shop's code, the original id
MISSING = "Không tìm thấy đơn hàng"
_COLLECTED = 6

bp = Blueprint("orders", __name__)


def found_order(kind: str, code: str) -> MockOrder | None:
    """A marketplace order by the kind of code that was asked for."""
    orders = mock().orders
    if kind == "1":
        return orders.get(code)
    if kind == "3":
        return orders.get(mock_render.order_no_of(code)) if code.startswith("9") else None
    number = code.removeprefix("SAN-")
    known = code.startswith("SAN-") and number.isascii() and number.isdigit() and len(number) < 10
    return orders.get(f"PM{int(number):09d}VN") if known else None


def found_parcel(kind: str, code: str) -> Parcel | None:
    """A parcel by the kind of code that was asked for."""
    parcels = mock().parcels
    if kind == "3":
        return parcels.get(code)
    name = "saleOrderCode"
    return next(
        (
            one
            for one in parcels.values()
            if (one.item_code == code if kind == "1" else one.wire[name] == code)
        ),
        None,
    )


@bp.get("/getOrder")
def one() -> Response:
    """One order or parcel by its code, nested in an array."""
    kind, code = asked("type", KINDS), asked("code")
    order, settings = found_order(kind, code), mock().settings
    if order is not None:
        return answer([{"results": [mock_render.order(order, settings)]}])
    parcel = found_parcel(kind, code)
    return answer([{"results": [] if parcel is None else [mock_render.parcel(parcel, settings)]}])


@bp.get("/GetListOrder")
def listed() -> Response:
    """Orders or parcels changed on up to 31 days, oldest change first; no total is told."""
    kind = asked("type", ("SAN", "GUI", "NHAN"))
    window, settings = days(), mock().settings
    if kind == "SAN":
        keys = page_of(mock().changed["order"].days(*window))
        rows: list[dict[str, Any]] = [mock_render.order(mock().orders[key], settings) for key in keys]
    elif kind == "GUI":
        keys = page_of(mock().changed["parcel"].days(*window))
        rows = [mock_render.parcel(mock().parcels[key], settings) for key in keys]
    else:  # nobody sends this shop anything
        page_of([])
        rows = []
    return answer({"results": rows})


@bp.post("/orderConfirm")
def confirm() -> Response:
    """The seller takes an order on."""
    order = found_order("3", text(sent_object(WRONG), "OriginalId", WRONG))
    if order is None:
        raise PostmartSays(MISSING, WRONG)
    mock().advance(order, OrderState.CONFIRMED)
    told = {"Type": mapping.ACCEPTED, "Message": "Đã xác nhận", "CaseId": None}
    return answer(mock_render.cased(told, mock().settings))


@bp.post("/orderCancel")
def cancel() -> Response:
    """Ask for the cancellation of an order (with a reason) or of a parcel that was not collected yet."""
    body = sent_object(WRONG)
    original = text(body, "OriginalId", WRONG)
    order, parcel = found_order("3", original), mock().parcels.get(original)
    if order is not None:
        if body.get("ReasonCode") not in sorted(mock_render.REASONS):
            raise wrong_part("ReasonCode", "Lý do hủy không hợp lệ", WRONG)
        if order.status not in (OrderState.NEW, OrderState.CONFIRMED):
            raise Impossible("Đơn không còn hủy được")
    elif parcel is None:
        raise PostmartSays(MISSING, WRONG)
    elif parcel.status >= _COLLECTED:
        raise Impossible("Đơn đã được thu gom hoặc đã hủy")
    case = mock().open_case(original, mock_render.CANCEL, {"ReasonCode": body.get("ReasonCode")})
    return answer(mock_render.case_answer(case, mock().settings))


@bp.get("/orderCorrection/updateCase")
def update_case() -> Response:
    """What became of a correction or cancellation; asking settles it once its time has come."""
    original, case_id = asked("OriginalId", (), WRONG), asked("CaseId", (), WRONG)
    case = mock().cases.get(case_id)
    if case is None or case.original_id != original or original in mock().products:
        raise PostmartSays("Không tìm thấy yêu cầu", WRONG)
    mock().ask_about(case)
    return answer([mock_render.case_answer(case, mock().settings, full=True)])
