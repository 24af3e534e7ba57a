"""Looking ahead once a day: what ends in some days is told of, so that nobody is surprised (L8, R-25, R-43).

The listings come off by themselves (`sync.checklist`, `sync.reviewing`); this only warns.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import exists
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, or_, select

from catalog.certificates import SOON_DAYS
from catalog.models import Certificate, HarvestLot, Product, SeasonWindow, StockEntry
from catalog.products import is_fresh
from marketplace.core.db import insert_new_many
from marketplace.selling.ending_models import EndingWarning, Ends

#: How many days before the end somebody is warned.
BEFORE: dict[Ends, tuple[int, ...]] = {
    Ends.CERTIFICATE: SOON_DAYS,
    Ends.SEASON: (1, 7, 30),
    Ends.SHELF_LIFE: (1, 3),
}


def nearing(db: Session, *, today: date) -> list[dict[str, Any]]:
    """What came within its days and was not told of yet, for `warn`; four statements.

    Of what is found late, only the nearest number of days is told: 20 days before, one warning is made.
    """
    rows = [*_certificates(db, today), *_seasons(db, today), *_lots(db, today)]
    told = set(db.exec(select(EndingWarning.key).where(col(EndingWarning.ends_on) >= today)))
    return [row for row in rows if row["key"] not in told]


def warn(db: Session, rows: Iterable[dict[str, Any]], *, now: datetime) -> int:
    """Write these warnings, each once whoever else writes them; how many were new."""
    return len(insert_new_many(db, EndingWarning, "key", [{**row, "made_at": now} for row in rows]))


def _warnings(ends: Ends, name: str, found: Iterable[tuple[int, date]], today: date) -> list[dict[str, Any]]:
    """Rows for these (id, last day), each with the number of days that was reached last."""
    rows = []
    for id_, last in found:
        left = (last - today).days
        days = next((one for one in sorted(BEFORE[ends]) if left <= one), None)
        if left >= 0 and days is not None:
            key = f"{ends.value}:{id_}:{last.isoformat()}:{days}"
            rows.append({"key": key, "ends": ends, "days": days, "ends_on": last, name: id_})
    return rows


def _horizon(ends: Ends, today: date) -> date:
    return today + timedelta(days=max(BEFORE[ends]))


def _certificates(db: Session, today: date) -> list[dict[str, Any]]:
    """In force, not revoked, and not yet renewed: no later paper of that kind of the same holder."""
    later = aliased(Certificate)
    renewed = exists().where(
        later.producer_id == Certificate.producer_id,  # type: ignore[arg-type]  # SQLModel types columns as values
        later.kind == Certificate.kind,  # type: ignore[arg-type]  # the same
        later.valid_to > Certificate.valid_to,  # type: ignore[arg-type]  # the same
        col(later.revoked_on).is_(None),
    )
    ending = select(Certificate.id, col(Certificate.valid_to)).where(
        col(Certificate.valid_from) <= today,
        col(Certificate.valid_to).between(today, _horizon(Ends.CERTIFICATE, today)),
        or_(col(Certificate.revoked_on).is_(None), col(Certificate.revoked_on) > today),
        ~renewed,
    )
    found = ((id_ or 0, last) for id_, last in db.exec(ending))
    return _warnings(Ends.CERTIFICATE, "certificate_id", found, today)


def _seasons(db: Session, today: date) -> list[dict[str, Any]]:
    """Harvests that run, of goods that do not keep."""
    ending = (
        select(SeasonWindow, Product)
        .join(Product, col(Product.id) == SeasonWindow.product_id)
        .where(
            col(SeasonWindow.first_day) <= today,
            col(SeasonWindow.last_day).between(today, _horizon(Ends.SEASON, today)),
        )
    )
    found = ((window.id or 0, window.last_day) for window, product in db.exec(ending) if is_fresh(product))
    return _warnings(Ends.SEASON, "window_id", found, today)


def _lots(db: Session, today: date) -> list[dict[str, Any]]:
    """Lots of which something is left."""
    lives = select(Product.id, Product.shelf_life_days).where(col(Product.shelf_life_days).is_not(None))
    nearest = max(BEFORE[Ends.SHELF_LIFE])
    found: list[tuple[int, date]] = []
    ranges = []
    life = {product_id: timedelta(days=days or 0) for product_id, days in db.exec(lives)}
    for days in set(life.values()):
        products = [product_id for product_id, of_product in life.items() if of_product == days]
        picked = col(HarvestLot.harvested_on).between(today - days, today - days + timedelta(days=nearest))
        ranges.append(col(HarvestLot.product_id).in_(products) & picked)
    if ranges:
        left = (
            select(HarvestLot.id, HarvestLot.product_id, col(HarvestLot.harvested_on))
            .join(StockEntry, col(StockEntry.lot_id) == HarvestLot.id)
            .where(or_(*ranges))
            .group_by(col(HarvestLot.id))
            .having(func.sum(StockEntry.grams) > 0)
        )
        found = [(lot_id or 0, picked + life[product_id]) for lot_id, product_id, picked in db.exec(left)]
    return _warnings(Ends.SHELF_LIFE, "lot_id", found, today)
