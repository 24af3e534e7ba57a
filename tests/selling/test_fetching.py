"""The worker reads categories and attributes; what changed under a category in use becomes a task."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from connectors.sendo.categories import LEAF_LEVEL, tree
from connectors.sendo.connector import SendoConnector
from marketplace.core.audit import SYSTEM
from marketplace.core.db import writing
from marketplace.selling import listings
from marketplace.selling.attributes import answer_attribute
from marketplace.selling.categories import choose_category, sentences_of, settle_task
from marketplace.selling.models import (
    Blame,
    CategoryChoice,
    CategoryFetch,
    CategorySchema,
    MarketplaceCategory,
    Offer,
    SchemaTask,
)
from tests import factories as make
from tests.selling.saying import Said, saying, visit
from tests.selling.world import World, a_world

AGAIN = timedelta(minutes=5)
FRUIT, PACKED = 2422, "Trọng lượng (kg)"
TREE, ASKED = "GET /api/partner/category/{category_id}", "GET /api/partner/category/attribute/{category_id}"


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Said:
    return saying(monkeypatch)


@pytest.fixture
def world(engine: Any, settings: Any, said: Said) -> Iterator[World]:
    with a_world(engine, settings) as world:
        yield world


def read(world: World, kind: Any, *where: Any) -> list[Any]:
    with Session(world.engine) as db:
        return list(db.exec(select(kind).where(*where).order_by(kind.id)))


def listed(world: World) -> int:
    with writing(world.engine) as db:
        offer = make.an_offer(db, producer=world.producer, pack=world.pack)
        return listings.put_on_sale(db, SYSTEM, offer, world.shop, 5, now=world.time.now).id or 0


def calls(world: World, name: str) -> int:
    return int(world.mock.state()["calls"].get(name, 0))


def due_at(world: World) -> Any:
    with Session(world.engine) as db:
        return db.get_one(CategoryFetch, "sendo").due_at


def test_the_first_visit_reads_the_tree_and_what_categories_in_use_ask(world):
    visit(world, seconds=1)

    nodes = {node.category: node for node in read(world, MarketplaceCategory)}
    fruit = nodes[str(FRUIT)]
    assert (fruit.path, fruit.path_fold) == (
        "Thực Phẩm Tươi Sống › Rau - củ - quả › Trái Cây",
        "thuc pham tuoi song rau cu qua trai cay",
    )
    assert (fruit.leaf, fruit.parent, nodes["2399"].leaf, nodes["2399"].parent) == (True, "3673", False, None)
    assert len(nodes) == len(tree())
    [schema] = read(world, CategorySchema)
    assert (schema.category, [one["name"] for one in schema.attributes], len(schema.version)) == (
        "2422",
        ["Hạn sử dụng", PACKED, "Nguồn gốc sản phẩm"],
        64,
    )
    assert read(world, SchemaTask) == []


def test_nothing_is_read_again_before_a_day_has_passed(world):
    visit(world, seconds=1)
    before = calls(world, TREE)
    assert before > 0

    visit(world, hours=23)
    assert calls(world, TREE) == before
    visit(world, hours=2)

    assert calls(world, TREE) == 2 * before
    assert read(world, SchemaTask) == []


def test_one_shop_reads_for_all_shops_of_its_marketplace(world):
    with writing(world.engine) as db:
        second = make.a_shop(
            db,
            producer=world.producer,
            credentials_sealed=world.shop.credentials_sealed,
            pull_due_at=world.time.now,
            open_to_households=False,
        )
        assert second.id

    visit(world, seconds=1)

    assert calls(world, ASKED) == 1
    assert calls(world, TREE) == 1 + sum(node.level < LEAF_LEVEL for node in tree().values())


def test_a_new_required_attribute_is_one_task_and_stops_what_lacks_it_until_it_is_answered(world, said):
    listing_id = listed(world)
    visit(world, seconds=1)
    assert world.mock.state()["products"][0]["stock"] == 5

    said.required.add(PACKED)
    visit(world)
    visit(world)

    [task] = read(world, SchemaTask)
    assert (task.kind, task.category, task.facts["required"], task.facts["added"]) == (
        "attributes",
        "2422",
        [PACKED],
        [],
    )
    [(sentence, facts)] = sentences_of(task)
    assert (sentence % facts).startswith(
        f"Ngành “Thực Phẩm Tươi Sống › Rau - củ - quả › Trái Cây” nay bắt buộc: {PACKED}."
    )
    listing = world.listing(listing_id)
    assert (listing.blame, listing.cause) == (Blame.SELLER, "checklist.attribute_missing.841")
    assert (listing.cause_sentence or "") % listing.cause_facts == (
        f"Sendo hỏi “{PACKED}” mà tin này chưa trả lời; hãy trả lời ở trang sửa chào bán."
    )
    assert listing.remote_state == "off"

    with writing(world.engine) as db:
        offers = db.exec(select(Offer)).all()
        assert answer_attribute(db, SYSTEM, offers, "sendo", "841", "10", now=world.time.now) == 1
    visit(world, minutes=2)
    visit(world, minutes=2)

    listing = world.listing(listing_id)
    assert (listing.blame, listing.remote_state) == (None, "live")
    assert len(world.mock.state()["products"]) == 1


def test_what_we_know_is_sent_where_it_becomes_required_and_nobody_is_asked(world, said):
    listing_id = listed(world)
    visit(world, seconds=1)
    before = world.listing(listing_id).published_revision

    said.required.add("Nguồn gốc sản phẩm")
    visit(world)
    visit(world, minutes=2)

    listing = world.listing(listing_id)
    assert listing.blame is None
    assert listing.published_revision == before + 1
    assert len(read(world, SchemaTask)) == 1


def test_what_is_merely_asked_no_more_sends_nothing_again(world, said):
    listing_id = listed(world)
    visit(world, seconds=1)
    before = world.listing(listing_id).revision

    said.without.add("Hạn sử dụng")
    visit(world)

    [task] = read(world, SchemaTask)
    assert task.facts["removed"] == ["Hạn sử dụng"]
    assert world.listing(listing_id).revision == before


def gone(said: Said) -> set[int]:
    return said.gone


def split(said: Said) -> set[int]:
    return said.split


@pytest.mark.parametrize(("how", "kind"), [(gone, "gone"), (split, "no_leaf")])
def test_a_category_in_use_that_takes_no_goods_any_more_is_one_task_settled_when_it_is_back(
    world: World, said: Said, how: Callable[[Said], set[int]], kind: str
) -> None:
    visit(world, seconds=1)
    how(said).add(FRUIT)
    visit(world)
    visit(world)

    [task] = read(world, SchemaTask)
    assert (task.kind, task.category, task.settled_at) == (kind, "2422", None)

    how(said).clear()
    visit(world)
    [task] = read(world, SchemaTask)
    assert task.settled_at == world.time.now


def test_a_settled_task_is_not_raised_again_for_the_same_change(world, said):
    visit(world, seconds=1)
    said.gone.add(FRUIT)
    visit(world)
    with writing(world.engine) as db:
        settle_task(db, SYSTEM, db.exec(select(SchemaTask)).one().id or 0, now=world.time.now)

    said.gone.add(2420)  # another category, which nobody uses
    visit(world)

    assert len(read(world, SchemaTask)) == 1


def test_a_second_change_is_added_to_the_open_task(world, said):
    visit(world, seconds=1)
    said.without.add("Hạn sử dụng")
    visit(world)
    said.without.add("Nguồn gốc sản phẩm")
    visit(world)

    [task] = read(world, SchemaTask)
    assert task.facts["removed"] == ["Hạn sử dụng", "Nguồn gốc sản phẩm"]


def test_an_answer_without_any_category_is_not_believed(world, said):
    visit(world, seconds=1)
    said.silent = True
    visit(world)

    assert read(world, MarketplaceCategory, col(MarketplaceCategory.gone_at).is_not(None)) == []
    assert due_at(world) == world.time.now + AGAIN


@pytest.mark.parametrize("kind", ["html_body", "http_500", "http_429"])
def test_a_reading_that_fails_comes_later_and_nothing_else_stops(world, kind):
    listing_id = listed(world)
    world.mock.faults.load([{"match": "GET /api/partner/category*", "kind": kind}])
    visit(world, seconds=1)

    assert world.mock.state()["products"][0]["stock"] == 5
    assert due_at(world) == world.time.now + AGAIN
    assert read(world, MarketplaceCategory) == []

    world.mock.faults.load([])
    visit(world, minutes=6)
    assert len(read(world, MarketplaceCategory)) == len(tree())
    assert world.listing(listing_id).remote_state == "live"


def test_a_category_the_marketplace_does_not_have_stops_nothing(world):
    """A code from the command line before the tree was ever read."""
    a_strange_category(world)
    visit(world, seconds=1)

    assert [row.category for row in read(world, CategorySchema)] == ["2422"]
    assert due_at(world) == world.time.now + timedelta(days=1)


def test_a_category_the_connector_fails_at_is_asked_for_again_soon(world, monkeypatch):
    a_strange_category(world)
    real = SendoConnector.attributes

    def broken(self, category):
        return real(self, category) if category == "2422" else int(category)

    monkeypatch.setattr(SendoConnector, "attributes", broken)
    visit(world, seconds=1)

    assert [row.category for row in read(world, CategorySchema)] == ["2422"]
    assert due_at(world) == world.time.now + AGAIN


def a_strange_category(world):
    with writing(world.engine) as db:
        product = make.a_product(db, name="Mật ong bạc hà")
        choice = db.exec(select(CategoryChoice).where(CategoryChoice.product_id == product.id)).one()
        choice.category = "khong-phai-so"
        db.add(choice)


def test_a_category_chosen_later_is_asked_for_with_the_next_visit_and_the_tree_is_not_read_again(world):
    visit(world, seconds=1)
    before = calls(world, TREE)
    with writing(world.engine) as db:
        choose_category(db, SYSTEM, world.product.code, "sendo", "1180", now=world.time.now)

    visit(world, minutes=1)

    assert [row.category for row in read(world, CategorySchema)] == ["2422", "1180"]
    assert calls(world, TREE) == before
    assert read(world, SchemaTask) == []


def test_a_worker_that_died_while_reading_holds_nothing_up(world):
    visit(world, seconds=1)
    with writing(world.engine) as db:
        mine = db.get_one(CategoryFetch, "sendo")
        mine.fetched_at, mine.due_at = None, world.time.now + AGAIN
        db.add(mine)
    before = calls(world, TREE)
    assert before > 0

    visit(world, minutes=4)
    assert calls(world, TREE) == before
    visit(world, minutes=2)
    assert calls(world, TREE) == 2 * before
