"""Pages of promised stock: every pool, one pool with its history, how it is split, lots packed together."""

import secrets
from decimal import Decimal
from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlmodel import col, select

from catalog.mixing import mix_lots, mixings_of
from catalog.mixing import unmix as separate
from catalog.models import HarvestLot, LotMixing, LotPool, Producer, Product
from catalog.scopes import lots_seen_by, one_of
from marketplace.core import clock, web
from marketplace.core.errors import NotFound
from marketplace.core.forms import parsed
from marketplace.core.units import date_vi, kg, number_input
from marketplace.selling.exposure_pages import FILTERS, movements, places_of, pool_rows, pool_totals
from marketplace.selling.forms import MixIn
from marketplace.selling.models import Listing
from marketplace.selling.pages import acting_for, state_of
from marketplace.selling.policies import PolicyIn, policy_of, set_policy
from marketplace.selling.pool_pages import (
    Chosen,
    chosen_before,
    chosen_of,
    lots_of_pool,
    marketplaces_of,
)
from marketplace.selling.scopes import listings_seen_by
from marketplace.selling.stock import whole_figures
from marketplace.selling.stock_models import MOVED_LABELS, SPLIT_LABELS
from marketplace.selling.sync.wire import face_of
from marketplace.selling.views.common import asked, db, me, the_pool

bp = Blueprint("exposure", __name__)
REFRESH_SECONDS = 30


@bp.get("/hang-da-hua")
def pools() -> ResponseReturnValue:
    """List pools: on hand, promised where, what is left in the worst case, in doubt since when."""
    number = max(web.asked_number("trang"), 1)
    query, chosen = asked("q"), asked("loc")
    rows, more = pool_rows(db(), me(), query=query, chosen=chosen, number=number)
    return web.page(
        "selling/exposure.html",
        form=web.typed().fill(q=query, loc=chosen),
        rows=rows,
        more=more,
        number=number,
        query=query,
        chosen=chosen,
        filters=[(code, _(words)) for code, words in FILTERS.items()],
        totals=pool_totals(db(), me()),
        face_of=face_of,
        now=clock.now(),
        refresh=REFRESH_SECONDS,
    )


@bp.get("/hang-da-hua/<int:pool_id>")
def pool(pool_id: int) -> ResponseReturnValue:
    """Show one pool: each listing's promise, how it is split, its lots, and every movement."""
    one, number = the_pool(pool_id), max(web.asked_number("trang"), 1)
    listing_id = web.asked_number("tin", 0)
    if listing_id:
        one_of(db(), listings_seen_by(me()), listing_id, Listing)
    rows, more = movements(db(), one, listing_id=listing_id, number=number)
    return web.page(
        "selling/exposure_pool.html",
        **_head(one),
        figures=whole_figures(db(), [pool_id], clock.today())[pool_id],
        places=places_of(db(), one),
        chosen=chosen_of(policy_of(db(), pool_id)),
        lots=lots_of_pool(db(), me(), one),
        mixings=mixings_of(db(), pool_id),
        movements=rows,
        more=more,
        number=number,
        listing_id=listing_id,
        labels=MOVED_LABELS,
        splits=SPLIT_LABELS,
        state_of=state_of,
        face_of=face_of,
        now=clock.now(),
        refresh=REFRESH_SECONDS,
    )


def _head(one: LotPool) -> dict[str, Any]:
    seller = db().get_one(Producer, one.producer_id)
    return {
        "pool": one,
        "product": db().get_one(Product, one.product_id),
        "seller": seller,
        "acting": acting_for(db(), me(), seller),
    }


