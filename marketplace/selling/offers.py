"""Offers: what somebody sells, in which pack, at what price, with which words and photos.

An offer is made once; its listings follow every change by themselves (`listings.changed`).
"""

from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, or_, select

from catalog import certificates
from catalog.drafts import StillDraft
from catalog.models import (
    Certificate,
    CertificateProduct,
    Household,
    Membership,
    Pack,
    Photo,
    Producer,
    Product,
    SaleUnit,
    Season,
)
from catalog.product_forms import PriceIn
from catalog.products import price_in_force, set_price
from catalog.seasons import season_of
from marketplace.core.audit import Actor, note
from marketplace.core.db import found, insert_new
from marketplace.core.errors import NotFound, Refused
from marketplace.core.i18n import N_
from marketplace.core.text import fold
from marketplace.core.units import local_day
from marketplace.selling import listings
from marketplace.selling.attributes import Answers, take_answers
from marketplace.selling.forms import OfferChangeIn, OfferIn
from marketplace.selling.models import Listing, Offer, OfferPhoto, Shop
from marketplace.selling.promotions import FIELDS as PROMOTION
from marketplace.selling.promotions import check_floor, check_promotion
from marketplace.selling.scopes import shops_for

MOST_PHOTOS = 9  #: what every marketplace takes
PRICE_SOURCE = N_("chào bán")  #: where a price of the history came from


class UnknownPack(Refused):
    sentence = N_("Hãy chọn một quy cách đóng gói trong danh sách.")
    status = 422
    field = "pack_id"


class NotForMarketplaces(Refused):
    sentence = N_("%(product)s không bán trên sàn được. Hãy chọn sản phẩm có khối lượng.")
    status = 422
    field = "pack_id"


class ShopNotOpen(Refused):
    sentence = N_("Người bán này chưa đăng bán ở gian hàng đó được. Hãy chọn gian hàng trong danh sách.")
    status = 422
    field = "shops"


class PacksNeeded(Refused):
    sentence = N_("Đã chọn sàn thì hãy ghi số gói muốn bán, ít nhất mỗi sàn một gói.")
    status = 422
    field = "packs"


class NoSeasonYet(Refused):
    sentence = N_("Chưa có niên vụ nào. Hãy nhờ điều phối viên mở niên vụ rồi làm lại.")


class PhotoNeeded(Refused):
    sentence = N_("Hãy chọn một ảnh trước khi gửi.")
    status = 422
    field = "photo"


class TooManyPhotos(Refused):
    sentence = N_("Mỗi chào bán có nhiều nhất %(most)s ảnh. Hãy bỏ bớt ảnh trước khi thêm.")
    status = 422
    field = "photo"


def make_offer(
    db: Session,
    actor: Actor,
    producer: Producer,
    data: OfferIn,
    *,
    now: datetime,
    answers: Answers | None = None,
) -> Offer:
    """Offer a pack at a price and wish it on sale in shops; the same `client_key` gives the first offer.

    Refuses a draft household, a pack without weight, a price below the agreed lowest one, shops that are not
    open to this seller, more packs than are free, and what the chosen marketplaces require and `answers`
    leave out.
    """
    known = _offer_of_key(db, producer, data.client_key)
    if known is not None:
        return known
    if producer.household_id is not None and (home := found(db, Household, producer.household_id)).draft:
        raise StillDraft(code=home.code)
    pack, product = _pack_for_sale(db, data.pack_id)
    check_floor(product, pack, data.price_vnd)
    season = _season_for(db, product, local_day(now))
    shops = _open_shops(db, producer, data, today=local_day(now))
    title = data.title or default_title(product, pack)
    offer_id = insert_new(
        db,
        Offer,
        ["client_key"],
        producer_id=producer.id,
        product_id=product.id,
        pack_id=pack.id,
        season_id=season.id,
        title=title,
        title_fold=fold(title)[:150],
        description=data.description,
        price_vnd=data.price_vnd,
        grade=data.grade,
        show_name=data.show_name,
        created_at=now,
        created_by=actor.actor_id,
        client_key=data.client_key,
    )
    if offer_id is None:  # the same form arrived twice at once, and the other was first
        return _offer_of_key(db, producer, data.client_key) or _missing()
    offer = found(db, Offer, offer_id)
    note(db, actor, "offer.made", offer, price_vnd=offer.price_vnd, pack=pack.id)
    remember_price(db, actor, offer, today=local_day(now))
    demanded = {shop.marketplace for shop in shops}
    take_answers(db, actor, offer, answers or {}, shops, demanded=demanded, now=now)
    for shop, packs in shared_out(data.packs, shops):
        listings.put_on_sale(db, actor, offer, shop, packs, now=now)
    return offer


