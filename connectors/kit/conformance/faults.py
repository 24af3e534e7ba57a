"""When the network or the marketplace fails: reads heal, writes are never sent twice."""

from collections.abc import Callable
from functools import partial
from typing import Any

from connectors.kit.conformance.bench import Bench
from connectors.kit.conformance.checks import check, expect, same
from connectors.kit.conformance.ground import PATIENCE
from connectors.kit.conformance.wire import leaves, mapped, replaced
from connectors.kit.errors import ConnectorError, Misunderstood, Unavailable
from connectors.kit.protocol import Offer, PriceAndStock
from connectors.kit.publishing import publish

ODD: tuple[Any, ...] = (None, [], {}, "x", 5, [[]], [None], {"data": None}, {"error": None}, True)


def _heals(bench: Bench, kind: str, **more: Any) -> None:
    bench.published()
    bench.fail(kind, **more)
    same("the SKU read", bench.found().sku, "HG-CAM-1")


@check()
def a_read_heals_after_a_timeout(bench: Bench) -> None:
    _heals(bench, "timeout_before")


@check()
def a_read_heals_after_a_reset(bench: Bench) -> None:
    _heals(bench, "reset")


@check()
def a_read_heals_after_a_server_error(bench: Bench) -> None:
    _heals(bench, "http_500")


@check()
def a_read_heals_after_a_web_page_instead_of_json(bench: Bench) -> None:
    _heals(bench, "html_body")


@check()
def a_read_heals_after_json_that_breaks_off(bench: Bench) -> None:
    _heals(bench, "truncated_json")


@check()
def a_read_heals_after_a_429_that_says_when(bench: Bench) -> None:
    _heals(bench, "http_429", retry_after=2)
    expect(bench.clock.slept >= 2, f"waited {bench.clock.slept} seconds of the 2 asked for")


@check()
def a_slow_answer_is_waited_for(bench: Bench) -> None:
    _heals(bench, "slow", delay=PATIENCE - 1)


@check()
def a_read_that_never_heals_is_nobodys_fault_and_gives_up(bench: Bench) -> None:
    bench.shop.open_shop()
    bench.fail("http_500", times=None)
    made = bench.calls(lambda: bench.refused(Unavailable, lambda: bench.shop.find("HG-1")))
    expect(len(made) <= 10, f"{len(made)} calls were made for one read that does not heal")
    expect(bench.clock.slept <= 60, f"one call waited {bench.clock.slept} seconds")


def _lost(bench: Bench, kind: str, **more: Any) -> None:
    """A create whose answer is lost: sent once, told as unclear, and one product in the end."""
    creating = bench.creating()
    before = bench.count(creating)
    bench.fail(kind, creating, **more)
    error = bench.unharmed(lambda: bench.shop.create(bench.offer()))
    same("times the create was sent", bench.count(creating) - before, 1)
    unclear = isinstance(error, Unavailable | Misunderstood) and error.maybe_done
    expect(unclear, f"a create that may have happened is told as {error!r}")
    bench.control.faults([])
    published = publish(bench.shop, bench.offer(packs=7), None, unclear=True)
    bench.settled(published.remote_id, published.ticket, "HG-CAM-1")
    same("the stock that is there", bench.goods()["stock"], 7)
    same("violations", bench.violations(), [])


@check()
def a_create_is_sent_once_when_no_answer_comes(bench: Bench) -> None:
    _lost(bench, "timeout_after")


@check()
def a_create_is_sent_once_when_it_did_not_arrive(bench: Bench) -> None:
    _lost(bench, "timeout_before")


@check()
def a_create_is_sent_once_when_the_line_is_cut_before(bench: Bench) -> None:
    _lost(bench, "reset")


@check()
def a_create_is_sent_once_when_the_line_is_cut_after(bench: Bench) -> None:
    _lost(bench, "reset", after=True)


@check()
def a_create_is_sent_once_when_the_server_fails_before(bench: Bench) -> None:
    _lost(bench, "http_500")


@check()
def a_create_is_sent_once_when_the_server_fails_after(bench: Bench) -> None:
    _lost(bench, "http_500", after=True)


@check()
def a_create_is_sent_once_when_a_web_page_answers(bench: Bench) -> None:
    _lost(bench, "html_body")


@check()
def a_create_is_sent_once_when_json_breaks_off(bench: Bench) -> None:
    _lost(bench, "truncated_json")


@check()
def a_create_is_sent_once_when_it_is_slow_beyond_patience(bench: Bench) -> None:
    _lost(bench, "slow", delay=PATIENCE + 1)


