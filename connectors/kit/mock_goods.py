"""Goods and orders as a mock marketplace remembers them, and its rate limit."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from connectors.kit.protocol import OrderState, RemoteState

VIETNAM = timezone(timedelta(hours=7))


class Impossible(Exception):
    """What was asked cannot happen now; its text is the sentence (HTTP 409)."""


@dataclass(slots=True)
class MockProduct:
    sku: str
    remote_id: str
    title: str
    price_vnd: int
    stock: int
    status: RemoteState
    created_at: datetime
    updated_at: datetime
    reason: str | None = None
    wire: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class MockOrder:
    order_no: str
    product: MockProduct
    sku: str
    packs: int
    price_vnd: int
    status: OrderState
    placed_at: datetime
    updated_at: datetime
    stamps: dict[str, datetime] = field(default_factory=dict)
    delivered_packs: int | None = None  #: how many the buyer took, once delivered
    returned_packs: int = 0  #: of those, how many came back
    cancelled_by: str | None = None
    cancel_reason: str | None = None


class Bucket:
    """Allows `rate` calls a second, saving up at most one second's worth; None allows everything."""

    def __init__(self, rate: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate
        self._clock = clock
        self._left = float(rate or 0)
        self._at = clock()

    def take(self) -> bool:
        """Count one call; False when it is one too many."""
        if self.rate is None:
            return True
        now = self._clock()
        self._left = min(max(1.0, self.rate), self._left + (now - self._at) * self.rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


def stamp(moment: datetime) -> str:
    """ISO date-time as people in Vietnam read their clock."""
    return moment.astimezone(VIETNAM).isoformat(timespec="seconds")
