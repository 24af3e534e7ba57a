"""The statement of one household: every amount of its goods, line by line, and what is left."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_
from sqlmodel import Session, col, func, select

from catalog.models import Household, Person
from catalog.scopes import household_in_scope
from marketplace.accounts.models import Account
from marketplace.core.i18n import N_
from marketplace.core.tables import Cell, Sheet, Words
from marketplace.core.text import fold
from marketplace.core.units import date_vi, datetime_vi
from marketplace.selling.models import Listing, Offer, OrderLine, Shop
from marketplace.selling.pages import PAGE
from marketplace.selling.settling.models import (
    KIND_LABELS,
    KINDS,
    Statement,
    StatementLine,
    StatementShare,
)
from marketplace.selling.settling.reading import HouseholdMoney, as_amounts, sums_of
from marketplace.selling.settling.sharing import amounts_of

MOST_ROWS = 20_000  #: of a file


@dataclass(frozen=True)
class MoneyRow:
    """One amount of a household: a share with what it is of."""

    share: StatementShare
    line: StatementLine
    shop: Shop
    title: str  #: of the goods; "" when no order line is meant

    @property
    def amounts(self) -> Mapping[str, int]:
        return amounts_of(self.share)

    @property
    def total_vnd(self) -> int:
        return sum(self.amounts.values())

    @property
    def gross_vnd(self) -> int:
        return self.share.goods_vnd + self.share.marketplace_voucher_vnd


@dataclass(frozen=True)
class Period:
    """Local days, both included."""

    first: date
    last: date


def money_rows(
    db: Session, household: Household, period: Period, *, number: int = 1, most: int = PAGE
) -> tuple[list[MoneyRow], bool]:
    """One page of a household's amounts, newest first, and whether there are more."""
    rows = (
        select(StatementShare, StatementLine, Shop, func.coalesce(Offer.title, OrderLine.sku, ""))
        .join(StatementLine, col(StatementLine.id) == StatementShare.line_id)
        .join(Statement, col(Statement.id) == StatementLine.statement_id)
        .join(Shop, col(Shop.id) == Statement.shop_id)
        .join(OrderLine, col(OrderLine.id) == StatementShare.order_line_id, isouter=True)
        .join(Listing, col(Listing.id) == OrderLine.listing_id, isouter=True)
        .join(Offer, col(Offer.id) == Listing.offer_id, isouter=True)
        .where(_of(household, period))
        .order_by(col(StatementLine.day).desc(), col(StatementShare.id).desc())
    )
    found = db.exec(rows.offset((number - 1) * most).limit(most + 1)).all()
    return [MoneyRow(*row) for row in found[:most]], len(found) > most


def money_of(db: Session, household: Household, period: Period) -> HouseholdMoney:
    """A household's amounts by kind."""
    sums = select(*sums_of(StatementShare)).join(
        StatementLine, col(StatementLine.id) == StatementShare.line_id
    )
    return HouseholdMoney(household, "", as_amounts(db.exec(sums.where(_of(household, period))).one()))


def households_with_money(
    db: Session, actor: Account, query: str, number: int
) -> tuple[list[HouseholdMoney], bool]:
    """Households in sight that statements gave money, by code; found by code or head's name."""
    rows = (
        select(Household, func.max(Person.name), *sums_of(StatementShare))
        .select_from(StatementShare)
        .join(Household, col(Household.id) == StatementShare.household_id)
        .join(Person, and_(col(Person.household_id) == Household.id, col(Person.is_head)), isouter=True)
        .where(household_in_scope(actor))
        .group_by(col(Household.id))
        .order_by(col(Household.code))
    )
    if query:
        rows = rows.where(_found(query))
    found = db.exec(rows.offset((number - 1) * PAGE).limit(PAGE + 1)).all()
    money = [
        HouseholdMoney(household, head or "", as_amounts(sums)) for household, head, *sums in found[:PAGE]
    ]
    return money, len(found) > PAGE


def head_name(db: Session, household: Household) -> str:
    heads = select(Person.name).where(Person.household_id == household.id, col(Person.is_head))
    return db.exec(heads).first() or ""


def sheet_of(
    money: HouseholdMoney, rows: list[MoneyRow], period: Period, *, head: str, now: datetime, say: Words
) -> Sheet:
    """The same as a file for Excel, the sums last."""
    if money.household is None:
        raise ValueError("a statement of nobody")
    kinds = [kind for kind in KINDS if money.amounts[kind] or any(row.amounts.get(kind) for row in rows)]
    heads = (N_("Ngày"), N_("Sàn"), N_("Gian hàng"), N_("Số đơn"), N_("Hàng"), N_("Nội dung"))
    lines: list[tuple[Cell, ...]] = [
        (
            row.line.day, row.shop.marketplace, row.shop.name, row.line.order_no or "", row.title,
            row.line.words, *(row.amounts.get(kind, 0) for kind in kinds), row.total_vnd,
        )
        for row in rows
    ]  # fmt: skip
    sums: tuple[Cell, ...] = (*(money.amounts[kind] for kind in kinds), money.total_vnd)
    about = [
        (say(N_("Báo cáo")), say(N_("Tiền hàng của hộ"))),
        (say(N_("Hộ")), f"{money.household.code} · {head}"),
        (say(N_("Kỳ")), f"{date_vi(period.first)} – {date_vi(period.last)}"),
        (say(N_("Lập lúc")), datetime_vi(now)),
    ]
    named = [say(one) for one in heads] + [say(KIND_LABELS[kind]) for kind in kinds] + [say(N_("Còn lại"))]
    return Sheet(about, named, lines, (say(N_("Cộng")), *[None] * 5, *sums))


def _of(household: Household, period: Period) -> ColumnElement[bool]:
    return and_(
        col(StatementShare.household_id) == household.id,
        col(StatementLine.day) >= period.first,
        col(StatementLine.day) <= period.last,
    )


def _found(query: str) -> ColumnElement[bool]:
    by_code = col(Household.code).icontains(query, autoescape=True)
    return by_code | col(Person.name_fold).contains(fold(query), autoescape=True)
