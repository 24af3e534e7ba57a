"""The documented MyVNPost parcel routes on the same mock, as real clients speak them."""

from base64 import b64decode
from typing import Any

import pytest

from tests.connectors.postmart import SKU, Postmart, an_offer, opened
from tests.connectors.test_postmart_contract import Call, caller

INFORMATION: dict[str, Any] = {
    "senderName": "Hợp tác xã Thử 2099",
    "senderPhone": "0912099099",
    "senderAddress": "Thôn Thử",
    "senderProvinceCode": "22",
    "senderDistrictCode": "VNPOST",
    "senderCommuneCode": "22001",
    "receiverName": "Nguyễn Thử 2099",
    "receiverPhone": "0912099098",
    "receiverAddress": "Số 2099 Đường Thử",
    "receiverProvinceCode": "10",
    "receiverDistrictCode": "VNPOST",
    "receiverCommuneCode": None,
    "saleOrderCode": "DON-1",
    "serviceCode": None,
    "contentNote": "Cam",
    "weight": "5300",
    "addonService": [{"code": "GTG021", "propValue": "PROP0018:150000"}],
}
ORDER: dict[str, Any] = {
    "orderCreationStatus": 1,
    "type": "GUI",
    "customerCode": "T000180585",
    "contractCode": None,
    "informationOrder": INFORMATION,
}
PARCEL = {"type": "1", "code": "EB000000001VN"}


@pytest.fixture
def postmart() -> Any:
    with opened() as shop:
        yield shop


@pytest.fixture
def call(postmart: Postmart) -> Call:
    return caller(postmart)


def found(call: Call, **query: str) -> dict[str, Any]:
    (nested,) = call("GET", "/getOrder", **query).json()
    (row,) = nested["results"]
    return dict(row)


def test_a_parcel_is_created_as_a_bare_record(call: Call) -> None:
    record = call("POST", "/CreateOrder", ORDER).json()
    assert (record["orderHdrID"], record["itemCode"], record["status"]) == (1, "EB000000001VN", 1)
    assert record["weight"] == "5300"
    for kind, code in (("1", "EB000000001VN"), ("2", "DON-1"), ("3", "8000000001")):
        assert found(call, type=kind, code=code)["itemCode"] == "EB000000001VN"


def test_or_wrapped_where_that_is_switched_on() -> None:
    with opened(wrap_created=True) as postmart:
        record = caller(postmart)("POST", "/CreateOrder", ORDER).json()
        assert record["data"]["itemCode"] == "EB000000001VN"


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"orderCreationStatus": 2}, "orderCreationStatus"),
        ({"type": "NHAN"}, "type"),
        ({"customerCode": "X"}, "customerCode"),
        ({"contractCode": ""}, "contractCode"),
        ({"informationOrder": None}, "informationOrder"),
        ({"informationOrder": {**INFORMATION, "weight": 5300}}, "weight"),
        ({"informationOrder": {**INFORMATION, "receiverName": " "}}, "receiverName"),
        ({"informationOrder": {**INFORMATION, "serviceCode": ""}}, "serviceCode"),
        ({"informationOrder": {**INFORMATION, "addonService": [{"code": "GTG021"}]}}, "propValue"),
        ({"informationOrder": {**INFORMATION, "addonService": 5}}, "addonService"),
    ],
)
def test_a_bad_field_of_a_parcel_is_named(
    change: dict[str, Any], name: str, call: Call, postmart: Postmart
) -> None:
    answer = call("POST", "/CreateOrder", {**ORDER, **change})
    assert answer.status_code == 400
    assert answer.json()["errorMessage"].startswith(f"{name}: ")
    assert postmart.mock.parcels == {}


def test_a_draft_becomes_a_parcel_or_goes(call: Call, postmart: Postmart) -> None:
    call("POST", "/CreateOrder", {**ORDER, "orderCreationStatus": 0})
    assert call("GET", "/createOrderByDraft", **PARCEL).json()["status"] == 1
    assert call("GET", "/createOrderByDraft", **PARCEL).status_code == 400
    assert call("GET", "/deleteOrderByDraft", **PARCEL).status_code == 400
    call("POST", "/CreateOrder", {**ORDER, "orderCreationStatus": 0})
    gone = call("GET", "/deleteOrderByDraft", type="3", code="8000000002").json()
    assert (gone["success"], list(postmart.mock.parcels)) == (True, ["8000000001"])


def test_a_correction_happens_when_its_case_is_asked_about(call: Call) -> None:
    call("POST", "/CreateOrder", ORDER)
    body = {
        "OriginalId": "8000000001",
        "SourceCode": "MYVNP",
        "AffairType": "02",
        "Receiver": {"Name": "Trần Thử 2099"},
        "Package": {"Weight": "6000"},
        "Addons": [],
    }
    told = call("POST", "/orderCorrection", body).json()
    assert told["Type"] == "02"
    assert found(call, **PARCEL)["receiverName"] == "Nguyễn Thử 2099"
    query = {"OriginalId": "8000000001", "CaseId": told["CaseId"]}
    (case,) = call("GET", "/orderCorrection/updateCase", **query).json()
    assert (case["Type"], set(case)) == ("00", {"Type", "Message", "Note", "OriginalId", "CaseId"})
    row = found(call, **PARCEL)
    assert (row["receiverName"], row["weight"]) == ("Trần Thử 2099", "6000")


