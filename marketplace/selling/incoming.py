"""An order as somebody tells it, in our words: what a pull, a push or a file brings in."""

from dataclasses import dataclass
from datetime import datetime

GONE = frozenset({"cancelled", "refused"})  #: the goods were not sold


@dataclass(frozen=True)
class IncomingLine:
    """`line_no` is stable within the order; `price_vnd` is of one pack after seller discount."""

    line_no: str
    sku: str
    packs: int
    price_vnd: int
    returned_packs: int = 0
    delivered_packs: int | None = None  #: what the buyer took; None: all, or the marketplace does not tell


@dataclass(frozen=True)
class IncomingOrder:
    """An order as somebody tells it, buyer left out; instants are aware UTC."""

    order_no: str
    state: str
    lines: tuple[IncomingLine, ...]
    placed_at: datetime
    updated_at: datetime
    delivered_at: datetime | None = None
    returned_at: datetime | None = None
    closed_at: datetime | None = None
    cancel_reason: str | None = None
    shipping_vnd: int = 0
    voucher_vnd: int = 0
    raw_state: str = ""
    confirm_by: datetime | None = None
    self_shipping: bool = False

    @property
    def tells_of_lines(self) -> bool:
        """Does it say that goods came back, or that not all were taken?"""
        lines = any(line.returned_packs or line.delivered_packs is not None for line in self.lines)
        return lines or self.state in GONE | {"returned"}
