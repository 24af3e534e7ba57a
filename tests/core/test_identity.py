"""Phones, personal numbers and tax codes as on paper lists; persons here are born in 2099 (R-63)."""

from contextlib import suppress
from datetime import date

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from marketplace.core.identity import (
    ISSUED_PROVINCES,
    NationalId,
    Phone,
    TaxId,
    mask_national_id,
    mask_phone,
    read_national_id,
    read_phone,
    read_tax_id,
    show_phone,
)
from marketplace.core.units import Unreadable

IN_2120 = date(2120, 11, 5)
MAN, WOMAN = "002299000123", "002399000123"
number_like = st.text(alphabet="0123456789+84 .-()Oo", max_size=20)
mobiles = st.from_regex(r"\A0[35789][0-9]{8}\Z")


@pytest.mark.parametrize(
    ("text", "e164"),
    [
        ("0912345678", "+84912345678"),
        ("0912.345.678", "+84912345678"),
        ("0912-345-678", "+84912345678"),
        ("0912–345–678", "+84912345678"),
        (" +84 98 765 4321 ", "+84987654321"),
        ("84987654321", "+84987654321"),
        ("0084 987 654 321", "+84987654321"),
        ("+84 (0)987 654 321", "+84987654321"),
        ("0842345678", "+84842345678"),
        ("(0219) 3.866.123", "+842193866123"),
        ("+84 219 3866123", "+842193866123"),
        ("0552345678", "+84552345678"),  # prefixes phonenumbers knows only in part
        ("0521234567", "+84521234567"),
    ],
)
def test_phones_are_read_in_any_usual_spelling(text: str, e164: str) -> None:
    assert read_phone(text) == Phone(e164)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("01201234567", "0701 234 567"),
        ("0121 234 5678", "0792 345 678"),
        ("01231234567", "0831 234 567"),
        ("+84 169 123 4567", "0391 234 567"),
        ("01861234567", "0561 234 567"),
        ("01991234567", "0591 234 567"),
    ],
)
def test_old_mobile_numbers_get_their_new_prefix_and_say_so(text: str, shown: str) -> None:
    phone = read_phone(text)
    assert show_phone(phone.e164) == shown
    assert phone.note is not None
    assert "đầu số mới" in phone.note


def test_a_mobile_without_its_zero_gets_it_back_and_says_so() -> None:
    phone = read_phone("842345678")
    assert phone.e164 == "+84842345678"
    assert phone.note is not None
    assert "số 0" in phone.note


@pytest.mark.parametrize("text", ["O912345678", "0912 345 67o", "0912345678 máy 2"])
def test_letters_in_a_phone_are_refused_as_letters(text: str) -> None:
    with pytest.raises(Unreadable, match="chữ cái"):
        read_phone(text)


