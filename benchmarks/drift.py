"""One sweep over a whole shop: a hundred changes made behind our back in six ways, while buyers buy.

The mock runs on a port of this process, so that goods can be changed as a person in the marketplace's own
portal would; the worker reads it over a socket, page by page. Nothing is paced: what is told is how long our
side of a sweep takes, and how many list requests it needs (four a second take a quarter of that in seconds).
"""

import argparse
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from benchmarks.harness import Place, Result, installation, seconds, shift, tell
from benchmarks.publishing import work
from connectors.kit.discovery import marketplaces
from connectors.kit.mock_goods import MockProduct
from connectors.kit.serving import listen
from connectors.postmart import mapping as postmart
from connectors.voso import mapping as voso
from marketplace.core import clock
from marketplace.core.audit import SYSTEM
from marketplace.core.config import MarketplaceSettings
from marketplace.core.db import writing
from marketplace.selling import drift as cases
from marketplace.selling import listings
from marketplace.selling.models import Drift, Listing, Shop
from tests import factories as make
from tests.support.everywhere import wish_everywhere

Changes = dict[int, str]  #: listing id → the kind of drift its product now has


@dataclass(frozen=True)
class Portal:
    """What a person can do in a marketplace's own portal, and which call reads its list."""

    lists: str
    off: Callable[[Any, MockProduct], None]
    on: Callable[[Any, MockProduct], None]
    drop: Callable[[Any, MockProduct], None]
    add: Callable[[Any, MockProduct, str], None]  #: another one like this, under a SKU of its own


def main() -> None:
    asked = _options()
    clock.shift_by(shift())
    names = [asked.marketplace] if asked.marketplace else sorted(PORTALS)
    results = [measured(name, asked.listings, asked.changed, postgres=asked.postgres) for name in names]
    tell(results, as_json=asked.as_json)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listings", type=int, default=10_000, help="listings in the shop (10000)")
    parser.add_argument("--changed", type=int, default=100, help="changes, of six kinds (100)")
    parser.add_argument("--marketplace", choices=sorted(PORTALS), help="only this one")
    parser.add_argument("--postgres", action="store_true", help="on PostgreSQL instead of SQLite")
    parser.add_argument("--json", action="store_true", dest="as_json", help="one JSON object, for programs")
    return parser.parse_args()


