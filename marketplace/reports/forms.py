"""What is typed into reports: the question, and a target."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from marketplace.core.errors import Invalid
from marketplace.core.forms import Day, FormState, Line, MaybeDay, Typed, reading
from marketplace.core.i18n import N_
from marketplace.core.text import clean
from marketplace.core.units import Unreadable, parse_decimal
from marketplace.reports.dimensions import BY_LABELS, By, View, is_value
from marketplace.reports.reached import Reach

ALL = "all"  #: a filter that keeps everything
MOST_TONNES = 10_000_000

NO_TONNES = N_("“%(text)s” không phải là số tấn. Hãy viết bằng chữ số, ví dụ 60,5 hoặc 11.672.")
UNKNOWN_FILTER = N_("Không có mục này ở “%(label)s”. Hãy chọn lại.")
TONNES_RANGE = N_("Chỉ tiêu phải lớn hơn 0, không quá 10 triệu tấn và chẵn đến gam. Hãy xem lại “%(text)s”.")


def grams_of_tonnes(text: str) -> int:
    """Grams in 60,5 · 11.672 · 11.672 tấn; a dot before three digits divides thousands (R-A2)."""
    typed = clean(text)
    number = typed.casefold().removesuffix("tấn").strip()
    try:
        grams = parse_decimal(number) * 1_000_000
    except Unreadable:
        raise Unreadable(NO_TONNES, text=typed) from None
    if not 0 < grams <= Decimal(MOST_TONNES) * 1_000_000 or grams != grams.to_integral_value():
        raise Unreadable(TONNES_RANGE, text=typed)
    return int(grams)


def _empty_is_none(value: object) -> object:
    return None if value == "" else value


Id = Annotated[int, Field(ge=1, le=2_000_000_000)]
MaybeId = Annotated[Id | None, BeforeValidator(_empty_is_none)]
MaybeBy = Annotated[By | None, BeforeValidator(_empty_is_none)]


class TargetIn(Typed):
    """A target as somebody said it."""

    season_id: Id = Field(title=N_("Niên vụ"))
    product_id: MaybeId = Field(default=None, title=N_("Sản phẩm"))
    grams: Annotated[int, reading(grams_of_tonnes)] = Field(title=N_("Chỉ tiêu (tấn)"))
    evidence: Literal["ABCD", "AB"] = Field(default="ABCD", title=N_("Bằng chứng được tính"))
    said_by: Annotated[Line, Field(max_length=150)] = Field(title=N_("Ai nêu ra"))
    said_on: Day = Field(title=N_("Nêu ngày nào"))


class ReportIn(Typed):
    """The question to a report, from the address of its page; filters are read by `filters_of`."""

    first: MaybeDay = Field(default=None, title=N_("Từ ngày"))
    last: MaybeDay = Field(default=None, title=N_("Đến ngày"))
    by: MaybeBy = Field(default=None, title=N_("Chia theo"))
    view: View = Field(default=View.THEN, title=N_("Địa giới"))
    reach: Reach = Field(default=Reach.REGISTERED, title=N_("Danh sách"))


def filters_of(form: FormState) -> dict[By, str]:
    """The filters in the address of a page; Invalid when one is no value of its dimension."""
    given = {by: clean(form.value(by.value)) for by in By}
    chosen = {by: text for by, text in given.items() if text and text != ALL}
    wrong = [by for by, text in chosen.items() if not is_value(by, text)]
    if wrong:
        raise Invalid({by.value: (UNKNOWN_FILTER, {"label": BY_LABELS[by]}) for by in wrong})
    return chosen
