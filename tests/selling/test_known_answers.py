"""What a marketplace requires and our rows know is answered without a question, as soon as it is read."""

import json
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from marketplace.core.audit import SYSTEM
from marketplace.core.config import MarketplaceSettings
from marketplace.core.db import writing
from marketplace.core.secrets import vault_of
from marketplace.selling import listings
from marketplace.selling.models import CategoryChoice, CategorySchema, Listing, SchemaTask
from marketplace.selling.sync.registry import marketplaces
from marketplace.selling.sync.wire import prepare
from marketplace.selling.sync.worker import Worker
from tests import factories as make
from tests.selling.world import Time
from tests.support.mounting import mounted

BASE = "http://127.0.0.1:9"


@pytest.mark.parametrize(("name", "category"), [("voso", "1010"), ("postmart", "thit-kho-gac-bep")])
def test_an_offer_owes_nothing_that_we_know(engine, settings, name, category):
    time = Time(make.NOW)
    marketplace = marketplaces()[name]
    app = marketplace.create_mock(rate_per_second=None, now=time)
    memory = app.extensions["mock"]
    settings.marketplaces[name] = MarketplaceSettings(base_url=BASE, calls_per_second=100_000)
    with writing(engine) as db:
        household = make.a_household(db, consents=("registry", f"shop:{name}"))
        cooperative = make.a_cooperative(db, members=(household,))
        product = make.a_product(db)
        db.add(CategoryChoice(product_id=product.id or 0, marketplace=name, category=category))
        pack = make.a_pack(db, product, name="Thùng 10 kg")
        make.a_lot(db, product=product, household=household, producer=cooperative)
        sealed = vault_of(settings).seal(json.dumps(dict(memory.credentials)))
        shop = make.a_shop(
            db,
            producer=cooperative,
            marketplace=name,
            credentials_sealed=sealed,
            pulled_to=make.NOW - timedelta(days=1),
            pull_due_at=make.NOW,
        )
        offer = make.an_offer(db, producer=cooperative, pack=pack, photos=0)
        listing_id = listings.put_on_sale(db, SYSTEM, offer, shop, 5, now=time.now).id
    worker = Worker(engine, settings, now=time)
    with mounted(app, BASE):
        for _ in range(3):
            for _ in range(20):
                if not worker.work_once():
                    break
            time.pass_(minutes=2)

    with Session(engine) as db:
        [schema] = db.exec(select(CategorySchema)).all()
        assert any(one["required"] for one in schema.attributes)
        assert db.exec(select(SchemaTask)).all() == []
        listing = db.get_one(Listing, listing_id)
        [ready] = prepare(db, [(offer, shop, listing)], public_url="http://x.example", today=make.TODAY)
        assert [one.code for one in ready.blocking] == ["no_photo"]
        assert ready.offer.attributes
