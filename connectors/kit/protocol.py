"""What Lên Sàn asks of a marketplace, in the marketplace-neutral words both sides use.

Weights are integer grams, money integer đồng, times aware UTC. Nothing here names a buyer: the application
counts goods and never needs the person who bought them.
"""

import dataclasses
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Protocol

from connectors.kit.errors import N_
from connectors.kit.statements import Statement, Table


class RemoteState(StrEnum):
    """Where a product stands on the marketplace."""

    DRAFT = "draft"  #: there, but never submitted for sale: publishing it again submits it
    PENDING = "pending"  #: waits for the marketplace's moderation
    LIVE = "live"  #: buyers can buy it
    OFF = "off"  #: there, but not on sale
    REJECTED = "rejected"  #: moderation refused it
    LOCKED = "locked"  #: the marketplace took it down
    DELETED = "deleted"
    UNKNOWN = "unknown"  #: a state this connector has no word for


class OrderState(StrEnum):
    """Where an order stands, in the order it normally moves."""

    NEW = "new"
    CONFIRMED = "confirmed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    REFUSED = "refused"  #: delivery failed or the buyer did not take it: 0 kg
    CANCELLED = "cancelled"
    RETURNED = "returned"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Picture:
    """A photo of the goods; a rule pack judges it by these figures, 0 where they are not known."""

    url: str  #: absolute; its content never changes under the same address
    width: int = 0  #: pixels
    height: int = 0
    size: int = 0  #: bytes of the JPEG


@dataclass(frozen=True)
class Attribute:
    """What a category asks of its goods."""

    id: str
    name: str
    required: bool
    options: tuple[str, ...] = ()  #: empty: free text
    #: Also required when that other attribute has a value other than "" and "0".
    required_with: str | None = None


@dataclass(frozen=True)
class Schema:
    """A leaf category with its attributes, as the marketplace told them last."""

    category: str
    attributes: tuple[Attribute, ...] = ()


@dataclass(frozen=True)
class Promotion:
    """A lower price for some days; both days are local and inclusive."""

    price_vnd: int
    first_day: date
    last_day: date


@dataclass(frozen=True)
class Offer:
    """One pack at one price with its text and pictures, as a buyer should see it."""

    sku: str
    title: str
    description: str  #: plain text, paragraphs split by blank lines; the connector dresses it
    price_vnd: int
    packs: int  #: stock to show, whole packs >= 0
    net_grams: int  #: of one pack
    gross_grams: int  #: what the carrier weighs, >= net
    category: str  #: the marketplace's own category id
    unit: str  #: our pack unit: "box", "bag", "bottle", "piece", ...
    pictures: tuple[Picture, ...] = ()  #: the first is the cover
    attributes: Mapping[str, str] = field(default_factory=dict)  #: marketplace attribute id -> value
    restricted: str | None = None  #: "alcohol", "medicinal", or None (R-42)
    dimensions_cm: tuple[int, int, int] = (35, 25, 20)  #: length, width, height of the parcel
    schema: Schema | None = None  #: of `category` as last fetched; None: what the connector itself knows
    promotion: Promotion | None = None


@dataclass(frozen=True)
class Problem:
    """One thing that keeps an offer off: our field, a stable code, a Vietnamese sentence saying the fix."""

    field: str
    code: str
    sentence: str
    facts: Mapping[str, str] = dataclasses.field(default_factory=dict)
    blocks: bool = True  #: False: a hint; what the marketplace cannot take is left out or cut, and said here


@dataclass(frozen=True)
class Wording:
    """Title and description exactly as they will be sent."""

    title: str
    description: str


@dataclass(frozen=True)
class PriceAndStock:
    """Stock to write for a published product; `price_vnd` is the price it has there already."""

    remote_id: str
    sku: str
    price_vnd: int
    packs: int


@dataclass(frozen=True)
class RowResult:
    """Answer for one row of a batch; `error` is None when the marketplace said yes to this row."""

    sku: str
    error: Exception | None = None


