"""Phones, personal numbers and tax codes: read from paper spellings, shown and masked. Pure functions.

Refusals are `Unreadable` without the typed text in their facts: it is personal and the form keeps it anyway.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

import phonenumbers
from stdnum.vn import mst

from marketplace.core.i18n import N_
from marketplace.core.text import clean
from marketplace.core.units import Unreadable

#: Provinces of birth registration on citizen cards (Circular 07/2016); the 2025 merger renumbered nobody.
ISSUED_PROVINCES = frozenset((
    1, 2, 4, 6, 8, 10, 11, 12, 14, 15, 17, 19, 20, 22, 24, 25, 26, 27, 30, 31, 33, 34, 35, 36, 37, 38,
    40, 42, 44, 45, 46, 48, 49, 51, 52, 54, 56, 58, 60, 62, 64, 66, 67, 68, 70, 72, 74, 75, 77, 79,
    80, 82, 83, 84, 86, 87, 89, 91, 92, 93, 94, 95, 96,
))  # fmt: skip
YOUNGEST, OLDEST = 15, 110

# Eleven-digit mobile numbers ended in 2018; old paper lists still have them.
_NEW_PREFIX = {"0120": "070", "0121": "079", "0122": "077", "0126": "076", "0128": "078"}
_NEW_PREFIX |= {"0123": "083", "0124": "084", "0125": "085", "0127": "081", "0129": "082"}
_NEW_PREFIX |= {f"016{digit}": f"03{digit}" for digit in range(2, 10)}
_NEW_PREFIX |= {"0186": "056", "0188": "058", "0199": "059"}

_SEPARATORS = re.compile(r"[\s.()\-\u2010-\u2015]+")
_LETTER = re.compile(r"[^\W\d_]")
_COUNTRY = re.compile(r"(?:\+|00)?84")
_NATIONAL = re.compile(r"0[35789][0-9]{8}|02[0-9]{9}")
_OLD_MOBILE = re.compile(r"01[0-9]{9}")
_NO_ZERO = re.compile(r"[35789][0-9]{8}")
_PERSONAL = re.compile(r"[0-9]{12}")
_LEGACY = re.compile(r"[0-9]{9}")

PHONE_HAS_LETTERS = N_(
    "Số điện thoại không được có chữ cái; chữ O không phải số 0. Hãy viết lại bằng chữ số."
)
NO_PHONE = N_("Đây không phải số điện thoại Việt Nam. Hãy viết đủ 10 số, ví dụ 0912 345 678.")
PHONE_RENUMBERED = N_("Số 11 chữ số kiểu cũ đã được đổi sang đầu số mới. Hãy hỏi lại chủ số cho chắc.")
PHONE_ZERO_ADDED = N_("Đã thêm số 0 còn thiếu ở đầu số điện thoại. Hãy xem lại cho chắc.")
NO_NATIONAL_ID = N_("Số căn cước phải có 12 chữ số (chứng minh nhân dân cũ: 9 chữ số). Hãy xem lại trên thẻ.")
UNKNOWN_PROVINCE = N_("Ba số đầu %(province)s không phải mã tỉnh nào của Việt Nam. Hãy xem lại trên thẻ.")
OTHER_SEX = N_("Chữ số thứ tư của số căn cước không khớp với giới tính đã ghi. Hãy xem lại trên thẻ.")
OTHER_BIRTH_YEAR = N_(
    "Số căn cước cho năm sinh %(on_card)s, nhưng đã ghi %(recorded)s. Hãy xem lại trên thẻ."
)
UNUSUAL_AGE = N_("Theo số căn cước, người này %(age)s tuổi. Hãy xem lại trên thẻ.")
NO_TAX_ID = N_("Mã số thuế phải có 10, 13 hoặc 12 chữ số. Hãy xem lại trên giấy đăng ký.")
WRONG_TAX_ID = N_("Mã số thuế này sai ít nhất một chữ số. Hãy xem lại trên giấy đăng ký.")


@dataclass(frozen=True)
class Phone:
    """A number in E.164, and a sentence to show when it is not quite what was typed."""

    e164: str
    note: str | None = None


class Doubt(NamedTuple):
    """Something to look at again; never a refusal (R-61)."""

    code: str
    sentence: str
    facts: Mapping[str, object]


@dataclass(frozen=True)
class NationalId:
    """The digits; a `legacy` one is a nine-digit CMND."""

    value: str
    kind: Literal["citizen", "legacy"]
    warnings: tuple[Doubt, ...] = ()


@dataclass(frozen=True)
class TaxId:
    """The digits; a personal one is somebody's national id and needs the same protection (R-65)."""

    value: str
    personal: bool


