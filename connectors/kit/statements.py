"""Settlement statements in the words both sides use: what a marketplace paid out, row by row.

The application turns a file into tables of cells; a connector's `read_statement` says what they mean. Every
amount carries its sign: what it adds to the payout. Nothing is computed here but sums (R-7C).
"""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from connectors.kit.cells import day, dong, text_of
from connectors.kit.errors import N_
from connectors.kit.figures import clean

Table = Sequence[Sequence[Any]]  #: rows of cells as a spreadsheet reader hands them over


class Amount(StrEnum):
    """What an amount is; its usual sign behind it."""

    GOODS = "goods"  #: + what buyers paid for goods
    MARKETPLACE_VOUCHER = "marketplace_voucher"  #: + what the marketplace pays in the buyers' place
    SELLER_VOUCHER = "seller_voucher"  #: − what the seller lets buyers off
    FEE = "fee"  #: − the marketplace's
    PAYMENT_FEE = "payment_fee"  #: − for carrying the money
    SHIPPING = "shipping"  #: − the seller's part of the freight
    VAT = "vat"  #: − withheld, as the statement says
    PIT = "pit"  #: − withheld, as the statement says
    REFUND = "refund"  #: − given back to buyers
    UNSOLD = "unsold"  #: − what a cancelled or refused order cost
    ADJUSTMENT = "adjustment"  #: ± whatever else


@dataclass(frozen=True)
class Row:
    """One entry of a statement."""

    key: str  #: the marketplace's number of the entry, the same in every statement that tells it
    day: date  #: local
    amounts: Mapping[Amount, int]  #: đồng, none of them 0
    order_no: str | None = None  #: None: belongs to no order
    sku: str | None = None  #: None: to the whole order
    words: str = ""  #: the marketplace's

    @property
    def total_vnd(self) -> int:
        return sum(self.amounts.values())


@dataclass(frozen=True)
class Statement:
    """What a marketplace says that it paid for the local days from `first` to `last`, both included."""

    number: str
    first: date
    last: date
    payout_vnd: int
    rows: tuple[Row, ...]


class BadStatement(Exception):
    """A statement that cannot be read: a Vietnamese sentence with %(fact)s places."""

    sentence = N_("Tệp này không đọc được như bảng đối soát.")

    def __init__(self, **facts: object) -> None:
        super().__init__(self.sentence % facts if facts else self.sentence)
        self.facts = facts


class NotTheirs(BadStatement):
    """The file does not look like one of this marketplace."""

    sentence = N_("Tệp này không có bảng đối soát của sàn. Hãy tải lại tệp đối soát từ trang người bán.")


class BadCell(BadStatement):
    sentence = N_(
        "Dòng %(row)s, cột “%(column)s”: không đọc được “%(text)s”. Hãy tải lại tệp đối soát từ sàn."
    )


class NoTotal(BadStatement):
    sentence = N_(
        "Dòng tổng ở cuối bảng đối soát bị thiếu hoặc không bằng tổng các dòng. "
        "Tệp có thể tải chưa xong hoặc đã bị sửa; hãy tải lại từ sàn."
    )


class NoFact(BadStatement):
    sentence = N_("Bảng đối soát thiếu ô “%(column)s”. Hãy tải lại tệp từ sàn, không sửa trong Excel.")


@dataclass(frozen=True)
class Entries:
    """The table below its headings; `numbers` are the rows as the spreadsheet counts."""

    columns: Mapping[str, int]
    rows: Sequence[tuple[int, Sequence[Any]]]

    def __iter__(self) -> Iterator["Entry"]:
        for number, cells in self.rows:
            yield Entry(self.columns, number, cells)


@dataclass(frozen=True)
class Entry:
    """One row of cells, asked by heading."""

    columns: Mapping[str, int]
    number: int
    cells: Sequence[Any]

    def text(self, heading: str) -> str:
        """The cell as one line of text; "" when there is none. A number has no fraction: 140000001."""
        return text_of(self._cell(heading))

    def dong(self, heading: str) -> int:
        """The cell as đồng, 0 when it is empty."""
        read = dong(self._cell(heading))
        if read is None:
            raise BadCell(row=self.number, column=heading, text=self.text(heading)[:40])
        return read

    def day(self, heading: str) -> date:
        """The cell as a local day."""
        read = day(self._cell(heading))
        if read is None:
            raise BadCell(row=self.number, column=heading, text=self.text(heading)[:40])
        return read

    def amounts(self, columns: Mapping[str, tuple[Amount, int]], total: str) -> dict[Amount, int]:
        """The amounts of the columns, each with the sign it counts by; -1: written without its minus.

        What the row's total says beside them is an adjustment: a column nobody knew when this was written.
        """
        found = dict.fromkeys(Amount, 0)
        for heading, (kind, sign) in columns.items():
            found[kind] += sign * self.dong(heading)
        found[Amount.ADJUSTMENT] += self.dong(total) - sum(found.values())
        return {kind: vnd for kind, vnd in found.items() if vnd}

    def _cell(self, heading: str) -> Any:
        place = self.columns.get(heading)
        return self.cells[place] if place is not None and place < len(self.cells) else None


