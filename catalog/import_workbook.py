"""The refused rows as a workbook: the same columns and a red one that says why. Mend it, send it again."""

import json
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO

import xlsxwriter

from catalog.models import ImportRefusal
from marketplace.core.secrets import Vault

WIDTHS = (8, 40)


def refused_workbook(
    refusals: Sequence[ImportRefusal],
    vault: Vault,
    *,
    say: Callable[[str, Mapping[str, object]], str],
    reason_heading: str,
) -> bytes:
    """An .xlsx of the refused rows; text stays text, so that no cell is ever run as a formula."""
    out = BytesIO()
    with xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        sheet = book.add_worksheet("Hộ")
        bold, red = (
            book.add_format({"bold": True}),
            book.add_format({"font_color": "#B00020", "text_wrap": True}),
        )
        for line, refusal in enumerate(refusals, 1):
            headings, cells = json.loads(vault.open(refusal.cells_sealed))
            if line == 1:
                sheet.write_row(0, 0, [*headings, reason_heading], bold)
                sheet.set_column(len(headings), len(headings), WIDTHS[1])
                sheet.freeze_panes(1, 0)
            for place, cell in enumerate(cells):
                _write(sheet, line, place, cell)
            sheet.write_string(line, len(headings), reasons_in_words(refusal, say), red)
    return out.getvalue()


def reasons_in_words(refusal: ImportRefusal, say: Callable[[str, Mapping[str, object]], str]) -> str:
    """Every reason of a row: the column, then the sentence."""
    return " ".join(f"{one['column']}: {say(one['sentence'], one['facts'])}" for one in refusal.reasons)


def _write(sheet: xlsxwriter.worksheet.Worksheet, line: int, place: int, cell: object) -> None:
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        sheet.write_string(line, place, str(cell))
    else:
        sheet.write_number(line, place, cell)
