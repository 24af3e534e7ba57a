"""Sales outside the marketplaces: what touches a promise is asked about, and a mistake can be taken back."""

from dataclasses import dataclass
from datetime import date
from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from sqlmodel import Session, col, func, select

from catalog.lots import on_hand
from catalog.models import LotPool, Photo, StockEntry, StockKind
from marketplace.accounts.models import Role
from marketplace.core.audit import SYSTEM, AuditEntry
from marketplace.selling import listings
from marketplace.selling.models import Channel, Evidence, Listing, OutsideSale, TonnageEntry, TonnageKind
from marketplace.selling.outside import (
    NotInStock,
    OutsideSaleIn,
    PromisedToMarketplaces,
    record_outside_sale,
)
from marketplace.selling.policies import PolicyIn, set_policy
from marketplace.selling.stock import wished_grams
from marketplace.selling.stock_models import Split
from marketplace.selling.taking_back import take_back_outside_sale
from tests import factories as make


@dataclass
class Garden:
    """A household's 300 kg, 20 boxes of 10 kg of it on sale and promised."""

    pool: LotPool
    listing: Listing
    sold: OutsideSaleIn

    def sell(self, db: Session, grams: int, *, confirmed: bool = False) -> OutsideSale:
        data = self.sold.model_copy(update={"grams": grams, "confirmed": confirmed})
        return record_outside_sale(db, SYSTEM, data, now=make.NOW)


@pytest.fixture
def garden(db: Session) -> Garden:
    return a_garden(db)


def a_garden(db: Session) -> Garden:
    household = make.a_household(db)
    seller = make.producer_of(db, household)
    product = make.a_product(db)
    lots = [make.a_lot(db, product=product, household=household, grams=grams) for grams in (120_000, 180_000)]
    offer = make.an_offer(db, producer=seller, pack=make.a_pack(db, product))
    shop = make.a_shop(db, producer=make.a_cooperative(db, members=(household,)))
    listing = make.a_listing(db, offer=offer, shop=shop, packs=20, exposure_packs=20)
    sold = OutsideSaleIn(
        producer_id=seller.id or 0,
        product_id=product.id or 0,
        channel=Channel.TRADER,
        evidence=Evidence.D,
        grams=1,
        value_vnd=1_000_001,
        sold_on=date(2021, 11, 28),
    )
    return Garden(db.get_one(LotPool, lots[0].pool_id), listing, sold)


def ledger(db: Session, pool: LotPool) -> list[tuple[StockKind, int]]:
    rows = select(StockEntry).where(StockEntry.pool_id == pool.id).order_by(col(StockEntry.id))
    return [(entry.kind, entry.grams) for entry in db.exec(rows)]


def counted(db: Session) -> list[tuple[TonnageKind, date, int, int]]:
    rows = db.exec(select(TonnageEntry).order_by(col(TonnageEntry.id)))
    return [(entry.kind, entry.day, entry.grams, entry.value_vnd) for entry in rows]


def test_what_is_free_is_sold_without_a_question_and_listings_stay(db: Session, garden: Garden) -> None:
    sale = garden.sell(db, 100_000)

    assert on_hand(db, garden.pool.id or 0) == 200_000
    assert garden.listing.wanted_packs == 20
    assert sale.taken_packs == {}


def test_what_marketplaces_may_have_sold_needs_a_confirmation(db: Session, garden: Garden) -> None:
    with pytest.raises(PromisedToMarketplaces) as refused:
        garden.sell(db, 100_001)

    assert refused.value.facts == {"free": "100 kg", "promised": "200 kg"}
    assert ledger(db, garden.pool) == [(StockKind.HARVEST, 120_000), (StockKind.HARVEST, 180_000)]
    assert db.exec(select(OutsideSale)).all() == []
    assert counted(db) == []

    garden.sell(db, 250_000, confirmed=True)
    assert on_hand(db, garden.pool.id or 0) == 50_000
    assert garden.listing.wanted_packs == 5


