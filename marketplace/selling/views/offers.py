"""Pages of offers: what a farmer lists."""

import secrets
from collections.abc import Sequence

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlmodel import col, select

from catalog.lots import on_hand_by_pool
from catalog.models import LotPool, Pack, Producer, Product
from catalog.products import packs_of
from catalog.scopes import one_of
from catalog.shipped import grades_of
from catalog.views.common import sent_photo
from marketplace.core import clock, web
from marketplace.core.errors import NotFound
from marketplace.core.forms import parsed
from marketplace.core.i18n import N_
from marketplace.core.units import kg, number_input, vnd
from marketplace.selling import attributes
from marketplace.selling import offers as cases
from marketplace.selling.ending_pages import how_many_end
from marketplace.selling.forms import OfferChangeIn, OfferIn, PutOnSaleIn
from marketplace.selling.models import Offer, Shop
from marketplace.selling.pages import (
    acting_for,
    find_sellers,
    history,
    listable_products,
    offer_card,
    offer_cards,
    photos_of,
    state_of,
)
from marketplace.selling.promotions import has_promotion
from marketplace.selling.scopes import offerable_shops, sellers_seen_by
from marketplace.selling.stock import draws_of
from marketplace.selling.sync.wire import face_of, faces, photo_path, prepare
from marketplace.selling.sync.wording import unit_price_vnd
from marketplace.selling.views.common import asked, db, me, settings, the_offer

bp = Blueprint("offers", __name__)


@bp.get("/chao-ban")
def offers() -> ResponseReturnValue:
    """List what is offered, and where each stands."""
    number = max(web.asked_number("trang"), 1)
    cards, more = offer_cards(db(), me(), asked("q"), number)
    return web.page(
        "selling/offers.html",
        cards=cards,
        more=more,
        number=number,
        query=asked("q"),
        state_of=state_of,
        face_of=face_of,
        ending=how_many_end(db(), me(), today=clock.today()),
    )


@bp.route("/chao-ban/moi", methods=["GET", "POST"])
def offer_new() -> ResponseReturnValue:
    """Offer something: whose goods, which product, then one short form."""
    form = web.typed()
    seller_id = web.asked_number("producer_id", 0)
    if request.method == "POST":
        with form.attempt():
            now = clock.now()
            seller = _seller(seller_id)
            data = parsed(OfferIn, form)
            offer = cases.make_offer(db(), me(), seller, data, now=now, answers=_answers(form))
            photo = sent_photo("photo", now=now)
            if photo is not None:
                cases.add_photo(db(), me(), offer, photo, now=now)
            return web.receipt(_made(offer), url_for("offers.offer", offer_id=offer.id))
    wanted = seller_id or web.asked_number("nguoi-ban", 0)
    if me().household_id is None and not wanted:
        return _choose_seller(form)
    seller = _seller(wanted)
    product_id = web.asked_number("san-pham", 0) or _product_of(form.value("pack_id"))
    if not product_id:
        return _choose_product(form, seller)
    return _offer_form(form, seller, product_id)


def _seller(producer_id: int) -> Producer:
    """The seller this person may act for; a farmer needs none named."""
    if me().household_id is None:
        return one_of(db(), sellers_seen_by(me()), producer_id, Producer)
    seller = db().exec(sellers_seen_by(me())).first()
    if seller is None:
        raise NotFound
    return seller


def _made(offer: Offer) -> str:
    pack = db().get_one(Pack, offer.pack_id)
    per_kg = vnd(unit_price_vnd(offer.price_vnd, pack.net_grams or 0))
    sentence = N_("Đã tạo chào bán: %(price)s một gói, tức %(per_kg)s một kg.")
    return web.say(sentence, {"price": vnd(offer.price_vnd), "per_kg": per_kg})


def _product_of(pack_id: str) -> int:
    """The product of a pack that was typed; 0 when there is none."""
    if not (pack_id.isascii() and pack_id.isdigit()) or len(pack_id) > 9:
        return 0
    pack = db().get(Pack, int(pack_id))
    return pack.product_id if pack else 0


def _choose_seller(form: web.Form) -> ResponseReturnValue:
    return web.page(
        "selling/offer_seller.html", form=form, query=asked("q"), sellers=find_sellers(db(), me(), asked("q"))
    )


def _choose_product(form: web.Form, seller: Producer) -> ResponseReturnValue:
    choices = listable_products(db(), set(_stock_of(seller)))
    return web.page(
        "selling/offer_product.html",
        form=form,
        choices=choices,
        seller=seller,
        acting=acting_for(db(), me(), seller),
    )


