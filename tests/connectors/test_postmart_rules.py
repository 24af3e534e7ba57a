"""Green is accepted: one rule pack for the preview and the mock."""

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.kit.errors import Rejected
from connectors.kit.protocol import Attribute, Offer, Picture, Promotion, Schema
from connectors.postmart.categories import schema, tree
from connectors.postmart.mapping import UNITS
from connectors.postmart.rules import FIELDS, PICTURE_MOST, check
from tests.connectors.postmart import JPEG, PICTURE, Postmart, an_offer, opened

LARGE = "https://img.example/large.jpg"
words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=210)
picture = st.sampled_from(
    [Picture(PICTURE, size=100_000), Picture(PICTURE), Picture(LARGE, size=PICTURE_MOST + 1), Picture("x")]
)
FIELD_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "sku": st.text("ABCxyz019-._ đ", max_size=12),
    "title": words | st.sampled_from(["Rượu ngô", "Chè chữa bệnh gan"]),
    "description": words | st.sampled_from(["Cam ngon. " * 15, "x" * 10_000, "x" * 10_001, "x" * 19]),
    "price_vnd": st.integers(-5, 5_000) | st.integers(1_000, 10**9),
    "packs": st.integers(-2, 2_000_000),
    "gross_grams": st.integers(-1, 300_000),
    "category": st.sampled_from([*tree(), "", "khong-co"]),
    "unit": st.sampled_from([*UNITS, "kg", ""]),
    "pictures": st.lists(picture, max_size=8).map(tuple),
    "attributes": st.dictionaries(
        st.sampled_from(["PROP0101", "PROP0102", "PROP0103", "ocopStar", "ocopCertificate", "màu: sắc"]),
        words | st.sampled_from(["Hoa rừng", "3", "4", "5", "0", "6"]),
        max_size=4,
    ),
    "restricted": st.sampled_from([None, "alcohol", "medicinal"]),
    "dimensions_cm": st.tuples(st.integers(-1, 250), st.integers(1, 30), st.integers(1, 30)),
}


@st.composite
def offers(draw: st.DrawFn) -> Offer:
    """A good offer with a few fields replaced by anything."""
    changed = draw(st.sets(st.sampled_from(sorted(FIELD_VALUES)), max_size=3))
    return an_offer(**{name: draw(FIELD_VALUES[name]) for name in sorted(changed)})


def accepted(postmart: Postmart, offer: Offer) -> bool:
    postmart.mock.reset()
    try:
        postmart.shop.create(offer)
    except Rejected:
        return False
    return True


@pytest.fixture(scope="module")
def shop() -> Any:
    with opened() as postmart:
        postmart.pictures[LARGE] = JPEG + bytes(PICTURE_MOST)
        yield postmart


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(offer=offers())
def test_green_is_accepted_and_red_is_refused(offer: Offer, shop: Postmart) -> None:
    problems = check(offer)
    blocking = [problem for problem in problems if problem.blocks]
    if not blocking:
        assert accepted(shop, offer)
    only_preview = {"alcohol", "medicinal"}  # what the body no longer shows
    if {problem.code for problem in blocking} - only_preview:
        assert not accepted(shop, offer)
    for problem in problems:
        assert problem.sentence % problem.facts
        assert problem.field in FIELDS.values()


def codes(**changes: Any) -> list[tuple[str, str]]:
    return [(problem.field, problem.code) for problem in check(an_offer(**changes)) if problem.blocks]


def hints(**changes: Any) -> list[tuple[str, str]]:
    return [(problem.field, problem.code) for problem in check(an_offer(**changes)) if not problem.blocks]


def test_a_complete_offer_is_green() -> None:
    assert (codes(), hints()) == ([], [])


