"""Which of a marketplace's categories a product belongs to."""

from datetime import datetime

from sqlmodel import Session, col, select

from catalog.models import Product
from catalog.shipped import shipped_categories
from marketplace.core.audit import Actor, note
from marketplace.core.db import insert_new
from marketplace.core.errors import NotFound, Refused
from marketplace.core.i18n import N_
from marketplace.selling import listings
from marketplace.selling.models import CategoryChoice, Offer
from marketplace.selling.sync.wire import faces


class NoSuchMarketplace(Refused):
    sentence = N_("Chưa có sàn “%(name)s” trong hệ thống.")
    status = 422
    field = "marketplace"


def choose_category(
    db: Session, actor: Actor, code: str, marketplace: str, category: str, *, now: datetime
) -> CategoryChoice:
    """Put a product (by code) into a category and send its listings there again."""
    if marketplace not in faces():
        raise NoSuchMarketplace(name=marketplace)
    product = db.exec(select(Product).where(Product.code == code)).first()
    if product is None:
        raise NotFound
    insert_new(
        db,
        CategoryChoice,
        ["product_id", "marketplace"],
        product_id=product.id,
        marketplace=marketplace,
        category=category,
    )
    choice = db.exec(
        select(CategoryChoice).where(
            CategoryChoice.product_id == product.id, CategoryChoice.marketplace == marketplace
        )
    ).one()
    choice.category = category
    db.add(choice)
    for offer in db.exec(select(Offer).where(col(Offer.product_id) == product.id)).all():
        listings.changed(db, offer, now=now)
    note(db, actor, "category.chosen", choice, product=code, category=category)
    return choice


def choose_shipped_categories(db: Session) -> int:
    """Choose the categories shipped with the products where nothing is chosen; how many were new."""
    ids = dict(db.exec(select(Product.code, Product.id)).all())
    added = 0
    for code, choices in shipped_categories().items():
        for marketplace, category in choices.items():
            if code in ids and category:
                row = {"product_id": ids[code], "marketplace": marketplace, "category": category}
                added += insert_new(db, CategoryChoice, ["product_id", "marketplace"], **row) is not None
    return added
