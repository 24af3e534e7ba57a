"""A season of any size, written straight into the tables, from households to counted kilograms.

Names and places repeat as they do in Hà Giang; nobody in it is real.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Table, insert
from sqlmodel import Session, SQLModel, col, select

from benchmarks.harness import NOW, Place
from catalog.models import (
    AdminUnit,
    Consent,
    HarvestLot,
    Household,
    Level,
    LotPool,
    Pack,
    Person,
    Photo,
    Producer,
    Product,
    StockEntry,
)
from catalog.people import name_columns
from marketplace.accounts.models import Role
from marketplace.core.db import writer
from marketplace.core.text import fold
from marketplace.selling.models import (
    Allocation,
    Listing,
    Offer,
    OfferPhoto,
    Order,
    OrderLine,
    Shop,
    TonnageEntry,
)
from tests import factories as make

FAMILY = ("Hoàng", "Nông", "Lý", "Giàng", "Vàng", "Sùng", "Lò", "Mã", "Đặng", "Triệu", "Phàn", "Hầu")
MIDDLE = ("Thị", "Văn", "Mí", "A", "Đức", "Thu", "Minh", "Xuân")
GIVEN = (
    "Vén",
    "Tuấn",
    "Máy",
    "Páo",
    "Dính",
    "Sính",
    "Hương",
    "Thảo",
    "Chá",
    "Lan",
    "Dũng",
    "Quý",
    "Mai",
    "Sơn",
)
ORANGES = (("Cam Vàng Hà Giang", "cam vàng"), ("Cam Sành Hà Giang", "cam sành"), ("Cam V2", "cam v2"))
FIRST_DAY, DAYS = date(2021, 11, 1), 120
AT_ONCE = 20_000
HARVEST = 10**9  #: grams of every lot
WORDS = "Cam hái tại vườn, vỏ mỏng, ngọt thanh. " * 5


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    households: int
    listings: int
    lines: int

    def seller_of(self, listing: int) -> int:
        return listing % self.households

    def listing_of(self, line: int) -> int:
        return line * 7919 % self.listings

    def __str__(self) -> str:
        return f"{self.households:,} households, {self.lines:,} lines"


@dataclass(frozen=True)
class Cast:
    """The few rows everything else hangs on."""

    season_id: int
    communes: list[int]
    products: list[Product]
    packs: list[Pack]
    shops: list[Shop]
    accounts: dict[Role, str]  #: user names

    def commune_of(self, household: int) -> int:
        return self.communes[household % len(self.communes)]

    def product_of(self, household: int) -> Product:
        return self.products[household % len(self.products)]

    def shop_of(self, listing: int) -> int:
        return self.shops[listing % len(self.shops)].id or 0


def make_world(place: Place, size: Size) -> Cast:
    """Fill an empty, migrated database; ids are given here, so that nothing has to be read back."""
    chance = random.Random(2021)  # noqa: S311 - the same world every time
    with Session(writer(place.engine), expire_on_commit=False) as db:
        cast = _cast(db)
        db.commit()
    with writer(place.engine).connect() as connection, connection.begin():
        first_producer = 1 + max(shop.producer_id for shop in cast.shops)
        for table, rows in chain(
            _people(size, cast, first_producer, chance),
            _goods(size, cast, first_producer),
            _sales(size, cast),
        ):
            _insert(connection, table, rows)
    with place.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
    return cast


def _cast(db: Session) -> Cast:
    make.load_communes(db)
    that_day = AdminUnit.valid_from <= NOW.date(), col(AdminUnit.valid_to) >= NOW.date()
    communes = db.exec(
        select(AdminUnit).where(AdminUnit.level == Level.COMMUNE, *that_day).order_by(col(AdminUnit.id))
    ).all()
    products = [make.a_product(db, name=name, variety=variety) for name, variety in ORANGES]
    packs = [make.a_pack(db, product, net_grams=10_000, name="Thùng 10 kg") for product in products]
    cooperatives = [make.a_cooperative(db, name=f"HTX Cam số {n}") for n in range(3)]
    shops = [make.a_shop(db, producer=one, name="Gian hàng", last_ok_at=NOW) for one in cooperatives]
    season_id = make.a_season(db).id or 0
    extension = make.an_account(db, Role.EXTENSION, communes=tuple(communes[:6]))
    coordinator = make.an_account(db, Role.COORDINATOR)
    names = {one.role: one.user_name or "" for one in (extension, coordinator)}
    return Cast(season_id, [unit.id or 0 for unit in communes], products, packs, shops, names)


Rows = Iterator[dict[str, Any]]
Kinds = Iterator[tuple[type[SQLModel], Rows]]


def _people(size: Size, cast: Cast, first_producer: int, chance: random.Random) -> Kinds:
    count = range(size.households)
    parts = (FAMILY, MIDDLE, GIVEN)
    names = [" ".join(chance.choice(part) for part in parts) for _ in count]
    columns = {name: name_columns(name) for name in set(names)}
    villages = [f"Thôn {given} {n}" for n in range(1, 4) for given in GIVEN]

    def household(n: int) -> dict[str, Any]:
        commune, village = cast.commune_of(n), villages[n % len(villages)]
        where = {"commune_id": commune, "current_commune_id": commune}
        row = {"id": n + 1, "code": f"HG-{n + 1:06d}", "village": village, "village_fold": fold(village)}
        return {**row, **where, "active": True, "registered_at": NOW, "note": ""}

    def head(n: int) -> dict[str, Any]:
        row = {"id": n + 1, "household_id": n + 1, "is_head": True, "created_at": NOW}
        return {**row, **columns[names[n]], "phone": f"+84912{n:06d}", "phone_owner": "self"}

    def consent(n: int, purpose: str) -> dict[str, Any]:
        how = {"text_version": "2021-11", "language": "vi", "channel": "signature", "witness": ""}
        return {"person_id": n + 1, "purpose": purpose, **how, "given_on": NOW.date()}

    def producer(n: int) -> dict[str, Any]:
        called = {
            "name": f"Hộ {names[n]}",
            "name_fold": f"ho {columns[names[n]]['name_fold']}",
            "address": "",
        }
        row = {"id": first_producer + n, "kind": "household", "household_id": n + 1}
        return {**row, **called, "commune_id": cast.commune_of(n)}

    yield Household, map(household, count)
    yield Person, map(head, count)
    yield Consent, (consent(n, "registry") for n in count)
    yield Consent, (consent(n, "shop:sendo") for n in count)
    yield Producer, map(producer, count)


def _goods(size: Size, cast: Cast, first_producer: int) -> Kinds:
    def pool(n: int) -> dict[str, Any]:
        return {"id": n + 1, "producer_id": first_producer + n, "product_id": cast.product_of(n).id}

    def lot(n: int) -> dict[str, Any]:
        of = {"pool_id": n + 1, "product_id": cast.product_of(n).id, "household_id": n + 1}
        row = {"id": n + 1, "code": f"HG21-B-{n + 1:06d}", "season_id": cast.season_id, "recorded_at": NOW}
        grown = {"commune_id": cast.commune_of(n), "harvested_on": FIRST_DAY, "grams": HARVEST, "grade": ""}
        return {**row, **of, **grown}

    def harvest(n: int) -> dict[str, Any]:
        row = {"lot_id": n + 1, "pool_id": n + 1, "at": NOW, "kind": "harvest", "grams": HARVEST}
        return {**row, "key": f"harvest:{n + 1}", "reason": ""}

    def offer(n: int) -> dict[str, Any]:
        seller = size.seller_of(n)
        product, pack = cast.product_of(seller), cast.packs[seller % len(cast.packs)]
        title = f"{product.name} thùng 10 kg, vườn {n}"
        of = {"producer_id": first_producer + seller, "product_id": product.id, "pack_id": pack.id}
        words = {"title": title, "title_fold": fold(title), "description": WORDS, "grade": ""}
        row = {"id": n + 1, "season_id": cast.season_id, "price_vnd": 200_000 + n, "created_at": NOW}
        return {**row, **of, **words, "show_name": False}

    yield LotPool, map(pool, range(size.households))
    yield HarvestLot, map(lot, range(size.households))
    yield StockEntry, map(harvest, range(size.households))
    photo = {"id": 1, "sha256": "0" * 64, "width": 1280, "height": 960, "size_bytes": 1, "uploaded_at": NOW}
    yield Photo, iter([photo])
    yield Offer, map(offer, range(size.listings))
    yield OfferPhoto, ({"offer_id": n + 1, "photo_id": 1, "position": 0} for n in range(size.listings))
    yield Listing, (_listing(cast, n) for n in range(size.listings))


def _listing(cast: Cast, n: int) -> dict[str, Any]:
    """On sale; one of four waits for moderation, one of twenty for its seller."""
    stuck = n % 20 == 0
    row = {
        "id": n + 1,
        "offer_id": n + 1,
        "shop_id": cast.shop_of(n),
        "sku": f"LS-{n + 1}",
        "created_at": NOW,
    }
    wanted = {"wanted": "on_sale", "wanted_packs": 5, "restock": False, "revision": 1}
    there = {
        "published_revision": 1,
        "sent_revision": 1,
        "remote_id": str(90_000_000 + n),
        "remote_state": "pending" if n % 4 == 3 else "live",
        "confirmed_packs": 5,
        "confirmed_price_vnd": 200_000 + n,
        "exposure_packs": 5,
    }
    work = {
        "unclear": False,
        "tighten": False,
        "attempts": 0,
        "blame": "seller" if stuck else None,
        "cause": "checklist.no_photo" if stuck else None,
        "cause_sentence": "Chưa có ảnh; hãy chụp và thêm ít nhất một ảnh sản phẩm." if stuck else None,
        "cause_facts": {},
        "created_at": NOW,
    }
    return {**row, **wanted, **there, **work}


def _sales(size: Size, cast: Cast) -> Kinds:
    """Orders of one line, spread over the season and over all listings; one in fifty came back."""
    count = range(size.lines)

    def order(n: int) -> dict[str, Any]:
        at = _moment(n)
        stamps = {"placed_at": at, "updated_at": at, "delivered_at": at}
        row = {"id": n + 1, "shop_id": cast.shop_of(size.listing_of(n)), "order_no": str(70_000_000 + n)}
        state = {"marketplace": "sendo", "state": "delivered", "raw_state": "8/6", "wish_attempts": 0}
        money = {"shipping_vnd": 30_000, "voucher_vnd": 0, "internal": False, "sandbox": False}
        return {**row, **state, **stamps, **money}

    def line(n: int) -> dict[str, Any]:
        listing = size.listing_of(n) + 1
        row = {"id": n + 1, "order_id": n + 1, "line_no": "1", "sku": f"LS-{listing}", "listing_id": listing}
        return {**row, "packs": 1, "price_vnd": 200_000, "returned_packs": 0}

    def allocation(n: int) -> dict[str, Any]:
        seller = size.seller_of(size.listing_of(n))
        row = {"order_line_id": n + 1, "lot_id": seller + 1, "product_id": cast.product_of(seller).id}
        return {**row, "grams": 10_000, "released": False}

    def taken(n: int) -> dict[str, Any]:
        lot = size.seller_of(size.listing_of(n)) + 1
        row = {"lot_id": lot, "pool_id": lot, "at": _moment(n), "kind": "sale", "grams": -10_000}
        return {**row, "key": f"sale:{n + 1}", "reason": ""}

    def counted(n: int) -> dict[str, Any]:
        seller, back = size.seller_of(size.listing_of(n)), n % 50 == 0
        how = {"channel": "marketplace_retail", "evidence": "A", "marketplace": "sendo", "value_vnd": 200_000}
        whose = {"household_id": seller + 1, "commune_id": cast.commune_of(seller), "order_line_id": n + 1}
        what = {"kind": "returned" if back else "sold", "grams": -10_000 if back else 10_000}
        row = {"key": f"sold:{n + 1}", "at": _moment(n), "day": _day(n), "complaint_grams": 0}
        return {**row, **what, **how, **whose, "product_id": cast.product_of(seller).id}

    yield Order, map(order, count)
    yield OrderLine, map(line, count)
    yield Allocation, map(allocation, count)
    yield StockEntry, map(taken, count)
    yield TonnageEntry, map(counted, count)


def _day(line: int) -> date:
    return FIRST_DAY + timedelta(days=line * 31 % DAYS)


def _moment(line: int) -> datetime:
    return NOW + timedelta(days=(_day(line) - NOW.date()).days, seconds=line % 3600)


def _insert(connection: Connection, kind: type[SQLModel], rows: Rows) -> None:
    table: Table = kind.__table__  # type: ignore[attr-defined]  # every table class has one
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == AT_ONCE:
            connection.execute(insert(table), batch)
            batch = []
    if batch:
        connection.execute(insert(table), batch)
