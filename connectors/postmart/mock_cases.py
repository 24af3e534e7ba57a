"""Approval cases of the mock: corrections of products, and what became of them."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response

from connectors.kit.mock_goods import MockProduct
from connectors.postmart import mapping, mock_render
from connectors.postmart.mock_products import MISSING, lawful, stored
from connectors.postmart.mock_wire import (
    UNFIT,
    PostmartSays,
    answer,
    asked,
    mock,
    normal,
    sent_object,
    text,
    wrong_part,
)

WRONG = "Message"
_AFFAIRS = (mapping.CONTENT, mapping.PRICE, mapping.STOP)
_CONTENT = {mapping.pascal(name): name for name in (*mapping.CONTENT_FIELDS, "images")}

bp = Blueprint("cases", __name__)


@bp.post("/productCorrection")
def correct() -> Response:
    """Change content or price, or stop selling; unless it is a draft or refused, that waits for approval."""
    body = sent_object(WRONG)
    product = mock().products.get(text(body, "OriginalId", WRONG))
    if product is None:
        raise PostmartSays(MISSING, WRONG)
    affair = text(body, "AffairType", WRONG)
    if affair not in _AFFAIRS:
        raise wrong_part("AffairType", "02 nội dung, 03 giá, 05 ngừng bán", WRONG)
    change = _change(product, affair, body)
    status = product.wire["status"]
    if status == mapping.LOCKED:
        raise PostmartSays("Sản phẩm đang bị khóa", WRONG)
    if affair == mapping.STOP and status == mapping.STOPPED and not mock().waiting_of(product):
        return _at_once("Sản phẩm đã ngừng bán")
    if affair == mapping.STOP and status in (mapping.DRAFT, mapping.WAITING, mapping.REFUSED, mapping.HIDDEN):
        return _apply(product, affair, change)
    if status == mapping.WAITING:
        raise PostmartSays("Sản phẩm đang chờ duyệt", WRONG)
    if status in (mapping.DRAFT, mapping.REFUSED):
        return _apply(product, affair, change)
    case = mock().open_product_case(product, affair, change)
    return answer(mock_render.case_answer(case, mock().settings))


def _apply(product: MockProduct, affair: str, change: Mapping[str, Any]) -> Response:
    mock().apply(product, affair, change)
    mock().touched(product)
    return _at_once("Đã sửa")


def _at_once(said: str) -> Response:
    told = {"Type": mapping.ACCEPTED, "Message": said, "CaseId": None}
    return answer(mock_render.cased(told, mock().settings))


def _change(product: MockProduct, affair: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The properties a correction writes, in their types, after every rule has been asked."""
    if affair == mapping.STOP:
        return {}
    if affair == mapping.PRICE:
        told: Mapping[str, Any] = {"price": body.get("Price")}
    else:
        told = _content(product, body.get("Product"))
    # Rules speak about a whole product, pictures in base64: those that are stored are good already.
    good = [_STORED] * len(product.wire["images"])
    whole = normal({**product.wire, "quantity": product.stock, "images": good, **told}, WRONG)
    lawful(whole, WRONG)
    change = {name: whole[name] for name in told}
    if "images" in change:
        change["images"] = stored(change["images"])
    return change


_STORED = "/9j/"  #: the first bytes of a JPEG, in base64


def _content(product: MockProduct, told: Any) -> dict[str, Any]:
    if not isinstance(told, dict) or not told:
        raise wrong_part("Product", "Thiếu nội dung cần sửa", WRONG)
    fields = {_CONTENT[name]: value for name, value in told.items() if name in _CONTENT}
    if not fields:
        raise wrong_part("Product", "Thiếu nội dung cần sửa", WRONG)
    if fields.get("props") is not None:
        fields["props"] = _props(fields["props"], fields.get("categoryCode", product.wire["categoryCode"]))
    return fields


def _props(rows: Any, category: Any) -> list[dict[str, Any]]:
    if not isinstance(rows, list):
        raise wrong_part("Props", UNFIT, WRONG)
    props = []
    for row in rows:
        told = (row.get("PropCode"), row.get("PropValue")) if isinstance(row, dict) else (None, None)
        if not all(isinstance(part, str) and part for part in told):
            raise wrong_part("Props", UNFIT, WRONG)
        props.append({"code": category, "propValue": f"{told[0]}:{told[1]}"})
    return props


@bp.get("/productCorrection/updateCase")
def update_case() -> Response:
    """What became of a case; where nobody moderates, asking settles it."""
    original, case_id = asked("OriginalId", (), WRONG), asked("CaseId", (), WRONG)
    case = mock().cases.get(case_id)
    product = mock().products.get(original)
    if case is None or case.original_id != original or product is None:
        raise PostmartSays("Không tìm thấy yêu cầu", WRONG)
    if case.type == mapping.PENDING and not mock().settings["moderation"]:
        mock().decide_case(product, case, accept=True)
    return answer([mock_render.case_answer(case, mock().settings, full=True)])
