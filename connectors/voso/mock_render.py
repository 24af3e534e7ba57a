"""How the mock shows products and orders.

Buyers are invented and born in 2099: raw orders carry personal data on purpose, so that tests prove it is
left out.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from connectors.kit.mock_goods import MockOrder, MockProduct
from connectors.kit.protocol import OrderState
from connectors.voso import mapping, orders
from connectors.voso.dates import moment_text

if TYPE_CHECKING:
    from connectors.voso.mock_state import VosoMock

SHIPPING_FEE = 25_000
PRODUCT_STATUS_NAMES = {
    mapping.DRAFT: "Nháp",
    mapping.WAITING: "Chờ duyệt",
    mapping.REFUSED: "Từ chối",
    mapping.WITHDRAWN: "Người bán rút",
    mapping.LIVE: "Đang bán",
    mapping.AGAIN: "Đang sửa, chờ duyệt lại",
    mapping.HIDDEN: "Ẩn",
    mapping.LOCKED: "Bị khóa",
}
ORDER_STATUS_NAMES = {
    orders.PLACED: "Chờ duyệt",
    orders.CONFIRMED: "Đã duyệt",
    orders.WAYBILL: "Chờ xuất kho",
    orders.LAPSED: "Tự hủy do quá hạn xác nhận",
    500: "Đang giao hàng",
    orders.DELIVERED: "Giao hàng thành công",
    orders.CAME_BACK: "Hoàn hàng thành công",
    orders.CANCELLED: "Đã hủy",
}
_CODES = {
    OrderState.NEW: orders.PLACED,
    OrderState.CONFIRMED: orders.CONFIRMED,
    OrderState.SHIPPED: 500,
    OrderState.DELIVERED: orders.DELIVERED,
    OrderState.REFUSED: orders.CAME_BACK,
    OrderState.RETURNED: orders.CAME_BACK,
    OrderState.CANCELLED: orders.CANCELLED,
}
#: The pickup point every account has; the keys are camelCase in the documents too.
INVENTORY: Mapping[str, Any] = {
    "groupaddressId": 1, "cusId": 8_000_001, "name": "Kho thử 2099", "phone": "0912099001",
    "address": "Số 1 Đường Thử", "provinceId": 20, "districtId": 201, "wardsId": 2011, "postId": 0,
    "merchant": None,
}  # fmt: skip
_BUYER: Mapping[str, Any] = {
    "RECEIVER_FULLNAME": "Nguyễn Thử 2099", "RECEIVER_PHONE": "0912099099",
    "RECEIVER_EMAIL": "nguyen.thu.2099@example.vn", "RECEIVER_ADDRESS": "Số 2099 Đường Thử, Phường Thử",
    "RECEIVER_PROVINCE": 1, "RECEIVER_DISTRICT": 11, "RECEIVER_WARD": 111,
    "ORDER_NOTE": "Gọi 0912 099 099 trước khi giao",
}  # fmt: skip


def product_row(product: MockProduct) -> dict[str, Any]:
    """One row of `listProduct`."""
    wire = product.wire
    return {
        "PRODUCT_ID": wire["PRODUCT_ID"],
        "PRODUCT_CODE": product.sku,
        "PRODUCT_NAME": product.title,
        "CATEGORY_ID": wire["CATEGORY_ID"],
        "PRODUCT_PRICE": product.price_vnd,
        "PRODUCT_QUANTITY": product.stock,
        "PRODUCT_STATUS": wire["PRODUCT_STATUS"],
        "STATUS_NAME": PRODUCT_STATUS_NAMES[wire["PRODUCT_STATUS"]],
        "STATUSDATE": moment_text(product.updated_at),
        "CREATED_DATE": moment_text(product.created_at),
        "NOTE": product.reason,
        "PRODUCT_URL": f"https://voso.vn/san-pham/{product.remote_id}",
    }


_WRITTEN = (
    "PRODUCT_DESCRIPTION", "PRODUCT_WEIGHT", "PRODUCT_LENGTH", "PRODUCT_WIDTH", "PRODUCT_HEIGHT",
    "GROUPADDRESS_ID", "LIST_IMAGE", "LIST_ATTRIBUTE",
)  # fmt: skip


def product_detail(product: MockProduct) -> dict[str, Any]:
    """Everything about one product."""
    return {**product_row(product), **{name: product.wire[name] for name in _WRITTEN}}


def pushed_product(product: MockProduct) -> dict[str, Any]:
    """`DATA` of a product event."""
    names = ("PRODUCT_ID", "PRODUCT_CODE", "PRODUCT_STATUS", "STATUS_NAME", "STATUSDATE", "NOTE")
    row = product_row(product)
    return {**{name: row[name] for name in names}, "REASON_CODE": None}


def order_code(order: MockOrder, waybills: Mapping[str, str]) -> int:
    """The order's `ORDER_STATUS`."""
    if order.status is OrderState.CONFIRMED and order.order_no in waybills:
        return orders.WAYBILL
    if order.status is OrderState.CANCELLED and order.cancelled_by == "system":
        return orders.LAPSED
    return _CODES[order.status]


