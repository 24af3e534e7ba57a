"""Writes Postmart's settlement statement as its seller's portal would hand it out."""

import io
from datetime import datetime, time

import xlsxwriter

from connectors.kit.statements import Row, Statement
from connectors.postmart.statement import LAYOUT


def statement_file(told: Statement) -> tuple[str, bytes]:
    """The file's name and the workbook; the same statement is the same bytes."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        book.set_properties({"created": datetime.combine(told.last, time())})
        cover, page = book.add_worksheet("Tổng hợp"), book.add_worksheet("Chi tiết")
        facts = {
            LAYOUT.number: told.number,
            LAYOUT.first: f"{told.first:%d/%m/%Y}",
            LAYOUT.last: f"{told.last:%d/%m/%Y}",
            LAYOUT.payout: _dong(told.payout_vnd),
        }
        cover.write_string(0, 0, "BẢNG KÊ CHI TRẢ NHÀ CUNG CẤP")
        for number, (label, value) in enumerate(facts.items(), 2):
            cover.write_string(number, 0, label)
            cover.write_string(number, 1, value)
        rest = [""] * (len(LAYOUT.headings) - 2)
        total = [LAYOUT.end, *rest, _dong(sum(row.total_vnd for row in told.rows))]
        for number, cells in enumerate((LAYOUT.headings, *map(_cells, told.rows), total)):
            for column, cell in enumerate(cells):
                page.write_string(number, column, cell)
    return f"BangKe_Postmart_{told.first:%Y%m%d}_{told.last:%Y%m%d}.xlsx", out.getvalue()


def _cells(row: Row) -> list[str]:
    told = [sign * row.amounts.get(kind, 0) for kind, sign in LAYOUT.amounts.values()]
    about = [row.key, f"{row.day:%d/%m/%Y} 00:00:00", row.order_no or "", row.sku or "", row.words]
    return [*about, *(_dong(vnd) if vnd else "" for vnd in told), _dong(row.total_vnd)]


def _dong(vnd: int) -> str:
    return f"{vnd:,} đ".replace(",", ".")