@pytest.mark.parametrize(
    "change",
    [
        {"AffairType": "03"},
        {"Receiver": 5},
        {"Receiver": {"Name": ""}},
        {"Receiver": {}},
        {"OriginalId": "1"},
    ],
)
def test_a_bad_correction_of_a_parcel_opens_no_case(
    change: dict[str, Any], call: Call, postmart: Postmart
) -> None:
    call("POST", "/CreateOrder", ORDER)
    body = {"OriginalId": "8000000001", "AffairType": "02", "Receiver": {"Name": "A"}, **change}
    answer = call("POST", "/orderCorrection", body)
    assert (answer.status_code, list(answer.json()), postmart.mock.cases) == (400, ["Message"], {})


def test_a_parcel_is_cancelled_until_it_is_collected(call: Call) -> None:
    call("POST", "/CreateOrder", ORDER)
    told = call("POST", "/orderCancel", {"OriginalId": "8000000001"}).json()
    query = {"OriginalId": "8000000001", "CaseId": told["CaseId"]}
    assert call("GET", "/orderCorrection/updateCase", **query).json()[0]["Type"] == "00"
    assert found(call, **PARCEL)["status"] == 22
    assert call("POST", "/orderCancel", {"OriginalId": "8000000001"}).status_code == 400
    history = call("GET", "/GetStatusHistoryOrder", **PARCEL).json()["statusHistory"]
    assert [(row["statusCode"], row["createdDate"]) for row in history] == [
        ("1", "20/12/2021"),
        ("22", "20/12/2021"),
    ]


def test_the_history_of_a_marketplace_order_is_told_too(call: Call, postmart: Postmart) -> None:
    postmart.shop.create(an_offer())
    number = postmart.control("buy", {"sku": SKU, "packs": 1}).json()["order_no"]
    for step in ("confirmed", "shipped", "delivered"):
        postmart.control(f"orders/{number}/advance", {"status": step})
    history = call("GET", "/GetStatusHistoryOrder", type="1", code=number).json()["statusHistory"]
    assert [row["statusCode"] for row in history] == ["3", "2", "12", "14"]
    assert call("GET", "/GetStatusHistoryOrder", type="1", code="X").status_code == 400


def test_fees_of_one_service_or_of_all_in_two_spellings(call: Call) -> None:
    data = {"weight": 2_000, "length": 30, "width": 20, "height": 20, "serviceCode": ""}
    body = {"scope": 1, "customerCode": "T000180585", "contractNumber": None, "data": data}
    slow, fast = call("POST", "/ServicesCharge", body).json()
    assert (slow["mainFee"], slow["vasfee"], slow["totalFee"]) == (30_000.0, 0.0, 32_400.0)
    assert (fast["serviceCode"], fast["vasFee"]) == ("CTN009", 0.0)
    (only,) = call("POST", "/ServicesCharge", {**body, "data": {**data, "serviceCode": "CTN009"}}).json()
    assert only == fast
    (bulky, _) = call("POST", "/ServicesCharge", {**body, "data": {**data, "height": 60}}).json()
    assert bulky["priceWeight"] == 30 * 20 * 60 // 6


@pytest.mark.parametrize(
    "data", [None, {}, {"weight": "2000"}, {"weight": 0}, {"weight": 1, "serviceCode": "X"}]
)
def test_fees_of_nothing_are_refused(data: Any, call: Call) -> None:
    assert call("POST", "/ServicesCharge", {"data": data}).status_code == 400


def test_labels_are_pdfs_in_the_same_order(call: Call, postmart: Postmart) -> None:
    call("POST", "/CreateOrder", ORDER)
    postmart.shop.create(an_offer())
    number = postmart.control("buy", {"sku": SKU, "packs": 1}).json()["order_no"]
    labels = [b64decode(one) for one in call("POST", "/exportListReport", [number, "EB000000001VN"]).json()]
    assert all(label.startswith(b"%PDF-1.4") for label in labels)
    assert [number.encode() in labels[0], b"EB000000001VN" in labels[1]] == [True, True]
    assert call("POST", "/exportListReport", ["EB000000001VN"] * 101).status_code == 400
    assert call("POST", "/exportListReport", ["X"]).status_code == 400
    assert call("POST", "/exportListReport", []).status_code == 400


def test_parcels_are_listed_by_day(call: Call) -> None:
    call("POST", "/CreateOrder", ORDER)
    window = {"lastUpdateFrom": "20-12-2021", "lastUpdateTo": "20-12-2021", "type": "GUI", "size": "500"}
    assert [row["itemCode"] for row in call("GET", "/GetListOrder", **window).json()["results"]] == [
        "EB000000001VN"
    ]


def test_both_address_systems_are_told(call: Call) -> None:
    assert call("GET", "/getAllProvince").json()[1] == {"provinceCode": "20", "provinceName": "Hà Giang"}
    assert {row["provinceCode"] for row in call("GET", "/getAllDistrict").json()} == {"10", "20"}
    assert call("GET", "/getAllCommune").json()[1]["districtCode"] == "2010"
    assert "Hà Giang" not in [row["provinceName"] for row in call("GET", "/getNewProvinceAll").json()]
    new = call("GET", "/getNewCommuneAll").json()
    assert new[1] == {"communeCode": "22001", "communeName": "Xã Vị Xuyên", "districtCode": "22"}
