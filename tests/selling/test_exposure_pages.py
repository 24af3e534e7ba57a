"""The pages of promised stock: what they add up, who sees whose, and how many statements they cost."""

import os
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlmodel import Session, select

from catalog.models import HarvestLot, LotMixing, LotPool
from marketplace.accounts.models import Account, Role
from marketplace.selling.exposure_pages import Totals, places_of, pool_rows, pool_totals
from marketplace.selling.models import Listing
from marketplace.selling.policies import policy_of
from marketplace.selling.stock import note_move, pool_figures
from marketplace.selling.stock_models import ExposureEntry, Moved, PoolPolicy, Split
from tests import factories as make
from tests.selling.test_pages import Login, counted

POOLS = int(os.environ.get("LENSAN_TEST_POOLS", "45"))


class Goods:
    """A cooperative's pool on two marketplaces, with lots of two communes, and people who look at it."""

    def __init__(self, db: Session) -> None:
        self.near = make.a_household(db)
        self.far = make.a_household(db, commune="Xã Tiên Kiều", head="Phàn Chòi Nhàn")
        self.seller = make.a_cooperative(db, members=(self.near, self.far))
        self.product = make.a_product(db)
        pack = make.a_pack(db, self.product)
        self.lots = [
            make.a_lot(db, product=self.product, household=household, producer=self.seller, grams=grams)
            for household, grams in ((self.near, 60_000), (self.near, 40_000), (self.far, 50_500))
        ]
        self.pool = db.get_one(LotPool, self.lots[0].pool_id)
        offer = make.an_offer(db, producer=self.seller, pack=pack)
        self.sendo, self.voso = (
            make.a_listing(
                db,
                offer=offer,
                shop=make.a_shop(db, producer=self.seller, marketplace=name),
                exposure_packs=packs,
                packs=packs,
            )
            for name, packs in (("sendo", 4), ("voso", 3))
        )
        self.office = make.an_account(db, Role.COORDINATOR)
        self.worker = make.an_account(db, Role.EXTENSION)
        self.farmer = make.an_account(db, Role.FARMER, household=self.near)
        db.commit()

    @property
    def path(self) -> str:
        return f"/hang-da-hua/{self.pool.id}"


@pytest.fixture
def goods(db: Session) -> Goods:
    return Goods(db)


