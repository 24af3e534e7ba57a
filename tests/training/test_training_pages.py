"""Pages of classes: the list, the calendar, one class, its notice, and the forms."""

import re
from datetime import date

import pytest
from sqlmodel import select

from catalog.models import AdminUnit
from marketplace.accounts.models import Role
from marketplace.nav import TABS
from tests import factories as make
from tests.catalog.looking import seen
from tests.support.statements import statements
from tests.training.awarding import a_closed_class, text
from training.models import EnrolmentStatus, HalfDay, TrainingSession, TrainingStatus

PAGE = "/lop-tap-huan"


@pytest.fixture
def worker(db, as_account):
    account = make.an_account(db, communes=("Xã Vĩnh Hảo",))
    db.commit()
    return as_account(account)


@pytest.fixture
def office(db, as_account):
    account = make.an_account(db, Role.COORDINATOR)
    db.commit()
    return as_account(account)


@pytest.fixture
def facts(db) -> dict[str, str]:
    """What somebody types to plan a class."""
    course = make.a_course(db, "Chụp ảnh sản phẩm")
    db.commit()
    return {
        "course_id": str(course.id),
        "first_day": "7/12/2021",
        "first_part": "afternoon",
        "half_days": "2",
        "commune": "Vĩnh Hảo",
        "venue": "Hội trường xã",
        "organiser": "Trung tâm khuyến nông",
        "host": "postmart",
        "language": "vi",
        "capacity": "30",
        "needed_half_days": "2",
        "minutes_per_half_day": "240",
    }


# --- the list -----------------------------------------------------------------------------------------------


def test_classes_ahead_come_first_soonest_first_and_those_that_were_latest_first(db, office):
    days = {"LH-1": date(2021, 12, 20), "LH-2": date(2021, 12, 1), "LH-3": date(2021, 11, 9)}
    days["LH-4"] = date(2021, 11, 30)
    for code, day in days.items():
        make.a_training(db, code=code, starts_on=day)
    db.commit()

    page = text(office.get(PAGE))

    assert re.findall(r"LH-\d", page) == ["LH-2", "LH-1", "LH-4", "LH-3"]
    assert page.index("Hôm nay và sắp tới") < page.index("LH-1") < page.index("Đã qua") < page.index("LH-4")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=chup+anh", ["LH-2"]),
        ("q=tien+kieu", ["LH-3"]),
        ("q=lh-1", ["LH-1"]),
        ("q=khong+co", []),
        ("trang-thai=held", ["LH-3"]),
        ("don-vi=sendo", ["LH-2"]),
        ("tu=2021-12-15", ["LH-2"]),
        ("tu=2021-11-01&den=30/11/2021", ["LH-3"]),
        ("tu=mai&trang-thai=lạ&don-vi=lạ", ["LH-1", "LH-2", "LH-3"]),
    ],
)
def test_the_list_is_narrowed_by_what_was_asked_for(db, office, query, found):
    make.a_training(db, code="LH-1")
    photos = make.a_course(db, "Chụp ảnh sản phẩm")
    make.a_training(db, code="LH-2", course=photos, starts_on=date(2021, 12, 20), host="sendo")
    a_closed_class(db, code="LH-3", commune="Xã Tiên Kiều")
    db.commit()

    assert re.findall(r"LH-\d", text(office.get(f"{PAGE}?{query}"))) == found


def test_the_classes_of_a_course_stay_those_when_they_are_narrowed_further(db, office):
    photos = make.a_course(db, "Chụp ảnh sản phẩm")
    make.a_training(db, code="LH-1")
    make.a_training(db, code="LH-2", course=photos)
    db.commit()

    answer = office.get(f"{PAGE}?khoa={photos.id}")

    assert re.findall(r"LH-\d", text(answer)) == ["LH-2"]
    assert f'<input type="hidden" name="khoa" value="{photos.id}">' in answer.get_data(as_text=True)


