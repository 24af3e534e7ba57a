"""Product calls of the mock: create, drafts, stock, one product, list."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request

from connectors.kit.mock_goods import MockProduct
from connectors.kit.mocking import FAULT
from connectors.postmart import mapping, mock_render
from connectors.postmart.categories import schema
from connectors.postmart.mock_wire import (
    PostmartSays,
    answer,
    asked,
    days,
    mock,
    normal,
    page_of,
    sent_object,
    sent_rows,
    text,
    whole,
    wrong_part,
)
from connectors.postmart.rules import STOCK_MOST, check_wire, decoded

BUSY = "Hệ thống đang bận, vui lòng thử lại"
MISSING = "Không tìm thấy sản phẩm"
STOCK_ROWS = 100
KINDS = ("1", "2", "3")  #: of a code: the marketplace's number, the shop's code, the original id
_WRONG = "errorMessage"

bp = Blueprint("products", __name__)


@bp.post("/CreateProduct")
def create() -> Response:
    """A new product, whether its code is there already or not; answers its bare record."""
    body = sent_object(_WRONG)
    status = whole(body, "productCreationStatus", _WRONG)
    if status not in (0, 1):
        raise wrong_part("productCreationStatus", "0 là nháp, 1 là gửi duyệt", _WRONG)
    if text(body, "customerCode", _WRONG) != mock().credentials["customerCode"]:
        raise wrong_part("customerCode", "Mã khách hàng không đúng", _WRONG)
    information = body.get("informationProduct")
    if not isinstance(information, dict):
        raise wrong_part("informationProduct", "Thiếu thông tin sản phẩm", _WRONG)
    fields = lawful(normal(information, _WRONG), _WRONG)
    fields["images"] = stored(fields["images"])
    product = mock().add_product(fields, draft=status == 0)
    record = {
        name: value
        for name, value in mock_render.list_row(product, {}, mock().settings).items()
        if name in ("productHdrID", "originalId", "saleProductCode", "status", "createdDate")
    }
    return answer({"data": record} if mock().settings["wrap_created"] else record)


def lawful(fields: dict[str, Any], key: str) -> dict[str, Any]:
    """The same fields when no rule is broken; a refusal names every rule that is."""
    broken = list(check_wire(fields, schema(fields["categoryCode"])))
    if broken:
        raise PostmartSays(" | ".join(f"{one.name}: {one.sentence % one.facts}" for one in broken), key)
    return fields


def stored(images: list[str]) -> list[dict[str, Any]]:
    """Pictures as the store keeps them: an address, and a tag of their content."""
    tags = [mapping.picture_tag(decoded(image) or b"") for image in images]
    base = "https://gateway.vnpost.vn/prod/minio/nsbd/nongsan"
    return [{"imageUrl": f"{base}/{tag}.jpg", "eTag": tag} for tag in tags]


def found_products(kind: str, code: str) -> list[MockProduct]:
    """Products by the kind of code that was asked for; a shop's code may be there more than once."""
    memory = mock()
    if kind == "3":
        return [memory.products[code]] if code in memory.products else []
    if kind == "2" and code not in memory.by_sku:
        return []
    name = "productHdrID"
    return [
        one
        for one in memory.products.values()
        if (one.sku == code if kind == "2" else str(one.wire[name]) == code)
    ]


def _draft(statuses: tuple[str, ...]) -> MockProduct:
    kind, code = asked("type", KINDS, _WRONG), asked("code", (), _WRONG)
    found = found_products(kind, code)
    if not found:
        raise PostmartSays(MISSING, _WRONG)
    if found[0].wire["status"] not in statuses:
        raise PostmartSays("Sản phẩm không còn là bản nháp", _WRONG)
    return found[0]


@bp.get("/createProductByDraft")
def hand_in() -> Response:
    """Hand in a draft, or what was refused and has been mended."""
    product = _draft((mapping.DRAFT, mapping.REFUSED))
    mock().hand_in(product)
    mock().touched(product)
    return answer(mock_render.list_row(product, {}, mock().settings))


@bp.get("/deleteProductByDraft")
def delete() -> Response:
    """Delete a draft."""
    mock().drop_product(_draft((mapping.DRAFT,)))
    return answer({"success": True, "message": "Đã xóa bản nháp"})


@bp.post("/UpdateStock")
def stock() -> Response:
    """Stock of up to 100 products by the shop's codes, at once; one result per row."""
    rows = sent_rows(STOCK_ROWS)
    unlucky = mock().partly_refused(request.environ.get(FAULT), len(rows))
    results = []
    for place, row in enumerate(rows):
        code = row.get("saleProductCode") if isinstance(row, dict) else None
        said = BUSY if place in unlucky else _write_stock(row if isinstance(row, dict) else {})
        results.append({
            "Type": "00" if said is None else "01", "Message": said or "Thành công",
            "saleProductCode": code if isinstance(code, str) else None,
        })  # fmt: skip
    form = mock().settings["stock_rows"]
    if form == "gaps" and len(results) > 1:
        del results[1]
    return answer(results[::-1] if form == "reversed" else results)


def _write_stock(row: Mapping[str, Any]) -> str | None:
    """Write one row; the text of its refusal, None when it is done."""
    code = row.get("saleProductCode")
    product = mock().by_sku.get(code) if isinstance(code, str) else None
    if product is None:
        return MISSING
    quantity = row.get("quantity")
    if isinstance(quantity, bool) or not isinstance(quantity, int) or not 0 <= quantity <= STOCK_MOST:
        return "quantity: Số gói phải từ 0 đến 1.000.000; hãy sửa số gói."
    product.stock = quantity
    mock().touched(product)
    return None


@bp.get("/getProduct")
def one() -> Response:
    """Products by one code, nested as the real `getOrder` is."""
    found = found_products(asked("type", KINDS), asked("code"))
    rows = [mock_render.product(product, mock().waiting_of(product), mock().settings) for product in found]
    return answer([{"results": rows}])


@bp.get("/GetListProduct")
def listed() -> Response:
    """Products changed on up to 31 days, oldest change first; no total is told."""
    keys = page_of(mock().changed["product"].days(*days()))
    found = [mock().products[key] for key in keys]
    rows = [mock_render.list_row(product, mock().waiting_of(product), mock().settings) for product in found]
    return answer({"results": rows})
