"""Writes Voso's settlement statement as its seller's portal would hand it out."""

import csv
import io

from connectors.kit.statements import Statement
from connectors.voso import statement as layout


def statement_file(told: Statement) -> tuple[str, bytes]:
    """The file's name and the CSV, UTF-8 with BOM and semicolons as Vietnamese Excel opens it."""
    words = {kind: word for word, kind in layout.KINDS.items()}
    out = io.StringIO(newline="")
    lines = csv.writer(out, delimiter=";", lineterminator="\r\n")
    lines.writerow(["BẢNG KÊ THANH TOÁN NGƯỜI BÁN"])
    lines.writerow([layout.NUMBER, told.number])
    lines.writerow([layout.FIRST, f"{told.first:%d/%m/%Y}", layout.LAST, f"{told.last:%d/%m/%Y}"])
    lines.writerow([layout.PAYOUT, _dots(told.payout_vnd)])
    lines.writerow(())
    lines.writerow(layout.HEADINGS)
    for row in told.rows:
        for kind, vnd in row.amounts.items():
            about = (row.key, f"{row.day:%d/%m/%Y}", row.order_no or "", row.sku or "")
            lines.writerow([*about, words[kind], row.words, _dots(vnd)])
    lines.writerow([layout.END, "", "", "", "", "", _dots(sum(row.total_vnd for row in told.rows))])
    name = f"voso-bang-ke-{told.first:%Y%m%d}-{told.last:%Y%m%d}.csv"
    return name, out.getvalue().encode("utf-8-sig")


def _dots(vnd: int) -> str:
    return f"{vnd:,}".replace(",", ".")
