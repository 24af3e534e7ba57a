"""One row of a list: every cell read, every mistake named, nothing guessed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, TypeVar

from catalog.communes import AmbiguousCommune, Communes, Place, UnknownCommune
from catalog.models import Sex
from catalog.people import read_birth_year, read_ethnicity, read_sex
from catalog.sheets import Sheet
from marketplace.core.forms import LONGEST_NAME
from marketplace.core.i18n import N_
from marketplace.core.identity import read_national_id, read_phone
from marketplace.core.text import clean, fold
from marketplace.core.units import Unreadable, area_from_cell

NO_NAME = N_("Chưa có họ tên chủ hộ.")
LONG_TEXT = N_("Dài quá 100 ký tự, hãy viết gọn lại.")
NO_VILLAGE = N_("Chưa có tên thôn, bản.")
NO_COMMUNE = N_("Chưa có tên xã.")
NOT_YOURS = N_("Xã này không thuộc phạm vi bạn phụ trách.")
NO_ANSWER = N_("“%(text)s” không rõ là có hay không. Hãy ghi Có, hoặc để trống.")
NOT_TEXT = N_("Ô này phải là chữ, không phải số hay ngày.")

YES = frozenset({"co", "x", "dong y", "yes", "1", "roi", "da ky", "v"})
NO = frozenset({"khong", "chua", "no", "0", "k", "tu choi"})
Value = TypeVar("Value")


@dataclass(frozen=True)
class Reason:
    """Why a row was not taken: the column as the file names it, and a sentence (msgid with facts)."""

    column: str
    sentence: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class RowIn:
    """A household as one row tells it; None: the cell was empty, which never erases anything."""

    row: int
    name: str
    place: Place
    village: str
    birth_year: int | None
    sex: Sex | None
    ethnicity: str | None
    phone: str | None
    national_id: str | None
    area_m2: int | None
    consent: bool

    @cached_property
    def whom(self) -> tuple[str, str]:
        """What the household is looked up by, within its commune."""
        return fold(self.name), fold(self.village)


class CellReader:
    """Reads the cells of one sheet; `mine` are the communes the importer may touch, None for all.

    What cannot be read becomes a reason on the list that is handed over, so that one pass names them all.
    """

    few_answers: frozenset[str] = frozenset({"birth_year", "sex", "ethnicity"})  #: read once for all rows

    def __init__(self, sheet: Sheet, communes: Communes, *, today: date, mine: frozenset[int] | None) -> None:
        self._sheet = sheet
        self._communes = communes
        self._today = today
        self._mine = mine
        self._places: dict[tuple[str, str], Place | AmbiguousCommune | UnknownCommune] = {}
        self._known: dict[tuple[str, type, Any], Any] = {}  #: what a cell said in an earlier row

    def label(self, field: str) -> str:
        """What the file calls a field."""
        return self._sheet.label(field)

    def line(self, cells: Mapping[str, Any], name: str, missing: str, wrong: list[Reason]) -> str:
        """A name or a hamlet as written, never longer than its column."""
        cell = cells.get(name, "")
        text = clean(cell) if isinstance(cell, str) else ""
        if cell not in ("", None) and not isinstance(cell, str):
            wrong.append(Reason(self.label(name), NOT_TEXT))
        elif len(text) < 2:
            wrong.append(Reason(self.label(name), missing))
        elif max(len(text), len(fold(text))) > LONGEST_NAME:  # it is kept folded too
            wrong.append(Reason(self.label(name), LONG_TEXT))
        return text

    def maybe(
        self, cells: Mapping[str, Any], name: str, wrong: list[Reason], read: Callable[[Any], Value]
    ) -> Value | None:
        """What a cell that may be empty says."""
        cell = cells.get(name, "")
        if cell is None or cell == "":
            return None
        if name not in self.few_answers:
            found = self._read(name, cell, read)
        elif (found := self._known.get((name, type(cell), cell), self)) is self:
            found = self._known[name, type(cell), cell] = self._read(name, cell, read)
        if isinstance(found, Reason):
            wrong.append(found)
            return None
        return found

    def _read(self, name: str, cell: Any, read: Callable[[Any], Value]) -> Value | Reason | None:
        if isinstance(cell, str) and not clean(cell):
            return None
        try:
            return read(cell)
        except Unreadable as error:
            return Reason(self.label(name), error.sentence, error.facts)

    def place(self, cells: Mapping[str, Any], wrong: list[Reason]) -> Place | None:
        """The commune of a row, one of the importer's."""
        column = self.label("commune")
        asked = text_of(cells.get("commune", "")), text_of(cells.get("district", ""))
        if not asked[0]:
            wrong.append(Reason(column, NO_COMMUNE))
            return None
        if asked not in self._places:
            self._places[asked] = self._resolved(*asked)
        found = self._places[asked]
        if not isinstance(found, Place):
            wrong.append(Reason(column, found.sentence, found.facts))
            return None
        if not self._is_mine(found):
            wrong.append(Reason(column, NOT_YOURS))
            return None
        return found

    def _resolved(self, name: str, district: str) -> Place | AmbiguousCommune | UnknownCommune:
        try:
            return self._communes.resolve(name, on=self._today, district=district)
        except AmbiguousCommune as several:
            mine = [place for place in several.places if self._mine is not None and self._is_mine(place)]
            return mine[0] if len(mine) == 1 else several
        except UnknownCommune as unknown:
            return unknown

    def _is_mine(self, place: Place) -> bool:
        mine = self._mine
        return mine is None or place.id in mine or (self._communes.current(place.id) or 0) in mine


