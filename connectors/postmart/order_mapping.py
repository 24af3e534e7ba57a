"""Between our words and Postmart's, for orders: the parcel statuses of MyVNPost, and the buyer left out."""

import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

from connectors.kit.figures import Unreadable, needed, whole
from connectors.kit.protocol import CancelReason, OrderState, RemoteLine, RemoteOrder

VIETNAM = timezone(timedelta(hours=7))
_FORMS = ("%d/%m/%Y %H:%M:%S", "%d-%m-%Y %H:%M:%S", "%d/%m/%Y", "%d-%m-%Y")

#: Statuses whose meaning does not depend on whether the parcel was delivered before.
_STATES = {
    "1": OrderState.NEW,
    "2": OrderState.CONFIRMED,
    "3": OrderState.NEW,
    "4": OrderState.CONFIRMED,
    "5": OrderState.CONFIRMED,
    "6": OrderState.SHIPPED,
    "7": OrderState.SHIPPED,
    "8": OrderState.CONFIRMED,  # not collected, not cancelled: the goods are still promised
    "9": OrderState.CANCELLED,
    "10": OrderState.SHIPPED,
    "11": OrderState.SHIPPED,
    "12": OrderState.SHIPPED,
    "13": OrderState.SHIPPED,
    "14": OrderState.DELIVERED,
    "15": OrderState.SHIPPED,
    "20": OrderState.RETURNED,
    "21": OrderState.DELIVERED,
    "22": OrderState.CANCELLED,
    "23": OrderState.DELIVERED,
    "29": OrderState.CANCELLED,
}
_ON_THE_WAY_BACK = ("16", "17", "18", "24")
CAME_BACK, PARTLY_BACK, PARTLY_DELIVERED, FEES_PAID = "19", "20", "23", "28"

#: Why a seller may cancel; codes and words are ours.
REASONS = (
    CancelReason("01", "Hết hàng"),
    CancelReason("02", "Hàng không đạt chất lượng để giao"),
    CancelReason("03", "Không liên lạc được với người mua"),
    CancelReason("04", "Sai giá hoặc sai quy cách"),
    CancelReason("05", "Không giao được đến địa chỉ này"),
    CancelReason("06", "Người mua đề nghị hủy"),
)
_REASON_NAMES = {reason.code: reason.name for reason in REASONS}


def moment(value: Any, field: str) -> datetime | None:
    """A time stamp in any of the forms in use, Vietnamese time where no zone is told."""
    if value is None or value == "":
        return None
    if isinstance(value, str) and len(value) < 40:
        read = _read(value.strip())
        if read is not None:
            return read
    raise Unreadable(field)


def _read(text: str) -> datetime | None:
    for form in _FORMS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=VIETNAM).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=VIETNAM)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def day(at: datetime) -> date:
    """The Vietnamese day of an instant."""
    return at.astimezone(VIETNAM).date()


def noon(on: date) -> datetime:
    """An instant on that Vietnamese day."""
    return datetime.combine(on, time(12), VIETNAM)


def order_from_wire(row: Mapping[str, Any]) -> RemoteOrder:
    """One record of `getOrder` or `GetListOrder` without the buyer; `Unreadable` names what is missing."""
    order_no = row.get("itemCode")
    if not isinstance(order_no, str) or not order_no:
        raise Unreadable("itemCode")
    placed = moment(row.get("createdDate"), "createdDate")
    if placed is None:
        raise Unreadable("createdDate")
    changed = moment(row.get("lastUpdateDate"), "lastUpdateDate") or placed
    delivered = moment(row.get("deliveredDate"), "deliveredDate")
    status = "" if row.get("status") is None else str(row["status"])
    state = _state(status, delivered=delivered is not None)
    if state is OrderState.DELIVERED and delivered is None:
        delivered = changed
    over = state in (OrderState.CANCELLED, OrderState.REFUSED)
    return RemoteOrder(
        order_no=order_no,
        state=state,
        lines=_lines(row.get("orderDetails"), status, state),
        placed_at=placed,
        updated_at=max(changed, placed),
        delivered_at=delivered,
        returned_at=changed if state is OrderState.RETURNED else None,
        closed_at=(moment(row.get("cancelDate"), "cancelDate") or changed) if over else None,
        cancel_reason=_reason(row.get("cancelReason")),
        shipping_vnd=whole(row.get("shippingFee"), "shippingFee") or 0,
        voucher_vnd=whole(row.get("voucherAmount"), "voucherAmount") or 0,
        raw_state=status,
    )


def _state(status: str, *, delivered: bool) -> OrderState:
    if status == CAME_BACK:
        return OrderState.RETURNED if delivered else OrderState.REFUSED
    if status in _ON_THE_WAY_BACK:
        return OrderState.DELIVERED if delivered else OrderState.SHIPPED
    if status == FEES_PAID and delivered:
        return OrderState.DELIVERED
    return _STATES.get(status, OrderState.UNKNOWN)


def _reason(value: Any) -> str | None:
    return _REASON_NAMES.get(value, value) if isinstance(value, str) and value else None


def _lines(details: Any, status: str, state: OrderState) -> tuple[RemoteLine, ...]:
    if not isinstance(details, list) or not details:
        raise Unreadable("orderDetails")
    lines: dict[str, RemoteLine] = {}
    for detail in details:
        if not isinstance(detail, Mapping):
            raise Unreadable("orderDetails")
        line = _line(detail, lines, status, state)
        lines[line.line_id] = line
    return tuple(lines.values())


def _line(
    detail: Mapping[str, Any], taken: Mapping[str, RemoteLine], status: str, state: OrderState
) -> RemoteLine:
    sku, packs = detail.get("saleProductCode"), needed(detail, "quantity")
    if not isinstance(sku, str) or not sku:
        raise Unreadable("saleProductCode")
    if packs < 0:
        raise Unreadable("quantity")
    base = str(detail.get("detailId") or sku)
    line_id, twin = base, 2
    while line_id in taken:
        line_id, twin = f"{base}#{twin}", twin + 1
    return RemoteLine(
        line_id=line_id,
        sku=unicodedata.normalize("NFC", sku),
        packs=packs,
        price_vnd=whole(detail.get("price"), "price") or 0,
        returned_packs=min(max(_back(detail, packs, status, state), 0), packs),
        delivered_packs=_taken(detail, packs, status),
    )


def _back(detail: Mapping[str, Any], packs: int, status: str, state: OrderState) -> int:
    """How many packs came back; of an order that came back in part only its rows can tell."""
    if status == PARTLY_BACK:
        return needed(detail, "returnedQuantity")
    returned = whole(detail.get("returnedQuantity"), "returnedQuantity")
    if returned is None:
        return packs if state is OrderState.RETURNED else 0
    return returned


def _taken(detail: Mapping[str, Any], packs: int, status: str) -> int | None:
    """How many packs the buyer took, when that is told and not all of them."""
    if status == PARTLY_DELIVERED:
        return min(max(needed(detail, "deliveredQuantity"), 0), packs)
    taken = whole(detail.get("deliveredQuantity"), "deliveredQuantity")
    return taken if taken is not None and 0 < taken < packs else None
