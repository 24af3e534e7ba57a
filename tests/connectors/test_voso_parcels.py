"""The documented ViettelPost parcel calls, as real clients of the carrier speak them."""

from typing import Any

import pytest
import requests

from tests.connectors.voso import PARCEL, URL, Voso, opened

NEW_ENDS = {
    "SENDER_PROVINCE": 21, "SENDER_DISTRICT": None, "SENDER_WARD": 90211,
    "RECEIVER_PROVINCE": 1, "RECEIVER_DISTRICT": 9001, "RECEIVER_WARD": 90011,
}  # fmt: skip
NLP = {
    "SENDER_ADDRESS": "Thôn Tân Tạo, Vĩnh Hảo, Bắc Quang, Hà Giang",
    "RECEIVER_ADDRESS": "Số 2099 Hàng Bạc, Hoàn Kiếm, Hà Nội",
}
NO_PRICE = "Price does not apply to this itinerary!"
ALREADY = "Order status already exists on the system"


@pytest.fixture
def voso() -> Any:
    with opened() as shop:
        shop.control("webhook", {"url": "https://lensan.example/hooks"})
        yield shop


def call(voso: Voso, method: str, path: str, body: Any = None) -> Any:
    token = next(iter(voso.mock.tokens), None) or voso.mock.log_in(long=True)[0]
    answer = requests.request(method, URL + path, json=body, headers={"Token": token}, timeout=5)
    assert answer.status_code == 200
    return answer.json()


def create(voso: Voso, **changes: Any) -> Any:
    return call(voso, "POST", "/v2/order/createOrder", {**PARCEL, **changes})


def ok(body: Any) -> Any:
    assert (body["status"], body["error"]) == (200, False), body
    return body["data"]


def update(voso: Voso, waybill: str, step: Any) -> Any:
    return call(voso, "POST", "/v2/order/UpdateOrder", {"TYPE": step, "ORDER_NUMBER": waybill, "NOTE": ""})


def test_old_and_new_places_are_listed_without_a_token(voso: Voso) -> None:
    def listed(path: str) -> Any:
        return ok(requests.get(URL + path, timeout=5).json())

    assert listed("/v2/categories/listProvinceById?provinceId=20") == [
        {"PROVINCE_ID": 20, "PROVINCE_CODE": "HGG", "PROVINCE_NAME": "Hà Giang"}
    ]
    assert len(listed("/v2/categories/listProvince")) == len(
        listed("/v2/categories/listProvinceById?provinceId=-1")
    )
    assert [row["DISTRICT_ID"] for row in listed("/v2/categories/listDistrict?provinceId=21")] == [211, 9021]
    assert [row["DISTRICT_VALUE"] for row in listed("/v2/categories/listDistrict?provinceId=21")] == [
        "21A",
        "NEW",
    ]
    assert [row["WARDS_NAME"] for row in listed("/v2/categories/listWards?districtId=202")] == ["Xã Đạo Đức"]
    assert "Hà Giang" not in [row["PROVINCE_NAME"] for row in listed("/v3/categories/listProvinceNew")]
    assert listed("/v3/categories/listWardsNew?provinceId=21") == [
        {"WARDS_ID": 90211, "WARDS_NAME": "Xã Vĩnh Hảo", "PROVINCE_ID": 21}
    ]
    assert listed("/v2/categories/listBuuCucVTP")[0]["TEN_TINH"] == "Hà Giang"
    assert {row["SERVICE_CODE"] for row in listed("/v2/categories/listServiceExtra?serviceCode=VCN")} == {
        "GBP",
        "XMG",
    }
    services = requests.post(f"{URL}/v2/categories/listService", json={"TYPE": 2}, timeout=5).json()
    assert [row["SERVICE_CODE"] for row in ok(services)] == ["VCN", "VTK", "LCOD"]


