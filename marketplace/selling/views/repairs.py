"""The page of one cause: everything that waits with it, mended together and sent again once."""

from collections.abc import Callable, Iterator

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlmodel import col, select

from catalog.models import Producer, Product
from catalog.views.common import sent_photo
from marketplace.core import clock, web
from marketplace.core.forms import parsed
from marketplace.core.text import clean
from marketplace.selling import repairs as cases
from marketplace.selling.attributes import Missing, missing_of
from marketplace.selling.forms import AnswerIn, AppendIn, PricesIn, ReplaceIn
from marketplace.selling.models import Offer
from marketplace.selling.offers import PhotoNeeded
from marketplace.selling.pages import PAGE
from marketplace.selling.repairs import Group, Repair
from marketplace.selling.sync.wire import face_of
from marketplace.selling.views.common import db, me

bp = Blueprint("repairs", __name__)
#: Fields of an offer that come from its product and pack, and from who sells it.
OF_PRODUCT = {"net_grams", "gross_grams", "unit", "dimensions_cm", "product_id"}
OF_SELLER = {"consent", "seller", "show_name"}


@bp.get("/tin-dang/nhom/<cause>")
def group(cause: str) -> ResponseReturnValue:
    """Show what waits with one cause, what mends it, and two buttons: mend and send, send as it is."""
    form = web.typed()
    form.fill(how="least")
    return _page(form, _group(cause))


def _group(cause: str) -> Group:
    return cases.group_of(db(), me(), clean(cause)[:60])


def _page(form: web.Form, one: Group) -> ResponseReturnValue:
    number = max(web.asked_number("trang"), 1)
    return web.page(
        "selling/repair.html",
        form=form,
        group=one,
        rows=one.rows[(number - 1) * PAGE : number * PAGE],
        number=number,
        more=one.count > number * PAGE,
        titles=[face_of(name).title for name in one.marketplaces],
        missing=_missing(one) if one.rows and one.repair == Repair.ATTRIBUTE else [],
        links=list(_links(one))[:PAGE] if one.rows else [],
        face_of=face_of,
    )


def _missing(one: Group) -> list[tuple[Missing, list[tuple[str, str]]]]:
    """What the group's categories ask and nobody answered, with the answers to choose from."""
    owed = missing_of(db(), [(offer, shop) for _listing, offer, shop in one.rows], today=clock.today())
    return [(asked, [(option, option) for option in asked.options]) for asked in owed]


@bp.post("/tin-dang/nhom/<cause>/sua")
def mend(cause: str) -> ResponseReturnValue:
    """Mend all offers of the group at once, and send exactly what this concerns."""
    form = web.typed()
    with form.attempt():
        one = _group(cause)
        if not one.rows:
            raise cases.GroupSettled
        count = len(_REPAIRS.get(form.value("do"), _replaced)(one, form))
    if form.errors:
        return _page(form, _group(cause))
    said = _(
        "Đã sửa %(offers)s chào bán; %(count)s tin đăng của nhóm được gửi lại.",
        offers=count,
        count=one.count,
    )
    return web.receipt(said, url_for("listings.listings"))


def _priced(one: Group, form: web.Form) -> list[Offer]:
    return cases.change_prices(db(), me(), one, parsed(PricesIn, form), now=clock.now())


def _appended(one: Group, form: web.Form) -> list[Offer]:
    return cases.append_words(db(), me(), one, parsed(AppendIn, form), now=clock.now())


def _replaced(one: Group, form: web.Form) -> list[Offer]:
    return cases.replace_words(db(), me(), one, parsed(ReplaceIn, form), now=clock.now())


def _photographed(one: Group, _form: web.Form) -> list[Offer]:
    now = clock.now()
    photo = sent_photo("photo", now=now)
    if photo is None:
        raise PhotoNeeded
    return cases.add_photo(db(), me(), one, photo, now=now)


def _answered(one: Group, form: web.Form) -> list[Offer]:
    return cases.answer(db(), me(), one, parsed(AnswerIn, form), now=clock.now())


_REPAIRS: dict[str, Callable[[Group, web.Form], list[Offer]]] = {
    "price": _priced,
    "append": _appended,
    "replace": _replaced,
    "photo": _photographed,
    "answer": _answered,
}

Link = tuple[str, str, dict[str, object]]  #: words, endpoint, arguments of its address


def _links(one: Group) -> Iterator[Link]:
    """Where else a cause of this kind is mended: each place once."""
    field = one.field
    if field == "category" or field in OF_PRODUCT:
        yield from _product_links(one)
    if field in OF_SELLER:
        sellers = {offer.producer_id for offer in one.offers}
        rows = select(Producer).where(col(Producer.id).in_(sellers)).order_by(col(Producer.name_fold))
        yield from map(_seller_link, db().exec(rows))
    if field == "shop":
        shops = {shop.id: shop for *_listed, shop in one.rows}.values()
        for shop in shops:
            yield shop.name, "shops.shop", {"shop_id": shop.id}
    if field in ("packs", "origin"):
        yield _("Lô thu hoạch"), "lots.lots", {}
    if field == "certificate" or ".claim_" in one.cause:
        yield _("Giấy chứng nhận"), "products.certificates", {}


def _product_links(one: Group) -> Iterator[Link]:
    """A product's page, or the page where its category on a marketplace is chosen."""
    ids = {offer.product_id for offer in one.offers}
    rows = db().exec(select(Product).where(col(Product.id).in_(ids)).order_by(col(Product.name_fold)))
    for product in rows:
        if one.field in OF_PRODUCT:
            yield product.name, "products.product", {"product_id": product.id}
            continue
        placed = {shop.marketplace for _listing, offer, shop in one.rows if offer.product_id == product.id}
        for name in sorted(placed):
            words = f"{product.name} · {face_of(name).title}"
            yield words, "categories.choose", {"product_id": product.id, "san": name}


def _seller_link(seller: Producer) -> Link:
    if seller.household_id is None:
        return seller.name, "products.producer", {"producer_id": seller.id}
    return seller.name, "households.household", {"household_id": seller.household_id}
