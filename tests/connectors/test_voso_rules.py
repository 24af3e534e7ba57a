"""Green is accepted: one rule pack for the preview and the mock; what is cut or left out is said."""

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.kit.errors import Rejected
from connectors.kit.protocol import Attribute, Offer, Picture, Promotion, Schema
from connectors.kit.text import byte_length
from connectors.voso.mapping import good_pictures, wording
from connectors.voso.rules import FIELDS, check
from tests.connectors.test_text import TITLE
from tests.connectors.voso import PICTURES, SKU, Voso, an_offer, opened

words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=160)
picture = st.builds(
    Picture,
    st.sampled_from(sorted(PICTURES)),
    st.sampled_from([0, 499, 500, 800]),
    st.sampled_from([0, 499, 500, 600]),
    st.sampled_from([0, 2_000_000, 2_000_001]),
)
FIELD_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "sku": st.text("ABCxyz019-._ đ", max_size=12),
    "title": words | st.sampled_from(["Rượu ngô", "Chè chữa bệnh gan", TITLE, "ế" * 50, "ế" * 51]),
    "description": words | st.sampled_from(["ế" * 1333, "ế" * 1334, "Cam điều trị ho. "]),
    "price_vnd": st.integers(-5, 5_000) | st.integers(1_000, 2 * 10**9),
    "packs": st.integers(-2, 2_000_000),
    "gross_grams": st.integers(-1, 2_000_000),
    "category": st.sampled_from(["1010", "1210", "1410", "1000", "0", "", "abc", "999999", "²"]),
    "unit": st.sampled_from(["box", "kg", ""]),
    "pictures": st.lists(picture, max_size=12).map(tuple),
    "attributes": st.dictionaries(
        st.sampled_from(["XUAT_XU", "HAN_SU_DUNG", "OCOP_SAO", "SO_GCN_OCOP", "CHAT_LIEU", "x"]),
        words | st.sampled_from(["", "0", "4", "Hà Giang"]),
    ),
    "restricted": st.sampled_from([None, "alcohol", "medicinal"]),
    "dimensions_cm": st.tuples(st.integers(-1, 400), st.integers(1, 30), st.integers(1, 30)),
}


@st.composite
def offers(draw: st.DrawFn) -> Offer:
    """A good offer with a few fields replaced by anything."""
    changed = draw(st.sets(st.sampled_from(sorted(FIELD_VALUES)), max_size=3))
    return an_offer(**{name: draw(FIELD_VALUES[name]) for name in sorted(changed)})


def accepted(voso: Voso, offer: Offer) -> bool:
    voso.mock.reset()
    voso.shop._images._known.clear()
    try:
        voso.shop.create(offer)
    except Rejected:
        return False
    return True


@pytest.fixture(scope="module")
def shop() -> Any:
    with opened() as voso:
        yield voso


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(offer=offers())
def test_green_is_accepted_and_red_is_refused(offer: Offer, shop: Voso) -> None:
    problems = check(offer)
    red = {problem.code for problem in problems if problem.blocks}
    if not red:
        assert accepted(shop, offer)
        (product,) = shop.mock.products.values()
        assert (product.title, product.wire["PRODUCT_DESCRIPTION"]) == (
            wording(offer).title,
            wording(offer).description,
        )
    if red - {"alcohol", "medicinal"} or (red and offer.restricted is None):
        assert not accepted(shop, offer)
        assert shop.mock.products == {}
    for problem in problems:
        assert problem.sentence % problem.facts
        assert problem.field in {*FIELDS.values(), "promotion"}


def codes(**changes: Any) -> list[tuple[str, str]]:
    return [(problem.field, problem.code) for problem in check(an_offer(**changes))]


def test_a_complete_offer_is_green() -> None:
    assert codes() == []
    assert codes(attributes={"XUAT_XU": "Hà Giang", "HAN_SU_DUNG": "10 ngày", "OCOP_SAO": "0"}) == []


