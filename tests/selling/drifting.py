"""Changes that somebody makes on the marketplace behind our back, and what was found of them."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from connectors.kit.mock_goods import MockProduct
from marketplace.core.audit import SYSTEM
from marketplace.core.db import writing
from marketplace.selling import drift as cases
from marketplace.selling import listings
from marketplace.selling.models import Drift, Shop
from tests import factories as make
from tests.selling.world import World


def on_sale(world: World, *packs: int) -> list[int]:
    """Listings of one pack each offer, published and read back; their ids."""
    ids = []
    with writing(world.engine) as db:
        shop = db.get_one(Shop, world.shop.id)
        for wanted in packs:
            offer = make.an_offer(db, producer=world.producer, pack=world.pack)
            listing = listings.put_on_sale(db, SYSTEM, offer, shop, wanted, now=world.time.now)
            ids.append(listing.id or 0)
    world.work()
    sweep(world)
    return ids


def sweep(world: World) -> None:
    """Everything is read back once more, and what follows from it is done."""
    world.time.pass_(seconds=601)
    world.work()


def there(world: World, listing_id: int) -> MockProduct:
    """The product of a listing as the marketplace has it."""
    product: MockProduct = world.mock.by_sku[world.listing(listing_id).sku]
    return product


def switch(world: World, product: MockProduct, *, on: bool) -> None:
    """Somebody switches a product on or off in the marketplace's own portal."""
    product.wire["stock_availability"] = on
    world.mock.settle(product)


def stranger(world: World, sku: str = "HANG-RIENG", title: str = "Mật ong bạc hà") -> MockProduct:
    """Somebody puts a product on sale there by hand."""
    like: MockProduct = next(iter(world.mock.products.values()))
    fields = {**like.wire, "sku": sku, "name": title, "price": 90_000, "stock_quantity": 3}
    made: MockProduct = world.mock.add_product(fields)
    return made


def delete(world: World, product: MockProduct) -> None:
    """The marketplace forgets a product altogether."""
    del world.mock.products[product.remote_id]
    del world.mock.by_sku[product.sku]
    world.mock.newest_products.remove(product)


def drifts(engine: Engine, *, settled: bool = False) -> list[tuple[str, str, str, str]]:
    """(kind, wanted, sent, there) of the drifts, in the order they were found."""
    over = col(Drift.settled_at).is_not(None)
    wanted = select(Drift).where(over if settled else ~over)
    with Session(engine) as db:
        rows: Iterable[Any] = db.exec(wanted.order_by(col(Drift.id)))
        return [(row.kind, row.wanted, row.sent, row.there) for row in rows]


def ask_always(world: World) -> None:
    """The shop's policy: nothing is put right by itself."""
    with writing(world.engine) as db:
        shop = db.get_one(Shop, world.shop.id)
        cases.set_policy(db, SYSTEM, shop, dict.fromkeys(cases.USUAL, cases.ASK))


def the_drift(db: Session) -> Drift:
    """The only one that is open."""
    return db.exec(select(Drift).where(col(Drift.settled_at).is_(None))).one()
