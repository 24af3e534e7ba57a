"""Exactly one product for each listing on every marketplace, proven under fire (L1).

Real processes over real sockets: a mock of each marketplace and `lensan work` on the database of this run,
four workers on PostgreSQL, one on SQLite. Tried at once: answers dropped after the write, 5xx, bursts of 429,
tokens that expire in the middle of a batch, workers killed with SIGKILL. `make prove` runs it at full size.
"""

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from sqlmodel import Session, col, func, select

from catalog.shipped import shipped_categories
from connectors.kit.discovery import marketplaces
from connectors.kit.errors import ConnectorError
from connectors.kit.protocol import Offer as WireOffer
from connectors.kit.protocol import Options, Picture
from marketplace.core.config import Settings
from marketplace.selling.models import Listing
from tests.conftest import KIND
from tests.support.everywhere import FRUIT, every_mock, shift, wish_everywhere
from tests.support.processes import Control, await_handler, start

OFFERS = int(os.environ.get("LENSAN_TEST_OFFERS", "12"))
KILLS = int(os.environ.get("LENSAN_TEST_KILLS", "2"))
WORKERS = 4 if KIND == "postgres" else 1
PATIENCE = 60 + OFFERS * 1.2  #: seconds until everything must be published
HEALED = 60  #: seconds after which nothing may be unclear any more
RATE = 100  #: calls a second each mock allows; ours are paced below it
FIRE = [
    # Every fifth answer is dropped after the write: most by a line that is cut, some by silence.
    {"match": "*", "kind": "timeout_after", "probability": 0.18, "hold": 0.02, "seed": 11},
    {"match": "*", "kind": "timeout_after", "probability": 0.03, "hold": 1.0, "seed": 10},
    {"match": "*", "kind": "http_500", "probability": 0.05, "seed": 12},
    {"match": "*", "kind": "http_429", "probability": 0.03, "retry_after": 0.2, "seed": 13},
    {"match": "*", "kind": "expired_token", "probability": 0.01, "seed": 14},
]


def test_every_listing_is_on_every_marketplace_exactly_once(engine, settings):
    with every_mock("--rate", str(RATE)) as mocks:
        controls = {name: Control(mock) for name, mock in mocks.items()}
        wish_everywhere(engine, settings, mocks, OFFERS)
        for control in controls.values():
            control.post("faults", {"rules": FIRE})
        with workers(settings) as crew:
            publish_under_fire(engine, crew)
            healed = time.monotonic()
            for control in controls.values():
                control.post("faults", {"rules": []})
            while unsettled(engine, whole=True) and time.monotonic() < healed + HEALED:
                time.sleep(0.1)
        states = {name: control.state() for name, control in controls.items()}

    assert crew.killed == KILLS
    assert unsettled(engine, whole=True) == 0
    for name, state in states.items():
        skus = [product["sku"] for product in state["products"]]
        assert (name, len(skus), len(set(skus))) == (name, OFFERS, OFFERS)
        assert (name, state["violations"]) == (name, [])
        assert {product["status"] for product in state["products"]} == {"live"}
    with Session(engine) as db:
        assert db.exec(select(func.count()).where(col(Listing.blame).is_not(None))).one() == 0


@pytest.mark.sqlite_only  # it knows no database: once is enough
def test_a_publisher_that_creates_and_then_saves_makes_duplicates():
    """The same fire on what most connectors do: create, and when no answer came create again."""
    with every_mock("--rate", "0") as mocks:
        doubled = {name: create_until_answered(name, mock, offers=30) for name, mock in mocks.items()}

    assert all(doubled.values()), doubled


# --- what is wanted, and the fire


def unsettled(engine, *, whole: bool = False) -> int:
    """Listings that are not yet published, or of which a write has no clear answer.

    `whole`: also those that are there without all their stock. There are just enough oranges, so while lost
    answers keep some of them promised twice, others go up with stock 0 and get theirs after the next pull.
    """
    with Session(engine) as db:
        open_ = (col(Listing.published_revision) != col(Listing.revision)) | col(Listing.unclear)
        if whole:
            open_ |= col(Listing.restock)
        return db.exec(select(func.count()).where(open_)).one()


def publish_under_fire(engine, crew: "Crew") -> None:
    """Kill a worker whenever another share of the listings is published, until all kills are done."""
    total = unsettled(engine)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        left = unsettled(engine)
        due = KILLS if left == 0 else round((total - left) / total * KILLS)
        if crew.killed < due:
            crew.kill_one()
        if left == 0 and crew.killed == KILLS:
            return
        time.sleep(0.05)
    with Session(engine) as db:
        causes = select(Listing.cause, func.count()).group_by(Listing.cause)
        blamed = list(db.exec(causes.where(col(Listing.blame).is_not(None))))
    pytest.fail(f"{unsettled(engine)} of {total} not published, {crew.killed} kills, {blamed}")


