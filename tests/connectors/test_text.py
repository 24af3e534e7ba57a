"""A text is cut by bytes, never inside a letter as people see it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.kit.text import byte_length, cut_bytes, fits

TITLE = (
    "Cam Vàng Bắc Quang – Vườn bà Hoàng Thị Sính, thôn Tân Tạo, xã Vĩnh Hảo, Hà Giang "
    "(thùng 10 kg, VietGAP, OCOP 3 sao, thu hái tháng 12)"
)
clusters = st.sampled_from(
    [
        "a",
        " ",
        "ế",
        "e\u0302\u0301",
        "đ",
        "👩\u200d🌾",
        "🇻🇳",
        "👍🏽",
        "각",
        "\u0938\u094d",
        "x\u0332\u0333",
        "❤\ufe0f",
    ]
)
letters = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)


def test_the_documents_trap_has_fewer_letters_than_bytes() -> None:
    assert (len(TITLE), byte_length(TITLE)) == (133, 158)
    assert byte_length(unicodedata.normalize("NFD", TITLE)) == 158
    assert not fits(TITLE, 150)


def test_a_long_title_keeps_its_beginning() -> None:
    cut = cut_bytes(TITLE, 150)
    assert cut.endswith("OCOP 3 sao, thu hái th")
    assert byte_length(cut) == 150
    assert cut_bytes(TITLE, 149).endswith("thu hái t")
    assert cut_bytes(TITLE, 158) == TITLE


@given(letters | st.lists(clusters, max_size=30).map("".join), st.integers(0, 90))
def test_a_cut_is_a_beginning_that_fits(text: str, most: int) -> None:
    whole = unicodedata.normalize("NFC", text)
    cut = cut_bytes(text, most)
    assert fits(cut, most)
    assert whole.startswith(cut)
    assert unicodedata.is_normalized("NFC", cut)
    assert fits(text, most) == (cut == whole) or whole.rstrip() == cut
    if cut != whole:
        assert cut == cut.rstrip()


@given(st.lists(clusters.filter(str.strip), max_size=30), st.integers(0, 120))
def test_a_cut_ends_between_two_graphemes_and_wastes_none(parts: list[str], most: int) -> None:
    parts = [unicodedata.normalize("NFC", part) for part in parts]
    ends = ["".join(parts[:count]) for count in range(len(parts) + 1)]
    assert cut_bytes("".join(parts), most) == [end for end in ends if byte_length(end) <= most][-1]


@pytest.mark.parametrize(
    ("text", "most", "cut"),
    [
        ("Chè 👩\u200d🌾", 14, "Chè"),
        ("Chè 👩\u200d🌾", 16, "Chè 👩\u200d🌾"),
        ("🇻🇳🇻🇳", 15, "🇻🇳"),
        ("🇻🇳🇻🇳", 12, "🇻🇳"),
        ("a\r\nb", 2, "a"),
        ("Cam\u0332\u0333", 4, "Ca"),
        ("ế", 2, ""),
        ("", 0, ""),
        ("cam  sành", 5, "cam"),
    ],
)
def test_what_looks_like_one_letter_stays_whole(text: str, most: int, cut: str) -> None:
    assert cut_bytes(text, most) == cut