def test_a_row_says_how_many_seats_are_held_and_how_many_people_came(db, office):
    training = a_closed_class(db, capacity=30)
    household = make.a_household(db)
    make.an_enrolment(db, training=training, household=household)
    make.an_attendance(db, training=training, person=make.head_of(db, household))
    guest = make.a_household(db)
    make.an_enrolment(db, training=training, household=guest, source="walk_in")
    make.an_attendance(db, training=training, person=make.head_of(db, guest), present=(True, False))
    db.commit()

    page = text(office.get(PAGE))

    assert "1/30 chỗ" in page
    assert "2 người dự" in page


def test_a_worker_sees_the_classes_of_the_own_communes_alone(db, worker):
    own = make.a_training(db, commune="Xã Vĩnh Hảo", code="LH-1")
    foreign = make.a_training(db, commune="Xã Tiên Kiều", code="LH-2")
    db.commit()

    listed, calendar = text(worker.get(PAGE)), text(worker.get(f"{PAGE}/lich?thang=2021-12"))

    assert re.findall(r"LH-\d", listed) == ["LH-1"]
    assert "Xã Vĩnh Hảo" in calendar
    assert "Xã Tiên Kiều" not in calendar
    assert worker.get(f"{PAGE}/{own.id}").status_code == 200
    assert worker.get(f"{PAGE}/{foreign.id}").status_code == 404


def test_without_classes_the_page_says_what_to_do(office):
    assert "Chưa có lớp nào" in text(office.get(PAGE))
    assert "Tháng này không có lớp nào." in text(office.get(f"{PAGE}/lich"))


def test_the_pages_read_little_however_many_classes_there_are(db, engine, office):
    for number in range(12):
        training = make.a_training(db, starts_on=date(2021, 12, 2 + number))
        make.an_enrolment(db, training=training, household=make.a_household(db))
    db.commit()

    for path in (PAGE, f"{PAGE}/lich?thang=2021-12", f"{PAGE}/{training.id}"):
        with statements(engine) as said:
            office.get(path)
        assert len(said) <= 8, path


# --- the calendar -------------------------------------------------------------------------------------------


def test_the_calendar_shows_each_day_on_which_a_class_sits(db, office):
    training = make.a_training(db, course=make.a_course(db, "Chụp ảnh"), starts_on=date(2021, 11, 30))
    db.add(HalfDay(training_id=training.id, number=3, day=date(2021, 12, 1), part="morning"))
    training.ends_on = date(2021, 12, 1)
    db.commit()

    november, december, january = (
        text(office.get(f"{PAGE}/lich?thang={month}")) for month in ("2021-11", "2021-12", "2022-01")
    )

    assert november.count("Chụp ảnh") == 1
    assert december.count("Chụp ảnh") == 1
    assert "Tháng này không có lớp nào." in january


@pytest.mark.parametrize("month", ["", "2021-13", "lạ", "99999-01", "1900-01"])
def test_a_month_that_cannot_be_read_is_this_month(office, month):
    assert "Tháng 12 năm 2021" in text(office.get(f"{PAGE}/lich?thang={month}"))


def test_the_calendar_leads_to_the_months_beside_it(office):
    page = office.get(f"{PAGE}/lich?thang=2021-12").get_data(as_text=True)

    assert "thang=2021-11" in page
    assert "thang=2022-01" in page


# --- one class ----------------------------------------------------------------------------------------------


def test_the_page_of_a_class_says_what_where_when_and_for_whom(db, worker):
    training = make.a_training(
        db, language="tyz", interpreter="Hoàng Thị Vén", funding_source="Chương trình OCOP", host="voso"
    )
    db.commit()

    page = text(worker.get(f"{PAGE}/{training.id}"))

    for said in (
        training.code, training.venue, "Xã Vĩnh Hảo, huyện Bắc Quang", "Sáng thứ Ba 07/12/2021",
        "Sắp mở", "Tiếng Tày", "Hoàng Thị Vén", "Chương trình OCOP", "Voso", "Trung tâm khuyến nông",
    ):  # fmt: skip
        assert said in page