class Standing(StrEnum):
    """Where a change that needs the marketplace's approval stands."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True)
class Verdict:
    standing: Standing
    reason: str | None = None  #: the marketplace's words when it refused


@dataclass(frozen=True)
class RemoteProduct:
    remote_id: str
    sku: str
    title: str  #: as the marketplace has it now; "" when its lists do not tell
    price_vnd: int
    packs: int
    state: RemoteState
    url: str | None = None
    reason: str | None = None  #: the moderator's words
    raw_state: str = ""


@dataclass(frozen=True)
class RemoteLine:
    line_id: str  #: stable within the order
    sku: str
    packs: int
    price_vnd: int  #: of one pack after seller discount
    returned_packs: int = 0  #: of those that were delivered, how many came back
    delivered_packs: int | None = (
        None  #: what the buyer took; None: all of them, or the marketplace does not tell
    )


@dataclass(frozen=True)
class RemoteOrder:
    """An order as the marketplace tells it, buyer left out."""

    order_no: str
    state: OrderState
    lines: tuple[RemoteLine, ...]
    placed_at: datetime
    updated_at: datetime
    delivered_at: datetime | None = None
    returned_at: datetime | None = None
    closed_at: datetime | None = None  #: cancelled or refused
    cancel_reason: str | None = None
    shipping_vnd: int = 0
    voucher_vnd: int = 0  #: paid by the platform, tracked apart from value
    raw_state: str = ""
    confirm_by: datetime | None = None  #: the marketplace cancels it by itself when nobody confirmed by then
    self_shipping: bool = False  #: the shop carries it itself and says when it is delivered: `ShipsItself`


@dataclass(frozen=True)
class UnreadOrder:
    """An order that could not be read; it is parked with its redacted raw text, never blocking the others."""

    order_no: str | None
    code: str
    raw: str


@dataclass(frozen=True)
class CancelReason:
    code: str
    name: str


@dataclass(frozen=True)
class Category:
    id: str
    name: str  #: of this level alone, not the path
    leaf: bool  #: only leaves take goods
    parent: str | None = None  #: None: a top category


@dataclass(frozen=True)
class ShopStatus:
    """Result of opening the shop: the marketplace's name for it and when the token must be renewed."""

    shop_id: str
    token_expires_at: datetime | None


@dataclass(frozen=True)
class Hint:
    """A push told us something changed. It is never believed, only re-read."""

    kind: str  #: "order" or "product"
    key: str | None  #: order number or SKU when the push names one


@dataclass(frozen=True)
class Exchange:
    """One call as journalled: no token, key, name, phone, address or e-mail in it."""

    method: str
    path: str
    request: str
    status: int | None  #: None when no answer came
    response: str
    seconds: float
    error: str | None = None  #: cause code


class Connector(Protocol):
    """One shop on one marketplace. Every method may raise the four errors of `kit.errors`."""

    def open_shop(self) -> ShopStatus: ...
    def categories(self) -> Sequence[Category]:
        """The whole tree, parents before children."""
        ...

    def attributes(self, category: str) -> Sequence[Attribute]:
        """What a leaf asks of its goods; `Rejected` when there is no such leaf."""
        ...

    def find(self, sku: str) -> RemoteProduct | None:
        """Read one product back by SKU; None when the marketplace clearly says it has none."""
        ...

    def create(self, offer: Offer) -> str:
        """Create and return the remote id. Never retried by the transport."""
        ...

    def update(self, remote_id: str, offer: Offer) -> str | None:
        """Make the product what the offer says, its stock included.

        Returns a ticket when the change waits for an approval that must be asked for (`verdict`), else None.
        """
        ...

    def withdraw(self, remote_id: str, sku: str) -> str | None:
        """Take off sale so that nobody can buy any more; withdrawing what is gone already is a success.

        Returns a ticket as `update` does; buyers are stopped before it is approved.
        """
        ...

    def verdict(self, remote_id: str, ticket: str) -> Verdict:
        """What became of a change; marketplaces without tickets are never asked."""
        ...

    def set_price_and_stock(self, rows: Sequence[PriceAndStock]) -> Sequence[RowResult]:
        """One call for up to `limits.price_batch` rows, one result per row in the same order."""
        ...

    def products(self) -> Iterator[Sequence[RemoteProduct]]:
        """All products of the shop, page by page."""
        ...

    def orders(self, since: datetime, until: datetime) -> Iterator[Sequence[RemoteOrder | UnreadOrder]]:
        """Orders placed or changed in the window, page by page; cut to what the marketplace allows."""
        ...

    def order(self, order_no: str) -> RemoteOrder: ...
    def confirm(self, order_no: str) -> None: ...
    def cancel_reasons(self) -> Sequence[CancelReason]: ...
    def cancel(self, order_no: str, reason: str) -> None: ...
    def hint(self, headers: Mapping[str, str], body: bytes) -> Hint:
        """Authenticate a push and name what to re-read; NotAdmitted when it is not from the marketplace."""
        ...


