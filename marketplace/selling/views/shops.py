"""Pages of shops, their journal, and the address marketplaces push to."""

import logging
from datetime import timedelta

from flask import Blueprint, abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlmodel import col, select

from catalog.models import Producer, ProducerKind
from catalog.scopes import one_of
from marketplace.core import clock, web
from marketplace.core.forms import parsed
from marketplace.core.web import csrf
from marketplace.selling import shops as cases
from marketplace.selling.journal import OPERATIONS, calls_of, exchanges_where
from marketplace.selling.models import Exchange, Shop
from marketplace.selling.pages import PAGE, history
from marketplace.selling.parked import how_many_parked
from marketplace.selling.sync.wire import face_of, faces
from marketplace.selling.sync.wishes import hinted
from marketplace.selling.views.common import asked, db, me, registry, settings, the_shop, vault

bp = Blueprint("shops", __name__)
log = logging.getLogger("lensan.push")
LARGEST_PUSH = 256 * 1024  #: bytes; a larger body is no push of any marketplace
KEY = "key_"  #: prefix of the form fields that hold keys


@bp.get("/gian-hang")
def shops() -> ResponseReturnValue:
    """List the seller accounts and how each is doing."""
    rows = db().exec(
        select(Shop, Producer)
        .join(Producer, col(Producer.id) == Shop.producer_id)
        .order_by(col(Shop.marketplace), col(Shop.name))
    )
    return web.page("selling/shops.html", rows=rows.all(), face_of=face_of)


@bp.route("/gian-hang/moi", methods=["GET", "POST"])
def shop_new() -> ResponseReturnValue:
    """Open a seller account on a marketplace."""
    form = web.typed()
    if request.method == "POST":
        with form.attempt():
            now = clock.now()
            typed = {name: form.value(name) for name in form.typed if not name.startswith(KEY)}
            typed.setdefault("open_to_households", "")
            data = parsed(cases.ShopIn, {**typed, "credentials": _keys(form)})
            since = now - timedelta(days=1)
            shop = cases.open_shop(db(), me(), data, vault=vault(), now=now, orders_since=since)
            return web.receipt(_("Đã mở gian hàng."), url_for("shops.shop", shop_id=shop.id))
    chosen = faces().get(form.value("marketplace")) or faces().get(request.args.get("san", ""))
    if chosen is None:
        return web.page("selling/shop_marketplace.html", form=form, faces=list(faces().values()))
    organisations = db().exec(
        select(Producer).where(Producer.kind != ProducerKind.HOUSEHOLD).order_by(col(Producer.name_fold))
    )
    if request.method == "GET":
        form.fill(open_to_households="1")
    return web.page(
        "selling/shop_new.html",
        form=_without_keys(form),
        face=chosen,
        producers=[(producer.id, producer.name) for producer in organisations],
    )


def _keys(form: web.Form) -> dict[str, str]:
    return {name.removeprefix(KEY): form.value(name) for name in form.typed if name.startswith(KEY)}


def _without_keys(form: web.Form) -> web.Form:
    """Keys are never sent back to a browser, not even to the one that typed them."""
    for name in [name for name in form.typed if name.startswith(KEY)]:
        del form.typed[name]
    return form


