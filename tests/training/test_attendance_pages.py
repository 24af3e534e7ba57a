"""Pages of attendance over plain HTTP: the roster in two posts, cards, sheet, paper, closing, walk-ins."""

import io
import re
from datetime import timedelta

import pytest
from PIL import Image
from sqlmodel import col, func, select

from catalog.models import Household, PhoneOwner
from marketplace.accounts.models import Role
from marketplace.core import clock
from tests import factories as make
from tests.catalog.looking import seen
from tests.conftest import NOW
from tests.support.statements import statements
from tests.training.awarding import text
from training.models import Attendance, AttendanceMark, Door, HalfDay, TrainingPhoto, TrainingSession, WalkIn

NAMES = ("Hoàng Thị Vén", "Lý A Sử", "Phàn Chòi Nhàn", "Nông Văn Tuấn", "Bàn Tà Liều")


class Hall:
    """A class of today with that many people, its worker, and a coordinator."""

    def __init__(self, db, people):
        self.worker = make.an_account(db, communes=("Xã Vĩnh Hảo",))
        self.office = make.an_account(db, Role.COORDINATOR)
        self.training = make.a_training(db, starts_on=make.TODAY)
        self.people = []
        for number in range(people):
            household = make.a_household(db, head=f"{NAMES[number % 5]} {number + 1}")
            household.code = f"HG-{number + 1:06d}"
            head = make.head_of(db, household)
            head.phone, head.phone_owner, head.birth_year = f"+8497100{number:04d}", PhoneOwner.SELF, 1980
            make.an_enrolment(db, training=self.training, household=household)
            self.people.append(head.id)
        self.url = f"/lop-tap-huan/{self.training.id}/diem-danh"
        db.commit()


@pytest.fixture
def hall(db):
    return Hall(db, 3)


@pytest.fixture
def phone(as_account, hall):
    return as_account(hall.worker)


@pytest.fixture
def office(as_account, hall):
    return as_account(hall.office)


def inputs(page, name):
    """Values a form sends for a hidden field or, for a box, those that are ticked."""
    found = re.findall(
        rf'<input type="(hidden|checkbox)" name="{name}"[^>]*? value="([^"]*)"( checked)?', page
    )
    return [value for kind, value, ticked in found if kind == "hidden" or ticked]


def present(engine, half_day=1):
    rows = (
        select(Attendance.person_id)
        .join(HalfDay, col(HalfDay.id) == Attendance.half_day_id)
        .where(Attendance.present, HalfDay.number == half_day)
    )
    return sorted(seen(engine, rows.order_by(Attendance.person_id)))


def marks(engine, door=Door.TAP):
    return seen(engine, select(func.count()).select_from(AttendanceMark).where(AttendanceMark.door == door))[
        0
    ]


def taken(answer):
    """The page after a change."""
    assert answer.status_code == 200, answer.status
    return answer.get_data(as_text=True)


def send(browser, url, **data):
    return browser.post(url, data=data, follow_redirects=True)


# --- the roster
# ------------------------------------------------------------------------------------------------------------


def test_a_class_of_thirty_is_marked_in_two_posts_and_the_absentees(db, engine, as_account):
    """Must-show 3: all present, then three are unticked and the list is saved."""
    hall = Hall(db, 30)
    phone = as_account(hall.worker)
    page = taken(phone.get(hall.url))

    first = {name: inputs(page, name) for name in ("buoi", "expected", "present", "was")}
    page = taken(send(phone, hall.url, all="1", **first))
    assert "30/30 người có mặt" in text_of(page)
    absent = hall.people[4:7]
    second = {name: inputs(page, name) for name in ("buoi", "expected", "present", "was")}
    second["present"] = [one for one in second["present"] if int(one) not in absent]
    page = taken(send(phone, hall.url, **second))

    assert "27/30 người có mặt" in text_of(page)
    assert present(engine) == [one for one in hall.people if one not in absent]
    assert marks(engine) == 33
    assert seen(engine, select(TrainingSession.status)) == ["held"]


