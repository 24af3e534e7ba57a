"""Orders as Voso tells them: its own first four states, then the carrier's published codes."""

import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from connectors.kit.figures import Unreadable, needed, whole
from connectors.kit.protocol import N_, CancelReason, OrderState, RemoteLine, RemoteOrder
from connectors.voso.dates import moment
from connectors.voso.mapping import text

CONFIRM_WITHIN = timedelta(hours=24)  #: after that Voso cancels by itself

PLACED, CONFIRMED, WAYBILL, LAPSED = 10, 11, 12, 13
CANCELLED, DELIVERED, CAME_BACK = 107, 501, 504
_BEFORE_PICKUP = {CONFIRMED, WAYBILL, -100, 100, 102, 103, 104}
_ON_THE_WAY = {
    -108, -109, -110, 105, 106, 200, 202, 300, 301, 302, 303, 320, 400, 401, 402, 403, 500, 505, 506, 507,
    508, 509, 510, 550, 570,
}  # fmt: skip
#: 505 is on the way still, since the sender may ask for another try; from 515 on the parcel turns back.
ORDER_STATES = {
    PLACED: OrderState.NEW,
    **dict.fromkeys(_BEFORE_PICKUP, OrderState.CONFIRMED),
    **dict.fromkeys(_ON_THE_WAY, OrderState.SHIPPED),
    DELIVERED: OrderState.DELIVERED,
    **dict.fromkeys((502, 503, CAME_BACK, 515), OrderState.REFUSED),
    **dict.fromkeys((LAPSED, 101, CANCELLED, 201), OrderState.CANCELLED),
}
_CLOSED = (OrderState.CANCELLED, OrderState.REFUSED)

#: Voso takes any text as a reason; these are ours.
REASONS = (
    CancelReason("HET_HANG", N_("Hết hàng")),
    CancelReason("HANG_HONG", N_("Hàng không đạt chất lượng để giao")),
    CancelReason("KHACH_YEU_CAU", N_("Người mua yêu cầu hủy")),
    CancelReason("KHONG_LIEN_LAC", N_("Không liên lạc được với người mua")),
    CancelReason("SAI_GIA", N_("Sai giá")),
    CancelReason("KHONG_GIAO_DUOC", N_("Không giao được tới địa chỉ này")),
)


def order_from_wire(row: Mapping[str, Any]) -> RemoteOrder:
    """One row of `listOrder` without the buyer; `Unreadable` names what is missing."""
    order_no, items = row.get("ORDER_NUMBER"), row.get("LIST_ITEM")
    if not isinstance(order_no, str | int) or isinstance(order_no, bool) or not order_no:
        raise Unreadable("ORDER_NUMBER")
    if not isinstance(items, list) or not items:
        raise Unreadable("LIST_ITEM")
    placed = moment(row.get("ORDER_DATE"), "ORDER_DATE")
    if placed is None:
        raise Unreadable("ORDER_DATE")
    changed = moment(row.get("ORDER_STATUSDATE"), "ORDER_STATUSDATE") or placed
    reached = _reached(row.get("LIST_STATUS"))
    state = _order_state(row.get("ORDER_STATUS"), delivered=DELIVERED in reached)
    return RemoteOrder(
        order_no=str(order_no),
        state=state,
        lines=_lines(items, came_back=state is OrderState.RETURNED),
        placed_at=placed,
        updated_at=changed,
        delivered_at=reached.get(DELIVERED) or (changed if state is OrderState.DELIVERED else None),
        returned_at=changed if state is OrderState.RETURNED else None,
        closed_at=changed if state in _CLOSED else None,
        cancel_reason=text(row.get("NOTE")) if state in _CLOSED else None,
        shipping_vnd=whole(row.get("MONEY_TOTALFEE"), "MONEY_TOTALFEE") or 0,
        voucher_vnd=whole(row.get("VOUCHER_VALUE"), "VOUCHER_VALUE") or 0,
        raw_state=str(row.get("ORDER_STATUS")),
        confirm_by=placed + CONFIRM_WITHIN if state is OrderState.NEW else None,
    )


def _order_state(code: Any, *, delivered: bool) -> OrderState:
    try:
        status = whole(code)
    except Unreadable:
        return OrderState.UNKNOWN
    state = ORDER_STATES.get(status, OrderState.UNKNOWN) if status is not None else OrderState.UNKNOWN
    return OrderState.RETURNED if state is OrderState.REFUSED and delivered else state


def _reached(journey: Any) -> dict[int, datetime]:
    """When the parcel came to each status of its journey, the first time."""
    reached: dict[int, datetime] = {}
    for step in journey if isinstance(journey, list) else ():
        if not isinstance(step, Mapping):
            raise Unreadable("LIST_STATUS")
        at = moment(step.get("ORDER_STATUSDATE"), "LIST_STATUS")
        status = whole(step.get("ORDER_STATUS"), "LIST_STATUS")
        if at is not None and status is not None:
            reached.setdefault(status, at)
    return reached


def _lines(items: list[Any], *, came_back: bool) -> tuple[RemoteLine, ...]:
    lines: dict[str, RemoteLine] = {}
    for item in items:
        if not isinstance(item, Mapping):
            raise Unreadable("LIST_ITEM")
        line = _line(item, taken=lines, came_back=came_back)
        lines[line.line_id] = line
    return tuple(lines.values())


def _line(item: Mapping[str, Any], *, taken: Mapping[str, RemoteLine], came_back: bool) -> RemoteLine:
    sku, packs = text(item.get("PRODUCT_CODE")), needed(item, "PRODUCT_QUANTITY")
    if sku is None:
        raise Unreadable("PRODUCT_CODE")
    if packs < 0:
        raise Unreadable("PRODUCT_QUANTITY")
    base = str(whole(item.get("PRODUCT_ID"), "PRODUCT_ID") or sku)
    line_id, twin = base, 2
    while line_id in taken:
        line_id, twin = f"{base}#{twin}", twin + 1
    returned = whole(item.get("RETURN_QUANTITY"), "RETURN_QUANTITY")
    if returned is None:
        returned = packs if came_back else 0
    return RemoteLine(
        line_id=line_id,
        sku=unicodedata.normalize("NFC", sku),
        packs=packs,
        price_vnd=whole(item.get("PRODUCT_PRICE"), "PRODUCT_PRICE") or 0,
        returned_packs=min(max(returned, 0), packs),
    )
