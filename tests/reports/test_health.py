"""Health of the shops: when a marketplace is silent, what waits, who must act."""

from datetime import timedelta

from sqlmodel import Session

from marketplace.reports.health import NEVER, NO_PULL, SILENT, TOKEN_OVER, marketplace_health
from marketplace.selling.models import Blame, ParkedOrder
from tests.conftest import NOW
from tests.factories import (
    a_cooperative,
    a_household,
    a_listing,
    a_pack,
    a_product,
    a_shop,
    an_offer,
    producer_of,
)

MINUTE = timedelta(minutes=1)


def test_what_waits_is_counted_by_who_must_act(db: Session) -> None:
    producer = producer_of(db, a_household(db))
    shop = a_shop(db, producer=producer, last_ok_at=NOW - MINUTE, last_pull_at=NOW - 2 * MINUTE)
    pack = a_pack(db, a_product(db))
    states = [
        {"not_before": NOW - 5 * MINUTE},
        {"not_before": NOW + 5 * MINUTE},
        {"not_before": None, "remote_state": "live"},
        {"not_before": NOW - 60 * MINUTE, "blame": Blame.SELLER},
        {"not_before": None, "blame": Blame.SELLER},
        {"not_before": None, "blame": Blame.DEVELOPER},
    ]
    for values in states:
        a_listing(db, offer=an_offer(db, producer=producer, pack=pack), shop=shop, **values)
    db.add(ParkedOrder(shop_id=shop.id, order_no="1", code="unknown_sku", at=NOW))
    db.add(ParkedOrder(shop_id=shop.id, order_no="2", code="unknown_sku", at=NOW, settled_at=NOW))
    db.flush()

    (health,) = marketplace_health(db, now=NOW)

    assert (health.live, health.waiting, health.parked) == (1, 2, 1)
    assert health.blamed == {Blame.SELLER: 2, Blame.COORDINATOR: 0, Blame.DEVELOPER: 1}
    assert health.oldest_wait == 5 * MINUTE
    assert health.pull_age == 2 * MINUTE
    assert health.to_do == 4
    assert health.alarm is None


def test_a_silent_shop_comes_first_with_a_sentence(db: Session) -> None:
    cooperative = a_cooperative(db)
    fine = {"last_ok_at": NOW, "last_pull_at": NOW}
    shops = {
        a_shop(db, producer=cooperative, name="A", **fine).id: None,
        a_shop(db, producer=cooperative, name="B").id: NEVER,
        a_shop(db, producer=cooperative, name="C", **{**fine, "last_ok_at": NOW - 31 * MINUTE}).id: SILENT,
        a_shop(db, producer=cooperative, name="D", **{**fine, "last_pull_at": NOW - 31 * MINUTE}).id: NO_PULL,
        a_shop(db, producer=cooperative, name="E", **fine, token_expires_at=NOW - MINUTE).id: TOKEN_OVER,
        a_shop(db, producer=cooperative, name="F", **fine, trouble_sentence="Sàn khóa gian hàng.").id: (
            "Sàn khóa gian hàng."
        ),
    }
    a_shop(db, producer=cooperative, name="G", active=False)

    found = marketplace_health(db, now=NOW)

    assert {health.shop.id: health.alarm for health in found} == shops
    assert [health.alarm is None for health in found] == [False] * 5 + [True]


def test_a_token_that_ends_within_the_hour_is_said_before_it_does(db: Session) -> None:
    a_shop(
        db, producer=a_cooperative(db), last_ok_at=NOW, last_pull_at=NOW, token_expires_at=NOW + 59 * MINUTE
    )

    (health,) = marketplace_health(db, now=NOW)

    assert health.token_ends_soon
    assert health.alarm is None