def change_offer(db: Session, actor: Actor, offer: Offer, data: OfferChangeIn, *, now: datetime) -> Offer:
    """Change price, promotion or words; every listing is sent again. The same as before changes nothing.

    Refuses a promotion as `promotions.check_promotion` does, and a price below the agreed lowest one.
    """
    check_promotion(data, today=local_day(now))
    pack, product = found(db, Pack, offer.pack_id), found(db, Product, offer.product_id)
    check_floor(product, pack, data.price_vnd)
    check_floor(product, pack, data.promo_price_vnd, field="promo_price_vnd")
    wished = data.model_dump()
    facts = {name: value for name, value in wished.items() if getattr(offer, name) != value}
    if not facts:
        return offer
    if "price_vnd" in facts:
        note(db, actor, "offer.price_changed", offer, old=offer.price_vnd, new=data.price_vnd)
    if set(facts) & set(PROMOTION):
        promotion = data.model_dump(mode="json", include=set(PROMOTION))
        note(db, actor, "offer.promotion_changed", offer, **promotion)
    words = sorted(set(facts) - {"price_vnd", *PROMOTION})
    if words:
        note(db, actor, "offer.words_changed", offer, fields=words)
    offer.sqlmodel_update(wished)
    offer.title_fold = fold(offer.title)[:150]
    db.add(offer)
    db.flush()
    if "price_vnd" in facts:
        remember_price(db, actor, offer, today=local_day(now))
    listings.changed(db, offer, now=now)
    return offer


def add_photo(db: Session, actor: Actor, offer: Offer, photo: Photo, *, now: datetime) -> OfferPhoto:
    """Show one more picture; the same picture twice is once."""
    shown = list(db.exec(select(OfferPhoto).where(OfferPhoto.offer_id == offer.id)))
    known = next((one for one in shown if one.photo_id == photo.id), None)
    if known is not None:
        return known
    if len(shown) >= MOST_PHOTOS:
        raise TooManyPhotos(most=MOST_PHOTOS)
    position = max((one.position for one in shown), default=-1) + 1
    link_id = insert_new(
        db, OfferPhoto, ["offer_id", "photo_id"], offer_id=offer.id, photo_id=photo.id, position=position
    )
    if link_id is None:
        link = select(OfferPhoto).where(OfferPhoto.offer_id == offer.id, OfferPhoto.photo_id == photo.id)
        return db.exec(link).one()
    note(db, actor, "offer.photo_added", offer, photo=photo.id)
    listings.changed(db, offer, now=now)
    return found(db, OfferPhoto, link_id)


def remove_photo(db: Session, actor: Actor, offer: Offer, photo_id: int, *, now: datetime) -> None:
    """Take a picture off an offer; NotFound when the offer does not show it."""
    link = db.exec(
        select(OfferPhoto).where(OfferPhoto.offer_id == offer.id, OfferPhoto.photo_id == photo_id)
    ).first()
    if link is None:
        raise NotFound
    db.delete(link)
    db.flush()
    note(db, actor, "offer.photo_removed", offer, photo=photo_id)
    listings.changed(db, offer, now=now)


def list_in_shop(
    db: Session, actor: Actor, offer: Offer, shop_id: int, packs: int, *, now: datetime
) -> Listing:
    """Wish an offer on sale in one more shop; refuses a shop that is not open to its seller."""
    producer = found(db, Producer, offer.producer_id)
    shop = db.exec(shops_for(producer, today=local_day(now)).where(Shop.id == shop_id)).first()
    if shop is None:
        raise ShopNotOpen(field="shop_id")
    return listings.put_on_sale(db, actor, offer, shop, packs, now=now)


def resend_where_certificates_changed(db: Session, *, since: date, today: date, now: datetime) -> int:
    """Send again what is sold under certificates that began or ended after `since`, up to `today` (R-25).

    A certificate is taken off the goods on its last day, and the day before it is revoked
    (`sync.gathering`). Returns how many offers. A day is done once: `since` is the last
    day that was done.
    """
    revoked = col(Certificate.revoked_on)
    tomorrow = today + timedelta(days=1)
    changed = or_(
        (Certificate.valid_from > since) & (Certificate.valid_from <= today),
        (Certificate.valid_to > since) & (Certificate.valid_to <= today),
        (revoked > since + timedelta(days=1)) & (revoked <= tomorrow),
    )
    return _resend_under(db, changed, now=now)