def _stock_of(seller: Producer) -> dict[int, int]:
    """Grams on hand by product, where there are any."""
    pools = db().exec(select(LotPool).where(LotPool.producer_id == seller.id)).all()
    grams = on_hand_by_pool(db(), [pool.id or 0 for pool in pools])
    return {pool.product_id: grams[pool.id or 0] for pool in pools if grams[pool.id or 0] > 0}


def _offer_form(form: web.Form, seller: Producer, product_id: int) -> ResponseReturnValue:
    product = one_of(db(), select(Product).where(col(Product.active)), product_id, Product)
    packs = [pack for pack in packs_of(db(), product) if pack.active and pack.net_grams]
    prices = {pack.id: cases.reference_price_vnd(db(), pack.id or 0, clock.today()) for pack in packs}
    shops = offerable_shops(db(), seller, today=clock.today())
    first = packs[0] if len(packs) == 1 else None
    price = prices.get(first.id) if first else None
    asked_for = _questions(form, _draft(seller, packs), shops) if packs else {}
    form.fill(
        client_key=secrets.token_urlsafe(16),
        pack_id=first.id if first else "",
        price_vnd=number_input(price) if price else "",
        shops=[shop.id for shop in shops] if len(shops) == 1 else [],
        producer_id=seller.id,
    )
    return web.page(
        "selling/offer_new.html",
        form=form,
        seller=seller,
        acting=acting_for(db(), me(), seller),
        product=product,
        packs=[(pack.id, _pack_words(pack, prices[pack.id])) for pack in packs],
        shops=[(shop.id, f"{face_of(shop.marketplace).title} · {shop.name}") for shop in shops],
        grades=[(grade, grade) for grade in grades_of(product)],
        on_hand_grams=_stock_of(seller).get(product.id or 0, 0),
        questions=asked_for,
        face_of=face_of,
    )


def _draft(seller: Producer, packs: Sequence[Pack]) -> Offer:
    """An offer that is not made yet, to ask what its goods are known by; never added."""
    return Offer(
        producer_id=seller.id or 0,
        product_id=packs[0].product_id,
        pack_id=packs[0].id or 0,
        season_id=0,
        title="",
        title_fold="",
        price_vnd=1,
        created_at=clock.now(),
    )


def _questions(form: web.Form, one: Offer, shops: Sequence[Shop]) -> dict[str, list[attributes.Question]]:
    """What the marketplaces of these shops ask, answered in the form with what is known."""
    asked_for = attributes.questions(db(), one, shops, today=clock.today())
    form.fill(**{question.field: question.value for some in asked_for.values() for question in some})
    return asked_for


def _answers(form: web.Form) -> attributes.Answers:
    """What was typed into the questions of each marketplace."""
    found: dict[str, dict[str, str]] = {}
    for name in faces():
        start = attributes.field_of(name, "")
        typed = {key.removeprefix(start): form.value(key) for key in form.typed if key.startswith(start)}
        found[name] = typed
    return found


def _pack_words(pack: Pack, price: int | None) -> str:
    """ "Thùng 10 kg · giá tham khảo 200.000 ₫ (20.000 ₫/kg)"."""
    net = pack.net_grams or 0
    if price is None:
        return web.say(N_("%(pack)s (tịnh %(net)s)"), {"pack": pack.name, "net": kg(net)})
    facts = {"pack": pack.name, "price": vnd(price), "per_kg": vnd(unit_price_vnd(price, net))}
    return web.say(N_("%(pack)s · giá tham khảo %(price)s (%(per_kg)s/kg)"), facts)


@bp.get("/chao-ban/<int:offer_id>")
def offer(offer_id: int) -> ResponseReturnValue:
    """Show an offer: what is missing for each marketplace, the text as sent, and where it stands."""
    return _offer_page(web.typed(), the_offer(offer_id))


