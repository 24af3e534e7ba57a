"""Which days a report is about."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session

from marketplace.reports.periods import PRESET_LABELS, Period, month_to_cutoff, preset, season_on
from tests.factories import a_season

TODAY = date(2021, 12, 1)


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("day", date(2021, 12, 1), date(2021, 12, 1)),
        ("week", date(2021, 11, 29), date(2021, 12, 5)),
        ("month", date(2021, 12, 1), date(2021, 12, 31)),
        ("last_month", date(2021, 11, 1), date(2021, 11, 30)),
        ("month_to_cutoff", date(2021, 11, 21), date(2021, 12, 20)),
        ("quarter", date(2021, 10, 1), date(2021, 12, 31)),
        ("six_months", date(2021, 1, 1), date(2021, 6, 30)),
        ("nine_months", date(2021, 1, 1), date(2021, 9, 30)),
        ("year", date(2021, 1, 1), date(2021, 12, 31)),
        ("season", date(2021, 1, 1), date(2021, 12, 31)),
    ],
)
def test_presets_around_the_first_of_december(name: str, first: date, last: date) -> None:
    assert preset(name, TODAY) == Period(first, last)


def test_the_season_preset_is_the_crop_year(db: Session) -> None:
    assert preset("season", TODAY, season=a_season(db)) == Period(date(2021, 9, 1), date(2022, 5, 31))


def test_after_the_cutoff_the_next_reporting_month_has_begun() -> None:
    assert month_to_cutoff(date(2021, 12, 20)) == Period(date(2021, 11, 21), date(2021, 12, 20))
    assert month_to_cutoff(date(2021, 12, 21)) == Period(date(2021, 12, 21), date(2022, 1, 20))
    assert month_to_cutoff(date(2022, 1, 3), cutoff=15) == Period(date(2021, 12, 16), date(2022, 1, 15))


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.integers(1, 31))
def test_reporting_months_hold_their_day_and_leave_none_between_them(day: date, cutoff: int) -> None:
    period = month_to_cutoff(day, cutoff)

    assert period.first <= day <= period.last
    assert month_to_cutoff(period.last + timedelta(days=1), cutoff).first == period.last + timedelta(days=1)


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.sampled_from(sorted(PRESET_LABELS)))
def test_every_preset_is_a_period(day: date, name: str) -> None:
    assert preset(name, day).first.year in (day.year - 1, day.year)


def test_in_summer_the_last_season_still_counts(db: Session) -> None:
    season = a_season(db)

    assert season_on(db, date(2022, 7, 1)) == season
    assert season_on(db, date(2021, 8, 31)) is None


def test_a_period_never_ends_before_it_begins() -> None:
    with pytest.raises(ValueError, match="before the first"):
        Period(date(2021, 12, 2), date(2021, 12, 1))
