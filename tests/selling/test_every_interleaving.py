"""In no order of events whatever are the last boxes sold twice; “push, then pull” sells them so.

`small_model` explores; here is what must hold, what other rules lead to, and that the model's rules are those
of the product. `LENSAN_TEST_INTERLEAVINGS=whole` explores the large sizes with everything that may go wrong.
"""

import os
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as with_settings
from hypothesis import strategies as st
from sqlmodel import Session, col, func, select

from connectors.kit.errors import Unavailable
from connectors.kit.protocol import Offer as WireOffer
from connectors.kit.protocol import RemoteProduct, RemoteState
from connectors.kit.publishing import Published
from marketplace.core.db import writing
from marketplace.selling import models
from marketplace.selling.incoming import IncomingLine, IncomingOrder
from marketplace.selling.models import Listing
from marketplace.selling.orders import fits, known_of, take_order
from marketplace.selling.stock_models import ExposureEntry
from marketplace.selling.sync.claiming import Job
from marketplace.selling.sync.drift import compare
from marketplace.selling.sync.lease import Lease
from marketplace.selling.sync.speaking import Outcome
from marketplace.selling.sync.steps import Do, Step
from marketplace.selling.sync.sweep import Reading as RealReading
from marketplace.selling.sync.sweep import Seen
from marketplace.selling.sync.writing import write_down
from tests.selling.drifting import on_sale
from tests.selling.small_model import (
    MANY,
    Explorer,
    Most,
    Reading,
    Rules,
    Shop,
    Speaking,
    invariant,
    never_oversold,
    settled,
)
from tests.selling.world import World, a_world

WHOLE = os.environ.get("LENSAN_TEST_INTERLEAVINGS") == "whole"
#: (shops, packs, how far, states at least): a model that explores nothing proves nothing
SIZES = [
    (2, 2, Most(), 150_000),
    (2, 3, Most(void=0, late=0), 150_000),
    (3, 2, Most(void=0, late=0), 300_000),
]
LARGE = [
    (2, 3, Most(), 1_400_000),
    (3, 2, Most(void=0), 900_000),
    (2, 2, Most(late=2), 200_000),
]


@pytest.mark.sqlite_only  # it knows no database: once is enough
@pytest.mark.parametrize(("shops", "packs", "most", "least"), LARGE if WHOLE else SIZES)
def test_no_order_of_events_promises_or_sells_more_than_there_is(shops, packs, most, least):
    explored = Explorer(Rules(), shops=shops, packs=packs, most=most).explore(invariant)

    print(f"{shops} shops, {packs} packs, {most}: {explored.states:,} states")  # noqa: T201 - shown with -s
    assert explored.way == []
    assert explored.states >= least


class PushThenPull(Rules):
    """What most connectors do: write what is on hand to every shop, and pull orders afterwards.

    To be fair to it, nobody sells at the gate.
    """

    def sells_offline(self, _on_hand, _exposed):
        return False

    def writes(self, _shop, on_hand, _exposed):
        return frozenset({max(0, on_hand)})

    def claim(self, shop, packs):
        return shop._replace(at=Speaking(packs, slack=False, doubted=False))

    def answered(self, shop, _at):
        return shop._replace(at=None)

    refused = answered

    def lost(self, shop):
        return shop._replace(at=None)

    def fits(self, _shop):
        return True


@pytest.mark.sqlite_only
@pytest.mark.parametrize(("shops", "packs"), [(2, 3), (3, 2)])
def test_pushing_what_is_on_hand_and_pulling_afterwards_sells_twice(shops, packs):
    explored = Explorer(PushThenPull(), shops=shops, packs=packs, most=Most()).explore(never_oversold)

    print(  # noqa: T201 - shown with -s
        f"\n{shops} shops, {packs} packs, oversold after {len(explored.way)} steps:",
        *explored.way,
        sep="\n  ",
    )
    assert 0 < len(explored.way) <= 12
    assert "a buyer buys" in explored.way[-1]
    assert not any("lost" in word or "late" in word or "cancelled" in word for word in explored.way)


# --- each rule is needed: without it the explorer finds a way to promise too much
# --------------------------------------------------------------------------------------------------------


class StoredAsWritten(Rules):
    """The exposure is the stock that is written, not what is exposed already and that."""

    def claim(self, shop, packs):
        return super().claim(shop, packs)._replace(exposure=packs)


class StoredAfterwards(Rules):
    """The exposure is stored when the answer is there."""

    def claim(self, shop, packs):
        return super().claim(shop, packs)._replace(exposure=shop.exposure)

    def answered(self, shop, at):
        return super().answered(shop, at)._replace(exposure=shop.exposure + at.packs)


class ShrunkByTheAnswer(Rules):
    """An acknowledged write is taken for what is exposed, nothing is read."""

    def answered(self, shop, at):
        return super().answered(shop, at)._replace(exposure=at.packs)


class ComparedWithoutPulling(Rules):
    """The stock is read, but the sales before it are not pulled."""

    def may_compare(self, _at):
        return True


