"""Pages of attendance: the roster to tap, walk-ins, and the household card."""

import hashlib
import secrets

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from catalog.finding import Found, find_households
from catalog.models import Person
from catalog.people import people_of
from catalog.views.common import asked, db, me
from marketplace.accounts.ties import household_id_of
from marketplace.core import clock, web
from marketplace.core.forms import parsed
from training import walk_ins
from training.attendance import HELD_BACK, NoSuchHalfDay, NotInClass, last_words, save_roster
from training.attendance_forms import LinkIn, WalkInIn
from training.models import DAY_PART_LABELS, Door, HalfDay, TrainingSession, TrainingStatus, WalkIn
from training.pages import training_head
from training.rosters import Line, half_days_by_number, roster_of
from training.trainings import one_training

bp = Blueprint("attendance", __name__)


@bp.get("/lop-tap-huan/<int:training_id>/diem-danh")
def roster(training_id: int) -> ResponseReturnValue:
    """Show the list of a class for one half-day: who is there, to be tapped."""
    return _roster_page(web.typed(), one_training(db(), me(), training_id))


def _roster_page(form: web.Form, training: TrainingSession, card: str = "") -> ResponseReturnValue:
    half_days = half_days_by_number(db(), training)
    number = _number(half_days)
    lines = sorted(roster_of(db(), training), key=lambda line: line.person.name_sort)
    lines = _of_card(lines, card) if card else lines
    form.fill(client_key=secrets.token_urlsafe(16))
    return web.page(
        "training/roster.html",
        form=form,
        training=training,
        head=training_head(db(), training),
        half_days=half_days,
        number=number,
        part_labels=DAY_PART_LABELS,
        lines=lines,
        card=card,
        present=_present(lines, training, number, Door.CARD if card else Door.TAP),
        begun=half_days[number].day <= clock.today(),
        may_mark=training.status != TrainingStatus.CANCELLED and training.attendance_closed_at is None,
    )


def _number(half_days: dict[int, HalfDay]) -> int:
    """The half-day asked for; otherwise the first of today, or the first."""
    wanted = web.asked_number("buoi", 0)
    today = next((number for number, one in half_days.items() if one.day == clock.today()), 1)
    return wanted if wanted in half_days else today


def _present(lines: list[Line], training: TrainingSession, number: int, door: Door) -> set[int]:
    """Who is ticked: what this door said last, else what all doors together say.

    The card of somebody who comes alone says enough: one tap keeps it.
    """
    said = last_words(db(), training, door, _device())
    ticked = {
        line.person.id or 0: said.get(
            (line.person.id or 0, number), number in line.came and line.came[number].present
        )
        for line in lines
    }
    if door == Door.CARD and len(ticked) == 1:
        return set(ticked)
    return {person for person, there in ticked.items() if there}


def _device() -> str:
    """The web page of an account is one device: its last word counts."""
    return f"web:{me().id}"


def _of_card(lines: list[Line], card: str) -> list[Line]:
    household_id = household_id_of(db(), card)
    return [line for line in lines if line.household.id == household_id]


@bp.post("/lop-tap-huan/<int:training_id>/diem-danh")
def save(training_id: int) -> ResponseReturnValue:
    """Take the list of one half-day as it was tapped, or everybody expected as present.

    Who was not ticked before and is not ticked now is left unmarked: somebody else may hold the other half
    of the list.
    """
    form, training = web.typed(), one_training(db(), me(), training_id)
    door = Door.CARD if form.value("door") == Door.CARD.value else Door.TAP
    with form.attempt():
        number = _half_day(form)
        present = _ids(form, "present") | (_ids(form, "expected") if form.value("all") else set())
        said = dict.fromkeys(((person, number) for person in sorted(_ids(form, "was"))), False)
        said |= dict.fromkeys(((person, number) for person in sorted(present)), True)
        save_roster(db(), me(), training, said, door=door, device=_device(), now=clock.now())
    if form.errors:
        return _roster_page(form, one_training(db(), me(), training_id))
    words = _("Buổi %(number)s: đã ghi %(present)s người có mặt.", number=number, present=len(present))
    words = web.say(HELD_BACK) if training.attendance_closed_at else words
    return web.receipt(words, url_for("attendance.roster", training_id=training_id, buoi=number))


def _half_day(form: web.Form) -> int:
    """The half-day the form was shown for."""
    typed = form.value("buoi")
    if not (typed.isascii() and typed.isdigit()) or len(typed) > 4:
        raise NoSuchHalfDay(number=typed[:20])
    return int(typed)


