"""Variants in the mock: each has a SKU within its product, a price, a stock, and a hash of its options."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from connectors.kit.mock_goods import MockProduct
from connectors.sendo.mock_fields import unfit, whole
from connectors.sendo.rules import PRICE_LEAST, STOCK_MOST, Fault


def faults(fields: Mapping[str, Any]) -> list[Fault]:
    """What is wrong with the variants of a body."""
    variants = fields["variants"]
    if not fields["is_config_variant"]:
        return [Fault("variants", "variants", "Sản phẩm không có biến thể.")] if variants else []
    skus = [variant.get("variant_sku") for variant in variants]
    if not skus or not all(isinstance(sku, str) and sku for sku in skus) or len(set(skus)) < len(skus):
        return [Fault("variants", "variants", "Mỗi biến thể cần một mã riêng.")]
    if not all(_price(variant) >= PRICE_LEAST for variant in variants):
        return [Fault("variants", "variants", "Mỗi biến thể cần một giá.")]
    return []


def _price(variant: Mapping[str, Any]) -> int:
    return whole(variant, "variant_price") or 0


def stored(variants: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The variants of a checked body as the mock remembers them."""
    return [
        {
            "variant_attributes": _attributes(variant),
            "variant_sku": variant["variant_sku"],
            "variant_price": _price(variant),
            "variant_quantity": _quantity(variant) or 0,
            "variant_attribute_hash": _hash(_attributes(variant)),
        }
        for variant in variants
    ]


def _attributes(variant: Mapping[str, Any]) -> list[dict[str, Any]]:
    listed = variant.get("variant_attributes") or []
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise unfit("variant_attributes", listed)
    return [
        {
            "attribute_id": whole(one, "attribute_id"),
            "attribute_code": str(one.get("attribute_code") or ""),
            "option_id": whole(one, "option_id"),
        }
        for one in listed
    ]


def _hash(attributes: Iterable[Mapping[str, Any]]) -> str:
    """The options' ids, ascending, joined by "_"."""
    options = (one["option_id"] for one in attributes)
    return "_".join(str(option) for option in sorted(option for option in options if option is not None))


def _quantity(variant: Mapping[str, Any]) -> int | None:
    quantity = whole(variant, "variant_quantity")
    if quantity is not None and not 0 <= quantity <= STOCK_MOST:
        raise unfit("variant_quantity", quantity)
    return quantity


def rewritten(product: MockProduct, rows: Sequence[Any]) -> list[dict[str, Any]]:
    """The product's variants after a price row named some of them by `variant_sku`."""
    after = {variant["variant_sku"]: dict(variant) for variant in product.wire["variants"]}
    for row in rows:
        variant = after.get(str(row.get("variant_sku"))) if isinstance(row, dict) else None
        if variant is None:
            raise unfit("variants", row)
        price, quantity = whole(row, "variant_price"), _quantity(row)
        if price is not None and price < PRICE_LEAST:
            raise unfit("variant_price", price)
        variant["variant_price"] = variant["variant_price"] if price is None else price
        variant["variant_quantity"] = variant["variant_quantity"] if quantity is None else quantity
    return list(after.values())


def summed(product: MockProduct) -> None:
    """A product with variants costs what its cheapest does and has the packs of all of them (assumed)."""
    variants = product.wire["variants"]
    if variants:
        product.price_vnd = min(variant["variant_price"] for variant in variants)
        product.stock = sum(variant["variant_quantity"] for variant in variants)


def bought(by_sku: Mapping[str, MockProduct], sku: str) -> MockProduct | None:
    """The product of `<product sku>-<variant sku>`; None when there is no such variant."""
    places = (place for place, letter in enumerate(sku) if letter == "-")
    products = (by_sku.get(sku[:place]) for place in places)
    return next((product for product in products if product and of_sku(product, sku)), None)


def of_sku(product: MockProduct, sku: str) -> dict[str, Any] | None:
    """The variant an order line's SKU names; None for a product without variants."""
    named = (one for one in product.wire["variants"] if f"{product.sku}-{one['variant_sku']}" == sku)
    return next(named, None)


def shown(variant: Mapping[str, Any]) -> dict[str, Any]:
    """A variant in the product detail."""
    return {
        **variant,
        "variant_is_promotion": 0,
        "variant_special_price": None,
        "variant_promotion_start_date_timestamp": None,
        "variant_promotion_end_date_timestamp": None,
        "variant_is_flash_sales": False,
        "variant_campaign_status": None,
        "message": None,
    }
