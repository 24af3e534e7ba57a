"""Product calls of the mock: create and update, detail, search, price and stock, partial update."""

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, request

from connectors.kit.mock_goods import MockProduct
from connectors.kit.mocking import FAULT, LATE
from connectors.sendo import mapping, mock_promotions, mock_render, mock_variants
from connectors.sendo.mock_fields import SendoSays, normal, objects, switch, unfit, whole
from connectors.sendo.mock_pages import day, page_filters, paged
from connectors.sendo.mock_wire import answer, error_row, mock, sent, sent_object, sent_rows
from connectors.sendo.rules import PRICE_LEAST, STOCK_MOST, check_wire

BUSY = "Hệ thống đang bận, vui lòng thử lại"
TAKEN = "Mã sản phẩm đã tồn tại"
_OLD_NAMES = {
    "store_sku": "sku", "cat4_id": "cat_4_id", "height_product": "height", "length_product": "length",
    "witdh_product": "width", "product_tags": "tags", "picture": "avatar", "product_pictures": "pictures",
    "product_relateds": "relateds", "seo_key_word": "seo_keyword",
}  # fmt: skip
_MASKS = ("sku", "name", "stock_availability", "price", "quantity", "product_status")

bp = Blueprint("products", __name__, url_prefix="/api/partner/product")


@bp.post("")
def upsert() -> Response:
    """Create (id 0) or update (id above 0) one product; answers its id."""
    return answer(_upsert(sent_object()).wire["id"])


@bp.post("/list")
def upsert_list() -> Response:
    """The array form, which also takes the older names."""
    return _rows(lambda row: _upsert(_renamed(row)), ("id", "sku", "store_sku"))


@bp.get("")
def detail() -> Response:
    """One product by id, or by SKU."""
    product = _wanted(request.args.get("id"), request.args.get("sku"))
    if product is None:
        raise SendoSays("Không tìm thấy sản phẩm")
    return answer(mock_render.product_detail(product, mock().settings, mock().now()))


@bp.post("/search")
def search() -> Response:
    """Products newest first; all filters live in the page token."""
    body = sent() if request.get_data() else {}
    if not isinstance(body, dict):
        raise SendoSays("Dữ liệu không phù hợp")
    filters = page_filters(body, _filters)
    found = _found(filters)
    page, now = found[filters["offset"] : filters["offset"] + filters["size"]], mock().now()
    rows = [mock_render.product_row(product, mock().settings, now) for product in page]
    return answer(paged(rows, len(found), filters))


@bp.put("/config/variant-price")
def price_and_stock() -> Response:
    """Price, stock and promotion of many products; refused rows are named in the answer."""
    return _rows(_set_price_and_stock, ("product_id",))


@bp.post("/update-by-field-mask")
def field_mask() -> Response:
    """Write only the named fields of many products."""
    return _rows(_set_masked, ("id",))


def _rows(do: Callable[[dict[str, Any]], Any], keys: tuple[str, ...]) -> Response:
    rows = sent_rows()
    unlucky = mock().partly_refused(request.environ.get(FAULT), len(rows))
    errors = []
    for place, row in enumerate(rows):
        try:
            if not isinstance(row, dict):
                raise SendoSays("Dữ liệu không phù hợp")
            if place in unlucky:
                raise SendoSays(BUSY)
            do(row)
        except SendoSays as says:
            names = row if isinstance(row, dict) else {}
            number = next((names[key] for key in keys if "sku" not in key and names.get(key)), None)
            errors.append(error_row(says, number, names.get("sku") or names.get("store_sku")))
    return answer({"error_list": errors})


def _upsert(body: Mapping[str, Any]) -> MockProduct:
    fields = normal(body)
    product = _updatable(fields["id"]) if fields["id"] else None
    if product is not None:
        _same_kind(product, variants=fields["is_config_variant"])
    _lawful(fields)
    _unique(fields["sku"], product)
    base = fields["price"]
    wanted = mock_promotions.asked(fields, base, start="promotion_from_date", end="promotion_to_date")
    fields |= mock_promotions.after(product, wanted, base, mock().now())
    fields["variants"] = mock_variants.stored(fields["variants"])
    if product is None:
        return mock().add_product(fields)
    mock().write_product(product, fields)
    return product


def _same_kind(product: MockProduct, *, variants: bool) -> None:
    """Whether a product has variants is not editable; a row must repeat what the detail says."""
    if variants != product.wire["is_config_variant"]:
        raise unfit("is_config_variant", variants)


def _lawful(fields: Mapping[str, Any]) -> None:
    broken = [*check_wire(fields), *mock_variants.faults(fields)]
    if broken:
        said = [(fault.name, fault.sentence % fault.facts, fields.get(fault.name)) for fault in broken]
        raise SendoSays(said[0][1], *[(name, text, _short(value)) for name, text, value in said])


def _short(value: Any) -> Any:
    return value[:100] if isinstance(value, str) else value


def _unique(sku: str, product: MockProduct | None) -> None:
    holder = mock().by_sku.get(sku)
    if holder is None or holder is product:
        return
    if product is None and not request.environ.get(LATE):
        mock().violate("duplicate_create", sku=sku)
    raise SendoSays(TAKEN, ("sku", TAKEN, sku))


