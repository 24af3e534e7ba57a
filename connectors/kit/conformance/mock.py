"""The mock: it remembers, refuses what no honest client does, and lets anybody play."""

from typing import Any

from connectors.kit.conformance.bench import Bench
from connectors.kit.conformance.checks import Failed, check, expect, same
from connectors.kit.control import Gone, Impossible

PRODUCT = {"sku", "remote_id", "title", "price_vnd", "stock", "status", "created_at", "updated_at"}
ORDER = {"order_no", "sku", "packs", "price_vnd", "status", "placed_at", "updated_at"}


def _impossible(what: str, do: Any) -> str:
    try:
        do()
    except Impossible as refusal:
        return str(refusal)
    except Gone as error:
        raise Failed(f"{what}: the mock failed ({error})") from error
    raise Failed(f"{what}: the mock let it happen")


@check()
def its_keys_are_those_of_the_calling_card(bench: Bench) -> None:
    same("credentials", set(bench.credentials), set(bench.marketplace.credential_fields))
    expect(all(bench.credentials.values()), "a credential of the mock is empty")


@check()
def its_state_tells_goods_and_orders(bench: Bench) -> None:
    bench.an_order()
    state = bench.state()
    same("keys of a product that are missing", PRODUCT - set(state["products"][0]), set())
    same("keys of an order that are missing", ORDER - set(state["orders"][0]), set())
    for name in ("calls", "violations"):
        expect(name in state, f"the state has no {name}")


@check()
def its_page_can_be_looked_at(bench: Bench) -> None:
    bench.an_order()
    answer = bench.app.test_client().get("/_mock/")
    same("status of /_mock/", answer.status_code, 200)
    expect("HG-CAM-1" in answer.get_data(as_text=True), "the page does not show the goods")


@check()
def a_sale_lowers_the_stock(bench: Bench) -> None:
    bench.an_order(packs=3)
    same("stock", bench.goods()["stock"], 37)


@check()
def it_sells_no_more_than_it_has(bench: Bench) -> None:
    bench.published(packs=2)
    _impossible("buying 3 of 2", lambda: bench.control.buy("HG-CAM-1", 3))
    same("stock", bench.goods()["stock"], 2)


@check()
def it_sells_nothing_it_does_not_have(bench: Bench) -> None:
    _impossible("buying an unknown SKU", lambda: bench.control.buy("HG-KHONG-CO", 1))


@check()
def an_order_takes_its_steps_in_turn(bench: Bench) -> None:
    order_no = bench.an_order()
    _impossible("delivering a new order", lambda: bench.control.advance(order_no, "delivered"))
    same("the state there", bench.order_row(order_no)["status"], "new")


@check()
def it_empties_when_it_is_told_to(bench: Bench) -> None:
    bench.an_order()
    bench.fail("http_500", times=None)
    bench.control.reset()
    state = bench.state()
    same("goods and orders", (state["products"], state["orders"]), ([], []))
    bench.shop.find("HG-1")


@check()
def a_planned_failure_strikes_as_often_as_said(bench: Bench) -> None:
    bench.shop.open_shop()
    bench.fail("http_500", times=2)
    made = bench.calls(lambda: bench.shop.find("HG-1"))
    same("answers", [call.status[:3] for call in made][:2], ["500", "500"])
    expect(not made[-1].status.startswith("500"), "the third call failed too")


@check()
def a_failure_nobody_knows_is_refused_with_a_sentence(bench: Bench) -> None:
    said = _impossible("planning “sét đánh”", lambda: bench.fail("sét đánh"))
    expect("sét đánh" in said, f"the refusal does not name what was wrong: {said}")


@check()
def a_switch_nobody_knows_is_refused_with_a_sentence(bench: Bench) -> None:
    said = _impossible("switching “khong_co”", lambda: bench.control.settings(khong_co=1))
    expect("khong_co" in said, f"the refusal does not name what was wrong: {said}")


@check()
def it_notes_calls_above_the_rate(bench: Bench) -> None:
    bench.shop.open_shop()
    bench.control.settings(rate_per_second=1)
    for number in range(4):
        bench.unharmed(lambda number=number: bench.shop.find(f"HG-{number}"))
    expect("rate_limit" in bench.violations(), "calls above the rate were not noted")


@check()
def it_notes_a_create_that_is_repeated(bench: Bench) -> None:
    creating = bench.creating()
    made = bench.calls(lambda: bench.shop.create(bench.offer()))
    (create,) = [call for call in made if call.name == creating]
    bench.wire.again(create)
    expect("duplicate_create" in bench.violations(), "a repeated create was not noted")


@check()
def a_way_it_does_not_have_is_no_server_error(bench: Bench) -> None:
    client = bench.app.test_client()
    for path in ("/khong-co-duong-nay", "/", "/api/x"):
        status = client.get(path).status_code
        expect(status < 500, f"GET {path} was answered with {status}")


@check()
def a_stranger_without_a_token_gets_nothing(bench: Bench) -> None:
    made = bench.calls(bench.found) if bench.published() else []
    call = made[-1]
    for name in [name for name in call.environ if name.startswith("HTTP_")]:
        if name not in ("HTTP_HOST",):
            call.environ.pop(name)
    bench.wire.again(call)
    expect(b"HG-CAM-1" not in call.body, f"{call.name} told goods to a stranger: {call.status}")
