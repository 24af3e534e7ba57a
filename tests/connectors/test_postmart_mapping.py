"""Translation is pure; samples of both sides lie beside it."""

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import connectors.postmart
from connectors.kit.figures import Unreadable
from connectors.kit.protocol import OrderState, RemoteLine, RemoteOrder, RemoteProduct, RemoteState
from connectors.postmart.changes import changes
from connectors.postmart.mapping import (
    content_correction,
    creation,
    information,
    picture_tag,
    product_from_wire,
    wording,
)
from connectors.postmart.order_mapping import moment, order_from_wire
from connectors.postmart.reading import (
    case,
    months_before,
    order_or_unread,
    order_windows,
    products,
    results,
    windows,
)
from connectors.postmart.refusals import refused
from tests.connectors.postmart import JPEG, an_offer

SAMPLES = Path(connectors.postmart.__file__).parent / "samples"


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))


def product_row(**change: Any) -> dict[str, Any]:
    (row,) = results(sample("product"))
    return {**row, **change}


def waiting(affair: str, **told: Any) -> dict[str, Any]:
    return {"caseId": f"CASE{affair}", "affairType": affair, "informationProduct": told}


def test_an_offer_becomes_the_body_postmart_knows() -> None:
    offer = an_offer(attributes={"PROP0101": "Hà Giang", "ocopStar": "4", "ocopCertificate": "QĐ 2099/2021"})
    assert creation("T000180585", information(offer, [b"\xff\xd8\xff\xe0"])) == sample("product_create")


def test_the_weight_is_a_text_and_what_is_empty_is_null() -> None:
    body = information(an_offer(attributes={"ocopStar": "0", "ocopCertificate": " "}), [])
    assert (body["weight"], body["ocopStar"], body["ocopCertificate"], body["props"]) == (
        "5300",
        None,
        None,
        None,
    )
    assert "" not in body.values()


def test_text_leaves_us_in_one_spelling_with_its_paragraphs() -> None:
    offer = an_offer(title=" Ca\u0301m  sành ", description="  Ngon\r\nngọt\n\n\n\n Giao \x00 nhanh ")
    assert wording(offer).title == "Cám sành"
    assert wording(offer).description == "Ngon\nngọt\n\nGiao  nhanh"


def test_a_correction_speaks_pascal_case() -> None:
    prop = {"code": "mat-ong", "propValue": "PROP0103:Hoa rừng: thật"}
    body = content_correction("700000001", {"productName": "Cam", "props": [prop]})
    assert body == {
        "OriginalId": "700000001",
        "SourceCode": "MYVNP",
        "AffairType": "02",
        "Product": {
            "ProductName": "Cam",
            "Props": [{"PropCode": "PROP0103", "PropValue": "Hoa rừng: thật"}],
        },
    }


def test_a_record_is_read_in_every_number_form_and_what_is_new_in_it_is_ignored() -> None:
    assert product_from_wire(product_row()) == RemoteProduct(
        remote_id="700000001",
        sku="HG-CAM-5KG",
        title="Cam sành Hà Giang thùng 5 kg",
        price_vnd=150_000,
        packs=40,
        state=RemoteState.LIVE,
        url="https://postmart.vn/p/x-1.html",
        raw_state="2",
    )


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"status": "0"}, RemoteState.DRAFT),
        ({"status": "1"}, RemoteState.PENDING),
        ({"status": 2}, RemoteState.LIVE),
        ({"status": "3"}, RemoteState.REJECTED),
        ({"status": "4"}, RemoteState.OFF),
        ({"status": "7"}, RemoteState.LOCKED),
        ({"status": "9"}, RemoteState.OFF),
        ({"status": "8"}, RemoteState.UNKNOWN),
        ({"status": None}, RemoteState.UNKNOWN),
        ({"status": {}}, RemoteState.UNKNOWN),
        ({"status": "9", "waitingCases": [waiting("02")]}, RemoteState.PENDING),
        ({"status": "2", "quantity": 0, "waitingCases": [waiting("05")]}, RemoteState.OFF),
        ({"status": "2", "quantity": 3, "waitingCases": [waiting("05")]}, RemoteState.LIVE),
    ],
)
def test_each_status_of_a_product_has_its_state(change: dict[str, Any], state: RemoteState) -> None:
    assert product_from_wire(product_row(**change)).state is state


