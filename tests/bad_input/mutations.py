"""What people, phones and programs type that is not meant; one change to one field at a time."""

import unicodedata
from collections.abc import Iterator

from tests.bad_input.forms import Fields, Kind

SCRIPT = "<script>alert('x')</script>"
FORMULA = '=HYPERLINK("http://127.0.0.1/","xem")'
LONG = "ă" * 10_000
NUL = "Vén\0Hoàng"
LETTERS = ("ă" * 199, "ă" * 65, "ß" * 100)  #: longer than some columns; ß is two letters when folded
WORDS = (
    LONG,
    *LETTERS,
    unicodedata.normalize("NFD", "Hoàng Thị Vén"),
    NUL,
    SCRIPT,
    FORMULA,
    "   ",
    "🍊 cam",
    "",
)
NO_NUMBER = ("1e9", "-5", "NaN", "０１", "abc", SCRIPT, "²", LONG, NUL)
NUMBERS = ("1.234", "77.810", "12,5", "", *NO_NUMBER, "99999999999999999999")
NO_DAY = ("31/11/2021", "2021-13-01", "30/11/21", "hôm qua", SCRIPT, "0000-00-00", LONG)
DAYS = (*NO_DAY, "", "01/12/2099", "1900-01-01")
NO_ROW = ("0", "-1", "99999999999999", "abc", "²", "1.5", SCRIPT, NUL)
ROWS = (*NO_ROW, "", "987654")
NO_CHOICE = ("khong-co", SCRIPT, LONG, NUL)

TRIED: dict[Kind, tuple[str, ...]] = {
    Kind.TEXT: WORDS,
    Kind.SHAPED: WORDS,
    Kind.SECRET: WORDS,
    Kind.KEY: WORDS,
    Kind.NUMBER: NUMBERS,
    Kind.DAY: DAYS,
    Kind.ROW: ROWS,
    Kind.CHOICE: NO_CHOICE,
}
#: What no field of that kind may take.
NEVER: dict[Kind, tuple[str, ...]] = {
    Kind.NUMBER: NO_NUMBER,
    Kind.DAY: NO_DAY,
    Kind.ROW: NO_ROW,
}


def mutations(fields: Fields) -> Iterator[tuple[str, str]]:
    """(field, what is typed instead)."""
    for name, typed in fields.items():
        for value in TRIED[typed.kind]:
            if value != typed.value:
                yield name, value
