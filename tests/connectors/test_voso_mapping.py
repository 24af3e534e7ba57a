"""Translation is pure; samples of both sides lie beside it."""

import json
import unicodedata
from contextlib import suppress
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import connectors.voso
from connectors.kit.errors import Misunderstood, Rejected, Unavailable
from connectors.kit.figures import Unreadable
from connectors.kit.http import Answer
from connectors.kit.protocol import (
    OrderState,
    PriceAndStock,
    RemoteLine,
    RemoteOrder,
    RemoteProduct,
    RemoteState,
)
from connectors.voso.dates import day, moment, moment_text
from connectors.voso.mapping import (
    price_row,
    product_from_wire,
    same_content,
    same_figures,
    to_edit,
    to_wire,
    wording,
)
from connectors.voso.orders import order_from_wire
from connectors.voso.reading import expiry, order_or_unread, tree, windows
from connectors.voso.refusals import messages, refusal_of, row_errors
from tests.connectors.voso import SKU, an_offer

SAMPLES = Path(connectors.voso.__file__).parent / "samples"
IMAGE = "0123456789abcdef0123456789abcdef"


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))


def test_an_offer_becomes_the_body_voso_knows() -> None:
    assert to_wire(an_offer(), [IMAGE]) == sample("product_create")


def test_an_edit_names_the_product_and_asks_for_no_unique_code() -> None:
    body = to_edit(to_wire(an_offer(), [IMAGE]), "5000001")
    whole = {"PRODUCT_ID": 5000001, **sample("product_create")}
    assert body == {name: value for name, value in whole.items() if name != "CHECK_UNIQUE"}


def test_a_row_of_the_list_is_read_in_every_number_form() -> None:
    assert product_from_wire(sample("product_row")) == RemoteProduct(
        remote_id="5000001",
        sku=SKU,
        title="Cam sành Hà Giang thùng 5 kg",
        price_vnd=150_000,
        packs=40,
        state=RemoteState.REJECTED,
        url="https://voso.vn/san-pham/5000001",
        reason="Ảnh mờ",
        raw_state="101",
    )


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (-100, RemoteState.DRAFT),
        (100, RemoteState.PENDING),
        (101, RemoteState.REJECTED),
        (107, RemoteState.OFF),
        (200, RemoteState.LIVE),
        ("200", RemoteState.LIVE),
        (202, RemoteState.PENDING),
        (300, RemoteState.OFF),
        (503, RemoteState.LOCKED),
        (777, RemoteState.UNKNOWN),
        (None, RemoteState.UNKNOWN),
        ("đang bán", RemoteState.UNKNOWN),
    ],
)
def test_each_product_status_has_its_state(status: Any, state: RemoteState) -> None:
    read = product_from_wire({**sample("product_row"), "PRODUCT_STATUS": status})
    assert (read.state, read.raw_state) == (state, str(status))
    assert read.packs == (0 if state is RemoteState.OFF else 40)


def test_a_row_without_a_number_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        product_from_wire({"PRODUCT_CODE": "A"})


def test_an_order_is_read_without_its_buyer() -> None:
    order = order_from_wire(sample("order"))
    assert order == RemoteOrder(
        order_no="VS10000001",
        state=OrderState.RETURNED,
        lines=(RemoteLine("5000001", SKU, 2, 150_000, returned_packs=1),),
        placed_at=datetime(2021, 12, 20, 2, 0, tzinfo=UTC),
        updated_at=datetime(2021, 12, 26, 8, 30, tzinfo=UTC),
        delivered_at=datetime(2021, 12, 23, 1, 15, tzinfo=UTC),
        returned_at=datetime(2021, 12, 26, 8, 30, tzinfo=UTC),
        shipping_vnd=25_000,
        voucher_vnd=10_000,
        raw_state="504",
    )
    assert "2099" not in repr(order)


PUBLISHED = {
    OrderState.NEW: [10],
    OrderState.CONFIRMED: [11, 12, -100, 100, 102, 103, 104],
    OrderState.SHIPPED: [
        -108, -109, -110, 105, 106, 200, 202, 300, 301, 302, 303, 320, 400, 401, 402, 403, 500, 505, 506, 507,
        508, 509, 510, 550, 570,
    ],
    OrderState.DELIVERED: [501],
    OrderState.REFUSED: [502, 503, 504, 515],
    OrderState.CANCELLED: [13, 101, 107, 201],
    OrderState.UNKNOWN: [0, 14, 999, None, "mới", {}, []],
}  # fmt: skip


@pytest.mark.parametrize(
    ("status", "state"), [(status, state) for state, codes in PUBLISHED.items() for status in codes]
)
def test_each_published_code_has_its_state_and_an_unknown_one_is_no_error(
    status: Any, state: OrderState
) -> None:
    wire = {**sample("order"), "ORDER_STATUS": status, "LIST_STATUS": None}
    read = order_from_wire(wire)
    assert read.state is state
    changed = datetime(2021, 12, 26, 8, 30, tzinfo=UTC)
    assert read.closed_at == (changed if state in (OrderState.REFUSED, OrderState.CANCELLED) else None)
    assert read.delivered_at == (changed if state is OrderState.DELIVERED else None)