def _ids(form: web.Form, name: str) -> set[int]:
    """Ids of people as the page sends them; the rest is nobody of this class."""
    values = form.values(name)[:5000]
    if any(not (value.isascii() and value.isdigit()) or len(value) > 9 for value in values):
        raise NotInClass
    return {int(value) for value in values}


@bp.get("/lop-tap-huan/<int:training_id>/diem-danh/the-ho")
def card(training_id: int) -> ResponseReturnValue:
    """Find a household of the class by the number of its card."""
    return _roster_page(web.typed(), one_training(db(), me(), training_id), card=asked("ma"))


# --- walk-ins
# ------------------------------------------------------------------------------------------------------------


@bp.post("/lop-tap-huan/<int:training_id>/diem-danh/den-them")
def walk_in_new(training_id: int) -> ResponseReturnValue:
    """Write somebody down who came without being on the list, and mark them present."""
    form, training = web.typed(), one_training(db(), me(), training_id)
    with form.attempt():
        number, data = _half_day(form), parsed(WalkInIn, form)
        added = walk_ins.add_walk_in(
            db(), me(), training, name=data.name, village=data.village, client_key=_slip_of(data),
            now=clock.now(),
        )  # fmt: skip
        there = {(added.person_id, number): True}
        save_roster(db(), me(), training, there, door=Door.TAP, device=_device(), now=clock.now())
    if form.errors:
        return _roster_page(form, one_training(db(), me(), training_id))
    said = _("Đã ghi %(name)s đến thêm, có mặt buổi %(number)s.", name=form.value("name"), number=number)
    said = web.say(HELD_BACK) if training.attendance_closed_at else said
    return web.receipt(said, url_for("attendance.roster", training_id=training_id, buoi=number))


def _slip_of(data: WalkInIn) -> str:
    """Sent twice it is one person; brought back by the browser and filled for another it is another."""
    words = "\n".join((data.client_key, data.name, data.village))
    return hashlib.sha256(words.encode()).hexdigest()


@bp.get("/lop-tap-huan/den-them/<int:walk_in_id>")
def walk_in(walk_in_id: int) -> ResponseReturnValue:
    """Show a walk-in and whom it may be, to link it or to take the link back."""
    return _walk_in_page(web.typed(), walk_ins.walk_in_seen_by(db(), me(), walk_in_id))


def _walk_in_page(form: web.Form, one: WalkIn) -> ResponseReturnValue:
    training = one_training(db(), me(), one.training_id)
    seen = walk_ins.portrait_of(db(), one)
    return web.page(
        "training/walk_in.html",
        form=form,
        walk_in=one,
        seen=seen,
        training=training,
        head=training_head(db(), training),
        likely=walk_ins.likely_same(db(), me(), one) if one.linked_person_id is None else [],
        found=_found(asked("q")) if asked("q") else [],
        query=asked("q"),
    )


def _found(query: str) -> list[tuple[Found, list[Person]]]:
    """Registered households of a search with their people, a few of them."""
    rows, _more, _communes = find_households(db(), me(), query)
    shown = [row for row in rows if not row.household.draft][:10]
    return [(row, people_of(db(), row.household)) for row in shown]


@bp.post("/lop-tap-huan/den-them/<int:walk_in_id>/ghep")
def walk_in_link(walk_in_id: int) -> ResponseReturnValue:
    """Say whom a walk-in is."""
    form = web.typed()
    with form.attempt():
        data = parsed(LinkIn, form)
        walk_ins.link_walk_in(db(), me(), walk_in_id, data.person_id, now=clock.now())
    if form.errors:
        return _walk_in_page(form, walk_ins.walk_in_seen_by(db(), me(), walk_in_id))
    return web.receipt(
        _("Đã ghép. Điểm danh được tính cho người này; bỏ ghép lúc nào cũng được."),
        url_for("attendance.walk_in", walk_in_id=walk_in_id),
    )


@bp.post("/lop-tap-huan/den-them/<int:walk_in_id>/bo-ghep")
def walk_in_unlink(walk_in_id: int) -> ResponseReturnValue:
    """Take a link back."""
    walk_ins.unlink_walk_in(db(), me(), walk_in_id)
    return web.receipt(
        _("Đã bỏ ghép, mọi thứ như trước."), url_for("attendance.walk_in", walk_in_id=walk_in_id)
    )
