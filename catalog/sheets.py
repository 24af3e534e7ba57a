"""Reading a household list as people keep it: a title above, merged headings, columns by whatever name."""

import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from marketplace.core.errors import Refused
from marketplace.core.i18n import N_
from marketplace.core.text import clean, fold

HEADER_WITHIN = 15  #: rows from the top
MOST_PLACES = 10_000_000  #: rows times columns up to the last cell
LARGEST_UNPACKED = 300_000_000  #: bytes; a spreadsheet of honest size stays far below, a zip bomb does not

_FAR = [re.compile(quote + rb"(?:[A-Za-z]{2,3}[0-9]|[A-Za-z][0-9]{6})") for quote in (b'"', b"'")]
_COLUMN = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{1,3})[0-9]""")
_ROW = re.compile(rb"""\br\s*=\s*["'][A-Za-z]{0,3}([0-9]{1,9})""")
_NO_CELLS = ("xl/sharedstrings.xml", "xl/styles.xml", "xl/theme/", "xl/media/")


class NotASpreadsheet(Refused):
    sentence = N_("Không đọc được tệp này như bảng tính. Hãy lưu lại dưới dạng Excel (.xlsx) rồi gửi lại.")
    status = 422
    field = "file"


class EmptySpreadsheet(Refused):
    sentence = N_("Bảng tính không có dòng nào. Hãy kiểm tra đã chọn đúng tệp chưa.")
    status = 422
    field = "file"


class NoHeader(Refused):
    sentence = N_(
        "Không thấy dòng tiêu đề có đủ cột %(columns)s trong 15 dòng đầu. Hãy thêm tiêu đề rồi gửi lại."
    )
    status = 422
    field = "file"


class TooManyRows(Refused):
    sentence = N_("Tệp có %(rows)s dòng, nhiều nhất là %(most)s. Hãy tách thành nhiều tệp rồi gửi từng tệp.")
    status = 422
    field = "file"


class FarCell(Refused):
    sentence = N_(
        "Bảng tính kéo dài tới dòng %(rows)s, cột thứ %(columns)s. "
        "Hãy xóa những ô nằm xa ngoài danh sách rồi gửi lại."
    )
    status = 422
    field = "file"


@dataclass(frozen=True)
class Layout:
    """What a kind of list is recognised by: its columns under all their names, and those it must have."""

    headings: Mapping[str, tuple[str, ...]]  #: folded words by field; longer ones count before shorter ones
    required: tuple[str, ...]
    asked_for: str  #: the required columns as people write them

    @cached_property
    def _by_word(self) -> Mapping[str, str]:
        return {word: field for field, words in self.headings.items() for word in words}

    def field(self, heading: str) -> str | None:
        """The field of a folded heading: the same words, or the longest known one it begins with."""
        known = self._by_word
        if heading in known:
            return known[heading]
        begun = [word for word in known if len(word) > 3 and heading.startswith(f"{word} ")]
        return known[max(begun, key=len)] if begun else None

    def columns(self, headings: Sequence[str]) -> dict[str, int]:
        """The place of every field that has a heading; the first of two counts."""
        found: dict[str, int] = {}
        for place, heading in enumerate(headings):
            field = self.field(fold(heading))
            if field is not None and field not in found:
                found[field] = place
        return found


HOUSEHOLDS = Layout(
    headings={
        "name": ("ho ten chu ho", "ho va ten chu ho", "ten chu ho", "chu ho", "ho va ten", "ho ten", "ten"),
        "birth_year": ("nam sinh", "ngay sinh", "sinh nam", "ngay thang nam sinh"),
        "sex": ("gioi tinh", "nam nu", "gioi"),
        "ethnicity": ("dan toc", "thanh phan dan toc"),
        "commune": ("xa phuong thi tran", "xa phuong", "phuong xa", "ten xa", "xa"),
        "district": ("quan huyen", "huyen cu", "huyen"),
        "village": (
            "thon ban to dan pho",
            "thon ban",
            "ban thon",
            "thon xom",
            "to dan pho",
            "thon",
            "ban",
            "xom",
        ),
        "phone": ("so dien thoai", "dien thoai lien he", "dien thoai", "sdt", "so dt", "di dong"),
        "national_id": (
            "cccd cmnd",
            "so cccd",
            "cccd",
            "so can cuoc",
            "can cuoc cong dan",
            "cmnd",
            "so dinh danh",
        ),
        "area": ("dien tich cam ha", "dien tich trong cam ha", "dien tich cam", "dien tich ha", "dien tich"),
        "consent": ("dong y ghi vao so", "dong y", "su dong y"),
    },
    required=("name", "commune", "village"),
    asked_for="“Họ tên chủ hộ”, “Xã”, “Thôn”",
)