@pytest.mark.parametrize("shape", [lambda r: [{"results": [r]}], lambda r: {"results": [r]}, lambda r: [r]])
def test_records_are_found_in_every_wrapping(shape: Any) -> None:
    assert results(shape({"originalId": "1"})) == [{"originalId": "1"}]


def test_a_case_is_read_with_large_and_small_first_letters() -> None:
    large = case({"Type": "01", "Message": "Không duyệt", "Note": "Ảnh mờ", "CaseId": "CASE1"})
    assert large == case({"type": "01", "message": "Không duyệt", "note": "Ảnh mờ", "caseId": "CASE1"})
    assert (large.type, large.case_id, large.said) == ("01", "CASE1", "Ảnh mờ")


def test_of_two_products_with_one_code_the_first_created_counts() -> None:
    older = product_row(originalId="700000009", createdDate="2021-12-19T09:00:00")
    assert [one.remote_id for one in products([product_row(), older])] == ["700000009"]


# --- what differs


def wanted(**change: Any) -> dict[str, Any]:
    return information(an_offer(**change), [JPEG])


TAGS = [picture_tag(JPEG)]


def there(**change: Any) -> dict[str, Any]:
    return product_row(images=[{"imageUrl": "x", "eTag": TAGS[0]}], **change)


def test_what_is_the_same_is_not_sent() -> None:
    plan = changes(there(), wanted(), TAGS)
    assert (dict(plan.content), plan.price, plan.stock, plan.waiting) == ({}, None, None, ())


@pytest.mark.parametrize(
    ("change", "content", "price", "stock"),
    [
        ({"title": "Cam mới"}, {"productName"}, None, None),
        ({"price_vnd": 160_000}, set(), 160_000, None),
        ({"packs": 7}, set(), None, 7),
        ({"packs": 0}, set(), None, 0),
        ({"gross_grams": 5_400, "unit": "box"}, {"weight", "unit"}, None, None),
        ({"attributes": {"PROP0101": "Vị Xuyên"}}, {"props"}, None, None),
        ({"attributes": {}}, {"props"}, None, None),
        ({"attributes": {"PROP0101": "Hà Giang", "ocopStar": "3"}}, {"ocopStar"}, None, None),
    ],
)
def test_only_what_differs_is_sent(
    change: dict[str, Any], content: set[str], price: int | None, stock: int | None
) -> None:
    plan = changes(there(), wanted(**change), TAGS)
    assert (set(plan.content), plan.price, plan.stock) == (content, price, stock)


def test_another_picture_is_sent() -> None:
    assert set(changes(there(), wanted(), [picture_tag(b"other")]).content) == {"images"}


def test_a_waiting_case_that_says_the_same_is_kept_and_its_ticket_told() -> None:
    cases = [waiting("02", productName="Cam mới"), waiting("03", price=160_000)]
    plan = changes(there(waitingCases=cases), wanted(title="Cam mới", price_vnd=160_000), TAGS)
    assert (dict(plan.content), plan.price, plan.waiting) == ({}, None, ("CASE02", "CASE03"))


def test_going_back_to_what_is_there_takes_back_what_waits() -> None:
    cases = [waiting("02", productName="Cam mới"), waiting("03", price=160_000)]
    plan = changes(there(waitingCases=cases), wanted(), TAGS)
    assert (set(plan.content), plan.price, plan.waiting) == ({"productName"}, 150_000, ())


def test_a_case_that_replaces_another_says_all_that_differs_from_what_is_there() -> None:
    cases = [waiting("02", productName="Cam mới")]
    plan = changes(there(waitingCases=cases), wanted(title="Cam mới", unit="box"), TAGS)
    assert set(plan.content) == {"productName", "unit"}


@pytest.mark.parametrize("change", [{"status": "9"}, {"status": "4"}, {"waitingCases": [waiting("05")]}])
def test_bringing_back_needs_a_correction_though_nothing_differs(change: dict[str, Any]) -> None:
    assert set(changes(there(**change), wanted(), TAGS).content) == {"productName"}


