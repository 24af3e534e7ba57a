"""Product calls of the mock: pictures, create, edit, states, price and stock, lists."""

import unicodedata
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request

from connectors.kit.figures import truth
from connectors.kit.mock_goods import MockProduct
from connectors.kit.mocking import FAULT, LATE
from connectors.voso import mapping, mock_images, mock_render
from connectors.voso.mock_pages import page_of, window
from connectors.voso.mock_wire import Faulty, VosoSays, answer, mock, needed, sent, text, whole, wrong
from connectors.voso.rules import PRICE_LEAST, PRICE_MOST, STOCK_MOST, check_wire

TAKEN = "Product already exists on the system"
ALREADY = "Product status already exists on the system"
UNKNOWN = "Product does not exist"
IS_LOCKED = "Product is locked"
ROWS_MOST = 100
_LONGS = (
    "CATEGORY_ID", "PRODUCT_PRICE", "PRODUCT_WEIGHT", "PRODUCT_LENGTH", "PRODUCT_WIDTH", "PRODUCT_HEIGHT",
    "PRODUCT_QUANTITY",
)  # fmt: skip
_TEXTS = ("PRODUCT_CODE", "PRODUCT_NAME", "PRODUCT_DESCRIPTION")
_SHOWS = ("PRODUCT_NAME", "LIST_IMAGE", "CATEGORY_ID")  #: a change of these takes a live listing off sale

#: TYPE of UpdateProduct -> the states it starts from and where it leads (submitting depends on moderation).
SUBMIT, DELETE = 1, 11
STEPS = {
    2: ((mapping.HIDDEN,), mapping.LIVE),
    3: ((mapping.LIVE,), mapping.HIDDEN),
    4: ((mapping.DRAFT, mapping.WAITING, mapping.LIVE, mapping.AGAIN, mapping.HIDDEN), mapping.WITHDRAWN),
}
_SUBMITTED = (mapping.WAITING, mapping.AGAIN, mapping.LIVE)
_DELETABLE = (mapping.DRAFT, mapping.REFUSED, mapping.WITHDRAWN, mapping.HIDDEN)

bp = Blueprint("products", __name__, url_prefix="/v2/product")


@bp.post("/uploadImage")
def upload() -> Response:
    """Take one picture; the same file gets the same number."""
    file = request.files.get("FILE")
    content = file.read() if file is not None else b""
    if not mock_images.accepted(content):
        raise wrong("FILE")
    number = mock_images.number_of(content)
    mock().images[number] = content[:24]
    return answer({"IMAGE_ID": number, "IMAGE_URL": f"https://image.voso.vn/users/8000001/images/{number}"})


@bp.post("/createProduct")
def create() -> Response:
    """Take a new product as a draft."""
    body = sent()
    fields = _fields(body)
    _unique(fields["PRODUCT_CODE"], checked=truth(body.get("CHECK_UNIQUE")))
    return answer(_told(mock().add_product(fields)))


@bp.post("/edit")
def edit() -> Response:
    """Write all fields; a live listing whose name, pictures or category change becomes a draft again."""
    body = sent()
    product = _product(needed(body, "PRODUCT_ID"))
    status = _unlocked(product)
    if status == mapping.AGAIN:
        raise wrong("PRODUCT_STATUS")
    fields = _fields(body)
    if fields["PRODUCT_CODE"] != product.sku and fields["PRODUCT_CODE"] in mock().by_sku:
        raise VosoSays(TAKEN)
    shown = status in (mapping.LIVE, mapping.HIDDEN)
    back = status == mapping.REFUSED or (shown and any(fields[name] != product.wire[name] for name in _SHOWS))
    mock().write_product(product, fields)
    if back:
        mock().set_status(product, mapping.DRAFT)
    return answer(_told(product))


@bp.post("/UpdateProduct")
def update_product() -> Response:
    """Submit, show, hide, stop selling or delete, as TYPE says."""
    body = sent()
    step, product = needed(body, "TYPE"), _product(needed(body, "PRODUCT_ID"))
    note = text(body, "NOTE")
    if len(note) > 150:
        raise wrong("NOTE")
    status = _unlocked(product)
    if step == SUBMIT:
        _submit(product, status)
    elif step == DELETE:
        if status not in _DELETABLE:
            raise wrong("PRODUCT_STATUS")
        mock().delete(product)
    elif step in STEPS:
        starts, end = STEPS[step]
        if status not in starts:
            raise VosoSays(ALREADY) if status == end else wrong("PRODUCT_STATUS")
        mock().set_status(product, end, note or None)
    else:
        raise wrong("TYPE")
    return answer(message="Update product successfully")


def _submit(product: MockProduct, status: int) -> None:
    if status in _SUBMITTED:
        raise VosoSays(ALREADY)
    if status not in (mapping.DRAFT, mapping.WITHDRAWN):
        raise wrong("PRODUCT_STATUS")
    waits = mapping.AGAIN if product.wire["approved"] else mapping.WAITING
    mock().set_status(product, waits if mock().settings["moderation"] else mapping.LIVE)


@bp.post("/updatePriceStock")
def price_and_stock() -> Response:
    """Price and stock of many products; refused rows are told inside a success."""
    rows = sent().get("LIST_ITEM")
    if not isinstance(rows, list) or not 1 <= len(rows) <= ROWS_MOST:
        raise wrong("LIST_ITEM")
    unlucky = mock().partly_refused(request.environ.get(FAULT), len(rows))
    return answer([_row(row, struck=place in unlucky) for place, row in enumerate(rows)])


