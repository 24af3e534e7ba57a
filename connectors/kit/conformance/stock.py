"""Writing stock for many goods at once: each row gets its own answer."""

from connectors.kit.conformance.bench import Bench
from connectors.kit.conformance.checks import Failed, check, expect, same
from connectors.kit.errors import ConnectorError, Unavailable
from connectors.kit.protocol import PriceAndStock


def some_rows(bench: Bench, count: int, packs: int = 5) -> list[PriceAndStock]:
    """Published goods, and the stock to write for them."""
    skus = [f"HG-{number}" for number in range(count)]
    return [PriceAndStock(bench.published(sku), sku, 150_000, packs) for sku in skus]


def stocks(bench: Bench) -> list[int]:
    """The stock of each product, in the order they were created."""
    return [row["stock"] for row in bench.state()["products"]]


@check()
def stock_is_written_for_each_row(bench: Bench) -> None:
    rows = [
        PriceAndStock(row.remote_id, row.sku, row.price_vnd, number + 1)
        for number, row in enumerate(some_rows(bench, 3))
    ]
    results = bench.shop.set_price_and_stock(rows)
    same("results", [(result.sku, result.error) for result in results], [(row.sku, None) for row in rows])
    same("stocks", stocks(bench), [1, 2, 3])


@check()
def one_batch_is_one_call(bench: Bench) -> None:
    rows = some_rows(bench, min(4, bench.limits.price_batch))
    made = bench.calls(lambda: bench.shop.set_price_and_stock(rows))
    same("calls", len(made), 1)


@check()
def results_come_in_the_order_of_the_rows(bench: Bench) -> None:
    rows = some_rows(bench, 5)[::-1]
    results = [result for row in rows for result in bench.shop.set_price_and_stock([row])]
    together = bench.shop.set_price_and_stock(rows[: bench.limits.price_batch])
    skus = [row.sku for row in rows]
    same("SKUs one by one", [result.sku for result in results], skus)
    same("SKUs together", [result.sku for result in together], skus[: bench.limits.price_batch])


@check()
def a_full_batch_is_taken(bench: Bench) -> None:
    rows = some_rows(bench, bench.limits.price_batch)
    results = bench.shop.set_price_and_stock(rows)
    same("errors", [result.error for result in results if result.error], [])
    same("stocks", set(stocks(bench)), {5})


@check()
def more_rows_than_a_call_takes_are_a_mistake_of_the_caller(bench: Bench) -> None:
    rows = [PriceAndStock("1", "HG-1", 150_000, 1)] * (bench.limits.price_batch + 1)
    before = len(bench.wire.calls)
    try:
        bench.shop.set_price_and_stock(rows)
    except ValueError:
        same("calls made", len(bench.wire.calls), before)
        return
    raise Failed("more rows than limits.price_batch were taken; expected ValueError and no call")


@check()
def an_empty_batch_needs_no_call(bench: Bench) -> None:
    results: list[object] = []
    made = bench.calls(lambda: results.extend(bench.shop.set_price_and_stock([])))
    same("calls and results", (made, results), ([], []))


@check()
def stock_that_is_written_changes_neither_price_nor_text(bench: Bench) -> None:
    rows = some_rows(bench, 1)
    before = bench.goods("HG-0")
    bench.shop.set_price_and_stock(rows)
    after = bench.goods("HG-0")
    for name in ("title", "price_vnd", "status", "remote_id"):
        same(name, after[name], before[name])


@check()
def no_stock_means_no_sale(bench: Bench) -> None:
    (row,) = some_rows(bench, 1, packs=0)
    bench.shop.set_price_and_stock([row])
    expect(not bench.can_be_bought("HG-0"), "goods with no stock can be bought")
    bench.shop.set_price_and_stock([PriceAndStock(row.remote_id, row.sku, row.price_vnd, 2)])
    expect(bench.can_be_bought("HG-0"), "goods that are in stock again cannot be bought")


@check()
def no_more_is_sold_than_there_is(bench: Bench) -> None:
    (row,) = some_rows(bench, 1, packs=2)
    bench.shop.set_price_and_stock([row])
    sold = [bench.can_be_bought("HG-0") for _ in range(4)]
    same("sales of a stock of two", sold, [True, True, False, False])


@check()
def a_partly_refused_batch_names_its_bad_rows(bench: Bench) -> None:
    rows = some_rows(bench, 6)
    writing = bench.writer(lambda: bench.shop.set_price_and_stock(_with(rows, 6)))
    for seed in range(4):
        bench.fail("partial_failure", writing, seed=seed)
        results = bench.shop.set_price_and_stock(_with(rows, 10 + seed))
        refused = {result.sku for result in results if result.error}
        missed = {row["sku"] for row in bench.state()["products"] if row["stock"] != 10 + seed}
        expect(missed, "the mock refused no row of a planned partial failure")
        unclear = [result for result in results if getattr(result.error, "maybe_done", False)]
        expect(refused == missed or (unclear and missed <= refused), f"{missed} failed, {refused} were named")
        for result in results:
            expect(result.error is None or isinstance(result.error, ConnectorError), f"{result.error!r}")


def _with(rows: list[PriceAndStock], packs: int) -> list[PriceAndStock]:
    return [PriceAndStock(row.remote_id, row.sku, row.price_vnd, packs) for row in rows]


@check()
def a_row_that_is_gone_spoils_no_other(bench: Bench) -> None:
    gone = PriceAndStock(bench.published("HG-GONE"), "HG-GONE", 150_000, 5)
    bench.control.reset()
    rows = some_rows(bench, 3)
    results = bench.shop.set_price_and_stock([rows[0], gone, *rows[1:]])
    same("SKUs", [result.sku for result in results], ["HG-0", "HG-GONE", "HG-1", "HG-2"])
    expect(results[1].error is not None, "a row that is gone was a success")
    same("stocks of the others", stocks(bench), [5, 5, 5])


@check()
def a_batch_whose_answer_was_lost_is_unclear_or_said_again(bench: Bench) -> None:
    rows = some_rows(bench, 3)
    writing = bench.writer(lambda: bench.shop.set_price_and_stock(_with(rows, 6)))
    bench.fail("timeout_after", writing)
    results: list[object] = []
    error = bench.unharmed(lambda: results.extend(r.error for r in bench.shop.set_price_and_stock(rows)))
    errors = [error] if error else [one for one in results if one]
    for one in errors:
        unclear = isinstance(one, Unavailable) and one.maybe_done
        expect(unclear, f"a batch whose answer was lost was told as {one!r}")
    same("stocks", stocks(bench), [5, 5, 5])


@check()
def a_batch_that_was_lost_can_be_said_again(bench: Bench) -> None:
    rows = some_rows(bench, 3)
    writing = bench.writer(lambda: bench.shop.set_price_and_stock(_with(rows, 6)))
    bench.fail("reset", writing)
    bench.unharmed(lambda: bench.shop.set_price_and_stock(rows))
    bench.control.faults([])
    results = bench.shop.set_price_and_stock(rows)
    same("errors", [result.error for result in results], [None] * 3)
    same("stocks", stocks(bench), [5, 5, 5])
