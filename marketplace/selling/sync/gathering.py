"""Everything the checklist and the text of many listings need, read with a fixed number of statements."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import and_, case, func
from sqlalchemy import select as columns  # SQLModel's select takes four columns at most
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from catalog.certificates import certificates_of_producers
from catalog.consents import PUBLISH, consents_in_force, shop_purpose
from catalog.models import (
    AdminUnit,
    Certificate,
    HarvestLot,
    Household,
    LotPool,
    Pack,
    PackPart,
    Person,
    Photo,
    Producer,
    Product,
    Season,
    SeasonWindow,
    StockEntry,
)
from connectors.kit.protocol import Attribute, Schema
from marketplace.selling.models import (
    CategoryChoice,
    CategorySchema,
    Offer,
    OfferAttribute,
    OfferPhoto,
    Shop,
)

RECENTLY = timedelta(days=30)  #: a certificate that ended longer ago is not worth a hint


@dataclass
class Family:
    """A household with those who live there and what its head agreed to."""

    household: Household
    people: list[Person] = field(default_factory=list)
    agreed: set[str] = field(default_factory=set)  #: purposes in force of the head

    @property
    def head(self) -> Person | None:
        return next((person for person in self.people if person.is_head), None)


@dataclass
class Stock:
    """What one pool holds, where it grew, and by whom."""

    on_hand_grams: int = 0
    newest: date | None = None  #: last harvest of which something is left
    communes: set[int] = field(default_factory=set)
    households: set[int] = field(default_factory=set)


@dataclass
class Facts:
    """The rows behind a batch, by id; pools and certificates by (producer, product)."""

    products: dict[int, Product] = field(default_factory=dict)
    packs: dict[int, Pack] = field(default_factory=dict)
    parts: dict[int, list[PackPart]] = field(default_factory=lambda: defaultdict(list))
    producers: dict[int, Producer] = field(default_factory=dict)
    families: dict[int, Family] = field(default_factory=dict)
    stock: dict[tuple[int, int], Stock] = field(default_factory=lambda: defaultdict(Stock))
    places: dict[int, str] = field(default_factory=dict)
    pictures: dict[int, list[Photo]] = field(default_factory=lambda: defaultdict(list))
    categories: dict[tuple[int, str], str] = field(default_factory=dict)
    schemas: dict[tuple[str, str], Schema] = field(default_factory=dict)  #: by (marketplace, category)
    attributes: dict[tuple[int, str], dict[str, str]] = field(
        default_factory=lambda: defaultdict(dict)
    )  #: by (offer, marketplace)
    seasons: dict[int, Season] = field(default_factory=dict)
    windows: dict[tuple[int, int], SeasonWindow] = field(default_factory=dict)
    certificates: dict[tuple[int, int], list[Certificate]] = field(default_factory=dict)
    certificates_before: dict[tuple[int, int], list[Certificate]] = field(default_factory=dict)

    def contents(self, offer: Offer) -> list[tuple[int, int]]:
        """(product, grams) in one pack; a combo has several."""
        parts = [(part.product_id, part.net_grams) for part in self.parts.get(offer.pack_id, [])]
        return parts or [(offer.product_id, self.packs[offer.pack_id].net_grams or 0)]

    def packs_on_hand(self, offer: Offer) -> int:
        """Whole packs the pool could fill now."""
        return min(
            (
                self.stock[offer.producer_id, product].on_hand_grams // grams
                for product, grams in self.contents(offer)
                if grams
            ),
            default=0,
        )

    def family_of(self, producer_id: int) -> Family | None:
        household_id = self.producers[producer_id].household_id
        return self.families.get(household_id) if household_id else None


def gather(db: Session, offers: Sequence[Offer], shops: Sequence[Shop], *, today: date) -> Facts:
    """Read everything about these offers and shops; the number of statements grows with neither."""
    facts = Facts()
    _goods(db, facts, offers)
    producer_ids = {offer.producer_id for offer in offers} | {shop.producer_id for shop in shops}
    facts.producers = {
        row.id or 0: row for row in db.exec(select(Producer).where(col(Producer.id).in_(producer_ids)))
    }
    _stock(db, facts, offers)
    _families(db, facts, shops)
    _places(db, facts)
    _certificates(db, facts, offers, today=today)
    return facts


def _goods(db: Session, facts: Facts, offers: Sequence[Offer]) -> None:
    pack_ids = {offer.pack_id for offer in offers}
    rows = db.exec(
        select(Pack, Product)
        .join(Product, col(Product.id) == Pack.product_id)
        .where(col(Pack.id).in_(pack_ids))
    )
    for pack, product in rows:
        facts.packs[pack.id or 0] = pack
        facts.products[product.id or 0] = product
    product_ids = set(facts.products)
    parts = select(PackPart, Product).join(Product, col(Product.id) == PackPart.product_id)
    for part, product in db.exec(parts.where(col(PackPart.pack_id).in_(pack_ids)).order_by(col(PackPart.id))):
        facts.parts[part.pack_id].append(part)
        facts.products[product.id or 0] = product
    choices = (
        select(CategoryChoice, CategorySchema)
        .outerjoin(
            CategorySchema,
            and_(
                col(CategorySchema.marketplace) == CategoryChoice.marketplace,
                col(CategorySchema.category) == CategoryChoice.category,
            ),
        )
        .where(col(CategoryChoice.product_id).in_(product_ids))
    )
    for choice, asked in db.exec(choices):
        facts.categories[choice.product_id, choice.marketplace] = choice.category
        if asked is not None:
            facts.schemas[asked.marketplace, asked.category] = schema_of(asked)
    photos = db.exec(
        select(OfferPhoto.offer_id, Photo)
        .join(Photo, col(Photo.id) == OfferPhoto.photo_id)
        .where(col(OfferPhoto.offer_id).in_({offer.id for offer in offers}))
        .order_by(col(OfferPhoto.position), col(OfferPhoto.id))
    )
    for offer_id, photo in photos:
        facts.pictures[offer_id].append(photo)
    _attributes(db, facts, offers)
    _seasons(db, facts, offers)


def _attributes(db: Session, facts: Facts, offers: Sequence[Offer]) -> None:
    """What the offers answer to their categories."""
    answers = select(OfferAttribute).where(col(OfferAttribute.offer_id).in_({offer.id for offer in offers}))
    for answer in db.exec(answers):
        facts.attributes[answer.offer_id, answer.marketplace][answer.attribute] = answer.value


def schema_of(row: CategorySchema) -> Schema:
    """A cached schema in the connectors' words."""
    attributes = [{**one, "options": tuple(one.get("options") or ())} for one in row.attributes]
    return Schema(row.category, tuple(Attribute(**one) for one in attributes))


