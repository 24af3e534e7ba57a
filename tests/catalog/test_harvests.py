"""Recording a harvest: whose, which season, sold by whom, how much is believable, and nothing twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
from sqlmodel import Session, select

from catalog import harvests, lots, seasons
from catalog.harvests import record_harvest
from catalog.models import HarvestLot, Household, LotPool, Membership, Product, StockEntry
from catalog.product_forms import LotIn, WindowIn
from marketplace.accounts.models import Account, Role
from marketplace.core import clock
from marketplace.core import db as database
from marketplace.core.audit import SYSTEM, AuditEntry
from marketplace.core.errors import NotFound
from tests import factories as make
from tests.catalog.looking import seen
from tests.selling.test_pages import counted

NOW = make.NOW
DAY = date(2021, 12, 1)


class Orchard:
    """A farmer's household with one hectare of oranges, in the season 2021-2022."""

    def __init__(self, db: Session) -> None:
        self.household: Household = make.a_household(db, orange_area_m2=10_000)
        self.product: Product = make.a_product(db, variety="cam Vàng")
        self.season = make.a_season(db)
        self.farmer: Account = make.an_account(db, Role.FARMER, household=self.household)
        self.worker: Account = make.an_account(db)

    def picked(self, **values: object) -> LotIn:
        given = {"product_id": self.product.id, "grams": 120_000, "harvested_on": DAY, "grade": "Loại 1"}
        return LotIn.model_validate({**given, **values})


@pytest.fixture
def orchard(db):
    return Orchard(db)


def nothing_kept(db: Session) -> bool:
    return not db.exec(select(HarvestLot)).all() and not db.exec(select(StockEntry)).all()


def test_a_harvest_is_a_lot_and_its_first_line(db, orchard):
    lot = record_harvest(db, orchard.farmer, orchard.picked(), now=NOW)

    assert lot.code == f"HG21-BQ-{lot.id:06d}"
    assert (lot.household_id, lot.season_id, lot.grams) == (orchard.household.id, orchard.season.id, 120_000)
    assert (lot.commune_id, lot.recorded_by, lot.recorded_at) == (
        orchard.household.commune_id, orchard.farmer.id, NOW,
    )  # fmt: skip
    assert [(line.grams, line.kind, line.key) for line in lots.ledger_of(db, lot)] == [
        (120_000, "harvest", f"harvest:{lot.id}")
    ]
    assert lots.on_hand(db, lot.pool_id) == 120_000
    pool = db.get_one(LotPool, lot.pool_id)
    assert pool.producer_id == make.producer_of(db, orchard.household).id


def test_the_code_names_the_commune_once_districts_are_gone(db, orchard):
    seasons.add_season(
        db,
        SYSTEM,
        seasons.SeasonIn(key="2025-2026", starts_on=date(2025, 9, 1), ends_on=date(2026, 5, 31)),
    )
    later = datetime(2025, 12, 1, 3, tzinfo=UTC)

    lot = record_harvest(db, orchard.farmer, orchard.picked(harvested_on=later.date()), now=later)

    assert lot.code == f"HG25-VT-{lot.id:06d}"  # Vĩnh Hảo lies in xã Vĩnh Tuy since July 2025
    assert lot.commune_id == orchard.household.current_commune_id


def test_the_same_receipt_twice_is_one_lot(db, orchard):
    first = record_harvest(db, orchard.farmer, orchard.picked(client_key="phone-1"), now=NOW)
    second = record_harvest(db, orchard.farmer, orchard.picked(client_key="phone-1", grams=999), now=NOW)

    assert second.id == first.id
    assert lots.on_hand(db, first.pool_id) == 120_000


def test_a_receipt_of_another_household_is_not_shown(db, orchard):
    other = make.a_household(db, head="Lý Văn Hai")
    record_harvest(db, orchard.farmer, orchard.picked(client_key="phone-1"), now=NOW)

    with pytest.raises(NotFound):
        record_harvest(
            db, orchard.worker, orchard.picked(client_key="phone-1", household_id=other.id), now=NOW
        )
    assert len(db.exec(select(HarvestLot)).all()) == 1


def test_the_same_receipt_at_the_same_moment_is_one_lot(db, engine, orchard):
    db.commit()
    picked, farmer_id = orchard.picked(client_key="phone-1"), orchard.farmer.id

    def record(_: int) -> int | None:
        with database.writing(engine) as own:
            return record_harvest(own, own.get_one(Account, farmer_id), picked, now=NOW).id

    with ThreadPoolExecutor(4) as threads:
        ids = set(threads.map(record, range(8)))

    assert len(ids) == 1
    assert seen(engine, select(StockEntry.grams)) == [120_000]