def text_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_who_is_not_ticked_is_left_to_whoever_holds_the_other_half_of_the_list(engine, hall, phone, office):
    taken(send(phone, hall.url, buoi="1", present=[hall.people[0]]))
    taken(send(office, hall.url, buoi="1", present=[hall.people[1]]))

    assert present(engine) == hall.people[:2]
    assert seen(engine, select(func.count()).select_from(Attendance).where(Attendance.disputed)) == [0]


def test_the_same_list_sent_twice_is_one(engine, hall, phone):
    for _ in range(2):
        taken(send(phone, hall.url, buoi="1", present=hall.people))

    assert marks(engine) == 3


def test_somebody_who_waits_or_was_invited_is_not_marked_with_all(db, engine, hall, phone):
    for status in ("waiting", "invited"):
        one = make.a_household(db, head="Lù Seo Páo")
        make.an_enrolment(db, training=hall.training, household=one, status=status)
    db.commit()
    page = taken(phone.get(hall.url))
    sent = {name: inputs(page, name) for name in ("buoi", "expected", "was")}

    page = taken(send(phone, hall.url, all="1", **sent))

    assert "3/3 người có mặt" in text_of(page)
    assert "Chờ chỗ hoặc được mời: 2 người" in text_of(page)
    assert present(engine) == hall.people


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"buoi": "9"}, "Lớp không có buổi 9"),
        ({"buoi": "x"}, "Lớp không có buổi x"),
        ({"buoi": "1", "present": "abc"}, "không có tên trong lớp"),
        ({"buoi": "1", "present": "999999"}, "không có tên trong lớp"),
    ],
)
def test_what_the_page_cannot_have_sent_is_refused_with_a_sentence(engine, hall, phone, sent, sentence):
    answer = phone.post(hall.url, data={"present": str(hall.people[0]), **sent})

    assert answer.status_code == 422
    assert sentence in text(answer)
    assert marks(engine) == 0


def test_a_class_of_tomorrow_says_when_it_can_be_marked(db, hall, phone):
    hall.training.starts_on = make.TODAY + timedelta(days=1)
    for one in make.half_days_of(db, hall.training):
        one.day = hall.training.starts_on
    db.commit()

    page = taken(phone.get(hall.url))

    assert "mở ngày 02/12/2021" in text_of(page)
    assert not re.search(r'<div class="actions">\s*<button[^>]*name="all"', page)


def test_the_roster_asks_the_database_no_more_often_for_more_people(db, engine, as_account):
    few = Hall(db, 3)
    browser = as_account(few.worker)
    with statements(engine) as said:
        taken(browser.get(few.url))
    before = len(said)
    for number in range(20):
        household = make.a_household(db, head=f"Giàng A {number}")
        make.an_enrolment(db, training=few.training, household=household)
    db.commit()

    with statements(engine) as said:
        taken(browser.get(few.url))

    assert len(said) == before


# --- the household card
# ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["HG-000002", "hg 2", "2"])
def test_a_card_finds_the_people_of_its_household_ready_to_be_kept(engine, hall, phone, typed):
    page = taken(phone.get(f"{hall.url}/the-ho", query_string={"ma": typed}))
    assert inputs(page, "present") == [str(hall.people[1])]
    assert "Hoàng Thị Vén 1" not in text_of(page)

    taken(send(phone, hall.url, buoi="1", door="card", present=inputs(page, "present")))

    assert present(engine) == [hall.people[1]]
    assert marks(engine, Door.CARD) == 1


@pytest.mark.parametrize("typed", ["HG-999999", "abc", ""])
def test_a_card_of_nobody_here_says_so(hall, phone, typed):
    page = taken(phone.get(f"{hall.url}/the-ho", query_string={"ma": typed}))

    assert ("Không có ai của hộ này trong lớp" in text_of(page)) == bool(typed)


def test_cards_carry_code_and_hamlet_but_no_name_and_none_for_drafts(db, hall, phone):
    draft = make.a_household(db, head="Lù Seo Páo", draft=True, consents=())
    make.an_enrolment(db, training=hall.training, household=draft)
    db.commit()

    page = taken(phone.get(f"{hall.url}/the"))

    assert re.findall(r'class="code">([^<]+)<', page) == ["HG-000001", "HG-000002", "HG-000003"]
    assert page.count("data:image/svg+xml") == 3
    assert not any(name in page for name in NAMES)


