"""The mock against the reference: raw calls of an outside client, strict and quirky where MyVNPost is."""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any

import pytest
import requests

from connectors.postmart.mapping import creation, information
from tests.connectors.postmart import JPEG, SKU, URL, Postmart, an_offer, opened

Call = Callable[..., requests.Response]
TOKEN = "POST /GetAccessToken"


@pytest.fixture
def postmart() -> Any:
    with opened() as shop:
        yield shop


@pytest.fixture
def call(postmart: Postmart) -> Call:
    """One raw call with a fresh token."""
    return caller(postmart)


def caller(postmart: Postmart) -> Call:
    keys = postmart.mock.credentials
    token = requests.post(f"{URL}/GetAccessToken", json=keys, timeout=5).json()["token"]

    def say(method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        more: dict[str, Any] = {"data": body} if isinstance(body, bytes) else {}
        if body is not None and not more:
            more["json"] = body
        headers = {"token": token}
        return requests.request(method, URL + path, headers=headers, params=query, timeout=5, **more)

    return say


def body_of(**change: Any) -> dict[str, Any]:
    return creation("T000180585", {**information(an_offer(), [JPEG]), **change})


@pytest.fixture
def product(call: Call) -> str:
    number: str = call("POST", "/CreateProduct", body_of()).json()["originalId"]
    return number


# --- the token


def test_a_token_sits_at_top_level_and_is_opaque(postmart: Postmart) -> None:
    answer = requests.post(f"{URL}/GetAccessToken", json=postmart.mock.credentials, timeout=5)
    body = answer.json()
    assert (answer.status_code, body["success"], body["errorMessage"]) == (200, True, None)
    assert b64encode(b64decode(body["token"], validate=True)).decode() == body["token"]
    assert "." not in body["token"]


@pytest.mark.parametrize("name", ["username", "password", "customerCode"])
def test_each_key_must_be_right(name: str, postmart: Postmart) -> None:
    keys = {**postmart.mock.credentials, name: "x"}
    answer = requests.post(f"{URL}/GetAccessToken", json=keys, timeout=5)
    assert (answer.status_code, answer.json()["success"], answer.json()["token"]) == (200, False, None)
    assert answer.json()["errorMessage"]


@pytest.mark.parametrize("header", [None, "", "abc", "YWJj"])
def test_without_a_good_token_the_gateway_answers_403_without_json(
    header: str | None, postmart: Postmart
) -> None:
    headers = {} if header is None else {"token": header}
    answer = requests.get(f"{URL}/getAllCategory", headers=headers, timeout=5)
    assert (answer.status_code, answer.headers["Content-Type"]) == (403, "text/html; charset=utf-8")
    with pytest.raises(ValueError):  # noqa: PT011 - requests and the standard library have one each
        answer.json()


def test_a_token_lives_an_hour_and_an_old_one_used_twice_is_a_violation(
    call: Call, postmart: Postmart
) -> None:
    postmart.time.seconds += 3599
    assert call("GET", "/getAllCategory").status_code == 200
    postmart.time.seconds += 1
    assert call("GET", "/getAllCategory").status_code == 403
    assert postmart.mock.violations == []
    assert call("GET", "/getAllCategory").status_code == 403
    assert [violation["kind"] for violation in postmart.mock.violations] == ["stale_token"]


def test_a_mock_that_starts_again_still_knows_its_tokens(call: Call, postmart: Postmart) -> None:
    postmart.mock.tokens.ends.clear()
    assert call("GET", "/getAllCategory").status_code == 200


def test_above_the_rate_comes_429() -> None:
    with opened(rate_per_second=5) as postmart:
        keys = postmart.mock.credentials
        answers = [requests.post(f"{URL}/GetAccessToken", json=keys, timeout=5) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429]
        assert answers[-1].json()["message"]
        assert [violation["kind"] for violation in postmart.mock.violations] == ["rate_limit"]


# --- products


def test_a_created_product_answers_a_bare_record(call: Call, postmart: Postmart) -> None:
    answer = call("POST", "/CreateProduct", body_of())
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "productHdrID": 1,
            "originalId": "700000001",
            "saleProductCode": SKU,
            "status": "2",
            "createdDate": "20/12/2021 09:00:00",
        },
    )


def test_a_product_waits_where_somebody_moderates() -> None:
    with opened(moderation=True) as postmart:
        assert caller(postmart)("POST", "/CreateProduct", body_of()).json()["status"] == "1"


