"""Repair once, send all of a group again: listings that wait with the same cause are mended together (D1).

A repair changes the offers of the group, and whatever a buyer sees of an offer goes out wherever it is
listed. What nobody touched is not sent.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session, col, select

from catalog.models import Pack, Photo, Product
from marketplace.accounts.models import Account
from marketplace.core.audit import Actor, note
from marketplace.core.db import found
from marketplace.core.errors import Refused
from marketplace.core.i18n import N_
from marketplace.core.text import fold
from marketplace.core.units import local_day
from marketplace.selling import listings
from marketplace.selling.attributes import answer_attribute
from marketplace.selling.forms import LONGEST_TEXT, LONGEST_TITLE, AnswerIn, AppendIn, PricesIn, ReplaceIn
from marketplace.selling.models import Listing, Offer, OfferPhoto, Shop
from marketplace.selling.offers import remember_price
from marketplace.selling.promotions import check_floor
from marketplace.selling.scopes import listings_seen_by


class Repair(StrEnum):
    """What mends a group; each has its form on the group's page."""

    PRICE = "price"
    WORDS = "words"
    PHOTO = "photo"
    ATTRIBUTE = "attribute"
    CATEGORY = "category"
    ELSEWHERE = "elsewhere"  #: on the page of what is wrong, then all are sent again


_REPAIRS = {
    "price_vnd": Repair.PRICE,
    "title": Repair.WORDS,
    "description": Repair.WORDS,
    "pictures": Repair.PHOTO,
    "attributes": Repair.ATTRIBUTE,
    "category": Repair.CATEGORY,
}


class GroupSettled(Refused):
    sentence = N_("Nhóm này không còn tin đăng nào chờ sửa. Hãy xem lại danh sách tin đăng.")


class NothingToMend(Refused):
    sentence = N_("Không chào bán nào trong nhóm cần đổi như vậy. Hãy xem lại điều vừa ghi.")
    status = 422


class WordsNotThere(Refused):
    sentence = N_("Không chào bán nào trong nhóm có chữ “%(words)s”. Hãy chép đúng chữ cần thay.")
    status = 422
    field = "words"


class TooLong(Refused):
    sentence = N_("Chào bán “%(title)s” sẽ dài quá %(most)s ký tự. Hãy ghi ngắn hơn.")
    status = 422


class NoTitleLeft(Refused):
    sentence = N_("Chào bán “%(title)s” sẽ không còn tên. Hãy ghi chữ thay vào.")
    status = 422
    field = "instead"


class BelowPromotion(Refused):
    sentence = N_(
        "Chào bán “%(title)s” có giá khuyến mãi không thấp hơn giá mới. "
        "Hãy sửa khuyến mãi của chào bán đó trước."
    )
    status = 422
    field = "price_vnd"


@dataclass(frozen=True)
class Group:
    """Listings somebody sees that wait with one cause, oldest first, and their offers, each once."""

    cause: str
    rows: Sequence[tuple[Listing, Offer, Shop]]

    @property
    def count(self) -> int:
        return len(self.rows)

    @property
    def sample(self) -> Listing:
        return self.rows[0][0]

    @property
    def offers(self) -> list[Offer]:
        return list({offer.id: offer for _, offer, _ in self.rows}.values())

    @property
    def marketplaces(self) -> list[str]:
        return sorted({shop.marketplace for _, _, shop in self.rows})

    @property
    def field(self) -> str:
        """What of the offers is to be mended; a moderator's no is mostly about words."""
        return "description" if self.cause == "moderation.rejected" else self.sample.cause_field or ""

    @property
    def repair(self) -> Repair:
        """What mends it here."""
        return _REPAIRS.get(self.field, Repair.ELSEWHERE)


def group_of(db: Session, actor: Account, cause: str) -> Group:
    """Everything in sight that waits with this cause; one statement."""
    rows = db.execute(
        listings_seen_by(actor)
        .join(Offer, col(Offer.id) == Listing.offer_id)
        .join(Shop, col(Shop.id) == Listing.shop_id)
        .add_columns(Offer, Shop)
        .where(col(Listing.cause) == cause, col(Listing.blame).is_not(None))
        .order_by(col(Listing.id))
    ).all()
    return Group(cause, [(listing, offer, shop) for listing, offer, shop in rows])


def send_again(db: Session, actor: Actor, group: Group, *, now: datetime) -> int:
    """Try all of the group again as they are, and nothing else; how many. Refuses an empty group."""
    if not group.rows:
        raise GroupSettled
    for listing, _, _ in group.rows:
        listings.try_again(db, actor, listing, now=now)
    return group.count


