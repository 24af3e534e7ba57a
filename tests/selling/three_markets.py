"""A cooperative that sells oranges, and oranges with honey, on all three mocks at once in this process."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from typing import Any

from PIL import Image
from sqlalchemy import Engine
from sqlmodel import Session
from werkzeug.test import Client

from catalog.models import LotPool, Photo
from catalog.photos import keep_photo
from catalog.shipped import shipped_categories
from connectors.kit.discovery import marketplaces
from connectors.kit.mock_push import Push
from connectors.kit.protocol import Options
from marketplace.accounts.models import Role
from marketplace.core.audit import SYSTEM
from marketplace.core.config import MarketplaceSettings, Settings
from marketplace.core.db import writing
from marketplace.core.secrets import vault_of
from marketplace.selling.models import CategoryChoice, OfferAttribute, OfferPhoto, Shop
from marketplace.selling.sync.wishes import hinted
from marketplace.selling.sync.worker import Worker
from tests import factories as make
from tests.selling.world import Time
from tests.support.mounting import mounted

NAMES = ("postmart", "sendo", "voso")
FRUIT = "cam-vang"
BOX, COMB, HONEY = 10_000, 5_000, 1_000  #: grams: a box of oranges, the oranges and the honey of a combo


@dataclass
class Market:
    """One marketplace: its mock, and our shop there."""

    name: str
    mock: Any
    client: Client
    shop_id: int = 0
    pushes: list[Push] = field(default_factory=list)  #: sent, not arrived yet

    def moment(self) -> None:
        """What is due by itself happens: the calls that were late."""
        self.client.get("/_mock/moment")


@dataclass
class Markets:
    engine: Engine
    settings: Settings
    time: Time
    worker: Worker
    markets: list[Market]
    producer_id: int = 0
    fruit_id: int = 0
    honey_id: int = 0
    households: tuple[int, int] = (0, 0)
    pools: tuple[int, int] = (0, 0)  #: oranges, honey
    offers: tuple[int, int] = (0, 0)  #: the box, the combo
    recorder_id: int = 0  #: an extension worker

    def pass_(self, seconds: float) -> None:
        """Time goes by on the marketplaces, too."""
        self.time.pass_(seconds=seconds)
        for market in self.markets:
            market.moment()

    def work(self, rounds: int = 60) -> None:
        """Let the worker do all that is due now."""
        for _ in range(rounds):
            if not self.worker.work_once():
                return

    def arrives(self, market: Market, push: Push) -> None:
        """A push arrives, as our web server takes it."""
        body = json.dumps(push.body).encode()
        with writing(self.engine) as db:
            shop = db.get_one(Shop, market.shop_id)
            hinted(db, self.worker.registry, shop, push.headers, body, now=self.time.now)


class Ground:
    """What is the same in every season, found out once: required attributes, a photo with its file."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        for number, name in enumerate(NAMES):
            settings.marketplaces[name] = MarketplaceSettings(
                base_url=f"http://127.0.0.1:{9 + number}", calls_per_second=100_000
            )
        self.settings = settings
        content = BytesIO()
        Image.new("RGB", (800, 600), (233, 120, 15)).save(content, "JPEG", quality=60)
        with writing(engine) as db:
            photo = keep_photo(db, SYSTEM, content.getvalue(), settings=settings, now=make.NOW)
            self.photo = photo.model_dump(exclude={"id"})
            db.delete(photo)  # the file stays
        self.attributes = {name: self._required(name) for name in NAMES}

    def _required(self, name: str) -> list[tuple[str, str]]:
        app = marketplaces()[name].create_mock(rate_per_second=None)
        base_url = self.settings.marketplace(name).base_url
        with mounted(app, base_url) as mock:
            options = Options(base_url, calls_per_second=0)
            connector = marketplaces()[name].connect(mock.credentials, options, lambda _exchange: None)
            asked = connector.attributes(shipped_categories()[FRUIT][name])
        return [(one.id, (one.options or ("Hà Giang",))[0]) for one in asked if one.required]


