"""How the mock takes bodies and answers: Sendo's envelope and its laxness about JSON."""

import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from flask import Response, current_app, request

from connectors.sendo.mock_fields import UNFIT, SendoSays
from connectors.sendo.mock_state import SendoMock

_TRAILING_COMMA = re.compile(r",(\s*[}\]])")


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


def error_row(says: SendoSays, product_id: int | None, sku: str | None) -> dict[str, Any]:
    """One row of an `error_list`; everything but `message` is assumed and can be switched off."""
    row: dict[str, Any] = {"message": says.message}
    if mock().settings["error_row_keys"] == "id":
        row["product_id"] = product_id
        row["sku"] = sku
    return row