def _row(row: Any, *, struck: bool) -> dict[str, Any]:
    code = row.get("PRODUCT_CODE") if isinstance(row, dict) else None
    code = code if isinstance(code, str) else None
    try:
        if struck:
            raise VosoSays("System error")
        if not isinstance(row, dict):
            raise wrong("LIST_ITEM")
        _write_figures(row)
    except VosoSays as says:
        return {"PRODUCT_CODE": code, "ERROR": True, "MESSAGE": says.said[0]}
    return {"PRODUCT_CODE": code, "ERROR": False, "MESSAGE": "OK"}


def _write_figures(row: Mapping[str, Any]) -> None:
    product = mock().by_sku.get(unicodedata.normalize("NFC", text(row, "PRODUCT_CODE")))
    if product is None:
        raise VosoSays(UNKNOWN)
    _unlocked(product)
    price, stock = whole(row, "PRODUCT_PRICE"), whole(row, "PRODUCT_QUANTITY")
    if price is not None and not PRICE_LEAST <= price <= PRICE_MOST:
        raise wrong("PRODUCT_PRICE")
    if stock is not None and not 0 <= stock <= STOCK_MOST:
        raise wrong("PRODUCT_QUANTITY")
    product.price_vnd = product.price_vnd if price is None else price
    product.stock = product.stock if stock is None else stock
    product.updated_at = mock().now()


@bp.get("/getProductInfo")
def detail() -> Response:
    """One product by number, or by the partner's code."""
    number, code = request.args.get("productId"), request.args.get("productCode")
    if number:
        return answer(mock_render.product_detail(_product(number)))
    product = mock().by_sku.get(unicodedata.normalize("NFC", code or ""))
    if product is None:
        raise VosoSays(UNKNOWN)
    return answer(mock_render.product_detail(product))


@bp.post("/listProduct")
def listed() -> Response:
    """Products newest first, by state and by the days of their last change."""
    body = sent()
    status, days = whole(body, "PRODUCT_STATUS"), window(body)
    found = mock().newest_products[::-1]
    if status is not None or days is not None:
        start, end = days or (float("-inf"), float("inf"))
        found = [
            product
            for product in found
            if status in (None, product.wire["PRODUCT_STATUS"])
            and start <= product.updated_at.timestamp() < end
        ]
    rows = [mock_render.product_row(product) for product in page_of(body, found)]
    return answer({"TOTAL": len(found), "LIST_PRODUCT": rows})


def _fields(body: Mapping[str, Any]) -> dict[str, Any]:
    """The written fields, read and lawful; a refusal names every field that is not."""
    faulty = Faulty()
    fields: dict[str, Any] = {"GROUPADDRESS_ID": 0}
    for name in _LONGS:
        with faulty.field():
            fields[name] = needed(body, name)
    for name in _TEXTS:
        with faulty.field():
            fields[name] = unicodedata.normalize("NFC", text(body, name))
    with faulty.field():
        fields["GROUPADDRESS_ID"] = whole(body, "GROUPADDRESS_ID") or 0
    with faulty.field():
        fields["LIST_IMAGE"] = _images(body)
    with faulty.field():
        fields["LIST_ATTRIBUTE"] = _pairs(body)
    faulty.tell()
    broken = [fault.name for fault in check_wire(fields)]
    if broken:
        raise wrong(*broken)
    return fields


def _images(body: Mapping[str, Any]) -> list[str]:
    numbers = body.get("LIST_IMAGE")
    if not isinstance(numbers, list) or not all(isinstance(number, str) for number in numbers):
        raise wrong("LIST_IMAGE")
    if any(number not in mock().images for number in numbers):
        raise wrong("LIST_IMAGE")
    return numbers


def _pairs(body: Mapping[str, Any]) -> list[dict[str, str]]:
    pairs = body.get("LIST_ATTRIBUTE") or []
    if not isinstance(pairs, list) or not all(isinstance(pair, dict) for pair in pairs):
        raise wrong("LIST_ATTRIBUTE")
    read = [{name: pair.get(name) for name in ("ATTRIBUTE_CODE", "VALUE")} for pair in pairs]
    if not all(isinstance(value, str) for pair in read for value in pair.values()):
        raise wrong("LIST_ATTRIBUTE")
    return read


def _unique(code: str, *, checked: bool) -> None:
    if code not in mock().by_sku:
        return
    if not request.environ.get(LATE):
        mock().violate("duplicate_create", sku=code)
    if checked:
        raise VosoSays(TAKEN)


def _product(number: int | str) -> MockProduct:
    product = mock().products.get(str(number))
    if product is None or product.status == "deleted":
        raise VosoSays(UNKNOWN)
    return product


def _unlocked(product: MockProduct) -> int:
    status: int = product.wire["PRODUCT_STATUS"]
    if status == mapping.LOCKED:
        raise VosoSays(IS_LOCKED)
    return status


def _told(product: MockProduct) -> dict[str, Any]:
    return {name: product.wire[name] for name in ("PRODUCT_ID", "PRODUCT_CODE", "PRODUCT_STATUS")}
