"""Pages of Excel imports: send a list, see what became of every row, take the refused ones back, undo."""

from flask import Blueprint, Response, current_app, g, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from catalog.import_batches import refusals_of, undo_import
from catalog.import_workbook import refused_workbook
from catalog.imports import import_households
from catalog.models import ImportBatch
from marketplace.accounts.models import Role
from marketplace.core import clock, web
from marketplace.core.audit import note
from marketplace.core.errors import NotFound, Refused
from marketplace.core.i18n import N_
from marketplace.core.tables import XLSX

bp = Blueprint("imports", __name__)
SHOWN = 50


class NoFile(Refused):
    sentence = N_("Hãy chọn tệp Excel có danh sách.")
    status = 422
    field = "file"


@bp.get("/nhap-excel")
def imports() -> ResponseReturnValue:
    """Show the latest imports."""
    rows = g.db.exec(_seen().order_by(col(ImportBatch.id).desc()).limit(SHOWN)).all()
    return web.page("catalog/imports.html", rows=rows)


@bp.route("/nhap-excel/moi", methods=["GET", "POST"])
def import_new() -> ResponseReturnValue:
    """Take a household list and say what became of every row."""
    form = web.typed()
    if request.method == "POST":
        with form.attempt():
            settings = current_app.extensions["lensan"]
            result = import_households(
                g.db,
                g.actor,
                sent_file(),
                vault=current_app.extensions["vault"],
                now=clock.now(),
                most_rows=settings.import_rows,
            )
            said = _("Đã đọc %(rows)s dòng, %(new)s hộ mới.", rows=result.rows, new=result.batch.rows_new)
            return web.receipt(said, url_for("imports.import_batch", batch_id=result.batch.id))
    return web.page("catalog/import_new.html", form=form)


@bp.get("/nhap-excel/<int:batch_id>")
def import_batch(batch_id: int) -> ResponseReturnValue:
    """Show one import with the reason of every refused row."""
    batch = _batch(batch_id)
    return web.page("catalog/import_batch.html", batch=batch, refusals=refusals_of(g.db, batch)[:500])


@bp.post("/nhap-excel/<int:batch_id>/dong-bi-tu-choi.xlsx")
def import_workbook(batch_id: int) -> ResponseReturnValue:
    """Give the refused rows back as a workbook with their reasons.

    It holds whole phones and national ids, so that the look is written down (R-76), and this is no GET.
    """
    batch = _batch(batch_id)
    refusals = refusals_of(g.db, batch)
    note(g.db, g.actor, "import.refused_rows_taken", batch)
    data = refused_workbook(refusals, current_app.extensions["vault"], say=web.say, reason_heading=_("Lý do"))
    name = f"tu-choi-{batch_id}.xlsx"
    return Response(data, mimetype=XLSX, headers={"Content-Disposition": f"attachment; filename={name}"})


@bp.post("/nhap-excel/<int:batch_id>/hoan-tac")
def import_undo(batch_id: int) -> ResponseReturnValue:
    """Take the new households of an import out again."""
    batch = undo_import(g.db, g.actor, _batch(batch_id), now=clock.now())
    said = _("Đã hoàn tác: %(count)s hộ được lấy ra khỏi sổ.", count=batch.rows_new)
    return web.receipt(said, url_for("imports.import_batch", batch_id=batch_id))


def sent_file() -> bytes:
    """The workbook that was sent; refuses when none was."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise NoFile
    data: bytes = sent.read()
    return data


def _seen() -> SelectOfScalar[ImportBatch]:
    seen = select(ImportBatch).where(ImportBatch.kind == "households")
    return seen.where(ImportBatch.by == g.actor.id) if g.actor.role == Role.EXTENSION else seen


def _batch(batch_id: int) -> ImportBatch:
    """An import this person may see: an extension worker's own, any for the office."""
    batch: ImportBatch | None = g.db.exec(_seen().where(ImportBatch.id == batch_id)).first()
    if batch is None:
        raise NotFound
    return batch
