"""The users' days in Chromium with scripts switched off: a registration, an offer, a look at the season."""

from pathlib import Path

import pytest
from PIL import Image
from sqlmodel import func, select

from catalog.models import Household, Person
from marketplace.accounts.models import Role
from marketplace.selling.models import Offer, OfferPhoto
from tests import factories as make
from tests.browser.conftest import DESK, PHONE
from tests.catalog.looking import seen
from tests.reports.factories import the_worked_example

pytestmark = pytest.mark.browser


def test_an_extension_worker_registers_a_household_on_a_phone(db, engine, window):
    worker = make.an_account(db, name="Nông Thị Cán Bộ")
    db.commit()
    phone = window(PHONE)
    phone.log_in(worker)
    page = phone.page

    page.fill("#f-q", "Hoàng Thị Vén")
    page.click("text=Tìm >> nth=-1")
    phone.picture("phone-1-not-found")
    page.click("a[href^='/ho-dan/moi?']")
    phone.picture("phone-2-form")
    page.fill("#f-village", "Thôn Vĩnh Sơn")
    page.click("main button[type=submit]")  # the browser itself asks for what is missing
    page.fill("#f-phone", "0912 345 678")
    page.check("input[name=purposes][value=registry]", force=True)
    page.check("input[name=purposes][value='shop:sendo']", force=True)
    phone.picture("phone-3-filled")
    page.click("main form[method=post] button[type=submit]")
    page.wait_for_selector("text=Đã ghi hộ Hoàng Thị Vén")
    phone.picture("phone-4-household")

    assert seen(engine, select(Person.phone).where(Person.is_head)) == ["+84912345678"]
    assert seen(engine, select(func.count()).select_from(Household)) == [1]
    assert phone.clean()


def test_a_farmer_lists_oranges_on_a_phone(db, engine, window, tmp_path: Path):
    household = make.a_household(db)
    make.a_shop(db, producer=make.a_cooperative(db, members=(household,)), name="Cam Vĩnh Hảo")
    product = make.a_product(db)
    make.a_pack(db, product, name="Thùng 10 kg")
    make.a_season(db)
    make.a_lot(db, product=product, household=household, grams=60_000)
    farmer = make.an_account(db, Role.FARMER, household=household, name="Hoàng Thị Vén")
    db.commit()
    picture = tmp_path / "IMG_0001.jpg"
    Image.new("RGB", (800, 600), (240, 150, 20)).save(picture)
    phone = window(PHONE)
    phone.log_in(farmer)
    page = phone.page
    phone.picture("farmer-1-start")

    page.click("a[href^='/chao-ban/moi']")
    phone.picture("farmer-2-product")
    page.click("main a[href*='san-pham=']")
    phone.picture("farmer-3-form")
    page.fill("#f-price_vnd", "hai trăm")
    page.fill("#f-packs", "4")
    page.set_input_files("#f-photo", picture)
    page.click("main form button[type=submit]")
    page.wait_for_selector("text=Cần sửa trước khi gửi")
    phone.picture("farmer-4-refused")
    assert page.input_value("#f-packs") == "4"
    page.fill("#f-price_vnd", "200k")
    page.set_input_files("#f-photo", picture)
    page.click("main form button[type=submit]")
    page.wait_for_selector("text=Đã tạo chào bán")
    phone.picture("farmer-5-offer")

    assert seen(engine, select(Offer.price_vnd)) == [200_000]
    assert len(seen(engine, select(OfferPhoto))) == 1
    assert phone.clean()


def test_a_coordinator_reads_the_season_at_a_desk(db, window):
    the_worked_example(db)
    make.a_season(db)
    coordinator = make.an_account(db, Role.COORDINATOR, name="Đặng Điều Phối")
    db.commit()
    desk = window(DESK)
    desk.log_in(coordinator)
    desk.page.wait_for_selector("h1")
    desk.picture("coordinator-1-home")
    desk.page.click("a:has-text('Xã Vĩnh Hảo')")
    desk.page.wait_for_selector("text=Cộng 4 dòng")
    desk.picture("coordinator-2-lines")
    desk.open("/bao-cao/san-luong?by=household&goods=all")
    desk.picture("coordinator-3-tonnage")

    assert desk.clean()
