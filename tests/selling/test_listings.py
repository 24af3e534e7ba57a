"""Wishes: what people may ask for, and what follows from a change elsewhere."""

import pytest
from sqlmodel import select

from catalog import households
from catalog.consents import withdraw_consent
from catalog.models import Consent
from marketplace.core.audit import SYSTEM
from marketplace.selling import listings
from marketplace.selling.models import Listing, Wanted
from tests import factories as make


@pytest.fixture
def home(db):
    return make.a_household(db, consents=("registry", "shop:sendo", "publish_identity"))


@pytest.fixture
def listing(db, home):
    product = make.a_product(db)
    make.a_lot(db, product=product, household=home)
    offer = make.an_offer(
        db, producer=make.producer_of(db, home), pack=make.a_pack(db, product), show_name=True
    )
    shop = make.a_shop(db, producer=make.a_cooperative(db))
    return listings.put_on_sale(db, SYSTEM, offer, shop, 4, now=make.NOW)


def test_more_than_the_lots_hold_is_refused_and_nothing_changes(db, listing):
    with pytest.raises(listings.NotEnoughHarvest) as refused:
        listings.change_packs(db, SYSTEM, listing, 11, now=make.NOW)

    assert (refused.value.facts["left"], refused.value.facts["asked"]) == ("100 kg", "110 kg")


def test_a_listing_is_wished_once_per_offer_and_shop(db, listing):
    again = db.exec(select(Listing)).all()

    assert [(one.sku, one.wanted_packs) for one in again] == [
        (listings.sku_of(listing.offer_id, listing.shop_id), 4)
    ]


@pytest.mark.parametrize(
    ("purpose", "wanted", "revision"),
    [
        ("shop:sendo", Wanted.WITHDRAWN, 2),
        ("registry", Wanted.WITHDRAWN, 2),
        ("publish_identity", Wanted.ON_SALE, 2),  # the name leaves the text, the oranges stay
    ],
)
def test_a_withdrawn_consent_takes_down_what_it_allowed(db, listing, home, purpose, wanted, revision):
    head = make.head_of(db, home)
    consent = db.exec(select(Consent).where(Consent.person_id == head.id, Consent.purpose == purpose)).one()
    withdraw_consent(db, SYSTEM, consent, now=make.NOW)

    assert (listing.wanted, listing.revision) == (wanted, revision)


def test_a_changed_name_reaches_the_listings_that_show_it(db, listing, home):
    for tell in households.on_change:
        tell(db, home.id, make.NOW)

    assert listing.revision == 2
