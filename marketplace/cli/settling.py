"""Commands of settlement: take a marketplace's file, and check that every đồng has an owner."""

import sys
from pathlib import Path
from typing import Any

import click
from sqlmodel import Session, col, select

from marketplace.cli.common import emit, json_option, lensan, ready, transaction
from marketplace.core import clock
from marketplace.core.audit import SYSTEM
from marketplace.core.db import found
from marketplace.core.units import vnd
from marketplace.selling.models import Order, Shop
from marketplace.selling.settling.importing import import_statement
from marketplace.selling.settling.models import Statement
from marketplace.selling.settling.reading import Overview, missing_orders, overview

_MOST = 1_000_000  #: orders without money that are told


@lensan.group()
def settle() -> None:
    """Đối soát tiền hàng với các sàn."""


@settle.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--shop", "shop_id", required=True, type=int, help="Số (id) của gian hàng.")
@json_option
def import_(file: Path, shop_id: int, *, as_json: bool) -> None:
    """Nhập tệp đối soát FILE của một gian hàng; nhập lại tệp cũ không đổi gì."""
    with transaction(ready()) as db:
        shop = found(db, Shop, shop_id)
        statement = import_statement(db, SYSTEM, shop, file.name, file.read_bytes(), now=clock.now())
        facts = _facts(statement, overview(db, statement))
    words = f"Bảng {facts['number']}: {facts['lines']} dòng, {facts['open']} dòng chưa rõ."
    emit(facts, as_json=as_json, words=words)


@settle.command()
@json_option
def check(*, as_json: bool) -> None:
    """Kiểm từng bảng đối soát: tiền các hộ, đơn vị và chưa rõ cộng lại đúng bằng tiền sàn trả.

    Mã thoát 1 khi có bảng lệch hoặc còn dòng chưa rõ.
    """
    with transaction(ready(), writing=False) as db:
        rows = [
            _facts(statement, overview(db, statement))
            for statement in db.exec(select(Statement).order_by(col(Statement.id)))
        ]
        unpaid = _unpaid(db)
    told = {"statements": rows, "delivered_and_unpaid": unpaid}
    words = [
        f"{row['number']}: sàn trả {vnd(row['payout_vnd'])}, "
        f"chưa rõ {row['open']} dòng, lệch {row['difference_vnd']} đồng"
        for row in rows
    ]
    words.append(f"{len(unpaid)} đơn đã giao chưa thấy sàn trả tiền.")
    emit(told, as_json=as_json, words="\n".join(words))
    if any(row["open"] or row["difference_vnd"] for row in rows):
        sys.exit(1)


def _unpaid(db: Session) -> list[str]:
    """Delivered orders of shops that were settled at least once, which no statement pays for."""
    settled = col(Order.shop_id).in_(select(Statement.shop_id))
    return [order.order_no for order in missing_orders(db, settled, most=_MOST)]


def _facts(statement: Statement, shown: Overview) -> dict[str, Any]:
    shared, sellers, waiting = (sum(part.values()) for part in (shown.shared, shown.sellers, shown.waiting))
    return {
        "number": statement.number,
        "lines": shown.lines,
        "open": shown.open,
        "repeated": shown.repeated,
        "payout_vnd": statement.payout_vnd,
        "settled_before_vnd": shown.repeated_vnd,
        "households_vnd": shared,
        "seller_vnd": sellers,
        "waiting_vnd": waiting,
        "difference_vnd": statement.payout_vnd - shown.repeated_vnd - shared - sellers - waiting,
    }
