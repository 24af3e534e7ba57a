"""The control surface every mock has: a page for people, JSON for programs, planned failures."""

from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.kit.faults import CALL_KINDS, PUSH_KINDS, FaultRule
from tests.connectors.conftest import URL, Sendo, an_offer, opened

SKU = "HG-CAM-5KG"


@pytest.fixture
def stocked(sendo: Sendo) -> Sendo:
    sendo.shop.create(an_offer(packs=10))
    return sendo


def state(sendo: Sendo) -> dict[str, Any]:
    shown: dict[str, Any] = requests.get(f"{URL}/_mock/state", timeout=5).json()
    return shown


def test_the_state_shows_goods_orders_and_calls(stocked: Sendo) -> None:
    stocked.control("buy", {"sku": SKU, "packs": 3, "at": "2021-12-20T09:00"})
    shown = state(stocked)
    (product,) = shown["products"]
    assert {
        name: product[name] for name in ("sku", "remote_id", "title", "price_vnd", "stock", "status")
    } == {
        "sku": SKU,
        "remote_id": "90000001",
        "title": "Cam sành Hà Giang thùng 5 kg",
        "price_vnd": 150_000,
        "stock": 7,
        "status": "live",
    }
    assert product["created_at"] == "2021-12-20T09:00:00+07:00"
    (order,) = shown["orders"]
    assert (order["order_no"], order["sku"], order["packs"], order["status"]) == ("140000001", SKU, 3, "new")
    assert order["placed_at"] == "2021-12-20T09:00:00+07:00"
    assert shown["calls"] == {"POST /login": 1, "POST /api/partner/product": 1}
    assert shown["violations"] == []
    assert "2099" not in str(shown)


@pytest.mark.parametrize("packs", [11, 1_000])
def test_nobody_buys_more_than_there_is(packs: int, stocked: Sendo) -> None:
    answer = stocked.control("buy", {"sku": SKU, "packs": packs})
    assert answer.status_code == 409
    assert "chỉ còn 10" in answer.json()["error"]
    assert state(stocked)["orders"] == []
    assert state(stocked)["products"][0]["stock"] == 10


def test_nobody_buys_what_is_not_on_sale(stocked: Sendo) -> None:
    assert stocked.control("buy", {"sku": "KHONG", "packs": 1}).status_code == 409
    stocked.control("moderate", {"sku": SKU, "verdict": "lock"})
    assert stocked.control("buy", {"sku": SKU, "packs": 1}).status_code == 409


def test_a_sale_above_stock_is_a_violation(stocked: Sendo) -> None:
    stocked.mock.take_stock(stocked.mock.by_sku[SKU], 11)
    assert [violation["kind"] for violation in stocked.mock.violations] == ["oversold"]


@pytest.mark.parametrize(
    ("path", "possible"),
    [
        (["confirmed", "shipped", "delivered", "returned"], True),
        (["confirmed", "shipped", "refused"], True),
        (["cancelled"], True),
        (["confirmed", "cancelled"], True),
        (["shipped"], False),
        (["delivered"], False),
        (["cancelled", "confirmed"], False),
        (["confirmed", "shipped", "cancelled"], False),
        (["confirmed", "shipped", "delivered", "refused"], False),
        (["confirmed", "shipped", "delivered", "returned", "returned"], False),
    ],
)
def test_an_order_moves_only_as_it_can(path: list[str], possible: bool, stocked: Sendo) -> None:
    stocked.control("buy", {"sku": SKU, "packs": 2})
    answers = [stocked.control("orders/140000001/advance", {"status": step}) for step in path]
    assert [answer.status_code for answer in answers[:-1]] == [200] * (len(path) - 1)
    assert answers[-1].status_code == (200 if possible else 409)
    assert state(stocked)["orders"][0]["status"] == (
        path[-1] if possible else [*path[:-1], "new"][-2 if len(path) > 1 else -1]
    )


