"""What the pages of statements show: our orders, the marketplace's lines and the payout side by side."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists
from sqlmodel import Session, col, func, select

from catalog.models import Household, Person
from marketplace.selling.models import Order, OrderLine, Shop
from marketplace.selling.pages import PAGE
from marketplace.selling.settling.facts import books_for
from marketplace.selling.settling.judging import Told
from marketplace.selling.settling.models import (
    KINDS,
    SETTLED,
    LineState,
    Statement,
    StatementLine,
    StatementShare,
)

MOST_MISSING = 60  #: orders without money that a page lists


def is_open() -> ColumnElement[bool]:
    """Lines that wait for news or a person: "chưa rõ"."""
    return and_(~col(StatementLine.state).in_(SETTLED), col(StatementLine.closed_at).is_(None))


def sums_of(table: type[StatementLine] | type[StatementShare]) -> list[Any]:
    """One sum for each kind, 0 when there is nothing."""
    return [func.coalesce(func.sum(getattr(table, kind)), 0) for kind in KINDS]


def as_amounts(sums: Any) -> dict[str, int]:
    """The values of `sums_of` by kind."""
    return dict(zip(KINDS, map(int, sums), strict=True))


@dataclass(frozen=True)
class StatementRow:
    statement: Statement
    shop: Shop
    open: int  #: lines that wait


@dataclass(frozen=True)
class HouseholdMoney:
    """One household's part of a statement; `household` None: the seller's own."""

    household: Household | None
    head: str
    amounts: Mapping[str, int]

    @property
    def total_vnd(self) -> int:
        return sum(self.amounts.values())

    @property
    def gross_vnd(self) -> int:
        return self.amounts["goods_vnd"] + self.amounts["marketplace_voucher_vnd"]

    @property
    def kept_vnd(self) -> int:
        """Everything between what goods brought and what is left."""
        return self.total_vnd - self.gross_vnd


def _nothing() -> dict[str, int]:
    return dict.fromkeys(KINDS, 0)


@dataclass
class Overview:
    """A statement in figures, đồng by kind: shared + sellers + waiting = told, and Σ told = payout less
    `repeated_vnd`.
    """

    lines: int = 0
    open: int = 0
    repeated: int = 0
    repeated_vnd: int = 0  #: told here and settled by earlier statements
    closed: int = 0
    told: dict[str, int] = field(default_factory=_nothing)
    shared: dict[str, int] = field(default_factory=_nothing)  #: to households
    sellers: dict[str, int] = field(default_factory=_nothing)
    waiting: dict[str, int] = field(default_factory=_nothing)
    ours_vnd: int = 0  #: worth of the orders this statement pays, as our books say
    orders: int = 0

    @property
    def gross_vnd(self) -> int:
        return self.told["goods_vnd"] + self.told["marketplace_voucher_vnd"]


def statement_rows(
    db: Session, *, number: int, shop_id: int | None = None
) -> tuple[list[StatementRow], bool]:
    """One page of statements, newest first, and whether there are more."""
    waiting = select(StatementLine.statement_id, func.count().label("n")).where(is_open())
    counted = waiting.group_by(col(StatementLine.statement_id)).subquery()
    rows = (
        select(Statement, Shop, func.coalesce(counted.c.n, 0))
        .join(Shop, col(Shop.id) == Statement.shop_id)
        .join(counted, counted.c.statement_id == Statement.id, isouter=True)
        .order_by(col(Statement.last_day).desc(), col(Statement.id).desc())
    )
    if shop_id:
        rows = rows.where(Statement.shop_id == shop_id)
    found = db.exec(rows.offset((number - 1) * PAGE).limit(PAGE + 1)).all()
    return [StatementRow(*row) for row in found[:PAGE]], len(found) > PAGE


def overview(db: Session, statement: Statement) -> Overview:
    """The figures of a statement, in four statements."""
    shown, of_it = Overview(), col(StatementLine.statement_id) == statement.id
    group = case((col(StatementLine.closed_at).is_not(None), "closed"), else_=StatementLine.state)
    figures: list[Any] = [group, func.count(), func.sum(StatementLine.told_vnd), *sums_of(StatementLine)]
    for state, count, told_vnd, *sums in db.exec(select(*figures).where(of_it).group_by(group)):
        amounts = as_amounts(sums)
        shown.lines += count
        shown.repeated_vnd += int(told_vnd) - sum(amounts.values())
        _add(shown.told, amounts)
        if state == LineState.REPEATED:
            shown.repeated = count
        elif state == "closed":
            shown.closed = count
        elif state != LineState.EXPLAINED:
            shown.open += count
            _add(shown.waiting, amounts)
    sellers = col(StatementShare.household_id).is_(None)
    for theirs, *sums in db.exec(
        select(sellers, *sums_of(StatementShare))
        .join(StatementLine, col(StatementLine.id) == StatementShare.line_id)
        .where(of_it)
        .group_by(sellers)
    ):
        _add(shown.sellers if theirs else shown.shared, as_amounts(sums))
    shown.orders, shown.ours_vnd = _ours(db, of_it)
    return shown


def households_of(db: Session, statement: Statement) -> list[HouseholdMoney]:
    """Whose money a statement is, the seller's own first, then by household code."""
    rows = db.exec(
        select(Household, func.max(Person.name), *sums_of(StatementShare))
        .select_from(StatementShare)
        .join(StatementLine, col(StatementLine.id) == StatementShare.line_id)
        .join(Household, col(Household.id) == StatementShare.household_id, isouter=True)
        .join(Person, and_(col(Person.household_id) == Household.id, col(Person.is_head)), isouter=True)
        .where(StatementLine.statement_id == statement.id)
        .group_by(col(Household.id))
        .order_by(col(Household.code).is_not(None), col(Household.code))
    )
    return [HouseholdMoney(household, head or "", as_amounts(sums)) for household, head, *sums in rows]


