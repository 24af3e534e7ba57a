"""Whether each shop still hears from its marketplace, what waits there, and who must act."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Subquery, case, func, select
from sqlmodel import Session, col

from marketplace.core.i18n import N_
from marketplace.selling.models import Blame, Listing, ParkedOrder, Shop

SILENT_AFTER = timedelta(minutes=30)  #: pulls come every minute; this is no pause any more
TOKEN_WARNING = timedelta(hours=1)

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

    @property
    def pull_age(self) -> timedelta | None:
        return self.now - self.shop.last_pull_at if self.shop.last_pull_at else None

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
        if shop.token_expires_at and shop.token_expires_at < self.now:
            return TOKEN_OVER
        if shop.last_ok_at is None:
            return NEVER
        if self.now - shop.last_ok_at > SILENT_AFTER:
            return SILENT
        return NO_PULL if self.pull_age is None or self.pull_age > SILENT_AFTER else None

    @property
    def token_ends_soon(self) -> bool:
        ends = self.shop.token_expires_at
        return ends is not None and self.now <= ends < self.now + TOKEN_WARNING

    @property
    def to_do(self) -> int:
        """How many things wait for a person."""
        return sum(self.blamed.values()) + self.parked


def marketplace_health(db: Session, *, now: datetime) -> list[ShopHealth]:
    """Every active shop, those in alarm first; one statement."""
    listings, parked = _listings(), _parked()
    statement = (
        select(Shop, listings, parked.c.parked)
        .outerjoin(listings, listings.c.shop_id == Shop.id)
        .outerjoin(parked, parked.c.shop_id == Shop.id)
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
        )
        for row in db.execute(statement)
    ]
    return sorted(found, key=lambda health: health.alarm is None)


def _listings() -> Subquery:
    nobody = col(Listing.blame).is_(None)
    return (
        select(
            col(Listing.shop_id),
            func.sum(case((col(Listing.remote_state) == "live", 1), else_=0)).label("live"),
            func.sum(case((nobody & col(Listing.not_before).is_not(None), 1), else_=0)).label("waiting"),
            func.min(case((nobody, col(Listing.not_before)))).label("oldest_due"),
            *(
                func.sum(case((col(Listing.blame) == blame, 1), else_=0)).label(blame.value)
                for blame in Blame
            ),
        )
        .group_by(col(Listing.shop_id))
        .subquery("listings")
    )


def _parked() -> Subquery:
    return (
        select(col(ParkedOrder.shop_id), func.count().label("parked"))
        .where(col(ParkedOrder.settled_at).is_(None))
        .group_by(col(ParkedOrder.shop_id))
        .subquery("parked")
    )
