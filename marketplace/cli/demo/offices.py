"""Who runs the season: accounts, organisations with papers, the shop, targets, sales elsewhere."""

from datetime import date, timedelta
from typing import Any

from sqlmodel import Session, select

from catalog.certificates import add_certificate
from catalog.communes import read_communes
from catalog.lots import on_hand, pool_of
from catalog.models import CertificateKind, Producer, ProducerKind, Product, Season
from catalog.producers import add_producer
from catalog.product_forms import CertificateIn, ProducerIn
from marketplace.accounts.accounts import assign_communes, open_account
from marketplace.accounts.forms import AccountIn
from marketplace.accounts.models import Account, Role
from marketplace.cli.demo.facts import (
    MARKETPLACES,
    PASSWORD,
    SEASON_START,
    SHOP_NAME,
    START,
    TODAY,
    season,
)
from marketplace.core.audit import SYSTEM
from marketplace.core.secrets import Vault
from marketplace.reports.forms import TargetIn
from marketplace.reports.targets import set_target
from marketplace.selling import shops
from marketplace.selling.models import Channel, Evidence, Shop
from marketplace.selling.outside import OutsideSaleIn, record_outside_sale
from marketplace.selling.sync.wire import faces

LOGINS = (
    (Role.ADMIN, "quantri", "Quản trị viên"),
    (Role.COORDINATOR, "dieuphoi", "Điều phối viên"),
    (Role.EXTENSION, "khuyennong", "Cán bộ khuyến nông"),
    (Role.FARMER, "hodan", ""),
)
PAPER_FIELDS = (
    "number", "issuer", "issuer_level", "stars", "score_hundredths", "area_m2", "gi_name"
)  # fmt: skip
NOWHERE = "http://127.0.0.1:9"  #: the shop's address until the pretend marketplace runs


def open_offices(db: Session) -> dict[Role, Account]:
    """Accounts of the office and of one extension worker, who looks after the well-known orange communes."""
    opened: dict[Role, Account] = {}
    for role, user_name, name in LOGINS:
        if role is not Role.FARMER:
            given = AccountIn(name=name, user_name=user_name, role=role)
            opened[role] = open_account(db, SYSTEM, given, password=PASSWORD, now=SEASON_START)
    communes = read_communes(db)
    area = season()["orange"][0]
    known = [communes.resolve(name, on=TODAY, district=area["district"]).id for name in area["known"]]
    assign_communes(db, opened[Role.ADMIN], opened[Role.EXTENSION].id or 0, known)
    return opened


def open_farmer(db: Session, name: str, household_code: str) -> Account:
    """The account of the household that somebody who looks round logs in as."""
    user_name = next(user for role, user, _ in LOGINS if role is Role.FARMER)
    given = AccountIn(name=name, user_name=user_name, role=Role.FARMER, household_code=household_code)
    return open_account(db, SYSTEM, given, password=PASSWORD, now=SEASON_START)


def found_organisations(db: Session) -> dict[str, Producer]:
    """The union that keeps the shop, cooperatives and a company, by their key in the data."""
    communes = read_communes(db)
    founded: dict[str, Producer] = {}
    for index, (key, facts) in enumerate(season()["organisations"].items()):
        place = communes.resolve(facts["commune"], on=TODAY, district=facts["district"])
        data = ProducerIn(
            kind=ProducerKind(facts["kind"]),
            name=facts["name"],
            tax_id=facts["tax_id"],
            phone=f"09000099{index:02d}",
            address=f"{place.name}, {place.parent}, tỉnh Hà Giang",
        )
        founded[key] = add_producer(db, SYSTEM, data)
        founded[key].commune_id = place.id
    db.flush()
    return founded


def add_papers(db: Session, organisations: dict[str, Producer], products: dict[str, Product]) -> None:
    """Certificates, one near its end and one past it."""
    for facts in season()["paper"]:
        typed = {
            "kind": CertificateKind(facts["kind"]),
            "producer_id": organisations[facts["holder"]].id,
            "product_ids": [products[code].id for code in facts["products"]],
            "decision_date": TODAY + timedelta(days=facts["decided"]),
            **{name: facts[name] for name in PAPER_FIELDS if name in facts},
        }
        if "ends" in facts:
            typed["valid_to"] = TODAY + timedelta(days=facts["ends"])
        data = CertificateIn.model_validate(typed)
        add_certificate(db, SYSTEM, data)


def open_the_shops(db: Session, union: Producer, vault: Vault) -> list[Shop]:
    """The province's shop on each marketplace; keys and addresses follow when the pretend ones run."""
    opened = []
    for name in MARKETPLACES:
        data = shops.ShopIn(
            marketplace=name,
            name=SHOP_NAME,
            producer_id=union.id or 0,
            base_url=NOWHERE,
            credentials=dict.fromkeys(faces()[name].credential_fields, "demo"),
        )
        shop = shops.open_shop(db, SYSTEM, data, vault=vault, now=START, orders_since=SEASON_START)
        opened.append(shop)
    return opened


def set_targets(db: Session, coordinator: Account, products: dict[str, Product]) -> None:
    """The province's ambition and what somebody thought possible, side by side."""
    running = db.exec(select(Season).where(Season.starts_on <= TODAY, Season.ends_on >= TODAY)).one()
    for facts in season()["target"]:
        typed = TargetIn(
            season_id=running.id or 0,
            product_id=products[facts["product"]].id if "product" in facts else None,
            grams=facts["tonnes"] * 1_000_000,
            said_by=facts["said_by"],
            said_on=facts["said_on"],
        )
        set_target(db, coordinator, typed, today=TODAY)


def sell_outside(
    db: Session,
    coordinator: Account,
    organisations: dict[str, Producer],
    product: Product,
    *,
    scale: float,
) -> None:
    """What went to traders, fairs and factories, in proportion to the households, while there is enough."""
    for facts in season()["outside"]:
        seller = organisations[facts["seller"]]
        pool = pool_of(db, seller.id or 0, product.id or 0)
        kilograms = max(20, round(facts["kilograms"] * scale))
        if pool is None or kilograms * 3000 > on_hand(db, pool.id or 0):
            continue
        sale = _outside(facts, seller, product, kilograms)
        record_outside_sale(db, coordinator, sale, now=START)


def _outside(facts: dict[str, Any], seller: Producer, product: Product, kilograms: int) -> OutsideSaleIn:
    sold_on: date = facts["sold_on"]
    return OutsideSaleIn(
        producer_id=seller.id or 0,
        product_id=product.id or 0,
        channel=Channel(facts["channel"]),
        evidence=Evidence(facts["evidence"]),
        grams=kilograms * 1000,
        value_vnd=kilograms * facts["price"],
        sold_on=sold_on,
        paper=facts.get("paper"),
        marketplace=facts.get("marketplace"),
        client_key=f"demo:{facts['channel']}:{sold_on}",
    )