def test_a_pool_is_made_once_by_many_at_once(db, engine, orchard):
    seller_id, product_id = make.producer_of(db, orchard.household).id, orchard.product.id
    db.commit()

    def get(_: int) -> int | None:
        with database.writing(engine) as own:
            return lots.get_or_make_pool(own, seller_id, product_id).id

    with ThreadPoolExecutor(4) as threads:
        ids = set(threads.map(get, range(12)))

    assert ids == set(seen(engine, select(LotPool.id)))
    assert len(ids) == 1


# --- when ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "taken"),
    [
        (datetime(2021, 12, 1, 16, 59, 59, tzinfo=UTC), False),  # 23:59 of 1 December in Vietnam
        (datetime(2021, 12, 1, 17, 0, tzinfo=UTC), True),  # 2 December there, not yet in UTC
    ],
)
def test_today_is_the_day_in_vietnam(db, orchard, now, taken):
    tomorrow = orchard.picked(harvested_on=date(2021, 12, 2))

    if taken:
        assert record_harvest(db, orchard.farmer, tomorrow, now=now).harvested_on == date(2021, 12, 2)
    else:
        with pytest.raises(harvests.HarvestedInFuture, match="02/12/2021"):
            record_harvest(db, orchard.farmer, tomorrow, now=now)
        assert nothing_kept(db)


def test_a_day_without_season_is_refused(db, orchard):
    with pytest.raises(seasons.NoSeason, match="01/07/2021"):
        record_harvest(db, orchard.farmer, orchard.picked(harvested_on=date(2021, 7, 1)), now=NOW)
    assert nothing_kept(db)


@pytest.mark.parametrize(("day", "outside"), [(date(2021, 10, 31), True), (date(2021, 11, 1), False)])
def test_out_of_season_is_noted_and_taken(db, orchard, day, outside):
    window = WindowIn(season_id=orchard.season.id, first_day=date(2021, 11, 1), last_day=date(2022, 1, 31))
    seasons.set_window(db, SYSTEM, orchard.product, window, now=NOW)

    record_harvest(db, orchard.farmer, orchard.picked(harvested_on=day), now=NOW)

    entry = db.exec(select(AuditEntry).where(AuditEntry.action == "lot.harvested")).one()
    assert entry.facts["out_of_season"] == outside


# --- what and by whom ----------------------------------------------------------------------------------


def test_a_foreign_household_is_not_found(db, orchard):
    far = make.a_household(db, commune="Xã Tiên Kiều")
    for actor in (orchard.farmer, orchard.worker):
        with pytest.raises(NotFound):
            record_harvest(db, actor, orchard.picked(household_id=far.id), now=NOW)
    assert nothing_kept(db)


def test_an_unknown_product_or_grade_is_refused(db, orchard):
    retired = make.a_product(db, active=False)
    for product_id in (retired.id, 987):
        with pytest.raises(harvests.UnknownProduct):
            record_harvest(db, orchard.farmer, orchard.picked(product_id=product_id), now=NOW)
    with pytest.raises(harvests.UnknownGrade, match="Loại 1, Loại 2, Loại 3"):
        record_harvest(db, orchard.farmer, orchard.picked(grade="Loại 9"), now=NOW)
    assert nothing_kept(db)


def test_it_is_sold_by_the_organisation_only_while_the_household_supplies_it(db, orchard):
    htx = make.a_cooperative(db)
    db.add(
        Membership(
            household_id=orchard.household.id,
            producer_id=htx.id,
            valid_from=date(2021, 9, 1),
            valid_to=date(2021, 11, 30),
        )
    )
    db.flush()

    with pytest.raises(harvests.NotASupplier, match="01/12/2021"):
        record_harvest(db, orchard.farmer, orchard.picked(producer_id=htx.id), now=NOW)
    assert nothing_kept(db)
    in_time = orchard.picked(producer_id=htx.id, harvested_on=date(2021, 11, 30))
    lot = record_harvest(db, orchard.farmer, in_time, now=NOW)
    assert db.get_one(LotPool, lot.pool_id).producer_id == htx.id
    assert lot.household_id == orchard.household.id


# --- how much ------------------------------------------------------------------------------------------


def test_an_orchard_bears_25_tonnes_a_hectare_at_most_unless_confirmed(db, orchard):
    record_harvest(db, orchard.farmer, orchard.picked(grams=24_000_000), now=NOW)
    record_harvest(db, orchard.farmer, orchard.picked(grams=1_000_000), now=NOW)

    with pytest.raises(harvests.MoreThanOrchardBears, match=r"25.000,001 kg"):
        record_harvest(db, orchard.farmer, orchard.picked(grams=1), now=NOW)
    taken = record_harvest(db, orchard.farmer, orchard.picked(grams=1, confirmed="1"), now=NOW)

    entry = db.exec(
        select(AuditEntry).where(AuditEntry.subject_id == taken.id).order_by(AuditEntry.id.desc())
    )
    assert entry.first().facts["above_orchard"] is True