def test_a_new_order_says_until_when_it_must_be_confirmed() -> None:
    wire = {**sample("order"), "ORDER_STATUS": 10, "LIST_STATUS": []}
    assert order_from_wire(wire).confirm_by == datetime(2021, 12, 21, 2, 0, tzinfo=UTC)
    assert order_from_wire({**wire, "ORDER_STATUS": 11}).confirm_by is None


def test_a_return_without_the_assumed_field_is_a_whole_one() -> None:
    wire = sample("order")
    del wire["LIST_ITEM"][0]["RETURN_QUANTITY"]
    assert order_from_wire(wire).lines[0].returned_packs == 2


def test_the_same_goods_twice_in_one_order_are_two_lines() -> None:
    wire = sample("order")
    wire["LIST_ITEM"] *= 2
    assert [line.line_id for line in order_from_wire(wire).lines] == ["5000001", "5000001#2"]


def test_text_leaves_us_in_one_spelling() -> None:
    offer = an_offer(
        title=" Ca\u0301m  sành ", description="Ca\u0301m\r\nngọt\x00 ", attributes={"XUAT_XU": " Ha\u0300 "}
    )
    body = to_wire(offer, [])
    assert (body["PRODUCT_NAME"], body["PRODUCT_DESCRIPTION"]) == ("Cám sành", "Cám\nngọt")
    assert body["LIST_ATTRIBUTE"] == [{"ATTRIBUTE_CODE": "XUAT_XU", "VALUE": "Hà"}]


@given(st.text(max_size=200))
def test_the_title_shown_is_the_title_sent(title: str) -> None:
    offer = an_offer(title=title)
    sent = to_wire(offer, [])["PRODUCT_NAME"]
    assert sent == wording(offer).title
    assert len(sent.encode()) <= 150
    assert unicodedata.is_normalized("NFC", sent)


DETAIL = {**sample("product_create"), "PRODUCT_ID": 5000001, "PRODUCT_STATUS": 200}


def test_what_is_there_already_is_the_same_in_every_number_form_and_order() -> None:
    told = {**DETAIL, "PRODUCT_WEIGHT": "5300.0", "LIST_ATTRIBUTE": DETAIL["LIST_ATTRIBUTE"][::-1]}
    assert same_content(told, to_wire(an_offer(price_vnd=1, packs=2), [IMAGE]))
    assert same_figures({**told, "PRODUCT_PRICE": "150000"}, an_offer())


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Cam"},
        {"description": "Khác"},
        {"category": "1020"},
        {"gross_grams": 1},
        {"dimensions_cm": (1, 2, 3)},
        {"attributes": {}},
        {"sku": "B"},
    ],
)
def test_any_other_content_is_seen(change: dict[str, Any]) -> None:
    assert not same_content(DETAIL, to_wire(an_offer(**change), [IMAGE]))


def test_other_pictures_price_or_stock_are_seen() -> None:
    assert not same_content(DETAIL, to_wire(an_offer(), ["f" * 32]))
    assert not same_figures(DETAIL, an_offer(price_vnd=150_001))
    assert not same_figures(DETAIL, an_offer(packs=41))
    assert not same_figures({**DETAIL, "PRODUCT_PRICE": {}}, an_offer())
    assert not same_content({**DETAIL, "PRODUCT_WEIGHT": "nặng"}, to_wire(an_offer(), [IMAGE]))


def test_a_price_row_names_the_code() -> None:
    row = price_row(PriceAndStock("5000001", SKU, 150_000, 3))
    assert row == {"PRODUCT_CODE": SKU, "PRODUCT_PRICE": 150_000, "PRODUCT_QUANTITY": 3}


@given(st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)))  # noqa: DTZ001 - hypothesis adds none
def test_a_moment_is_written_and_read_in_vietnamese_time(naive: datetime) -> None:
    at = naive.replace(microsecond=0, tzinfo=UTC)
    assert moment(moment_text(at), "X") == at


@pytest.mark.parametrize("value", ["2021-12-20", "20/12/2021", "31/02/2021 00:00:00", 5, [], "x"])
def test_what_is_no_moment_says_so(value: Any) -> None:
    with pytest.raises(Unreadable):
        moment(value, "X")
    assert moment("", "X") is moment(None, "X") is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
HEAD = sorted(sample("order"))
LINE = sorted(sample("order")["LIST_ITEM"][0])
STEP = sorted(sample("order")["LIST_STATUS"][0])


@given(st.sampled_from(HEAD + LINE + STEP), json_values)
def test_any_damage_to_an_order_is_read_or_parked_never_raised(key: str, value: Any) -> None:
    wire = sample("order")
    for part in (wire, wire["LIST_ITEM"][0], wire["LIST_STATUS"][0]):
        if key in part:
            part[key] = value
            break
    order_or_unread(wire)


@given(st.dictionaries(st.sampled_from(HEAD), json_values))
def test_any_shape_of_an_order_is_read_or_parked_never_raised(wire: dict[str, Any]) -> None:
    order_or_unread(wire)


