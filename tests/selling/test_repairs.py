"""Repair once, send all of this group again (L5, D1): the good ones are never sent again."""

import io
from collections import Counter
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlmodel import Session, col, select

from connectors.sendo import mock_products
from connectors.sendo.rules import Fault
from marketplace.accounts.models import Role
from marketplace.core.audit import SYSTEM, AuditEntry
from marketplace.core.db import writing
from marketplace.selling import listings
from marketplace.selling.models import (
    CategoryChoice,
    CategoryFetch,
    CategorySchema,
    Listing,
    MarketplaceCategory,
    Offer,
    OfferAttribute,
    OfferPhoto,
    Shop,
)
from tests import factories as make
from tests.selling.world import World, a_world

WRITE = "POST /api/partner/product"
EACH = 50
GROUP = "/tin-dang/nhom/"


@pytest.fixture
def world(engine, settings):
    with a_world(engine, settings, grams=100_000_000) as world:
        yield world


@pytest.fixture
def office(engine, as_account) -> FlaskClient:
    with writing(engine) as db:
        coordinator = make.an_account(db, Role.COORDINATOR)
    return as_account(coordinator)


def listed(world: World, count: int = 1, *, shop: Shop | None = None, **offer) -> list[int]:
    """Offers wished on sale; the ids of their listings."""
    with writing(world.engine) as db:
        ids = []
        for number in range(count):
            values = {"producer": world.producer, "pack": world.pack, **offer}
            made = make.an_offer(db, **{"title": f"Cam Vàng Hà Giang số {number}", **values})
            wished = listings.put_on_sale(db, SYSTEM, made, shop or world.shop, 1, now=world.time.now)
            ids.append(wished.id or 0)
    return ids


def causes(world: World) -> dict[str, int]:
    with Session(world.engine) as db:
        waiting = db.exec(select(Listing.cause).where(col(Listing.blame).is_not(None)))
        return dict(Counter(waiting))


def writes(world: World) -> int:
    return world.mock.state()["calls"].get(WRITE, 0)


def a_photo() -> io.BytesIO:
    drawn = io.BytesIO()
    Image.new("RGB", (800, 600), "orange").save(drawn, "JPEG")
    drawn.seek(0)
    return drawn


def mend(office: FlaskClient, cause: str, **typed) -> None:
    answer = office.post(f"{GROUP}{cause}/sua", data=typed)
    assert answer.status_code == 303


# --- must show 3
# --------------------------------------------------------------------------------------------------------


def inject(world: World, monkeypatch) -> int:
    """Fifty listings each with one of eight causes; the product that has no category."""
    with writing(world.engine) as db:
        homeless = make.a_product(db, name="Cam sành")
        db.delete(db.exec(select(CategoryChoice).where(CategoryChoice.product_id == homeless.id)).one())
        asking = make.a_product(db, name="Mật ong bạc hà")
        choice = db.exec(select(CategoryChoice).where(CategoryChoice.product_id == asking.id)).one()
        choice.category = "2420"
        db.add(choice)
        asked = {"id": "1246", "name": "Hạn sử dụng", "required": True, "options": ["7 ngày", "12 tháng"]}
        db.add(
            CategorySchema(
                marketplace="sendo", category="2420", version="1", attributes=[asked], fetched_at=make.NOW
            )
        )
        later = make.NOW + timedelta(days=365)  # the mock asks for nothing
        db.add(CategoryFetch(marketplace="sendo", fetched_at=make.NOW, due_at=later))
        db.add(CategorySchema(marketplace="sendo", category="2422", version="1", fetched_at=make.NOW))
        leaf = {"name": "Trái Cây", "path": "Trái Cây", "path_fold": "trai cay", "leaf": True}
        db.add(MarketplaceCategory(marketplace="sendo", category="2422", seen_at=make.NOW, **leaf))
        packs = {product.id: make.a_pack(db, product) for product in (homeless, asking)}
        for product in (homeless, asking):
            make.a_lot(
                db, product=product, household=world.household, producer=world.producer, grams=10_000_000
            )
    check = mock_products.check_wire

    def stricter(body):
        """Sendo has a rule nobody told us."""
        yield from check(body)
        if "số một" in body["name"].lower():
            yield Fault("name", "boast", "Tên không được khoe là số một")

    monkeypatch.setattr(mock_products, "check_wire", stricter)
    listed(world, EACH, price_vnd=500)
    listed(world, EACH, photos=0)
    listed(world, EACH, pack=packs[homeless.id])
    listed(world, EACH, pack=packs[asking.id])
    listed(world, EACH, description="Cam VietGAP ngọt thanh. " * 6)
    listed(world, EACH, description="Gọi 0912 099 099 để đặt. " * 6)
    listed(world, EACH, title="Cam ngon Số Một Hà Giang")
    rejected = listed(world, EACH, description="Cam ngon nhất thế giới, ai ăn cũng khen. " * 6)
    world.work()
    with Session(world.engine) as db:
        for sku in db.exec(select(Listing.sku).where(col(Listing.id).in_(rejected))).all():
            world.mock.moderate(sku, "reject", "Không được khoe là nhất")
    world.time.pass_(seconds=3_700)
    world.work()
    product_id = homeless.id
    return product_id or 0


