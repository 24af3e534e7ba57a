"""A class by plain HTTP: the coordinator plans it from nothing, the extension worker sees and prints it."""

import html
import re
from collections.abc import Callable
from typing import Any

from flask.testing import FlaskClient
from sqlmodel import Session

from marketplace.accounts.models import Role
from tests.factories import an_account
from tests.journeys.test_coordinator import link_of
from tests.training.awarding import text


def form_of(page: str) -> dict[str, str]:
    """What the last form of a page sends as it stands."""
    form = page[page.rindex("<form", 0, page.rindex('class="button button-primary"')) :]
    sent = dict(re.findall(r'<input[^>]* name="(\w+)"[^>]* value="([^"]*)"(?![^>]*type="radio")', form))
    sent |= dict(re.findall(r'name="(\w+)" value="(\w+)" checked', form))
    sent |= dict(
        re.findall(r'<select[^>]* name="(\w+)"[^>]*>(?:(?!</select>).)*value="(\w+)" selected', form, re.S)
    )
    return {name: html.unescape(value) for name, value in sent.items()}


def test_a_coordinator_plans_a_class_from_nothing_and_the_worker_of_the_commune_prints_its_notice(
    db: Session, as_account: Callable[[Any], FlaskClient]
) -> None:
    coordinator = an_account(db, Role.COORDINATOR)
    worker = an_account(db, communes=("Xã Vĩnh Hảo",))
    stranger = an_account(db, communes=("Xã Tiên Kiều",))
    db.commit()
    office = as_account(coordinator)

    home = office.get("/bao-cao").get_data(as_text=True)
    classes = office.get(link_of(home, "Lớp học")).get_data(as_text=True)
    empty = office.get(link_of(classes, "Mở lớp mới")).get_data(as_text=True)
    form = link_of(empty, "Thêm khóa học")
    office.get(form)
    course = office.post(
        form,
        data={"topic": "Đưa nông sản lên sàn", "half_days": "2", "syllabus": "Chụp ảnh\nĐóng gói"},
        follow_redirects=True,
    ).get_data(as_text=True)
    plan = link_of(course, "Mở lớp của khóa này")
    sent = form_of(office.get(plan).get_data(as_text=True))
    typed = {
        "first_day": "7/12/2021",
        "commune": "vinh hao",
        "venue": "Nhà văn hóa thôn Vĩnh Sơn",
        "organiser": "Trung tâm khuyến nông",
        "trainers": "Nguyễn Văn Khoa",
        "capacity": "30",
    }
    planned = text(office.post(plan.split("?")[0], data={**sent, **typed}, follow_redirects=True))

    field = as_account(worker)
    ahead = field.get(link_of(field.get("/ho-dan").get_data(as_text=True), "Lớp học"))
    shown = field.get(link_of(ahead.get_data(as_text=True), "Đưa nông sản lên sàn")).get_data(as_text=True)
    notice = text(field.get(link_of(shown, "In thông báo mở lớp")))

    assert "Chưa có lớp nào" in classes
    assert "Đã mở lớp LH-" in planned
    for said in (
        "Nhà văn hóa thôn Vĩnh Sơn",
        "Sáng",
        "thứ Ba 07/12/2021",
        "Nguyễn Văn Khoa",
        "Đóng gói",
        "30",
    ):
        assert said in notice
    assert "Chưa có lớp nào" in text(as_account(stranger).get("/lop-tap-huan"))