def test_a_price_of_one_service_of_all_and_for_written_addresses(voso: Voso) -> None:
    one = ok(call(voso, "POST", "/v2/order/getPrice", PARCEL))
    assert one["MONEY_TOTAL_FEE"] == 35_000 + 7 * 2_500
    assert one["MONEY_TOTAL"] == sum(
        one[name] for name in ("MONEY_TOTAL_FEE", "MONEY_FEE", "MONEY_COLLECTION_FEE", "MONEY_VAT")
    )
    everything = call(voso, "POST", "/v2/order/getPriceAll", PARCEL)
    assert [row["MA_DV_CHINH"] for row in everything] == ["VCN", "VTK", "LCOD"]
    assert everything[0]["GIA_CUOC"] == one["MONEY_TOTAL"]
    written = {**PARCEL, **NLP}
    assert ok(call(voso, "POST", "/v2/order/getPriceNlp", written)) == one
    assert call(voso, "POST", "/v2/order/getPriceAllNlp", written) == {**NLP, "RESULT": everything}
    vague = call(voso, "POST", "/v2/order/getPriceAllNlp", {**written, "RECEIVER_ADDRESS": "gần chợ"})
    assert (vague["status"], vague["error"], vague["message"]) == (204, True, NO_PRICE)
    near = ok(
        call(
            voso,
            "POST",
            "/v2/order/getPrice",
            {**PARCEL, "RECEIVER_PROVINCE": 20, "RECEIVER_DISTRICT": 202, "RECEIVER_WARD": 2021},
        )
    )
    assert near["MONEY_TOTAL_FEE"] == 17_500 + 7 * 2_500


def test_a_parcel_gets_a_waybill_its_fees_and_an_event(voso: Voso) -> None:
    data = ok(create(voso))
    assert set(data) == {
        "ORDER_NUMBER", "MONEY_COLLECTION", "EXCHANGE_WEIGHT", "MONEY_TOTAL", "MONEY_TOTAL_FEE", "MONEY_FEE",
        "MONEY_COLLECTION_FEE", "MONEY_OTHER_FEE", "MONEY_VAS", "MONEY_VAT", "KPI_HT", "RECEIVER_PROVINCE",
        "RECEIVER_DISTRICT", "RECEIVER_WARD", "SORT_CODE",
    }  # fmt: skip
    assert (data["MONEY_COLLECTION"], data["EXCHANGE_WEIGHT"], data["KPI_HT"]) == (150_000, 5_300, 48.0)
    (push,) = voso.pushed
    assert (push.body["DATA"]["ORDER_NUMBER"], push.body["DATA"]["ORDER_REFERENCE"]) == (
        data["ORDER_NUMBER"],
        "DON-1",
    )
    assert {"LOCALION_CURRENTLY", "LOCATION_CURRENTLY", "MONEY_COLLECTION_ORIGIN"} <= set(push.body["DATA"])
    assert voso.mock.state()["parcels"] == [
        {
            "waybill": data["ORDER_NUMBER"],
            "order_number": "DON-1",
            "status": -100,
            "changed_at": "2021-12-20T09:00:00+07:00",
        }
    ]


