"""Two communes with the same kinds of rows in each: one is mine, the other is somebody else's."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlmodel import Session, select

from catalog.models import (
    Certificate,
    CertificateKind,
    CertificateProduct,
    Consent,
    HarvestLot,
    Household,
    ImportBatch,
    ImportRefusal,
    LotMixing,
    Membership,
    Pack,
    Person,
    PhoneOwner,
    Photo,
    Poverty,
    PovertyStatus,
    Producer,
    Product,
    StockEntry,
    StockKind,
)
from catalog.people import sealed_id
from marketplace.accounts import logins
from marketplace.accounts.models import Account, Login, Role
from marketplace.core.audit import note
from marketplace.core.secrets import Vault
from marketplace.selling.models import (
    Allocation,
    Blame,
    CategoryFetch,
    Channel,
    Drift,
    Evidence,
    Exchange,
    Listing,
    MarketplaceCategory,
    Offer,
    Order,
    OrderLine,
    OutsideSale,
    ParkedOrder,
    SchemaTask,
    Shop,
    TonnageEntry,
    TonnageKind,
)
from marketplace.selling.return_models import GoodsBack
from marketplace.selling.returns import record_complaint, record_return
from marketplace.selling.stock import note_move
from marketplace.selling.stock_models import Moved
from tests import factories as make
from tests.security.classes import Classes, classes_of
from training.models import Course, Material, Question

POVERTY_YEAR = 2021  #: decided for both households
OWN, FOREIGN = "Xã Vĩnh Hảo", "Xã Cao Bồ"


@dataclass(frozen=True)
class Words:
    """What tells one side from the other on a page."""

    commune: str
    head: str
    wife: str
    village: str
    phone: str  #: as it is dialled
    national_id: str  #: nobody's: born in 2099
    order_no: str
    mark: str


MINE = Words(
    OWN, "Hoàng Thị Vén", "Nông Văn Tuấn", "Thôn Vĩnh Sơn", "0971234501", "002199000011", "99001", "MINE"
)
THEIRS = Words(
    FOREIGN, "Phàn Chòi Nhàn", "Bàn Tà Liều", "Thôn Lùng Tao", "0867654302", "002199000022", "77002", "THEIRS"
)


@dataclass
class Side:
    """One of each kind of row, of one household."""

    words: Words
    household: Household
    head: Person
    consent: Consent
    producer: Producer
    cooperative: Producer
    membership: Membership
    lot: HarvestLot
    mixing: LotMixing
    offer: Offer
    photo: Photo
    listing: Listing
    order: Order
    line: OrderLine
    delivered: Order
    delivered_line: OrderLine
    back: GoodsBack
    sale: OutsideSale
    batch: ImportBatch
    roll: ImportBatch
    certificate: Certificate
    shop: Shop
    exchange: Exchange
    drift: Drift
    waiting: Listing
    parked: ParkedOrder
    farmer: Account
    worker: Account
    login: Login
    classes: Classes

    def secrets(self) -> list[str]:
        """What nobody outside may read."""
        words = self.words
        return [
            words.head,
            words.wife,
            words.village,
            words.order_no,
            self.household.code,
            self.listing.sku,
            self.lot.code,
            self.offer.title,
            f"QĐ {words.mark}",
            *numbers_of(words),
        ]


def numbers_of(words: Words) -> list[str]:
    """Phone and national id as digits without the leading zero, which every spelling holds."""
    return [words.phone[1:], words.national_id[1:]]


@dataclass
class Goods:
    """What belongs to everybody."""

    product: Product
    pack: Pack
    task: SchemaTask
    course: Course
    question: Question
    material: Material


@dataclass
class TwoCommunes:
    goods: Goods
    own: Side
    foreign: Side
    people: dict[Role, Account]


def two_communes(db: Session, vault: Vault) -> TwoCommunes:
    """Everything twice, and one account of each role that belongs to the own side."""
    product = make.a_product(db)
    pack = make.a_pack(db, product, name="Thùng 10 kg")
    goods = Goods(product, pack, a_category_task(db), *_a_course(db))
    office = {role: make.an_account(db, role) for role in (Role.COORDINATOR, Role.ADMIN)}
    own, foreign = (a_side(db, vault, goods, words) for words in (MINE, THEIRS))
    people = {Role.FARMER: own.farmer, Role.EXTENSION: own.worker, **office}
    db.commit()
    return TwoCommunes(goods, own, foreign, people)


def _a_course(db: Session) -> tuple[Course, Question, Material]:
    """A course everybody learns, with one question and one thing to read."""
    course = make.a_course(db)
    asked = {"words": "Đơn phải xác nhận trong bao lâu?", "options": ["24 giờ", "7 ngày"], "right_option": 0}
    question = Question(course_id=course.id, position=1, **asked)
    material = Material(
        course_id=course.id, title="Đóng gói cam", words="Lau khô, xếp cuống xuống.", created_at=make.NOW
    )
    db.add_all([question, material])
    db.flush()
    return course, question, material


def a_category_task(db: Session) -> SchemaTask:
    """A marketplace's categories as last read, and what changed there since."""
    db.add(CategoryFetch(marketplace="sendo", fetched_at=make.NOW, due_at=make.NOW + timedelta(days=1)))
    node = {"name": "Trái Cây", "path": "Trái Cây", "path_fold": "trai cay", "leaf": True}
    db.add(MarketplaceCategory(marketplace="sendo", category="2422", seen_at=make.NOW, **node))
    facts = {"path": "Trái Cây", "required": ["Hạn sử dụng"]}
    task = SchemaTask(marketplace="sendo", category="2422", kind="attributes", facts=facts, found_at=make.NOW)
    db.add(task)
    db.flush()
    return task