def test_seats_people_households_and_attendances_are_shown_apart_each_with_its_list(db, worker):
    training = a_closed_class(db, capacity=30)
    household = make.a_household(db)
    couple = (make.head_of(db, household), make.a_person(db, household))
    make.an_enrolment(db, training=training, household=household, people=couple)
    make.an_attendance(db, training=training, person=couple[0])
    make.an_attendance(db, training=training, person=couple[1], present=(True, False))
    guest = make.a_household(db)
    make.an_enrolment(db, training=training, household=guest, source="walk_in")
    make.an_enrolment(db, training=training, household=make.a_household(db), status=EnrolmentStatus.WAITING)
    db.commit()

    page = worker.get(f"{PAGE}/{training.id}").get_data(as_text=True)

    figures = re.findall(r'class="figure[^"]*" href="([^"]+)">\s*<span class="figure-value">(\d+)<', page)
    assert [value for _, value in figures] == ["2", "3", "1", "2", "3"]
    for said in ("trên 30 chỗ", "của 2 hộ"):
        assert said in text(worker.get(f"{PAGE}/{training.id}"))
    for link, _ in figures:
        assert worker.get(link).status_code == 200


def test_the_notice_says_everything_and_prints_without_navigation(db, worker):
    training = make.a_training(db, trainers="Nguyễn Văn Khoa")
    db.commit()

    page = text(worker.get(f"{PAGE}/{training.id}/in"))

    assert "Thông báo mở lớp tập huấn" in page
    for said in (training.code, training.venue, "thứ Ba 07/12/2021", "Nguyễn Văn Khoa", "30"):
        assert said in page


def test_a_farmer_sees_the_planned_classes_of_the_commune_without_figures_or_buttons(db, as_account):
    household = make.a_household(db)
    farmer = make.an_account(db, Role.FARMER, household=household)
    planned, held = make.a_training(db, code="LH-1"), a_closed_class(db, code="LH-2")
    db.commit()
    browser = as_account(farmer)

    listed, page = text(browser.get(PAGE)), text(browser.get(f"{PAGE}/{planned.id}"))

    assert re.findall(r"LH-\d", listed) == ["LH-1"]
    for word in ("Sửa lớp", "Hủy lớp", "Nguồn kinh phí", "người ghi tên"):
        assert word not in page
    assert browser.get(f"{PAGE}/{held.id}").status_code == 404
    assert browser.post(f"{PAGE}/{planned.id}/huy", data={"reason": "Mưa"}).status_code == 403


# --- the forms ----------------------------------------------------------------------------------------------


def test_a_class_is_planned_and_its_receipt_names_it(office, facts, engine):
    answer = office.post(f"{PAGE}/moi", data=facts, follow_redirects=True)

    (training,) = seen(engine, select(TrainingSession))
    assert f"Đã mở lớp {training.code}." in text(answer)
    assert (training.venue, training.host, training.capacity) == ("Hội trường xã", "postmart", 30)
    assert seen(engine, select(HalfDay.day, HalfDay.part).order_by(HalfDay.number)) == [
        (date(2021, 12, 7), "afternoon"),
        (date(2021, 12, 8), "morning"),
    ]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("course_id", "", "Khóa học"),
        ("first_day", "31/2/2021", "31/2/2021"),
        ("half_days", "0", "“Số buổi”"),
        ("half_days", "99", "“Số buổi”"),
        ("commune", "Xã Không Đâu", "Không có xã, phường nào tên “Xã Không Đâu”."),
        ("commune", "", "Hãy cho biết lớp mở ở xã nào."),
        ("venue", " ", "“Địa điểm”"),
        ("host", "amazon", "Hãy chọn một mục có sẵn ở “Đơn vị đứng lớp”."),
        ("language", "xx", "Hãy chọn một mục có sẵn ở “Ngôn ngữ”."),
        ("capacity", "0", "“Số chỗ”"),
        ("needed_half_days", "3", "Lớp chỉ có 2 buổi nên không thể cần dự 3 buổi."),
        ("minutes_per_half_day", "5", "“Số phút mỗi buổi”"),
    ],
)
def test_what_cannot_be_a_class_is_said_kept_and_changes_nothing(
    office, facts, engine, field, value, sentence
):
    answer = office.post(f"{PAGE}/moi", data={**facts, "trainers": "Lý Thị Sử", field: value})

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert sentence in text(answer)
    assert f'id="f-{field}"' in page
    assert f'href="#f-{field}"' in page
    assert "Lý Thị Sử" in page
    assert seen(engine, select(TrainingSession)) == []


