"""Logging in, and tokens that end."""

from datetime import timedelta
from functools import partial

from connectors.kit.conformance.bench import Bench
from connectors.kit.conformance.checks import check, expect, same
from connectors.kit.conformance.pushes import hint_of, order_pushes
from connectors.kit.errors import Misunderstood, NotAdmitted, Unavailable


@check()
def an_opened_shop_is_named(bench: Bench) -> None:
    status = bench.shop.open_shop()
    expect(status.shop_id.strip(), "the shop has no name")


@check()
def the_end_of_a_token_is_aware_and_ahead(bench: Bench) -> None:
    ends = bench.shop.open_shop().token_expires_at
    if ends is not None:
        expect(ends.tzinfo is not None, "token_expires_at has no time zone")
        expect(ends > bench.clock.now(), f"a fresh token ended at {ends} already")


@check()
def wrong_keys_are_for_the_coordinator(bench: Bench) -> None:
    wrong = bench.connect({name: "x" * len(value) for name, value in bench.credentials.items()})
    bench.refused(NotAdmitted, wrong.open_shop)


@check()
def every_single_key_counts(bench: Bench) -> None:
    pushes = order_pushes(bench)
    for name in bench.credentials:
        wrong = bench.connect({**bench.credentials, name: "sai-khoa-ket-noi"})
        bench.clock.seconds += 1
        if isinstance(bench.unharmed(wrong.open_shop), NotAdmitted):
            continue
        expect(pushes, f"the key {name} is neither needed to log in nor to take a push")
        for push in pushes:  # a key that only pushes are signed with
            bench.refused(NotAdmitted, partial(hint_of, wrong, push))


@check()
def no_keys_at_all_are_for_the_coordinator(bench: Bench) -> None:
    bench.refused(NotAdmitted, bench.connect({}).open_shop)


@check()
def one_login_serves_many_calls(bench: Bench) -> None:
    logins = bench.logins()
    shop = bench.connect()
    first = bench.calls(lambda: shop.find("HG-1"))
    later = bench.calls(lambda: [shop.find("HG-2") for _ in range(5)])
    expect(any(call.name in logins for call in first), "the first call did not log in")
    same("logins of later calls", [call.name for call in later if call.name in logins], [])


@check()
def a_token_that_ends_is_renewed_within_a_read(bench: Bench) -> None:
    bench.published()
    bench.fail("expired_token")
    same("the SKU read", bench.found().sku, "HG-CAM-1")
    same("violations", bench.violations(), [])


@check()
def a_token_that_ends_is_renewed_within_a_create(bench: Bench) -> None:
    creating = bench.creating()
    bench.fail("expired_token", creating)
    bench.published()
    same("the stock that is there", bench.goods()["stock"], 40)
    same("violations", bench.violations(), [])


@check()
def a_token_that_ends_in_the_middle_of_a_batch_costs_nothing(bench: Bench) -> None:
    creating = bench.creating()
    for number in range(12):
        if number % 3 == 1:
            bench.fail("expired_token", creating)
        bench.published(f"HG-{number}")
    same("products of each SKU", [len(bench.rows(f"HG-{number}")) for number in range(12)], [1] * 12)
    same("violations", bench.violations(), [])


@check()
def a_token_that_ended_overnight_is_renewed(bench: Bench) -> None:
    ends = bench.shop.open_shop().token_expires_at or bench.clock.now() + timedelta(days=1)
    bench.clock.seconds += (ends - bench.clock.now()).total_seconds() + 1
    bench.published()
    same("violations", bench.violations(), [])


@check()
def a_token_is_never_used_twice_after_its_refusal(bench: Bench) -> None:
    bench.shop.open_shop()
    bench.fail("expired_token", times=1)
    bench.unharmed(lambda: bench.shop.find("HG-1"))
    bench.unharmed(lambda: bench.shop.find("HG-2"))
    expect("stale_token" not in bench.violations(), "a token was used again after it was refused")


@check()
def a_token_that_is_always_refused_is_for_the_coordinator(bench: Bench) -> None:
    bench.shop.open_shop()
    bench.fail("expired_token", times=None)
    made = bench.calls(lambda: bench.refused(NotAdmitted, lambda: bench.shop.find("HG-1")))
    expect(len(made) <= 12, f"{len(made)} calls were made for one read that is not admitted")


@check()
def a_login_behind_a_broken_proxy_is_nobodys_fault(bench: Bench) -> None:
    logins = sorted(bench.logins())
    bench.fail("html_body", logins[0], times=None)
    bench.refused(Unavailable, bench.connect().open_shop)


@check()
def a_login_of_no_known_form_is_for_a_developer(bench: Bench) -> None:
    with bench.altered_json(lambda _body: ["?"], logins=True):
        bench.refused(Misunderstood, bench.connect().open_shop)


@check()
def a_clock_that_is_minutes_fast_still_gets_in(bench: Bench) -> None:
    _with_a_wrong_clock(bench, timedelta(minutes=5))


@check()
def a_clock_that_is_minutes_slow_still_gets_in(bench: Bench) -> None:
    _with_a_wrong_clock(bench, timedelta(minutes=-5))


def _with_a_wrong_clock(bench: Bench, error: timedelta) -> None:
    shop = bench.connect(now=lambda: bench.clock.now() + error)
    ends = shop.open_shop().token_expires_at or bench.clock.now() + timedelta(days=1)
    order_no = bench.an_order()
    told = [order.order_no for order in bench.told(shop=shop)]
    same("orders told by a wrong clock", told.count(order_no), 1)
    seconds = (ends - bench.clock.now()).total_seconds()
    for around in (seconds - 60, 61, 61):  # just before the token's end, and just after it
        bench.clock.seconds += around
        shop.find("HG-CAM-1")
    expect("stale_token" not in bench.violations(), "a token was used again after it was refused")
