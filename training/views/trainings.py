"""Pages of classes: list, calendar, one class, its notice on paper; planning and what becomes of it."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from catalog.views.common import db, me
from marketplace.core import web
from training.pages import training_head
from training.trainings import one_training

bp = Blueprint("trainings", __name__)


@bp.get("/lop-tap-huan/<int:training_id>")
def training(training_id: int) -> ResponseReturnValue:
    """Show a class: what, where, for whom, and its figures, each with its list."""
    one = one_training(db(), me(), training_id)
    return web.page("training/training.html", training=one, head=training_head(db(), one))
