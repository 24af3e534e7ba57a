"""Pages of orders."""

import secrets

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.core import clock, web
from marketplace.core.errors import Forbidden
from marketplace.core.forms import parsed
from marketplace.selling import order_wishes, returns
from marketplace.selling.forms import CancelIn, ComplaintIn, ReturnIn
from marketplace.selling.goods_back_pages import how_many_undecided
from marketplace.selling.models import ORDER_STATE_LABELS, Order
from marketplace.selling.order_pages import (
    STUCK,
    STUCK_LABEL,
    URGENT,
    may_decide,
    order_facts,
    order_rows,
)
from marketplace.selling.pages import history
from marketplace.selling.parked import how_many_parked, parked_of
from marketplace.selling.return_models import BECAUSE_LABELS
from marketplace.selling.scopes import OFFICE
from marketplace.selling.sync.wire import face_of
from marketplace.selling.views.common import asked, db, me, the_line, the_order

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
        undecided=how_many_undecided(db(), me()),
    )


@bp.get("/don-hang/<int:order_id>")
def order(order_id: int) -> ResponseReturnValue:
    """Show one order: its lines, the lots they came from, what was counted, what can be done."""
    return order_page(web.typed(), the_order(order_id))


def order_page(form: web.Form, one: Order) -> ResponseReturnValue:
    """The page of one order with what was typed."""
    facts = order_facts(db(), me(), one)
    reasons = [(reason["code"], reason["name"]) for reason in facts.row.shop.cancel_reasons]
    return web.page(
        "selling/order.html",
        form=form.fill(on=clock.today().isoformat(), key=secrets.token_urlsafe(16)),
        order=one,
        facts=facts,
        labels=ORDER_STATE_LABELS,
        because=BECAUSE_LABELS,
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
        return order_page(form, the_order(order_id))
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
        line = the_line(order_id, data.line_id)
        returns.record_return(db(), me(), line, data.packs, already=data.already, on=data.on, now=clock.now())
    if form.errors:
        return order_page(form, the_order(order_id))
    return web.receipt(_("Đã ghi hàng trả lại."), url_for("orders.order", order_id=order_id))


@bp.post("/don-hang/<int:order_id>/khieu-nai")
def complaint(order_id: int) -> ResponseReturnValue:
    """Record a refund without return."""
    form = web.typed()
    with form.attempt():
        data = parsed(ComplaintIn, form)
        line = the_line(order_id, data.line_id)
        returns.record_complaint(
            db(), me(), line, data.grams, data.refund_vnd, on=data.on, now=clock.now(), key=data.key
        )
    if form.errors:
        return order_page(form, the_order(order_id))
    return web.receipt(_("Đã ghi khiếu nại."), url_for("orders.order", order_id=order_id))
