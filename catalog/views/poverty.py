"""Write down or take away what was decided about a household's poverty for a year."""

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from catalog import poverty as cases
from catalog.household_page import may_see_identifiers
from catalog.models import POVERTY_LABELS, Household
from catalog.scopes import households_seen_by, one_of
from catalog.views.common import db, me
from marketplace.core import clock, web
from marketplace.core.forms import parsed

bp = Blueprint("poverty", __name__)


@bp.route("/ho-dan/<int:household_id>/dien-ho", methods=["GET", "POST"])
def poverty_record(household_id: int) -> ResponseReturnValue:
    """Write down the decision of a year; `nam` in the address corrects that year."""
    form = web.typed()
    if request.method == "POST":
        with form.attempt():
            one, data = _seen(household_id), parsed(cases.PovertyIn, form)
            cases.record_poverty(db(), me(), one, data, now=clock.now())
            return web.receipt(
                _("Đã ghi diện hộ của năm %(year)s.", year=str(data.year)),
                url_for("households.household", household_id=household_id),
            )
    one = _seen(household_id)
    year = web.asked_number("nam", clock.today().year)
    kept = next((each for each in cases.poverty_of(db(), one) if each.year == year), None)
    form.fill(year=year, status=kept.status if kept else "", source=kept.source if kept else "")
    return web.page(
        "catalog/poverty_record.html",
        form=form,
        household=one,
        statuses=[(status.value, _(label)) for status, label in POVERTY_LABELS.items()],
    )


@bp.post("/ho-dan/<int:household_id>/dien-ho/<int:year>/bo")
def poverty_remove(household_id: int, year: int) -> ResponseReturnValue:
    """Make a year unknown again."""
    cases.remove_poverty(db(), me(), _seen(household_id), year)
    return web.receipt(
        _("Đã bỏ diện hộ của năm %(year)s; năm này lại là chưa rõ.", year=str(year)),
        url_for("households.household", household_id=household_id),
    )


def years_shown(one: Household) -> list[tuple[int, str, str]] | None:
    """Year, status and source for who may know them; None for everybody else."""
    if not may_see_identifiers(me()):
        return None
    return [(each.year, _(POVERTY_LABELS[each.status]), each.source) for each in cases.poverty_of(db(), one)]


def _seen(household_id: int) -> Household:
    return one_of(db(), households_seen_by(me()), household_id, Household)
