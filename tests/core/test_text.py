"""Vietnamese text: what comes in is cleaned, searches find it, lists order it."""

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from marketplace.core.text import (
    SORT_KEY_LENGTH,
    clean,
    clean_lines,
    exactness,
    fold,
    fold_loose,
    person_sort_key,
    sort_key,
    unmark,
)

VIETNAMESE = "aàáảãạăằắẳẵặâầấẩẫậbcdđeèéẻẽẹêềếểễệghiìíỉĩịklmnoòóỏõọôồốổỗộơờớởỡợpqrstuùúủũụưừứửữựvxyỳýỷỹỵ"
any_text = st.text(max_size=60)
vietnamese_text = st.text(alphabet=VIETNAMESE + VIETNAMESE.upper() + " .-'0123456789", max_size=60)

SORTED_WORDS = [
    "3 tháng 2", "An", "An Bình", "Ảnh", "Áo", "Ăn", "Ấm áp", "Ân", "Bắc Mê", "Bắc Quang", "Cam sành",
    "Cao Bằng", "Dao", "Đồng Văn", "Em", "Ê-đê", "Hà An", "Hà Giang", "Hạ Hòa", "Hàm Yên", "Hoàng Su Phì",
    "Ma", "Mà", "Mả", "Mã", "Má", "Mạ", "Mèo Vạc", "Mông", "Mơ", "Quản Bạ", "Quang Bình", "Tua", "Tư",
    "Vị Xuyên", "Yên Minh",
]  # fmt: skip
SORTED_PEOPLE = [
    "Nguyễn Văn An", "Triệu Thị An", "Vàng A Án", "Ma Thị Ảnh", "Phàn Chòi Ân", "Lý Đức Bình",
    "Nông Văn Dũng", "Đặng Thị Đào", "Hoàng Văn Đạt", "Giàng A Páo", "Giàng Mí Páo", "Vàng Mí Sính",
    "Hoàng Thị Vén",
]  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Giàng \u00a0 A\tPáo \n", "Giàng A Páo"),
        ("Gia\u0300ng", "Giàng"),
        ("Lý\x00 A\u200b \ufeffSử\x07", "Lý A Sử"),
        ("Lý\u202e A", "Lý A"),
        ("a\ud800b", "ab"),
        ("\u3164", ""),
    ],
)
def test_one_line_is_trimmed_composed_and_has_nothing_hidden(typed: str, kept: str) -> None:
    assert clean(typed) == kept


def test_long_text_keeps_its_paragraphs() -> None:
    assert clean_lines("  Dòng  một \r\nDòng hai\r\n\r\n\r\n\r\nĐoạn\x00 hai\u2028cuối\n\n") == (
        "Dòng một\nDòng hai\n\nĐoạn hai\ncuối"
    )


@given(any_text)
@example("\r\x00\n")
@example("a\u200b\u0301")
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    for once in (clean(text), clean_lines(text)):
        assert unicodedata.is_normalized("NFC", once)
        once.encode()
    assert clean(clean(text)) == clean(text)
    assert clean_lines(clean_lines(text)) == clean_lines(text)
    assert "\n" not in clean(text)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Đồng Văn", "dong van"),
        ("ĐẶNG THỊ HỮU", "dang thi huu"),
        ("Ðặng", "dang"),
        ("Hoà", "hoa"),
        ("Hòa", "hoa"),
        ("H'Mông", "hmong"),
        ("H’Mông", "hmong"),
        ("xã Tân-Trịnh, (Quang Bình)", "xa tan trinh quang binh"),
        ("Ｃａｍ", "cam"),
        ("1.500 m²", "1 500 m2"),
        ("…", ""),
    ],
)
def test_search_text_has_no_marks_capitals_or_punctuation(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_unmarked_text_keeps_its_punctuation() -> None:
    assert unmark("1,5 Tấn/Đợt") == "1,5 tan/dot"


@given(any_text)
@example("℡ ͅ ŉ ´ ẞ İ")
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert fold_loose(fold_loose(text)) == fold_loose(text)


@given(vietnamese_text)
def test_vietnamese_folds_to_ascii(text: str) -> None:
    assert fold(text).isascii()
    assert not re.search(r"[^a-z0-9 ]|^ | $|  ", fold(text))


@given(any_text)
def test_decomposed_input_counts_as_composed(text: str) -> None:
    decomposed, composed = (unicodedata.normalize(form, text) for form in ("NFD", "NFC"))
    for function in (clean, clean_lines, fold, fold_loose, sort_key, person_sort_key):
        assert function(decomposed) == function(composed)
    assert exactness(decomposed, composed) == 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Mỹ", "Mĩ", True),
        ("Lý A Sử", "Lí A Sử", True),
        ("Quý", "Quí", True),
        ("Ý", "Í", True),
        ("Thuý", "Thúy", True),
        ("Thuý", "Thúi", False),
        ("Máy", "Mai", False),
        ("Lý", "Lò", False),
    ],
)
def test_duplicates_are_sought_with_y_as_i_at_the_end(one: str, other: str, same: bool) -> None:
    assert (fold_loose(one) == fold_loose(other)) is same


@given(st.permutations(SORTED_WORDS))
def test_words_sort_by_the_vietnamese_alphabet(words: list[str]) -> None:
    assert sorted(words, key=sort_key) == SORTED_WORDS


def test_tones_break_ties_after_all_letters() -> None:
    assert sorted(["Án Bình", "An Bình", "Án Anh"], key=sort_key) == ["Án Anh", "An Bình", "Án Bình"]
    assert sort_key("Hoà") == sort_key("hòa")


@given(st.permutations(SORTED_PEOPLE))
def test_people_sort_by_given_then_family_then_middle_name(people: list[str]) -> None:
    assert sorted(people, key=person_sort_key) == SORTED_PEOPLE


def test_a_single_name_sorts_before_the_same_with_a_family_name() -> None:
    assert sorted(["Lý An", "Án", "An", ""], key=person_sort_key) == ["", "An", "Lý An", "Án"]


@given(st.text(max_size=300))
def test_sort_keys_are_digits_that_fit_their_column(text: str) -> None:
    for key in (sort_key(text), person_sort_key(text)):
        assert re.fullmatch(r"[0-9]+", key)
        assert len(key) <= SORT_KEY_LENGTH


@given(vietnamese_text, vietnamese_text)
def test_sort_keys_order_unmarked_text_as_the_alphabet_does(one: str, other: str) -> None:
    plain_one, plain_other = fold(one), fold(other)
    if plain_one < plain_other:
        assert sort_key(plain_one) < sort_key(plain_other)


@pytest.mark.parametrize(
    ("query", "rank"),
    [
        ("Hòa", 0),
        ("hoà", 0),
        ("hoà bình", 0),
        ("hò", 0),
        ("hoa", 1),
        ("Hỏa", 1),
        ("HOA BINH", 1),
        ("binh hoa", 2),
        ("Hà", 2),
    ],
)
def test_hits_with_the_same_marks_come_first(query: str, rank: int) -> None:
    assert exactness(query, "Thôn Hòa Bình") == rank