@contextmanager
def three_markets(
    engine: Engine, ground: Ground, *, boxes: int, restocks: tuple[bool, ...]
) -> Iterator[Markets]:
    """Committed rows: two households' lots in one pool, honey, two offers, a shop on each mock."""
    time = Time(make.NOW)
    with ExitStack() as stack:
        markets = [
            _market(stack, ground, name, time, cancel_restocks=back)
            for name, back in zip(NAMES, restocks, strict=True)
        ]
        worker = Worker(engine, ground.settings, now=time)
        made = Markets(engine, ground.settings, time, worker, markets)
        with writing(engine) as db:
            _goods(db, made, boxes)
            _offers(db, made, ground)
            _shops(db, made)
        yield made


def _market(stack: ExitStack, ground: Ground, name: str, time: Time, **switches: Any) -> Market:
    sent: list[Push] = []
    app = marketplaces()[name].create_mock(
        rate_per_second=None,
        now=time,
        monotonic=lambda: time.now.timestamp(),
        send=sent.append,
        **switches,
    )
    mock = stack.enter_context(mounted(app, ground.settings.marketplace(name).base_url))
    mock.pushes.url = "http://127.0.0.1:8000/day/x"
    return Market(name, mock, Client(app), pushes=sent)


def _goods(db: Session, made: Markets, boxes: int) -> None:
    first, second = make.a_household(db), make.a_household(db, head="Nông Văn Tuấn")
    producer = make.a_cooperative(db, members=(first, second))
    fruit, honey = make.a_product(db), make.a_product(db, name="Mật ong bạc hà", shelf_life_days=None)
    lot = make.a_lot(db, product=fruit, household=first, producer=producer, grams=boxes * BOX - 3_333)
    make.a_lot(db, product=fruit, household=second, producer=producer, grams=3_333)
    jar = make.a_lot(db, product=honey, household=first, producer=producer, grams=3 * HONEY)
    made.producer_id, made.fruit_id, made.honey_id = producer.id or 0, fruit.id or 0, honey.id or 0
    made.households = first.id or 0, second.id or 0
    made.pools = lot.pool_id, jar.pool_id
    made.recorder_id = make.an_account(db, Role.COORDINATOR).id or 0
    for name in NAMES:
        if name != "sendo":  # the factory has chosen that one
            category = shipped_categories()[FRUIT][name]
            db.add(CategoryChoice(product_id=made.fruit_id, marketplace=name, category=category))


def _offers(db: Session, made: Markets, ground: Ground) -> None:
    pool = db.get_one(LotPool, made.pools[0])
    fruit = db.get_one(make.Product, pool.product_id)
    producer = db.get_one(make.Producer, made.producer_id)
    photo = Photo(**ground.photo)
    db.add(photo)
    db.flush()
    packs = (
        make.a_pack(db, fruit, net_grams=BOX),
        make.a_pack(db, fruit, net_grams=COMB + HONEY, parts={made.fruit_id: COMB, made.honey_id: HONEY}),
    )
    offers = [make.an_offer(db, producer=producer, pack=pack, photos=0) for pack in packs]
    made.offers = offers[0].id or 0, offers[1].id or 0
    for offer in offers:
        db.add(OfferPhoto(offer_id=offer.id or 0, photo_id=photo.id or 0))
        for name, answers in ground.attributes.items():
            for attribute, value in answers:
                db.add(
                    OfferAttribute(offer_id=offer.id or 0, marketplace=name, attribute=attribute, value=value)
                )


def _shops(db: Session, made: Markets) -> None:
    producer = db.get_one(make.Producer, made.producer_id)
    for market in made.markets:
        sealed = vault_of(made.settings).seal(json.dumps(dict(market.mock.credentials)))
        shop = make.a_shop(
            db,
            producer=producer,
            marketplace=market.name,
            credentials_sealed=sealed,
            pulled_to=make.NOW - timedelta(days=40),
        )
        market.shop_id = shop.id or 0