@pytest.mark.parametrize(
    "text",
    ["", "0", "091234567", "09123456789", "+86 139 1234 5678", "0612345678", "01301234567", "113", "19001234",
     "٠٩١٢٣٤٥٦٧٨", "0912345678/0987654321", "0912+345678", "+912345678", "0219386612"],
)  # fmt: skip
def test_other_phones_are_refused(text: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        read_phone(text)
    assert refusal.value.facts == {}


@given(mobiles)
def test_a_shown_phone_reads_back(number: str) -> None:
    phone = read_phone(number)
    assert read_phone(show_phone(phone.e164)) == read_phone(phone.e164) == phone


@given(number_like)
def test_every_phone_taken_has_a_possible_shape(text: str) -> None:
    with suppress(Unreadable):
        assert phonenumbers.is_possible_number(phonenumbers.parse(read_phone(text).e164))


@given(st.one_of(st.text(max_size=40), number_like))
@example("9" * 5_000)
@example("²" * 12)
@example("١" * 12)
def test_unreadable_text_raises_nothing_else(text: str) -> None:
    with suppress(Unreadable):
        read_phone(text)
    with suppress(Unreadable):
        read_tax_id(text)
    with suppress(Unreadable):
        read_national_id(text, sex=None, birth_year=None, today=IN_2120)


def test_a_masked_phone_shows_three_digits() -> None:
    assert mask_phone("+84912345678") == "•••• ••• 678"


@pytest.mark.parametrize("text", [MAN, " 002 299 000 123 ", "002.299.000.123", "002299-000123"])
def test_a_national_id_that_agrees_has_no_warning(text: str) -> None:
    assert read_national_id(text, sex="male", birth_year=2099, today=IN_2120) == NationalId(MAN, "citizen")


def test_a_womans_national_id_has_an_odd_fourth_digit() -> None:
    assert read_national_id(WOMAN, sex="female", birth_year=2099, today=IN_2120).warnings == ()


def test_what_is_not_recorded_is_not_compared() -> None:
    assert read_national_id(MAN, sex=None, birth_year=None, today=IN_2120).warnings == ()


@pytest.mark.parametrize(
    ("text", "sex", "birth_year", "today", "codes"),
    [
        (MAN, "female", 2099, IN_2120, ["sex_differs"]),
        (MAN, "male", 2098, IN_2120, ["birth_year_differs"]),
        (MAN, "male", 1999, IN_2120, ["birth_year_differs"]),
        ("003299000123", "male", 2099, IN_2120, ["province_unknown"]),
        (MAN, "male", 2099, date(2113, 12, 31), ["age_unusual"]),
        (MAN, "male", 2099, date(2114, 1, 1), []),
        (MAN, "male", 2099, date(2209, 12, 31), []),
        (MAN, "male", 2099, date(2210, 1, 1), ["age_unusual"]),
        ("000299000123", "female", 2000, date(2021, 11, 5),
         ["province_unknown", "sex_differs", "birth_year_differs", "age_unusual"]),
    ],
)  # fmt: skip
def test_what_disagrees_is_a_warning_not_a_refusal(
    text: str, sex: str, birth_year: int, today: date, codes: list[str]
) -> None:
    read = read_national_id(text, sex=sex, birth_year=birth_year, today=today)
    assert [code for code, _, _ in read.warnings] == codes
    for _, sentence, facts in read.warnings:
        assert text not in (sentence % facts if facts else sentence)


def test_an_old_nine_digit_number_is_kept_as_legacy() -> None:
    assert read_national_id("073 000 000", sex="male", birth_year=2099, today=IN_2120) == NationalId(
        "073000000", "legacy"
    )


@pytest.mark.parametrize("text", ["", "12345678", "0022990001", "0022990001234", "O02299000123", "٠" * 12])
def test_national_ids_of_another_shape_are_refused(text: str) -> None:
    with pytest.raises(Unreadable, match="12 chữ số") as refusal:
        read_national_id(text, sex=None, birth_year=None, today=IN_2120)
    assert refusal.value.facts == {}


def test_a_masked_national_id_shows_its_last_four_digits() -> None:
    assert mask_national_id(MAN) == "•••••••• 0123"
    assert mask_national_id("073000001") == "••••• 0001"


def test_cards_were_issued_for_sixty_three_provinces() -> None:
    assert len(ISSUED_PROVINCES) == 63
    assert {1, 2, 8, 10, 96} <= ISSUED_PROVINCES


@pytest.mark.parametrize(
    ("text", "tax_id"),
    [
        ("0100233488", TaxId("0100233488", personal=False)),
        (" 01.00.233.488 ", TaxId("0100233488", personal=False)),
        ("0314409058-002", TaxId("0314409058002", personal=False)),
        (MAN, TaxId(MAN, personal=True)),
    ],
)
def test_tax_codes_of_all_three_lengths_are_taken(text: str, tax_id: TaxId) -> None:
    assert read_tax_id(text) == tax_id


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "10, 13 hoặc 12"),
        ("12345", "10, 13 hoặc 12"),
        ("O100233488", "10, 13 hoặc 12"),
        ("0100233480", "sai ít nhất"),
        ("0314409058-000", "sai ít nhất"),
    ],
)
def test_other_tax_codes_are_refused_with_the_reason(text: str, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        read_tax_id(text)
