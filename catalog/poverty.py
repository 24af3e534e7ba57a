"""What was decided about a household's poverty, by year (R-96). Its people and their worker know it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from pydantic import Field
from sqlmodel import Session, col, select

from catalog.models import Household, Poverty, PovertyStatus
from catalog.scopes import households_seen_by, one_of
from marketplace.accounts.models import Account
from marketplace.core.audit import note
from marketplace.core.db import locked
from marketplace.core.errors import NotFound, Refused
from marketplace.core.forms import Line, Typed, reading
from marketplace.core.i18n import N_
from marketplace.core.text import clean
from marketplace.core.units import Unreadable, local_day

FIRST_YEAR = 2000
NO_YEAR = N_("“%(text)s” chưa phải là năm. Hãy ghi đủ bốn chữ số, ví dụ 2021.")


class NotYetDecided(Refused):
    """Decisions are made at the end of a year, for the year or for the one that follows."""

    sentence = N_("Năm %(year)s chưa có quyết định. Hãy ghi từ năm 2000 đến năm %(last)s.")
    status = 422
    field = "year"


def _year(text: str) -> int:
    typed = clean(text)
    if not (typed.isascii() and typed.isdigit() and len(typed) == 4):
        raise Unreadable(NO_YEAR, text=typed)
    return int(typed)


class PovertyIn(Typed):
    """One year's decision as it is typed."""

    year: Annotated[int, reading(_year)] = Field(title=N_("Năm"))
    status: Poverty = Field(title=N_("Diện hộ"))
    source: Annotated[Line, Field(max_length=150)] = Field(title=N_("Theo quyết định nào"))


def poverty_of(db: Session, household: Household) -> Sequence[PovertyStatus]:
    """Every year that was decided, the latest first; the caller has checked who asks."""
    years = select(PovertyStatus).where(PovertyStatus.household_id == household.id)
    return db.exec(years.order_by(col(PovertyStatus.year).desc())).all()


def record_poverty(
    db: Session, actor: Account, household: Household, data: PovertyIn, *, now: datetime
) -> PovertyStatus:
    """Write down the decision of a year; what was recorded for that year before is replaced, with a trail.

    Refuses a year before 2000 and one later than next year.
    """
    last = local_day(now).year + 1
    if not FIRST_YEAR <= data.year <= last:
        raise NotYetDecided(year=str(data.year), last=str(last))
    kept = _of_year(db, actor, household, data.year)
    before = None if kept is None else kept.status
    if kept is not None and (before, kept.source) == (data.status, data.source):
        return kept
    row = kept or PovertyStatus(
        household_id=household.id or 0, year=data.year, status=data.status, source="", recorded_at=now
    )
    row.status, row.source = data.status, data.source
    row.recorded_at, row.recorded_by = now, actor.actor_id
    db.add(row)
    note(db, actor, "poverty.recorded", household, year=data.year, before=before, after=data.status)
    return row


def remove_poverty(db: Session, actor: Account, household: Household, year: int) -> None:
    """Make a year unknown again; NotFound when nothing is recorded for it."""
    row = _of_year(db, actor, household, year)
    if row is None:
        raise NotFound
    db.delete(row)
    note(db, actor, "poverty.removed", household, year=year, before=row.status)


def _of_year(db: Session, actor: Account, household: Household, year: int) -> PovertyStatus | None:
    """The row of a household in sight, which nobody else changes until the transaction ends."""
    one_of(db, households_seen_by(actor), household.id or 0, Household)
    locked(db, Household, household.id or 0)
    of_year = PovertyStatus.household_id == household.id, PovertyStatus.year == year
    return db.exec(select(PovertyStatus).where(*of_year)).first()