@dataclass(frozen=True)
class Sheet:
    """The rows below the headings. `columns` maps a field to its place, `headings` keeps the file's words."""

    columns: Mapping[str, int]
    headings: Sequence[str]
    first_row: int  #: number of the first data row, as the spreadsheet counts
    rows: Sequence[Sequence[Any]]

    def filled(self) -> Iterator[tuple[int, Sequence[Any]]]:
        """Rows with anything in them, with their numbers."""
        for number, row in enumerate(self.rows, self.first_row):
            if any(cell is not None and cell != "" for cell in row):
                yield number, row

    def label(self, field: str) -> str:
        """The heading of a field as the file writes it."""
        place = self.columns.get(field)
        return self.headings[place] if place is not None else field

    def cell(self, row: Sequence[Any], field: str) -> Any:
        """The cell of a field; empty text for a column the file does not have."""
        place = self.columns.get(field)
        return row[place] if place is not None and place < len(row) else ""


def read_sheet(data: bytes, *, most_rows: int, layout: Layout = HOUSEHOLDS) -> Sheet:
    """Read the first sheet that holds a list of this layout.

    Refuses what is not a spreadsheet, one without rows or headings, and one with more than `most_rows` rows.
    """
    seen_rows = False
    for rows in workbook_sheets(data):
        seen_rows = seen_rows or bool(rows)
        found = _below_headings(rows, layout)
        if found is None:
            continue
        count = sum(1 for _ in found.filled())
        if count > most_rows:
            raise TooManyRows(rows=count, most=most_rows)
        if count == 0:
            raise EmptySpreadsheet
        return found
    if not seen_rows:
        raise EmptySpreadsheet
    raise NoHeader(columns=layout.asked_for)


def workbook_sheets(data: bytes) -> Iterator[list[list[Any]]]:
    """The rows of every sheet, read safely; refuses what is no workbook, zip bombs and far cells."""
    _refuse_bomb(data)
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(data))
        for name in book.sheet_names:
            yield book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except (CalamineError, OSError, ValueError, UnicodeDecodeError) as error:
        raise NotASpreadsheet from error
    except Exception as error:  # the Rust reader panics on some broken files
        if type(error).__module__.startswith(("pyo3", "python_calamine")):
            raise NotASpreadsheet from error
        raise


def _refuse_bomb(data: bytes) -> None:
    """Refuse what would fill the memory: unpacked it is huge, or it has a cell far off the list.

    The reader lays out every place up to the last cell, so that one cell at XFD1048576 would need 550 GB.
    """
    if not zipfile.is_zipfile(BytesIO(data)):
        return
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            entries = {entry.filename.casefold(): entry for entry in archive.infolist()}
            if sum(entry.file_size for entry in entries.values()) > LARGEST_UNPACKED:
                raise NotASpreadsheet
            if "xl/workbook.xml" not in entries:  # other kinds lay out their cells by other rules
                raise NotASpreadsheet
            for name, entry in entries.items():
                if name.startswith("xl/") and not name.startswith(_NO_CELLS):
                    _refuse_far_cells(archive.read(entry))
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError) as error:
        raise NotASpreadsheet from error


def _refuse_far_cells(sheet: bytes) -> None:
    if not any(far.search(sheet) for far in _FAR):
        return  # at most 26 columns and 99,999 rows
    columns = {column.upper() for column in _COLUMN.findall(sheet)}
    rows = max(map(int, _ROW.findall(sheet)), default=0)
    width = max((_column_number(column) for column in columns), default=0)
    if rows * width > MOST_PLACES:
        raise FarCell(rows=rows, columns=width)


def _column_number(letters: bytes) -> int:
    """27 of AA."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _below_headings(rows: list[list[Any]], layout: Layout) -> Sheet | None:
    """The list below the first row (or pair of merged rows) that names every required column."""
    for index, row in enumerate(rows[:HEADER_WITHIN]):
        below = rows[index + 1] if index + 1 < len(rows) else []
        alone = _names_all(_merged(row, []), layout)
        if not alone and _names_all(_merged([], below), layout):
            continue  # a title above the headings; they come next
        second = [] if alone and not _goes_on(below, layout) else below
        headings = _merged(row, second)
        if _names_all(headings, layout):
            start = index + 1 + (1 if second else 0)
            return Sheet(layout.columns(headings), headings, start + 1, rows[start:])
    return None


def _names_all(headings: Sequence[str], layout: Layout) -> bool:
    return layout.columns(headings).keys() >= set(layout.required)


def _goes_on(below: Sequence[Any], layout: Layout) -> bool:
    """Whether a row holds nothing but headings, as "Buổi 1", "Buổi 2" under a merged "Ký nhận"."""
    filled = [cell for cell in below if cell is not None and cell != ""]
    return bool(filled) and all(isinstance(cell, str) and layout.field(fold(cell)) for cell in filled)


def _merged(row: Sequence[Any], below: Sequence[Any]) -> list[str]:
    """Headings of two merged rows: the lower one where it says something, as under a merged "Địa chỉ"."""
    width = max(len(row), len(below))
    upper = [_word(row, place) for place in range(width)]
    lower = [_word(below, place) for place in range(width)]
    return [under or over for over, under in zip(upper, lower, strict=True)]


def _word(row: Sequence[Any], place: int) -> str:
    value = row[place] if place < len(row) else ""
    return clean(value) if isinstance(value, str) else ""
