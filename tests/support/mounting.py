"""Route a base URL into a Flask application inside this process, planned failures included."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
import responses
from flask import Flask
from requests import PreparedRequest
from werkzeug.test import Client

from connectors.kit.faults import NoAnswer
from connectors.kit.mock_gate import SLEEP

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")
_active: list[responses.RequestsMock] = []


@contextmanager
def mounted(app: Flask, base_url: str) -> Iterator[Any]:
    """Within the block `requests` to `base_url` reach the application; yields its memory, if it is a mock.

    Several may be mounted at once; any other address stays unreachable.
    """
    client = Client(app)
    pattern = re.compile(re.escape(base_url.rstrip("/")) + r"(/.*)?$")

    def answer(request: PreparedRequest) -> tuple[int, dict[str, str], bytes]:
        return _answer(client, request, len(base_url.rstrip("/")))

    with _registry() as registry:
        for method in _METHODS:
            registry.add_callback(method, pattern, callback=answer, content_type=None)
        try:
            yield app.extensions.get("mock")
        finally:
            for method in _METHODS:
                registry.remove(method, pattern)


@contextmanager
def _registry() -> Iterator[responses.RequestsMock]:
    if _active:
        yield _active[-1]
        return
    with responses.RequestsMock(assert_all_requests_are_fired=False) as registry:
        _active.append(registry)
        try:
            yield registry
        finally:
            _active.pop()


def _answer(client: Client, request: PreparedRequest, prefix: int) -> tuple[int, dict[str, str], bytes]:
    timeout = getattr(request, "req_kwargs", {}).get("timeout")
    patience = timeout[1] if isinstance(timeout, tuple) else timeout
    waited: list[float] = []
    body = request.body.encode() if isinstance(request.body, str) else request.body
    try:
        answer = client.open(
            path=(request.url or "")[prefix:] or "/",
            method=request.method,
            headers=list(request.headers.items()),
            data=body,
            environ_overrides={SLEEP: waited.append, "REMOTE_ADDR": "127.0.0.1"},
        )
    except NoAnswer as silence:
        if silence.kind == "timeout":
            raise requests.exceptions.ReadTimeout("read timed out", request=request) from silence
        raise requests.exceptions.ConnectionError("connection reset by peer", request=request) from silence
    if patience is not None and sum(waited) >= patience:
        raise requests.exceptions.ReadTimeout("read timed out", request=request)
    return answer.status_code, dict(answer.headers), answer.get_data()
