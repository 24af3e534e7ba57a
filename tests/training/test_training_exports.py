"""Lists of classes, entries and rosters as files: counts kept apart, phones masked, no formulas."""

import csv
from datetime import date
from io import BytesIO, StringIO

import pytest
from python_calamine import CalamineWorkbook
from sqlmodel import select

from catalog.models import Household, Person
from marketplace.accounts.models import Role
from tests import factories as make
from training.exports import TICK, classes_sheet, entries_sheet, roster_sheet
from training.models import EnrolmentStatus, TrainingStatus
from training.pages import Wanted, training_head
from training.roll_forms import RollIn
from training.roll_imports import import_roll

HELD_ON = date(2021, 11, 9)


@pytest.fixture
def worker(db):
    return make.an_account(db)


@pytest.fixture
def course(db):
    return make.a_course(db)


@pytest.fixture
def held(db, course):
    """Two half-days: a couple came, the wife twice; a neighbour has a seat and did not come."""
    training = make.a_training(
        db, course=course, starts_on=HELD_ON, status=TrainingStatus.HELD, attendance_closed_at=make.NOW
    )
    home, other = make.a_household(db), make.a_household(db, head="Lù Seo Páo", village="Thôn 2")
    wife, husband = make.head_of(db, home), make.a_person(db, home, name="Nông Văn Tuấn")
    wife.phone, wife.birth_year, wife.sex, wife.ethnicity = "+84912345678", 1968, "female", "02"
    db.add(wife)
    make.an_enrolment(db, training=training, household=home, people=(wife, husband))
    make.an_enrolment(db, training=training, household=other, note="=1+1")
    make.an_attendance(db, training=training, person=wife)
    make.an_attendance(db, training=training, person=husband, present=(True, False))
    return training


def cells(data: bytes) -> list[list[object]]:
    return CalamineWorkbook.from_filelike(BytesIO(data)).get_sheet_by_index(0).to_python()


def test_sessions_persons_households_and_attendances_are_counted_apart(db, worker, course, held):
    again = make.a_training(
        db,
        course=course,
        starts_on=date(2021, 11, 16),
        status=TrainingStatus.HELD,
        attendance_closed_at=make.NOW,
    )
    unclosed = make.a_training(db, course=course, starts_on=date(2021, 11, 23), status=TrainingStatus.HELD)
    wife = make.head_of(db, make.a_household(db, head="Giàng A Sính"))
    ven = db.exec(select(Person).where(Person.name == "Hoàng Thị Vén")).one()
    make.an_attendance(db, training=again, person=ven)
    make.an_attendance(db, training=unclosed, person=wife)

    sheet = classes_sheet(db, worker, Wanted(), now=make.NOW)

    figures = {row[0]: row[-6:] for row in sheet.rows}
    assert figures == {
        held.code: (30, 3, 2, 2, 1, 3),
        again.code: (30, 0, 0, 1, 1, 2),
        unclosed.code: (30, 0, 0, 1, 1, 2),
    }
    assert sheet.foot[:2] == ("Cộng", "2 lớp")
    assert sheet.foot[-3:] == (2, 1, 5)  # Vén once, though she came to both; the unclosed class not at all
    assert [row[0] for row in sheet.rows] == [unclosed.code, again.code, held.code]


def test_a_list_has_the_classes_in_sight_that_fit_the_filters(db, worker, held):
    make.a_training(db, commune="Xã Cao Bồ")
    planned = make.a_training(db)

    everything = classes_sheet(db, worker, Wanted(), now=make.NOW)
    ahead = classes_sheet(db, worker, Wanted(status=TrainingStatus.PLANNED), now=make.NOW)

    assert {row[0] for row in everything.rows} == {held.code, planned.code}
    assert [row[0] for row in ahead.rows] == [planned.code]
    assert (ahead.foot[1], ahead.foot[-3:]) == ("0 lớp", (0, 0, 0))


def test_a_roster_says_who_came_half_day_by_half_day_and_adds_them_up(db, worker, held):
    sheet = roster_sheet(db, worker, training_head(db, held), now=make.NOW)

    assert sheet.head[-2:] == ["Buổi 1 (Sáng 09/11/2021)", "Buổi 2 (Chiều 09/11/2021)"]
    assert [(row[2], row[-2], row[-1]) for row in sheet.rows] == [
        ("Hoàng Thị Vén", TICK, TICK), ("Nông Văn Tuấn", TICK, ""), ("Lù Seo Páo", "", ""),
    ]  # fmt: skip
    assert sheet.foot[-2:] == [2, 1]
    assert sheet.rows[0][3:10] == ["Nữ", "1968", "Tày", None, "Thôn Vĩnh Sơn", "Xã Vĩnh Hảo", "0912 345 678"]


