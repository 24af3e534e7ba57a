"""The mock against the reference: raw calls of an outside client to the marketplace's own routes."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

import connectors.voso
from connectors.voso.mapping import to_edit, to_wire
from connectors.voso.mock import PORTAL_SECRET, create_mock
from tests.connectors.voso import SKU, URL, Voso, a_png, an_offer, filled, opened

Call = Callable[..., Any]


@pytest.fixture
def voso() -> Any:
    with opened() as shop:
        yield shop


def post(path: str, body: Any, **headers: str) -> Any:
    answer = requests.post(URL + path, json=body, headers=headers, timeout=5)
    assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert answer.status_code == 200
    return answer.json()


@pytest.fixture
def call(voso: Voso) -> Call:
    """One raw call with a long token; answers the body."""
    token, _ = voso.mock.log_in(long=True)

    def say(method: str, path: str, body: Any = None, **more: Any) -> Any:
        more.setdefault("json", body) if not isinstance(body, bytes) else more.setdefault("data", body)
        headers = {"Token": token}
        answer = requests.request(method, URL + path, headers=headers, timeout=5, **more)
        assert answer.status_code == 200
        return answer.json()

    return say


def ok(body: Any) -> Any:
    assert (body["status"], body["error"]) == (200, False), body
    assert list(body) == ["status", "error", "message", "data"]
    return body["data"]


def no(body: Any) -> Any:
    assert (body["error"], body["data"]) == (True, None), body
    return body["message"]


@pytest.fixture
def image(call: Call) -> str:
    number: str = ok(call("POST", "/v2/product/uploadImage", files={"FILE": ("a.png", a_png())}))["IMAGE_ID"]
    return number


@pytest.fixture
def product(call: Call, image: str) -> int:
    number: int = ok(call("POST", "/v2/product/createProduct", to_wire(an_offer(), [image])))["PRODUCT_ID"]
    return number


def claims(token: str) -> tuple[Any, Any, bytes]:
    head, said, seal = (base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in token.split("."))
    return json.loads(head), json.loads(said), seal


def test_a_login_of_two_steps_gives_a_day_and_then_a_thousand(voso: Voso) -> None:
    keys = {name: voso.mock.credentials[name] for name in ("USERNAME", "PASSWORD")}
    short = ok(post("/v2/user/Login", keys))
    assert set(short) == {
        "userId", "token", "partner", "phone", "postcode", "expired", "encrypted", "source", "infoUpdated"
    }  # fmt: skip
    head, said, seal = claims(short["token"])
    assert (head["alg"], len(seal)) == ("ES256", 64)
    assert set(said) == {"sub", "UserId", "FromSource", "Token", "exp", "Partner"}
    assert said["exp"] == 1639965600 + 24 * 3600
    assert short["expired"] == said["exp"] * 1000
    long = ok(post("/v2/user/ownerconnect", keys, Token=short["token"]))
    assert claims(long["token"])[1]["exp"] == 1639965600 + 1000 * 86_400
    assert ok(post("/v2/user/ownerConnect", keys, Token=short["token"]))["userId"] == 8_000_001
    assert ok(post("/v2/user/LoginVTP", {"token": PORTAL_SECRET}))["token"]


def test_wrong_keys_and_tokens_are_refused_on_http_200(voso: Voso) -> None:
    keys = {name: voso.mock.credentials[name] for name in ("USERNAME", "PASSWORD")}
    assert no(post("/v2/user/Login", {**keys, "PASSWORD": "x"})) == "Invalid owner account or password!"
    refused = post("/v2/user/ownerconnect", keys)
    assert (refused["status"], refused["message"]) == (401, "Header Token is required")
    refused = post("/v2/product/listProduct", {}, Token="abc.def.ghi")
    assert (refused["status"], refused["message"]) == (401, "Token invalid")
    assert no(post("/v2/user/LoginVTP", {"token": "x"})) == "Token invalid"
    token, _ = voso.mock.log_in(long=False)
    voso.time.seconds += 24 * 3600
    refused = post("/v2/product/listProduct", {}, Token=token)
    assert (refused["status"], refused["message"]) == (401, "Token invalid or expired")
    assert voso.mock.violations == []
    post("/v2/product/listProduct", {}, Token=token)
    assert [violation["kind"] for violation in voso.mock.violations] == ["stale_token"]


def test_the_http_status_of_a_refused_token_is_a_switch() -> None:
    with opened(auth_status=401):
        answer = requests.post(f"{URL}/v2/product/listProduct", json={}, timeout=5)
        assert (answer.status_code, answer.json()["status"]) == (401, 401)


def test_a_mock_started_again_knows_the_tokens_it_gave() -> None:
    with opened() as before:
        token, _ = before.mock.log_in(long=True)
    with opened():
        assert ok(post("/v2/product/listProduct", {}, Token=token)) == {"TOTAL": 0, "LIST_PRODUCT": []}


def test_more_than_five_calls_a_second_are_refused() -> None:
    with opened(rate_per_second=5.0) as voso:
        path = f"{URL}/v2/categories/listCategory"
        answers = [requests.get(path, timeout=5) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429]
        assert (answers[5].json()["status"], answers[5].headers["Retry-After"]) == (429, "1")
        assert [violation["kind"] for violation in voso.mock.violations] == ["rate_limit"]


def test_categories_need_no_token_and_attributes_are_a_bare_array() -> None:
    with opened():
        answer = requests.get(f"{URL}/v2/categories/listCategory?parentId=1000", timeout=5).json()
        assert ok(answer)[0] == {
            "CATEGORY_ID": 1010, "CATEGORY_NAME": "Trái cây có múi", "PARENT_ID": 1000, "IS_LEAF": True
        }  # fmt: skip
        rows = requests.get(f"{URL}/v2/categories/listAttribute?categoryId=1010", timeout=5).json()
        assert isinstance(rows, list)
        asked = {row["ATTRIBUTE_CODE"]: row["IS_REQUIRED"] for row in rows}
        assert asked["XUAT_XU"] is asked["HAN_SU_DUNG"] is True
        assert next(row for row in rows if row["ATTRIBUTE_CODE"] == "OCOP_SAO")["VALUES"] == [
            "0",
            "3",
            "4",
            "5",
        ]
        bad = requests.get(f"{URL}/v2/categories/listAttribute?categoryId=1000", timeout=5).json()
        assert no(bad) == "Incorrect data: CATEGORY_ID"


@pytest.mark.parametrize(
    ("content", "taken"),
    [
        (a_png(500, 500), True),
        (a_png(499, 500), False),
        (a_png() + b"\0" * (2_000_000 - len(a_png())), True),
        (a_png() + b"\0" * 2_000_000, False),
        (b"GIF89a" + b"\0" * 50, False),
        (b"\xff\xd8\xff\xe0\x00\x04\x00\x00\xff\xc0\x00\x11\x08\x02\x58\x03\x20\x03", True),
        (b"\xff\xd8\xff\xe0\x00\x04\x00\x00\xff\xc0\x00\x11\x08\x01\x58\x03\x20\x03", False),
        (b"\xff\xd8\xff", False),
        (b"", False),
    ],
)
def test_pictures_are_jpeg_or_png_of_500_pixels_and_2_megabytes(
    content: bytes, taken: bool, call: Call
) -> None:
    answer = call("POST", "/v2/product/uploadImage", files={"FILE": ("a", content)})
    if taken:
        first = ok(answer)
        assert first["IMAGE_URL"].endswith(first["IMAGE_ID"])
        assert ok(call("POST", "/v2/product/uploadImage", files={"FILE": ("b", content)})) == first
    else:
        assert no(answer) == "Incorrect data: FILE"
    assert (
        no(call("POST", "/v2/product/uploadImage", files={"ANH": ("a", content)})) == "Incorrect data: FILE"
    )


def test_a_new_product_is_a_draft_and_its_code_unique_only_when_asked(
    call: Call, product: int, image: str, voso: Voso
) -> None:
    assert product == 5_000_001
    body = to_wire(an_offer(), [image])
    assert no(call("POST", "/v2/product/createProduct", body)) == "Product already exists on the system"
    second = ok(call("POST", "/v2/product/createProduct", {**body, "CHECK_UNIQUE": False}))
    assert second == {"PRODUCT_ID": 5_000_002, "PRODUCT_CODE": SKU, "PRODUCT_STATUS": -100}
    assert [violation["kind"] for violation in voso.mock.violations] == ["duplicate_create"] * 2


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"PRODUCT_PRICE": 999}, "PRODUCT_PRICE"),
        ({"PRODUCT_PRICE": 1500.5}, "PRODUCT_PRICE"),
        ({"PRODUCT_PRICE": None}, "PRODUCT_PRICE"),
        ({"PRODUCT_NAME": "ế" * 51}, "PRODUCT_NAME"),
        ({"PRODUCT_NAME": 5}, "PRODUCT_NAME"),
        ({"PRODUCT_DESCRIPTION": "x" * 4001}, "PRODUCT_DESCRIPTION"),
        ({"PRODUCT_WEIGHT": 0}, "PRODUCT_WEIGHT"),
        ({"CATEGORY_ID": 1000}, "CATEGORY_ID"),
        ({"PRODUCT_QUANTITY": -1}, "PRODUCT_QUANTITY"),
        ({"LIST_IMAGE": []}, "LIST_IMAGE"),
        ({"LIST_IMAGE": ["f" * 32]}, "LIST_IMAGE"),
        ({"LIST_IMAGE": "x"}, "LIST_IMAGE"),
        ({"LIST_ATTRIBUTE": []}, "LIST_ATTRIBUTE"),
        ({"LIST_ATTRIBUTE": [{"ATTRIBUTE_CODE": "XUAT_XU"}]}, "LIST_ATTRIBUTE"),
        ({"PRODUCT_CODE": "có dấu"}, "PRODUCT_CODE"),
    ],
)
def test_a_bad_field_is_named_and_nothing_is_stored(
    change: dict[str, Any], field: str, call: Call, image: str, voso: Voso
) -> None:
    said = no(call("POST", "/v2/product/createProduct", {**to_wire(an_offer(), [image]), **change}))
    assert said == f"Incorrect data: {field}"
    assert voso.mock.products == {}


def test_several_bad_fields_make_a_list(call: Call, image: str) -> None:
    body = {**to_wire(an_offer(), [image]), "PRODUCT_PRICE": "rẻ", "PRODUCT_NAME": None}
    assert no(call("POST", "/v2/product/createProduct", body)) == "Incorrect data: PRODUCT_PRICE"
    body = {**body, "PRODUCT_PRICE": 1, "PRODUCT_WEIGHT": -1}
    assert no(call("POST", "/v2/product/createProduct", body)) == [
        "Incorrect data: PRODUCT_NAME",
        "Incorrect data: PRODUCT_PRICE",
        "Incorrect data: PRODUCT_WEIGHT",
    ]


def test_a_message_may_always_be_a_list() -> None:
    with opened(message_list="always"):
        assert no(post("/v2/user/Login", {})) == ["Invalid owner account or password!"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"null", b'{"PAGE_SIZE": NaN}', b"\xff", b"[" * 100_000])
def test_a_malformed_body_is_refused_in_the_envelope(body: bytes, call: Call) -> None:
    assert str(no(call("POST", "/v2/product/listProduct", body))).startswith("Incorrect data: body is not")


def move(call: Call, product: int, step: int, **more: Any) -> Any:
    return call("POST", "/v2/product/UpdateProduct", {"TYPE": step, "PRODUCT_ID": product, **more})


def status(voso: Voso, product: int) -> int:
    number: int = voso.mock.products[str(product)].wire["PRODUCT_STATUS"]
    return number


def test_a_product_walks_through_its_states(call: Call, product: int, voso: Voso) -> None:
    voso.control("settings", {"moderation": True})
    assert no(move(call, product, 2)) == "Incorrect data: PRODUCT_STATUS"
    answer = move(call, product, 1)
    assert (ok(answer), answer["message"]) == (None, "Update product successfully")
    assert status(voso, product) == 100
    assert no(move(call, product, 1)) == "Product status already exists on the system"
    voso.control("moderate", {"sku": SKU, "verdict": "approve"})
    assert status(voso, product) == 200
    ok(move(call, product, 3))
    assert status(voso, product) == 300
    assert no(move(call, product, 3)) == "Product status already exists on the system"
    ok(move(call, product, 2))
    ok(move(call, product, 4, NOTE="Hết mùa"))
    assert (status(voso, product), voso.mock.by_sku[SKU].reason) == (107, "Hết mùa")
    ok(move(call, product, 1))
    assert status(voso, product) == 202
    assert no(move(call, product, 11)) == "Incorrect data: PRODUCT_STATUS"
    ok(move(call, product, 4))
    ok(move(call, product, 11))
    assert no(move(call, product, 1)) == "Product does not exist"
    assert ok(call("POST", "/v2/product/listProduct", {}))["TOTAL"] == 0
    assert no(move(call, product + 1, 7)) == "Product does not exist"
    assert no(call("POST", "/v2/product/UpdateProduct", {"PRODUCT_ID": product})) == "Incorrect data: TYPE"


def test_a_locked_product_takes_nothing_more(call: Call, product: int, image: str, voso: Voso) -> None:
    voso.control("moderate", {"sku": SKU, "verdict": "lock", "reason": "Hàng giả"})
    for step in (1, 2, 3, 4, 11):
        assert no(move(call, product, step)) == "Product is locked"
    body = to_edit(to_wire(an_offer(), [image]), str(product))
    assert no(call("POST", "/v2/product/edit", body)) == "Product is locked"
    assert status(voso, product) == 503


@pytest.mark.parametrize(
    ("changes", "after"),
    [
        ({"title": "Cam mới"}, -100),
        ({"category": "1020"}, -100),
        ({"description": "Cam mới."}, 200),
        ({"price_vnd": 1_000, "packs": 1, "gross_grams": 1}, 200),
    ],
)
def test_what_buyers_see_of_a_live_listing_takes_it_off_sale_when_edited(
    changes: dict[str, Any], after: int, call: Call, product: int, image: str, voso: Voso
) -> None:
    ok(move(call, product, 1))
    body = to_edit(to_wire(an_offer(**changes), [image]), str(product))
    assert ok(call("POST", "/v2/product/edit", body))["PRODUCT_STATUS"] == after
    assert status(voso, product) == after
    body["LIST_IMAGE"] = [image, image]
    ok(call("POST", "/v2/product/edit", body))
    assert status(voso, product) == -100


def test_price_and_stock_tell_each_row_inside_a_success(call: Call, product: int, voso: Voso) -> None:
    rows = [
        {"PRODUCT_CODE": SKU, "PRODUCT_QUANTITY": 7},
        {"PRODUCT_CODE": SKU, "PRODUCT_PRICE": "160000"},
        {"PRODUCT_CODE": SKU, "PRODUCT_PRICE": 1, "PRODUCT_QUANTITY": 9},
        {"PRODUCT_CODE": "KHONG-CO", "PRODUCT_QUANTITY": 1},
        5,
    ]
    assert ok(call("POST", "/v2/product/updatePriceStock", {"LIST_ITEM": rows})) == [
        {"PRODUCT_CODE": SKU, "ERROR": False, "MESSAGE": "OK"},
        {"PRODUCT_CODE": SKU, "ERROR": False, "MESSAGE": "OK"},
        {"PRODUCT_CODE": SKU, "ERROR": True, "MESSAGE": "Incorrect data: PRODUCT_PRICE"},
        {"PRODUCT_CODE": "KHONG-CO", "ERROR": True, "MESSAGE": "Product does not exist"},
        {"PRODUCT_CODE": None, "ERROR": True, "MESSAGE": "Incorrect data: LIST_ITEM"},
    ]
    kept = voso.mock.products[str(product)]
    assert (kept.price_vnd, kept.stock) == (160_000, 7)
    too_many = {"LIST_ITEM": rows[:1] * 101}
    assert no(call("POST", "/v2/product/updatePriceStock", too_many)) == "Incorrect data: LIST_ITEM"


def test_lists_count_from_one_and_tell_the_total(call: Call, image: str) -> None:
    for number in range(7):
        ok(call("POST", "/v2/product/createProduct", to_wire(an_offer(f"SKU-{number}"), [image])))

    def page(**body: Any) -> list[str]:
        data = ok(call("POST", "/v2/product/listProduct", body))
        assert data["TOTAL"] == 7
        return [row["PRODUCT_CODE"] for row in data["LIST_PRODUCT"]]

    assert page(PAGE_INDEX=1, PAGE_SIZE=5) == ["SKU-6", "SKU-5", "SKU-4", "SKU-3", "SKU-2"]
    assert page(PAGE_INDEX="2", PAGE_SIZE="5") == ["SKU-1", "SKU-0"]
    assert page(PAGE_INDEX=3, PAGE_SIZE=5) == []
    assert len(page()) == len(page(PRODUCT_STATUS=-100, DATE_FROM="20/12/2021", DATE_TO="20/12/2021")) == 7
    for body, said in [
        ({"PAGE_INDEX": 0}, "Incorrect data: PAGE_INDEX"),
        ({"PAGE_SIZE": 51}, "Incorrect data: PAGE_SIZE"),
        ({"DATE_FROM": "2021-12-20", "DATE_TO": "20/12/2021"}, "Incorrect data: DATE_FROM"),
        ({"DATE_FROM": "20/12/2021"}, ["Incorrect data: DATE_FROM", "Incorrect data: DATE_TO"]),
        (
            {"DATE_FROM": "01/11/2021", "DATE_TO": "20/12/2021"},
            ["Incorrect data: DATE_FROM", "Incorrect data: DATE_TO"],
        ),
    ]:
        assert no(call("POST", "/v2/product/listProduct", body)) == said
        assert no(call("POST", "/v2/order/listOrder", body)) == said


def test_an_order_shows_its_journey_and_its_buyer(call: Call, product: int, voso: Voso) -> None:
    ok(move(call, product, 1))
    number = voso.mock.buy(SKU, 2).order_no
    ok(call("POST", "/v2/order/UpdateOrder", {"TYPE": 1, "ORDER_NUMBER": number, "NOTE": ""}))
    data = ok(call("POST", "/v2/order/listOrder", {"ORDER_STATUS": 11}))
    assert (data["TOTAL"], data["TOTAL_MONEY"]) == (1, 300_000)
    (row,) = data["LIST_ORDER"]
    assert ok(call("GET", f"/v2/order/getOrderInfoByOrderNumber?orderNumber={number}")) == row
    assert (row["ORDER_STATUS"], row["STATUS_NAME"], row["ORDER_DATE"]) == (
        11,
        "Đã duyệt",
        "20/12/2021 09:00:00",
    )
    assert [step["ORDER_STATUS"] for step in row["LIST_STATUS"]] == [10, 11]
    assert row["RECEIVER_FULLNAME"] == "Nguyễn Thử 2099"
    assert ok(call("POST", "/v2/order/listOrder", {"ORDER_STATUS": 10}))["TOTAL"] == 0


def test_an_order_is_moved_by_one_call_with_a_type(call: Call, product: int, voso: Voso) -> None:
    ok(move(call, product, 1))
    number = voso.mock.buy(SKU, 2).order_no

    def say(step: Any, **more: Any) -> Any:
        return call("POST", "/v2/order/UpdateOrder", {"TYPE": step, "ORDER_NUMBER": number, **more})

    already = "Order status already exists on the system"
    assert no(say(6)) == already
    ok(say(1))
    assert no(say(1)) == already
    ok(say(6))
    assert no(say(6)) == already
    assert no(say(2)) == "Incorrect data: TYPE"
    assert no(say(4, NOTE="x" * 151)) == "Incorrect data: NOTE"
    ok(say(4, NOTE="Hết hàng"))
    assert no(say(4)) == already
    assert (
        no(call("POST", "/v2/order/UpdateOrder", {"TYPE": 1, "ORDER_NUMBER": "X"})) == "Order does not exist"
    )


def test_an_unknown_route_is_refused_in_the_envelope() -> None:
    with opened() as voso:
        token, _ = voso.mock.log_in(long=True)
        answer = requests.get(f"{URL}/v2/product/khong-co", headers={"Token": token}, timeout=5)
        assert (answer.status_code, answer.json()["error"]) == (404, True)
        answer = requests.get(f"{URL}/v2/product/listProduct", headers={"Token": token}, timeout=5)
        assert (answer.status_code, answer.json()["error"]) == (405, True)


def test_nothing_of_an_outside_client_breaks_the_state_page(product: int, voso: Voso) -> None:
    assert requests.get(f"{URL}/_mock/", timeout=5).status_code == 200
    state = requests.get(f"{URL}/_mock/state", timeout=5).json()
    assert state["name"] == "voso"
    assert [(row["sku"], row["status"], row["PRODUCT_STATUS"]) for row in state["products"]] == [
        (SKU, "draft", -100)
    ]


DOCUMENT = yaml.safe_load(Path(connectors.voso.__file__).with_name("openapi.yaml").read_text("utf-8"))
EXAMPLES = [
    (method, path, told.get("requestBody"), told.get("parameters", ()))
    for path, methods in DOCUMENT["paths"].items()
    for method, told in methods.items()
    if path != "/v2/product/uploadImage"
]


@pytest.mark.parametrize(("method", "path", "body", "parameters"), EXAMPLES, ids=[row[1] for row in EXAMPLES])
def test_every_example_of_the_document_is_said_yes_to(
    method: str, path: str, body: Any, parameters: Any
) -> None:
    app = create_mock(rate_per_second=None)
    shop = app.test_client()
    headers = filled(shop)
    if body is not None and "$ref" in body:
        body = DOCUMENT["components"]["requestBodies"][body["$ref"].rpartition("/")[2]]
    example = body["content"]["application/json"]["example"] if body else None
    query = {one["name"]: one["example"] for one in parameters if "example" in one}
    answer = shop.open(path, method=method.upper(), json=example, query_string=query, headers=headers)
    told = answer.json
    assert answer.status_code == 200
    assert isinstance(told, list) or told.get("error", False) is False, told
