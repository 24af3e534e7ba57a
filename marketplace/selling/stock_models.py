"""The tables of promised stock: how a pool is split between marketplaces, and what moved each exposure."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, BigInteger, CheckConstraint, Index
from sqlmodel import Field, SQLModel

from marketplace.core.db import Utc, stored
from marketplace.core.i18n import N_


class Split(StrEnum):
    """How a pool's stock is divided between marketplaces (design §5)."""

    BY_HAND = "by_hand"  #: every listing sells the packs a person wished
    BY_SALES = "by_sales"  #: by what each marketplace sold lately
    FIXED = "fixed"  #: by shares a person set
    PRIORITY = "priority"  #: the first marketplace gets all it can take, then the next
    ONLY = "only"  #: one marketplace alone


SPLIT_LABELS = {
    Split.BY_HAND: N_("Tự chia số gói từng tin"),
    Split.BY_SALES: N_("Theo sức bán gần đây của từng sàn"),
    Split.FIXED: N_("Theo tỷ lệ cố định"),
    Split.PRIORITY: N_("Theo thứ tự ưu tiên"),
    Split.ONLY: N_("Chỉ bán trên một sàn"),
}


class PoolPolicy(SQLModel, table=True):
    """How one pool is split, and what is kept back for selling offline. No row: by hand, nothing kept."""

    __tablename__ = "pool_policy"
    __table_args__ = (CheckConstraint("reserve_grams >= 0", name="reserve_not_negative"),)

    pool_id: int = Field(primary_key=True, foreign_key="lot_pool.id")
    split: Split = Field(default=Split.BY_HAND, sa_type=stored(Split))
    #: Marketplace → its share, for FIXED; only the proportions count
    shares: dict[str, int] = Field(default_factory=dict, sa_type=JSON)
    #: Marketplaces, the first one first, for PRIORITY; for ONLY the one
    ranking: list[str] = Field(default_factory=list, sa_type=JSON)
    reserve_grams: int = Field(default=0, sa_type=BigInteger)  #: never promised to a marketplace
    changed_at: datetime = Field(sa_type=Utc)
    changed_by: int | None = Field(default=None, foreign_key="account.id")


class Moved(StrEnum):
    """Why the exposure of a listing moved."""

    SENT = "sent"  #: stored before a stock was sent
    DONE = "done"  #: the marketplace clearly took the stock; the exposure stays
    TAKEN_BACK = "taken_back"  #: clearly not sent, or refused: as before
    LOST = "lost"  #: no clear answer: in doubt until somebody looks
    FOUND = "found"  #: the product was looked up after a lost answer
    GONE = "gone"  #: looked up, and nothing is there
    SOLD = "sold"  #: an order was taken
    CANCELLED = "cancelled"  #: a sale that did not happen may be on sale there again
    READ = "read"  #: read back, orders pulled: shrunk to what is left
    RAISED = "raised"  #: somebody raised the stock on the marketplace


MOVED_LABELS = {
    Moved.SENT: N_("Gửi số gói lên sàn"),
    Moved.DONE: N_("Sàn đã nhận số gói"),
    Moved.TAKEN_BACK: N_("Sàn không nhận, trở lại như trước"),
    Moved.LOST: N_("Sàn không trả lời rõ, đang nghi ngờ"),
    Moved.FOUND: N_("Tìm thấy tin trên sàn"),
    Moved.GONE: N_("Trên sàn không có tin"),
    Moved.SOLD: N_("Đã bán"),
    Moved.CANCELLED: N_("Đơn hủy, hàng có thể lên sàn lại"),
    Moved.READ: N_("Đọc lại sàn và kéo đơn"),
    Moved.RAISED: N_("Số gói trên sàn bị tăng"),
}


class ExposureEntry(SQLModel, table=True):
    """One movement of a listing's exposure: what moved it, how many packs, and what it was afterwards.

    Append-only.
    """

    __tablename__ = "exposure_entry"
    __table_args__ = (Index("ix_exposure_entry_listing", "listing_id", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    listing_id: int = Field(foreign_key="listing.id")
    at: datetime = Field(sa_type=Utc, index=True)
    moved: Moved = Field(sa_type=stored(Moved))
    packs: int  #: the stock written, the packs sold or given back, the stock read
    exposure_packs: int  #: afterwards
