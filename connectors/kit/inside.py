"""Let the kit's HTTP reach a marketplace's mock inside this process: no port, and nobody waits."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPResponse
from werkzeug.test import Client

from connectors.kit.faults import NoAnswer
from connectors.kit.http import INSIDE
from connectors.kit.mock_gate import SLEEP

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


@contextmanager
def inside(app: "WSGIApplication", base_url: str) -> Iterator[None]:
    """Within the block new sessions of the kit reach `app` at `base_url`; other addresses are as ever."""
    INSIDE[base_url] = Inside(app)
    try:
        yield
    finally:
        del INSIDE[base_url]


class Inside(BaseAdapter):
    """Carries a request into a WSGI application; a planned silence becomes what a socket would show."""

    def __init__(self, app: "WSGIApplication") -> None:
        super().__init__()
        self._client = Client(app, use_cookies=False)
        self._building = HTTPAdapter()

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002, FBT001, FBT002 - the signature of requests
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,  # noqa: ARG002, FBT001, FBT002 - the same
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,  # noqa: ARG002 - the same
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002 - the same
    ) -> requests.Response:
        """The application's answer; a timeout when it slept longer than the read timeout."""
        slept: list[float] = []
        patience = timeout[1] if isinstance(timeout, tuple) else timeout
        try:
            answer = self._open(request, slept)
        except NoAnswer as silence:
            if silence.kind == "timeout":
                raise requests.exceptions.ReadTimeout("read timed out", request=request) from silence
            raise requests.exceptions.ConnectionError("connection reset", request=request) from silence
        if patience is not None and sum(slept) >= patience:
            raise requests.exceptions.ReadTimeout("read timed out", request=request)
        raw = HTTPResponse(
            BytesIO(answer.get_data()), dict(answer.headers), answer.status_code, preload_content=False
        )
        return self._building.build_response(request, raw)

    def _open(self, request: requests.PreparedRequest, slept: list[float]) -> Any:
        body = request.body.encode() if isinstance(request.body, str) else request.body
        return self._client.open(
            path=request.path_url,
            method=request.method,
            headers=list(request.headers.items()),
            data=body,
            environ_overrides={SLEEP: slept.append, "REMOTE_ADDR": "127.0.0.1"},
        )

    def close(self) -> None:
        """Nothing is kept open."""
