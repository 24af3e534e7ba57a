"""What somebody changes on the marketplace is found by one sweep, and nothing that was sold, given back or is
still on its way is taken for it.
"""

import random
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from connectors.kit.protocol import OrderState
from marketplace.accounts.models import Role
from marketplace.core.audit import SYSTEM, AuditEntry
from marketplace.core.db import writing
from marketplace.selling import drift as cases
from marketplace.selling import listings
from marketplace.selling.models import Blame, Drift, Listing, Offer, Shop, Wanted
from tests import factories as make
from tests.selling.drifting import (
    ask_always,
    delete,
    drifts,
    on_sale,
    stranger,
    sweep,
    switch,
    the_drift,
    there,
)
from tests.selling.world import World, a_world

TITLE = "Cam Vàng Hà Giang thùng 10 kg"


@pytest.fixture
def world(engine, settings):
    with a_world(engine, settings, grams=1_000_000) as made:
        yield made


@pytest.fixture
def asking(world):
    """The same, and nothing is put right by itself."""
    ask_always(world)
    return world


def calls(world: World, call: str) -> int:
    return int(world.mock.state()["calls"].get(call, 0))


# --- found
# --------------------------------------------------------------------------------------------------------


def test_nothing_changed_is_no_drift(asking):
    on_sale(asking, 5, 3, 1)

    sweep(asking)

    assert drifts(asking.engine) == drifts(asking.engine, settled=True) == []


def test_another_price_is_shown_beside_the_wanted_one(asking):
    (listing_id,) = on_sale(asking, 5)
    there(asking, listing_id).price_vnd = 150_000

    sweep(asking)

    assert drifts(asking.engine) == [("price", "200000", "200000", "150000")]


def test_another_title_is_shown_beside_the_sent_one(asking):
    (listing_id,) = on_sale(asking, 5)
    there(asking, listing_id).title = "Cam sành giá rẻ"

    sweep(asking)

    assert drifts(asking.engine) == [("text", TITLE, TITLE, "Cam sành giá rẻ")]


def test_blanks_and_the_form_of_marks_make_no_other_title(asking):
    (listing_id,) = on_sale(asking, 5)
    there(asking, listing_id).title = " Cam Va\u0300ng Ha\u0300 Giang  thu\u0300ng 10 kg "

    sweep(asking)

    assert drifts(asking.engine) == []


def test_a_lower_stock_that_nobody_bought_is_drift(asking):
    (listing_id,) = on_sale(asking, 5)
    there(asking, listing_id).stock = 2

    sweep(asking)

    assert drifts(asking.engine) == [("stock", "5", "5", "2")]
    assert asking.listing(listing_id).exposure_packs == 5


def test_a_raised_stock_raises_the_exposure_at_once(asking):
    (listing_id,) = on_sale(asking, 5)
    there(asking, listing_id).stock = 40

    sweep(asking)

    assert drifts(asking.engine) == [("stock", "5", "5", "40")]
    assert asking.listing(listing_id).exposure_packs == 40


def test_switched_off_there_stops_at_a_coordinator(asking):
    (listing_id,) = on_sale(asking, 5)
    switch(asking, there(asking, listing_id), on=False)

    sweep(asking)

    listing = asking.listing(listing_id)
    assert drifts(asking.engine) == [("state", "on_sale", "live", "off")]
    assert (listing.blame, listing.cause) == (Blame.COORDINATOR, "drift.state")


def test_a_withdrawn_listing_that_sells_again_is_drift(asking):
    (listing_id,) = on_sale(asking, 5)
    with writing(asking.engine) as db:
        listings.withdraw(db, SYSTEM, db.get_one(Listing, listing_id), now=asking.time.now)
    asking.work()
    assert asking.listing(listing_id).off_seen_at is not None
    product = there(asking, listing_id)
    product.stock = 4
    switch(asking, product, on=True)

    sweep(asking)

    listing = asking.listing(listing_id)
    assert drifts(asking.engine) == [("state", "withdrawn", "off", "live")]
    assert (listing.blame, listing.cause, listing.off_seen_at) == (Blame.COORDINATOR, "drift.live", None)
    assert listing.exposure_packs == 4


