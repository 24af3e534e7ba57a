"""One worker at a time speaks for a shop: a numbered lease in the database, so a late holder is known."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, exists, or_
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from marketplace.core.config import WorkerSettings
from marketplace.selling.models import Drift, Listing, Order, OrderHint, Shop, Wanted

LONGEST = 3  #: times a lease: nobody whose clock is right by minutes gives one that ends later


class LeaseLost(Exception):
    """Another worker has taken the shop over; nothing more may be written for it."""


@dataclass
class Lease:
    """The right to speak for a shop until `until`; valid only while the shop still carries this number."""

    shop_id: int
    number: int
    until: datetime


def nothing_waits(db: Session, rules: WorkerSettings, *, now: datetime) -> bool:
    """Would no lease be given now? A look that locks nothing, for workers that are idle most of the time."""
    return db.execute(_waiting(rules, now).with_only_columns(col(Shop.id))).first() is None


def take_lease(db: Session, rules: WorkerSettings, *, now: datetime) -> Lease | None:
    """Lease the shop that has waited longest with work to do, one that must stop selling first.

    None when no free shop has any. A shop that rests is still tried for what must come off.

    On PostgreSQL rows held by others are skipped; on SQLite the writing transaction is the lock.
    """
    shop = db.exec(_waiting(rules, now).with_for_update(key_share=True, skip_locked=True)).first()
    if shop is None:
        return None
    shop.lease_number += 1
    shop.lease_until = now + timedelta(seconds=rules.lease_seconds)
    shop.served_at = now
    db.add(shop)
    db.flush()
    return Lease(shop.id or 0, shop.lease_number, shop.lease_until)


def _waiting(rules: WorkerSettings, now: datetime) -> SelectOfScalar[Shop]:
    """The shop to be served next, if it is free.

    A lease that ends much later than any given now was given by a clock that was ahead, or by ours before it
    was set back. Nobody waits for it: its number tells its holder, should there be one.
    """
    ended = col(Shop.lease_until) <= now
    foreign = col(Shop.lease_until) > now + timedelta(seconds=LONGEST * rules.lease_seconds)
    free = or_(col(Shop.lease_until).is_(None), ended, foreign)
    urgent = exists().where(col(Listing.shop_id) == Shop.id, *stop_due(now))
    pause = timedelta(seconds=rules.urgent_pause)
    tried = or_(col(Shop.served_at).is_(None), col(Shop.served_at) <= now - pause)
    rested = or_(col(Shop.resume_at).is_(None), col(Shop.resume_at) <= now, and_(urgent, tried))
    return (
        select(Shop)
        .where(col(Shop.active).is_(True), free, rested, has_work(now))
        .order_by(case((urgent, 0), else_=1), col(Shop.served_at).nulls_first(), col(Shop.id))
        .limit(1)
    )


def stop_due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Conditions on `Listing`: it must come off, which is not confirmed yet, and it is due."""
    return (
        col(Listing.wanted) == Wanted.WITHDRAWN,
        col(Listing.off_seen_at).is_(None),
        col(Listing.not_before) <= now,
    )


def has_work(now: datetime) -> ColumnElement[bool]:
    """A condition on `Shop`: a listing, an order wish, a hinted order, a pull or a reading back is due."""
    listing = exists().where(col(Listing.shop_id) == Shop.id, col(Listing.not_before) <= now)
    wish = exists().where(col(Order.shop_id) == Shop.id, col(Order.wish_not_before) <= now)
    hint = exists().where(col(OrderHint.shop_id) == Shop.id)
    stranger = exists().where(col(Drift.shop_id) == Shop.id, col(Drift.take_off_at) <= now)
    due = or_(col(Shop.pull_due_at) <= now, col(Shop.sweep_due_at) <= now)
    return or_(listing, wish, hint, stranger, due)


def held(db: Session, lease: Lease, *, now: datetime, seconds: int) -> Shop | None:
    """The shop, locked and its lease renewed; None when another has taken it over: write nothing then."""
    shop = db.exec(
        select(Shop)
        .where(Shop.id == lease.shop_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
    if shop.lease_number != lease.number:
        return None
    shop.lease_until = lease.until = now + timedelta(seconds=seconds)
    db.add(shop)
    return shop


def still_held(db: Session, lease: Lease, rules: WorkerSettings, now: datetime) -> Shop:
    """The same for steps that began at `now`, which may be long ago; `LeaseLost` when it is another's."""
    now = max(now, lease.until - timedelta(seconds=rules.lease_seconds))
    shop = held(db, lease, now=now, seconds=rules.lease_seconds)
    if shop is None:
        raise LeaseLost
    return shop


def release(db: Session, lease: Lease, *, now: datetime) -> None:
    """Let others have the shop at once, whatever their clocks show."""
    shop = db.get(Shop, lease.shop_id)
    if shop is not None and shop.lease_number == lease.number:
        shop.lease_until, shop.served_at = None, now
        db.add(shop)
