"""Pages of paper: the sheet to sign, what was signed, and the cards of households."""

import secrets
from collections.abc import Mapping, Sequence

from flask import Blueprint, Response, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from catalog.household_page import may_see_identifiers
from catalog.models import POVERTY_LABELS, SEX_LABELS, Poverty
from catalog.people import ETHNIC_GROUPS
from catalog.photos import photo_file
from catalog.views.common import db, me, sent_photo, settings
from marketplace.core import clock, web
from marketplace.core.errors import Invalid, NotFound
from marketplace.core.forms import parsed
from marketplace.core.identity import mask_phone, show_phone
from training import sheets as cases
from training.attendance import HELD_BACK, NoSuchHalfDay, NotInClass, last_words
from training.attendance_forms import WalkInIn
from training.models import DAY_PART_LABELS, Door, TrainingPhoto, TrainingSession
from training.pages import training_head
from training.rosters import half_days_by_number, roster_of
from training.sheets import BlankRow, Sheet, sheets_of
from training.trainings import one_training

bp = Blueprint("sheets", __name__, url_prefix="/lop-tap-huan/<int:training_id>/diem-danh")


@bp.get("/phieu")
def sheet(training_id: int) -> ResponseReturnValue:
    """Print the attendance sheet: what is known filled in, blank rows for whoever walks in."""
    training = one_training(db(), me(), training_id)
    return web.page(
        "training/sheet.html",
        training=training,
        head=training_head(db(), training),
        sheets=_sheets(training),
        part_labels=DAY_PART_LABELS,
        open=may_see_identifiers(me()),
        phone_of=_phone_of,
        sexes=SEX_LABELS,
        groups=ETHNIC_GROUPS,
        poverty=POVERTY_LABELS,
        poor=(Poverty.POOR, Poverty.NEAR_POOR),
    )


def _phone_of(phone: str | None) -> str:
    if not phone:
        return ""
    return show_phone(phone) if may_see_identifiers(me()) else mask_phone(phone)


@bp.get("/the")
def cards(training_id: int) -> ResponseReturnValue:
    """Print the cards of the households of a class."""
    training = one_training(db(), me(), training_id)
    return web.page(
        "training/cards.html",
        training=training,
        head=training_head(db(), training),
        pages=cases.cards_of(roster_of(db(), training)),
    )


def _sheets(training: TrainingSession) -> list[Sheet]:
    half_days = half_days_by_number(db(), training)
    return sheets_of(roster_of(db(), training), list(half_days.values()))


# --- what was signed
# ------------------------------------------------------------------------------------------------------------


@bp.get("/nhap-phieu/<int:page>")
def paper(training_id: int, page: int) -> ResponseReturnValue:
    """Show a signed page beside its list, to be ticked."""
    return _paper_page(web.typed(), one_training(db(), me(), training_id), page)


def _paper_page(form: web.Form, training: TrainingSession, page: int) -> ResponseReturnValue:
    pages = _sheets(training)
    one = _page_of(pages, page)
    photos = cases.sheet_photos(db(), training)
    said = last_words(db(), training, Door.PAPER, cases.PAPER)
    signed = {f"{person}:{number}" for (person, number), there in said.items() if there}
    for row in one.blank:
        form.fill(**{f"w{row}_key": secrets.token_urlsafe(12)})
    return web.page(
        "training/paper.html",
        form=form,
        training=training,
        head=training_head(db(), training),
        sheet=one,
        pages=len(pages),
        begun=cases.begun_of(one, clock.today()),
        part_labels=DAY_PART_LABELS,
        signed=set(form.values("tick")) if form.errors else signed,
        photos=photos,
        shown=_shown(photos, page),
    )


def _page_of(pages: list[Sheet], page: int) -> Sheet:
    if not 1 <= page <= len(pages):
        raise NotFound
    return pages[page - 1]


def _shown(photos: list[TrainingPhoto], page: int) -> TrainingPhoto | None:
    """The photo asked for; otherwise the one that was taken in as that page, or the last."""
    wanted = web.asked_number("anh", 0)
    usual = photos[min(page, len(photos)) - 1] if photos else None
    return next((one for one in photos if one.photo_id == wanted), usual)


