"""Settlement statements, where a marketplace hands them out: every đồng of the truth is in the file."""

import csv
import io
from collections import Counter
from datetime import date
from typing import Any

from python_calamine import CalamineWorkbook

from connectors.kit.conformance.bench import Bench
from connectors.kit.conformance.checks import check, expect, same
from connectors.kit.statements import BadStatement, Statement, Table

FIRST, LAST = date(2021, 12, 1), date(2021, 12, 31)


def tables_of(name: str, content: bytes) -> list[Table]:
    """The tables of a file that a mock made."""
    if name.endswith(".csv"):
        return [list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))]
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return [book.get_sheet_by_name(sheet).to_python(skip_empty_area=False) for sheet in book.sheet_names]


def a_season(bench: Bench) -> None:
    """Orders of every end, a refund, and an amount of no order."""
    bench.published(packs=100)
    for steps in (("delivered",), ("delivered", "returned"), ("refused",)):
        order_no = bench.buy("HG-CAM-1", 3)
        for step in ("confirmed", "shipped", *steps):
            bench.clock.seconds += 60
            bench.control.advance(order_no, step, packs=1 if step == "returned" else None)
    bench.control.refund(bench.state()["orders"][0]["order_no"], 20_000)
    bench.control.adjust(-5_000, "Phí quảng cáo tháng 12")


def read(bench: Bench) -> Statement | None:
    """What is read from the file of the month; None for a marketplace without files."""
    if bench.marketplace.read_statement is None:
        return None
    return bench.marketplace.read_statement(tables_of(*bench.control.settlement(FIRST, LAST)))


def _told(truth: dict[str, Any]) -> Counter[tuple[str, str, str]]:
    told: Counter[tuple[str, str, str]] = Counter()
    for line in truth["lines"]:
        told[line["key"], line["order_no"] or "", line["kind"]] += line["amount_vnd"]
    return told


@check()
def a_statement_tells_every_dong(bench: Bench) -> None:
    a_season(bench)
    statement = read(bench)
    if statement is None:
        return
    truth = bench.control.settlement_truth(FIRST, LAST)
    found: Counter[tuple[str, str, str]] = Counter()
    for row in statement.rows:
        found.update({(row.key, row.order_no or "", str(kind)): vnd for kind, vnd in row.amounts.items()})
    same("amounts", found, _told(truth))
    same("payout", statement.payout_vnd, truth["payout_vnd"])
    same("sum of the rows", sum(row.total_vnd for row in statement.rows), statement.payout_vnd)
    same("days", (statement.first, statement.last), (FIRST, LAST))
    expect(statement.number, "the statement has no number")


@check()
def entries_of_a_statement_keep_their_keys(bench: Bench) -> None:
    a_season(bench)
    before = read(bench)
    bench.control.adjust(7_000, "Hỗ trợ")
    after = read(bench)
    if before is None or after is None:
        return
    keys = [row.key for row in before.rows]
    same("keys told twice", [key for key, times in Counter(keys).items() if times > 1], [])
    same("keys of the first statement in the second", [row.key for row in after.rows][: len(keys)], keys)


@check()
def an_empty_month_is_an_empty_statement(bench: Bench) -> None:
    statement = read(bench)
    if statement is not None:
        same("rows and payout", (statement.rows, statement.payout_vnd), ((), 0))


@check()
def a_statement_that_breaks_off_is_refused(bench: Bench) -> None:
    a_season(bench)
    if bench.marketplace.read_statement is None:
        return
    tables = tables_of(*bench.control.settlement(FIRST, LAST))
    try:
        bench.marketplace.read_statement([table[:-1] for table in tables])
    except BadStatement as refusal:
        expect(str(refusal).endswith("."), f"“{refusal}” is no sentence")
    else:
        expect(fact=False, otherwise="a statement without its last line was read")


@check()
def another_list_is_no_statement(bench: Bench) -> None:
    if bench.marketplace.read_statement is None:
        return
    try:
        bench.marketplace.read_statement([[["Họ tên chủ hộ", "Xã"], ["Hoàng Thị Vén", "Xã Vĩnh Hảo"]]])
    except BadStatement as refusal:
        expect(str(refusal).endswith("."), f"“{refusal}” is no sentence")
    else:
        expect(fact=False, otherwise="a list of households was read as a statement")
