"""How the mock reads fields: Sendo's laxness about numbers and switches, and what a product must have."""

from collections.abc import Mapping
from typing import Any

from connectors.kit import figures

UNFIT = "Dữ liệu không phù hợp"

REQUIRED = (
    "id", "name", "sku", "price", "weight", "stock_availability", "stock_quantity", "description", "cat_4_id",
    "height", "length", "width", "unit_id", "avatar", "pictures", "attributes", "extended_shipping_package",
    "is_config_variant", "voucher",
)  # fmt: skip
_WHOLE = ("id", "stock_quantity", "cat_4_id", "unit_id", "brand_id")
_NUMBERS = ("price", "weight", "height", "length", "width", "special_price")
_SWITCHES = ("stock_availability", "is_config_variant", "is_promotion")
_TEXTS = ("name", "sku", "description")
_OPTIONAL: Mapping[str, Any] = {
    "tags": None, "relateds": None, "seo_keyword": None, "seo_title": None, "seo_description": None,
    "product_image": None, "video_links": None, "certificate_file": None, "promotion_from_date": None,
    "promotion_to_date": None,
}  # fmt: skip


class SendoSays(Exception):
    """A refusal in the envelope; `details` are (property, message, value)."""

    def __init__(self, message: str, *details: tuple[str, str, Any], status: int = 400) -> None:
        super().__init__(message)
        self.message = message
        self.details = details
        self.status = status


def whole(body: Mapping[str, Any], name: str) -> int | None:
    """A whole number, a numeric string, or nothing."""
    value = number(body, name)
    if value is not None and value != int(value):
        raise unfit(name, value)
    return None if value is None else int(value)


def number(body: Mapping[str, Any], name: str) -> float | None:
    """A number, a numeric string, or nothing."""
    try:
        return figures.number(body.get(name), name)
    except figures.Unreadable as error:
        raise unfit(name, body.get(name)) from error


def unfit(name: str, value: Any) -> SendoSays:
    """The refusal of a malformed field."""
    return SendoSays(UNFIT, (name, UNFIT, value))


def switch(body: Mapping[str, Any], name: str) -> bool:
    """true, false, 0, 1 or the same as text."""
    value = body.get(name)
    if str(value).lower() not in ("true", "false", "0", "1", "none", ""):
        raise unfit(name, value)
    return figures.truth(value)


def normal(body: Mapping[str, Any]) -> dict[str, Any]:
    """A product body with its numbers as numbers; a refusal names each required field that is missing."""
    missing = [
        name for name in REQUIRED if body.get(name) is None or (body[name] == "" and name not in _TEXTS)
    ]
    if missing:
        raise SendoSays(UNFIT, *[(name, "Thiếu trường bắt buộc", body.get(name)) for name in missing])
    fields = {**_OPTIONAL, **{name: body[name] for name in _OPTIONAL if name in body}}
    fields.update({name: whole(body, name) for name in _WHOLE})
    fields.update({name: number(body, name) for name in _NUMBERS})
    fields.update({name: switch(body, name) for name in _SWITCHES})
    for name in _TEXTS:
        if not isinstance(body[name], str):
            raise unfit(name, body[name])
        fields[name] = body[name]
    fields["pictures"] = objects(body, "pictures", "picture_url")
    fields["attributes"] = objects(body, "attributes")
    fields["variants"] = objects(body, "variants")
    for name in ("avatar", "extended_shipping_package", "voucher"):
        if not isinstance(body[name], dict):
            raise unfit(name, body[name])
        fields[name] = body[name]
    if not isinstance(body["avatar"].get("picture_url"), str):
        raise unfit("avatar", body["avatar"])
    return fields


def objects(body: Mapping[str, Any], name: str, text: str | None = None) -> list[dict[str, Any]]:
    """A list of objects, each with this text in it; nothing is an empty list."""
    rows = body.get(name) or []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise unfit(name, rows)
    if text and not all(isinstance(row.get(text), str) for row in rows):
        raise unfit(name, rows)
    return rows
