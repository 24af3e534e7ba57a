"""What is taught: add, change, retire, bring back, and the pages of it."""

import pytest
from sqlmodel import select

from marketplace.accounts.models import Role
from marketplace.core.audit import AuditEntry
from tests import factories as make
from tests.catalog.looking import seen
from tests.training.awarding import text
from training.courses import CourseExists, active_courses, add_course, change_course, retire_course
from training.forms import CourseIn
from training.models import Course

PAGE = "/khoa-hoc"


@pytest.fixture
def office(db):
    return make.an_account(db, Role.COORDINATOR)


def actions(db) -> list[str]:
    return list(
        db.exec(select(AuditEntry.action).where(AuditEntry.subject_kind == "course").order_by(AuditEntry.id))
    )


def test_a_course_gets_a_code_and_is_found_without_marks(db, office):
    course = add_course(db, office, CourseIn(topic="Chụp ảnh sản phẩm", half_days=2), now=make.NOW)

    assert course.code == f"KH-{course.id:03d}"
    assert course.topic_fold == "chup anh san pham"
    assert course.active
    assert actions(db) == ["course.added"]


def test_a_topic_is_taught_once_however_it_is_written(db, office):
    add_course(db, office, CourseIn(topic="Chụp ảnh"), now=make.NOW)

    with pytest.raises(CourseExists):
        add_course(db, office, CourseIn(topic="CHUP ANH"), now=make.NOW)

    assert len(db.exec(select(Course)).all()) == 1


def test_a_course_keeps_its_own_topic_when_it_is_changed(db, office):
    course = add_course(db, office, CourseIn(topic="Chụp ảnh"), now=make.NOW)

    change_course(db, office, course, CourseIn(topic="Chụp ảnh", syllabus="Ánh sáng", half_days=3))
    change_course(db, office, course, CourseIn(topic="Chụp ảnh", syllabus="Ánh sáng", half_days=3))

    assert (course.syllabus, course.half_days) == ("Ánh sáng", 3)
    assert actions(db) == ["course.added", "course.changed"]


def test_a_course_cannot_take_the_topic_of_another(db, office):
    add_course(db, office, CourseIn(topic="Chụp ảnh"), now=make.NOW)
    course = add_course(db, office, CourseIn(topic="Bán hàng"), now=make.NOW)

    with pytest.raises(CourseExists):
        change_course(db, office, course, CourseIn(topic="chụp ảnh"))

    assert course.topic == "Bán hàng"


def test_a_retired_course_is_not_offered_until_it_is_brought_back(db, office):
    course = add_course(db, office, CourseIn(topic="Chụp ảnh"), now=make.NOW)

    retire_course(db, office, course, active=False)
    retire_course(db, office, course, active=False)
    offered = active_courses(db)
    retire_course(db, office, course, active=True)

    assert offered == []
    assert active_courses(db) == [course]
    assert actions(db) == ["course.added", "course.retired", "course.opened"]


# --- the pages ----------------------------------------------------------------------------------------------


def test_the_office_adds_a_course_changes_it_retires_it_and_brings_it_back(db, office, engine, as_account):
    db.commit()
    browser = as_account(office)

    added = browser.post(f"{PAGE}/moi", data={"topic": "Chụp ảnh", "half_days": "2", "syllabus": "Một\nHai"})
    (key,) = seen(engine, select(Course.id))
    page = f"{PAGE}/{key}"
    shown = text(browser.get(page))
    changed = browser.post(f"{page}/sua", data={"topic": "Chụp ảnh quả", "half_days": "3", "syllabus": ""})
    retired = text(browser.post(f"{page}/ngung", follow_redirects=True))
    back = text(browser.post(f"{page}/mo-lai", follow_redirects=True))

    assert (added.status_code, changed.status_code) == (303, 303)
    assert "Một" in shown
    assert "đã ngừng, không mở lớp mới" in retired
    assert "đã ngừng, không mở lớp mới" not in back
    assert seen(engine, select(Course.topic, Course.half_days, Course.active)) == [("Chụp ảnh quả", 3, True)]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("topic", "", "Chủ đề"),
        ("topic", "Đã có", "Đã có khóa học “Đã có”."),
        ("half_days", "0", "Số buổi thường lệ"),
        ("half_days", "nhiều", "“Số buổi thường lệ” phải là số nguyên"),
        ("half_days", "21", "Số buổi thường lệ"),
    ],
)
def test_what_cannot_be_a_course_is_said_kept_and_changes_nothing(
    db, office, engine, as_account, field, value, sentence
):
    make.a_course(db, "Đã có")
    db.commit()
    typed = {"topic": "Bán hàng", "half_days": "2", "syllabus": "Mở gian hàng", field: value}

    answer = as_account(office).post(f"{PAGE}/moi", data=typed)

    assert answer.status_code == 422
    assert sentence in text(answer)
    assert "Mở gian hàng" in text(answer)
    assert seen(engine, select(Course.topic)) == ["Đã có"]


def test_extension_workers_read_courses_and_cannot_change_them(db, engine, as_account):
    course = make.a_course(db, "Chụp ảnh")
    worker = make.an_account(db)
    db.commit()
    browser = as_account(worker)

    listed, shown = text(browser.get(PAGE)), text(browser.get(f"{PAGE}/{course.id}"))

    assert "Chụp ảnh" in listed
    assert "Thêm khóa học" not in listed
    assert "Ngừng khóa học này" not in shown
    assert browser.post(f"{PAGE}/{course.id}/ngung").status_code == 403
    assert seen(engine, select(Course.active)) == [True]


def test_without_courses_the_page_says_what_to_do(db, office, as_account):
    db.commit()

    assert "Hãy thêm khóa học trước" in text(as_account(office).get(PAGE))
