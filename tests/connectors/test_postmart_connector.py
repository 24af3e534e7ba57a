"""The Postmart connector against the mock: tokens, publishing, stock, lists, orders."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.kit.errors import Misunderstood, NotAdmitted, Rejected, Unavailable
from connectors.kit.protocol import (
    CancelReason,
    OrderState,
    Picture,
    PriceAndStock,
    RemoteOrder,
    RemoteState,
    UnreadOrder,
)
from connectors.kit.publishing import Published, publish
from connectors.postmart import mock_render
from tests.connectors.conftest import START
from tests.connectors.postmart import JPEG, PICTURE, SKU, Postmart, an_offer, opened

LOGIN = "POST /GetAccessToken"
CREATE = "POST /CreateProduct"
STOCK = "POST /UpdateStock"
PRODUCT = "GET /getProduct"
LIST = "GET /GetListProduct"
ORDERS = "GET /GetListOrder"
FIRST = "700000001"


@pytest.fixture
def postmart() -> Any:
    with opened() as shop:
        yield shop


def test_the_shop_opens_and_says_when_its_token_ends(postmart: Postmart) -> None:
    status = postmart.shop.open_shop()
    assert status.shop_id == "T000180585"
    assert status.token_expires_at == START + timedelta(hours=1)


def test_wrong_keys_are_for_the_coordinator(postmart: Postmart) -> None:
    postmart.shop._keys["password"] = "wrong"
    with pytest.raises(NotAdmitted) as refused:
        postmart.shop.open_shop()
    assert refused.value.code == "wrong_keys"


def test_one_login_serves_many_calls_until_the_token_is_old(postmart: Postmart) -> None:
    postmart.shop.find(SKU)
    postmart.time.seconds += 3499
    postmart.shop.find(SKU)
    assert postmart.calls(LOGIN) == 1
    postmart.time.seconds += 2
    postmart.shop.find(SKU)
    assert postmart.calls(LOGIN) == 2
    assert postmart.mock.tokens.stale == {}


@pytest.mark.parametrize("body", ["html", "text"])
@pytest.mark.parametrize("status", [401, 403])
def test_a_closed_door_without_json_is_an_old_token_and_the_write_is_said_again(
    body: str, status: int
) -> None:
    with opened(auth_body=body, auth_status=status) as postmart:
        postmart.shop.find(SKU)
        postmart.fail("expired_token", CREATE)
        assert postmart.shop.create(an_offer()) == FIRST
        assert (postmart.calls(LOGIN), postmart.calls(CREATE)) == (2, 2)
        assert postmart.mock.violations == []


def test_a_token_refused_twice_is_for_the_coordinator(postmart: Postmart) -> None:
    postmart.fail("expired_token", CREATE, times=2)
    with pytest.raises(NotAdmitted) as refused:
        postmart.shop.create(an_offer())
    assert refused.value.code == "token_refused"
    assert postmart.mock.products == {}
    assert postmart.mock.violations == []


def test_the_firewall_hangs_up_on_an_address_nobody_registered() -> None:
    with opened(allowed_ips="203.0.113.9") as postmart:
        with pytest.raises(Unavailable) as lost:
            postmart.shop.open_shop()
        assert lost.value.code == "connection_lost"
        postmart.control("settings", {"allowed_ips": "127.0.0.1, 203.0.113.9"})
        assert postmart.shop.open_shop().shop_id == "T000180585"


# --- creating


def test_a_first_publish_looks_and_creates(postmart: Postmart) -> None:
    assert publish(postmart.shop, an_offer(), None) == Published(FIRST)
    assert (postmart.only().stock, postmart.only().price_vnd) == (40, 150_000)
    assert (postmart.calls(PRODUCT), postmart.calls(CREATE)) == (1, 1)


def test_a_code_that_is_there_is_adopted_and_never_made_twice(postmart: Postmart) -> None:
    postmart.shop.create(an_offer())
    assert publish(postmart.shop, an_offer(packs=7), None) == Published(FIRST, adopted=True)
    assert (postmart.only().stock, postmart.calls(CREATE)) == (7, 1)
    assert postmart.mock.violations == []


@pytest.mark.parametrize("kind", ["timeout_after", "html_body", "truncated_json"])
def test_a_create_whose_answer_was_lost_is_found_and_adopted(kind: str, postmart: Postmart) -> None:
    postmart.fail(kind, CREATE)
    with pytest.raises(Unavailable) as lost:
        publish(postmart.shop, an_offer(), None)
    assert lost.value.maybe_done
    published = publish(postmart.shop, an_offer(packs=9), None, unclear=True)
    assert published == Published(FIRST, adopted=True)
    assert (postmart.only().stock, postmart.calls(CREATE)) == (9, 1)
    assert postmart.mock.violations == []


@pytest.mark.parametrize("kind", ["timeout_before", "reset", "http_500"])
def test_a_create_that_did_not_happen_is_made_once(kind: str, postmart: Postmart) -> None:
    postmart.fail(kind, CREATE)
    with pytest.raises(Unavailable) as lost:
        publish(postmart.shop, an_offer(), None)
    assert lost.value.maybe_done
    assert publish(postmart.shop, an_offer(), None, unclear=True) == Published(FIRST)
    assert postmart.mock.violations == []


def test_a_late_create_is_found_once_its_doubt_is_over(postmart: Postmart) -> None:
    postmart.fail("late_apply", CREATE, delay=30)
    with pytest.raises(Unavailable):
        publish(postmart.shop, an_offer(), None)
    assert postmart.mock.products == {}
    postmart.time.seconds += 31
    assert publish(postmart.shop, an_offer(), None, unclear=True) == Published(FIRST, adopted=True)
    assert postmart.mock.violations == []


def test_a_look_that_fails_creates_nothing(postmart: Postmart) -> None:
    postmart.fail("http_500", PRODUCT, times=9)
    with pytest.raises(Unavailable) as lost:
        postmart.shop.create(an_offer())
    assert (lost.value.maybe_done, postmart.calls(CREATE)) == (False, 0)


def test_a_wrapped_record_is_read_too() -> None:
    with opened(wrap_created=True) as postmart:
        assert postmart.shop.create(an_offer()) == FIRST


def test_a_refused_offer_names_our_field(postmart: Postmart) -> None:
    with pytest.raises(Rejected) as refused:
        publish(postmart.shop, an_offer(price_vnd=500), None)
    assert refused.value.code == "refused_price_vnd"
    assert set(refused.value.fields) == {"price_vnd"}
    assert refused.value.sentence % refused.value.facts
    assert postmart.mock.products == {}


def test_pictures_that_turn_out_too_large_or_none_are_left_out(postmart: Postmart) -> None:
    big, word = "https://img.example/big.jpg", "https://img.example/word.jpg"
    postmart.pictures.update({big: JPEG + bytes(1_048_576), word: b"%PDF-1.4 no picture"})
    pictures = (Picture(big), Picture(PICTURE), Picture(word))
    postmart.shop.create(an_offer(pictures=pictures))
    assert len(postmart.only().wire["images"]) == 1
    with pytest.raises(Rejected) as refused:
        postmart.shop.create(an_offer("OTHER", pictures=pictures[::2]))
    assert set(refused.value.fields) == {"pictures"}


def test_a_picture_that_is_gone_is_for_the_seller(postmart: Postmart) -> None:
    with pytest.raises(Rejected) as refused:
        postmart.shop.create(an_offer(pictures=(Picture("https://img.example/gone.jpg"),)))
    assert refused.value.code == "picture_lost"
    assert postmart.calls(CREATE) == 0


# --- stock


def test_the_stock_of_many_is_written_in_one_call_and_never_the_price(postmart: Postmart) -> None:
    numbers = [postmart.shop.create(an_offer(f"SKU-{i}")) for i in range(3)]
    rows = [PriceAndStock(number, f"SKU-{i}", 999_000, i) for i, number in enumerate(numbers)]
    results = postmart.shop.set_price_and_stock(rows)
    assert [(result.sku, result.error) for result in results] == [(f"SKU-{i}", None) for i in range(3)]
    assert postmart.calls(STOCK) == 1
    states = [(one.price_vnd, one.stock, one.status) for one in postmart.mock.products.values()]
    assert states == [(150_000, i, RemoteState.LIVE) for i in range(3)]


def test_a_partly_refused_batch_names_only_its_bad_rows(postmart: Postmart) -> None:
    for number in range(6):
        postmart.shop.create(an_offer(f"SKU-{number}"))
    postmart.control("settings", {"stock_rows": "reversed"})
    postmart.fail("partial_failure", STOCK, seed=3)
    results = postmart.shop.set_price_and_stock([PriceAndStock("x", f"SKU-{i}", 1, 5) for i in range(6)])
    bad = {result.sku for result in results if result.error}
    assert 1 <= len(bad) < 6
    assert bad == {one.sku for one in postmart.mock.products.values() if one.stock == 40}
    assert {getattr(result.error, "code", None) for result in results} == {None, "marketplace_busy"}


def test_a_row_without_an_answer_is_unclear(postmart: Postmart) -> None:
    for number in range(3):
        postmart.shop.create(an_offer(f"SKU-{number}"))
    postmart.control("settings", {"stock_rows": "gaps"})
    results = postmart.shop.set_price_and_stock([PriceAndStock("x", f"SKU-{i}", 1, 5) for i in range(3)])
    assert [getattr(result.error, "code", None) for result in results] == [None, "row_unanswered", None]
    assert isinstance(results[1].error, Unavailable)
    assert results[1].error.maybe_done


def test_more_rows_than_a_call_takes_are_a_mistake_of_the_caller(postmart: Postmart) -> None:
    with pytest.raises(ValueError, match="at most 100"):
        postmart.shop.set_price_and_stock([PriceAndStock("1", "A", 1, 1)] * 101)
    assert postmart.shop.set_price_and_stock([]) == []


def test_a_lost_stock_call_is_not_said_again(postmart: Postmart) -> None:
    number = postmart.shop.create(an_offer())
    postmart.fail("timeout_after", STOCK)
    with pytest.raises(Unavailable) as lost:
        postmart.shop.set_price_and_stock([PriceAndStock(number, SKU, 1, 5)])
    assert (lost.value.maybe_done, postmart.calls(STOCK), postmart.only().stock) == (True, 1, 5)


# --- lists


def test_find_says_none_only_when_postmart_says_so(postmart: Postmart) -> None:
    assert postmart.shop.find("KHONG-CO") is None
    postmart.fail("html_body", PRODUCT, times=5)
    with pytest.raises(Unavailable):
        postmart.shop.find("KHONG-CO")


def all_products(postmart: Postmart) -> list[tuple[str, str]]:
    return [(one.remote_id, one.sku) for page in postmart.shop.products() for one in page]


def raw_products(postmart: Postmart, count: int, start: int = 0) -> None:
    """Put products into the mock's memory without a call."""
    if start == 0:
        postmart.shop.create(an_offer("SKU-0"))
    fields = dict(next(iter(postmart.mock.products.values())).wire)
    for number in range(max(start, 1), start + count):
        postmart.mock.add_product({**fields, "saleProductCode": f"SKU-{number}"}, draft=False)