def test_a_return_never_exceeds_what_was_sold(stocked: Sendo) -> None:
    stocked.control("buy", {"sku": SKU, "packs": 2})
    for step in ("confirmed", "shipped", "delivered"):
        stocked.control("orders/140000001/advance", {"status": step})
    assert stocked.control("orders/140000001/advance", {"status": "returned", "packs": 3}).status_code == 409
    assert stocked.control("orders/140000001/advance", {"status": "returned", "packs": 1}).status_code == 200
    assert state(stocked)["orders"][0]["returned_packs"] == 1
    assert stocked.control("orders/140000001/advance", {"status": "returned", "packs": 2}).status_code == 409


def test_a_buyer_may_take_a_part_and_no_more_of_it_comes_back(stocked: Sendo) -> None:
    stocked.control("buy", {"sku": SKU, "packs": 2})
    for step in ("confirmed", "shipped"):
        stocked.control("orders/140000001/advance", {"status": step})
    assert stocked.control("orders/140000001/advance", {"status": "delivered", "packs": 3}).status_code == 409
    assert state(stocked)["orders"][0]["delivered_packs"] is None
    assert stocked.control("orders/140000001/advance", {"status": "delivered", "packs": 1}).status_code == 200
    assert state(stocked)["orders"][0]["delivered_packs"] == 1
    assert stocked.control("orders/140000001/advance", {"status": "returned", "packs": 2}).status_code == 409
    assert stocked.control("orders/140000001/advance", {"status": "returned"}).status_code == 200
    assert state(stocked)["orders"][0]["returned_packs"] == 1


def test_an_order_never_moves_back_in_time(stocked: Sendo) -> None:
    stocked.control("buy", {"sku": SKU, "packs": 2, "at": "2021-12-20T09:00"})
    early = {"status": "confirmed", "at": "2021-12-20T08:59"}
    assert stocked.control("orders/140000001/advance", early).status_code == 409
    assert state(stocked)["orders"][0]["status"] == "new"


BAD: list[tuple[str, Any]] = [
    ("buy", {}),
    ("buy", {"sku": SKU}),
    ("buy", {"sku": SKU, "packs": 0}),
    ("buy", {"sku": SKU, "packs": 1.5}),
    ("buy", {"sku": SKU, "packs": True}),
    ("buy", {"sku": SKU, "packs": "hai"}),
    ("buy", {"sku": SKU, "packs": 10**12}),
    ("buy", {"sku": 5, "packs": 1}),
    ("buy", {"sku": SKU, "packs": 1, "at": "hôm qua"}),
    ("buy", {"sku": SKU, "packs": 1, "at": 5}),
    ("buy", {"sku": SKU, "packs": 1, "at": "0001-01-01T00:00"}),
    ("buy", [1]),
    ("orders/140000001/advance", {}),
    ("orders/140000001/advance", {"status": "new"}),
    ("orders/140000001/advance", {"status": []}),
    ("moderate", {"sku": SKU, "verdict": "maybe"}),
    ("moderate", {"verdict": "lock"}),
    ("faults", {"rules": "x"}),
    ("faults", {"rules": [5]}),
    ("faults", {"rules": [{"kind": "fire"}]}),
    ("faults", {"rules": [{"kind": []}]}),
    ("faults", {"rules": [{"kind": "reset", "probability": 2}]}),
    ("faults", {"rules": [{"kind": "reset", "probability": -1}]}),
    ("faults", {"rules": [{"kind": "reset", "times": "x"}]}),
    ("faults", {"rules": [{"kind": "reset", "match": 5}]}),
    ("faults", {}),
    ("settings", {"moderation": "yes"}),
    ("settings", {"unheard_of": 1}),
    ("settings", {"order_stamps": "sundial"}),
    ("settings", {"order_stamps": []}),
    ("settings", {"rate_per_second": 0}),
    ("webhook", {"url": "ftp://x"}),
]