def test_a_name_of_several_communes_offers_them_and_the_chosen_one_is_taken(office, facts, engine):
    typed = {**facts, "commune": "Tả Lủng"}
    asked = office.post(f"{PAGE}/moi", data=typed)
    offered = re.findall(r'<option value="(\d+)">[^<]*Tả Lủng', asked.get_data(as_text=True))

    office.post(f"{PAGE}/moi", data={**typed, "commune_id": offered[0]})

    assert asked.status_code == 422
    assert len(offered) > 1
    assert seen(engine, select(TrainingSession.commune_id)) == [int(offered[0])]


def test_the_same_class_again_needs_a_day_and_no_more(db, office, facts, engine):
    office.post(f"{PAGE}/moi", data=facts)
    (first,) = seen(engine, select(TrainingSession))

    page = office.get(f"{PAGE}/moi?tu={first.id}").get_data(as_text=True)
    form = dict(re.findall(r'<input[^>]* name="(\w+)"[^>]* value="([^"]*)"', page))
    chosen = re.findall(r'name="(first_part|host)" value="(\w+)" checked', page)
    selects = re.findall(r'<select[^>]* name="(\w+)".*?<option value="(\w+)" selected', page, re.S)
    typed = {**form, **dict(chosen), **dict(selects), "first_day": "14/12/2021"}
    answer = office.post(f"{PAGE}/moi", data=typed)

    assert answer.status_code == 303
    again = seen(engine, select(TrainingSession).order_by(TrainingSession.id))[1]
    same = ("course_id", "commune_id", "venue", "organiser", "host", "capacity", "needed_half_days")
    assert [getattr(again, name) for name in same] == [getattr(first, name) for name in same]
    assert (again.starts_on, again.ends_on) == (date(2021, 12, 14), date(2021, 12, 15))


def test_each_half_day_can_be_moved_taken_off_or_added(db, office, facts, engine):
    office.post(f"{PAGE}/moi", data=facts)
    (one,) = seen(engine, select(TrainingSession))
    wanted = [("2021-12-09", "evening"), ("", "morning"), ("8/12/2021", "morning")]
    typed = {**facts, "commune": "", "commune_id": str(one.commune_id), "needed_half_days": "1"}

    answer = office.post(
        f"{PAGE}/{one.id}/sua",
        data={**typed, "days": [day for day, _ in wanted], "parts": [part for _, part in wanted]},
    )

    assert answer.status_code == 303
    assert seen(engine, select(HalfDay.number, HalfDay.day, HalfDay.part).order_by(HalfDay.number)) == [
        (1, date(2021, 12, 8), "morning"),
        (2, date(2021, 12, 9), "evening"),
    ]


def test_a_refused_change_shows_what_was_typed_and_changes_nothing(db, office, facts, engine):
    office.post(f"{PAGE}/moi", data=facts)
    (one,) = seen(engine, select(TrainingSession))
    twice = {"days": ["2021-12-09", "2021-12-09"], "parts": ["evening", "evening"]}

    answer = office.post(
        f"{PAGE}/{one.id}/sua",
        data={**facts, "commune": "", "commune_id": str(one.commune_id), "venue": "Nhà ông Páo", **twice},
    )

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Hai buổi trùng nhau: 09/12/2021." in text(answer)
    assert "Nhà ông Páo" in page
    assert page.count('value="2021-12-09"') == 2
    assert seen(engine, select(TrainingSession.venue)) == ["Hội trường xã"]
    assert seen(engine, select(HalfDay.day).order_by(HalfDay.number)) == [
        date(2021, 12, 7),
        date(2021, 12, 8),
    ]