def test_a_number_is_unique_only_when_asked(voso: Voso) -> None:
    ok(create(voso))
    assert create(voso)["message"] == ALREADY
    ok(create(voso, CHECK_UNIQUE=False))
    assert len(voso.mock.parcels.by_waybill) == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"ORDER_NUMBER": ""}, NO_PRICE),
        ({"ORDER_SERVICE": "XXX"}, "Incorrect data: ORDER_SERVICE"),
        ({"ORDER_PAYMENT": 5}, "Incorrect data: ORDER_PAYMENT"),
        ({"PRODUCT_TYPE": "X"}, "Incorrect data: PRODUCT_TYPE"),
        ({"DELIVERY_DATE": "2021-12-20"}, "Incorrect data: DELIVERY_DATE"),
        ({"SENDER_PROVINCE": 99}, "Incorrect data: SENDER_PROVINCE"),
        ({"RECEIVER_DISTRICT": 201}, "Incorrect data: RECEIVER_DISTRICT"),
        ({"RECEIVER_WARD": 2011}, "Incorrect data: RECEIVER_WARD"),
        ({"SENDER_WARD": None, "RECEIVER_WARD": 0}, "Invalid [SENDER_WARD], Invalid [RECEIVER_WARD]"),
        ({"MONEY_COLLECTION": -1}, "Invalid [MONEY_COLLECTION]"),
        ({"GROUPADDRESS_ID": 77}, "Groupaddress is invalid"),
        ({"RECEIVER_ADDRESS": "ế" * 51}, "Incorrect data: RECEIVER_ADDRESS"),
        ({"EXTRA_MONEY": 105_001}, "Incorrect data: EXTRA_MONEY"),
        ({"LIST_ITEM": [{"PRODUCT_WEIGHT": "nặng"}]}, "Incorrect data: PRODUCT_WEIGHT"),
        (
            {"PRODUCT_NAME": "", "RECEIVER_PHONE": 5},
            ["Incorrect data: RECEIVER_PHONE", "Incorrect data: PRODUCT_NAME"],
        ),
        (
            {name: NEW_ENDS[name] for name in NEW_ENDS if name.startswith("SENDER")},
            "RECEIVER with address old or SENDER with address new",
        ),
    ],
)
def test_the_documents_sentences_refuse_a_parcel(change: dict[str, Any], said: Any, voso: Voso) -> None:
    answer = create(voso, **change)
    assert (answer["error"], answer["message"], answer["data"]) == (True, said, None)
    assert voso.mock.parcels.by_waybill == {}


def test_both_ends_may_have_two_levels(voso: Voso) -> None:
    data = ok(create(voso, **NEW_ENDS))
    assert (data["RECEIVER_DISTRICT"], data["RECEIVER_WARD"]) == (9001, 90011)


def test_a_parcel_may_be_told_by_written_addresses(voso: Voso) -> None:
    body = {**PARCEL, **NLP, "PRODUCT_DETAIL": PARCEL["LIST_ITEM"]}
    data = ok(call(voso, "POST", "/v2/order/createOrderNlp", body))
    assert (data["RECEIVER_PROVINCE"], data["RECEIVER_WARD"]) == (1, None)


def test_defaults_of_the_document(voso: Voso) -> None:
    body = {name: value for name, value in PARCEL.items() if not name.startswith(("PRODUCT_", "LIST"))}
    data = ok(call(voso, "POST", "/v2/order/createOrder", {**body, "PRODUCT_NAME": "Cam"}))
    assert (data["EXCHANGE_WEIGHT"], data["MONEY_TOTAL_FEE"]) == (50, 35_000)


def test_a_parcel_travels_by_itself_once_approved_and_can_be_edited_before_200(voso: Voso) -> None:
    waybill = ok(create(voso))["ORDER_NUMBER"]
    voso.time.seconds += 100 * 3600
    assert update(voso, waybill, 6)["message"] == "Incorrect data: TYPE"
    assert voso.mock.parcels.by_waybill[waybill].status == -100
    ok(update(voso, waybill, 1))
    edited = call(
        voso, "POST", "/v2/order/edit", {**PARCEL, "ORDER_NUMBER": waybill, "PRODUCT_WEIGHT": 1_000}
    )
    assert (ok(edited)["ORDER_NUMBER"], ok(edited)["MONEY_TOTAL_FEE"]) == (waybill, 35_000)
    voso.time.seconds += 2 * 3600
    assert update(voso, waybill, 4)["message"] == ALREADY
    voso.time.seconds += 40 * 3600
    late = call(voso, "POST", "/v2/order/edit", {**PARCEL, "ORDER_NUMBER": waybill})
    assert late["message"] == ALREADY
    assert [push.body["DATA"]["ORDER_STATUS"] for push in voso.pushed] == [
        -100,
        100,
        105,
        200,
        300,
        400,
        500,
        501,
    ]
    assert voso.pushed[-1].body["DATA"]["ORDER_STATUSDATE"] == "26/12/2021 03:00:00"


