"""How the mock reads and answers: the house's envelope, and errors on HTTP 200."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

from flask import Response, current_app, request

from connectors.kit import figures
from connectors.voso.mock_state import VosoMock


class VosoSays(Exception):
    """A refusal in the envelope; several sentences become a list."""

    def __init__(self, *said: str, status: int = 400, http: int = 200) -> None:
        super().__init__(*said)
        self.said = list(dict.fromkeys(said))
        self.status = status
        self.http = http


def wrong(*fields: str) -> VosoSays:
    """The refusal of fields, one sentence each."""
    return VosoSays(*(f"Incorrect data: {field}" for field in fields))


def mock() -> VosoMock:
    """The memory of the application that is answering."""
    memory: VosoMock = current_app.extensions["mock"]
    return memory


def answer(data: Any = None, message: str = "OK") -> Response:
    """A success in the envelope."""
    return bare({"status": 200, "error": False, "message": message, "data": data})


def refusal(says: VosoSays) -> Response:
    """A refusal in the envelope."""
    one = len(says.said) == 1 and mock().settings["message_list"] == "several"
    message = says.said[0] if one else says.said
    return bare({"status": says.status, "error": True, "message": message, "data": None}, says.http)


def bare(body: Any, status: int = 200) -> Response:
    """A body without the envelope."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(text, status, content_type="application/json;charset=UTF-8")


def _never(_constant: str) -> NoReturn:
    raise ValueError


def sent() -> dict[str, Any]:
    """The JSON object of the body."""
    content = request.get_data()
    try:
        body = json.loads(content, parse_constant=_never)
        if rb"\ud" in content.lower():  # halves of letters could never be answered again
            json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise VosoSays("Incorrect data: body is not JSON") from error
    if not isinstance(body, dict):
        raise VosoSays("Incorrect data: body is not an object")
    return body


def whole(body: Mapping[str, Any], name: str) -> int | None:
    """A Long: a whole number, a numeric string, or nothing."""
    try:
        value = figures.number(body.get(name), name)
    except figures.Unreadable as error:
        raise wrong(name) from error
    if value is not None and value != int(value):
        raise wrong(name)
    return None if value is None else int(value)


def needed(body: Mapping[str, Any], name: str) -> int:
    """A Long that must be there."""
    value = whole(body, name)
    if value is None:
        raise wrong(name)
    return value


def text(body: Mapping[str, Any], name: str) -> str:
    """A String; left out it is empty."""
    value = body.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise wrong(name)
    return value


class Faulty:
    """Gathers what is wrong with a body, so that all its fields are named at once."""

    def __init__(self) -> None:
        self.said: list[str] = []

    @contextmanager
    def field(self) -> Iterator[None]:
        """Remember a refusal and read on."""
        try:
            yield
        except VosoSays as says:
            self.said += says.said

    def tell(self) -> None:
        """Refuse when anything was wrong."""
        if self.said:
            raise VosoSays(*self.said)