def a_side(db: Session, vault: Vault, goods: Goods, words: Words) -> Side:
    household = make.a_household(db, commune=words.commune, head=words.head, village=words.village)
    head = make.head_of(db, household)
    for person, extra in ((head, 0), (make.a_person(db, household, name=words.wife), 1)):
        person.phone = f"+84{int(words.phone) + extra}"
        person.phone_owner = PhoneOwner.SELF
        identity = sealed_id(vault, f"{int(words.national_id) + extra:012d}")
        for column, value in identity.items():
            setattr(person, column, value)
        db.add(person)
    cooperative = make.a_cooperative(db, name=f"HTX {words.mark}")
    membership = Membership(
        household_id=household.id, producer_id=cooperative.id, valid_from=date(2021, 1, 1)
    )
    db.add(membership)
    db.flush()
    farmer = make.an_account(
        db, Role.FARMER, household=household, name=words.head, phone=f"+84{int(words.phone)}"
    )
    worker = make.an_account(db, Role.EXTENSION, communes=(words.commune,), name=f"Cán bộ {words.mark}")
    decided = {"year": POVERTY_YEAR, "status": Poverty.POOR, "source": f"QĐ {words.mark}"}
    db.add(PovertyStatus(household_id=household.id, recorded_at=make.NOW, **decided))
    logins.open_login(db, farmer, device="Máy khác", now=make.NOW, days=30)
    db.flush()
    login = logins.logins_of(db, farmer, now=make.NOW)[0]
    return Side(
        words=words,
        household=household,
        head=head,
        consent=make.a_consent(db, head, "publish_identity"),
        producer=make.producer_of(db, household),
        cooperative=cooperative,
        membership=membership,
        farmer=farmer,
        worker=worker,
        login=login,
        batch=_batch(db, vault, words, worker),
        roll=_batch(db, vault, words, worker, kind="classes"),
        classes=classes_of(db, goods.course, household, head, worker, words.mark),
        **_sold(db, goods, words, household, cooperative, worker),
    )


def _batch(
    db: Session, vault: Vault, words: Words, worker: Account, *, kind: str = "households"
) -> ImportBatch:
    """An import of the commune's worker with one refused row."""
    batch = ImportBatch(kind=kind, file_sha256="0" * 64, at=make.NOW, by=worker.id, rows_refused=1)
    db.add(batch)
    db.flush()
    cells = f'[["Họ tên", "Căn cước"], ["{words.head}", "{words.national_id}"]]'
    reason = {"column": "Xã", "sentence": "Hãy ghi tên xã.", "facts": {}}
    db.add(ImportRefusal(batch_id=batch.id, row=2, reasons=[reason], cells_sealed=vault.seal(cells)))
    note(db, worker, "import.taken", batch, new=0, updated=0)
    return batch


