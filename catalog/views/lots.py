"""Pages of harvest lots and the stock ledger."""

import secrets
from decimal import Decimal

from flask import Blueprint, Response, flash, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from catalog import lots as ledger
from catalog.certificates import certificates_of_households
from catalog.harvests import record_harvest
from catalog.lot_pages import (
    choosable_households,
    find_lots,
    ledger_lines,
    lot_card,
    pickable_products,
    season_key,
)
from catalog.models import (
    CERTIFICATE_LABELS,
    STOCK_KIND_LABELS,
    HarvestLot,
    Household,
    Product,
    Season,
)
from catalog.photos import open_photo, photo_file
from catalog.producers import sellers_for
from catalog.product_forms import CorrectionIn, LotIn, WriteOffIn
from catalog.scopes import households_seen_by, lots_seen_by, one_of
from catalog.seasons import in_window
from catalog.shipped import grades_of
from catalog.views.common import asked, asked_page, db, me, settings
from marketplace.accounts.models import Role
from marketplace.core import clock, web
from marketplace.core.errors import NotFound, Refused
from marketplace.core.forms import parsed
from marketplace.core.i18n import N_
from marketplace.core.text import clean
from marketplace.core.units import kg, number_input

bp = Blueprint("lots", __name__)

YEAR = 365 * 24 * 3600


class HouseholdNeeded(Refused):
    sentence = N_("Hãy chọn một mục có trong danh sách.")
    status = 422


@bp.get("/lo-thu-hoach")
def lots() -> ResponseReturnValue:
    """List harvests, and what is left of each."""
    number = asked_page()
    cards, more = find_lots(db(), me(), asked("q"), number)
    return web.page("catalog/lots.html", cards=cards, more=more, number=number, query=asked("q"))


@bp.route("/lo-thu-hoach/moi", methods=["GET", "POST"])
def lot_new() -> ResponseReturnValue:
    """Record what was picked: whose, which variety, how much, when."""
    form = web.typed()
    household = _asked_household(form)
    if household is None:
        if request.method == "POST":
            with form.attempt():
                raise HouseholdNeeded
        return _choose_household(form)
    if request.method == "POST":
        form.typed["household_id"] = [str(household.id)]
        with form.attempt():
            return _recorded(record_harvest(db(), me(), parsed(LotIn, form), now=clock.now()))
    return _lot_form(form, household)


def _asked_household(form: web.Form) -> Household | None:
    """The farmer's own household, or the one an extension worker named by number or code."""
    seen = households_seen_by(me())
    if me().role == Role.FARMER:
        return one_of(db(), seen, me().household_id or 0, Household)
    named = asked("ho") or clean(form.value("household_id"))
    if not named:
        return None
    if named.isascii() and named.isdigit() and len(named) <= 9:
        return one_of(db(), seen, int(named), Household)
    household = db().exec(seen.where(Household.code == named.upper())).first()
    if household is None:
        raise NotFound
    return household


def _choose_household(form: web.Form) -> ResponseReturnValue:
    households = choosable_households(db(), me(), asked("q"))
    return web.page("catalog/lot_household.html", form=form, households=households, query=asked("q"))


def _recorded(lot: HarvestLot) -> ResponseReturnValue:
    """The receipt; out of season is said too, and taken all the same."""
    product = db().get_one(Product, lot.product_id)
    if not in_window(db(), product, db().get_one(Season, lot.season_id), lot.harvested_on):
        flash(
            _("Ngày hái ngoài mùa thường lệ của %(product)s. Hãy xem lại ngày.", product=product.name), "warn"
        )
    said = _("Đã ghi %(kg)s %(product)s, lô %(code)s.", kg=kg(lot.grams), product=product.name, code=lot.code)
    return web.receipt(said, url_for("lots.lot", lot_id=lot.id))


