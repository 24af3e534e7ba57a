"""The Excel list as districts really keep it, and everything that is not one."""

from datetime import date, datetime
from io import BytesIO

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from sqlmodel import func, select

from catalog.import_batches import AlreadyUndone, ImportTouched, refusals_of, undo_import
from catalog.import_workbook import refused_workbook
from catalog.imports import import_households
from catalog.models import Consent, Household, ImportBatch, Person, Producer
from catalog.sheets import EmptySpreadsheet, NoHeader, NotASpreadsheet, TooManyRows
from marketplace.core.audit import SYSTEM
from marketplace.core.errors import Refused
from tests import factories as make

HEADINGS = [
    "STT", "Họ tên chủ hộ", "Năm sinh", "Giới tính", "Dân tộc", "Huyện", "Xã", "Thôn", "Điện thoại", "CCCD",
    "Diện tích cam (ha)",
]  # fmt: skip
VEN = [1, "Hoàng Thị Vén", 1968, "Nữ", "Tày", "Bắc Quang", "Vĩnh Hảo", "Vĩnh Sơn", "0912 345 678", "", "1,5"]
TUAN = [
    2,
    "Nông Văn Tuấn",
    "1975",
    "nam",
    "Nùng",
    "Bắc Quang",
    "xã Vĩnh Phúc",
    "Thôn 3",
    987654321,
    "002299000123",
    0.8,
]


def a_sheet(*rows, headings=HEADINGS, title=True) -> bytes:
    """A workbook with a merged title above the headings."""
    out = BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("Danh sách")
        top = 0
        if title:
            sheet.merge_range(
                0, 0, 0, max(len(headings) - 1, 1), "DANH SÁCH HỘ TRỒNG CAM NĂM 2021", book.add_format()
            )
            top = 2
        for line, row in enumerate([headings, *rows], top):
            for place, cell in enumerate(row):
                sheet.write(line, place, cell)
    return out.getvalue()


def take(db, vault, data: bytes, *, actor=SYSTEM, most_rows=1_000):
    return import_households(db, actor, data, vault=vault, now=make.NOW, most_rows=most_rows)


def counts(result) -> tuple[int, int, int, int]:
    batch = result.batch
    return batch.rows_new, batch.rows_updated, batch.rows_same, batch.rows_refused


def test_a_real_looking_list_comes_in(db, vault):
    result = take(db, vault, a_sheet(VEN, TUAN))

    assert counts(result) == (2, 0, 0, 0)
    assert (result.rows, result.before, result.after) == (2, 0, 2)
    heads = db.exec(select(Person).order_by(Person.id)).all()
    assert [(head.name, head.birth_year, head.sex, head.ethnicity, head.phone) for head in heads] == [
        ("Hoàng Thị Vén", 1968, "female", "02", "+84912345678"),
        ("Nông Văn Tuấn", 1975, "male", "07", "+84987654321"),
    ]
    homes = db.exec(select(Household).order_by(Household.id)).all()
    assert [home.orange_area_m2 for home in homes] == [15_000, 8_000]
    assert [home.commune_id for home in homes] == [
        make.a_commune(db).id,
        make.a_commune(db, "Xã Vĩnh Phúc").id,
    ]
    assert all(home.code == f"HG-{home.id:06d}" for home in homes)
    assert vault.open(heads[1].national_id_sealed or "") == "002299000123"
    assert [producer.name for producer in db.exec(select(Producer))] == [
        "Hộ Hoàng Thị Vén",
        "Hộ Nông Văn Tuấn",
    ]
    assert db.exec(select(Consent)).all() == []  # a name on a list is not a consent


def test_the_same_file_again_changes_nothing(db, vault):
    data = a_sheet(VEN, TUAN)
    take(db, vault, data)
    before = db.exec(select(Person).order_by(Person.id)).all()[0].model_dump()

    assert counts(take(db, vault, data)) == (0, 0, 2, 0)
    assert db.exec(select(func.count()).select_from(Household)).one() == 2
    assert db.exec(select(Person).order_by(Person.id)).all()[0].model_dump() == before


def test_the_same_file_again_does_not_undo_what_somebody_changed_by_hand(db, vault):
    data = a_sheet(VEN)
    take(db, vault, data)
    head = db.exec(select(Person)).one()
    head.phone = "+84900000001"
    db.add(head)

    assert counts(take(db, vault, data)) == (0, 0, 1, 0)
    assert db.exec(select(Person)).one().phone == "+84900000001"


