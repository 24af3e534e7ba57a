"""The doctor finds what is wrong, names it, and mends nothing."""

from pathlib import Path

import pytest
from sqlmodel import select

from catalog.models import Photo, StockEntry, StockKind
from marketplace.cli.doctor import Check, examine
from marketplace.core.config import Settings
from marketplace.selling.models import (
    Allocation,
    Channel,
    Evidence,
    Order,
    OrderLine,
    TonnageEntry,
    TonnageKind,
)
from tests import factories
from tests.factories import NOW, TODAY
from training.models import (
    Attendance,
    EnrolmentSource,
    EnrolmentStatus,
    TrainingCertificate,
    TrainingStatus,
)


def bad(settings: Settings) -> dict[str, Check]:
    return {check.name: check for check in examine(settings) if not check.ok}


def keep(settings: Settings, sha256: str) -> None:
    """Put a photo's file where photos lie."""
    folder = settings.photo_dir / sha256[:2]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{sha256}.jpg").write_bytes(b"x")


@pytest.fixture
def sold(db, settings):
    """A lot of 100 kg, of which an order took one pack of 10 kg."""
    household, product = factories.a_household(db), factories.a_product(db)
    lot = factories.a_lot(db, product=product, household=household)
    producer, pack = factories.producer_of(db, household), factories.a_pack(db, product)
    shop = factories.a_shop(db, producer=producer)
    listing = factories.a_listing(db, offer=factories.an_offer(db, producer=producer, pack=pack), shop=shop)
    order = Order(
        shop_id=shop.id, marketplace="sendo", order_no="A1", state="new", placed_at=NOW, updated_at=NOW
    )
    db.add(order)
    db.flush()
    line = OrderLine(
        order_id=order.id, line_no="1", sku=listing.sku, listing_id=listing.id, packs=1, price_vnd=200_000
    )
    db.add(line)
    db.flush()
    allocation = Allocation(order_line_id=line.id, lot_id=lot.id, product_id=product.id, grams=10_000)
    db.add(allocation)
    db.flush()
    entry = StockEntry(
        lot_id=lot.id,
        pool_id=lot.pool_id,
        at=NOW,
        kind=StockKind.SALE,
        grams=-10_000,
        key=f"sale:{allocation.id}",
    )
    db.add(entry)
    db.commit()
    for sha256 in db.exec(select(Photo.sha256)):
        keep(settings, sha256)
    db.rollback()
    return lot, line, allocation, entry


def test_sound_books_are_sound(settings, sold):
    assert bad(settings) == {}


def test_every_check_says_a_sentence(settings, sold):
    checks = list(examine(settings))

    assert [check.name for check in checks] == [
        "settings", "database", "foreign_keys", "ledger", "allocations", "sales", "tonnage", "attendance",
        "seats", "training_certificates", "photos",
    ]  # fmt: skip
    assert all(check.sentence.endswith(".") for check in checks)


def test_a_lot_below_nothing_is_found(db, settings, sold):
    lot, *_ = sold
    db.add(
        StockEntry(
            lot_id=lot.id, pool_id=lot.pool_id, at=NOW, kind=StockKind.WRITE_OFF, grams=-90_001, key="sai"
        )
    )
    db.commit()

    assert bad(settings)["ledger"].rows == (lot.id,)


def test_an_allocation_of_another_weight_is_found(db, settings, sold):
    _, line, allocation, _ = sold
    allocation.grams = 9_999
    db.add(allocation)
    db.commit()

    assert {name: check.rows for name, check in bad(settings).items()} == {
        "allocations": (line.id,), "sales": (allocation.id,),
    }  # fmt: skip


def test_an_order_line_that_took_from_no_lot_is_found(db, settings, sold):
    _, line, allocation, _ = sold
    db.delete(allocation)
    db.commit()

    assert bad(settings)["allocations"].rows == (line.id,)


def test_a_sale_missing_from_the_ledger_is_found(db, settings, sold):
    *_, allocation, entry = sold
    db.delete(entry)
    db.commit()

    assert {name: check.rows for name, check in bad(settings).items()} == {"sales": (allocation.id,)}


def test_kilograms_from_nowhere_are_found(db, settings, sold):
    lot, *_ = sold
    entry = TonnageEntry(
        key="tu tren troi", kind=TonnageKind.SOLD, at=NOW, day=TODAY, channel=Channel.MARKETPLACE_RETAIL,
        evidence=Evidence.A, product_id=lot.product_id, grams=10_000,
    )  # fmt: skip
    db.add(entry)
    db.commit()

    assert bad(settings)["tonnage"].rows == (entry.id,)


