"""Whom the programme reached, and the list behind each count."""

from datetime import UTC, date, datetime

from sqlmodel import Session

from catalog.models import Certificate, CertificateKind, CertificateProduct
from marketplace.core.audit import SYSTEM
from marketplace.reports.chain_sales import read_sales
from marketplace.reports.periods import Period
from marketplace.reports.reached import Reach, reached, reached_households
from marketplace.selling.models import Channel, Evidence, TonnageKind
from marketplace.selling.outside import OutsideSaleIn, record_outside_sale
from marketplace.selling.taking_back import take_back_outside_sale
from tests.factories import (
    NOW,
    TODAY,
    a_cooperative,
    a_household,
    a_listing,
    a_lot,
    a_pack,
    a_product,
    a_shop,
    an_offer,
    producer_of,
)
from tests.reports.factories import an_entry, at

NOVEMBER = Period(date(2021, 11, 1), date(2021, 11, 30))
SEASON = Period(date(2021, 9, 1), date(2022, 5, 31))


def test_counts_and_lists_agree(db: Session) -> None:
    vang = a_product(db, variety="Cam Vàng")
    seller, supplier, gone = a_household(db), a_household(db), a_household(db, active=False)
    supplier.registered_at = datetime(2021, 10, 31, 16, 59, tzinfo=UTC)  # 23:59 of October here
    pack = a_pack(db, vang)
    cooperative = a_cooperative(db, members=(supplier,))
    a_lot(db, product=vang, household=supplier, producer=cooperative)
    shop = a_shop(db, producer=cooperative)
    own = an_offer(db, producer=producer_of(db, seller), pack=pack)
    a_listing(db, offer=own, shop=shop, remote_state="live")
    a_listing(db, offer=an_offer(db, producer=cooperative, pack=pack), shop=shop, remote_state="live")
    a_listing(
        db, offer=an_offer(db, producer=producer_of(db, gone), pack=pack), shop=shop, remote_state="rejected"
    )
    an_entry(db, product=vang, household=seller, when=at(20))
    an_entry(db, product=vang, household=supplier, when=at(20, month=10))
    an_entry(db, product=vang, household=gone, channel=Channel.TRADER)
    an_entry(db, product=vang, household=gone, kind=TonnageKind.RETURNED, grams=-5_000)

    counts = reached(db, period=Period(date(2021, 11, 1), TODAY), today=TODAY, season_start=date(2021, 9, 1))

    assert (counts.registered, counts.registered_new) == (2, 1)
    assert counts.on_sale == 2
    assert (counts.sold, counts.sold_since) == (1, 2)
    assert (counts.products, counts.ocop_products) == (1, 0)
    listed = {reach: [one.id for one in reached_households(db, reach, period=SEASON)] for reach in Reach}
    assert listed == {reach: [seller.id, supplier.id] for reach in Reach}
    assert [one.commune for one in reached_households(db, Reach.SOLD, period=NOVEMBER)] == ["Xã Vĩnh Hảo"]


def test_an_ocop_product_is_one_whose_seller_or_its_cooperative_holds_a_valid_certificate(
    db: Session,
) -> None:
    tea, honey = a_product(db, name="Chè shan tuyết"), a_product(db, name="Mật ong")
    household = a_household(db)
    cooperative = a_cooperative(db, members=(household,))
    shop = a_shop(db, producer=cooperative)
    for product in (tea, honey):
        offer = an_offer(db, producer=producer_of(db, household), pack=a_pack(db, product))
        a_listing(db, offer=offer, shop=shop, remote_state="live")
    for number, (product, ends) in enumerate(((tea, date(2023, 1, 1)), (honey, date(2021, 11, 30)))):
        certificate = Certificate(
            kind=CertificateKind.OCOP,
            producer_id=cooperative.id,
            number=f"OCOP-{number}",
            issuer="UBND tỉnh",
            decision_date=date(2020, 1, 1),
            valid_from=date(2020, 1, 1),
            valid_to=ends,
            stars=4,
        )
        db.add(certificate)
        db.flush()
        db.add(CertificateProduct(certificate_id=certificate.id, product_id=product.id))
    db.flush()

    counts = reached(db, period=NOVEMBER, today=TODAY)

    assert (counts.products, counts.ocop_products) == (2, 1)


def test_a_bulk_sale_that_was_taken_back_reaches_nobody(db: Session) -> None:
    household = a_household(db)
    product = a_product(db)
    a_lot(db, product=product, household=household)
    typed = OutsideSaleIn(
        producer_id=producer_of(db, household).id or 0,
        product_id=product.id or 0,
        channel=Channel.MARKETPLACE_BULK,
        evidence=Evidence.B,
        grams=50_000,
        paper="HĐ 7",
        sold_on=date(2021, 11, 20),
    )
    sale = record_outside_sale(db, SYSTEM, typed, now=NOW)
    assert reached(db, period=NOVEMBER, today=TODAY).sold == 1
    assert read_sales(db, NOVEMBER)[household.id].first_on == date(2021, 11, 20)

    take_back_outside_sale(db, SYSTEM, sale, "Ghi nhầm", now=NOW)

    assert reached(db, period=NOVEMBER, today=TODAY).sold == 0
    sales = read_sales(db, NOVEMBER)[household.id]
    assert (sales.headline, sales.first_on) == (0, None)
