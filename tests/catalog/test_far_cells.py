"""A spreadsheet with one cell far away: laid out whole it would need hundreds of gigabytes."""

from io import BytesIO

import pytest
import xlsxwriter

from catalog.sheets import FarCell, read_sheet


def a_sheet(row: int, column: int) -> bytes:
    out = BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Họ tên chủ hộ", "Xã", "Thôn"])
        sheet.write_row(1, 0, ["Ma Thị Ảnh", "Vĩnh Hảo", "Bản Lủ"])
        sheet.write(row, column, "x")
    return out.getvalue()


def test_a_cell_at_the_far_corner_is_refused_before_anything_is_laid_out():
    with pytest.raises(FarCell) as refused:
        read_sheet(a_sheet(1_048_575, 16_383), most_rows=1_000)

    assert refused.value.facts == {"rows": 1_048_576, "columns": 16_384}


def test_a_note_some_columns_away_is_no_harm():
    assert len(list(read_sheet(a_sheet(5, 40), most_rows=1_000).filled())) == 2
