"""Pages of the list of a class: who sits, whom to call, who waits; invitations, the log, seats beyond."""

from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from catalog.finding import find_households
from catalog.household_page import may_see_identifiers
from catalog.views.common import asked, asked_page, db, me, settings
from marketplace.accounts.models import Role
from marketplace.core import clock, web
from marketplace.core.forms import parsed
from training import inviting, no_shows
from training.entry_forms import InviteIn, OverbookedIn
from training.entry_pages import groups_of, listed_households, log_of, paper_rows
from training.models import (
    ENROLMENT_SOURCE_LABELS,
    ENROLMENT_STATUS_LABELS,
    QUEUE_EVENT_LABELS,
    TrainingSession,
)
from training.pages import training_head
from training.seats import seats_free
from training.trainings import one_training

bp = Blueprint("enrolments", __name__, url_prefix="/lop-tap-huan/<int:training_id>/dang-ky")


def the_class(training_id: int) -> TrainingSession:
    """The class in the address, in sight or NotFound."""
    return one_training(db(), me(), training_id)


def shown(template: str, training: TrainingSession, **values: Any) -> ResponseReturnValue:
    """A page about a class."""
    return web.page(template, training=training, head=training_head(db(), training), **values)


def list_url(training_id: int) -> str:
    return url_for("enrolments.enrolments", training_id=training_id)


@bp.get("")
def enrolments(training_id: int) -> ResponseReturnValue:
    """List the entries of a class in groups; a farmer sees the own household."""
    training = the_class(training_id)
    if me().role == Role.FARMER:
        return entries.household(training_id, me().household_id or 0)
    return shown(
        "training/enrolments.html",
        training,
        groups=groups_of(db(), me(), training, now=clock.now()),
        free=seats_free(db(), training),
        sources=ENROLMENT_SOURCE_LABELS,
        order=settings().training.waiting_order,
    )


@bp.get("/tim")
def find(training_id: int) -> ResponseReturnValue:
    """Find a household to enrol, or several to invite."""
    return _found(web.typed(), the_class(training_id))


def _found(form: web.Form, training: TrainingSession) -> ResponseReturnValue:
    query, number = asked("q"), asked_page()
    found, more, _communes = find_households(db(), me(), query, number) if query else ([], False, None)
    ids = [one.household.id or 0 for one in found]
    return shown(
        "training/enrolments_find.html",
        training,
        form=form,
        found=found,
        more=more,
        number=number,
        query=query,
        listed=listed_households(db(), training, ids, now=clock.now()),
        labels=ENROLMENT_STATUS_LABELS,
    )


@bp.post("/moi")
def invite(training_id: int) -> ResponseReturnValue:
    """Put the ticked households on the list of invitations."""
    form, training = web.typed(), the_class(training_id)
    with form.attempt():
        households, rules = parsed(InviteIn, form).households, settings().training
        invited = inviting.invite(db(), me(), training, households, rules=rules, now=clock.now())
    if form.errors:
        return _found(form, training)
    return web.receipt(
        _("Đã mời thêm %(number)s hộ. Hộ đã có tên trong lớp không mời lại.", number=len(invited)),
        list_url(training_id),
    )


@bp.get("/nhat-ky")
def log(training_id: int) -> ResponseReturnValue:
    """Show what happened to every seat, and why."""
    training, number = the_class(training_id), asked_page()
    steps, more = log_of(db(), me(), training, number=number)
    return shown(
        "training/enrolments_log.html",
        training,
        steps=steps,
        more=more,
        number=number,
        events=QUEUE_EVENT_LABELS,
    )


@bp.get("/giay-moi")
def invitations(training_id: int) -> ResponseReturnValue:
    """Print whom the village head tells: one line a person, to be signed."""
    training = the_class(training_id)
    rows = paper_rows(groups_of(db(), me(), training, now=clock.now()), me())
    return shown("training/invitations.html", training, rows=rows, masked=not may_see_identifiers(me()))


@bp.route("/vuot-cho", methods=["GET", "POST"])
def overbooking(training_id: int) -> ResponseReturnValue:
    """Give out a few seats more, because some who enrol stay away; off until somebody sets it."""
    form, training = web.typed(), the_class(training_id)
    if request.method == "POST":
        with form.attempt():
            seats = parsed(OverbookedIn, form).overbooked
            no_shows.set_overbooked(db(), me(), training, seats, settings().training, now=clock.now())
            return web.receipt(_("Lớp nhận vượt %(seats)s chỗ.", seats=seats), list_url(training_id))
    known = no_shows.no_shows(db(), training)
    return shown(
        "training/overbooking.html",
        training,
        form=form.fill(overbooked=training.overbooked),
        known=known,
        most=known.seats_beyond(training.capacity),
        least=no_shows.LEAST,
    )


from training.views import entries  # noqa: E402 - it needs `bp`
