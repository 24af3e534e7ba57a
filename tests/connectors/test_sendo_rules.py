"""Green is accepted: one rule pack for the preview and the mock."""

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.kit.errors import Rejected
from connectors.kit.protocol import Offer, Picture, Promotion, Schema
from connectors.sendo.mapping import UNITS, to_wire, wording
from connectors.sendo.rules import FIELDS, check
from tests.connectors.conftest import Sendo, an_offer, opened

words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=160)
days = st.dates(date(2021, 12, 1), date(2022, 1, 31))
picture = st.sampled_from(["https://img.example/a.jpg", "x", "", "http://a b"]).map(Picture)
FIELD_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "sku": st.text("ABCxyz019-._ đ", max_size=12),
    "title": words | st.sampled_from(["Rượu ngô", "Chè chữa bệnh gan"]),
    "description": words | st.sampled_from(["Cam ngon. " * 15, "x" * 99_993, "x" * 99_994]),
    "price_vnd": st.integers(-5, 5_000) | st.integers(1_000, 2 * 10**9),
    "packs": st.integers(-2, 2_000_000),
    "gross_grams": st.integers(-1, 2_000_000),
    "category": st.sampled_from(
        ["2422", "1229", "1218", "2621", "3673", "2399", "0", "", "abc", "999999", "²"]
    ),
    "unit": st.sampled_from([*UNITS, "kg", ""]),
    "pictures": st.lists(picture, max_size=12).map(tuple),
    "attributes": st.dictionaries(st.sampled_from(["841", "1246", "x"]), words, max_size=2),
    "restricted": st.sampled_from([None, "alcohol", "medicinal"]),
    "promotion": st.none() | st.builds(Promotion, st.integers(-5, 200_000), days, days),
    "dimensions_cm": st.tuples(st.integers(-1, 400), st.integers(1, 30), st.integers(1, 30)),
}


@st.composite
def offers(draw: st.DrawFn) -> Offer:
    """A good offer with a few fields replaced by anything."""
    changed = draw(st.sets(st.sampled_from(sorted(FIELD_VALUES)), max_size=3))
    return an_offer(**{name: draw(FIELD_VALUES[name]) for name in sorted(changed)})


def accepted(sendo: Sendo, offer: Offer) -> bool:
    sendo.mock.reset()
    try:
        sendo.shop.create(offer)
    except Rejected:
        return False
    return True


@pytest.fixture(scope="module")
def shop() -> Any:
    with opened() as sendo:
        yield sendo


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(offer=offers())
def test_green_is_accepted_and_red_is_refused(offer: Offer, shop: Sendo) -> None:
    problems = check(offer)
    blocking = {problem.code for problem in problems if problem.blocks}
    if not blocking:
        assert accepted(shop, offer)
    if blocking - {"alcohol", "medicinal"}:  # what the body no longer shows
        assert not accepted(shop, offer)
    for problem in problems:
        assert problem.sentence % problem.facts
        assert problem.field in {*FIELDS.values(), "packs"}


FIRST, LAST = date(2021, 12, 21), date(2021, 12, 25)


def codes(**changes: Any) -> list[tuple[str, str]]:
    return [(problem.field, problem.code) for problem in check(an_offer(**changes))]


def test_a_complete_offer_is_green() -> None:
    assert codes() == []
    assert codes(promotion=Promotion(150_000, FIRST, FIRST)) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"title": "  "}, ("title", "title_missing")),
        ({"title": "x" * 151}, ("title", "title_long")),
        ({"sku": "CAM 5KG"}, ("sku", "sku")),
        ({"sku": ""}, ("sku", "sku")),
        ({"description": "ngắn"}, ("description", "description_short")),
        ({"description": "x" * 100_000}, ("description", "description_long")),
        ({"price_vnd": 999}, ("price_vnd", "price")),
        ({"gross_grams": 0}, ("gross_grams", "weight")),
        ({"packs": -1}, ("packs", "stock")),
        ({"dimensions_cm": (0, 10, 10)}, ("dimensions_cm", "dimensions")),
        ({"unit": "kg"}, ("unit", "unit")),
        ({"category": "3673"}, ("category", "category")),
        ({"category": "cam"}, ("category", "category")),
        ({"pictures": ()}, ("pictures", "picture_missing")),
        ({"pictures": (Picture("https://img.example/a.jpg"),) * 11}, ("pictures", "pictures_many")),
        ({"pictures": (Picture("a.jpg"),)}, ("pictures", "picture_address")),
        ({"attributes": {"màu": "vàng"}}, ("attributes", "attribute")),
        ({"restricted": "alcohol"}, ("title", "alcohol")),
        ({"title": "Rượu ngô Thanh Vân"}, ("title", "alcohol")),
        ({"restricted": "medicinal"}, ("description", "medicinal")),
        ({"title": "Mật ong chữa bệnh dạ dày"}, ("title", "medicinal")),
        ({"description": "Chè điều trị mất ngủ. " * 6}, ("description", "medicinal")),
        ({"promotion": Promotion(150_001, FIRST, LAST)}, ("promotion", "promotion_price")),
        ({"promotion": Promotion(999, FIRST, LAST)}, ("promotion", "promotion_price")),
        ({"promotion": Promotion(0, FIRST, LAST)}, ("promotion", "promotion_price")),
        ({"promotion": Promotion(120_000, LAST, FIRST)}, ("promotion", "promotion_days")),
    ],
)
def test_each_rule_names_one_field(changes: dict[str, Any], problem: tuple[str, str]) -> None:
    assert codes(**changes) == [problem]


def test_an_attribute_sendo_does_not_have_is_left_out_and_said() -> None:
    (hint,) = check(an_offer(attributes={"màu": "vàng"}))
    assert not hint.blocks
    assert to_wire(an_offer(attributes={"màu": "vàng"}))["attributes"] == []


def test_a_leaf_sendo_told_of_is_as_good_as_one_we_know() -> None:
    assert codes(category="5555", schema=Schema("5555")) == []


def test_the_schema_of_another_category_does_not_count() -> None:
    other = an_offer(category="5555", schema=Schema("2422"))
    assert [problem.code for problem in check(other)] == ["category"]


@pytest.mark.parametrize("text", ["Men rượu lá", "Giá trị dinh dưỡng cao", "Vườn được phòng trừ sâu bệnh"])
def test_innocent_words_stay_green(text: str) -> None:
    assert codes(title=text, description=f"{text}. " * 10) == []


def test_the_description_is_measured_as_it_will_be_sent() -> None:
    offer = an_offer(description="x" * 93)
    assert len(wording(offer).description) == 100
    assert check(offer) == []
    (short,) = check(an_offer(description="x" * 92))
    assert short.sentence % short.facts == "Bài viết mới có 99 ký tự; hãy viết thêm cho đủ 100 ký tự."


def test_everything_missing_is_told_at_once() -> None:
    assert {field for field, _ in codes(title="", price_vnd=0, pictures=(), unit="kg")} == {
        "title",
        "price_vnd",
        "pictures",
        "unit",
    }


CLAIMS = (
    "Chữa khỏi, đặc trị, ĐIỀU TRỊ, trị dứt bệnh, khỏi bệnh, thuốc chữa, thần dược, Tiên dược, "
    "chống ung thư, phòng ung thư, thay thế thuốc, hết bệnh"
)


@pytest.mark.parametrize("claim", CLAIMS.split(", "))
def test_every_claim_to_heal_is_found(claim: str) -> None:
    problems = check(an_offer(description=f"Cam ngon, {claim}, ai cũng mê. " * 10))

    assert [problem.code for problem in problems] == ["medicinal"]