# --- orders


def test_an_order_is_read_without_its_buyer() -> None:
    order = order_from_wire(sample("order"))
    assert order == RemoteOrder(
        order_no="PM000000001VN",
        state=OrderState.RETURNED,
        lines=(RemoteLine("1-1", "HG-CAM-5KG", 3, 150_000, returned_packs=1),),
        placed_at=datetime(2021, 12, 19, 7, 46, 40, tzinfo=UTC),
        updated_at=datetime(2021, 12, 23, 22, 53, 20, tzinfo=UTC),
        delivered_at=datetime(2021, 12, 22, 19, 6, 40, tzinfo=UTC),
        returned_at=datetime(2021, 12, 23, 22, 53, 20, tzinfo=UTC),
        shipping_vnd=22_000,
        voucher_vnd=10_000,
        raw_state="20",
    )
    assert "2099" not in repr(order)


@pytest.mark.parametrize(
    ("status", "delivered", "state"),
    [
        (0, False, OrderState.UNKNOWN),
        (1, False, OrderState.NEW),
        (2, False, OrderState.CONFIRMED),
        ("3", False, OrderState.NEW),
        (4, False, OrderState.CONFIRMED),
        (5, False, OrderState.CONFIRMED),
        (6, False, OrderState.SHIPPED),
        (7, False, OrderState.SHIPPED),
        (8, False, OrderState.CONFIRMED),
        (9, False, OrderState.CANCELLED),
        (10, False, OrderState.SHIPPED),
        (12, False, OrderState.SHIPPED),
        (13, False, OrderState.SHIPPED),
        (14, True, OrderState.DELIVERED),
        (15, False, OrderState.SHIPPED),
        (17, False, OrderState.SHIPPED),
        (17, True, OrderState.DELIVERED),
        (19, False, OrderState.REFUSED),
        (19, True, OrderState.RETURNED),
        (20, True, OrderState.RETURNED),
        (21, True, OrderState.DELIVERED),
        (22, False, OrderState.CANCELLED),
        (23, True, OrderState.DELIVERED),
        (23, False, OrderState.DELIVERED),
        (24, False, OrderState.SHIPPED),
        (28, True, OrderState.DELIVERED),
        (28, False, OrderState.UNKNOWN),
        (29, False, OrderState.CANCELLED),
        (70, False, OrderState.UNKNOWN),
        (None, False, OrderState.UNKNOWN),
        ({}, True, OrderState.UNKNOWN),
    ],
)
def test_each_status_of_an_order_has_its_state(status: Any, delivered: bool, state: OrderState) -> None:
    wire = {**sample("order"), "status": status}
    wire["deliveredDate"] = wire["deliveredDate"] if delivered else None
    assert order_from_wire(wire).state is state


@pytest.mark.parametrize(
    ("status", "row", "returned"),
    [
        (19, {"returnedQuantity": None}, 3),
        (19, {"returnedQuantity": 2}, 2),
        (20, {"returnedQuantity": 2}, 2),
        (14, {"returnedQuantity": 0}, 0),
    ],
)
def test_what_came_back_is_told_by_the_rows(status: int, row: dict[str, Any], returned: int) -> None:
    wire = {**sample("order"), "status": status}
    wire["orderDetails"][0].update(row)
    assert order_from_wire(wire).lines[0].returned_packs == returned


@pytest.mark.parametrize(
    ("status", "told", "taken"),
    [(23, 1, 1), (23, 0, 0), (14, 3, None), (14, None, None), (20, 2, 2), (24, 1, 1), (12, 0, None)],
)
def test_what_the_buyer_took_is_told_when_it_is_not_all(
    status: int, told: int | None, taken: int | None
) -> None:
    wire = {**sample("order"), "status": status}
    wire["orderDetails"][0].update(deliveredQuantity=told, returnedQuantity=1)
    assert order_from_wire(wire).lines[0].delivered_packs == taken


