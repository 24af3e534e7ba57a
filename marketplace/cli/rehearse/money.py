"""The money of a season: the mocks' statements imported, and their own memory beside our shares."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import Session, col, func, select

from connectors.kit.control import Control
from marketplace.cli.rehearse.goods import OPENS, Ware
from marketplace.cli.rehearse.office import UNION, Books
from marketplace.cli.rehearse.stage import Stage
from marketplace.cli.rehearse.truth import Figures
from marketplace.core.db import writing
from marketplace.core.units import local_day
from marketplace.selling.models import Shop
from marketplace.selling.settling.closing import CloseIn, close_line
from marketplace.selling.settling.importing import import_statement
from marketplace.selling.settling.models import (
    KINDS,
    SETTLED,
    LineState,
    Statement,
    StatementLine,
    StatementShare,
    Whose,
)

CORRECTION_VND = -50_000  #: that each marketplace takes for nothing anybody knows
HALF = timedelta(days=45)  #: the first statement of a season is about so many days
OVERLAP = timedelta(days=5)  #: which the second tells once more

Period = tuple[date, date]


def settle(stage: Stage, books: Books) -> None:
    """Import both statements of every marketplace, the first one twice; a person closes what is odd."""
    for name, control in stage.controls.items():
        control.adjust(CORRECTION_VND, "Điều chỉnh kỳ trước (diễn tập)")
        first, second = periods(stage.now())
        for period in (first, second, first):
            file, content = control.settlement(*period)
            with writing(stage.engine) as db:
                shop = db.get_one(Shop, books.shops[name])
                import_statement(db, books.office, shop, file, content, now=stage.now())
    with writing(stage.engine) as db:
        odd = select(StatementLine).where(StatementLine.state == LineState.NO_NUMBER)
        for line in db.exec(odd).all():
            data = CloseIn(to=Whose.SELLER, why="Liên hiệp chịu (diễn tập)")
            close_line(db, books.office, line, data, now=stage.now())


def periods(now: datetime) -> tuple[Period, Period]:
    """The days of both statements; some days are in both, and their money must count once."""
    edge = min(OPENS + HALF, local_day(now) - timedelta(days=1))
    return (OPENS, edge), (max(OPENS, edge - OVERLAP), local_day(now))


def paid(
    controls: Mapping[str, Control], now: datetime, wares: Mapping[tuple[str, str], Ware]
) -> tuple[Figures, Figures]:
    """The mocks' own memory of the season: đồng by marketplace, and by seller and kind.

    `wares` says by marketplace and SKU what was sold; what belongs to no order is the shop owner's.
    """
    payouts: Figures = {}
    money: Counter[tuple[str, ...]] = Counter()
    for name, control in controls.items():
        told: dict[str, Any] = control.settlement_truth(OPENS, local_day(now))
        payouts[(name,)] = int(told["payout_vnd"])
        for line in told["lines"]:
            seller = wares[name, line["sku"]].seller if line["order_no"] else UNION
            money[seller, line["kind"]] += line["amount_vnd"]
    return payouts, {key: vnd for key, vnd in money.items() if vnd}


def shared(db: Session, books: Books) -> tuple[Figures, Figures]:
    """Our shares: đồng by marketplace, and by seller and kind."""
    sellers = {seller.producer_id: key for key, seller in books.sellers.items()}
    sums = [func.sum(getattr(StatementShare, kind)) for kind in KINDS]
    rows = db.execute(
        select(Shop.marketplace, StatementShare.producer_id, *sums)
        .join(StatementLine, col(StatementLine.id) == StatementShare.line_id)
        .join(Statement, col(Statement.id) == StatementLine.statement_id)
        .join(Shop, col(Shop.id) == Statement.shop_id)
        .group_by(Shop.marketplace, col(StatementShare.producer_id))
    ).all()
    payouts: Counter[tuple[str, ...]] = Counter()
    money: Counter[tuple[str, ...]] = Counter()
    for marketplace, producer, *amounts in rows:
        payouts[(marketplace,)] += sum(map(int, amounts))
        for kind, vnd in zip(KINDS, amounts, strict=True):
            money[sellers.get(producer, UNION), kind.removesuffix("_vnd")] += int(vnd)
    return dict(payouts), {key: vnd for key, vnd in money.items() if vnd}


def unexplained(db: Session) -> Figures:
    """Lines that still wait, by what is known of them."""
    waiting = col(StatementLine.state).not_in(SETTLED), col(StatementLine.closed_at).is_(None)
    lines = select(StatementLine.state, func.count()).where(*waiting).group_by(col(StatementLine.state))
    return {(str(state),): number for state, number in db.exec(lines)}
