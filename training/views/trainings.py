"""Pages of classes: list, calendar, one class, plan, change, cancel, print."""

import secrets
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from catalog.communes import AmbiguousCommune, Place, read_communes
from catalog.households import own_communes
from catalog.views.common import asked, asked_page, db, me, settings
from marketplace.accounts.models import Role
from marketplace.core import clock, web
from marketplace.core.forms import parsed
from marketplace.core.units import Unreadable, parse_date
from training import trainings as cases
from training.courses import active_courses
from training.forms import ReasonIn, TrainingChangeIn, TrainingIn
from training.labels import HOST_LABELS, LANGUAGE_LABELS
from training.models import DAY_PART_LABELS, TRAINING_STATUS_LABELS, TrainingSession, TrainingStatus
from training.pages import (
    Wanted,
    counts_of,
    listed_trainings,
    month_of,
    next_month,
    previous_month,
    training_head,
    weeks_of,
)

bp = Blueprint("trainings", __name__)


@bp.app_context_processor
def words() -> dict[str, object]:
    """What the shared parts of the pages call things."""
    return {"training_status_labels": TRAINING_STATUS_LABELS}


@bp.get("/lop-tap-huan")
def trainings() -> ResponseReturnValue:
    """List the classes in sight: what is ahead, then what was."""
    number = asked_page()
    wanted = wanted_classes()
    shown = {"q": asked("q"), "trang-thai": asked("trang-thai"), "don-vi": asked("don-vi")}
    days = {"tu": wanted.first or "", "den": wanted.last or ""}
    return web.page(
        "training/trainings.html",
        form=web.typed().fill(**shown, **days),
        found=listed_trainings(db(), me(), wanted, today=clock.today(), number=number),
        wanted=wanted,
        number=number,
        asked={**shown, **days, "khoa": wanted.course_id},
        statuses=_labels(TRAINING_STATUS_LABELS),
        hosts=_labels(HOST_LABELS),
    )


def wanted_classes() -> Wanted:
    """What the address asks for; what cannot be read is not asked for."""
    status = asked("trang-thai")
    return Wanted(
        query=asked("q"),
        status=TrainingStatus(status) if status in set(TrainingStatus) else None,
        first=_day("tu"),
        last=_day("den"),
        course_id=web.asked_number("khoa", 0) or None,
        host=asked("don-vi") if asked("don-vi") in HOST_LABELS else "",
    )


def _day(name: str) -> date | None:
    try:
        return parse_date(asked(name))
    except Unreadable:
        return None


@bp.get("/lop-tap-huan/lich")
def calendar() -> ResponseReturnValue:
    """Show a month of classes."""
    month = _month()
    return web.page(
        "training/calendar.html",
        month=month,
        weeks=weeks_of(month),
        days=month_of(db(), me(), month),
        before=previous_month(month),
        after=next_month(month),
    )


def _month() -> date:
    """The month asked for as 2021-12; this one when there is none."""
    try:
        asked_for = parse_date(f"{asked('thang')}-01")
    except Unreadable:
        return clock.today().replace(day=1)
    return asked_for if 2000 <= asked_for.year <= 2100 else clock.today().replace(day=1)


@bp.route("/lop-tap-huan/moi", methods=["GET", "POST"])
def training_new() -> ResponseReturnValue:
    """Plan a class; `?tu=` begins with the facts of another."""
    form = web.typed()
    choices: list[Place] = []
    if request.method == "POST":
        with form.attempt():
            try:
                made = cases.plan_training(db(), me(), parsed(TrainingIn, form), now=clock.now())
            except AmbiguousCommune as several:
                choices = list(several.places)
                raise
            return web.receipt(
                _("Đã mở lớp %(code)s.", code=made.code), url_for("trainings.training", training_id=made.id)
            )
    _fill_from(form, web.asked_number("tu", 0))
    form.fill(client_key=secrets.token_urlsafe(16), first_part="morning", host="province", language="vi")
    form.fill(course_id=web.asked_number("khoa", 0) or None, capacity=60)
    form.fill(half_days=2, needed_half_days=2, minutes_per_half_day=240)
    kept = form.value("commune_id")
    return web.page(
        "training/training_new.html",
        form=form,
        **_choices(choices, kept=int(kept) if kept.isdecimal() else None),
    )


def _fill_from(form: web.Form, training_id: int) -> None:
    """The facts of a class in sight, but for its dates."""
    if training_id:
        other = cases.one_training(db(), me(), training_id)
        slots = cases.slots_of(db(), other)
        form.fill(**_facts(other), half_days=len(slots), first_part=slots[0][1])


def _facts(training: TrainingSession) -> dict[str, object]:
    names = (
        "course_id", "commune_id", "venue", "organiser", "host", "trainers", "language", "interpreter",
        "funding_source", "capacity", "needed_half_days", "minutes_per_half_day",
    )  # fmt: skip
    return {name: getattr(training, name) for name in names}


