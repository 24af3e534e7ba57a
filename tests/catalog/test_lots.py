"""Lots and the ledger: nothing twice, never below zero, nothing ever changed."""

from datetime import date

from sqlmodel import Session, select

from catalog import lots
from catalog.models import LotPool, StockKind
from marketplace.core.audit import SYSTEM
from tests.factories import NOW, a_household, a_lot, a_product, producer_of


def test_on_hand_is_the_sum_of_the_ledger(db: Session) -> None:
    household = a_household(db)
    product = a_product(db)
    old = a_lot(db, product=product, household=household, grams=30_000, harvested_on=date(2021, 11, 20))
    new = a_lot(db, product=product, household=household, grams=50_000, harvested_on=date(2021, 11, 25))

    lots.post_entry(db, lot=old, kind=StockKind.SALE, grams=-10_000, key="sale:1", at=NOW, actor=SYSTEM)

    assert lots.on_hand(db, old.pool_id) == 70_000
    assert lots.on_hand_by_pool(db, [old.pool_id, 987]) == {old.pool_id: 70_000, 987: 0}
    assert lots.lots_with_stock(db, old.pool_id) == [
        (old.id, household.id, date(2021, 11, 20), 20_000),
        (new.id, household.id, date(2021, 11, 25), 50_000),
    ]


def test_the_same_key_is_written_once(db: Session) -> None:
    lot = a_lot(db, product=a_product(db), household=a_household(db), grams=30_000)

    first = lots.post_entry(
        db, lot=lot, kind=StockKind.SALE, grams=-10_000, key="sale:1", at=NOW, actor=SYSTEM
    )
    second = lots.post_entry(
        db, lot=lot, kind=StockKind.SALE, grams=-20_000, key="sale:1", at=NOW, actor=SYSTEM
    )

    assert first is not None
    assert first.grams == -10_000
    assert first.at == NOW
    assert second is None
    assert lots.on_hand(db, lot.pool_id) == 20_000


def test_a_pool_is_made_once(db: Session) -> None:
    household, product = a_household(db), a_product(db)
    producer = producer_of(db, household)
    assert lots.pool_of(db, producer.id or 0, product.id or 0) is None

    first = lots.get_or_make_pool(db, producer.id or 0, product.id or 0)
    second = lots.get_or_make_pool(db, producer.id or 0, product.id or 0)

    assert first.id == second.id
    assert lots.pool_of(db, producer.id or 0, product.id or 0) == first
    assert lots.lock_pool(db, first.id or 0) == first
    assert len(db.exec(select(LotPool)).all()) == 1
