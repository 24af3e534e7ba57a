"""How the mock shows products and orders: the field lists of the public documents and clients.

Buyers are invented and born in 2099: raw orders carry personal data on purpose, so that tests prove it is
left out.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.kit.mock_goods import MockOrder, MockProduct
from connectors.kit.protocol import OrderState
from connectors.sendo import mapping, mock_promotions, mock_variants
from connectors.sendo.categories import tree

SHIPPING_FEE = 25_000
#: Neutral state -> (order_status, delivery_status, payment_status).
CODES = {
    OrderState.NEW: (2, 9, 1),
    OrderState.CONFIRMED: (3, 2, 1),
    OrderState.SHIPPED: (6, 5, 1),
    OrderState.DELIVERED: (7, 6, 3),
    OrderState.REFUSED: (13, 8, 7),
    OrderState.CANCELLED: (13, 9, 7),
    OrderState.RETURNED: (22, 13, 5),
}
_ORDER_NULLS = [
    "tracking_number", "carrier_name", "carrier_code", "carrier_phone", "sort_code",
    "sales_order_merges", "bank_name", "bank_code", "payment_period", "reason_delay",
    "parent_order_number", "child_order_number", "affiliate_from_source", "affiliate_name",
    "transportation_type", "tracking_link", "store_picking_address", "types_of_sales_promotion",
    "ship_from_address", "ship_from_ward", "ship_from_district_id", "ship_from_region_id",
    "refund_trans", "stage", "fds_expired_time", "shop_program_name", "payment_type1", "payment_type2",
    "payment_status1", "payment_status2", "ticket_use_date_time_stamp",
    "payment_status_date_time_stamp", "delay_date_time_stamp", "delay_to_date_time_stamp",
    "submit_date_time_stamp", "expected_delivery_date_time_stamp",
]  # fmt: skip
_ORDER_ZEROS = [
    "warning_status", "mobile_discount_amount", "allow_check", "installment_fee",
    "installment_bank_fee", "percent_installment", "sendo_support_fee_to_buyer", "sendo_support_fee",
    "voucher_value", "shop_voucher_amount", "sendo_voucher_amount", "shipping_voucher_amount",
    "seller_shipping_fee", "senpay_fee", "seller_pay_later_fee", "transferred_amount",
    "affiliate_total_amount", "declare_value_fee", "cod_fee", "post_offices_fee", "sales_order_type",
    "sales_product_type", "payment_type", "payment_type1_amount", "payment_type2_amount",
    "actual_weight", "refund_to_buyer_amount", "transfer_to_seller_amount", "process_refund_amount",
    "shop_program_amount",
]  # fmt: skip
_ORDER_FALSE = [
    "is_shop_voucher", "is_delivery_failed", "is_merge", "is_self_shipping", "is_installment",
    "is_first_order", "senpay_free_shipping", "is_declare_value", "is_post_office", "is_printed",
    "is_disputing",
]  # fmt: skip
_PLACE = "Số 2099 Đường Thử, Phường Thử, Quận Thử, Hà Nội"
_BUYER: Mapping[str, Any] = {
    "buyer_phone": "0912099099", "buyer_address": "Số 2099 Đường Thử", "buyer_region_id": 1,
    "buyer_district_id": 10, "buyer_region": "Hà Nội", "buyer_district": "Quận Thử",
    "buyer_ward": "Phường Thử",
    "receiver_name": "Nguyễn Thử 2099", "receiver_email": "nguyen.thu.2099@example.vn",
    "receiver_address": "Số 2099 Đường Thử", "receiver_ward": "Phường Thử", "receiver_district": "Quận Thử",
    "receiver_region": "Hà Nội", "receiver_full_address": _PLACE, "region_name": "Hà Nội",
    "ship_to_address": "Số 2099 Đường Thử", "ship_to_ward": "Phường Thử", "ship_to_district_id": 10,
    "ship_to_region_id": 1, "ship_to_country_code": "VN", "ship_to_zipcode": "100000",
    "shipping_contact_phone": "0912099099", "note": "Gọi 0912 099 099 trước khi giao",
}  # fmt: skip
_ORDER: Mapping[str, Any] = {
    **dict.fromkeys(_ORDER_NULLS),
    **dict.fromkeys(_ORDER_ZEROS, 0),
    **dict.fromkeys(_ORDER_FALSE, False),
    **_BUYER,
    "ship_from_country_code": "VN",
    "shipping_type": "standard",
    "payment_method": 1,
    "payment_status_name": "COD",
    "can_action": True,
}
_LINE: Mapping[str, Any] = {
    "size": None, "color": None, "attribute_hash": None, "shop_program_percent": 0, "shop_program_amount": 0,
    "is_flash_sales": False, "flash_sale_amount": 0, "flash_deal_type_names": [], "is_combo_discount": False,
    "combo_parent_product_id": None,
}  # fmt: skip


def order_code(order: MockOrder) -> int:
    """The order's `order_status`."""
    return CODES[order.status][0]


