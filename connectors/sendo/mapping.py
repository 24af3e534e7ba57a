"""Between our words and Sendo's: pure functions, with samples of both sides in `samples/`."""

import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from html import escape
from typing import Any

from connectors.kit.figures import Unreadable, clean, moment, needed, truth, whole
from connectors.kit.protocol import (
    Offer,
    OrderState,
    PriceAndStock,
    Promotion,
    RemoteLine,
    RemoteOrder,
    RemoteProduct,
    RemoteState,
    Wording,
)

#: Our pack unit -> `unit_id`. Sendo has no bag, jar or kilogram: a bag or jar is one "Cái" (assumed).
UNITS: Mapping[str, int] = {
    "piece": 1,
    "bag": 1,
    "jar": 1,
    "bundle": 1,
    "set": 2,
    "pair": 4,
    "box": 5,
    "bottle": 7,
    "carton": 8,
    "crate": 8,
}
UNIT_IDS = frozenset(range(1, 9))
_VIETNAM = timezone(timedelta(hours=7))

DRAFT, PENDING, APPROVED, REFUSED, CANCELLED, DELETED = range(6)  #: a product's `status`
NOT_UPDATABLE = frozenset({PENDING, CANCELLED, DELETED})

STATES = {
    DRAFT: RemoteState.OFF,
    PENDING: RemoteState.PENDING,
    REFUSED: RemoteState.REJECTED,
    CANCELLED: RemoteState.LOCKED,
    DELETED: RemoteState.DELETED,
}
_ORDER_STATES = {
    2: OrderState.NEW,
    3: OrderState.CONFIRMED,
    6: OrderState.SHIPPED,
    7: OrderState.DELIVERED,
    8: OrderState.DELIVERED,
    10: OrderState.DELIVERED,
    11: OrderState.NEW,
    12: OrderState.NEW,
    13: OrderState.CANCELLED,
    14: OrderState.NEW,
    15: OrderState.NEW,
    19: OrderState.NEW,
    21: OrderState.DELIVERED,
    22: OrderState.RETURNED,
    23: OrderState.NEW,
}
_COMING_BACK = frozenset({8, 10})  #: `delivery_status` of a parcel nobody took


def wording(offer: Offer) -> Wording:
    """The title on one line; the description as HTML, one `<p>` for each paragraph, line breaks kept."""
    return Wording(" ".join(clean(offer.title).split()), _dressed(offer.description))


@lru_cache(maxsize=512)  # the rules, the preview and the body that is sent all ask for it
def _dressed(description: str) -> str:
    paragraphs = [part.strip() for part in clean(description).split("\n\n")]
    return "".join(
        f"<p>{escape(part, quote=False).replace(chr(10), '<br>')}</p>" for part in paragraphs if part
    )


def to_wire(offer: Offer, product_id: int = 0) -> dict[str, Any]:
    """Body of `POST /api/partner/product`; id 0 creates."""
    length, width, height = offer.dimensions_cm
    words = wording(offer)
    pictures = [{"picture_url": picture.url} for picture in offer.pictures]
    return {
        "id": product_id,
        "name": words.title,
        "sku": offer.sku,
        "price": offer.price_vnd,
        "weight": offer.gross_grams,
        "stock_availability": offer.packs > 0,
        "stock_quantity": offer.packs,
        "description": words.description,
        "cat_4_id": int(offer.category) if _digits(offer.category) else 0,
        "tags": None,
        "relateds": [],
        "seo_keyword": None,
        "seo_title": None,
        "seo_description": None,
        "product_image": offer.pictures[0].url if offer.pictures else None,
        "brand_id": 0,
        "height": height,
        "length": length,
        "width": width,
        "unit_id": UNITS.get(offer.unit, 0),
        "avatar": pictures[0] if pictures else None,
        "pictures": pictures,
        "certificate_file": [],
        "attributes": [_attribute(key, value) for key, value in offer.attributes.items() if _digits(key)],
        **_promotion(offer.promotion),
        "extended_shipping_package": dict(_SHIPPING),
        "is_config_variant": False,
        "variants": [],
        "voucher": dict(_VOUCHER),
    }


_SHIPPING = {
    "is_using_instant": False,
    "is_using_in_day": False,
    "is_self_shipping": False,
    "is_using_standard": True,
    "is_using_eco": False,
}
_VOUCHER = {"product_type": 1, "start_date": None, "end_date": None, "is_check_date": False}