def measured(name: str, count: int, changed: int, *, postgres: bool) -> Result:
    """Publish, change, sweep once, and compare what was found with what was changed."""
    dice = random.Random(6)  # noqa: S311 - a seed, not a secret
    with installation(postgres=postgres) as place, served(name) as (mock, told):
        place.settings.marketplaces[name] = MarketplaceSettings(calls_per_second=100_000)
        with writing(place.engine) as db:
            make.load_communes(db)
        wish_everywhere(place.engine, place.settings, {name: told}, count)
        work(place)
        skus = _skus(place)
        withdrawn = dice.sample(sorted(skus), max(1, changed // 12))
        with writing(place.engine) as db:
            cases.set_policy(db, SYSTEM, db.exec(select(Shop)).one(), dict.fromkeys(cases.USUAL, cases.ASK))
            for listing_id in withdrawn:
                listings.withdraw(db, SYSTEM, db.get_one(Listing, listing_id), now=clock.now())
        for _ in range(3):
            sweep(place)
        expected = change(mock, PORTALS[name], skus, withdrawn, changed, dice)
        _buy(mock, [sku for one, sku in skus.items() if one not in withdrawn], count // 20, dice)
        before = mock.calls[PORTALS[name].lists]
        took = seconds(lambda: sweep(place))
        pages = mock.calls[PORTALS[name].lists] - before
        assert mock.violations == []
        found = _found(place)
    facts = {
        "list requests": pages,
        "changed": len(expected),
        "found": len(found & expected),
        "false alarms": len(found - expected),
    }
    return Result(f"sweep {count} listings on {name}", took, facts=facts)


@contextmanager
def served(name: str) -> Iterator[tuple[Any, Mapping[str, Any]]]:
    """A mock on a free port of this process; its memory, and what its first line would say."""
    app = marketplaces()[name].create_mock(rate_per_second=None, shift_seconds=shift())
    memory = app.extensions["mock"]
    serving = listen(app)
    try:
        yield memory, {"base_url": serving.base_url, "credentials": memory.credentials}
    finally:
        serving.stop()


def sweep(place: Place) -> None:
    """Everything is read back now, and what follows from it is done."""
    now = clock.now()
    with writing(place.engine) as db:
        db.execute(update(Shop).values(last_sweep_at=None, sweep_due_at=now, pull_due_at=now))
        db.execute(update(Listing).where(col(Listing.ticket).is_not(None)).values(not_before=now))
    work(place)


def change(
    mock: Any, portal: Portal, skus: Mapping[int, str], withdrawn: list[int], most: int, dice: random.Random
) -> set[tuple[str, str]]:
    """Change goods in six ways, about as many of each; what was changed, as (SKU, kind)."""
    each = most // 6
    live = dice.sample(sorted(skus.keys() - set(withdrawn)), most)
    # What the division leaves vanishes, so that the list does not grow by the strangers.
    plan = ["vanished"] * (most - 5 * each) + ["state"] * (each - len(withdrawn))
    plan += ["price"] * each + ["stock"] * each + ["text"] * each
    expected: set[tuple[str, str]] = set()
    for listing_id, kind in zip(live, plan, strict=False):
        product = mock.by_sku[skus[listing_id]]
        _change_one(mock, portal, product, kind, up=listing_id % 2 == 0)
        expected.add((product.sku, kind))
    for listing_id in withdrawn:
        product = mock.by_sku[skus[listing_id]]
        product.stock = 1
        portal.on(mock, product)
        expected.add((product.sku, "state"))
    like = mock.by_sku[skus[live[-1]]]
    for number in range(each):
        portal.add(mock, like, f"HANG-RIENG-{number}")
        expected.add((f"HANG-RIENG-{number}", "unknown"))
    return expected


def _change_one(mock: Any, portal: Portal, product: MockProduct, kind: str, *, up: bool) -> None:
    if kind == "price":
        product.price_vnd += 1_000
    elif kind == "stock":
        product.stock = 4 if up else 0
    elif kind == "text":
        product.title += " giá tốt"
    elif kind == "vanished":
        portal.drop(mock, product)
    else:
        portal.off(mock, product)


def _buy(mock: Any, skus: list[str], count: int, dice: random.Random) -> None:
    for sku in dice.sample(skus, count):
        product = mock.by_sku.get(sku)
        if product is not None and product.stock and product.status == "live":
            mock.buy(sku, 1)


def _skus(place: Place) -> dict[int, str]:
    with Session(place.engine) as db:
        live = select(Listing.id, Listing.sku).where(col(Listing.remote_id).is_not(None))
        return {listing_id or 0: sku for listing_id, sku in db.exec(live)}


def _found(place: Place) -> set[tuple[str, str]]:
    with Session(place.engine) as db:
        return set(db.exec(select(Drift.sku, Drift.kind)).all())


# --- the portals
# --------------------------------------------------------------------------------------------------------


def _sendo(on: str) -> Callable[[Any, MockProduct], None]:
    def switch(mock: Any, product: MockProduct) -> None:
        product.wire["stock_availability"] = on == "on"
        mock.settle(product)

    return switch


def _drop_sendo(mock: Any, product: MockProduct) -> None:
    del mock.products[product.remote_id]
    del mock.by_sku[product.sku]
    mock.newest_products.remove(product)


def _add_sendo(mock: Any, like: MockProduct, sku: str) -> None:
    mock.add_product({**like.wire, "sku": sku})


def _voso(status: int) -> Callable[[Any, MockProduct], None]:
    return lambda mock, product: mock.set_status(product, status)


def _add_voso(mock: Any, like: MockProduct, sku: str) -> None:
    fields = {name: value for name, value in like.wire.items() if name not in ("PRODUCT_ID", "approved")}
    mock.set_status(mock.add_product({**fields, "PRODUCT_CODE": sku}), voso.LIVE)


def _postmart(status: str) -> Callable[[Any, MockProduct], None]:
    def switch(mock: Any, product: MockProduct) -> None:
        product.wire["status"] = status
        mock.touched(product)

    return switch


def _add_postmart(mock: Any, like: MockProduct, sku: str) -> None:
    mock.add_product({**like.wire, "saleProductCode": sku}, draft=False)


PORTALS = {
    "sendo": Portal("POST /api/partner/product/search", _sendo("off"), _sendo("on"), _drop_sendo, _add_sendo),
    "voso": Portal(
        "POST /v2/product/listProduct",
        _voso(voso.HIDDEN),
        _voso(voso.LIVE),
        lambda mock, product: mock.delete(product),
        _add_voso,
    ),
    "postmart": Portal(
        "GET /GetListProduct",
        _postmart(postmart.HIDDEN),
        _postmart(postmart.APPROVED),
        lambda mock, product: mock.drop_product(product),
        _add_postmart,
    ),
}


if __name__ == "__main__":
    main()
