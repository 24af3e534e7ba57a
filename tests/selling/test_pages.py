"""The pages of selling: who sees what, what a refusal keeps, how many statements a list costs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, event
from sqlmodel import Session, SQLModel, select

from catalog.models import Household, Pack, Producer, Product
from marketplace.accounts.models import Account, Role
from marketplace.core import db as database
from marketplace.core.audit import AuditEntry
from marketplace.selling.models import (
    Allocation,
    Blame,
    Exchange,
    Listing,
    Offer,
    Order,
    OrderLine,
    OutsideSale,
    Shop,
    Wanted,
)
from tests import factories as make

Login = Callable[[Any], FlaskClient]
Row = TypeVar("Row", bound=SQLModel)


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """The statements said meanwhile."""
    said: list[str] = []

    def hear(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        said.append(statement)

    event.listen(engine, "before_cursor_execute", hear)
    yield said
    event.remove(engine, "before_cursor_execute", hear)


class World:
    """One household with a lot, a cooperative's shop, an offer, and people who look at it."""

    def __init__(self, db: Session) -> None:
        self.household: Household = make.a_household(db)
        self.seller: Producer = make.producer_of(db, self.household)
        self.shop: Shop = make.a_shop(db, producer=make.a_cooperative(db, members=(self.household,)))
        self.product: Product = make.a_product(db)
        self.pack: Pack = make.a_pack(db, self.product, name="Thùng 10 kg")
        self.lot = make.a_lot(db, product=self.product, household=self.household)
        self.offer: Offer = make.an_offer(db, producer=self.seller, pack=self.pack)
        self.listing: Listing = make.a_listing(db, offer=self.offer, shop=self.shop)
        self.farmer: Account = make.an_account(db, Role.FARMER, household=self.household)
        self.worker: Account = make.an_account(db, Role.EXTENSION)
        self.office: Account = make.an_account(db, Role.COORDINATOR)
        self.admin: Account = make.an_account(db, Role.ADMIN)
        stranger = make.a_household(db, commune="Xã Tiên Kiều", head="Phàn Chòi Nhàn")
        self.neighbour: Account = make.an_account(db, Role.FARMER, household=stranger)
        self.elsewhere: Account = make.an_account(db, Role.EXTENSION, communes=("Xã Tiên Kiều",))
        db.commit()

    def order(self, db: Session, **values: Any) -> Order:
        given = {"state": "new", "placed_at": make.NOW, "updated_at": make.NOW, **values}
        order = Order(shop_id=self.shop.id, marketplace="sendo", order_no="99001", **given)
        db.add(order)
        db.flush()
        line = self.line = OrderLine(
            order_id=order.id,
            line_no="1",
            sku=self.listing.sku,
            listing_id=self.listing.id,
            packs=2,
            price_vnd=200_000,
        )
        db.add(line)
        db.flush()
        db.add(
            Allocation(order_line_id=line.id, lot_id=self.lot.id, product_id=self.product.id, grams=20_000)
        )
        db.commit()
        return order


@pytest.fixture
def world(db: Session) -> World:
    return World(db)


def after(engine: Engine, kind: type[Row], key: int | None) -> Row:
    """A row as it is now, read beside the test's own session, which must not hold the write lock."""
    with database.reading(engine) as db:
        return db.get_one(kind, key)