def test_a_repeated_create_silently_makes_a_second_product(
    call: Call, product: str, postmart: Postmart
) -> None:
    second = call("POST", "/CreateProduct", body_of())
    assert (second.status_code, second.json()["originalId"]) == (200, "700000002")
    assert [violation["kind"] for violation in postmart.mock.violations] == ["duplicate_create"]
    (found,) = call("GET", "/getProduct", type="2", code=SKU).json()
    assert [row["originalId"] for row in found["results"]] == [product, "700000002"]


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"price": 999}, "price"),
        ({"price": "150000"}, "price"),
        ({"weight": 5300}, "weight"),
        ({"weight": "0"}, "weight"),
        ({"weight": "5,3"}, "weight"),
        ({"quantity": "40"}, "quantity"),
        ({"quantity": True}, "quantity"),
        ({"productName": "x"}, "productName"),
        ({"productName": None}, "productName"),
        ({"contentNote": "ngắn"}, "contentNote"),
        ({"unit": "kg"}, "unit"),
        ({"length": 0}, "length"),
        ({"categoryCode": "thuc-pham-bo-duong"}, "categoryCode"),
        ({"categoryCode": "mat-ong", "props": None}, "props"),
        ({"originProvinceCode": "99"}, "originProvinceCode"),
        ({"originCommuneCode": ""}, "originCommuneCode"),
        ({"ocopCertificate": ""}, "ocopCertificate"),
        ({"ocopStar": 2}, "ocopStar"),
        ({"ocopStar": "4"}, "ocopStar"),
        ({"ocopStar": 4}, "props"),
        ({"props": []}, "props"),
        ({"props": [{"code": "x", "propValue": "PROP0101"}]}, "props"),
        ({"images": []}, "images"),
        ({"images": ["///"]}, "images"),
        ({"images": [b64encode(b"%PDF").decode()]}, "images"),
        ({"images": [b64encode(JPEG + bytes(1_048_576)).decode()]}, "images"),
        ({"images": [b64encode(JPEG).decode()] * 6}, "images"),
    ],
)
def test_a_bad_field_is_named_and_nothing_is_stored(
    change: dict[str, Any], name: str, call: Call, postmart: Postmart
) -> None:
    answer = call("POST", "/CreateProduct", body_of(**change))
    assert (answer.status_code, set(answer.json())) == (400, {"errorMessage"})
    assert f"{name}: " in answer.json()["errorMessage"]
    assert postmart.mock.products == {}


@pytest.mark.parametrize("path", ["/CreateProduct", "/productCorrection", "/UpdateStock", "/CreateOrder"])
@pytest.mark.parametrize(
    "body", [b"", b"{", b"null", b"5", b'{"a": NaN}', b"\xff", b'"\\ud800"', b"[" * 100_000]
)
def test_a_malformed_body_is_refused_in_words(body: bytes, path: str, call: Call) -> None:
    answer = call("POST", path, body)
    assert answer.status_code == 400
    assert list(answer.json().values()) == ["Dữ liệu không phù hợp"]


def test_the_key_of_a_refusal_has_three_spellings(call: Call) -> None:
    answers = [
        call("POST", "/CreateProduct", {}),
        call("GET", "/getProduct"),
        call("POST", "/productCorrection", {}),
    ]
    assert [(answer.status_code, list(answer.json())) for answer in answers] == [
        (400, ["errorMessage"]),
        (400, ["message"]),
        (400, ["Message"]),
    ]


@pytest.mark.parametrize(("kind", "code"), [("1", "1"), ("2", SKU), ("3", "700000001")])
def test_one_product_is_found_by_each_of_its_codes_nested_in_an_array(
    kind: str, code: str, call: Call, product: str
) -> None:
    answer = call("GET", "/getProduct", type=kind, code=code).json()
    assert [row["originalId"] for row in answer[0]["results"]] == [product]
    row = answer[0]["results"][0]
    assert (row["weight"], row["status"], row["waitingCases"]) == ("5300", "2", [])
    assert set(row["images"][0]) == {"imageUrl", "eTag"}


def test_an_unknown_code_has_no_results(call: Call) -> None:
    assert call("GET", "/getProduct", type="2", code="KHONG").json() == [{"results": []}]
    assert call("GET", "/getProduct", type="4", code="KHONG").status_code == 400


def test_the_list_counts_pages_from_0_and_tells_no_total(call: Call) -> None:
    for number in range(5):
        call("POST", "/CreateProduct", body_of(saleProductCode=f"SKU-{number}"))
    window = {"lastUpdateFrom": "20-12-2021", "lastUpdateTo": "20-12-2021"}
    pages = [call("GET", "/GetListProduct", page=page, size=2, **window).json() for page in range(4)]
    assert all(set(page) == {"results"} for page in pages)
    skus = [[row["saleProductCode"] for row in page["results"]] for page in pages]
    assert skus == [["SKU-0", "SKU-1"], ["SKU-2", "SKU-3"], ["SKU-4"], []]
    later = {"lastUpdateFrom": "21-12-2021", "lastUpdateTo": "20-01-2022"}
    assert call("GET", "/GetListProduct", **later).json() == {"results": []}