@bp.route("/gian-hang/<int:shop_id>", methods=["GET", "POST"])
def shop(shop_id: int) -> ResponseReturnValue:
    """Show a shop's health; pause it or let it go on."""
    one = the_shop(shop_id)
    if request.method == "POST":
        if request.form.get("do") == "pause":
            cases.pause_shop(db(), me(), one)
            return web.receipt(_("Đã tạm dừng gian hàng."), url_for("shops.shop", shop_id=shop_id))
        if request.form.get("do") in ("confirm", "ask"):
            on = request.form["do"] == "confirm"
            cases.confirm_by_itself(db(), me(), one, on=on, now=clock.now())
            said = _("Đơn đủ hàng sẽ tự được xác nhận.") if on else _("Mọi đơn chờ người xác nhận.")
            return web.receipt(said, url_for("shops.shop", shop_id=shop_id))
        cases.resume_shop(db(), me(), one, now=clock.now())
        return web.receipt(_("Gian hàng chạy lại ngay."), url_for("shops.shop", shop_id=shop_id))
    push_url = settings().public_url.rstrip("/") + url_for("shops.push", push_token=one.push_token)
    return web.page(
        "selling/shop.html",
        shop=one,
        face=face_of(one.marketplace),
        seller=db().get_one(Producer, one.producer_id),
        push_url=push_url,
        sweep_seconds=settings().worker.sweep_seconds,
        parked=how_many_parked(db(), shop_id),
        history=history(db(), [("shop", shop_id)]),
    )


@bp.route("/gian-hang/<int:shop_id>/khoa", methods=["GET", "POST"])
def shop_keys(shop_id: int) -> ResponseReturnValue:
    """Replace a shop's keys; the old ones are never shown."""
    form = web.typed()
    if request.method == "POST":
        with form.attempt():
            one = the_shop(shop_id)
            cases.change_keys(db(), me(), one, _keys(form), vault=vault(), now=clock.now())
            return web.receipt(_("Đã đổi khóa."), url_for("shops.shop", shop_id=shop_id))
    one = the_shop(shop_id)
    face = face_of(one.marketplace)
    return web.page("selling/shop_keys.html", form=_without_keys(form), shop=one, face=face)


@bp.get("/gian-hang/<int:shop_id>/nhat-ky")
def exchanges(shop_id: int) -> ResponseReturnValue:
    """List what was said with the marketplace, newest first."""
    one, number = the_shop(shop_id), max(web.asked_number("trang"), 1)
    only_failed, cause = request.args.get("loi") == "1", asked("ma-loi")
    wanted = exchanges_where(shop_id=shop_id, failed=only_failed, cause=cause)
    rows = db().exec(wanted.offset((number - 1) * PAGE).limit(PAGE + 1)).all()
    return web.page(
        "selling/exchanges.html",
        shop=one,
        face=face_of(one.marketplace),
        rows=rows[:PAGE],
        more=len(rows) > PAGE,
        number=number,
        only_failed=only_failed,
        cause=cause,
        operations=OPERATIONS,
        failed=cases.failed,
    )


@bp.get("/gian-hang/<int:shop_id>/nhat-ky/<int:exchange_id>")
def exchange(shop_id: int, exchange_id: int) -> ResponseReturnValue:
    """Show one call and its answer, secrets and personal data removed."""
    one = the_shop(shop_id)
    said = one_of(db(), select(Exchange).where(Exchange.shop_id == one.id), exchange_id, Exchange)
    return web.page(
        "selling/exchange.html",
        shop=one,
        face=face_of(one.marketplace),
        said=said,
        calls=calls_of(db(), said),
        operations=OPERATIONS,
        failed=cases.failed(said),
        failed_one=cases.failed,
        readable=cases.readable,
    )


@bp.post("/day/<push_token>")
@csrf.exempt  # type: ignore[untyped-decorator]  # Flask-WTF has no types; a marketplace has no form of ours
def push(push_token: str) -> ResponseReturnValue:
    """Take a marketplace's hint that something changed; it is never believed, only looked up again."""
    shop = cases.shop_of_push(db(), push_token)
    if shop is None:
        abort(404)
    if (request.content_length or 0) > LARGEST_PUSH or not shop.active:
        return "", 200
    try:
        headers = dict(request.headers.items())
        hinted(db(), registry(), shop, headers, request.get_data(cache=False), now=clock.now())
    except Exception:
        # Whatever was sent, the marketplace must not repeat it for ever; the next pull finds what changed.
        log.exception("push not read", extra={"shop": shop.id})
        db().rollback()
    return "", 200
