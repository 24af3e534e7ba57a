"""Translation is pure; samples of both sides lie beside it."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import connectors.sendo
from connectors.kit.figures import Unreadable, moment, number, truth, whole
from connectors.kit.protocol import (
    OrderState,
    PriceAndStock,
    Promotion,
    RemoteLine,
    RemoteOrder,
    RemoteProduct,
    RemoteState,
)
from connectors.sendo.mapping import (
    order_from_wire,
    product_from_wire,
    promotion_from_wire,
    promotion_moment,
    stock_row,
    to_wire,
    wording,
)
from connectors.sendo.reading import order_or_unread, order_windows
from tests.connectors.conftest import an_offer

SAMPLES = Path(connectors.sendo.__file__).parent / "samples"


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))


def test_an_offer_becomes_the_body_sendo_knows() -> None:
    assert to_wire(an_offer()) == sample("product_create")


def test_an_update_carries_the_products_number_and_an_empty_shelf_is_not_available() -> None:
    body = to_wire(an_offer(packs=0), 90000001)
    assert (body["id"], body["stock_quantity"], body["stock_availability"]) == (90000001, 0, False)


def test_a_row_of_the_search_is_read_in_every_number_form() -> None:
    assert product_from_wire(sample("product_row")) == RemoteProduct(
        remote_id="90000001",
        sku="HG-CAM-5KG",
        title="Cam sành Hà Giang thùng 5 kg",
        price_vnd=150_000,
        packs=40,
        state=RemoteState.LIVE,
        url="https://www.sendo.vn/x-90000001.html",
        raw_state="2",
    )


def test_an_order_is_read_without_its_buyer() -> None:
    order = order_from_wire(sample("order"))
    assert order == RemoteOrder(
        order_no="140000001",
        state=OrderState.RETURNED,
        lines=(RemoteLine("90000001", "HG-CAM-5KG", 2, 150_000, returned_packs=1),),
        placed_at=datetime.fromtimestamp(1639900000, UTC),
        updated_at=datetime.fromtimestamp(1640300000, UTC),
        delivered_at=datetime.fromtimestamp(1640200000, UTC),
        returned_at=datetime.fromtimestamp(1640300000, UTC),
        shipping_vnd=25_000,
        voucher_vnd=10_000,
        raw_state="22/13",
    )
    assert "2099" not in repr(order)


def test_a_return_without_the_assumed_field_is_a_whole_one() -> None:
    wire = sample("order")
    del wire["sku_details"][0]["returned_quantity"]
    assert order_from_wire(wire).lines[0].returned_packs == 2


@pytest.mark.parametrize(
    ("status", "delivery", "state"),
    [
        (2, 9, OrderState.NEW),
        (3, 2, OrderState.CONFIRMED),
        (6, 5, OrderState.SHIPPED),
        (7, 6, OrderState.DELIVERED),
        (8, 6, OrderState.DELIVERED),
        (10, 6, OrderState.DELIVERED),
        (13, 9, OrderState.CANCELLED),
        (13, 8, OrderState.REFUSED),
        (13, 10, OrderState.REFUSED),
        ("13", "10.0", OrderState.REFUSED),
        (21, 12, OrderState.DELIVERED),
        (22, 13, OrderState.RETURNED),
        (11, 9, OrderState.NEW),
        (23, 9, OrderState.NEW),
        (4, 9, OrderState.UNKNOWN),
        (99, 9, OrderState.UNKNOWN),
        (None, None, OrderState.UNKNOWN),
        ("mới", 9, OrderState.UNKNOWN),
        ({}, [], OrderState.UNKNOWN),
    ],
)
def test_each_status_has_its_state_and_an_unknown_one_is_no_error(
    status: Any, delivery: Any, state: OrderState
) -> None:
    wire = sample("order")
    wire["sales_order"].update(order_status=status, delivery_status=delivery)
    assert order_from_wire(wire).state is state


@pytest.mark.parametrize(
    ("status", "available", "state"),
    [
        (0, True, RemoteState.OFF),
        (1, True, RemoteState.PENDING),
        (2, True, RemoteState.LIVE),
        (2, "1", RemoteState.LIVE),
        (2, False, RemoteState.OFF),
        (3, True, RemoteState.REJECTED),
        (4, True, RemoteState.LOCKED),
        (5, True, RemoteState.DELETED),
        (6, True, RemoteState.UNKNOWN),
        (None, True, RemoteState.UNKNOWN),
    ],
)
def test_each_product_status_has_its_state(status: Any, available: Any, state: RemoteState) -> None:
    row = {**sample("product_row"), "status": status, "stock": available}
    assert product_from_wire(row).state is state


def test_the_same_goods_twice_in_one_order_are_two_lines() -> None:
    wire = sample("order")
    wire["sku_details"] *= 2
    assert [line.line_id for line in order_from_wire(wire).lines] == ["90000001", "90000001#2"]


def test_a_variants_line_is_told_apart_by_its_hash() -> None:
    wire = sample("order")
    wire["sku_details"][0].update(sku="HG-CAM-5KG-TO", attribute_hash="602_25212")
    (line,) = order_from_wire(wire).lines
    assert (line.line_id, line.sku) == ("90000001:602_25212", "HG-CAM-5KG-TO")


@pytest.mark.parametrize("value", [150000, 150000.0, "150000", "150000.0", 149999.6])
def test_a_number_is_read_in_all_its_forms(value: Any) -> None:
    assert whole(value) == 150_000


@pytest.mark.parametrize("value", [None, ""])
def test_null_and_an_empty_text_are_no_number(value: Any) -> None:
    assert whole(value) is None


@pytest.mark.parametrize("value", ["x", [], {}, True, "nan", "inf", 1e300, float("nan")])
def test_what_is_no_number_says_so(value: Any) -> None:
    with pytest.raises(Unreadable):
        number(value)


def test_both_readings_of_a_time_stamp() -> None:
    assert moment(1639900000, "x") == datetime(2021, 12, 19, 7, 46, 40, tzinfo=UTC)
    assert moment("1639900000.0", "x", local_as_utc=True) == datetime(2021, 12, 19, 0, 46, 40, tzinfo=UTC)
    assert moment(0, "x") is None


@pytest.mark.parametrize(
    ("value", "read"), [(True, True), (1, True), ("true", True), (0, False), (None, False)]
)
def test_switches_are_read_in_all_their_forms(value: Any, read: bool) -> None:
    assert truth(value) is read


def test_the_description_is_dressed_paragraph_by_paragraph() -> None:
    offer = an_offer(description="  Cam <ngon> & ngọt\r\nvỏ mỏng\n\n\n\nGiao \x00 nhanh ")
    assert wording(offer).description == "<p>Cam &lt;ngon&gt; &amp; ngọt<br>vỏ mỏng</p><p>Giao  nhanh</p>"


def test_text_leaves_us_in_one_spelling() -> None:
    spelled_apart = "Ca\u0301m"
    assert to_wire(an_offer(title=f" {spelled_apart}  sành "))["name"] == "Cám sành"


@given(st.integers(0, 10**6))
def test_a_stock_row_says_available_only_with_stock_and_names_no_price(packs: int) -> None:
    row = stock_row(PriceAndStock("90000001", "A", 150_000, packs))
    assert row == {
        "id": 90000001,
        "field_mask": ["quantity", "stock_availability"],
        "stock_quantity": packs,
        "stock_availability": packs > 0,
    }


def test_a_promotion_lasts_from_the_first_second_to_the_last_in_vietnam() -> None:
    deal = Promotion(120_000, date(2021, 12, 21), date(2021, 12, 25))
    body = to_wire(an_offer(promotion=deal))
    assert (body["is_promotion"], body["special_price"]) == (True, 120_000)
    assert body["promotion_from_date"] == "2021-12-21T00:00:00+07:00"
    assert body["promotion_to_date"] == "2021-12-25T23:59:59+07:00"


@given(
    st.integers(1, 10**9),
    st.dates(date(2000, 1, 1), date(2099, 1, 1)),
    st.integers(0, 400),
)
def test_a_promotion_comes_back_as_it_was_sent(price: int, first: date, days: int) -> None:
    deal = Promotion(price, first, first + timedelta(days=days))
    body = to_wire(an_offer(promotion=deal))
    first_at, last_at = (
        promotion_moment(body["promotion_from_date"]),
        promotion_moment(body["promotion_to_date"], last=True),
    )
    assert first_at is not None
    assert last_at is not None
    detail = {
        "special_price": float(price),
        "promotion_from_date_timestamp": first_at.timestamp(),
        "promotion_to_date_timestamp": str(int(last_at.timestamp())),
    }
    assert promotion_from_wire(detail) == deal


@pytest.mark.parametrize(
    ("written", "last", "read"),
    [
        ("2021-12-25", False, "2021-12-25T00:00:00+07:00"),
        ("2021-12-25", True, "2021-12-25T23:59:59+07:00"),
        ("2021-12-25T10:00:00", True, "2021-12-25T10:00:00+07:00"),
        ("2021-12-25T10:00:00Z", True, "2021-12-25T10:00:00+00:00"),
        ("ngày mai", True, None),
        ("", False, None),
        (None, False, None),
        (20211225, True, None),
    ],
)
def test_days_of_a_promotion_are_vietnamese(written: Any, last: bool, read: str | None) -> None:
    at = promotion_moment(written, last=last)
    assert (at.isoformat() if at else None) == read


def test_of_a_product_with_variants_the_lowest_price_and_all_packs_are_told() -> None:
    variants = [
        {"variant_sku": "TO", "variant_price": 90_000, "variant_quantity": 3},
        {"variant_sku": "NHO", "variant_price": "70000.0", "variant_quantity": "4"},
    ]
    told = product_from_wire({"id": 1, "sku": "CAM", "price": 99_000, "status": 2, "variants": variants})
    assert (told.price_vnd, told.packs, told.state) == (70_000, 7, RemoteState.LIVE)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
HEAD = sorted(sample("order")["sales_order"])
LINE = sorted(sample("order")["sku_details"][0])


@given(st.sampled_from(HEAD + LINE), json_values)
def test_any_damage_to_an_order_is_read_or_parked_never_raised(key: str, value: Any) -> None:
    wire = sample("order")
    (wire["sales_order"] if key in HEAD else wire["sku_details"][0])[key] = value
    order_or_unread(wire, local_as_utc=False)


@given(st.dictionaries(st.sampled_from(["sales_order", "sku_details"]), json_values))
def test_any_shape_of_an_order_is_read_or_parked_never_raised(wire: dict[str, Any]) -> None:
    order_or_unread(wire, local_as_utc=True)


@given(
    st.datetimes(datetime(2021, 1, 1), datetime(2022, 1, 1)),  # noqa: DTZ001 - hypothesis adds the zone below
    st.integers(0, 40 * 24),
)
def test_order_windows_cover_every_day_once_and_none_is_too_wide(naive: datetime, hours: int) -> None:
    since = naive.replace(tzinfo=UTC)
    until = datetime.fromtimestamp(since.timestamp() + hours * 3600, UTC)
    *by_status, by_order = order_windows(since, until)
    read = [
        tuple(datetime.strptime(body[name], "%Y/%m/%d").date() for name in names)  # noqa: DTZ007 - days
        for body, names in [
            *[(body, ("order_status_date_from", "order_status_date_to")) for body in by_status],
            (by_order, ("order_date_from", "order_date_to")),
        ]
    ]
    windows, whole_window = read[:-1], read[-1]
    assert all((last - first).days <= 2 for first, last in windows)
    assert all((later[0] - earlier[1]).days == 1 for earlier, later in pairwise(windows))
    assert (windows[0][0], windows[-1][1]) == whole_window


def test_only_what_sendo_needs_leaves_us() -> None:
    """R-73: no field of the body names a person."""
    body = to_wire(replace(an_offer(), attributes={}))
    assert not {"seller", "household", "phone", "address", "owner"} & set(body)
