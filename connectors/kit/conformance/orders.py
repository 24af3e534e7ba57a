"""Orders: told whole, without the buyer, in every state; confirmed and cancelled."""

from datetime import UTC, datetime, timedelta

from connectors.kit.conformance.bench import Bench
from connectors.kit.conformance.checks import check, expect, same
from connectors.kit.conformance.wire import at, replaced, row_of, spoiled, with_strange_codes
from connectors.kit.errors import ConnectorError, Misunderstood, Rejected
from connectors.kit.protocol import OrderState, RemoteOrder, UnreadOrder


@check()
def a_new_order_is_told(bench: Bench) -> None:
    order_no = bench.an_order(packs=3)
    order = bench.told_once(order_no)
    line = order.lines[0]
    same("state and number of lines", (order.state, len(order.lines)), (OrderState.NEW, 1))
    same("SKU, packs and price", (line.sku, line.packs, line.price_vnd), ("HG-CAM-1", 3, 150_000))


@check()
def one_order_is_read_by_its_number(bench: Bench) -> None:
    order_no = bench.an_order()
    read, told = bench.shop.order(order_no), bench.told_once(order_no)
    same("the order", (read.order_no, read.state, read.lines), (told.order_no, told.state, told.lines))


@check()
def a_confirmed_order_is_told(bench: Bench) -> None:
    _is_told(bench, OrderState.CONFIRMED, "confirmed")


@check()
def a_shipped_order_is_told(bench: Bench) -> None:
    _is_told(bench, OrderState.SHIPPED, "confirmed", "shipped")


@check()
def a_delivered_order_is_told_with_its_moment(bench: Bench) -> None:
    order = _is_told(bench, OrderState.DELIVERED, "confirmed", "shipped", "delivered")
    expect(order.delivered_at is not None, "a delivered order has no delivered_at")


@check()
def a_refused_order_is_told(bench: Bench) -> None:
    _is_told(bench, OrderState.REFUSED, "confirmed", "shipped", "refused")


@check()
def a_cancelled_order_is_told(bench: Bench) -> None:
    order = _is_told(bench, OrderState.CANCELLED, "cancelled")
    expect(order.closed_at is not None, "a cancelled order has no closed_at")


@check()
def a_returned_order_is_told_with_what_came_back(bench: Bench) -> None:
    order = _is_told(bench, OrderState.RETURNED, "confirmed", "shipped", "delivered", "returned")
    same("packs that came back", order.lines[0].returned_packs, 3)


def _is_told(bench: Bench, state: OrderState, *steps: str) -> RemoteOrder:
    order_no = bench.brought(*steps)
    order = bench.told_once(order_no)
    same("the state told", order.state, state)
    same("the state read", bench.shop.order(order_no).state, state)
    same("packs", order.lines[0].packs, 3)
    return order


@check()
def moments_are_aware_and_true(bench: Bench) -> None:
    order_no = bench.an_order()
    placed = bench.clock.now()
    bench.clock.seconds += 3_600
    bench.control.advance(order_no, "confirmed")
    order = bench.told_once(order_no)
    _near("placed_at", order.placed_at, placed)
    _near("updated_at", order.updated_at, placed + timedelta(hours=1))
    for name in ("delivered_at", "returned_at", "closed_at", "confirm_by"):
        moment = getattr(order, name)
        expect(moment is None or moment.utcoffset() == timedelta(0), f"{name} is {moment}, expected UTC")


def _near(name: str, got: datetime, wanted: datetime) -> None:
    expect(got.tzinfo is not None, f"{name} has no time zone")
    expect(got.utcoffset() == timedelta(0), f"{name} is not in UTC: {got}")
    expect(abs(got - wanted) <= timedelta(seconds=60), f"{name} is {got}, expected {wanted}")


@check()
def an_order_around_midnight_is_told_with_its_day(bench: Bench) -> None:
    bench.published()
    for minute, number in (
        (datetime(2021, 12, 19, 16, 55, tzinfo=UTC), 1),
        (datetime(2021, 12, 19, 17, 5, tzinfo=UTC), 2),
    ):
        order_no = bench.buy("HG-CAM-1", number, minute)
        _near("placed_at", bench.told_once(order_no).placed_at, minute)


@check()
def orders_at_both_ends_of_a_window_are_told(bench: Bench) -> None:
    bench.published()
    now = bench.clock.now()
    first = bench.buy("HG-CAM-1", 1, now - timedelta(hours=30))
    last = bench.buy("HG-CAM-1", 1, now)
    pages = bench.shop.orders(now - timedelta(hours=30, seconds=1), now + timedelta(seconds=1))
    told = {order.order_no for page in pages for order in page}
    same("orders told", told & {first, last}, {first, last})


@check()
def an_old_order_that_changed_is_told(bench: Bench) -> None:
    bench.published()
    order_no = bench.buy("HG-CAM-1", 1, bench.clock.now() - timedelta(days=9))
    bench.control.advance(order_no, "confirmed")
    same("the state told", bench.told_once(order_no, days=0.1).state, OrderState.CONFIRMED)


@check()
def a_wide_window_is_cut_as_the_marketplace_wants_it(bench: Bench) -> None:
    bench.published()
    days = (1, 8, 20, 40)
    bought = {bench.buy("HG-CAM-1", 1, bench.clock.now() - timedelta(days=day)) for day in days}
    told = {order.order_no for order in bench.told(days=45)}
    same("orders told", told & bought, bought)


@check()
def no_orders_are_no_error(bench: Bench) -> None:
    same("orders of an empty shop", bench.told(), [])


@check()
def two_reads_that_overlap_tell_the_same(bench: Bench) -> None:
    order_no = bench.an_order()
    same("the order read again", bench.told_once(order_no, days=3), bench.told_once(order_no, days=2))


