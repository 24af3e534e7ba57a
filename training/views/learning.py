"""Pages of what is learnt in a class: checks before and after, notes, pictures, things to take home."""

import re
from collections import defaultdict
from collections.abc import Mapping

from flask import Blueprint, Response, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from catalog.models import Photo
from catalog.photos import photo_file
from catalog.views.common import db, me, sent_photo, settings
from marketplace.accounts.models import Role
from marketplace.core import clock, web
from marketplace.core.db import found
from marketplace.core.errors import NotFound
from marketplace.core.forms import parsed
from training import notes as cases
from training import quizzes
from training.learning_forms import NoteIn
from training.materials import file_of, materials_of, one_material
from training.models import QUIZ_MOMENT_LABELS, Material, QuizMoment, TrainingSession
from training.pages import training_head
from training.quiz_summary import summary_of
from training.trainings import one_training

bp = Blueprint("learning", __name__, url_prefix="/lop-tap-huan/<int:training_id>")

MOMENTS = {"truoc": QuizMoment.BEFORE, "sau": QuizMoment.AFTER}
WORDS = {moment: word for word, moment in MOMENTS.items()}
_CHOSEN = re.compile(r"p([0-9]{1,9})q([0-9]{1,9})")
MOST_CHOSEN = 20_000


def _the_class(training_id: int) -> TrainingSession:
    return one_training(db(), me(), training_id)


# --- checks before and after
# ------------------------------------------------------------------------------------------------------------


@bp.get("/kiem-tra")
def quiz(training_id: int) -> ResponseReturnValue:
    """Show what was answered before and after: of the class, or of the farmer's own household."""
    training = _the_class(training_id)
    people = quizzes.people_asked(db(), me(), training)
    return web.page(
        "training/quiz.html",
        head=training_head(db(), training),
        people=people,
        results=quizzes.results_of(db(), training, [one.id or 0 for one in people]),
        summary=None if me().role == Role.FARMER else summary_of(db(), training),
        asked=len(quizzes.questions_of(db(), training.course_id)),
        moments=WORDS,
        labels=QUIZ_MOMENT_LABELS,
    )


@bp.route("/kiem-tra/<any(truoc, sau):moment>", methods=["GET", "POST"])
def quiz_enter(training_id: int, moment: str) -> ResponseReturnValue:
    """Enter the answers of many people on one page; those who have none yet come first."""
    form, training, when = web.typed(), _the_class(training_id), MOMENTS[moment]
    if request.method == "POST":
        with form.attempt():
            kept = quizzes.save_answers(db(), me(), training, when, _chosen(form), now=clock.now())
            said = _("Đã ghi bài của %(count)s người.", count=kept)
            return web.receipt(
                said if kept else _("Không có bài nào mới."),
                url_for("learning.quiz", training_id=training_id),
            )
    training = _the_class(training_id)
    people = quizzes.people_asked(db(), me(), training)
    results = quizzes.results_of(db(), training, [one.id or 0 for one in people])
    for one in people:
        result = results.get((one.id or 0, when))
        form.fill(
            **{f"p{one.id}q{key}": option for key, option in (result.answers if result else {}).items()}
        )
    return web.page(
        "training/quiz_enter.html",
        form=form,
        head=training_head(db(), training),
        moment=moment,
        label=QUIZ_MOMENT_LABELS[when],
        questions=quizzes.questions_of(db(), training.course_id),
        fresh=[one for one in people if (one.id or 0, when) not in results],
        known=[one for one in people if (one.id or 0, when) in results],
    )


def _chosen(form: web.Form) -> Mapping[int, Mapping[int, int]]:
    """Person → question → option, of the fields p<person>q<question>; an option that is none is refused."""
    chosen: dict[int, dict[int, int]] = defaultdict(dict)
    for name in list(form.typed)[:MOST_CHOSEN]:
        found_there, value = _CHOSEN.fullmatch(name), form.value(name)
        if found_there and value:
            is_place = value.isascii() and value.isdigit() and len(value) < 3
            chosen[int(found_there[1])][int(found_there[2])] = int(value) if is_place else -1
    return chosen


# --- notes
# ------------------------------------------------------------------------------------------------------------


@bp.get("/ghi-chu")
def notes(training_id: int) -> ResponseReturnValue:
    """Show what was written down about a class."""
    return _notes_page(web.typed(), training_id)


