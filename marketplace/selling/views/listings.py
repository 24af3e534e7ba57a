"""Pages of listings: the wish, what is there, who must act."""

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.accounts.models import Role
from marketplace.core import clock, web
from marketplace.core.forms import parsed
from marketplace.core.i18n import N_
from marketplace.core.text import clean
from marketplace.selling import listings as cases
from marketplace.selling.drift import KIND_LABELS, Kind, may_accept, open_drifts
from marketplace.selling.drift_pages import in_words
from marketplace.selling.forms import PacksIn
from marketplace.selling.models import BLAME_LABELS, REMOTE_STATE_LABELS, Listing, Offer, Shop, Wanted
from marketplace.selling.pages import (
    FILTERS,
    acting_for,
    cause_groups,
    history,
    listing_rows,
    offer_card,
    state_of,
)
from marketplace.selling.repairs import group_of, send_again
from marketplace.selling.stock import draws_of, pool_figures
from marketplace.selling.sync.wire import face_of
from marketplace.selling.views.common import asked, db, me, the_listing, the_offer

bp = Blueprint("listings", __name__)
NOT_THERE = N_("Chưa có trên sàn")


@bp.get("/tin-dang")
def listings() -> ResponseReturnValue:
    """List listings: by shop, by state, by who must act, and grouped by cause."""
    number = max(web.asked_number("trang"), 1)
    chosen = {"state": asked("trang-thai"), "blame": asked("ai"), "cause": asked("ly-do")}
    shop_id = web.asked_number("gian-hang", 0)
    rows, more = listing_rows(db(), me(), **chosen, shop=shop_id, number=number)
    return web.page(
        "selling/listings.html",
        rows=rows,
        more=more,
        number=number,
        chosen=chosen,
        shop=db().get(Shop, shop_id) if shop_id else None,
        groups=cause_groups(db(), me()),
        filters=FILTERS,
        blames=BLAME_LABELS,
        state_of=state_of,
        face_of=face_of,
    )


@bp.get("/tin-dang/<int:listing_id>")
def listing(listing_id: int) -> ResponseReturnValue:
    """Show one listing: what we want, what was last sent, what is there."""
    return _listing_page(web.typed(), the_listing(listing_id))


def _listing_page(form: web.Form, one: Listing) -> ResponseReturnValue:
    card = offer_card(db(), db().get_one(Offer, one.offer_id))
    shop = db().get_one(Shop, one.shop_id)
    form.fill(packs=one.wanted_packs)
    pools = {}
    if me().role != Role.FARMER:
        draws = draws_of(db(), [one.offer_id]).get(one.offer_id, [])
        pools = pool_figures(db(), [draw.pool_id for draw in draws])
    drifts = open_drifts(db(), one)
    return web.page(
        "selling/listing.html",
        form=form,
        listing=one,
        card=card,
        shop=shop,
        face=face_of(shop.marketplace),
        state=state_of(one),
        remote_words=REMOTE_STATE_LABELS.get(one.remote_state or "", NOT_THERE),
        wanted_on_sale=one.wanted == Wanted.ON_SALE,
        stopping=cases.is_stopping(one),
        drifts=drifts,
        shown_packs=next(
            (int(drift.there) for drift in drifts if drift.kind == Kind.STOCK), one.confirmed_packs
        ),
        read=lambda kind, value: web.say(in_words(kind, value)),
        may_accept=may_accept,
        kinds=KIND_LABELS,
        pools=pools,
        acting=acting_for(db(), me(), card.seller),
        history=history(db(), [("listing", one.id or 0), ("offer", one.offer_id)]),
    )


@bp.post("/tin-dang/<int:listing_id>/muon")
def wish(listing_id: int) -> ResponseReturnValue:
    """Change the wish: take down, sell again, or another number of packs."""
    form = web.typed()
    with form.attempt():
        one, now = the_listing(listing_id), clock.now()
        said = _("Đã ghi. Hệ thống sẽ làm ngay khi sàn trả lời.")
        match form.value("do"):
            case "withdraw":
                cases.withdraw(db(), me(), one, now=now)
                said = _("Đã gửi lệnh gỡ, chờ sàn xác nhận.")
            case "sell":
                offer, shop = db().get_one(Offer, one.offer_id), db().get_one(Shop, one.shop_id)
                cases.put_on_sale(db(), me(), offer, shop, parsed(PacksIn, form).packs, now=now)
                said = _("Đã ghi: bán lại trên sàn.")
            case _:
                cases.change_packs(db(), me(), one, parsed(PacksIn, form).packs, now=now)
    if form.errors:
        return _listing_page(form, the_listing(listing_id))
    return web.receipt(said, url_for("listings.listing", listing_id=listing_id))


@bp.post("/chao-ban/<int:offer_id>/ngung-ban")
def stop_offer(offer_id: int) -> ResponseReturnValue:
    """Stop selling an offer now, in every shop it is listed in."""
    one = the_offer(offer_id)
    count = cases.stop_selling(db(), me(), cases.of_offer(db(), one), now=clock.now())
    said = _("Đã gửi lệnh gỡ %(count)s tin đăng, chờ sàn xác nhận.", count=count)
    return web.receipt(said, url_for("offers.offer", offer_id=offer_id))


@bp.post("/tin-dang/<int:listing_id>/thu-lai")
def again(listing_id: int) -> ResponseReturnValue:
    """Say that the cause is mended: try this listing at once."""
    one = cases.try_again(db(), me(), the_listing(listing_id), now=clock.now())
    return web.receipt(_("Đã cho thử lại."), url_for("listings.listing", listing_id=one.id))


@bp.post("/tin-dang/thu-lai")
def again_all() -> ResponseReturnValue:
    """Send every listing of one cause again as it is, and only those."""
    group = group_of(db(), me(), clean(request.form.get("cause", ""))[:60])
    count = send_again(db(), me(), group, now=clock.now())
    return web.receipt(_("Đã cho thử lại %(count)s tin đăng.", count=count), url_for("listings.listings"))
