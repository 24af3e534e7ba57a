"""What the mock remembers beside products and orders: approval cases, parcels, and who changed when."""

from bisect import bisect_left, insort
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from connectors.kit.mock_goods import VIETNAM
from connectors.postmart.mapping import PENDING


@dataclass
class Case:
    """A change that waits for approval, or waited once: `type` "00" accepted, "02" waiting, "01" refused."""

    case_id: str
    original_id: str
    affair: str
    change: dict[str, Any]
    created_at: datetime
    type: str = PENDING
    note: str | None = None


@dataclass
class Parcel:
    """A parcel of the documented MyVNPost routes."""

    original_id: str
    item_code: str
    wire: dict[str, Any]
    status: int
    created_at: datetime
    updated_at: datetime
    history: list[tuple[int, datetime]] = field(default_factory=list)


class Timeline:
    """Records by their last change, oldest first; moving one and finding a window cost a bisection."""

    def __init__(self) -> None:
        self._keys: list[tuple[datetime, str]] = []
        self._at: dict[str, datetime] = {}

    def put(self, key: str, at: datetime) -> None:
        """Put a record at its moment, away from where it was."""
        self.drop(key)
        self._at[key] = at
        insort(self._keys, (at, key))

    def drop(self, key: str) -> None:
        """Take a record out."""
        at = self._at.pop(key, None)
        if at is not None:
            del self._keys[bisect_left(self._keys, (at, key))]

    def days(self, first: date, last: date) -> list[str]:
        """Records changed on these Vietnamese days, both included."""
        start = datetime.combine(first, time.min, VIETNAM)
        end = datetime.combine(last + timedelta(days=1), time.min, VIETNAM)
        low, high = bisect_left(self._keys, (start, "")), bisect_left(self._keys, (end, ""))
        return [key for _, key in self._keys[low:high]]
