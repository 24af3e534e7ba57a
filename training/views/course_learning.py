"""Pages of what belongs to a course: its questions and its materials."""

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from catalog.views.common import db, me, settings
from marketplace.core import clock, web
from marketplace.core.forms import parsed
from training import materials as things
from training import quizzes
from training.courses import one_course
from training.learning_forms import MOST_OPTIONS, MaterialIn, QuestionIn
from training.models import Course, Question
from training.views.learning import send_material

bp = Blueprint("course_learning", __name__, url_prefix="/khoa-hoc/<int:course_id>")


# --- questions
# ------------------------------------------------------------------------------------------------------------


@bp.get("/kiem-tra")
def questions(course_id: int) -> ResponseReturnValue:
    """Show what the course asks before and after its classes, with the right answers."""
    course = one_course(db(), course_id)
    return web.page(
        "training/questions.html",
        course=course,
        rows=quizzes.questions_of(db(), course_id),
        retired=quizzes.questions_of(db(), course_id, retired=True),
        most=quizzes.MOST_QUESTIONS,
    )


@bp.route("/kiem-tra/them", methods=["GET", "POST"])
def question_new(course_id: int) -> ResponseReturnValue:
    """Ask one more."""
    form, course = web.typed(), one_course(db(), course_id)
    if request.method == "POST":
        with form.attempt():
            quizzes.add_question(db(), me(), course, parsed(QuestionIn, form))
            return _asked(_("Đã thêm câu hỏi."), course_id)
    return _question_page(form, one_course(db(), course_id), None)


@bp.route("/kiem-tra/<int:question_id>/sua", methods=["GET", "POST"])
def question_change(course_id: int, question_id: int) -> ResponseReturnValue:
    """Ask it in other words; answers given to the old ones stay with them."""
    form, course = web.typed(), one_course(db(), course_id)
    question = quizzes.one_question(db(), course, question_id)
    if request.method == "POST":
        with form.attempt():
            quizzes.change_question(db(), me(), question, parsed(QuestionIn, form))
            return _asked(_("Đã sửa câu hỏi."), course_id)
    options = {f"option_{place}": words for place, words in enumerate(question.options, start=1)}
    form.fill(words=question.words, right_option=question.right_option + 1, **options)
    return _question_page(form, course, question)


def _question_page(form: web.Form, course: Course, question: Question | None) -> ResponseReturnValue:
    return web.page(
        "training/question_edit.html",
        form=form,
        course=course,
        question=question,
        most=MOST_OPTIONS,
        rights=[(place, _("Câu %(n)s", n=place)) for place in range(1, MOST_OPTIONS + 1)],
    )


@bp.post("/kiem-tra/<int:question_id>/bo")
def question_retire(course_id: int, question_id: int) -> ResponseReturnValue:
    """Ask it no more."""
    question = quizzes.one_question(db(), one_course(db(), course_id), question_id)
    quizzes.retire_question(db(), me(), question, active=False)
    return _asked(_("Câu hỏi này không hỏi nữa."), course_id)


@bp.post("/kiem-tra/<int:question_id>/lay-lai")
def question_bring_back(course_id: int, question_id: int) -> ResponseReturnValue:
    """Ask it again."""
    question = quizzes.one_question(db(), one_course(db(), course_id), question_id)
    quizzes.retire_question(db(), me(), question, active=True)
    return _asked(_("Câu hỏi này lại được hỏi."), course_id)


def _asked(said: str, course_id: int) -> ResponseReturnValue:
    return web.receipt(said, url_for("course_learning.questions", course_id=course_id))


# --- materials
# ------------------------------------------------------------------------------------------------------------


@bp.get("/tai-lieu")
def materials(course_id: int) -> ResponseReturnValue:
    """Show what people can read and download, and what was retired."""
    return _materials_page(web.typed(), course_id)


@bp.post("/tai-lieu/them")
def material_new(course_id: int) -> ResponseReturnValue:
    """Add words to read, a file, or both."""
    form, course = web.typed(), one_course(db(), course_id)
    sent = request.files.get("file")
    file = (sent.filename, sent.read()) if sent is not None and sent.filename else None
    with form.attempt():
        data = parsed(MaterialIn, form)
        folder = settings().material_dir
        things.add_material(db(), me(), course, data, file, folder=folder, now=clock.now())
    if form.errors:
        return _materials_page(form, course_id)
    return _offered(_("Đã thêm tài liệu %(title)s.", title=form.value("title").strip()), course_id)


def _materials_page(form: web.Form, course_id: int) -> ResponseReturnValue:
    return web.page(
        "training/course_materials.html",
        form=form,
        course=one_course(db(), course_id),
        rows=things.materials_of(db(), course_id),
        retired=things.materials_of(db(), course_id, retired=True),
        megabytes=settings().upload_megabytes,
    )


@bp.get("/tai-lieu/<int:material_id>")
def material(course_id: int, material_id: int) -> ResponseReturnValue:
    """Show one as people read it on a phone."""
    course = one_course(db(), course_id)
    one = things.one_material(db(), course_id, material_id, retired=True)
    return web.page("training/material.html", head=None, course=course, material=one)


@bp.get("/tai-lieu/<int:material_id>/tep")
def material_file(course_id: int, material_id: int) -> Response:
    """Send the file of a material."""
    return send_material(things.one_material(db(), course_id, material_id, retired=True))


@bp.post("/tai-lieu/<int:material_id>/ngung")
def material_retire(course_id: int, material_id: int) -> ResponseReturnValue:
    """Offer a material no more."""
    one = things.one_material(db(), course_id, material_id, retired=True)
    things.retire_material(db(), me(), one, active=False)
    return _offered(_("Tài liệu %(title)s không còn cho xem.", title=one.title), course_id)


@bp.post("/tai-lieu/<int:material_id>/lay-lai")
def material_bring_back(course_id: int, material_id: int) -> ResponseReturnValue:
    """Offer a retired material again."""
    one = things.one_material(db(), course_id, material_id, retired=True)
    things.retire_material(db(), me(), one, active=True)
    return _offered(_("Tài liệu %(title)s lại cho xem.", title=one.title), course_id)


def _offered(said: str, course_id: int) -> ResponseReturnValue:
    return web.receipt(said, url_for("course_learning.materials", course_id=course_id))