@pytest.mark.parametrize("path", ["/GetListProduct", "/GetListOrder"])
@pytest.mark.parametrize(
    "query",
    [
        {"lastUpdateFrom": "01-12-2021", "lastUpdateTo": "02-01-2022"},
        {"lastUpdateFrom": "02-12-2021", "lastUpdateTo": "01-12-2021"},
        {"lastUpdateFrom": "2021-12-01", "lastUpdateTo": "01-12-2021"},
        {"lastUpdateFrom": "01-12-2021"},
        {"lastUpdateFrom": "01-12-2021", "lastUpdateTo": "01-12-2021", "size": "501"},
        {"lastUpdateFrom": "01-12-2021", "lastUpdateTo": "01-12-2021", "page": "-1"},
    ],
)
def test_a_list_refuses_a_window_over_31_days_and_a_page_over_500(
    query: dict[str, str], path: str, call: Call
) -> None:
    answer = call("GET", path, type="SAN", **query)
    assert (answer.status_code, list(answer.json())) == (400, ["message"])
    whole = {"lastUpdateFrom": "01-12-2021", "lastUpdateTo": "31-12-2021", "size": "500"}
    assert call("GET", path, type="SAN", **whole).status_code == 200


def test_stock_takes_a_bare_array_of_100_and_answers_each_row(
    call: Call, product: str, postmart: Postmart
) -> None:
    rows = [
        {"saleProductCode": SKU, "quantity": 5},
        {"saleProductCode": "X", "quantity": 5},
        {"saleProductCode": SKU, "quantity": "5"},
        5,
    ]
    answer = call("POST", "/UpdateStock", rows)
    assert answer.status_code == 200
    assert [(row["Type"], row["saleProductCode"]) for row in answer.json()] == [
        ("00", SKU),
        ("01", "X"),
        ("01", SKU),
        ("01", None),
    ]
    assert postmart.only().stock == 5
    assert call("POST", "/UpdateStock", rows[:1] * 101).status_code == 400


def test_a_draft_is_handed_in_or_deleted_by_get(call: Call, postmart: Postmart) -> None:
    draft = {**body_of(), "productCreationStatus": 0}
    number = call("POST", "/CreateProduct", draft).json()["originalId"]
    assert postmart.control("buy", {"sku": SKU, "packs": 1}).status_code == 409
    handed = call("GET", "/createProductByDraft", type="3", code=number)
    assert (handed.status_code, handed.json()["status"]) == (200, "2")
    assert call("GET", "/createProductByDraft", type="3", code=number).status_code == 400
    assert call("GET", "/deleteProductByDraft", type="3", code=number).status_code == 400
    other = call("POST", "/CreateProduct", draft).json()["originalId"]
    deleted = call("GET", "/deleteProductByDraft", type="3", code=other)
    assert (deleted.json()["success"], set(deleted.json())) == (True, {"success", "message"})
    assert set(postmart.mock.products) == {number}
    assert postmart.mock.by_sku[SKU].remote_id == number


# --- corrections


def test_a_correction_of_a_live_product_answers_a_case_in_pascal_case(call: Call, product: str) -> None:
    body = {"OriginalId": product, "SourceCode": "MYVNP", "AffairType": "03", "Price": 160_000}
    told = call("POST", "/productCorrection", body).json()
    assert told == {"Type": "02", "Message": "Chờ duyệt", "CaseId": "CASE000001"}
    (row,) = call("GET", "/getProduct", type="3", code=product).json()[0]["results"]
    assert row["price"] == 150_000
    assert [(case["caseId"], case["affairType"]) for case in row["waitingCases"]] == [("CASE000001", "03")]
    query = {"OriginalId": product, "CaseId": "CASE000001"}
    assert call("GET", "/productCorrection/updateCase", **query).json() == [
        {
            "Type": "00",
            "Message": "Đã duyệt",
            "CaseId": "CASE000001",
            "Note": None,
            "OriginalId": product,
        }
    ]
    (row,) = call("GET", "/getProduct", type="3", code=product).json()[0]["results"]
    assert (row["price"], row["waitingCases"]) == (160_000, [])


@pytest.mark.parametrize(
    "change",
    [
        {"AffairType": "04"},
        {"AffairType": "03"},
        {"AffairType": "03", "Price": 10},
        {"AffairType": "02"},
        {"AffairType": "02", "Product": {}},
        {"AffairType": "02", "Product": {"ProductName": ""}},
        {"AffairType": "02", "Product": {"Images": []}},
        {"AffairType": "02", "Product": {"Props": "x"}},
        {"AffairType": "02", "Product": {"CategoryCode": "khong-co"}},
        {"AffairType": "05", "OriginalId": "1"},
        {"AffairType": "05", "OriginalId": None},
    ],
)
def test_a_bad_correction_opens_no_case(
    change: dict[str, Any], call: Call, product: str, postmart: Postmart
) -> None:
    answer = call("POST", "/productCorrection", {"OriginalId": product, **change})
    assert (answer.status_code, list(answer.json())) == (400, ["Message"])
    assert postmart.mock.cases == {}


