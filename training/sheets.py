"""The signed attendance sheet: how it is printed, its photos, and the ticks read from it (R-93)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import segno
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from catalog.models import Household, Photo
from catalog.scopes import one_of
from marketplace.accounts.models import Account
from marketplace.core.audit import note
from marketplace.core.db import insert_new
from marketplace.core.errors import NotFound, Refused
from marketplace.core.i18n import N_
from marketplace.core.units import local_day
from training.attendance import save_roster
from training.models import Door, HalfDay, TrainingPhoto, TrainingPhotoKind, TrainingSession
from training.rosters import Line
from training.walk_ins import add_walk_in

SHEET_ROWS = 20  #: people on one printed page
SIGNATURES = 4  #: half-days whose signatures fit beside each other
CARDS = 8  #: on one printed page
PAPER = "paper"  #: the device of every sheet: the last reading of it counts


class NoPhotoChosen(Refused):
    sentence = N_("Hãy chọn một ảnh trước khi gửi.")
    status = 422
    field = "photo"


@dataclass(frozen=True)
class Sheet:
    """One printed page. `first` is the number of its first row."""

    number: int
    half_days: Sequence[HalfDay]
    lines: Sequence[Line]
    first: int

    @property
    def rows(self) -> range:
        """The numbers of all rows."""
        return range(self.first, self.first + SHEET_ROWS)

    @property
    def blank(self) -> range:
        """The numbers of the rows for whoever walks in."""
        return range(self.first + len(self.lines), self.first + SHEET_ROWS)


@dataclass(frozen=True)
class BlankRow:
    """A blank row that somebody filled in by hand. `half_days`: the numbers of those signed for."""

    name: str
    village: str
    half_days: Collection[int]
    client_key: str


@dataclass(frozen=True)
class Card:
    """The card of a household: its code, and the same as a QR code."""

    household: Household
    commune: str

    @property
    def picture(self) -> str:
        """The QR code as a data: address for a web page."""
        return str(segno.make_qr(self.household.code, error="m").svg_data_uri(border=0, omitsize=True))


def sheets_of(lines: Sequence[Line], half_days: Sequence[HalfDay]) -> list[Sheet]:
    """The pages of a class: who has a seat or came, twenty rows each, the last page with blank rows.

    A class of more than `SIGNATURES` half-days has the list once for each group of them. Who came without a
    seat, from the waiting list, stands last: the rows of a printed sheet keep their numbers.
    """
    shown = sorted((line for line in lines if line.expected), key=lambda line: line.waiting or line.invited)
    starts = range(0, len(shown) + 1, SHEET_ROWS)
    groups = [half_days[n : n + SIGNATURES] for n in range(0, len(half_days), SIGNATURES)]
    places = [(group, start) for group in groups for start in starts]
    return [
        Sheet(number, group, shown[start : start + SHEET_ROWS], start + 1)
        for number, (group, start) in enumerate(places, start=1)
    ]


def cards_of(lines: Iterable[Line]) -> list[list[Card]]:
    """A card for each registered household of the class, eight a page."""
    homes = {
        line.household.id: Card(line.household, line.commune) for line in lines if not line.household.draft
    }
    cards = list(homes.values())
    return [cards[start : start + CARDS] for start in range(0, len(cards), CARDS)]


def save_sheet(
    db: Session,
    actor: Account,
    training: TrainingSession,
    sheet: Sheet,
    signed: Mapping[int, Collection[int]],
    filled: Sequence[BlankRow],
    *,
    now: datetime,
) -> int:
    """Take one signed page: who signed is present, who did not is absent; how many marks were new.

    `signed` has the half-days of each person whose row was shown, none for who did not sign. Half-days still
    to come are left alone. A blank row makes a walk-in once for its key. The same page again changes nothing.
    """
    begun = begun_of(sheet, local_day(now))
    said = {(person, number): number in half_days for person, half_days in signed.items() for number in begun}
    for row in filled:
        one = add_walk_in(
            db, actor, training, name=row.name, village=row.village, client_key=row.client_key, now=now
        )
        said |= {(one.person_id, number): number in row.half_days for number in begun}
    return save_roster(db, actor, training, said, door=Door.PAPER, device=PAPER, now=now)


def begun_of(sheet: Sheet, today: date) -> list[int]:
    """Numbers of the half-days of a page that can have been signed for."""
    return [one.number for one in sheet.half_days if one.day <= today]


# --- photos of signed sheets
# ------------------------------------------------------------------------------------------------------------


def sheet_photos(db: Session, training: TrainingSession) -> list[TrainingPhoto]:
    """In the order they were taken in, which should be that of the pages."""
    return list(db.exec(_photos(training).order_by(col(TrainingPhoto.id))))


def one_sheet_photo(db: Session, training: TrainingSession, photo_id: int) -> Photo:
    """A photo of a signed sheet of this class; NotFound otherwise."""
    ids = _photos(training).with_only_columns(col(TrainingPhoto.photo_id))
    return one_of(db, select(Photo).where(col(Photo.id).in_(ids)), photo_id, Photo)


def add_sheet_photo(
    db: Session, actor: Account, training: TrainingSession, photo: Photo, *, now: datetime
) -> None:
    """Keep a photo with the class. The same picture twice is once; one that was removed is back."""
    kind = TrainingPhotoKind.SHEET
    made = insert_new(
        db, TrainingPhoto, ["training_id", "photo_id"],
        training_id=training.id, photo_id=photo.id, kind=kind, at=now, by=actor.actor_id,
    )  # fmt: skip
    row = db.exec(
        select(TrainingPhoto).where(
            TrainingPhoto.training_id == training.id, TrainingPhoto.photo_id == photo.id
        )
    ).one()
    if made is None and row.kind == kind and row.removed_at is None:
        return
    row.kind, row.removed_at = kind, None
    db.add(row)
    note(db, actor, "sheet.photographed", training, photo=photo.id)


def remove_sheet_photo(
    db: Session, actor: Account, training: TrainingSession, photo_id: int, *, now: datetime
) -> None:
    """Take a wrong photo off; sending it again brings it back."""
    row = db.exec(_photos(training).where(TrainingPhoto.photo_id == photo_id)).first()
    if row is None:
        raise NotFound
    row.removed_at = now
    db.add(row)
    note(db, actor, "sheet.photo_removed", training, photo=row.photo_id)


def _photos(training: TrainingSession) -> SelectOfScalar[TrainingPhoto]:
    return select(TrainingPhoto).where(
        TrainingPhoto.training_id == training.id,
        TrainingPhoto.kind == TrainingPhotoKind.SHEET,
        col(TrainingPhoto.removed_at).is_(None),
    )
