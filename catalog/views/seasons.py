"""Pages of crop years."""

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from catalog import seasons as cases
from catalog.product_forms import SeasonIn
from catalog.views.common import db, me
from catalog.views.products import bp
from marketplace.core import clock, web
from marketplace.core.forms import parsed


@bp.get("/nien-vu")
def seasons() -> ResponseReturnValue:
    """List crop years, each with when what is harvested."""
    return web.page("catalog/seasons.html", seasons=cases.seasons_with_windows(db()), day=clock.today())


@bp.route("/nien-vu/moi", methods=["GET", "POST"])
def season_new() -> ResponseReturnValue:
    """Open a crop year; products keep their harvest windows of the year before."""
    form = web.typed()
    if request.method == "POST":
        with form.attempt():
            made = cases.add_season(db(), me(), parsed(SeasonIn, form))
            return web.receipt(_("Đã mở niên vụ %(key)s.", key=made.key), url_for("products.seasons"))
    year = clock.today().year if clock.today().month >= cases.FIRST_MONTH else clock.today().year - 1
    form.fill(key=f"{year}-{year + 1}", starts_on=f"{year}-09-01", ends_on=f"{year + 1}-05-31")
    return web.page("catalog/season_new.html", form=form)
