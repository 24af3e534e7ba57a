"""How the mock reads and answers: Sendo's envelope and its laxness about JSON."""

import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from flask import Response, current_app, request

from connectors.kit import figures
from connectors.sendo.mock_state import SendoMock

UNFIT = "Dữ liệu không phù hợp"
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")

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


def mock() -> SendoMock:
    """The memory of the application that is answering."""
    memory: SendoMock = current_app.extensions["mock"]
    return memory


def answer(result: Any, status: int = 200, **more: Any) -> Response:
    """A success in the envelope."""
    return _json({"result": result, "success": True, "error": None, "status_code": status, **more}, status)


def refusal(says: SendoSays) -> Response:
    """A refusal in the envelope; both numbers are the same."""
    details = [
        {"property_name": name, "message": message, "value": value, "code": None}
        for name, message, value in says.details
    ]
    error = {"message": says.message, "details": None, "error_details": details}
    body = {"result": None, "success": False, "error": error, "status_code": says.status}
    return _json(body, says.status)


def bare(body: Mapping[str, Any], status: int) -> Response:
    """What the gateway in front of Sendo answers, without the envelope."""
    return _json(body, status)


def _json(body: Mapping[str, Any], status: int) -> Response:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(text, status, content_type="application/json; charset=utf-8")


def _never(_constant: str) -> NoReturn:
    raise ValueError


def sent() -> Any:
    """The JSON body, trailing commas forgiven."""
    text = request.get_data(as_text=True)
    for attempt in (text, _TRAILING_COMMA.sub(r"\1", text)):
        try:
            return json.loads(attempt, parse_constant=_never)
        except (ValueError, RecursionError):
            continue
    raise SendoSays(UNFIT)


def sent_object() -> dict[str, Any]:
    """The body of a call that takes one object."""
    body = sent()
    if not isinstance(body, dict):
        raise SendoSays(UNFIT)
    return body


def sent_rows() -> list[Any]:
    """The body of a call that takes an array."""
    body = sent()
    if not isinstance(body, list):
        raise SendoSays(UNFIT)
    return body


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
    fields["pictures"] = _objects(body, "pictures", "picture_url")
    fields["attributes"] = _objects(body, "attributes")
    fields["variants"] = _objects(body, "variants")
    for name in ("avatar", "extended_shipping_package", "voucher"):
        if not isinstance(body[name], dict):
            raise unfit(name, body[name])
        fields[name] = body[name]
    if not isinstance(body["avatar"].get("picture_url"), str):
        raise unfit("avatar", body["avatar"])
    return fields


def _objects(body: Mapping[str, Any], name: str, text: str | None = None) -> list[dict[str, Any]]:
    rows = body.get(name) or []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise unfit(name, rows)
    if text and not all(isinstance(row.get(text), str) for row in rows):
        raise unfit(name, rows)
    return rows


def error_row(says: SendoSays, product_id: int | None, sku: str | None) -> dict[str, Any]:
    """One row of an `error_list`; everything but `message` is assumed and can be switched off."""
    row: dict[str, Any] = {"message": says.message}
    if mock().settings["error_row_keys"] == "id":
        row["product_id"] = product_id
        row["sku"] = sku
    return row
