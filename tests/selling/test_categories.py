"""Categories of marketplaces: shipped with the products, changed by a person."""

import pytest
from sqlmodel import select

from catalog.models import Product
from catalog.shipped import load_shipped_products
from marketplace.core.audit import SYSTEM
from marketplace.core.errors import NotFound
from marketplace.selling.categories import NoSuchMarketplace, choose_category, choose_shipped_categories
from marketplace.selling.models import CategoryChoice
from tests.factories import NOW


def test_the_shipped_categories_are_chosen_once_and_never_over_a_persons_choice(db):
    load_shipped_products(db)
    first = choose_shipped_categories(db)
    choose_category(db, SYSTEM, "cam-vang", "sendo", "2423", now=NOW)

    assert first > 10
    assert choose_shipped_categories(db) == 0
    orange = db.exec(select(Product).where(Product.code == "cam-vang")).one()
    assert (
        db.exec(select(CategoryChoice.category).where(CategoryChoice.product_id == orange.id)).one() == "2423"
    )


def test_an_unknown_product_or_marketplace_is_refused(db):
    load_shipped_products(db)
    with pytest.raises(NoSuchMarketplace):
        choose_category(db, SYSTEM, "cam-vang", "amazon", "1", now=NOW)
    with pytest.raises(NotFound):
        choose_category(db, SYSTEM, "chuoi", "sendo", "1", now=NOW)

    assert db.exec(select(CategoryChoice)).all() == []