class ReplacesItsOwn(Rules):
    """A write is taken to replace what the listing exposes, so its own exposure counts as room."""

    def writes(self, shop, on_hand, exposed):
        return super().writes(shop, on_hand, exposed - shop.exposure)


class DoubtForgotten(Rules):
    """An acknowledged write is taken to settle the lost ones before it."""

    def answered(self, shop, at):
        return super().answered(shop, at)._replace(doubt=False)


class DoubtForgottenByRefusal(Rules):
    def refused(self, shop, at):
        return super().refused(shop, at)._replace(doubt=False)


class ReadInDoubt(Rules):
    """The exposure shrinks by a reading while a lost write may still arrive."""

    def reads(self, shop):
        return shop.there and shop.tighten and not shop.unclear


class GivenUpInDoubt(Rules):
    """What is not found is taken never to come."""

    def looked_up(self, shop):
        return super().looked_up(shop) or shop._replace(unclear=False, exposure=0, doubt=False)


class LostIsRefused(Rules):
    """No answer is taken for a no."""

    def lost(self, shop):
        return self.refused(shop, shop.at)


class CancelledIsGone(Rules):
    """A cancelled pack is taken to be on sale nowhere."""

    def given_back(self, shop):
        return super().given_back(shop)._replace(exposure=shop.exposure)


class CancellationsUnseen(Rules):
    """What a cancellation puts back after the stock was read is not reckoned with."""

    def compared(self, shop, at):
        return super().compared(shop, at._replace(back=0))


class TakenInAnyOrder(Rules):
    """A sale is taken though a cancellation that made room for it was not told."""

    def fits(self, _shop):
        return True


class CancelledIsSoldFirst(Rules):
    """An order first heard of as cancelled lowers the exposure as far as it can and raises it again."""

    def void(self, shop):
        return super().void(shop)._replace(exposure=max(0, shop.exposure - 1) + 1)


class LookUpRaises(Rules):
    """A look-up takes what is on sale there for promised, whatever is on hand."""

    def looked_up(self, shop):
        found = super().looked_up(shop)
        return found and found._replace(exposure=max(found.exposure, shop.stock))


MUTANTS = Rules.__subclasses__()


@pytest.mark.sqlite_only
@pytest.mark.parametrize("mutant", [one for one in MUTANTS if one is not PushThenPull])
def test_without_any_one_rule_there_is_a_way_to_promise_too_much(mutant):
    explored = Explorer(mutant(), shops=2, packs=2, most=Most()).explore(invariant)

    assert explored.way, mutant.__doc__


# --- the rules of the model are those of the product
# --------------------------------------------------------------------------------------------------------

COUNT = st.integers(0, MANY)
SHOPS = st.builds(
    Shop,
    there=st.booleans(),
    stock=COUNT,
    unseen=st.just(0),
    void=st.just(0),
    undone=st.just(0),
    late=st.just(()),
    taken=st.just(1),
    at=st.none(),
    exposure=COUNT,
    tighten=st.booleans(),
    unclear=st.booleans(),
    doubt=st.booleans(),
)
SPEAKING = st.builds(Speaking, packs=COUNT, slack=st.booleans(), doubted=st.booleans(), applied=st.just(True))
some = with_settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture
def world(engine, settings):
    with a_world(engine, settings) as made:
        on_sale(made, MANY)
        yield made


class Real:
    """The only listing of the world, made what a shop of the model says; then what became of it."""

    def __init__(self, world: World, db: Session, shop: Shop) -> None:
        self.world, self.db, self.now, self.rules = world, db, world.time.now, world.worker.rules
        self.shop = db.get_one(models.Shop, world.shop.id)
        self.listing = db.get_one(Listing, 1)
        self.listing.exposure_packs, self.listing.tighten = shop.exposure, shop.tighten
        self.listing.unclear, self.listing.doubt_until = shop.unclear, self.until(shop.doubt)
        self.listing.remote_id = self.listing.remote_id if shop.there else None
        self.model = shop
        db.add(self.listing)
        db.flush()

    def until(self, doubt: bool):
        return self.now + timedelta(seconds=9) if doubt else None

    def became(self) -> Shop:
        listing = self.listing
        doubt = listing.doubt_until is not None and listing.doubt_until > self.now
        return self.model._replace(
            at=None,
            exposure=listing.exposure_packs,
            tighten=listing.tighten,
            unclear=listing.unclear,
            doubt=doubt,
        )

    def speak(self, at: Speaking, **outcome) -> Shop:
        exposed = self.listing.exposure_packs - at.packs
        job = Job(
            1, Step(Do.RESTOCK, at.packs), WIRED, "1", 1, exposed, 1, doubt_before=self.until(at.doubted)
        )
        write_down(self.db, self.shop, [Outcome(job, **outcome)], self.rules, now=self.now)
        return self.became()


WIRED = WireOffer("LS", "Cam", "Cam", 200_000, 1, 10_000, 10_600, "1", "box")