def read_phone(text: str) -> Phone:
    """A Vietnamese number with 0, 84 or +84 in front, in any usual spelling (R-66); only its shape is judged.

    Old eleven-digit mobiles get their new prefix, and mobiles without their 0 get it back, both with a note.
    """
    typed = clean(text)
    if _LETTER.search(typed):
        raise Unreadable(PHONE_HAS_LETTERS)
    digits = _SEPARATORS.sub("", typed)
    if _NO_ZERO.fullmatch(digits):
        return Phone(f"+84{digits}", PHONE_ZERO_ADDED)
    if country := _COUNTRY.match(digits):
        digits = "0" + digits[country.end() :].removeprefix("0")
    if _NATIONAL.fullmatch(digits):
        return Phone(f"+84{digits[1:]}")
    if _OLD_MOBILE.fullmatch(digits) and digits[:4] in _NEW_PREFIX:
        return Phone(f"+84{_NEW_PREFIX[digits[:4]][1:]}{digits[4:]}", PHONE_RENUMBERED)
    raise Unreadable(NO_PHONE)


def show_phone(e164: str) -> str:
    """0912 345 678, of a number that `read_phone` gave."""
    number = phonenumbers.parse(e164, "VN")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)


def mask_phone(e164: str) -> str:
    """•••• ••• 678: enough to recognise one's own."""
    return f"•••• ••• {e164[-3:]}"


def read_national_id(text: str, *, sex: str | None, birth_year: int | None, today: date) -> NationalId:
    """Twelve digits (or the nine of an old CMND) in any spacing; what disagrees is a warning (R-61).

    `sex` is "male" or "female"; None, like no `birth_year`, is not compared.
    """
    digits = _SEPARATORS.sub("", clean(text))
    if _LEGACY.fullmatch(digits):
        return NationalId(digits, "legacy")
    if not _PERSONAL.fullmatch(digits):
        raise Unreadable(NO_NATIONAL_ID)
    return NationalId(digits, "citizen", tuple(_doubts(digits, sex, birth_year, today)))


def mask_national_id(value: str) -> str:
    """•••••••• 1234 (R-62)."""
    return f"{'•' * len(value[:-4])} {value[-4:]}"


def read_tax_id(text: str) -> TaxId:
    """Ten or thirteen digits with a right check digit, or the twelve of a person or household (R-65)."""
    digits = _SEPARATORS.sub("", clean(text))
    if _PERSONAL.fullmatch(digits):
        return TaxId(digits, personal=True)
    if not re.fullmatch(r"[0-9]{10}|[0-9]{13}", digits):
        raise Unreadable(NO_TAX_ID)
    if not mst.is_valid(digits):
        raise Unreadable(WRONG_TAX_ID)
    return TaxId(digits, personal=False)


def _doubts(digits: str, sex: str | None, birth_year: int | None, today: date) -> list[Doubt]:
    """PPP C YY NNNNNN: province, century and sex (0 male, 1 female of 1900-1999, and so on), year, serial."""
    province, century_and_sex = digits[:3], int(digits[3])
    born = 1900 + century_and_sex // 2 * 100 + int(digits[4:6])
    age = today.year - born
    doubts = []
    if int(province) not in ISSUED_PROVINCES:
        doubts.append(Doubt("province_unknown", UNKNOWN_PROVINCE, {"province": province}))
    if sex is not None and sex != ("male", "female")[century_and_sex % 2]:
        doubts.append(Doubt("sex_differs", OTHER_SEX, {}))
    if birth_year is not None and birth_year != born:
        doubts.append(
            Doubt("birth_year_differs", OTHER_BIRTH_YEAR, {"on_card": born, "recorded": birth_year})
        )
    if not YOUNGEST <= age <= OLDEST:
        doubts.append(Doubt("age_unusual", UNUSUAL_AGE, {"age": age}))
    return doubts
