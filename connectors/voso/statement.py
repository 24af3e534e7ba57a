"""Voso's settlement statement: a CSV file, one line for each amount, in the Vietnamese manner (1.234.567).

The layout is assumed (README.md).
"""

from collections.abc import Sequence
from itertools import groupby

from connectors.kit import statements
from connectors.kit.statements import Amount, BadCell, Entry, Row, Statement, Table

NUMBER, FIRST, LAST, PAYOUT = "Số bảng kê", "Từ ngày", "Đến ngày", "Số tiền chi trả"
HEADINGS = KEY, DAY, ORDER, SKU, KIND, WORDS, MONEY = (
    "Số giao dịch",
    "Ngày ghi sổ",
    "Mã đơn",
    "Mã hàng",
    "Khoản mục",
    "Diễn giải",
    "Số tiền",
)
END = "Cộng"
#: What is not in here is an adjustment, so that a new kind of fee waits for a person and is not lost.
KINDS = {
    "Tiền hàng người mua trả": Amount.GOODS,
    "Sàn trả thay voucher": Amount.MARKETPLACE_VOUCHER,
    "Voucher người bán": Amount.SELLER_VOUCHER,
    "Chiết khấu sàn": Amount.FEE,
    "Phí thu hộ": Amount.PAYMENT_FEE,
    "Cước người bán chịu": Amount.SHIPPING,
    "Thuế GTGT khấu trừ": Amount.VAT,
    "Thuế TNCN khấu trừ": Amount.PIT,
    "Hoàn tiền người mua": Amount.REFUND,
    "Cước hoàn, phạt hủy": Amount.UNSOLD,
    "Điều chỉnh": Amount.ADJUSTMENT,
}


def read_statement(tables: Sequence[Table]) -> Statement:
    """The statement in the tables of a file; raises a `BadStatement`."""
    found = statements.entries(tables, (KEY, DAY, ORDER, KIND, MONEY), HEADINGS)
    lines = statements.until(found, KEY, END, MONEY)
    rows = tuple(_row(list(group)) for _, group in groupby(lines, lambda entry: entry.text(KEY)))
    return statements.stated(tables, rows, number=NUMBER, days=(FIRST, LAST), payout=PAYOUT)


def _row(group: list[Entry]) -> Row:
    """The lines of one transaction; all of them are of one order."""
    first = group[0]
    amounts = dict.fromkeys(Amount, 0)
    for entry in group:
        if entry.text(ORDER) != first.text(ORDER):
            raise BadCell(row=entry.number, column=ORDER, text=entry.text(ORDER)[:40])
        amounts[KINDS.get(entry.text(KIND), Amount.ADJUSTMENT)] += entry.dong(MONEY)
    return Row(
        key=first.text(KEY),
        day=first.day(DAY),
        amounts={kind: vnd for kind, vnd in amounts.items() if vnd},
        order_no=first.text(ORDER) or None,
        sku=first.text(SKU) or None,
        words=first.text(WORDS),
    )