class ShipsItself(Protocol):
    """What a connector also offers that tells orders as `self_shipping`."""

    def deliver(self, order_no: str) -> None:
        """Say that the shop itself has delivered an order; said twice is no error."""
        ...


@dataclass(frozen=True)
class Limits:
    """What the marketplace allows, as known or assumed in the connector's README."""

    calls_per_second: float
    list_page: int
    price_batch: int


@dataclass(frozen=True)
class Options:
    """How this installation speaks: pace and patience in seconds, switches for what is not documented.

    `picture` reads the bytes of a picture by its address; None: it is fetched over HTTP. `sleep`, `clock` and
    `now` are replaced together by tests that do not wait.
    """

    base_url: str
    calls_per_second: float | None = None  #: None: the marketplace's own limit, less a margin
    connect_timeout: float = 3.05
    read_timeout: float = 15.0
    first_pause: float = 0.4  #: at most, before a call is repeated; doubles up to ten times that
    switches: Mapping[str, str] = field(default_factory=dict)
    picture: Callable[[str], bytes] | None = None
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


@dataclass(frozen=True)
class Marketplace:
    """A connector folder's calling card: module attribute `MARKETPLACE` of `connectors.<name>`."""

    name: str  #: "sendo"
    title: str  #: what people call it; "kiểu …" where its seller API is not public
    credential_fields: tuple[str, ...]
    default_base_url: str  #: empty where no address is public: every shop names its own
    limits: Limits
    connect: Callable[[Mapping[str, str], Options, Callable[[Exchange], None]], Connector]
    check: Callable[[Offer], Sequence[Problem]]  #: the rule pack; nothing that blocks means it will be taken
    wording: Callable[[Offer], Wording]  #: the words exactly as they will be sent
    create_mock: Callable[..., Any]  #: a Flask application with the control surface; see kit.mocking
    #: The connector's own copy of a leaf, good until the marketplace was asked; None: no such leaf.
    known_schema: Callable[[str], Schema | None] = lambda _category: None
    #: Reads the tables of a settlement file, or raises a `BadStatement`; None: it hands out no such files.
    read_statement: Callable[[Sequence[Table]], Statement] | None = None
    promotions: bool = False  #: can it sell at a lower price for some days? Else an offer's are left out


__all__ = [
    "N_",
    "Attribute",
    "CancelReason",
    "Category",
    "Connector",
    "Exchange",
    "Hint",
    "Limits",
    "Marketplace",
    "Offer",
    "Options",
    "OrderState",
    "Picture",
    "PriceAndStock",
    "Problem",
    "Promotion",
    "RemoteLine",
    "RemoteOrder",
    "RemoteProduct",
    "RemoteState",
    "RowResult",
    "Schema",
    "ShipsItself",
    "ShopStatus",
    "Standing",
    "UnreadOrder",
    "Verdict",
    "Wording",
]