def _choices(places: list[Place], *, kept: int | None = None) -> dict[str, object]:
    """What the selects of a class's form offer; `kept` is a commune that is chosen already."""
    communes = read_communes(db())
    if not places and me().role == Role.EXTENSION:
        places = own_communes(db(), me(), communes, today=clock.today())
    if kept in communes.by_id and kept not in {place.id for place in places}:
        places = [communes.by_id[kept], *places]
    return {
        "courses": [(course.id, course.topic) for course in active_courses(db())],
        "places": [(place.id, place.label) for place in places],
        "hosts": _labels(HOST_LABELS),
        "languages_of_class": _labels(LANGUAGE_LABELS),
        "parts": _labels(DAY_PART_LABELS),
    }


def _labels(labels: Mapping[Any, str]) -> list[tuple[str, str]]:
    return [(str(value), _(label)) for value, label in labels.items()]


@bp.get("/lop-tap-huan/<int:training_id>")
def training(training_id: int) -> ResponseReturnValue:
    """Show one class: its facts, its half-days, its figures and the ways on."""
    return _training_page(web.typed(), training_id)


def _training_page(
    form: web.Form, training_id: int, template: str = "training/training.html"
) -> ResponseReturnValue:
    one = cases.one_training(db(), me(), training_id)
    return web.page(
        template,
        form=form,
        head=training_head(db(), one),
        training=one,
        half_days=cases.half_days_of(db(), one),
        counts=counts_of(db(), one),
        part_labels=DAY_PART_LABELS,
        host=_(HOST_LABELS.get(one.host, one.host)),
        language_of_class=_(LANGUAGE_LABELS.get(one.language, one.language)),
    )


@bp.get("/lop-tap-huan/<int:training_id>/in")
def training_print(training_id: int) -> ResponseReturnValue:
    """Show the opening notice of a class, ready for the printer."""
    return _training_page(web.typed(), training_id, "training/training_print.html")


@bp.route("/lop-tap-huan/<int:training_id>/sua", methods=["GET", "POST"])
def training_edit(training_id: int) -> ResponseReturnValue:
    """Change a class: its facts, and each half-day."""
    form, one = web.typed(), cases.one_training(db(), me(), training_id)
    choices: list[Place] = []
    if request.method == "POST":
        with form.attempt():
            try:
                data = parsed(TrainingChangeIn, _without_empty_rows(form))
                cases.change_training(db(), me(), one, data, settings().training, now=clock.now())
            except AmbiguousCommune as several:
                choices = list(several.places)
                raise
            return _done(_("Đã sửa lớp %(code)s.", code=one.code), training_id)
    slots = cases.slots_of(db(), one)
    form.fill(**_facts(one), days=[str(day) for day, _part in slots], parts=[part for _day, part in slots])
    return web.page(
        "training/training_edit.html",
        form=form,
        training=one,
        head=training_head(db(), one),
        **_choices(choices, kept=one.commune_id),
    )


def _without_empty_rows(form: web.Form) -> web.Form:
    """A half-day whose day was emptied is taken off; the last row is there for one more."""
    rows = zip(form.values("days"), form.values("parts"), strict=False)
    kept = [(day, part) for day, part in rows if day.strip()]
    form.typed |= {"days": [day for day, _part in kept], "parts": [part for _day, part in kept]}
    return form


@bp.post("/lop-tap-huan/<int:training_id>/da-to-chuc")
def hold(training_id: int) -> ResponseReturnValue:
    """Say that the class takes place."""
    one = cases.hold_training(db(), me(), cases.one_training(db(), me(), training_id), now=clock.now())
    return _done(_("Lớp %(code)s đã ghi là tổ chức.", code=one.code), training_id)


@bp.post("/lop-tap-huan/<int:training_id>/huy")
def cancel(training_id: int) -> ResponseReturnValue:
    """Cancel a class, with the reason people will ask for."""
    form, one = web.typed(), cases.one_training(db(), me(), training_id)
    with form.attempt():
        cases.cancel_training(db(), me(), one, parsed(ReasonIn, form).reason)
    if form.errors:
        return _training_page(form, training_id)
    return _done(_("Đã hủy lớp %(code)s. Hãy báo cho các hộ có tên.", code=one.code), training_id)


@bp.post("/lop-tap-huan/<int:training_id>/mo-lai")
def reopen(training_id: int) -> ResponseReturnValue:
    """Undo a cancellation."""
    one = cases.one_training(db(), me(), training_id)
    cases.reopen_training(db(), me(), one, settings().training, now=clock.now())
    return _done(_("Lớp %(code)s mở lại như trước.", code=one.code), training_id)


def _done(said: str, training_id: int) -> ResponseReturnValue:
    return web.receipt(said, url_for("trainings.training", training_id=training_id))
