"""Pages of one household's entry in a class: enrol, see the place in the list, answer, change, leave."""

import secrets

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from catalog.models import Household
from catalog.people import people_of
from catalog.scopes import households_seen_by, one_of
from catalog.views.common import db, me, settings
from marketplace.accounts.models import Role
from marketplace.core import clock, web
from marketplace.core.errors import NotFound
from marketplace.core.forms import parsed
from training import answers, enrolment, inviting
from training import entries as cases
from training.entry_forms import EnrolIn, MoveIn, PeopleIn, RemarkIn
from training.entry_pages import Entry, classes_to_move_to, entry_of, latest_of, log_of, turn_of
from training.models import (
    ENROLMENT_SOURCE_LABELS,
    OPEN,
    QUEUE_EVENT_LABELS,
    Enrolment,
    EnrolmentSource,
    EnrolmentStatus,
    TrainingSession,
)
from training.seats import elsewhere, seats_free
from training.views.enrolments import bp, list_url, shown, the_class


@bp.route("/ho/<int:household_id>", methods=["GET", "POST"])
def household(training_id: int, household_id: int) -> ResponseReturnValue:
    """Enrol a household: tick who comes. One that is on the list is shown its entry."""
    form, training = web.typed(), the_class(training_id)
    one = one_of(db(), households_seen_by(me()), household_id, Household)
    if request.method == "POST":
        with form.attempt():
            entry = _enrol(training, household_id, parsed(EnrolIn, form))
            return web.receipt(_said(entry), _entry_url(training_id, entry.id or 0))
    last = latest_of(db(), me(), training, household_id, now=clock.now())
    if last is not None and last.is_open and not form.errors and last.status != EnrolmentStatus.INVITED:
        return _entry_page(form, training, last.entry.id or 0)
    return _enrol_page(form, training, one, last)


def _enrol(training: TrainingSession, household_id: int, data: EnrolIn) -> Enrolment:
    own = me().role == Role.FARMER
    return enrolment.enrol(
        db(),
        me(),
        training,
        household_id,
        data.people,
        source=EnrolmentSource.HOUSEHOLD if own else EnrolmentSource(data.source),
        client_key=data.client_key,
        rules=settings().training,
        now=clock.now(),
    )


def _said(entry: Enrolment) -> str:
    if entry.status == EnrolmentStatus.REGISTERED:
        return str(_("Đã ghi tên, có chỗ."))
    if entry.status == EnrolmentStatus.WAITING:
        turn = turn_of(db(), entry)
        return str(_("Lớp chưa đủ chỗ: đã ghi vào danh sách chờ, thứ %(turn)s.", turn=turn))
    if entry.status in OPEN:
        return str(_("Hộ này đã có tên trong lớp."))
    return str(_("Phiếu này đã gửi trước đó; hộ hiện không có tên trong lớp."))


def _enrol_page(
    form: web.Form, training: TrainingSession, one: Household, last: Entry | None
) -> ResponseReturnValue:
    people = people_of(db(), one)
    form.fill(people=[people[0].id], source="office", client_key=secrets.token_urlsafe(16))
    return shown(
        "training/enrol.html",
        training,
        form=form,
        household=one,
        people=people,
        away=elsewhere(db(), training, [person.id or 0 for person in people], now=clock.now()),
        last=last,
        free=seats_free(db(), training),
        sources=[(name, _(ENROLMENT_SOURCE_LABELS[EnrolmentSource(name)])) for name in ("office", "phone")],
    )


@bp.get("/<int:enrolment_id>")
def entry(training_id: int, enrolment_id: int) -> ResponseReturnValue:
    """Show one household's entry: who comes, how it stands, what may be done."""
    return _entry_page(web.typed(), the_class(training_id), enrolment_id)


def _entry_page(form: web.Form, training: TrainingSession, enrolment_id: int) -> ResponseReturnValue:
    one = _the_entry(training, enrolment_id)
    steps, _more = log_of(db(), me(), training, enrolment_id=enrolment_id)
    return shown(
        "training/enrolment.html",
        training,
        form=form.fill(people=[person.id for person in one.people], note=one.entry.note),
        one=one,
        everybody=people_of(db(), one.household),
        turn=turn_of(db(), one.entry) if one.status == EnrolmentStatus.WAITING else 0,
        steps=steps,
        events=QUEUE_EVENT_LABELS,
        sources=ENROLMENT_SOURCE_LABELS,
    )


def _the_entry(training: TrainingSession, enrolment_id: int) -> Entry:
    one = entry_of(db(), me(), training, enrolment_id, now=clock.now())
    if one is None:
        raise NotFound
    return one