def test_a_photo_without_its_file_is_found(db, settings, sold):
    kept, lost = "a" * 64, "b" * 64
    for sha256 in (kept, lost):
        db.add(Photo(sha256=sha256, width=1, height=1, size_bytes=1, uploaded_at=NOW))
    db.commit()
    keep(settings, kept)

    check = bad(settings)["photos"]

    assert len(check.rows) == 1
    assert "1 dòng" in check.sentence


@pytest.fixture
def taught(db, settings):
    """A closed class of one seat, its household there and certified."""
    training = factories.a_training(
        db, starts_on=TODAY, status=TrainingStatus.HELD, attendance_closed_at=NOW, capacity=1
    )
    household = factories.a_household(db)
    person = factories.head_of(db, household)
    factories.an_enrolment(db, training=training, household=household)
    factories.an_attendance(db, training=training, person=person)
    db.add(
        TrainingCertificate(
            number="HG-TH-2021-0001", training_id=training.id, person_id=person.id, issued_at=NOW
        )
    )
    db.commit()
    return training, household, person


def test_sound_classes_are_sound(settings, taught):
    assert bad(settings) == {}


@pytest.mark.parametrize("column", ["present", "disputed"])
def test_an_attendance_that_no_mark_says_is_found_and_not_mended(db, settings, taught, column):
    training, *_ = taught
    row = db.exec(select(Attendance)).first()
    setattr(row, column, not getattr(row, column))
    db.add(row)
    db.commit()

    for _ in range(2):
        assert {name: check.rows for name, check in bad(settings).items()} == {"attendance": (training.id,)}


def test_a_missing_attendance_is_found(db, settings, taught):
    training, *_ = taught
    db.delete(db.exec(select(Attendance)).first())
    db.commit()

    assert bad(settings)["attendance"].rows == (training.id,)


def test_a_seat_too_many_is_found(db, settings, taught):
    training, *_ = taught
    factories.an_enrolment(db, training=training, household=factories.a_household(db, head="Lù Thị Sen"))
    db.commit()

    assert {name: check.rows for name, check in bad(settings).items()} == {"seats": (training.id,)}


@pytest.mark.parametrize(
    ("status", "source", "overbooked"),
    [
        (EnrolmentStatus.WAITING, EnrolmentSource.OFFICE, 0),
        (EnrolmentStatus.REGISTERED, EnrolmentSource.WALK_IN, 0),
        (EnrolmentStatus.REGISTERED, EnrolmentSource.IMPORT, 0),
        (EnrolmentStatus.REGISTERED, EnrolmentSource.OFFICE, 1),
    ],
)
def test_who_waits_walks_in_or_was_overbooked_is_no_seat_too_many(
    db, settings, taught, status, source, overbooked
):
    training, *_ = taught
    training.overbooked = overbooked
    db.add(training)
    other = factories.a_household(db, head="Lù Thị Sen")
    factories.an_enrolment(db, training=training, household=other, status=status, source=source)
    db.commit()

    assert bad(settings) == {}


def test_a_certificate_of_a_class_that_is_not_closed_is_found(db, settings, taught):
    training, *_ = taught
    training.attendance_closed_at = None
    db.add(training)
    db.commit()

    found = {name: check.rows for name, check in bad(settings).items()}

    assert found == {"training_certificates": (training.id,)}


@pytest.mark.sqlite_only
def test_a_row_that_points_nowhere_is_found(engine, settings, sold):
    raw = engine.raw_connection()
    raw.execute("PRAGMA foreign_keys=OFF")
    raw.execute("DELETE FROM person")
    raw.execute("UPDATE consent SET person_id = 12345")
    raw.execute("PRAGMA foreign_keys=ON")
    raw.close()

    assert "foreign_keys" in bad(settings)


def test_settings_others_can_read_are_found(settings, sold, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("config.toml").write_text("", "utf-8")
    Path("config.toml").chmod(0o644)

    assert "chmod 600" in bad(settings)["settings"].sentence


def test_debug_and_a_missing_folder_are_found(settings, sold, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert "debug" in bad(settings.model_copy(update={"debug": True}))["settings"].sentence
    assert (
        "lensan init" in bad(settings.model_copy(update={"data_dir": Path("khong-co")}))["settings"].sentence
    )
