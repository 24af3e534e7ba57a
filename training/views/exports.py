"""Lists of classes, entries and rosters as files for Excel, and for the printer."""

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from catalog.views.common import db, me
from marketplace.core import clock, web
from marketplace.core.tables import XLSX, Sheet, to_csv, to_xlsx
from training.exports import classes_sheet, entries_sheet, roster_sheet
from training.pages import Head, training_head
from training.trainings import one_training
from training.views.trainings import wanted_classes

bp = Blueprint("training_exports", __name__)


@bp.get("/lop-tap-huan/danh-sach.<any(csv, xlsx, html):kind>")
def trainings(kind: str) -> ResponseReturnValue:
    """Send the classes of the list with the filters of its address."""
    sheet = classes_sheet(db(), me(), wanted_classes(), now=clock.now(), say=web.say)
    return _answer(sheet, "lop-tap-huan", kind, None)


@bp.get("/lop-tap-huan/<int:training_id>/ghi-ten.<any(csv, xlsx, html):kind>")
def entries(training_id: int, kind: str) -> ResponseReturnValue:
    """Send the entries of a class."""
    head = _head(training_id)
    sheet = entries_sheet(db(), me(), head, now=clock.now(), say=web.say)
    return _answer(sheet, f"ghi-ten-{head.training.code}", kind, head)


@bp.get("/lop-tap-huan/<int:training_id>/diem-danh.<any(csv, xlsx, html):kind>")
def roster(training_id: int, kind: str) -> ResponseReturnValue:
    """Send who came, half-day by half-day."""
    head = _head(training_id)
    sheet = roster_sheet(db(), me(), head, now=clock.now(), say=web.say)
    return _answer(sheet, f"diem-danh-{head.training.code}", kind, head)


def _head(training_id: int) -> Head:
    return training_head(db(), one_training(db(), me(), training_id))


def _answer(sheet: Sheet, name: str, kind: str, head: Head | None) -> ResponseReturnValue:
    """A download, or a page made for the printer."""
    if kind == "html":
        return web.page("training/sheet_print.html", sheet=sheet, head=head)
    body, mimetype = (to_csv(sheet), "text/csv") if kind == "csv" else (to_xlsx(sheet), XLSX)
    disposition = f"attachment; filename={name}.{kind}"
    return Response(body, mimetype=mimetype, headers={"Content-Disposition": disposition})
