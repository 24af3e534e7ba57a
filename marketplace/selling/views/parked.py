"""Pages of parked orders: what could not be taken, why, and what to do about it."""

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlmodel import col, select

from catalog.scopes import one_of
from marketplace.core import clock, web
from marketplace.core.forms import parsed
from marketplace.core.text import clean
from marketplace.core.units import vnd
from marketplace.selling import parked as cases
from marketplace.selling.forms import MatchIn, SettleIn
from marketplace.selling.models import ORDER_STATE_LABELS, ParkedOrder, Shop
from marketplace.selling.pages import history
from marketplace.selling.shops import readable
from marketplace.selling.sync.wire import face_of
from marketplace.selling.views.common import asked, db, me

bp = Blueprint("parked", __name__)


@bp.get("/don-tam-giu")
def parked() -> ResponseReturnValue:
    """List what could not be taken, by shop and reason; or what was settled."""
    number, shop_id = max(web.asked_number("trang"), 1), web.asked_number("gian-hang", 0)
    settled = asked("xong") == "1"
    rows, more = cases.parked_rows(db(), shop_id=shop_id, settled=settled, number=number)
    shops = db().exec(select(Shop).order_by(col(Shop.marketplace), col(Shop.name))).all()
    return web.page(
        "selling/parked.html",
        form=web.typed().fill(**{"gian-hang": str(shop_id or ""), "xong": "1" if settled else ""}),
        shops=[(shop.id, f"{face_of(shop.marketplace).title} · {shop.name}") for shop in shops],
        rows=rows,
        more=more,
        number=number,
        shop_id=shop_id or None,
        settled=settled,
        face_of=face_of,
    )


@bp.get("/don-tam-giu/<int:parked_id>")
def one(parked_id: int) -> ResponseReturnValue:
    """Show one parked order: why, its text, and what can be done."""
    return _page(web.typed(), _the_parked(parked_id))


def _the_parked(parked_id: int) -> ParkedOrder:
    return one_of(db(), select(ParkedOrder), parked_id, ParkedOrder)


def _page(form: web.Form, found: ParkedOrder) -> ResponseReturnValue:
    row = cases.parked_row(db(), found)
    lines = cases.waiting_lines(db(), found)
    query = clean(request.values.get("q", ""))[:100]
    subjects = [("parked_order", found.id or 0)]
    if row.order is not None:
        subjects.append(("sales_order", row.order.id or 0))
    return web.page(
        "selling/parked_one.html",
        form=form.fill(q=query),
        row=row,
        lines=lines,
        choices=_choices(found, query) if lines else [],
        query=query,
        face=face_of(row.shop.marketplace),
        labels=ORDER_STATE_LABELS,
        readable=readable,
        history=history(db(), subjects),
    )


def _choices(found: ParkedOrder, query: str) -> list[tuple[int, str]]:
    return [
        (listing.id or 0, f"{offer.title} · {vnd(offer.price_vnd, me().language)} · {listing.sku}")
        for listing, offer in cases.listings_to_match(db(), found, query)
    ]


@bp.post("/don-tam-giu/<int:parked_id>/doc-lai")
def again(parked_id: int) -> ResponseReturnValue:
    """Read the order from the marketplace once more."""
    cases.ask_again(db(), me(), _the_parked(parked_id), now=clock.now())
    return web.receipt(_("Sẽ đọc lại đơn này từ sàn ngay."), url_for(".one", parked_id=parked_id))


@bp.post("/don-tam-giu/<int:parked_id>/noi")
def match(parked_id: int) -> ResponseReturnValue:
    """Say which listing the line sold."""
    form = web.typed()
    with form.attempt():
        data = parsed(MatchIn, form)
        order = cases.match(db(), me(), _the_parked(parked_id), data.listing_id, now=clock.now())
    if form.errors:
        return _page(form, _the_parked(parked_id))
    return web.receipt(_("Đã nối với tin đăng."), url_for("orders.order", order_id=order.id))


@bp.post("/don-tam-giu/<int:parked_id>/xong")
def settle(parked_id: int) -> ResponseReturnValue:
    """Write down why nothing is to be done."""
    form = web.typed()
    with form.attempt():
        cases.settle(db(), me(), _the_parked(parked_id), parsed(SettleIn, form).why, now=clock.now())
    if form.errors:
        return _page(form, _the_parked(parked_id))
    return web.receipt(_("Đã ghi. Mục này không còn chờ ai."), url_for(".one", parked_id=parked_id))


@bp.post("/don-tam-giu/<int:parked_id>/mo-lai")
def reopen(parked_id: int) -> ResponseReturnValue:
    """Take a settling back."""
    cases.reopen(db(), me(), _the_parked(parked_id))
    return web.receipt(_("Đã mở lại, mục này chờ xử lý như trước."), url_for(".one", parked_id=parked_id))