@check(sockets=True)
def a_create_whose_line_is_cut_on_a_real_socket_is_sent_once(bench: Bench) -> None:
    _lost(bench, "reset", after=True)


@check(sockets=True)
def goods_are_published_over_a_real_socket(bench: Bench) -> None:
    bench.published()
    same("the packs read", bench.found().packs, 40)


@check()
def a_create_that_arrives_late_is_adopted(bench: Bench) -> None:
    creating = bench.creating()
    before = bench.count(creating)
    bench.fail("late_apply", creating, delay=30)
    error = bench.unharmed(lambda: bench.shop.create(bench.offer()))
    same("times the create was sent", bench.count(creating) - before, 1)
    expect(isinstance(error, Unavailable), f"a create without an answer is told as {error!r}")
    same("products before it arrives", bench.rows("HG-CAM-1"), [])
    bench.clock.seconds += 31
    published = publish(bench.shop, bench.offer(packs=7), None, unclear=True)
    expect(published.adopted, "a create that arrived late was not adopted")
    bench.settled(published.remote_id, published.ticket, "HG-CAM-1")
    same("the stock that is there", bench.goods()["stock"], 7)


@check()
def a_create_that_must_wait_a_moment_is_created_once(bench: Bench) -> None:
    creating = bench.creating()
    bench.fail("http_429", creating, retry_after=1)
    published = bench.unharmed(lambda: publish(bench.shop, bench.offer(), None))
    if published is not None:
        expect(isinstance(published, Unavailable), f"a 429 was told as {published!r}")
        publish(bench.shop, bench.offer(), None)
    bench.goods()
    same("violations", bench.violations(), [])


@check()
def a_429_that_does_not_say_when_is_nobodys_fault(bench: Bench) -> None:
    creating = bench.creating()
    bench.fail("http_429", creating)
    with bench.altered(lambda call: call.header("Retry-After", None)):
        error = bench.unharmed(lambda: bench.shop.create(bench.offer()))
    if error is not None:
        expect(isinstance(error, Unavailable), f"a 429 was told as {error!r}")
        expect(not error.maybe_done, "a create that was refused for its pace did not happen")
        bench.shop.create(bench.offer())
    bench.goods()


@check()
def a_long_wait_is_told_not_slept(bench: Bench) -> None:
    bench.shop.open_shop()
    bench.fail("http_429", times=None, retry_after=600)
    error = bench.refused(Unavailable, lambda: bench.shop.find("HG-1"))
    same("the wait told", error.retry_after, 600.0)
    expect(bench.clock.slept < 30, f"one call waited {bench.clock.slept} seconds")


@check()
def an_update_whose_answer_was_lost_can_be_said_again(bench: Bench) -> None:
    remote_id = bench.published()
    wanted = bench.offer(title="Cam vàng Hà Giang đầu vụ", packs=8)
    updating = bench.writer(lambda: bench.updated(remote_id, bench.offer(packs=9)))
    for kind in ("timeout_after", "truncated_json", "timeout_before"):
        bench.fail(kind, updating)
        bench.unharmed(lambda: bench.shop.update(remote_id, wanted))
        bench.control.faults([])
        bench.updated(remote_id, wanted)
        same("the stock that is there", bench.goods()["stock"], 8)


@check()
def a_withdrawal_whose_answer_was_lost_can_be_said_again(bench: Bench) -> None:
    remote_id = bench.published()
    withdrawing = bench.writer(lambda: bench.shop.withdraw(bench.published("HG-HOC"), "HG-HOC"))
    bench.fail("timeout_after", withdrawing)
    bench.unharmed(lambda: bench.shop.withdraw(remote_id, "HG-CAM-1"))
    bench.control.faults([])
    bench.withdrawn(remote_id, "HG-CAM-1")
    expect(not bench.can_be_bought("HG-CAM-1"), "what was withdrawn can still be bought")


@check()
def json_under_another_content_type_is_read_or_waited_for(bench: Bench) -> None:
    bench.published()
    with bench.altered(lambda call: call.header("Content-Type", "text/html; charset=utf-8")):
        error = bench.unharmed(lambda: bench.found())
    expect(error is None or isinstance(error, Unavailable), f"another content type was told as {error!r}")


@check()
def an_empty_answer_is_never_a_success(bench: Bench) -> None:
    def empty(call: Any) -> None:
        call.body = b""

    creating = bench.creating()
    with bench.altered(empty, only=creating):
        error = bench.refused((Unavailable, Misunderstood), lambda: bench.shop.create(bench.offer()))
    expect(error.maybe_done, f"a create that happened is told as {error.code}, not as unclear")
    with bench.altered(empty):
        bench.refused((Unavailable, Misunderstood), lambda: bench.shop.find("HG-CAM-1"))


