"""The documented MyVNPost parcel routes: create, drafts, corrections, fees, history, labels."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response

from connectors.kit.mock_goods import VIETNAM
from connectors.postmart import mock_render
from connectors.postmart.mock_orders import KINDS, MISSING, found_order, found_parcel
from connectors.postmart.mock_records import Parcel
from connectors.postmart.mock_wire import (
    PostmartSays,
    answer,
    asked,
    mock,
    optional,
    sent_object,
    sent_rows,
    text,
    weight,
    whole,
    wrong_part,
)

DRAFT, CREATED, COLLECTED = 0, 1, 6
CONTENT = "02"
LABELS = 100
_WRONG, _CASE_WRONG = "errorMessage", "Message"
_NEEDED = ("senderName", "senderPhone", "senderAddress", "receiverName", "receiverPhone", "receiverAddress")
_OPTIONAL = (
    "saleOrderCode", "serviceCode", "contentNote",
    "senderProvinceCode", "senderDistrictCode", "senderCommuneCode",
    "receiverProvinceCode", "receiverDistrictCode", "receiverCommuneCode", "receiverEmail",
)  # fmt: skip
_SERVICES = {
    "CTN007": ("Chuyển phát tiêu chuẩn", 18_000, 4_000),
    "CTN009": ("Chuyển phát nhanh", 26_000, 7_000),
}
_PERSON = {
    "Name": "Name",
    "Phone": "Phone",
    "Address": "Address",
    "ProvinceCode": "ProvinceCode",
    "DistrictCode": "DistrictCode",
    "CommuneCode": "CommuneCode",
}

bp = Blueprint("parcel", __name__)


@bp.post("/CreateOrder")
def create() -> Response:
    """A parcel, or a draft of one; answers its bare record, wrapped in `data` where that is switched on."""
    body = sent_object(_WRONG)
    status = whole(body, "orderCreationStatus", _WRONG)
    if status not in (DRAFT, CREATED):
        raise wrong_part("orderCreationStatus", "0 là nháp, 1 là tạo đơn", _WRONG)
    if body.get("type") != "GUI":
        raise wrong_part("type", "Chỉ nhận GUI", _WRONG)
    if text(body, "customerCode", _WRONG) != mock().credentials["customerCode"]:
        raise wrong_part("customerCode", "Mã khách hàng không đúng", _WRONG)
    optional(body, "contractCode", _WRONG)
    information = body.get("informationOrder")
    if not isinstance(information, dict):
        raise wrong_part("informationOrder", "Thiếu thông tin đơn hàng", _WRONG)
    record = mock_render.parcel(_stored(_normal(information), status), mock().settings)
    return answer({"data": record} if mock().settings["wrap_created"] else record)


def _normal(told: Mapping[str, Any]) -> dict[str, Any]:
    """`informationOrder` in its types; the weight is a text of grams."""
    wire: dict[str, Any] = {name: text(told, name, _WRONG) for name in _NEEDED}
    wire.update({name: optional(told, name, _WRONG) for name in _OPTIONAL})
    wire["weight"] = weight(told, "weight", _WRONG)
    addons = told.get("addonService")
    rows = [] if addons is None else addons
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise wrong_part("addonService", "Dữ liệu không phù hợp", _WRONG)
    wire["addonService"] = [
        {"code": text(row, "code", _WRONG), "propValue": text(row, "propValue", _WRONG)} for row in rows
    ]
    return wire


def _stored(wire: dict[str, Any], status: int) -> Parcel:
    memory = mock()
    number, now = memory.number("parcel"), memory.now()
    wire = {
        **wire,
        "orderHdrID": number,
        "type": "GUI",
        "totalFee": _fee("CTN007", int(wire["weight"]))["totalFee"],
    }
    parcel = Parcel(f"8{number:09d}", f"EB{number:09d}VN", wire, status, now, now)
    memory.parcels[parcel.original_id] = parcel
    memory.move_parcel(parcel, status)
    return parcel


def _draft() -> Parcel:
    kind, code = asked("type", KINDS, _WRONG), asked("code", (), _WRONG)
    parcel = found_parcel(kind, code)
    if parcel is None:
        raise PostmartSays(MISSING, _WRONG)
    if parcel.status != DRAFT:
        raise PostmartSays("Đơn không còn là bản nháp", _WRONG)
    return parcel


@bp.get("/createOrderByDraft")
def publish() -> Response:
    """Make a parcel of a draft."""
    parcel = _draft()
    mock().move_parcel(parcel, CREATED)
    return answer(mock_render.parcel(parcel, mock().settings))


@bp.get("/deleteOrderByDraft")
def delete() -> Response:
    """Delete a draft."""
    parcel = _draft()
    del mock().parcels[parcel.original_id]
    mock().changed["parcel"].drop(parcel.original_id)
    return answer({"success": True, "message": "Đã xóa bản nháp"})


@bp.post("/orderCorrection")
def correct() -> Response:
    """Change a parcel that was not collected yet; the change waits for approval."""
    body = sent_object(_CASE_WRONG)
    parcel = mock().parcels.get(text(body, "OriginalId", _CASE_WRONG))
    if parcel is None:
        raise PostmartSays(MISSING, _CASE_WRONG)
    if text(body, "AffairType", _CASE_WRONG) != CONTENT:
        raise wrong_part("AffairType", "Chỉ nhận 02", _CASE_WRONG)
    if parcel.status >= COLLECTED:
        raise PostmartSays("Đơn đã được thu gom hoặc đã hủy", _CASE_WRONG)
    change = {**_person(body, "Sender"), **_person(body, "Receiver"), **_package(body)}
    if not change:
        raise PostmartSays("Không có gì để sửa", _CASE_WRONG)
    case = mock().open_case(parcel.original_id, CONTENT, {"wire": change})
    return answer(mock_render.case_answer(case, mock().settings))


def _person(body: Mapping[str, Any], who: str) -> dict[str, Any]:
    told = _part(body, who)
    return {
        f"{who.lower()}{name}": text(told, name, _CASE_WRONG)
        for name in _PERSON
        if told.get(name) is not None
    }


def _package(body: Mapping[str, Any]) -> dict[str, Any]:
    told = _part(body, "Package")
    return {} if told.get("Weight") is None else {"weight": weight(told, "Weight", _CASE_WRONG)}


def _part(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    told = body.get(name)
    if told is not None and not isinstance(told, dict):
        raise wrong_part(name, "Dữ liệu không phù hợp", _CASE_WRONG)
    return told or {}


@bp.post("/ServicesCharge")
def fees() -> Response:
    """Provisional fees of one service, or of all when none is named; here the weight is a number."""
    body = sent_object()
    told = body.get("data")
    if not isinstance(told, dict):
        raise wrong_part("data", "Thiếu thông tin tính cước")
    grams = whole(told, "weight")
    if not 0 < grams <= 10**7:
        raise wrong_part("weight", "Khối lượng phải lớn hơn 0")
    sides = [whole(told, side) for side in ("length", "width", "height") if told.get(side) is not None]
    volumetric = sides[0] * sides[1] * sides[2] // 6 if len(sides) == 3 else 0
    if not 0 <= volumetric <= 10**9:
        raise wrong_part("length", "Kích thước không hợp lệ")
    code = told.get("serviceCode") or None
    if code is not None and (not isinstance(code, str) or code not in _SERVICES):
        raise wrong_part("serviceCode", "Không có dịch vụ này")
    weighed = max(grams, volumetric)
    return answer([_fee(name, weighed) for name in ([code] if code else _SERVICES)])


def _fee(code: str, grams: int) -> dict[str, Any]:
    name, first, more = _SERVICES[code]
    main = float(first + more * max(0, (grams - 1) // 500))
    # One service spells it vasfee, the other vasFee, as real answers do.
    return {
        "serviceCode": code,
        "serviceName": name,
        "mainFee": main,
        "vasfee" if code == "CTN007" else "vasFee": 0.0,
        "totalFee": round(main * 1.08, 2),
        "priceWeight": grams,
        "weightConvert": grams,
    }


@bp.get("/GetStatusHistoryOrder")
def history() -> Response:
    """The statuses a parcel or order went through, oldest first."""
    kind, code = asked("type", KINDS), asked("code")
    parcel, order = found_parcel(kind, code), found_order(kind, code)
    if parcel is not None:
        steps = list(parcel.history)
    elif order is not None:
        steps = mock_render.order_steps(order)
    else:
        raise PostmartSays(MISSING)
    rows = [
        {
            "createdDate": f"{at.astimezone(VIETNAM):%d/%m/%Y}",
            "createdHour": f"{at.astimezone(VIETNAM):%H:%M:%S}",
            "statusCode": str(status),
            "statusName": mock_render.STATUS_NAMES.get(status, ""),
        }
        for status, at in steps
    ]
    return answer({"statusHistory": rows})


@bp.post("/exportListReport")
def labels() -> Response:
    """Labels of up to 100 parcels or orders as PDF in base64, in the same order."""
    codes = sent_rows(LABELS)
    known = [
        isinstance(code, str) and (found_parcel("1", code) or found_order("1", code)) is not None
        for code in codes
    ]
    if not all(known):
        raise PostmartSays(MISSING)
    return answer([b64encode(_label(code)).decode() for code in codes])


def _label(code: str) -> bytes:
    """The smallest PDF with one page that names the parcel, without anybody's address."""
    drawn = f"BT /F1 14 Tf 20 80 Td ({code}) Tj ET".encode("ascii", "replace")
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 280 120]/Contents 4 0 R"
        b"/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(drawn), drawn),
    ]
    body = b"".join(b"%d 0 obj%s endobj\n" % (number, part) for number, part in enumerate(parts, 1))
    return b"%PDF-1.4\n" + body + b"trailer<</Root 1 0 R>>\n%%EOF\n"