def entries(tables: Sequence[Table], needed: Sequence[str], others: Sequence[str] = ()) -> Entries:
    """The rows below the first line that has all needed headings; `NotTheirs` when no table has one."""
    wanted = {_folded(heading): heading for heading in (*needed, *others)}
    for table in tables:
        for index, line in enumerate(table):
            places: dict[str, int] = {}
            for place, cell in enumerate(line):
                if isinstance(cell, str) and cell.strip():
                    places.setdefault(wanted.get(_folded(cell), clean(cell)), place)
            if all(heading in places for heading in needed):
                below = [(number, row) for number, row in enumerate(table[index + 1 :], index + 2)]
                return Entries(places, [(number, row) for number, row in below if any(map(text_of, row))])
    raise NotTheirs


def fact(tables: Sequence[Table], label: str) -> Any:
    """The cell to the right of a label; `NoFact` when there is none."""
    for table in tables:
        for line in table:
            for place, cell in enumerate(line):
                if isinstance(cell, str) and _folded(cell) == _folded(label):
                    beside = next((other for other in line[place + 1 :] if text_of(other)), None)
                    if beside is not None:
                        return beside
    raise NoFact(column=label)


def dong_fact(tables: Sequence[Table], label: str) -> int:
    """The same as đồng."""
    read = dong(fact(tables, label))
    if read is None:
        raise NoFact(column=label)
    return read


def day_fact(tables: Sequence[Table], label: str) -> date:
    """The same as a local day."""
    read = day(fact(tables, label))
    if read is None:
        raise NoFact(column=label)
    return read


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().replace(":", " ").split())


@dataclass(frozen=True)
class Wide:
    """The headings of a statement with one line for each entry and one column for each amount."""

    number: str
    first: str
    last: str
    payout: str
    key: str
    day: str
    order: str
    sku: str
    words: str
    #: Amount and the sign it counts by; -1: what was kept stands there without its minus
    amounts: Mapping[str, tuple[Amount, int]]
    total: str
    end: str  #: what the last line begins with; without it the file is not whole

    @property
    def headings(self) -> tuple[str, ...]:
        return (self.key, self.day, self.order, self.sku, self.words, *self.amounts, self.total)

    def read(self, tables: Sequence[Table]) -> Statement:
        """The statement in the tables of a file; raises a `BadStatement`."""
        needed = (self.key, self.day, self.order, next(iter(self.amounts)), self.total)
        found = entries(tables, needed, self.headings)
        rows = tuple(self._row(entry) for entry in until(found, self.key, self.end, self.total))
        return stated(tables, rows, number=self.number, days=(self.first, self.last), payout=self.payout)

    def _row(self, entry: Entry) -> Row:
        amounts = entry.amounts(self.amounts, self.total)
        order_no, sku = entry.text(self.order) or None, entry.text(self.sku) or None
        return Row(entry.text(self.key), entry.day(self.day), amounts, order_no, sku, entry.text(self.words))


def until(found: Entries, heading: str, end: str, total: str) -> Iterator[Entry]:
    """The entries above the line that ends the table; `NoTotal` unless it is there and is their sum."""
    summed = 0
    for entry in found:
        if entry.text(heading) != end:
            summed += entry.dong(total)
            yield entry
        elif entry.text(total) and entry.dong(total) == summed:
            return
        else:
            break
    raise NoTotal


def stated(
    tables: Sequence[Table], rows: tuple[Row, ...], *, number: str, days: tuple[str, str], payout: str
) -> Statement:
    """The statement whose facts stand behind these labels."""
    first, last = (day_fact(tables, label) for label in days)
    return Statement(text_of(fact(tables, number)), first, last, dong_fact(tables, payout), rows)