# --- the sheet and what was signed
# ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("people", "pages"), [(0, 1), (19, 1), (20, 2), (30, 2)])
def test_the_sheet_has_twenty_rows_a_page_the_last_with_blank_ones(db, as_account, people, pages):
    hall = Hall(db, people)

    page = taken(as_account(hall.worker).get(f"{hall.url}/phieu"))

    assert page.count('<section class="sheet">') == pages
    assert page.count("<tr>") == pages * 21
    assert f"Trang {pages}/{pages}" in page
    assert re.findall(r'<tr><td class="mid">(\d+)</td>', page) == [str(n + 1) for n in range(pages * 20)]
    assert "căn cước" not in page.lower()


def test_the_sheet_shows_numbers_and_years_to_the_worker_and_masks_them_for_the_office(hall, phone, office):
    full, masked = (text(browser.get(f"{hall.url}/phieu")) for browser in (phone, office))

    assert "0971 000 000" in full
    assert ">1980<" in full
    assert "0971 000 000" not in masked
    assert "1980" not in masked
    assert "Khuyến nông phụ trách in thì có đủ" in masked


def test_a_signed_page_says_who_was_there_and_who_was_not_and_can_be_saved_again(engine, hall, phone):
    url = f"{hall.url}/nhap-phieu/1"
    ticks = [f"{hall.people[0]}:1", f"{hall.people[1]}:1", f"{hall.people[0]}:2"]

    page = taken(send(phone, url, row=hall.people, tick=ticks))
    assert "Đã ghi trang 1 của phiếu: 3 chữ ký" in text_of(page)
    assert sorted(inputs(page, "tick")) == sorted(ticks)
    assert (present(engine, 1), present(engine, 2)) == (hall.people[:2], hall.people[:1])
    assert marks(engine, Door.PAPER) == 6
    taken(send(phone, url, row=hall.people, tick=ticks))
    assert marks(engine, Door.PAPER) == 6

    taken(send(phone, url, row=hall.people, tick=ticks[1:]))

    assert (present(engine, 1), present(engine, 2)) == (hall.people[1:2], hall.people[:1])
    assert marks(engine, Door.PAPER) == 7


def test_all_of_a_page_signed_is_one_button(engine, hall, phone):
    taken(send(phone, f"{hall.url}/nhap-phieu/1", row=hall.people, all="1"))

    assert (present(engine, 1), present(engine, 2)) == (hall.people, hall.people)


def test_a_blank_row_filled_by_hand_is_a_walk_in_once(engine, hall, phone):
    url = f"{hall.url}/nhap-phieu/1"
    row = {"w4_name": "Lù Seo Páo", "w4_village": "Thôn Khuổi Phạt", "w4_tick": "2", "w4_key": "dong-4"}

    for _ in range(2):
        taken(send(phone, url, **row))

    [person] = seen(engine, select(WalkIn.person_id))
    assert (present(engine, 1), present(engine, 2)) == ([], [person])
    assert "4. Lù Seo Páo" in text_of(taken(phone.get(url)))


def test_half_a_blank_row_is_told_by_its_number_and_keeps_every_tick(engine, hall, phone):
    tick = f"{hall.people[0]}:1"
    sent = {"row": hall.people, "tick": tick, "w5_name": "Lù Seo Páo", "w5_tick": "1"}
    answer = phone.post(f"{hall.url}/nhap-phieu/1", data=sent)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'href="#f-w5_village"' in page
    assert 'value="Lù Seo Páo"' in page
    assert inputs(page, "tick") == [tick]
    assert seen(engine, select(WalkIn.id)) == []
    assert marks(engine, Door.PAPER) == 0


@pytest.mark.parametrize("page", [0, 2])
def test_a_page_the_sheet_does_not_have_is_not_found(hall, phone, page):
    assert phone.get(f"{hall.url}/nhap-phieu/{page}").status_code == 404


