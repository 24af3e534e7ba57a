"""Whoever locks several listings does it lowest id first: two that did not would wait for each other.

PostgreSQL ends one of two that do: a person gets an error, a worker loses its round.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from time import monotonic, sleep

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session, select

from catalog.lots import tell
from catalog.models import LotPool
from marketplace.core.audit import SYSTEM
from marketplace.core.config import WorkerSettings
from marketplace.core.db import writing
from marketplace.selling import listings
from marketplace.selling.models import Listing, Shop
from marketplace.selling.policies import PolicyIn, set_policy
from marketplace.selling.stock_models import Split
from marketplace.selling.sync.reviewing import review
from tests import factories as make
from tests.factories import NOW

pytestmark = pytest.mark.postgres_only

BLOCKED = f"{listings.CHECKLIST}photo_missing"


@pytest.fixture
def ids(db: Session) -> list[int]:
    """Two listings of one stock, on one marketplace; the first lies behind the other: it was written last."""
    home, product = make.a_household(db), make.a_product(db)
    make.a_lot(db, product=product, household=home)
    shop, pack = make.a_shop(db, producer=make.a_cooperative(db)), make.a_pack(db, product)
    offers = [make.an_offer(db, producer=make.producer_of(db, home), pack=pack) for _ in range(2)]
    both = [make.a_listing(db, offer=one, shop=shop, packs=2, not_before=None) for one in offers]
    both[1].cause = BLOCKED
    db.commit()
    both[0].attempts = 1
    db.commit()
    return [listing.id or 0 for listing in both]


def change_packs(db: Session, listing: Listing) -> None:
    listings.change_packs(db, SYSTEM, listing, 3, now=NOW)


def record_goods(db: Session, _listing: Listing) -> None:
    tell(db, [db.exec(select(LotPool.id)).one() or 0], NOW)


def begin_a_day(db: Session, listing: Listing) -> None:
    review(db, db.get_one(Shop, listing.shop_id), WorkerSettings(), now=NOW + timedelta(days=1))


@pytest.mark.parametrize(
    ("act", "split"),
    [(change_packs, Split.BY_HAND), (record_goods, Split.BY_SALES), (begin_a_day, Split.BY_HAND)],
)
def test_nobody_holds_a_later_listing_while_waiting_for_an_earlier_one(engine, ids, act, split):
    with writing(engine) as db:
        set_policy(db, SYSTEM, db.exec(select(LotPool)).one(), PolicyIn(split=split), now=NOW)
        db.get_one(Listing, ids[1]).not_before = None  # that woke it

    def acting() -> None:
        with writing(engine) as db:
            act(db, db.get_one(Listing, ids[1]))

    with ThreadPoolExecutor(1) as threads, writing(engine) as db:
        _lock(db, ids[0])
        done = threads.submit(acting)
        try:
            _await_a_waiting_one(engine)
            _lock(db, ids[1])  # free, or this fails
        finally:
            db.rollback()
        done.result(timeout=10)


def _lock(db: Session, listing_id: int) -> None:
    mine = select(Listing.id).where(Listing.id == listing_id)
    db.exec(mine.with_for_update(key_share=True, nowait=True)).one()


def _await_a_waiting_one(engine: Engine) -> None:
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    deadline = monotonic() + 10
    while True:
        with engine.connect() as fresh:  # within one transaction the answer stays the same
            if fresh.execute(waiting).scalar():
                return
        assert monotonic() < deadline, "nobody waits for the first listing"
        sleep(0.01)