def test_products_of_a_year_are_listed_with_one_call_for_each_empty_month(postmart: Postmart) -> None:
    raw_products(postmart, 1)
    postmart.time.seconds += 200 * 86_400
    raw_products(postmart, 1, start=1)
    assert [sku for _, sku in all_products(postmart)] == ["SKU-0", "SKU-1"]
    assert postmart.calls(LIST) <= 14


def test_how_far_back_products_are_listed_can_be_switched() -> None:
    with opened(switches={"list_months": "2"}) as postmart:
        raw_products(postmart, 1)
        assert len(all_products(postmart)) == 1
        assert postmart.calls(LIST) == 3
        postmart.time.seconds += 100 * 86_400
        assert all_products(postmart) == []


def test_more_products_than_a_page_come_all(postmart: Postmart) -> None:
    raw_products(postmart, 1_001)
    assert len(set(all_products(postmart))) == 1_001
    pages = postmart.shop.products()
    assert [len(page) for page in pages] == [500, 500, 1]


def test_products_come_once_though_the_list_moves_between_pages(
    postmart: Postmart, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw_products(postmart, 1_001)
    postmart.time.seconds += 60
    read = postmart.shop._page
    moved: list[int] = []

    def moving(path: str, query: Any) -> list[dict[str, Any]]:
        rows = read(path, query)
        if query["page"] == "0" and len(rows) == 500 and not moved:
            moved.append(1)
            for number in range(5):  # the first rows move to the end: five slip over the page's edge
                postmart.mock.touched(postmart.mock.by_sku[f"SKU-{number}"])
        return rows

    monkeypatch.setattr(postmart.shop, "_page", moving)
    found = all_products(postmart)
    assert len(found) == len(set(found)) == 1_001


def test_of_two_products_with_one_code_the_first_created_counts(
    postmart: Postmart, caplog: pytest.LogCaptureFixture
) -> None:
    raw_products(postmart, 1)
    postmart.mock.add_product(dict(postmart.only().wire), draft=False)
    assert [kind["kind"] for kind in postmart.mock.violations] == ["duplicate_create"]
    assert all_products(postmart) == [(FIRST, "SKU-0")]
    found = postmart.shop.find("SKU-0")
    assert found is not None
    assert found.remote_id == FIRST
    assert "2 products share one code" in caplog.text


def test_the_categories_are_asked_of_postmart(postmart: Postmart) -> None:
    tree = postmart.shop.categories()
    assert [one.id for one in tree if one.parent is None] == [
        "thuc-pham-va-dac-san",
        "thuc-pham-bo-duong",
        "suc-khoe-va-lam-dep",
        "san-pham-ocop",
        "thu-cong-my-nghe",
    ]
    assert all(one.leaf == (one.parent is not None) for one in tree)
    honey = {one.id: one for one in postmart.shop.attributes("mat-ong")}
    assert [one.id for one in honey.values() if one.required] == ["PROP0103"]
    assert honey["ocopCertificate"].required_with == "ocopStar"
    with pytest.raises(Rejected):
        postmart.shop.attributes("thuc-pham-bo-duong")


# --- orders


def walk(postmart: Postmart, *steps: str, packs: int = 2) -> str:
    """Buy and move an order on, an hour for each step."""
    if SKU not in postmart.mock.by_sku:
        postmart.shop.create(an_offer())
    bought = postmart.control("buy", {"sku": SKU, "packs": packs, "at": "2021-12-20T09:00"})
    number = str(bought.json()["order_no"])
    for hour, step in enumerate(steps, 10):
        body = {"status": step, "at": f"2021-12-20T{hour}:00"}
        answer = postmart.control(f"orders/{number}/advance", body)
        assert answer.status_code == 200, answer.text
    return number


@pytest.mark.parametrize("form", ["mixed", "slash", "dash", "iso"])
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
def test_every_state_of_an_order_is_read(steps: tuple[str, ...], state: OrderState, form: str) -> None:
    with opened(date_form=form) as postmart:
        order = postmart.shop.order(walk(postmart, *steps))
    last = datetime(2021, 12, 20, 2 + len(steps), tzinfo=UTC)
    assert order.state is state
    assert (order.placed_at, order.updated_at) == (datetime(2021, 12, 20, 2, tzinfo=UTC), last)
    assert order.closed_at == (last if state in (OrderState.REFUSED, OrderState.CANCELLED) else None)
    assert order.returned_at == (last if state is OrderState.RETURNED else None)
    assert order.delivered_at == (datetime(2021, 12, 20, 5, tzinfo=UTC) if "delivered" in steps else None)
    assert [(line.sku, line.packs, line.price_vnd) for line in order.lines] == [(SKU, 2, 150_000)]
    assert order.shipping_vnd == 22_000


def test_a_partial_return_says_how_many_came_back(postmart: Postmart) -> None:
    number = walk(postmart, "confirmed", "shipped", "delivered", packs=3)
    postmart.control(f"orders/{number}/advance", {"status": "returned", "packs": 1})
    order = postmart.shop.order(number)
    assert (order.raw_state, order.state) == ("20", OrderState.RETURNED)
    assert (order.lines[0].packs, order.lines[0].returned_packs) == (3, 1)
    postmart.control(f"orders/{number}/advance", {"status": "returned"})
    assert postmart.shop.order(number).lines[0].returned_packs == 3


def test_a_partial_delivery_says_how_many_were_taken(postmart: Postmart) -> None:
    number = walk(postmart, "confirmed", "shipped", packs=3)
    postmart.control(f"orders/{number}/advance", {"status": "delivered", "packs": 2})
    order = postmart.shop.order(number)
    assert (order.raw_state, order.state) == ("23", OrderState.DELIVERED)
    assert (order.lines[0].packs, order.lines[0].delivered_packs, order.lines[0].returned_packs) == (3, 2, 0)
    postmart.control(f"orders/{number}/advance", {"status": "returned"})
    order = postmart.shop.order(number)
    assert (order.state, order.lines[0].delivered_packs, order.lines[0].returned_packs) == (
        OrderState.RETURNED,
        2,
        2,
    )


def told(postmart: Postmart, since: datetime, until: datetime) -> list[RemoteOrder | UnreadOrder]:
    return [order for page in postmart.shop.orders(since, until) for order in page]


def test_orders_placed_or_changed_in_the_window_come_once_each_state(postmart: Postmart) -> None:
    old = walk(postmart, "confirmed")
    postmart.time.seconds += 40 * 86_400
    postmart.control(f"orders/{old}/advance", {"status": "shipped"})
    fresh = str(postmart.control("buy", {"sku": SKU, "packs": 1}).json()["order_no"])
    now = postmart.time.now()
    found = told(postmart, now - timedelta(days=1), now)
    assert {order.order_no: getattr(order, "state", None) for order in found} == {
        old: OrderState.SHIPPED,
        fresh: OrderState.NEW,
    }
    assert len(found) == 2


def test_a_long_window_is_cut_to_what_postmart_allows(postmart: Postmart) -> None:
    walk(postmart)
    assert len(told(postmart, START - timedelta(days=90), START)) == 1
    assert postmart.calls(ORDERS) == 3


def test_hundreds_of_orders_come_page_by_page(postmart: Postmart) -> None:
    postmart.shop.create(an_offer(packs=1_000))
    for _ in range(730):
        postmart.mock.buy(SKU, 1)
    found = told(postmart, START, START + timedelta(days=1))
    assert len(found) == len({order.order_no for order in found}) == 730


def test_one_unreadable_order_does_not_stop_the_others(
    postmart: Postmart, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk(postmart)
    bad = walk(postmart)
    whole = mock_render.order

    def broken(order: Any, settings: Any) -> dict[str, Any]:
        shown = whole(order, settings)
        if order.order_no == bad:
            shown["orderDetails"][0]["quantity"] = "hai"
        return shown

    monkeypatch.setattr(mock_render, "order", broken)
    found = told(postmart, START, START)
    unread = [order for order in found if isinstance(order, UnreadOrder)]
    assert len(found) == 2
    assert [(order.order_no, order.code) for order in unread] == [(bad, "unreadable_quantity")]
    for private in ("2099", "0912", "Đường Thử"):
        assert private not in unread[0].raw
    with pytest.raises(Misunderstood):
        postmart.shop.order(bad)


def test_confirming_twice_or_too_late_is_no_error(postmart: Postmart) -> None:
    number = walk(postmart)
    postmart.shop.confirm(number)
    postmart.shop.confirm(number)
    postmart.control(f"orders/{number}/advance", {"status": "shipped"})
    postmart.shop.confirm(number)
    assert postmart.shop.order(number).state is OrderState.SHIPPED


def test_a_cancelled_order_cannot_be_confirmed(postmart: Postmart) -> None:
    number = walk(postmart, "cancelled")
    with pytest.raises(Rejected):
        postmart.shop.confirm(number)


def test_a_cancellation_is_asked_about_once_and_done(postmart: Postmart) -> None:
    number = walk(postmart)
    postmart.shop.cancel(number, "01")
    assert postmart.calls("GET /orderCorrection/updateCase") == 1
    order = postmart.shop.order(number)
    assert (order.state, order.cancel_reason) == (OrderState.CANCELLED, "Hết hàng")
    postmart.shop.cancel(number, "01")
    assert postmart.calls("POST /orderCancel") == 1


def test_a_cancellation_that_waits_is_read_back_when_it_is_done() -> None:
    with opened(cancel_minutes=30) as postmart:
        number = walk(postmart)
        postmart.shop.cancel(number, "06")
        assert postmart.shop.order(number).state is OrderState.NEW
        postmart.time.seconds += 31 * 60
        assert postmart.shop.order(number).state is OrderState.CANCELLED


def test_a_cancellation_the_courier_was_faster_than_is_refused() -> None:
    with opened(cancel_minutes=30) as postmart:
        number = walk(postmart, "confirmed")
        postmart.control(f"orders/{number}/advance", {"status": "shipped"})
        with pytest.raises(Rejected):
            postmart.shop.cancel(number, "01")
        assert postmart.shop.order(number).state is OrderState.SHIPPED


def test_a_reason_nobody_knows_changes_nothing(postmart: Postmart) -> None:
    number = walk(postmart)
    assert CancelReason("01", "Hết hàng") in postmart.shop.cancel_reasons()
    with pytest.raises(Rejected) as refused:
        postmart.shop.cancel(number, "99")
    assert refused.value.code == "cancel_reason"
    assert postmart.shop.order(number).state is OrderState.NEW


@pytest.mark.parametrize("number", ["PM999999999VN", "../getProduct", "Đơn & lạ"])
def test_an_unknown_order_is_refused(number: str, postmart: Postmart) -> None:
    with pytest.raises(Rejected) as refused:
        postmart.shop.order(number)
    assert refused.value.code == "order_number"


# --- all of it


def test_the_journal_of_a_whole_day_names_nobody(postmart: Postmart) -> None:
    number = walk(postmart, "confirmed")
    postmart.shop.order(number)
    told(postmart, START, START)
    postmart.shop.find(SKU)
    lines = [[e.path, e.request, e.response, e.error] for e in postmart.exchanges]
    text = json.dumps(lines, ensure_ascii=False)
    secrets = [*postmart.mock.credentials.values(), *postmart.mock.tokens.ends]
    for private in ["Nguyễn Thử", "0912", "example.vn", "Đường Thử", *secrets]:
        assert private not in text
    assert "orderDetails" in text


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
def test_one_failure_of_any_kind_does_not_hurt_a_read(kind: str, postmart: Postmart) -> None:
    postmart.shop.create(an_offer())
    postmart.fail(kind, PRODUCT, delay=0.5)
    found = postmart.shop.find(SKU)
    assert found is not None
    assert found.packs == 40
    assert postmart.mock.violations == []


def test_a_429_with_a_short_wait_heals_within_a_write(postmart: Postmart) -> None:
    postmart.fail("http_429", CREATE, retry_after=1)
    assert publish(postmart.shop, an_offer(), None) == Published(FIRST)


def test_the_pace_stays_below_what_is_allowed() -> None:
    with opened(rate_per_second=5) as postmart:
        postmart.shop._transport._pacer = postmart.shop._pacer(4.5)
        for number in range(10):
            postmart.shop.create(an_offer(f"SKU-{number}"))
        assert postmart.mock.violations == []
        assert postmart.time.seconds - 1_000 > 3


@pytest.mark.parametrize("months", ["0", "-1", "x", "", "999"])
def test_a_switch_that_is_no_number_of_months_is_said_at_once(months: str) -> None:
    with pytest.raises(ValueError, match="list_months"), opened(switches={"list_months": months}):
        pass