def _sold(
    db: Session, goods: Goods, words: Words, household: Household, cooperative: Producer, worker: Account
) -> dict[str, Any]:
    """From harvest to counted kilograms."""
    producer = make.producer_of(db, household)
    lot = make.a_lot(db, product=goods.product, household=household, grams=500_000)
    offer = make.an_offer(db, producer=producer, pack=goods.pack, title=f"Cam vườn nhà {words.mark} 10 kg")
    shop = make.a_shop(db, producer=cooperative, name=f"Gian {words.mark}", open_to_households=False)
    listing = make.a_listing(
        db, offer=offer, shop=shop, sku=f"LS-{words.mark}-1", remote_id=f"8{words.order_no}"
    )
    note_move(db, listing, Moved.DONE, 5, now=make.NOW)
    order = an_order(db, shop, words.order_no, state="new")
    line = a_line(db, order, listing, lot, packs=2)
    came = {"delivered_at": make.NOW - timedelta(days=1)}
    delivered = an_order(db, shop, f"{words.order_no}5", state="delivered", **came)
    delivered_line = a_line(db, delivered, listing, lot, packs=3)
    _count(db, delivered_line, lot)
    record_complaint(db, worker, delivered_line, 1_000, 20_000, on=make.TODAY, now=make.NOW)
    record_return(db, worker, delivered_line, 1, already=0, on=make.TODAY, now=make.NOW)
    return {
        "lot": lot,
        "mixing": _mixed(db, lot),
        "offer": offer,
        "photo": _photo_of(db, offer),
        "listing": listing,
        "shop": shop,
        "order": order,
        "line": line,
        "delivered": delivered,
        "delivered_line": delivered_line,
        "back": db.exec(select(GoodsBack).where(GoodsBack.order_line_id == delivered_line.id)).one(),
        "sale": _outside(db, goods, producer, household),
        "certificate": _certificate(db, goods, producer, words),
        "exchange": _exchange(db, shop),
        "drift": _drift(db, shop, listing),
        "waiting": _waiting(db, producer, goods, shop, words),
        "parked": _parked(db, an_order(db, shop, f"{words.order_no}7", state="new")),
    }


def _mixed(db: Session, lot: HarvestLot) -> LotMixing:
    """The lot went into mixed boxes after the last sale."""
    mixing = LotMixing(pool_id=lot.pool_id, mixed_on=make.TODAY, recorded_at=make.NOW + timedelta(seconds=1))
    db.add(mixing)
    db.flush()
    lot.mixing_id = mixing.id
    db.add(lot)
    db.flush()
    return mixing


def _parked(db: Session, order: Order) -> ParkedOrder:
    """An order whose only line has a SKU nobody knows."""
    db.add(OrderLine(order_id=order.id, line_no="1", sku="HAND", packs=1, price_vnd=90_000))
    what = {"order_no": order.order_no, "code": "unknown_sku:HAND", "raw": '{"packs": 1}'}
    parked = ParkedOrder(shop_id=order.shop_id, at=make.NOW, **what)
    db.add(parked)
    db.flush()
    return parked


def an_order(db: Session, shop: Shop, order_no: str, *, state: str, **values: Any) -> Order:
    order = Order(
        shop_id=shop.id,
        marketplace="sendo",
        order_no=order_no,
        state=state,
        placed_at=make.NOW - timedelta(days=2),
        updated_at=make.NOW,
        **values,
    )
    db.add(order)
    db.flush()
    return order