def _promotion(wanted: Promotion | None) -> dict[str, Any]:
    """From the first second of the first day to the last second of the last, Vietnamese time."""
    if wanted is None:
        return {
            "is_promotion": False,
            "promotion_from_date": None,
            "promotion_to_date": None,
            "special_price": None,
        }
    return {
        "is_promotion": True,
        "promotion_from_date": f"{wanted.first_day.isoformat()}T00:00:00+07:00",
        "promotion_to_date": f"{wanted.last_day.isoformat()}T23:59:59+07:00",
        "special_price": wanted.price_vnd,
    }


def promotion_moment(value: Any, *, last: bool = False) -> datetime | None:
    """When a promotion begins or ends; without a zone Vietnamese time, and a bare last day is a whole one."""
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    if last and len(value) <= len("2021-12-25"):
        at = at.replace(hour=23, minute=59, second=59)
    return at if at.tzinfo else at.replace(tzinfo=_VIETNAM)


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _attribute(key: str, value: str) -> dict[str, Any]:
    chosen = {"id": 0, "value": clean(value), "attribute_img": None, "is_selected": True, "is_custom": False}
    return {
        "attribute_id": int(key),
        "attribute_name": "",
        "attribute_is_custom": False,
        "attribute_is_checkout": False,
        "attribute_values": [chosen],
    }


def stock_row(row: PriceAndStock) -> dict[str, Any]:
    """One item of `POST …/update-by-field-mask`: the stock and nothing else, so that a promotion runs on."""
    return {
        "id": int(row.remote_id),
        "field_mask": ["quantity", "stock_availability"],  # the mask's name for `stock_quantity`
        "stock_quantity": row.packs,
        "stock_availability": row.packs > 0,
    }


def withdrawal(remote_id: str, *, of_variants: bool = False) -> dict[str, Any]:
    """The same for goods nobody shall buy; those with variants have no stock of their own."""
    row = stock_row(PriceAndStock(remote_id, "", 0, 0))
    return {**row, "field_mask": ["stock_availability"]} if of_variants else row


def without_promotion(remote_id: str, price_vnd: int) -> dict[str, Any]:
    """One item of `PUT …/config/variant-price` that ends a promotion at this base price."""
    return {
        "product_id": int(remote_id),
        "price": price_vnd,
        "special_price": None,
        "promotion_start_date": None,
        "promotion_end_date": None,
        "is_config_variant": False,
        "variants": [],
    }


def promotion_from_wire(detail: Mapping[str, Any]) -> Promotion | None:
    """The promotion a product detail tells of, over or not; `Unreadable` when its figures are none."""
    special = whole(detail.get("special_price"), "special_price")
    first = moment(detail.get("promotion_from_date_timestamp"), "promotion_from_date_timestamp")
    last = moment(detail.get("promotion_to_date_timestamp"), "promotion_to_date_timestamp")
    if not special or first is None or last is None:
        return None
    return Promotion(special, first.astimezone(_VIETNAM).date(), last.astimezone(_VIETNAM).date())