def test_an_unknown_case_is_refused(call: Call, product: str) -> None:
    for query in ({"OriginalId": product, "CaseId": "CASE9"}, {"OriginalId": product}, {}):
        assert call("GET", "/productCorrection/updateCase", **query).status_code == 400


# --- orders


def test_marketplace_orders_and_parcels_share_their_paths(
    call: Call, product: str, postmart: Postmart
) -> None:
    number = postmart.control("buy", {"sku": SKU, "packs": 2}).json()["order_no"]
    for kind, code in (("1", number), ("2", "SAN-1"), ("3", "9000000001")):
        (found,) = call("GET", "/getOrder", type=kind, code=code).json()[0]["results"]
        assert (found["itemCode"], found["status"]) == (number, 3)
    window = {"lastUpdateFrom": "20-12-2021", "lastUpdateTo": "20-12-2021", "isInternational": "false"}
    lists = [call("GET", "/GetListOrder", type=kind, **window).json() for kind in ("SAN", "GUI", "NHAN")]
    assert [len(found["results"]) for found in lists] == [1, 0, 0]
    assert call("GET", "/GetListOrder", **window).status_code == 400


def test_an_order_is_confirmed_and_cancelled_under_its_original_id(
    call: Call, product: str, postmart: Postmart
) -> None:
    postmart.control("buy", {"sku": SKU, "packs": 2})
    assert call("POST", "/orderConfirm", {"OriginalId": "9000000001"}).json()["Type"] == "00"
    assert call("POST", "/orderConfirm", {"OriginalId": "9000000001"}).status_code == 400
    assert call("POST", "/orderCancel", {"OriginalId": "9000000001"}).status_code == 400
    told = call("POST", "/orderCancel", {"OriginalId": "9000000001", "ReasonCode": "01"}).json()
    assert told["Type"] == "02"
    query = {"OriginalId": "9000000001", "CaseId": told["CaseId"]}
    assert call("GET", "/orderCorrection/updateCase", **query).json()[0]["Type"] == "00"
    (found,) = call("GET", "/getOrder", type="3", code="9000000001").json()[0]["results"]
    assert (found["status"], found["cancelReason"], found["cancelBy"]) == (22, "01", "seller")
    assert call("POST", "/orderConfirm", {"OriginalId": "x"}).status_code == 400


def test_dates_come_in_three_forms_at_once(call: Call, product: str, postmart: Postmart) -> None:
    number = postmart.control("buy", {"sku": SKU, "packs": 2}).json()["order_no"]
    for step in ("confirmed", "shipped", "delivered"):
        postmart.control(f"orders/{number}/advance", {"status": step})
    (found,) = call("GET", "/getOrder", type="1", code=number).json()[0]["results"]
    assert [found[name] for name in ("createdDate", "lastUpdateDate", "deliveredDate")] == [
        "20/12/2021 09:00:00",
        "20-12-2021 09:00:00",
        "2021-12-20T09:00:00",
    ]


def test_a_sale_above_stock_is_refused_and_one_forced_is_a_violation(
    product: str, postmart: Postmart
) -> None:
    assert postmart.control("buy", {"sku": SKU, "packs": 41}).status_code == 409
    postmart.mock.take_stock(postmart.only(), 41)
    assert [violation["kind"] for violation in postmart.mock.violations] == ["oversold"]


# --- categories and places


def test_categories_are_a_bare_array(call: Call) -> None:
    rows = call("GET", "/getAllCategory").json()
    assert rows[0] == {
        "categoryCode": "thuc-pham-va-dac-san",
        "categoryName": "Thực phẩm và đặc sản",
        "parentCode": None,
        "isLeaf": False,
    }
    props = call("GET", "/getCategoryProps", code="mat-ong").json()
    assert props[0] == {
        "propCode": "PROP0103",
        "propName": "Loại hoa",
        "mustHave": True,
        "listValue": ["Hoa bạc hà", "Hoa rừng", "Hoa nhãn", "Khác"],
    }
    assert call("GET", "/getCategoryProps", code="san-pham-ocop").status_code == 400


def test_no_route_and_a_wrong_method_answer_in_words(call: Call) -> None:
    assert (call("GET", "/nothing").status_code, call("GET", "/CreateProduct").status_code) == (404, 405)
    assert json.loads(call("GET", "/nothing").text) == {"message": "Not Found"}