#: One action for each cause: what is typed on its page; a category is chosen on its own page.
ACTIONS: dict[str, dict[str, str] | None] = {
    "checklist.price": {"do": "price", "how": "least", "price_vnd": "150k"},
    "checklist.no_photo": {"do": "photo"},
    "checklist.no_category": None,
    "checklist.attribute_missing.1246": {
        "do": "answer",
        "marketplace": "sendo",
        "attribute": "1246",
        "value": "12 tháng",
    },
    "checklist.claim_vietgap": {"do": "replace", "words": "vietgap", "instead": "vườn nhà"},
    "checklist.phone_in_text": {"do": "replace", "words": "gọi 0912 099 099 để đặt", "instead": ""},
    "refused_title": {"do": "replace", "words": "số một", "instead": "chín cây"},
    "moderation.rejected": {"do": "replace", "words": "ngon nhất thế giới", "instead": "ngon"},
}


def choose(office: FlaskClient, product_id: int | None) -> None:
    answer = office.post(f"/nganh-hang/{product_id}", data={"marketplace": "sendo", "category": "2422"})
    assert answer.status_code == 303


def test_eight_causes_over_four_hundred_listings_are_mended_by_eight_actions(world, office, monkeypatch):
    product_id = inject(world, monkeypatch)
    good = listed(world, 20)
    world.work()
    before, live = writes(world), [world.listing(one).published_revision for one in good]
    assert causes(world) == dict.fromkeys(ACTIONS, EACH)
    page = office.get("/tin-dang").get_data(as_text=True)
    assert all(f'href="{GROUP}{cause}"' in page for cause in ACTIONS)

    for cause, typed in ACTIONS.items():
        if typed is None:
            choose(office, product_id)
        else:
            photo = {"photo": (a_photo(), "cam.jpg")} if typed["do"] == "photo" else {}
            mend(office, cause, **typed, **photo)
    world.work()

    assert causes(world) == {}
    assert writes(world) - before == 8 * EACH == 400
    assert [world.listing(one).published_revision for one in good] == live
    world.time.pass_(seconds=3_700)
    world.work()
    products = world.mock.state()["products"]
    assert len(products) == 420
    assert {product["status"] for product in products} == {"live"}
    assert world.mock.state()["violations"] == []
    assert writes(world) - before == 400


# --- what is sent, and what is not
# --------------------------------------------------------------------------------------------------------


def stuck(world: World, **offer) -> int:
    """One listing whose price the marketplace does not take, and which waits for its seller."""
    [listing_id] = listed(world, price_vnd=500, **offer)
    world.work()
    assert world.listing(listing_id).cause == "checklist.price"
    return listing_id


