"""A write whose answer was lost may still arrive, whatever was written since: it is promised until then."""

import pytest

from connectors.kit.mock_goods import Impossible
from marketplace.core.audit import SYSTEM
from marketplace.core.db import writing
from marketplace.selling import listings
from marketplace.selling.models import Listing
from tests.selling.drifting import on_sale, sweep, there
from tests.selling.world import World, a_world


@pytest.fixture
def world(engine, settings):
    with a_world(engine, settings, grams=300_000) as made:
        yield made


def wish(world: World, listing_id: int, packs: int) -> None:
    with writing(world.engine) as db:
        listings.change_packs(db, SYSTEM, db.get_one(Listing, listing_id), packs, now=world.time.now)


def lost_write(world: World, listing_id: int, packs: int) -> None:
    """So many packs are written, the answer gets lost, and nothing has happened there yet."""
    world.mock.faults.load([{"match": "*", "kind": "late_apply", "times": 1, "delay": 3600, "hold": 0}])
    wish(world, listing_id, packs)
    world.work()
    assert len(world.mock.late) == 1


def arrives(world: World) -> None:
    """What was lost is done now."""
    world.mock.late = [(0.0, environ, body) for _, environ, body in world.mock.late]
    world.worker.registry.connected(world.shop).connector.find("nothing")
    assert world.mock.late == []


def test_a_lost_write_stays_promised_when_a_later_one_is_acknowledged(world):
    (first,) = on_sale(world, 10)
    lost_write(world, first, 15)

    wish(world, first, 3)
    for _ in range(5):
        world.time.pass_(seconds=2)
        world.work()

    assert there(world, first).stock == 3
    assert world.listing(first).exposure_packs >= 15
    assert world.listing(first).doubt_until > world.time.now
    arrives(world)
    assert there(world, first).stock == 15
    assert world.exposures_fit()


def test_another_listing_does_not_get_what_a_lost_write_may_still_put_on_sale(world):
    first, second = on_sale(world, 10, 5)
    lost_write(world, first, 15)
    wish(world, first, 3)
    world.time.pass_(seconds=2)
    world.work()

    wish(world, second, 27)
    for _ in range(5):
        world.time.pass_(seconds=2)
        world.work()
    arrives(world)

    sold = there(world, first).stock + there(world, second).stock
    assert sold <= 30
    with pytest.raises(Impossible):
        world.mock.buy(world.listing(second).sku, 30 - there(world, first).stock + 1)


def test_once_the_doubt_has_passed_everything_is_on_sale_as_wished(world):
    first, second = on_sale(world, 10, 5)
    lost_write(world, first, 15)
    wish(world, first, 3)
    world.work()
    wish(world, second, 27)
    arrives(world)

    for _ in range(4):
        sweep(world)

    assert (there(world, first).stock, there(world, second).stock) == (3, 27)
    assert (world.listing(first).exposure_packs, world.listing(second).exposure_packs) == (3, 27)
    assert world.listing(first).doubt_until is None


def test_a_withdrawal_is_confirmed_only_when_a_lost_write_can_no_longer_undo_it(world):
    (first,) = on_sale(world, 10)
    lost_write(world, first, 15)
    with writing(world.engine) as db:
        listings.withdraw(db, SYSTEM, db.get_one(Listing, first), now=world.time.now)
    for _ in range(5):
        world.time.pass_(seconds=2)
        world.work()

    assert world.listing(first).off_seen_at is None
    arrives(world)
    for _ in range(4):
        sweep(world)
    assert world.listing(first).off_seen_at is not None
    with pytest.raises(Impossible):
        world.mock.buy(world.listing(first).sku, 1)
