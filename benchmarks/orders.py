"""Orders from a mock marketplace: how many an hour are imported, how soon one is on the coordinator's page.

Importing is one pull of the real worker: pages read, goods taken out of lots, full durability. The limit is a
bare `requests` session reading the same pages. Soonness is measured from outside with real processes: the
mock pushes to `lensan serve`, `lensan work` reads the order, a logged-in coordinator looks at the list.
"""

import json
import random
import re
import socket
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import requests
from sqlalchemy import update
from sqlmodel import Session, func, select

from benchmarks.harness import NOW, Place, Result, installation, options, percentile, seconds, shift, tell
from benchmarks.publishing import captured, each, work
from catalog.models import HarvestLot, StockEntry, StockKind
from connectors.kit.discovery import marketplaces
from marketplace.accounts.models import Role
from marketplace.core import clock
from marketplace.core.config import MarketplaceSettings
from marketplace.core.db import writing
from marketplace.selling.models import Listing, Order, Shop
from marketplace.selling.sync.worker import Worker
from tests import factories as make
from tests.support.everywhere import every_mock, wish_everywhere
from tests.support.processes import Control, start

LISTINGS = 40
PATIENCE = 60.0  #: seconds; an order that is not seen by then is an error


def main() -> None:
    asked = options(
        __doc__,
        orders=(1_000, "orders placed before each pull"),
        rounds=(3, "pulls, the median counts"),
        pushes=(30, "orders pushed one by one"),
    )
    clock.shift_by(shift())
    results: list[Result] = []
    for name in marketplaces():
        with (
            installation(postgres=asked.postgres) as place,
            every_mock("--rate", "0", names=[name]) as mocks,
        ):
            skus = goods(place, mocks, packs=packs_for(asked.orders, asked.rounds, asked.pushes))
            results += [
                imported(place, mocks[name], skus, asked.orders, asked.rounds),
                soonness(place, mocks[name], skus, asked.pushes),
            ]
    tell(results, as_json=asked.as_json)