@check()
def lines_keep_their_ids(bench: Bench) -> None:
    order_no = bench.an_order()
    before = [line.line_id for line in bench.told_once(order_no).lines]
    bench.control.advance(order_no, "confirmed")
    after = [line.line_id for line in bench.told_once(order_no).lines]
    expect(all(before), "a line has no id")
    same("line ids of the order later", after, before)
    same("line ids without repeats", len(set(after)), len(after))


@check()
def an_unreadable_order_is_parked_and_hides_no_other(bench: Bench) -> None:
    bench.published()
    numbers = [bench.buy("HG-CAM-1") for _ in range(4)]
    bad, others = numbers[1], [number for number in numbers if number != numbers[1]]

    def spoil(body: object) -> object:
        place = row_of(body, bad, others)
        return body if place is None else replaced(body, place, spoiled(at(body, place), bad))

    with bench.altered_json(spoil):
        told = bench.told()
    read = {order.order_no for order in told if isinstance(order, RemoteOrder)}
    parked = [order for order in told if isinstance(order, UnreadOrder)]
    same("orders that were read", read, set(others))
    same("orders that were parked", {order.order_no for order in parked}, {bad})
    expect(all(order.code and order.raw for order in parked), "a parked order has no code or no raw text")


@check()
def an_unknown_state_of_an_order_is_unknown(bench: Bench) -> None:
    order_no = bench.an_order()
    before = bench.calls(lambda: bench.shop.order(order_no))[-1].json
    bench.control.advance(order_no, "confirmed")
    after = bench.calls(lambda: bench.shop.order(order_no))[-1].json
    with bench.altered_json(lambda body: with_strange_codes(body, before, after)):
        order = bench.shop.order(order_no)
    same("the state told", order.state, OrderState.UNKNOWN)


@check()
def an_order_nobody_has_is_rejected(bench: Bench) -> None:
    bench.refused((Rejected, Misunderstood), lambda: bench.shop.order("140009999"))


@check()
def an_order_number_is_never_a_path(bench: Bench) -> None:
    bench.an_order()
    before = bench.state()["orders"]
    for order_no in ("../login", "1/../../x", "a?b=c", "số 1", "1#2", "", " "):
        error = bench.unharmed(lambda order_no=order_no: bench.shop.order(order_no))
        expect(isinstance(error, ConnectorError), f"an order {order_no!r} was read")
    same("orders", bench.state()["orders"], before)


@check()
def confirming_moves_the_order(bench: Bench) -> None:
    order_no = bench.an_order()
    bench.shop.confirm(order_no)
    same("the state there", bench.order_row(order_no)["status"], "confirmed")


@check()
def confirming_twice_is_a_success(bench: Bench) -> None:
    order_no = bench.an_order()
    bench.shop.confirm(order_no)
    bench.shop.confirm(order_no)
    same("the state there", bench.order_row(order_no)["status"], "confirmed")


@check()
def what_the_buyer_cancelled_cannot_be_confirmed(bench: Bench) -> None:
    order_no = bench.brought("cancelled")
    bench.refused(Rejected, lambda: bench.shop.confirm(order_no))
    same("the state there", bench.order_row(order_no)["status"], "cancelled")


@check()
def cancel_reasons_are_fetched(bench: Bench) -> None:
    reasons = bench.shop.cancel_reasons()
    expect(reasons, "no cancel reason is offered")
    expect(all(reason.code and reason.name.strip() for reason in reasons), "a reason has no code or no name")
    same("codes without repeats", len({reason.code for reason in reasons}), len(reasons))


@check()
def cancelling_with_a_fetched_reason_cancels(bench: Bench) -> None:
    for reason in bench.shop.cancel_reasons()[:2]:
        order_no = bench.an_order(f"HG-{reason.code}"[:20])
        bench.shop.cancel(order_no, reason.code)
        same("the state there", bench.order_row(order_no)["status"], "cancelled")
        same("the state told", bench.told_once(order_no).state, OrderState.CANCELLED)


@check()
def a_reason_that_is_no_longer_offered_is_rejected(bench: Bench) -> None:
    order_no = bench.an_order()
    bench.refused(Rejected, lambda: bench.shop.cancel(order_no, "ly-do-cu"))
    same("the state there", bench.order_row(order_no)["status"], "new")


@check()
def cancelling_twice_is_a_success(bench: Bench) -> None:
    order_no = bench.an_order()
    code = bench.shop.cancel_reasons()[0].code
    bench.shop.cancel(order_no, code)
    bench.shop.cancel(order_no, code)
    same("the state there", bench.order_row(order_no)["status"], "cancelled")


@check()
def a_parcel_on_its_way_cannot_be_cancelled(bench: Bench) -> None:
    order_no = bench.brought("confirmed", "shipped")
    code = bench.shop.cancel_reasons()[0].code
    bench.refused(Rejected, lambda: bench.shop.cancel(order_no, code))
    same("the state there", bench.order_row(order_no)["status"], "shipped")


@check()
def a_confirmation_whose_answer_was_lost_can_be_said_again(bench: Bench) -> None:
    confirming = bench.writer(lambda: bench.shop.confirm(bench.an_order("HG-HOC")))
    for kind in ("timeout_after", "html_body", "timeout_before"):
        order_no = bench.an_order(f"HG-{kind}".replace("_", "-"))
        bench.fail(kind, confirming)
        bench.unharmed(lambda order_no=order_no: bench.shop.confirm(order_no))
        bench.control.faults([])
        bench.shop.confirm(order_no)
        same("the state there", bench.order_row(order_no)["status"], "confirmed")
