"""Pages of goods that came back: decide what becomes of them, mend what was recorded."""

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from catalog.scopes import one_of
from marketplace.core import clock, web
from marketplace.core.forms import parsed
from marketplace.selling import goods_back, returns
from marketplace.selling.forms import DecideIn, LineIn, TakenIn
from marketplace.selling.goods_back_pages import back_rows
from marketplace.selling.models import Order, OrderLine
from marketplace.selling.return_models import BECAUSE_LABELS, GoodsBack
from marketplace.selling.scopes import goods_back_seen_by
from marketplace.selling.sync.wire import face_of
from marketplace.selling.views.common import asked, db, me, the_line, the_order
from marketplace.selling.views.orders import order_page

bp = Blueprint("goods_back", __name__)


@bp.get("/hang-ve")
def backs() -> ResponseReturnValue:
    """List goods that came back; those nobody decided about first."""
    number, decided = max(web.asked_number("trang"), 1), asked("xong") == "1"
    rows, more = back_rows(db(), me(), decided=decided, number=number)
    return web.page(
        "selling/goods_back.html",
        rows=rows,
        more=more,
        number=number,
        decided=decided,
        because=BECAUSE_LABELS,
        face_of=face_of,
    )


@bp.post("/hang-ve/<int:back_id>/quyet-dinh")
def decide(back_id: int) -> ResponseReturnValue:
    """Say whether goods that came back can be sold."""
    back = one_of(db(), goods_back_seen_by(me()), back_id, GoodsBack)
    data = parsed(DecideIn, web.typed())
    goods_back.decide(db(), me(), back, sellable=data.sellable == "yes", now=clock.now())
    said = _("Đã cho hàng vào kho bán tiếp.") if back.sellable else _("Đã ghi hao hụt hàng về.")
    line = db().get_one(OrderLine, back.order_line_id)
    url = url_for("goods_back.backs") if data.listed else url_for("orders.order", order_id=line.order_id)
    return web.receipt(said, url)


@bp.post("/don-hang/<int:order_id>/khach-lay")
def taken(order_id: int) -> ResponseReturnValue:
    """Record how many packs of a delivered line the buyer took."""
    form = web.typed()
    with form.attempt():
        data = parsed(TakenIn, form)
        returns.record_taken(db(), me(), the_line(order_id, data.line_id), data.taken, now=clock.now())
    if form.errors:
        return order_page(form, the_order(order_id))
    return _of_order(_("Đã ghi số gói khách đã lấy."), the_order(order_id))


@bp.post("/don-hang/<int:order_id>/bo-tra-hang")
def return_undo(order_id: int) -> ResponseReturnValue:
    """Take back the last return that a person recorded."""
    line = the_line(order_id, parsed(LineIn, web.typed()).line_id)
    returns.undo_return(db(), me(), line, now=clock.now())
    return _of_order(_("Đã bỏ lần ghi hàng trả lại."), the_order(order_id))


@bp.post("/don-hang/<int:order_id>/bo-khieu-nai")
def complaint_undo(order_id: int) -> ResponseReturnValue:
    """Take back the last complaint."""
    line = the_line(order_id, parsed(LineIn, web.typed()).line_id)
    returns.undo_complaint(db(), me(), line, now=clock.now())
    return _of_order(_("Đã bỏ lần ghi khiếu nại."), the_order(order_id))


def _of_order(said: str, order: Order) -> ResponseReturnValue:
    return web.receipt(said, url_for("orders.order", order_id=order.id))
