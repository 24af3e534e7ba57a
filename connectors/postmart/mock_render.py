"""How the mock shows products, cases, orders and parcels.

Buyers are invented and born in 2099: raw orders carry personal data on purpose, so that tests prove it is
left out.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from connectors.kit.mock_goods import VIETNAM, MockOrder, MockProduct
from connectors.kit.protocol import OrderState
from connectors.postmart import mapping, order_mapping

if TYPE_CHECKING:
    from connectors.postmart.mock_records import Case, Parcel

SHIPPING_FEE = 22_000
CANCELLED = 22
CANCEL = "04"  #: our `AffairType` of a cancellation
_FORMS = {"slash": "%d/%m/%Y %H:%M:%S", "dash": "%d-%m-%Y %H:%M:%S", "iso": "%Y-%m-%dT%H:%M:%S"}
_MIXED = {"createdDate": "slash", "lastUpdateDate": "dash"}  #: every other date is ISO
CODES = {
    OrderState.NEW: 3,
    OrderState.CONFIRMED: 2,
    OrderState.SHIPPED: 12,
    OrderState.DELIVERED: 14,
    OrderState.REFUSED: 19,
    OrderState.CANCELLED: CANCELLED,
    OrderState.RETURNED: 19,
}
STATUS_NAMES = {
    0: "Nháp", 1: "Đã tạo", 2: "Bưu tá nhận yêu cầu", 3: "Chờ xác nhận", 12: "Đang giao", 14: "Đã giao",
    19: "Trả hàng thành công", 20: "Trả một phần", 22: "Hủy giao", 23: "Giao một phần",
}  # fmt: skip
PRODUCT_STATUS_NAMES = {
    mapping.DRAFT: "Nháp",
    mapping.WAITING: "Chờ duyệt",
    mapping.APPROVED: "Đã duyệt, đang bán",
    mapping.REFUSED: "Bị từ chối",
    mapping.HIDDEN: "Tạm ẩn",
    mapping.LOCKED: "Bị khóa",
    mapping.STOPPED: "Ngừng bán",
}
_BUYER: Mapping[str, Any] = {
    "receiverName": "Nguyễn Thử 2099",
    "receiverPhone": "0912099099",
    "receiverEmail": "nguyen.thu.2099@example.vn",
    "receiverAddress": "Số 2099 Đường Thử, Phường Thử",
    "receiverProvinceCode": "10",
    "receiverDistrictCode": mapping.NEW_ADDRESS,
    "receiverCommuneCode": "10001",
    "customerNote": "Gọi 0912 099 099 trước khi giao",
}


def when(field: str, moment: datetime | None, settings: Mapping[str, Any]) -> str | None:
    """A date in the form this mock writes for that field, Vietnamese time."""
    if moment is None:
        return None
    form = settings["date_form"]
    form = _MIXED.get(field, "iso") if form == "mixed" else form
    return moment.astimezone(VIETNAM).strftime(_FORMS[form])


def number_of(order_no: str) -> int:
    """The running number inside an order's code."""
    return int(order_no[2:-2])


def original_id(order_no: str) -> str:
    """The original id of a marketplace order."""
    return f"9{number_of(order_no):09d}"


def order_no_of(original: str) -> str:
    """The code of the marketplace order with this original id, whether there is one or not."""
    return f"PM{original[1:]}VN"


def product(one: MockProduct, cases: Mapping[str, "Case"], settings: Mapping[str, Any]) -> dict[str, Any]:
    """One product record; what waits for approval stands beside what is there."""
    wire = one.wire
    return {
        **list_row(one, cases, settings),
        "contentNote": wire["contentNote"],
        "width": wire["width"],
        "length": wire["length"],
        "height": wire["height"],
        "originProvinceCode": wire["originProvinceCode"],
        "originDistrictCode": wire["originDistrictCode"],
        "originCommuneCode": wire["originCommuneCode"],
        "ocopStar": wire["ocopStar"],
        "ocopCertificate": wire["ocopCertificate"],
        "props": wire["props"],
        "images": wire["images"],
    }


