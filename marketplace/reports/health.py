"""Whether each shop still hears from its marketplace, what waits there, and who must act."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Subquery, and_, case, func, select
from sqlmodel import Session, col

from marketplace.core.i18n import N_
from marketplace.selling.listings import stop_unconfirmed
from marketplace.selling.models import Blame, Drift, Listing, Order, ParkedOrder, Shop
from marketplace.selling.order_pages import URGENT

SILENT_AFTER = timedelta(minutes=30)  #: pulls come every minute; this is no pause any more
LONG_LIVED = timedelta(days=2)  #: a token that lasts longer is not renewed by the day
TOKEN_WARNING = timedelta(days=14)  #: before the end of a long-lived token

NEVER = N_("Chưa lần nào nghe được sàn trả lời. Hãy kiểm tra khóa kết nối của gian hàng.")
SILENT = N_("Sàn im lặng quá 30 phút. Đơn mới có thể chưa về: hãy kiểm tra mạng và khóa kết nối.")
NO_PULL = N_("Quá 30 phút chưa lấy được đơn. Hãy kiểm tra tiến trình lensan work còn chạy không.")
TOKEN_OVER = N_("Khóa truy cập sàn đã hết hạn. Hãy cấp lại khóa cho gian hàng này.")


@dataclass(frozen=True)
class ShopHealth:
    """One active shop, as of `now`."""

    shop: Shop
    now: datetime
    live: int
    waiting: int  #: listings the worker has still to bring up to date
    oldest_due: datetime | None
    blamed: Mapping[Blame, int]
    parked: int
    oldest_parked: datetime | None = None
    unconfirmed: int = 0
    confirm_by: datetime | None = None  #: the earliest deadline of an order that nobody confirmed
    stuck: int = 0  #: wishes about orders that were given up
    late_stops: int = 0  #: listings that must not sell, which the marketplace has not confirmed for a minute
    stopped_since: datetime | None = None  #: the oldest of those stops
    drifts: int = 0  #: differences on the marketplace that nobody settled

    @property
    def pull_age(self) -> timedelta | None:
        return self.now - self.shop.last_pull_at if self.shop.last_pull_at else None

    @property
    def sweep_age(self) -> timedelta | None:
        """How old what we know of its products is at most; None before the first full reading."""
        return self.now - self.shop.last_sweep_at if self.shop.last_sweep_at else None

    @property
    def parked_age(self) -> timedelta | None:
        return self.now - self.oldest_parked if self.oldest_parked else None

    @property
    def confirm_left(self) -> timedelta | None:
        return self.confirm_by - self.now if self.confirm_by else None

    @property
    def presses(self) -> bool:
        """Does an order end soon because nobody confirmed it?"""
        return self.confirm_left is not None and self.confirm_left < URGENT

    @property
    def token_left(self) -> timedelta | None:
        return self.shop.token_expires_at - self.now if self.shop.token_expires_at else None

    @property
    def silence(self) -> timedelta | None:
        return self.now - self.shop.last_ok_at if self.shop.last_ok_at else None

    @property
    def oldest_wait(self) -> timedelta | None:
        """How long the longest-waiting listing is overdue; None when none is."""
        due = self.oldest_due
        return self.now - due if due is not None and due < self.now else None

    @property
    def alarm(self) -> str | None:
        """The sentence to act on (msgid), or None while all is well."""
        shop = self.shop
        if shop.trouble_sentence:
            return shop.trouble_sentence
        if self.silence is None:
            return NEVER
        if self.silence > SILENT_AFTER:
            return TOKEN_OVER if self.token_left is not None and self.token_left < timedelta() else SILENT
        return NO_PULL if self.pull_age is None or self.pull_age > SILENT_AFTER else None

    @property
    def token_ends_soon(self) -> bool:
        """Only of a token that is not renewed by the day: the others are never worth a word."""
        ends, since = self.shop.token_expires_at, self.shop.token_since
        if ends is None or since is None or ends - since < LONG_LIVED:
            return False
        return ends < self.now + TOKEN_WARNING

    @property
    def to_do(self) -> int:
        """How many things wait for a person."""
        return sum(self.blamed.values()) + self.parked + self.stuck


def told(health: ShopHealth) -> dict[str, Any]:
    """The same for a program that watches: ages and times left in whole seconds, None when not known."""
    spans = {
        "token_left_seconds": health.token_left,
        "silence_seconds": health.silence,
        "pull_age_seconds": health.pull_age,
        "sweep_age_seconds": health.sweep_age,
        "oldest_wait_seconds": health.oldest_wait,
        "oldest_parked_seconds": health.parked_age,
        "confirm_left_seconds": health.confirm_left,
    }
    counts = ("live", "waiting", "parked", "unconfirmed", "stuck", "to_do")
    return {
        "alarm": health.alarm,
        "token_ends_soon": health.token_ends_soon,
        **{name: int(span.total_seconds()) if span is not None else None for name, span in spans.items()},
        **{name: getattr(health, name) for name in counts},
    }


def marketplace_health(db: Session, *, now: datetime) -> list[ShopHealth]:
    """Every active shop, those in alarm first; one statement."""
    listings, parked, orders, drifts = _listings(now), _parked(), _orders(), _drifts()
    statement = (
        select(Shop, listings, parked, orders, drifts)
        .outerjoin(listings, listings.c.shop_id == Shop.id)
        .outerjoin(parked, parked.c.shop_id == Shop.id)
        .outerjoin(orders, orders.c.shop_id == Shop.id)
        .outerjoin(drifts, drifts.c.shop_id == Shop.id)
        .where(col(Shop.active))
        .order_by(col(Shop.marketplace), col(Shop.name))
    )
    found = [
        ShopHealth(
            shop=row.Shop,
            now=now,
            live=row.live or 0,
            waiting=row.waiting or 0,
            oldest_due=row.oldest_due,
            blamed={blame: getattr(row, blame.value) or 0 for blame in Blame},
            parked=row.parked or 0,
            oldest_parked=row.oldest_parked,
            unconfirmed=row.unconfirmed or 0,
            confirm_by=row.confirm_by,
            stuck=row.stuck or 0,
            late_stops=row.late_stops or 0,
            stopped_since=row.stopped_since,
            drifts=row.drifts or 0,
        )
        for row in db.execute(statement)
    ]
    return sorted(found, key=lambda health: health.alarm is None)


def _listings(now: datetime) -> Subquery:
    nobody = col(Listing.blame).is_(None)
    late = and_(*stop_unconfirmed(now))
    return (
        select(
            col(Listing.shop_id),
            func.sum(case((col(Listing.remote_state) == "live", 1), else_=0)).label("live"),
            func.sum(case((nobody & col(Listing.not_before).is_not(None), 1), else_=0)).label("waiting"),
            func.min(case((nobody, col(Listing.not_before)))).label("oldest_due"),
            func.sum(case((late, 1), else_=0)).label("late_stops"),
            func.min(case((late, col(Listing.withdrawn_at)))).label("stopped_since"),
            *(
                func.sum(case((col(Listing.blame) == blame, 1), else_=0)).label(blame.value)
                for blame in Blame
            ),
        )
        .group_by(col(Listing.shop_id))
        .subquery("listings")
    )


def _drifts() -> Subquery:
    return (
        select(col(Drift.shop_id), func.count().label("drifts"))
        .where(col(Drift.settled_at).is_(None))
        .group_by(col(Drift.shop_id))
        .subquery("drifts")
    )


def _parked() -> Subquery:
    return (
        select(
            col(ParkedOrder.shop_id),
            func.count().label("parked"),
            func.min(col(ParkedOrder.at)).label("oldest_parked"),
        )
        .where(col(ParkedOrder.settled_at).is_(None))
        .group_by(col(ParkedOrder.shop_id))
        .subquery("parked")
    )


def _orders() -> Subquery:
    """Of orders that may wait for somebody; those that are over are never read."""
    new, given_up = col(Order.state) == "new", col(Order.wish_not_before).is_(None)
    return (
        select(
            col(Order.shop_id),
            func.sum(case((new, 1), else_=0)).label("unconfirmed"),
            func.min(case((new, col(Order.confirm_by)))).label("confirm_by"),
            func.sum(case((col(Order.wish).is_not(None) & given_up, 1), else_=0)).label("stuck"),
        )
        .where(col(Order.state).in_(("new", "confirmed")))
        .group_by(col(Order.shop_id))
        .subquery("orders")
    )