def test_a_product_that_vanished_is_looked_up_before_anybody_is_told(asking):
    (listing_id,) = on_sale(asking, 5)
    delete(asking, there(asking, listing_id))
    before = calls(asking, "GET /api/partner/product")

    sweep(asking)

    assert drifts(asking.engine) == [("vanished", "on_sale", "live", "")]
    assert asking.listing(listing_id).cause == "remote.vanished"
    assert calls(asking, "GET /api/partner/product") == before + 1
    sweep(asking)
    assert calls(asking, "GET /api/partner/product") == before + 1


def test_a_product_the_list_forgot_is_no_vanished_one(asking):
    (listing_id,) = on_sale(asking, 5)
    asking.mock.newest_products.clear()

    sweep(asking)

    assert drifts(asking.engine) == []
    assert asking.listing(listing_id).blame is None


def test_a_product_nobody_listed_is_told_and_left_alone_for_good_when_somebody_says_so(asking):
    on_sale(asking, 5)
    stranger(asking)

    sweep(asking)

    assert drifts(asking.engine) == [("unknown", "", "", "Mật ong bạc hà")]
    with writing(asking.engine) as db:
        cases.accept(db, SYSTEM, the_drift(db), now=asking.time.now)
    sweep(asking)
    assert drifts(asking.engine) == []
    assert asking.mock.by_sku["HANG-RIENG"].stock == 3


def test_a_second_product_with_our_sku_is_an_unknown_one(asking):
    (listing_id,) = on_sale(asking, 5)
    ours = there(asking, listing_id)
    stranger(asking, sku=ours.sku)
    asking.mock.by_sku[ours.sku] = ours

    sweep(asking)

    assert drifts(asking.engine) == [("unknown", "", "", "Mật ong bạc hà")]
    assert asking.listing(listing_id).remote_id == ours.remote_id


def test_more_than_fifty_missing_are_told_of_in_the_next_sweeps(asking):
    ids = on_sale(asking, *[1] * 60)
    for listing_id in ids:
        delete(asking, there(asking, listing_id))

    sweep(asking)
    assert len(drifts(asking.engine)) == 50

    sweep(asking)
    assert {kind for kind, *_ in drifts(asking.engine)} == {"vanished"}
    assert len(drifts(asking.engine)) == 60


# --- no false alarm
# --------------------------------------------------------------------------------------------------------


def test_sales_explain_a_lower_stock_whenever_they_happen(asking):
    (listing_id,) = on_sale(asking, 9)
    sku = asking.listing(listing_id).sku
    asking.mock.buy(sku, 2)
    connector = asking.worker.registry.connected(asking.shop).connector
    reads = connector.products

    def bought_while_reading():
        for page in reads():
            yield page
            asking.mock.buy(sku, 3)

    connector.products = bought_while_reading
    sweep(asking)
    del connector.products

    assert drifts(asking.engine) == []
    sweep(asking)
    assert drifts(asking.engine) == []
    listing = asking.listing(listing_id)
    assert (listing.confirmed_packs, listing.exposure_packs) == (4, 4)


@pytest.mark.parametrize("restocks", [False, True])
def test_cancelled_orders_are_no_drift_whether_the_marketplace_restocks_or_not(engine, settings, restocks):
    with a_world(engine, settings, grams=1_000_000, cancel_restocks=restocks) as world:
        ask_always(world)
        (listing_id,) = on_sale(world, 9)
        sku = world.listing(listing_id).sku
        first = world.mock.buy(sku, 2)
        sweep(world)
        world.mock.advance(first, OrderState.CANCELLED)
        second = world.mock.buy(sku, 1)
        world.mock.advance(second, OrderState.CANCELLED)

        for _ in range(3):
            sweep(world)
            assert drifts(engine) == drifts(engine, settled=True) == []
            assert world.exposures_fit()

        assert world.listing(listing_id).exposure_packs == there(world, listing_id).stock


def test_what_sold_out_and_was_switched_off_by_the_marketplace_is_no_drift(asking):
    (listing_id,) = on_sale(asking, 2)
    product = there(asking, listing_id)
    asking.mock.buy(product.sku, 2)
    switch(asking, product, on=False)

    sweep(asking)

    assert drifts(asking.engine) == []
    assert asking.listing(listing_id).blame is None