def test_nobody_sells_more_than_there_is_even_when_confirmed(db: Session, garden: Garden) -> None:
    with pytest.raises(NotInStock) as refused:
        garden.sell(db, 300_001, confirmed=True)

    assert refused.value.facts == {"left": "300 kg"}
    assert garden.listing.wanted_packs == 20
    assert db.exec(select(OutsideSale)).all() == []


def test_a_mistake_is_taken_back_with_goods_figures_and_packs(db: Session, garden: Garden) -> None:
    sale = garden.sell(db, 250_000, confirmed=True)

    take_back_outside_sale(db, SYSTEM, sale, "Ghi nhầm nhà bên", now=make.NOW)

    assert ledger(db, garden.pool)[2:] == [
        (StockKind.SALE, -120_000),
        (StockKind.SALE, -130_000),
        (StockKind.CANCELLED, 120_000),
        (StockKind.CANCELLED, 130_000),
    ]
    assert counted(db) == [
        (TonnageKind.SOLD, date(2021, 11, 28), 120_000, 480_000),
        (TonnageKind.SOLD, date(2021, 11, 28), 130_000, 520_001),
        (TonnageKind.TAKEN_BACK, date(2021, 11, 28), -120_000, -480_000),
        (TonnageKind.TAKEN_BACK, date(2021, 11, 28), -130_000, -520_001),
    ]
    assert (garden.listing.wanted_packs, garden.listing.restock) == (20, True)
    assert (sale.taken_back_at, sale.taken_back_why) == (make.NOW, "Ghi nhầm nhà bên")
    actions = db.exec(select(AuditEntry.action).where(AuditEntry.subject_kind == "outside_sale")).all()
    assert list(actions) == ["outside_sale.recorded", "outside_sale.taken_back"]


def test_taking_back_twice_is_taking_back_once(db: Session, garden: Garden) -> None:
    sale = garden.sell(db, 250_000, confirmed=True)
    take_back_outside_sale(db, SYSTEM, sale, "Ghi nhầm", now=make.NOW)
    before = ledger(db, garden.pool), counted(db)

    take_back_outside_sale(db, SYSTEM, sale, "Lần nữa", now=make.NOW)

    assert (ledger(db, garden.pool), counted(db)) == before
    assert sale.taken_back_why == "Ghi nhầm"
    assert garden.listing.wanted_packs == 20


def test_a_listing_grows_no_further_than_what_nobody_else_is_to_sell(db: Session, garden: Garden) -> None:
    sale = garden.sell(db, 250_000, confirmed=True)
    garden.sell(db, 30_000, confirmed=True)  # sold meanwhile: 270 kg will be left
    pool_id = garden.pool.id or 0
    set_policy(db, SYSTEM, garden.pool, PolicyIn(split=Split.BY_HAND, reserve_grams=125_000), now=make.NOW)

    take_back_outside_sale(db, SYSTEM, sale, "Ghi nhầm", now=make.NOW)

    assert on_hand(db, pool_id) == 270_000
    assert garden.listing.wanted_packs == 14  # 145 kg may be promised


def test_what_was_taken_off_the_marketplace_stays_off(db: Session, garden: Garden) -> None:
    sale = garden.sell(db, 250_000, confirmed=True)
    listings.withdraw(db, SYSTEM, garden.listing, now=make.NOW)

    take_back_outside_sale(db, SYSTEM, sale, "Ghi nhầm", now=make.NOW)

    assert garden.listing.wanted_packs == 5


def test_a_pool_split_by_a_policy_grows_by_that_policy(db: Session, garden: Garden) -> None:
    only = PolicyIn(split=Split.ONLY, ranking=["sendo"])
    set_policy(db, SYSTEM, garden.pool, only, now=make.NOW)
    assert garden.listing.wanted_packs == 30
    sale = garden.sell(db, 250_000, confirmed=True)
    assert garden.listing.wanted_packs == 5

    take_back_outside_sale(db, SYSTEM, sale, "Ghi nhầm", now=make.NOW)

    assert garden.listing.wanted_packs == 30


