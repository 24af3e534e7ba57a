"""The mock against the reference: raw calls of an outside client, lenient and strict where Sendo is."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
import requests

from connectors.sendo.mapping import to_wire
from tests.connectors.conftest import URL, Sendo, an_offer

SKU = "HG-CAM-5KG"
DEAL = {
    "is_promotion": True,
    "special_price": 120_000,
    "promotion_from_date": "2021-12-19",
    "promotion_to_date": "2021-12-25",
}
Call = Callable[..., requests.Response]


@pytest.fixture
def call(sendo: Sendo) -> Call:
    """One raw call with a fresh token."""
    answer = requests.post(f"{URL}/login", json=sendo.mock.credentials, timeout=5)
    token = answer.json()["result"]["token"]

    def say(method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        headers = {"Authorization": f"bearer {token}", **more.pop("headers", {})}
        if isinstance(body, bytes):
            more["data"] = body
        elif body is not None:
            more["json"] = body
        return requests.request(method, URL + path, headers=headers, timeout=5, **more)

    return say


@pytest.fixture
def product(call: Call) -> int:
    number: int = call("POST", "/api/partner/product", to_wire(an_offer())).json()["result"]
    return number


def search(call: Call, kind: str, **body: Any) -> dict[str, Any]:
    answer = call("POST", f"/api/partner/{kind}/search", body)
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()["result"]
    return result


def test_login_answers_in_both_spellings(sendo: Sendo) -> None:
    body = requests.post(f"{URL}/login/", json=sendo.mock.credentials, timeout=5).json()
    assert (body["success"], body["error"], body["status_code"], body["statusCode"]) == (True, None, 200, 200)
    assert body["result"]["expires"] == "2021-12-20T17:00:00+07:00"
    header, claims, _ = body["result"]["token"].split(".")
    assert json.loads(base64.urlsafe_b64decode(header + "==")) == {"alg": "HS256", "typ": "JWT"}
    said = json.loads(base64.urlsafe_b64decode(claims + "=="))
    assert said["StoreId"] == said["iss"] == said["aud"] == "700001"
    assert said["exp"] == 1639965600 + 8 * 3600


def test_wrong_keys_and_a_sixth_login_in_one_second(sendo: Sendo) -> None:
    wrong = requests.post(f"{URL}/login", json={"shop_key": "x", "secret_key": "y"}, timeout=5)
    assert (wrong.status_code, wrong.json()["success"]) == (400, False)
    statuses = [
        requests.post(f"{URL}/login", json=sendo.mock.credentials, timeout=5).status_code for _ in range(5)
    ]
    assert statuses == [200] * 4 + [429]
    sendo.time.seconds += 1.01
    assert requests.post(f"{URL}/login", json=sendo.mock.credentials, timeout=5).status_code == 200


@pytest.mark.parametrize(
    ("header", "body"),
    [
        ("", {"message": "Unauthorized"}),
        ("basic abc", {"message": "Unauthorized"}),
        ("bearer abc", {"message": "Bad token; invalid JSON"}),
        ("bearer e30.e30.x", {"message": "No credentials found for given 'iss'"}),
        ("bearer e30.eyJpc3MiOiI3MDAwMDEifQ.x", {"message": "Invalid signature"}),
    ],
)
def test_the_gateway_answers_without_the_envelope(header: str, body: dict[str, str], sendo: Sendo) -> None:
    answer = requests.get(f"{URL}/api/partner/category/0", headers={"Authorization": header}, timeout=5)
    assert (answer.status_code, answer.json()) == (401, body)


def test_an_expired_token_has_its_bare_body_and_a_second_use_is_a_violation(call: Call, sendo: Sendo) -> None:
    sendo.time.seconds += 8 * 3600
    answer = call("GET", "/api/partner/category/0")
    assert (answer.status_code, answer.json()) == (401, {"exp": "token expired"})
    assert sendo.mock.violations == []
    call("GET", "/api/partner/category/0")
    assert [violation["kind"] for violation in sendo.mock.violations] == ["stale_token"]


@pytest.mark.parametrize("scheme", ["bearer", "Bearer", "BEARER"])
def test_the_scheme_may_be_written_in_any_case(scheme: str, sendo: Sendo) -> None:
    token, _ = sendo.mock.log_in()
    headers = {"Authorization": f"{scheme} {token}"}
    assert requests.get(f"{URL}/api/partner/category/0", headers=headers, timeout=5).status_code == 200


def test_laxness_of_the_real_one(call: Call, product: int) -> None:
    assert call("GET", f"/api/partner/product/?id={product}").status_code == 200
    assert call("GET", "/api/partner/category/0", {"ignored": 1}).status_code == 200
    assert call("GET", "/api/partner/category/0", b"not json").status_code == 200
    loose = b'{"page_size":"5","status":"","date_from":"","token":"",}'
    assert call("POST", "/api/partner/product/search/", loose).json()["result"]["total_records"] == 1
    body = {**to_wire(an_offer("B")), "cat_4_id": "2422", "unit_id": "1", "special_price": ""}
    assert call("POST", "/api/partner/product/", body).status_code == 200


def test_the_category_tree_has_the_real_numbers(call: Call) -> None:
    top = call("GET", "/api/partner/category/0").json()["result"]
    assert [(row["level"], row["parent_id"], row["attribute"]) for row in top] == [(2, 2, None)] * 2
    (middle,) = call("GET", "/api/partner/category/2399").json()["result"]
    assert (middle["id"], middle["name"], middle["level"]) == (
        3673,
        "Thực Phẩm Tươi Sống | Rau - củ - quả",
        3,
    )
    leaf = call("GET", "/api/partner/category/3673").json()["result"][0]
    assert (leaf["id"], leaf["name"]) == (2422, "Thực Phẩm Tươi Sống | Rau - củ - quả | Trái Cây")
    stub = next(row for row in leaf["attribute"] if row["id"] == 841)
    assert (stub["control_type"], stub["attribute_values"], stub["is_required"]) == ("", None, False)
    attributes = call("GET", "/api/partner/category/attribute/2422").json()["result"]
    assert {row["id"] for row in attributes["attribute"]} == {1246, 841, 1247}
    assert attributes["product_types"] == [1]
    assert call("GET", "/api/partner/category/brand/1229").json()["result"][0]["external_id"] == 1
    assert call("GET", "/api/partner/category/attribute/3673").status_code == 400


def test_create_answers_the_number_and_a_duplicate_is_refused_by_name(
    call: Call, product: int, sendo: Sendo
) -> None:
    assert product == 90000001
    twice = call("POST", "/api/partner/product", to_wire(an_offer()))
    assert twice.status_code == twice.json()["status_code"] == 400
    error = twice.json()["error"]
    assert (twice.json()["result"], twice.json()["success"]) == (None, False)
    assert error["error_details"][0]["property_name"] == "sku"
    assert [violation["kind"] for violation in sendo.mock.violations] == ["duplicate_create"]


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"price": 999}, "price"),
        ({"description": "x" * 99}, "description"),
        ({"description": "<img>" * 21}, "description"),
        ({"weight": 0}, "weight"),
        ({"height": 0}, "length"),
        ({"unit_id": 9}, "unit_id"),
        ({"cat_4_id": 3673}, "cat_4_id"),
        ({"stock_quantity": 0}, "stock_availability"),
        ({"pictures": []}, "pictures"),
        ({"special_price": 1_000}, "promotion_from_date"),
        ({"special_price": 1_000, "promotion_from_date": "2021-12-21"}, "promotion_to_date"),
        ({"is_promotion": True}, "special_price"),
        ({**DEAL, "special_price": 150_001}, "special_price"),
        ({**DEAL, "special_price": 999}, "special_price"),
        ({**DEAL, "promotion_to_date": "2021-12-18T23:59:59+07:00"}, "promotion_to_date"),
        ({**DEAL, "promotion_to_date": "mai"}, "promotion_to_date"),
        ({"is_config_variant": True}, "variants"),
        ({"voucher": None}, "voucher"),
        ({"price": "rẻ"}, "price"),
        ({"name": 5}, "name"),
        ({"pictures": "x"}, "pictures"),
    ],
)
def test_a_bad_field_is_named_and_nothing_is_stored(
    change: dict[str, Any], name: str, call: Call, sendo: Sendo
) -> None:
    answer = call("POST", "/api/partner/product", {**to_wire(an_offer()), **change})
    assert answer.status_code == 400
    assert name in [row["property_name"] for row in answer.json()["error"]["error_details"]]
    assert sendo.mock.products == {}


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"null", b'{"id": NaN}', b"\xff"])
def test_a_malformed_body_is_refused_in_sendos_words(body: bytes, call: Call) -> None:
    answer = call("POST", "/api/partner/product", body)
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, "Dữ liệu không phù hợp")


BIG = {
    "variant_attributes": [
        {"attribute_id": 841, "attribute_code": "trong_luong", "option_id": 25212},
        {"attribute_id": 1247, "attribute_code": "xuat_xu", "option_id": "602"},
        {"attribute_id": 1246, "attribute_code": "han", "option_id": 109190152},
    ],
    "variant_sku": "TO",
    "variant_price": 90_000,
    "variant_quantity": 3,
}
SMALL = {
    **BIG,
    "variant_attributes": [],
    "variant_sku": "NHO",
    "variant_price": 70_000,
    "variant_quantity": 4,
}


@pytest.fixture
def variants(call: Call) -> int:
    body = {**to_wire(an_offer()), "is_config_variant": True, "variants": [BIG, SMALL]}
    number: int = call("POST", "/api/partner/product", body).json()["result"]
    return number


def test_a_product_with_variants_shows_them_with_their_hashes(call: Call, variants: int) -> None:
    shown = call("GET", f"/api/partner/product?id={variants}").json()["result"]
    assert (shown["is_config_variant"], shown["price"], shown["stock_quantity"]) == (True, 70_000, 7)
    told = [(one["variant_sku"], one["variant_attribute_hash"]) for one in shown["variants"]]
    assert told == [("TO", "602_25212_109190152"), ("NHO", "")]
    assert shown["variants"][0]["variant_promotion_start_date_timestamp"] is None
    (row,) = search(call, "product")["data"]
    assert (row["variants_length"], row["final_price_min"], row["stock_quantity"]) == (2, 70_000, 7)


@pytest.mark.parametrize(
    "bad",
    [
        [],
        [BIG, BIG],
        [{**BIG, "variant_sku": ""}],
        [{**BIG, "variant_price": 999}],
        [{**BIG, "variant_price": "rẻ"}],
        [{**BIG, "variant_quantity": -1}],
        [{**BIG, "variant_attributes": [5]}],
    ],
)
def test_variants_need_a_sku_and_a_price_of_their_own(bad: list[Any], call: Call, sendo: Sendo) -> None:
    body = {**to_wire(an_offer()), "is_config_variant": True, "variants": bad}
    assert call("POST", "/api/partner/product", body).status_code == 400
    assert sendo.mock.products == {}


def test_whether_a_product_has_variants_cannot_be_edited(call: Call, variants: int, sendo: Sendo) -> None:
    plain = call("POST", "/api/partner/product", to_wire(an_offer(), variants))
    assert plain.status_code == 400
    assert plain.json()["error"]["error_details"][0]["property_name"] == "is_config_variant"
    assert len(sendo.mock.products[str(variants)].wire["variants"]) == 2


def test_the_price_call_writes_the_variants_it_names(call: Call, variants: int, sendo: Sendo) -> None:
    row = {"is_config_variant": True, "variants": [{**BIG, "variant_quantity": 1, "message": None}]}
    assert price(call, variants, **row) == []
    stored = sendo.mock.products[str(variants)]
    assert [(one["variant_sku"], one["variant_quantity"]) for one in stored.wire["variants"]] == [
        ("TO", 1),
        ("NHO", 4),
    ]
    assert stored.stock == 5
    for bad in ([{**BIG, "variant_sku": "KHÁC"}], [{**BIG, "variant_price": 1}], [7]):
        assert len(price(call, variants, is_config_variant=True, variants=bad)) == 1
    assert stored.stock == 5


def test_a_buyer_takes_one_variant(call: Call, variants: int, sendo: Sendo) -> None:
    assert sendo.control("buy", {"sku": SKU, "packs": 1}).status_code == 409
    assert sendo.control("buy", {"sku": f"{SKU}-KHAC", "packs": 1}).status_code == 409
    assert sendo.control("buy", {"sku": f"{SKU}-TO", "packs": 4}).status_code == 409
    number = sendo.control("buy", {"sku": f"{SKU}-TO", "packs": 2}).json()["order_no"]
    (line,) = call("GET", f"/api/partner/salesorder/{number}").json()["result"]["sku_details"]
    assert (line["product_variant_id"], line["sku"]) == (variants, f"{SKU}-TO")
    assert (line["attribute_hash"], line["price"], line["quantity"]) == ("602_25212_109190152", 90_000, 2)
    shown = call("GET", f"/api/partner/product?id={variants}").json()["result"]
    assert [one["variant_quantity"] for one in shown["variants"]] == [1, 4]
    assert shown["stock_quantity"] == 5


def test_a_cancelled_variant_may_come_back(call: Call, variants: int, sendo: Sendo) -> None:
    sendo.control("settings", {"cancel_restocks": True})
    number = sendo.control("buy", {"sku": f"{SKU}-TO", "packs": 2}).json()["order_no"]
    sendo.control(f"orders/{number}/advance", {"status": "cancelled"})
    stored = sendo.mock.products[str(variants)]
    assert (stored.stock, stored.wire["variants"][0]["variant_quantity"]) == (7, 3)


def test_the_stock_of_variants_is_not_the_products(call: Call, variants: int, sendo: Sendo) -> None:
    row = {"id": variants, "field_mask": ["quantity"], "stock_quantity": 3}
    answer = call("POST", "/api/partner/product/update-by-field-mask", [row]).json()
    assert len(answer["result"]["error_list"]) == 1
    assert sendo.mock.products[str(variants)].stock == 7


def test_the_array_form_takes_the_older_names_and_tells_bad_rows(call: Call) -> None:
    old = {
        "id": 0, "store_sku": "CU-1", "name": "Cam", "price": 5000, "weight": 500, "stock_availability": True,
        "stock_quantity": 3, "description": "x" * 100, "cat4_id": 2422, "height_product": 1,
        "length_product": 1,
        "witdh_product": 1, "unit_id": 1, "product_pictures": [{"picture_url": "https://img.example/a.jpg"}],
    }  # fmt: skip
    answer = call("POST", "/api/partner/product/list", [old, {**old, "store_sku": "CU-2", "price": 1}, 5])
    assert (answer.status_code, answer.json()["success"]) == (200, True)
    assert len(answer.json()["result"]["error_list"]) == 2
    assert call("GET", "/api/partner/product?sku=CU-1").json()["result"]["sku"] == "CU-1"
    assert call("GET", "/api/partner/product?sku=CU-2").status_code == 400


def test_the_detail_has_every_documented_field_and_id_wins(call: Call, product: int) -> None:
    shown = call("GET", f"/api/partner/product?id={product}&sku=KHONG").json()["result"]
    documented = (
        "id,name,sku,price,weight,stock_availability,stock_quantity,description,cat_4_id,status,tags,"
        "updated_date_timestamp,created_date_timestamp,seo,link,relateds,seo_keyword,seo_title,seo_description,"
        "seo_score,image,category_4_name,promotion_price,brand_id,brand_name,updated_user,url_path,video_links,"
        "height,length,width,unit_id,avatar,pictures,certificate_file,attributes,special_price,promotion_from_date_timestamp,"
        "promotion_to_date_timestamp,is_promotion,extended_shipping_package,variants,is_config_variant,"
        "is_invalid_variant,voucher,product_category_types,is_flash_sales,campaign_status,can_edit,sendo_video,"
        "installments"
    )
    assert set(documented.split(",")) <= set(shown)
    assert (shown["id"], shown["variants"], shown["is_config_variant"], shown["status"]) == (
        product,
        [],
        False,
        2,
    )
    assert shown["created_date_timestamp"] == 1639965600


def test_pages_end_with_null_and_carry_their_filters(call: Call) -> None:
    for number in range(12):
        call("POST", "/api/partner/product", to_wire(an_offer(f"SKU-{number}", title=f"Cam {number % 2}")))
    first = search(call, "product", product_name="cam 1", page_size=4)
    assert [row["sku"] for row in first["data"]] == ["SKU-11", "SKU-9", "SKU-7", "SKU-5"]
    assert (first["total_records"], first["previous_token"]) == (6, None)
    last = search(call, "product", token=first["next_token"], product_name="ignored", page_size=50)
    assert [row["sku"] for row in last["data"]] == ["SKU-3", "SKU-1"]
    assert last["next_token"] is None
    assert search(call, "product", token=last["previous_token"])["data"] == first["data"]
    assert len(search(call, "product")["data"]) == 10
    assert len(search(call, "product", page_size=100)["data"]) == 12
    assert search(call, "product", date_to="2021/12/19")["total_records"] == 0
    assert search(call, "product", date_from="2021-12-20", status="2")["total_records"] == 12
    assert call("POST", "/api/partner/product/search", {"token": "x"}).status_code == 400


def price(call: Call, product: int, **fields: Any) -> list[Any]:
    row = {"product_id": product, "is_config_variant": False, "stock_availability": True, **fields}
    answer = call("PUT", "/api/partner/product/config/variant-price", [row])
    assert (answer.status_code, answer.json()["success"]) == (200, True)
    errors: list[Any] = answer.json()["result"]["error_list"]
    return errors


def test_the_price_call_follows_the_promotion_rules(call: Call, product: int, sendo: Sendo) -> None:
    dates = {"promotion_start_date": "2021-12-19", "promotion_end_date": "2021-12-25"}
    wire = sendo.mock.products[str(product)].wire
    assert price(call, product, price=150_000, stock_quantity=5, special_price=120_000)[0]["message"]
    assert price(call, product, price=150_000, stock_quantity=5, special_price=120_000, **dates) == []
    assert wire["is_promotion"]
    assert price(call, product, price=150_000, stock_quantity=5, special_price=110_000, **dates)[0]["message"]
    assert wire["special_price"] == 120_000
    assert price(call, product, price=160_000, stock_quantity=5, special_price=120_000, **dates) == []
    assert (wire["is_promotion"], wire["special_price"]) == (False, None)
    assert price(call, product, special_price=110_000, **dates) == []
    assert price(call, product, stock_quantity=5) == []
    assert (wire["is_promotion"], wire["special_price"]) == (False, None)


def test_a_promotion_runs_in_its_days_and_is_over_by_itself(call: Call, sendo: Sendo) -> None:
    body = {**to_wire(an_offer()), **DEAL, "promotion_from_date": "2021-12-21"}
    number = call("POST", "/api/partner/product", body).json()["result"]
    sendo.mock.tokens = dict.fromkeys(sendo.mock.tokens, 2.0**40)  # days will pass

    def prices() -> tuple[int, int, int]:
        shown = call("GET", f"/api/partner/product?id={number}").json()["result"]
        sold = sendo.mock.buy(SKU, 1).price_vnd
        return shown["price"], shown["promotion_price"], sold

    shown = call("GET", f"/api/partner/product?id={number}").json()["result"]
    assert shown["promotion_from_date_timestamp"] == 1640019600  # 21 December, 00:00:00 in Vietnam
    assert shown["promotion_to_date_timestamp"] == 1640451599  # 25 December, 23:59:59
    assert prices() == (150_000, 150_000, 150_000)
    sendo.time.seconds += 86_400
    assert prices() == (150_000, 120_000, 120_000)
    sendo.time.seconds += 5 * 86_400
    assert prices() == (150_000, 150_000, 150_000)


def test_an_update_keeps_ends_or_is_refused_a_running_promotion(call: Call, sendo: Sendo) -> None:
    number = call("POST", "/api/partner/product", {**to_wire(an_offer()), **DEAL}).json()["result"]

    def update(**changes: Any) -> int:
        body = {**to_wire(an_offer(), number), **DEAL, **changes}
        return call("POST", "/api/partner/product", body).status_code

    assert (update(name="Cam khác"), wire_of(sendo, number)["special_price"]) == (200, 120_000)
    assert (update(special_price=110_000), wire_of(sendo, number)["special_price"]) == (400, 120_000)
    assert (update(price=160_000), wire_of(sendo, number)["special_price"]) == (200, None)
    assert (update(price=160_000), wire_of(sendo, number)["special_price"]) == (200, 120_000)
    assert call("POST", "/api/partner/product", to_wire(an_offer(), number)).status_code == 200
    assert wire_of(sendo, number)["is_promotion"] is False


def wire_of(sendo: Sendo, number: int) -> dict[str, Any]:
    return sendo.mock.products[str(number)].wire


@pytest.mark.parametrize(
    "fields",
    [
        {"price": 999, "stock_quantity": 5},
        {"price": 5_000, "stock_quantity": 0},
        {"price": 5_000, "stock_quantity": -1},
        {"price": 5_000, "stock_quantity": 5, "is_config_variant": True},
        {"price": 5_000, "stock_quantity": 5, "product_id": 1},
    ],
)
def test_a_bad_price_row_is_refused_inside_a_success(
    fields: dict[str, Any], call: Call, product: int, sendo: Sendo
) -> None:
    assert len(price(call, product, **fields)) == 1
    assert (sendo.mock.products[str(product)].price_vnd, sendo.mock.products[str(product)].stock) == (
        150_000,
        40,
    )


def test_the_field_mask_writes_only_what_it_names(call: Call, product: int, sendo: Sendo) -> None:
    row = {
        "id": product,
        "field_mask": ["quantity", "name"],
        "stock_quantity": 3,
        "name": "Cam mới",
        "price": 1,
    }
    call("POST", "/api/partner/product/update-by-field-mask", [row])
    stored = sendo.mock.products[str(product)]
    assert (stored.title, stored.stock, stored.price_vnd) == ("Cam mới", 3, 150_000)


def test_deleting_is_a_mask_and_gives_the_sku_free(call: Call, product: int, sendo: Sendo) -> None:
    row = {"id": product, "field_mask": ["product_status"], "product_status": 5}
    answer = call("POST", "/api/partner/product/update-by-field-mask", [row])
    assert answer.json()["result"]["error_list"] == []
    assert call("GET", f"/api/partner/product?sku={SKU}").status_code == 400
    assert search(call, "product", status=5)["total_records"] == 1
    assert sendo.control("buy", {"sku": SKU, "packs": 1}).status_code == 409
    assert call("POST", "/api/partner/product", to_wire(an_offer())).json()["result"] == product + 1
    again = call("POST", "/api/partner/product/update-by-field-mask", [row]).json()
    assert len(again["result"]["error_list"]) == 1


def test_a_mask_sets_no_other_status(call: Call, product: int, sendo: Sendo) -> None:
    row = {"id": product, "field_mask": ["product_status"], "product_status": 4}
    answer = call("POST", "/api/partner/product/update-by-field-mask", [row]).json()
    assert len(answer["result"]["error_list"]) == 1
    assert wire_of(sendo, product)["status"] == 2


@pytest.mark.parametrize("token", ["x", "e30=.x", "eyJhdCI6MX0=.AAAA", 5, ["x"], {"a": 1}])
def test_a_forged_page_token_is_refused(token: Any, call: Call) -> None:
    for kind in ("product", "salesorder"):
        answer = call("POST", f"/api/partner/{kind}/search", {"token": token})
        assert (answer.status_code, answer.json()["error"]["message"]) == (400, "Token không hợp lệ")


@pytest.mark.parametrize("status", [1, 4, 5])
def test_products_in_status_1_4_5_cannot_be_updated(
    status: int, call: Call, product: int, sendo: Sendo
) -> None:
    sendo.mock.products[str(product)].wire["status"] = status
    assert call("POST", "/api/partner/product", to_wire(an_offer(), product)).status_code == 400
    assert len(price(call, product, price=5_000, stock_quantity=1)) == 1


def buy(sendo: Sendo, at: str) -> str:
    answer = sendo.control("buy", {"sku": SKU, "packs": 1, "at": at})
    return str(answer.json()["order_no"])


def numbers(result: dict[str, Any]) -> list[str]:
    return [row["sales_order"]["order_number"] for row in result["data"]]


def test_without_dates_orders_of_seven_days_come(call: Call, product: int, sendo: Sendo) -> None:
    buy(sendo, "2021-12-13T08:59")
    recent = buy(sendo, "2021-12-13T09:01")
    assert numbers(search(call, "salesorder")) == [recent]


def test_days_are_inclusive_and_vietnamese(call: Call, product: int, sendo: Sendo) -> None:
    buy(sendo, "2021-12-14T23:59:59")
    first = buy(sendo, "2021-12-15T00:00:00")
    last = buy(sendo, "2021-12-15T23:59:59")
    buy(sendo, "2021-12-16T00:00:00")
    day = {"order_date_from": "2021/12/15", "order_date_to": "2021-12-15T10:00:00"}
    assert numbers(search(call, "salesorder", **day)) == [last, first]


def test_status_dates_span_at_most_three_days(call: Call, product: int, sendo: Sendo) -> None:
    number = buy(sendo, "2021-12-10T08:00")
    sendo.control(f"orders/{number}/advance", {"status": "confirmed", "at": "2021-12-18T08:00"})
    window = {"order_status_date_from": "2021/12/17", "order_status_date_to": "2021/12/19"}
    assert numbers(search(call, "salesorder", **window)) == [number]
    assert numbers(search(call, "salesorder", **window, order_status=2)) == []
    assert numbers(search(call, "salesorder", **window, order_status="3")) == [number]
    assert numbers(search(call, "salesorder", **window, order_date_from="2021/12/11")) == []
    wide = {**window, "order_status_date_to": "2021/12/20"}
    assert call("POST", "/api/partner/salesorder/search", wide).status_code == 400


def test_an_order_shows_its_buyer_to_the_shop(call: Call, product: int, sendo: Sendo) -> None:
    number = buy(sendo, "2021-12-20T08:00")
    shown = call("GET", f"/api/partner/salesorder/{number}").json()["result"]
    head = shown["sales_order"]
    assert len(head) > 120
    assert head["receiver_full_address"].count(", ") == 3
    assert head["total_amount_buyer"] - head["total_amount"] == 25_000
    assert (head["order_status"], head["delivery_status"], head["order_date_time_stamp"]) == (
        2,
        9,
        1639962000,
    )
    assert shown["sku_details"][0]["product_variant_id"] == product
    assert call("GET", f"/api/partner/salesorder/bill/{number}").json()["success"] is True


def change(call: Call, number: str, status: Any, **more: Any) -> requests.Response:
    body = {
        "order_number": number,
        "order_status": status,
        "cancel_order_reason": None,
        "allow_check": 0,
        **more,
    }
    return call("PUT", "/api/partner/salesorder", body)


def test_a_seller_may_confirm_and_cancel_and_nothing_else(call: Call, product: int, sendo: Sendo) -> None:
    number = buy(sendo, "2021-12-20T08:00")
    for status in (2, 6, 7, 8, None, "x"):
        assert change(call, number, status).status_code == 400
    assert change(call, number, 13).status_code == 400
    assert change(call, number, 13, cancel_order_reason="X").status_code == 400
    assert change(call, number, "3").json()["result"] is True
    assert change(call, number, 3).status_code == 400
    assert change(call, number, 13, cancel_order_reason="CBS100").json()["result"] is True
    assert change(call, "1", 3).status_code == 400
    shown = call("GET", f"/api/partner/salesorder/{number}").json()["result"]["sales_order"]
    assert (shown["order_status"], shown["canceled_by"], shown["reason_cancel_code"]) == (
        13,
        "seller",
        "CBS100",
    )


def test_only_a_shop_that_ships_itself_may_say_delivered(call: Call, product: int, sendo: Sendo) -> None:
    number = buy(sendo, "2021-12-20T08:00")
    for step in ("confirmed", "shipped"):
        sendo.control(f"orders/{number}/advance", {"status": step})
    assert change(call, number, 7).status_code == 400
    sendo.control("settings", {"self_shipping": True})
    assert change(call, number, 7).json()["result"] is True
    early = buy(sendo, "2021-12-20T08:00")
    assert change(call, early, 7).status_code == 400
    assert change(call, early, 3).status_code == 200
    assert change(call, early, 7).json()["result"] is True
    shown = call("GET", f"/api/partner/salesorder/{early}").json()["result"]["sales_order"]
    assert (shown["order_status"], shown["is_self_shipping"]) == (7, True)


def test_the_remaining_calls_answer(call: Call) -> None:
    reasons = call("GET", "/api/partner/salesorder/reason-collection").json()["result"]
    assert {"CBS1", "CBS100", "CBS111"} <= {row["code"] for row in reasons}
    assert call("GET", "/api/address/region").json()["result"][0]["name"] == "Hà Nội"
    assert call("GET", "/api/address/district?regionId=2").json()["result"][0]["name"] == "Huyện Vị Xuyên"
    assert call("GET", "/api/address/ward/200").json()["result"]["name"] == "Xã Đạo Đức"
    assert call("GET", "/api/nowhere").status_code == 404
