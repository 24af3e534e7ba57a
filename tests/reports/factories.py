"""Counted lines, and the worked example of domain.md §11.3 written with them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from sqlmodel import Session

from catalog.models import Household, Product
from marketplace.core.units import local_day
from marketplace.selling.models import Channel, Evidence, TonnageEntry, TonnageKind
from tests.factories import a_household, a_product

_numbers = count(1)


def at(day: int, month: int = 11, hour: int = 3, minute: int = 0) -> datetime:
    """An instant of 2021, UTC; 3:00 is the morning in Hà Giang."""
    return datetime(2021, month, day, hour, minute, tzinfo=UTC)


def an_entry(
    db: Session,
    *,
    product: Product,
    household: Household | None = None,
    grams: int = 10_000,
    when: datetime | None = None,
    day: date | None = None,
    kind: TonnageKind = TonnageKind.SOLD,
    channel: Channel = Channel.MARKETPLACE_RETAIL,
    evidence: Evidence = Evidence.A,
    marketplace: str | None = "sendo",
    value_vnd: int = 200_000,
    complaint_grams: int = 0,
    **values: Any,
) -> TonnageEntry:
    """One counted line; its place is the household's, as recorded, unless `commune_id` says otherwise."""
    moment = when or at(20)
    given = {"commune_id": household.commune_id if household else None, **values}
    entry = TonnageEntry(
        key=f"test:{next(_numbers)}",
        kind=kind,
        at=moment,
        day=day or local_day(moment),
        channel=channel,
        evidence=evidence,
        marketplace=marketplace,
        product_id=product.id,
        household_id=household.id if household else None,
        grams=grams,
        value_vnd=value_vnd,
        complaint_grams=complaint_grams,
        **given,
    )
    db.add(entry)
    db.flush()
    return entry


@dataclass
class Example:
    vang: Product
    honey: Product
    ven: Household
    tuan: Household


def the_worked_example(db: Session, *, returned_on: datetime | None = None) -> Example:
    """Orders A to J: C and D leave no line, J is a second message and leaves none either."""
    vang = a_product(db, name="Cam Vàng Hà Giang", variety="Cam Vàng")
    honey = a_product(db, name="Mật ong bạc hà")
    ven = a_household(db, commune="Xã Vĩnh Hảo")
    tuan = a_household(db, commune="Xã Tiên Kiều", head="Nông Văn Tuấn")
    an_entry(db, product=vang, household=ven, grams=30_000, when=at(20), value_vnd=600_000)  # A, J
    an_entry(db, product=vang, household=tuan, grams=10_000, when=at(18), value_vnd=220_000)  # B
    an_entry(
        db,
        product=vang,
        household=tuan,
        grams=-5_000,
        when=returned_on or at(25),
        kind=TonnageKind.RETURNED,
        value_vnd=-110_000,
    )
    an_entry(db, product=vang, household=ven, grams=10_000, when=at(21))  # E
    an_entry(
        db,
        product=vang,
        household=ven,
        grams=0,
        when=at(23),
        kind=TonnageKind.COMPLAINT,
        value_vnd=-40_000,
        complaint_grams=2_000,
    )
    an_entry(db, product=vang, household=tuan, grams=5_000, when=at(22), value_vnd=110_000)  # F
    an_entry(db, product=honey, household=tuan, grams=500, when=at(22), value_vnd=150_000)  # F
    trader = {"channel": Channel.TRADER, "evidence": Evidence.C, "marketplace": None}
    an_entry(
        db, product=vang, household=ven, grams=1_200_000, when=at(15), value_vnd=9_000_000, **trader
    )  # G
    bulk = {"channel": Channel.MARKETPLACE_BULK, "evidence": Evidence.B, "marketplace": "postmart"}
    an_entry(db, product=vang, grams=2_000_000, when=at(26), value_vnd=16_000_000, **bulk)  # H, no lot known
    an_entry(
        db, product=vang, household=ven, grams=20_000, when=at(30, hour=17, minute=30)
    )  # I: 1 December here
    return Example(vang, honey, ven, tuan)
