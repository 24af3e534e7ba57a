"""A mock on a real port: one line, keep-alive, failures down to the socket, a clean end."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from threading import Thread
from typing import Any

import pytest
import requests

from connectors.kit.errors import Unavailable
from connectors.kit.protocol import Options
from connectors.kit.publishing import publish
from connectors.kit.serving import Serving, announcement, listen
from connectors.sendo.connector import SendoConnector
from connectors.sendo.mock import SECRET_KEY, SHOP_KEY, create_mock
from tests.connectors.conftest import an_offer

KEYS = {"shop_key": SHOP_KEY, "secret_key": SECRET_KEY}
PRODUCT = "POST /api/partner/product"


@pytest.fixture
def serving() -> Iterator[Serving]:
    running = listen(create_mock(rate_per_second=None))
    yield running
    running.stop()


@pytest.fixture
def shop(serving: Serving) -> Iterator[SendoConnector]:
    connector = SendoConnector(KEYS, Options(serving.base_url, calls_per_second=0, read_timeout=0.4))
    connector.open_shop()
    yield connector
    connector.close()


def fail(serving: Serving, kind: str, **more: Any) -> None:
    rule = {"match": PRODUCT, "kind": kind, "times": 1, "hold": 0.05, **more}
    requests.post(f"{serving.base_url}/_mock/faults", json={"rules": [rule]}, timeout=5).raise_for_status()


def products(serving: Serving) -> list[Any]:
    shown: list[Any] = requests.get(f"{serving.base_url}/_mock/state", timeout=5).json()["products"]
    return shown


def test_the_first_line_says_where_the_mock_is() -> None:
    line = announcement("sendo", KEYS, "http://127.0.0.1:5")
    assert json.loads(line) == {
        "name": "sendo",
        "base_url": "http://127.0.0.1:5",
        "credentials": KEYS,
        "control": "/_mock",
    }
    assert "\n" not in line


@pytest.mark.parametrize(
    ("kind", "happened"),
    [
        ("timeout_before", False),
        ("timeout_after", True),
        ("reset", False),
        ("html_body", True),
        ("truncated_json", True),
    ],
)
def test_a_lost_answer_over_a_socket_is_unclear_and_heals(
    kind: str, happened: bool, serving: Serving, shop: SendoConnector
) -> None:
    fail(serving, kind)
    with pytest.raises(Unavailable) as lost:
        publish(shop, an_offer(), None)
    assert lost.value.maybe_done
    assert len(products(serving)) == happened
    assert publish(shop, an_offer(), None, unclear=True).adopted is happened
    assert len(products(serving)) == 1


def test_a_held_answer_is_a_timeout(serving: Serving, shop: SendoConnector) -> None:
    fail(serving, "timeout_after", hold=0.6)
    with pytest.raises(Unavailable) as lost:
        publish(shop, an_offer(), None)
    assert lost.value.code == "timeout"


def test_a_reset_is_a_reset_on_the_wire(serving: Serving) -> None:
    fail(serving, "reset")
    host, port = serving.base_url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(b"POST /api/partner/product HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            connection.recv(100)


def test_a_late_write_happens_after_its_answer_was_lost(serving: Serving, shop: SendoConnector) -> None:
    memory = serving.server.app.extensions["mock"]  # type: ignore[attr-defined]  # werkzeug keeps the application
    fail(serving, "late_apply", delay=3600)
    with pytest.raises(Unavailable):
        shop.create(an_offer())
    assert products(serving) == []
    memory.late = [(0.0, environ, body) for _, environ, body in memory.late]
    assert [product["sku"] for product in products(serving)] == ["HG-CAM-5KG"]


def test_one_connection_serves_many_calls(serving: Serving) -> None:
    connection = HTTPConnection(serving.base_url.removeprefix("http://"), timeout=5)
    connection.connect()
    port = connection.sock.getsockname()
    for _ in range(3):
        connection.request("GET", "/_mock/state")
        assert json.load(connection.getresponse())["name"] == "sendo"
        assert connection.sock.getsockname() == port
    connection.close()


def test_many_buyers_at_once_never_take_more_than_there_is(serving: Serving, shop: SendoConnector) -> None:
    shop.create(an_offer(packs=20))
    statuses: list[int] = []

    def buy() -> None:
        for _ in range(10):
            body = {"sku": "HG-CAM-5KG", "packs": 1}
            statuses.append(requests.post(f"{serving.base_url}/_mock/buy", json=body, timeout=20).status_code)

    buyers = [Thread(target=buy) for _ in range(4)]
    for buyer in buyers:
        buyer.start()
    for buyer in buyers:
        buyer.join()
    assert sorted(statuses) == [200] * 20 + [409] * 20
    assert products(serving)[0]["stock"] == 0


def test_pushes_arrive_at_a_real_receiver(serving: Serving, shop: SendoConnector) -> None:
    arrived: Queue[bytes] = Queue()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            arrived.put(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    receiver = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        url = f"http://127.0.0.1:{receiver.server_port}/"
        requests.post(f"{serving.base_url}/_mock/webhook", json={"url": url}, timeout=5).raise_for_status()
        shop.create(an_offer())
        hint = shop.hint({}, arrived.get(timeout=10))
        assert (hint.kind, hint.key) == ("product", "HG-CAM-5KG")
    finally:
        receiver.shutdown()
        thread.join()
        receiver.server_close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_form_prints_one_line_and_ends_cleanly(number: signal.Signals) -> None:
    script = (
        "from connectors.kit.serving import serve; from connectors.sendo.mock import create_mock; "
        "app = create_mock(); serve(app, 'sendo', app.extensions['mock'].credentials, 0)"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    line = json.loads(process.stdout.readline())
    assert requests.get(f"{line['base_url']}{line['control']}/state", timeout=5).status_code == 200
    os.kill(process.pid, number)
    rest, errors = process.communicate(timeout=10)
    assert (process.returncode, rest, errors) == (0, b"", b"")