def change_prices(db: Session, actor: Actor, group: Group, data: PricesIn, *, now: datetime) -> list[Offer]:
    """Set a price for the offers that are below it, above it, or for all; those that changed.

    Refuses when none would change, a price that is not above a promotion's, and one below the agreed lowest.
    """
    concerned: dict[str, Callable[[Offer], bool]] = {
        "least": lambda offer: offer.price_vnd < data.price_vnd,
        "most": lambda offer: offer.price_vnd > data.price_vnd,
        "all": lambda offer: offer.price_vnd != data.price_vnd,
    }
    changed = [offer for offer in group.offers if concerned[data.how](offer)]
    for offer in changed:
        if offer.promo_price_vnd is not None and offer.promo_price_vnd >= data.price_vnd:
            raise BelowPromotion(title=offer.title)
        pack, product = found(db, Pack, offer.pack_id), found(db, Product, offer.product_id)
        check_floor(product, pack, data.price_vnd)
    for offer in changed:
        prices = {"old": offer.price_vnd, "new": data.price_vnd}
        note(db, actor, "offer.price_changed", offer, **prices, group=group.cause)
        offer.price_vnd = data.price_vnd
        db.add(offer)
    for offer in {(offer.producer_id, offer.pack_id): offer for offer in changed}.values():
        remember_price(db, actor, offer, today=local_day(now))
    return _sent(db, actor, group, changed, field="price_vnd", now=now)


def append_words(db: Session, actor: Actor, group: Group, data: AppendIn, *, now: datetime) -> list[Offer]:
    """Add words to the end of every title, where the title is the trouble, else a paragraph to every text."""
    for offer in group.offers:
        if group.sample.cause_field == "title":
            _say(offer, f"{offer.title} {data.addition}", offer.description, field="addition")
        else:
            _say(offer, offer.title, f"{offer.description}\n\n{data.addition}".strip(), field="addition")
    return _sent_words(db, actor, group, group.offers, now=now)


def replace_words(db: Session, actor: Actor, group: Group, data: ReplaceIn, *, now: datetime) -> list[Offer]:
    """Say something else instead of some words, or nothing, in titles and texts, whatever their case."""
    words = re.compile(re.escape(data.words), re.IGNORECASE)
    changed = []
    for offer in group.offers:
        if words.search(offer.title) or words.search(offer.description):
            title, text = (words.sub(lambda _: data.instead, one) for one in (offer.title, offer.description))
            _say(offer, title, text, field="instead")
            changed.append(offer)
    if not changed:
        raise WordsNotThere(words=data.words)
    return _sent_words(db, actor, group, changed, now=now)


def _say(offer: Offer, title: str, description: str, *, field: str) -> None:
    before = offer.title
    title = " ".join(title.split())
    if not title:
        raise NoTitleLeft(title=before)
    for words, most in ((title, LONGEST_TITLE), (fold(title), LONGEST_TITLE), (description, LONGEST_TEXT)):
        if len(words) > most:
            raise TooLong(title=before, most=most, field=field)
    offer.title, offer.title_fold, offer.description = title, fold(title), description


def _sent_words(
    db: Session, actor: Actor, group: Group, changed: list[Offer], *, now: datetime
) -> list[Offer]:
    for offer in changed:
        note(db, actor, "offer.words_changed", offer, fields=["title", "description"], group=group.cause)
        db.add(offer)
    return _sent(db, actor, group, changed, field=None, now=now)


def add_photo(db: Session, actor: Actor, group: Group, photo: Photo, *, now: datetime) -> list[Offer]:
    """Show one picture on every offer of the group that has none; refuses when all have some."""
    ids = [offer.id for offer in group.offers]
    shown = set(db.exec(select(OfferPhoto.offer_id).where(col(OfferPhoto.offer_id).in_(ids))))
    bare = [offer for offer in group.offers if offer.id not in shown]
    db.add_all([OfferPhoto(offer_id=offer.id or 0, photo_id=photo.id or 0, position=0) for offer in bare])
    for offer in bare:
        note(db, actor, "offer.photo_added", offer, photo=photo.id, group=group.cause)
    return _sent(db, actor, group, bare, field="photo", now=now)


def answer(db: Session, actor: Actor, group: Group, data: AnswerIn, *, now: datetime) -> list[Offer]:
    """Answer one attribute for all offers of the group; only that marketplace's listings go out.

    Refuses as `attributes.answer_attribute` does.
    """
    offers = group.offers
    answer_attribute(db, actor, offers, data.marketplace, data.attribute, data.value, now=now)
    send_again(db, actor, group, now=now)
    return offers


def _sent(
    db: Session, actor: Actor, group: Group, changed: list[Offer], *, field: str | None, now: datetime
) -> list[Offer]:
    """Everywhere a changed offer is listed it goes out; so does the rest of the group, all once."""
    if not changed:
        raise NothingToMend(field=field)
    listings.locked_pools(db, [offer.id or 0 for offer in group.offers])
    listings.changed_all(db, [offer.id or 0 for offer in changed], now=now)
    send_again(db, actor, group, now=now)
    return changed