@pytest.mark.parametrize(("path", "body"), BAD)
def test_bad_input_gets_a_sentence_and_changes_nothing(path: str, body: Any, stocked: Sendo) -> None:
    stocked.control("buy", {"sku": SKU, "packs": 1})
    before = state(stocked)
    answer = stocked.control(path, body)
    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".")
    assert state(stocked) == before


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NAMES = ["sku", "packs", "at", "status", "verdict", "reason", "rules", "url", "moderation", "rate_per_second"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    path=st.sampled_from(["buy", "orders/140000001/advance", "moderate", "faults", "settings", "webhook"]),
    body=json_values | st.dictionaries(st.sampled_from(NAMES), json_values),
)
def test_no_input_breaks_the_surface(path: str, body: Any, stocked: Sendo) -> None:
    answer = requests.post(f"{URL}/_mock/{path}", json=body, timeout=5)
    assert answer.status_code in (200, 400, 404, 409)
    requests.post(f"{URL}/_mock/faults", json={"rules": []}, timeout=5)


def test_an_unknown_order_is_404(stocked: Sendo) -> None:
    assert stocked.control("orders/1/advance", {"status": "confirmed"}).status_code == 404


def test_reset_empties_everything_but_the_tokens(stocked: Sendo) -> None:
    stocked.control("buy", {"sku": SKU, "packs": 1})
    stocked.fail("http_500", times=9)
    stocked.control("reset")
    shown = state(stocked)
    assert (shown["products"], shown["orders"], shown["calls"], shown["violations"]) == ([], [], {}, [])
    assert stocked.shop.find(SKU) is None
    assert stocked.calls("POST /login") == 0


def test_the_page_is_usable_without_script_and_asks_nobody_else(stocked: Sendo) -> None:
    page = requests.get(f"{URL}/_mock/", timeout=5).text
    assert SKU in page
    assert "<script" not in page
    assert "//" not in page
    said = requests.post(f"{URL}/_mock/buy", data={"sku": SKU, "packs": "2", "at": ""}, timeout=5)
    assert "Đã đặt đơn 140000001" in said.text or said.status_code == 303
    page = requests.get(f"{URL}/_mock/", timeout=5).text
    assert "140000001" in page
    form = {"match": "*", "kind": "slow", "probability": "0.5", "times": "2"}
    requests.post(f"{URL}/_mock/faults", data=form, timeout=5)
    assert [rule.kind for rule in stocked.mock.faults.rules] == ["slow"]
    requests.post(f"{URL}/_mock/faults", data={"match": "*", "kind": ""}, timeout=5)
    assert stocked.mock.faults.rules == []


def test_a_name_with_markup_stays_text_on_the_page(stocked: Sendo) -> None:
    stocked.shop.create(an_offer("B", title="<b>Cam</b>"))
    assert "<b>Cam" not in requests.get(f"{URL}/_mock/", timeout=5).text


def test_switches_change_the_mock_at_run_time(sendo: Sendo) -> None:
    assert sendo.control("settings", {"moderation": True}).status_code == 200
    sendo.shop.create(an_offer())
    assert state(sendo)["products"][0]["status"] == "pending"


def test_the_same_seed_gives_the_same_failures() -> None:
    def run(seed: int) -> list[bool]:
        rule = FaultRule("*", "reset", probability=0.3, seed=seed)
        return [rule.strikes() for _ in range(200)]

    assert run(7) == run(7)
    assert run(7) != run(8)
    assert 30 < sum(run(7)) < 90


@pytest.mark.parametrize(
    ("match", "hit"),
    [
        ("*", True),
        ("PUT /api/partner/*", True),
        ("PUT /api/partner/salesorder", True),
        ("PUT /api/partner/salesorder/", True),
        ("POST /api/partner/salesorder", False),
        ("PUT /api/partner", False),
    ],
)
def test_a_rule_matches_one_call_or_a_beginning(match: str, hit: bool) -> None:
    assert FaultRule(match, "reset").covers("PUT /api/partner/salesorder") is hit


def test_a_rule_may_name_a_template(stocked: Sendo) -> None:
    stocked.control("buy", {"sku": SKU, "packs": 1})
    stocked.fail("http_500", "GET /api/partner/salesorder/{order_number}")
    stocked.shop.order("140000001")
    assert stocked.calls("GET /api/partner/salesorder/{order_number}") == 2


