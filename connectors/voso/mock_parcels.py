"""The parcels of the mock: their published states, what moves them, and how they travel by themselves."""

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors.kit.mock_goods import stamp
from connectors.voso.dates import moment_text

NEW, RECEIVED, CANCELLED, COLLECTED, ENTERED = -100, 100, 107, 105, 200
DELIVERED, FAILED, RETURNED, RETURNING, AGAIN = 501, 505, 504, 515, 550
FINAL = (101, CANCELLED, 201, DELIVERED, 503, RETURNED)
STATUS_NAMES = {
    NEW: "Đơn hàng mới tạo, chưa duyệt",
    RECEIVED: "Đã tiếp nhận",
    COLLECTED: "Bưu tá đã lấy hàng",
    CANCELLED: "Hủy theo yêu cầu đối tác",
    ENTERED: "Nhập tại bưu cục gốc",
    300: "Đang vận chuyển",
    400: "Đến bưu cục phát",
    500: "Đang giao hàng",
    DELIVERED: "Giao hàng thành công",
    RETURNED: "Đã trả người gửi",
    FAILED: "Giao không thành công, yêu cầu chuyển hoàn",
    RETURNING: "Duyệt chuyển hoàn",
    AGAIN: "Yêu cầu phát lại",
}
#: What an approved parcel goes through, in hours after the step before.
_JOURNEY = {
    RECEIVED: (COLLECTED, 2),
    COLLECTED: (ENTERED, 4),
    ENTERED: (300, 2),
    300: (400, 20),
    400: (500, 4),
}
_LAST_HOURS = 6
_NOBODY_HOME = "505"  #: a receiver whose telephone number ends so is never there

#: TYPE of UpdateOrder -> the states it starts from and where it leads.
CANCEL, DELETE = 4, 11
_STEPS = {1: ((NEW,), RECEIVED), 2: ((FAILED,), RETURNING), 3: ((FAILED,), AGAIN)}


@dataclass(slots=True)
class Parcel:
    """One waybill."""

    waybill: str
    fields: dict[str, Any]
    money: dict[str, int]
    status: int
    changed_at: datetime


class Impassable(Exception):
    """The parcel's state does not allow that."""


class Parcels:
    """All parcels of one account; `push` tells of each change, `now` is the mock's clock."""

    def __init__(self, now: Callable[[], datetime], push: Callable[[Mapping[str, Any]], None]) -> None:
        self.by_waybill: dict[str, Parcel] = {}
        self.codes: set[str] = set()  #: the partner's own numbers
        self._now = now
        self._push = push
        self._due: list[tuple[datetime, str, int]] = []

    def add(self, waybill: str, fields: dict[str, Any], money: dict[str, int]) -> Parcel:
        """A new parcel that nobody approved yet."""
        parcel = Parcel(waybill, fields, money, NEW, self._now())
        self.by_waybill[waybill] = parcel
        self.codes.add(fields["ORDER_NUMBER"])
        self.tell(parcel)
        return parcel

    def move(self, parcel: Parcel, step: int) -> None:
        """One TYPE of UpdateOrder; KeyError when there is no such TYPE."""
        if step == CANCEL:
            if parcel.status >= ENTERED or parcel.status in (COLLECTED, CANCELLED):
                raise Impassable
            self._change(parcel, CANCELLED, self._now())
        elif step == DELETE:
            if parcel.status != CANCELLED:
                raise Impassable
            del self.by_waybill[parcel.waybill]
            self.codes.discard(parcel.fields["ORDER_NUMBER"])
        else:
            starts, end = _STEPS[step]
            if parcel.status not in starts:
                raise Impassable
            self._change(parcel, end, self._now())

    def travel(self) -> None:
        """Let every parcel come as far as the time allows."""
        now = self._now()
        while self._due and self._due[0][0] <= now:
            at, waybill, status = heapq.heappop(self._due)
            parcel = self.by_waybill.get(waybill)
            if parcel is not None and _next(parcel)[0] == status:
                self._change(parcel, status, at)

    def _change(self, parcel: Parcel, status: int, at: datetime) -> None:
        parcel.status, parcel.changed_at = status, at
        self.tell(parcel)
        if status not in (*FINAL, FAILED):
            following, hours = _next(parcel)
            heapq.heappush(self._due, (at + timedelta(hours=hours), parcel.waybill, following))

    def rows(self) -> list[dict[str, Any]]:
        """Every parcel without its people, as a test wants to see it."""
        return [
            {
                "waybill": parcel.waybill,
                "order_number": parcel.fields["ORDER_NUMBER"],
                "status": parcel.status,
                "changed_at": stamp(parcel.changed_at),
            }
            for parcel in self.by_waybill.values()
        ]

    def tell(self, parcel: Parcel) -> None:
        """Push the parcel's state in the documented form."""
        fields, money = parcel.fields, parcel.money
        self._push({
            "ORDER_NUMBER": parcel.waybill,
            "ORDER_REFERENCE": fields["ORDER_NUMBER"],
            "ORDER_STATUSDATE": moment_text(parcel.changed_at),
            "ORDER_STATUS": parcel.status,
            "STATUS_NAME": STATUS_NAMES[parcel.status],
            "LOCALION_CURRENTLY": "",
            "LOCATION_CURRENTLY": "",
            "NOTE": "",
            "MONEY_COLLECTION": fields["MONEY_COLLECTION"],
            "MONEY_FEECOD": money["MONEY_COLLECTION_FEE"],
            "MONEY_TOTALFEE": money["MONEY_TOTAL_FEE"],
            "MONEY_TOTAL": money["MONEY_TOTAL"],
            "MONEY_TOTALVAT": money["MONEY_VAT"],
            "EXPECTED_DELIVERY": "Trong 3 ngày",
            "PRODUCT_WEIGHT": fields["PRODUCT_WEIGHT"],
            "ORDER_SERVICE": fields["ORDER_SERVICE"],
            "ORDER_SERVICE_ADD": fields["ORDER_SERVICE_ADD"],
            "ORDER_PAYMENT": fields["ORDER_PAYMENT"],
            "DETAIL": [],
            "VOUCHER_VALUE": 0,
            "MONEY_COLLECTION_ORIGIN": None if parcel.status < ENTERED else fields["MONEY_COLLECTION"],
            "EMPLOYEE_NAME": None,
            "EMPLOYEE_PHONE": None,
            "IS_RETURNING": parcel.status in (RETURNING, RETURNED),
            "REASON_CODE": "36" if parcel.status == FAILED else None,
            "RECEIVER_FULLNAME": fields["RECEIVER_FULLNAME"],
            "ORDER_NOTE": fields["ORDER_NOTE"],
            "GROUPADDRESS_ID": fields["GROUPADDRESS_ID"],
        })  # fmt: skip


def _next(parcel: Parcel) -> tuple[int, int]:
    """The state a parcel comes to by itself, and after how many hours."""
    if parcel.status == RETURNING:
        return RETURNED, 24
    if parcel.status in _JOURNEY:
        return _JOURNEY[parcel.status]
    absent = parcel.status == 500 and parcel.fields["RECEIVER_PHONE"].endswith(_NOBODY_HOME)
    return (FAILED if absent else DELIVERED), _LAST_HOURS
