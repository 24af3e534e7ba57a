"""The one place that asks what time it is. Rules take `now` or `today` as an argument; only edges call this.

A demonstration plays the 2021 season: there the whole installation (web, worker, mocks) lives at a fixed
distance from
real time, `clock_shift_seconds` in the settings.
"""

from datetime import UTC, date, datetime, timedelta

from marketplace.core.units import local_day

_shift = timedelta(0)


def shift_by(seconds: int) -> None:
    """Set the distance from real time for this process, once at start-up."""
    global _shift
    _shift = timedelta(seconds=seconds)


def now() -> datetime:
    """The current instant, aware, UTC."""
    return datetime.now(UTC) + _shift


def today() -> date:
    """The current day in Asia/Ho_Chi_Minh."""
    return local_day(now())
