"""One rule says what an offer still owes to its category."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.kit.attributes import fits, is_required, missing
from connectors.kit.protocol import Attribute, Schema

ORIGIN = Attribute("o", "Xuất xứ", required=True)
STARS = Attribute("s", "Sao OCOP", required=False, options=("0", "3", "4", "5"))
PAPER = Attribute("p", "Số giấy", required=False, required_with="s")
SCHEMA = Schema("1", (ORIGIN, STARS, PAPER))


@pytest.mark.parametrize(
    ("answers", "owed"),
    [
        ({}, ["o"]),
        ({"o": "  "}, ["o"]),
        ({"o": "Hà Giang"}, []),
        ({"o": "Hà Giang", "s": "0"}, []),
        ({"o": "Hà Giang", "s": "4"}, ["p"]),
        ({"o": "Hà Giang", "s": "4", "p": "12/QĐ"}, []),
        ({"o": "Hà Giang", "s": "2"}, ["s", "p"]),
        ({"o": "Hà Giang", "p": "12/QĐ"}, []),
    ],
)
def test_what_is_missing_is_required_and_empty_or_no_option(answers, owed):
    assert [one.id for one in missing(SCHEMA, answers)] == owed


def test_without_a_schema_nothing_is_missing():
    assert list(missing(None, {})) == []


ATTRIBUTES = st.builds(
    Attribute,
    id=st.sampled_from("abc"),
    name=st.just("?"),
    required=st.booleans(),
    options=st.sampled_from([(), ("x", "y")]),
    required_with=st.sampled_from([None, "a", "b"]),
)


@given(
    st.lists(ATTRIBUTES, unique_by=lambda one: one.id),
    st.dictionaries(st.sampled_from("abc"), st.sampled_from(["", "0", " ", "x", "z"])),
)
def test_answering_what_is_missing_with_what_fits_leaves_nothing_missing(attributes, answers):
    schema = Schema("1", tuple(attributes))
    for _ in attributes:  # an answer may make another one required
        for one in missing(schema, answers):
            answers = {**answers, one.id: one.options[0] if one.options else "x"}

    assert list(missing(schema, answers)) == []
    assert all(fits(one, answers[one.id]) for one in attributes if is_required(one, answers))
