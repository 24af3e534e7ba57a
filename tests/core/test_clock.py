"""A rehearsal's installation lives on a clock that runs fast from one instant on."""

from datetime import UTC, datetime, timedelta

import pytest

from marketplace.core import clock

NOW = clock.now  # before the tests' own clock takes its place


@pytest.fixture(autouse=True)
def _clock_of_this_process(monkeypatch):
    for name in ("_shift", "_rate", "_since"):
        monkeypatch.setattr(clock, name, getattr(clock, name))


def test_a_clock_at_a_distance_runs_as_fast_as_real_time():
    before = datetime.now(UTC)
    clock.shift_by(-3600)

    assert timedelta(0) <= NOW() + timedelta(hours=1) - before < timedelta(minutes=1)
    assert clock.passing(2) == timedelta(seconds=2)


def test_from_one_instant_on_a_clock_runs_faster_and_jumps_nowhere():
    since = datetime.now(UTC) - timedelta(seconds=10)
    clock.shift_by(-3600, rate=100, since=since.timestamp())

    assert timedelta(seconds=1000) <= NOW() - (since - timedelta(hours=1)) < timedelta(seconds=7000)
    assert clock.passing(2) == timedelta(seconds=200)


def test_before_that_instant_it_does_not():
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    before = datetime.now(UTC)
    clock.shift_by(-3600, rate=100, since=tomorrow.timestamp())

    assert timedelta(0) <= NOW() + timedelta(hours=1) - before < timedelta(minutes=1)
    assert clock.passing(2) == timedelta(seconds=2)
