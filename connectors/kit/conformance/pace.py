"""The pace: never above what the marketplace allows, and hardly below it."""

from connectors.kit.conformance.bench import Bench
from connectors.kit.conformance.checks import check, expect, same

RATE = 4.0
CALLS = 120


@check(rate_per_second=RATE)
def a_chosen_pace_is_used_and_never_exceeded(bench: Bench) -> None:
    shop = bench.connect(calls_per_second=RATE)
    shop.open_shop()
    made = bench.calls(lambda: [shop.find(f"HG-{number}") for number in range(CALLS)])
    seconds = made[-1].at - made[0].at
    reached = (len(made) - 1) / seconds
    expect(reached >= 0.95 * RATE, f"{reached:.2f} calls a second of {RATE}")
    same("violations", bench.violations(), [])


@check()
def no_second_holds_more_calls_than_allowed(bench: Bench) -> None:
    shop = bench.connect(calls_per_second=RATE)
    made = bench.calls(lambda: [shop.find(f"HG-{number}") for number in range(CALLS)])
    moments = [call.at for call in made]
    busiest = max(sum(start <= moment < start + 1 for moment in moments) for start in moments)
    expect(busiest <= RATE + 1, f"{busiest} calls left within one second")


@check()
def the_usual_pace_stays_within_the_declared_limit(bench: Bench) -> None:
    bench.control.settings(rate_per_second=bench.limits.calls_per_second)
    shop = bench.connect(calls_per_second=None)
    for number in range(CALLS):
        shop.find(f"HG-{number}")
    same("violations", bench.violations(), [])


@check()
def an_unpaced_connector_does_not_wait(bench: Bench) -> None:
    for number in range(20):
        bench.shop.find(f"HG-{number}")
    same("seconds slept", bench.clock.slept, 0.0)


@check()
def one_read_is_one_call_once_logged_in(bench: Bench) -> None:
    bench.published()
    same("calls for one find()", len(bench.calls(bench.found)), 1)
