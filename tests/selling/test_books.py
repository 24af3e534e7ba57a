"""Any season, played at random: the books agree with the mock's truth and nothing is ever promised twice.

Tried on the way: lost answers before and after the write, late applies, resets, 500s, 429s, a worker that
dies at each of
its commits, orders told twice and late, cancellations with and without the marketplace restocking by itself,
refusals,
partial returns, rot, withdrawals and listings put back on sale, price changes.
"""

from contextlib import ExitStack, suppress
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlmodel import Session, col, func, select

from catalog.lots import write_off
from catalog.models import HarvestLot, LotPool, StockEntry
from connectors.kit.mocking import Impossible
from connectors.kit.protocol import OrderState
from marketplace.core.audit import SYSTEM
from marketplace.core.db import writing
from marketplace.core.errors import Refused
from marketplace.selling import listings
from marketplace.selling.models import Drift, Listing, Offer, OrderLine, Shop, TonnageEntry
from marketplace.selling.stock import pool_figures
from tests import factories as make
from tests.conftest import KEPT
from tests.selling.world import a_world
from tests.support.dying import dies_at_commit
from tests.support.emptying import empty

HARVEST = 300_000
FAULTS = [
    "timeout_after",
    "timeout_before",
    "late_apply",
    "reset",
    "http_500",
    "http_429",
    "html_body",
    "expired_token",
]
MOVES = [state for state in OrderState if state not in (OrderState.NEW, OrderState.UNKNOWN)]
CALLS = [
    "POST /api/partner/product",
    "POST /api/partner/product/update-by-field-mask",
    "POST /api/partner/salesorder/search",
    "POST /api/partner/product/search",
    "GET /api/partner/product",
]


