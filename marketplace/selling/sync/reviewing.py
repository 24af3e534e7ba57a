"""Looking again without anybody asking: rules that change with the day, and causes that mended themselves.

A certificate ends, oranges pass their shelf life, a photo was added, a consent given: the checklist is asked
again, and what it says now is acted upon. What was promised of fruit past its day is taken back (R-43).
"""

from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col

from catalog import lots
from marketplace.core.config import WorkerSettings
from marketplace.core.units import local_day
from marketplace.selling.listings import CHECKLIST, make_due
from marketplace.selling.models import Listing, Shop, Wanted
from marketplace.selling.offers import resend_where_certificates_changed
from marketplace.selling.policies import rebalance
from marketplace.selling.stock import promisable, wished_by_pool


def take_back_stale(db: Session, *, since: date, today: date, now: datetime) -> None:
    """Of pools of which a part went stale after the day `since` only the rest is promised (R-43).

    Where nothing good is left the checklist ends the listings, and they come back as wished with a harvest.
    """
    stale = lots.pools_gone_stale(db, since=since, today=today)
    good, wished = promisable(db, stale, today), wished_by_pool(db, stale)
    rebalance(db, [pool_id for pool_id in stale if 0 < good[pool_id] < wished[pool_id]], now)


def review(db: Session, shop: Shop, rules: WorkerSettings, *, now: datetime) -> None:
    """Make due what the checklist blocked, whenever the shop is read back; once a day, everything on sale."""
    today, before = local_day(now), shop.reviewed_on
    if before is not None and before != today:
        take_back_stale(db, since=before, today=today, now=now)
        resend_where_certificates_changed(db, since=before, today=today, now=now)
    due: list[ColumnElement[bool]] = []
    if shop.last_sweep_at is None or now - shop.last_sweep_at >= timedelta(seconds=rules.sweep_seconds):
        due.append(col(Listing.cause).startswith(CHECKLIST))
    if before != today:
        due.append((col(Listing.wanted) == Wanted.ON_SALE) & col(Listing.blame).is_(None))
        shop.reviewed_on = today
        db.add(shop)
    if due:
        make_due(db, (col(Listing.shop_id) == shop.id, col(Listing.not_before).is_(None), or_(*due)), now)
