"""The Sendo connector against the mock: tokens, price and stock, lists, orders, pushes."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from connectors.kit.errors import Misunderstood, NotAdmitted, Rejected, Unavailable
from connectors.kit.protocol import (
    Hint,
    OrderState,
    PriceAndStock,
    Promotion,
    RemoteOrder,
    RemoteState,
    UnreadOrder,
)
from connectors.sendo.mapping import to_wire
from tests.connectors.conftest import START, Sendo, an_offer, opened

LOGIN = "POST /login"
PRODUCT = "POST /api/partner/product"
SEARCH = "POST /api/partner/product/search"
ORDERS = "POST /api/partner/salesorder/search"
SKU = "HG-CAM-5KG"


def all_orders(sendo: Sendo, days: int = 1) -> list[RemoteOrder]:
    found = sendo.shop.orders(START - timedelta(days=days), START + timedelta(days=1))
    return [order for page in found for order in page if isinstance(order, RemoteOrder)]


def test_the_shop_opens_and_says_when_its_token_ends(sendo: Sendo) -> None:
    status = sendo.shop.open_shop()
    assert status.shop_id == "700001"
    assert status.token_expires_at == START + timedelta(hours=8)


def test_wrong_keys_are_for_the_coordinator(sendo: Sendo) -> None:
    sendo.shop._keys["secret_key"] = "0" * 32
    with pytest.raises(NotAdmitted) as refused:
        sendo.shop.open_shop()
    assert refused.value.code == "wrong_keys"


def test_one_login_serves_many_calls_until_the_token_is_old(sendo: Sendo) -> None:
    sendo.shop.find(SKU)
    sendo.shop.find(SKU)
    assert sendo.calls(LOGIN) == 1
    sendo.time.seconds += 8 * 3600
    sendo.shop.find(SKU)
    assert sendo.calls(LOGIN) == 2
    assert sendo.mock.stale == {}


def test_an_expired_token_is_renewed_within_the_same_write(sendo: Sendo) -> None:
    sendo.shop.find(SKU)
    sendo.fail("expired_token", PRODUCT)
    assert sendo.shop.create(an_offer()) == "90000001"
    assert sendo.calls(LOGIN) == 2
    assert sendo.calls(PRODUCT) == 2
    assert sendo.mock.violations == []


def test_a_token_refused_twice_is_for_the_coordinator(sendo: Sendo) -> None:
    sendo.fail("expired_token", PRODUCT, times=2)
    with pytest.raises(NotAdmitted) as refused:
        sendo.shop.create(an_offer())
    assert refused.value.code == "token_refused"
    assert sendo.mock.products == {}
    assert sendo.mock.violations == []


MASK = "POST /api/partner/product/update-by-field-mask"


def test_the_stock_of_many_is_written_in_one_call_and_nothing_else(sendo: Sendo) -> None:
    numbers = [sendo.shop.create(an_offer(f"SKU-{i}")) for i in range(3)]
    rows = [PriceAndStock(number, f"SKU-{i}", 200_000 + i, i) for i, number in enumerate(numbers)]
    results = sendo.shop.set_price_and_stock(rows)
    assert [(result.sku, result.error) for result in results] == [(f"SKU-{i}", None) for i in range(3)]
    assert sendo.calls(MASK) == 1
    states = [(p.price_vnd, p.stock, p.status) for p in sendo.mock.products.values()]
    live, off = RemoteState.LIVE, RemoteState.OFF
    assert states == [(150_000, 0, off), (150_000, 1, live), (150_000, 2, live)]


def test_a_partly_refused_batch_names_only_its_bad_rows(sendo: Sendo) -> None:
    numbers = [sendo.shop.create(an_offer(f"SKU-{i}")) for i in range(6)]
    sendo.fail("partial_failure", MASK, seed=3)
    rows = [PriceAndStock(number, f"SKU-{i}", 150_000, 5) for i, number in enumerate(numbers)]
    results = sendo.shop.set_price_and_stock(rows)
    refused = {result.sku for result in results if result.error}
    assert 1 <= len(refused) < 6
    assert refused == {p.sku for p in sendo.mock.products.values() if p.stock == 40}
    assert {result.error.code for result in results if isinstance(result.error, Unavailable)} == {
        "marketplace_busy"
    }


def test_rows_refused_without_a_name_are_unclear_not_guessed() -> None:
    with opened(error_row_keys="message_only") as sendo:
        numbers = [sendo.shop.create(an_offer(f"SKU-{i}")) for i in range(4)]
        rows = [PriceAndStock(number, f"SKU-{i}", 150_000, 5) for i, number in enumerate(numbers)]
        rows[2] = PriceAndStock(numbers[2], "SKU-2", 150_000, 2_000_000)
        results = sendo.shop.set_price_and_stock(rows)
        assert [type(result.error) for result in results] == [Unavailable] * 4
        assert all(isinstance(r.error, Unavailable) and r.error.maybe_done for r in results)
        only = sendo.shop.set_price_and_stock(rows[2:3])
        assert isinstance(only[0].error, Rejected)


def test_a_row_under_moderation_waits_for_nobody() -> None:
    with opened(moderation=True) as sendo:
        number = sendo.shop.create(an_offer())
        (result,) = sendo.shop.set_price_and_stock([PriceAndStock(number, SKU, 200_000, 5)])
        assert isinstance(result.error, Unavailable)
        assert result.error.code == "in_moderation"


def test_more_rows_than_a_call_takes_are_a_mistake_of_the_caller(sendo: Sendo) -> None:
    with pytest.raises(ValueError, match="at most 50"):
        sendo.shop.set_price_and_stock([PriceAndStock("1", "A", 1, 1)] * 51)
    assert sendo.shop.set_price_and_stock([]) == []


DEAL = Promotion(120_000, date(2021, 12, 19), date(2021, 12, 25))
VARIANT_PRICE = "PUT /api/partner/product/config/variant-price"


def promoted(sendo: Sendo, number: str) -> tuple[Any, ...]:
    """Base price, special price and stock as they stand."""
    product = sendo.mock.products[number]
    return product.price_vnd, product.wire["special_price"], product.stock


def test_a_promotion_goes_with_the_offer_and_a_restock_leaves_it_alone(sendo: Sendo) -> None:
    number = sendo.shop.create(an_offer(promotion=DEAL))
    assert promoted(sendo, number) == (150_000, 120_000, 40)
    assert sendo.mock.buy(SKU, 1).price_vnd == 120_000
    sendo.shop.set_price_and_stock([PriceAndStock(number, SKU, 150_000, 7)])
    assert promoted(sendo, number) == (150_000, 120_000, 7)
    found = sendo.shop.find(SKU)
    assert found is not None
    assert found.price_vnd == 150_000  # the base price, so that a promotion never looks like drift


def test_new_words_keep_a_running_promotion_in_one_write(sendo: Sendo) -> None:
    number = sendo.shop.create(an_offer(promotion=DEAL))
    sendo.shop.update(number, an_offer(promotion=DEAL, title="Cam sành mới"))
    assert promoted(sendo, number) == (150_000, 120_000, 40)
    assert (sendo.calls(PRODUCT), sendo.calls(VARIANT_PRICE)) == (2, 0)


@pytest.mark.parametrize(
    ("changes", "after"),
    [
        ({"promotion": replace(DEAL, price_vnd=110_000)}, (150_000, 110_000, 40)),
        ({"promotion": replace(DEAL, last_day=date(2021, 12, 31))}, (150_000, 120_000, 40)),
        ({"promotion": DEAL, "price_vnd": 160_000}, (160_000, 120_000, 40)),
        ({"promotion": None}, (150_000, None, 40)),
        ({"promotion": None, "price_vnd": 160_000}, (160_000, None, 40)),
    ],
)
def test_a_running_promotion_becomes_what_the_offer_says(
    changes: dict[str, Any], after: tuple[Any, ...], sendo: Sendo
) -> None:
    number = sendo.shop.create(an_offer(promotion=DEAL))
    sendo.shop.update(number, an_offer(**changes))
    assert promoted(sendo, number) == after
    assert sendo.mock.products[number].wire["is_promotion"] is (after[1] is not None)
    sendo.shop.update(number, an_offer(**changes))
    assert promoted(sendo, number) == after


@pytest.mark.parametrize("call", [VARIANT_PRICE, PRODUCT])
@pytest.mark.parametrize("kind", ["timeout_before", "timeout_after", "reset", "http_500"])
def test_a_lost_answer_to_either_call_is_mended_by_saying_both_again(
    call: str, kind: str, sendo: Sendo
) -> None:
    number = sendo.shop.create(an_offer(promotion=DEAL))
    wanted = an_offer(promotion=replace(DEAL, price_vnd=110_000), price_vnd=160_000, packs=9)
    sendo.fail(kind, call)
    with pytest.raises(Unavailable):
        sendo.shop.update(number, wanted)
    sendo.shop.update(number, wanted)
    assert promoted(sendo, number) == (160_000, 110_000, 9)
    assert sendo.mock.violations == []


def test_a_promotion_that_cannot_be_ended_leaves_the_product_as_it_is(sendo: Sendo) -> None:
    number = sendo.shop.create(an_offer(promotion=DEAL))
    sendo.fail("partial_failure", VARIANT_PRICE)
    with pytest.raises(Unavailable) as busy:
        sendo.shop.update(number, an_offer(promotion=replace(DEAL, price_vnd=110_000)))
    assert busy.value.code == "marketplace_busy"
    assert promoted(sendo, number) == (150_000, 120_000, 40)


def with_variants(sendo: Sendo) -> str:
    """A product somebody made by hand on Sendo, in two sizes; its number."""
    variants = [
        {"variant_attributes": [{"attribute_id": 841, "option_id": 8412}], "variant_sku": "TO-DEP",
         "variant_price": 90_000, "variant_quantity": 3},
        {"variant_attributes": [{"attribute_id": 841, "option_id": 8411}], "variant_sku": "NHO",
         "variant_price": 70_000, "variant_quantity": 4},
    ]  # fmt: skip
    body = {**to_wire(an_offer()), "is_config_variant": True, "variants": variants}
    return str(sendo.shop._result("POST", "/api/partner/product", body))


def test_a_product_with_variants_is_read_with_its_lowest_price_and_all_packs(sendo: Sendo) -> None:
    number = with_variants(sendo)
    found = sendo.shop.find(SKU)
    ((listed,),) = sendo.shop.products()
    assert found == listed
    assert found is not None
    assert (found.remote_id, found.price_vnd, found.packs, found.state) == (
        number,
        70_000,
        7,
        RemoteState.LIVE,
    )


def test_variants_are_never_overwritten(sendo: Sendo) -> None:
    number = with_variants(sendo)
    before = sendo.mock.products[number].wire["variants"]
    with pytest.raises(Rejected) as refused:
        sendo.shop.update(number, an_offer(packs=5))
    assert refused.value.code == "variants"
    (row,) = sendo.shop.set_price_and_stock([PriceAndStock(number, SKU, 150_000, 5)])
    assert isinstance(row.error, Rejected)
    assert row.error.code == "variants"
    assert "tách mỗi biến thể" in row.error.sentence
    assert sendo.mock.products[number].wire["variants"] == before
    assert sendo.calls(PRODUCT) == 1


def test_a_product_with_variants_can_be_taken_off_sale(sendo: Sendo) -> None:
    number = with_variants(sendo)
    sendo.shop.withdraw(number, SKU)
    found = sendo.shop.find(SKU)
    assert found is not None
    assert (found.state, found.packs) == (RemoteState.OFF, 0)
    assert sendo.control("buy", {"sku": f"{SKU}-NHO", "packs": 1}).status_code == 409
    assert len(sendo.mock.products[number].wire["variants"]) == 2


def test_what_was_sold_as_a_variant_is_told_with_the_products_sku(sendo: Sendo) -> None:
    number = with_variants(sendo)
    for variant in ("TO-DEP", "NHO", "NHO"):
        sendo.mock.buy(f"{SKU}-{variant}", 1)
    orders = sorted(all_orders(sendo), key=lambda order: order.order_no)
    lines = [(line.line_id, line.sku, line.price_vnd) for order in orders for line in order.lines]
    assert lines == [
        (f"{number}:8412", SKU, 90_000),
        (f"{number}:8411", SKU, 70_000),
        (f"{number}:8411", SKU, 70_000),
    ]
    assert sendo.shop.order(orders[0].order_no) == orders[0]
    assert sendo.calls("GET /api/partner/product") == 1


def test_a_variant_of_an_unknown_product_keeps_its_own_sku(sendo: Sendo) -> None:
    number = with_variants(sendo)
    sendo.mock.buy(f"{SKU}-NHO", 1)
    del sendo.mock.products[number]
    (order,) = all_orders(sendo)
    assert [line.sku for line in order.lines] == [f"{SKU}-NHO"]


@pytest.mark.parametrize("stamps", ["epoch", "local_as_utc"])
def test_windows_are_vietnamese_days_in_both_readings_of_stamps(stamps: str) -> None:
    with opened(switches={"order_stamps": stamps}, order_stamps=stamps) as sendo:
        sendo.shop.create(an_offer())
        numbers = [
            sendo.control("buy", {"sku": SKU, "packs": 1, "at": f"2021-12-{at}"}).json()["order_no"]
            for at in ("18T23:59:59", "19T00:00:00", "19T23:59:59", "20T00:00:00")
        ]
        day = datetime(2021, 12, 19, 5, tzinfo=UTC)
        found = [order for page in sendo.shop.orders(day, day) for order in page]
        placed = {order.order_no: order.placed_at for order in found if isinstance(order, RemoteOrder)}
        assert placed == {
            numbers[1]: datetime(2021, 12, 18, 17, tzinfo=UTC),
            numbers[2]: datetime(2021, 12, 19, 16, 59, 59, tzinfo=UTC),
        }


def test_find_says_none_only_when_sendo_says_so(sendo: Sendo) -> None:
    assert sendo.shop.find("KHONG-CO") is None
    sendo.fail("html_body", "GET /api/partner/product", times=5)
    with pytest.raises(Unavailable):
        sendo.shop.find("KHONG-CO")


def test_withdraw_takes_off_sale_and_a_new_publish_brings_back(sendo: Sendo) -> None:
    number = sendo.shop.create(an_offer())
    sendo.shop.withdraw(number, SKU)
    found = sendo.shop.find(SKU)
    assert found is not None
    assert (found.state, found.packs) == (RemoteState.OFF, 0)
    assert sendo.control("buy", {"sku": SKU, "packs": 1}).status_code == 409
    sendo.shop.update(number, an_offer())
    assert sendo.control("buy", {"sku": SKU, "packs": 1}).status_code == 200


def test_withdrawing_what_is_gone_is_a_success(sendo: Sendo) -> None:
    sendo.shop.withdraw("90009999", "GONE")
    number = sendo.shop.create(an_offer())
    sendo.control("moderate", {"sku": SKU, "verdict": "lock"})
    sendo.shop.withdraw(number, SKU)


def test_withdrawing_under_moderation_waits_for_the_moderator() -> None:
    with opened(moderation=True) as sendo:
        number = sendo.shop.create(an_offer())
        with pytest.raises(Unavailable) as waiting:
            sendo.shop.withdraw(number, SKU)
        assert waiting.value.code == "in_moderation"


@pytest.mark.parametrize(
    ("verdict", "state", "reason"),
    [
        ("approve", RemoteState.LIVE, None),
        ("reject", RemoteState.REJECTED, "Ảnh mờ"),
        ("lock", RemoteState.LOCKED, "Ảnh mờ"),
    ],
)
def test_the_moderators_verdict_is_read_back(verdict: str, state: RemoteState, reason: str | None) -> None:
    with opened(moderation=True) as sendo:
        sendo.shop.create(an_offer())
        found = sendo.shop.find(SKU)
        assert found is not None
        assert found.state is RemoteState.PENDING
        sendo.control("moderate", {"sku": SKU, "verdict": verdict, "reason": "Ảnh mờ"})
        found = sendo.shop.find(SKU)
        assert found is not None
        assert (found.state, found.reason) == (state, reason)


def test_all_products_come_once_though_the_list_grows_between_pages(sendo: Sendo) -> None:
    for number in range(120):
        sendo.shop.create(an_offer(f"SKU-{number}"))
    seen = []
    for page in sendo.shop.products():
        if not seen:
            for number in range(120, 123):
                sendo.shop.create(an_offer(f"SKU-{number}"))
        seen += [product.sku for product in page]
    assert len(seen) == len(set(seen))
    assert set(seen) >= {f"SKU-{number}" for number in range(120)}


def test_all_products_come_though_the_list_shrinks_between_pages(sendo: Sendo) -> None:
    for number in range(120):
        sendo.shop.create(an_offer(f"SKU-{number}"))
    seen = []
    for page in sendo.shop.products():
        if not seen:
            del sendo.mock.newest_products[-5:]
        seen += [product.sku for product in page]
    assert len(seen) == len(set(seen)) == 120


def test_an_expired_page_token_is_dropped(sendo: Sendo) -> None:
    for number in range(120):
        sendo.shop.create(an_offer(f"SKU-{number}"))
    seen = []
    for page in sendo.shop.products():
        if not seen:
            sendo.time.seconds += 700
        seen += [product.sku for product in page]
    assert len(seen) == len(set(seen)) == 120


def test_a_search_without_states_says_unknown_not_wrong() -> None:
    with opened(row_status=False) as sendo:
        sendo.shop.create(an_offer())
        ((product,),) = sendo.shop.products()
        assert product.state is RemoteState.UNKNOWN


def walk(sendo: Sendo, *steps: str, packs: int = 2) -> str:
    """Buy and move an order on, an hour for each step."""
    if SKU not in sendo.mock.by_sku:
        sendo.shop.create(an_offer())
    number = str(
        sendo.control("buy", {"sku": SKU, "packs": packs, "at": "2021-12-20T09:00"}).json()["order_no"]
    )
    for hour, step in enumerate(steps, 10):
        body = {"status": step, "at": f"2021-12-20T{hour}:00"}
        answer = sendo.control(f"orders/{number}/advance", body)
        assert answer.status_code == 200, answer.text
    return number


@pytest.mark.parametrize(
    ("steps", "state"),
    [
        ((), OrderState.NEW),
        (("confirmed",), OrderState.CONFIRMED),
        (("confirmed", "shipped"), OrderState.SHIPPED),
        (("confirmed", "shipped", "delivered"), OrderState.DELIVERED),
        (("confirmed", "shipped", "refused"), OrderState.REFUSED),
        (("cancelled",), OrderState.CANCELLED),
        (("confirmed", "shipped", "delivered", "returned"), OrderState.RETURNED),
    ],
)
def test_every_state_of_an_order_is_read(steps: tuple[str, ...], state: OrderState, sendo: Sendo) -> None:
    number = walk(sendo, *steps)
    order = sendo.shop.order(number)
    last = datetime(2021, 12, 20, 2 + len(steps), tzinfo=UTC)
    assert order.state is state
    assert order.placed_at == datetime(2021, 12, 20, 2, tzinfo=UTC)
    assert order.updated_at == last
    assert order.closed_at == (last if state in (OrderState.REFUSED, OrderState.CANCELLED) else None)
    assert order.returned_at == (last if state is OrderState.RETURNED else None)
    delivered = datetime(2021, 12, 20, 5, tzinfo=UTC) if "delivered" in steps else None
    assert order.delivered_at == delivered
    assert [(line.sku, line.packs, line.price_vnd) for line in order.lines] == [(SKU, 2, 150_000)]
    assert order.shipping_vnd == 25_000


def test_a_partial_return_says_how_many_came_back(sendo: Sendo) -> None:
    number = walk(sendo, "confirmed", "shipped", "delivered", packs=3)
    sendo.control(f"orders/{number}/advance", {"status": "returned", "packs": 1})
    order = sendo.shop.order(number)
    assert (order.state, order.lines[0].packs, order.lines[0].returned_packs) == (OrderState.RETURNED, 3, 1)
    sendo.control(f"orders/{number}/advance", {"status": "returned"})
    assert sendo.shop.order(number).lines[0].returned_packs == 3


def test_orders_placed_or_changed_in_the_window_come_once_each_state(sendo: Sendo) -> None:
    old = walk(sendo, "confirmed")
    sendo.time.seconds += 6 * 86_400
    sendo.control(f"orders/{old}/advance", {"status": "shipped"})
    fresh = str(sendo.control("buy", {"sku": SKU, "packs": 1}).json()["order_no"])
    now = sendo.time.now()
    found = [order for page in sendo.shop.orders(now - timedelta(days=1), now) for order in page]
    assert {order.order_no: order.state for order in found if isinstance(order, RemoteOrder)} == {
        old: OrderState.SHIPPED,
        fresh: OrderState.NEW,
    }
    assert len(found) == 2


def test_a_long_window_is_cut_to_what_sendo_allows(sendo: Sendo) -> None:
    walk(sendo)
    found = list(sendo.shop.orders(START - timedelta(days=30), START))
    assert sum(len(page) for page in found) == 1
    assert sendo.calls(ORDERS) == 12  # eleven windows of status dates, one of order dates


def test_hundreds_of_orders_come_page_by_page(sendo: Sendo) -> None:
    sendo.shop.create(an_offer(packs=1_000))
    for _ in range(130):
        sendo.mock.buy(SKU, 1)
    assert len({order.order_no for order in all_orders(sendo)}) == 130


def test_one_unreadable_order_does_not_stop_the_others(sendo: Sendo, monkeypatch: pytest.MonkeyPatch) -> None:
    walk(sendo)
    bad = walk(sendo)
    from connectors.sendo import mock_render

    whole = mock_render.order

    def broken(order: Any, settings: Any) -> dict[str, Any]:
        shown = whole(order, settings)
        if order.order_no == bad:
            shown["sku_details"][0]["quantity"] = "hai"
        return shown

    monkeypatch.setattr(mock_render, "order", broken)
    found = [order for page in sendo.shop.orders(START, START) for order in page]
    unread = [order for order in found if isinstance(order, UnreadOrder)]
    assert len(found) == 2
    assert [(order.order_no, order.code) for order in unread] == [(bad, "unreadable_quantity")]
    assert "2099" not in unread[0].raw
    assert "0912" not in unread[0].raw
    with pytest.raises(Misunderstood):
        sendo.shop.order(bad)


@pytest.mark.parametrize("form", ["int", "float", "text"])
@pytest.mark.parametrize("stamps", ["epoch", "local_as_utc"])
def test_both_number_forms_and_both_readings_of_stamps_give_the_same(form: str, stamps: str) -> None:
    with opened(switches={"order_stamps": stamps}, order_stamps=stamps, number_form=form) as sendo:
        number = walk(sendo, "confirmed", "shipped", "delivered")
        order = sendo.shop.order(number)
        assert order.placed_at == datetime(2021, 12, 20, 2, tzinfo=UTC)
        assert order.delivered_at == datetime(2021, 12, 20, 5, tzinfo=UTC)
        assert (order.lines[0].packs, order.lines[0].price_vnd) == (2, 150_000)


def test_confirming_twice_or_too_late_is_no_error(sendo: Sendo) -> None:
    number = walk(sendo)
    sendo.shop.confirm(number)
    sendo.shop.confirm(number)
    sendo.control(f"orders/{number}/advance", {"status": "shipped"})
    sendo.shop.confirm(number)
    assert sendo.shop.order(number).state is OrderState.SHIPPED


def test_a_cancelled_order_cannot_be_confirmed(sendo: Sendo) -> None:
    number = walk(sendo, "cancelled")
    with pytest.raises(Rejected):
        sendo.shop.confirm(number)


@pytest.mark.parametrize("steps", [("confirmed",), ("confirmed", "shipped")])
def test_a_shop_that_ships_itself_says_delivered(steps: tuple[str, ...]) -> None:
    with opened(self_shipping=True) as sendo:
        number = walk(sendo, *steps)
        assert sendo.shop.order(number).self_shipping
        sendo.shop.deliver(number)
        sendo.shop.deliver(number)
        order = sendo.shop.order(number)
        assert (order.state, order.delivered_at is not None) == (OrderState.DELIVERED, True)


def test_a_shop_that_does_not_ship_itself_cannot_say_delivered(sendo: Sendo) -> None:
    number = walk(sendo, "confirmed", "shipped")
    assert not sendo.shop.order(number).self_shipping
    with pytest.raises(Rejected):
        sendo.shop.deliver(number)
    assert sendo.shop.order(number).state is OrderState.SHIPPED


def test_the_reasons_are_fetched_before_every_cancel(sendo: Sendo) -> None:
    reasons = "GET /api/partner/salesorder/reason-collection"
    first, second = walk(sendo), walk(sendo)
    sendo.shop.cancel(first, "CBS100")
    sendo.shop.cancel(second, "CBS107")
    assert sendo.calls(reasons) == 2
    order = sendo.shop.order(first)
    assert (order.state, order.cancel_reason) == (OrderState.CANCELLED, "Hết hàng")


def test_a_reason_sendo_no_longer_has_changes_nothing(sendo: Sendo) -> None:
    number = walk(sendo)
    with pytest.raises(Rejected) as refused:
        sendo.shop.cancel(number, "CBS999")
    assert refused.value.code == "cancel_reason"
    assert sendo.shop.order(number).state is OrderState.NEW


def test_an_unknown_order_is_refused_and_a_strange_number_never_sent(sendo: Sendo) -> None:
    with pytest.raises(Rejected):
        sendo.shop.order("999")
    calls = sum(sendo.mock.calls.values())
    with pytest.raises(Rejected):
        sendo.shop.order("../product")
    assert sum(sendo.mock.calls.values()) == calls


@pytest.mark.parametrize(
    ("push", "hint"),
    [
        ({"type": "SALESORDER.UPDATE", "data": {"order_number": "140000001"}}, Hint("order", "140000001")),
        ({"type": "SALESORDER.CREATE", "data": {"order_number": 140000001}}, Hint("order", "140000001")),
        ({"type": "PRODUCT.UPDATE", "data": {"store_sku": SKU}}, Hint("product", SKU)),
        ({"type": "PRODUCT.UPDATE", "data": None}, Hint("product", None)),
    ],
)
def test_a_push_with_the_shop_key_is_a_hint(push: dict[str, Any], hint: Hint, sendo: Sendo) -> None:
    body = {"store_id": 700001, "shop_key": sendo.mock.credentials["shop_key"], **push}
    assert sendo.shop.hint({}, json.dumps(body).encode()) == hint


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b"\xff", b'{"shop_key": "x"}', b'{"shop_key": null, "type": "PRODUCT.X"}']
)
def test_a_push_without_it_is_not_from_sendo(body: bytes, sendo: Sendo) -> None:
    with pytest.raises(NotAdmitted):
        sendo.shop.hint({}, body)


def test_a_push_of_unknown_type_is_for_a_developer(sendo: Sendo) -> None:
    body = {"type": "REVIEW.CREATE", "shop_key": sendo.mock.credentials["shop_key"]}
    with pytest.raises(Misunderstood):
        sendo.shop.hint({}, json.dumps(body).encode())


def test_categories_and_attributes_are_asked_of_sendo(sendo: Sendo) -> None:
    tree = sendo.shop.categories()
    assert [(top.id, top.name) for top in tree if top.parent is None] == [
        ("2399", "Thực Phẩm Tươi Sống"),
        ("1171", "Bách Hóa Tổng Hợp"),
    ]
    assert [(leaf.id, leaf.leaf) for leaf in tree if leaf.parent == "3673"] == [
        ("2422", True),
        ("2420", True),
        ("2421", True),
        ("2423", True),
    ]
    assert [attribute.name for attribute in sendo.shop.attributes("2422")] == [
        "Hạn sử dụng",
        "Trọng lượng (kg)",
        "Nguồn gốc sản phẩm",
    ]


@pytest.mark.parametrize("category", ["khong-co", "", "²", "3673", "99999999"])
def test_what_is_no_leaf_has_no_attributes(category: str, sendo: Sendo) -> None:
    with pytest.raises(Rejected):
        sendo.shop.attributes(category)


def test_the_journal_of_a_whole_day_names_nobody(sendo: Sendo) -> None:
    number = walk(sendo, "confirmed")
    sendo.shop.order(number)
    all_orders(sendo)
    sendo.shop.find(SKU)
    text = json.dumps([[e.path, e.request, e.response, e.error] for e in sendo.exchanges], ensure_ascii=False)
    secrets = [*sendo.mock.credentials.values(), *sendo.mock.tokens]
    for private in ["Nguyễn Thử", "0912", "example.vn", "Đường Thử", "Phường Thử", *secrets]:
        assert private not in text
    assert "sales_order" in text


def test_a_slow_answer_is_waited_for_until_patience_ends(sendo: Sendo) -> None:
    sendo.fail("slow", PRODUCT, delay=10)
    assert sendo.shop.create(an_offer("A")) == "90000001"
    sendo.fail("slow", PRODUCT, delay=20)
    with pytest.raises(Unavailable) as lost:
        sendo.shop.create(an_offer("B"))
    assert (lost.value.code, lost.value.maybe_done) == ("timeout", True)


READS = [
    "timeout_before",
    "timeout_after",
    "late_apply",
    "http_500",
    "http_429",
    "reset",
    "html_body",
    "truncated_json",
    "expired_token",
    "slow",
]


@pytest.mark.parametrize("kind", READS)
def test_one_failure_of_any_kind_does_not_hurt_a_read(kind: str, sendo: Sendo) -> None:
    sendo.shop.create(an_offer())
    sendo.fail(kind, "GET /api/partner/product", delay=0.5)
    found = sendo.shop.find(SKU)
    assert found is not None
    assert found.packs == 40
    assert sendo.mock.violations == []