class RowReader(CellReader):
    """Reads the rows of a household list."""

    few_answers = CellReader.few_answers | {"area", "consent"}

    def read(self, number: int, row: Sequence[Any]) -> RowIn | list[Reason]:
        """The household of a row, or every reason why it cannot be taken."""
        wrong: list[Reason] = []
        cells = {name: self._sheet.cell(row, name) for name in self._sheet.columns}
        name = self.line(cells, "name", NO_NAME, wrong)
        village = self.line(cells, "village", NO_VILLAGE, wrong)
        place = self.place(cells, wrong)
        birth_year = self.maybe(
            cells, "birth_year", wrong, lambda cell: read_birth_year(text_of(cell), today=self._today)
        )
        sex = self.maybe(cells, "sex", wrong, lambda cell: read_sex(text_of(cell)))
        ethnicity = self.maybe(cells, "ethnicity", wrong, lambda cell: read_ethnicity(text_of(cell)))
        phone = self.maybe(cells, "phone", wrong, lambda cell: read_phone(text_of(cell)).e164)
        national_id = self.maybe(cells, "national_id", wrong, self._national_id)
        area = self.maybe(cells, "area", wrong, area_from_cell)
        consent = self.maybe(cells, "consent", wrong, _yes) or False
        if wrong or place is None:
            return wrong
        return RowIn(
            number, name, place, village, birth_year, sex, ethnicity, phone, national_id, area, consent
        )

    def _national_id(self, cell: Any) -> str:
        return read_national_id(_id_digits(cell), sex=None, birth_year=None, today=self._today).value


def text_of(cell: Any) -> str:
    """A cell as its words; a whole number loses the ".0" that spreadsheets give it."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, date):
        return cell.strftime("%d/%m/%Y")
    return clean(str(cell)) if cell is not None else ""


def _id_digits(cell: Any) -> str:
    """A national id; one kept as a number has lost leading zeros: ten or eleven digits become twelve."""
    text = text_of(cell)
    return text.zfill(12) if isinstance(cell, int | float) and len(text) in (10, 11) else text


def _yes(cell: Any) -> bool:
    word = fold(text_of(cell))
    if word in YES or cell is True:
        return True
    if word in NO or cell is False:
        return False
    raise Unreadable(NO_ANSWER, text=text_of(cell))