def test_an_edited_row_updates_and_an_empty_cell_erases_nothing(db, vault):
    take(db, vault, a_sheet(VEN))
    edited = [*VEN]
    edited[8], edited[9], edited[10] = "", "002399000777", "2,25"

    assert counts(take(db, vault, a_sheet(edited))) == (0, 1, 0, 0)
    head, home = db.exec(select(Person)).one(), db.exec(select(Household)).one()
    assert (head.phone, head.national_id_tail, home.orange_area_m2) == ("+84912345678", "0777", 22_500)


def test_the_new_name_of_a_commune_means_the_same_household(db, vault):
    take(db, vault, a_sheet(VEN))
    today = [*VEN]
    today[5], today[6] = "", "Vĩnh Tuy"
    later = datetime(2026, 3, 1, tzinfo=make.NOW.tzinfo)

    again = import_households(db, SYSTEM, a_sheet(today), vault=vault, now=later, most_rows=10)

    assert counts(again) == (0, 0, 1, 0)


def test_every_mistake_of_every_row_is_named_in_one_pass(db, vault):
    wrong = [
        [3, "", 1968, "Nữ", "Tày", "Bắc Quang", "Vĩnh Hảo", "Vĩnh Sơn", "", "", ""],
        [4, "Giàng A Páo", 68, "gà", "Sao Hỏa", "Bắc Quang", "Vĩnh Hả", "", "091234567O", "12345", "1.234"],
        [5, "Vàng Mí Sính", 1990, "", "", "", "Tả Lủng", "Bản 1", "", "", "77.810"],
        [6, "Phàn Chòi Nhàn", "2/3/1985", "", "", "Bắc Quang", "Vĩnh Hảo", 12, "", "", "abc"],
    ]

    result = take(db, vault, a_sheet(VEN, *wrong))

    assert counts(result) == (1, 0, 0, 4)
    named = {row: [reason.column for reason in reasons] for row, reasons in result.refused}
    assert named == {
        5: ["Họ tên chủ hộ"],
        6: ["Thôn", "Xã", "Năm sinh", "Giới tính", "Dân tộc", "Điện thoại", "CCCD", "Diện tích cam (ha)"],
        7: ["Xã", "Diện tích cam (ha)"],
        8: ["Thôn", "Diện tích cam (ha)"],
    }
    assert db.exec(select(func.count()).select_from(Household)).one() == 1


@pytest.mark.parametrize(
    ("cell", "square_metres"),
    [
        ("1,5", 15_000),
        ("0,8 ha", 8_000),
        (0.75, 7_500),
        (2, 20_000),
        ("3600 m2", 3_600),
        ("5 sào", 1_800),
        ("1.5", 15_000),
    ],
)
def test_areas_in_vietnamese_spellings(db, vault, cell, square_metres):
    take(db, vault, a_sheet([*VEN[:10], cell]))

    assert db.exec(select(Household)).one().orange_area_m2 == square_metres


def test_a_refused_row_mended_and_sent_again_comes_in_once(db, vault):
    bad = [*TUAN]
    bad[6] = "Vĩnh Phú Phú"
    first = take(db, vault, a_sheet(VEN, bad))
    back = refused_workbook(
        refusals_of(db, first.batch), vault, say=lambda s, f: s % f if f else s, reason_heading="Lý do"
    )
    rows = CalamineWorkbook.from_filelike(BytesIO(back)).get_sheet_by_index(0).to_python()
    assert rows[0] == [*HEADINGS, "Lý do"]
    assert rows[1][1] == "Nông Văn Tuấn"
    assert rows[1][-1].startswith("Xã: Không có xã")

    rows[1][6] = "Vĩnh Phúc"
    again = take(db, vault, a_sheet(*rows[1:], headings=rows[0], title=False))

    assert counts(again) == (1, 0, 0, 0)
    assert db.exec(select(func.count()).select_from(Household)).one() == 2


def test_headings_on_two_merged_rows_are_understood(db, vault):
    out = BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        plain = book.add_format()
        sheet.merge_range(0, 0, 1, 0, "Họ và tên", plain)
        sheet.merge_range(0, 1, 0, 2, "Địa chỉ", plain)
        sheet.write_row(1, 1, ["Thôn/Bản", "Xã/Phường"])
        sheet.write_row(2, 0, ["Ma Thị Ảnh", "Bản Lủ", "Vĩnh Hảo"])

    assert counts(take(db, vault, out.getvalue())) == (1, 0, 0, 0)
    assert db.exec(select(Household)).one().village == "Bản Lủ"


def test_names_typed_on_a_mac_are_the_same_names(db, vault):
    import unicodedata

    take(db, vault, a_sheet(VEN))
    decomposed = [unicodedata.normalize("NFD", cell) if isinstance(cell, str) else cell for cell in VEN]

    assert counts(take(db, vault, a_sheet(decomposed))) == (0, 0, 1, 0)