GOOD = Picture(PICTURE, size=100_000)
TOO_LARGE = Picture(LARGE, size=PICTURE_MOST + 1)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"title": "  "}, ("title", "title_short")),
        ({"title": "x" * 201}, ("title", "title_long")),
        ({"sku": "CAM 5KG"}, ("sku", "sku")),
        ({"description": "ngắn"}, ("description", "description_short")),
        ({"description": "x" * 10_001}, ("description", "description_long")),
        ({"price_vnd": 999}, ("price_vnd", "price")),
        ({"gross_grams": 0}, ("gross_grams", "weight")),
        ({"packs": -1}, ("packs", "stock")),
        ({"dimensions_cm": (0, 10, 10)}, ("dimensions_cm", "dimensions")),
        ({"unit": "kg"}, ("unit", "unit")),
        ({"category": "thuc-pham-bo-duong"}, ("category", "category")),
        ({"pictures": ()}, ("pictures", "picture_missing")),
        ({"pictures": (Picture("a.jpg"),)}, ("pictures", "picture_address")),
        ({"attributes": {"màu": "vàng"}}, ("attributes", "attribute_màu")),
        ({"category": "mat-ong"}, ("attributes", "attribute_PROP0103")),
        (
            {"category": "mat-ong", "attributes": {"PROP0103": "Hoa hồng"}},
            ("attributes", "attribute_PROP0103"),
        ),
        ({"category": "thit-kho-gac-bep"}, ("attributes", "attribute_PROP0102")),
        ({"attributes": {"ocopStar": "4"}}, ("attributes", "attribute_ocopCertificate")),
        ({"attributes": {"ocopStar": "2", "ocopCertificate": "A"}}, ("attributes", "attribute_ocopStar")),
        ({"restricted": "alcohol"}, ("title", "alcohol")),
        ({"title": "Rượu ngô Thanh Vân"}, ("title", "alcohol")),
        ({"restricted": "medicinal"}, ("description", "medicinal")),
        ({"title": "Mật ong chữa bệnh dạ dày"}, ("title", "medicinal")),
        ({"description": "Chè điều trị mất ngủ. " * 6}, ("description", "medicinal")),
    ],
)
def test_each_rule_names_one_field(changes: dict[str, Any], problem: tuple[str, str]) -> None:
    assert codes(**changes) == [problem]


def test_a_picture_that_is_too_large_is_left_out_and_said() -> None:
    pictures = (GOOD, TOO_LARGE, GOOD)
    assert (codes(pictures=pictures), hints(pictures=pictures)) == ([], [("pictures", "picture_large")])


def test_when_every_picture_is_too_large_that_blocks() -> None:
    assert ("pictures", "pictures_large") in codes(pictures=(TOO_LARGE,))


def test_a_sixth_picture_is_left_out_and_said() -> None:
    assert (codes(pictures=(GOOD,) * 6), hints(pictures=(GOOD,) * 6)) == (
        [],
        [("pictures", "pictures_many")],
    )


def test_a_promotion_is_left_out_and_said() -> None:
    promotion = Promotion(120_000, date(2021, 12, 20), date(2021, 12, 25))
    assert (codes(promotion=promotion), hints(promotion=promotion)) == (
        [],
        [("promotion", "promotion_left_out")],
    )


def test_titles_are_counted_in_characters_not_bytes() -> None:
    assert codes(title="Ặ" * 200) == []


def test_the_schema_that_came_with_the_offer_counts_before_our_own() -> None:
    asked = Schema("trai-cay-tuoi", (Attribute("PROP0999", "Độ ngọt", required=True),))
    assert codes(schema=asked, attributes={}) == [("attributes", "attribute_PROP0999")]
    assert codes(schema=asked, attributes={"PROP0999": "12 Brix"}) == []


def test_a_schema_of_another_category_is_not_asked() -> None:
    other = Schema("mat-ong", (Attribute("PROP0999", "Độ ngọt", required=True),))
    assert codes(schema=other) == []


def test_every_leaf_says_what_it_asks_and_one_must_be_answered() -> None:
    asked = {code: schema(code) for code, node in tree().items() if node.leaf}
    assert None not in asked.values()
    needed = {code for code, one in asked.items() if one and any(a.required for a in one.attributes)}
    assert needed == {"mat-ong", "thit-kho-gac-bep", "qua-tang-ocop"}
