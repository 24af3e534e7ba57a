"""Pushes: authenticated, never believed, only a hint what to read again."""

import json
from functools import partial
from typing import Any

from connectors.kit.conformance.bench import Bench
from connectors.kit.conformance.checks import check, expect, same
from connectors.kit.conformance.wire import mapped
from connectors.kit.errors import ConnectorError, NotAdmitted
from connectors.kit.mock_push import Push
from connectors.kit.protocol import Connector, Hint, OrderState

GARBAGE = (
    b"",
    b"{",
    b"[]",
    b"null",
    b"5",
    b'"x"',
    b"\xff\xfe",
    b"[" * 5_000,
    b"{}",
    b'{"data": null}',
    b'{"data": [null]}',
)


def hint_of(shop: Connector, push: Push) -> Hint:
    """What a connector reads in a push, as it comes over the wire."""
    body = json.dumps(push.body, ensure_ascii=False).encode()
    return shop.hint({"Content-Type": "application/json", **push.headers}, body)


def order_pushes(bench: Bench) -> list[Push]:
    """What the marketplace pushes about one new order; none when it pushes nothing."""
    bench.control.webhook("https://lensan.example/day/x")
    bench.published()
    bench.pushed.clear()
    bench.buy("HG-CAM-1")
    return list(bench.pushed)


@check()
def a_push_names_the_order_to_read_again(bench: Bench) -> None:
    for push in order_pushes(bench):
        hint = hint_of(bench.shop, push)
        known = [order["order_no"] for order in bench.state()["orders"]]
        expect(hint.kind in ("order", "product"), f"the hint is about {hint.kind!r}")
        if hint.kind == "order" and hint.key is not None:
            expect(hint.key in known, f"the hint names the order {hint.key!r}, which is none of {known}")


@check()
def the_headers_of_a_push_come_in_any_case(bench: Bench) -> None:
    for push in order_pushes(bench):
        body = json.dumps(push.body, ensure_ascii=False).encode()
        for change in (str.lower, str.title, str.upper):
            bench.shop.hint({change(name): value for name, value in push.headers.items()}, body)


@check()
def a_push_of_a_stranger_is_not_admitted(bench: Bench) -> None:
    for push in order_pushes(bench):
        told = _forged(push.body, set(bench.credentials.values()))
        for headers in ({}, dict.fromkeys(push.headers, "la-nguoi-khac")):
            bench.refused(NotAdmitted, lambda told=told, headers=headers: bench.shop.hint(headers, told))


def _forged(body: Any, secrets: set[str]) -> bytes:
    """The push as somebody would write it who knows its form but no secret."""
    hidden = ("sign", "token", "secret", "key")

    def change(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: "sai" if any(part in k.lower() for part in hidden) else v for k, v in value.items()}
        return "sai" if value in secrets else value

    return json.dumps(mapped(body, change), ensure_ascii=False).encode()


@check()
def a_push_of_another_shop_is_not_admitted(bench: Bench) -> None:
    pushes = order_pushes(bench)
    other = bench.connect({name: f"gian-hang-khac-{name}" for name in bench.credentials})
    for push in pushes:
        body = json.dumps(push.body, ensure_ascii=False).encode()
        error = bench.unharmed(lambda body=body, push=push: other.hint(dict(push.headers), body))
        signed_for_all = "signature" in {name.lower() for name in push.body}
        expect(error is not None or signed_for_all, "a push for one shop was taken by another")


@check()
def garbage_is_no_push(bench: Bench) -> None:
    for body in GARBAGE:
        error = bench.unharmed(lambda body=body: bench.shop.hint({}, body))
        expect(isinstance(error, ConnectorError), f"{body[:20]!r} was taken as a push")


@check()
def a_push_that_comes_twice_says_the_same(bench: Bench) -> None:
    bench.control.webhook("https://lensan.example/day/x")
    bench.published()
    bench.pushed.clear()
    bench.fail("webhook_duplicate", "WEBHOOK *", times=None)
    order_no = bench.buy("HG-CAM-1")
    hints = [hint_of(bench.shop, push) for push in bench.pushed]
    if hints:
        same("pushes about one order", len(hints) % 2, 0)
        same("hints without repeats", len(set(hints)), len(hints) // 2)
    same("the state read again", bench.shop.order(order_no).state, OrderState.NEW)


@check()
def pushes_in_the_wrong_order_lead_to_the_newest_state(bench: Bench) -> None:
    bench.control.webhook("https://lensan.example/day/x")
    bench.published()
    bench.pushed.clear()
    bench.fail("webhook_reorder", "WEBHOOK *")
    order_no = bench.buy("HG-CAM-1")
    bench.control.advance(order_no, "cancelled")
    for push in bench.pushed:
        hint = hint_of(bench.shop, push)
        if hint.kind == "order" and hint.key == order_no:
            same("the state read again", bench.shop.order(order_no).state, OrderState.CANCELLED)


@check()
def an_order_whose_push_was_lost_is_told_all_the_same(bench: Bench) -> None:
    bench.control.webhook("https://lensan.example/day/x")
    bench.published()
    bench.pushed.clear()
    bench.fail("webhook_drop", "WEBHOOK *", times=None)
    order_no = bench.buy("HG-CAM-1")
    same("pushes that were sent", bench.pushed, [])
    same("the state told", bench.told_once(order_no).state, OrderState.NEW)


@check()
def a_pushs_content_is_not_believed(bench: Bench) -> None:
    for push in order_pushes(bench):
        hint = hint_of(bench.shop, push)
        same("the kinds of things a hint holds", sorted(vars(hint)), ["key", "kind"])
        same("calls made by a hint", bench.calls(partial(hint_of, bench.shop, push)), [])
