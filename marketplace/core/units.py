"""Numbers, weights, areas, money and days as people here write them; grams, m², đồng and dates inside.

Unreadable(ValueError)     one Vietnamese sentence that says how to write it
 └─ Ambiguous              it could mean two amounts; nobody guesses (R-A2)
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from marketplace.core.i18n import N_
from marketplace.core.text import clean, unmark

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
MAX_GRAMS = 1_000_000_000  #: 1,000 tonnes
MAX_AREA_M2 = 1_000_000_000  #: 100,000 ha
MAX_VND = 1_000_000_000_000

#: What a spreadsheet reader hands over for one cell.
Cell = str | int | float | Decimal | date | datetime | time | timedelta | None

_GRAMS_PER = {"g": 1, "lang": 100, "kg": 1_000, "yen": 10_000, "ta": 100_000, "tan": 1_000_000}
_GRAMS_PER |= dict.fromkeys(("gam", "gr", "gram"), 1)
_GRAMS_PER |= dict.fromkeys(("can", "ki", "ky", "ki lo", "kilo", "kilogam", "kilogram"), 1_000)
_GRAMS_PER["ton"] = 1_000_000  # but not "t", which some write for tạ
# The northern sào and mẫu; the central ones are larger.
_M2_PER = {
    "m2": 1,
    "met vuong": 1,
    "sao": 360,
    "mau": 3_600,
    "ha": 10_000,
    "hecta": 10_000,
    "hec ta": 10_000,
    "hec-ta": 10_000,
}
_VND_PER = {"k": 1_000, "nghin": 1_000, "ngan": 1_000, "tr": 1_000_000, "trieu": 1_000_000}
_VND_PER |= {"ty": 1_000_000_000, "ti": 1_000_000_000}

_TOO_LONG = 24  # longer than any amount, short enough for exact Decimal arithmetic
_PLAIN = re.compile(r"[0-9]+(?:,[0-9]+)?")
_DOTTED = re.compile(r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+(?:,[0-9]+)?")
_SPACED = re.compile(r"[1-9][0-9]{0,2}(?: [0-9]{3})+(?:,[0-9]+)?")
_COMMAED = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+")
_POINT = re.compile(r"[0-9]+\.(?!...$)[0-9]+")
_EITHER = re.compile(r"[0-9]+\.[0-9]{3}")
_EITHER_MONEY = re.compile(r"[0-9]+[.,][0-9]{3}")
_ENGLISH = re.compile(r"[0-9]+(?:,[0-9]{3})+(?:\.[0-9]+|,[0-9]{3})")
_AMOUNT_AND_UNIT = re.compile(r"([0-9][0-9., ]*)(.*)")
_CURRENCY = re.compile(r" ?(?:dong|vnd|₫|d)\.?$")
_SPOKEN = re.compile(
    r"([0-9][0-9.,]*) ?(k|nghin|ngan|tr|trieu|ty|ti)(?: ?([0-9]{1,3}|ruoi)( ?(?:k|nghin|ngan))?)?"
)
_DAY_FIRST = re.compile(r"([0-9]{1,2}) ?([/.-]) ?([0-9]{1,2}) ?\2 ?([0-9]{4}|[0-9]{2})")
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")

NO_NUMBER = N_("“%(text)s” không phải là số. Hãy viết bằng chữ số, ví dụ 12,5 hoặc 1.234.567.")
ENGLISH_NUMBER = N_(
    "“%(text)s” viết theo kiểu Anh. Hãy dùng dấu chấm cho hàng nghìn, dấu phẩy cho phần lẻ: 1.234,5."
)
TWO_NUMBERS = N_(
    "“%(text)s” có thể là %(whole)s hoặc %(fraction)s. Hãy viết lại là %(whole)s hoặc %(fraction)s."
)
NO_WEIGHT = N_(
    "“%(text)s” không phải là khối lượng. Hãy viết số kèm đơn vị, ví dụ 12,5 kg, 3 tạ hoặc 1,2 tấn."
)
WEIGHT_RANGE = N_(
    "Khối lượng phải lớn hơn 0, không quá 1.000 tấn và chẵn đến gam. Hãy kiểm tra lại “%(text)s”."
)
NO_AREA = N_("“%(text)s” không phải là diện tích. Hãy viết số kèm đơn vị, ví dụ 1,5 ha, 5 sào hoặc 3600 m2.")
AREA_RANGE = N_("Diện tích phải lớn hơn 0, không quá 100.000 ha và chẵn đến m². Hãy kiểm tra lại “%(text)s”.")
NO_MONEY = N_("“%(text)s” không phải là số tiền. Hãy viết số đồng, ví dụ 15.000, 15k hoặc 1 triệu 200 nghìn.")
MONEY_RANGE = N_("Số tiền phải là số đồng chẵn, từ 0 đến 1.000 tỷ. Hãy kiểm tra lại “%(text)s”.")
TWO_MONIES = N_("“%(text)s” có thể hiểu hai cách. Hãy viết đủ số đồng, ví dụ 1.500.000.")
NO_DATE = N_("“%(text)s” không phải là ngày. Hãy viết ngày/tháng/năm, ví dụ 05/11/2021.")
SHORT_YEAR = N_("Năm trong “%(text)s” chỉ có hai chữ số. Hãy viết đủ bốn chữ số, ví dụ 05/11/2021.")
DATE_RANGE = N_(
    "Ngày “%(text)s” không có trong lịch từ năm 1900 đến 2100. Hãy kiểm tra lại ngày, tháng, năm."
)
EMPTY_CELL = N_("Ô này còn trống. Hãy điền rồi tải lên lại.")
NUMBER_CELL_IS_DATE = N_("Ô này đang là ngày giờ, không phải số. Hãy đổi định dạng ô sang Số rồi nhập lại.")
DATE_CELL_IS_NUMBER = N_(
    "Ô này đang là số, không phải ngày. Hãy đổi định dạng ô sang Ngày, ví dụ 05/11/2021."
)


class Unreadable(ValueError):
    """What was typed cannot be taken. `sentence` is a Vietnamese msgid, `facts` fill its %(…)s places."""

    def __init__(self, sentence: str, **facts: object) -> None:
        self.sentence = sentence
        self.facts = {name: _short(fact) if isinstance(fact, str) else fact for name, fact in facts.items()}
        super().__init__(sentence)  # without the facts: they may be personal, and logs print exceptions


class Ambiguous(Unreadable):
    """It could mean two different amounts."""


def parse_decimal(text: str) -> Decimal:
    """A number ≥ 0 in Vietnamese spelling (R-A2): 1.234.567 · 8.159,3 · 1 234,5 · 12.5 (no thousands there).

    A dot before exactly three digits divides thousands: 77.810 is 77810. English 1,234,567 is refused.
    """
    typed = clean(text)
    if len(typed) > _TOO_LONG:
        raise Unreadable(NO_NUMBER, text=typed)
    if any(shape.fullmatch(typed) for shape in (_PLAIN, _DOTTED, _SPACED)):
        return Decimal(re.sub("[. ]", "", typed).replace(",", "."))
    if _POINT.fullmatch(typed):
        return Decimal(typed)
    if _EITHER.fullmatch(typed):  # 0.500 or 1234.567: thousands are not written so, fractions neither
        raise _two_numbers(typed)
    if _ENGLISH.fullmatch(typed):
        raise Unreadable(ENGLISH_NUMBER, text=typed)
    raise Unreadable(NO_NUMBER, text=typed)


def parse_grams(text: str, unit: str = "kg", *, least: int = 1) -> int:
    """Grams in 12,5 kg · 2 tạ · 1,2 tấn · 500g; `unit` (kg, tạ, …) is meant when none is written.

    Refuses what is not a whole number of grams in least..MAX_GRAMS; “1.234” is `Ambiguous` except in grams.
    """
    return _measured(text, unit, _GRAMS_PER, (least, MAX_GRAMS), NO_WEIGHT, WEIGHT_RANGE)


def parse_area_m2(text: str, unit: str = "ha") -> int:
    """Square metres in 1,5 · 0.8 ha · 5 sào (360 m²) · 2 mẫu (3,600 m²) · 3600 m2, in 1..MAX_AREA_M2."""
    return _measured(text, unit, _M2_PER, (1, MAX_AREA_M2), NO_AREA, AREA_RANGE)


def parse_vnd(text: str) -> int:
    """Whole đồng ≥ 0 in 15.000đ · 15,000 · 12k · 12 nghìn · 1,5 triệu · 1 triệu 2 · 1tr250 · 150000 VND.

    A comma before three digits divides thousands here, because a đồng has no parts.
    """
    typed = clean(text)
    if len(typed) > 2 * _TOO_LONG or not all(map(_is_typed_letter, typed)):
        raise Unreadable(NO_MONEY, text=typed)
    amount = _CURRENCY.sub("", unmark(typed))
    if _COMMAED.fullmatch(amount):
        amount = amount.replace(",", ".")
    try:
        spoken = _SPOKEN.fullmatch(amount)
        number = _spoken_vnd(*spoken.groups()) if spoken else _undivided(parse_decimal(amount), amount)
    except Ambiguous:
        raise Ambiguous(TWO_MONIES, text=typed) from None
    except Unreadable:
        raise Unreadable(NO_MONEY, text=typed) from None
    return _whole(number, 0, MAX_VND, MONEY_RANGE, typed)


def parse_date(text: str) -> date:
    """A day of 1900..2100 in 5/11/2021 · 05-11-2021 · 5.11.2021 · 2021-11-05; two-digit years are refused."""
    typed = clean(text)
    if day_first := _DAY_FIRST.fullmatch(typed):
        day, _, month, year = day_first.groups()
    elif iso := _ISO.fullmatch(typed):
        year, month, day = iso.groups()
    else:
        raise Unreadable(NO_DATE, text=typed)
    if len(year) == 2:
        raise Unreadable(SHORT_YEAR, text=typed)
    try:
        return _in_calendar(date(int(year), int(month), int(day)), typed)
    except ValueError:
        raise Unreadable(DATE_RANGE, text=typed) from None


def grams_from_cell(value: Cell, unit: str = "kg") -> int:
    """`parse_grams` for a spreadsheet cell; a number is taken as it is, in `unit` (R-A2)."""
    if isinstance(value, str):
        return parse_grams(value, unit)
    return _whole(_cell_number(value) * _GRAMS_PER[unmark(unit)], 1, MAX_GRAMS, WEIGHT_RANGE, _shown(value))


def area_from_cell(value: Cell, unit: str = "ha") -> int:
    """`parse_area_m2` for a spreadsheet cell; a number is taken as it is, in `unit`."""
    if isinstance(value, str):
        return parse_area_m2(value, unit)
    return _whole(_cell_number(value) * _M2_PER[unmark(unit)], 1, MAX_AREA_M2, AREA_RANGE, _shown(value))


def vnd_from_cell(value: Cell) -> int:
    """`parse_vnd` for a spreadsheet cell; a number is taken as it is, in đồng."""
    if isinstance(value, str):
        return parse_vnd(value)
    return _whole(_cell_number(value), 0, MAX_VND, MONEY_RANGE, _shown(value))


def date_from_cell(value: Cell) -> date:
    """`parse_date` for a spreadsheet cell; a bare number is refused: a year, or a serial day?"""
    if isinstance(value, str):
        return parse_date(value)
    if value is None:
        raise Unreadable(EMPTY_CELL)
    if not isinstance(value, date):
        raise Unreadable(DATE_CELL_IS_NUMBER)
    return _in_calendar(value.date() if isinstance(value, datetime) else value, value.isoformat())


def number_vi(value: Decimal | int, max_decimals: int = 3, locale: str = "vi") -> str:
    """1.234,5 (in English 1,234.5): rounded half up, no zeros at the end."""
    rounded = Decimal(value).quantize(Decimal(1).scaleb(-max_decimals), ROUND_HALF_UP)
    text = f"{rounded + 0:,f}"  # + 0: no negative zero
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text if locale == "en" else text.translate(str.maketrans(",.", ".,"))


def number_input(value: Decimal | int, max_decimals: int = 3) -> str:
    """1234,5: the value of a form field, which every parser here reads back; never `Ambiguous`."""
    return number_vi(value, max_decimals).replace(".", "")


def kg(grams: int, locale: str = "vi") -> str:
    """12,5 kg, exact."""
    return f"{number_vi(Decimal(grams).scaleb(-3), 3, locale)} kg"


def tonnes(grams: int, locale: str = "vi") -> str:
    """60,125 tấn, to the kilogram: sum grams first, since this rounds (R-A1)."""
    return f"{number_vi(Decimal(grams).scaleb(-6), 3, locale)} {'t' if locale == 'en' else 'tấn'}"


def hectares(area_m2: int, locale: str = "vi") -> str:
    """1,5 ha, exact."""
    return f"{number_vi(Decimal(area_m2).scaleb(-4), 4, locale)} ha"


def vnd(amount: int, locale: str = "vi") -> str:
    """150.000 ₫ with a no-break space."""
    return f"{number_vi(amount, 0, locale)}\u00a0₫"


def date_vi(day: date, locale: str = "vi") -> str:
    """05/11/2021."""
    del locale  # readers of English see the same papers, so the same order
    return f"{day:%d/%m/%Y}"


def datetime_vi(instant: datetime, locale: str = "vi") -> str:
    """05/11/2021 14:30 in local time."""
    return f"{date_vi(local_day(instant), locale)} {instant.astimezone(LOCAL):%H:%M}"


def local_day(instant: datetime) -> date:
    """The day in Vietnam; 17:30 UTC belongs to tomorrow (R-A3). A naive time is a ValueError."""
    if instant.utcoffset() is None:
        raise ValueError("a time without a zone belongs to no day")
    return instant.astimezone(LOCAL).date()


def day_bounds(first: date, last: date) -> tuple[datetime, datetime]:
    """UTC start of `first` and end of `last` (exclusive), cut at midnight in Vietnam (R-A3)."""
    if last < first:
        raise ValueError("the last day is before the first")
    start, end = (datetime.combine(day, time(), LOCAL) for day in (first, last + timedelta(days=1)))
    return start.astimezone(UTC), end.astimezone(UTC)


def iso_week_start(day: date) -> date:
    """The Monday of the week."""
    return day - timedelta(days=day.weekday())


def _measured(
    text: str,
    unit: str,
    factors: Mapping[str, int],
    limits: tuple[int, int],
    unreadable: str,
    out_of_range: str,
) -> int:
    typed = clean(text)
    found = _AMOUNT_AND_UNIT.fullmatch(typed)
    if found is None or len(typed) > 2 * _TOO_LONG:
        raise Unreadable(unreadable, text=typed)
    number, word = found[1].strip(), unmark(found[2]).strip()
    factor = factors.get(word) if word else factors[unmark(unit)]
    if factor is None:
        raise Unreadable(unreadable, text=typed)
    if factor > 1 and _EITHER.fullmatch(number):
        raise _two_numbers(number)
    return _whole(parse_decimal(number) * factor, *limits, out_of_range, typed)


def _spoken_vnd(head: str, scale: str, tail: str | None, small: str | None) -> Decimal:
    """đồng of "1 triệu 2" = "1 triệu 200 nghìn" = 1,200,000; after a fraction no tail makes sense."""
    if _EITHER_MONEY.fullmatch(head):
        raise _two_numbers(head)
    number, each = parse_decimal(head), _VND_PER[scale]
    if tail is None:
        return number * each
    if not head.isdigit() or (small and (each != _VND_PER["trieu"] or tail == "ruoi")):
        raise Unreadable(NO_MONEY, text=head)
    if small:
        return number * each + int(tail) * 1_000
    return number * each + Decimal("0." + tail.replace("ruoi", "5")) * each


def _undivided(number: Decimal, typed: str) -> Decimal:
    """15,0 and 15.0000 đồng are slips of the hand, though whole: a fraction was written."""
    if number.as_tuple().exponent != 0:
        raise Unreadable(NO_MONEY, text=typed)
    return number


def _whole(value: Decimal, least: int, most: int, out_of_range: str, shown: str) -> int:
    if not least <= value <= most or value != value.to_integral_value():
        raise Unreadable(out_of_range, text=shown)
    return int(value)


def _cell_number(value: Cell) -> Decimal:
    if value is None:
        raise Unreadable(EMPTY_CELL)
    if isinstance(value, date | time | timedelta):
        raise Unreadable(NUMBER_CELL_IS_DATE)
    # Spreadsheets calculate with 15 digits; the rest of a float is noise (0.1 + 0.2).
    number = Decimal(f"{value:.15g}") if isinstance(value, float) else Decimal(value)
    if isinstance(value, bool) or not number.is_finite() or abs(number) > 10**18:
        raise Unreadable(NO_NUMBER, text=str(value))
    return number


def _in_calendar(day: date, shown: str) -> date:
    if not 1900 <= day.year <= 2100:
        raise Unreadable(DATE_RANGE, text=shown)
    return day


def _two_numbers(typed: str) -> Ambiguous:
    """For a point or comma before three digits."""
    head, _, tail = typed.replace(",", ".").partition(".")
    return Ambiguous(
        TWO_NUMBERS, text=typed, whole=(head + tail).lstrip("0") or "0", fraction=f"{head},{tail}"
    )


def _is_typed_letter(char: str) -> bool:
    """Not a circled, raised or struck digit that would fold into another amount."""
    return char.isascii() or char == "₫" or unmark(char).isalpha()


def _shown(value: Cell) -> str:
    return str(value).replace(".", ",")


def _short(fact: str) -> str:
    return fact if len(fact) <= 40 else fact[:39] + "…"
