"""Rows for tests: what a test does not name gets a believable value that no test depends on."""

from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import count
from typing import Any

from sqlmodel import Session, select
from werkzeug.security import generate_password_hash

from catalog.communes import read_communes
from catalog.models import (
    AdminUnit,
    Consent,
    ConsentChannel,
    HarvestLot,
    Household,
    Level,
    LotPool,
    Membership,
    Pack,
    PackPart,
    Person,
    Photo,
    Producer,
    ProducerKind,
    Product,
    SaleUnit,
    Season,
    StockEntry,
    StockKind,
)
from catalog.places import load_shipped_units
from marketplace.accounts.models import Account, AccountCommune, Role
from marketplace.core.text import fold, fold_loose, person_sort_key
from marketplace.selling.models import CategoryChoice, Listing, Offer, OfferPhoto, Shop, Wanted
from training.models import (
    Attendance,
    AttendanceMark,
    Course,
    DayPart,
    Door,
    Enrolment,
    EnrolmentSource,
    EnrolmentStatus,
    HalfDay,
    Seat,
    TrainingSession,
)

PASSWORD = "mật khẩu thử 2099"
NOW = datetime(2021, 12, 1, 3, 0, tzinfo=UTC)
TODAY = date(2021, 12, 1)
_numbers = count(1)


@lru_cache(maxsize=1)
def _password_hash() -> str:
    return generate_password_hash(PASSWORD, method="scrypt:1024:8:1")  # cheap on purpose: tests log in often


def load_communes(db: Session) -> None:
    load_shipped_units(db)


def a_commune(db: Session, name: str = "Xã Vĩnh Hảo", *, on: date = TODAY) -> AdminUnit:
    """The commune of that name valid on a day."""
    units = db.exec(select(AdminUnit).where(AdminUnit.name == name, AdminUnit.level == Level.COMMUNE)).all()
    return next(
        unit for unit in units if unit.valid_from <= on and (unit.valid_to is None or on <= unit.valid_to)
    )


def a_household(
    db: Session,
    *,
    commune: AdminUnit | str = "Xã Vĩnh Hảo",
    head: str = "Hoàng Thị Vén",
    village: str = "Thôn Vĩnh Sơn",
    consents: tuple[str, ...] = ("registry", "shop:sendo"),
    **values: Any,
) -> Household:
    """A household with its head, its producer record and the consents named."""
    unit = a_commune(db, commune) if isinstance(commune, str) else commune
    number = next(_numbers)
    household = Household(
        code=f"HG-T{number:05d}",
        commune_id=unit.id,
        current_commune_id=read_communes(db).current(unit.id or 0),
        village=village,
        village_fold=fold(village),
        registered_at=NOW,
        **values,
    )
    db.add(household)
    db.flush()
    person = a_person(db, household, name=head, is_head=True)
    for purpose in consents:
        a_consent(db, person, purpose)
    db.add(
        Producer(
            kind=ProducerKind.HOUSEHOLD,
            household_id=household.id,
            name=f"Hộ {head}",
            name_fold=fold(f"Hộ {head}"),
            commune_id=unit.id,
        )
    )
    db.flush()
    return household


def a_person(db: Session, household: Household, *, name: str = "Nông Văn Tuấn", **values: Any) -> Person:
    person = Person(
        household_id=household.id,
        name=name,
        name_fold=fold(name),
        name_loose=fold_loose(name),
        name_sort=person_sort_key(name),
        created_at=NOW,
        **values,
    )
    db.add(person)
    db.flush()
    return person


def a_consent(db: Session, person: Person, purpose: str) -> Consent:
    consent = Consent(
        person_id=person.id,
        purpose=purpose,
        text_version="2021-11",
        channel=ConsentChannel.SIGNATURE,
        given_on=TODAY,
    )
    db.add(consent)
    db.flush()
    return consent


def head_of(db: Session, household: Household) -> Person:
    return db.exec(select(Person).where(Person.household_id == household.id, Person.is_head)).one()


def producer_of(db: Session, household: Household) -> Producer:
    return db.exec(select(Producer).where(Producer.household_id == household.id)).one()


def an_account(
    db: Session,
    role: Role = Role.EXTENSION,
    *,
    communes: tuple[AdminUnit | str, ...] = ("Xã Vĩnh Hảo",),
    household: Household | None = None,
    **values: Any,
) -> Account:
    """An account that logs in by user name; `communes` for extension workers, `household` for farmers."""
    number = next(_numbers)
    account = Account(
        role=role,
        name=values.pop("name", f"Người thử {number}"),
        user_name=values.pop("user_name", f"thu{number}"),
        password_hash=_password_hash(),
        household_id=household.id if household else None,
        created_at=NOW,
        **values,
    )
    db.add(account)
    db.flush()
    if role == Role.EXTENSION:
        for commune in communes:
            unit = a_commune(db, commune) if isinstance(commune, str) else commune
            db.add(AccountCommune(account_id=account.id, unit_id=unit.id))
        db.flush()
    return account