def page(client: FlaskClient, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.get_data(as_text=True)
    return str(answer.get_data(as_text=True))


def a_promise(db: Session, *, grams: int, packs: int, head: str = "Lý Thị Sử") -> LotPool:
    """A household's pool with one listing that exposes `packs` of 10 kg."""
    household = make.a_household(db, head=head)
    seller, product = make.producer_of(db, household), make.a_product(db, name=f"Cam của {head}")
    lot = make.a_lot(db, product=product, household=household, grams=grams)
    offer = make.an_offer(db, producer=seller, pack=make.a_pack(db, product), photos=0)
    make.a_listing(db, offer=offer, shop=make.a_shop(db, producer=seller), exposure_packs=packs)
    return db.get_one(LotPool, lot.pool_id)


# --- what they add up --------------------------------------------------------------------------------------


def test_a_pool_tells_what_is_on_hand_promised_and_where(db: Session, goods: Goods) -> None:
    (row,), more = pool_rows(db, goods.office)

    assert (row.on_hand, row.exposed, row.free, more) == (150_500, 70_000, 80_500, False)
    assert row.places == {"sendo": 40_000, "voso": 30_000}
    assert (row.in_doubt, row.doubt_since) == (0, None)


def test_the_list_says_what_the_stock_protocol_says(db: Session, goods: Goods) -> None:
    for number in range(5):
        a_promise(db, grams=35_000 + number, packs=number, head=f"Lý Thị {number}")

    rows, _more = pool_rows(db, goods.office)

    figures = pool_figures(db, [row.pool.id or 0 for row in rows])
    assert len(rows) == 6
    assert [(row.on_hand, row.exposed) for row in rows] == [
        (figures[row.pool.id or 0].on_hand, figures[row.pool.id or 0].exposed) for row in rows
    ]


def test_what_is_promised_too_much_comes_first_and_is_an_alarm(
    db: Session, goods: Goods, as_account: Login
) -> None:
    broken = a_promise(db, grams=25_000, packs=3)
    db.commit()
    browser = as_account(goods.office)

    text, overview = page(browser, "/hang-da-hua"), page(browser, "/bao-cao")

    assert "1 kho đang hứa cho các sàn nhiều hơn số có." in text
    assert "Thiếu 5 kg" in text
    assert "1 kho đang hứa cho các sàn nhiều hơn số có." in overview
    assert [row.pool.id for row in pool_rows(db, goods.office)[0]] == [broken.id, goods.pool.id]
    assert [row.pool.id for row in pool_rows(db, goods.office, chosen="qua")[0]] == [broken.id]


def test_a_doubt_lasts_from_the_first_movement_after_the_last_certain_one(db: Session, goods: Goods) -> None:
    for minute, moved in enumerate((Moved.SENT, Moved.DONE, Moved.SENT, Moved.LOST, Moved.SENT)):
        note_move(db, goods.sendo, moved, 4, now=make.NOW + timedelta(minutes=minute))
    goods.sendo.unclear, goods.sendo.doubt_until = True, make.NOW + timedelta(minutes=9)
    db.add(goods.sendo)
    db.flush()

    (row,), _more = pool_rows(db, goods.office, chosen="ngo")
    sendo, voso = places_of(db, goods.pool)

    since = make.NOW + timedelta(minutes=2)
    assert (row.in_doubt, row.doubt_since) == (1, since)
    assert (sendo.in_doubt, sendo.doubt_since, voso.in_doubt, voso.doubt_since) == (True, since, False, None)
    assert pool_totals(db, goods.office) == Totals(pools=1, promised=1, too_much=0, in_doubt=1)


def test_the_history_tells_every_movement_newest_first_and_of_one_listing(
    db: Session, goods: Goods, as_account: Login
) -> None:
    for number in range(31):
        note_move(db, goods.sendo, Moved.SENT, number, now=make.NOW + timedelta(minutes=number))
    note_move(db, goods.voso, Moved.RAISED, 99, now=make.NOW + timedelta(hours=1))
    db.commit()
    browser = as_account(goods.office)

    text = page(browser, goods.path)
    assert text.index("Số gói trên sàn bị tăng: 99 gói") < text.index("Gửi số gói lên sàn: 30 gói")
    assert "Gửi số gói lên sàn: 1 gói" not in text
    assert "Gửi số gói lên sàn: 1 gói" in page(browser, f"{goods.path}?trang=2")
    assert "bị tăng" not in page(browser, f"{goods.path}?tin={goods.sendo.id}")
    page(browser, f"{goods.path}?tin=999", 404)


# --- who sees whose ----------------------------------------------------------------------------------------


def test_a_member_sees_the_own_pool_and_not_the_cooperatives(
    db: Session, goods: Goods, as_account: Login
) -> None:
    own = make.a_lot(db, product=goods.product, household=goods.near, grams=7_000)
    db.commit()
    phone = as_account(goods.farmer)

    page(phone, f"/hang-da-hua/{own.pool_id}")
    page(phone, goods.path, 404)
    assert f"/hang-da-hua/{own.pool_id}" in page(phone, f"/lo-thu-hoach/{own.id}")
    assert "/hang-da-hua/" not in page(phone, f"/lo-thu-hoach/{goods.lots[0].id}")
    assert [row.pool.id for row in pool_rows(db, goods.farmer)[0]] == [own.pool_id]


def test_lots_of_households_out_of_sight_are_only_a_sum(goods: Goods, as_account: Login) -> None:
    text = page(as_account(goods.worker), goods.path)

    assert goods.lots[0].code in text
    assert goods.lots[2].code not in text
    assert "Lô của các hộ khác" in text
    assert "50,5 kg" in text


# --- how it is split ---------------------------------------------------------------------------------------


def test_a_policy_is_kept_and_the_one_before_is_a_button_away(
    engine: Engine, goods: Goods, as_account: Login
) -> None:
    browser, path = as_account(goods.office), f"{goods.path}/cach-chia"
    fixed = {"split": "fixed", "share_sendo": "2", "share_voso": "1", "reserve_grams": "12,5"}
    first = {"split": "priority", "rank_1": "voso", "rank_2": "sendo", "reserve_grams": "0"}

    assert browser.post(path, data=fixed).status_code == 303
    assert browser.post(path, data=first).status_code == 303

    text = page(browser, path)
    assert "Theo tỷ lệ cố định: Sendo 2 · Sàn kiểu Voso 1 · giữ lại 12,5 kg" in text
    assert "Lúc ban đầu" in text
    with Session(engine) as look:
        assert look.get_one(PoolPolicy, goods.pool.id).ranking == ["voso", "sendo"]
    back = {"split": "fixed", "share_sendo": "2", "share_voso": "1", "reserve_grams": "12,5"}
    assert all(f'name="{name}" value="{value}"' in text for name, value in back.items())
    browser.post(path, data=back)
    with Session(engine) as look:
        policy = look.get_one(PoolPolicy, goods.pool.id)
        assert (policy.split, policy.shares, policy.reserve_grams) == (
            Split.FIXED,
            {"sendo": 2, "voso": 1},
            12_500,
        )


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"split": "fixed"}, "Hãy ghi tỷ lệ lớn hơn 0 cho ít nhất một sàn."),
        ({"split": "only"}, "Hãy chọn sàn trong danh sách các sàn đang có gian hàng."),
        ({"split": "by_magic"}, "Hãy chọn một mục có sẵn ở “Cách chia”."),
        ({"split": "by_sales", "reserve_grams": "-3"}, "“-3”"),
    ],
)
def test_a_wrong_policy_is_refused_with_a_sentence_and_changes_nothing(
    engine: Engine, goods: Goods, as_account: Login, wrong: dict[str, Any], sentence: str
) -> None:
    typed = {"share_sendo": "0", "share_voso": "", "rank_1": "", "reserve_grams": "7", **wrong}

    answer = as_account(goods.worker).post(f"{goods.path}/cach-chia", data=typed)

    assert answer.status_code == 422
    text = answer.get_data(as_text=True)
    assert sentence in text
    assert f'value="{typed["reserve_grams"]}"' in text
    with Session(engine) as look:
        assert policy_of(look, goods.pool.id or 0) is None


