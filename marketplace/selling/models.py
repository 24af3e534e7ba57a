"""The tables of selling: shops, offers, listings, orders, and the counted kilograms."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from marketplace.core.db import Utc, stored
from marketplace.core.i18n import N_


class Shop(SQLModel, table=True):
    """A producer's seller account on one marketplace, with the lease of the one worker that speaks for it."""

    __tablename__ = "shop"
    __table_args__ = (UniqueConstraint("marketplace", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    marketplace: str = Field(max_length=24, index=True)
    name: str = Field(max_length=100)
    producer_id: int = Field(foreign_key="producer.id", index=True)
    open_to_households: bool = True  #: member households may list in it (R-7B)
    base_url: str = Field(default="", max_length=200)  #: empty: as in the settings
    credentials_sealed: str = ""
    active: bool = True
    sandbox: bool = False  #: its orders are tests and never counted (§11.4, 12)
    created_at: datetime = Field(sa_type=Utc)
    push_token: str = Field(max_length=43, unique=True)  #: part of the address pushes are sent to
    # health
    last_ok_at: datetime | None = Field(default=None, sa_type=Utc)  #: last good answer
    token_expires_at: datetime | None = Field(default=None, sa_type=Utc)
    token_since: datetime | None = Field(default=None, sa_type=Utc)  #: when that token was first seen
    trouble_code: str | None = Field(default=None, max_length=60)
    trouble_sentence: str | None = Field(default=None, max_length=300)
    trouble_since: datetime | None = Field(default=None, sa_type=Utc)
    resume_at: datetime | None = Field(default=None, sa_type=Utc)  #: nobody speaks to it before this
    # orders
    pulled_to: datetime = Field(sa_type=Utc)  #: orders changed before this have been seen
    last_pull_at: datetime | None = Field(default=None, sa_type=Utc)
    pull_due_at: datetime | None = Field(default=None, sa_type=Utc)  #: next pull; a push sets it to now
    cancel_reasons: list[dict[str, str]] = Field(
        default_factory=list, sa_type=JSON
    )  #: [{"code", "name"}] as last fetched
    #: Confirm new orders by itself when every pack of them came out of a lot
    auto_confirm: bool = False
    # reading back
    last_sweep_at: datetime | None = Field(default=None, sa_type=Utc)
    #: last local day on which everything on sale was checked against the rules again
    reviewed_on: date | None = None
    #: What to do about each kind of drift: {"price": "heal" | "ask", …}; a kind left out has its usual policy
    drift_policy: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    sweep_due_at: datetime | None = Field(
        default=None, sa_type=Utc
    )  #: next reading back of all products by list pages
    # lease
    lease_until: datetime | None = Field(default=None, sa_type=Utc)  #: None: free
    served_at: datetime | None = Field(default=None, sa_type=Utc)  #: who waited longest comes next
    lease_number: int = 0  #: fencing: a holder whose number is no longer this one has lost the shop


class Wanted(StrEnum):
    ON_SALE = "on_sale"
    WITHDRAWN = "withdrawn"


WANTED_LABELS = {Wanted.ON_SALE: N_("Bán trên sàn"), Wanted.WITHDRAWN: N_("Gỡ khỏi sàn")}


class Blame(StrEnum):
    """Who must act before this can go on."""

    SELLER = "seller"
    COORDINATOR = "coordinator"
    DEVELOPER = "developer"


BLAME_LABELS = {
    Blame.SELLER: N_("Hộ bán cần sửa"),
    Blame.COORDINATOR: N_("Điều phối cần xử lý"),
    Blame.DEVELOPER: N_("Kỹ thuật cần xem"),
}

REMOTE_STATE_LABELS = {
    "draft": N_("Bản nháp trên sàn"),
    "pending": N_("Chờ sàn duyệt"),
    "live": N_("Đang bán"),
    "off": N_("Đã tắt trên sàn"),
    "rejected": N_("Sàn từ chối"),
    "locked": N_("Sàn khóa"),
    "deleted": N_("Đã xóa trên sàn"),
    "unknown": N_("Chưa rõ trên sàn"),
}


class Offer(SQLModel, table=True):
    """A producer's pack at a price, with text and photos. Another pack is another offer."""

    __tablename__ = "offer"
    __table_args__ = (
        CheckConstraint("price_vnd > 0", name="price_positive"),
        CheckConstraint(
            "promo_price_vnd IS NULL OR (promo_price_vnd > 0 AND promo_price_vnd < price_vnd"
            " AND promo_from <= promo_to)",
            name="promo_lower",
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    producer_id: int = Field(foreign_key="producer.id", index=True)
    product_id: int = Field(foreign_key="product.id", index=True)
    pack_id: int = Field(foreign_key="pack.id")
    season_id: int = Field(foreign_key="season.id", index=True)
    title: str = Field(max_length=150)
    title_fold: str = Field(max_length=150, index=True)
    description: str = Field(default="", max_length=5000)
    price_vnd: int = Field(sa_type=BigInteger)
    grade: str = Field(default="", max_length=20)
    # a promotion: a lower price from one local day to another, both inclusive; all three or none
    promo_price_vnd: int | None = Field(default=None, sa_type=BigInteger)
    promo_from: date | None = None
    promo_to: date | None = None
    show_name: bool = False  #: name the household in the text; needs its consent (R-72, purpose 3)
    created_at: datetime = Field(sa_type=Utc)
    created_by: int | None = Field(default=None, foreign_key="account.id")
    client_key: str | None = Field(default=None, max_length=80, unique=True)


class OfferPhoto(SQLModel, table=True):
    __tablename__ = "offer_photo"
    __table_args__ = (UniqueConstraint("offer_id", "photo_id"),)

    id: int | None = Field(default=None, primary_key=True)
    offer_id: int = Field(foreign_key="offer.id", index=True)
    photo_id: int = Field(foreign_key="photo.id")
    position: int = 0


class CategoryChoice(SQLModel, table=True):
    """Which of a marketplace's categories a product belongs to."""

    __tablename__ = "category_choice"
    __table_args__ = (UniqueConstraint("product_id", "marketplace"),)

    id: int | None = Field(default=None, primary_key=True)
    product_id: int = Field(foreign_key="product.id")
    marketplace: str = Field(max_length=24)
    category: str = Field(max_length=60)


class OfferAttribute(SQLModel, table=True):
    """What an offer answers to an attribute that a marketplace's category asks for."""

    __tablename__ = "offer_attribute"
    __table_args__ = (UniqueConstraint("offer_id", "marketplace", "attribute"),)

    id: int | None = Field(default=None, primary_key=True)
    offer_id: int = Field(foreign_key="offer.id")
    marketplace: str = Field(max_length=24)
    attribute: str = Field(max_length=60)  #: the marketplace's id
    value: str = Field(max_length=200)


class MarketplaceCategory(SQLModel, table=True):
    """One node of a marketplace's category tree as last fetched."""

    __tablename__ = "marketplace_category"
    __table_args__ = (UniqueConstraint("marketplace", "category"),)

    id: int | None = Field(default=None, primary_key=True)
    marketplace: str = Field(max_length=24)
    category: str = Field(max_length=60)  #: the marketplace's id
    parent: str | None = Field(default=None, max_length=60)
    name: str = Field(max_length=200)
    path: str = Field(max_length=600)  #: names from the top, joined by " › "
    path_fold: str = Field(max_length=600)
    leaf: bool
    seen_at: datetime = Field(sa_type=Utc)
    gone_at: datetime | None = Field(default=None, sa_type=Utc)  #: no longer told by the marketplace


class CategorySchema(SQLModel, table=True):
    """What a category in use asks of its goods; the version changes when the marketplace changes it."""

    __tablename__ = "category_schema"
    __table_args__ = (UniqueConstraint("marketplace", "category"),)

    id: int | None = Field(default=None, primary_key=True)
    marketplace: str = Field(max_length=24)
    category: str = Field(max_length=60)
    version: str = Field(max_length=64)  #: SHA-256 of the attributes
    #: [{"id", "name", "required", "options", "required_with"}]
    attributes: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    fetched_at: datetime = Field(sa_type=Utc)


class SchemaTask(SQLModel, table=True):
    """A category in use changed on the marketplace: somebody must look at it (D3)."""

    __tablename__ = "schema_task"

    id: int | None = Field(default=None, primary_key=True)
    marketplace: str = Field(max_length=24, index=True)
    category: str = Field(max_length=60)
    kind: str = Field(max_length=24)  #: "gone", "no_leaf", "attributes"
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    found_at: datetime = Field(sa_type=Utc)
    settled_at: datetime | None = Field(default=None, sa_type=Utc)
    settled_by: int | None = Field(default=None, foreign_key="account.id")


class CategoryFetch(SQLModel, table=True):
    """When a marketplace's categories were last fetched and are to be fetched next."""

    __tablename__ = "category_fetch"

    marketplace: str = Field(max_length=24, primary_key=True)
    fetched_at: datetime | None = Field(default=None, sa_type=Utc)
    due_at: datetime = Field(sa_type=Utc)
    version: str = Field(default="", max_length=64)  #: SHA-256 of the whole tree


class Listing(SQLModel, table=True):
    """One Offer in one Shop: what we want there, and what is there (design §4, §5).

    `exposure_packs` is the upper bound of what the marketplace can still sell plus what it sold and we have
    not seen.
    It is stored before a stock is sent. `not_before` None means nothing to do.
    """

    __tablename__ = "listing"
    __table_args__ = (
        UniqueConstraint("offer_id", "shop_id"),
        CheckConstraint("exposure_packs >= 0", name="exposure_not_negative"),
        CheckConstraint("wanted_packs >= 0", name="wanted_packs_not_negative"),
        Index("ix_listing_due", "shop_id", "not_before"),
        Index("ix_listing_remote", "shop_id", "remote_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    offer_id: int = Field(foreign_key="offer.id")
    shop_id: int = Field(foreign_key="shop.id")
    sku: str = Field(max_length=40, unique=True)  #: a function of the listing, for ever
    created_at: datetime = Field(sa_type=Utc)
    # what we want
    wanted: Wanted = Field(default=Wanted.ON_SALE, sa_type=stored(Wanted))
    wanted_packs: int = 0  #: packs still to be sold there; falls with every sale seen
    restock: bool = True  #: wanted_packs is to be written; sales lower it without a write
    revision: int = 1  #: bumped when anything a buyer would see changes
    # what is there
    published_revision: int = 0
    sent_revision: int = 0  #: revision of the last write that was sent, answered or not
    sent_title: str | None = Field(
        default=None, max_length=300
    )  #: what that write said, for the three-way view
    sent_price_vnd: int | None = Field(default=None, sa_type=BigInteger)
    sent_packs: int | None = None
    #: A change that was sent waits for the marketplace's approval, which must be asked for under this ticket
    ticket: str | None = Field(default=None, max_length=300)
    remote_id: str | None = Field(default=None, max_length=60)
    remote_state: str | None = Field(default=None, max_length=16)
    remote_reason: str | None = Field(default=None, max_length=500)  #: the moderator's words
    remote_url: str | None = Field(default=None, max_length=300)
    confirmed_price_vnd: int | None = Field(default=None, sa_type=BigInteger)
    confirmed_packs: int | None = None  #: stock last written or read, less sales seen since
    confirmed_title: str | None = Field(default=None, max_length=300)
    seen_at: datetime | None = Field(default=None, sa_type=Utc)  #: last read back
    #: A withdrawal is only done when the marketplace was read back and nobody could buy any more
    off_seen_at: datetime | None = Field(default=None, sa_type=Utc)
    withdrawn_at: datetime | None = Field(default=None, sa_type=Utc)  #: when somebody wished it off
    # the stock protocol
    exposure_packs: int = 0
    unclear: bool = (
        False  #: a write was sent and its answer is not known: look the SKU up before anything else
    )
    tighten: bool = False  #: exposure holds slack that a read and a pull would remove
    doubt_until: datetime | None = Field(
        default=None, sa_type=Utc
    )  #: a lost write may still arrive until then
    # the work
    not_before: datetime | None = Field(default=None, sa_type=Utc)
    attempts: int = 0
    blame: Blame | None = Field(default=None, sa_type=stored(Blame), index=True)
    cause: str | None = Field(
        default=None, max_length=60, index=True
    )  #: stable code; failures are grouped by it
    cause_sentence: str | None = Field(default=None, max_length=500)  #: Vietnamese msgid
    cause_facts: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    cause_field: str | None = Field(default=None, max_length=40)  #: what of the offer is to be mended


class Exchange(SQLModel, table=True):
    """One call to a marketplace, without secrets and personal data; kept `journal_days`."""

    __tablename__ = "exchange"

    id: int | None = Field(default=None, primary_key=True)
    shop_id: int = Field(foreign_key="shop.id", index=True)
    at: datetime = Field(sa_type=Utc, index=True)
    method: str = Field(max_length=8)
    path: str = Field(max_length=300)
    request: str = ""
    status: int | None = None
    response: str = ""
    milliseconds: int = 0
    error: str | None = Field(default=None, max_length=60)
    # what the call was part of, so that it can be played again
    operation: str = Field(default="", max_length=24)  #: the connector's method: "create", "orders", …
    operation_key: str = Field(
        default="", max_length=32, index=True
    )  #: the same for all calls of one operation
    arguments: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    cause: str | None = Field(default=None, max_length=60, index=True)  #: code the whole operation ended with


class Drift(SQLModel, table=True):
    """The marketplace is not what we want: wanted, last sent and there, side by side, until somebody or the
    policy settled it."""

    __tablename__ = "drift"
    __table_args__ = (Index("ix_drift_open", "shop_id", "settled_at", "kind"),)

    id: int | None = Field(default=None, primary_key=True)
    shop_id: int = Field(foreign_key="shop.id")
    listing_id: int | None = Field(default=None, foreign_key="listing.id", index=True)  #: None: unknown to us
    sku: str = Field(max_length=80)
    remote_id: str = Field(default="", max_length=60)
    kind: str = Field(max_length=12)  #: "price", "stock", "text", "state", "vanished", "unknown"
    wanted: str = Field(default="", max_length=300)
    sent: str = Field(default="", max_length=300)
    there: str = Field(default="", max_length=300)
    found_at: datetime = Field(sa_type=Utc)
    seen_at: datetime = Field(sa_type=Utc)  #: last sweep that still found it
    settled_at: datetime | None = Field(default=None, sa_type=Utc)
    settled_how: str | None = Field(default=None, max_length=12)  #: "healed", "accepted", "gone"
    settled_by: int | None = Field(default=None, foreign_key="account.id")
    heals: int = 0  #: how often it was put right by itself; two parties who fight end with a person
    #: An unknown product is to be taken off the marketplace; the worker does it from then on
    take_off_at: datetime | None = Field(default=None, sa_type=Utc)


ORDER_STATE_LABELS = {
    "new": N_("Mới, chờ xác nhận"),
    "confirmed": N_("Đã xác nhận"),
    "shipped": N_("Đang giao"),
    "delivered": N_("Đã giao"),
    "refused": N_("Không nhận hàng"),
    "cancelled": N_("Đã hủy"),
    "returned": N_("Đã trả hàng"),
    "unknown": N_("Chưa rõ"),
}


class Order(SQLModel, table=True):
    """An order on a marketplace, buyer left out; one per marketplace and number, whoever tells of it."""

    __tablename__ = "sales_order"
    __table_args__ = (
        UniqueConstraint("marketplace", "order_no"),
        Index("ix_sales_order_shop_placed", "shop_id", "placed_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    shop_id: int = Field(foreign_key="shop.id")
    marketplace: str = Field(max_length=24)
    order_no: str = Field(max_length=40)
    state: str = Field(max_length=16, index=True)
    raw_state: str = Field(default="", max_length=40)
    placed_at: datetime = Field(sa_type=Utc, index=True)
    updated_at: datetime = Field(sa_type=Utc)
    delivered_at: datetime | None = Field(default=None, sa_type=Utc)
    returned_at: datetime | None = Field(default=None, sa_type=Utc)
    closed_at: datetime | None = Field(default=None, sa_type=Utc)
    confirm_by: datetime | None = Field(
        default=None, sa_type=Utc
    )  #: the marketplace cancels it by itself when nobody confirmed by then
    cancel_reason: str | None = Field(default=None, max_length=200)
    self_shipping: bool = False  #: the seller carries it and must say on the marketplace when it is delivered
    shipping_vnd: int = Field(default=0, sa_type=BigInteger)
    voucher_vnd: int = Field(default=0, sa_type=BigInteger)
    internal: bool = False  #: bought by officials: a real order, marked (§11.4, 13)
    sandbox: bool = False  #: a test order: never counted (§11.4, 12)
    wish: str | None = Field(
        default=None, max_length=16
    )  #: "confirm", "cancel" or "deliver", for the worker to carry out
    wish_reason: str | None = Field(default=None, max_length=40)
    wish_not_before: datetime | None = Field(
        default=None, sa_type=Utc, index=True
    )  #: None with a wish: given up, a person must act
    wish_attempts: int = 0
    wish_error: str | None = Field(default=None, max_length=300)  #: Vietnamese msgid of the last refusal
    wish_facts: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    wish_blame: str | None = Field(default=None, max_length=16)  #: a `Blame`: who must act


class OrderLine(SQLModel, table=True):
    """One line of an order. Weight per pack is fixed when the order is taken."""

    __tablename__ = "order_line"
    __table_args__ = (
        UniqueConstraint("order_id", "line_no"),
        CheckConstraint("packs > 0", name="packs_positive"),
        CheckConstraint("returned_packs BETWEEN 0 AND packs", name="returned_within_packs"),
        CheckConstraint(
            "delivered_packs IS NULL OR delivered_packs BETWEEN returned_packs AND packs",
            name="delivered_within_packs",
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    order_id: int = Field(foreign_key="sales_order.id")
    line_no: str = Field(max_length=40)  #: the marketplace's own line id
    sku: str = Field(max_length=80)
    listing_id: int | None = Field(
        default=None, foreign_key="listing.id", index=True
    )  #: None: a SKU we do not know
    packs: int
    price_vnd: int = Field(sa_type=BigInteger)
    returned_packs: int = 0
    #: What the buyer took of a partial delivery; None: all of it, once it is delivered (domain §11.2)
    delivered_packs: int | None = None

    @property
    def taken_packs(self) -> int:
        """Packs the buyer took, once the order is delivered."""
        return self.packs if self.delivered_packs is None else self.delivered_packs


class Allocation(SQLModel, table=True):
    """Which lot an order line's goods come from, one row per lot and product of the pack.

    `lot_id` None: no lot had them, so nobody's fruit is claimed; it is shown as its own row in every report.
    """

    __tablename__ = "allocation"
    __table_args__ = (CheckConstraint("grams > 0", name="grams_positive"),)

    id: int | None = Field(default=None, primary_key=True)
    order_line_id: int = Field(foreign_key="order_line.id", index=True)
    lot_id: int | None = Field(default=None, foreign_key="harvest_lot.id", index=True)
    product_id: int = Field(foreign_key="product.id")
    grams: int = Field(sa_type=BigInteger)
    released: bool = False  #: the sale did not happen; the goods went back


class ParkedOrder(SQLModel, table=True):
    """An order or line that could not be taken: it blocks no other and waits with its redacted text."""

    __tablename__ = "parked_order"
    __table_args__ = (UniqueConstraint("shop_id", "order_no", "code"),)

    id: int | None = Field(default=None, primary_key=True)
    shop_id: int = Field(foreign_key="shop.id", index=True)
    order_no: str = Field(max_length=40)
    code: str = Field(max_length=60)
    raw: str = ""
    at: datetime = Field(sa_type=Utc)
    tries: int = 0  #: how often it was asked for again
    try_at: datetime | None = Field(default=None, sa_type=Utc)  #: None: with the next pull
    settled_at: datetime | None = Field(default=None, sa_type=Utc)
    settled_by: int | None = Field(default=None, foreign_key="account.id")
    settled_note: str = Field(default="", max_length=200)  #: what the person found out


class OrderHint(SQLModel, table=True):
    """A push named this order: it is read alone, before the next pull."""

    __tablename__ = "order_hint"
    __table_args__ = (UniqueConstraint("shop_id", "order_no"),)

    id: int | None = Field(default=None, primary_key=True)
    shop_id: int = Field(foreign_key="shop.id")
    order_no: str = Field(max_length=40)


# --- counting (domain.md §11)
# -------------------------------------------------------------------------------------------


class Channel(StrEnum):
    """Where it was sold; never added silently."""

    MARKETPLACE_RETAIL = "marketplace_retail"
    MARKETPLACE_BULK = "marketplace_bulk"
    POST_OFFICE_OFFLINE = "post_office_offline"
    SOCIAL = "social"
    TRADER = "trader"
    DIRECT = "direct"
    FAIR = "fair"


CHANNEL_LABELS = {
    Channel.MARKETPLACE_RETAIL: N_("Bán lẻ trên sàn"),
    Channel.MARKETPLACE_BULK: N_("Bán sỉ qua sàn"),
    Channel.POST_OFFICE_OFFLINE: N_("Bưu điện bán trực tiếp"),
    Channel.SOCIAL: N_("Mạng xã hội"),
    Channel.TRADER: N_("Thương lái"),
    Channel.DIRECT: N_("Bán tại vườn"),
    Channel.FAIR: N_("Hội chợ"),
}

#: "Sold on marketplaces" is these two, always shown apart.
HEADLINE = (Channel.MARKETPLACE_RETAIL, Channel.MARKETPLACE_BULK)


class Evidence(StrEnum):
    A = "A"  #: order read through a marketplace's API
    B = "B"  #: settlement or delivery file
    C = "C"  #: paper or message, with attachment
    D = "D"  #: spoken estimate


EVIDENCE_LABELS = {
    Evidence.A: N_("A · đơn hàng từ sàn"),
    Evidence.B: N_("B · tệp đối soát"),
    Evidence.C: N_("C · giấy tờ, có ảnh chụp"),
    Evidence.D: N_("D · ước tính bằng lời"),
}


class OutsideSale(SQLModel, table=True):
    """A sale no order tells of: to a trader, at a fair, in bulk arranged by a marketplace operator."""

    __tablename__ = "outside_sale"
    __table_args__ = (
        CheckConstraint("grams > 0", name="grams_positive"),
        CheckConstraint("channel <> 'marketplace_retail'", name="not_retail"),
    )

    id: int | None = Field(default=None, primary_key=True)
    channel: Channel = Field(sa_type=stored(Channel))
    evidence: Evidence = Field(sa_type=stored(Evidence))
    marketplace: str | None = Field(default=None, max_length=24)  #: operator that arranged a bulk sale
    producer_id: int = Field(foreign_key="producer.id", index=True)
    product_id: int = Field(foreign_key="product.id")
    grams: int = Field(sa_type=BigInteger)
    value_vnd: int | None = Field(default=None, sa_type=BigInteger)
    sold_on: date
    paper: str = Field(default="", max_length=120)  #: number of the slip or invoice
    photo_id: int | None = Field(default=None, foreign_key="photo.id")
    recorded_at: datetime = Field(sa_type=Utc)
    recorded_by: int | None = Field(default=None, foreign_key="account.id")
    client_key: str | None = Field(default=None, max_length=80, unique=True)
    #: Packs it took off listings (by id); those whose number a person sets get them back with the goods
    taken_packs: dict[str, int] = Field(default_factory=dict, sa_type=JSON)
    # recorded by mistake: the goods are in their lots again, and nothing of it is counted
    taken_back_at: datetime | None = Field(default=None, sa_type=Utc)
    taken_back_by: int | None = Field(default=None, foreign_key="account.id")
    taken_back_why: str = Field(default="", max_length=200)


class TonnageKind(StrEnum):
    SOLD = "sold"  #: delivered, or handed over
    RETURNED = "returned"  #: came back; counted in the period of the return
    COMPLAINT = "complaint"  #: refund without return: weight stays, value falls
    UNTAKEN = "untaken"  #: counted as delivered, and the buyer had taken only a part; or took it after all
    TAKEN_BACK = "taken_back"  #: a sale that was recorded by mistake; on the day it was said to be made


class TonnageEntry(SQLModel, table=True):
    """One counted movement of sold goods. Append-only: a correction is another line, never a change.

    Every figure of every report is a sum of these lines, and each leads back to its order or paper.
    `commune_id` is the
    unit as it was where the fruit grew; reports of today resolve it through `AdminChange` (R-53).
    """

    __tablename__ = "tonnage_entry"
    __table_args__ = (
        # Reports read whole seasons from these two alone: everything but the day, and the days.
        Index(
            "ix_tonnage_entry_cover",
            "product_id",
            "channel",
            "commune_id",
            "evidence",
            "marketplace",
            "household_id",
            "day",
            "grams",
            "value_vnd",
            "complaint_grams",
        ),
        Index("ix_tonnage_entry_day", "day", "product_id", "channel", "evidence", "grams"),
    )

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(max_length=80, unique=True)
    kind: TonnageKind = Field(sa_type=stored(TonnageKind))
    at: datetime = Field(sa_type=Utc)
    day: date  #: local day
    channel: Channel = Field(sa_type=stored(Channel))
    evidence: Evidence = Field(sa_type=stored(Evidence))
    marketplace: str | None = Field(default=None, max_length=24)
    product_id: int = Field(foreign_key="product.id")
    household_id: int | None = Field(default=None, foreign_key="household.id", index=True)
    commune_id: int | None = Field(default=None, foreign_key="admin_unit.id")
    grams: int = Field(sa_type=BigInteger)  #: product weight, net; 0 for a complaint, negative for a return
    value_vnd: int = Field(default=0, sa_type=BigInteger)
    complaint_grams: int = Field(default=0, sa_type=BigInteger)
    order_line_id: int | None = Field(default=None, foreign_key="order_line.id", index=True)
    outside_sale_id: int | None = Field(default=None, foreign_key="outside_sale.id", index=True)
