"""One worker speaks for a shop, whatever the clocks of the others show."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from catalog.models import Producer
from marketplace.core.config import WorkerSettings
from marketplace.core.db import writing
from marketplace.selling.models import Listing, Shop
from marketplace.selling.sync.crew import one_of_the_crew
from marketplace.selling.sync.lease import held, nothing_waits, release, take_lease
from tests import factories as make

RULES = WorkerSettings(lease_seconds=60)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def shop(engine, now):
    with writing(engine) as db:
        return make.a_shop(
            db, producer=make.a_cooperative(db), pull_due_at=now - timedelta(days=30), sweep_due_at=None
        )


def taken(engine, now):
    with writing(engine) as db:
        return take_lease(db, RULES, now=now)


def test_a_released_shop_is_free_at_once_for_a_clock_that_is_behind(engine, shop, now):
    lease = taken(engine, now)
    assert lease is not None
    with writing(engine) as db:
        release(db, lease, now=now + MINUTE)

    later = taken(engine, now - timedelta(days=2))

    assert later is not None
    assert later.number == lease.number + 1


def test_a_held_shop_is_not_given_to_a_clock_that_is_ten_seconds_off(engine, shop, now):
    assert taken(engine, now) is not None

    for off in (-10, 0, 10):
        assert taken(engine, now + timedelta(seconds=off)) is None
    with Session(engine) as db:
        assert nothing_waits(db, RULES, now=now)
        assert db.get_one(Shop, shop.id).lease_number == 1


def test_a_lease_of_a_clock_that_was_days_ahead_keeps_nobody_waiting(engine, shop, now):
    ahead = taken(engine, now + timedelta(days=3))
    assert ahead is not None

    ours = taken(engine, now)

    assert ours is not None
    assert ours.until == now + MINUTE
    with writing(engine) as db:
        assert held(db, ahead, now=now, seconds=60) is None
        release(db, ahead, now=now)
        assert db.get_one(Shop, shop.id).lease_until == now + MINUTE


def test_an_abandoned_lease_ends_by_itself(engine, shop, now):
    assert taken(engine, now) is not None

    assert taken(engine, now + MINUTE - timedelta(seconds=1)) is None
    assert taken(engine, now + MINUTE) is not None


def test_the_shop_that_was_not_served_for_longest_comes_next(engine, shop, now):
    with writing(engine) as db:
        second = make.a_shop(
            db, producer=make.a_cooperative(db), name="Gian hàng hai", pull_due_at=now, sweep_due_at=None
        )
    order = []
    for minutes in range(4):
        lease = taken(engine, now + minutes * MINUTE)
        assert lease is not None
        order.append(lease.shop_id)
        with writing(engine) as db:
            release(db, lease, now=now + minutes * MINUTE)

    assert order == [shop.id, second.id, shop.id, second.id]


@pytest.mark.postgres_only
def test_a_listing_can_be_added_to_a_shop_while_a_worker_holds_it(engine, shop, now):
    """Its seller holds the pool then, which the worker may be waiting for: one of the two would fail."""
    lease = taken(engine, now)
    assert lease is not None
    with writing(engine) as worker, writing(engine) as seller:
        assert held(worker, lease, now=now, seconds=60) is not None
        seller.execute(text("SET LOCAL lock_timeout = '2s'"))
        producer = seller.get_one(Producer, shop.producer_id)
        pack = make.a_pack(seller, make.a_product(seller))
        make.a_listing(seller, shop=shop, offer=make.an_offer(seller, producer=producer, pack=pack))

    with Session(engine) as db:
        assert db.exec(select(Listing.shop_id)).all() == [shop.id]


@pytest.mark.sqlite_only
def test_the_first_worker_after_a_kill_need_not_wait_for_the_lease_of_the_dead(engine, settings, shop, now):
    dead = taken(engine, now)
    assert dead is not None

    with one_of_the_crew(engine, settings):
        ours = taken(engine, now)

    assert ours is not None
    with writing(engine) as db:
        assert held(db, dead, now=now, seconds=60) is None


def test_a_worker_that_starts_beside_another_leaves_its_lease_alone(engine, settings, shop, now):
    with one_of_the_crew(engine, settings):
        assert taken(engine, now) is not None
        with one_of_the_crew(engine, settings):
            assert taken(engine, now) is None