def test_an_edit_that_is_not_sent_yet_is_no_drift(asking):
    (listing_id,) = on_sale(asking, 5)
    asking.mock.faults.load(
        [{"match": "POST /api/partner/product", "kind": "http_429", "times": 9, "retry_after": 5000}]
    )
    with writing(asking.engine) as db:
        offer = db.get_one(Offer, db.get_one(Listing, listing_id).offer_id)
        offer.price_vnd = 230_000
        listings.changed(db, offer, now=asking.time.now)
    asking.work()
    with writing(asking.engine) as db:
        db.get_one(Shop, asking.shop.id).resume_at = None

    sweep(asking)

    assert drifts(asking.engine) == []


def test_a_lost_answer_is_no_drift(asking):
    (listing_id,) = on_sale(asking, 5)
    asking.mock.faults.load([{"match": "PUT /api/partner", "kind": "timeout_after", "times": 1}])
    with writing(asking.engine) as db:
        listings.change_packs(db, SYSTEM, db.get_one(Listing, listing_id), 8, now=asking.time.now)

    asking.work()
    for _ in range(3):
        asking.time.pass_(seconds=61)
        asking.work()
        sweep(asking)

    assert drifts(asking.engine) == drifts(asking.engine, settled=True) == []
    assert asking.listing(listing_id).confirmed_packs == 8


# --- healed
# --------------------------------------------------------------------------------------------------------


def test_price_title_and_stock_are_put_right_and_noted(world):
    ids = on_sale(world, 5, 5, 5)
    there(world, ids[0]).price_vnd = 150_000
    there(world, ids[1]).title = "Cam sành"
    there(world, ids[2]).stock = 1

    for _ in range(3):  # what was written is only compared once the slack of that write is gone
        sweep(world)

    products = [there(world, listing_id) for listing_id in ids]
    assert [one.price_vnd for one in products] == [200_000] * 3
    assert [one.title for one in products] == [TITLE] * 3
    assert [one.stock for one in products] == [5] * 3
    assert drifts(world.engine) == []
    with Session(world.engine) as db:
        assert [row.settled_how for row in db.exec(select(Drift))] == ["healed"] * 3
        healed = select(AuditEntry).where(AuditEntry.action == "listing.drift_healed")
        assert [entry.facts["kind"] for entry in db.exec(healed)] == ["price", "text", "stock"]


def test_a_raised_stock_is_written_zero_first_when_the_harvest_is_scarce(engine, settings):
    with a_world(engine, settings, grams=100_000) as world:
        (listing_id,) = on_sale(world, 10)
        product = there(world, listing_id)
        product.stock = 30
        written: list[int] = []
        connector = world.worker.registry.connected(world.shop).connector
        real = connector.set_price_and_stock
        connector.set_price_and_stock = lambda rows: (written.extend(r.packs for r in rows), real(rows))[1]

        sweep(world)
        for _ in range(4):
            world.time.pass_(seconds=61)
            world.work()

        assert written[:1] == [0]
        assert product.stock == 10
        assert world.listing(listing_id).exposure_packs == 10
        assert world.exposures_fit()


def test_a_withdrawn_listing_that_sells_again_is_taken_off_again(world):
    (listing_id,) = on_sale(world, 5)
    with writing(world.engine) as db:
        listings.withdraw(db, SYSTEM, db.get_one(Listing, listing_id), now=world.time.now)
    world.work()
    product = there(world, listing_id)
    product.stock = 4
    switch(world, product, on=True)

    sweep(world)
    world.work()

    assert not product.wire["stock_availability"]
    assert world.listing(listing_id).off_seen_at is not None


def test_two_parties_who_fight_end_with_a_person(world):
    (listing_id,) = on_sale(world, 5)
    product = there(world, listing_id)
    heals = []
    for _ in range(6):
        product.price_vnd = 150_000
        sweep(world)
        world.work()
        heals.append(product.price_vnd)

    assert heals == [200_000] * 3 + [150_000] * 3
    assert drifts(world.engine) == [("price", "200000", "200000", "150000")]


def test_drift_that_went_away_by_itself_is_settled_as_gone(asking):
    (listing_id,) = on_sale(asking, 5)
    product = there(asking, listing_id)
    switch(asking, product, on=False)
    sweep(asking)
    product.price_vnd = 200_000
    switch(asking, product, on=True)

    sweep(asking)

    assert drifts(asking.engine) == []
    with Session(asking.engine) as db:
        assert db.exec(select(Drift)).one().settled_how == "gone"
    assert asking.listing(listing_id).blame is None


