"""Before the season: accounts, goods of the catalogue, cooperatives, registration and classes from Excel."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from threading import Thread

from sqlalchemy import select as sqlalchemy_select
from sqlmodel import Session, col, select

from catalog.communes import read_communes
from catalog.consents import record_consent, shop_purpose
from catalog.models import (
    AdminUnit,
    ConsentChannel,
    Household,
    Person,
    Producer,
    ProducerKind,
    Product,
    Season,
)
from catalog.photos import keep_photo
from catalog.producers import add_producer, start_membership
from catalog.product_forms import MembershipIn, PackIn, ProducerIn, WindowIn
from catalog.products import add_pack
from catalog.seasons import set_window
from catalog.shipped import load_shipped_products
from marketplace.accounts.accounts import assign_communes, open_account
from marketplace.accounts.forms import AccountIn
from marketplace.accounts.models import Account, Role
from marketplace.cli.demo.pictures import picture_of
from marketplace.cli.rehearse.browser import Browser, NotDone, Silent
from marketplace.cli.rehearse.goods import BRAND, COMBO, EARLY, LATE, OPENS, PICKED
from marketplace.cli.rehearse.papers import class_list, household_list
from marketplace.cli.rehearse.stage import Stage
from marketplace.cli.rehearse.world import MARKETPLACES, Place, World
from marketplace.core.audit import SYSTEM
from marketplace.core.db import reading, writing
from marketplace.selling.categories import choose_shipped_categories
from training.awards import issue_awards
from training.courses import add_course
from training.forms import CourseIn
from training.models import TrainingSession

PASSWORD = "dien tap 2021"  # noqa: S105 - opens invented data of a folder that is thrown away
OFFICE, WORKER = "dieu phoi", "khuyen nong"
UNION = "Liên hiệp HTX (diễn tập)"
SHOP = "Nông sản Hà Giang (diễn tập)"
ORGANISER = "Trung tâm khuyến nông (diễn tập)"
RELOADS = 150  #: while nobody answers, a fifth of a second apart
TORN = 0.15  #: real seconds after which the web is killed while it reads the first file


@dataclass(frozen=True)
class Seller:
    """Who sells, in the installation's ids."""

    producer_id: int
    household_id: int | None = None


@dataclass
class Books:
    """Ids that the installation gave to what the scenario knows by its own keys."""

    office: Account
    worker: Account
    products: Mapping[str, int]
    photos: Mapping[str, int]
    course_id: int
    combo_id: int
    shops: Mapping[str, int]  #: by marketplace
    sellers: dict[str, Seller]  #: by "htx:3" or "ho:17"
    homes: dict[int, Seller]  #: every household by its number in the file
    places: Mapping[Place, int]  #: communes


def open_office(stage: Stage, world: World) -> Books:
    """What a coordinator sets up before anybody registers; cooperatives are founded, shops opened."""
    now = stage.now()
    with writing(stage.engine) as db:
        load_shipped_products(db)
        choose_shipped_categories(db)
        office = _account(db, stage, "Điều phối viên", OFFICE, Role.COORDINATOR)
        worker = _account(db, stage, "Cán bộ khuyến nông", WORKER, Role.EXTENSION)
        communes = read_communes(db)
        places = {one: communes.resolve(one.name, on=OPENS, district=one.district).id for one in world.places}
        assign_communes(db, SYSTEM, worker.id or 0, list(places.values()))
        products = dict(db.exec(select(Product.code, Product.id)).all())
        _open_the_season(db, stage, office)
        combo = _combo(db, office)
        photos = {code: _photo(db, stage, code) for code in (BRAND, EARLY, LATE)}
        course = add_course(db, office, CourseIn(topic="Đưa cam lên sàn (diễn tập)", half_days=2), now=now)
        sellers = {f"htx:{one.number}": _cooperative(db, office, one.name) for one in world.cooperatives}
        for one in world.cooperatives:
            producer = db.get_one(Producer, sellers[f"htx:{one.number}"].producer_id)
            producer.commune_id = places[one.place]
        union = _cooperative(db, office, UNION).producer_id
    shops = {name: stage.open_shop(name, union, SHOP) for name in MARKETPLACES}
    ids = {code: product_id or 0 for code, product_id in products.items()}
    return Books(office, worker, ids, photos, course.id or 0, combo, shops, sellers, {}, places)


def _account(db: Session, stage: Stage, name: str, user_name: str, role: Role) -> Account:
    given = AccountIn(name=name, user_name=user_name, role=role)
    return open_account(db, SYSTEM, given, password=PASSWORD, now=stage.now())


def _open_the_season(db: Session, stage: Stage, office: Account) -> None:
    """This year the brand and the early variety are picked a day before their usual time."""
    season = db.exec(select(Season)).one()
    for code, (first, last) in PICKED.items():
        product = db.exec(select(Product).where(Product.code == code)).one()
        window = WindowIn(
            season_id=season.id or 0, first_day=first - timedelta(days=1), last_day=last + timedelta(days=5)
        )
        set_window(db, office, product, window, now=stage.now())