@pytest.mark.parametrize(
    ("status", "missing"), [(20, "returnedQuantity"), (23, "deliveredQuantity"), (14, "quantity")]
)
def test_an_order_that_came_back_in_part_without_saying_how_much_is_parked(status: int, missing: str) -> None:
    wire = {**sample("order"), "status": status}
    del wire["orderDetails"][0][missing]
    parked = order_or_unread(wire)
    assert (parked.order_no, getattr(parked, "code", None)) == ("PM000000001VN", f"unreadable_{missing}")
    for private in ("2099", "0912", "Đường Thử"):
        assert private not in parked.raw  # type: ignore[union-attr]  # it is parked, as asserted


def test_the_same_goods_twice_in_one_order_are_two_lines() -> None:
    wire = sample("order")
    wire["orderDetails"] *= 2
    assert [line.line_id for line in order_from_wire(wire).lines] == ["1-1", "1-1#2"]


@pytest.mark.parametrize(
    "text",
    [
        "19/12/2021 14:46:40",
        "19-12-2021 14:46:40",
        "2021-12-19T14:46:40",
        "2021-12-19T14:46:40+07:00",
        "2021-12-19T07:46:40Z",
    ],
)
def test_dates_are_read_in_all_their_forms(text: str) -> None:
    assert moment(text, "x") == datetime(2021, 12, 19, 7, 46, 40, tzinfo=UTC)


@pytest.mark.parametrize("value", ["hôm qua", 5, [], "32/12/2021 00:00:00", "0001-01-01T00:00:00"])
def test_what_is_no_date_says_so(value: Any) -> None:
    with pytest.raises(Unreadable):
        moment(value, "x")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
HEAD = sorted(sample("order"))
LINE = sorted(sample("order")["orderDetails"][0])


@given(st.sampled_from(HEAD + LINE), json_values)
def test_any_damage_to_an_order_is_read_or_parked_never_raised(key: str, value: Any) -> None:
    wire = sample("order")
    (wire if key in HEAD else wire["orderDetails"][0])[key] = value
    order_or_unread(wire)


@given(st.sampled_from(sorted(product_row())), json_values)
def test_any_damage_to_a_product_is_read_or_logged_never_raised(key: str, value: Any) -> None:
    assert len(products([product_row(), product_row(**{key: value})])) in (1, 2)


@given(st.sampled_from(sorted(product_row())), json_values)
def test_any_damage_to_a_product_still_gives_a_plan(key: str, value: Any) -> None:
    changes(there() | {key: value}, wanted(), TAGS)


@given(st.dates(date(2020, 1, 1), date(2022, 1, 1)), st.integers(0, 200))
def test_windows_cover_every_day_once_and_none_is_too_wide(first: date, length: int) -> None:
    last = first + timedelta(days=length)
    read = [
        tuple(datetime.strptime(query[name], "%d-%m-%Y").date() for name in query)  # noqa: DTZ007 - days
        for query in windows(first, last)
    ]
    assert all(0 <= (end - start).days <= 30 for start, end in read)
    assert all((later[0] - earlier[1]).days == 1 for earlier, later in pairwise(read))
    assert (read[0][0], read[-1][1]) == (first, last)


def test_days_are_vietnamese() -> None:
    late = datetime(2021, 12, 19, 17, 30, tzinfo=UTC)
    assert list(order_windows(late, late)) == [{"lastUpdateFrom": "20-12-2021", "lastUpdateTo": "20-12-2021"}]


@pytest.mark.parametrize(
    ("on", "months", "first"),
    [
        (date(2021, 12, 20), 13, date(2020, 11, 1)),
        (date(2021, 1, 31), 1, date(2020, 12, 1)),
        (date(2021, 1, 31), 0, date(2021, 1, 1)),
    ],
)
def test_months_are_counted_back(on: date, months: int, first: date) -> None:
    assert months_before(on, months) == first


def test_a_refusal_names_our_fields() -> None:
    refusal = refused("productName: Tên dài | Weight: Sai | khác")
    assert getattr(refusal, "fields", None) == {"title": "Tên dài", "gross_grams": "Sai"}
    assert refusal.code == "refused_title"


def test_only_what_postmart_needs_leaves_us() -> None:
    """R-73: no field of the body names a person."""
    body = information(replace(an_offer(), attributes={}), [JPEG])
    assert not [name for name in body if re.search("seller|household|phone|address|owner", name, re.I)]
