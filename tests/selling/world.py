"""A small world for selling: a cooperative, its shop on a mock inside this process, and a worker."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session, select

from catalog.models import Household, Pack, Producer, Product
from connectors.sendo import MARKETPLACE
from marketplace.core.config import MarketplaceSettings, Settings
from marketplace.core.db import writing
from marketplace.core.secrets import vault_of
from marketplace.selling.models import Listing, Shop
from marketplace.selling.sync.worker import Worker
from tests import factories as make
from tests.support.mounting import mounted

BASE = "http://127.0.0.1:9"
PICTURE = "http://127.0.0.1:8000/anh/x.jpg"


class Time:
    """A clock the test moves."""

    def __init__(self, start: datetime) -> None:
        self.now = start

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class World:
    engine: Engine
    worker: Worker
    time: Time
    mock: Any
    shop: Shop
    producer: Producer
    household: Household
    product: Product
    pack: Pack

    def work(self, rounds: int = 20) -> None:
        """Let the worker do all that is due now."""
        for _ in range(rounds):
            if not self.worker.work_once():
                return

    def listing(self, listing_id: int | None) -> Listing:
        with Session(self.engine) as db:
            return db.get_one(Listing, listing_id)

    def exposures_fit(self) -> bool:
        from catalog.models import LotPool
        from marketplace.selling.stock import pool_figures

        with Session(self.engine) as db:
            figures = pool_figures(db, [pool.id or 0 for pool in db.exec(select(LotPool))])
        return all(pool.exposed <= pool.on_hand for pool in figures.values())


@contextmanager
def a_world(
    engine: Engine, settings: Settings, *, grams: int = 100_000, **mock_options: Any
) -> Iterator[World]:
    """Committed rows: a cooperative with a member, a lot of `grams`, a 10 kg pack, a shop with keys."""
    time = Time(make.NOW)
    app = MARKETPLACE.create_mock(**{"rate_per_second": None, "now": time, **mock_options})
    memory = app.extensions["mock"]
    settings.marketplaces["sendo"] = MarketplaceSettings(base_url=BASE, calls_per_second=100_000)
    with writing(engine) as db:
        household = make.a_household(db)
        producer = make.a_cooperative(db, members=(household,))
        product = make.a_product(db)
        pack = make.a_pack(db, product, net_grams=10_000, name="Thùng 10 kg")
        if grams:
            make.a_lot(db, product=product, household=household, producer=producer, grams=grams)
        sealed = vault_of(settings).seal(json.dumps(dict(memory.credentials)))
        shop = make.a_shop(
            db, producer=producer, credentials_sealed=sealed, pulled_to=make.NOW - timedelta(days=40)
        )
    with mounted(app, BASE):
        yield World(
            engine, Worker(engine, settings, now=time), time, memory, shop, producer, household, product, pack
        )
