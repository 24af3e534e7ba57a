"""Numbers, weights, areas, money and days: read as written here, never guessed, shown the same way."""

import re
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from marketplace.core.units import (
    MAX_AREA_M2,
    MAX_GRAMS,
    MAX_VND,
    Ambiguous,
    Unreadable,
    area_from_cell,
    date_from_cell,
    date_vi,
    datetime_vi,
    day_bounds,
    grams_from_cell,
    hectares,
    iso_week_start,
    kg,
    local_day,
    number_input,
    number_vi,
    parse_area_m2,
    parse_date,
    parse_decimal,
    parse_grams,
    parse_vnd,
    tonnes,
    vnd,
    vnd_from_cell,
)

number_like = st.text(alphabet="0123456789.,- k\u00a0", max_size=30)
amount_like = st.text(alphabet="0123456789., kgtạấnđrmsàohu₫²½ʼ\u0301", max_size=30)
anything = st.one_of(st.text(max_size=60), number_like, amount_like)
days = st.dates(date(1900, 1, 1), date(2100, 12, 31))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", "12"), (" 12 ", "12"), ("0", "0"), ("12,5", "12.5"), ("12.5", "12.5"), ("0.8", "0.8"),
        ("12.3456", "12.3456"), ("1,234", "1.234"), ("1.234", "1234"), ("77.810", "77810"),
        ("12.000", "12000"), ("8.159,3", "8159.3"), ("1.234.567", "1234567"), ("1 234,5", "1234.5"),
        ("1\u00a0234\u00a0567", "1234567"),
    ],
)  # fmt: skip
def test_numbers_are_read_the_vietnamese_way(text: str, value: str) -> None:
    assert parse_decimal(text) == Decimal(value)


@pytest.mark.parametrize(
    "text",
    [
        "", "-5", "−5", "+5", "nan", "inf", "1e3", "12a", "١٢", "１２", "1,234,567", "1,234.5", "1.234.56",
        "0.500", "1234.567", "1.234,5,6", "12,", ",5", "1 2", "1 234.567", "1.2345.678", "9" * 25, "mười hai",
    ],
)  # fmt: skip
def test_other_spellings_are_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        parse_decimal(text)


def test_a_refusal_shows_the_text_and_how_to_write_it() -> None:
    with pytest.raises(Unreadable) as refusal:
        parse_decimal("1,234.5")
    assert refusal.value.facts == {"text": "1,234.5"}
    assert (refusal.value.sentence % refusal.value.facts).startswith("“1,234.5” viết theo kiểu Anh. Hãy dùng")
    assert "1,234.5" not in str(refusal.value)


def test_a_refusal_shortens_what_it_repeats() -> None:
    with pytest.raises(Unreadable) as refusal:
        parse_grams("x" * 5_000)
    assert refusal.value.facts == {"text": "x" * 39 + "…"}


@given(st.integers(1, 999), st.integers(0, 999))
@example(77, 810)
def test_a_dot_before_three_digits_is_never_a_fraction(thousands: int, rest: int) -> None:
    text = f"{thousands}.{rest:03d}"
    assert parse_decimal(text) == thousands * 1_000 + rest
    with pytest.raises(Ambiguous):
        parse_grams(text)
    with pytest.raises(Ambiguous):
        parse_area_m2(text)
    assert parse_vnd(text) == parse_grams(text, "g") == thousands * 1_000 + rest


@given(anything)
@example("1." + "0" * 400)
@example("9" * 5_000)
@example("31.02.2021")
@example("²½ k")
@example("1 triệu ½")
def test_unreadable_text_raises_nothing_else(text: str) -> None:
    for parse in (parse_decimal, parse_grams, parse_area_m2, parse_vnd, parse_date):
        with suppress(Unreadable):
            parse(text)