def test_two_of_one_name_in_a_village_are_two_households_when_told_apart(db, vault):
    son = [*VEN]
    son[2] = 1999
    assert counts(take(db, vault, a_sheet(VEN, son))) == (2, 0, 0, 0)

    nobody = [*VEN]
    nobody[2] = ""
    assert counts(take(db, vault, a_sheet(nobody))) == (0, 0, 0, 1)


def test_a_row_twice_in_a_file_is_one_household(db, vault):
    other = [*VEN]
    other[10] = "9"

    assert counts(take(db, vault, a_sheet(VEN, VEN, other))) == (1, 0, 1, 1)


def test_a_consent_column_records_the_registry_consent(db, vault):
    result = take(db, vault, a_sheet([*VEN, "Có"], [*TUAN, "không"], headings=[*HEADINGS, "Đồng ý"]))

    assert counts(result) == (2, 0, 0, 0)
    [consent] = db.exec(select(Consent)).all()
    assert (consent.purpose, consent.given_on) == ("registry", date(2021, 12, 1))


def test_an_extension_worker_brings_in_own_communes_only(db, vault):
    worker = make.an_account(db, communes=("Xã Vĩnh Hảo",))

    result = take(db, vault, a_sheet(VEN, TUAN), actor=worker)

    assert counts(result) == (1, 0, 0, 1)
    assert db.exec(select(Household)).one().registered_by == worker.id


def test_formulas_and_html_stay_words(db, vault):
    evil = [*VEN]
    evil[1], evil[7] = "=HYPERLINK(1)", "<script>alert(1)</script>"

    take(db, vault, a_sheet(evil))

    assert db.exec(select(Person)).one().name == "=HYPERLINK(1)"
    assert db.exec(select(Household)).one().village == "<script>alert(1)</script>"


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b"%PDF-1.7\n1 0 obj", NotASpreadsheet),
        (b"", NotASpreadsheet),
        (b"PK\x03\x04 not really a zip", NotASpreadsheet),
        ("Họ tên;Xã\nA;B\n".encode(), NotASpreadsheet),
        (a_sheet(headings=[], title=False), EmptySpreadsheet),
        (a_sheet(), EmptySpreadsheet),
        (a_sheet(VEN, headings=["A", "B", "C"]), NoHeader),
    ],
    ids=["pdf", "nothing", "broken zip", "csv", "empty sheet", "only headings", "no headings"],
)
def test_what_is_no_household_list_is_refused_whole(db, vault, data, refusal):
    with pytest.raises(refusal):
        take(db, vault, data)

    assert db.exec(select(ImportBatch)).all() == []


def test_more_rows_than_allowed_are_refused_before_any_is_taken(db, vault):
    with pytest.raises(TooManyRows):
        take(db, vault, a_sheet(*([VEN] * 11)), most_rows=10)

    assert db.exec(select(Household)).all() == []


def test_an_import_is_undone_as_a_whole_while_untouched(db, vault):
    make.a_household(db)
    result = take(db, vault, a_sheet(TUAN))

    undo_import(db, SYSTEM, result.batch, now=make.NOW)

    assert db.exec(select(func.count()).select_from(Household)).one() == 1
    with pytest.raises(AlreadyUndone):
        undo_import(db, SYSTEM, result.batch, now=make.NOW)


def test_an_import_with_a_harvest_is_not_undone(db, vault):
    result = take(db, vault, a_sheet(TUAN))
    db.commit()
    household = db.exec(select(Household)).one()
    make.a_lot(db, product=make.a_product(db), household=household)
    db.commit()

    with pytest.raises(ImportTouched):
        undo_import(db, SYSTEM, result.batch, now=make.NOW)

    assert db.exec(select(func.count()).select_from(Household)).one() == 1


cells = st.one_of(
    st.text(max_size=30),
    st.integers(-(10**12), 10**12),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.booleans(),
    st.sampled_from(
        ["Vĩnh Hảo", "Tả Lủng", "Tày", "nữ", "0912345678", "77.810", "1975", "002299000123", "1,5", "Có"]
    ),
)


@given(rows=st.lists(st.lists(cells, min_size=11, max_size=11), min_size=1, max_size=6))
@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_cells_at_all_are_taken_or_refused_row_by_row_and_again_change_nothing(db, vault, rows):
    data = a_sheet(*rows)
    with db.begin_nested() as savepoint:
        try:
            first = take(db, vault, data)
            second = take(db, vault, data)
        except Refused:
            return
        assert first.rows == sum(counts(first))
        assert (second.batch.rows_new, second.batch.rows_updated) == (0, 0)
        assert second.batch.rows_refused == first.batch.rows_refused
        savepoint.rollback()
