"""How the mock reads and answers: no envelope, and three spellings of the key that says what is wrong."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NoReturn

from flask import Response, current_app, request

from connectors.kit import figures
from connectors.postmart.mock_places import PROVINCES
from connectors.postmart.mock_state import PostmartMock

UNFIT = "Dữ liệu không phù hợp"
WIDEST = timedelta(days=31)
PAGE_MOST = 500
_TEXTS = ("saleProductCode", "productName", "categoryCode", "contentNote", "unit")
_NUMBERS = ("price", "width", "length", "height")
_OPTIONAL_TEXTS = ("originDistrictCode", "originCommuneCode", "ocopCertificate")


class PostmartSays(Exception):
    """A refusal; `key` is how this endpoint spells the key of its text."""

    def __init__(self, said: str, key: str = "message", status: int = 400) -> None:
        super().__init__(said)
        self.said = said
        self.key = key
        self.status = status


def mock() -> PostmartMock:
    """The memory of the application that is answering."""
    memory: PostmartMock = current_app.extensions["mock"]
    return memory


def answer(body: Any, status: int = 200) -> Response:
    """JSON as it is."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(text, status, content_type="application/json; charset=utf-8")


def refusal(says: PostmartSays) -> Response:
    """A refusal under its endpoint's key."""
    return answer({says.key: says.said}, says.status)


def wrong_part(name: str, said: str, key: str = "message") -> PostmartSays:
    """A refusal that names a property."""
    return PostmartSays(f"{name}: {said}", key)


def _never(_constant: str) -> NoReturn:
    raise ValueError


def sent(key: str = "message") -> Any:
    """The JSON body."""
    text = request.get_data(as_text=True)
    try:
        body = json.loads(text, parse_constant=_never)
        if "\\u" in text:  # half a letter cannot be written down again
            json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise PostmartSays(UNFIT, key) from error
    return body


def sent_object(key: str = "message") -> dict[str, Any]:
    """The body of a call that takes one object."""
    body = sent(key)
    if not isinstance(body, dict):
        raise PostmartSays(UNFIT, key)
    return body


def sent_rows(most: int, key: str = "message") -> list[Any]:
    """The body of a call that takes an array of at most so many rows."""
    body = sent(key)
    if not isinstance(body, list) or not body:
        raise PostmartSays(UNFIT, key)
    if len(body) > most:
        raise PostmartSays(f"Mỗi lần tối đa {most} dòng", key)
    return body


def asked(name: str, choices: Sequence[str] = (), key: str = "message") -> str:
    """A query parameter that must be there, one of the choices where there are any."""
    value = request.args.get(name, "").strip()
    if not value or (choices and value not in choices):
        raise wrong_part(name, UNFIT, key)
    return value


def text(body: Mapping[str, Any], name: str, key: str = "message", *, most: int = 500) -> str:
    """A text that must be there and say something."""
    value = body.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > most:
        raise wrong_part(name, UNFIT, key)
    return value.strip()


def whole(body: Mapping[str, Any], name: str, key: str = "message") -> int:
    """A whole number that must be there, as a number."""
    value = body.get(name)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 10**15:
        raise wrong_part(name, UNFIT, key)
    return value


def weight(body: Mapping[str, Any], name: str, key: str = "message") -> str:
    """Grams, as a text of digits; a number is refused."""
    value = body.get(name)
    if (
        not isinstance(value, str)
        or not value.isascii()
        or not value.lstrip("-").isdigit()
        or len(value) > 12
    ):
        raise wrong_part(name, "Khối lượng phải là chuỗi số gam", key)
    return value


def optional(body: Mapping[str, Any], name: str, key: str = "message") -> str | None:
    """A text or null; an empty text is refused."""
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip() or len(value) > 500:
        raise wrong_part(name, "Để trống thì phải là null", key)
    return value


def normal(body: Mapping[str, Any], key: str) -> dict[str, Any]:
    """`informationProduct` in its types, pictures still as they came; a refusal names what is malformed."""
    fields: dict[str, Any] = {}
    for name in _TEXTS:
        if not isinstance(body.get(name), str):
            raise wrong_part(name, UNFIT, key)
        fields[name] = body[name]
    fields.update({name: _number(body, name, key) for name in _NUMBERS})
    fields["quantity"] = whole(body, "quantity", key)
    fields["weight"] = weight(body, "weight", key)
    fields["originProvinceCode"] = body.get("originProvinceCode")
    if fields["originProvinceCode"] not in list(PROVINCES):
        raise wrong_part("originProvinceCode", "Mã tỉnh không đúng", key)
    fields.update({name: optional(body, name, key) for name in _OPTIONAL_TEXTS})
    fields["ocopStar"] = _star(body, key)
    fields["props"] = _props(body.get("props"), key)
    images = body.get("images")
    if not isinstance(images, list) or not all(isinstance(image, str) for image in images):
        raise wrong_part("images", UNFIT, key)
    fields["images"] = images
    return fields


def _number(body: Mapping[str, Any], name: str, key: str) -> float:
    value = body.get(name)
    try:
        read = None if isinstance(value, str) else figures.number(value, name)
    except figures.Unreadable:
        read = None
    if read is None:
        raise wrong_part(name, UNFIT, key)
    return read


def _star(body: Mapping[str, Any], key: str) -> int | None:
    value = body.get("ocopStar")
    if value is not None and (isinstance(value, bool) or value not in (3, 4, 5)):
        raise wrong_part("ocopStar", "Hạng sao OCOP là 3, 4 hoặc 5", key)
    return None if value is None else int(value)


def _props(value: Any, key: str) -> list[dict[str, str]] | None:
    if value is None:
        return None
    rows = value if isinstance(value, list) else []
    for row in rows or [None]:
        told = row.get("propValue") if isinstance(row, dict) else None
        named, _, said = told.partition(":") if isinstance(told, str) else ("", "", "")
        if not named or not said or not isinstance(row.get("code"), str):
            raise wrong_part("props", UNFIT, key)
    return [{"code": row["code"], "propValue": row["propValue"]} for row in rows]


def page_of(keys: Sequence[str]) -> Sequence[str]:
    """The page that was asked for, counted from 0; nobody is told how many there are."""
    page, size = _count("page", 0), _count("size", PAGE_MOST)
    if not 1 <= size <= PAGE_MOST:
        raise wrong_part("size", f"Từ 1 đến {PAGE_MOST}")
    return keys[page * size : (page + 1) * size]


def _count(name: str, usual: int) -> int:
    value = request.args.get(name, "").strip()
    if not value:
        return usual
    if not value.isascii() or not value.isdigit() or len(value) > 9:
        raise wrong_part(name, UNFIT)
    return int(value)


def days() -> tuple[date, date]:
    """The window of days that was asked for; it may not be wider than 31 days."""
    first, last = _day("lastUpdateFrom"), _day("lastUpdateTo")
    if last < first or last - first > WIDEST:
        raise wrong_part("lastUpdateTo", "Khoảng ngày tối đa 31 ngày")
    return first, last


def _day(name: str) -> date:
    value = request.args.get(name, "")
    try:
        read = datetime.strptime(value, "%d-%m-%Y").date()  # noqa: DTZ007 - a day has no zone
    except ValueError as error:
        raise wrong_part(name, "Ngày phải ghi DD-MM-YYYY") from error
    if not 2000 <= read.year <= 2100:
        raise wrong_part(name, "Ngày phải trong các năm 2000 đến 2100")
    return read
