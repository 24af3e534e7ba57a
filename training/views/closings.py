"""Pages on which the attendance of a class is closed, disputes are decided and corrections leave a trail."""

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from catalog.models import Person
from catalog.views.common import db, me
from marketplace.core import clock, web
from marketplace.core.errors import NotFound
from marketplace.core.forms import parsed
from training import closing as cases
from training.attendance import people_in
from training.attendance_forms import PRESENT_LABELS, DecisionIn
from training.models import DAY_PART_LABELS, DOOR_LABELS, HalfDay, TrainingSession
from training.pages import training_head
from training.rosters import Line, half_days_by_number, late_marks, roster_of, words_about
from training.trainings import one_training

bp = Blueprint("closings", __name__, url_prefix="/lop-tap-huan/<int:training_id>/diem-danh")


@bp.get("/chot")
def closing(training_id: int) -> ResponseReturnValue:
    """Show what is left to do before the attendance is closed, and what came after."""
    training = one_training(db(), me(), training_id)
    half_days = half_days_by_number(db(), training)
    lines = sorted(roster_of(db(), training), key=lambda line: line.person.name_sort)
    return web.page(
        "training/closing.html",
        training=training,
        head=training_head(db(), training),
        half_days=half_days.values(),
        part_labels=DAY_PART_LABELS,
        lines=lines,
        disputes=[(line, n) for line in lines for n, came in sorted(line.came.items()) if came.disputed],
        missing={n: _missing(lines, one) for n, one in half_days.items()},
        present={n: sum(n in line.came and line.came[n].present for line in lines) for n in half_days},
        drafts=[line for line in lines if line.walk_in and line.household.draft],
        late=late_marks(db(), training),
        doors=DOOR_LABELS,
        presence=PRESENT_LABELS,
    )


def _missing(lines: list[Line], half_day: HalfDay) -> list[Line]:
    """Who was expected at a half-day that has begun, and whom nobody marked."""
    if half_day.day > clock.today():
        return []
    return [line for line in lines if line.expected and half_day.number not in line.came]


@bp.post("/chot")
def close(training_id: int) -> ResponseReturnValue:
    """Close the attendance: from now on the class counts."""
    cases.close_attendance(db(), me(), one_training(db(), me(), training_id), now=clock.now())
    return web.receipt(_("Đã chốt điểm danh. Lớp được tính vào báo cáo."), _closing_url(training_id))


@bp.post("/mo-lai")
def reopen(training_id: int) -> ResponseReturnValue:
    """Open a closed attendance again."""
    cases.reopen_attendance(db(), me(), one_training(db(), me(), training_id))
    words = _("Đã mở lại điểm danh. Lớp chưa được tính cho đến khi chốt lại.")
    return web.receipt(words, _closing_url(training_id))


@bp.get("/nguoi/<int:person_id>")
def person(training_id: int, person_id: int) -> ResponseReturnValue:
    """Show every mark about somebody, and decide or correct."""
    form = web.typed()
    form.fill(half_day=web.asked_number("buoi", 1))
    return _person_page(form, one_training(db(), me(), training_id), person_id)


def _person_page(form: web.Form, training: TrainingSession, person_id: int) -> ResponseReturnValue:
    if person_id not in people_in(db(), training):
        raise NotFound
    line = next((line for line in roster_of(db(), training) if line.person.id == person_id), None)
    half_days = half_days_by_number(db(), training)
    return web.page(
        "training/attendance_person.html",
        form=form,
        training=training,
        head=training_head(db(), training),
        person=db().get_one(Person, person_id),
        line=line,
        half_days=half_days,
        half_day_choices=[(number, _("Buổi %(n)s", n=number)) for number in half_days],
        presence_choices=[(value, web.say(label)) for value, label in PRESENT_LABELS.items()],
        part_labels=DAY_PART_LABELS,
        trail=words_about(db(), training, person_id),
        doors=DOOR_LABELS,
        presence=PRESENT_LABELS,
    )


@bp.post("/nguoi/<int:person_id>")
def decide(training_id: int, person_id: int) -> ResponseReturnValue:
    """Say whether somebody was there; of a closed class a correction, with its reason."""
    form, training = web.typed(), one_training(db(), me(), training_id)
    with form.attempt():
        data = parsed(DecisionIn, form)
        cases.decide(
            db(), me(), training, person_id, data.half_day, present=data.present == "yes", reason=data.reason,
            now=clock.now(),
        )  # fmt: skip
    if form.errors:
        return _person_page(form, one_training(db(), me(), training_id), person_id)
    facts = {"number": data.half_day, "name": db().get_one(Person, person_id).name}
    said = _("Buổi %(number)s: đã ghi %(name)s có mặt.", **facts)
    if data.present == "no":
        said = _("Buổi %(number)s: đã ghi %(name)s vắng.", **facts)
    here = url_for(".person", training_id=training_id, person_id=person_id, buoi=data.half_day)
    return web.receipt(said, _closing_url(training_id) if form.value("from") == "closing" else here)


@bp.post("/den-muon/<int:mark_id>/tinh")
def accept(training_id: int, mark_id: int) -> ResponseReturnValue:
    """Let a mark count that came after closing."""
    cases.accept_late(db(), me(), one_training(db(), me(), training_id), mark_id)
    return web.receipt(_("Đã tính lượt ghi đến muộn."), _closing_url(training_id))


@bp.post("/den-muon/<int:mark_id>/bo-qua")
def dismiss(training_id: int, mark_id: int) -> ResponseReturnValue:
    """Leave a late mark uncounted."""
    cases.dismiss_late(db(), me(), one_training(db(), me(), training_id), mark_id, now=clock.now())
    return web.receipt(_("Đã bỏ qua lượt ghi đến muộn. Vẫn tính lại được."), _closing_url(training_id))


def _closing_url(training_id: int) -> str:
    return url_for("closings.closing", training_id=training_id)