def _lot_form(form: web.Form, household: Household) -> ResponseReturnValue:
    likely, every = pickable_products(db(), household, clock.today())
    all_asked = asked("tat-ca") == "1" or not likely
    shown = every if all_asked or _chosen_elsewhere(form, likely) else likely
    sellers = sellers_for(db(), household, clock.today())
    own = next((seller for seller in sellers if seller.household_id == household.id), None)
    form.fill(
        household_id=household.id,
        harvested_on=clock.today().isoformat(),
        client_key=secrets.token_urlsafe(16),
        product_id=shown[0].id if len(shown) == 1 else "",
        producer_id=own.id if own else "",
    )
    grades = dict.fromkeys(grade for product in shown for grade in grades_of(product))
    return web.page(
        "catalog/lot_new.html",
        form=form,
        household=household,
        grower=own.name if own else household.code,
        products=[
            {"value": product.id, "text": product.name, "picture": product.picture} for product in shown
        ],
        more_products=len(every) - len(shown),
        grades=[(grade, grade) for grade in grades],
        sellers=[(seller.id, seller.name) for seller in sellers] if len(sellers) > 1 else [],
    )


def _chosen_elsewhere(form: web.Form, likely: list[Product]) -> bool:
    """Was a product typed that the short list lacks? Then what was typed stays in sight."""
    typed = form.value("product_id")
    return bool(typed) and typed not in {str(product.id) for product in likely}


@bp.get("/lo-thu-hoach/<int:lot_id>")
def lot(lot_id: int) -> ResponseReturnValue:
    """Show a lot: whose, what is left, every line of its ledger, and what it may carry."""
    return _lot_page(web.typed(), lot_id)


def _lot_page(form: web.Form, lot_id: int) -> ResponseReturnValue:
    card = lot_card(db(), _the_lot(lot_id))
    product_id, household_id = card.lot.product_id, card.lot.household_id
    papers = certificates_of_households(db(), [household_id], [product_id], card.lot.harvested_on)
    form.fill(key=secrets.token_urlsafe(16))
    return web.page(
        "catalog/lot.html",
        form=form,
        card=card,
        season=season_key(db(), card.lot),
        lines=ledger_lines(db(), card.lot),
        line_labels=STOCK_KIND_LABELS,
        papers=papers.get((household_id, product_id), []),
        paper_labels=CERTIFICATE_LABELS,
    )


def _the_lot(lot_id: int) -> HarvestLot:
    return one_of(db(), lots_seen_by(me()), lot_id, HarvestLot)


@bp.post("/lo-thu-hoach/<int:lot_id>/hao-hut")
def write_off(lot_id: int) -> ResponseReturnValue:
    """Take goods out of stock that can no longer be sold."""
    form = web.typed()
    lot = _the_lot(lot_id)
    with form.attempt():
        data = parsed(WriteOffIn, form)
        key = data.key or secrets.token_urlsafe(16)
        entry = ledger.write_off(db(), me(), lot, data.grams, data.reason, now=clock.now(), key=key)
    if form.errors:
        return _lot_page(form, lot_id)
    said = _("Đã ghi hao hụt %(kg)s.", kg=kg(-entry.grams))
    return web.receipt(said, url_for("lots.lot", lot_id=lot_id))


@bp.route("/lo-thu-hoach/<int:lot_id>/can-lai", methods=["GET", "POST"])
def correct(lot_id: int) -> ResponseReturnValue:
    """Say what a lot really weighed; the ledger gets the difference."""
    form = web.typed()
    lot = _the_lot(lot_id)
    if request.method == "POST":
        with form.attempt():
            data = parsed(CorrectionIn, form)
            key = data.key or secrets.token_urlsafe(16)
            ledger.correct_harvest(db(), me(), lot, data.grams, data.reason, now=clock.now(), key=key)
            return web.receipt(
                _("Đã ghi khối lượng đúng %(kg)s.", kg=kg(data.grams)), url_for("lots.lot", lot_id=lot_id)
            )
    card = lot_card(db(), _the_lot(lot_id))
    weighed = number_input(Decimal(card.harvested_grams).scaleb(-3))
    form.fill(grams=weighed, key=secrets.token_urlsafe(16))
    return web.page("catalog/lot_correct.html", form=form, card=card)


@bp.get("/anh/<sha256>.jpg")
def photo(sha256: str) -> Response:
    """Send a photo; its address is made of its content, so it may be kept for ever."""
    path = photo_file(settings().photo_dir, open_photo(db(), sha256).sha256)
    response = send_file(path, mimetype="image/jpeg", conditional=True, max_age=YEAR)
    response.cache_control.public = True
    response.cache_control.immutable = True
    return response