def page(client: FlaskClient, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def test_offers_show_price_and_state_per_marketplace(world: World, as_account: Login) -> None:
    text = page(as_account(world.farmer), "/chao-ban")

    assert "Cam Vàng Hà Giang thùng 10 kg" in text
    assert "200.000\u00a0₫" in text
    assert "Sendo: Chờ đăng" in text


def test_search_finds_without_marks_and_puts_exact_ones_first(
    db: Session, world: World, as_account: Login
) -> None:
    make.an_offer(db, producer=world.seller, pack=world.pack, title="Cam vang loai")
    db.commit()
    client = as_account(world.farmer)

    plain, marked = page(client, "/chao-ban?q=cam+vang"), page(client, "/chao-ban?q=cam+vàng")

    assert plain.index("Cam vang loai") < plain.index("Cam Vàng Hà Giang thùng")
    assert marked.index("Cam Vàng Hà Giang thùng") < marked.index("Cam vang loai")
    assert "Không có hàng nào như vậy" in page(client, "/chao-ban?q=xoai")


@pytest.mark.parametrize(
    "path", ["/chao-ban/{offer}", "/chao-ban/{offer}/sua", "/tin-dang/{listing}", "/don-hang/{order}"]
)
@pytest.mark.parametrize("who", ["neighbour", "elsewhere"])
def test_what_is_out_of_sight_is_not_found(
    db: Session, world: World, as_account: Login, path: str, who: str
) -> None:
    order = world.order(db)
    ids = {"offer": world.offer.id, "listing": world.listing.id, "order": order.id}

    client = as_account(getattr(world, who))

    assert client.get(path.format(**ids)).status_code == 404


@pytest.mark.parametrize("who", ["farmer", "worker", "office", "admin"])
@pytest.mark.parametrize("path", ["/chao-ban/{offer}", "/tin-dang/{listing}", "/don-hang/{order}"])
def test_those_in_scope_see_it(db: Session, world: World, as_account: Login, path: str, who: str) -> None:
    order = world.order(db)
    ids = {"offer": world.offer.id, "listing": world.listing.id, "order": order.id}

    page(as_account(getattr(world, who)), path.format(**ids))


@pytest.mark.parametrize(
    "path", ["/chao-ban", "/chao-ban?q=cam+vang", "/tin-dang", "/don-hang", "/ban-ngoai-san"]
)
@pytest.mark.parametrize("who", ["farmer", "worker", "office"])
def test_lists_cost_six_statements_at_most(
    db: Session, world: World, as_account: Login, engine: Engine, path: str, who: str
) -> None:
    world.order(db)
    for number in range(35):
        offer = make.an_offer(db, producer=world.seller, pack=world.pack, title=f"Cam Vàng số {number}")
        make.a_listing(
            db,
            offer=offer,
            shop=world.shop,
            blame=Blame.SELLER,
            cause=f"c{number}",
            cause_sentence="Hãy sửa.",
        )
    db.commit()
    client = as_account(getattr(world, who))

    with counted(engine) as said:
        text = page(client, path)

    statements = [one for one in said if not one.startswith(("BEGIN", "SELECT pg_catalog", "SELECT 1"))]
    assert len(statements) <= 6, "\n".join(statements)
    assert "Trang sau" in text or path in ("/don-hang", "/ban-ngoai-san")


def test_the_offer_page_is_green_when_nothing_is_missing(world: World, as_account: Login) -> None:
    text = page(as_account(world.farmer), f"/chao-ban/{world.offer.id}")

    assert "Đủ điều kiện" in text
    assert "20.000\u00a0₫" in text
    assert "Xuất xứ: xã Vĩnh Hảo, huyện Bắc Quang, tỉnh Hà Giang." in text


def test_an_extension_worker_sees_for_whom_they_act(world: World, as_account: Login) -> None:
    path = f"/chao-ban/{world.offer.id}"

    assert "Làm thay hộ Hoàng Thị Vén" in page(as_account(world.worker), path)
    assert "Làm thay" not in page(as_account(world.farmer), path)


def test_choosing_the_seller_the_product_and_the_pack(world: World, as_account: Login) -> None:
    client = as_account(world.worker)

    assert f"nguoi-ban={world.seller.id}" in page(client, "/chao-ban/moi?q=hoang+thi+ven")
    assert f"san-pham={world.product.id}" in page(client, f"/chao-ban/moi?nguoi-ban={world.seller.id}")
    form = page(client, f"/chao-ban/moi?nguoi-ban={world.seller.id}&san-pham={world.product.id}")
    assert "Thùng 10 kg" in form
    assert "Trong kho còn 100 kg" in form


def test_an_offer_form_refused_keeps_what_was_typed_and_changes_nothing(
    db: Session, world: World, as_account: Login
) -> None:
    typed = {
        "pack_id": world.pack.id,
        "price_vnd": "rẻ thôi",
        "packs": "3",
        "shops": str(world.shop.id),
        "description": "Ngọt",
    }

    answer = as_account(world.farmer).post("/chao-ban/moi", data=typed)

    assert answer.status_code == 422
    text = answer.get_data(as_text=True)
    assert "Giá một gói" in text
    assert 'value="rẻ thôi"' in text
    assert ">\nNgọt</textarea>" in text
    assert len(db.exec(select(Offer)).all()) == 1


def test_the_same_form_twice_makes_one_offer(db: Session, world: World, as_account: Login) -> None:
    client = as_account(world.farmer)
    typed = {
        "pack_id": world.pack.id,
        "price_vnd": "210k",
        "packs": "2",
        "shops": str(world.shop.id),
        "client_key": "k1",
    }

    first, second = client.post("/chao-ban/moi", data=typed), client.post("/chao-ban/moi", data=typed)

    assert (first.status_code, second.status_code) == (303, 303)
    assert first.location == second.location
    made = db.exec(select(Offer).where(Offer.client_key == "k1")).one()
    assert (made.price_vnd, made.title) == (210_000, "Cam Vàng Hà Giang thùng 10 kg")
    assert db.exec(select(Listing).where(Listing.offer_id == made.id)).one().wanted_packs == 2


def test_a_farmer_sells_only_the_own_goods(db: Session, world: World, as_account: Login) -> None:
    typed = {"pack_id": world.pack.id, "price_vnd": "210k", "producer_id": world.seller.id}

    answer = as_account(world.neighbour).post("/chao-ban/moi", data=typed)

    assert answer.status_code == 303
    made = db.exec(select(Offer).order_by(Offer.id.desc())).first()  # type: ignore[union-attr]  # a column
    assert made is not None
    assert made.producer_id != world.seller.id


def test_a_changed_price_is_audited_and_sent_again(
    db: Session, world: World, as_account: Login, engine: Engine
) -> None:
    client, revision = as_account(world.farmer), world.listing.revision
    typed = {"price_vnd": "230.000", "title": world.offer.title, "description": world.offer.description}

    answer = client.post(f"/chao-ban/{world.offer.id}/sua", data=typed)

    assert answer.status_code == 303
    assert after(engine, Listing, world.listing.id).revision == revision + 1
    entry = db.exec(select(AuditEntry).where(AuditEntry.action == "offer.price_changed")).one()
    assert entry.facts == {"old": 200_000, "new": 230_000}
    assert "200.000\u00a0₫ → 230.000\u00a0₫" in page(client, f"/tin-dang/{world.listing.id}")


def test_a_listing_page_shows_wish_sent_and_there_with_exposure_for_staff(
    db: Session, world: World, as_account: Login
) -> None:
    listing = db.get_one(Listing, world.listing.id)
    listing.remote_id, listing.remote_state, listing.confirmed_price_vnd = "77", "live", 190_000
    listing.published_revision, listing.confirmed_packs, listing.exposure_packs = 1, 4, 4
    db.commit()

    farmer, worker = (
        page(as_account(who), f"/tin-dang/{listing.id}") for who in (world.farmer, world.worker)
    )

    assert "190.000\u00a0₫" in farmer
    assert "Khác điều muốn" in farmer
    assert "Đang bán" in farmer
    assert "Chưa hứa cho ai" not in farmer
    assert "Chưa hứa cho ai" in worker
    assert "60 kg" in worker


def test_who_must_act_is_said_with_its_sentence(
    db: Session, world: World, as_account: Login, engine: Engine
) -> None:
    listing = db.get_one(Listing, world.listing.id)
    listing.blame, listing.cause, listing.not_before = Blame.SELLER, "price", None
    listing.cause_sentence, listing.cause_facts = (
        "Giá %(least)s là thấp nhất; hãy sửa giá.",
        {"least": "1.000"},
    )
    db.commit()
    client = as_account(world.farmer)

    text = page(client, f"/tin-dang/{listing.id}")
    answer = client.post(f"/tin-dang/{listing.id}/thu-lai")

    assert "Giá 1.000 là thấp nhất; hãy sửa giá." in text
    assert "Thử lại" in text
    assert answer.status_code == 303
    again = after(engine, Listing, listing.id)
    assert (again.blame, again.not_before) == (None, make.NOW)


def test_one_repair_sends_every_listing_of_the_cause_again_and_only_those(
    db: Session, world: World, as_account: Login, engine: Engine
) -> None:
    same, other = [], None
    for cause in ("a", "a", "b"):
        offer = make.an_offer(db, producer=world.seller, pack=world.pack)
        listing = make.a_listing(
            db,
            offer=offer,
            shop=world.shop,
            blame=Blame.SELLER,
            cause=cause,
            cause_sentence="Hãy sửa.",
            not_before=None,
        )
        if cause == "a":
            same.append(listing.id)
        else:
            other = listing.id
    db.commit()
    client = as_account(world.worker)

    assert "2 tin đăng" in page(client, "/tin-dang")
    client.post("/tin-dang/thu-lai", data={"cause": "a"})

    assert [after(engine, Listing, key).blame for key in same] == [None, None]
    assert after(engine, Listing, other).blame == Blame.SELLER


def test_taking_down_and_selling_again(db: Session, world: World, as_account: Login, engine: Engine) -> None:
    client, path = as_account(world.farmer), f"/tin-dang/{world.listing.id}"

    client.post(f"{path}/muon", data={"do": "withdraw"})
    assert after(engine, Listing, world.listing.id).wanted == Wanted.WITHDRAWN
    client.post(f"{path}/muon", data={"do": "sell", "packs": "4"})
    back = after(engine, Listing, world.listing.id)
    assert (back.wanted, back.wanted_packs) == (Wanted.ON_SALE, 4)
    refused = client.post(f"{path}/muon", data={"do": "packs", "packs": "99"})
    assert refused.status_code == 422
    assert 'value="99"' in refused.get_data(as_text=True)
    assert after(engine, Listing, world.listing.id).wanted_packs == 4


def test_listing_filters(db: Session, world: World, as_account: Login) -> None:
    client = as_account(world.office)

    assert world.offer.title in page(client, "/tin-dang?trang-thai=cho")
    assert world.offer.title not in page(client, "/tin-dang?trang-thai=dang-ban")
    assert world.offer.title not in page(client, "/tin-dang?ai=developer")


def test_an_order_shows_lots_and_takes_a_decision(
    db: Session, world: World, as_account: Login, engine: Engine
) -> None:
    order = world.order(db)
    client = as_account(world.farmer)

    text = page(client, f"/don-hang/{order.id}")
    assert world.lot.code in text
    assert "20 kg" in text
    assert client.post(f"/don-hang/{order.id}/xac-nhan").status_code == 303

    assert after(engine, Order, order.id).wish == "confirm"
    assert "99001" in page(client, "/don-hang?q=990")
    assert "99001" not in page(client, "/don-hang?trang-thai=delivered")


def test_cancelling_needs_a_reason(db: Session, world: World, as_account: Login, engine: Engine) -> None:
    order = world.order(db)

    answer = as_account(world.farmer).post(f"/don-hang/{order.id}/huy", data={"reason": ""})

    assert answer.status_code == 422
    assert after(engine, Order, order.id).wish is None


def test_a_member_does_not_decide_the_cooperatives_order(
    db: Session, world: World, as_account: Login, engine: Engine
) -> None:
    order = world.order(db)
    pooled = make.an_offer(db, producer=db.get_one(Producer, world.shop.producer_id), pack=world.pack)
    line = world.line
    line.listing_id = make.a_listing(db, offer=pooled, shop=world.shop).id
    db.add(line)
    db.commit()
    client = as_account(world.farmer)

    assert "Xác nhận đơn" not in page(client, f"/don-hang/{order.id}")
    assert client.post(f"/don-hang/{order.id}/xac-nhan").status_code == 403
    assert after(engine, Order, order.id).wish is None


def test_returns_and_complaints_wait_for_delivery(
    db: Session, world: World, as_account: Login, engine: Engine
) -> None:
    order = world.order(db)
    line = world.line
    client = as_account(world.worker)
    back = {"line_id": line.id, "packs": "1", "on": "2021-12-01", "already": "0"}

    assert client.post(f"/don-hang/{order.id}/tra-hang", data=back).status_code == 422
    db.get_one(Order, order.id).delivered_at = make.NOW - timedelta(days=1)
    db.get_one(Order, order.id).state = "delivered"
    db.commit()
    assert client.post(f"/don-hang/{order.id}/tra-hang", data=back).status_code == 303
    bad = {"line_id": line.id, "grams": "2", "refund_vnd": "40k", "on": "2021-12-01"}
    assert client.post(f"/don-hang/{order.id}/khieu-nai", data=bad).status_code == 303

    assert after(engine, OrderLine, line.id).returned_packs == 1
    text = page(client, f"/don-hang/{order.id}")
    assert "Trả lại" in text
    assert "hỏng 2 kg" in text


def test_an_outside_sale_takes_from_stock(db: Session, world: World, as_account: Login) -> None:
    client = as_account(world.farmer)
    typed = {
        "producer_id": world.seller.id, "product_id": world.product.id, "channel": "trader", "evidence": "D",
        "grams": "12,5", "sold_on": "2021-12-01", "value_vnd": "", "marketplace": "", "client_key": "x1",
    }  # fmt: skip

    page(client, "/ban-ngoai-san/moi")
    assert client.post("/ban-ngoai-san/moi", data=typed).status_code == 303
    assert client.post("/ban-ngoai-san/moi", data=typed).status_code == 303
    refused = client.post("/ban-ngoai-san/moi", data={**typed, "grams": "900", "client_key": "x2"})

    assert refused.status_code == 422
    assert 'value="900"' in refused.get_data(as_text=True)
    assert "12,5 kg" in page(client, "/ban-ngoai-san")
    assert "12,5 kg" not in page(as_account(world.neighbour), "/ban-ngoai-san")
    assert [sale.grams for sale in db.exec(select(OutsideSale))] == [12_500]


def test_nobody_records_a_sale_of_another_household(db: Session, world: World, as_account: Login) -> None:
    typed = {
        "producer_id": world.seller.id, "product_id": world.product.id, "channel": "trader", "evidence": "D",
        "grams": "1", "sold_on": "2021-12-01",
    }  # fmt: skip

    as_account(world.neighbour).post("/ban-ngoai-san/moi", data=typed)

    assert db.exec(select(OutsideSale)).all() == []


def test_the_journal_shows_redacted_exchanges(db: Session, world: World, as_account: Login) -> None:
    said = Exchange(
        shop_id=world.shop.id,
        at=make.NOW,
        method="POST",
        path="/api/x",
        request='{"token":"***"}',
        status=500,
        response="[]",
    )
    db.add(said)
    db.commit()
    client = as_account(world.office)

    assert "POST /api/x" in page(client, f"/gian-hang/{world.shop.id}/nhat-ky?loi=1")
    assert "&#34;token&#34;: &#34;***&#34;" in page(client, f"/gian-hang/{world.shop.id}/nhat-ky/{said.id}")


def test_a_count_of_one_shop_opens_the_listings_of_that_shop(engine, as_account):
    with database.writing(engine) as db:
        coordinator = make.an_account(db, Role.COORDINATOR)
        producer = make.a_cooperative(db)
        pack = make.a_pack(db, make.a_product(db))
        here, there = (make.a_shop(db, producer=producer) for _ in range(2))
        for shop, title in ((here, "Cam của gian này"), (there, "Cam của gian kia")):
            offer = make.an_offer(db, producer=producer, pack=pack, title=title)
            make.a_listing(db, offer=offer, shop=shop, remote_id="1", remote_state="live")
    browser = as_account(coordinator)

    home = browser.get("/bao-cao").get_data(as_text=True)
    listed = browser.get(f"/tin-dang?gian-hang={here.id}&trang-thai=dang-ban").get_data(as_text=True)

    assert f"/tin-dang?gian-hang={here.id}&amp;trang-thai=dang-ban" in home
    assert "Cam của gian này" in listed
    assert "Cam của gian kia" not in listed
    assert f"Chỉ tin của gian hàng Sendo · {here.name}." in listed