@given(st.dictionaries(st.sampled_from(sorted({**sample("product_row"), **DETAIL})), json_values))
def test_any_shape_of_a_product_is_read_or_unreadable(wire: dict[str, Any]) -> None:
    with suppress(Unreadable):
        product_from_wire(wire)
    same_content(wire, to_wire(an_offer(), [IMAGE]))


@given(
    st.datetimes(datetime(2021, 1, 1), datetime(2022, 1, 1)),  # noqa: DTZ001 - the zone is added below
    st.integers(0, 120 * 24),
)
def test_order_windows_cover_every_day_once_and_none_is_too_wide(naive: datetime, hours: int) -> None:
    since = naive.replace(tzinfo=UTC)
    until = datetime.fromtimestamp(since.timestamp() + hours * 3600, UTC)
    read = [(day(body["DATE_FROM"]), day(body["DATE_TO"])) for body in windows(since, until)]
    assert all(0 <= (last - first).days <= 30 for first, last in read)
    assert all((later[0] - earlier[1]).days == 1 for earlier, later in pairwise(read))
    assert (f"{read[0][0]:%d/%m/%Y}", f"{read[-1][1]:%d/%m/%Y}") == (
        moment_text(since)[:10],
        moment_text(until)[:10],
    )


def test_parents_come_before_children_whatever_the_order() -> None:
    rows = [
        {"CATEGORY_ID": 3, "CATEGORY_NAME": "C", "PARENT_ID": "2", "IS_LEAF": 1},
        {"CATEGORY_ID": 2, "CATEGORY_NAME": "B", "PARENT_ID": 1, "IS_LEAF": False},
        {"CATEGORY_ID": 1, "CATEGORY_NAME": "A", "PARENT_ID": -1, "IS_LEAF": False},
    ]
    assert [(one.id, one.parent, one.leaf) for one in tree(rows)] == [
        ("1", None, False),
        ("2", "1", False),
        ("3", "2", True),
    ]


@pytest.mark.parametrize(
    ("said", "read"),
    [("Lỗi", ["Lỗi"]), (["A", "B"], ["A", "B"]), (None, []), ("", []), ([1, "A", None], ["A"]), ({}, [])],
)
def test_a_message_is_read_as_text_and_as_list(said: Any, read: list[str]) -> None:
    assert messages({"message": said}) == read


def refused(*said: str, status: int = 400, safe: bool = False) -> Any:
    return refusal_of(Answer(200, {"status": status, "error": True, "message": list(said)}, {}), safe=safe)


@pytest.mark.parametrize(
    ("said", "code", "fields"),
    [
        (["Product already exists on the system"], "duplicate_sku", []),
        (["Product status already exists on the system"], "refused_status", []),
        (["Order status already exists on the system"], "refused_status", []),
        (["Product does not exist"], "gone", []),
        (["Product is locked"], "locked", []),
        (["Order does not exist"], "order_unknown", []),
        (
            ["Incorrect data: PRODUCT_NAME", "Incorrect data: LIST_IMAGE"],
            "refused_title",
            ["title", "pictures"],
        ),
        (["Incorrect data: MONG_DA"], "refused", []),
        (["Một câu chưa ai biết"], "refused", []),
    ],
)
def test_the_house_is_understood_by_its_sentences(said: list[str], code: str, fields: list[str]) -> None:
    error = refused(*said)
    assert isinstance(error, Rejected)
    assert (error.code, list(error.fields)) == (code, fields)
    assert error.sentence % error.facts


def test_a_system_error_of_a_write_is_unclear_and_of_a_read_is_not() -> None:
    for error, unclear in ((refused("System error"), True), (refused("x", status=205, safe=True), False)):
        assert isinstance(error, Unavailable)
        assert (error.code, error.maybe_done) == ("marketplace_busy", unclear)
    assert refused("Too many requests", status=429).code == "rate_limited"
    assert isinstance(refused(), Misunderstood)


def test_rows_nobody_told_about_are_unclear() -> None:
    told = [{"PRODUCT_CODE": "A", "ERROR": False}, {"PRODUCT_CODE": "B", "ERROR": True, "MESSAGE": None}]
    first, second, third = row_errors(told, ["A", "B", "C"])
    assert first is None
    assert isinstance(second, Rejected)
    assert isinstance(third, Unavailable)
    assert (second.code, third.code, third.maybe_done) == ("refused", "unclear_rows", True)
    with pytest.raises(Misunderstood):
        row_errors(None, ["A"])


@pytest.mark.parametrize(
    ("expired", "claims", "year"),
    [(1819553281000, {}, 2027), (0, {"exp": 1819553281}, 2027), (None, {"exp": "x"}, None), ({}, {}, None)],
)
def test_the_end_of_a_token_is_read_where_it_is_told(expired: Any, claims: Any, year: int | None) -> None:
    ends = expiry(expired, claims)
    assert (ends.year if ends else None) == year


def test_only_what_voso_needs_leaves_us() -> None:
    """R-73: no field of the body names a person."""
    body = to_wire(an_offer(), [])
    assert not any(word in name for name in body for word in ("SENDER", "PHONE", "OWNER", "FULLNAME"))
