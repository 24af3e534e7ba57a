"""Which days a report is about (R-12): any first and last day, and the usual spans as presets."""

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlmodel import Session, col, select

from catalog.models import Season
from marketplace.core.i18n import N_
from marketplace.core.units import iso_week_start

CUTOFF = 20  #: last day of a reporting month where an office closes before the month's end


@dataclass(frozen=True)
class Period:
    """Local days, both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError("the last day is before the first")


PRESET_LABELS = {
    "day": N_("Hôm nay"),
    "week": N_("Tuần này"),
    "month": N_("Tháng này"),
    "last_month": N_("Tháng trước"),
    "month_to_cutoff": N_("Tháng báo cáo"),
    "quarter": N_("Quý này"),
    "six_months": N_("6 tháng đầu năm"),
    "nine_months": N_("9 tháng đầu năm"),
    "year": N_("Cả năm"),
    "season": N_("Niên vụ"),
}


def preset(name: str, today: date, *, season: Season | None = None, cutoff: int = CUTOFF) -> Period:
    """The named span around `today`; KeyError for an unknown name. Without a season, "season" is the year."""
    if name == "season" and season is not None:
        return Period(season.starts_on, season.ends_on)
    if name == "month_to_cutoff":
        return month_to_cutoff(today, cutoff)
    return _SPANS[name](today)


def month_to_cutoff(today: date, cutoff: int = CUTOFF) -> Period:
    """The reporting month of `today`: from the day after one cut-off to the next, so no day is left out.

    A month shorter than `cutoff` is cut at its end.
    """
    closing = _cut(today.year, today.month, cutoff)
    if today > closing:
        return Period(closing + timedelta(days=1), _cut(*_month_after(today), cutoff))
    return Period(_cut(*_month_before(today), cutoff) + timedelta(days=1), closing)


def presets(
    today: date, *, season: Season | None = None, cutoff: int = CUTOFF
) -> list[tuple[str, str, Period]]:
    """Every preset as (name, label, period)."""
    return [
        (name, label, preset(name, today, season=season, cutoff=cutoff))
        for name, label in PRESET_LABELS.items()
    ]


def season_on(db: Session, day: date) -> Season | None:
    """The crop year running on `day`, otherwise the last one that had begun by then (R-31)."""
    begun = select(Season).where(Season.starts_on <= day)
    return db.exec(begun.order_by(col(Season.starts_on).desc()).limit(1)).first()


def _month(today: date) -> Period:
    return Period(today.replace(day=1), _cut(today.year, today.month, 31))


def _last_month(today: date) -> Period:
    return _month(today.replace(day=1) - timedelta(days=1))


def _week(today: date) -> Period:
    return Period(iso_week_start(today), iso_week_start(today) + timedelta(days=6))


def _quarter(today: date) -> Period:
    first_month = 3 * ((today.month - 1) // 3) + 1
    return Period(date(today.year, first_month, 1), _cut(today.year, first_month + 2, 31))


def _to_month(last_month: int) -> Callable[[date], Period]:
    return lambda today: Period(date(today.year, 1, 1), _cut(today.year, last_month, 31))


_SPANS: dict[str, Callable[[date], Period]] = {
    "day": lambda today: Period(today, today),
    "week": _week,
    "month": _month,
    "last_month": _last_month,
    "quarter": _quarter,
    "six_months": _to_month(6),
    "nine_months": _to_month(9),
    "year": _to_month(12),
    "season": _to_month(12),
}


def _cut(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, monthrange(year, month)[1]))


def _month_after(day: date) -> tuple[int, int]:
    return (day.year + day.month // 12, day.month % 12 + 1)


def _month_before(day: date) -> tuple[int, int]:
    return (day.year - (day.month == 1), (day.month - 2) % 12 + 1)
