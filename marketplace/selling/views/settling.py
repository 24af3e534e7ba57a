"""Pages of settlement: statements of marketplaces, and the lines that no order explains."""

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlmodel import col, select

from catalog.scopes import one_of
from catalog.views.imports import sent_file
from marketplace.core import clock, web
from marketplace.core.forms import FormState, parsed
from marketplace.core.units import day_bounds
from marketplace.selling.models import Order, Shop
from marketplace.selling.pages import history
from marketplace.selling.settling import closing, importing, matching, reading
from marketplace.selling.settling.forms import ImportIn
from marketplace.selling.settling.models import (
    KIND_LABELS,
    KINDS,
    LINE_LABELS,
    WHOSE_LABELS,
    LineState,
    Statement,
    StatementLine,
)
from marketplace.selling.sync.statements import has_statements
from marketplace.selling.sync.wire import face_of
from marketplace.selling.views.common import asked, db, me

bp = Blueprint("settling", __name__)


@bp.get("/doi-soat")
def statements() -> ResponseReturnValue:
    """List the statements, newest first."""
    number = max(web.asked_number("trang"), 1)
    rows, more = reading.statement_rows(db(), number=number)
    return web.page(
        "selling/settling.html",
        rows=rows,
        more=more,
        number=number,
        open=reading.open_count(db()),
        face_of=face_of,
    )


@bp.route("/doi-soat/nhap", methods=["GET", "POST"])
def statement_new() -> ResponseReturnValue:
    """Take a settlement file of a shop."""
    form = web.typed()
    if request.method == "POST":
        with form.attempt():
            shop = _shop(parsed(ImportIn, form).shop_id)
            name = request.files["file"].filename or "" if "file" in request.files else ""
            taken = importing.import_statement(db(), me(), shop, name, sent_file(), now=clock.now())
            waits = reading.overview(db(), taken).open
            said = _("Đã nhập bảng đối soát %(number)s, mọi dòng đều rõ.", number=taken.number)
            if waits:
                said = _(
                    "Đã nhập bảng đối soát %(number)s, %(n)s dòng chờ xem.", number=taken.number, n=waits
                )
            return web.receipt(said, url_for(".statement", statement_id=taken.id))
    return web.page("selling/settling_new.html", form=form, shops=_shops())


def _shops() -> list[tuple[int, str]]:
    rows = db().exec(select(Shop).order_by(col(Shop.marketplace), col(Shop.name)))
    return [
        (shop.id or 0, f"{face_of(shop.marketplace).title} · {shop.name}")
        for shop in rows
        if has_statements(shop.marketplace)
    ]


def _shop(shop_id: int) -> Shop:
    return one_of(db(), select(Shop), shop_id, Shop)


@bp.get("/doi-soat/<int:statement_id>")
def statement(statement_id: int) -> ResponseReturnValue:
    """Show a statement: our orders, the marketplace's lines and the payout side by side."""
    found = _statement(statement_id)
    shop = _shop(found.shop_id)
    start, end = day_bounds(found.first_day, found.last_day)
    in_period = (col(Order.shop_id) == shop.id) & col(Order.delivered_at).between(start, end)
    number = max(web.asked_number("trang"), 1)
    every = asked("dong") == "moi"
    which = col(StatementLine.statement_id) == found.id
    lines, more = reading.lines_of(db(), which if every else which & reading.is_open(), number=number)
    return web.page(
        "selling/settling_one.html",
        statement=found,
        shop=shop,
        face=face_of(shop.marketplace),
        shown=reading.overview(db(), found),
        money=reading.households_of(db(), found),
        missing=reading.missing_orders(db(), in_period),
        lines=lines,
        more=more,
        number=number,
        every=every,
        kinds=KINDS,
        kind_labels=KIND_LABELS,
        labels=LINE_LABELS,
        history=history(db(), [("statement", found.id or 0)]),
    )


def _statement(statement_id: int) -> Statement:
    return one_of(db(), select(Statement), statement_id, Statement)


@bp.post("/doi-soat/<int:statement_id>/khop-lai")
def match(statement_id: int) -> ResponseReturnValue:
    """Look again whether orders that came meanwhile explain what waits."""
    found = _statement(statement_id)
    explained = matching.match(db(), col(StatementLine.statement_id) == found.id)
    return web.receipt(
        _("Đã khớp lại: thêm %(n)s dòng rõ.", n=explained), url_for(".statement", statement_id=found.id)
    )


@bp.post("/doi-soat/<int:statement_id>/hoan-tac")
def undo(statement_id: int) -> ResponseReturnValue:
    """Take a statement that was imported by mistake out again."""
    found = _statement(statement_id)
    number = found.number
    importing.undo_import(db(), me(), found)
    return web.receipt(
        _("Đã hoàn tác: bảng %(number)s được lấy ra khỏi sổ.", number=number), url_for(".statements")
    )


@bp.get("/doi-soat/chua-ro")
def bucket() -> ResponseReturnValue:
    """List every line that no order explains yet, of all statements."""
    number = max(web.asked_number("trang"), 1)
    lines, more = reading.lines_of(db(), reading.is_open(), number=number)
    shops = {shop.id: shop for shop in db().exec(select(Shop))}
    return web.page(
        "selling/settling_bucket.html",
        lines=lines,
        more=more,
        number=number,
        shops=shops,
        labels=LINE_LABELS,
        face_of=face_of,
    )


@bp.get("/doi-soat/dong/<int:line_id>")
def line(line_id: int) -> ResponseReturnValue:
    """Show one line: what the marketplace says, what our order says, and whose money it is."""
    return _line_page(web.typed(), _line(line_id))


def _line(line_id: int) -> StatementLine:
    return one_of(db(), select(StatementLine), line_id, StatementLine)


def _line_page(form: FormState, found: StatementLine) -> ResponseReturnValue:
    statement = _statement(found.statement_id)
    shop = _shop(statement.shop_id)
    choices = [(one.value, web.say(label)) for one, label in WHOSE_LABELS.items()]
    return web.page(
        "selling/settling_line.html",
        form=form,
        line=found,
        statement=statement,
        shop=shop,
        face=face_of(shop.marketplace),
        compared=reading.compared(db(), found, shop),
        shares=reading.shares_of(db(), found),
        waits=found.state not in (LineState.EXPLAINED, LineState.REPEATED) and found.closed_at is None,
        choices=choices,
        labels=LINE_LABELS,
        whose=WHOSE_LABELS,
        kinds=KINDS,
        kind_labels=KIND_LABELS,
        history=history(db(), [("statement_line", found.id or 0)]),
    )


@bp.post("/doi-soat/dong/<int:line_id>/dong-lai")
def close(line_id: int) -> ResponseReturnValue:
    """Say in words whose money a line is that no order explains."""
    form = web.typed()
    with form.attempt():
        closing.close_line(db(), me(), _line(line_id), parsed(closing.CloseIn, form), now=clock.now())
    if form.errors:
        return _line_page(form, _line(line_id))
    return web.receipt(_("Đã ghi. Dòng này không còn chờ ai."), url_for(".line", line_id=line_id))


@bp.post("/doi-soat/dong/<int:line_id>/mo-lai")
def reopen(line_id: int) -> ResponseReturnValue:
    """Take such a decision back."""
    closing.reopen_line(db(), me(), _line(line_id))
    return web.receipt(_("Đã mở lại, dòng này chờ xem như trước."), url_for(".line", line_id=line_id))
