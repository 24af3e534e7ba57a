"""A Sendo mock and a connector to it inside this process, with a clock nobody waits for."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from connectors.kit.protocol import Exchange, Offer, Options, Picture
from connectors.sendo.connector import SendoConnector
from connectors.sendo.mock import create_mock
from connectors.sendo.mock_state import SendoMock
from tests.support.mounting import mounted

URL = "https://sendo.test"
START = datetime(2021, 12, 20, 2, 0, tzinfo=UTC)


@dataclass
class Time:
    """A monotonic clock and a wall clock that move together, when somebody sleeps or says so."""

    seconds: float = 1_000.0
    slept: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds - 1_000)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds


@dataclass
class Sendo:
    """What a test needs: the connector, the mock's memory, what was journalled, the clock."""

    shop: SendoConnector
    mock: SendoMock
    exchanges: list[Exchange]
    time: Time
    pushed: list[dict[str, Any]]

    def control(self, path: str, body: dict[str, Any] | None = None) -> requests.Response:
        return requests.post(f"{URL}/_mock/{path}", json=body or {}, timeout=5)

    def fail(self, kind: str, match: str = "*", **more: Any) -> None:
        rule = {"match": match, "kind": kind, "times": 1, **more}
        assert self.control("faults", {"rules": [rule]}).status_code == 200

    def calls(self, call: str) -> int:
        return self.mock.calls[call]


@pytest.fixture
def sendo() -> Iterator[Sendo]:
    with opened() as opened_sendo:
        yield opened_sendo


class opened:  # noqa: N801 - reads as a word where it is used: `with opened(moderation=True)`
    """A mounted Sendo with other mock options."""

    def __init__(self, *, switches: dict[str, str] | None = None, **options: Any) -> None:
        self.switches = switches or {}
        self.options = {"rate_per_second": None, **options}

    def __enter__(self) -> Sendo:
        time, pushed, exchanges = Time(), [], []  # type: ignore[var-annotated]  # lists of what comes
        app = create_mock(
            now=time.now,
            monotonic=time.monotonic,
            send=lambda push: pushed.append(push.body),
            **self.options,
        )
        self._mount = mounted(app, URL)
        mock = self._mount.__enter__()
        options = Options(
            URL,
            calls_per_second=0,
            switches=self.switches,
            sleep=time.sleep,
            clock=time.monotonic,
            now=time.now,
        )
        shop = SendoConnector(mock.credentials, options, exchanges.append)
        return Sendo(shop, mock, exchanges, time, pushed)

    def __exit__(self, *error: Any) -> None:
        self._mount.__exit__(*error)


def an_offer(sku: str = "HG-CAM-5KG", **changes: Any) -> Offer:
    usual: dict[str, Any] = {
        "sku": sku,
        "title": "Cam sành Hà Giang thùng 5 kg",
        "description": "Cam sành chín cây, hái tại vườn ở xã Vĩnh Hảo.\nVỏ dày, mọng nước.\n\n"
        "Giao trong thùng giấy có lót rơm, giữ được mười ngày ở chỗ mát.",
        "price_vnd": 150_000,
        "packs": 40,
        "net_grams": 5_000,
        "gross_grams": 5_300,
        "category": "2422",
        "unit": "carton",
        "pictures": (Picture("https://img.example/cam.jpg", 1280, 960, 100_000),),
        "attributes": {"841": "5"},
    }
    return Offer(**{**usual, **changes})
