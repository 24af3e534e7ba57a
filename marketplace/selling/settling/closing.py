"""What no order explains waits until a person says, in words, whose money it is; and may open it again."""

from datetime import datetime

from pydantic import Field
from sqlalchemy import delete
from sqlmodel import Session, col, func, select

from catalog.models import Household
from marketplace.core.audit import Actor, note
from marketplace.core.db import locked
from marketplace.core.errors import Refused
from marketplace.core.forms import Line, MaybeLine, Typed
from marketplace.core.i18n import N_
from marketplace.selling.models import Shop
from marketplace.selling.settling.facts import books_for
from marketplace.selling.settling.matching import keep, match
from marketplace.selling.settling.models import (
    MAY_BE_EXPLAINED,
    SETTLED,
    Statement,
    StatementLine,
    StatementShare,
    Whose,
)
from marketplace.selling.settling.sharing import Owner, Vnd, amounts_of, share_by, share_out


class NothingToClose(Refused):
    sentence = N_("Dòng này đã khớp hoặc đã được đóng. Hãy tải lại trang để xem.")


class NotClosed(Refused):
    sentence = N_("Dòng này không do ai đóng nên không mở lại được.")


class NoOrderToShare(Refused):
    sentence = N_("Chưa biết đơn của dòng này nên chưa chia theo đơn được. Hãy chọn cách khác.")
    field = "to"
    status = 422


class NobodyToShare(Refused):
    sentence = N_("Bảng này chưa có hộ nào được chia tiền hàng. Hãy chọn cách khác.")
    field = "to"
    status = 422


class UnknownHousehold(Refused):
    sentence = N_("Không có hộ nào mang mã này. Hãy ghi mã hộ như trên thẻ hộ, ví dụ HG-000123.")
    field = "household"
    status = 422


class CloseIn(Typed):
    """Whose money, and why."""

    to: Whose = Field(title=N_("Tiền này của ai"))
    household: MaybeLine = Field(default=None, title=N_("Mã hộ"))
    why: Line = Field(title=N_("Giải thích"))


def close_line(
    db: Session, actor: Actor, line: StatementLine, data: CloseIn, *, now: datetime
) -> StatementLine:
    """Give a waiting line to somebody, with a person's words; its whole amount is shared exactly.

    Refuses a line that does not wait, an order or household nobody knows, and sharing among nobody.
    """
    line = locked(db, StatementLine, line.id or 0)
    if line.state in SETTLED or line.closed_at is not None:
        raise NothingToClose
    keep(db, line, _shares(db, line, data))
    line.closed_at, line.closed_by = now, actor.actor_id
    line.closed_to, line.closed_words = data.to, data.why
    db.add(line)
    note(db, actor, "statement_line.closed", line, to=data.to.value, words=data.why, vnd=_total(line))
    return line


def reopen_line(db: Session, actor: Actor, line: StatementLine) -> StatementLine:
    """Take a closing back: the line waits again, or is explained by what is known of its order meanwhile."""
    line = locked(db, StatementLine, line.id or 0)
    if line.closed_at is None:
        raise NotClosed
    db.execute(delete(StatementShare).where(col(StatementShare.line_id) == line.id))
    note(db, actor, "statement_line.reopened", line, words=line.closed_words)
    line.closed_at = line.closed_by = line.closed_to = None
    line.closed_words = ""
    db.add(line)
    db.flush()
    if line.state in MAY_BE_EXPLAINED:
        match(db, col(StatementLine.id) == line.id)
    return line


def _shares(db: Session, line: StatementLine, data: CloseIn) -> list[tuple[Owner, Vnd]]:
    amounts = amounts_of(line)
    seller = _seller(db, line)
    if data.to == Whose.SELLER:
        return [(Owner(seller), amounts)]
    if data.to == Whose.HOUSEHOLD:
        return [(Owner(seller, _household(db, data.household)), amounts)]
    if data.to == Whose.ORDER:
        return _as_the_order(db, line)
    weights = _brought(db, line.statement_id)
    owners = [Owner(seller, household_id) for household_id in weights]
    parts = share_by(amounts, list(weights.values()))
    return [(owner, part) for owner, part in zip(owners, parts, strict=True) if part]


def _as_the_order(db: Session, line: StatementLine) -> list[tuple[Owner, Vnd]]:
    books = books_for(db, col(StatementLine.id) == line.id)
    order = next(iter(books.orders.values()), None)
    goods = books.goods.get(order.id or 0) if order is not None else None
    if order is None or not goods:
        raise NoOrderToShare
    line.order_id = order.id
    return share_out(amounts_of(line), goods, sku=line.sku)


def _seller(db: Session, line: StatementLine) -> int:
    shops = select(Shop.producer_id).join(Statement, col(Statement.shop_id) == Shop.id)
    return db.exec(shops.where(Statement.id == line.statement_id)).one()


def _household(db: Session, code: str | None) -> int:
    found = db.exec(select(Household.id).where(Household.code == (code or "").upper())).first()
    if found is None:
        raise UnknownHousehold
    return found


def _brought(db: Session, statement_id: int) -> dict[int, int]:
    """What the goods of each household brought in a statement, less refunds; 0 and below is left out."""
    money = func.sum(
        StatementShare.goods_vnd + StatementShare.marketplace_voucher_vnd + StatementShare.refund_vnd
    )
    rows = db.exec(
        select(StatementShare.household_id, money)
        .join(StatementLine, col(StatementLine.id) == StatementShare.line_id)
        .where(StatementLine.statement_id == statement_id, col(StatementLine.closed_at).is_(None))
        .where(col(StatementShare.household_id).is_not(None))
        .group_by(col(StatementShare.household_id))
        .order_by(col(StatementShare.household_id))
    )
    brought = {household_id or 0: int(vnd) for household_id, vnd in rows if vnd > 0}
    if not brought:
        raise NobodyToShare
    return brought


def _total(line: StatementLine) -> int:
    return sum(amounts_of(line).values())