def list_row(one: MockProduct, cases: Mapping[str, "Case"], settings: Mapping[str, Any]) -> dict[str, Any]:
    """One row of `GetListProduct`: a record without its long parts."""
    wire = one.wire
    return {
        "productHdrID": wire["productHdrID"],
        "originalId": one.remote_id,
        "saleProductCode": one.sku,
        "productName": one.title,
        "categoryCode": wire["categoryCode"],
        "price": one.price_vnd,
        "quantity": one.stock,
        "weight": wire["weight"],
        "unit": wire["unit"],
        "status": wire["status"],
        "statusName": PRODUCT_STATUS_NAMES[wire["status"]],
        "note": one.reason,
        "createdDate": when("createdDate", one.created_at, settings),
        "lastUpdateDate": when("lastUpdateDate", one.updated_at, settings),
        "productUrl": f"https://postmart.vn/p/x-{wire['productHdrID']}.html",
        "waitingCases": [waiting(case, settings) for case in cases.values()],
    }


def waiting(case: "Case", settings: Mapping[str, Any]) -> dict[str, Any]:
    """A waiting case inside its product's record."""
    return {
        "caseId": case.case_id,
        "affairType": case.affair,
        "createdDate": when("createdDate", case.created_at, settings),
        "informationProduct": case.change,
    }


def case_answer(case: "Case", settings: Mapping[str, Any], *, full: bool = False) -> dict[str, Any]:
    """What a correction answers, and with `full` what a question about it does."""
    words = {mapping.ACCEPTED: "Đã duyệt", mapping.PENDING: "Chờ duyệt"}
    told: dict[str, Any] = {
        "Type": case.type,
        "Message": words.get(case.type, "Không duyệt"),
        "CaseId": case.case_id,
    }
    if full:
        told.update(Note=case.note, OriginalId=case.original_id)
    return cased(told, settings)


def cased(told: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Keys with a large or a small first letter, as this mock writes them."""
    if settings["case_keys"] == "pascal":
        return dict(told)
    return {key[:1].lower() + key[1:]: value for key, value in told.items()}


def order_code(one: MockOrder) -> int:
    """The order's status; 20 when only a part came back, 23 when the buyer took only a part."""
    if one.status is OrderState.RETURNED and one.returned_packs < one.packs:
        return 20
    if one.status is OrderState.DELIVERED and (one.delivered_packs or one.packs) < one.packs:
        return 23
    return CODES[one.status]


def order_steps(one: MockOrder) -> list[tuple[int, datetime]]:
    """The statuses of an order and when it got them."""
    moved = [(CODES[OrderState(name.removesuffix("_at"))], at) for name, at in one.stamps.items()]
    return [(CODES[OrderState.NEW], one.placed_at), *moved]


def order(one: MockOrder, settings: Mapping[str, Any]) -> dict[str, Any]:
    """One marketplace order with everything the real one would tell, the buyer too."""
    goods = one.price_vnd * one.packs
    status = order_code(one)
    detail = {
        "detailId": f"{number_of(one.order_no)}-1",
        "originalProductId": one.product.remote_id,
        "saleProductCode": one.sku,
        "productName": one.product.title,
        "quantity": one.packs,
        "price": one.price_vnd,
        "deliveredQuantity": one.delivered_packs or 0,
        "returnedQuantity": one.returned_packs,
    }
    weight = int(one.product.wire["weight"]) * one.packs
    return {
        "orderHdrID": number_of(one.order_no),
        "originalId": original_id(one.order_no),
        "itemCode": one.order_no,
        "saleOrderCode": f"SAN-{number_of(one.order_no)}",
        "type": "SAN",
        "status": status,
        "statusName": STATUS_NAMES[status],
        "orderDetails": [detail],
        "weight": str(weight),
        "goodsAmount": goods,
        "shippingFee": float(SHIPPING_FEE),
        "totalFee": SHIPPING_FEE * 1.08,
        "voucherAmount": 0,
        "totalAmount": float(goods + SHIPPING_FEE),
        "createdDate": when("createdDate", one.placed_at, settings),
        "lastUpdateDate": when("lastUpdateDate", one.updated_at, settings),
        "deliveredDate": when("deliveredDate", one.stamps.get("delivered_at"), settings),
        "cancelDate": when("cancelDate", one.stamps.get("cancelled_at"), settings),
        "cancelBy": one.cancelled_by,
        "cancelReason": one.cancel_reason,
        **_BUYER,
    }


def parcel(one: "Parcel", settings: Mapping[str, Any]) -> dict[str, Any]:
    """One parcel record."""
    return {
        **one.wire,
        "originalId": one.original_id,
        "itemCode": one.item_code,
        "status": one.status,
        "statusName": STATUS_NAMES.get(one.status, ""),
        "createdDate": when("createdDate", one.created_at, settings),
        "lastUpdateDate": when("lastUpdateDate", one.updated_at, settings),
    }


REASONS = frozenset(reason.code for reason in order_mapping.REASONS)