def test_every_kind_of_the_design_can_be_planned(sendo: Sendo) -> None:
    for kind in CALL_KINDS + PUSH_KINDS:
        sendo.fail(kind, "POST /nowhere")


def test_calls_above_the_rate_are_refused_and_written_down() -> None:
    with opened(rate_per_second=20) as sendo:
        answers = [requests.get(f"{URL}/api/partner/product?sku=A", timeout=5) for _ in range(25)]
        assert [answer.status_code for answer in answers] == [401] * 20 + [429] * 5
        assert answers[-1].json() == {"message": "API rate limit exceeded"}
        assert [violation["kind"] for violation in sendo.mock.violations] == ["rate_limit"] * 5
        sendo.time.seconds += 0.5
        assert requests.get(f"{URL}/api/partner/product?sku=A", timeout=5).status_code == 401


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        (None, ["PRODUCT.CREATE", "SALESORDER.CREATE", "SALESORDER.UPDATE"]),
        ("webhook_drop", ["PRODUCT.CREATE", "SALESORDER.UPDATE"]),
        (
            "webhook_duplicate",
            ["PRODUCT.CREATE", "SALESORDER.CREATE", "SALESORDER.CREATE", "SALESORDER.UPDATE"],
        ),
        ("webhook_reorder", ["PRODUCT.CREATE", "SALESORDER.UPDATE", "SALESORDER.CREATE"]),
    ],
)
def test_pushes_go_out_with_planned_trouble(kind: str | None, sent: list[str], sendo: Sendo) -> None:
    sendo.control("webhook", {"url": "http://127.0.0.1:9/hook"})
    if kind:
        sendo.fail(kind, "WEBHOOK SALESORDER.CREATE")
    sendo.shop.create(an_offer())
    sendo.control("buy", {"sku": SKU, "packs": 1})
    sendo.control("orders/140000001/advance", {"status": "cancelled", "reason": "CBS107"})
    assert [push["type"] for push in sendo.pushed] == sent


def test_a_push_carries_the_shop_key_and_what_to_read_again(stocked: Sendo) -> None:
    stocked.control("webhook", {"url": "http://127.0.0.1:9/hook"})
    stocked.control("buy", {"sku": SKU, "packs": 1})
    stocked.control("orders/140000001/advance", {"status": "cancelled", "reason": "CBS107"})
    create, update = stocked.pushed
    assert create["shop_key"] == stocked.mock.credentials["shop_key"]
    assert create["data"]["sales_order_details"][0]["store_sku"] == SKU
    assert update["data"]["order_action"] == "CANCEL"
    assert update["data"]["data"]["reason_cancel_code"] == "CBS107"


def test_without_a_registered_address_nothing_is_pushed(stocked: Sendo) -> None:
    stocked.control("buy", {"sku": SKU, "packs": 1})
    assert stocked.pushed == []


def test_the_mocks_time_can_be_shifted_into_its_season() -> None:
    with opened(shift_seconds=-30 * 86_400) as sendo:
        assert state(sendo)["now"] == "2021-11-20T09:00:00+07:00"


def test_the_page_finds_goods_and_shows_only_the_steps_an_order_can_take(stocked: Sendo) -> None:
    stocked.shop.create(an_offer("HG-CHE", title="Chè Phìn Hồ"))
    stocked.control("buy", {"sku": SKU, "packs": 1})
    stocked.control("orders/140000001/advance", {"status": "confirmed"})
    stocked.control("orders/140000001/advance", {"status": "shipped"})

    found = requests.get(f"{URL}/_mock/?q=chè", timeout=5).text
    orders = requests.get(f"{URL}/_mock/?order=shipped", timeout=5).text

    assert "<strong>Chè Phìn Hồ</strong>" in found
    assert "<strong>Cam sành" not in found
    assert 'value="delivered"' in orders
    assert 'value="confirmed"' not in orders


def test_a_switch_is_thrown_on_the_page(stocked: Sendo) -> None:
    answer = requests.post(
        f"{URL}/_mock/settings", data={"moderation": "true"}, timeout=5, allow_redirects=False
    )
    assert answer.status_code == 303
    assert stocked.mock.settings["moderation"] is True
