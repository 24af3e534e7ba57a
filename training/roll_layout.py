"""Old lists of who came to a class: their columns, and the words people write into them (domain.md §9)."""

from typing import Any

from catalog.import_rows import text_of
from catalog.models import Poverty
from catalog.sheets import HOUSEHOLDS, Layout
from marketplace.core.i18n import N_
from marketplace.core.text import fold
from marketplace.core.units import Unreadable
from training.forms import MOST_HALF_DAYS

NO_MARK = N_("“%(text)s” không rõ là có mặt hay vắng. Hãy ghi x khi có mặt, để trống khi vắng.")
NO_POVERTY = N_("“%(text)s” không rõ là hộ nghèo hay cận nghèo. Hãy ghi Nghèo, Cận nghèo hoặc Không.")

_CAME = frozenset({"x", "co", "co mat", "ky", "da ky", "1", "du"})
_ABSENT = frozenset({"vang", "vang mat", "khong", "0", "nghi", "p", "kp"})
_POVERTY = {
    "ngheo": Poverty.POOR,
    "ho ngheo": Poverty.POOR,
    "hn": Poverty.POOR,
    "can ngheo": Poverty.NEAR_POOR,
    "ho can ngheo": Poverty.NEAR_POOR,
    "hcn": Poverty.NEAR_POOR,
    "cn": Poverty.NEAR_POOR,
    "khong": Poverty.NONE,
    "khong ngheo": Poverty.NONE,
}
_TICKS = frozenset({"x", "co", "1"})
_SHARED = ("birth_year", "sex", "ethnicity", "commune", "district", "village", "phone")


def half_day_field(number: int) -> str:
    """The field of a signature column."""
    return f"half_day_{number}"


def _signatures() -> dict[str, tuple[str, ...]]:
    numbered = {
        half_day_field(n): (f"ky nhan buoi {n}", f"chu ky buoi {n}", f"ky buoi {n}", f"buoi {n}")
        for n in range(1, MOST_HALF_DAYS + 1)
    }
    alone = ("ky nhan", "chu ky", "ky ten", "co mat", "diem danh")
    return {**numbered, half_day_field(1): (*numbered[half_day_field(1)], *alone)}


ROLL = Layout(
    headings={
        "code": ("ma ho", "ma so ho"),
        "name": ("ho va ten hoc vien", "ho ten hoc vien", "ten hoc vien", "hoc vien", "ho va ten", "ho ten"),
        **{field: HOUSEHOLDS.headings[field] for field in _SHARED},
        "address": ("thon xa", "thon ban xa", "dia chi", "noi o"),
        "poverty": ("ho ngheo can ngheo", "ngheo can ngheo", "dien ho", "thuoc dien"),
        "poor": ("ho ngheo", "ngheo"),
        "near_poor": ("ho can ngheo", "can ngheo"),
        **_signatures(),
        "course": ("lop khoa", "khoa hoc", "ten khoa", "ten lop", "lop tap huan", "lop", "khoa", "chu de"),
        "day": ("ngay to chuc", "ngay hoc", "ngay tap huan", "ngay mo lop", "ngay"),
        "venue": ("dia diem", "noi hoc", "noi to chuc"),
        "unused": ("ngay cap", "noi cap", "ngay ky", "ghi chu", "stt", "tt"),
    },
    required=("name",),
    asked_for="“Họ và tên”",
)


def came(cell: Any, name: str) -> bool:
    """Whether a signature cell says that somebody was there: a tick, or the name once more."""
    text = text_of(cell)
    word, folded = fold(text), fold(name)
    own_name = bool(word) and word in (folded, *folded.split()[-1:])
    if cell is True or text in ("✓", "✔", "√") or word in _CAME or own_name:
        return True
    if cell is False or text == "-" or word in _ABSENT:
        return False
    raise Unreadable(NO_MARK, text=text)


def poverty_of(cell: Any, ticked: Poverty | None) -> Poverty | None:
    """What a cell says about the household; `ticked` is what a mere tick means in its column."""
    word = fold(text_of(cell))
    if word in _POVERTY and not (ticked and word == "khong"):
        return _POVERTY[word]
    if ticked is not None and (word in _TICKS or cell is True):
        return ticked
    if ticked is not None and (word in ("khong", "0") or cell is False):
        return None  # not this one; the other column may say more
    raise Unreadable(NO_POVERTY, text=text_of(cell))
