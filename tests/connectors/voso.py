"""A Voso mock and a connector to it inside this process, with a clock nobody waits for."""

import struct
import zlib
from dataclasses import dataclass
from typing import Any

import requests

from connectors.kit.protocol import Exchange, Offer, Options, Picture
from connectors.voso.connector import VosoConnector
from connectors.voso.mock import create_mock
from connectors.voso.mock_state import VosoMock
from tests.connectors.conftest import Time
from tests.support.mounting import mounted

URL = "https://voso.test"
SKU = "HG-CAM-5KG"


def a_png(width: int = 800, height: int = 600, shade: int = 0) -> bytes:
    """A real PNG of one grey."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        sealed = kind + content
        return struct.pack(">I", len(content)) + sealed + struct.pack(">I", zlib.crc32(sealed))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + bytes([shade]) * width) * height, 1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


PICTURES = {
    f"https://img.example/{name}.png": a_png(shade=shade) for shade, name in enumerate(("cam", "la", "vuon"))
}


@dataclass
class Voso:
    """What a test needs: the connector, the mock's memory, what was journalled, the clock."""

    shop: VosoConnector
    mock: VosoMock
    exchanges: list[Exchange]
    time: Time
    pushed: list[Any]
    options: Options

    def control(self, path: str, body: dict[str, Any] | None = None) -> requests.Response:
        return requests.post(f"{URL}/_mock/{path}", json=body or {}, timeout=5)

    def fail(self, kind: str, match: str = "*", **more: Any) -> None:
        rule = {"match": match, "kind": kind, "times": 1, **more}
        assert self.control("faults", {"rules": [rule]}).status_code == 200

    def calls(self, call: str) -> int:
        return self.mock.calls[call]

    def another_process(self) -> VosoConnector:
        """A connector that remembers nothing."""
        return VosoConnector(self.mock.credentials, self.options, self.exchanges.append)


class opened:  # noqa: N801 - reads as a word where it is used: `with opened(moderation=True)`
    """A mounted Voso with other mock options."""

    def __init__(self, **options: Any) -> None:
        self.options = {"rate_per_second": None, **options}

    def __enter__(self) -> Voso:
        time, pushed, exchanges = Time(), [], []  # type: ignore[var-annotated]  # lists of what comes
        app = create_mock(now=time.now, monotonic=time.monotonic, send=pushed.append, **self.options)
        self._mount = mounted(app, URL)
        mock = self._mount.__enter__()
        options = Options(
            URL,
            calls_per_second=0,
            picture=PICTURES.__getitem__,
            sleep=time.sleep,
            clock=time.monotonic,
            now=time.now,
        )
        shop = VosoConnector(mock.credentials, options, exchanges.append)
        return Voso(shop, mock, exchanges, time, pushed, options)

    def __exit__(self, *error: Any) -> None:
        self._mount.__exit__(*error)


def an_offer(sku: str = SKU, **changes: Any) -> Offer:
    usual: dict[str, Any] = {
        "sku": sku,
        "title": "Cam sành Hà Giang thùng 5 kg",
        "description": "Cam sành chín cây, hái tại vườn ở xã Vĩnh Hảo.\nVỏ dày, mọng nước.\n\n"
        "Giao trong thùng giấy có lót rơm, giữ được mười ngày ở chỗ mát.",
        "price_vnd": 150_000,
        "packs": 40,
        "net_grams": 5_000,
        "gross_grams": 5_300,
        "category": "1010",
        "unit": "carton",
        "pictures": (Picture("https://img.example/cam.png", 800, 600, 2_000),),
        "attributes": {"XUAT_XU": "Hà Giang", "HAN_SU_DUNG": "10 ngày"},
    }
    return Offer(**{**usual, **changes})