def a_line(db: Session, order: Order, listing: Listing, lot: HarvestLot, *, packs: int) -> OrderLine:
    """A line with its goods taken from a lot."""
    line = OrderLine(
        order_id=order.id, line_no="1", sku=listing.sku, listing_id=listing.id, packs=packs, price_vnd=200_000
    )
    db.add(line)
    db.flush()
    grams = packs * 10_000
    db.add(Allocation(order_line_id=line.id, lot_id=lot.id, product_id=lot.product_id, grams=grams))
    db.add(
        StockEntry(
            lot_id=lot.id,
            pool_id=lot.pool_id,
            at=make.NOW,
            kind=StockKind.SALE,
            grams=-grams,
            key=f"sale:{line.id}",
        )
    )
    db.flush()
    return line


def _count(db: Session, line: OrderLine, lot: HarvestLot) -> None:
    """A delivered line, as it is counted."""
    db.add(
        TonnageEntry(
            key=f"sold:{line.id}",
            kind=TonnageKind.SOLD,
            at=make.NOW - timedelta(days=1),
            day=make.TODAY - timedelta(days=1),
            channel=Channel.MARKETPLACE_RETAIL,
            evidence=Evidence.A,
            marketplace="sendo",
            product_id=lot.product_id,
            household_id=lot.household_id,
            commune_id=lot.commune_id,
            grams=line.packs * 10_000,
            value_vnd=line.packs * line.price_vnd,
            order_line_id=line.id,
        )
    )
    db.flush()


def _photo_of(db: Session, offer: Offer) -> Photo:
    from marketplace.selling.pages import photos_of

    return photos_of(db, offer)[0]


def _outside(db: Session, goods: Goods, producer: Producer, household: Household) -> OutsideSale:
    sale = OutsideSale(
        channel=Channel.TRADER,
        evidence=Evidence.D,
        producer_id=producer.id,
        product_id=goods.product.id,
        grams=7_000,
        sold_on=make.TODAY,
        recorded_at=make.NOW,
    )
    db.add(sale)
    db.flush()
    db.add(
        TonnageEntry(
            key=f"outside:{sale.id}",
            kind=TonnageKind.SOLD,
            at=make.NOW,
            day=make.TODAY,
            channel=Channel.TRADER,
            evidence=Evidence.D,
            product_id=goods.product.id,
            household_id=household.id,
            commune_id=household.commune_id,
            grams=7_000,
            outside_sale_id=sale.id,
        )
    )
    db.flush()
    return sale


def _certificate(db: Session, goods: Goods, producer: Producer, words: Words) -> Certificate:
    certificate = Certificate(
        kind=CertificateKind.VIETGAP,
        producer_id=producer.id,
        number=f"VG-{words.mark}",
        issuer="Trung tâm chứng nhận",
        decision_date=date(2021, 1, 1),
        valid_from=date(2021, 1, 1),
        valid_to=date(2022, 3, 1),
    )
    db.add(certificate)
    db.flush()
    db.add(CertificateProduct(certificate_id=certificate.id, product_id=goods.product.id))
    db.flush()
    return certificate


def _waiting(db: Session, producer: Producer, goods: Goods, shop: Shop, words: Words) -> Listing:
    """Another listing, whose price the marketplace does not take."""
    offer = make.an_offer(db, producer=producer, pack=goods.pack, title=f"Cam loại hai {words.mark} 10 kg")
    return make.a_listing(
        db,
        offer=offer,
        shop=shop,
        sku=f"LS-{words.mark}-2",
        not_before=None,
        blame=Blame.SELLER,
        cause="checklist.price",
        cause_sentence="Giá mỗi gói phải từ 250.000 đồng; hãy sửa giá.",
        cause_field="price_vnd",
    )


def _drift(db: Session, shop: Shop, listing: Listing) -> Drift:
    drift = Drift(
        shop_id=shop.id,
        listing_id=listing.id,
        sku=listing.sku,
        kind="stock",
        wanted="5",
        sent="5",
        there="4",
        found_at=make.NOW,
        seen_at=make.NOW,
    )
    db.add(drift)
    db.flush()
    return drift


def _exchange(db: Session, shop: Shop) -> Exchange:
    exchange = Exchange(shop_id=shop.id, at=make.NOW, method="POST", path="/api/product", status=200)
    db.add(exchange)
    db.flush()
    return exchange
