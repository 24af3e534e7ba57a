"""Pages of what training came to: classes held, persons, households, attendances, each with its list."""

from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from catalog.communes import read_communes
from catalog.views.common import asked_page, db, me
from marketplace.core import clock, web
from marketplace.core.errors import Refused
from marketplace.core.forms import parsed
from marketplace.core.i18n import N_
from training.count_lists import LISTED_LABELS, Listed, counted_lines
from training.counts import Asked, places_with_classes, tally
from training.courses import courses_with_classes
from training.forms import CountsIn
from training.models import DAY_PART_LABELS

bp = Blueprint("training_counts", __name__)


class BackwardsPeriod(Refused):
    sentence = N_("“Đến ngày” phải từ “Từ ngày” trở đi. Hãy sửa lại.")
    status = 422
    field = "den"


@bp.get("/lop-tap-huan/so-lieu")
def counts() -> ResponseReturnValue:
    """Show how many classes, persons, households and attendances there were; each leads to its list."""
    form = _from_address()
    asked = _usual()
    with form.attempt():
        asked = _asked(form)
    communes = read_communes(db())
    address = _address_of(asked)
    return web.page(
        "training/counts.html",
        form=form.fill(**address),
        asked=asked,
        tally=tally(db(), me(), asked, communes),
        courses=[(course.id, course.topic) for course, _classes in courses_with_classes(db())],
        places=[(place.id, place.label) for place in places_with_classes(db(), me(), communes)],
        list_url=lambda listed, **more: url_for(".lines", loai=listed, **{**address, **more}),
    )


@bp.get("/lop-tap-huan/so-lieu/danh-sach")
def lines() -> ResponseReturnValue:
    """Show the rows behind one figure."""
    asked = _asked(_from_address())
    kind = request.args.get("loai", "")
    listed = Listed(kind) if kind in set(Listed) else Listed.CLASSES
    number, address = asked_page(), _address_of(asked)
    rows, more = counted_lines(db(), me(), asked, listed, read_communes(db()), number=number)
    return web.page(
        "training/count_lines.html",
        asked=asked,
        listed=listed,
        title=LISTED_LABELS[listed],
        rows=rows,
        more=more,
        number=number,
        parts=DAY_PART_LABELS,
        page_url=lambda n: url_for(".lines", loai=listed, trang=n, **address),
        back=url_for(".counts", **address),
    )


def _from_address() -> web.Form:
    return web.Form(request.args.to_dict(flat=False))


def _asked(form: web.Form) -> Asked:
    """What the address asks for; a period it leaves open is the usual one."""
    typed, usual = parsed(CountsIn, form), _usual()
    first, last = typed.tu or usual.first, typed.den or usual.last
    if first > last:
        raise BackwardsPeriod
    return Asked(first, last, typed.xa, typed.khoa)


def _usual() -> Asked:
    """This year: training is planned and reported by the year."""
    today = clock.today()
    return Asked(today.replace(month=1, day=1), today.replace(month=12, day=31))


def _address_of(asked: Asked) -> dict[str, Any]:
    said = {"tu": asked.first, "den": asked.last, "xa": asked.commune_id, "khoa": asked.course_id}
    return {name: value for name, value in said.items() if value is not None}
