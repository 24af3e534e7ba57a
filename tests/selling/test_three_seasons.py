"""Any season on three marketplaces at once, played at random: nothing is promised or sold twice, books agree.

Tried on the way: lost answers before and after the write, late applies, resets, 500s, 429s, torn and foreign
bodies, a worker that dies at each of its commits, orders told twice and late, pushes lost, doubled and out of
order, cancellations with and without the marketplace restocking by itself, refusals, partial deliveries and
returns, people who decide and change their minds, policies, offline sales and their undoing, rot, harvests,
mixed lots, a combo, withdrawals, price changes. `make prove` plays 200 seasons of 100 steps.
"""

import os
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

from catalog.lots import tell, write_off
from catalog.mixing import mix_lots, unmix
from catalog.models import HarvestLot, Household, LotMixing, LotPool, Producer, Product, StockEntry
from connectors.kit.faults import CALL_KINDS, PUSH_KINDS
from connectors.kit.mocking import Impossible
from connectors.kit.protocol import OrderState, RemoteState
from marketplace.core.audit import SYSTEM
from marketplace.core.db import writing
from marketplace.core.errors import Refused
from marketplace.core.units import local_day
from marketplace.selling import listings
from marketplace.selling.goods_back import decide
from marketplace.selling.models import (
    Allocation,
    Channel,
    Drift,
    Evidence,
    Listing,
    Offer,
    Order,
    OrderLine,
    OutsideSale,
    ParkedOrder,
    Shop,
    TonnageEntry,
    Wanted,
)
from marketplace.selling.outside import OutsideSaleIn, record_outside_sale
from marketplace.selling.policies import PolicyIn, set_policy
from marketplace.selling.return_models import GoodsBack
from marketplace.selling.stock import pool_figures
from marketplace.selling.stock_models import Split
from marketplace.selling.taking_back import take_back_outside_sale
from tests import factories as make
from tests.conftest import KEPT
from tests.selling.three_markets import BOX, COMB, HONEY, NAMES, Ground, three_markets
from tests.support.dying import dies_at_commit
from tests.support.emptying import empty

SEASONS = int(os.environ.get("LENSAN_TEST_SEASONS", "8"))
STEPS = int(os.environ.get("LENSAN_TEST_SEASON_STEPS", "30"))
FAULTS = [kind for kind in CALL_KINDS if kind != "slow"]
MOVES = [state for state in OrderState if state not in (OrderState.NEW, OrderState.UNKNOWN)]
GONE = (OrderState.CANCELLED, OrderState.REFUSED)
#: Grams a pack takes of the pools of oranges and of honey, for the box and the combo.
TAKES = ((BOX, 0), (COMB, HONEY))
ANY = st.integers(0, 99)


