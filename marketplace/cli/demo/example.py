"""The worked example of counting, A to J: one November that every way of counting must agree on.

A 3 × 10 kg delivered; B 2 × 5 kg, one sent back; C cancelled; D refused; E 10 kg, 2 kg of it spoilt;
F a combo with honey; G 1.2 t to a trader; H 2 t in bulk; I delivered on 1 December;
J all told twice.
Together 50 kg retail and 2,000 kg bulk.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random

from sqlmodel import Session, select

from catalog.harvests import record_harvest
from catalog.models import Household, Membership, Pack, Photo, Producer, Product
from catalog.places import load_shipped_units
from catalog.product_forms import LotIn, PackIn
from catalog.products import add_pack
from catalog.shipped import load_shipped_products
from connectors.kit.control import Control
from marketplace.accounts.models import Account, Role
from marketplace.cli.children import Children
from marketplace.cli.demo import offices
from marketplace.cli.demo.facts import MARKETPLACE, SEASON_START
from marketplace.cli.demo.growers import settle_households
from marketplace.cli.demo.photos import keep_pictures
from marketplace.core import clock
from marketplace.core.audit import SYSTEM
from marketplace.core.config import Settings
from marketplace.core.db import open_engine, reading, writing
from marketplace.core.secrets import vault_of
from marketplace.core.units import LOCAL
from marketplace.selling import offers, shops
from marketplace.selling.categories import choose_shipped_categories
from marketplace.selling.forms import OfferIn
from marketplace.selling.listings import sku_of
from marketplace.selling.models import Channel, Evidence, Order, OrderLine, Shop
from marketplace.selling.outside import OutsideSaleIn, record_outside_sale
from marketplace.selling.returns import record_complaint
from marketplace.selling.sync.worker import Worker

AFTERWARDS = datetime(2021, 12, 5, 3, tzinfo=UTC)  #: when the example is looked at
PRICES = {"10kg": 200_000, "5kg": 105_000, "combo": 290_000}
PACKS = 20


def play_example(settings: Settings, config: Path, logs: Path) -> None:
    """Fill an empty, migrated database and sell all of the example through a pretend marketplace."""
    engine = open_engine(settings.database)
    children = Children(config, logs)
    try:
        shift = str(settings.clock_shift_seconds)
        mock = children.start_mock(MARKETPLACE, "--rate", "0", "--shift-seconds", shift)
        worker = Worker(engine, settings)
        with writing(engine) as db:
            skus = _set_out(db, settings, mock)
        _work(worker)
        spoilt = _sell(Control(mock["base_url"]), skus)
        for _ in range(2):  # J: all is told twice
            _pull(worker)
        with writing(engine) as db:
            _note_the_rest(db, spoilt)
    finally:
        children.stop()
        engine.dispose()


# --- what is offered ----------------------------------------------------------------------------------------


def _set_out(db: Session, settings: Settings, mock: Mapping[str, object]) -> dict[str, str]:
    """One household, its cooperative, two harvests, three packs on sale; SKUs by name."""
    load_shipped_units(db)
    load_shipped_products(db)
    accounts = offices.open_offices(db)
    products = {product.code: product for product in db.exec(select(Product))}
    choose_shipped_categories(db)
    seller, household = _people(db, settings, accounts[Role.EXTENSION])
    for code, day, kilograms in (("cam-vang", 12, 4000), ("cam-vang", 28, 500), ("mat-ong-bac-ha", 10, 10)):
        lot = LotIn(
            household_id=household.id,
            product_id=products[code].id or 0,
            producer_id=seller.id,
            grams=kilograms * 1000,
            harvested_on=date(2021, 11, day),
            confirmed=True,
        )
        record_harvest(db, accounts[Role.EXTENSION], lot, now=clock.now())
    shop = _shop(db, settings, seller, mock)
    photo = keep_pictures(db, settings, now=clock.now())["cam-vang"][0]
    packs = _packs(db, products["cam-vang"], products["mat-ong-bac-ha"])
    return {
        name: _listed(db, accounts[Role.COORDINATOR], seller, pack, name, shop, photo)
        for name, pack in packs.items()
    }


def _people(db: Session, settings: Settings, worker: Account) -> tuple[Producer, Household]:
    seller = offices.found_organisations(db)["htx1"]
    rng = Random(1)  # noqa: S311 - an invented household, no secret
    grower = settle_households(db, rng, vault_of(settings), 1, worker.id or 0)[0]
    membership = Membership(
        household_id=grower.household.id or 0, producer_id=seller.id or 0, valid_from=SEASON_START.date()
    )
    db.add(membership)
    db.flush()
    offices.open_farmer(db, grower.head.name, grower.household.code)
    return seller, grower.household


def _shop(db: Session, settings: Settings, seller: Producer, mock: Mapping[str, object]) -> Shop:
    data = shops.ShopIn.model_validate(
        {
            "marketplace": MARKETPLACE,
            "name": "Ví dụ tháng 11",
            "producer_id": seller.id,
            "base_url": mock["base_url"],
            "credentials": mock["credentials"],
        }
    )
    return shops.open_shop(
        db, SYSTEM, data, vault=vault_of(settings), now=clock.now(), orders_since=SEASON_START
    )


def _packs(db: Session, oranges: Product, honey: Product) -> dict[str, Pack]:
    """The two boxes, and a combo of 5 kg of oranges with half a kilogram of honey."""
    boxes = {pack.net_grams: pack for pack in db.exec(select(Pack).where(Pack.product_id == oranges.id))}
    combo = PackIn(
        name="Combo 5 kg cam và 0,5 kg mật ong",
        unit="box",
        net_grams=5500,
        gross_grams=6200,
        part_product_ids=[oranges.id, honey.id],
        part_grams=[5000, 500],
    )
    return {"10kg": boxes[10_000], "5kg": boxes[5_000], "combo": add_pack(db, SYSTEM, oranges, combo)}


def _listed(
    db: Session, actor: Account, seller: Producer, pack: Pack, name: str, shop: Shop, photo_id: int
) -> str:
    data = OfferIn(
        pack_id=pack.id or 0,
        price_vnd=PRICES[name],
        packs=PACKS,
        shops=[shop.id or 0],
        client_key=f"demo:{name}",
    )
    offer = offers.make_offer(db, actor, seller, data, now=clock.now())
    offers.add_photo(db, actor, offer, db.get_one(Photo, photo_id), now=clock.now())
    return sku_of(offer.id or 0, shop.id or 0)


# --- what is sold -------------------------------------------------------------------------------------------


def _day(day: int, hour: int = 12, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2021, month, day, hour, minute, tzinfo=LOCAL)


def _sell(control: Control, skus: Mapping[str, str]) -> str:
    """Orders A to F and I; returns the number of E, some of which will prove spoilt."""

    def order(name: str, packs: int, bought: datetime, **steps: datetime) -> str:
        number = str(control.buy(skus[name], packs, bought)["order_no"])
        for status, at in steps.items():
            control.advance(number, status, at)
        return number

    sent = {"confirmed": _day(16), "shipped": _day(17)}
    order("10kg", 3, _day(15), **sent, delivered=_day(20))  # A
    returned = order("5kg", 2, _day(15), **sent, delivered=_day(18))  # B
    control.advance(returned, "returned", _day(25), 1)
    order("10kg", 4, _day(15), cancelled=_day(16))  # C
    order("10kg", 1, _day(15), **sent, refused=_day(22))  # D
    spoilt = order("10kg", 1, _day(15), **sent, delivered=_day(21))  # E
    order("combo", 1, _day(15), **sent, delivered=_day(22))  # F
    late = {"confirmed": _day(28, 15), "shipped": _day(29), "delivered": _day(1, 0, 30, month=12)}
    order("10kg", 2, _day(28), **late)  # I
    return spoilt


def _note_the_rest(db: Session, spoilt: str) -> None:
    """What no order tells: the complaint of E, the trader of G, the factory of H, each sent twice."""
    lines = select(OrderLine).join(Order).where(Order.order_no == spoilt)
    line = db.exec(lines).one()
    record_complaint(db, SYSTEM, line, 2_000, 40_000, on=date(2021, 11, 23), now=clock.now())
    seller = db.exec(select(Shop)).one().producer_id
    oranges = db.exec(select(Product).where(Product.code == "cam-vang")).one()
    for channel, evidence, grams, paper, marketplace in (
        (Channel.TRADER, Evidence.C, 1_200_000, "phiếu cân TD-17", None),
        (Channel.MARKETPLACE_BULK, Evidence.B, 2_000_000, "hóa đơn TD-0001", "postmart"),
    ):
        sale = OutsideSaleIn(
            producer_id=seller,
            product_id=oranges.id or 0,
            channel=channel,
            evidence=evidence,
            grams=grams,
            sold_on=date(2021, 11, 24),
            paper=paper,
            marketplace=marketplace,
            client_key=f"demo:{channel}",
        )
        for _ in range(2):
            record_outside_sale(db, SYSTEM, sale, now=clock.now())


# --- the worker, here in this process ----------------------------------------------------------------------


def _work(worker: Worker) -> None:
    for _ in range(50):
        if not worker.work_once():
            return


def _pull(worker: Worker) -> None:
    """Pull all orders of the season, whatever was pulled before."""
    with writing(worker.engine) as db:
        shop = db.exec(select(Shop)).one()
        shop.pulled_to, shop.pull_due_at, shop.lease_until = SEASON_START, clock.now(), None
        db.add(shop)
        began = clock.now()
    for _ in range(50):
        worker.work_once()
        with reading(worker.engine) as db:
            pulled = db.exec(select(Shop)).one().last_pull_at
        if pulled is not None and pulled >= began:
            return
    raise RuntimeError("the pretend marketplace could not be pulled")
