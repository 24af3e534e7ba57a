"""The Excel files of a rehearsal, as an office keeps them: the list of households, the list of a class."""

from collections.abc import Sequence
from io import BytesIO

import xlsxwriter

from marketplace.cli.rehearse.world import Class, Home

HOUSEHOLDS = (
    "STT", "Họ và tên chủ hộ", "Năm sinh", "Giới tính", "Điện thoại", "Số CCCD", "Xã", "Huyện", "Thôn",
    "Diện tích (ha)", "Đồng ý",
)  # fmt: skip
ROLL = (
    "STT", "Mã hộ", "Họ và tên", "Năm sinh", "Xã", "Huyện", "Thôn", "Ký nhận buổi 1", "Ký nhận buổi 2",
)  # fmt: skip


def household_list(homes: Sequence[Home]) -> bytes:
    """Every household, one a row."""
    rows = [
        (
            home.number + 1,
            home.name,
            "" if home.national_id else home.birth_year,  # the card says the year already
            home.sex,
            home.phone,
            home.national_id,
            home.place.name,
            home.place.district,
            home.village,
            f"{home.area_m2 / 10_000:g}".replace(".", ","),
            "Có",
        )
        for home in homes
    ]
    return _workbook("DANH SÁCH HỘ TRỒNG CAM (DIỄN TẬP)", HOUSEHOLDS, rows)


def class_list(one: Class) -> bytes:
    """Who was on the list of a class, with a cross for each half-day that was signed.

    The office has looked up who is in no register: one who is called much like a neighbour needs the word.
    """
    rows = [
        (
            place,
            "" if who.home is not None else "mới",
            who.name,
            who.birth_year,
            who.place.name,
            who.place.district,
            who.village,
            *("x" if signed else "" for signed in who.signed),
        )
        for place, who in enumerate(one.attendees, start=1)
    ]
    return _workbook("DANH SÁCH HỌC VIÊN (DIỄN TẬP)", ROLL, rows)


def _workbook(title: str, headings: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    out = BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Danh sách")
        sheet.write_row(0, 0, [title])
        sheet.write_row(2, 0, headings)
        for place, row in enumerate(rows, start=3):
            sheet.write_row(place, 0, row)
    return out.getvalue()