def order(sold: MockOrder, mock: "VosoMock") -> dict[str, Any]:
    """One row of `listOrder` with everything it tells, the buyer too."""
    goods = sold.price_vnd * sold.packs
    code = order_code(sold, mock.waybills)
    return {
        **_BUYER,
        "ORDER_NUMBER": sold.order_no,
        "ORDER_REFERENCE": mock.waybills.get(sold.order_no),
        "ORDER_STATUS": code,
        "STATUS_NAME": ORDER_STATUS_NAMES[code],
        "ORDER_DATE": moment_text(sold.placed_at),
        "ORDER_STATUSDATE": moment_text(sold.updated_at),
        "ORDER_PAYMENT": 2,
        "MONEY_COLLECTION": goods + SHIPPING_FEE,
        "MONEY_TOTALFEE": SHIPPING_FEE,
        "MONEY_TOTAL": goods + SHIPPING_FEE,
        "VOUCHER_VALUE": 0,
        "NOTE": sold.cancel_reason,
        "LIST_STATUS": [
            {
                "ORDER_STATUS": reached,
                "STATUS_NAME": ORDER_STATUS_NAMES[reached],
                "ORDER_STATUSDATE": moment_text(at),
            }
            for reached, at in mock.journeys[sold.order_no]
        ],
        "LIST_ITEM": [_item(sold)],
    }


def _item(sold: MockOrder) -> dict[str, Any]:
    return {
        "PRODUCT_ID": sold.product.wire["PRODUCT_ID"],
        "PRODUCT_CODE": sold.sku,
        "PRODUCT_NAME": sold.product.title,
        "PRODUCT_QUANTITY": sold.packs,
        "PRODUCT_PRICE": sold.price_vnd,
        "PRODUCT_WEIGHT": sold.product.wire["PRODUCT_WEIGHT"],
        "RETURN_QUANTITY": sold.returned_packs,
    }


def pushed_order(sold: MockOrder, mock: "VosoMock") -> dict[str, Any]:
    """`DATA` of an order event: the fields of the documented parcel event."""
    whole = order(sold, mock)
    names = (
        "ORDER_NUMBER", "ORDER_REFERENCE", "ORDER_STATUS", "STATUS_NAME", "ORDER_STATUSDATE", "NOTE",
        "MONEY_COLLECTION", "MONEY_TOTALFEE", "MONEY_TOTAL", "VOUCHER_VALUE", "ORDER_PAYMENT",
        "RECEIVER_FULLNAME", "ORDER_NOTE",
    )  # fmt: skip
    return {
        **{name: whole[name] for name in names},
        "LOCALION_CURRENTLY": "",
        "LOCATION_CURRENTLY": "",
        "MONEY_FEECOD": 0,
        "MONEY_TOTALVAT": 0,
        "EXPECTED_DELIVERY": "Trong 3 ngày",
        "PRODUCT_WEIGHT": sold.product.wire["PRODUCT_WEIGHT"] * sold.packs,
        "ORDER_SERVICE": "VCN",
        "ORDER_SERVICE_ADD": None,
        "DETAIL": [],
        "EMPLOYEE_NAME": None,
        "EMPLOYEE_PHONE": None,
        "IS_RETURNING": sold.status in (OrderState.REFUSED, OrderState.RETURNED),
        "REASON_CODE": None,
        "GROUPADDRESS_ID": 1,
    }