@pytest.mark.parametrize(
    ("text", "grams"),
    [
        ("12,5", 12_500), ("12,5 kg", 12_500), ("12.5 KG", 12_500), ("5 cân", 5_000), ("5 ký", 5_000),
        ("1,234", 1_234), ("1.234.567 g", 1_234_567), ("500g", 500), ("5 lạng", 500), ("3 yến", 30_000),
        ("2 tạ", 200_000), ("1,2 tấn", 1_200_000), ("1,2 ta\u0302\u0301n", 1_200_000),
        ("1.234,5 kg", 1_234_500), ("1000 tấn", MAX_GRAMS), ("0,001", 1),
    ],
)  # fmt: skip
def test_weights_are_read_in_grams(text: str, grams: int) -> None:
    assert parse_grams(text) == grams


def test_a_weight_without_unit_is_in_the_unit_of_its_field() -> None:
    assert parse_grams("1,5", "tấn") == parse_grams("1,5", "tan") == 1_500_000
    assert parse_grams("1,5 kg", "tan") == 1_500


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "0 kg",
        "-1 kg",
        "0,0001",
        "1000,001 tấn",
        "12 quả",
        "kg",
        "2 tạ 5",
        "2 t",
        "1,0000000000000000000001",
    ],
)
def test_impossible_weights_are_refused(text: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        parse_grams(text)
    assert not isinstance(refusal.value, Ambiguous)


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("1.234", {"text": "1.234", "whole": "1234", "fraction": "1,234"}),
        ("60.125 tấn", {"text": "60.125", "whole": "60125", "fraction": "60,125"}),
        ("0.500 kg", {"text": "0.500", "whole": "500", "fraction": "0,500"}),
    ],
)
def test_a_weight_of_two_meanings_asks_which(text: str, facts: dict[str, str]) -> None:
    with pytest.raises(Ambiguous) as refusal:
        parse_grams(text)
    assert refusal.value.facts == facts


@pytest.mark.parametrize(
    ("text", "area_m2"),
    [
        ("1,5", 15_000), ("0.8 ha", 8_000), ("5 sào", 1_800), ("2 mẫu", 7_200), ("3600 m2", 3_600),
        ("3.600 m²", 3_600), ("3600m2", 3_600), ("0,0001", 1), ("1 héc-ta", 10_000),
    ],
)  # fmt: skip
def test_areas_are_read_in_square_metres(text: str, area_m2: int) -> None:
    assert parse_area_m2(text) == area_m2


@pytest.mark.parametrize("text", ["0", "1,00001 ha", "100001 ha", "1.500 ha", "-1", "2 công", "ha"])
def test_impossible_areas_are_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        parse_area_m2(text)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("15.000đ", 15_000), ("15.000 Đ", 15_000), ("15,000", 15_000), ("1,234,567", 1_234_567),
        ("15 000", 15_000), ("150000 VND", 150_000), ("150.000\u00a0₫", 150_000),
        ("15000 đồng", 15_000), ("0", 0), ("12k", 12_000), ("12K", 12_000), ("12,5k", 12_500),
        ("12k5", 12_500), ("12 nghìn", 12_000), ("12 ngàn đồng", 12_000), ("12 nghìn rưỡi", 12_500),
        ("1,5 triệu", 1_500_000), ("1.5 triệu", 1_500_000), ("1 triệu 2", 1_200_000),
        ("1 triệu 25", 1_250_000), ("1 triệu 250", 1_250_000), ("1 triệu 250 nghìn", 1_250_000),
        ("1 triệu 2 nghìn", 1_002_000), ("1 triệu rưỡi", 1_500_000), ("1tr2", 1_200_000),
        ("2 tr", 2_000_000), ("1,5 tỷ", 1_500_000_000), ("1000 tỉ", MAX_VND),
    ],
)  # fmt: skip
def test_money_is_read_in_whole_dong(text: str, amount: int) -> None:
    assert parse_vnd(text) == amount


@pytest.mark.parametrize(
    "text",
    [
        "", "-15000", "12.5", "12,5", "15.000,5", "15.0000", "0,500", "abc", "15 usd", "1,5 triệu 2",
        "1,2345k", "12k 5k", "1 tỷ 2 nghìn", "1 triệu rưỡi nghìn", "1001 tỷ", "15²", "①000", "12ʼ5", "đ",
        "15.000đ/kg",
    ],
)  # fmt: skip
def test_other_money_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        parse_vnd(text)