@bp.post("/ghi-chu/them")
def note_new(training_id: int) -> ResponseReturnValue:
    """Write something down; notes are not changed, another follows."""
    form = web.typed()
    with form.attempt():
        cases.add_note(db(), me(), _the_class(training_id), parsed(NoteIn, form), now=clock.now())
    if form.errors:
        return _notes_page(form, training_id)
    return web.receipt(_("Đã ghi."), url_for("learning.notes", training_id=training_id))


def _notes_page(form: web.Form, training_id: int) -> ResponseReturnValue:
    training = _the_class(training_id)
    return web.page(
        "training/notes.html",
        form=form,
        head=training_head(db(), training),
        rows=cases.notes_of(db(), training),
    )


# --- pictures
# ------------------------------------------------------------------------------------------------------------


@bp.get("/anh")
def photos(training_id: int) -> ResponseReturnValue:
    """Show the pictures of a class to those who see it."""
    return _photos_page(web.typed(), training_id)


@bp.post("/anh/them")
def photo_add(training_id: int) -> ResponseReturnValue:
    """Keep a picture of the class. People are on it: it is sent to those who see the class, and no others."""
    form, training = web.typed(), _the_class(training_id)
    with form.attempt():
        photo = sent_photo("photo", now=clock.now(), private=True)
        if photo is None:
            raise cases.NoPhotoChosen
        cases.add_photo(db(), me(), training, photo, now=clock.now())
    if form.errors:
        return _photos_page(form, training_id)
    return web.receipt(_("Đã nhận ảnh."), url_for("learning.photos", training_id=training_id))


def _photos_page(form: web.Form, training_id: int) -> ResponseReturnValue:
    training = _the_class(training_id)
    removed = [] if me().role == Role.FARMER else cases.photos_of(db(), training, removed=True)
    return web.page(
        "training/photos.html",
        form=form,
        head=training_head(db(), training),
        shown=cases.photos_of(db(), training),
        removed=removed,
    )


@bp.get("/anh/<int:class_photo_id>.jpg")
def photo(training_id: int, class_photo_id: int) -> Response:
    """Send a picture to who sees the class; a removed one to nobody but the staff."""
    row = cases.one_photo(db(), _the_class(training_id), class_photo_id)
    if row.removed_at is not None and me().role == Role.FARMER:
        raise NotFound
    path = photo_file(settings().photo_dir, found(db(), Photo, row.photo_id).sha256)
    return send_file(path, mimetype="image/jpeg", max_age=0)


@bp.post("/anh/<int:class_photo_id>/bo")
def photo_remove(training_id: int, class_photo_id: int) -> ResponseReturnValue:
    """Show a picture no more."""
    row = cases.one_photo(db(), _the_class(training_id), class_photo_id)
    cases.remove_photo(db(), me(), row, now=clock.now())
    return web.receipt(_("Đã bỏ ảnh. Có thể lấy lại."), url_for("learning.photos", training_id=training_id))


@bp.post("/anh/<int:class_photo_id>/lay-lai")
def photo_restore(training_id: int, class_photo_id: int) -> ResponseReturnValue:
    """Show a removed picture again."""
    cases.restore_photo(db(), me(), cases.one_photo(db(), _the_class(training_id), class_photo_id))
    return web.receipt(_("Ảnh đã có lại."), url_for("learning.photos", training_id=training_id))


# --- things to take home
# ------------------------------------------------------------------------------------------------------------


@bp.get("/tai-lieu")
def materials(training_id: int) -> ResponseReturnValue:
    """List what the course has to read and to download."""
    training = _the_class(training_id)
    rows = materials_of(db(), training.course_id)
    return web.page("training/materials.html", head=training_head(db(), training), rows=rows)


@bp.get("/tai-lieu/<int:material_id>")
def material(training_id: int, material_id: int) -> ResponseReturnValue:
    """Show one to read on a phone."""
    training = _the_class(training_id)
    one = one_material(db(), training.course_id, material_id)
    return web.page("training/material.html", head=training_head(db(), training), material=one)


@bp.get("/tai-lieu/<int:material_id>/tep")
def material_file(training_id: int, material_id: int) -> Response:
    """Send the file of a material."""
    training = _the_class(training_id)
    return send_material(one_material(db(), training.course_id, material_id))


def send_material(material: Material) -> Response:
    """The file as a download: nothing of it ever runs or shows on a page of this site."""
    path = file_of(settings().material_dir, material)
    return send_file(
        path,
        mimetype=material.file_type,
        as_attachment=True,
        download_name=material.file_name,
        max_age=0,
        conditional=True,
    )