def _seasons(db: Session, facts: Facts, offers: Sequence[Offer]) -> None:
    rows = db.exec(
        select(Season, SeasonWindow)
        .outerjoin(
            SeasonWindow,
            and_(
                col(SeasonWindow.season_id) == Season.id,
                col(SeasonWindow.product_id).in_(set(facts.products)),
            ),
        )
        .where(col(Season.id).in_({offer.season_id for offer in offers}))
    )
    for season, window in rows:
        facts.seasons[season.id or 0] = season
        if window is not None:
            facts.windows[window.season_id, window.product_id] = window


def _stock(db: Session, facts: Facts, offers: Sequence[Offer]) -> None:
    """What is left of each household's harvests in the pools; one row for each pool and household."""
    wanted = {(offer.producer_id, product) for offer in offers for product, _ in facts.contents(offer)}
    pools = (
        select(LotPool.id)
        .where(col(LotPool.producer_id).in_({producer for producer, _ in wanted}))
        .where(col(LotPool.product_id).in_({product for _, product in wanted}))
    )
    left = (
        select(col(StockEntry.lot_id).label("lot_id"), func.sum(StockEntry.grams).label("grams"))
        .where(col(StockEntry.pool_id).in_(pools))
        .group_by(col(StockEntry.lot_id))
        .subquery()
    )
    where = (
        col(LotPool.producer_id),
        col(LotPool.product_id),
        col(HarvestLot.commune_id),
        col(HarvestLot.household_id),
    )
    newest_left = func.max(case((left.c.grams > 0, col(HarvestLot.harvested_on))))
    rows = db.execute(
        columns(*where, func.sum(left.c.grams), newest_left)
        .join(HarvestLot, col(HarvestLot.pool_id) == LotPool.id)
        .join(left, left.c.lot_id == HarvestLot.id)
        .group_by(*where)
    )
    for producer_id, product_id, commune_id, household_id, grams, newest in rows:
        stock = facts.stock[producer_id, product_id]
        stock.on_hand_grams += int(grams)
        stock.newest = max(filter(None, (stock.newest, newest)), default=None)
        stock.communes.add(commune_id)
        stock.households.add(household_id)


