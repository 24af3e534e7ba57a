"""Writes Sendo's settlement statement as its seller's portal would hand it out."""

import io
from datetime import datetime, time

import xlsxwriter

from connectors.kit.statements import Row, Statement
from connectors.sendo.statement import LAYOUT


def statement_file(told: Statement) -> tuple[str, bytes]:
    """The file's name and the workbook; the same statement is the same bytes."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        book.set_properties({"created": datetime.combine(told.last, time())})
        page = book.add_worksheet("Đối soát")
        days = book.add_format({"num_format": "dd/mm/yyyy"})
        page.write_row(0, 0, ["BẢNG ĐỐI SOÁT DOANH THU"])
        page.write_row(1, 0, [LAYOUT.number, told.number])
        for column, (label, day) in enumerate(((LAYOUT.first, told.first), (LAYOUT.last, told.last))):
            page.write_string(2, 2 * column, label)
            page.write_datetime(2, 2 * column + 1, datetime.combine(day, time()), days)
        page.write_row(3, 0, [LAYOUT.payout, told.payout_vnd])
        page.write_row(5, 0, LAYOUT.headings)
        for number, row in enumerate(told.rows, 6):
            page.write_row(number, 0, _cells(row))
            page.write_datetime(number, 1, datetime.combine(row.day, time()), days)
        total = sum(row.total_vnd for row in told.rows)
        page.write_row(6 + len(told.rows), 0, [LAYOUT.end, *[""] * (len(LAYOUT.headings) - 2), total])
    return f"doi-soat-sendo-{told.first:%Y%m%d}-{told.last:%Y%m%d}.xlsx", out.getvalue()


def _cells(row: Row) -> list[str | int]:
    amounts = [sign * row.amounts.get(kind, 0) for kind, sign in LAYOUT.amounts.values()]
    return [row.key, "", row.order_no or "", row.sku or "", row.words, *amounts, row.total_vnd]
