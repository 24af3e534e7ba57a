"""The catalogue that ships with the program: products, packs, prices and harvest windows as data."""

import tomllib
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from sqlmodel import Session, select

from catalog.models import Product, SaleUnit, Season, SeasonWindow
from catalog.product_forms import PackIn, PriceIn, ProductIn, SeasonIn
from catalog.products import WEIGHED, add_pack, add_product, set_price
from catalog.seasons import add_season
from marketplace.core.audit import SYSTEM

GRADES = ("Loại 1", "Loại 2", "Loại 3")  #: where the shipped data name none (R-34)


@cache
def shipped() -> dict[str, Any]:
    """The data file, read once: `season` and `products` by code."""
    return tomllib.loads(resources.files("catalog").joinpath("data", "products.toml").read_text("utf-8"))


def load_shipped_products(db: Session) -> int:
    """Load season and products; returns how many products were new. What is there is left as it is."""
    season = _season(db)
    known = set(db.exec(select(Product.code)))
    windows = set(db.exec(select(SeasonWindow.product_id).where(SeasonWindow.season_id == season.id)))
    added = [_load(db, code, facts) for code, facts in shipped()["products"].items() if code not in known]
    for product in added:
        window: list[date] | None = shipped()["products"][product.code].get("window")
        if window and product.id not in windows:
            first_day, last_day = window
            ids = {"season_id": season.id or 0, "product_id": product.id or 0}
            db.add(SeasonWindow(**ids, first_day=first_day, last_day=last_day))
    db.flush()
    return len(added)


def shipped_categories() -> dict[str, dict[str, str]]:
    """{product code: {marketplace: category}} of what can be listed."""
    products = shipped()["products"].items()
    return {code: dict(facts["categories"]) for code, facts in products if "categories" in facts}


def grades_of(product: Product) -> tuple[str, ...]:
    """The grades a harvest of this product may have, best first (R-34)."""
    return tuple(shipped()["products"].get(product.code, {}).get("grades", GRADES))


def _season(db: Session) -> Season:
    facts = shipped()["season"]
    there = db.exec(select(Season).where(Season.key == facts["key"])).first()
    return there or add_season(db, SYSTEM, SeasonIn.model_validate(facts))


def _load(db: Session, code: str, facts: dict[str, Any]) -> Product:
    unit = SaleUnit(facts["unit"])
    data = ProductIn.model_validate({**facts, "sale_unit": unit, "counts_for_tonnage": unit in WEIGHED})
    product = add_product(db, SYSTEM, data, code=code)
    for name, kind, net, gross, price in facts["packs"]:
        pack = add_pack(
            db,
            SYSTEM,
            product,
            PackIn(name=name, unit=kind, net_grams=net or None, gross_grams=gross or None),
        )
        season = shipped()["season"]
        terms = PriceIn(price_vnd=price, valid_from=season["starts_on"], source=season["price_source"])
        set_price(db, SYSTEM, pack, terms)
    return product