def lines_of(
    db: Session, which: ColumnElement[bool], *, number: int
) -> tuple[list[tuple[StatementLine, Statement]], bool]:
    """One page of lines with their statements, in the order of the files, and whether there are more."""
    rows = (
        select(StatementLine, Statement)
        .join(Statement, col(Statement.id) == StatementLine.statement_id)
        .where(which)
        .order_by(col(StatementLine.statement_id).desc(), col(StatementLine.row))
    )
    found = db.exec(rows.offset((number - 1) * PAGE).limit(PAGE + 1)).all()
    return list(found[:PAGE]), len(found) > PAGE


def open_count(db: Session) -> int:
    """How many lines wait, of all statements."""
    return db.exec(select(func.count()).where(is_open())).one()


def missing_orders(db: Session, which: ColumnElement[bool], *, most: int = MOST_MISSING) -> list[Order]:
    """Delivered orders that no statement of their shop pays for, oldest first."""
    paid = exists().where(
        col(StatementLine.order_id) == col(Order.id),
        _pays(),
    )
    rows = select(Order).where(which, col(Order.delivered_at).is_not(None), ~paid, ~col(Order.sandbox))
    return list(db.exec(rows.order_by(col(Order.delivered_at), col(Order.id)).limit(most)))


def _ours(db: Session, of_it: ColumnElement[bool]) -> tuple[int, int]:
    """How many orders the lines pay for, and what they are worth in our books."""
    paid = select(StatementLine.order_id).where(
        of_it,
        col(StatementLine.order_id).is_not(None),
        _pays(),
    )
    taken = func.coalesce(OrderLine.delivered_packs, OrderLine.packs)
    worth = select(
        func.count(func.distinct(OrderLine.order_id)), func.coalesce(func.sum(taken * OrderLine.price_vnd), 0)
    ).where(col(OrderLine.order_id).in_(paid))
    orders, vnd = db.exec(worth).one()
    return int(orders), int(vnd)


def _pays() -> ColumnElement[bool]:
    return col(StatementLine.goods_vnd) + col(StatementLine.marketplace_voucher_vnd) != 0


def _add(to: dict[str, int], amounts: Mapping[str, int]) -> None:
    for kind, vnd in amounts.items():
        to[kind] += vnd


@dataclass(frozen=True)
class Compared:
    """An order as our books have it and as all statements told it, in đồng."""

    order: Order
    worth_vnd: int
    goods_vnd: int
    given_back_vnd: int
    refund_vnd: int


def compared(db: Session, line: StatementLine, shop: Shop) -> Compared | None:
    """Both sides of the order that a line names; None when there is none of ours."""
    books = books_for(db, col(StatementLine.id) == line.id)
    order = books.orders.get((shop.id or 0, line.order_no or ""))
    if order is None or order.id is None:
        return None
    known, told = books.known[order.id], books.told.get(order.id, Told())
    worth = sum(known.worth.values()) if known.delivered else 0
    return Compared(order, worth, sum(told.goods.values()), known.given_back, told.refund)


def shares_of(db: Session, line: StatementLine) -> list[tuple[StatementShare, Household | None]]:
    """Whose money a line is."""
    rows = (
        select(StatementShare, Household)
        .join(Household, col(Household.id) == StatementShare.household_id, isouter=True)
        .where(StatementShare.line_id == line.id)
        .order_by(col(StatementShare.id))
    )
    return [(share, household) for share, household in db.exec(rows)]