@bp.route("/hang-da-hua/<int:pool_id>/cach-chia", methods=["GET", "POST"])
def policy(pool_id: int) -> ResponseReturnValue:
    """Choose how a pool is split between marketplaces, and what is kept back; earlier choices lead back."""
    form = web.typed()
    if request.method == "POST":
        with form.attempt():
            set_policy(db(), me(), the_pool(pool_id), _policy_typed(form), now=clock.now())
        if not form.errors:
            return web.receipt(_("Đã lưu cách chia hàng."), url_for("exposure.pool", pool_id=pool_id))
        _beside_its_field(form)
    one = the_pool(pool_id)
    names = marketplaces_of(db(), one, places_of(db(), one), today=clock.today())
    chosen = chosen_of(policy_of(db(), pool_id))
    form.fill(**_shown(chosen))
    return web.page(
        "selling/exposure_policy.html",
        **_head(one),
        form=form,
        figures=whole_figures(db(), [pool_id], clock.today())[pool_id],
        splits=[(split.value, _(words)) for split, words in SPLIT_LABELS.items()],
        labels=SPLIT_LABELS,
        marketplaces=[(name, face_of(name).title) for name in names],
        before=[(was, _shown(was)) for was in chosen_before(db(), one)],
        chosen=chosen,
        face_of=face_of,
    )


def _shown(chosen: Chosen) -> dict[str, object]:
    """A choice as the fields of the form show it: kilograms, not grams."""
    return {**chosen.typed, "reserve_grams": number_input(Decimal(chosen.reserve_grams).scaleb(-3))}


def _policy_typed(form: web.Form) -> PolicyIn:
    shares = {
        name.removeprefix("share_"): form.value(name)
        for name in form.typed
        if name.startswith("share_") and form.value(name).strip()
    }
    ranks = sorted(name for name in form.typed if name.startswith("rank_"))
    ranking = [form.value(name) for name in ranks if form.value(name)]
    plain = {name: form.value(name) for name in ("split", "reserve_grams")}
    return parsed(PolicyIn, {**plain, "shares": shares, "ranking": ranking})


def _beside_its_field(form: web.Form) -> None:
    """What is wrong with all shares or ranks is said at the first of them."""
    for whole, part in (("shares", "share_"), ("ranking", "rank_")):
        first = next((name for name in form.typed if name.startswith(part)), "")
        if whole in form.errors:
            form.errors[first] = form.errors.pop(whole)


@bp.route("/hang-da-hua/<int:pool_id>/dong-chung", methods=["GET", "POST"])
def mix(pool_id: int) -> ResponseReturnValue:
    """Say that lots were packed together."""
    form = web.typed()
    if request.method == "POST":
        with form.attempt():
            _mixed(the_pool(pool_id), parsed(MixIn, form))
            return web.receipt(_("Đã ghi các lô đóng chung."), url_for("exposure.pool", pool_id=pool_id))
    one = the_pool(pool_id)
    form.fill(mixed_on=clock.today().isoformat(), client_key=secrets.token_urlsafe(16))
    rows = [(lot, left) for lot, left in lots_of_pool(db(), me(), one).rows if lot.mixing_id is None]
    return web.page(
        "selling/exposure_mix.html",
        **_head(one),
        form=form,
        choices=[(lot.id, _lot_in_words(lot.code, date_vi(lot.harvested_on), left)) for lot, left in rows],
    )


def _lot_in_words(code: str, day: str, left: int) -> str:
    said: str = _("%(code)s, hái %(day)s, còn %(left)s", code=code, day=day, left=kg(left, me().language))
    return said


def _mixed(one: LotPool, data: MixIn) -> None:
    seen = db().exec(lots_seen_by(me()).where(col(HarvestLot.id).in_(data.lot_ids))).all()
    if len(seen) < len(set(data.lot_ids)):
        raise NotFound
    mix_lots(
        db(),
        me(),
        one,
        data.lot_ids,
        mixed_on=data.mixed_on,
        remark=data.remark or "",
        now=clock.now(),
        client_key=data.client_key,
    )


@bp.post("/hang-da-hua/<int:pool_id>/dong-chung/<int:mixing_id>/bo")
def unmix(pool_id: int, mixing_id: int) -> ResponseReturnValue:
    """Take a mixing back that was recorded by mistake."""
    one = the_pool(pool_id)
    theirs = select(LotMixing).where(col(LotMixing.pool_id) == one.id)
    separate(db(), me(), one_of(db(), theirs, mixing_id, LotMixing))
    return web.receipt(_("Đã tách các lô như trước."), url_for("exposure.pool", pool_id=pool_id))