def _when(moment: datetime | None, settings: Mapping[str, Any]) -> Any:
    if moment is None:
        return None
    seconds = int(moment.timestamp()) + (7 * 3600 if settings["order_stamps"] == "local_as_utc" else 0)
    return formed(seconds, settings)


def formed(value: int, settings: Mapping[str, Any]) -> Any:
    """A number in the form this mock writes: 12, 12.0 or "12"."""
    form = settings["number_form"]
    return value if form == "int" else float(value) if form == "float" else str(value)


def order(order: MockOrder, settings: Mapping[str, Any]) -> dict[str, Any]:
    """One `{"sales_order", "sku_details"}` with everything the real one tells, the buyer too."""
    status, delivery, payment = CODES[order.status]
    goods = order.price_vnd * order.packs
    wire = order.product.wire
    changed = _when(order.updated_at, settings)
    placed = _when(order.placed_at, settings)
    head = {
        **_ORDER,
        "order_number": order.order_no,
        "order_status": status,
        "delivery_status": delivery,
        "payment_status": payment,
        "sub_total": formed(goods, settings),
        "total_amount": formed(goods, settings),
        "total_amount_buyer": formed(goods + SHIPPING_FEE, settings),
        "shipping_fee": formed(SHIPPING_FEE, settings),
        "weight": wire["weight"] * order.packs,
        "is_delivery_failed": order.status is OrderState.REFUSED,
        "is_self_shipping": settings["self_shipping"],
        "reason_cancel_code": order.cancel_reason,
        "reason_cancel": REASONS.get(order.cancel_reason or "", order.cancel_reason),
        "canceled_by": order.cancelled_by,
        "order_date_time_stamp": placed,
        "created_date_time_stamp": placed,
        "updated_date_time_stamp": changed,
        "order_status_date_time_stamp": changed,
        "delivery_status_date_time_stamp": changed,
        "pod_date_time_stamp": _when(order.stamps.get("delivered_at"), settings),
        "canceled_date_time_stamp": _when(
            order.stamps.get("cancelled_at") or order.stamps.get("refused_at"), settings
        ),
    }
    variant = mock_variants.of_sku(order.product, order.sku)
    line = {
        **_LINE,
        "attribute_hash": variant["variant_attribute_hash"] if variant else None,
        "product_variant_id": wire["id"],
        "product_name": order.product.title,
        "sku": order.sku,
        "quantity": formed(order.packs, settings),
        "price": formed(order.price_vnd, settings),
        "sub_total": formed(goods, settings),
        "weight": wire["weight"],
        "product_image": wire["avatar"]["picture_url"],
        "description": "",
        "unit_id": wire["unit_id"],
    }
    if order.returned_packs:
        line["returned_quantity"] = formed(order.returned_packs, settings)
    return {"sales_order": head, "sku_details": [line]}