def season(engine, ground):
    class Season(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.stack = ExitStack()

        @initialize(
            boxes=st.integers(1, 20),
            restocks=st.tuples(*[st.booleans()] * 3),
            wishes=st.lists(st.tuples(ANY, ANY, st.integers(1, 8)), min_size=2, max_size=6),
        )
        def begins(self, boxes, restocks, wishes) -> None:
            self.world = self.stack.enter_context(
                three_markets(engine, ground, boxes=boxes, restocks=restocks)
            )
            self.markets = self.world.markets
            self.grown = [boxes * BOX, 3 * HONEY]  #: grams that came into each pool, less what rotted
            self.number = 0
            for offer, market, packs in wishes:
                self.put_on_sale(offer, market, packs)

        def teardown(self) -> None:
            self.stack.close()
            empty(engine, keep=KEPT)

        @property
        def now(self):
            return self.world.time.now

        def act(self, doing) -> None:
            """What a person does; a refusal changes nothing."""
            with suppress(Refused), writing(engine) as db:
                doing(db)

        # --- the marketplaces

        @rule(market=ANY, which=ANY, packs=st.integers(1, 4))
        def buy(self, market, which, packs) -> None:
            mock = self.markets[market % 3].mock
            goods = sorted(mock.by_sku)
            with suppress(Impossible):
                mock.buy(goods[which % len(goods)], packs) if goods else None

        @rule(market=ANY, which=ANY)
        def sell_out(self, market, which) -> None:
            mock = self.markets[market % 3].mock
            goods = [product for _, product in sorted(mock.by_sku.items()) if product.stock]
            with suppress(Impossible):
                mock.buy(goods[which % len(goods)].sku, goods[which % len(goods)].stock) if goods else None

        @rule(market=ANY, which=ANY, status=st.sampled_from(MOVES), packs=st.integers(1, 3))
        def courier(self, market, which, status, packs) -> None:
            """Only one marketplace tells that a buyer took a part; elsewhere a person writes it down."""
            mock = self.markets[market % 3].mock
            orders = list(mock.orders.values())
            tells = NAMES[market % 3] == "postmart"
            counted = status is OrderState.RETURNED or (tells and status is OrderState.DELIVERED)
            with suppress(Impossible):
                if orders:
                    mock.advance(orders[-1 - which % len(orders)], status, packs=packs if counted else None)

        @rule(market=ANY, which=ANY)
        def cancels(self, market, which) -> None:
            self.courier(market, which, OrderState.CANCELLED, 1)

        @rule(market=ANY, which=ANY, refused=st.booleans())
        def parcel_goes(self, market, which, refused) -> None:
            end = OrderState.REFUSED if refused else OrderState.DELIVERED
            for status in (OrderState.CONFIRMED, OrderState.SHIPPED, end):
                self.courier(market, which, status, 9 if which % 3 else 1)

        @rule(seconds=st.sampled_from([1, 30, 61, 100, 700]))
        def time_passes(self, seconds) -> None:
            self.world.pass_(seconds)

        @rule(market=ANY, kind=st.sampled_from(FAULTS), times=st.integers(1, 2), delay=st.integers(2, 80))
        def weather(self, market, kind, times, delay) -> None:
            faults = {"match": "*", "kind": kind, "times": times, "delay": delay}
            self.markets[market % 3].mock.faults.load([faults])

        @rule(market=ANY, kind=st.sampled_from(PUSH_KINDS), times=st.integers(1, 3))
        def bad_post(self, market, kind, times) -> None:
            self.markets[market % 3].mock.faults.load([{"match": "*", "kind": kind, "times": times}])

        @rule(market=ANY, which=ANY, again=st.booleans())
        def a_push_arrives(self, market, which, again) -> None:
            """In any order, perhaps once more, perhaps much later."""
            at = self.markets[market % 3]
            if at.pushes:
                push = at.pushes[which % len(at.pushes)]
                self.world.arrives(at, push)
                if not again:
                    at.pushes.remove(push)

        # --- the worker

        @rule(rounds=st.integers(1, 3))
        def worker_works(self, rounds) -> None:
            self.world.work(rounds)

        @rule(after=st.integers(1, 12))
        def worker_is_killed(self, after) -> None:
            with dies_at_commit(after):
                self.world.work(3)

        # --- people

        @rule(offer=ANY, market=ANY, packs=st.integers(0, 8))
        def put_on_sale(self, offer, market, packs) -> None:
            def again(db):
                one = db.get_one(Offer, self.world.offers[offer % 2])
                shop = db.get_one(Shop, self.markets[market % 3].shop_id)
                listings.put_on_sale(db, SYSTEM, one, shop, packs, now=self.now)

            self.act(again)

        def wish(self, which, doing) -> None:
            def one(db):
                found = db.exec(select(Listing).order_by(col(Listing.id))).all()
                if found:
                    doing(db, found[which % len(found)])

            self.act(one)

        @rule(which=ANY, packs=st.integers(0, 9))
        def change_packs(self, which, packs) -> None:
            self.wish(
                which, lambda db, listing: listings.change_packs(db, SYSTEM, listing, packs, now=self.now)
            )

        @rule(which=ANY)
        def withdraw(self, which) -> None:
            self.wish(which, lambda db, listing: listings.withdraw(db, SYSTEM, listing, now=self.now))

        @rule(which=ANY, price=st.integers(100_000, 300_000))
        def reprice(self, which, price) -> None:
            def change(db):
                offer = db.get_one(Offer, self.world.offers[which % 2])
                offer.price_vnd = price
                listings.changed(db, offer, now=self.now)

            self.act(change)

        @rule(
            split=st.sampled_from(Split),
            shares=st.tuples(*[st.integers(0, 3)] * 3),
            ranking=st.permutations(NAMES),
            reserve=st.integers(0, 30_000),
        )
        def policy(self, split, shares, ranking, reserve) -> None:
            def choose(db):
                pool = db.get_one(LotPool, self.world.pools[0])
                data = PolicyIn(
                    split=split,
                    shares=dict(zip(NAMES, shares, strict=True)),
                    ranking=list(ranking),
                    reserve_grams=f"{reserve / 1000:.3f}".replace(".", ","),
                )
                set_policy(db, SYSTEM, pool, data, now=self.now)

            self.act(choose)

        @rule(pool=st.integers(0, 1), grams=st.integers(1, 40_000))
        def sells_at_the_gate(self, pool, grams) -> None:
            def sell(db):
                data = OutsideSaleIn(
                    producer_id=self.world.producer_id,
                    product_id=(self.world.fruit_id, self.world.honey_id)[pool],
                    channel=Channel.TRADER,
                    evidence=Evidence.D,
                    grams=f"{grams / 1000:.3f}".replace(".", ","),
                    value_vnd="100000",
                    sold_on=local_day(self.now),
                )
                record_outside_sale(db, SYSTEM, data, now=self.now)

            self.act(sell)

        @rule(which=ANY)
        def takes_back_a_sale(self, which) -> None:
            def take(db):
                sales = db.exec(select(OutsideSale).order_by(col(OutsideSale.id))).all()
                if sales:
                    sale = sales[which % len(sales)]
                    take_back_outside_sale(db, SYSTEM, sale, "nhầm", now=self.now)

            self.act(take)

        @rule(which=ANY, sellable=st.booleans())
        def decides_about_goods_back(self, which, sellable) -> None:
            """Not about fruit that is promised again: throwing that away is a person's emergency."""

            def say(db):
                backs = db.exec(select(GoodsBack).order_by(col(GoodsBack.id))).all()
                if not backs:
                    return
                back = backs[which % len(backs)]
                free = self.free(db, back.product_id == self.world.honey_id)
                if sellable or not back.sellable or free >= back.grams:
                    decide(db, SYSTEM, back, sellable=sellable, now=self.now)

            self.act(say)

        def free(self, db, pool) -> int:
            return pool_figures(db, self.world.pools)[self.world.pools[pool]].free

        @rule(pool=st.integers(0, 1), grams=st.integers(1, 20_000))
        def rots(self, pool, grams) -> None:
            """Only what is promised to nobody: rot of promised fruit is a person's emergency."""
            with writing(engine) as db:
                rows = select(HarvestLot).where(HarvestLot.pool_id == self.world.pools[pool])
                for lot in db.exec(rows.order_by(col(HarvestLot.id))):
                    left = db.exec(
                        select(func.sum(StockEntry.grams)).where(StockEntry.lot_id == lot.id)
                    ).one()
                    if grams <= min(int(left or 0), self.free(db, pool)):
                        self.number += 1
                        write_off(db, SYSTEM, lot, grams, "thối", now=self.now, key=f"rot:{self.number}")
                        self.grown[pool] -= grams
                        return

        @rule(pool=st.integers(0, 1), whose=st.integers(0, 1), grams=st.integers(1, 30_000))
        def picks_more(self, pool, whose, grams) -> None:
            with writing(engine) as db:
                make.a_lot(
                    db,
                    product=db.get_one(Product, (self.world.fruit_id, self.world.honey_id)[pool]),
                    household=db.get_one(Household, self.world.households[whose]),
                    producer=db.get_one(Producer, self.world.producer_id),
                    grams=grams,
                    harvested_on=local_day(self.now),
                )
                self.grown[pool] += grams
                tell(db, [self.world.pools[pool]], self.now)

        @rule(undo=st.booleans())
        def packs_lots_together(self, undo) -> None:
            def mix(db):
                pool = db.get_one(LotPool, self.world.pools[0])
                today = local_day(self.now)
                mixings = db.exec(select(LotMixing).order_by(col(LotMixing.id))).all()
                if undo:
                    unmix(db, SYSTEM, mixings[-1]) if mixings else None
                    return
                loose = select(HarvestLot.id).where(
                    HarvestLot.pool_id == pool.id, col(HarvestLot.mixing_id).is_(None)
                )
                found = [lot or 0 for lot in db.exec(loose)]
                mix_lots(db, SYSTEM, pool, found, mixed_on=today, now=self.now)

            self.act(mix)

        # --- what always holds

        def packs_sold(self, market):
            """(offer, order) of all orders of a mock."""
            with Session(engine) as db:
                of_sku = dict(db.exec(select(Listing.sku, Listing.offer_id)).all())
            return [(self.world.offers.index(of_sku[one.sku]), one) for one in market.mock.orders.values()]

        def kept(self, db, pool) -> int:
            """Grams that came back and can be sold, less those sold at the gate."""
            product_id = (self.world.fruit_id, self.world.honey_id)[pool]
            back = select(func.sum(GoodsBack.grams)).where(
                GoodsBack.product_id == product_id, GoodsBack.sellable, col(GoodsBack.undone_at).is_(None)
            )
            gone = select(func.sum(OutsideSale.grams)).where(
                OutsideSale.product_id == product_id, col(OutsideSale.taken_back_at).is_(None)
            )
            return int(db.exec(back).one() or 0) - int(db.exec(gone).one() or 0)

        @invariant()
        def never_oversold(self) -> None:
            """By the marketplaces' own truth: what left never exceeds what there was."""
            with Session(engine) as db:
                left = [self.grown[pool] + self.kept(db, pool) for pool in (0, 1)]
            for market in self.markets:
                for offer, order in self.packs_sold(market):
                    if order.status is not OrderState.CANCELLED:
                        for pool in (0, 1):
                            left[pool] -= order.packs * TAKES[offer][pool]
            assert min(left) >= 0, left

        @invariant()
        def the_ledger_is_what_happened(self) -> None:
            """On hand = picked − rotten − sold by the orders taken + back − sold at the gate, to the gram."""
            with Session(engine) as db:
                sold = select(Listing.offer_id, func.sum(OrderLine.packs))
                sold = sold.join(OrderLine, col(OrderLine.listing_id) == Listing.id)
                sold = sold.join(Order, col(Order.id) == OrderLine.order_id)
                packs = dict(
                    db.exec(sold.where(Order.state != "cancelled").group_by(col(Listing.offer_id))).all()
                )
                figures = pool_figures(db, self.world.pools)
                for pool, pool_id in enumerate(self.world.pools):
                    taken = sum(
                        int(packs.get(offer_id, 0)) * TAKES[offer][pool]
                        for offer, offer_id in enumerate(self.world.offers)
                    )
                    assert figures[pool_id].on_hand == self.grown[pool] + self.kept(db, pool) - taken
                nobody = select(Allocation).where(col(Allocation.lot_id).is_(None), ~col(Allocation.released))
                assert db.exec(nobody).all() == []

        @invariant()
        def promises_fit(self) -> None:
            with Session(engine) as db:
                figures = pool_figures(db, self.world.pools)
            assert all(0 <= pool.exposed <= pool.on_hand for pool in figures.values()), figures

        @invariant()
        def exposure_bounds_what_can_be_sold(self) -> None:
            """Exposure ≥ stock on the marketplace + what was sold there − what we have taken of it."""
            with Session(engine) as db:
                known = dict(db.exec(select(Listing.sku, Listing.exposure_packs)).all())
                rows = select(OrderLine.sku, func.sum(OrderLine.packs)).join(Order)
                rows = rows.where(Order.state != "cancelled").group_by(col(OrderLine.sku))
                taken = dict(db.exec(rows).all())
            for market in self.markets:
                for sku, product in market.mock.by_sku.items():
                    orders = [one for one in market.mock.orders.values() if one.sku == sku]
                    sold = sum(one.packs for one in orders if one.status is not OrderState.CANCELLED)
                    can = product.stock if product.status is RemoteState.LIVE else 0
                    bound = can + sold - int(taken.get(sku, 0))
                    assert known[sku] >= bound, (sku, known[sku], can, sold, taken.get(sku))

        @invariant()
        def nobody_is_alarmed(self) -> None:
            """Whatever was lost, late or cancelled: nobody changed anything behind our back."""
            with Session(engine) as db:
                assert db.exec(select(Drift)).all() == []
                assert db.exec(select(ParkedOrder)).all() == []

        @invariant()
        def no_dishonest_call(self) -> None:
            assert [market.mock.violations for market in self.markets] == [[], [], []]

        # --- when all is quiet

        @precondition(lambda self: any(market.mock.orders for market in self.markets))
        @rule()
        def books_agree_when_all_is_quiet(self) -> None:
            """After the weather has cleared and the worker had its time, our books are the marketplaces'."""
            for market in self.markets:
                market.mock.faults.load([])
            for _ in range(8):
                self.world.pass_(seconds=700)
                self.world.work()
            truth = [0, 0]
            for market in self.markets:
                for offer, order in self.packs_sold(market):
                    if order.stamps.get("delivered_at") and order.status not in GONE:
                        delivered = order.packs if order.delivered_packs is None else order.delivered_packs
                        for pool in (0, 1):
                            truth[pool] += (delivered - order.returned_packs) * TAKES[offer][pool]
            with Session(engine) as db:
                rows = select(TonnageEntry.product_id, func.sum(TonnageEntry.grams))
                rows = rows.where(TonnageEntry.channel == Channel.MARKETPLACE_RETAIL)
                ours = dict(db.exec(rows.group_by(col(TonnageEntry.product_id))).all())
                found = db.exec(select(Listing)).all()
                states = dict(db.exec(select(Order.order_no, Order.state)).all())
            assert [int(ours.get(one, 0)) for one in (self.world.fruit_id, self.world.honey_id)] == truth
            for market in self.markets:
                for number, order in market.mock.orders.items():
                    assert states[number] == order.status.value
            self.as_wished(found)

        def as_wished(self, found) -> None:
            by_sku = {sku: one for market in self.markets for sku, one in market.mock.by_sku.items()}
            for listing in found:
                there = by_sku.get(listing.sku)
                can = there.stock if there is not None and there.status is RemoteState.LIVE else 0
                assert listing.exposure_packs == can, listing
                wished = listing.wanted_packs if listing.wanted == Wanted.ON_SALE else 0
                assert can == wished or listing.blame is not None, (listing, can)

    return Season


def test_no_season_on_three_marketplaces_sells_twice_or_loses_a_kilogram(engine, settings_of_test):
    run_state_machine_as_test(
        season(engine, Ground(engine, settings_of_test)),
        settings=settings(
            max_examples=SEASONS,
            stateful_step_count=STEPS,
            deadline=timedelta(seconds=60),
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.fixture
def settings_of_test(request):
    return request.getfixturevalue("settings")