def _operations(bench: Bench, remote_id: str, order_no: str) -> dict[str, Callable[[], Any]]:
    shop, offer = bench.shop, bench.offer()
    return {
        "find": lambda: shop.find("HG-CAM-1"),
        "update": lambda: shop.update(remote_id, offer),
        "withdraw": lambda: shop.withdraw(remote_id, "HG-CAM-1"),
        "set_price_and_stock": lambda: shop.set_price_and_stock([_row(offer, remote_id)]),
        "products": bench.listed,
        "orders": bench.told,
        "order": lambda: shop.order(order_no),
        "confirm": lambda: shop.confirm(order_no),
        "cancel_reasons": shop.cancel_reasons,
        "cancel": lambda: shop.cancel(order_no, "khong-co"),
        "categories": shop.categories,
        "attributes": lambda: shop.attributes(offer.category),
    }


def _always(odd: Any) -> Callable[[Any], Any]:
    return lambda _body: odd


def _with(path: tuple[Any, ...], odd: Any, body: Any) -> Any:
    return replaced(body, path, odd)


def _row(offer: Offer, remote_id: str) -> PriceAndStock:
    return PriceAndStock(remote_id, offer.sku, offer.price_vnd, 5)


@check()
def an_answer_of_no_known_form_ends_in_one_of_the_four(bench: Bench) -> None:
    remote_id = bench.published()
    for name, do in _operations(bench, remote_id, bench.buy("HG-CAM-1")).items():
        for odd in ODD:
            with bench.altered_json(_always(odd)):
                error = bench.unharmed(do)
            if name in ("order", "find"):
                expect(error is not None or odd in ([], {}, [[]]), f"{name}() took {odd!r} as an answer")


@check()
def a_create_answered_with_nonsense_is_unclear(bench: Bench) -> None:
    creating = bench.creating()
    for number, odd in enumerate((*ODD, *ODD)):
        offer = bench.offer(f"HG-{number}")
        with bench.altered_json(_always(odd), only=creating if number < len(ODD) else None):
            error = bench.refused(ConnectorError, lambda offer=offer: bench.shop.create(offer))
        happened = len(bench.rows(offer.sku)) == 1
        expect(error.maybe_done or not happened, f"{odd!r}: a create that happened is told as {error.code}")
        expect(happened or number >= len(ODD), "the create did not happen")


@check()
def one_odd_value_anywhere_ends_in_one_of_the_four(bench: Bench) -> None:
    remote_id = bench.published()
    reading = ("find", "products", "orders", "order", "attributes", "cancel_reasons")
    for name, do in _operations(bench, remote_id, bench.buy("HG-CAM-1")).items():
        if name not in reading:
            continue
        made = bench.calls(do)
        answer = made[-1].json if made else None
        places = [path for path, _ in leaves(answer)]
        for number, path in enumerate(places[:120]):
            odd = ODD[number % 6]
            with bench.altered_json(partial(_with, path, odd)):
                bench.unharmed(do)


@check()
def fields_nobody_knows_are_ignored(bench: Bench) -> None:
    def grown(value: Any) -> Any:
        return {**value, "x_new_field": {"deep": [1, None]}} if isinstance(value, dict) else value

    with bench.altered_json(lambda body: mapped(body, grown), logins=True):
        remote_id = bench.published()
        order_no = bench.buy("HG-CAM-1", 2)
        same("packs and state read", (bench.found().packs, str(bench.found().state)), (38, "live"))
        same("products listed", [product.remote_id for product in bench.listed()], [remote_id])
        same("packs told", bench.told_once(order_no).lines[0].packs, 2)


@check()
def figures_written_as_text_are_read(bench: Bench) -> None:
    _figures(bench, str)


@check()
def figures_written_with_a_fraction_are_read(bench: Bench) -> None:
    _figures(bench, float)


def _figures(bench: Bench, form: Callable[[int], Any]) -> None:
    bench.published(packs=41, price_vnd=151_000)
    order_no = bench.buy("HG-CAM-1", 4)

    def formed(value: Any) -> Any:
        whole = isinstance(value, int) and not isinstance(value, bool)
        return form(value) if whole and value in (37, 151_000, 4) else value

    with bench.altered_json(lambda body: mapped(body, formed)):
        found, order = bench.found(), bench.told_once(order_no)
        (listed,) = bench.listed()
    same("price and packs found", (found.price_vnd, found.packs), (151_000, 37))
    same("price and packs listed", (listed.price_vnd, listed.packs), (151_000, 37))
    same("price and packs ordered", (order.lines[0].price_vnd, order.lines[0].packs), (151_000, 4))
