"""The pages of categories, and the questions of an offer's form: what they show, cost and refuse."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, insert
from sqlmodel import Session, select

from marketplace.accounts.models import Role
from marketplace.core import db as database
from marketplace.core.text import fold
from marketplace.selling.models import (
    CategoryChoice,
    CategoryFetch,
    MarketplaceCategory,
    Offer,
    OfferAttribute,
    SchemaTask,
)
from tests import factories as make
from tests.factories import NOW
from tests.selling.test_attributes import COLOUR, ORIGIN, PACKED, World
from tests.selling.test_categories import a_good, a_task, a_tree
from tests.selling.test_pages import counted, page

Login = Callable[[Any], FlaskClient]


def office(db: Session, as_account: Login) -> FlaskClient:
    coordinator = make.an_account(db, Role.COORDINATOR)
    db.commit()
    return as_account(coordinator)


def a_shop(db: Session, **values: Any) -> None:
    make.a_shop(db, producer=make.a_cooperative(db), **values)


def chosen(engine: Engine) -> list[tuple[int, str, str]]:
    with database.reading(engine) as db:
        rows = db.exec(select(CategoryChoice).order_by(CategoryChoice.id))
        return [(one.product_id, one.marketplace, one.category) for one in rows]


def test_without_a_shop_the_page_says_what_comes_first(db, as_account):
    text = page(office(db, as_account), "/nganh-hang")

    assert "Chưa có gian hàng nào" in text
    assert 'href="/gian-hang/moi"' in text


def test_before_the_tree_was_read_the_page_says_so_and_takes_a_code(db, engine, as_account):
    a_shop(db)
    jam = a_good(db, "Mứt cam")
    browser = office(db, as_account)

    assert "Đang lấy danh mục của Sendo" in page(browser, "/nganh-hang")
    assert 'name="category"' in page(browser, f"/nganh-hang/{jam.id}?san=sendo")
    answer = browser.post(f"/nganh-hang/{jam.id}", data={"marketplace": "sendo", "category": "1180"})

    assert answer.status_code == 303
    assert chosen(engine) == [(jam.id, "sendo", "1180")]


def test_the_page_counts_shows_tasks_first_and_proposes(db, as_account):
    a_shop(db)
    a_tree(db)
    a_good(db, "Mứt cam")
    a_good(db, "Khèn Mông")
    db.add(CategoryChoice(product_id=a_good(db, "Mật ong").id or 0, marketplace="sendo", category="4"))
    a_task(db, required=["Xuất xứ"])

    text = page(office(db, as_account), "/nganh-hang")

    assert re.findall(r'figure-value">(\d+)', text) == ["2", "1"]
    assert text.index("nay bắt buộc: Xuất xứ") < text.index("Chưa chọn ngành")
    assert 'value="2"' in text
    assert "Thực phẩm › Mứt, kẹo" in text
    assert "Thực phẩm › Mật ong" in text
    assert "Nhận tất cả đề xuất" in text


def test_one_tap_accepts_a_proposal(db, engine, as_account):
    a_shop(db)
    a_tree(db)
    jam = a_good(db, "Mứt cam")
    browser = office(db, as_account)

    answer = browser.post(
        f"/nganh-hang/{jam.id}", data={"marketplace": "sendo", "category": "2"}, follow_redirects=True
    )

    assert "Đã chọn ngành cho Mứt cam" in answer.get_data(as_text=True)
    assert chosen(engine) == [(jam.id, "sendo", "2")]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (
            {"marketplace": "sendo", "category": "77"},
            "Sendo không có ngành cấp cuối “77”. Hãy chọn một ngành trong danh sách.",
        ),
        ({"marketplace": "amazon", "category": "2"}, "Chưa có sàn “amazon” trong hệ thống."),
        ({}, "Chưa có sàn “” trong hệ thống."),
    ],
)
def test_a_wrong_choice_is_one_sentence_and_changes_nothing(db, engine, as_account, typed, sentence):
    a_shop(db)
    a_tree(db)
    jam = a_good(db, "Mứt cam")

    answer = office(db, as_account).post(f"/nganh-hang/{jam.id}", data=typed)

    assert answer.status_code == 422
    assert sentence in answer.get_data(as_text=True)
    assert chosen(engine) == []


def test_a_search_without_marks_finds_a_leaf_to_choose(db, as_account):
    a_shop(db)
    a_tree(db)
    jam = a_good(db, "Mứt cam")
    browser = office(db, as_account)

    assert 'name="category" value="6"' in page(browser, f"/nganh-hang/{jam.id}?san=sendo&q=vai+lanh")
    assert "Không có ngành nào như vậy" in page(browser, f"/nganh-hang/{jam.id}?san=sendo&q=xe+tai")
    page(browser, "/nganh-hang/999999?san=sendo", 404)


def test_a_task_that_was_seen_is_gone_from_the_page(db, engine, as_account):
    a_shop(db)
    a_tree(db)
    task = a_task(db, removed=["Cỡ"])
    browser = office(db, as_account)
    assert "không hỏi nữa: Cỡ" in page(browser, "/nganh-hang")

    assert browser.post(f"/nganh-hang/viec/{task.id}/xem").status_code == 303

    assert "không hỏi nữa: Cỡ" not in page(browser, "/nganh-hang")
    with database.reading(engine) as look:
        assert look.get_one(SchemaTask, task.id).settled_at == NOW


def test_the_way_there_is_on_the_pages_of_products_and_shops(db, as_account):
    a_shop(db)
    db.commit()
    browser = office(db, as_account)

    assert 'href="/nganh-hang"' in page(browser, "/san-pham")
    assert 'href="/nganh-hang"' in page(browser, "/gian-hang")


@pytest.mark.parametrize("role", [Role.FARMER, Role.EXTENSION])
def test_only_the_office_maps(db, as_account, role):
    household = make.a_household(db) if role == Role.FARMER else None
    account = make.an_account(db, role, household=household)
    db.commit()

    page(as_account(account), "/nganh-hang", 403)


def many(db: Session, products: int, categories: int) -> None:
    """A big marketplace and a big catalogue, nothing chosen."""
    words = [
        "cam",
        "trà",
        "mật",
        "gạo",
        "thịt",
        "vải",
        "mứt",
        "lê",
        "hồng",
        "nấm",
        "đồ",
        "khô",
        "tươi",
        "núi",
    ]
    rows = []
    for number in range(categories):
        name = f"{words[number % 14]} {words[number % 11]} {words[number % 5]} loại {number}"
        path = f"Ngành {number % 20} › Nhóm {number % 200} › {name}"
        rows.append(
            {"marketplace": "sendo", "category": str(number), "name": name, "path": path,
             "path_fold": fold(path), "leaf": True, "seen_at": NOW}
        )  # fmt: skip
    db.connection().execute(insert(MarketplaceCategory), rows)
    db.add(CategoryFetch(marketplace="sendo", fetched_at=NOW, due_at=NOW + timedelta(days=1)))
    for number in range(products):
        a_good(db, f"{words[number % 13]} {words[number % 7]} Hà Giang số {number}")
    db.flush()


def test_a_big_catalogue_costs_as_many_statements_as_a_small_one(db, engine, as_account):
    a_shop(db)
    many(db, products=2, categories=20)
    browser = office(db, as_account)
    with counted(engine) as few:
        page(browser, "/nganh-hang")
    many_more(db)
    with counted(engine) as lots:
        page(browser, "/nganh-hang")

    assert len(lots) == len(few) <= 14


def many_more(db: Session) -> None:
    for kind in (CategoryFetch, MarketplaceCategory):
        for row in db.exec(select(kind)):
            db.delete(row)
    db.flush()
    many(db, products=100, categories=2500)
    db.commit()


# --- the questions of an offer's form


def form_of(world: World, **typed: Any) -> dict[str, Any]:
    return {
        "producer_id": str(world.seller.id),
        "pack_id": str(world.pack.id),
        "price_vnd": "200.000",
        "packs": "1",
        "shops": str(world.shop.id),
        "client_key": "k1",
        **typed,
    }


def farmer(db: Session, world: World, as_account: Login) -> FlaskClient:
    account = make.an_account(db, Role.FARMER, household=world.household)
    db.commit()
    return as_account(account)


def test_the_form_asks_what_is_required_and_knows_some_of_it(db, as_account):
    world = World(db, PACKED, ORIGIN, COLOUR)

    text = page(farmer(db, world, as_account), f"/chao-ban/moi?san-pham={world.product.id}")

    assert "Sendo hỏi thêm" in text
    assert '<select class="input" id="f-attr-sendo-841"' in text
    assert 'name="attr-sendo-1247" type="text" value="Hà Giang, Việt Nam"' in text
    assert "attr-sendo-900" not in text


def test_a_missing_answer_is_named_what_was_typed_stays_and_nothing_is_made(db, engine, as_account):
    world = World(db, PACKED, ORIGIN)
    browser = farmer(db, world, as_account)

    answer = browser.post("/chao-ban/moi", data=form_of(world, **{"attr-sendo-1247": "Bắc Quang"}))

    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert '<a href="#f-attr-sendo-841">Sendo hỏi “Trọng lượng”. Hãy trả lời rồi gửi lại.</a>' in text
    assert 'value="Bắc Quang"' in text
    with database.reading(engine) as look:
        assert (look.exec(select(Offer)).all(), look.exec(select(OfferAttribute)).all()) == ([], [])


def test_without_ticking_the_shop_nothing_is_demanded(db, engine, as_account):
    world = World(db, PACKED)
    browser = farmer(db, world, as_account)
    typed = form_of(world)
    del typed["shops"]

    assert browser.post("/chao-ban/moi", data=typed).status_code == 303


def test_an_offer_that_owes_an_answer_says_where_to_give_it(db, engine, as_account):
    world = World(db, PACKED)
    offer = make.an_offer(db, producer=world.seller, pack=world.pack)
    browser = farmer(db, world, as_account)

    text = page(browser, f"/chao-ban/{offer.id}")
    assert "Sendo hỏi “Trọng lượng” mà tin này chưa trả lời" in text
    assert f'href="/chao-ban/{offer.id}/sua#thuoc-tinh"' in text
    assert 'id="thuoc-tinh"' in page(browser, f"/chao-ban/{offer.id}/sua")
    typed = {"price_vnd": "200.000", "title": offer.title, "description": offer.description}
    answer = browser.post(f"/chao-ban/{offer.id}/sua", data={**typed, "attr-sendo-841": "10"})

    assert answer.status_code == 303
    assert "chưa trả lời" not in page(browser, f"/chao-ban/{offer.id}")
    with database.reading(engine) as look:
        assert [one.value for one in look.exec(select(OfferAttribute))] == ["10"]
