"""A coordinator puts every product into a category in one tap; then the marketplace changes its mind."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlmodel import Session, select

from marketplace.accounts.models import Role
from marketplace.core.audit import SYSTEM
from marketplace.selling import listings
from marketplace.selling.models import CategoryChoice
from tests import factories as make
from tests.journeys.test_farmer import text
from tests.selling.saying import Said, saying, visit
from tests.selling.test_categories import a_good
from tests.selling.world import World, a_world

PACKED = "Trọng lượng (kg)"
Login = Callable[[Any], FlaskClient]


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Said:
    return saying(monkeypatch)


@pytest.fixture
def world(engine: Any, settings: Any, said: Said) -> Iterator[World]:
    with a_world(engine, settings) as world:
        yield world


def figures(page: str) -> list[str]:
    return re.findall(r'figure-value">(\d+)', page)


def test_a_coordinator_maps_everything_and_a_changed_category_is_met(
    db: Session, world: World, said: Said, as_account: Login
) -> None:
    orange = world.product
    orange.variety = "cam Vàng"
    db.add(orange)
    db.delete(db.exec(select(CategoryChoice)).one())
    for name in ("Mứt cam", "Mật ong bạc hà Mèo Vạc"):
        a_good(db, name)
    offer = make.an_offer(db, producer=world.producer, pack=world.pack)
    listing_id = listings.put_on_sale(db, SYSTEM, offer, world.shop, 5, now=world.time.now).id or 0
    coordinator, worker = make.an_account(db, Role.COORDINATOR), make.an_account(db, Role.EXTENSION)
    db.commit()
    office, field = as_account(coordinator), as_account(worker)

    # before the worker came, the page says what it waits for, and the listing waits for the coordinator
    assert "Đang lấy danh mục của Sendo" in text(office.get("/nganh-hang"))
    visit(world, seconds=1)
    assert world.listing(listing_id).cause == "checklist.no_category"

    # one tap for all three
    page = text(office.get("/nganh-hang"))
    assert figures(page) == ["3", "0"]
    assert "Thực Phẩm Tươi Sống › Rau - củ - quả › Trái Cây" in page
    page = text(office.post("/nganh-hang/nhan", data={"marketplace": "sendo"}, follow_redirects=True))
    assert "Đã nhận đề xuất cho 3 sản phẩm" in page
    assert figures(page) == ["0", "3"]

    # the listing goes up by itself
    visit(world, minutes=2)
    visit(world, minutes=2)
    assert world.listing(listing_id).remote_state == "live"

    # the marketplace asks for more: a task for the office, a sentence for the field, the listing comes off
    said.required.add(PACKED)
    visit(world)
    page = text(office.get("/nganh-hang"))
    assert f"nay bắt buộc: {PACKED}. Tin thiếu sẽ dừng bán đến khi có câu trả lời." in page
    assert "có việc" not in page  # there is one marketplace alone, and its task stands right there
    sentence = f"Sendo hỏi “{PACKED}” mà tin này chưa trả lời; hãy trả lời ở trang sửa chào bán."
    assert sentence in text(field.get(f"/chao-ban/{offer.id}"))
    assert world.listing(listing_id).remote_state == "off"

    # it is answered where the sentence says, and goes on
    form = f"/chao-ban/{offer.id}/sua"
    assert "<legend>Sendo hỏi thêm</legend>" in text(field.get(form))
    typed = {"price_vnd": "200.000", "title": offer.title, "description": offer.description}
    refused = text(field.post(form, data=typed | {"attr-sendo-841": ""}), 422)
    assert f"Sendo hỏi “{PACKED}”. Hãy trả lời rồi gửi lại." in refused
    text(field.post(form, data=typed | {"attr-sendo-841": "10"}), 303)
    visit(world, minutes=2)
    visit(world, minutes=2)
    assert world.listing(listing_id).remote_state == "live"
    assert sentence not in text(field.get(f"/chao-ban/{offer.id}"))
    assert len(world.mock.state()["products"]) == 1
    assert world.mock.state()["violations"] == []

    # seen, category by category
    tasks = re.findall(r'action="(/nganh-hang/viec/\d+/xem)"', page)
    assert len(tasks) == 3
    for left, task in zip((2, 1, 0), tasks, strict=True):
        page = text(office.post(task, follow_redirects=True))
        assert page.count(f"nay bắt buộc: {PACKED}") == left