def _updatable(number: int) -> MockProduct:
    product = mock().products.get(str(number))
    if product is None:
        raise SendoSays("Không tìm thấy sản phẩm")
    if product.wire["status"] in mapping.NOT_UPDATABLE:
        raise SendoSays("Không thể cập nhật sản phẩm ở trạng thái hiện tại")
    return product


def _wanted(number: str | None, sku: str | None) -> MockProduct | None:
    if number:
        return mock().products.get(number)
    return mock().by_sku.get(unicodedata.normalize("NFC", sku)) if sku else None


def _renamed(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row in the older naming with what that naming does not have."""
    body: dict[str, Any] = {"attributes": [], "is_config_variant": False, "voucher": {"product_type": 1}}
    body["extended_shipping_package"] = {}
    body.update({_OLD_NAMES.get(name, name): value for name, value in row.items()})
    if not body.get("avatar") and isinstance(body.get("pictures"), list) and body["pictures"]:
        body["avatar"] = body["pictures"][0]
    return body


def _set_price_and_stock(row: Mapping[str, Any]) -> None:
    product = _updatable(whole(row, "product_id") or 0)
    _same_kind(product, variants=switch(row, "is_config_variant"))
    price, stock = whole(row, "price"), whole(row, "stock_quantity")
    available = switch(row, "stock_availability")
    if price is not None and price < PRICE_LEAST:
        raise SendoSays("Giá phải từ 1.000 đồng", ("price", "Giá phải từ 1.000 đồng", price))
    _fits(stock, available=available)
    variants = mock_variants.rewritten(product, objects(row, "variants"))
    base = product.price_vnd if price is None else price
    wanted = mock_promotions.asked(row, base, start="promotion_start_date", end="promotion_end_date")
    product.wire |= mock_promotions.after(product, wanted, base, mock().now())
    product.wire["variants"] = variants
    product.price_vnd = base
    product.stock = stock if stock is not None else product.stock
    if row.get("stock_availability") is not None:
        product.wire["stock_availability"] = available
    mock().touched(product, "updated")


def _fits(stock: int | None, *, available: bool) -> None:
    if stock is not None and not 0 <= stock <= STOCK_MOST:
        raise SendoSays("Số lượng không phù hợp", ("stock_quantity", "Số lượng không phù hợp", stock))
    if stock == 0 and available:
        said = "Hết hàng thì không thể để là còn hàng."
        raise SendoSays(said, ("stock_availability", said, available))


def _set_masked(row: Mapping[str, Any]) -> None:
    product = _updatable(whole(row, "id") or 0)
    masks = row.get("field_mask")
    if not isinstance(masks, list) or not masks or any(mask not in _MASKS for mask in masks):
        raise unfit("field_mask", masks)
    changed = _masked(product, row, masks)
    _fits(changed["stock"], available=changed["available"])
    _unique(changed["sku"], product)
    if mock().by_sku.get(product.sku) is product:
        del mock().by_sku[product.sku]
    product.sku, product.title = changed["sku"], changed["name"]
    product.price_vnd, product.stock = changed["price"], changed["stock"]
    mock().by_sku[product.sku] = product
    product.wire["stock_availability"] = changed["available"]
    product.wire["status"] = changed["status"]
    mock().touched(product, "updated")


def _masked(product: MockProduct, row: Mapping[str, Any], masks: list[str]) -> dict[str, Any]:
    """The fields after the change, checked; what the mask does not name stays as it is."""
    wire = product.wire
    changed: dict[str, Any] = {
        "sku": product.sku, "name": product.title, "price": product.price_vnd, "stock": product.stock,
        "available": wire["stock_availability"], "status": wire["status"],
    }  # fmt: skip
    for mask in masks:
        if mask in ("sku", "name"):
            text = row.get(mask)
            if not isinstance(text, str) or not text.strip():
                raise unfit(mask, text)
            changed[mask] = text
        if mask == "price":
            changed["price"] = whole(row, "price") or 0
            if changed["price"] < PRICE_LEAST:
                raise unfit("price", row.get("price"))
        if mask == "quantity":
            if wire["variants"]:
                raise SendoSays("Sản phẩm có biến thể, hãy cập nhật số lượng của từng biến thể")
            changed["stock"] = whole(row, "stock_quantity") or 0
        if mask == "stock_availability":
            changed["available"] = switch(row, "stock_availability")
        if mask == "product_status":
            changed["status"] = whole(row, "product_status")
            if changed["status"] not in (mapping.DELETED, wire["status"]):
                raise unfit("product_status", row.get("product_status"))
    return changed


def _filters(body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "start": day(body, "date_from"),
        "end": day(body, "date_to", after=True) if not str(body.get("date_to")).startswith("9999") else None,
        "name": str(body.get("product_name") or "").casefold(),
        "status": whole(body, "status"),
    }


def _found(filters: Mapping[str, Any]) -> list[MockProduct]:
    newest = mock().newest_products[::-1]
    start, end, name, status = filters["start"], filters["end"], filters["name"], filters["status"]
    if start is None and end is None and not name and status is None:
        return newest
    return [
        product
        for product in newest
        if (status is None or product.wire["status"] == status)
        and (start is None or product.updated_at.timestamp() >= start)
        and (end is None or product.updated_at.timestamp() < end)
        and (not name or name in product.title.casefold())
    ]