def test_tomorrows_half_day_is_not_absent_on_todays_sheet(db, engine, hall, phone):
    make.half_days_of(db, hall.training)[1].day = make.TODAY + timedelta(days=1)
    db.commit()

    taken(send(phone, f"{hall.url}/nhap-phieu/1", row=hall.people, tick=[f"{hall.people[0]}:1"]))

    assert marks(engine, Door.PAPER) == 3
    assert seen(engine, select(func.count()).select_from(Attendance)) == [3]


def a_photo(colour=(240, 240, 230)):
    out = io.BytesIO()
    Image.new("RGB", (400, 300), colour).save(out, "JPEG")
    out.seek(0)
    return out, "phieu.jpg"


def test_the_photo_of_a_sheet_stands_beside_the_list_of_its_page_until_it_is_taken_off(engine, hall, phone):
    page = taken(send(phone, f"{hall.url}/anh-phieu", page="1", photo=a_photo()))
    taken(send(phone, f"{hall.url}/anh-phieu", page="1", photo=a_photo()))

    [photo_id] = seen(engine, select(TrainingPhoto.photo_id))
    assert f'src="{hall.url}/anh-phieu/{photo_id}.jpg"' in page
    answer = phone.get(f"{hall.url}/anh-phieu/{photo_id}.jpg")
    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    assert "public" not in answer.headers["Cache-Control"]
    answer.close()

    page = taken(send(phone, f"{hall.url}/anh-phieu/{photo_id}/bo"))
    assert "anh-phieu/" + str(photo_id) not in page
    assert phone.get(f"{hall.url}/anh-phieu/{photo_id}.jpg").status_code == 404
    page = taken(send(phone, f"{hall.url}/anh-phieu", page="1", photo=a_photo()))
    assert f"anh-phieu/{photo_id}.jpg" in page


def test_no_photo_chosen_is_told(engine, hall, phone):
    answer = phone.post(f"{hall.url}/anh-phieu", data={"page": "1"})

    assert answer.status_code == 422
    assert "Hãy chọn một ảnh trước khi gửi." in text(answer)
    assert seen(engine, select(TrainingPhoto.id)) == []


# --- closing
# ------------------------------------------------------------------------------------------------------------


def test_a_dispute_is_decided_by_one_tap_and_then_the_class_is_closed(engine, hall, phone, office):
    taken(send(phone, hall.url, buoi="1", present=hall.people))
    taken(
        send(phone, f"{hall.url}/nhap-phieu/1", row=hall.people, tick=[f"{one}:1" for one in hall.people[:2]])
    )
    page = taken(phone.get(f"{hall.url}/chot"))
    assert "Các nguồn khác nhau: 1 lượt" in text_of(page)
    assert f'action="{hall.url}/chot"' not in page

    send(phone, f"{hall.url}/nguoi/{hall.people[2]}", half_day="1", present="no", **{"from": "closing"})
    page = taken(phone.get(f"{hall.url}/chot"))
    assert f'action="{hall.url}/chot"' in page
    page = taken(send(phone, f"{hall.url}/chot"))

    assert "Đã chốt điểm danh" in text_of(page)
    assert present(engine) == hall.people[:2]
    assert seen(engine, select(TrainingSession.attendance_closed_at)) != [None]


def closed(hall, phone):
    taken(send(phone, hall.url, buoi="1", present=hall.people[:2]))
    taken(send(phone, f"{hall.url}/chot"))


def test_only_the_office_opens_a_closed_attendance_again(engine, hall, phone, office):
    closed(hall, phone)

    assert phone.post(f"{hall.url}/mo-lai").status_code == 403
    assert seen(engine, select(TrainingSession.attendance_closed_at)) != [None]
    assert "Đã mở lại điểm danh" in text_of(taken(send(office, f"{hall.url}/mo-lai")))
    assert seen(engine, select(TrainingSession.attendance_closed_at)) == [None]


def test_a_correction_without_a_reason_keeps_the_answer_and_changes_nothing(engine, hall, phone):
    closed(hall, phone)
    url = f"{hall.url}/nguoi/{hall.people[0]}"

    answer = phone.post(url, data={"half_day": "1", "present": "no", "reason": ""})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Hãy ghi lý do sửa." in page
    assert re.search(r'name="present" value="no" checked', re.sub(r"\s+", " ", page))
    assert present(engine) == hall.people[:2]
    page = taken(send(phone, url, half_day="1", present="no", reason="Về từ đầu giờ"))

    assert "Buổi 1: Vắng · Về từ đầu giờ" in text_of(page).replace(" :", ":")
    assert present(engine) == hall.people[1:2]