def offer_of(world: World, listing_id: int) -> Offer:
    with Session(world.engine) as db:
        return db.get_one(Offer, world.listing(listing_id).offer_id)


def nothing_changed(world: World, before: Offer) -> bool:
    with Session(world.engine) as db:
        return db.get_one(Offer, before.id).model_dump() == before.model_dump()


def test_trying_a_group_again_sends_it_as_it_is_and_nothing_else(world, office):
    waiting, [good] = stuck(world), listed(world)
    world.work()
    before = writes(world)
    with writing(world.engine) as db:
        offer = db.get_one(Offer, world.listing(waiting).offer_id)
        offer.price_vnd = 150_000  # mended elsewhere, without a word to the listing
        db.add(offer)

    answer = office.post("/tin-dang/thu-lai", data={"cause": "checklist.price"})
    world.work()

    assert answer.status_code == 303
    assert writes(world) == before + 1
    assert world.listing(waiting).published_revision == 1
    assert world.listing(good).published_revision == 1


def test_a_group_that_is_done_is_said_to_be_done(world, office):
    page = office.get(GROUP + "checklist.price")
    mended = office.post(
        f"{GROUP}checklist.price/sua", data={"do": "price", "how": "all", "price_vnd": "150k"}
    )
    again = office.post("/tin-dang/thu-lai", data={"cause": "checklist.price"}, follow_redirects=True)

    assert "Nhóm này đã xong" in page.get_data(as_text=True)
    assert mended.status_code == 422
    assert "không còn tin đăng nào chờ sửa" in mended.get_data(as_text=True)
    assert "không còn tin đăng nào chờ sửa" in again.get_data(as_text=True)


def test_a_price_that_changed_goes_out_wherever_the_offer_is_listed(world, office):
    waiting = stuck(world)
    with writing(world.engine) as db:
        offer = db.get_one(Offer, world.listing(waiting).offer_id)
        elsewhere = make.a_shop(db, producer=world.producer, active=False)
        good = make.a_listing(
            db, offer=offer, shop=elsewhere, remote_id="7", remote_state="live", not_before=None, sku="LS-7"
        )
        good.published_revision = 1
        db.add(good)

    mend(office, "checklist.price", do="price", how="least", price_vnd="150.000")

    assert offer_of(world, waiting).price_vnd == 150_000
    assert (world.listing(good.id).revision, world.listing(good.id).not_before) == (2, make.NOW)


