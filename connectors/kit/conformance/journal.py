"""The journal: every exchange, without a key, a token or a word about the buyer."""

import re
from typing import Any

from connectors.kit.conformance.bench import Bench
from connectors.kit.conformance.checks import check, expect, same
from connectors.kit.conformance.goods import TEXT
from connectors.kit.conformance.wire import leaves, mapped
from connectors.kit.redact import is_private

BUYER = {
    "buyer_name": "Nguyễn Thị Kiểm Thử",
    "receiverPhone": "0912345678",
    "SHIPPING_ADDRESS": "Số 9 ngõ Kiểm Thử, phường Lạ",
    "email": "kiem.thu@example.com",
}
_PHONE = re.compile(r"(?<!\d)(\+?84|0)[35789]\d{8}(?!\d)")


def _a_life(bench: Bench) -> None:
    """Most of what a shop does."""
    remote_id = bench.published()
    order_no = bench.buy("HG-CAM-1", 2)
    bench.updated(remote_id, bench.offer(packs=20))
    bench.told()
    bench.shop.order(order_no)
    bench.shop.confirm(order_no)
    bench.listed()
    bench.withdrawn(remote_id, "HG-CAM-1")


def _written(bench: Bench) -> str:
    return "\n".join(repr(exchange) for exchange in bench.exchanges)


@check()
def every_call_is_journalled_once(bench: Bench) -> None:
    _a_life(bench)
    wired = [(call.method, call.path) for call in bench.wire.calls]
    noted = [(exchange.method, exchange.path.partition("?")[0]) for exchange in bench.exchanges]
    same("number of exchanges", len(noted), len(wired))
    same("their methods", [method for method, _ in noted], [method for method, _ in wired])


@check()
def a_call_without_an_answer_is_journalled_with_its_cause(bench: Bench) -> None:
    bench.shop.open_shop()
    bench.exchanges.clear()
    bench.fail("timeout_before")
    bench.unharmed(lambda: bench.shop.find("HG-1"))
    first = bench.exchanges[0]
    same("status", first.status, None)
    expect(first.error, "a call without an answer has no cause")


@check()
def a_web_page_is_journalled_by_its_words(bench: Bench) -> None:
    bench.shop.open_shop()
    bench.exchanges.clear()
    bench.fail("html_body")
    bench.unharmed(lambda: bench.shop.find("HG-1"))
    expect("Bad Gateway" in bench.exchanges[0].response, "what the proxy said is not journalled")


@check()
def no_key_is_journalled(bench: Bench) -> None:
    _a_life(bench)
    for name, value in bench.credentials.items():
        expect(value not in _written(bench), f"the credential {name} is in the journal")


@check()
def no_token_is_journalled(bench: Bench) -> None:
    answers = bench.calls(bench.shop.open_shop)
    tokens = {
        str(value)
        for call in answers
        for path, value in leaves(call.json)
        if path and is_private(str(path[-1])) and isinstance(value, str) and len(value) >= 8
    }
    _a_life(bench)
    for token in tokens:
        expect(token not in _written(bench), "a token of a login is in the journal")


def _with_buyer(order_no: str) -> Any:
    def grown(value: Any) -> Any:
        named = isinstance(value, dict) and any(str(inner) == order_no for inner in value.values())
        return {**value, **BUYER} if named else value

    return lambda body: mapped(body, grown)


@check()
def the_buyer_is_not_journalled(bench: Bench) -> None:
    order_no = bench.an_order()
    with bench.altered_json(_with_buyer(order_no)):
        bench.told()
        bench.shop.order(order_no)
    written = _written(bench)
    for name, value in BUYER.items():
        expect(value not in written, f"{name} of the buyer is in the journal")
    expect(not _PHONE.search(written), "a phone number is in the journal")


@check()
def the_buyer_is_not_in_an_order(bench: Bench) -> None:
    order_no = bench.an_order()
    raw: list[Any] = []
    with bench.altered_json(_with_buyer(order_no)):
        raw += [call.json for call in bench.calls(lambda: bench.shop.order(order_no))]
        told = repr([*bench.told(), bench.shop.order(order_no)])
    expect(not _PHONE.search(told), "a phone number is in an order")
    people = re.compile(
        r"(receiver|buyer|customer|ship|contact).*(name|phone|addr|mail)|_?(phone|mail)$", re.I
    )
    for path, value in (leaf for body in raw for leaf in leaves(body)):
        private = path and people.search(str(path[-1])) and isinstance(value, str) and len(value) >= 6
        expect(not private or value not in told, f"{path[-1] if path else ''} of the buyer is in an order")


@check()
def an_order_that_is_parked_does_not_name_the_buyer(bench: Bench) -> None:
    order_no = bench.an_order()
    kept = {order_no, *BUYER.values()}

    def emptied(value: Any) -> Any:
        scalar = not isinstance(value, dict | list)
        return None if scalar and str(value) not in kept and not isinstance(value, bool | int) else value

    told: list[Any] = []
    with bench.altered_json(lambda body: mapped(_with_buyer(order_no)(body), emptied)):
        bench.unharmed(lambda: told.extend(bench.told()))
    for name, value in BUYER.items():
        expect(value not in repr(told), f"{name} of the buyer is in a parked order")


@check()
def a_phone_number_in_a_text_is_not_journalled(bench: Bench) -> None:
    offer = bench.offer(description=f"{TEXT}\n\nGọi nhà vườn: 0912 345 678 hoặc +84912345679.")
    bench.unharmed(lambda: bench.shop.create(offer))
    written = _written(bench)
    expect("345 678" not in written, "a phone number in a description is in the journal")
    expect("912345679" not in written, "a phone number in a description is in the journal")


@check()
def no_exchange_is_longer_than_a_page_of_text(bench: Bench) -> None:
    _a_life(bench)
    longest = max(len(exchange.request) + len(exchange.response) for exchange in bench.exchanges)
    expect(longest <= 40_000, f"an exchange of {longest} characters is in the journal")
