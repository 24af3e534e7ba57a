"""In front of a mock's Flask application: counts calls, limits the rate, carries out planned failures."""

import io
import json
import re
import time
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from connectors.kit.faults import FaultRule, NoAnswer
from connectors.kit.mocking import FAULT, LATE, MockMarketplace

SLEEP = "lensan.sleep"  #: in environ: how this transport passes time (in-process nobody really waits)
_CONVERTER = re.compile(r"<(?:[a-z]+(?:\([^)]*\))?:)?")  # of a routing rule: "<int:" or "<"
_HTML = b"<!doctype html><html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>"


class Answered:
    """A whole answer of the application, kept so that a failure can be done to it."""

    def __init__(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    def give(self, start_response: Any) -> Iterable[bytes]:
        """Hand it on as WSGI."""
        headers = [(name, value) for name, value in self.headers if name.lower() != "content-length"]
        start_response(self.status, [*headers, ("Content-Length", str(len(self.body)))])
        return [self.body]


class Gate:
    """WSGI middleware of one mock; calls under `/_mock` pass untouched."""

    def __init__(self, app: Flask, mock: MockMarketplace) -> None:
        self._inner = app.wsgi_app
        self._mock = mock
        self._routes: MapAdapter = app.url_map.bind("mock")
        self._templates: dict[tuple[str, str], str] = {}

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path.startswith("/_mock"):
            answer = self._run(environ)
        else:
            answer = self._call(environ, environ["REQUEST_METHOD"], path)
        return answer.give(start_response)

    def _call(self, environ: dict[str, Any], method: str, path: str) -> Answered:
        template = self._template(method, path)
        mock = self._mock
        with mock.lock:
            mock.calls[f"{method} {template}"] += 1
            if not mock.bucket.take():
                mock.violate("rate_limit", call=f"{method} {template}")
                status, body = mock.too_many_calls()
                return _json_answer(status, body, [("Retry-After", "1")])
            fault = (
                mock.faults.for_call(f"{method} {path}", f"{method} {template}")
                if mock.faults.rules
                else None
            )
        if fault is None:
            return self._run(environ)
        return self._fail(environ, fault, environ.get(SLEEP, time.sleep))

    def _fail(self, environ: dict[str, Any], fault: FaultRule, sleep: Callable[[float], None]) -> Answered:
        kind = fault.kind
        if kind == "timeout_before":
            self._lose("timeout", fault.hold, sleep)
        if kind == "late_apply":
            self._postpone(environ, fault.delay)
            self._lose("timeout", fault.hold, sleep)
        if kind == "reset" and not fault.after:
            self._lose("reset", 0, sleep)
        if kind == "http_429":
            _, body = self._mock.too_many_calls()
            return _json_answer(429, body, [("Retry-After", f"{fault.retry_after:g}")])
        if kind == "http_500" and not fault.after:
            return _json_answer(500, {"message": "An unexpected error occurred"})
        if kind == "slow":
            sleep(fault.delay)
        if kind == "expired_token":
            with self._mock.lock:
                self._mock.expire_token(environ)
        environ[FAULT] = fault
        return self._spoil(self._run(environ), fault, sleep)

    def _spoil(self, answer: Answered, fault: FaultRule, sleep: Callable[[float], None]) -> Answered:
        if fault.kind == "timeout_after":
            self._lose("timeout", fault.hold, sleep)
        if fault.kind == "reset":
            self._lose("reset", 0, sleep)
        if fault.kind == "http_500":
            return _json_answer(500, {"message": "An unexpected error occurred"})
        if fault.kind == "html_body":
            return Answered("200 OK", [("Content-Type", "text/html; charset=utf-8")], _HTML)
        if fault.kind == "truncated_json":
            return Answered(answer.status, answer.headers, answer.body[: len(answer.body) // 2])
        return answer

    def _lose(self, kind: str, hold: float, sleep: Callable[[float], None]) -> None:
        if hold:
            sleep(hold)
        raise NoAnswer(kind)

    def _postpone(self, environ: dict[str, Any], delay: float) -> None:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        with self._mock.lock:
            self._mock.late.append((self._mock.monotonic() + delay, _kept(environ), body))

    def _run(self, environ: dict[str, Any]) -> Answered:
        mock = self._mock
        with mock.lock:
            mock.time_passes()
            if mock.late:
                self._apply_late()
            answer = self._inside(environ)
            pushes = mock.pushes.take()
        mock.pushes.deliver(pushes)
        return answer

    def _apply_late(self) -> None:
        now = self._mock.monotonic()
        due = [late for late in self._mock.late if late[0] <= now]
        self._mock.late = [late for late in self._mock.late if late[0] > now]
        for _, environ, body in due:
            self._inside({**environ, LATE: True, "wsgi.input": io.BytesIO(body)})

    def _inside(self, environ: dict[str, Any]) -> Answered:
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _error: Any = None) -> None:
            started[:] = [status, headers]

        pieces = self._inner(environ, start_response)  # type: ignore[arg-type]  # we need no write()
        try:
            body = b"".join(pieces)
        finally:
            if hasattr(pieces, "close"):
                pieces.close()
        return Answered(started[0], started[1], body)

    def _template(self, method: str, path: str) -> str:
        known = self._templates.get((method, path))
        if known is not None:
            return known
        try:
            rule, _ = self._routes.match(path, method, return_rule=True)
        except HTTPException:
            return path
        template = _CONVERTER.sub("{", rule.rule).replace(">", "}")
        if "{" not in template:
            self._templates[method, path] = template
        return template


def _kept(environ: dict[str, Any]) -> dict[str, Any]:
    """What is needed to run the call later, without the connection it came by."""
    return {name: value for name, value in environ.items() if not name.startswith(("werkzeug.", "flask."))}


def _json_answer(status: int, body: dict[str, Any], headers: list[tuple[str, str]] | None = None) -> Answered:
    names = {429: "429 Too Many Requests", 500: "500 Internal Server Error"}
    content = json.dumps(body, ensure_ascii=False).encode()
    return Answered(
        names.get(status, str(status)), [("Content-Type", "application/json"), *(headers or [])], content
    )