GOOD = {"XUAT_XU": "Hà Giang", "HAN_SU_DUNG": "10 ngày"}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"title": "  "}, ("title", "title_missing")),
        ({"sku": "CAM 5KG"}, ("sku", "sku")),
        ({"description": " \n "}, ("description", "description_missing")),
        ({"description": "ế" * 1334}, ("description", "description_long")),
        ({"price_vnd": 999}, ("price_vnd", "price")),
        ({"gross_grams": 0}, ("gross_grams", "weight")),
        ({"packs": -1}, ("packs", "stock")),
        ({"dimensions_cm": (0, 10, 10)}, ("dimensions_cm", "dimensions")),
        ({"category": "1000"}, ("category", "category")),
        ({"category": "cam"}, ("category", "category")),
        ({"pictures": ()}, ("pictures", "picture_missing")),
        ({"pictures": (Picture("a", 499, 800, 1),)}, ("pictures", "picture_missing")),
        ({"attributes": {"XUAT_XU": "Hà Giang"}}, ("attributes", "attribute_missing.HAN_SU_DUNG")),
        ({"attributes": {**GOOD, "XUAT_XU": " "}}, ("attributes", "attribute_missing.XUAT_XU")),
        ({"attributes": {**GOOD, "OCOP_SAO": "4"}}, ("attributes", "attribute_missing.SO_GCN_OCOP")),
        (
            {"attributes": {**GOOD, "OCOP_SAO": "6", "SO_GCN_OCOP": "12/QĐ"}},
            ("attributes", "attribute_option.OCOP_SAO"),
        ),
        ({"attributes": {**GOOD, "XUAT_XU": "ế" * 51}}, ("attributes", "attribute_long.XUAT_XU")),
        ({"attributes": {**GOOD, "MAU": "vàng"}}, ("attributes", "attribute_unknown.MAU")),
        ({"restricted": "alcohol"}, ("title", "alcohol")),
        ({"title": "Rượu ngô Thanh Vân"}, ("title", "alcohol")),
        ({"restricted": "medicinal"}, ("description", "medicinal")),
        ({"title": "Mật ong chữa bệnh dạ dày"}, ("title", "medicinal")),
        ({"description": "Chè điều trị mất ngủ."}, ("description", "medicinal")),
    ],
)
def test_each_rule_names_one_field_and_blocks(changes: dict[str, Any], problem: tuple[str, str]) -> None:
    (found,) = check(an_offer(**changes))
    assert (found.field, found.code, found.blocks) == (*problem, True)


def test_a_long_title_is_cut_and_the_cut_one_is_shown() -> None:
    (hint,) = check(an_offer(title=TITLE))
    sent = wording(an_offer(title=TITLE)).title
    assert (hint.field, hint.code, hint.blocks) == ("title", "title_cut", False)
    assert byte_length(sent) == 150
    assert hint.sentence % hint.facts == (f"Tên dài 158 byte, Voso nhận 150 byte; tên sẽ gửi là “{sent}”.")


def test_bad_pictures_are_left_out_and_named() -> None:
    good, small = Picture("a", 500, 500, 2_000_000), Picture("b", 800, 499, 1)
    heavy, unknown = Picture("c", 800, 800, 2_000_001), Picture("d")
    offer = an_offer(pictures=(small, good, heavy, unknown))
    assert good_pictures(offer) == [good, unknown]
    (hint,) = check(offer)
    assert (hint.code, hint.blocks, hint.facts["places"]) == ("pictures_left_out", False, "1, 3")


def test_only_the_first_eight_pictures_are_sent_and_that_is_said() -> None:
    offer = an_offer(pictures=tuple(Picture(str(number)) for number in range(10)))
    assert [one.url for one in good_pictures(offer)] == [str(number) for number in range(8)]
    (hint,) = check(offer)
    assert hint.sentence % hint.facts == "Có 10 ảnh; Voso nhận 8 ảnh nên chỉ gửi 8 ảnh đầu."


def test_a_promotion_is_left_out_and_that_is_said() -> None:
    promotion = Promotion(100_000, date(2021, 12, 1), date(2021, 12, 5))
    (hint,) = check(an_offer(promotion=promotion))
    assert (hint.field, hint.code, hint.blocks) == ("promotion", "promotion_left_out", False)


def test_what_the_marketplace_told_last_counts_more_than_what_we_know() -> None:
    fetched = Schema("1010", (Attribute("MUA_VU", "Mùa vụ", required=True),))
    assert codes(schema=fetched, attributes={"MUA_VU": "2021"}) == []
    assert codes(schema=fetched, attributes={}) == [("attributes", "attribute_missing.MUA_VU")]
    assert codes(schema=Schema("777", ()), category="777", attributes={}) == []
    other = Schema("1210", (Attribute("MUA_VU", "Mùa vụ", required=True),))
    assert codes(schema=other) == []


def test_everything_missing_is_told_at_once() -> None:
    assert {field for field, _ in codes(title="", price_vnd=0, pictures=(), attributes={})} == {
        "title",
        "price_vnd",
        "pictures",
        "attributes",
    }


def test_a_refusal_names_all_its_fields_and_nothing_is_stored(shop: Voso) -> None:
    shop.mock.reset()
    with pytest.raises(Rejected) as refused:
        shop.shop.create(an_offer(price_vnd=1, gross_grams=0))
    assert (refused.value.code, set(refused.value.fields)) == (
        "refused_price_vnd",
        {"price_vnd", "gross_grams"},
    )
    assert refused.value.fields["price_vnd"] == "Voso không nhận giá này; hãy sửa giá."
    assert refused.value.facts["message"] == "Incorrect data: PRODUCT_PRICE; Incorrect data: PRODUCT_WEIGHT"
    assert SKU not in shop.mock.by_sku
