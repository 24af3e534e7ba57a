"""Lots and the ledger: nothing twice, never below zero, nothing ever changed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from sqlmodel import Session, select

from catalog import lots
from catalog.models import HarvestLot, LotPool, StockEntry, StockKind
from catalog.photos import keep_photo
from marketplace.accounts.models import Account, Role
from marketplace.core import db as database
from marketplace.core.audit import SYSTEM, AuditEntry
from tests import factories as make
from tests.catalog.looking import seen
from tests.factories import NOW, a_household, a_lot, a_product, producer_of


def post(db: Session, lot: HarvestLot, grams: int, key: str) -> StockEntry | None:
    return lots.post_entry(db, lot=lot, kind=StockKind.SALE, grams=grams, key=key, at=NOW, actor=SYSTEM)


def left(db: Session, lot: HarvestLot) -> int:
    return lots.left_by_lot(db, [lot.id or 0])[lot.id or 0]


def a_plain_lot(db: Session, grams: int = 30_000) -> HarvestLot:
    return a_lot(db, product=a_product(db), household=a_household(db), grams=grams)


# --- the ledger ----------------------------------------------------------------------------------------


def test_on_hand_is_the_sum_of_the_ledger(db: Session) -> None:
    household = a_household(db)
    product = a_product(db)
    old = a_lot(db, product=product, household=household, grams=30_000, harvested_on=date(2021, 11, 20))
    new = a_lot(db, product=product, household=household, grams=50_000, harvested_on=date(2021, 11, 25))

    post(db, old, -10_000, "sale:1")

    assert lots.on_hand(db, old.pool_id) == 70_000
    assert lots.on_hand_by_pool(db, [old.pool_id, 987]) == {old.pool_id: 70_000, 987: 0}
    assert lots.left_by_lot(db, [old.id or 0, new.id or 0, 987]) == {old.id: 20_000, new.id: 50_000, 987: 0}
    assert lots.lots_with_stock(db, old.pool_id) == [(old, 20_000), (new, 50_000)]


def test_an_empty_lot_is_not_offered_for_allocation(db: Session) -> None:
    lot = a_plain_lot(db)
    post(db, lot, -30_000, "sale:1")

    assert lots.lots_with_stock(db, lot.pool_id) == []


def test_the_same_key_is_written_once(db: Session) -> None:
    lot = a_plain_lot(db)

    first, second = post(db, lot, -10_000, "sale:1"), post(db, lot, -20_000, "sale:1")

    assert first is not None
    assert first.grams == -10_000
    assert first.at == NOW
    assert second is None
    assert lots.on_hand(db, lot.pool_id) == 20_000


def test_a_pool_is_made_once(db: Session) -> None:
    household, product = a_household(db), a_product(db)
    producer = producer_of(db, household)
    assert lots.pool_of(db, producer.id or 0, product.id or 0) is None

    first = lots.get_or_make_pool(db, producer.id or 0, product.id or 0)
    second = lots.get_or_make_pool(db, producer.id or 0, product.id or 0)

    assert first.id == second.id
    assert lots.pool_of(db, producer.id or 0, product.id or 0) == first
    assert lots.lock_pool(db, first.id or 0) == first
    assert len(db.exec(select(LotPool)).all()) == 1


# --- writing off and correcting ------------------------------------------------------------------------


def test_no_more_than_is_left_is_written_off(db: Session) -> None:
    lot = a_plain_lot(db)
    lots.write_off(db, SYSTEM, lot, 10_000, "dập", now=NOW, key="1")

    with pytest.raises(lots.NotThatMuch, match="Lô chỉ còn 20 kg"):
        lots.write_off(db, SYSTEM, lot, 20_001, "dập", now=NOW, key="2")
    assert left(db, lot) == 20_000
    lots.write_off(db, SYSTEM, lot, 20_000, "dập", now=NOW, key="2")
    assert left(db, lot) == 0


def test_the_same_write_off_twice_is_one_line(db: Session) -> None:
    lot = a_plain_lot(db)

    first, second = (lots.write_off(db, SYSTEM, lot, 30_000, "dập", now=NOW, key="1") for _ in range(2))

    assert first.id == second.id
    assert left(db, lot) == 0


def test_a_correction_keeps_the_first_line_and_adds_the_difference(db: Session) -> None:
    lot = a_plain_lot(db)

    more = lots.correct_harvest(db, SYSTEM, lot, 32_000, "cân lại", now=NOW, key="1")
    less = lots.correct_harvest(db, SYSTEM, lot, 25_000, "cân lại", now=NOW, key="2")

    assert more is not None
    assert less is not None
    assert (more.grams, less.grams) == (2_000, -7_000)
    assert lots.harvested_grams(db, lot) == left(db, lot) == 25_000
    assert lots.balances_by_lot(db, [lot.id or 0, 987]) == {lot.id: (25_000, 25_000), 987: (0, 0)}
    assert lot.grams == 30_000
    assert [line.kind for line in lots.ledger_of(db, lot)] == ["harvest", "correction", "correction"]


def test_a_correction_is_never_below_what_is_gone(db: Session) -> None:
    lot = a_plain_lot(db)
    post(db, lot, -12_000, "sale:1")
    lots.write_off(db, SYSTEM, lot, 3_000, "dập", now=NOW, key="1")

    with pytest.raises(lots.AlreadyTaken, match="15 kg"):
        lots.correct_harvest(db, SYSTEM, lot, 14_999, "ghi nhầm", now=NOW, key="2")
    assert left(db, lot) == 15_000
    assert lots.correct_harvest(db, SYSTEM, lot, 30_000, "ghi nhầm", now=NOW, key="3") is None
    lots.correct_harvest(db, SYSTEM, lot, 15_000, "ghi nhầm", now=NOW, key="4")
    assert left(db, lot) == 0


def test_whoever_registered_hears_of_every_change(db: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[int] = []
    monkeypatch.setattr(lots, "on_stock_change", [lambda _db, pool_ids, _now: heard.extend(pool_ids)])
    lot = a_plain_lot(db)

    lots.write_off(db, SYSTEM, lot, 1_000, "dập", now=NOW, key="1")
    lots.write_off(db, SYSTEM, lot, 1_000, "dập", now=NOW, key="1")
    lots.correct_harvest(db, SYSTEM, lot, 29_000, "cân lại", now=NOW, key="1")

    assert heard == [lot.pool_id, lot.pool_id]
    trail = db.exec(select(AuditEntry.action).where(AuditEntry.subject_kind == "harvest_lot")).all()
    assert sorted(trail) == ["lot.correction", "lot.write_off"]


STEPS = st.lists(
    st.tuples(st.sampled_from(["write_off", "correct"]), st.integers(0, 60_000), st.integers(1, 6)),
    max_size=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_the_ledger_is_append_only_and_its_sum_is_never_below_zero(
    db: Session, steps: list[tuple[str, int, int]]
) -> None:
    """A model beside it: harvested and gone; each key counts once."""
    lot = a_plain_lot(db)
    harvested, gone, used = 30_000, 0, set()
    before = [(line.id, line.grams) for line in lots.ledger_of(db, lot)]
    for what, grams, number in steps:
        key, fresh = str(number), (what, number) not in used
        try:
            if what == "write_off" and grams > 0:
                lots.write_off(db, SYSTEM, lot, grams, "dập", now=NOW, key=key)
                gone += grams if fresh else 0
                used.add((what, number))
            elif what == "correct":
                line = lots.correct_harvest(db, SYSTEM, lot, grams, "cân lại", now=NOW, key=key)
                harvested = grams if fresh else harvested
                used |= {(what, number)} if line else set()
        except lots.NotThatMuch:
            assert grams > harvested - gone
        except lots.AlreadyTaken:
            assert grams < gone
        now = [(line.id, line.grams) for line in lots.ledger_of(db, lot)]
        assert now[: len(before)] == before
        before = now
        assert sum(amount for _, amount in now) == left(db, lot) == harvested - gone >= 0
        assert lots.on_hand(db, lot.pool_id) == left(db, lot)


def test_two_at_once_never_take_the_same_kilogram(db, engine):
    lot = a_plain_lot(db, grams=10_000)
    db.commit()
    lot_id = lot.id

    def take(number: int) -> bool:
        with database.session(engine, writing=True) as own:
            try:
                one = own.get_one(HarvestLot, lot_id)
                lots.write_off(own, SYSTEM, one, 3_000, "dập", now=NOW, key=str(number))
            except lots.NotThatMuch:
                return False
            own.commit()
            return True

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(take, range(8))) == 3
    assert sum(seen(engine, select(StockEntry.grams))) == 1_000


# --- pages ---------------------------------------------------------------------------------------------


class Yard:
    """A farmer with a lot of 30 kg, who looks at it."""

    def __init__(self, db: Session) -> None:
        self.household = a_household(db)
        self.lot = a_lot(db, product=a_product(db), household=self.household, grams=30_000)
        self.farmer: Account = make.an_account(
            db, Role.FARMER, household=self.household, name="Hoàng Thị Vén"
        )
        self.elsewhere = make.an_account(db, communes=("Xã Tiên Kiều",))
        self.office = make.an_account(db, Role.COORDINATOR)
        self.page = f"/lo-thu-hoach/{self.lot.id}"
        db.commit()


@pytest.fixture
def yard(db):
    return Yard(db)


def test_the_lot_page_shows_every_line_and_who_wrote_it(yard, as_account):
    browser = as_account(yard.farmer)

    done = browser.post(f"{yard.page}/hao-hut", data={"grams": "5", "reason": "<b>dập</b>", "key": "k"})
    page = browser.get(yard.page).text

    assert done.status_code == 303
    assert "Đã ghi hao hụt 5 kg." in page
    assert "-5 kg" in page
    assert "&lt;b&gt;dập&lt;/b&gt;" in page
    assert "Hoàng Thị Vén" in page
    assert "hệ thống" in page  # who wrote the first line
    assert "25 kg" in page


def test_the_same_post_writes_off_once(yard, engine, as_account):
    browser = as_account(yard.farmer)
    for _ in range(2):
        answer = browser.post(f"{yard.page}/hao-hut", data={"grams": "5", "reason": "dập", "key": "k"})
        assert answer.status_code == 303

    assert seen(engine, select(StockEntry.grams).order_by(StockEntry.id)) == [30_000, -5_000]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"grams": "30,001"}, "Lô chỉ còn 30 kg."),
        ({"grams": "31"}, "Lô chỉ còn 30 kg."),
        ({"grams": "0"}, "phải lớn hơn 0"),
        ({"grams": "77.810"}, "có thể là 77810 hoặc 77,810"),
        ({"grams": "=1+1"}, "không phải là khối lượng"),
        ({"reason": ""}, "Hãy điền “Lý do”."),
        ({"reason": "l" * 10_000}, "quá dài"),
        ({"key": "k" * 10_000}, "quá dài"),
    ],
)
def test_a_wrong_write_off_keeps_what_was_typed_and_changes_nothing(
    yard, engine, as_account, typed, sentence
):
    given_form = {"grams": "5", "reason": "dập", "key": "k", **typed}

    answer = as_account(yard.farmer).post(f"{yard.page}/hao-hut", data=given_form)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'value="{given_form["grams"]}"' in answer.text
    assert seen(engine, select(StockEntry.grams)) == [30_000]


def test_a_correction_is_typed_as_the_right_weight(yard, engine, as_account):
    browser = as_account(yard.farmer)

    assert 'value="30"' in browser.get(f"{yard.page}/can-lai").text
    wrong = browser.post(f"{yard.page}/can-lai", data={"grams": "1.234", "reason": "cân lại", "key": "k"})
    zero = browser.post(f"{yard.page}/can-lai", data={"grams": "0", "reason": "ghi nhầm", "key": "k"})

    assert wrong.status_code == 422
    assert 'value="1.234"' in wrong.text
    assert zero.status_code == 303
    assert ", 0 kg" in browser.get(yard.page).text
    assert seen(engine, select(StockEntry.grams).order_by(StockEntry.id)) == [30_000, -30_000]


def test_a_foreign_lot_is_not_found_and_not_changed(yard, engine, as_account):
    browser = as_account(yard.elsewhere)
    typed = {"grams": "5", "reason": "dập", "key": "k"}

    assert browser.get(yard.page).status_code == 404
    assert browser.post(f"{yard.page}/hao-hut", data=typed).status_code == 404
    assert browser.post(f"{yard.page}/can-lai", data=typed).status_code == 404
    assert as_account(yard.office).post(f"{yard.page}/hao-hut", data=typed).status_code == 403
    assert as_account(yard.office).get(yard.page).status_code == 200
    assert seen(engine, select(StockEntry.grams)) == [30_000]


def test_a_photo_may_be_kept_for_ever(db, client, settings):
    picture = BytesIO()
    Image.new("RGB", (40, 30), "orange").save(picture, "PNG")
    photo = keep_photo(db, SYSTEM, picture.getvalue(), settings=settings, now=NOW)
    db.commit()

    answer = client.get(f"/anh/{photo.sha256}.jpg")
    answer.close()

    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    assert set(answer.headers["Cache-Control"].split(", ")) == {"public", "max-age=31536000", "immutable"}
    for name in ("a" * 64, "khong-co", ".."):
        assert client.get(f"/anh/{name}.jpg").status_code == 404