def test_a_correction_makes_room_again(db, orchard):
    lot = record_harvest(db, orchard.farmer, orchard.picked(grams=25_000_000), now=NOW)
    lots.correct_harvest(db, orchard.farmer, lot, 1_000_000, "ghi nhầm", now=NOW, key="1")

    assert record_harvest(db, orchard.farmer, orchard.picked(grams=24_000_000), now=NOW).id


@pytest.mark.parametrize("change", ["tea", "no area"])
def test_only_oranges_of_a_known_area_are_compared(db, orchard, change):
    if change == "tea":
        orchard.product = make.a_product(db, name="Trà")
    else:
        orchard.household.orange_area_m2 = None

    assert record_harvest(db, orchard.farmer, orchard.picked(grams=90_000_000), now=NOW).grams == 90_000_000


# --- pages ---------------------------------------------------------------------------------------------


@pytest.fixture
def farmer(db, orchard, as_account):
    db.commit()
    return as_account(orchard.farmer)


def typed(orchard, **values: object) -> dict[str, object]:
    given = {
        "product_id": orchard.product.id,
        "grams": "120",
        "harvested_on": "2021-12-01",
        "client_key": "k1",
    }
    return {**given, **values}


def test_the_farmer_page_shows_varieties_as_pictures_and_today(orchard, farmer):
    page = farmer.get("/lo-thu-hoach/moi").text

    assert "cam-vang.svg" in page
    assert 'value="2021-12-01"' in page
    assert 'inputmode="decimal"' in page
    assert "Loại 1" in page


def test_the_same_post_twice_is_one_lot(orchard, engine, farmer):
    first = farmer.post("/lo-thu-hoach/moi", data=typed(orchard))
    second = farmer.post("/lo-thu-hoach/moi", data=typed(orchard))

    assert first.status_code == second.status_code == 303
    assert first.headers["Location"] == second.headers["Location"]
    assert seen(engine, select(StockEntry.grams)) == [120_000]
    assert "Đã ghi 120 kg Cam Vàng Hà Giang, lô HG21-BQ-" in farmer.get(first.headers["Location"]).text


@pytest.mark.parametrize(
    ("grams", "kept"),
    [
        ("120", 120_000), ("12,5", 12_500), ("12.5", 12_500), ("1.234,5", 1_234_500), ("1 234", 1_234_000),
        ("3 tạ", 300_000), ("3 ta", 300_000), ("1,2 tấn", 1_200_000), ("5 yến", 50_000), ("2 lạng", 200),
        ("12 cân", 12_000), ("500g", 500), ("1.234.567 g", 1_234_567), (" 7\u00a0kg ", 7_000),
    ],
)  # fmt: skip
def test_kilograms_are_read_as_people_write_them(orchard, engine, farmer, grams, kept):
    assert farmer.post("/lo-thu-hoach/moi", data=typed(orchard, grams=grams)).status_code == 303
    assert seen(engine, select(StockEntry.grams)) == [kept]


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        ("grams", "77.810", "có thể là 77810 hoặc 77,810"),
        ("grams", "1.234", "có thể là 1234 hoặc 1,234"),
        ("grams", "1,234.5", "viết theo kiểu Anh"),
        ("grams", "", "Hãy điền"),
        ("grams", "0", "phải lớn hơn 0"),
        ("grams", "-5", "không phải là khối lượng"),
        ("grams", "=2*3", "không phải là khối lượng"),
        ("grams", "năm cân", "không phải là khối lượng"),
        ("grams", "9" * 10_000, "không phải là khối lượng"),
        ("grams", "1001 tấn", "không quá 1.000 tấn"),
        ("grams", "\x00", "không phải là khối lượng"),
        ("harvested_on", "2021-12-02", "chưa tới"),
        ("harvested_on", "1/12/21", "chỉ có hai chữ số"),
        ("harvested_on", "30/02/2021", "không có trong lịch"),
        ("harvested_on", "2021-07-01", "chưa thuộc niên vụ nào"),
        ("product_id", "", "Hãy điền “Giống”"),
        ("product_id", "abc", "phải là số nguyên"),
        ("product_id", "9" * 40, "lớn quá mức"),
        ("grade", "Loại 9", "Hãy chọn một hạng có sẵn"),
        ("grade", "l" * 10_000, "quá dài"),
        ("client_key", "k" * 10_000, "quá dài"),
    ],
)
def test_a_wrong_harvest_keeps_what_was_typed_and_changes_nothing(
    orchard, engine, farmer, field, text, sentence
):
    answer = farmer.post("/lo-thu-hoach/moi", data=typed(orchard, **{field: text}))

    assert answer.status_code == 422
    assert sentence in answer.text
    assert field == "harvested_on" or 'value="2021-12-01"' in answer.text
    assert seen(engine, select(HarvestLot)) == []
    assert seen(engine, select(LotPool)) == []


