"""Looking again without anybody asking: rules that change with the day, and causes that mended themselves.

A certificate ends, oranges pass their shelf life, a photo was added, a consent given: the checklist is asked
again, and what it says now is acted upon.
"""

from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import Session, col

from marketplace.core.config import WorkerSettings
from marketplace.core.units import local_day
from marketplace.selling.listings import CHECKLIST
from marketplace.selling.models import Listing, Shop, Wanted
from marketplace.selling.offers import resend_where_certificates_changed


def review(db: Session, shop: Shop, rules: WorkerSettings, *, now: datetime) -> None:
    """Make due what the checklist blocked, whenever the shop is read back; once a day, everything on sale."""
    mine = update(Listing).where(col(Listing.shop_id) == shop.id, col(Listing.not_before).is_(None))
    swept = shop.last_sweep_at is None or now - shop.last_sweep_at >= timedelta(seconds=rules.sweep_seconds)
    if swept:
        db.execute(mine.where(col(Listing.cause).startswith(CHECKLIST)).values(not_before=now))
    today = local_day(now)
    if shop.reviewed_on == today:
        return
    if shop.reviewed_on is not None:
        resend_where_certificates_changed(db, since=shop.reviewed_on, today=today, now=now)
    on_sale = mine.where(col(Listing.wanted) == Wanted.ON_SALE, col(Listing.blame).is_(None))
    db.execute(on_sale.values(not_before=now))
    shop.reviewed_on = today
    db.add(shop)
