"""A Postmart mock and a connector to it inside this process, with a clock nobody waits for."""

from dataclasses import dataclass
from typing import Any

import requests
from flask.testing import FlaskClient

from connectors.kit.protocol import Exchange, Offer, Options, Picture
from connectors.postmart.connector import PostmartConnector
from connectors.postmart.mapping import creation, information, price_correction
from connectors.postmart.mock import create_mock
from connectors.postmart.mock_state import PostmartMock
from tests.connectors.conftest import Time
from tests.support.mounting import mounted

URL = "https://postmart.test"
SKU = "HG-CAM-5KG"
JPEG = b"\xff\xd8\xff\xe0" + b"picture" * 20
PICTURE = "https://img.example/cam.jpg"


@dataclass
class Postmart:
    """What a test needs: connector, mock's memory, journal, clock, pushes, and the pictures by address."""

    shop: PostmartConnector
    mock: PostmartMock
    exchanges: list[Exchange]
    time: Time
    pushed: list[dict[str, Any]]
    pictures: dict[str, bytes]

    def control(self, path: str, body: dict[str, Any] | None = None) -> requests.Response:
        return requests.post(f"{URL}/_mock/{path}", json=body or {}, timeout=5)

    def fail(self, kind: str, match: str = "*", **more: Any) -> None:
        rule = {"match": match, "kind": kind, "times": 1, **more}
        assert self.control("faults", {"rules": [rule]}).status_code == 200

    def calls(self, call: str) -> int:
        return self.mock.calls[call]

    def only(self) -> Any:
        """The one product there is."""
        (product,) = self.mock.products.values()
        return product


class opened:  # noqa: N801 - reads as a word where it is used: `with opened(moderation=True)`
    """A mounted Postmart with other mock options."""

    def __init__(self, *, switches: dict[str, str] | None = None, **options: Any) -> None:
        self.switches = switches or {}
        self.options = {"rate_per_second": None, **options}

    def __enter__(self) -> Postmart:
        time, pushed, exchanges = Time(), [], []  # type: ignore[var-annotated]  # lists of what comes
        pictures = {PICTURE: JPEG}
        app = create_mock(
            now=time.now, monotonic=time.monotonic, send=lambda push: pushed.append(push.body), **self.options
        )
        self._mount = mounted(app, URL)
        mock = self._mount.__enter__()
        options = Options(
            URL,
            calls_per_second=0,
            switches=self.switches,
            picture=pictures.__getitem__,
            sleep=time.sleep,
            clock=time.monotonic,
            now=time.now,
        )
        shop = PostmartConnector(mock.credentials, options, exchanges.append)
        return Postmart(shop, mock, exchanges, time, pushed, pictures)

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
        "category": "trai-cay-tuoi",
        "unit": "carton",
        "pictures": (Picture(PICTURE, 1280, 960, 100_000),),
        "attributes": {"PROP0101": "Hà Giang"},
    }
    return Offer(**{**usual, **changes})


def filled(client: FlaskClient) -> dict[str, str]:
    """Put in what the OpenAPI document's examples name; returns the headers of somebody logged in.

    Product 700000001 with a price that waits, draft 700000002, order PM000000001VN, parcel 8000000001 with a
    change that waits, and its draft 8000000002.
    """
    memory = client.application.extensions["mock"]
    headers = {"token": client.post("/GetAccessToken", json=memory.credentials).json["token"]}

    def say(path: str, body: dict[str, Any]) -> None:
        answer = client.post(path, json=body, headers=headers)
        assert answer.status_code == 200, answer.text

    product = creation("T000180585", information(an_offer("CAM-VANG-5KG"), [JPEG]))
    say("/CreateProduct", product)
    draft = {**product["informationProduct"], "saleProductCode": "DRAFT"}
    say("/CreateProduct", {**product, "productCreationStatus": 0, "informationProduct": draft})
    say("/productCorrection", price_correction("700000001", 160_000))
    memory.buy("CAM-VANG-5KG", 2)
    names = ("senderName", "senderPhone", "senderAddress", "receiverName", "receiverPhone", "receiverAddress")
    sent = {**dict.fromkeys(names, "Thử 2099"), "weight": "5300"}
    order = {"type": "GUI", "customerCode": "T000180585", "informationOrder": sent}
    say("/CreateOrder", {**order, "orderCreationStatus": 1})
    say("/CreateOrder", {**order, "orderCreationStatus": 0})
    change = {"OriginalId": "8000000001", "AffairType": "02", "Receiver": {"Name": "Trần Thử 2099"}}
    say("/orderCorrection", change)
    return headers
