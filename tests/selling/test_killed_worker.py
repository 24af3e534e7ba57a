"""Hundreds of listings, a worker killed with SIGKILL five times, every tenth answer dropped after the write.

Real processes over real sockets: the mock, and `lensan work` on the database of this run. `make prove` takes
a thousand.
"""

import json
import os
import signal
import subprocess
import time
from datetime import UTC, datetime

from sqlmodel import Session, col, func, select

from marketplace.core.config import Settings
from marketplace.core.db import writing
from marketplace.core.secrets import vault_of
from marketplace.selling.listings import sku_of
from marketplace.selling.models import Listing, Offer, OfferPhoto
from tests import factories as make
from tests.support.processes import Control, a_mock, start

LISTINGS = int(os.environ.get("LENSAN_TEST_LISTINGS", "300"))
KILLS = 5


def test_every_listing_survives_five_kills_and_lost_answers(engine, settings):
    with a_mock("sendo", "--rate", "0", "--shift-seconds", str(shift())) as mock:
        control = Control(mock)
        many_wishes(engine, settings, mock)
        control.post(
            "faults",
            {
                "rules": [
                    {
                        "match": "POST /api/partner/product",
                        "kind": "timeout_after",
                        "probability": 0.1,
                        "hold": 0.25,
                        "seed": 7,
                    }
                ]
            },
        )
        killed = publish_with_kills(control, engine, settings, mock["base_url"])
        state = control.state()

    assert killed == KILLS
    assert len(state["products"]) == LISTINGS
    assert len({product["sku"] for product in state["products"]}) == LISTINGS
    assert state["violations"] == []
    with Session(engine) as db:
        settled = select(func.count()).where(
            col(Listing.published_revision) == 1,
            col(Listing.unclear).is_(False),
            col(Listing.blame).is_(None),
        )
        assert db.exec(settled).one() == LISTINGS


def shift() -> int:
    """All processes live on 1 December 2021, so that the oranges are fresh."""
    return round((make.NOW - datetime.now(UTC)).total_seconds())


def many_wishes(engine, settings: Settings, mock) -> None:
    with writing(engine) as db:
        household = make.a_household(db)
        producer = make.a_cooperative(db, members=(household,))
        product = make.a_product(db)
        pack = make.a_pack(db, product)
        make.a_lot(db, product=product, household=household, producer=producer, grams=LISTINGS * 10_000)
        shop = make.a_shop(
            db,
            producer=producer,
            credentials_sealed=vault_of(settings).seal(json.dumps(mock["credentials"])),
            base_url=mock["base_url"],
        )
        template = make.an_offer(db, producer=producer, pack=pack)
        photo = db.exec(select(OfferPhoto)).one().photo_id
        values = template.model_dump(exclude={"id"})
        offers = [template, *(Offer(**values) for _ in range(LISTINGS - 1))]
        db.add_all(offers)
        db.flush()
        db.add_all(OfferPhoto(offer_id=offer.id or 0, photo_id=photo) for offer in offers[1:])
        db.add_all(
            Listing(
                offer_id=offer.id or 0,
                shop_id=shop.id or 0,
                sku=sku_of(offer.id or 0, shop.id or 0),
                created_at=make.NOW,
                wanted_packs=1,
                not_before=make.NOW,
            )
            for offer in offers
        )


def publish_with_kills(control: Control, engine, settings: Settings, base_url: str) -> int:
    """Run workers until everything is published, killing them at five moments; returns the kills."""
    environment = {
        "LENSAN_DATABASE_URL": settings.database_url,
        "LENSAN_DATA_DIR": str(settings.data_dir),
        "LENSAN_SECRET_KEY": settings.secret_key.get_secret_value(),
        "LENSAN_ENCRYPTION_KEY": settings.encryption_key.get_secret_value(),
        "LENSAN_LOOKUP_KEY": settings.lookup_key.get_secret_value(),
        "LENSAN_CONFIG": str(settings.data_dir / "none.toml"),
        "LENSAN_CLOCK_SHIFT_SECONDS": str(shift()),
        "LENSAN_WORKER__LEASE_SECONDS": "3",
        "LENSAN_WORKER__DOUBT_SECONDS": "1",
        "LENSAN_WORKER__RETRY_SECONDS": "1",
        "LENSAN_WORKER__IDLE_SECONDS": "0.1",
        "LENSAN_WORKER__BATCH": "20",
        "LENSAN_MARKETPLACES": json.dumps({"sendo": {"calls_per_second": 1000, "read_timeout": 0.2}}),
    }
    killed = 0
    deadline = time.monotonic() + 240
    worker = start("work", environment=environment, stderr=subprocess.DEVNULL)
    try:
        while time.monotonic() < deadline:
            with Session(engine) as db:
                done = db.exec(select(func.count()).where(col(Listing.published_revision) == 1)).one()
            if done == LISTINGS and not unclear(engine):
                break
            if killed < KILLS and done >= (killed + 1) * LISTINGS // (KILLS + 2):
                worker.kill()
                worker.wait()
                killed += 1
                worker = start("work", environment=environment, stderr=subprocess.DEVNULL)
            time.sleep(0.05)
    finally:
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=15) == 0
    return killed


def unclear(engine) -> bool:
    with Session(engine) as db:
        return db.exec(select(Listing.id).where(col(Listing.unclear)).limit(1)).first() is not None