def test_one_open_row_is_kept_while_the_drift_lasts(asking):
    (listing_id,) = on_sale(asking, 5)
    for price in (150_000, 140_000):
        there(asking, listing_id).price_vnd = price
        sweep(asking)

    assert drifts(asking.engine) == [("price", "200000", "200000", "140000")]
    with Session(asking.engine) as db:
        row = the_drift(db)
    assert row.seen_at > row.found_at


def test_asked_stock_stays_a_drift_though_a_cancellation_is_read_on_the_way(asking):
    (listing_id,) = on_sale(asking, 9)
    order = asking.mock.buy(asking.listing(listing_id).sku, 1)
    sweep(asking)
    there(asking, listing_id).stock = 3
    sweep(asking)
    asking.mock.advance(order, OrderState.CANCELLED)

    for _ in range(3):
        sweep(asking)

    assert drifts(asking.engine) == [("stock", "8", "9", "3")]


def test_a_sale_before_our_last_write_told_after_it_leaves_no_more_on_sale_than_is_wished(asking):
    (listing_id,) = on_sale(asking, 3)
    asking.mock.buy(asking.listing(listing_id).sku, 1)
    with writing(asking.engine) as db:
        listing = db.get_one(Listing, listing_id)
        listings.change_packs(db, SYSTEM, listing, 5, now=asking.time.now)
        db.get_one(Shop, asking.shop.id).pull_due_at = asking.time.now + timedelta(hours=1)
    asking.work()
    assert there(asking, listing_id).stock == 5  # the write knew nothing of the order

    for _ in range(2):
        sweep(asking)

    listing = asking.listing(listing_id)
    assert (listing.wanted_packs, there(asking, listing_id).stock, listing.exposure_packs) == (4, 4, 4)
    assert drifts(asking.engine) == []


# --- chosen by a person
# --------------------------------------------------------------------------------------------------------


def chosen(world: World, choose) -> None:
    with writing(world.engine) as db:
        choose(db, SYSTEM, the_drift(db), now=world.time.now)
    world.work()


def test_the_price_there_becomes_the_wish(asking):
    (listing_id,) = on_sale(asking, 5)
    there(asking, listing_id).price_vnd = 150_000
    sweep(asking)

    chosen(asking, cases.accept)

    with Session(asking.engine) as db:
        assert db.exec(select(Offer.price_vnd)).one() == 150_000
    assert there(asking, listing_id).price_vnd == 150_000
    sweep(asking)
    assert drifts(asking.engine) == []


def test_the_stock_there_becomes_the_wish_if_the_harvest_has_it(asking):
    (listing_id,) = on_sale(asking, 5)
    there(asking, listing_id).stock = 2
    sweep(asking)

    chosen(asking, cases.accept)

    assert asking.listing(listing_id).wanted_packs == there(asking, listing_id).stock == 2
    there(asking, listing_id).stock = 101
    sweep(asking)
    with pytest.raises(listings.NotEnoughHarvest):
        chosen(asking, cases.accept)
    assert asking.listing(listing_id).wanted_packs == 2
    assert drifts(asking.engine) == [("stock", "2", "2", "101")]


def test_off_there_becomes_withdrawn(asking):
    (listing_id,) = on_sale(asking, 5)
    switch(asking, there(asking, listing_id), on=False)
    sweep(asking)

    chosen(asking, cases.accept)

    listing = asking.listing(listing_id)
    assert (listing.wanted, listing.blame) == (Wanted.WITHDRAWN, None)
    assert listing.off_seen_at is not None


def test_sending_again_puts_it_back_on_sale(asking):
    (listing_id,) = on_sale(asking, 5)
    switch(asking, there(asking, listing_id), on=False)
    sweep(asking)

    chosen(asking, cases.resend)
    sweep(asking)

    assert there(asking, listing_id).wire["stock_availability"]
    assert drifts(asking.engine) == []
    assert asking.listing(listing_id).blame is None


def test_a_vanished_product_is_sent_again_under_its_sku(asking):
    (listing_id,) = on_sale(asking, 5)
    delete(asking, there(asking, listing_id))
    sweep(asking)

    chosen(asking, cases.resend)

    assert [one["stock"] for one in asking.mock.state()["products"]] == [5]
    assert asking.listing(listing_id).remote_state in ("live", "unknown")
    assert asking.mock.state()["violations"] == []


