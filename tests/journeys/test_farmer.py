"""A farmer with a phone and no JavaScript: harvest, a slip of the thumb, what is missing, on sale."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import Engine
from sqlmodel import Session, select

from marketplace.accounts.models import Role
from marketplace.core import db as database
from marketplace.selling.models import Listing, Offer, OfferPhoto
from tests import factories as make


def a_picture() -> BytesIO:
    picture = BytesIO()
    Image.new("RGB", (400, 300), (240, 150, 20)).save(picture, "JPEG")
    picture.seek(0)
    return picture


def text(answer: Any, status: int = 200) -> str:
    said: str = answer.get_data(as_text=True)
    assert answer.status_code == status, said
    return said


def test_a_farmer_lists_oranges(
    db: Session, engine: Engine, as_account: Callable[[Any], FlaskClient]
) -> None:
    household = make.a_household(db, consents=("registry",))
    shop = make.a_shop(db, producer=make.a_cooperative(db, members=(household,)), name="Cam Vĩnh Hảo")
    product = make.a_product(db)
    pack = make.a_pack(db, product, name="Thùng 10 kg")
    make.a_season(db)
    make.a_lot(db, product=product, household=household, grams=60_000)
    farmer = make.an_account(db, Role.FARMER, household=household)
    db.commit()
    phone = as_account(farmer)

    # the own goods are the start page, still empty; two taps lead to the form
    assert "Chưa có hàng nào" in text(phone.get("/", follow_redirects=True))
    assert "Có hàng trong kho" in text(phone.get("/chao-ban/moi"))
    form = f"/chao-ban/moi?san-pham={product.id}"
    assert "Trong kho còn 60 kg" in text(phone.get(form))

    # a price nobody can read: one sentence, everything typed is kept, nothing is changed
    typed = {
        "pack_id": str(pack.id),
        "price_vnd": "hai trăm",
        "packs": "4",
        "shops": str(shop.id),
        "description": "Cam Vàng hái buổi sáng.",
        "client_key": "dien-thoai-1",
    }
    refused = text(phone.post(form, data=typed), 422)
    assert "Cần sửa trước khi gửi" in refused
    assert 'value="hai trăm"' in refused
    assert 'value="4"' in refused
    assert "Cam Vàng hái buổi sáng." in refused
    with database.reading(engine) as look:
        assert look.exec(select(Offer)).all() == []
        assert look.exec(select(Listing)).all() == []

    # more than there is: said at once, beside the field
    too_many = text(phone.post(form, data={**typed, "price_vnd": "200k", "packs": "7"}), 422)
    assert "Kho còn 60 kg" in too_many

    # now right; the checklist names what is missing
    made = phone.post(form, data={**typed, "price_vnd": "200k"}, follow_redirects=True)
    page = text(made)
    assert "Đã tạo chào bán: 200.000\u00a0₫ một gói, tức 20.000\u00a0₫ một kg." in page
    assert "Chưa có ảnh; hãy chụp và thêm ít nhất một ảnh sản phẩm." in page
    assert "Chủ hộ chưa đồng ý bán trên sàn này" in page
    with database.reading(engine) as look:
        offer = look.exec(select(Offer)).one()
        assert (offer.price_vnd, offer.title) == (200_000, "Cam Vàng Hà Giang thùng 10 kg")

    # a photo from the phone, and the consent that the extension worker takes
    added = phone.post(
        f"/chao-ban/{offer.id}/anh", data={"photo": (a_picture(), "IMG 0001.jpg")}, follow_redirects=True
    )
    assert "Chưa có ảnh" not in text(added)
    make.a_consent(db, make.head_of(db, household), "shop:sendo")
    db.commit()
    page = text(phone.get(f"/chao-ban/{offer.id}"))
    assert "Đủ điều kiện" in page
    assert "Xuất xứ: xã Vĩnh Hảo, huyện Bắc Quang, tỉnh Hà Giang." in page
    assert "Hoàng Thị Vén" not in page.split("Xem tin đăng đúng như gửi lên sàn")[1]

    # the listing waits for the worker process, and is seen on the first page
    with database.reading(engine) as look:
        listing = look.exec(select(Listing)).one()
        assert len(look.exec(select(OfferPhoto)).all()) == 1
    assert (listing.wanted_packs, listing.blame, listing.not_before) == (4, None, make.NOW)
    assert "Sendo: Chờ đăng" in text(phone.get("/chao-ban"))
    assert "Chờ đăng" in text(phone.get(f"/tin-dang/{listing.id}"))