def test_an_answer_for_one_marketplace_sends_nothing_on_another(world, office):
    with writing(world.engine) as db:
        asked = {"id": "1246", "name": "Hạn sử dụng", "required": True, "options": ["7 ngày", "12 tháng"]}
        db.add(
            CategorySchema(
                marketplace="sendo", category="2422", version="1", attributes=[asked], fetched_at=make.NOW
            )
        )
        later = make.NOW + timedelta(days=365)
        db.add(CategoryFetch(marketplace="sendo", fetched_at=make.NOW, due_at=later))
    [waiting] = listed(world)
    world.work()
    cause = world.listing(waiting).cause
    with writing(world.engine) as db:
        offer = db.get_one(Offer, world.listing(waiting).offer_id)
        other = make.a_shop(db, producer=world.producer, marketplace="voso")
        good = make.a_listing(db, offer=offer, shop=other, sku="LS-8", not_before=None)
    page = office.get(GROUP + cause).get_data(as_text=True)
    typed = {"do": "answer", "marketplace": "sendo", "attribute": "1246"}

    refused = office.post(f"{GROUP}{cause}/sua", data={**typed, "value": "mãi mãi"})
    mend(office, cause, **typed, value="12 tháng")

    assert "Hạn sử dụng" in page
    assert '<option value="12 tháng">' in page
    assert refused.status_code == 422
    assert (world.listing(good.id).revision, world.listing(good.id).not_before) == (1, None)
    with Session(world.engine) as db:
        assert [one.value for one in db.exec(select(OfferAttribute))] == ["12 tháng"]
    world.work()
    assert (writes(world), world.listing(waiting).blame) == (1, None)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"do": "price", "how": "least", "price_vnd": ""}, "Giá một gói"),
        ({"do": "price", "how": "least", "price_vnd": "0"}, "Giá một gói"),
        ({"do": "price", "how": "tăng", "price_vnd": "150k"}, "Đổi giá của"),
        (
            {"do": "price", "how": "most", "price_vnd": "150k"},
            "Không chào bán nào trong nhóm cần đổi",
        ),
        (
            {"do": "price", "how": "least", "price_vnd": "100"},
            "Không chào bán nào trong nhóm cần đổi",
        ),
        ({"do": "append", "addition": ""}, "Lời thêm vào"),
        ({"do": "append", "addition": "x" * 2_001}, "Lời thêm vào"),
        ({"do": "replace", "words": "", "instead": "x"}, "Chữ cần thay"),
        ({"do": "replace", "words": "không hề có", "instead": "x"}, "có chữ “không hề có”"),
        ({"do": "replace", "words": "Cam Vàng Hà Giang số 0", "instead": ""}, "sẽ không còn tên"),
        ({"do": "replace", "words": "a", "instead": "x" * 190}, "sẽ dài quá"),
        ({"do": "photo"}, "Hãy chọn một ảnh"),
        (
            {"do": "answer", "marketplace": "sendo", "attribute": "1", "value": "x"},
            "không hỏi thuộc tính này",
        ),
        ({}, "Chữ cần thay"),
    ],
)
def test_a_repair_that_cannot_be_is_refused_and_changes_nothing(world, office, typed, said):
    waiting = stuck(world)
    before, listing = offer_of(world, waiting), world.listing(waiting)

    answer = office.post(f"{GROUP}checklist.price/sua", data=typed)

    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)
    assert nothing_changed(world, before)
    assert world.listing(waiting).model_dump() == listing.model_dump()


def test_a_price_not_above_a_promotion_is_refused(world, office):
    waiting = stuck(world)
    with writing(world.engine) as db:
        offer = db.get_one(Offer, world.listing(waiting).offer_id)
        offer.promo_price_vnd, offer.promo_from, offer.promo_to = 400, make.TODAY, make.TODAY
        db.add(offer)
    before = offer_of(world, waiting)

    answer = office.post(
        f"{GROUP}checklist.price/sua", data={"do": "price", "how": "all", "price_vnd": "400"}
    )

    assert answer.status_code == 422
    assert "giá khuyến mãi không thấp hơn giá mới" in answer.get_data(as_text=True)
    assert nothing_changed(world, before)


def test_a_photo_goes_to_the_bare_offers_of_a_group_alone(world, office):
    [bare] = listed(world, photos=0)
    [shown] = listed(world)
    world.work()

    mend(office, "checklist.no_photo", do="photo", photo=(a_photo(), "cam.jpg"))

    with Session(world.engine) as db:
        owners = [one.offer_id for one in db.exec(select(OfferPhoto).order_by(col(OfferPhoto.offer_id)))]
    assert sorted(owners) == sorted([world.listing(bare).offer_id, world.listing(shown).offer_id])


def test_words_are_added_where_the_trouble_is(world, office):
    title, text = stuck(world), stuck(world, title="Cam khác")
    with writing(world.engine) as db:
        for listing_id, field in ((title, "title"), (text, "description")):
            listing = db.get_one(Listing, listing_id)
            listing.cause, listing.cause_field = f"refused_{field}", field
            db.add(listing)

    mend(office, "refused_title", do="append", addition="thùng 10 kg")
    mend(office, "refused_description", do="append", addition="Hái tại vườn.")

    assert offer_of(world, title).title == "Cam Vàng Hà Giang số 0 thùng 10 kg"
    assert offer_of(world, title).title_fold == "cam vang ha giang so 0 thung 10 kg"
    assert offer_of(world, text).title == "Cam khác"
    assert offer_of(world, text).description.endswith("\n\nHái tại vườn.")