@bp.post("/nhap-phieu/<int:page>")
def save(training_id: int, page: int) -> ResponseReturnValue:
    """Take the ticks of a signed page, and who was written into its blank rows."""
    form, training = web.typed(), one_training(db(), me(), training_id)
    one = _page_of(_sheets(training), page)
    with form.attempt():
        signed, filled = _signatures(form, one), _filled(form, one)
        cases.save_sheet(db(), me(), training, one, signed, filled, now=clock.now())
    if form.errors:
        return _paper_page(form, one_training(db(), me(), training_id), page)
    number = sum(map(len, signed.values())) + sum(len(row.half_days) for row in filled)
    words = _("Đã ghi trang %(page)s của phiếu: %(number)s chữ ký.", page=page, number=number)
    words = web.say(HELD_BACK) if training.attendance_closed_at else words
    return web.receipt(words, url_for(".paper", training_id=training_id, page=page))


def _signatures(form: web.Form, one: Sheet) -> dict[int, set[int]]:
    """The half-days each person of the page signed for; all of them when that button was pressed.

    Only the rows that were shown: somebody may have been written into a blank one since.
    """
    begun = cases.begun_of(one, clock.today())
    shown, ticks = form.values("row")[:5000], set(form.values("tick")[:5000])
    people = {str(line.person.id): line.person.id or 0 for line in one.lines}
    places = {f"{row}:{number}": (row, number) for row in shown for number in begun}
    if not set(shown) <= people.keys() or not ticks <= places.keys():
        raise NotInClass
    signed: dict[int, set[int]] = {people[row]: set() for row in shown}
    for place, (row, number) in places.items():
        if place in ticks or form.value("all"):
            signed[people[row]].add(number)
    return signed


def _filled(form: web.Form, one: Sheet) -> list[BlankRow]:
    """The rows that were blank and used; each wrong one is told by its own number."""
    rows: list[BlankRow] = []
    wrong: dict[str, tuple[str, Mapping[str, object]]] = {}
    for row in one.rows:
        typed = {name: form.value(f"w{row}_{name}") for name in ("name", "village")}
        if not any(typed.values()):
            continue
        try:
            data = parsed(WalkInIn, {**typed, "client_key": form.value(f"w{row}_key")})
        except Invalid as invalid:
            wrong |= {f"w{row}_{name}": found for name, found in invalid.errors.items()}
            continue
        signed = _signed(form.values(f"w{row}_tick"), cases.begun_of(one, clock.today()))
        rows.append(BlankRow(data.name, data.village, signed, data.client_key))
    if wrong:
        raise Invalid(wrong)
    return rows


def _signed(ticks: Sequence[str], begun: Sequence[int]) -> set[int]:
    """The half-days a walk-in signed for."""
    strange = next((tick for tick in ticks if tick not in map(str, begun)), None)
    if strange is not None:
        raise NoSuchHalfDay(number=strange[:20])
    return set(map(int, ticks))


# --- photos of the signed pages
# ------------------------------------------------------------------------------------------------------------


@bp.post("/anh-phieu")
def photo_add(training_id: int) -> ResponseReturnValue:
    """Keep a photo of a signed page."""
    form, training = web.typed(), one_training(db(), me(), training_id)
    page = web.asked_number("page", 1)
    with form.attempt():
        photo = sent_photo("photo", now=clock.now(), private=True)
        if photo is None:
            raise cases.NoPhotoChosen
        cases.add_sheet_photo(db(), me(), training, photo, now=clock.now())
    if form.errors:
        return _paper_page(form, one_training(db(), me(), training_id), page)
    return web.receipt(_("Đã nhận ảnh phiếu."), url_for(".paper", training_id=training_id, page=page))


@bp.get("/anh-phieu/<int:photo_id>.jpg")
def photo(training_id: int, photo_id: int) -> Response:
    """Send a photo of a signed page to those who see the class; it is kept by nobody on the way."""
    kept = cases.one_sheet_photo(db(), one_training(db(), me(), training_id), photo_id)
    return send_file(photo_file(settings().photo_dir, kept.sha256), mimetype="image/jpeg", max_age=0)


@bp.post("/anh-phieu/<int:photo_id>/bo")
def photo_remove(training_id: int, photo_id: int) -> ResponseReturnValue:
    """Take a wrong photo off."""
    training = one_training(db(), me(), training_id)
    cases.remove_sheet_photo(db(), me(), training, photo_id, now=clock.now())
    words = _("Đã bỏ ảnh. Gửi lại ảnh đó thì ảnh có lại.")
    return web.receipt(words, url_for(".paper", training_id=training_id, page=1))
