"""A cooperative's shop whose orders are settled: two households, one pool, files as a mock writes them."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sqlmodel import Session, col, func, select

from catalog.models import Household
from connectors.kit.statements import Amount, Row
from connectors.kit.statements import Statement as Told
from connectors.sendo.mock_statement import statement_file
from marketplace.accounts.models import Role
from marketplace.selling.incoming import IncomingLine, IncomingOrder
from marketplace.selling.models import Order, OrderLine, Shop
from marketplace.selling.orders import take_order
from marketplace.selling.settling.importing import import_statement
from marketplace.selling.settling.models import KINDS, Statement, StatementLine, StatementShare
from tests import factories as make

NOW, HOUR = make.NOW, timedelta(hours=1)
DAY = make.TODAY
PRICE = 200_000


def row(
    key: str, order_no: str | None = None, /, *, sku: str | None = None, day: date = DAY, **vnd: int
) -> Row:
    """One entry; amounts by kind: `goods=600_000, fee=-24_000`."""
    return Row(key, day, {Amount(kind): some for kind, some in vnd.items()}, order_no, sku)


def file_of(*rows: Row, number: str = "DS-1", payout: int | None = None) -> tuple[str, bytes]:
    total = sum(one.total_vnd for one in rows) if payout is None else payout
    return statement_file(Told(number, date(2021, 12, 1), date(2021, 12, 31), total, rows))


class Desk:
    """A shop selling 10 kg packs of 200,000 đồng: 30 kg of the first household, then 970 kg of the second."""

    def __init__(self, db: Session, *, lots: tuple[int, ...] = (30_000, 970_000)) -> None:
        self.db = db
        heads = ("Hoàng Thị Vén", "Lý Seo Sì", "Sùng Thị Mai", "Vàng Mí Già")
        self.households: list[Household] = [make.a_household(db, head=head) for head in heads[: len(lots)]]
        self.coop = make.a_cooperative(db, members=tuple(self.households))
        self.product = make.a_product(db)
        for number, (household, grams) in enumerate(zip(self.households, lots, strict=True)):
            on = DAY - timedelta(days=9 - number)
            make.a_lot(
                db,
                product=self.product,
                household=household,
                producer=self.coop,
                grams=grams,
                harvested_on=on,
            )
        self.pack = make.a_pack(db, self.product)
        self.shop: Shop = make.a_shop(db, producer=self.coop)
        offer = make.an_offer(db, producer=self.coop, pack=self.pack)
        self.listing = make.a_listing(db, offer=offer, shop=self.shop, packs=100, exposure_packs=90)
        self.clerk = make.an_account(db, Role.COORDINATOR)

    def tell(
        self, order_no: str, state: str = "delivered", packs: int = 3, *, after: int = 0, **more: Any
    ) -> Order:
        """News of an order of one line."""
        line = {
            "returned_packs": more.pop("returned_packs", 0),
            "delivered_packs": more.pop("delivered_packs", None),
        }
        lines = (IncomingLine("1", more.pop("sku", self.listing.sku), packs, PRICE, **line),)
        at = NOW + after * HOUR
        if state in ("delivered", "returned"):
            more.setdefault("delivered_at", NOW)
        return take_order(self.db, self.shop, IncomingOrder(order_no, state, lines, NOW, at, **more), now=at)

    def import_(self, *rows: Row, shop: Shop | None = None, **about: Any) -> Statement:
        return import_statement(self.db, self.clerk, shop or self.shop, *file_of(*rows, **about), now=NOW)

    def line(self, key: str) -> StatementLine:
        found = select(StatementLine).where(StatementLine.key == key).order_by(col(StatementLine.id).desc())
        return self.db.exec(found).first()  # type: ignore[return-value]  # a test asks for what is there

    def states(self) -> dict[str, str]:
        lines = self.db.exec(select(StatementLine).order_by(col(StatementLine.id)))
        return {line.key: line.state.value for line in lines}

    def money(self) -> dict[int | None, int]:
        """What each household (None: the cooperative) has of all statements, in đồng."""
        shares = self.db.exec(select(StatementShare)).all()
        got: dict[int | None, int] = {}
        for share in shares:
            got[share.household_id] = got.get(share.household_id, 0) + total(share)
        return got

    def of(self, number: int) -> int:
        return self.money().get(self.households[number].id, 0)


def total(one: StatementLine | StatementShare) -> int:
    return sum(getattr(one, kind) for kind in KINDS)


def by_kind(ones: list[Any]) -> dict[str, int]:
    sums = {kind: sum(getattr(one, kind) for one in ones) for kind in KINDS}
    return {kind: vnd for kind, vnd in sums.items() if vnd}


def everything(db: Session) -> Mapping[str, int]:
    """How many rows there are: what a refusal must not change."""
    tables = (Statement, StatementLine, StatementShare, Order, OrderLine)
    return {table.__tablename__: db.exec(select(func.count()).select_from(table)).one() for table in tables}


def holds(db: Session) -> bool:
    """Σ lines = payout less what was settled before; Σ shares of a line = the line, or it waits."""
    for statement in db.exec(select(Statement)):
        lines = db.exec(select(StatementLine).where(StatementLine.statement_id == statement.id)).all()
        if sum(line.told_vnd for line in lines) != statement.payout_vnd:
            return False
        for line in lines:
            shares = db.exec(select(StatementShare).where(StatementShare.line_id == line.id)).all()
            settled = line.state == "explained" or line.closed_at is not None
            if by_kind(list(shares)) != (by_kind([line]) if settled else {}):
                return False
    return True
