"""Pages of sales outside the marketplaces."""

import secrets

from flask import Blueprint, Response, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from catalog.models import Producer
from catalog.photos import photo_file
from catalog.scopes import one_of
from catalog.views.common import sent_photo
from marketplace.core import clock, web
from marketplace.core.errors import Forbidden
from marketplace.core.forms import parsed
from marketplace.core.units import kg
from marketplace.selling.forms import TakeBackIn
from marketplace.selling.models import CHANNEL_LABELS, EVIDENCE_LABELS, Channel, Evidence, OutsideSale
from marketplace.selling.outside import OutsideSaleIn, record_outside_sale
from marketplace.selling.outside_pages import Stocked, in_stock, outside_rows, photo_of, sale_facts
from marketplace.selling.pages import acting_for, find_sellers
from marketplace.selling.scopes import outside_sales_seen_by, sellers_seen_by
from marketplace.selling.sync.wire import face_of, faces
from marketplace.selling.taking_back import take_back_outside_sale
from marketplace.selling.views.common import asked, db, me, settings

bp = Blueprint("outside", __name__)


@bp.get("/ban-ngoai-san")
def sales() -> ResponseReturnValue:
    """List sales no marketplace order tells of."""
    number = max(web.asked_number("trang"), 1)
    rows, more = outside_rows(db(), me(), number=number)
    return web.page(
        "selling/outside_sales.html",
        rows=rows,
        more=more,
        number=number,
        channels=CHANNEL_LABELS,
        evidences=EVIDENCE_LABELS,
        face_of=face_of,
    )


@bp.route("/ban-ngoai-san/moi", methods=["GET", "POST"])
def sale_new() -> ResponseReturnValue:
    """Record a sale to a trader, at a fair, or in bulk."""
    form = web.typed()
    if request.method == "POST":
        with form.attempt():
            sale = _recorded(form)
            return web.receipt(_("Đã ghi số bán."), url_for("outside.sale", sale_id=sale.id))
    wanted = _seller_asked()
    if wanted is None:
        query = asked("q")
        sellers = find_sellers(db(), me(), query)
        return web.page("selling/outside_seller.html", form=form, query=query, sellers=sellers)
    return _sale_form(form, wanted)


def _recorded(form: web.Form) -> OutsideSale:
    now = clock.now()
    data = parsed(OutsideSaleIn, {name: form.value(name) for name in form.typed if form.value(name)})
    one_of(db(), sellers_seen_by(me()), data.producer_id, Producer)
    photo = sent_photo("photo", now=now, private=True)
    data.photo_id = photo.id if photo else None
    return record_outside_sale(db(), me(), data, now=now)


def _seller_asked() -> Producer | None:
    """Whose goods; a farmer's own without asking, None when nobody was chosen yet."""
    sellers = sellers_seen_by(me())
    if me().household_id is not None:
        return db().exec(sellers).first()
    wanted = web.asked_number("producer_id", 0) or web.asked_number("nguoi-ban", 0)
    return one_of(db(), sellers, wanted, Producer) if wanted else None


def _sale_form(form: web.Form, seller: Producer) -> ResponseReturnValue:
    stocked = in_stock(db(), seller)
    form.fill(
        producer_id=seller.id,
        product_id=web.asked_number("san-pham", 0) or (stocked[0].product.id if len(stocked) == 1 else ""),
        client_key=secrets.token_urlsafe(16),
        sold_on=clock.today().isoformat(),
        channel=Channel.TRADER.value,
        evidence=Evidence.D.value,
    )
    offered = [channel for channel in Channel if channel != Channel.MARKETPLACE_RETAIL]
    levels = [level for level in Evidence if level != Evidence.A]
    return web.page(
        "selling/outside_sale_new.html",
        form=form,
        seller=seller,
        acting=acting_for(db(), me(), seller),
        products=[_choice(one) for one in stocked],
        pool_id=next(
            (one.pool_id for one in stocked if str(one.product.id) == form.value("product_id")), None
        ),
        channels=[(channel.value, _(CHANNEL_LABELS[channel])) for channel in offered],
        evidences=[(level.value, _(EVIDENCE_LABELS[level])) for level in levels],
        marketplaces=[(face.name, face.title) for face in faces().values()],
    )


def _choice(one: Stocked) -> dict[str, object]:
    """A product to tap, with what may be sold of it at once without touching a promise."""
    locale, product = me().language, one.product
    free, on_hand = kg(max(one.figures.free, 0), locale), kg(one.figures.on_hand, locale)
    said = _("bán ngay được %(free)s, trong kho %(on_hand)s", free=free, on_hand=on_hand)
    return {"value": product.id, "text": product.name, "picture": product.picture, "sub": said}


def _the_sale(sale_id: int) -> OutsideSale:
    return one_of(db(), outside_sales_seen_by(me()), sale_id, OutsideSale)


@bp.get("/ban-ngoai-san/<int:sale_id>")
def sale(sale_id: int) -> ResponseReturnValue:
    """Show one sale: its paper, the lots it took from, the listings it made smaller."""
    return _sale_page(web.typed(), _the_sale(sale_id))


def _sale_page(form: web.Form, one: OutsideSale) -> ResponseReturnValue:
    facts = sale_facts(db(), me(), one)
    return web.page(
        "selling/outside_sale.html",
        form=form,
        sale=one,
        facts=facts,
        acting=acting_for(db(), me(), facts.row.seller),
        channel=_(CHANNEL_LABELS[one.channel]),
        evidence=_(EVIDENCE_LABELS[one.evidence]),
        operator=face_of(one.marketplace).title if one.marketplace else None,
    )


@bp.get("/ban-ngoai-san/<int:sale_id>/giay-to.jpg")
def photo(sale_id: int) -> Response:
    """Send the picture of a sale's paper to those who see the sale; nobody keeps it on the way."""
    kept = photo_of(db(), _the_sale(sale_id))
    return send_file(photo_file(settings().photo_dir, kept.sha256), mimetype="image/jpeg", max_age=0)


@bp.post("/ban-ngoai-san/<int:sale_id>/bo")
def take_back(sale_id: int) -> ResponseReturnValue:
    """Take back a sale that was recorded by mistake."""
    form = web.typed()
    with form.attempt():
        one = _the_sale(sale_id)
        if db().exec(sellers_seen_by(me()).where(Producer.id == one.producer_id)).first() is None:
            raise Forbidden
        take_back_outside_sale(db(), me(), one, parsed(TakeBackIn, form).why, now=clock.now())
    if form.errors:
        return _sale_page(form, _the_sale(sale_id))
    said = _("Đã bỏ phiếu bán này. Hàng đã trở lại kho.")
    return web.receipt(said, url_for("outside.sale", sale_id=sale_id))
