"""A season of orders is settled to 1 đồng (L4); `LENSAN_TEST_SETTLED` says how many, `make prove` 10,000."""

import os
from collections import Counter
from datetime import date, timedelta
from random import Random
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session, col, func, select

from catalog.models import HarvestLot, Product
from connectors.kit.mock_goods import MockOrder
from connectors.kit.protocol import OrderState
from marketplace.core.audit import SYSTEM
from marketplace.core.config import Settings
from marketplace.core.db import writing
from marketplace.selling import listings
from marketplace.selling.models import Allocation, Order, OrderLine, TonnageEntry, TonnageKind
from marketplace.selling.orders import lines_of
from marketplace.selling.returns import record_complaint
from marketplace.selling.settling.importing import import_statement
from marketplace.selling.settling.models import KINDS, LineState, Statement, StatementLine, StatementShare
from tests import factories as make
from tests.selling.world import World, a_world

ORDERS = int(os.environ.get("LENSAN_TEST_SETTLED", "60"))
ENDS = ("delivered",) * 6 + ("returned", "refused", "cancelled", "refunded")
WEEKS = 4


def test_a_season_is_settled_to_one_dong(engine: Engine, settings: Settings) -> None:
    dice = Random(5)  # noqa: S311 - a season that can be repeated
    with a_world(engine, settings, grams=ORDERS * 17_000) as world:
        first = world.time.now.date()
        sell(engine, world, dice)
        truth = [world.mock.money.statement("DS", *days) for days in weeks(first)]
        for _ in range(2):  # the second time changes nothing
            files = [world.mock.statement_file(told) for told in truth]
            take(engine, world, files)
            with Session(engine) as db:
                counted = rows(db)
                settled_exactly(db, world, truth)
        take(engine, world, files)
        with Session(engine) as db:
            assert rows(db) == counted
            tonnage_is_that_of_the_lines(db)


def sell(engine: Engine, world: World, dice: Random) -> None:
    """Orders over four weeks, of two households' pooled goods, that end in every way."""
    with writing(engine) as db:
        db.get_one(Product, world.product.id).shelf_life_days = None  # four weeks would end the listing
        second = make.a_household(db, head="Lý Seo Sì", commune="Xã Đồng Tiến")
        make.a_lot(
            db, product=world.product, household=second, producer=world.producer, grams=ORDERS * 17_000
        )
        offer = make.an_offer(db, producer=world.producer, pack=world.pack)
        listings.put_on_sale(db, SYSTEM, offer, world.shop, ORDERS * 3, now=world.time.now)
        db.flush()
    world.work()
    sku = next(iter(world.mock.by_sku))
    refunds: dict[str, int] = {}
    for number in range(ORDERS):
        world.time.pass_(seconds=WEEKS * 7 * 86_400 / ORDERS * 0.9)
        order = world.mock.buy(sku, dice.randint(1, 3))
        refunds |= ended(world, order, dice.choice(ENDS), dice)
        if number % 200 == 199:
            pull(world)
    pull(world)
    with writing(engine) as db:
        for order_no, vnd in refunds.items():
            ours = db.exec(select(Order).where(Order.order_no == order_no)).one()
            on = (ours.delivered_at or world.time.now).date() + timedelta(days=1)
            record_complaint(db, SYSTEM, lines_of(db, ours)[0], 0, vnd, on=on, now=world.time.now)


def ended(world: World, order: MockOrder, end: str, dice: Random) -> dict[str, int]:
    steps = {"cancelled": ["confirmed", "cancelled"], "refused": ["confirmed", "shipped", "refused"]}
    for step in steps.get(end, ["confirmed", "shipped", "delivered"]):
        world.mock.advance(order, OrderState(step), cancelled_by="seller")
    if end == "returned":
        world.mock.advance(order, OrderState.RETURNED, packs=dice.randint(1, order.packs))
    if end == "refunded":
        vnd = dice.randint(1, 99_999)
        world.mock.money.refund(order, vnd, world.time.now)
        return {order.order_no: vnd}
    return {}


def pull(world: World) -> None:
    world.time.pass_(minutes=30)
    world.work(rounds=200)


def weeks(first: date) -> list[tuple[date, date]]:
    return [(first + timedelta(7 * week), first + timedelta(7 * week + 6)) for week in range(WEEKS + 1)]


def take(engine: Engine, world: World, files: list[tuple[str, bytes]]) -> None:
    for name, content in files:
        with writing(engine) as db:
            import_statement(db, SYSTEM, world.shop, name, content, now=world.time.now)


def rows(db: Session) -> list[int]:
    return [
        db.exec(select(func.count()).select_from(table)).one()
        for table in (Statement, StatementLine, StatementShare, TonnageEntry)
    ]


def settled_exactly(db: Session, world: World, truth: list[Any]) -> None:
    """Σ households + fees + refunds = payout, kind by kind, and nothing waits."""
    assert len(world.mock.orders) == ORDERS == db.exec(select(func.count()).select_from(Order)).one()
    states = Counter(db.exec(select(StatementLine.state)).all())
    assert states == {LineState.EXPLAINED: sum(len(told.rows) for told in truth)}
    sums: list[Any] = [func.sum(getattr(StatementShare, kind)) for kind in KINDS]
    shared = dict(zip(KINDS, map(int, db.exec(select(*sums)).one()), strict=True))
    told: Counter[str] = Counter()
    for statement in truth:
        for row in statement.rows:
            told.update({f"{kind}_vnd": vnd for kind, vnd in row.amounts.items()})
    assert shared == {kind: told[kind] for kind in KINDS}
    assert sum(shared.values()) == sum(statement.payout_vnd for statement in truth)
    assert sum(shared.values()) == sum(db.exec(select(Statement.payout_vnd)).all())
    whose = db.exec(select(StatementShare.household_id).distinct()).all()
    assert len(whose) == 2
    assert None not in whose


def tonnage_is_that_of_the_lines(db: Session) -> None:
    """By commune, counted grams sold = grams of delivered order lines; settling adds none."""
    counted = dict(
        db.exec(
            select(TonnageEntry.commune_id, func.sum(TonnageEntry.grams))
            .where(TonnageEntry.kind == TonnageKind.SOLD)
            .group_by(col(TonnageEntry.commune_id))
        ).all()
    )
    sold = dict(
        db.exec(
            select(HarvestLot.commune_id, func.sum(Allocation.grams))
            .join(Allocation, col(Allocation.lot_id) == HarvestLot.id)
            .join(OrderLine, col(OrderLine.id) == Allocation.order_line_id)
            .join(Order, col(Order.id) == OrderLine.order_id)
            .where(col(Order.delivered_at).is_not(None))
            .group_by(col(HarvestLot.commune_id))
        ).all()
    )
    assert counted == sold
    assert set(db.exec(select(TonnageEntry.evidence).distinct()).all()) == {"A"}
