"""Tables as files for Excel: CSV and xlsx with the same cells, and a head that says what they are.

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
from marketplace.core.units import date_vi, number_input

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Cell = str | int | Decimal | date | None
Words = Callable[[str], str]
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Sheet:
    """A table with its head: what it is, who asked for it, and from which data."""

    about: Sequence[tuple[str, str]]
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    foot: Sequence[Cell] = ()


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


def _all_rows(sheet: Sheet) -> list[Sequence[Cell]]:
    return [*sheet.about, (), sheet.head, *sheet.rows, sheet.foot]


def _plain(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, date):
        return date_vi(cell)
    if isinstance(cell, int | Decimal):
        return number_input(cell)
    # An apostrophe makes Excel read text: not a formula, and not a number that loses its zeros.
    return f"'{cell}" if cell.startswith(_FORMULA) or cell.isdigit() else cell
