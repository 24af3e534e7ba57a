"""Health of the shops: when a marketplace is silent, what waits, who must act."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from marketplace.reports.health import NEVER, NO_PULL, SILENT, TOKEN_OVER, marketplace_health, told
from marketplace.selling.models import Blame, Order, ParkedOrder
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
        a_shop(
            db,
            producer=cooperative,
            name="E",
            **{**fine, "last_ok_at": NOW - 31 * MINUTE},
            token_expires_at=NOW - MINUTE,
        ).id: TOKEN_OVER,
        a_shop(db, producer=cooperative, name="F", **fine, trouble_sentence="Sàn khóa gian hàng.").id: (
            "Sàn khóa gian hàng."
        ),
    }
    a_shop(db, producer=cooperative, name="G", active=False)

    found = marketplace_health(db, now=NOW)

    assert {health.shop.id: health.alarm for health in found} == shops
    assert [health.alarm is None for health in found] == [False] * 5 + [True]


@pytest.mark.parametrize(
    ("lasts", "left", "warned"),
    [
        (timedelta(hours=8), timedelta(minutes=5), False),  # renewed by itself, every day
        (timedelta(days=1000), timedelta(days=13, hours=23), True),
        (timedelta(days=1000), timedelta(days=14, hours=1), False),
        (timedelta(days=1000), timedelta(hours=1), True),
    ],
)
def test_only_the_end_of_a_long_lived_token_is_said_two_weeks_before(
    db: Session, lasts: timedelta, left: timedelta, warned: bool
) -> None:
    token = {"token_expires_at": NOW + left, "token_since": NOW + left - lasts}
    a_shop(db, producer=a_cooperative(db), last_ok_at=NOW, last_pull_at=NOW, **token)

    (health,) = marketplace_health(db, now=NOW)

    assert (health.token_ends_soon, health.token_left, health.alarm) == (warned, left, None)


def test_a_token_that_ended_while_the_marketplace_still_answers_is_no_alarm(db: Session) -> None:
    a_shop(
        db, producer=a_cooperative(db), last_ok_at=NOW, last_pull_at=NOW, token_expires_at=NOW - 5 * MINUTE
    )

    (health,) = marketplace_health(db, now=NOW)

    assert health.alarm is None


def test_orders_that_wait_for_somebody_are_counted_with_the_nearest_deadline(db: Session) -> None:
    shop = a_shop(db, producer=a_cooperative(db), last_ok_at=NOW, last_pull_at=NOW)
    hours = timedelta(hours=1)
    for number, values in enumerate(
        (
            {"state": "new", "confirm_by": NOW + 20 * hours},
            {"state": "new", "confirm_by": NOW + 3 * hours},
            {"state": "new"},
            {"state": "confirmed", "confirm_by": NOW + hours, "wish": "cancel"},
            {"state": "delivered"},
        )
    ):
        when = {"placed_at": NOW, "updated_at": NOW}
        db.add(Order(shop_id=shop.id, marketplace="sendo", order_no=str(number), **when, **values))
    db.add(ParkedOrder(shop_id=shop.id, order_no="9", code="bug.ValueError", at=NOW - 7 * hours))
    db.flush()

    (health,) = marketplace_health(db, now=NOW)

    assert (health.unconfirmed, health.confirm_left, health.presses) == (3, 3 * hours, True)
    assert (health.stuck, health.parked, health.parked_age) == (1, 1, 7 * hours)
    assert health.to_do == 2


def test_a_program_is_told_the_same_in_seconds(db: Session) -> None:
    a_shop(
        db,
        producer=a_cooperative(db),
        last_ok_at=NOW - MINUTE,
        last_pull_at=NOW - 40 * MINUTE,
        token_expires_at=NOW + 60 * MINUTE,
    )

    (health,) = marketplace_health(db, now=NOW)

    assert told(health) == {
        "alarm": NO_PULL,
        "token_ends_soon": False,
        "token_left_seconds": 3600,
        "silence_seconds": 60,
        "pull_age_seconds": 2400,
        "sweep_age_seconds": None,
        "oldest_wait_seconds": None,
        "oldest_parked_seconds": None,
        "confirm_left_seconds": None,
        **dict.fromkeys(("live", "waiting", "parked", "unconfirmed", "stuck", "to_do"), 0),
    }