def packs_for(orders: int, rounds: int, pushes: int) -> int:
    """Of each listing, for buyers who go through the listings in turn, from the first one each time."""
    return rounds * (orders // LISTINGS + 1) + pushes // LISTINGS + 1


def goods(place: Place, mocks: dict[str, dict[str, Any]], *, packs: int) -> list[str]:
    """Plenty of oranges on sale in the one marketplace there is; the SKUs."""
    (name,) = mocks
    control = Control(mocks[name])
    place.settings.marketplaces[name] = MarketplaceSettings(calls_per_second=100_000)
    with writing(place.engine) as db:
        make.load_communes(db)
    wish_everywhere(place.engine, place.settings, mocks, LISTINGS)
    with writing(place.engine) as db:
        lot = db.exec(select(HarvestLot)).one()
        plenty = {"grams": LISTINGS * packs * 10_000, "key": "plenty", "at": NOW}
        db.add(StockEntry(lot_id=lot.id or 0, pool_id=lot.pool_id, kind=StockKind.HARVEST, **plenty))
        db.execute(update(Listing).values(wanted_packs=packs))
    work(place)
    for product in control.state()["products"]:
        if product["status"] != "live":
            control.post("moderate", {"sku": product["sku"], "verdict": "approve"})
    return [product["sku"] for product in control.state()["products"]]


# --- orders an hour


def imported(place: Place, mock: dict[str, Any], skus: list[str], orders: int, rounds: int) -> Result:
    """Each pull finds `orders` new ones among all that were told before."""
    ours, bare = [], []
    for number in range(rounds):
        buy(mock, skus, orders)
        only_a_pull(place)
        with captured() as calls:
            ours.append(seconds(Worker(place.engine, place.settings).work_once))
        bare.append(seconds(lambda calls=calls: each(calls)))
        assert taken(place) == orders * (number + 1), taken(place)
    middle = statistics.median(ours)
    return Result(
        f"pull {orders} new orders from {mock['name']}",
        middle,
        statistics.median(bare),
        ratio=statistics.median(limit / mine for mine, limit in zip(ours, bare, strict=True)),
        facts={"an hour": round(orders / middle * 3600), "aim": 50_000},
    )


def buy(mock: dict[str, Any], skus: list[str], orders: int) -> None:
    with requests.Session() as session:
        session.trust_env = False
        for number in range(orders):
            body = {"sku": skus[number % len(skus)], "packs": 1}
            answer = session.post(f"{mock['base_url']}{mock['control']}/buy", json=body, timeout=15)
            assert answer.status_code < 300, answer.text


def only_a_pull(place: Place) -> None:
    """Nothing else is due, and all of the season may be told."""
    later = clock.now() + timedelta(days=30)
    with writing(place.engine) as db:
        db.execute(update(Listing).values(not_before=None))
        db.execute(
            update(Shop).values(sweep_due_at=later, resume_at=None, lease_until=None, pull_due_at=clock.now())
        )


def taken(place: Place) -> int:
    with Session(place.engine) as db:
        return db.exec(select(func.count()).select_from(Order)).one()


# --- from the push to the page


def soonness(place: Place, mock: dict[str, Any], skus: list[str], pushes: int) -> Result:
    """Seconds from a buyer's click to the order on the coordinator's page."""
    with writing(place.engine) as db:
        name = make.an_account(db, Role.COORDINATOR).user_name or ""
        token = db.exec(select(Shop.push_token)).one()
    control, chance = Control(mock), random.Random(7)  # noqa: S311 - the same pauses every time
    waits = []
    with running(place) as address, requests.Session() as browser:
        browser.trust_env = False
        log_in(browser, address, name)
        control.post("webhook", {"url": f"{address}/day/{token}"})
        seen_after(browser, address, control, skus[-1])  # both processes are up
        for number in range(pushes):
            time.sleep(chance.uniform(0.5, 2.0))  # at any moment of the worker's rounds
            waits.append(seen_after(browser, address, control, skus[number % len(skus)]))
    return Result(
        f"push to page from {mock['name']}, p95",
        percentile(waits, 0.95),
        aim=2.0,
        facts={"pushes": pushes, "p50": round(percentile(waits, 0.5), 2), "longest": round(max(waits), 2)},
    )


def seen_after(browser: requests.Session, address: str, control: Control, sku: str) -> float:
    started = time.perf_counter()
    number = control.post("buy", {"sku": sku, "packs": 1})["order_no"]
    while time.perf_counter() - started < PATIENCE:
        page = browser.get(f"{address}/don-hang", params={"q": number}, timeout=15)
        if f" {number}</a>" in page.text:
            return time.perf_counter() - started
        time.sleep(0.02)
    raise AssertionError(f"order {number} never came")


@contextmanager
def running(place: Place) -> Iterator[str]:
    """A real web server and one real worker on this installation; the server's address."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    settings = place.settings
    environment = {
        "LENSAN_DATABASE_URL": settings.database_url,
        "LENSAN_DATA_DIR": str(place.folder),
        "LENSAN_SECRET_KEY": settings.secret_key.get_secret_value(),
        "LENSAN_ENCRYPTION_KEY": settings.encryption_key.get_secret_value(),
        "LENSAN_LOOKUP_KEY": settings.lookup_key.get_secret_value(),
        "LENSAN_CLOCK_SHIFT_SECONDS": str(shift()),
        "LENSAN_MARKETPLACES": json.dumps(
            {name: {"calls_per_second": 100_000} for name in settings.marketplaces}
        ),
    }
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    processes = [
        start("serve", "--port", str(port), environment=environment, **quiet),
        start("work", environment=environment, **quiet),
    ]
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/-/health")
        yield address
    finally:
        for process in processes:
            process.terminate()
            process.wait(timeout=20)


def wait_for(url: str) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            if requests.get(url, timeout=2).ok:
                return
        except requests.RequestException:
            time.sleep(0.1)
    raise AssertionError(f"{url} never answered")


def log_in(browser: requests.Session, address: str, name: str) -> None:
    page = browser.get(f"{address}/dang-nhap", timeout=15).text
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None
    form = {"csrf_token": found[1], "name": name, "password": make.PASSWORD}
    answer = browser.post(f"{address}/dang-nhap", data=form, timeout=15, allow_redirects=False)
    assert answer.status_code == 303, answer.text


if __name__ == "__main__":
    main()
