"""A settlement file comes in: read, compared with what was settled before, matched. And goes out again."""

import hashlib
import json
from collections import defaultdict
from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlmodel import Session, col, func, select

from marketplace.core.audit import Actor, note
from marketplace.core.db import locked
from marketplace.core.errors import Refused
from marketplace.core.i18n import N_
from marketplace.selling.models import Order, Shop
from marketplace.selling.settling.files import tables_of
from marketplace.selling.settling.matching import match
from marketplace.selling.settling.models import (
    KINDS,
    LineState,
    Statement,
    StatementLine,
    StatementShare,
)
from marketplace.selling.sync.statements import Row, ToldStatement, read_statement

_AT_ONCE = 500  #: values in one IN


class OtherContent(Refused):
    sentence = N_(
        "Bảng đối soát số %(number)s đã nhập lúc trước với nội dung khác. "
        "Hãy hoàn tác bảng cũ trước nếu tệp này mới đúng."
    )
    status = 422
    field = "file"


class OfAnotherShop(Refused):
    sentence = N_(
        "Đơn %(order_no)s trong tệp là của gian hàng “%(shop)s”. Hãy chọn đúng gian hàng rồi gửi lại."
    )
    status = 422
    field = "file"


class WrongDays(Refused):
    sentence = N_("Bảng đối soát ghi ngày cuối trước ngày đầu. Hãy tải lại tệp từ sàn.")
    status = 422
    field = "file"


class KeyMissing(Refused):
    sentence = N_(
        "Dòng thứ %(row)s của bảng không có mã giao dịch. Hãy tải lại tệp từ sàn, không sửa trong Excel."
    )
    status = 422
    field = "file"


class TooLong(Refused):
    sentence = N_("Bảng đối soát có mã dài quá mức cho phép. Hãy tải lại tệp từ sàn, không sửa trong Excel.")
    status = 422
    field = "file"


class LaterNeedsIt(Refused):
    sentence = N_("Bảng %(number)s nhập sau có nhắc lại dòng của bảng này. Hãy hoàn tác bảng đó trước.")


class SomebodyClosed(Refused):
    sentence = N_("Đã có người đóng %(lines)s dòng của bảng này. Hãy mở lại các dòng đó rồi mới hoàn tác.")


def import_statement(
    db: Session, actor: Actor, shop: Shop, name: str, content: bytes, *, now: datetime
) -> Statement:
    """Take a settlement file of a shop; the same one again changes nothing and returns the first.

    Refuses what is no statement of this shop's marketplace, one of another shop, and other content under a
    number that is there. Lines that an earlier statement settled count nothing and are shown.
    """
    told = read_statement(shop.marketplace, tables_of(content))
    _check(told)
    locked(db, Shop, shop.id or 0)  # two imports at once would both take a line for new
    digest = _digest(told)
    known = db.exec(
        select(Statement).where(Statement.shop_id == shop.id, Statement.number == told.number)
    ).first()
    if known is not None and known.sha256 != digest:
        raise OtherContent(number=told.number)
    if known is not None:
        return known
    _refuse_other_shops(db, shop, told)
    statement = Statement(
        shop_id=shop.id or 0,
        number=told.number,
        first_day=told.first,
        last_day=told.last,
        payout_vnd=told.payout_vnd,
        sha256=digest,
        file_name=name[-120:],
        imported_at=now,
        imported_by=actor.actor_id,
    )
    db.add(statement)
    db.flush()
    db.add_all(_lines(db, statement, told))
    db.flush()
    explained = match(db, col(StatementLine.statement_id) == statement.id)
    note(
        db,
        actor,
        "statement.imported",
        statement,
        number=told.number,
        lines=len(told.rows),
        explained=explained,
    )
    return statement


def undo_import(db: Session, actor: Actor, statement: Statement) -> None:
    """Take a statement out again; refuses while a person's decision or a later statement rests on it."""
    locked(db, Shop, statement.shop_id)
    closed = db.exec(
        select(func.count()).where(
            StatementLine.statement_id == statement.id, col(StatementLine.closed_at).is_not(None)
        )
    ).one()
    if closed:
        raise SomebodyClosed(lines=closed)
    own = select(StatementLine.key).where(StatementLine.statement_id == statement.id, StatementLine.row > 0)
    later = db.exec(
        select(Statement.number)
        .join(StatementLine, col(StatementLine.statement_id) == Statement.id)
        .where(Statement.shop_id == statement.shop_id, col(Statement.id) > statement.id)
        .where(col(StatementLine.key).in_(own))
    ).first()
    if later is not None:
        raise LaterNeedsIt(number=later)
    lines = select(StatementLine.id).where(StatementLine.statement_id == statement.id)
    note(db, actor, "statement.undone", statement, number=statement.number, payout_vnd=statement.payout_vnd)
    db.execute(delete(StatementShare).where(col(StatementShare.line_id).in_(lines)))
    db.execute(delete(StatementLine).where(col(StatementLine.statement_id) == statement.id))
    db.delete(statement)
    db.flush()


