"""Our books beside the truth, row by row."""

from datetime import date
from typing import Any

from sqlalchemy import Executable, func, select
from sqlmodel import Session, col

from catalog.models import AdminUnit, Household, LotPool, Product, StockEntry
from marketplace.cli.rehearse.goods import BRAND
from marketplace.cli.rehearse.money import shared, unexplained
from marketplace.cli.rehearse.office import Books
from marketplace.cli.rehearse.parts import Measure
from marketplace.cli.rehearse.truth import Figures, Truth
from marketplace.reports.periods import Period
from marketplace.reports.tonnage import tonnage
from marketplace.selling.models import Channel, Listing, Order, OrderLine, Shop, TonnageEntry
from training.models import Attendance, TrainingCertificate, TrainingSession

NOBODY = "?"  #: sold from no lot: no commune
WHOLE_SEASON = (date(2021, 10, 1), date(2022, 5, 31))


def compared(db: Session, books: Books, truth: Truth) -> list[Measure]:
    """Every measure of a season that has come to rest."""
    by_commune: Figures = {}
    for key, grams in truth.sold_grams.items():
        by_commune[(key[1],)] = by_commune.get((key[1],), 0) + grams
    payouts, money = shared(db, books)
    sold = _sold(db)
    return [
        _measure("kilograms", "g", truth.sold_grams, sold),
        _measure(f"kilograms_{BRAND}", "g", _of(BRAND, truth.sold_grams), _of(BRAND, sold)),
        _measure("report_by_commune", "g", by_commune, _reported(db)),
        _measure("orders", "order", truth.orders, _orders(db)),
        _measure("packs_ordered", "pack", truth.packs, _packs(db, OrderLine.packs)),
        _measure("packs_returned", "pack", truth.returned_packs, _packs(db, OrderLine.returned_packs)),
        _measure("listings_live", "pack", truth.live, _live(db)),
        _measure("products", "product", truth.products, _products(db)),
        _measure("stock", "g", truth.stock_grams, _stock(db, books)),
        _measure("households", "household", truth.households, _households(db)),
        _measure("half_days_attended", "half-day", truth.present, _present(db)),
        _measure("certificates", "certificate", truth.certificates, _certificates(db)),
        _measure("payouts", "đồng", truth.payouts_vnd, payouts),
        _measure("money_of_sellers", "đồng", truth.money_vnd, money),
        _measure("money_unexplained", "line", {}, unexplained(db)),
        _measure("violations", "call", dict.fromkeys(truth.violations, 0), truth.violations),
        _measure("oversold", "g", dict.fromkeys(truth.oversold_grams, 0), truth.oversold_grams),
    ]


def _measure(name: str, unit: str, truth: Figures, ours: Figures) -> Measure:
    """Compare row by row; a row that only one side has is 0 on the other."""
    rows = sorted(truth.keys() | ours.keys())
    differences: list[dict[str, Any]] = [
        {"row": " · ".join(key), "truth": truth.get(key, 0), "ours": ours.get(key, 0)}
        for key in rows
        if truth.get(key, 0) != ours.get(key, 0)
    ]
    return Measure(name, unit, sum(truth.values()), sum(ours.values()), len(rows), differences)


def _figures(db: Session, statement: Executable) -> Figures:
    """Rows of keys and, last, their sum."""
    found: Figures = {}
    for *key, amount in db.execute(statement):
        found[tuple(NOBODY if one is None else str(one) for one in key)] = int(amount)
    return {key: amount for key, amount in found.items() if amount}


def _sold(db: Session) -> Figures:
    keys: tuple[Any, ...] = (TonnageEntry.day, AdminUnit.name, TonnageEntry.marketplace, Product.code)
    return _figures(
        db,
        select(*keys, func.sum(TonnageEntry.grams))
        .join(Product, col(Product.id) == TonnageEntry.product_id)
        .outerjoin(AdminUnit, col(AdminUnit.id) == TonnageEntry.commune_id)
        .where(col(TonnageEntry.channel) == Channel.MARKETPLACE_RETAIL)
        .group_by(*keys),
    )


def _of(variety: str, sold: Figures) -> Figures:
    """Of day, commune, marketplace and variety, the rows of one variety."""
    return {key: grams for key, grams in sold.items() if key[-1] == variety}


def _reported(db: Session) -> Figures:
    """What the coordinator's report of the season says."""
    rows = tonnage(db, period=Period(*WHOLE_SEASON))
    return {(row.label.partition(" · ")[0],): row.retail_grams for row in rows if row.retail_grams}


def _orders(db: Session) -> Figures:
    keys: tuple[Any, ...] = (Order.marketplace, Order.state)
    return _figures(db, select(*keys, func.count()).group_by(*keys))


def _packs(db: Session, packs: Any) -> Figures:
    keys: tuple[Any, ...] = (Order.marketplace, OrderLine.sku)
    lines = select(*keys, func.sum(packs)).join(Order, col(Order.id) == OrderLine.order_id)
    return _figures(db, lines.group_by(*keys))


def _live(db: Session) -> Figures:
    live = select(col(Shop.marketplace), col(Listing.sku), col(Listing.confirmed_packs)).join(Shop)
    rows = db.execute(live.where(col(Listing.remote_state) == "live")).all()
    return {(name, sku): packs or 0 for name, sku, packs in rows}


def _products(db: Session) -> Figures:
    keys: tuple[Any, ...] = (Shop.marketplace, Listing.sku)
    there = col(Listing.remote_id).is_not(None), col(Listing.remote_state) != "deleted"
    return _figures(db, select(*keys, func.count()).join(Shop).where(*there).group_by(*keys))


def _stock(db: Session, books: Books) -> Figures:
    sellers = {seller.producer_id: key for key, seller in books.sellers.items()}
    keys: tuple[Any, ...] = (LotPool.producer_id, Product.code)
    sums = (
        select(*keys, func.sum(StockEntry.grams))
        .join(LotPool, col(LotPool.id) == StockEntry.pool_id)
        .join(Product, col(Product.id) == LotPool.product_id)
        .group_by(*keys)
    )
    return {(sellers[producer], code): int(grams) for producer, code, grams in db.execute(sums) if grams}


def _households(db: Session) -> Figures:
    homes = select(col(AdminUnit.name), func.count()).join(
        Household, col(Household.commune_id) == AdminUnit.id
    )
    return _figures(db, homes.where(col(Household.draft).is_(False)).group_by(col(AdminUnit.name)))


def _present(db: Session) -> Figures:
    came = select(col(TrainingSession.starts_on), func.count()).join(
        Attendance, col(Attendance.training_id) == TrainingSession.id
    )
    return _figures(db, came.where(col(Attendance.present)).group_by(col(TrainingSession.starts_on)))


def _certificates(db: Session) -> Figures:
    given = select(col(TrainingSession.starts_on), func.count()).join(
        TrainingCertificate, col(TrainingCertificate.training_id) == TrainingSession.id
    )
    return _figures(db, given.group_by(col(TrainingSession.starts_on)))
