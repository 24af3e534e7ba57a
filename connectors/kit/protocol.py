"""What Lên Sàn asks of a marketplace, in the marketplace-neutral words both sides use.

Weights are integer grams, money integer đồng, times aware UTC. Nothing here names a buyer: the application
counts goods and never needs the person who bought them.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from connectors.kit.errors import N_


class RemoteState(StrEnum):
    """Where a product stands on the marketplace."""

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
    pictures: tuple[str, ...] = ()  #: absolute URLs, the first is the cover
    attributes: Mapping[str, str] = field(default_factory=dict)  #: marketplace attribute id -> value
    restricted: str | None = None  #: "alcohol", "medicinal", or None (R-42)
    dimensions_cm: tuple[int, int, int] = (35, 25, 20)  #: length, width, height of the parcel


@dataclass(frozen=True)
class Problem:
    """One thing that keeps an offer off: our field, a stable code, a Vietnamese sentence saying the fix."""

    field: str
    code: str
    sentence: str
    facts: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class PriceAndStock:
    remote_id: str
    sku: str
    price_vnd: int
    packs: int


@dataclass(frozen=True)
class RowResult:
    """Answer for one row of a batch; `error` is None when the marketplace said yes to this row."""

    sku: str
    error: Exception | None = None


@dataclass(frozen=True)
class RemoteProduct:
    remote_id: str
    sku: str
    title: str
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
    returned_packs: int = 0  #: of `packs`, how many came back


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
    name: str
    leaf: bool


@dataclass(frozen=True)
class Attribute:
    id: str
    name: str
    required: bool
    options: tuple[str, ...] = ()


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
    def categories(self, parent: str | None = None) -> Sequence[Category]: ...
    def attributes(self, category: str) -> Sequence[Attribute]: ...

    def find(self, sku: str) -> RemoteProduct | None:
        """Read one product back by SKU; None when the marketplace clearly says it has none."""
        ...

    def create(self, offer: Offer) -> str:
        """Create and return the remote id. Never retried by the transport."""
        ...

    def update(self, remote_id: str, offer: Offer) -> None: ...
    def withdraw(self, remote_id: str, sku: str) -> None:
        """Take off sale; withdrawing what is gone already is a success."""
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


@dataclass(frozen=True)
class Limits:
    """What the marketplace allows, as known or assumed in the connector's README."""

    calls_per_second: float
    list_page: int
    price_batch: int


@dataclass(frozen=True)
class Options:
    """How this installation speaks: pace and patience in seconds, switches for what is not documented."""

    base_url: str
    calls_per_second: float | None = None  #: None: the marketplace's own limit, less a margin
    connect_timeout: float = 3.05
    read_timeout: float = 15.0
    switches: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Marketplace:
    """A connector folder's calling card: module attribute `MARKETPLACE` of `connectors.<name>`."""

    name: str  #: "sendo"
    title: str  #: what people call it
    credential_fields: tuple[str, ...]
    default_base_url: str
    limits: Limits
    connect: Callable[[Mapping[str, str], Options, Callable[[Exchange], None]], Connector]
    check: Callable[[Offer], Sequence[Problem]]  #: the rule pack; empty means the marketplace will take it
    dress: Callable[[Offer], str]  #: the description exactly as it will be sent
    create_mock: Callable[..., Any]  #: a Flask application with the control surface; see kit.mocking


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
    "PriceAndStock",
    "Problem",
    "RemoteLine",
    "RemoteOrder",
    "RemoteProduct",
    "RemoteState",
    "RowResult",
    "ShopStatus",
    "UnreadOrder",
]
