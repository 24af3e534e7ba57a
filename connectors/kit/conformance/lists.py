"""Lists that are long, that move while they are read, and that hold rows nobody can read."""

from datetime import timedelta

from connectors.kit.conformance.bench import Bench
from connectors.kit.conformance.checks import check, expect, same
from connectors.kit.conformance.wire import at, replaced, row_of, spoiled
from connectors.kit.protocol import OrderState, RemoteOrder


def full_page_and_more(bench: Bench) -> list[str]:
    """SKUs of enough goods for a second page."""
    skus = [f"HG-{number:04}" for number in range(bench.limits.list_page + 3)]
    for sku in skus:
        bench.shop.create(bench.offer(sku))  # approved or not, it is listed
    return skus


@check()
def an_empty_shop_lists_nothing(bench: Bench) -> None:
    same("products of an empty shop", bench.listed(), [])


@check()
def goods_on_many_pages_come_once_each_though_the_list_grows(bench: Bench) -> None:
    skus = full_page_and_more(bench)
    seen: list[str] = []
    for page in bench.shop.products():
        if not seen:
            bench.published("HG-NEW-1")
            bench.published("HG-NEW-2")
        expect(len(page) <= bench.limits.list_page, f"a page of {len(page)} rows, more than declared")
        seen += [product.sku for product in page]
    same("SKUs that were missed", sorted(set(skus) - set(seen)), [])
    same("SKUs that came twice", sorted(sku for sku in set(seen) if seen.count(sku) > 1), [])


@check()
def a_listed_product_is_told_as_when_it_is_found(bench: Bench) -> None:
    bench.published("HG-A", price_vnd=170_000, packs=4)
    remote_id = bench.published("HG-B")
    bench.withdrawn(remote_id, "HG-B")
    found = bench.found("HG-A")
    (listed,) = [product for product in bench.listed() if product.sku == "HG-A"]
    wanted = (found.remote_id, found.price_vnd, found.packs, found.state)
    same(
        "id, price, packs and state", (listed.remote_id, listed.price_vnd, listed.packs, listed.state), wanted
    )


@check()
def a_product_that_cannot_be_read_hides_no_other(bench: Bench) -> None:
    skus = ["HG-A", "HG-B", "HG-C"]
    for sku in skus:
        bench.published(sku)

    def spoil(body: object) -> object:
        place = row_of(body, "HG-B", ("HG-A", "HG-C"))
        return body if place is None else replaced(body, place, spoiled(at(body, place), "HG-B"))

    with bench.altered_json(spoil):
        listed = {product.sku for product in bench.listed()}
    same("SKUs of the readable rows", listed & {"HG-A", "HG-C"}, {"HG-A", "HG-C"})


def _many_orders(bench: Bench) -> list[str]:
    bench.published(packs=bench.limits.list_page + 50)
    made = []
    for number in range(bench.limits.list_page + 3):
        made.append(bench.buy("HG-CAM-1", 1, bench.clock.now() - timedelta(minutes=600 - number % 600)))
    return made


@check()
def orders_on_many_pages_are_all_told_once(bench: Bench) -> None:
    bought = _many_orders(bench)
    told = [order.order_no for order in bench.told()]
    same("orders that were missed", sorted(set(bought) - set(told)), [])
    same("orders told twice", len(told) - len(set(told)), 0)


@check()
def orders_that_arrive_and_change_while_read_hide_none(bench: Bench) -> None:
    bought = _many_orders(bench)
    seen: dict[str, OrderState] = {}
    now = bench.clock.now()
    for page in bench.shop.orders(now - timedelta(days=2), now + timedelta(minutes=5)):
        if not seen:
            bench.clock.seconds += 30
            bench.buy("HG-CAM-1")
            for order_no in (bought[0], bought[len(bought) // 2]):
                bench.control.advance(order_no, "confirmed")
        seen.update({order.order_no: order.state for order in page if isinstance(order, RemoteOrder)})
    same("orders that were missed", sorted(set(bought) - set(seen)), [])
    same("violations", bench.violations(), [])
