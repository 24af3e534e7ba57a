"""Pages of orders and of sales outside the marketplaces."""

import secrets

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlmodel import select

from catalog.models import Producer, Product
from catalog.scopes import one_of
from catalog.views.common import sent_photo
from marketplace.core import clock, web
from marketplace.core.errors import Forbidden, NotFound
from marketplace.core.forms import parsed
from marketplace.selling import order_wishes, returns
from marketplace.selling.forms import CancelIn, ComplaintIn, ReturnIn
from marketplace.selling.models import (
    CHANNEL_LABELS,
    EVIDENCE_LABELS,
    ORDER_STATE_LABELS,
    Channel,
    Evidence,
    Order,
    OrderLine,
)
from marketplace.selling.order_pages import (
    STUCK,
    STUCK_LABEL,
    URGENT,
    may_decide,
    order_facts,
    order_rows,
    outside_rows,
)
from marketplace.selling.outside import OutsideSaleIn, record_outside_sale
from marketplace.selling.pages import acting_for, find_sellers, history
from marketplace.selling.parked import how_many_parked, parked_of
from marketplace.selling.scopes import OFFICE, order_lines_seen_by, sellers_seen_by
from marketplace.selling.sync.wire import face_of, faces
from marketplace.selling.views.common import asked, db, me, the_order

bp = Blueprint("orders", __name__)


@bp.get("/don-hang")
def orders() -> ResponseReturnValue:
    """List orders, newest first."""
    number = max(web.asked_number("trang"), 1)
    state = asked("trang-thai")
    rows, more = order_rows(db(), me(), state=state, query=asked("q"), number=number)
    return web.page(
        "selling/orders.html",
        form=web.typed().fill(**{"q": asked("q"), "trang-thai": state}),
        states=[*((code, _(words)) for code, words in ORDER_STATE_LABELS.items()), (STUCK, _(STUCK_LABEL))],
        rows=rows,
        more=more,
        number=number,
        state=state,
        query=asked("q"),
        labels=ORDER_STATE_LABELS,
        face_of=face_of,
        now=clock.now(),
        urgent=URGENT,
        parked=how_many_parked(db()) if me().role in OFFICE else 0,
    )


@bp.get("/don-hang/<int:order_id>")
def order(order_id: int) -> ResponseReturnValue:
    """Show one order: its lines, the lots they came from, what was counted, what can be done."""
    return _order_page(web.typed(), the_order(order_id))


def _order_page(form: web.Form, one: Order) -> ResponseReturnValue:
    facts = order_facts(db(), me(), one)
    reasons = [(reason["code"], reason["name"]) for reason in facts.row.shop.cancel_reasons]
    return web.page(
        "selling/order.html",
        form=form.fill(on=clock.today().isoformat()),
        order=one,
        facts=facts,
        labels=ORDER_STATE_LABELS,
        face=face_of(one.marketplace),
        reasons=reasons or [("other", _("Lý do khác"))],
        decides=may_decide(db(), me(), one),
        left=facts.row.left(clock.now()),
        urgent=URGENT,
        parked=parked_of(db(), one, facts.row.shop) if me().role in OFFICE else [],
        history=history(db(), [("sales_order", one.id or 0)]),
    )


def _decided(order_id: int) -> Order:
    """An order this person may confirm, deliver or cancel."""
    one = the_order(order_id)
    if not may_decide(db(), me(), one):
        raise Forbidden
    return one


@bp.post("/don-hang/<int:order_id>/xac-nhan")
def confirm(order_id: int) -> ResponseReturnValue:
    """Ask the marketplace to confirm an order."""
    order_wishes.wish_confirm(db(), me(), _decided(order_id), now=clock.now())
    return web.receipt(_("Đã ghi: xác nhận đơn trên sàn."), url_for("orders.order", order_id=order_id))


@bp.post("/don-hang/<int:order_id>/da-giao")
def deliver(order_id: int) -> ResponseReturnValue:
    """Say on the marketplace that the seller itself has delivered an order."""
    order_wishes.wish_deliver(db(), me(), _decided(order_id), now=clock.now())
    return web.receipt(_("Đã ghi: báo đã giao trên sàn."), url_for("orders.order", order_id=order_id))


