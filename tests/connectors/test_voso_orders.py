"""Orders of the Voso connector against the mock: states, the 24 hours, confirming, cancelling, pushes."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.kit.errors import Misunderstood, NotAdmitted, Rejected, Unavailable
from connectors.kit.protocol import Hint, OrderState, RemoteOrder, UnreadOrder
from connectors.voso import mock_render
from tests.connectors.conftest import START
from tests.connectors.voso import SKU, Voso, an_offer, opened

LIST, MOVE = "POST /v2/order/listOrder", "POST /v2/order/UpdateOrder"
HOOK = "https://lensan.example/hooks/voso"


@pytest.fixture
def voso() -> Any:
    with opened() as shop:
        yield shop


def walk(voso: Voso, *steps: str, packs: int = 2) -> str:
    """Buy and move an order on, an hour for each step."""
    if SKU not in voso.mock.by_sku:
        voso.shop.create(an_offer())
    number = str(voso.control("buy", {"sku": SKU, "packs": packs}).json()["order_no"])
    for step in steps:
        voso.time.seconds += 3600
        answer = voso.control(f"orders/{number}/advance", {"status": step})
        assert answer.status_code == 200, answer.text
    return number


def read(voso: Voso, since: datetime, until: datetime) -> list[RemoteOrder | UnreadOrder]:
    return [order for page in voso.shop.orders(since, until) for order in page]


@pytest.mark.parametrize(
    ("steps", "state", "raw"),
    [
        ((), OrderState.NEW, "10"),
        (("confirmed",), OrderState.CONFIRMED, "11"),
        (("confirmed", "shipped"), OrderState.SHIPPED, "500"),
        (("confirmed", "shipped", "delivered"), OrderState.DELIVERED, "501"),
        (("confirmed", "shipped", "refused"), OrderState.REFUSED, "504"),
        (("cancelled",), OrderState.CANCELLED, "107"),
        (("confirmed", "shipped", "delivered", "returned"), OrderState.RETURNED, "504"),
    ],
)
def test_every_state_of_an_order_is_read(
    steps: tuple[str, ...], state: OrderState, raw: str, voso: Voso
) -> None:
    order = voso.shop.order(walk(voso, *steps))
    last = START + timedelta(hours=len(steps))
    assert (order.state, order.raw_state) == (state, raw)
    assert (order.placed_at, order.updated_at) == (START, last)
    assert order.closed_at == (last if state in (OrderState.REFUSED, OrderState.CANCELLED) else None)
    assert order.returned_at == (last if state is OrderState.RETURNED else None)
    assert order.delivered_at == (START + timedelta(hours=3) if "delivered" in steps else None)
    assert order.confirm_by == (START + timedelta(hours=24) if not steps else None)
    assert [(line.sku, line.packs, line.price_vnd) for line in order.lines] == [(SKU, 2, 150_000)]
    assert order.shipping_vnd == 25_000


def test_a_partial_return_says_how_many_came_back(voso: Voso) -> None:
    number = walk(voso, "confirmed", "shipped", "delivered", packs=3)
    voso.control(f"orders/{number}/advance", {"status": "returned", "packs": 1})
    order = voso.shop.order(number)
    assert (order.state, order.lines[0].packs, order.lines[0].returned_packs) == (OrderState.RETURNED, 3, 1)
    assert order.delivered_at == START + timedelta(hours=3)


@pytest.mark.parametrize("restocks", [False, True])
def test_an_order_nobody_confirms_cancels_itself_after_24_hours(restocks: bool) -> None:
    with opened(cancel_restocks=restocks) as voso:
        number = walk(voso)
        voso.time.seconds += 24 * 3600 - 1
        assert voso.shop.order(number).state is OrderState.NEW
        voso.time.seconds += 1
        order = voso.shop.order(number)
        assert (order.state, order.raw_state) == (OrderState.CANCELLED, "13")
        assert order.closed_at == START + timedelta(hours=24)
        assert order.cancel_reason == "Quá 24 giờ không xác nhận"
        assert voso.mock.by_sku[SKU].stock == (40 if restocks else 38)


def test_a_confirmed_order_stays(voso: Voso) -> None:
    number = walk(voso)
    voso.shop.confirm(number)
    voso.time.seconds += 25 * 3600
    assert voso.shop.order(number).state is OrderState.CONFIRMED


def test_an_order_told_long_after_it_was_placed_still_gets_its_24_hours(voso: Voso) -> None:
    voso.shop.create(an_offer())
    body = {"sku": SKU, "packs": 1, "at": "2021-12-01T09:00"}
    number = str(voso.control("buy", body).json()["order_no"])
    assert voso.shop.order(number).state is OrderState.NEW
    voso.time.seconds += 24 * 3600
    assert voso.shop.order(number).raw_state == "13"


def test_orders_placed_or_changed_in_the_window_come_once_each_state(voso: Voso) -> None:
    old = walk(voso, "confirmed")
    voso.time.seconds += 6 * 86_400
    voso.control(f"orders/{old}/advance", {"status": "shipped"})
    fresh = walk(voso)
    now = voso.time.now()
    found = read(voso, now - timedelta(days=1), now)
    assert {order.order_no: order.state for order in found if isinstance(order, RemoteOrder)} == {
        old: OrderState.SHIPPED,
        fresh: OrderState.NEW,
    }
    assert len(found) == 2
    assert read(voso, START - timedelta(days=2), START) == []


def test_a_long_window_is_cut_to_what_voso_allows(voso: Voso) -> None:
    walk(voso)
    assert len(read(voso, START - timedelta(days=90), START)) == 1
    assert voso.calls(LIST) == 3


def test_hundreds_of_orders_come_page_by_page(voso: Voso) -> None:
    voso.shop.create(an_offer(packs=1_000))
    for _ in range(130):
        voso.mock.buy(SKU, 1)
    assert len({order.order_no for order in read(voso, START, START)}) == 130
    assert voso.calls(LIST) == 3


def test_orders_that_change_while_they_are_read_are_not_lost(voso: Voso) -> None:
    voso.shop.create(an_offer(packs=1_000))
    numbers = [voso.mock.buy(SKU, 1).order_no for _ in range(120)]
    seen: set[str | None] = set()
    for page in voso.shop.orders(START, START):
        if not seen:
            voso.time.seconds += 60
            for number in numbers[:5]:
                voso.shop.confirm(number)
        seen |= {order.order_no for order in page}
    assert seen == set(numbers)


def test_one_unreadable_order_does_not_stop_the_others(voso: Voso, monkeypatch: pytest.MonkeyPatch) -> None:
    walk(voso)
    bad = walk(voso)
    whole = mock_render.order

    def broken(order: Any, mock: Any) -> dict[str, Any]:
        shown = whole(order, mock)
        if order.order_no == bad:
            shown["LIST_ITEM"][0]["PRODUCT_QUANTITY"] = "hai"
        return shown

    monkeypatch.setattr(mock_render, "order", broken)
    found = read(voso, START, START)
    unread = [order for order in found if isinstance(order, UnreadOrder)]
    assert len(found) == 2
    assert [(order.order_no, order.code) for order in unread] == [(bad, "unreadable_PRODUCT_QUANTITY")]
    assert "2099" not in unread[0].raw
    assert "0912" not in unread[0].raw
    with pytest.raises(Misunderstood):
        voso.shop.order(bad)


def test_confirming_makes_the_waybill_and_twice_or_too_late_is_no_error(voso: Voso) -> None:
    number = walk(voso)
    voso.shop.confirm(number)
    assert voso.shop.order(number).raw_state == "12"
    assert voso.mock.waybills[number].startswith("VOSO")
    voso.shop.confirm(number)
    voso.control(f"orders/{number}/advance", {"status": "shipped"})
    voso.shop.confirm(number)
    assert voso.shop.order(number).state is OrderState.SHIPPED
    assert len(voso.mock.waybills) == 1


@pytest.mark.parametrize(
    "kind", ["http_429", "timeout_before", "timeout_after", "http_500", "truncated_json"]
)
def test_a_confirmation_that_stops_in_the_middle_is_finished_by_the_next(kind: str, voso: Voso) -> None:
    number = walk(voso)
    voso.shop.find(SKU)
    voso.fail(kind, MOVE, retry_after=600)
    with pytest.raises(Unavailable):
        voso.shop.confirm(number)
    voso.shop.confirm(number)
    assert voso.shop.order(number).raw_state == "12"
    assert voso.mock.violations == []


def test_a_cancelled_order_cannot_be_confirmed(voso: Voso) -> None:
    number = walk(voso, "cancelled")
    with pytest.raises(Rejected):
        voso.shop.confirm(number)
    assert voso.mock.waybills == {}


def test_an_order_is_cancelled_with_one_of_our_reasons(voso: Voso) -> None:
    first, second = walk(voso), walk(voso, "confirmed")
    voso.shop.cancel(first, "HET_HANG")
    voso.shop.cancel(second, "KHACH_YEU_CAU")
    voso.shop.cancel(second, "KHACH_YEU_CAU")
    order = voso.shop.order(first)
    assert (order.state, order.raw_state, order.cancel_reason) == (OrderState.CANCELLED, "107", "Hết hàng")
    assert voso.shop.order(second).cancel_reason == "Người mua yêu cầu hủy"
    assert all(len(reason.name.encode()) <= 150 for reason in voso.shop.cancel_reasons())


def test_a_reason_nobody_knows_changes_nothing(voso: Voso) -> None:
    number = walk(voso)
    with pytest.raises(Rejected) as refused:
        voso.shop.cancel(number, "BAT_KY")
    assert (refused.value.code, list(refused.value.fields)) == ("cancel_reason", ["reason"])
    assert voso.shop.order(number).state is OrderState.NEW


def test_a_shipped_order_cannot_be_cancelled_and_an_unknown_one_is_refused(voso: Voso) -> None:
    number = walk(voso, "confirmed", "shipped")
    with pytest.raises(Rejected):
        voso.shop.cancel(number, "HET_HANG")
    assert voso.shop.order(number).state is OrderState.SHIPPED
    for strange in ("VS999", "../x", "đơn", ""):
        with pytest.raises(Rejected) as unknown:
            voso.shop.order(strange)
        assert unknown.value.code == "order_unknown"


def pushed(voso: Voso) -> list[tuple[str, Any, Any]]:
    return [
        (
            push.url,
            push.body["DATA"].get("ORDER_NUMBER") or push.body["DATA"]["PRODUCT_CODE"],
            push.body["DATA"].get("ORDER_STATUS") or push.body["DATA"]["PRODUCT_STATUS"],
        )
        for push in voso.pushed
    ]


def test_every_change_of_state_is_pushed_with_the_secret_and_five_tries() -> None:
    with opened(moderation=True) as voso:
        voso.control("webhook", {"url": HOOK})
        voso.shop.create(an_offer())
        voso.control("moderate", {"sku": SKU, "verdict": "approve"})
        number = walk(voso)
        voso.shop.confirm(number)
        voso.shop.withdraw("5000001", SKU)
        assert pushed(voso) == [
            (HOOK, SKU, 100),
            (HOOK, SKU, 200),
            (HOOK, number, 10),
            (HOOK, number, 11),
            (HOOK, number, 12),
            (HOOK, SKU, 300),
        ]
        secret = voso.mock.credentials["WEBHOOK_SECRET"]
        assert {(p.tries, p.headers["Authorization"], p.body["TOKEN"]) for p in voso.pushed} == {
            (5, secret, secret)
        }
        hints = [voso.shop.hint(p.headers, json.dumps(p.body).encode()) for p in voso.pushed]
        assert hints == [Hint("product", SKU)] * 2 + [Hint("order", number)] * 3 + [Hint("product", SKU)]


@pytest.mark.parametrize(
    ("kind", "states"),
    [
        ("webhook_drop", [11, 12]),
        ("webhook_duplicate", [10, 10, 11, 12]),
        ("webhook_reorder", [11, 10, 12]),
    ],
)
def test_planned_failures_strike_pushes(kind: str, states: list[int], voso: Voso) -> None:
    voso.shop.create(an_offer())
    voso.control("webhook", {"url": HOOK})
    voso.fail(kind, "WEBHOOK ORDER")
    voso.shop.confirm(walk(voso))
    assert [state for _, _, state in pushed(voso)] == states


def hint(voso: Voso, header: Any, body: Any) -> Hint:
    headers = {} if header is None else {"authorization": header}
    return voso.shop.hint(headers, json.dumps(body).encode())


def test_a_push_whose_fields_stand_outside_of_data_is_read_too(voso: Voso) -> None:
    secret = voso.mock.credentials["WEBHOOK_SECRET"]
    assert hint(voso, secret, {"ORDER_NUMBER": "VS1", "TOKEN": secret}) == Hint("order", "VS1")
    assert hint(voso, secret, {"DATA": {"ORDER_STATUS": 10}, "TOKEN": secret}) == Hint("order", None)
    with pytest.raises(Misunderstood):
        hint(voso, secret, {"DATA": {"REVIEW": 5}, "TOKEN": secret})


def test_a_push_needs_the_secret_in_the_header_and_in_the_body(voso: Voso) -> None:
    secret = voso.mock.credentials["WEBHOOK_SECRET"]
    data = {"ORDER_NUMBER": "VS1"}
    for header, token in [
        (None, secret),
        (secret, None),
        ("x", secret),
        (secret, "x"),
        (secret, 5),
        (secret, "\ud800"),
        ("", ""),
        (f"Bearer {secret}", secret),
    ]:
        with pytest.raises(NotAdmitted):
            hint(voso, header, {"DATA": data, "TOKEN": token})
    for body in (b"", b"[]", b"{", b"\xff", b"null"):
        with pytest.raises(NotAdmitted):
            voso.shop.hint({"Authorization": secret}, body)


def test_a_shop_without_a_secret_takes_no_push(voso: Voso) -> None:
    voso.shop._keys["WEBHOOK_SECRET"] = ""
    with pytest.raises(NotAdmitted):
        hint(voso, "", {"DATA": {"ORDER_NUMBER": "VS1"}, "TOKEN": ""})


def test_the_first_hour_of_a_day_belongs_to_that_day_in_vietnam(voso: Voso) -> None:
    voso.shop.create(an_offer())
    at = datetime(2021, 12, 19, 17, 30, tzinfo=UTC)
    voso.mock.buy(SKU, 1, at)
    assert len(read(voso, at, at)) == 1
    assert read(voso, at - timedelta(days=1), at - timedelta(hours=1)) == []