def _combo(db: Session, office: Account) -> int:
    brand, late = (db.exec(select(Product).where(Product.code == code)).one() for code in (BRAND, LATE))
    ids = [brand.id or 0, late.id or 0]
    data = PackIn(
        name=COMBO, net_grams=10_000, gross_grams=10_600, part_product_ids=ids, part_grams=[5_000] * 2
    )
    return add_pack(db, office, brand, data).id or 0


def _photo(db: Session, stage: Stage, code: str) -> int:
    return keep_photo(db, SYSTEM, picture_of(code, 0), settings=stage.settings, now=stage.now()).id or 0


def _cooperative(db: Session, office: Account, name: str) -> Seller:
    return Seller(add_producer(db, office, ProducerIn(kind=ProducerKind.COOPERATIVE, name=name)).id or 0)


# --- households -----------------------------------------------------------------------------------------


def register(stage: Stage, world: World, books: Books) -> None:
    """The worker sends the list of households; the web is killed while it reads, the list is sent again."""
    file = household_list(world.homes)
    torn = Thread(target=_send_torn, args=(stage, file))
    torn.start()
    torn.join(TORN)
    stage.trouble.kill_web()
    torn.join()
    page = _worker(stage).send("/nhap-excel/moi", {}, file=("ho.xlsx", file))
    with reading(stage.engine) as db:
        books.homes = _homes(db, world)
    if len(books.homes) != len(world.homes):
        raise NotDone(f"/nhap-excel/moi: {len(books.homes)}/{len(world.homes)} hộ. {page[:200]}")
    books.sellers |= {f"ho:{number}": books.homes[number] for number in world.shopkeepers}


def _send_torn(stage: Stage, file: bytes) -> None:
    """The first try; it may be cut off at any moment, which is what it is for."""
    try:
        _worker(stage).send("/nhap-excel/moi", {}, file=("ho.xlsx", file))
    except Silent:
        return


def _worker(stage: Stage) -> Browser:
    """The worker logs in, as often as it takes while the web comes up again."""
    browser = Browser(stage.web_url)
    for _ in range(RELOADS):
        try:
            browser.log_in(WORKER, PASSWORD)
        except Silent:
            stage.wait_until(stage.now() + timedelta(seconds=0.2))
        else:
            return browser
    raise Silent(stage.web_url)


def _homes(db: Session, world: World) -> dict[int, Seller]:
    """Every household of the file as the installation knows it, found by who it is."""
    rows = db.execute(
        sqlalchemy_select(
            col(Person.name), col(Household.village), col(AdminUnit.name), col(Household.id), col(Producer.id)
        )
        .join(Household, col(Household.id) == Person.household_id)
        .join(AdminUnit, col(AdminUnit.id) == Household.commune_id)
        .join(Producer, col(Producer.household_id) == Household.id)
        .where(col(Person.is_head), col(Household.draft).is_(False))
    )
    known = {(name, village, place): Seller(seller or 0, home) for name, village, place, home, seller in rows}
    return {home.number: known[home.who] for home in world.homes if home.who in known}


def join(stage: Stage, world: World, books: Books) -> None:
    """Members join their cooperatives; who sells their own agrees to be shown on each marketplace."""
    today = OPENS
    with writing(stage.engine) as db:
        codes = dict(db.exec(select(Household.id, Household.code)).all())
        for one in world.cooperatives:
            producer = books.sellers[f"htx:{one.number}"].producer_id
            for number in one.members:
                data = MembershipIn(household_code=codes[books.homes[number].household_id], valid_from=today)
                start_membership(db, books.worker, producer, data)
        for number in world.shopkeepers:
            _agree(db, books, number)


def _agree(db: Session, books: Books, number: int) -> None:
    whose = Person.household_id == books.homes[number].household_id
    head = db.exec(select(Person).where(whose, col(Person.is_head))).one()
    for name in MARKETPLACES:
        record_consent(
            db, books.worker, head, shop_purpose(name),
            channel=ConsentChannel.SIGNATURE, given_on=OPENS, today=OPENS,
        )  # fmt: skip


# --- classes --------------------------------------------------------------------------------------------


def teach(stage: Stage, world: World, books: Books) -> None:
    """The worker brings in the list of every class and closes it; who came long enough gets a certificate."""
    browser = _worker(stage)
    for done, one in enumerate(world.classes):
        stage.progress("Lớp tập huấn", done, len(world.classes))
        facts = {
            "course_id": str(books.course_id),
            "first_day": one.day.strftime("%d/%m/%Y"),
            "first_part": "morning",
            "half_days": "2",
            "commune_id": str(books.places[one.place]),
            "venue": one.venue,
            "organiser": ORGANISER,
            "host": "province",
            "close": "1",
        }
        browser.send("/lop-tap-huan/nhap-excel", facts, file=(f"lop-{one.number}.xlsx", class_list(one)))
    with writing(stage.engine) as db:
        for training in db.exec(select(TrainingSession).order_by(col(TrainingSession.id))).all():
            issue_awards(db, books.worker, training, now=stage.now())