@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("sell"), st.integers(1, 320_000)),
            st.tuples(st.just("back"), st.integers(0, 5)),
        ),
        max_size=8,
    )
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_books_are_right_after_any_sales_and_taking_back(db: Session, steps: list[tuple[str, int]]) -> None:
    with db.begin_nested() as kept:
        garden = a_garden(db)
        pool_id, made, left = garden.pool.id or 0, [], 300_000
        for what, number in steps:
            if what == "sell":
                try:
                    made.append(garden.sell(db, number, confirmed=True))
                    left -= number
                except NotInStock:
                    assert number > left
            elif number < len(made):
                left += made[number].grams if made[number].taken_back_at is None else 0
                take_back_outside_sale(db, SYSTEM, made[number], "Ghi nhầm", now=make.NOW)
            assert on_hand(db, pool_id) == left
            assert sum(grams for _, _, grams, _ in counted(db)) == 300_000 - left
            assert wished_grams(db, pool_id) <= left
            assert min(_lefts(db, pool_id)) >= 0
        kept.rollback()


def _lefts(db: Session, pool_id: int) -> list[int]:
    sums = select(func.sum(StockEntry.grams)).where(StockEntry.pool_id == pool_id)
    return [int(grams) for grams in db.exec(sums.group_by(col(StockEntry.lot_id)))]


# --- by whom ---------------------------------------------------------------------------------------------


def test_a_member_sees_but_does_not_take_back_a_sale_of_the_cooperative(db, engine, as_account):
    household = make.a_household(db)
    cooperative, product = make.a_cooperative(db, members=(household,)), make.a_product(db)
    make.a_lot(db, product=product, household=household, producer=cooperative)
    data = {"producer_id": cooperative.id, "product_id": product.id, "grams": 5_000, "sold_on": make.TODAY}
    typed = OutsideSaleIn(channel=Channel.FAIR, evidence=Evidence.D, **data)
    sale = record_outside_sale(db, SYSTEM, typed, now=make.NOW)
    member = make.an_account(db, Role.FARMER, household=household)
    neighbour = make.an_account(db, Role.FARMER, household=make.a_household(db, head="Phàn Chòi Nhàn"))
    db.commit()
    path = f"/ban-ngoai-san/{sale.id}"

    assert "Bỏ phiếu này" not in as_account(member).get(path).get_data(as_text=True)
    assert as_account(member).post(f"{path}/bo", data={"why": "Nhầm"}).status_code == 403
    assert as_account(neighbour).get(path).status_code == 404
    assert as_account(neighbour).post(f"{path}/bo", data={"why": "Nhầm"}).status_code == 404
    with Session(engine) as look:
        assert look.get_one(OutsideSale, sale.id).taken_back_at is None


def test_the_picture_of_a_paper_is_for_those_who_see_the_sale(db, engine, as_account):
    household = make.a_household(db)
    product = make.a_product(db)
    make.a_lot(db, product=product, household=household)
    farmer = make.an_account(db, Role.FARMER, household=household)
    neighbour = make.an_account(db, Role.FARMER, household=make.a_household(db, head="Phàn Chòi Nhàn"))
    seller = make.producer_of(db, household)
    db.commit()
    picture = BytesIO()
    Image.new("RGB", (400, 300), "white").save(picture, "JPEG")
    picture.seek(0)
    typed = {
        "producer_id": seller.id, "product_id": product.id, "channel": "post_office_offline", "evidence": "C",
        "grams": "12,5", "sold_on": "2021-12-01", "photo": (picture, "phieu.jpg"),
    }  # fmt: skip

    made = as_account(farmer).post("/ban-ngoai-san/moi", data=typed)

    photo = f"{made.headers['Location']}/giay-to.jpg"
    with as_account(farmer).get(photo) as answer:
        assert answer.mimetype == "image/jpeg"
    assert as_account(neighbour).get(photo).status_code == 404
    with Session(engine) as look:
        kept = look.exec(select(Photo)).one()
    assert kept.private
    assert as_account(farmer).get(f"/anh/{kept.sha256}.jpg").status_code == 404
