"""What the categories of marketplaces ask about an offer, and what its seller answers.

A form asks what is required in the chosen categories, and demands it for the shops that were chosen. What our
rows know already (`sync.answers`) is shown filled in and never stored: a renewed paper changes it by itself.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, select

from catalog.models import Producer
from marketplace.core.audit import Actor, note
from marketplace.core.db import found
from marketplace.core.errors import Invalid, Refused
from marketplace.core.i18n import N_
from marketplace.core.text import clean
from marketplace.core.units import local_day
from marketplace.selling import listings
from marketplace.selling.models import (
    CategoryChoice,
    CategorySchema,
    Listing,
    Offer,
    OfferAttribute,
    Shop,
    Wanted,
)
from marketplace.selling.scopes import offerable_shops
from marketplace.selling.sync import answers
from marketplace.selling.sync.gathering import Facts, gather, schema_of
from marketplace.selling.sync.wire import face_of
from marketplace.selling.sync.wording import Seen

Answers = Mapping[str, Mapping[str, str]]  #: {marketplace: {attribute: value}}
LONGEST = 200  #: letters of an answer

NEEDED = N_("%(marketplace)s hỏi “%(attribute)s”. Hãy trả lời rồi gửi lại.")
NOT_AN_OPTION = N_("Hãy chọn “%(attribute)s” của %(marketplace)s trong danh sách.")
TOO_LONG = N_("Câu trả lời “%(attribute)s” dài quá %(most)s ký tự. Hãy ghi ngắn hơn.")


class NotAsked(Refused):
    sentence = N_("Ngành hàng trên %(marketplace)s không hỏi thuộc tính này. Hãy tải lại trang và chọn lại.")
    status = 422


@dataclass(frozen=True)
class Question:
    """One attribute as a form asks it."""

    marketplace: str
    attribute: str  #: the marketplace's id
    name: str
    options: tuple[str, ...]
    value: str  #: stored, else what we know; "" when a person must say
    together_with: str | None = None  #: name of the attribute it is asked with

    @property
    def field(self) -> str:
        return field_of(self.marketplace, self.attribute)

    @property
    def choices(self) -> list[tuple[str, str]]:
        """The options as a form shows them: what is sent and what is read are the same."""
        return [(option, option) for option in self.options]


@dataclass(frozen=True)
class Missing:
    """One attribute that `count` offers owe to a marketplace."""

    marketplace: str
    attribute: str
    name: str
    options: tuple[str, ...]
    count: int


def field_of(marketplace: str, attribute: str) -> str:
    """The name of the input that answers it."""
    return f"attr-{marketplace}-{attribute}"


def questions(db: Session, offer: Offer, shops: Sequence[Shop], *, today: date) -> dict[str, list[Question]]:
    """{marketplace: what its category asks about the offer}; the offer may be one that is not made yet."""
    if not _asks(db, offer, shops):
        return {}
    facts = gather(db, [offer], shops, today=today)
    asked = {shop.marketplace: _questions(Seen(offer, shop, facts, today)) for shop in shops}
    return {name: some for name, some in asked.items() if some}


def _asks(db: Session, offer: Offer, shops: Iterable[Shop]) -> bool:
    """Does any category of the product require anything? Most do not, and then nothing else is read."""
    schemas = db.exec(
        select(CategorySchema)
        .join(
            CategoryChoice,
            (col(CategoryChoice.marketplace) == CategorySchema.marketplace)
            & (col(CategoryChoice.category) == CategorySchema.category),
        )
        .where(
            CategoryChoice.product_id == offer.product_id,
            col(CategoryChoice.marketplace).in_({shop.marketplace for shop in shops}),
        )
    )
    return any(one.get("required") or one.get("required_with") for row in schemas for one in row.attributes)


def _schema(seen: Seen) -> answers.Schema | None:
    return _schema_at(seen.facts, seen.offer, seen.shop.marketplace)


def _schema_at(facts: Facts, offer: Offer, marketplace: str) -> answers.Schema | None:
    return facts.schemas.get((marketplace, facts.categories.get((offer.product_id, marketplace), "")))


def _stored(seen: Seen) -> dict[str, str]:
    return seen.facts.attributes.get((seen.offer.id or 0, seen.shop.marketplace), {})


def _questions(seen: Seen) -> list[Question]:
    schema = _schema(seen)
    if schema is None:
        return []
    known, stored = answers.known_of(seen), _stored(seen)
    names = {one.id: one.name for one in schema.attributes}
    return [
        Question(
            seen.shop.marketplace,
            one.id,
            one.name,
            one.options,
            stored.get(one.id) or answers.known_answer(one, known),
            None if one.required else names.get(one.required_with or ""),
        )
        for one in answers.asked_for(schema, known)
    ]


def take_answers(
    db: Session,
    actor: Actor,
    offer: Offer,
    typed: Answers,
    shops: Sequence[Shop],
    *,
    demanded: Collection[str],
    now: datetime,
) -> bool:
    """Keep what was answered for the marketplaces of these shops; True when an answer is another than before.

    Refuses an answer that is no option, and what the `demanded` marketplaces require and nobody answered; the
    sentence names attribute and marketplace.
    """
    if not shops or not _asks(db, offer, shops):
        return False
    today = local_day(now)
    facts = gather(db, [offer], shops, today=today)
    wrong: dict[str, tuple[str, Mapping[str, object]]] = {}
    changed = False
    for seen in {shop.marketplace: Seen(offer, shop, facts, today) for shop in shops}.values():
        name = seen.shop.marketplace
        wished = _wished(seen, typed.get(name, {}), wrong)
        changed |= _keep(db, actor, offer, name, wished, _stored(seen))
        if name in demanded:
            after = answers.answered(_schema(seen), wished, answers.known_of(seen))
            for one in answers.missing(_schema(seen), after):
                wrong.setdefault(field_of(name, one.id), _said(NEEDED, name, one.name))
    if wrong:
        raise Invalid(wrong)
    return changed


def change_answers(db: Session, actor: Actor, offer: Offer, typed: Answers, *, now: datetime) -> bool:
    """Take what the page of a known offer says and send it again; demands what its listings require."""
    listed = listed_in(db, offer)
    shops = [*listed, *open_to(db, offer, today=local_day(now))]
    demanded = {shop.marketplace for shop in listed}
    changed = take_answers(db, actor, offer, typed, shops, demanded=demanded, now=now)
    if changed:
        listings.changed(db, offer, now=now)
    return changed


def listed_in(db: Session, offer: Offer) -> list[Shop]:
    """Shops where the offer is to be on sale."""
    return list(
        db.exec(
            select(Shop)
            .join(Listing, col(Listing.shop_id) == Shop.id)
            .where(Listing.offer_id == offer.id, Listing.wanted == Wanted.ON_SALE)
            .order_by(col(Shop.marketplace), col(Shop.name))
        )
    )


def open_to(db: Session, offer: Offer, *, today: date) -> list[Shop]:
    """Shops where it might be."""
    return offerable_shops(db, found(db, Producer, offer.producer_id), today=today)


def _said(sentence: str, marketplace: str, attribute: str) -> tuple[str, dict[str, object]]:
    facts = {"marketplace": face_of(marketplace).title, "attribute": attribute, "most": LONGEST}
    return sentence, facts


def _wished(
    seen: Seen, typed: Mapping[str, str], wrong: dict[str, tuple[str, Mapping[str, object]]]
) -> dict[str, str]:
    """The stored answers with what was typed over them; what we know ourselves is not stored."""
    schema, name, wished = _schema(seen), seen.shop.marketplace, dict(_stored(seen))
    known = answers.known_of(seen)
    for one in schema.attributes if schema else ():
        if one.id not in typed:
            continue
        value = clean(typed[one.id])
        sentence = _refusal(one, value)
        if sentence:
            wrong[field_of(name, one.id)] = _said(sentence, name, one.name)
        elif value and value != answers.known_answer(one, known):
            wished[one.id] = value
        else:
            wished.pop(one.id, None)
    return wished


def _refusal(asked: answers.Attribute, value: str) -> str | None:
    if value and asked.options and value not in asked.options:
        return NOT_AN_OPTION
    return TOO_LONG if len(value) > LONGEST else None


def _keep(
    db: Session,
    actor: Actor,
    offer: Offer,
    marketplace: str,
    wished: Mapping[str, str],
    stored: Mapping[str, str],
) -> bool:
    if wished == stored:
        return False
    rows = {
        row.attribute: row
        for row in db.exec(
            select(OfferAttribute).where(
                OfferAttribute.offer_id == offer.id, OfferAttribute.marketplace == marketplace
            )
        )
    }
    for key in rows.keys() - wished.keys():
        db.delete(rows[key])
    for key, value in wished.items():
        row = rows.get(key) or _new(offer, marketplace, key)
        row.value = value
        db.add(row)
    db.flush()
    fields = sorted(key for key in {*wished, *stored} if wished.get(key) != stored.get(key))
    note(db, actor, "offer.attributes_changed", offer, marketplace=marketplace, fields=fields)
    return True


def _new(offer: Offer, marketplace: str, attribute: str) -> OfferAttribute:
    return OfferAttribute(offer_id=offer.id or 0, marketplace=marketplace, attribute=attribute, value="")


def answer_attribute(
    db: Session,
    actor: Actor,
    offers: Sequence[Offer],
    marketplace: str,
    attribute: str,
    value: str,
    *,
    now: datetime,
) -> int:
    """Give many offers one answer and send them again; how many had another one before.

    Refuses an attribute that no category of these offers asks, and an answer that is none of its options.
    """
    by_product = _attribute_of(db, {offer.product_id for offer in offers}, marketplace, attribute)
    value, title = clean(value), face_of(marketplace).title
    if not by_product:
        raise NotAsked(marketplace=title)
    for asked in by_product.values():
        sentence = _refusal(asked, value) or (None if value else NEEDED)
        if sentence:
            raise Invalid({"value": _said(sentence, marketplace, asked.name)})
    mine = [offer for offer in offers if offer.product_id in by_product]
    rows = {
        row.offer_id: row
        for row in db.exec(
            select(OfferAttribute).where(
                col(OfferAttribute.offer_id).in_([offer.id for offer in mine]),
                OfferAttribute.marketplace == marketplace,
                OfferAttribute.attribute == attribute,
            )
        )
    }
    other = [offer for offer in mine if offer.id not in rows or rows[offer.id].value != value]
    for offer in other:
        row = rows.get(offer.id or 0) or _new(offer, marketplace, attribute)
        row.value = value
        db.add(row)
        note(db, actor, "offer.attributes_changed", offer, marketplace=marketplace, fields=[attribute])
    db.flush()
    listings.changed_all(db, [offer.id or 0 for offer in other], now=now, marketplace=marketplace)
    return len(other)


def _attribute_of(
    db: Session, products: Collection[int], marketplace: str, attribute: str
) -> dict[int, answers.Attribute]:
    """The attribute as the category of each of these products asks it."""
    rows = db.exec(
        select(CategoryChoice.product_id, CategorySchema)
        .join(
            CategorySchema,
            (col(CategorySchema.marketplace) == CategoryChoice.marketplace)
            & (col(CategorySchema.category) == CategoryChoice.category),
        )
        .where(col(CategoryChoice.product_id).in_(products), CategoryChoice.marketplace == marketplace)
    )
    return {product: one for product, row in rows for one in schema_of(row).attributes if one.id == attribute}


def missing_of(db: Session, pairs: Sequence[tuple[Offer, Shop]], *, today: date) -> list[Missing]:
    """What these offers owe to these shops' marketplaces, the most often missing first."""
    facts = gather(db, [offer for offer, _ in pairs], [shop for _, shop in pairs], today=today)
    owing: dict[tuple[str, str], tuple[Any, set[int]]] = {}
    for offer, shop in pairs:
        seen = Seen(offer, shop, facts, today)
        after = answers.answered(_schema(seen), _stored(seen), answers.known_of(seen))
        for one in answers.missing(_schema(seen), after):
            owing.setdefault((shop.marketplace, one.id), (one, set()))[1].add(offer.id or 0)
    owed = [Missing(name, key, one.name, one.options, len(ids)) for (name, key), (one, ids) in owing.items()]
    return sorted(owed, key=lambda one: -one.count)