def test_somebody_mends_only_what_is_in_sight(world, engine, as_account):
    waiting = stuck(world)
    with writing(engine) as db:
        stranger = make.an_account(db, Role.EXTENSION, communes=("Xã Cao Bồ",))
        neighbour = make.an_account(db, Role.EXTENSION, communes=("Xã Vĩnh Hảo",))
    typed = {"do": "price", "how": "least", "price_vnd": "150k"}

    refused = as_account(stranger).post(f"{GROUP}checklist.price/sua", data=typed)

    assert refused.status_code == 422
    assert offer_of(world, waiting).price_vnd == 500
    assert as_account(neighbour).post(f"{GROUP}checklist.price/sua", data=typed).status_code == 303
    assert offer_of(world, waiting).price_vnd == 150_000


@pytest.mark.parametrize(
    ("field", "place"),
    [
        ("category", "/nganh-hang/"),
        ("net_grams", "/san-pham/"),
        ("seller", "/chu-the/"),
        ("shop", "/gian-hang/"),
        ("packs", "/lo-thu-hoach"),
        ("certificate", "/chung-nhan"),
    ],
)
def test_what_is_mended_elsewhere_says_where(world, office, field, place):
    waiting = stuck(world)
    with writing(world.engine) as db:
        listing = db.get_one(Listing, waiting)
        listing.cause_field = field
        db.add(listing)

    page = office.get(GROUP + "checklist.price").get_data(as_text=True)

    assert "Nơi cần sửa" in page
    assert f'href="{place}' in page.split("Nơi cần sửa")[1].split("Thử lại như cũ")[0]
    assert "Đã sửa, gửi lại cả 1 tin" in page


@pytest.mark.parametrize("words", ["Chỉ được giảm 50% giá", "Giảm %(gia)s", "100%"])
def test_words_of_a_marketplace_are_shown_as_they_are(world, office, words):
    waiting = stuck(world)
    with writing(world.engine) as db:
        listing = db.get_one(Listing, waiting)
        listing.cause_sentence, listing.cause_facts = words, {"http_status": "400"}
        db.add(listing)

    for path in ("/tin-dang", GROUP + "checklist.price", f"/tin-dang/{waiting}"):
        assert words in office.get(path).get_data(as_text=True)


def test_every_repair_stands_in_the_history(world, office):
    waiting = stuck(world)

    mend(office, "checklist.price", do="price", how="least", price_vnd="150k")

    with Session(world.engine) as db:
        noted = [
            (entry.action, entry.facts)
            for entry in db.exec(select(AuditEntry).order_by(col(AuditEntry.id)))
            if entry.subject_kind in ("offer", "listing") and entry.action != "listing.on_sale"
        ]
    assert ("offer.price_changed", {"old": 500, "new": 150_000, "group": "checklist.price"}) in noted
    assert ("listing.tried_again", {}) in noted
    assert "Đổi giá" in office.get(f"/tin-dang/{waiting}").get_data(as_text=True)


def test_what_is_no_picture_is_refused_and_no_offer_shows_it(world, office):
    [bare] = listed(world, photos=0)
    world.work()

    text = {"do": "photo", "photo": (io.BytesIO("không phải ảnh".encode()), "cam.jpg")}
    answer = office.post(f"{GROUP}checklist.no_photo/sua", data=text)

    assert answer.status_code == 422
    assert "không phải ảnh JPEG" in answer.get_data(as_text=True)
    assert world.listing(bare).cause == "checklist.no_photo"
    with Session(world.engine) as db:
        assert db.exec(select(OfferPhoto)).all() == []
