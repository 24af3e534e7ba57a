"""A month is settled by plain HTTP: the file, what is unclear, and the money of a farmer."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlmodel import Session

from catalog.models import Household
from marketplace.accounts.models import Account, Role
from marketplace.core.db import writing
from tests import factories as make
from tests.selling.settling import Desk, file_of, row
from tests.support.browsing import found, page_of, sent

As = Callable[[Any], FlaskClient]


@pytest.fixture
def people(engine: Engine) -> tuple[Desk, Account, Account, Account]:
    with writing(engine) as db:
        desk = Desk(db)
        desk.tell("140000001", packs=7)
        farmer = make.an_account(db, Role.FARMER, household=desk.households[1])
        stranger = make.an_account(db, Role.FARMER, household=make.a_household(db))
        return desk, desk.clerk, farmer, stranger


def the_file() -> tuple[BytesIO, str]:
    paid = row("140000001-G", "140000001", goods=1_400_000, fee=-56_000, vat=-14_000)
    name, content = file_of(paid, row("DC1", adjustment=-7_000))
    return BytesIO(content), name


def test_a_month_is_settled(people: Any, as_account: As) -> None:
    desk, clerk, farmer, _stranger = people
    office = as_account(clerk)
    assert "Chưa có bảng đối soát nào" in page_of(office, "/doi-soat")

    form = page_of(office, "/doi-soat/nhap")
    there = sent(office, form, "Nhập tệp này", shop_id=str(desk.shop.id), file=the_file())
    page = page_of(office, there)
    assert "1 dòng chờ xem" in page
    assert "Khoản không thuộc đơn nào" in page
    assert sent(office, form, "Nhập tệp này", shop_id=str(desk.shop.id), file=the_file()) == there

    line = found(r'href="(/doi-soat/dong/\d+)"', page_of(office, "/doi-soat/chua-ro"))
    told = {"to": "everybody", "why": "Phí quảng cáo"}
    assert sent(office, page_of(office, line), "Ghi và đóng dòng này", **told) == line
    assert "Phí quảng cáo" in page_of(office, line)
    assert "Mọi dòng đã rõ" in page_of(office, there)
    sent(office, page_of(office, line), "Mở lại dòng này")
    sent(office, page_of(office, line), "Ghi và đóng dòng này", **told)

    own = as_account(farmer)
    mine = f"/tien-hang/{farmer.household_id}"
    assert f'href="{mine}"' in page_of(own, "/don-hang")
    assert f'href="{mine}"' in page_of(own, "/tien-hang")
    page = page_of(own, f"{mine}?tu=01/11/2021&den=31/12/2021")
    assert "756.000" in page  # 4 of 7 packs: 800,000 − 32,000 − 8,000 − 4,000
    assert "không tính thuế" in page
    assert "Lập lúc" in page_of(own, f"{mine}?tu=01/11/2021&den=31/12/2021&in=1")
    written = own.get(f"{mine}/bang-ke.csv?tu=01/11/2021&den=31/12/2021").get_data().decode("utf-8-sig")
    assert written.splitlines()[-1].endswith(";756000")
    assert own.get("/doi-soat").status_code == 403


def test_nobody_sees_the_money_of_strangers(people: Any, as_account: As) -> None:
    _desk, _clerk, farmer, stranger = people
    for path in (f"/tien-hang/{farmer.household_id}", f"/tien-hang/{farmer.household_id}/bang-ke.csv"):
        assert as_account(stranger).get(path).status_code == 404


def test_a_wrong_file_keeps_the_page_and_says_why(people: Any, as_account: As, engine: Engine) -> None:
    desk, clerk, _farmer, _stranger = people
    office = as_account(clerk)
    form = page_of(office, "/doi-soat/nhap")
    token = found(r'name="csrf_token" value="([^"]+)"', form)
    data = {"csrf_token": token, "shop_id": str(desk.shop.id), "file": (BytesIO(b"a;b\n1;2\n"), "x.csv")}
    answer = office.post("/doi-soat/nhap", data=data)
    assert answer.status_code == 422
    assert "không có bảng đối soát của sàn" in answer.get_data(as_text=True)
    assert "Chưa có bảng đối soát nào" in page_of(office, "/doi-soat")


def test_an_import_by_mistake_is_undone(people: Any, as_account: As, engine: Engine) -> None:
    desk, clerk, _farmer, _stranger = people
    office = as_account(clerk)
    form = page_of(office, "/doi-soat/nhap")
    there = sent(office, form, "Nhập tệp này", shop_id=str(desk.shop.id), file=the_file())
    assert sent(office, page_of(office, there), "Hoàn tác lần nhập này") == "/doi-soat"
    assert office.get(there).status_code == 404
    with Session(engine) as db:
        assert db.get(Household, desk.households[0].id) is not None
