"""One row of an old class list: whom it names, of which class, what was signed; every mistake is named."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from typing import Any

from catalog.communes import Communes, Place
from catalog.duplicates import Sought, village_key
from catalog.import_rows import CellReader, Reason, text_of
from catalog.models import Poverty, Sex
from catalog.people import read_birth_year, read_ethnicity, read_sex
from catalog.sheets import Sheet
from marketplace.core.i18n import N_
from marketplace.core.identity import read_phone
from marketplace.core.text import clean, fold, fold_loose
from marketplace.core.units import date_from_cell, date_vi
from training.forms import MOST_HALF_DAYS
from training.models import Course
from training.roll_layout import came, half_day_field, poverty_of

NO_NAME = N_("Chưa có họ tên.")
NO_VILLAGE = N_("Chưa có tên thôn, bản.")
NO_COURSE = N_("Không có khóa học “%(text)s”. Hãy ghi đúng chủ đề hoặc mã khóa học.")
RETIRED_COURSE = N_("Khóa học “%(text)s” đã ngừng. Hãy mở lại khóa học trước khi nhập.")
STILL_AHEAD = N_("Ngày %(day)s chưa tới, chưa nhập danh sách của lớp được.")
OTHER_DAY = N_("Dòng này ghi ngày %(day)s, lớp học từ %(first)s đến %(last)s.")
NOT_SAID = N_("Ô này còn trống và phiếu cũng chưa ghi.")
LONG_VENUE = N_("Địa điểm dài quá 150 ký tự, hãy viết gọn lại.")
NEW_HOUSEHOLD = frozenset({"moi", "ho moi"})  #: in the column of codes: somebody has looked, it is another
_SUMS = ("tong cong", "tong so")
#: What reasons call a column that the file does not have.
CALLED = {
    "code": N_("Mã hộ"),
    "village": N_("Thôn"),
    "commune": N_("Xã"),
    "course": N_("Khóa học"),
    "day": N_("Ngày học"),
    "venue": N_("Địa điểm"),
}


@dataclass(frozen=True)
class ClassKey:
    """Which class a row belongs to, within the commune of the import."""

    course_id: int
    day: date
    venue: str

    @cached_property
    def told_apart(self) -> tuple[int, date, str]:
        return self.course_id, self.day, fold(self.venue)


@dataclass(frozen=True)
class RollRow:
    """An attendee as one row tells it; None: the cell was empty."""

    row: int
    of: ClassKey | None  #: None: of the one class the list is for
    code: str | None
    is_new: bool  #: somebody looked and says that it is no registered household
    name: str
    village: str
    place: Place
    birth_year: int | None
    sex: Sex | None
    ethnicity: str | None
    phone: str | None
    poverty: Poverty | None
    signed: Mapping[int, bool] | None  #: by half-day; None: the list has no signatures, who is on it came

    @cached_property
    def sought(self) -> Sought:
        return Sought(self.name, self.place.id, self.village, self.birth_year, self.sex, self.phone)

    def key(self, communes: Communes) -> str:
        """Made of who it is: rows that say the same here mean one person, in this file and the next."""
        home = communes.current(self.place.id) or self.place.id
        who = (home, fold_loose(self.name), village_key(self.village), self.birth_year)
        return f"roll:{hashlib.sha256(repr(who).encode()).hexdigest()[:32]}"


@dataclass(frozen=True)
class Usual:
    """What the form says where the file is silent. `days` are those of the one class the list is for."""

    place: Place
    course_id: int | None = None
    day: date | None = None
    venue: str = ""
    days: tuple[date, date] | None = None


class RollReader(CellReader):
    """Reads the rows of one class list."""

    few_answers = CellReader.few_answers | {"poverty", "poor", "near_poor", "day"}

    def __init__(
        self,
        sheet: Sheet,
        communes: Communes,
        courses: Sequence[Course],
        usual: Usual,
        *,
        today: date,
        mine: frozenset[int] | None,
    ) -> None:
        super().__init__(sheet, communes, today=today, mine=mine)
        self._courses = {name: one for one in courses for name in (one.topic_fold, fold(one.code))}
        self._usual = usual
        self._half_days = [
            n for n in range(1, MOST_HALF_DAYS + 1) if half_day_field(n) in sheet.columns
        ]  # those the list has

    @property
    def half_days(self) -> int:
        """The last half-day the list has a column for; 0 without signatures."""
        return max(self._half_days, default=0)

    def label(self, field: str) -> str:
        """What the file calls a field; one column may be for hamlet and commune."""
        if field not in self._sheet.columns and field in ("village", "commune"):
            field = "address" if "address" in self._sheet.columns else field
        return self._sheet.label(field) if field in self._sheet.columns else CALLED.get(field, field)

    def says_anything(self, row: Sequence[Any]) -> bool:
        """False for a numbered line that was left blank, for notes beside the list, and for its sums."""
        if any(
            isinstance(cell, str) and (fold(cell) in ("cong", "tong") or fold(cell).startswith(_SUMS))
            for cell in row[:3]
        ):
            return False
        said = (self._sheet.cell(row, name) for name in self._sheet.columns if name != "unused")
        return any(cell is not None and text_of(cell) for cell in said)

    def read(self, number: int, row: Sequence[Any]) -> RollRow | list[Reason]:
        """The attendee of a row, or every reason why it cannot be taken."""
        wrong: list[Reason] = []
        cells = self._split({name: self._sheet.cell(row, name) for name in self._sheet.columns})
        code = fold(text_of(cells.get("code", "")))
        name = self.line(cells, "name", NO_NAME, wrong)
        village = self._village(cells, code, wrong)
        place = self.place(cells, wrong) if text_of(cells.get("commune", "")) else self._usual.place
        birth_year = self.maybe(
            cells, "birth_year", wrong, lambda cell: read_birth_year(text_of(cell), today=self._today)
        )
        sex = self.maybe(cells, "sex", wrong, lambda cell: read_sex(text_of(cell)))
        ethnicity = self.maybe(cells, "ethnicity", wrong, lambda cell: read_ethnicity(text_of(cell)))
        phone = self.maybe(cells, "phone", wrong, lambda cell: read_phone(text_of(cell)).e164)
        poverty = self._poverty(cells, wrong)
        signed = self._signed(cells, name, wrong)
        of = self._class(cells, wrong)
        if wrong or place is None:
            return wrong
        new = code in NEW_HOUSEHOLD
        known = None if new or not code else text_of(cells["code"]).upper()
        return RollRow(
            number, of, known, new, name, village, place, birth_year, sex, ethnicity, phone, poverty, signed
        )

    def _split(self, cells: dict[str, Any]) -> dict[str, Any]:
        """One column for hamlet and commune holds both: "Vĩnh Sơn, Vĩnh Hảo"."""
        village, comma, commune = text_of(cells.pop("address", "")).rpartition(",")
        if village or commune:
            cells.setdefault("village", clean(village if comma else commune))
            cells.setdefault("commune", clean(commune) if comma else "")
        return cells

    def _village(self, cells: Mapping[str, Any], code: str, wrong: list[Reason]) -> str:
        """Needed unless the household is named by its code."""
        if code and code not in NEW_HOUSEHOLD and not text_of(cells.get("village", "")):
            return ""
        return self.line(cells, "village", NO_VILLAGE, wrong)

    def _poverty(self, cells: Mapping[str, Any], wrong: list[Reason]) -> Poverty | None:
        said = [
            self.maybe(cells, name, wrong, partial(poverty_of, ticked=tick))
            for name, tick in (("poverty", None), ("poor", Poverty.POOR), ("near_poor", Poverty.NEAR_POOR))
        ]
        return next((one for one in said if one is not None), None)

    def _signed(self, cells: Mapping[str, Any], name: str, wrong: list[Reason]) -> dict[int, bool] | None:
        if not self._half_days:
            return None
        fields = {n: half_day_field(n) for n in self._half_days}
        return {
            n: self.maybe(cells, field, wrong, lambda cell: came(cell, name)) or False
            for n, field in fields.items()
        }

    # --- which class
    # --------------------------------------------------------------------------------------------------------

    def _class(self, cells: Mapping[str, Any], wrong: list[Reason]) -> ClassKey | None:
        day = self.maybe(cells, "day", wrong, date_from_cell)
        if self._usual.days is not None:
            first, last = self._usual.days
            if day is not None and not first <= day <= last:
                said = {"day": date_vi(day), "first": date_vi(first), "last": date_vi(last)}
                wrong.append(Reason(self.label("day"), OTHER_DAY, said))
            return None
        course_id = self._course(text_of(cells.get("course", "")), wrong)
        day = day or self._day_said(cells, wrong)
        venue = text_of(cells.get("venue", "")) or self._usual.venue
        if not venue or len(venue) > 150:
            wrong.append(Reason(self.label("venue"), LONG_VENUE if venue else NOT_SAID))
        if day is not None and day > self._today:
            wrong.append(Reason(self.label("day"), STILL_AHEAD, {"day": date_vi(day)}))
        if course_id is None or day is None or not venue:
            return None
        return ClassKey(course_id, day, venue)

    def _day_said(self, cells: Mapping[str, Any], wrong: list[Reason]) -> date | None:
        """The day of the form, for a row whose own cell is empty; one that cannot be read has its reason."""
        if self._usual.day is None and not text_of(cells.get("day", "")):
            wrong.append(Reason(self.label("day"), NOT_SAID))
        return self._usual.day

    def _course(self, text: str, wrong: list[Reason]) -> int | None:
        if not text:
            if self._usual.course_id is None:
                wrong.append(Reason(self.label("course"), NOT_SAID))
            return self._usual.course_id
        course = self._courses.get(fold(text))
        if course is None or not course.active:
            said = RETIRED_COURSE if course else NO_COURSE
            wrong.append(Reason(self.label("course"), said, {"text": text[:60]}))
            return None
        return course.id