def product_row(product: MockProduct, settings: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """One row of the product search."""
    wire = product.wire
    price_now = mock_promotions.price_now(product, now)
    row = {
        "id": wire["id"],
        "name": product.title,
        "sku": product.sku,
        "image": wire["avatar"]["picture_url"],
        "price": formed(product.price_vnd, settings),
        "special_price": wire["special_price"] or 0,
        "promotion_price": formed(price_now, settings),
        "final_price_min": formed(price_now, settings),
        "stock": wire["stock_availability"],
        "stock_quantity": formed(product.stock, settings),
        "link": _link(product),
        "store_name": "Gian hàng thử",
        "category_4_name": tree()[wire["cat_4_id"]].name,
        "variants_length": len(wire["variants"]),
    }
    if settings["row_status"]:
        row["status"] = wire["status"]
        row["reason_comment"] = product.reason
    return row


def product_detail(product: MockProduct, settings: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Everything about one product."""
    wire = product.wire
    price_now = mock_promotions.price_now(product, now)
    seo = {"score": 0, "seo_description": wire["seo_description"], "seo_keyword": wire["seo_keyword"],
           "seo_title": wire["seo_title"]}  # fmt: skip
    return {
        **{name: value for name, value in wire.items() if name not in _WRITE_ONLY},
        "name": product.title,
        "sku": product.sku,
        "price": formed(product.price_vnd, settings),
        "stock_quantity": formed(product.stock, settings),
        "updated_date_timestamp": formed(int(product.updated_at.timestamp()), settings),
        "created_date_timestamp": formed(int(product.created_at.timestamp()), settings),
        "promotion_from_date_timestamp": wire.get("promotion_from"),
        "promotion_to_date_timestamp": wire.get("promotion_to"),
        "promotion_price": formed(price_now, settings),
        "seo": json.dumps(seo, ensure_ascii=False),
        "seo_score": 0,
        "link": _link(product),
        "image": wire["avatar"]["picture_url"],
        "category_4_name": tree()[wire["cat_4_id"]].name,
        "brand_name": None,
        "updated_user": "",
        "url_path": f"x-{wire['id']}",
        "variants": [mock_variants.shown(variant) for variant in wire["variants"]],
        "is_invalid_variant": False,
        "product_category_types": [1],
        "is_flash_sales": False,
        "campaign_status": None,
        "can_edit": wire["status"] not in mapping.NOT_UPDATABLE,
        "sendo_video": [],
        "installments": [],
        "reason_comment": product.reason,
    }


_WRITE_ONLY = ("product_image", "promotion_from_date", "promotion_to_date", "promotion_from", "promotion_to")


def _link(product: MockProduct) -> str:
    return f"https://www.sendo.vn/x-{product.remote_id}.html"


def pushed_product(product: MockProduct) -> dict[str, Any]:
    """`data` of PRODUCT.CREATE and PRODUCT.UPDATE; the mixed naming is Sendo's."""
    return {
        "id": product.wire["id"],
        "name": product.title,
        "store_sku": product.sku,
        "stock_availability": product.wire["stock_availability"],
        "cat4_id": product.wire["cat_4_id"],
        "product_status": product.wire["status"],
        "updated_date_timestamp": int(product.updated_at.timestamp()),
        "product_image": product.wire["avatar"]["picture_url"],
        "ReasonComment": product.reason,
        "ReasonCode": None,
        "stock_quantity": product.stock,
        "price": product.price_vnd,
    }


def pushed_order(sold: MockOrder, store_id: int, settings: Mapping[str, Any]) -> dict[str, Any]:
    """`data` of SALESORDER.CREATE: flat, with the buyer."""
    whole = order(sold, settings)
    details = []
    for line in whole["sku_details"]:
        details.append(
            {**{name: value for name, value in line.items() if name != "sku"}, "store_sku": line["sku"]}
        )
    return {
        **whole["sales_order"],
        "id": int(sold.order_no),
        "store_id": store_id,
        "buyer_name": "Nguyễn Thử 2099",
        "sales_order_details": details,
    }


def pushed_cancel(sold: MockOrder, settings: Mapping[str, Any]) -> dict[str, Any]:
    """`data` of SALESORDER.UPDATE for a cancelled order."""
    cancelled = {
        "order_number": sold.order_no,
        "cancel_by": sold.cancelled_by,
        "order_status": 13,
        "reason_cancel_code": sold.cancel_reason,
        "cancel_reason": REASONS.get(sold.cancel_reason or "", sold.cancel_reason),
        "cancel_date_timestamp": _when(sold.updated_at, settings),
    }
    return {"order_action": "CANCEL", "order_number": sold.order_no, "data": cancelled}


#: Labels of CBS1 and CBS100 contradict each other between sources: never hard-code them in a client.
REASONS = {
    "CBS1": "Hủy bởi người bán",
    "CBS100": "Hết hàng",
    "CBS101": "Không liên lạc được với người mua",
    "CBS102": "Đơn trùng hoặc đặt nhầm",
    "CBS103": "Người mua không đồng ý hoãn",
    "CBS104": "Sai giá",
    "CBS105": "Thay đổi thông tin kho",
    "CBS106": "Người nhận không phải người đặt",
    "CBS107": "Người mua đổi ý",
    "CBS108": "Người mua đổi thông tin",
    "CBS109": "Sai địa chỉ hoặc số điện thoại",
    "CBS110": "Cần giao gấp",
    "CBS111": "Đơn vị vận chuyển không nhận",
}