def a_product(db: Session, *, name: str = "Cam Vàng Hà Giang", **values: Any) -> Product:
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "code": f"san-pham-{number}",
        "group": "food",
        "sale_unit": SaleUnit.KG,
        "counts_for_tonnage": True,
        "shelf_life_days": 20,
        "picture": "cam-vang.svg",
    }
    product = Product(name=name, name_fold=fold(name), **{**defaults, **values})
    db.add(product)
    db.flush()
    db.add(CategoryChoice(product_id=product.id or 0, marketplace="sendo", category="2422"))
    db.flush()
    return product


def a_pack(
    db: Session,
    product: Product,
    *,
    net_grams: int = 10_000,
    parts: dict[int, int] | None = None,
    **values: Any,
) -> Pack:
    """A pack; `parts` maps product id to grams for a combo."""
    name = values.pop("name", f"Thùng {net_grams / 1000:g} kg #{next(_numbers)}")
    pack = Pack(product_id=product.id, name=name, net_grams=net_grams, gross_grams=net_grams + 600, **values)
    db.add(pack)
    db.flush()
    for product_id, grams in (parts or {product.id or 0: net_grams}).items():
        db.add(PackPart(pack_id=pack.id, product_id=product_id, net_grams=grams))
    db.flush()
    return pack


def a_season(db: Session, key: str = "2021-2022") -> Season:
    season = db.exec(select(Season).where(Season.key == key)).first()
    if season is None:
        start = int(key[:4])
        season = Season(key=key, starts_on=date(start, 9, 1), ends_on=date(start + 1, 5, 31))
        db.add(season)
        db.flush()
    return season


def a_cooperative(
    db: Session, *, name: str = "HTX Cam Vĩnh Hảo", members: tuple[Household, ...] = ()
) -> Producer:
    producer = Producer(kind=ProducerKind.COOPERATIVE, name=name, name_fold=fold(name), tax_id="0101234567")
    db.add(producer)
    db.flush()
    for household in members:
        db.add(Membership(household_id=household.id, producer_id=producer.id, valid_from=date(2020, 1, 1)))
    db.flush()
    return producer


def a_lot(
    db: Session,
    *,
    product: Product,
    household: Household,
    producer: Producer | None = None,
    grams: int = 100_000,
    harvested_on: date = TODAY,
    **values: Any,
) -> HarvestLot:
    """A harvest with its first ledger line."""
    seller = producer or producer_of(db, household)
    pool = db.exec(
        select(LotPool).where(LotPool.producer_id == seller.id, LotPool.product_id == product.id)
    ).first()
    if pool is None:
        pool = LotPool(producer_id=seller.id, product_id=product.id)
        db.add(pool)
        db.flush()
    number = next(_numbers)
    lot = HarvestLot(
        code=f"HG21-T-{number:06d}",
        pool_id=pool.id,
        product_id=product.id,
        household_id=household.id,
        commune_id=household.commune_id,
        season_id=a_season(db).id,
        harvested_on=harvested_on,
        grams=grams,
        recorded_at=NOW,
        **values,
    )
    db.add(lot)
    db.flush()
    db.add(
        StockEntry(
            lot_id=lot.id,
            pool_id=pool.id,
            at=NOW,
            kind=StockKind.HARVEST,
            grams=grams,
            key=f"harvest:{lot.id}",
        )
    )
    db.flush()
    return lot


def a_shop(db: Session, *, producer: Producer, name: str = "OCOP Hà Giang", **values: Any) -> Shop:
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "marketplace": "sendo",
        "push_token": f"push-{number}",
        "pulled_to": NOW,
        "created_at": NOW,
    }
    shop = Shop(name=f"{name} {number}", producer_id=producer.id, **{**defaults, **values})
    db.add(shop)
    db.flush()
    return shop


def a_photo(db: Session) -> Photo:
    """A photo's row; no file behind it."""
    photo = Photo(
        sha256=f"{next(_numbers):064x}", width=1280, height=960, size_bytes=100_000, uploaded_at=NOW
    )
    db.add(photo)
    db.flush()
    return photo


