"""Between a connector and its mock: remembers every call and may change an answer on its way back."""

import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


@dataclass
class Call:
    """One call as it went over the wire; `status` is "" when no answer came."""

    method: str
    path: str
    query: str
    sent: bytes
    environ: "WSGIEnvironment" = field(repr=False)
    at: float = 0.0  #: on the bench's clock
    status: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def json(self) -> Any:
        """What was answered; None when it is no JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def tell(self, value: Any) -> None:
        """Answer this instead."""
        self.body = json.dumps(value, ensure_ascii=False).encode()

    def header(self, name: str, value: str | None) -> None:
        """Answer with this header; None leaves it out."""
        kept = [(key, old) for key, old in self.headers if key.lower() != name.lower()]
        self.headers = kept if value is None else [*kept, (name, value)]


class Wire:
    """WSGI middleware in front of a mock; calls of its control surface pass unseen."""

    def __init__(self, app: "WSGIApplication", clock: Callable[[], float]) -> None:
        self._app = app
        self._clock = clock
        self.calls: list[Call] = []
        self.alter: Callable[[Call], None] | None = None
        self.after: Callable[[Call], None] | None = None

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith("/_mock"):
            return self._app(environ, start_response)
        sent = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        call = Call(
            environ["REQUEST_METHOD"], environ["PATH_INFO"], environ.get("QUERY_STRING", ""), sent, environ
        )
        call.at = self._clock()
        self.calls.append(call)
        try:
            self.again(call)
        finally:
            if self.after is not None:
                self.after(call)
        if self.alter is not None:
            self.alter(call)
        call.header("Content-Length", str(len(call.body)))
        start_response(call.status, call.headers)
        return [call.body]

    def again(self, call: Call) -> None:
        """Let the mock answer a call, also one that was made before."""
        started: list[Any] = []
        environ = {**call.environ, "wsgi.input": io.BytesIO(call.sent)}
        pieces = self._app(environ, lambda status, headers, _error=None: started.extend((status, headers)))  # type: ignore[arg-type]  # we need no write()
        try:
            call.body = b"".join(pieces)
        finally:
            if hasattr(pieces, "close"):
                pieces.close()
        call.status, call.headers = started[0], list(started[1])


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every scalar of a JSON value with the way to it."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, (*path, key))
    else:
        yield path, value


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """A copy with another value at one place; unchanged when there is no such place."""
    if not path:
        return new
    if isinstance(value, dict) and path[0] in value:
        return {**value, path[0]: replaced(value[path[0]], path[1:], new)}
    if isinstance(value, list) and isinstance(path[0], int) and path[0] < len(value):
        return [*value[: path[0]], replaced(value[path[0]], path[1:], new), *value[path[0] + 1 :]]
    return value


def mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    """A copy with `change` done to every object and scalar, inside out."""
    if isinstance(value, dict):
        return change({key: mapped(inner, change) for key, inner in value.items()})
    if isinstance(value, list):
        return [mapped(inner, change) for inner in value]
    return change(value)


def spoiled(value: Any, keep: str) -> Any:
    """A copy emptied of everything but the scalars that are `keep`."""
    if isinstance(value, dict):
        return {key: spoiled(inner, keep) for key, inner in value.items()}
    if isinstance(value, list):
        return []
    return value if str(value) == keep else None


def row_of(value: Any, key: str, others: Iterable[str]) -> tuple[Any, ...] | None:
    """The way to the outermost list element that speaks of `key` and of none of the `others`."""
    if isinstance(value, list | dict):
        for place, inner in enumerate(value) if isinstance(value, list) else value.items():
            names = {str(leaf) for _, leaf in leaves(inner)}
            if key not in names:
                continue
            if isinstance(value, list) and names.isdisjoint(others):
                return (place,)
            deeper = row_of(inner, key, others)
            if deeper is not None:
                return (place, *deeper)
    return None


def at(value: Any, place: tuple[Any, ...]) -> Any:
    """What stands at the end of a way through objects and lists."""
    for key in place:
        value = value[key]
    return value


def with_strange_codes(body: Any, before: Any, after: Any) -> Any:
    """An answer whose state has a code nobody ever saw: where `before` and `after` differ but for times."""
    old = dict(leaves(before))
    for path, value in leaves(after):
        if path in old and old[path] != value and _is_code(old[path]) and _is_code(value):
            body = replaced(body, path, _strange(value))
    return body


def _is_code(value: object) -> bool:
    """Whether a value looks like a state rather than like a moment or a text."""
    if isinstance(value, bool):
        return False
    if isinstance(value, int | float):
        return abs(value) < 100_000
    return isinstance(value, str) and len(value) < 24 and sum(letter.isdigit() for letter in value) < 6


def _strange(value: object) -> object:
    """Another code of the same kind that no list has."""
    if isinstance(value, str):
        return "987" if value.lstrip("-").isdigit() else "STRANGE_NEW_STATE"
    return 987
