"""`lensan listings stop`: by SKU or for a whole producer, and nothing when one SKU is wrong."""

import json

import pytest
from click.testing import CliRunner
from sqlmodel import Session, col, select

from marketplace.cli.common import lensan
from marketplace.cli.listings import NoSuchSku
from marketplace.core.errors import NotFound
from marketplace.selling.models import Listing, Wanted
from tests import factories as make


@pytest.fixture
def command(engine, settings, monkeypatch):
    monkeypatch.setattr("marketplace.cli.listings.ready", lambda: settings)
    return lambda *arguments: CliRunner().invoke(lensan, ["listings", "stop", *arguments])


@pytest.fixture
def producer(db):
    made = make.a_cooperative(db)
    pack, shop = make.a_pack(db, make.a_product(db)), make.a_shop(db, producer=made)
    for sku in ("A-1", "A-2"):
        make.a_listing(db, offer=make.an_offer(db, producer=made, pack=pack), shop=shop, sku=sku)
    db.commit()
    return made


def withdrawn(engine) -> list[str]:
    with Session(engine) as db:
        return list(
            db.exec(select(Listing.sku).where(Listing.wanted == Wanted.WITHDRAWN).order_by(col(Listing.sku)))
        )


def test_listings_are_stopped_by_sku(command, producer, engine):
    ran = command("A-2", "--json")

    assert (ran.exit_code, json.loads(ran.stdout)) == (0, {"stopped": 1})
    assert withdrawn(engine) == ["A-2"]


def test_all_of_a_producer_are_stopped_and_twice_is_the_same(command, producer, engine):
    assert command("--producer", str(producer.id)).stdout == "Đã gửi lệnh gỡ 2 tin đăng, chờ sàn xác nhận.\n"
    assert command("--producer", str(producer.id), "--json").exit_code == 0
    assert withdrawn(engine) == ["A-1", "A-2"]


def test_one_wrong_sku_stops_nothing_and_is_named(command, producer, engine):
    ran = command("A-1", "Z-9")

    assert isinstance(ran.exception, NoSuchSku)
    assert "Z-9" in ran.exception.text()
    assert withdrawn(engine) == []


def test_a_producer_nobody_knows_is_refused(command, producer, engine):
    assert isinstance(command("--producer", "999").exception, NotFound)
    assert withdrawn(engine) == []


@pytest.mark.parametrize("arguments", [(), ("A-1", "--producer", "1")])
def test_one_of_the_two_ways_is_a_usage_error_otherwise(command, producer, engine, arguments):
    assert command(*arguments).exit_code == 2
    assert withdrawn(engine) == []
