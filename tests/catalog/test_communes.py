"""The page of communes: any name, old or new, says where it went; the work list of split ones."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlmodel import Session

from catalog.models import Household
from marketplace.accounts.models import Role
from tests import factories as make


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("vinh hao", "Nay là Xã Vĩnh Tuy, tỉnh Tuyên Quang (từ 1/7/2025)."),
        ("Việt Lâm", "Đã tách thành:"),
        ("Xã Bắc Quang", "Thị trấn Việt Quang"),
        ("01153", "Xã Bắc Quang"),
        ("01153", "Thị trấn Việt Quang"),
        ("khong co dau", "Không có xã nào như vậy"),
        ("<script>", "Không có xã nào như vậy"),
    ],
)
def test_a_name_or_code_says_where_it_went(
    db: Session, as_account: Callable[[Any], FlaskClient], query: str, said: str
) -> None:
    worker = make.an_account(db)
    db.commit()

    answer = as_account(worker).get("/xa", query_string={"q": query})

    assert answer.status_code == 200
    assert said in answer.get_data(as_text=True)
    assert "<script>" not in answer.get_data(as_text=True)


def test_the_work_list_shows_a_hamlet_once_and_settles_it(
    db: Session, as_account: Callable[[Any], FlaskClient]
) -> None:
    one = make.a_household(db, commune="Xã Việt Lâm", village="Thôn Chung")
    two = make.a_household(db, commune="Xã Việt Lâm", village="Thôn Chung", head="Lý A Sử")
    coordinator = make.an_account(db, Role.COORDINATOR)
    new = make.a_commune(db, "Xã Vị Xuyên", on=make.TODAY.replace(year=2026))
    elsewhere = make.a_commune(db).id
    db.commit()
    browser = as_account(coordinator)

    page = browser.get("/tach-xa").get_data(as_text=True)
    assert page.count("Thôn Chung") == 1
    assert "2 hộ" in page
    wrong = browser.post(f"/tach-xa/{one.id}", data={"unit_id": elsewhere, "whole_village": "1"})
    assert wrong.status_code == 422
    nothing = browser.post(f"/tach-xa/{one.id}", data={})
    assert nothing.status_code == 422

    settled = browser.post(f"/tach-xa/{one.id}", data={"unit_id": new.id, "whole_village": "1"})

    assert settled.status_code == 303
    db.expire_all()
    assert {db.get_one(Household, each.id).current_commune_id for each in (one, two)} == {new.id}
    assert "Không còn thôn nào phải xác nhận" in browser.get("/tach-xa").get_data(as_text=True)


def test_a_worker_settles_no_foreign_hamlet(db: Session, as_account: Callable[[Any], FlaskClient]) -> None:
    foreign = make.a_household(db, commune="Xã Việt Lâm")
    worker = make.an_account(db)
    db.commit()
    browser = as_account(worker)

    assert "Không còn thôn nào" in browser.get("/tach-xa").get_data(as_text=True)
    assert browser.post(f"/tach-xa/{foreign.id}", data={"unit_id": 1}).status_code == 404
    db.expire_all()
    assert db.get_one(Household, foreign.id).current_commune_id is None