@pytest.mark.parametrize("text", ["1.500k", "1,500k", "1.500 triệu", "0.500"])
def test_money_of_two_meanings_asks_for_all_digits(text: str) -> None:
    with pytest.raises(Ambiguous) as refusal:
        parse_vnd(text)
    assert refusal.value.facts == {"text": text}


@pytest.mark.parametrize(
    "text", ["05/11/2021", "5/11/2021", "05-11-2021", "5.11.2021", "2021-11-05", " 5 / 11 / 2021 "]
)
def test_days_are_read_day_first(text: str) -> None:
    assert parse_date(text) == date(2021, 11, 5)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("05/11/21", "hai chữ số"), ("31/02/2021", "không có trong lịch"),
        ("29/02/2100", "không có trong lịch"), ("05/11/1899", "không có trong lịch"),
        ("01/01/2101", "không có trong lịch"), ("00/00/0000", "không có trong lịch"),
        ("2021", "không phải là ngày"), ("5/11-2021", "không phải là ngày"),
        ("٥/١١/٢٠٢١", "không phải là ngày"), ("", "không phải là ngày"),
    ],
)  # fmt: skip
def test_other_days_are_refused_with_the_reason(text: str, said: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        parse_date(text)
    assert said in refusal.value.sentence


def test_number_cells_are_taken_as_they_are() -> None:
    assert grams_from_cell(77.81) == 77_810
    assert grams_from_cell(77810) == grams_from_cell(77810.0) == 77_810_000
    assert grams_from_cell(60.125, "tấn") == 60_125_000
    assert grams_from_cell(0.1 + 0.2) == 300
    assert grams_from_cell(Decimal("0.5")) == 500
    assert area_from_cell(1.5) == 15_000
    assert area_from_cell(3600, "m2") == 3_600
    assert vnd_from_cell(15000.0) == 15_000
    assert date_from_cell(date(2021, 11, 5)) == date(2021, 11, 5)
    assert date_from_cell(datetime(2021, 11, 5, 23, 59)) == date(2021, 11, 5)  # noqa: DTZ001 - cells have no zone


def test_text_cells_are_read_as_typed_text() -> None:
    assert grams_from_cell("12,5 kg") == 12_500
    assert area_from_cell("5 sào") == 1_800
    assert vnd_from_cell("15.000đ") == 15_000
    assert date_from_cell("05/11/2021") == date(2021, 11, 5)
    with pytest.raises(Ambiguous):
        grams_from_cell("77.810")


@pytest.mark.parametrize(
    "cell",
    [
        None, True, -1, -0.5, float("nan"), float("inf"), 1e300, 10**400, Decimal("1e999999"), Decimal("NaN"),
        0.00001, date(2021, 5, 12), time(12, 5), timedelta(hours=1),
    ],
)  # fmt: skip
def test_other_cells_are_refused(cell: float | Decimal | date | time | timedelta | None) -> None:
    for read in (grams_from_cell, area_from_cell, vnd_from_cell):
        with pytest.raises(Unreadable):
            read(cell)


@pytest.mark.parametrize("cell", [None, 2021, 44505.0, time(1), date(1850, 1, 1)])
def test_other_cells_are_no_days(cell: float | date | time | None) -> None:
    with pytest.raises(Unreadable):
        date_from_cell(cell)


def test_amounts_are_shown_the_vietnamese_way() -> None:
    assert number_vi(Decimal("1234.5"), 1) == "1.234,5"
    assert number_vi(Decimal("-0.04"), 1) == "0"
    assert number_vi(1_000_000) == "1.000.000"
    assert kg(12_500) == "12,5 kg"
    assert kg(1_234_567) == "1.234,567 kg"
    assert tonnes(60_125_000) == "60,125 tấn"
    assert tonnes(77_810_000_000) == "77.810 tấn"
    assert hectares(15_000) == "1,5 ha"
    assert vnd(150_000) == "150.000\u00a0₫"
    assert date_vi(date(2021, 1, 5)) == "05/01/2021"
    assert datetime_vi(datetime(2021, 11, 30, 17, 30, tzinfo=UTC)) == "01/12/2021 00:30"


def test_amounts_are_shown_in_english_on_request() -> None:
    assert number_vi(Decimal("1234.5"), 1, locale="en") == "1,234.5"
    assert kg(12_500, locale="en") == "12.5 kg"
    assert tonnes(60_125_000, locale="en") == "60.125 t"
    assert hectares(15_000, locale="en") == "1.5 ha"
    assert vnd(150_000, locale="en") == "150,000\u00a0₫"
    assert date_vi(date(2021, 1, 5), locale="en") == "05/01/2021"
    assert datetime_vi(datetime(2021, 11, 5, tzinfo=UTC), locale="en") == "05/11/2021 07:00"


def test_tonnes_round_half_up_once() -> None:
    assert tonnes(1_499) == "0,001 tấn"
    assert tonnes(1_500) == "0,002 tấn"
    assert tonnes(500) == "0,001 tấn"
    assert tonnes(499) == "0 tấn"


@given(st.integers(1, MAX_GRAMS))
@example(77_810_000)
@example(1_234)
def test_a_shown_weight_reads_back_or_asks(grams: int) -> None:
    assert parse_grams(number_input(Decimal(grams).scaleb(-3))) == grams
    shown = kg(grams)
    if re.fullmatch(r"\d+\.\d{3} kg", shown):
        with pytest.raises(Ambiguous):
            parse_grams(shown)
    else:
        assert parse_grams(shown) == grams


@given(st.integers(1, MAX_AREA_M2))
def test_an_area_in_a_form_field_reads_back(area_m2: int) -> None:
    assert parse_area_m2(number_input(Decimal(area_m2).scaleb(-4), 4)) == area_m2


@given(st.integers(0, MAX_VND))
@example(1_000)
@example(150_000)
def test_shown_money_reads_back(amount: int) -> None:
    assert parse_vnd(vnd(amount)) == parse_vnd(vnd(amount, locale="en")) == amount
    assert parse_vnd(number_input(amount)) == amount


@given(st.decimals(0, 10**12, places=3))
def test_a_shown_number_reads_back(number: Decimal) -> None:
    assert parse_decimal(number_vi(number, 3)) == number
    assert parse_decimal(number_input(number, 3)) == number


@given(days)
def test_a_shown_day_reads_back(day: date) -> None:
    assert parse_date(date_vi(day)) == parse_date(day.isoformat()) == day


def test_the_day_ends_at_midnight_in_vietnam() -> None:
    assert local_day(datetime(2021, 11, 30, 17, 30, tzinfo=UTC)) == date(2021, 12, 1)
    assert local_day(datetime(2021, 11, 30, 16, 59, 59, tzinfo=UTC)) == date(2021, 11, 30)
    assert local_day(datetime(2021, 12, 31, 23, 30, tzinfo=UTC)) == date(2022, 1, 1)


def test_a_time_without_zone_has_no_day() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        local_day(datetime(2021, 11, 30, 17, 30))  # noqa: DTZ001 - the refused case


def test_bounds_hold_whole_local_days() -> None:
    assert day_bounds(date(2021, 11, 1), date(2021, 11, 30)) == (
        datetime(2021, 10, 31, 17, tzinfo=UTC),
        datetime(2021, 11, 30, 17, tzinfo=UTC),
    )
    with pytest.raises(ValueError, match="before the first"):
        day_bounds(date(2021, 11, 2), date(2021, 11, 1))


@given(st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - zone follows
def test_an_instant_lies_in_the_bounds_of_its_day(instant: datetime) -> None:
    start, end = day_bounds(local_day(instant), local_day(instant))
    assert start <= instant < end
    assert end - start == timedelta(days=1)


def test_weeks_start_on_monday() -> None:
    assert iso_week_start(date(2021, 11, 7)) == iso_week_start(date(2021, 11, 1)) == date(2021, 11, 1)
    assert iso_week_start(date(2022, 1, 1)) == date(2021, 12, 27)
