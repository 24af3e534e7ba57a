"""Many offers wished on every marketplace of this installation, for real mocks and workers to make so."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from PIL import Image
from sqlalchemy import Engine
from sqlmodel import Session, select

from catalog.models import Photo, Producer, Product
from catalog.photos import keep_photo
from catalog.shipped import shipped_categories
from connectors.kit.discovery import marketplaces
from connectors.kit.protocol import Attribute, Options
from marketplace.core.audit import SYSTEM
from marketplace.core.config import Settings
from marketplace.core.db import writing
from marketplace.core.secrets import vault_of
from marketplace.selling.listings import sku_of
from marketplace.selling.models import CategoryChoice, Listing, Offer, OfferAttribute, OfferPhoto, Shop
from tests import factories as make
from tests.support.processes import a_mock

FRUIT = "cam-vang"


def shift() -> int:
    """Seconds from now to 1 December 2021, where all processes live so that the oranges are fresh."""
    return round((make.NOW - datetime.now(UTC)).total_seconds())


@contextmanager
def every_mock(*options: str, names: Sequence[str] = ()) -> Iterator[dict[str, dict[str, Any]]]:
    """A process for the mock of each marketplace (or of these), by name: what its first line said."""
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(a_mock(name, "--shift-seconds", str(shift()), *options))
            for name in names or marketplaces()
        }


def wish_everywhere(
    engine: Engine, settings: Settings, mocks: Mapping[str, Mapping[str, Any]], offers: int
) -> dict[str, int]:
    """`offers` offers of a cooperative with plenty of oranges, each wished once into a shop of every mock.

    Returns the ids of the shops by marketplace.
    """
    asked = {name: _required(name, mock) for name, mock in mocks.items()}
    with writing(engine) as db:
        household = make.a_household(db)
        producer = make.a_cooperative(db, members=(household,))
        product = make.a_product(db)
        grams = offers * len(mocks) * 10_000
        make.a_lot(db, product=product, household=household, producer=producer, grams=grams)
        shops = {name: _shop(db, settings, producer, name, mock) for name, mock in mocks.items()}
        _choose(db, product, mocks)
        made = _offers(db, settings, producer, product, offers)
        for offer in made:
            for name, attributes in asked.items():
                db.add_all(_answer(offer, name, attribute) for attribute in attributes)
        db.add_all(_listing(offer, shop) for shop in shops.values() for offer in made)
        return {name: shop.id or 0 for name, shop in shops.items()}


def _required(name: str, mock: Mapping[str, Any]) -> list[Attribute]:
    connector = marketplaces()[name].connect(
        mock["credentials"], Options(mock["base_url"], calls_per_second=0), lambda _exchange: None
    )
    attributes = connector.attributes(shipped_categories()[FRUIT][name])
    connector.close()  # type: ignore[attr-defined]  # every connector over the kit's transport has it
    return [attribute for attribute in attributes if attribute.required]


def _shop(db: Session, settings: Settings, producer: Producer, name: str, mock: Mapping[str, Any]) -> Shop:
    sealed = vault_of(settings).seal(json.dumps(mock["credentials"]))
    return make.a_shop(
        db, producer=producer, marketplace=name, credentials_sealed=sealed, base_url=mock["base_url"]
    )


def _choose(db: Session, product: Product, mocks: Mapping[str, Any]) -> None:
    known = set(
        db.exec(select(CategoryChoice.marketplace).where(CategoryChoice.product_id == product.id)).all()
    )
    for name in mocks:
        if name not in known:
            category = shipped_categories()[FRUIT][name]
            db.add(CategoryChoice(product_id=product.id or 0, marketplace=name, category=category))
    db.flush()


def _offers(db: Session, settings: Settings, producer: Producer, product: Product, count: int) -> list[Offer]:
    template = make.an_offer(db, producer=producer, pack=make.a_pack(db, product), photos=0)
    values = template.model_dump(exclude={"id", "title"})
    offers = [Offer(**values, title=f"Cam Vàng Hà Giang thùng 10 kg số {n}") for n in range(count)]
    photo = kept_photo(db, settings)
    db.add_all(offers)
    db.flush()
    db.add_all(OfferPhoto(offer_id=offer.id or 0, photo_id=photo.id or 0) for offer in offers)
    return offers


def kept_photo(db: Session, settings: Settings) -> Photo:
    """A photo with a file behind it, as marketplaces that want the picture itself need."""
    content = BytesIO()
    Image.new("RGB", (800, 600), (233, 120, 15)).save(content, "JPEG", quality=60)
    return keep_photo(db, SYSTEM, content.getvalue(), settings=settings, now=make.NOW)


def _answer(offer: Offer, name: str, attribute: Attribute) -> OfferAttribute:
    value = attribute.options[0] if attribute.options else "Hà Giang"
    return OfferAttribute(offer_id=offer.id or 0, marketplace=name, attribute=attribute.id, value=value)


def _listing(offer: Offer, shop: Shop) -> Listing:
    return Listing(
        offer_id=offer.id or 0,
        shop_id=shop.id or 0,
        sku=sku_of(offer.id or 0, shop.id or 0),
        created_at=make.NOW,
        wanted_packs=1,
        not_before=make.NOW,
    )
