"""Class lists as people keep them, for tests."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import xlsxwriter

HEADINGS = (
    "STT", "Họ và tên", "Năm sinh", "Nam/nữ", "Dân tộc", "Hộ nghèo/cận nghèo", "Thôn", "Xã", "Điện thoại",
    "Ký nhận buổi 1", "Ký nhận buổi 2", "Ghi chú",
)  # fmt: skip


def a_row(
    name: str,
    *,
    village: str = "Thôn Vĩnh Sơn",
    commune: str = "Vĩnh Hảo",
    born: object = "",
    sex: str = "",
    group: str = "",
    poverty: str = "",
    phone: object = "",
    signed: Sequence[object] = ("x", "x"),
    note: str = "",
) -> list[object]:
    """A row under `HEADINGS`."""
    return ["", name, born, sex, group, poverty, village, commune, phone, *signed, note]


def a_list(*rows: Sequence[Any], headings: Sequence[str] = HEADINGS) -> bytes:
    """A workbook with a title above its headings and numbered rows."""
    out = BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("Danh sách")
        sheet.merge_range(0, 0, 0, len(headings) - 1, "DANH SÁCH HỌC VIÊN KÝ NHẬN", book.add_format())
        for line, row in enumerate([headings, *rows], 2):
            for place, cell in enumerate(row):
                sheet.write(line, place, line - 2 if headings[place] == "STT" and line > 2 else cell)
    return out.getvalue()