def _offer_page(form: web.Form, one: Offer) -> ResponseReturnValue:
    card = offer_card(db(), one)
    listed = {shop.id: (listing, shop) for listing, shop in card.listings}
    open_shops = offerable_shops(db(), card.seller, today=clock.today())
    shown = [*listed.values(), *((None, shop) for shop in open_shops if shop.id not in listed)]
    prepared = prepare(
        db(),
        [(one, shop, listing) for listing, shop in shown],
        public_url=settings().public_url,
        today=clock.today(),
    )
    places = [
        {"listing": listing, "shop": shop, "face": face_of(shop.marketplace), "ready": ready}
        for (listing, shop), ready in zip(shown, prepared, strict=True)
    ]
    return web.page(
        "selling/offer.html",
        form=form,
        card=card,
        per_kg=unit_price_vnd(one.price_vnd, card.pack.net_grams or 0),
        promotion=has_promotion(one, today=clock.today()),
        places=places,
        pool_ids=sorted(draw.pool_id for draw in draws_of(db(), [one.id or 0]).get(one.id or 0, [])),
        photos=photos_of(db(), one),
        acting=acting_for(db(), me(), card.seller),
        history=history(db(), [("offer", one.id or 0)]),
        state_of=state_of,
        most_photos=cases.MOST_PHOTOS,
        photo_path=photo_path,
    )


@bp.post("/chao-ban/<int:offer_id>/len-san")
def put_on_sale(offer_id: int) -> ResponseReturnValue:
    """Wish an offer on sale in one more shop."""
    form = web.typed()
    with form.attempt():
        data = parsed(PutOnSaleIn, form)
        listing = cases.list_in_shop(
            db(), me(), the_offer(offer_id), data.shop_id, data.packs, now=clock.now()
        )
    if form.errors:
        return _offer_page(form, the_offer(offer_id))
    said = _("Đã ghi: %(packs)s gói sẽ lên sàn.", packs=data.packs)
    return web.receipt(said, url_for("listings.listing", listing_id=listing.id))


@bp.route("/chao-ban/<int:offer_id>/sua", methods=["GET", "POST"])
def offer_edit(offer_id: int) -> ResponseReturnValue:
    """Change price, promotion or words."""
    form = web.typed()
    if request.method == "POST":
        with form.attempt():
            changed = cases.change_offer(
                db(), me(), the_offer(offer_id), parsed(OfferChangeIn, form), now=clock.now()
            )
            attributes.change_answers(db(), me(), changed, _answers(form), now=clock.now())
            return web.receipt(
                _("Đã lưu. Các sàn sẽ được cập nhật."), url_for("offers.offer", offer_id=changed.id)
            )
    card = offer_card(db(), the_offer(offer_id))
    shops = [
        *attributes.listed_in(db(), card.offer),
        *offerable_shops(db(), card.seller, today=clock.today()),
    ]
    asked_for = _questions(form, card.offer, shops)
    if request.method == "GET":
        shown = card.offer.model_dump(include={"title", "description", "grade"})
        form.fill(
            **shown,
            **_shown_promotion(card.offer),
            price_vnd=number_input(card.offer.price_vnd),
            show_name="1" if card.offer.show_name else "",
        )
    return web.page(
        "selling/offer_edit.html",
        form=form,
        card=card,
        acting=acting_for(db(), me(), card.seller),
        grades=[(grade, grade) for grade in grades_of(card.product)],
        questions=asked_for,
        face_of=face_of,
    )


def _shown_promotion(one: Offer) -> dict[str, object]:
    """The promotion as form values; one that is over leaves the fields empty."""
    if not has_promotion(one, today=clock.today()) or one.promo_price_vnd is None:
        return {}
    return {
        "promo_price_vnd": number_input(one.promo_price_vnd),
        "promo_from": one.promo_from,
        "promo_to": one.promo_to,
    }


@bp.post("/chao-ban/<int:offer_id>/anh")
def photo_add(offer_id: int) -> ResponseReturnValue:
    """Add a picture to an offer."""
    form = web.typed()
    with form.attempt():
        one, now = the_offer(offer_id), clock.now()
        photo = sent_photo("photo", now=now)
        if photo is None:
            raise cases.PhotoNeeded
        cases.add_photo(db(), me(), one, photo, now=now)
    if form.errors:
        return _offer_page(form, the_offer(offer_id))
    return web.receipt(_("Đã thêm ảnh."), url_for("offers.offer", offer_id=offer_id))


@bp.post("/chao-ban/<int:offer_id>/anh/<int:photo_id>/bo")
def photo_remove(offer_id: int, photo_id: int) -> ResponseReturnValue:
    """Take a picture off an offer."""
    one = the_offer(offer_id)
    cases.remove_photo(db(), me(), one, photo_id, now=clock.now())
    return web.receipt(_("Đã bỏ ảnh."), url_for("offers.offer", offer_id=one.id))