@bp.post("/<int:enrolment_id>/nguoi")
def people(training_id: int, enrolment_id: int) -> ResponseReturnValue:
    """Change who of the household comes."""
    form, training = web.typed(), the_class(training_id)
    with form.attempt():
        who, rules = parsed(PeopleIn, form).people, settings().training
        cases.change_people(db(), me(), training, enrolment_id, who, rules, now=clock.now())
    if form.errors:
        return _entry_page(form, training, enrolment_id)
    return web.receipt(_("Đã lưu người đi học."), _entry_url(training_id, enrolment_id))


@bp.post("/<int:enrolment_id>/nhan")
def accept(training_id: int, enrolment_id: int) -> ResponseReturnValue:
    """Say yes to the seats kept, or to an invitation."""
    training, rules = the_class(training_id), settings().training
    if _the_entry(training, enrolment_id).status == EnrolmentStatus.INVITED:
        one = inviting.accept_invitation(db(), me(), training, enrolment_id, rules, now=clock.now())
        return web.receipt(_said(one), _back(training_id, enrolment_id))
    answers.accept_offer(db(), me(), training, enrolment_id, rules, now=clock.now())
    return web.receipt(_("Đã nhận chỗ."), _back(training_id, enrolment_id))


@bp.post("/<int:enrolment_id>/tu-choi")
def decline(training_id: int, enrolment_id: int) -> ResponseReturnValue:
    """Say no to the seats kept, or to an invitation."""
    training = the_class(training_id)
    invited = _the_entry(training, enrolment_id).entry.status == EnrolmentStatus.INVITED
    say_no = inviting.decline_invitation if invited else answers.decline_offer
    say_no(db(), me(), training, enrolment_id, settings().training, now=clock.now())
    return web.receipt(
        _("Đã ghi từ chối. Muốn học lại thì ghi tên lại, hộ xếp cuối danh sách."),
        _back(training_id, enrolment_id),
    )


@bp.post("/<int:enrolment_id>/da-goi")
def called(training_id: int, enrolment_id: int) -> ResponseReturnValue:
    """Note that somebody rang about the seats kept."""
    answers.note_call(db(), me(), the_class(training_id), enrolment_id, settings().training, now=clock.now())
    return web.receipt(_("Đã ghi: đã gọi điện."), _back(training_id, enrolment_id))


@bp.post("/<int:enrolment_id>/rut")
def leave(training_id: int, enrolment_id: int) -> ResponseReturnValue:
    """Take a household off the list; the next is promoted."""
    cases.leave(db(), me(), the_class(training_id), enrolment_id, settings().training, now=clock.now())
    return web.receipt(
        _("Đã rút tên. Muốn học lại thì ghi tên lại, hộ xếp cuối danh sách."),
        _entry_url(training_id, enrolment_id),
    )


@bp.route("/<int:enrolment_id>/chuyen", methods=["GET", "POST"])
def move(training_id: int, enrolment_id: int) -> ResponseReturnValue:
    """Take a household to another class, to the end of the list there."""
    form, training = web.typed(), the_class(training_id)
    if request.method == "POST":
        with form.attempt():
            target, rules = parsed(MoveIn, form).training, settings().training
            there = cases.move_to(db(), me(), training, enrolment_id, target, rules, now=clock.now())
            return web.receipt(_said(there), _entry_url(target, there.id or 0))
    one = _the_entry(training, enrolment_id)
    return shown(
        "training/enrolment_move.html",
        training,
        form=form,
        one=one,
        classes=classes_to_move_to(db(), me(), training),
    )


@bp.post("/<int:enrolment_id>/ghi-chu")
def remark(training_id: int, enrolment_id: int) -> ResponseReturnValue:
    """Write a remark about an entry, for the colleagues."""
    form, training = web.typed(), the_class(training_id)
    one = _the_entry(training, enrolment_id)
    with form.attempt():
        cases.write_remark(db(), me(), one.entry, parsed(RemarkIn, form).note)
    if form.errors:
        return _entry_page(form, training, enrolment_id)
    return web.receipt(_("Đã lưu ghi chú."), _entry_url(training_id, enrolment_id))


def _entry_url(training_id: int, enrolment_id: int) -> str:
    return url_for("enrolments.entry", training_id=training_id, enrolment_id=enrolment_id)


def _back(training_id: int, enrolment_id: int) -> str:
    """The list, when the answer was given there."""
    if request.form.get("from") == "list":
        return list_url(training_id)
    return _entry_url(training_id, enrolment_id)