def _families(db: Session, facts: Facts, shops: Sequence[Shop]) -> None:
    """Households that sell or grew what is sold, their people, and what their heads agreed to."""
    ids = {producer.household_id for producer in facts.producers.values() if producer.household_id}
    for stock in facts.stock.values():
        ids |= stock.households
    rows = db.exec(
        select(Household, Person)
        .join(Person, col(Person.household_id) == Household.id)
        .where(col(Household.id).in_(ids))
        .order_by(col(Person.id))
    )
    for household, person in rows:
        facts.families.setdefault(household.id or 0, Family(household)).people.append(person)
    for purpose in (PUBLISH, *sorted({shop_purpose(shop.marketplace) for shop in shops})):
        for household_id in consents_in_force(db, facts.families, purpose):
            facts.families[household_id].agreed.add(purpose)


def _places(db: Session, facts: Facts) -> None:
    """Commune, district and province as they were named at that time (R-7A, R-52)."""
    ids: set[int] = {family.household.commune_id for family in facts.families.values()}
    ids |= {producer.commune_id for producer in facts.producers.values() if producer.commune_id}
    for stock in facts.stock.values():
        ids |= stock.communes
    above, top = aliased(AdminUnit), aliased(AdminUnit)
    rows = db.exec(
        select(AdminUnit.id, AdminUnit.name, above.name, top.name)
        .outerjoin(above, above.id == AdminUnit.parent_id)  # type: ignore[arg-type]  # SQLModel types columns as values
        .outerjoin(top, top.id == above.parent_id)  # type: ignore[arg-type]  # the same
        .where(col(AdminUnit.id).in_(ids))
    )
    for unit_id, *names in rows:
        facts.places[unit_id or 0] = ", ".join(_small(name) for name in names if name)


def _small(name: str) -> str:
    """ "Xã Vĩnh Hảo" inside a sentence is "xã Vĩnh Hảo"."""
    return name[:1].lower() + name[1:]


def _certificates(db: Session, facts: Facts, offers: Sequence[Offer], *, today: date) -> None:
    producers, products = {one.producer_id for one in offers}, {one.product_id for one in offers}
    held = certificates_of_producers(db, producers, products, today)
    facts.certificates = {
        key: [one for one in some if _holds_tomorrow(one, today)] for key, some in held.items()
    }
    facts.certificates_before = certificates_of_producers(db, producers, products, today - RECENTLY)


def _holds_tomorrow(certificate: Certificate, today: date) -> bool:
    """Goods stop carrying a certificate on its last day: none is shown live past it (L8, R-25)."""
    revoked_on = certificate.revoked_on
    return certificate.valid_to > today and (revoked_on is None or revoked_on > today + timedelta(days=1))