def test_a_withdrawn_listing_that_sells_cannot_be_accepted(asking):
    test_a_withdrawn_listing_that_sells_again_is_drift(asking)

    with pytest.raises(cases.NotToAccept):
        chosen(asking, cases.accept)

    assert drifts(asking.engine) == [("state", "withdrawn", "off", "live")]


def test_an_unknown_product_is_taken_off_by_the_worker(asking):
    on_sale(asking, 5)
    product = stranger(asking)
    sweep(asking)

    chosen(asking, cases.resend)
    sweep(asking)

    assert not product.wire["stock_availability"]
    assert drifts(asking.engine) == []


def test_what_is_settled_cannot_be_settled_again(asking):
    (listing_id,) = on_sale(asking, 5)
    there(asking, listing_id).price_vnd = 150_000
    sweep(asking)
    chosen(asking, cases.resend)

    with Session(asking.engine) as db:
        row = db.exec(select(Drift)).one()
        with pytest.raises(cases.AlreadySettled):
            cases.resend(db, SYSTEM, row, now=asking.time.now)


def test_a_policy_nobody_knows_is_refused_and_changes_nothing(world):
    with writing(world.engine) as db:
        account = make.an_account(db, Role.COORDINATOR)
        shop = db.get_one(Shop, world.shop.id)
        with pytest.raises(cases.UnknownPolicy):
            cases.set_policy(db, account, shop, {"price": "sometimes"})
        assert shop.drift_policy == {}
        assert cases.policy_of(shop, "price") == "heal"
        assert cases.policy_of(shop, "state") == "ask"


# --- a whole marketplace, at a reduced size (benchmarks/drift.py has the full one)
# --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_twelve_of_two_hundred_are_found_in_one_sweep_while_buyers_buy(engine, settings, seed):
    dice = random.Random(seed)  # noqa: S311 - a seed, not a secret
    with a_world(engine, settings, grams=10_000_000) as world:
        ask_always(world)
        ids = on_sale(world, *[5] * 200)
        for listing_id in dice.sample(ids, 40):
            world.mock.buy(world.listing(listing_id).sku, 1)
        with writing(engine) as db:
            withdrawn = dice.sample(ids, 10)
            for listing_id in withdrawn:
                listings.withdraw(db, SYSTEM, db.get_one(Listing, listing_id), now=world.time.now)
        world.work()
        sweep(world)
        live = [listing_id for listing_id in ids if listing_id not in withdrawn]
        expected = change_two_of_each(world, dice.sample(live, 9), withdrawn[0])
        for listing_id in dice.sample(live, 80):
            product = there_or_none(world, listing_id)
            if product is not None and product.stock and product.wire["stock_availability"]:
                world.mock.buy(product.sku, 1)
        pages = calls(world, "POST /api/partner/product/search")

        sweep(world)

        with Session(engine) as db:
            found = {(row.sku, row.kind) for row in db.exec(select(Drift))}
        assert found == expected
        assert calls(world, "POST /api/partner/product/search") - pages == 4  # 200 products, 50 a page
        sweep(world)
        with Session(engine) as db:
            assert {(row.sku, row.kind) for row in db.exec(select(Drift))} == expected
        assert world.mock.state()["violations"] == []


def there_or_none(world: World, listing_id: int):
    return world.mock.by_sku.get(world.listing(listing_id).sku)


def change_two_of_each(world: World, live: list[int], withdrawn: int) -> set[tuple[str, str]]:
    """Two of each kind; what was changed, as (SKU, kind)."""
    skus = {listing_id: world.listing(listing_id).sku for listing_id in [*live, withdrawn]}
    kinds = ["price", "price", "stock", "stock", "text", "text", "state", "vanished", "vanished"]
    for listing_id, kind in zip(live, kinds, strict=True):
        product = there(world, listing_id)
        if kind == "price":
            product.price_vnd += 1_000
        elif kind == "stock":
            product.stock += 3 if listing_id == live[2] else -2
        elif kind == "text":
            product.title += " giá tốt"
        elif kind == "state":
            switch(world, product, on=False)
        else:
            delete(world, product)
    again = there(world, withdrawn)
    again.stock = 2
    switch(world, again, on=True)
    strangers = {(stranger(world, sku=f"LA-{n}").sku, "unknown") for n in range(2)}
    return (
        {(skus[one], kind) for one, kind in zip(live, kinds, strict=True)}
        | {(skus[withdrawn], "state")}
        | strangers
    )