def test_the_office_sees_masked_phones_and_no_birth_year_group_or_poverty(db, held):
    office = make.an_account(db, Role.COORDINATOR)

    roster = roster_sheet(db, office, training_head(db, held), now=make.NOW)
    entries = entries_sheet(db, office, training_head(db, held), now=make.NOW)

    told = f"{roster} {entries}"
    assert "•••• ••• 678" in told
    assert [word for word in ("0912", "912345678", "1968", "Tày") if word in told] == []
    assert {"Năm sinh", "Dân tộc", "Hộ nghèo/cận nghèo"} & set(roster.head) == set()


def test_an_exported_roster_is_a_list_the_import_reads_and_brings_nothing_new(
    db, vault, worker, held, as_account
):
    db.commit()
    book = as_account(worker).get(f"/lop-tap-huan/{held.id}/diem-danh.xlsx").get_data()

    facts = RollIn(training_id=held.id)
    result = import_roll(db, worker, book, facts, vault=vault, now=make.NOW, most_rows=100)

    batch = result.batch
    assert (result.rows, batch.rows_new, batch.rows_updated, batch.rows_same) == (3, 0, 0, 3)
    assert (result.refused, result.drafts) == ([], 0)


def test_entries_are_listed_as_on_their_page_with_who_waits(db, worker, held):
    waiting = make.a_household(db, head="Giàng A Sính")
    make.an_enrolment(db, training=held, household=waiting, status=EnrolmentStatus.WAITING)

    sheet = entries_sheet(db, worker, training_head(db, held), now=make.NOW)

    assert [(row[0], row[3]) for row in sheet.rows] == [
        ("Có chỗ", "Hoàng Thị Vén"), ("Có chỗ", "Nông Văn Tuấn"), ("Có chỗ", "Lù Seo Páo"),
        ("Đang chờ chỗ", "Giàng A Sính"),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["ghi-ten", "diem-danh"])
def test_files_are_downloads_and_no_cell_of_them_is_a_formula(db, worker, held, as_account, name):
    db.commit()
    browser = as_account(worker)

    book = browser.get(f"/lop-tap-huan/{held.id}/{name}.xlsx")
    text = browser.get(f"/lop-tap-huan/{held.id}/{name}.csv")
    page = browser.get(f"/lop-tap-huan/{held.id}/{name}.html")

    assert book.headers["Content-Disposition"] == f"attachment; filename={name}-{held.code}.xlsx"
    assert (text.mimetype, text.get_data()[:3]) == ("text/csv", b"\xef\xbb\xbf")
    lines = list(csv.reader(StringIO(text.get_data().decode("utf-8-sig")), delimiter=";"))
    assert [cell for line in lines for cell in line if cell[:1] in "=+-@" and cell] == []
    assert "Lù Seo Páo" in page.get_data(as_text=True)
    if name == "ghi-ten":
        assert "'=1+1" in [cell for line in lines for cell in line]
        assert "=1+1" in [cell for row in cells(book.get_data()) for cell in row]  # as text


def test_the_list_of_classes_is_sent_with_the_filters_of_its_address(db, worker, held, as_account):
    planned = make.a_training(db)
    db.commit()
    browser = as_account(worker)

    told = browser.get("/lop-tap-huan/danh-sach.csv?trang-thai=planned").get_data(as_text=True)

    assert planned.code in told
    assert held.code not in told
    assert browser.get("/lop-tap-huan/danh-sach.pdf").status_code == 404


def test_a_farmer_and_a_worker_of_another_commune_get_no_file(db, held, as_account):
    stranger = make.an_account(db, communes=("Xã Cao Bồ",))
    farmer = make.an_account(db, Role.FARMER, household=db.exec(select(Household)).first())
    db.commit()

    assert as_account(stranger).get(f"/lop-tap-huan/{held.id}/diem-danh.xlsx").status_code == 404
    assert as_account(farmer).get(f"/lop-tap-huan/{held.id}/diem-danh.xlsx").status_code == 403