def variants_of(detail: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The variants a product detail lists; a row of the search only counts them."""
    listed = detail.get("variants")
    return [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []


def product_from_wire(row: Mapping[str, Any]) -> RemoteProduct:
    """A row of the product search or a product detail; `Unreadable` without an id.

    A product somebody made by hand may have no SKU: it is told with "". Of one with variants the lowest price
    and the packs of all are told.
    """
    sku = row.get("sku")
    sku = sku if isinstance(sku, str) else ""
    price, packs = _price_and_packs(row)
    available = row.get("stock_availability", row.get("stock", True))
    status = whole(row.get("status"), "status")
    return RemoteProduct(
        remote_id=str(needed(row, "id")),
        sku=unicodedata.normalize("NFC", sku),
        title=str(row.get("name") or ""),
        price_vnd=price,
        packs=packs if truth(available) else 0,
        state=_product_state(status, on_sale=truth(available)),
        url=_text(row.get("link")),
        reason=_text(row.get("reason_comment")),
        raw_state="" if status is None else str(status),
    )


def _price_and_packs(row: Mapping[str, Any]) -> tuple[int, int]:
    variants = variants_of(row)
    if not variants:
        return whole(row.get("price"), "price") or 0, whole(row.get("stock_quantity"), "stock_quantity") or 0
    prices = [whole(one.get("variant_price"), "variant_price") or 0 for one in variants]
    return min(prices), sum(whole(one.get("variant_quantity"), "variant_quantity") or 0 for one in variants)


def _product_state(status: int | None, *, on_sale: bool) -> RemoteState:
    if status == APPROVED:
        return RemoteState.LIVE if on_sale else RemoteState.OFF
    return STATES.get(status, RemoteState.UNKNOWN) if status is not None else RemoteState.UNKNOWN


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def order_from_wire(row: Mapping[str, Any], *, local_as_utc: bool = False) -> RemoteOrder:
    """One `{"sales_order", "sku_details"}` without the buyer; `Unreadable` names what is missing."""
    head, details = row.get("sales_order"), row.get("sku_details")
    if not isinstance(head, Mapping) or not isinstance(details, list) or not details:
        raise Unreadable("sales_order" if not isinstance(head, Mapping) else "sku_details")
    order_no = head.get("order_number")
    if not order_no or isinstance(order_no, dict | list | bool):
        raise Unreadable("order_number")
    stamps = {
        name: moment(
            head.get(f"{name}_date_time_stamp"), f"{name}_date_time_stamp", local_as_utc=local_as_utc
        )
        for name in ("order", "created", "updated", "order_status", "pod", "canceled")
    }
    placed = stamps["order"] or stamps["created"]
    if placed is None:
        raise Unreadable("order_date_time_stamp")
    state = _order_state(head)
    changed = stamps["order_status"] or stamps["updated"] or placed
    return RemoteOrder(
        order_no=str(whole(order_no) if isinstance(order_no, float) else order_no),
        state=state,
        lines=_lines(details, came_back=state is OrderState.RETURNED),
        placed_at=placed,
        updated_at=max(changed, stamps["updated"] or placed),
        delivered_at=stamps["pod"] or (changed if state is OrderState.DELIVERED else None),
        returned_at=changed if state is OrderState.RETURNED else None,
        closed_at=_closed_at(state, stamps["canceled"], changed),
        cancel_reason=_text(head.get("reason_cancel")) or _text(head.get("reason_cancel_code")),
        shipping_vnd=_shipping(head),
        voucher_vnd=whole(head.get("sendo_voucher_amount"), "sendo_voucher_amount") or 0,
        self_shipping=truth(head.get("is_self_shipping")),
        raw_state=f"{head.get('order_status')}/{head.get('delivery_status')}",
    )


def _order_state(head: Mapping[str, Any]) -> OrderState:
    try:
        status = whole(head.get("order_status"))
        delivery = whole(head.get("delivery_status"))
    except Unreadable:
        return OrderState.UNKNOWN
    if status == 13 and delivery in _COMING_BACK:
        return OrderState.REFUSED
    return _ORDER_STATES.get(status, OrderState.UNKNOWN) if status is not None else OrderState.UNKNOWN


def _closed_at(state: OrderState, cancelled: datetime | None, changed: datetime) -> datetime | None:
    return cancelled or changed if state in (OrderState.CANCELLED, OrderState.REFUSED) else None


def _shipping(head: Mapping[str, Any]) -> int:
    paid = whole(head.get("total_amount_buyer"), "total_amount_buyer")
    goods = whole(head.get("total_amount"), "total_amount")
    if paid is not None and goods is not None and paid >= goods:
        return paid - goods
    return whole(head.get("shipping_fee"), "shipping_fee") or 0


def _lines(details: list[Any], *, came_back: bool) -> tuple[RemoteLine, ...]:
    lines: dict[str, RemoteLine] = {}
    for detail in details:
        if not isinstance(detail, Mapping):
            raise Unreadable("sku_details")
        line = _line(detail, taken=lines, came_back=came_back)
        lines[line.line_id] = line
    return tuple(lines.values())


def _line(detail: Mapping[str, Any], *, taken: Mapping[str, RemoteLine], came_back: bool) -> RemoteLine:
    sku, packs = detail.get("sku"), needed(detail, "quantity")
    if not isinstance(sku, str) or not sku:
        raise Unreadable("sku")
    if packs < 0:
        raise Unreadable("quantity")
    # `product_variant_id` is the product's id; the hash tells its variants apart.
    base = f"{detail.get('product_variant_id') or sku}:{detail.get('attribute_hash') or ''}".rstrip(":")
    line_id, twin = base, 2
    while line_id in taken:
        line_id, twin = f"{base}#{twin}", twin + 1
    returned = whole(detail.get("returned_quantity"), "returned_quantity")
    if returned is None:
        returned = packs if came_back else 0
    return RemoteLine(
        line_id=line_id,
        sku=unicodedata.normalize("NFC", sku),
        packs=packs,
        price_vnd=whole(detail.get("price"), "price") or 0,
        returned_packs=min(max(returned, 0), packs),
    )