def season(engine, configuration, *, restocks: bool):
    class Season(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.stack = ExitStack()
            self.world = self.stack.enter_context(
                a_world(engine, configuration, grams=HARVEST, cancel_restocks=restocks)
            )
            self.rotted = 0

        def teardown(self) -> None:
            self.stack.close()
            empty(engine, keep=KEPT)

        @initialize(packs=st.lists(st.integers(1, 12), min_size=2, max_size=3))
        def list_some(self, packs: list[int]) -> None:
            for wanted in packs:
                try:
                    with writing(engine) as db:
                        offer = make.an_offer(db, producer=self.world.producer, pack=self.world.pack)
                        shop = db.get_one(Shop, self.world.shop.id)
                        listings.put_on_sale(db, SYSTEM, offer, shop, wanted, now=self.world.time.now)
                except listings.NotEnoughHarvest:
                    pass

        @rule(which=st.integers(0, 2), packs=st.integers(1, 4))
        def buy(self, which: int, packs: int) -> None:
            products = sorted(self.world.mock.by_sku)
            with suppress(Impossible):
                self.world.mock.buy(products[which % len(products)], packs) if products else None

        @rule(which=st.integers(0, 9), status=st.sampled_from(MOVES), packs=st.integers(1, 2))
        def courier(self, which: int, status: OrderState, packs: int) -> None:
            orders = list(self.world.mock.orders.values())
            back = packs if status is OrderState.RETURNED else None
            with suppress(Impossible):
                self.world.mock.advance(orders[which % len(orders)], status, packs=back) if orders else None

        @rule(seconds=st.sampled_from([1, 30, 61, 100, 700]))
        def time_passes(self, seconds: int) -> None:
            self.world.time.pass_(seconds=seconds)

        @rule()
        def worker_works(self) -> None:
            self.world.worker.work_once()

        @rule(after=st.integers(1, 8))
        def worker_is_killed(self, after: int) -> None:
            with dies_at_commit(after):
                self.world.worker.work_once()

        @rule(call=st.sampled_from(CALLS), kind=st.sampled_from(FAULTS), times=st.integers(1, 2))
        def weather(self, call: str, kind: str, times: int) -> None:
            self.world.mock.faults.load([{"match": call, "kind": kind, "times": times, "delay": 2}])

        @rule(which=st.integers(0, 2), packs=st.integers(0, 15))
        def change_packs(self, which: int, packs: int) -> None:
            self.wish(
                which, lambda db, listing, now: listings.change_packs(db, SYSTEM, listing, packs, now=now)
            )

        @rule(which=st.integers(0, 2))
        def withdraw(self, which: int) -> None:
            self.wish(which, lambda db, listing, now: listings.withdraw(db, SYSTEM, listing, now=now))

        @rule(which=st.integers(0, 2), packs=st.integers(1, 5))
        def back_on_sale(self, which: int, packs: int) -> None:
            def again(db, listing, now):
                offer, shop = db.get_one(Offer, listing.offer_id), db.get_one(Shop, listing.shop_id)
                listings.put_on_sale(db, SYSTEM, offer, shop, packs, now=now)

            self.wish(which, again)

        @rule(which=st.integers(0, 2), price=st.integers(100_000, 300_000))
        def reprice(self, which: int, price: int) -> None:
            def change(db, listing, now):
                offer = db.get_one(Offer, listing.offer_id)
                offer.price_vnd = price
                listings.changed(db, offer, now=now)

            self.wish(which, change)

        def wish(self, which: int, act) -> None:
            try:
                with writing(engine) as db:
                    found = db.exec(select(Listing).order_by(col(Listing.id))).all()
                    if found:
                        act(db, found[which % len(found)], self.world.time.now)
            except Refused:
                pass

        @invariant()
        def never_oversold(self) -> None:
            """What was sold and not given back never exceeds the harvest, whatever we have seen of it."""
            gone = ("cancelled", "refused")
            sold = sum(
                order.packs * 10_000 for order in self.world.mock.orders.values() if order.status not in gone
            )
            assert sold <= HARVEST - self.rotted

        @invariant()
        def promises_fit(self) -> None:
            with Session(engine) as db:
                figures = pool_figures(db, [pool.id or 0 for pool in db.exec(select(LotPool))])
            assert all(0 <= pool.exposed <= pool.on_hand for pool in figures.values())

        @invariant()
        def exposure_bounds_what_can_be_sold(self) -> None:
            """Exposure ≥ stock on the marketplace + sales there that we have not taken."""
            with Session(engine) as db:
                known = {listing.sku: listing.exposure_packs for listing in db.exec(select(Listing))}
                taken = dict(
                    db.exec(
                        select(OrderLine.sku, func.sum(OrderLine.packs)).group_by(col(OrderLine.sku))
                    ).all()
                )
            for sku, product in self.world.mock.by_sku.items():
                orders = [order for order in self.world.mock.orders.values() if order.sku == sku]
                live = [order for order in orders if order.status is not OrderState.CANCELLED or not restocks]
                unseen = sum(order.packs for order in live) - int(taken.get(sku, 0))
                sellable = product.stock if product.status == "live" else 0
                assert known[sku] >= sellable + min(0, unseen), (sku, known[sku], sellable, unseen)

        @invariant()
        def nothing_of_this_is_drift(self) -> None:
            """Nobody changed anything behind our back: whatever was lost, late or cancelled, no alarm."""
            with Session(engine) as db:
                found = db.exec(select(Drift)).all()
            assert found == []

        @invariant()
        def no_dishonest_call(self) -> None:
            assert self.world.mock.violations == []

        @precondition(lambda self: len(self.world.mock.orders) > 0)
        @rule()
        def books_agree_when_all_is_quiet(self) -> None:
            """After the weather clears and the worker has had its time, our books are the mock's books."""
            self.world.mock.faults.load([])
            for _ in range(12):
                self.world.time.pass_(seconds=700)
                self.world.work()
            truth = sum(
                (order.packs - order.returned_packs) * 10_000
                for order in self.world.mock.orders.values()
                if order.stamps.get("delivered_at") and order.status not in ("cancelled", "refused")
            )
            with Session(engine) as db:
                ours = db.exec(select(func.sum(TonnageEntry.grams))).one() or 0
                left = db.exec(select(func.sum(StockEntry.grams))).one()
                shown = {listing.sku: listing.exposure_packs for listing in db.exec(select(Listing))}
            assert ours == truth
            assert left >= 0
            for sku, product in self.world.mock.by_sku.items():
                assert shown[sku] == (product.stock if product.status == "live" else 0)

        @rule(grams=st.integers(1, 30_000))
        def rot(self, grams: int) -> None:
            """Only of what is promised to nobody: rot of promised fruit is a person's emergency."""
            with writing(engine) as db:
                lot = db.exec(select(HarvestLot)).one()
                pool = pool_figures(db, [lot.pool_id])[lot.pool_id]
                if pool.free < grams + 130_000:
                    return
                write_off(
                    db,
                    SYSTEM,
                    lot,
                    grams,
                    "thối",
                    now=self.world.time.now,
                    key=f"rot:{self.world.time.now}:{grams}",
                )
            self.rotted += grams
            self.world.time.pass_(seconds=1)

    return Season


@pytest.mark.parametrize("restocks", [False, True])
def test_the_books_agree_with_the_marketplace_after_any_season(engine, settings_of_test, restocks):
    run_state_machine_as_test(
        season(engine, settings_of_test, restocks=restocks),
        settings=settings(
            max_examples=12,
            stateful_step_count=30,
            deadline=timedelta(seconds=30),
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.fixture
def settings_of_test(request):
    return request.getfixturevalue("settings")
