"""When and where a class is: its half-days in order of time, and its commune on the first of them."""

from datetime import date, timedelta
from itertools import pairwise

from sqlmodel import Session

from catalog.communes import AmbiguousCommune, Communes, Place, UnknownCommune, read_communes
from catalog.households import check_commune
from marketplace.accounts.models import Account, Role
from marketplace.core.errors import Refused
from marketplace.core.i18n import N_
from marketplace.core.units import date_vi
from training.forms import NamesACommune, TrainingChangeIn
from training.models import DayPart

Slot = tuple[date, DayPart]
_ORDER = {part: place for place, part in enumerate(DayPart)}


class SameHalfDayTwice(Refused):
    sentence = N_("Hai buổi trùng nhau: %(day)s. Hãy sửa ngày hoặc buổi.")
    status = 422
    field = "days"


class OneDayEach(Refused):
    sentence = N_("Mỗi buổi cần một ngày và một buổi sáng, chiều hoặc tối.")
    status = 422
    field = "days"


class NoCommune(Refused):
    sentence = N_("Hãy cho biết lớp mở ở xã nào.")
    status = 422


def following(first: date, part: DayPart, half_days: int) -> list[Slot]:
    """Half-days in a row: morning, afternoon, next morning …; evenings follow each other day by day."""
    if part == DayPart.EVENING:
        return [(first + timedelta(days=n), part) for n in range(half_days)]
    start = 0 if part == DayPart.MORNING else 1
    parts = (DayPart.MORNING, DayPart.AFTERNOON)
    return [(first + timedelta(days=n // 2), parts[n % 2]) for n in range(start, start + half_days)]


def slots_in_order(data: TrainingChangeIn) -> list[Slot]:
    """The half-days in order of time; each once."""
    if len(data.days) != len(data.parts):
        raise OneDayEach
    slots = sorted(zip(data.days, data.parts, strict=True), key=lambda slot: (slot[0], _ORDER[slot[1]]))
    for earlier, later in pairwise(slots):
        if earlier == later:
            raise SameHalfDayTwice(day=date_vi(earlier[0]))
    return slots


def place_of(db: Session, actor: Account, data: NamesACommune, *, on: date) -> Place:
    """The commune meant, on that day; refuses what is unknown, fits several, or is not the worker's.

    What was typed says more than what was chosen before; of several that fit, the chosen one is meant.
    """
    communes = read_communes(db)
    if not data.commune:
        if data.commune_id is None:
            raise NoCommune(field=_asked_in(actor))
        check_commune(db, actor, communes, data.commune_id)
        return communes.by_id[data.commune_id]
    place = _typed(actor, communes, data, on)
    check_commune(db, actor, communes, place.id)
    return place


def _typed(actor: Account, communes: Communes, data: NamesACommune, on: date) -> Place:
    try:
        return communes.resolve(data.commune, on=on)
    except AmbiguousCommune as several:
        meant = [place for place in several.places if place.id == data.commune_id]
        if not meant:
            raise
        return meant[0]
    except UnknownCommune as unknown:
        raise UnknownCommune(field=_asked_in(actor), **unknown.facts) from None


def _asked_in(actor: Account) -> str:
    """A worker chooses among the own communes; the office types."""
    return "commune_id" if actor.role == Role.EXTENSION else "commune"
