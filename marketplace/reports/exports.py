"""Reports as files for Excel: CSV and xlsx with the same cells, and a head that says what they are.

Text cells can never become formulas, and codes keep their leading zeros.
"""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import xlsxwriter

from marketplace.core.i18n import N_
from marketplace.core.units import date_vi, datetime_vi, number_input
from marketplace.reports.dimensions import BY_LABELS, VIEW_LABELS, By, Filters
from marketplace.reports.lines import Line
from marketplace.reports.tonnage import Asked, Report, TonnageRow
from marketplace.selling.models import CHANNEL_LABELS, EVIDENCE_LABELS, Channel, TonnageKind

Cell = str | int | Decimal | date | None
Words = Callable[[str], str]

DEFINITION = N_(
    "Khối lượng tịnh đã giao thành công, tính theo ngày giao ở Việt Nam; hàng trả lại trừ vào kỳ trả; "
    "đơn hủy hoặc không nhận tính 0 kg. “Lên sàn” gồm bán lẻ và bán sỉ qua sàn."
)
ROUNDING = N_("Cộng bằng gam rồi mới làm tròn, nên tổng các dòng đã làm tròn có thể lệch với tổng chung.")
KIND_LABELS = {
    TonnageKind.SOLD: N_("Đã giao"),
    TonnageKind.RETURNED: N_("Hàng trả lại"),
    TonnageKind.COMPLAINT: N_("Khiếu nại, không trả hàng"),
}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Sheet:
    """A table with its head: what it is, who asked for it, and from which data."""

    about: Sequence[tuple[str, str]]
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    foot: Sequence[Cell]


def rows_sheet(report: Report, *, user: str, filters: str, say: Words = str) -> Sheet:
    """The table of a report, one line per row, its total last."""
    heads = (
        BY_LABELS[report.asked.by],
        N_("Lên sàn (kg)"),
        *(CHANNEL_LABELS[channel] for channel in Channel),
    )
    rows: list[list[Cell]] = [[say(row.label), *_kilos(row)] for row in report.rows]
    foot: list[Cell] = [say(N_("Cộng")), *_kilos(report.total)]
    about = _about(report.asked, user, filters, datetime_vi(report.data_as_of), say)
    return Sheet([*about, (say(N_("Mã kiểm")), report.hash)], [say(head) for head in heads], rows, foot)


_LINE_HEADS = (
    N_("Ngày"),
    N_("Việc"),
    N_("Sản phẩm"),
    N_("Xã"),
    N_("Mã hộ"),
    N_("Kênh bán"),
    N_("Sàn"),
    N_("Bằng chứng"),
    N_("Đơn hàng hoặc giấy tờ"),
    N_("Khối lượng (kg)"),
    N_("Khiếu nại (kg)"),
    N_("Tiền hàng (đồng)"),
)


def lines_sheet(report: Report, lines: Sequence[Line], *, user: str, filters: str, say: Words = str) -> Sheet:
    """The counted lines themselves; the report over the same filters gives the hash."""
    rows: list[tuple[Cell, ...]] = [
        (
            line.day, say(KIND_LABELS[line.kind]), line.product, line.place, line.household_code,
            say(CHANNEL_LABELS[line.channel]), line.marketplace, say(EVIDENCE_LABELS[line.evidence]),
            line.order_no or line.paper, kilograms(line.grams), kilograms(line.complaint_grams),
            line.value_vnd,
        )
        for line in lines
    ]  # fmt: skip
    sums = (sum(line.grams for line in lines), sum(line.complaint_grams for line in lines))
    foot = (say(N_("Cộng")), *[None] * 8, *map(kilograms, sums), sum(line.value_vnd for line in lines))
    about = _about(report.asked, user, filters, datetime_vi(report.data_as_of), say)
    return Sheet([*about, (say(N_("Mã kiểm")), report.hash)], [say(head) for head in _LINE_HEADS], rows, foot)


def to_csv(sheet: Sheet) -> bytes:
    """UTF-8 with BOM and semicolons, as Vietnamese Excel opens it; decimal commas, days as dd/mm/yyyy."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerows([_plain(cell) for cell in row] for row in _all_rows(sheet))
    return out.getvalue().encode("utf-8-sig")


def to_xlsx(sheet: Sheet) -> bytes:
    """The same with numbers and days as Excel's own; everything else is text."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page = book.add_worksheet(N_("Báo cáo"))
        bold, kilos = book.add_format({"bold": True}), book.add_format({"num_format": "#,##0.000"})
        days, money = book.add_format({"num_format": "dd/mm/yyyy"}), book.add_format({"num_format": "#,##0"})
        head_row = len(sheet.about) + 1
        page.set_column(0, 0, 28)
        page.set_column(1, len(sheet.head), 18)
        for row_number, row in enumerate(_all_rows(sheet)):
            for column, cell in enumerate(row):
                if cell is None:
                    continue
                if isinstance(cell, str):
                    page.write_string(row_number, column, cell, bold if row_number == head_row else None)
                elif isinstance(cell, date):
                    page.write_datetime(row_number, column, cell, days)
                else:
                    page.write_number(row_number, column, cell, kilos if isinstance(cell, Decimal) else money)
        page.freeze_panes(head_row + 1, 1)
    return out.getvalue()


def _about(asked: Asked, user: str, filters: str, as_of: str, say: Words) -> list[tuple[str, str]]:
    first, last = date_vi(asked.period.first), date_vi(asked.period.last)
    return [
        (say(N_("Báo cáo")), say(N_("Sản lượng tiêu thụ"))),
        (say(N_("Kỳ")), f"{first} – {last}"),
        (say(N_("Địa giới")), say(VIEW_LABELS[asked.view])),
        (say(N_("Chỉ tính")), filters),
        (say(N_("Cách tính")), say(DEFINITION)),
        (say(N_("Làm tròn")), say(ROUNDING)),
        (say(N_("Số liệu lúc")), as_of),
        (say(N_("Người xuất")), user),
    ]


def _all_rows(sheet: Sheet) -> list[Sequence[Cell]]:
    return [*sheet.about, (), sheet.head, *sheet.rows, sheet.foot]


def _kilos(row: TonnageRow) -> list[Decimal]:
    return [kilograms(row.headline_grams), *(kilograms(row.by_channel[channel].grams) for channel in Channel)]


def kilograms(grams: int) -> Decimal:
    """Exact kilograms of whole grams."""
    return Decimal(grams).scaleb(-3)


def _plain(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, date):
        return date_vi(cell)
    if isinstance(cell, int | Decimal):
        return number_input(cell)
    # An apostrophe makes Excel read text: not a formula, and not a number that loses its zeros.
    return f"'{cell}" if cell.startswith(_FORMULA) or cell.isdigit() else cell


def filter_words(filters: Filters, names: dict[By, str], *, say: Words = str) -> str:
    """The filters in words, for the head of a page or file."""
    return " · ".join(f"{say(BY_LABELS[by])}: {say(names[by])}" for by in filters) or say(N_("tất cả"))