def resend_without_revoked(db: Session, certificate_id: int, now: datetime) -> None:
    """A certificate was revoked: what carried it is sent again at once, without it (R-25)."""
    _resend_under(db, col(Certificate.id) == certificate_id, now=now)


def _resend_under(db: Session, which: ColumnElement[bool], *, now: datetime) -> int:
    """Send again what its seller or the organisations it supplies sell under these certificates."""
    held = (
        select(Certificate.producer_id, CertificateProduct.product_id)
        .join(CertificateProduct, col(CertificateProduct.certificate_id) == Certificate.id)
        .where(which)
        .subquery()
    )
    supplier = col(Producer.household_id) == Membership.household_id
    offers = db.exec(
        select(Offer)
        .join(Producer, col(Producer.id) == Offer.producer_id)
        .outerjoin(Membership, supplier)
        .join(held, held.c.product_id == Offer.product_id)
        .where(or_(held.c.producer_id == Offer.producer_id, held.c.producer_id == Membership.producer_id))
        .distinct()
    ).all()
    listings.changed_all(db, [offer.id or 0 for offer in offers], now=now)
    return len(offers)


def default_title(product: Product, pack: Pack) -> str:
    """The one brand name and the pack: "Cam Vàng Hà Giang thùng 10 kg"."""
    return f"{product.name} {pack.name[:1].lower()}{pack.name[1:]}"[:150]


def shared_out(packs: int, shops: list[Shop]) -> list[tuple[Shop, int]]:
    """Packs split evenly between shops, the rest to the first; the listing page changes it later."""
    if not shops:
        return []
    each, rest = divmod(packs, len(shops))
    return [(shop, each + (1 if place < rest else 0)) for place, shop in enumerate(shops)]


def reference_price_vnd(db: Session, pack_id: int, day: date) -> int | None:
    """What this pack costs by the price list in force, whoever sells it; None when nobody set one."""
    price = price_in_force(db, pack_id, None, None, day)
    return price.price_vnd if price else None


def _offer_of_key(db: Session, producer: Producer, client_key: str | None) -> Offer | None:
    if client_key is None:
        return None
    offer = db.exec(select(Offer).where(Offer.client_key == client_key)).first()
    if offer is not None and offer.producer_id != producer.id:
        raise NotFound
    return offer


def _missing() -> Offer:
    raise NotFound


def _pack_for_sale(db: Session, pack_id: int) -> tuple[Pack, Product]:
    row = db.exec(
        select(Pack, Product)
        .join(Product, col(Product.id) == Pack.product_id)
        .where(Pack.id == pack_id, col(Pack.active), col(Product.active))
    ).first()
    if row is None:
        raise UnknownPack
    if row[1].sale_unit == SaleUnit.NIGHT or not row[0].net_grams:
        raise NotForMarketplaces(product=row[1].name)
    return row[0], row[1]


def _season_for(db: Session, product: Product, day: date) -> Season:
    """The crop year of today, else the last one that began: what is sold in summer was grown before."""
    season = season_of(db, product, day)
    if season is None:
        begun = select(Season).where(Season.starts_on <= day).order_by(col(Season.starts_on).desc())
        season = db.exec(begun).first()
    if season is None:
        raise NoSeasonYet
    return season


def _open_shops(db: Session, producer: Producer, data: OfferIn, *, today: date) -> list[Shop]:
    wanted = list(dict.fromkeys(data.shops))
    if not wanted:
        return []
    shops = {
        shop.id: shop for shop in db.exec(shops_for(producer, today=today).where(col(Shop.id).in_(wanted)))
    }
    if len(shops) < len(wanted):
        raise ShopNotOpen
    if data.packs < len(wanted):
        raise PacksNeeded
    return [shops[shop_id] for shop_id in wanted]


def remember_price(db: Session, actor: Actor, offer: Offer, *, today: date) -> None:
    """Price is a history (R-35): the seller's price for this pack, from today on."""
    known = price_in_force(db, offer.pack_id, offer.producer_id, None, today)
    if known is not None and known.producer_id == offer.producer_id and known.price_vnd == offer.price_vnd:
        return
    price = PriceIn(
        price_vnd=offer.price_vnd, valid_from=today, producer_id=offer.producer_id, source=PRICE_SOURCE
    )
    set_price(db, actor, found(db, Pack, offer.pack_id), price)


certificates.on_revocation.append(resend_without_revoked)
