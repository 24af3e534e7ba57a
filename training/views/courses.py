"""Pages of courses: what is taught."""

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from catalog.views.common import db, me
from marketplace.core import clock, web
from marketplace.core.forms import parsed
from training import courses as cases
from training.forms import CourseIn

bp = Blueprint("courses", __name__)


@bp.get("/khoa-hoc")
def courses() -> ResponseReturnValue:
    """List what is taught, with the number of classes of each."""
    return web.page("training/courses.html", rows=cases.courses_with_classes(db()))


@bp.route("/khoa-hoc/moi", methods=["GET", "POST"])
def course_new() -> ResponseReturnValue:
    """Add a course."""
    form = web.typed()
    if request.method == "POST":
        with form.attempt():
            made = cases.add_course(db(), me(), parsed(CourseIn, form), now=clock.now())
            return web.receipt(
                _("Đã thêm khóa học %(topic)s.", topic=made.topic),
                url_for("courses.course", course_id=made.id),
            )
    return web.page("training/course_edit.html", form=form.fill(half_days=2), course=None)


@bp.get("/khoa-hoc/<int:course_id>")
def course(course_id: int) -> ResponseReturnValue:
    """Show one course."""
    return web.page("training/course.html", course=cases.one_course(db(), course_id))


@bp.route("/khoa-hoc/<int:course_id>/sua", methods=["GET", "POST"])
def course_edit(course_id: int) -> ResponseReturnValue:
    """Change a course."""
    form, one = web.typed(), cases.one_course(db(), course_id)
    if request.method == "POST":
        with form.attempt():
            cases.change_course(db(), me(), one, parsed(CourseIn, form))
            return web.receipt(
                _("Đã sửa khóa học %(topic)s.", topic=one.topic), url_for("courses.course", course_id=one.id)
            )
    form.fill(topic=one.topic, syllabus=one.syllabus, half_days=one.half_days)
    return web.page("training/course_edit.html", form=form, course=one)


@bp.post("/khoa-hoc/<int:course_id>/ngung")
def retire(course_id: int) -> ResponseReturnValue:
    """Offer a course no more for new classes."""
    one = cases.retire_course(db(), me(), cases.one_course(db(), course_id), active=False)
    said = _("Khóa %(topic)s không mở lớp mới nữa.", topic=one.topic)
    return web.receipt(said, url_for("courses.course", course_id=course_id))


@bp.post("/khoa-hoc/<int:course_id>/mo-lai")
def bring_back(course_id: int) -> ResponseReturnValue:
    """Offer a retired course again."""
    one = cases.retire_course(db(), me(), cases.one_course(db(), course_id), active=True)
    said = _("Khóa %(topic)s mở lớp lại được.", topic=one.topic)
    return web.receipt(said, url_for("courses.course", course_id=course_id))
