"""Pages of old class lists from Excel: send one, see what became of every row, take it out again."""

from flask import Blueprint, Response, current_app, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from catalog.communes import AmbiguousCommune, Place, read_communes
from catalog.households import own_communes
from catalog.import_batches import refusals_of
from catalog.import_workbook import refused_workbook
from catalog.models import ImportBatch
from catalog.views.common import db, me, settings
from catalog.views.imports import sent_file
from marketplace.accounts.models import Role
from marketplace.core import clock, web
from marketplace.core.audit import note
from marketplace.core.errors import NotFound, Refused
from marketplace.core.forms import parsed
from marketplace.core.i18n import N_
from marketplace.core.tables import XLSX
from training.courses import active_courses
from training.labels import HOST_LABELS
from training.models import DAY_PART_LABELS, TrainingSession
from training.pages import training_head
from training.roll_forms import RollIn
from training.roll_imports import KIND, import_roll
from training.roll_undo import undo_roll
from training.scopes import trainings_seen_by
from training.trainings import one_training

bp = Blueprint("roll_imports", __name__)
SHOWN = 20
MOST_REASONS = 500


class NotTheImporter(Refused):
    sentence = N_(
        "Chỉ người đã nhập tệp này mới tải lại được các dòng bị từ chối, vì trong đó có số điện thoại."
    )


@bp.route("/lop-tap-huan/nhap-excel", methods=["GET", "POST"])
def import_new() -> ResponseReturnValue:
    """Take a list of one or several classes; below, the latest lists."""
    form = web.typed()
    form.typed.pop("training_id", None)  # that is the other page's
    choices: list[Place] = []
    if request.method == "POST":
        with form.attempt():
            try:
                return _taken(form)
            except AmbiguousCommune as several:
                choices = list(several.places)
                raise
    return web.page(
        "training/roll_new.html",
        form=form.fill(host="province", first_part="morning"),
        head=None,
        rows=db().exec(_seen().order_by(col(ImportBatch.id).desc()).limit(SHOWN)).all(),
        courses=[(one.id, one.topic) for one in active_courses(db())],
        places=_places(choices),
        hosts=[(value, _(label)) for value, label in HOST_LABELS.items()],
        parts=[(part.value, _(label)) for part, label in DAY_PART_LABELS.items()],
    )


@bp.route("/lop-tap-huan/<int:training_id>/nhap-excel", methods=["GET", "POST"])
def import_of_class(training_id: int) -> ResponseReturnValue:
    """Take the list of one class."""
    form, training = web.typed(), one_training(db(), me(), training_id)
    if request.method == "POST":
        form.typed["training_id"] = [str(training_id)]
        with form.attempt():
            return _taken(form)
    return web.page("training/roll_new.html", form=form, head=training_head(db(), training), rows=[])


def _taken(form: web.Form) -> ResponseReturnValue:
    result = import_roll(
        db(),
        me(),
        sent_file(),
        parsed(RollIn, form),
        vault=current_app.extensions["vault"],
        now=clock.now(),
        most_rows=settings().import_rows,
    )
    said = _("Đã đọc %(rows)s dòng, thêm %(new)s người.", rows=result.rows, new=result.batch.rows_new)
    return web.receipt(said, url_for("roll_imports.import_batch", batch_id=result.batch.id))


def _places(choices: list[Place]) -> list[tuple[int, str]]:
    """Communes to choose from: those a typed name may mean, or a worker's own."""
    if not choices and me().role == Role.EXTENSION:
        choices = own_communes(db(), me(), read_communes(db()), today=clock.today())
    return [(place.id, place.label) for place in choices]


@bp.get("/lop-tap-huan/nhap-excel/<int:batch_id>")
def import_batch(batch_id: int) -> ResponseReturnValue:
    """Show one list with its classes and the reason of every refused row."""
    batch = _batch(batch_id)
    ids = batch.made.get("classes", ())
    classes = db().exec(trainings_seen_by(me()).where(col(TrainingSession.id).in_(ids))).all()
    return web.page(
        "training/roll_batch.html",
        batch=batch,
        classes=classes,
        drafts=len(batch.made.get("households", ())),
        refusals=refusals_of(db(), batch)[:MOST_REASONS],
    )


@bp.post("/lop-tap-huan/nhap-excel/<int:batch_id>/dong-bi-tu-choi.xlsx")
def import_workbook(batch_id: int) -> ResponseReturnValue:
    """Give the refused rows back with their reasons; they hold phones, so the look is written down (R-76)."""
    batch = _batch(batch_id)
    if batch.by != me().id:
        raise NotTheImporter
    note(db(), me(), "import.refused_rows_taken", batch)
    data = refused_workbook(
        refusals_of(db(), batch), current_app.extensions["vault"], say=web.say, reason_heading=_("Lý do")
    )
    name = f"lop-tu-choi-{batch_id}.xlsx"
    return Response(data, mimetype=XLSX, headers={"Content-Disposition": f"attachment; filename={name}"})


@bp.post("/lop-tap-huan/nhap-excel/<int:batch_id>/hoan-tac")
def import_undo(batch_id: int) -> ResponseReturnValue:
    """Take everybody of a list out again."""
    batch = undo_roll(db(), me(), _batch(batch_id), now=clock.now())
    said = _("Đã hoàn tác: %(count)s người được lấy ra khỏi lớp.", count=batch.rows_new)
    return web.receipt(said, url_for("roll_imports.import_batch", batch_id=batch_id))


def _seen() -> SelectOfScalar[ImportBatch]:
    seen = select(ImportBatch).where(ImportBatch.kind == KIND)
    return seen.where(ImportBatch.by == me().id) if me().role == Role.EXTENSION else seen


def _batch(batch_id: int) -> ImportBatch:
    """A list this person may see: an extension worker's own, any for the office."""
    batch: ImportBatch | None = db().exec(_seen().where(ImportBatch.id == batch_id)).first()
    if batch is None:
        raise NotFound
    return batch