@pytest.fixture
def real(world):
    """What a step of the product makes of a shop of the model; nothing of it is kept."""

    def doing(shop: Shop, act) -> Shop:
        with Session(world.engine) as db:
            made = act(Real(world, db, shop))
            db.rollback()
        return made

    return doing


def claimed(shop: Shop, at: Speaking) -> tuple[Shop, Speaking]:
    """The shop while that write is under way."""
    at = at._replace(slack=shop.exposure > 0)
    doubted = shop._replace(doubt=at.doubted)
    return Rules().claim(doubted, at.packs), at


@given(shop=SHOPS, at=SPEAKING)
@some
def test_an_answered_write_leaves_what_the_model_says(real, shop, at):
    shop, at = claimed(shop._replace(there=True), at)

    assert real(shop, lambda it: it.speak(at, published=Published("1"))) == Rules().answered(shop, at)


@given(shop=SHOPS, at=SPEAKING)
@some
def test_a_refused_write_leaves_what_the_model_says(real, shop, at):
    shop, at = claimed(shop, at)
    no = Unavailable("busy", "Sàn đang bận.")

    assert real(shop, lambda it: it.speak(at, error=no)) == Rules().refused(shop, at)
    assert real(shop, lambda it: it.speak(at, sent=False)) == Rules().refused(shop, at)


@given(shop=SHOPS, at=SPEAKING)
@some
def test_a_lost_write_leaves_what_the_model_says(real, shop, at):
    shop, at = claimed(shop, at)
    silence = Unavailable("silence", "Sàn không trả lời.", maybe_done=True)

    assert real(shop, lambda it: it.speak(at, error=silence)) == Rules().lost(shop)


@given(shop=SHOPS)
@some
def test_a_look_up_leaves_what_the_model_says(real, shop):
    shop = shop._replace(unclear=True)
    job = Job(1, Step(Do.LOOK_UP), WIRED, "1", 1, 0, 1)
    found = product(shop.stock) if shop.there else None

    def look(it: Real) -> Shop:
        write_down(it.db, it.shop, [Outcome(job, found=found)], it.rules, now=it.now)
        return it.became()

    assert real(shop, look) == (Rules().looked_up(shop) or shop)


def product(packs: int) -> RemoteProduct:
    return RemoteProduct("1", "LS", "Cam", 200_000, packs, RemoteState.LIVE)


@given(shop=SHOPS)
@some
def test_orders_told_leave_what_the_model_says(real, shop):
    shop = shop._replace(there=True)
    rules = Rules()

    def take(it: Real, *states: str, packs: int = 1) -> Shop:
        for number, state in enumerate(states):
            at = it.now + timedelta(seconds=number)
            told = IncomingOrder("9", state, (IncomingLine("1", it.listing.sku, packs, 1),), it.now, at)
            take_order(it.db, it.shop, told, now=it.now)
        return it.became()

    def fitting(it: Real) -> bool:
        told = IncomingOrder("9", "new", (IncomingLine("1", it.listing.sku, 1, 1),), it.now, it.now)
        return fits(told, known_of(it.db, it.shop, [told]))

    one = {"taken": shop.taken}
    assert real(shop, lambda it: take(it, "new")) == rules.sold(shop)._replace(**one)
    assert real(shop, lambda it: take(it, "cancelled")) == rules.void(shop)
    assert real(shop, fitting) is rules.fits(shop)
    if rules.fits(shop):
        sold = rules.sold(shop)
        assert real(shop, lambda it: take(it, "new", "cancelled")) == rules.given_back(sold)


@given(shop=SHOPS, stock=COUNT, back=st.integers(0, 1))
@some
def test_comparing_after_a_reading_leaves_what_the_model_says(world, shop, stock, back):
    shop = shop._replace(there=True, unclear=False, doubt=False, tighten=True)
    rules = Rules()
    at = Reading(stock, max(0, stock - shop.exposure), back)
    with writing(world.engine) as db:
        it = Real(world, db, shop)
        seen = Seen(product(stock), it.listing.exposure_packs, it.listing.confirmed_packs, tighten=True)
        reading = RealReading(it.now, whole=False, slack={it.listing.sku: 1}, seen={1: seen})
        reading.last_entry = newest(db)
        if back:
            told = IncomingOrder(
                f"back-{reading.last_entry}", "cancelled",
                (IncomingLine("1", it.listing.sku, 1, 1),), it.now, it.now,
            )  # fmt: skip
            take_order(db, it.shop, told, now=it.now)
        it.shop.lease_number, it.shop.drift_policy = 7, {"stock": "ask"}
        db.add(it.shop)
    lease = Lease(world.shop.id or 0, 7, world.time.now + timedelta(seconds=60))

    compare(world.engine, lease, reading, world.worker.rules, now=world.time.now)

    with Session(world.engine) as db:
        it.listing = db.get_one(Listing, 1)
        assert it.became() == settled(rules.compared(shop._replace(at=at), at))


def newest(db: Session) -> int:
    """The last movement of an exposure."""
    return db.exec(select(func.max(col(ExposureEntry.id)))).one() or 0
