"""The one place that asks what time it is. Rules take `now` or `today` as an argument; only edges call this.

A demonstration plays the 2021 season and a rehearsal plays it fast: there the whole installation (web,
workers, mocks) lives at a fixed distance from real time, and from one moment on runs so many times as fast.
"""

from datetime import UTC, date, datetime, timedelta

from marketplace.core.config import Settings
from marketplace.core.units import local_day

_shift = timedelta(0)
_rate = 1.0
_since = datetime.fromtimestamp(0, UTC)


def shift_by(seconds: int, *, rate: float = 1.0, since: float = 0.0) -> None:
    """Set the clock of this process, once at start-up.

    Its distance from real time in seconds; from the real instant `since` (seconds since 1970) on it runs
    `rate` times as fast.
    """
    global _shift, _rate, _since
    _shift, _rate, _since = timedelta(seconds=seconds), rate, datetime.fromtimestamp(since, UTC)


def set_by(settings: Settings) -> None:
    """Set the clock of this process as its installation wants it."""
    shift_by(settings.clock_shift_seconds, rate=settings.clock_rate, since=settings.clock_since)


def real() -> datetime:
    """The real instant, whatever the clock of this installation shows; for those who set clocks."""
    return datetime.now(UTC)


def now() -> datetime:
    """The current instant, aware, UTC."""
    instant = real()
    return instant + _shift + max(timedelta(0), instant - _since) * (_rate - 1)


def today() -> date:
    """The current day in Asia/Ho_Chi_Minh."""
    return local_day(now())


def passing(seconds: float) -> timedelta:
    """How far this clock moves while so many real seconds pass, such as those a call may take."""
    return timedelta(seconds=seconds * (_rate if real() >= _since else 1.0))