@bp.post("/don-hang/<int:order_id>/huy")
def cancel(order_id: int) -> ResponseReturnValue:
    """Ask the marketplace to cancel an order, with one of its own reasons."""
    form = web.typed()
    with form.attempt():
        order_wishes.wish_cancel(
            db(), me(), _decided(order_id), parsed(CancelIn, form).reason, now=clock.now()
        )
    if form.errors:
        return _order_page(form, the_order(order_id))
    return web.receipt(_("Đã ghi: hủy đơn trên sàn."), url_for("orders.order", order_id=order_id))


@bp.post("/don-hang/<int:order_id>/thu-lai")
def again(order_id: int) -> ResponseReturnValue:
    """Try again at once what the marketplace refused or did not answer."""
    order_wishes.wish_again(db(), me(), _decided(order_id), now=clock.now())
    return web.receipt(_("Sẽ gửi lại lên sàn ngay."), url_for("orders.order", order_id=order_id))


@bp.post("/don-hang/<int:order_id>/tra-hang")
def returned(order_id: int) -> ResponseReturnValue:
    """Record goods that came back."""
    form = web.typed()
    with form.attempt():
        data = parsed(ReturnIn, form)
        line = _line_of(order_id, data.line_id)
        returns.record_return(
            db(), me(), line, data.packs, on=data.on, sellable=data.sellable, now=clock.now()
        )
    if form.errors:
        return _order_page(form, the_order(order_id))
    return web.receipt(_("Đã ghi hàng trả lại."), url_for("orders.order", order_id=order_id))


@bp.post("/don-hang/<int:order_id>/khieu-nai")
def complaint(order_id: int) -> ResponseReturnValue:
    """Record a refund without return."""
    form = web.typed()
    with form.attempt():
        data = parsed(ComplaintIn, form)
        line = _line_of(order_id, data.line_id)
        returns.record_complaint(db(), me(), line, data.grams, data.refund_vnd, on=data.on, now=clock.now())
    if form.errors:
        return _order_page(form, the_order(order_id))
    return web.receipt(_("Đã ghi khiếu nại."), url_for("orders.order", order_id=order_id))


def _line_of(order_id: int, line_id: int) -> OrderLine:
    line = one_of(db(), order_lines_seen_by(me()), line_id, OrderLine)
    if line.order_id != the_order(order_id).id:
        raise NotFound
    return line


@bp.get("/ban-ngoai-san")
def outside_sales() -> ResponseReturnValue:
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
def outside_sale_new() -> ResponseReturnValue:
    """Record a sale to a trader, at a fair, or in bulk."""
    form = web.typed()
    if request.method == "POST":
        with form.attempt():
            now = clock.now()
            data = parsed(OutsideSaleIn, {name: form.value(name) for name in form.typed if form.value(name)})
            one_of(db(), sellers_seen_by(me()), data.producer_id, Producer)
            photo = sent_photo("photo", now=now)
            data.photo_id = photo.id if photo else None
            record_outside_sale(db(), me(), data, now=now)
            return web.receipt(_("Đã ghi số bán."), url_for("orders.outside_sales"))
    wanted = _seller_asked()
    if wanted is None:
        query = asked("q")
        sellers = find_sellers(db(), me(), query)
        return web.page("selling/outside_seller.html", form=form, query=query, sellers=sellers)
    return _outside_form(form, wanted)


def _seller_asked() -> Producer | None:
    """Whose goods; a farmer's own without asking, None when nobody was chosen yet."""
    sellers = sellers_seen_by(me())
    if me().household_id is not None:
        return db().exec(sellers).first()
    wanted = web.asked_number("producer_id", 0) or web.asked_number("nguoi-ban", 0)
    return one_of(db(), sellers, wanted, Producer) if wanted else None


def _outside_form(form: web.Form, seller: Producer) -> ResponseReturnValue:
    products = db().exec(select(Product).where(Product.counts_for_tonnage).order_by(Product.name_fold)).all()
    form.fill(
        producer_id=seller.id,
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
        products=[(product.id, product.name) for product in products],
        channels=[(channel.value, _(CHANNEL_LABELS[channel])) for channel in offered],
        evidences=[(level.value, _(EVIDENCE_LABELS[level])) for level in levels],
        marketplaces=[(face.name, face.title) for face in faces().values()],
    )