def test_a_worker_chooses_among_the_own_communes(db, worker, facts, engine):
    own, foreign = (str(make.a_commune(db, name).id) for name in ("Xã Vĩnh Hảo", "Xã Tiên Kiều"))
    db.rollback()

    page = worker.get(f"{PAGE}/moi").get_data(as_text=True)
    refused = worker.post(f"{PAGE}/moi", data={**facts, "commune": "", "commune_id": foreign})
    taken = worker.post(f"{PAGE}/moi", data={**facts, "commune": "", "commune_id": own})

    assert 'name="commune"' not in page
    assert (refused.status_code, taken.status_code) == (422, 303)
    named = select(AdminUnit.name).join(TrainingSession, TrainingSession.commune_id == AdminUnit.id)
    assert seen(engine, named) == ["Xã Vĩnh Hảo"]


def test_a_class_is_cancelled_with_a_reason_and_reopened(db, office, engine):
    training = make.a_training(db)
    db.commit()
    page = f"{PAGE}/{training.id}"

    without = office.post(f"{page}/huy", data={"reason": ""})
    cancelled = text(office.post(f"{page}/huy", data={"reason": "Mưa lũ"}, follow_redirects=True))
    reopened = text(office.post(f"{page}/mo-lai", follow_redirects=True))

    assert without.status_code == 422
    assert "Lớp đã hủy: Mưa lũ" in cancelled
    assert "Lớp đã hủy" not in reopened
    assert seen(engine, select(TrainingSession.status)) == [TrainingStatus.PLANNED]


def test_before_its_first_day_a_class_cannot_be_said_to_be_held(db, office, engine):
    training = make.a_training(db)
    db.commit()

    shown = text(office.get(f"{PAGE}/{training.id}"))
    answer = office.post(f"{PAGE}/{training.id}/da-to-chuc", follow_redirects=True)

    assert "Lớp đang tổ chức" not in shown
    assert "Lớp mở ngày 07/12/2021, chưa ghi là đã tổ chức được." in text(answer)
    assert seen(engine, select(TrainingSession.status)) == [TrainingStatus.PLANNED]


def test_on_its_day_one_tap_says_that_a_class_is_held(db, office, engine):
    training = make.a_training(db, starts_on=date(2021, 12, 1))
    db.commit()

    page = text(office.post(f"{PAGE}/{training.id}/da-to-chuc", follow_redirects=True))

    assert "chưa chốt điểm danh" in page
    assert seen(engine, select(TrainingSession.status)) == [TrainingStatus.HELD]


# --- the way there ------------------------------------------------------------------------------------------


def test_every_role_reaches_classes_by_a_tab_and_nobody_has_more_than_five():
    for role in Role:
        endpoints = [endpoint for endpoint, _, _ in TABS[role]]
        assert "trainings.trainings" in endpoints
        assert len(endpoints) == len(set(endpoints)) <= 5


def test_what_gave_up_its_tab_is_one_button_away(worker, office):
    offers = worker.get("/chao-ban").get_data(as_text=True)
    home = office.get("/bao-cao").get_data(as_text=True)

    assert re.search(r'<a class="button[^"]*" href="/tin-dang">', offers)
    assert re.search(r'<a class="button[^"]*" href="/san-pham">', home)


@pytest.mark.parametrize(
    ("path", "tab"), [("/lop-tap-huan/so-lieu", "/lop-tap-huan"), ("/khoa-hoc", "/lop-tap-huan")]
)
def test_pages_about_training_belong_to_its_tab(worker, path, tab):
    page = worker.get(path).get_data(as_text=True)

    assert re.search(rf'<a href="{tab}" aria-current="page">', page)
