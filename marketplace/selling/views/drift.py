"""Pages of drift: what somebody changed on a marketplace, and which of the two is to be right."""

from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlmodel import col, select

from catalog.scopes import one_of
from marketplace.core import clock, web
from marketplace.core.errors import NotFound, Refused
from marketplace.core.i18n import N_
from marketplace.selling import drift as cases
from marketplace.selling.drift_pages import (
    SETTLED_LABELS,
    drift_groups,
    group_rows,
    in_words,
    settled_rows,
    the_group,
)
from marketplace.selling.models import Drift, Shop
from marketplace.selling.sync.wire import face_of
from marketplace.selling.views.common import asked, db, me, settings, the_shop

bp = Blueprint("drift", __name__)
MOST = 500  #: of a group with one click
CHOICES = {"resend": cases.resend, "accept": cases.accept}


class ChoiceNeeded(Refused):
    sentence = N_("Hãy chọn “Gửi lại như ta muốn” hoặc “Nhận theo sàn”.")
    field = "do"
    status = 422


@bp.get("/lech-san")
def drifts() -> ResponseReturnValue:
    """List what is different on the marketplaces: by kind and shop, or all of one group."""
    kind = asked("loai")
    if kind:
        return _one_group(_kind(kind))
    active = select(Shop).where(col(Shop.active))
    return web.page(
        "selling/drifts.html",
        groups=drift_groups(db()),
        settled=settled_rows(db()),
        shops=db().exec(active.order_by(col(Shop.marketplace), col(Shop.name))).all(),
        sweep_seconds=settings().worker.sweep_seconds,
        now=clock.now(),
        **_words(),
    )


def _one_group(kind: str) -> ResponseReturnValue:
    shop, number = the_shop(web.asked_number("gian-hang", 0)), max(web.asked_number("trang"), 1)
    rows, more = group_rows(db(), shop, kind, number)
    return web.page(
        "selling/drift_group.html", shop=shop, kind=kind, rows=rows, more=more, number=number, **_words()
    )


def _words() -> dict[str, Any]:
    return {
        "kinds": cases.KIND_LABELS,
        "hows": SETTLED_LABELS,
        "read": lambda kind, value: web.say(in_words(kind, value)),
        "may_accept": cases.may_accept,
        "face_of": face_of,
    }


def _kind(typed: str) -> str:
    if typed not in cases.KIND_LABELS:
        raise NotFound
    return typed


@bp.post("/lech-san/<int:drift_id>")
def settle(drift_id: int) -> ResponseReturnValue:
    """Choose for one drift: send again what we want, or take over what is there."""
    choose = CHOICES.get(request.form.get("do", ""))
    if choose is None:
        raise ChoiceNeeded
    choose(db(), me(), one_of(db(), select(Drift), drift_id, Drift), now=clock.now())
    return web.receipt(_said(request.form["do"]), url_for("drift.drifts"))


def _said(do: str) -> str:
    done = {"resend": N_("Đã ghi: hệ thống sẽ gửi lại như ta muốn."), "accept": N_("Đã ghi: nhận theo sàn.")}
    return web.say(done[do])


@bp.post("/lech-san/nhom")
def settle_group() -> ResponseReturnValue:
    """Choose once for a whole group; what one of them refuses stays open."""
    choose, kind = CHOICES.get(request.form.get("do", "")), request.form.get("kind", "")
    if choose is None:
        raise ChoiceNeeded
    shop = the_shop(web.asked_number("shop_id", 0))
    done, refused = 0, 0
    for one in the_group(db(), shop, _kind(kind), MOST):
        try:
            with db().begin_nested():
                choose(db(), me(), one, now=clock.now())
            done += 1
        except Refused:
            refused += 1
    if refused:
        said = _(
            "Đã làm %(done)s mục; %(refused)s mục chưa làm được, hãy xem từng mục.",
            done=done,
            refused=refused,
        )
    else:
        said = _("Đã làm %(done)s mục.", done=done)
    return web.receipt(said, url_for("drift.drifts"))


@bp.route("/gian-hang/<int:shop_id>/lech-san", methods=["GET", "POST"])
def policy(shop_id: int) -> ResponseReturnValue:
    """Choose what the program puts right by itself in this shop, and what it asks about."""
    form = web.typed()
    if request.method == "POST":
        with form.attempt():
            shop = the_shop(shop_id)
            cases.set_policy(
                db(), me(), shop, {key: form.value(key) for key in cases.USUAL if key in form.typed}
            )
            return web.receipt(_("Đã lưu cách xử lý lệch."), url_for("shops.shop", shop_id=shop_id))
    shop = the_shop(shop_id)
    form.fill(**{key: cases.policy_of(shop, key) for key in cases.USUAL})
    return web.page(
        "selling/drift_policy.html",
        form=form,
        shop=shop,
        face=face_of(shop.marketplace),
        labels=[(key, cases.POLICY_LABELS[key]) for key in cases.USUAL],
        policies=[(cases.HEAL, _("Tự sửa")), (cases.ASK, _("Hỏi người"))],
    )
