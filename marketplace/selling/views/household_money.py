"""The money of a household: what marketplaces paid for its goods and what they kept, also on paper."""

from datetime import timedelta

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from catalog.models import Household
from catalog.scopes import households_seen_by, one_of
from marketplace.core import clock, web
from marketplace.core.forms import FormState
from marketplace.core.tables import XLSX, to_csv, to_xlsx
from marketplace.core.units import Unreadable, parse_date
from marketplace.selling.pages import PAGE
from marketplace.selling.settling import households
from marketplace.selling.settling.models import KIND_LABELS, KINDS
from marketplace.selling.sync.wire import face_of
from marketplace.selling.views.common import asked, db, me

bp = Blueprint("household_money", __name__)

_YEAR = timedelta(days=365)


@bp.get("/tien-hang")
def households_paid() -> ResponseReturnValue:
    """List the households in sight that marketplaces paid."""
    number = max(web.asked_number("trang"), 1)
    rows, more = households.households_with_money(db(), me(), asked("q"), number)
    return web.page("selling/settling_households.html", rows=rows, more=more, number=number, query=asked("q"))


@bp.get("/tien-hang/<int:household_id>")
def money(household_id: int) -> ResponseReturnValue:
    """Show what marketplaces paid for a household's goods, and what they kept."""
    household = _household(household_id)
    form, period = _period()
    printing = asked("in") == "1"
    number = 1 if printing else max(web.asked_number("trang"), 1)
    most = households.MOST_ROWS if printing else PAGE
    rows, more = households.money_rows(db(), household, period, number=number, most=most)
    return web.page(
        "selling/settling_money.html",
        form=form,
        household=household,
        head=households.head_name(db(), household),
        money=households.money_of(db(), household, period),
        rows=rows,
        more=more,
        number=number,
        period=period,
        printing=printing,
        kinds=KINDS,
        kind_labels=KIND_LABELS,
        asked={"tu": period.first.isoformat(), "den": period.last.isoformat()},
        face_of=face_of,
        now=clock.now(),
    )


@bp.get("/tien-hang/<int:household_id>/bang-ke.<any(csv, xlsx):kind>")
def file(household_id: int, kind: str) -> ResponseReturnValue:
    """Send the same as a file for Excel."""
    household = _household(household_id)
    _form, period = _period()
    rows, _more = households.money_rows(db(), household, period, most=households.MOST_ROWS)
    sheet = households.sheet_of(
        households.money_of(db(), household, period),
        rows,
        period,
        head=households.head_name(db(), household),
        now=clock.now(),
        say=web.say,
    )
    body, mimetype = (to_csv(sheet), "text/csv") if kind == "csv" else (to_xlsx(sheet), XLSX)
    disposition = f"attachment; filename=tien-hang-{household.code}.{kind}"
    return Response(body, mimetype=mimetype, headers={"Content-Disposition": disposition})


def _household(household_id: int) -> Household:
    return one_of(db(), households_seen_by(me()), household_id, Household)


def _period() -> tuple[FormState, households.Period]:
    """The days asked for, the last year when none can be read; the form shows what was asked."""
    today = clock.today()
    form = FormState()
    days = []
    for name, usual in (("tu", today - _YEAR), ("den", today)):
        typed = asked(name)
        try:
            days.append(parse_date(typed) if typed else usual)
        except Unreadable as wrong:
            form.typed[name] = [typed]
            form.errors[name] = web.say(wrong.sentence, wrong.facts)
            days.append(usual)
    if days[1] < days[0]:
        form.errors["den"] = _("Ngày cuối phải từ ngày đầu trở đi.")
        days[1] = days[0]
    form.fill(tu=days[0].isoformat(), den=days[1].isoformat())
    return form, households.Period(*days)
