"""Making and changing offers: once, within stock, with every price remembered."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from catalog.certificates import revoke_certificate
from catalog.models import (
    Certificate,
    CertificateKind,
    CertificateProduct,
    Household,
    Pack,
    PackPrice,
    Producer,
    SaleUnit,
)
from marketplace.core.audit import SYSTEM, AuditEntry
from marketplace.core.errors import NotFound, Refused
from marketplace.selling import offers
from marketplace.selling.forms import OfferChangeIn, OfferIn
from marketplace.selling.listings import NotEnoughHarvest
from marketplace.selling.models import Listing, Offer, OfferPhoto, Shop
from tests import factories as make

NOW, TODAY = make.NOW, make.TODAY


def a_seller(db: Session, *, grams: int = 100_000) -> tuple[Household, Producer, Pack, Shop]:
    household = make.a_household(db)
    product = make.a_product(db)
    make.a_season(db)
    if grams:
        make.a_lot(db, product=product, household=household, grams=grams)
    pack = make.a_pack(db, product, name="Thùng 10 kg")
    shop = make.a_shop(db, producer=make.a_cooperative(db, members=(household,)))
    return household, make.producer_of(db, household), pack, shop


def typed(pack: Pack, **values: Any) -> OfferIn:
    return OfferIn.model_validate({"pack_id": pack.id, "price_vnd": 200_000, **values})


def change(offer: Offer, **values: Any) -> OfferChangeIn:
    kept = offer.model_dump(include=set(OfferChangeIn.model_fields))
    return OfferChangeIn.model_validate({**kept, **values})


def test_an_offer_takes_the_brand_name_and_goes_to_the_shops_named(db: Session) -> None:
    _, seller, pack, shop = a_seller(db)

    offer = offers.make_offer(db, SYSTEM, seller, typed(pack, shops=[shop.id], packs=4), now=NOW)

    assert offer.title == "Cam Vàng Hà Giang thùng 10 kg"
    listing = db.exec(select(Listing)).one()
    assert (listing.offer_id, listing.shop_id, listing.wanted_packs) == (offer.id, shop.id, 4)


def test_packs_are_shared_out_evenly(db: Session) -> None:
    household, seller, pack, shop = a_seller(db)
    other = make.a_shop(db, producer=make.a_cooperative(db, name="HTX Thứ hai", members=(household,)))

    offers.make_offer(db, SYSTEM, seller, typed(pack, shops=[shop.id, other.id], packs=7), now=NOW)

    assert [one.wanted_packs for one in db.exec(select(Listing).order_by(col(Listing.id)))] == [4, 3]


def test_the_same_key_gives_the_first_offer_and_a_foreign_one_nothing(db: Session) -> None:
    _, seller, pack, _ = a_seller(db)
    stranger = make.producer_of(db, make.a_household(db, head="Phàn Chòi Nhàn"))

    first = offers.make_offer(db, SYSTEM, seller, typed(pack, client_key="k"), now=NOW)
    again = offers.make_offer(db, SYSTEM, seller, typed(pack, client_key="k", price_vnd=1), now=NOW)

    assert again.id == first.id
    assert again.price_vnd == 200_000
    with pytest.raises(NotFound):
        offers.make_offer(db, SYSTEM, stranger, typed(pack, client_key="k"), now=NOW)


def test_a_shop_of_strangers_a_paused_one_and_too_few_packs_are_refused(db: Session) -> None:
    _, seller, pack, shop = a_seller(db)
    strange = make.a_shop(db, producer=make.a_cooperative(db, name="HTX Xa"), open_to_households=False)
    private = make.a_shop(db, producer=make.producer_of(db, make.a_household(db, head="Ma Thị Ảnh")))
    paused = make.a_shop(db, producer=seller, active=False)

    for closed in (strange, private, paused):
        with pytest.raises(offers.ShopNotOpen):
            offers.make_offer(db, SYSTEM, seller, typed(pack, shops=[closed.id], packs=1), now=NOW)
    with pytest.raises(offers.PacksNeeded):
        offers.make_offer(db, SYSTEM, seller, typed(pack, shops=[shop.id]), now=NOW)
    assert db.exec(select(Offer)).all() == []


def test_more_than_the_harvest_is_refused(db: Session) -> None:
    _, seller, pack, shop = a_seller(db, grams=30_000)

    with pytest.raises(NotEnoughHarvest) as refused:
        offers.make_offer(db, SYSTEM, seller, typed(pack, shops=[shop.id], packs=4), now=NOW)

    assert refused.value.field == "packs"
    db.rollback()
    assert db.exec(select(Offer)).all() == []


@pytest.mark.parametrize("unit", [SaleUnit.NIGHT, SaleUnit.PIECE])
def test_what_has_no_weight_is_not_for_marketplaces(db: Session, unit: SaleUnit) -> None:
    _, seller, _, _ = a_seller(db)
    pack = make.a_pack(db, make.a_product(db, name="Nhà sàn", sale_unit=unit, counts_for_tonnage=False))
    pack.net_grams = pack.gross_grams = None
    db.flush()

    with pytest.raises(offers.NotForMarketplaces):
        offers.make_offer(db, SYSTEM, seller, typed(pack), now=NOW)


def test_an_unknown_or_retired_pack_is_refused(db: Session) -> None:
    _, seller, pack, _ = a_seller(db)
    pack.active = False
    db.flush()

    with pytest.raises(offers.UnknownPack):
        offers.make_offer(db, SYSTEM, seller, typed(pack), now=NOW)


def test_a_price_is_history_and_every_change_is_audited_and_sent(db: Session) -> None:
    _, seller, pack, shop = a_seller(db)
    offer = offers.make_offer(db, SYSTEM, seller, typed(pack, shops=[shop.id], packs=1), now=NOW)
    revision = db.exec(select(Listing.revision)).one()

    offers.change_offer(db, SYSTEM, offer, change(offer, price_vnd=250_000), now=NOW + timedelta(days=2))

    prices = db.exec(select(PackPrice).order_by(col(PackPrice.valid_from))).all()
    assert [(one.price_vnd, one.valid_from, one.valid_to, one.producer_id) for one in prices] == [
        (200_000, TODAY, TODAY + timedelta(days=1), seller.id),
        (250_000, TODAY + timedelta(days=2), None, seller.id),
    ]
    entry = db.exec(select(AuditEntry).where(AuditEntry.action == "offer.price_changed")).one()
    assert entry.facts == {"old": 200_000, "new": 250_000}
    assert db.exec(select(Listing.revision)).one() == revision + 1


def test_nothing_typed_differently_changes_nothing(db: Session) -> None:
    _, seller, pack, shop = a_seller(db)
    offer = offers.make_offer(db, SYSTEM, seller, typed(pack, shops=[shop.id], packs=1), now=NOW)
    before = db.exec(select(Listing.revision)).one(), len(db.exec(select(AuditEntry)).all())

    offers.change_offer(db, SYSTEM, offer, change(offer), now=NOW)

    assert (db.exec(select(Listing.revision)).one(), len(db.exec(select(AuditEntry)).all())) == before


def test_a_new_title_is_found_by_search(db: Session) -> None:
    _, seller, pack, _ = a_seller(db)
    offer = offers.make_offer(db, SYSTEM, seller, typed(pack), now=NOW)

    offers.change_offer(db, SYSTEM, offer, change(offer, title="Đặc sản Bắc Quang"), now=NOW)

    assert offer.title_fold == "dac san bac quang"


def test_photos_come_and_go_and_are_sent(db: Session) -> None:
    _, seller, pack, shop = a_seller(db)
    offer = offers.make_offer(db, SYSTEM, seller, typed(pack, shops=[shop.id], packs=1), now=NOW)
    photo, revision = make.a_photo(db), db.exec(select(Listing.revision)).one()

    first = offers.add_photo(db, SYSTEM, offer, photo, now=NOW)
    again = offers.add_photo(db, SYSTEM, offer, photo, now=NOW)
    assert (again.id, db.exec(select(Listing.revision)).one()) == (first.id, revision + 1)
    offers.remove_photo(db, SYSTEM, offer, photo.id or 0, now=NOW)

    assert db.exec(select(OfferPhoto)).all() == []
    assert db.exec(select(Listing.revision)).one() == revision + 2
    with pytest.raises(NotFound):
        offers.remove_photo(db, SYSTEM, offer, photo.id or 0, now=NOW)


def test_there_is_a_most_of_photos(db: Session) -> None:
    _, seller, pack, _ = a_seller(db)
    offer = make.an_offer(db, producer=seller, pack=pack, photos=offers.MOST_PHOTOS)

    with pytest.raises(offers.TooManyPhotos):
        offers.add_photo(db, SYSTEM, offer, make.a_photo(db), now=NOW)


def test_one_more_shop(db: Session) -> None:
    _, seller, pack, shop = a_seller(db)
    offer = offers.make_offer(db, SYSTEM, seller, typed(pack), now=NOW)
    closed = make.a_shop(db, producer=make.a_cooperative(db, name="HTX Xa"), open_to_households=False)

    listing = offers.list_in_shop(db, SYSTEM, offer, shop.id or 0, 3, now=NOW)

    assert (listing.shop_id, listing.wanted_packs) == (shop.id, 3)
    with pytest.raises(Refused) as refused:
        offers.list_in_shop(db, SYSTEM, offer, closed.id or 0, 1, now=NOW)
    assert refused.value.field == "shop_id"


def test_a_certificate_that_ends_sends_its_offers_again_once(db: Session) -> None:
    _, seller, pack, shop = a_seller(db)
    offer = offers.make_offer(db, SYSTEM, seller, typed(pack, shops=[shop.id], packs=1), now=NOW)
    certificate = Certificate(
        kind=CertificateKind.OCOP,
        producer_id=shop.producer_id,
        number="7",
        issuer="UBND",
        decision_date=TODAY,
        valid_from=date(2020, 1, 1),
        valid_to=TODAY,
        stars=3,
    )
    db.add(certificate)
    db.flush()
    db.add(CertificateProduct(certificate_id=certificate.id or 0, product_id=offer.product_id))
    db.flush()
    yesterday = TODAY - timedelta(days=1)

    assert offers.resend_where_certificates_changed(db, since=yesterday, today=TODAY, now=NOW) == 1
    tomorrow = TODAY + timedelta(days=1)
    assert offers.resend_where_certificates_changed(db, since=TODAY, today=tomorrow, now=NOW) == 0
    revoke_certificate(db, SYSTEM, certificate.id or 0, tomorrow + timedelta(days=1), now=NOW)
    assert offers.resend_where_certificates_changed(db, since=TODAY, today=tomorrow, now=NOW) == 1


def test_the_season_is_the_one_of_today_or_the_last_that_began(db: Session) -> None:
    _, seller, pack, _ = a_seller(db)
    summer = NOW + timedelta(days=240)

    offer = offers.make_offer(db, SYSTEM, seller, typed(pack), now=summer)

    assert offer.season_id == make.a_season(db).id


def test_without_any_season_the_office_must_open_one(db: Session) -> None:
    seller = make.producer_of(db, make.a_household(db))
    pack = make.a_pack(db, make.a_product(db))

    with pytest.raises(offers.NoSeasonYet):
        offers.make_offer(db, SYSTEM, seller, typed(pack), now=NOW)