class Crew:
    """Worker processes; one that is killed is replaced at once."""

    def __init__(self, settings: Settings) -> None:
        self._environment = environment_of(settings)
        self._dice = random.Random(5)  # noqa: S311 - repeatable on purpose
        self.killed = 0
        self.workers = [self._hire() for _ in range(WORKERS)]

    def _hire(self) -> "subprocess.Popen[str]":
        return start("work", environment=self._environment, stderr=subprocess.DEVNULL)

    def kill_one(self) -> None:
        place = self._dice.randrange(WORKERS)
        self.workers[place].kill()
        self.workers[place].wait()
        self.killed += 1
        self.workers[place] = self._hire()

    def dismiss(self) -> None:
        for worker in self.workers:
            await_handler(worker, signal.SIGTERM)  # one may have been hired a moment ago
            worker.send_signal(signal.SIGTERM)
        for worker in self.workers:
            assert worker.wait(timeout=20) == 0


@contextmanager
def workers(settings: Settings) -> Iterator[Crew]:
    crew = Crew(settings)
    try:
        yield crew
        crew.dismiss()
    finally:
        for worker in crew.workers:
            worker.kill()
            worker.wait()


def environment_of(settings: Settings) -> dict[str, str]:
    """Short leases and doubts, so that a test of a minute sees what takes an hour in the field."""
    secrets = {
        f"LENSAN_{name.upper()}": getattr(settings, name).get_secret_value()
        for name in ("secret_key", "encryption_key", "lookup_key")
    }
    pace = {"calls_per_second": str(RATE * 0.9), "read_timeout": "0.8"}
    chosen = {
        f"LENSAN_MARKETPLACES__{name.upper()}__{key.upper()}": value
        for name in marketplaces()
        for key, value in pace.items()
    }
    return {
        **secrets,
        **chosen,
        "LENSAN_DATABASE_URL": settings.database_url,
        "LENSAN_DATA_DIR": str(settings.data_dir),
        "LENSAN_CONFIG": str(settings.data_dir / "none.toml"),
        "LENSAN_CLOCK_SHIFT_SECONDS": str(shift()),
        "LENSAN_WORKER__LEASE_SECONDS": "3",
        "LENSAN_WORKER__DOUBT_SECONDS": "1",
        "LENSAN_WORKER__RETRY_SECONDS": "1",
        "LENSAN_WORKER__PULL_SECONDS": "5",
        "LENSAN_WORKER__IDLE_SECONDS": "0.1",
        "LENSAN_WORKER__BATCH": "20",
    }


# --- the naive publisher


def create_until_answered(name: str, mock: Mapping[str, Any], *, offers: int) -> int:
    """How many creates the marketplace got for an SKU it already had."""
    marketplace = marketplaces()[name]
    picture = a_picture()
    options = Options(
        mock["base_url"],
        calls_per_second=0,
        read_timeout=0.8,
        picture=lambda _url: picture,
        sleep=lambda _seconds: None,
    )
    connector = marketplace.connect(mock["credentials"], options, lambda _exchange: None)
    connector.find = lambda _sku: None  # type: ignore[method-assign]  # it never looks a SKU up
    category = shipped_categories()[FRUIT][name]
    attributes = {
        one.id: (one.options or ("Hà Giang",))[0] for one in connector.attributes(category) if one.required
    }
    Control(mock).post("faults", {"rules": FIRE})
    for number in range(offers):
        offer = replace(OFFER, sku=f"NAIVE-{number}", category=category, attributes=attributes)
        for _ in range(6):
            try:
                connector.create(offer)
                break
            except ConnectorError:
                continue
    state = Control(mock).state()
    again = [one for one in state["violations"] if one["kind"] == "duplicate_create"]
    skus = [product["sku"] for product in state["products"]]
    return max(len(again), len(skus) - len(set(skus)))


def a_picture() -> bytes:
    content = BytesIO()
    Image.new("RGB", (800, 600), (233, 120, 15)).save(content, "JPEG")
    return content.getvalue()


OFFER = WireOffer(
    sku="NAIVE",
    title="Cam Vàng Hà Giang thùng 10 kg",
    description="Cam Vàng hái tại vườn, vỏ mỏng, ngọt thanh. " * 5,
    price_vnd=200_000,
    packs=5,
    net_grams=10_000,
    gross_grams=10_600,
    category="",
    unit="box",
    pictures=(Picture("http://127.0.0.1:8000/anh/a.jpg", 800, 600, 10_000),),
)