def test_what_comes_after_closing_waits_to_be_let_in(engine, hall, phone, monkeypatch):
    closed(hall, phone)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(hours=3))
    ticks = [f"{one}:1" for one in hall.people]
    page = taken(send(phone, f"{hall.url}/nhap-phieu/1", row=hall.people, tick=ticks))
    assert "được giữ riêng, chưa tính" in text_of(page)
    page = taken(send(phone, hall.url, buoi="1", present=hall.people[:2]))
    assert "được giữ riêng, chưa tính" in text_of(page)
    assert present(engine) == hall.people[:2]
    page = taken(phone.get(f"{hall.url}/chot"))
    assert "Lượt ghi đến sau khi chốt: 6" in text_of(page)
    [late] = seen(engine, select(AttendanceMark.id).where(
        AttendanceMark.person_id == hall.people[2], AttendanceMark.held_back, AttendanceMark.present
    ))  # fmt: skip

    taken(send(phone, f"{hall.url}/den-muon/{late}/bo-qua"))
    assert present(engine) == hall.people[:2]
    taken(send(phone, f"{hall.url}/den-muon/{late}/tinh"))

    assert present(engine) == hall.people


# --- walk-ins
# ------------------------------------------------------------------------------------------------------------


def test_two_answers_at_the_door_then_linked_then_taken_back(engine, hall, phone):
    page = taken(phone.get(hall.url))
    sent = {"buoi": "1", "name": "Ly A Su 2", "village": "Vĩnh Sơn", "client_key": inputs(page, "client_key")}
    page = taken(send(phone, f"{hall.url}/den-them", **sent))
    [(walk_in, person)] = seen(engine, select(WalkIn.id, WalkIn.person_id))
    assert present(engine) == [person]
    url = f"/lop-tap-huan/den-them/{walk_in}"
    assert "Lý A Sử 2" in text_of(taken(phone.get(url)))

    page = taken(send(phone, f"{url}/ghep", person_id=hall.people[1]))
    assert "Đã ghép với Lý A Sử 2" in text_of(page)
    assert present(engine) == [hall.people[1]]
    taken(send(phone, f"{url}/bo-ghep"))

    assert present(engine) == [person]


def test_the_form_of_a_walk_in_brought_back_and_filled_for_another_is_another(engine, hall, phone):
    """The browser's back button brings the same slip."""
    for name in ("Lù Seo Páo", "Lù Seo Páo", "Giàng A Chứ"):
        sent = {"buoi": "1", "name": name, "village": "Khuổi Phạt", "client_key": "phieu"}
        taken(send(phone, f"{hall.url}/den-them", **sent))

    people = seen(engine, select(WalkIn.person_id))
    assert len(people) == 2
    assert present(engine) == sorted(people)


@pytest.mark.parametrize("missing", ["name", "village"])
def test_a_walk_in_with_one_answer_is_told_which_is_missing(engine, hall, phone, missing):
    sent = {
        "buoi": "1",
        "name": "Lù Seo Páo",
        "village": "Thôn Khuổi Phạt",
        "client_key": "phieu",
        missing: "",
    }

    answer = phone.post(f"{hall.url}/den-them", data=sent)

    assert answer.status_code == 422
    assert f'href="#f-{missing}"' in answer.get_data(as_text=True)
    assert seen(engine, select(WalkIn.id)) == []
    assert marks(engine) == 0


def test_a_draft_is_marked_as_one_in_the_search_and_on_its_page(engine, hall, phone):
    send(phone, f"{hall.url}/den-them", buoi="1", name="Lù Seo Páo", village="Khuổi Phạt", client_key="phieu")
    [household] = seen(engine, select(Household.id).where(col(Household.draft)))

    assert "hộ nháp" in text(phone.get("/ho-dan?q=lu+seo+pao"))
    assert "chưa được tính là hộ đã đăng ký" in text(phone.get(f"/ho-dan/{household}"))