# --- lots packed together ----------------------------------------------------------------------------------


def mixed(engine: Engine) -> list[LotMixing]:
    with Session(engine) as look:
        return list(look.exec(select(LotMixing)))


def test_lots_are_mixed_once_and_separated_again(engine: Engine, goods: Goods, as_account: Login) -> None:
    browser, path = as_account(goods.office), f"{goods.path}/dong-chung"
    ids = [str(lot.id) for lot in goods.lots]
    typed = {"lot_ids": ids, "mixed_on": "01/12/2021", "remark": "Thùng HTX", "client_key": "dong-1"}

    assert browser.post(path, data=typed).status_code == 303
    assert browser.post(path, data=typed).status_code == 303

    (mixing,) = mixed(engine)
    text = page(browser, goods.path)
    assert "Đóng chung 3 lô ngày 01/12/2021" in text
    assert "Thùng HTX" in text
    assert "Không có lô nào để đóng chung" in page(browser, path)
    assert browser.post(f"{path}/{mixing.id}/bo").status_code == 303
    assert mixed(engine) == []
    with Session(engine) as look:
        assert look.exec(select(HarvestLot.mixing_id)).all() == [None, None, None]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"lot_ids": []}, "Hãy điền “Các lô”."),
        ({"lot_ids": ["một"]}, "“Các lô” phải là số nguyên, ví dụ 12."),
        ({"mixed_on": "31/02/2021"}, "Ngày"),
        ({"mixed_on": "02/12/2021"}, "Ngày đóng hàng chưa tới."),
        ({"mixed_on": "30/11/2021"}, "sau ngày đóng hàng"),
        ({"remark": "x" * 201}, "“Ghi chú” quá dài, nhiều nhất 200 ký tự."),
    ],
)
def test_a_wrong_mixing_is_refused_with_a_sentence_and_changes_nothing(
    engine: Engine, goods: Goods, as_account: Login, wrong: dict[str, Any], sentence: str
) -> None:
    ids = [str(lot.id) for lot in goods.lots]
    typed = {"lot_ids": ids, "mixed_on": "01/12/2021", "remark": "Thùng HTX", **wrong}

    answer = as_account(goods.office).post(f"{goods.path}/dong-chung", data=typed)

    assert answer.status_code == 422
    text = answer.get_data(as_text=True)
    assert sentence in text
    assert f'value="{typed["mixed_on"]}"' in text
    assert mixed(engine) == []


def test_nobody_mixes_lots_out_of_sight(engine: Engine, goods: Goods, as_account: Login) -> None:
    ids = [str(goods.lots[0].id), str(goods.lots[2].id)]

    answer = as_account(goods.worker).post(
        f"{goods.path}/dong-chung", data={"lot_ids": ids, "mixed_on": "01/12/2021"}
    )

    assert answer.status_code == 422
    assert mixed(engine) == []


# --- statements --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["office", "worker", "farmer"])
def test_a_list_of_many_pools_costs_as_many_statements_as_one(
    db: Session, engine: Engine, goods: Goods, as_account: Login, who: str
) -> None:
    account: Account = getattr(goods, who)
    browser = as_account(account)
    with counted(engine) as of_one:
        page(browser, "/hang-da-hua")
    for number in range(POOLS):
        a_promise(db, grams=50_000, packs=number % 7, head=f"Lý Thị {number}")
    db.commit()
    with counted(engine) as of_many:
        text = page(browser, "/hang-da-hua")

    assert ("Trang sau" in text) == (who != "farmer")
    assert len(of_many) <= len(of_one) + (who == "farmer") <= 6, "\n".join(of_many)


def test_one_pool_costs_as_many_statements_with_a_long_history(
    db: Session, engine: Engine, goods: Goods, as_account: Login
) -> None:
    browser = as_account(goods.office)
    with counted(engine) as short:
        page(browser, goods.path)
    db.add_all(
        ExposureEntry(listing_id=listing.id, at=make.NOW, moved=Moved.SENT, packs=1, exposure_packs=1)
        for listing in db.exec(select(Listing))
        for _ in range(50)
    )
    db.commit()
    with counted(engine) as long:
        page(browser, goods.path)

    assert len(long) == len(short) <= 18, "\n".join(long)