def test_markup_in_a_refused_field_is_shown_as_text(orchard, farmer):
    answer = farmer.post("/lo-thu-hoach/moi", data=typed(orchard, grams="<script>x</script>"))

    assert "&lt;script&gt;" in answer.text
    assert "<script>x" not in answer.text


def test_today_on_the_page_is_the_day_in_vietnam(orchard, engine, farmer, monkeypatch):
    late = datetime(2021, 12, 1, 17, 30, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: late)
    monkeypatch.setattr(clock, "today", lambda: date(2021, 12, 2))

    assert 'value="2021-12-02"' in farmer.get("/lo-thu-hoach/moi").text
    assert farmer.post("/lo-thu-hoach/moi", data=typed(orchard, harvested_on="2/12/2021")).status_code == 303
    assert seen(engine, select(HarvestLot.harvested_on)) == [date(2021, 12, 2)]


def test_too_much_asks_for_a_tick_and_takes_it(orchard, engine, farmer):
    much = typed(orchard, grams="26 tấn")
    asked = farmer.post("/lo-thu-hoach/moi", data=much)

    assert "confirmed" not in farmer.get("/lo-thu-hoach/moi").text
    assert asked.status_code == 422
    assert 'name="confirmed"' in asked.text
    assert "nhiều hơn vườn của hộ thường cho (25.000 kg)" in asked.text
    assert seen(engine, select(HarvestLot)) == []
    assert farmer.post("/lo-thu-hoach/moi", data={**much, "confirmed": "1"}).status_code == 303


def test_a_worker_chooses_the_household_first(db, orchard, engine, as_account):
    far = make.a_household(db, commune="Xã Tiên Kiều", head="Phàn Chòi Nhàn")
    db.commit()
    browser, household = as_account(orchard.worker), orchard.household

    assert "Hộ Hoàng Thị Vén" in browser.get("/lo-thu-hoach/moi?q=ven").text
    assert "Phàn Chòi Nhàn" not in browser.get("/lo-thu-hoach/moi").text
    for named in (household.id, household.code, household.code.lower()):
        assert "Làm thay hộ" in browser.get(f"/lo-thu-hoach/moi?ho={named}").text
    for named in (far.id, far.code, "HG-KHONG", "9" * 30):
        assert browser.get(f"/lo-thu-hoach/moi?ho={named}").status_code == 404
    assert browser.post(f"/lo-thu-hoach/moi?ho={far.id}", data=typed(orchard)).status_code == 404
    done = browser.post(f"/lo-thu-hoach/moi?ho={household.id}", data=typed(orchard, household_id=far.id))
    assert done.status_code == 303
    assert seen(engine, select(HarvestLot.household_id)) == [household.id]


def test_a_farmer_cannot_name_another_household(db, orchard, engine, farmer):
    other = make.a_household(db, head="Lý Văn Hai")
    db.commit()

    farmer.post(f"/lo-thu-hoach/moi?ho={other.id}", data=typed(orchard, household_id=other.id))

    assert seen(engine, select(HarvestLot.household_id)) == [orchard.household.id]


def test_the_list_shows_what_is_in_sight_in_six_statements(db, orchard, engine, as_account):
    for number in range(40):
        make.a_lot(db, product=orchard.product, household=orchard.household, grams=1_000 + number)
    far = make.a_household(db, commune="Xã Tiên Kiều", head="Phàn Chòi Nhàn")
    hidden = make.a_lot(db, product=orchard.product, household=far)
    neighbour = make.an_account(db, Role.FARMER, household=far)
    db.commit()

    for account in (orchard.farmer, orchard.worker):
        browser = as_account(account)
        with counted(engine) as said:
            page = browser.get("/lo-thu-hoach")
        assert len(said) <= 6
        assert "Trang sau" in page.text
        assert hidden.code not in page.text
        assert browser.get(f"/lo-thu-hoach/{hidden.id}").status_code == 404
    own = as_account(neighbour).get("/lo-thu-hoach")
    assert own.text.count(hidden.code) == 1
    assert "còn 100 kg" in own.text


def test_lots_are_found_by_product_grower_and_code(db, orchard, as_account):
    lot = make.a_lot(db, product=orchard.product, household=orchard.household)
    db.commit()
    browser = as_account(orchard.worker)

    for query in ("cam vang", "VÉN", "ven", lot.code.lower(), orchard.household.code):
        assert lot.code in browser.get("/lo-thu-hoach", query_string={"q": query}).text, query
    assert lot.code not in browser.get("/lo-thu-hoach", query_string={"q": "quýt"}).text
