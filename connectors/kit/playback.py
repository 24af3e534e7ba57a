"""Play a journalled operation again: recorded answers are given back, what is not recorded goes to the mock.

No port and no waiting: a time-out is raised as `requests` would raise it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from uuid import uuid4

import requests
from urllib3 import HTTPResponse

from connectors.kit.http import INSIDE
from connectors.kit.inside import Inside
from connectors.kit.redact import scrub, whole_again

LONGEST_PATH = 300  #: characters of a path in the journal
_LONG, _SHORT = "3600", "1"  #: Retry-After that ends the attempts, and that lets the next follow
_SILENCES: Mapping[str, type[requests.RequestException]] = {
    "timeout": requests.exceptions.ReadTimeout,
    "unreachable": requests.exceptions.ConnectTimeout,
    "no_secure_connection": requests.exceptions.SSLError,
}


@dataclass(frozen=True)
class Recorded:
    """One journalled call; `status` None: no answer came, `error` says how."""

    method: str
    path: str
    status: int | None
    response: str
    error: str | None


@contextmanager
def playing(mock: Any, recorded: Sequence[Recorded]) -> Iterator[str]:
    """Within the block a new connector to the base URL that is yielded hears the recording."""
    base_url = f"http://{uuid4().hex}.invalid"  # two replays at once do not hear each other
    INSIDE[base_url] = Playback(mock, recorded)
    try:
        yield base_url
    finally:
        del INSIDE[base_url]


class Playback(Inside):
    """A `requests` adapter for one replay of calls to the application of a mock."""

    def __init__(self, mock: Any, recorded: Sequence[Recorded]) -> None:
        super().__init__(mock)
        self._waiting = list(recorded)

    def send(self, request: requests.PreparedRequest, *network: Any, **more: Any) -> requests.Response:
        """Answer one call: the next recorded one of this method and path, else the mock's own."""
        place = self._place(request.method or "GET", scrub(request.path_url)[:LONGEST_PATH])
        if place is None:
            return super().send(request, *network, **more)
        said = self._waiting.pop(place)
        if said.status is None:
            kind = _SILENCES.get(said.error or "", requests.exceptions.ConnectionError)
            raise kind(said.error, request=request)
        raw = HTTPResponse(
            BytesIO(_body(said)), self._headers(said, place), status=said.status, preload_content=False
        )
        return self._building.build_response(request, raw)

    def _place(self, method: str, path: str) -> int | None:
        """Where the call stands in the recording; days in a query may differ from the recorded ones."""
        same = [place for place, one in enumerate(self._waiting) if one.method == method]
        for alike in (lambda one: one.path == path, lambda one: _bare(one.path) == _bare(path)):
            for place in same:
                if alike(self._waiting[place]):
                    return place
        return None

    def _headers(self, said: Recorded, place: int) -> dict[str, str]:
        """What the journal does not keep: a refused call followed by itself was told to come back soon."""
        if said.error is None:
            return {}
        after = self._waiting[place] if place < len(self._waiting) else None
        again = after is not None and (after.method, after.path) == (said.method, said.path)
        return {"Retry-After": _SHORT if again else _LONG}


def _bare(path: str) -> str:
    return path.partition("?")[0]


def _body(said: Recorded) -> bytes:
    """The recorded answer, a cut one in its old shape; what was no JSON is none again."""
    if not said.response and said.error is None:
        return b"null"
    try:
        return json.dumps(whole_again(json.loads(said.response)), ensure_ascii=False).encode()
    except ValueError:
        return said.response.encode()