def _check(told: ToldStatement) -> None:
    if told.last < told.first:
        raise WrongDays
    for number, row in enumerate(told.rows, 1):
        if not row.key:
            raise KeyMissing(row=number)
        if len(row.key) > 80 or len(row.order_no or "") > 40 or len(row.sku or "") > 80:
            raise TooLong
    if len(told.number) > 60:
        raise TooLong


def _digest(told: ToldStatement) -> str:
    """Of what was read: a file that Excel saved again is the same statement."""
    rows = [
        [
            row.key,
            row.day.isoformat(),
            row.order_no,
            row.sku,
            {str(kind): vnd for kind, vnd in row.amounts.items()},
        ]
        for row in told.rows
    ]
    about = [told.number, told.first.isoformat(), told.last.isoformat(), told.payout_vnd, rows]
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()


def _refuse_other_shops(db: Session, shop: Shop, told: ToldStatement) -> None:
    numbers = sorted({row.order_no for row in told.rows if row.order_no})
    for start in range(0, len(numbers), _AT_ONCE):
        foreign = db.exec(
            select(Order.order_no, Shop.name)
            .join(Shop, col(Shop.id) == Order.shop_id)
            .where(Order.marketplace == shop.marketplace, Order.shop_id != shop.id)
            .where(col(Order.order_no).in_(numbers[start : start + _AT_ONCE]))
        ).first()
        if foreign is not None:
            raise OfAnotherShop(order_no=foreign[0], shop=foreign[1])


def _lines(db: Session, statement: Statement, told: ToldStatement) -> list[StatementLine]:
    """The rows as lines: each counts what it adds to what was told of its entry before."""
    settled = _settled(db, statement, told)
    lines = [_line(statement, number, row, settled) for number, row in enumerate(told.rows, 1)]
    rest = told.payout_vnd - sum(row.total_vnd for row in told.rows)
    if rest:
        lines.append(
            StatementLine(
                statement_id=statement.id or 0,
                row=0,
                key="",
                day=told.last,
                told_vnd=rest,
                state=LineState.PAYOUT,
                adjustment_vnd=rest,
            )
        )
    return lines


def _line(statement: Statement, number: int, row: Row, settled: dict[str, dict[str, int]]) -> StatementLine:
    amounts = {f"{kind}_vnd": vnd for kind, vnd in row.amounts.items()}
    before = settled.get(row.key)
    if before is not None:
        amounts = {kind: amounts.get(kind, 0) - before.get(kind, 0) for kind in KINDS}
    settled[row.key] = {kind: (before or {}).get(kind, 0) + amounts.get(kind, 0) for kind in KINDS}
    state = LineState.NO_ORDER if row.order_no else LineState.NO_NUMBER
    if before is not None:
        state = LineState.CHANGED if any(amounts.values()) else LineState.REPEATED
    about: dict[str, Any] = dict(amounts)
    return StatementLine(
        statement_id=statement.id or 0,
        row=number,
        key=row.key,
        day=row.day,
        order_no=row.order_no,
        sku=row.sku,
        words=row.words[:200],
        told_vnd=row.total_vnd,
        state=state,
        **about,
    )


def _settled(db: Session, statement: Statement, told: ToldStatement) -> dict[str, dict[str, int]]:
    """What the shop's other statements told of these entries, by kind."""
    keys = sorted({row.key for row in told.rows})
    sums: list[Any] = [func.sum(getattr(StatementLine, kind)) for kind in KINDS]
    settled: dict[str, dict[str, int]] = defaultdict(dict)
    for start in range(0, len(keys), _AT_ONCE):
        rows = db.exec(
            select(StatementLine.key, *sums)
            .join(Statement, col(Statement.id) == StatementLine.statement_id)
            .where(Statement.shop_id == statement.shop_id, StatementLine.row > 0)
            .where(col(StatementLine.key).in_(keys[start : start + _AT_ONCE]))
            .group_by(StatementLine.key)
        )
        for key, *amounts in rows:
            settled[key] = dict(zip(KINDS, map(int, amounts), strict=True))
    return dict(settled)
