"""A Voso mock and a connector to it inside this process, with a clock nobody waits for."""

import struct
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import requests
from flask.testing import FlaskClient

from connectors.kit.protocol import Exchange, Offer, Options, Picture
from connectors.voso.connector import VosoConnector
from connectors.voso.mapping import to_edit, to_wire
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


def filled(shop: FlaskClient) -> dict[str, str]:
    """Put in what the examples of `openapi.yaml` name: a picture, product 5000001, an order, a parcel."""
    memory = shop.application.extensions["mock"]
    headers = {"Token": memory.log_in(long=True)[0]}

    def say(path: str, **body: Any) -> Any:
        told = shop.post(path, headers=headers, **body).json
        assert told["error"] is False, told
        return told["data"]

    image = say("/v2/product/uploadImage", data={"FILE": (BytesIO(a_png()), "a.png")})["IMAGE_ID"]
    say("/v2/product/createProduct", json=to_wire(an_offer(), [image]))
    say("/v2/product/UpdateProduct", json={"TYPE": 1, "PRODUCT_ID": 5_000_001, "NOTE": ""})
    memory.buy(SKU, 1)
    memory.settings["moderation"] = True
    say("/v2/product/edit", json=to_edit(to_wire(an_offer(title="Cam"), [image]), "5000001"))
    say("/v2/order/createOrder", json=PARCEL)
    return headers


PARCEL: dict[str, Any] = {
    "ORDER_NUMBER": "DON-1", "GROUPADDRESS_ID": 0, "CUS_ID": 8000001, "DELIVERY_DATE": "20/12/2021 08:00:00",
    "SENDER_FULLNAME": "Kho thử 2099", "SENDER_ADDRESS": "Thôn Thử", "SENDER_PHONE": "0912099001",
    "SENDER_WARD": 2011, "SENDER_DISTRICT": 201, "SENDER_PROVINCE": 20,
    "RECEIVER_FULLNAME": "Nguyễn Thử 2099", "RECEIVER_ADDRESS": "Số 2099", "RECEIVER_PHONE": "0912099099",
    "RECEIVER_WARD": 111, "RECEIVER_DISTRICT": 11, "RECEIVER_PROVINCE": 1,
    "PRODUCT_NAME": "Cam sành", "PRODUCT_QUANTITY": 1, "PRODUCT_PRICE": 150000, "PRODUCT_WEIGHT": 5300,
    "PRODUCT_TYPE": "HH", "ORDER_PAYMENT": 3, "ORDER_SERVICE": "VCN", "ORDER_SERVICE_ADD": "",
    "ORDER_NOTE": "", "MONEY_COLLECTION": 150000, "CHECK_UNIQUE": True,
    "LIST_ITEM": [{"PRODUCT_NAME": "Cam", "PRODUCT_QUANTITY": 1, "PRODUCT_WEIGHT": 5300}],
}  # fmt: skip
