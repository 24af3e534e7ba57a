"""Looking again without anybody asking: rules that change with the day, and causes that mended themselves.

A certificate ends, oranges pass their shelf life, a photo was added, a consent given: the checklist is asked
again, and what it says now is acted upon. What was promised of fruit past its day is taken back (R-43).
"""

from datetime import datetime, timedelta

from sqlalchemy import Engine, update
from sqlmodel import Session, col

from catalog import lots
from marketplace.core.config import WorkerSettings
from marketplace.core.db import reading, writing
from marketplace.core.units import local_day
from marketplace.selling.listings import CHECKLIST, fit_to_stock
from marketplace.selling.models import Listing, Shop, Wanted
from marketplace.selling.offers import resend_where_certificates_changed
from marketplace.selling.stock import promisable


def take_back_stale(engine: Engine, shop_id: int, *, now: datetime) -> None:
    """Before the first review of a day: of pools of which a part is stale only the rest is promised (R-43).

    A transaction for each pool: listings of two pools are not locked one pool after the other, since a
    reading locks them by their ids. Where nothing good is left the checklist ends the listings, and they come
    back as wished with a harvest.
    """
    today = local_day(now)
    with reading(engine) as db:
        before = db.get_one(Shop, shop_id).reviewed_on
        if before is None or before == today:
            return
        stale = lots.pools_gone_stale(db, since=before, today=today)
        good = promisable(db, stale, today)
    for pool_id in sorted(pool_id for pool_id, grams in good.items() if grams > 0):
        with writing(engine) as db:
            fit_to_stock(db, pool_id, now)


def review(db: Session, shop: Shop, rules: WorkerSettings, *, now: datetime) -> None:
    """Make due what the checklist blocked, whenever the shop is read back; once a day, everything on sale."""
    today, before = local_day(now), shop.reviewed_on
    if before is not None and before != today:
        resend_where_certificates_changed(db, since=before, today=today, now=now)
    mine = update(Listing).where(col(Listing.shop_id) == shop.id, col(Listing.not_before).is_(None))
    swept = shop.last_sweep_at is None or now - shop.last_sweep_at >= timedelta(seconds=rules.sweep_seconds)
    if swept:
        db.execute(mine.where(col(Listing.cause).startswith(CHECKLIST)).values(not_before=now))
    if before == today:
        return
    on_sale = mine.where(col(Listing.wanted) == Wanted.ON_SALE, col(Listing.blame).is_(None))
    db.execute(on_sale.values(not_before=now))
    shop.reviewed_on = today
    db.add(shop)
