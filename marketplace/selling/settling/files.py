"""A settlement file as tables of cells, whatever it is: a workbook, or CSV as Excel and portals write it."""

import csv
import io
import zipfile
from collections.abc import Sequence
from typing import Any

from catalog.sheets import EmptySpreadsheet, NotASpreadsheet, TooManyRows, workbook_sheets

MOST_ROWS = 60_000
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"


def tables_of(content: bytes) -> list[Sequence[Sequence[Any]]]:
    """The tables of a file; refuses what is none, an empty one, and one that is too long."""
    if zipfile.is_zipfile(io.BytesIO(content)) or content.startswith(_OLD_EXCEL):
        tables: list[Sequence[Sequence[Any]]] = list(workbook_sheets(content))
    else:
        tables = [_csv_rows(content)]
    rows = max((len(table) for table in tables), default=0)
    if rows > MOST_ROWS:
        raise TooManyRows(rows=rows, most=MOST_ROWS)
    if not any(cell not in (None, "") for table in tables for row in table for cell in row):
        raise EmptySpreadsheet
    return tables


def _csv_rows(content: bytes) -> list[list[str]]:
    text = _text(content)
    head = text[:4000]
    delimiter = max(";\t,", key=head.count)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise NotASpreadsheet from error


def _text(content: bytes) -> str:
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotASpreadsheet from error
    if "\0" in text:
        raise NotASpreadsheet
    return text