def test_a_parcel_is_cancelled_early_and_then_deleted(voso: Voso) -> None:
    waybill = ok(create(voso))["ORDER_NUMBER"]
    assert update(voso, waybill, 11)["message"] == ALREADY
    ok(update(voso, waybill, 4))
    assert update(voso, waybill, 4)["message"] == ALREADY
    ok(update(voso, waybill, 11))
    assert update(voso, waybill, 1)["message"] == "Order does not exist"
    ok(create(voso))


@pytest.mark.parametrize(("step", "rest"), [(2, [515, 504]), (3, [550, 501])])
def test_a_parcel_nobody_took_returns_or_is_tried_again(step: int, rest: list[int], voso: Voso) -> None:
    waybill = ok(create(voso, RECEIVER_PHONE="0912099505"))["ORDER_NUMBER"]
    ok(update(voso, waybill, 1))
    voso.time.seconds += 60 * 3600
    ok(update(voso, waybill, step))
    voso.time.seconds += 60 * 3600
    call(voso, "GET", "/v2/user/listInventory")
    states = [push.body["DATA"]["ORDER_STATUS"] for push in voso.pushed]
    assert states[-3:] == [505, *rest]


def test_a_code_to_print_with_is_in_the_message(voso: Voso) -> None:
    waybill = ok(create(voso))["ORDER_NUMBER"]
    body = {"EXPIRY_TIME": 1_639_965_600_000 + 1, "ORDER_ARRAY": [waybill]}
    answer = call(voso, "POST", "/v2/order/printing-code", body)
    assert (answer["error"], answer["data"]) == (False, None)
    assert len(answer["message"]) > 20
    for change, said in [
        ({"EXPIRY_TIME": 1_639_965_600_000}, "Incorrect data: EXPIRY_TIME"),
        ({"ORDER_ARRAY": [waybill] * 101}, "Incorrect data: ORDER_ARRAY"),
        ({"ORDER_ARRAY": ["X"]}, "Order does not exist"),
    ]:
        assert call(voso, "POST", "/v2/order/printing-code", {**body, **change})["message"] == said


def test_a_push_is_repeated_when_asked(voso: Voso) -> None:
    waybill = ok(create(voso))["ORDER_NUMBER"]
    ok(call(voso, "GET", f"/v2/order/registerOrderHook?oid={waybill}&mes=x"))
    assert voso.pushed[0].body == voso.pushed[1].body
    assert call(voso, "GET", "/v2/order/registerOrderHook?oid=X")["message"] == "Order does not exist"


def test_pickup_points_are_listed_in_camel_case_and_registered(voso: Voso) -> None:
    (first,) = ok(call(voso, "GET", "/v2/user/listInventory"))
    assert set(first) == {
        "groupaddressId", "cusId", "name", "phone", "address", "provinceId", "districtId", "wardsId",
        "postId", "merchant",
    }  # fmt: skip
    body = {"PHONE": "0912099002", "NAME": "Kho hai", "ADDRESS": "Thôn Thử", "WARDS_ID": 2021}
    both = ok(call(voso, "POST", "/v2/user/registerInventory", body))
    assert [(row["groupaddressId"], row["districtId"]) for row in both] == [(1, 201), (2, 202)]
    ok(create(voso, GROUPADDRESS_ID=2))
    bad = call(voso, "POST", "/v2/user/registerInventory", {**body, "NAME": "", "WARDS_ID": 5})
    assert bad["message"] == ["Incorrect data: NAME", "Incorrect data: WARDS_ID"]
    assert len(voso.mock.inventories) == 2


def test_a_partner_registers_a_customer(voso: Voso) -> None:
    body = {
        "EMAIL": "a@example.vn",
        "PHONE": "0912099003",
        "NAME": "Hộ thử",
        "ADDRESS": "Thôn Thử",
        "WARDS_ID": 2011,
    }
    data = ok(call(voso, "POST", "/v2/user/ownerRegister", body))
    assert (data["phone"], data["token"].count(".")) == ("0912099003", 2)
    refused = call(voso, "POST", "/v2/user/ownerRegister", {**body, "EMAIL": ""})
    assert refused["message"] == "Incorrect data: EMAIL"
