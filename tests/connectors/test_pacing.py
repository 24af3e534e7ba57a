"""Calls are spaced before the marketplace has to say 429."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.kit.pacing import MARGIN, Pacer, shared_pacer
from tests.connectors.conftest import Time


def leave_times(pacer: Pacer, time: Time, pauses: list[float]) -> list[float]:
    times = []
    for pause in pauses:
        time.seconds += pause
        pacer.wait()
        times.append(time.seconds)
    return times


@given(st.lists(st.sampled_from([0.0, 0.0, 0.0, 0.01, 0.2, 3.0]), min_size=1, max_size=120))
def test_no_second_ever_holds_more_calls_than_the_rate_and_one(pauses: list[float]) -> None:
    time = Time()
    times = leave_times(Pacer(10, sleep=time.sleep, clock=time.monotonic), time, pauses)
    for start in times:
        assert sum(start <= at < start + 1 - 1e-9 for at in times) <= 11


def test_nearly_all_of_the_rate_is_used() -> None:
    time = Time()
    times = leave_times(Pacer(18, sleep=time.sleep, clock=time.monotonic), time, [0.0] * 180)
    assert times[-1] - 1_000 <= 10.06


@pytest.mark.parametrize("limit", [2, 4, 5, 20, 100])
def test_no_second_holds_more_than_the_limit_and_nearly_all_of_it_is_used(limit: int) -> None:
    time = Time()
    pacer = Pacer(limit * MARGIN, sleep=time.sleep, clock=time.monotonic)
    started = time.seconds
    times = leave_times(pacer, time, [0.0, 0.0, 0.3 / limit, 0.9 / limit] * 5 * limit)
    assert max(sum(start <= at < start + 1 - 1e-9 for at in times) for start in times) <= limit
    assert len(times) / (times[-1] - started) >= 0.96 * limit


def test_two_processes_that_take_turns_do_not_exceed_the_limit() -> None:
    time = Time()
    times: list[float] = []
    for _ in range(20):  # each turn a new process that knows nothing of the other
        times += leave_times(Pacer(20 * MARGIN, sleep=time.sleep, clock=time.monotonic), time, [0.0] * 5)
    assert max(sum(start <= at < start + 1 for at in times) for start in times) <= 20


def test_a_429_holds_everything_back() -> None:
    time = Time()
    pacer = Pacer(10, sleep=time.sleep, clock=time.monotonic)
    pacer.hold(3)
    assert leave_times(pacer, time, [0.0])[0] >= 1_003


def test_without_a_rate_nobody_waits() -> None:
    time = Time()
    assert leave_times(Pacer(None, sleep=time.sleep, clock=time.monotonic), time, [0.0] * 50)[-1] == 1_000


def test_two_connectors_of_one_shop_share_one_pace() -> None:
    pacer = shared_pacer("https://a", "shop", 10)
    assert shared_pacer("https://a", "shop", 10) is pacer
    assert shared_pacer("https://a", "other", 10) is not pacer
