"""The page of what ends soon."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from marketplace.core import clock, web
from marketplace.selling.ending_pages import ending_rows
from marketplace.selling.views.common import db, me

bp = Blueprint("endings", __name__)


@bp.get("/sap-het-han")
def endings() -> ResponseReturnValue:
    """List certificates, harvests and lots that end soon, the nearest first."""
    number, today = max(web.asked_number("trang"), 1), clock.today()
    rows, more = ending_rows(db(), me(), today=today, number=number)
    return web.page("selling/endings.html", rows=rows, more=more, number=number, today=today)