def an_offer(db: Session, *, producer: Producer, pack: Pack, photos: int = 1, **values: Any) -> Offer:
    defaults: dict[str, Any] = {
        "title": "Cam Vàng Hà Giang thùng 10 kg",
        "description": "Cam Vàng hái tại vườn, vỏ mỏng, ngọt thanh. " * 5,
        "price_vnd": 200_000,
        "created_at": NOW,
    }
    given = {**defaults, **values}
    offer = Offer(
        producer_id=producer.id,
        product_id=pack.product_id,
        pack_id=pack.id,
        season_id=a_season(db).id,
        title_fold=fold(given["title"]),
        **given,
    )
    db.add(offer)
    db.flush()
    for position in range(photos):
        db.add(OfferPhoto(offer_id=offer.id, photo_id=a_photo(db).id, position=position))
    db.flush()
    return offer


def a_listing(db: Session, *, offer: Offer, shop: Shop, packs: int = 5, **values: Any) -> Listing:
    listing = Listing(
        offer_id=offer.id,
        shop_id=shop.id,
        sku=values.pop("sku", f"LS-{next(_numbers)}"),
        created_at=NOW,
        **{"wanted": Wanted.ON_SALE, "wanted_packs": packs, "not_before": NOW, **values},
    )
    db.add(listing)
    db.flush()
    return listing


def a_course(db: Session, topic: str = "Đưa nông sản lên sàn", **values: Any) -> Course:
    course = Course(
        code=f"KH-T{next(_numbers)}", topic=topic, topic_fold=fold(topic), created_at=NOW, **values
    )
    db.add(course)
    db.flush()
    return course


def a_training(
    db: Session,
    *,
    course: Course | None = None,
    commune: AdminUnit | str = "Xã Vĩnh Hảo",
    starts_on: date = date(2021, 12, 7),
    parts: tuple[DayPart, ...] = (DayPart.MORNING, DayPart.AFTERNOON),
    **values: Any,
) -> TrainingSession:
    """A class of one day, by default next week, with a half-day for each of `parts`."""
    unit = a_commune(db, commune) if isinstance(commune, str) else commune
    defaults: dict[str, Any] = {
        "code": f"LH-T{next(_numbers)}",
        "venue": "Nhà văn hóa thôn Vĩnh Sơn",
        "organiser": "Trung tâm khuyến nông",
        "host": "province",
        "capacity": 30,
        "needed_half_days": len(parts),
        "created_at": NOW,
    }
    training = TrainingSession(
        course_id=(course or a_course(db)).id,
        commune_id=unit.id,
        starts_on=starts_on,
        ends_on=starts_on,
        **{**defaults, **values},
    )
    db.add(training)
    db.flush()
    for number, part in enumerate(parts, start=1):
        db.add(HalfDay(training_id=training.id, number=number, day=starts_on, part=part))
    db.flush()
    return training


def half_days_of(db: Session, training: TrainingSession) -> list[HalfDay]:
    rows = select(HalfDay).where(HalfDay.training_id == training.id)
    return sorted(db.exec(rows), key=lambda half_day: half_day.number)


def an_enrolment(
    db: Session,
    *,
    training: TrainingSession,
    household: Household,
    people: tuple[Person, ...] = (),
    status: EnrolmentStatus = EnrolmentStatus.REGISTERED,
    **values: Any,
) -> Enrolment:
    """A household's entry; without `people` its head comes."""
    taken = db.exec(select(Enrolment.place).where(Enrolment.training_id == training.id)).all()
    enrolment = Enrolment(
        training_id=training.id,
        household_id=household.id,
        place=max(taken, default=0) + 1,
        status=status,
        **{"source": EnrolmentSource.OFFICE, "created_at": NOW, **values},
    )
    db.add(enrolment)
    db.flush()
    for person in people or (head_of(db, household),):
        db.add(Seat(enrolment_id=enrolment.id, training_id=training.id, person_id=person.id))
    db.flush()
    return enrolment


def an_attendance(
    db: Session, *, training: TrainingSession, person: Person, present: tuple[bool, ...] = (True, True)
) -> None:
    """What was marked for a person, half-day by half-day, and what it comes to."""
    for half_day, came in zip(half_days_of(db, training), present, strict=True):
        number = next(_numbers)
        of = {"training_id": training.id, "half_day_id": half_day.id, "person_id": person.id}
        mark = {"key": f"mark-{number}", "device": "thu", "number": number, "marked_at": NOW}
        db.add(AttendanceMark(**of, **mark, present=came, door=Door.TAP, received_at=NOW))
        db.add(Attendance(**of, present=came))
    db.flush()
