"""Files of reports: what Excel must not mistake, and a head that says what they are."""

import csv
import io
from datetime import date
from decimal import Decimal

from python_calamine import CalamineWorkbook
from sqlmodel import Session

from marketplace.core.tables import Sheet, to_csv, to_xlsx
from marketplace.reports.dimensions import By
from marketplace.reports.exports import lines_sheet, rows_sheet
from marketplace.reports.lines import tonnage_lines
from marketplace.reports.periods import Period
from marketplace.reports.tonnage import Asked, tonnage_report
from tests.conftest import NOW
from tests.reports.factories import an_entry, at, the_worked_example

NOVEMBER = Period(date(2021, 11, 1), date(2021, 11, 30))
ODD = Sheet(
    about=[("Báo cáo", "=1+1")],
    head=["Mã", "Kg", "Ngày"],
    rows=[["@sum", Decimal("0.5"), date(2021, 11, 5)], ["00123", Decimal("-1234.5"), None]],
    foot=["Cộng", Decimal("-1234.000"), None],
)


def test_csv_opens_in_vietnamese_excel_and_holds_no_formula() -> None:
    assert to_csv(ODD).decode("utf-8") == (
        "\ufeffBáo cáo;'=1+1\r\n\r\nMã;Kg;Ngày\r\n'@sum;0,5;05/11/2021\r\n'00123;-1234,5;\r\nCộng;-1234;\r\n"
    )


def test_xlsx_has_text_as_text_and_numbers_as_numbers() -> None:
    rows = CalamineWorkbook.from_filelike(io.BytesIO(to_xlsx(ODD))).get_sheet_by_index(0).to_python()

    assert rows == [
        ["Báo cáo", "=1+1", ""],
        ["", "", ""],
        ["Mã", "Kg", "Ngày"],
        ["@sum", 0.5, date(2021, 11, 5)],
        ["00123", -1234.5, ""],
        ["Cộng", -1234.0, ""],
    ]


def test_the_head_says_who_when_what_and_the_hash(db: Session) -> None:
    the_worked_example(db)
    report = tonnage_report(db, Asked(NOVEMBER, by=By.VARIETY), now=NOW)

    about = dict(rows_sheet(report, user="Điều phối Một", filters="tất cả").about)

    assert about["Kỳ"] == "01/11/2021 – 30/11/2021"
    assert about["Số liệu lúc"] == "01/12/2021 10:00"
    assert about["Người xuất"] == "Điều phối Một"
    assert about["Mã kiểm"] == report.hash


def test_rows_lines_and_report_have_one_total(db: Session) -> None:
    the_worked_example(db)
    asked = Asked(NOVEMBER, by=By.DAY, filters={By.SOLD: "marketplaces"})
    report = tonnage_report(db, asked, now=NOW)

    rows = rows_sheet(report, user="", filters="")
    lines = lines_sheet(report, tonnage_lines(db, asked), user="", filters="")

    assert (
        rows.foot[1] == lines.foot[9] == Decimal(report.total.headline_grams).scaleb(-3) == Decimal("2050.5")
    )
    assert sum(row[1] for row in rows.rows) == Decimal("2050.5")


def test_the_same_lines_have_the_same_hash_and_other_lines_another(db: Session) -> None:
    example = the_worked_example(db)
    asked = Asked(NOVEMBER)

    first = tonnage_report(db, asked, now=NOW).hash
    again = tonnage_report(db, asked, now=at(1, month=12)).hash
    an_entry(db, product=example.vang, household=example.ven, grams=1)

    assert first == again
    assert tonnage_report(db, asked, now=NOW).hash != first


def test_a_file_reads_back_as_csv(db: Session) -> None:
    the_worked_example(db)
    report = tonnage_report(db, Asked(NOVEMBER), now=NOW)

    rows = list(
        csv.reader(
            io.StringIO(to_csv(rows_sheet(report, user="", filters="")).decode("utf-8-sig")), delimiter=";"
        )
    )

    assert rows[-1][0] == "Cộng"
