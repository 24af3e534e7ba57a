"""Run a journalled operation again, against the mock of its marketplace, and compare how it ends."""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from PIL import Image

from connectors.kit.errors import Rejected
from connectors.kit.playback import Recorded, playing
from connectors.kit.protocol import Connector, Marketplace, Options, ShipsItself
from marketplace.core.errors import Refused
from marketplace.core.i18n import N_
from marketplace.selling.models import Exchange
from marketplace.selling.sync.journalling import LOST, cause_of, cause_of_rows, offer_of, rows_of

_PICTURE = (1280, 960)  #: pixels of the picture sent where the journal kept none


class NotReplayable(Refused):
    sentence = N_(
        "Lần gọi này không thuộc một việc ghi đủ dữ kiện nên không chạy lại được. "
        "Hãy chọn lần gọi khác trong nhật ký."
    )


class NoMock(Refused):
    sentence = N_(
        "Sàn “%(name)s” không còn được cài đặt nên không chạy lại được. Hãy cài lại kết nối của sàn."
    )


@dataclass(frozen=True)
class Replayed:
    """How an operation ended when it was recorded and now; None: well."""

    operation: str
    calls: int
    recorded: str | None
    now: str | None

    @property
    def same(self) -> bool:
        return self.recorded == self.now


def replay(
    calls: Sequence[Exchange],
    marketplace: Marketplace | None,
    *,
    name: str,
    switches: Mapping[str, str],
    stored: Callable[[str], bytes],
) -> Replayed:
    """Play all calls of one operation, in order, and do the same with the connector.

    `stored` reads a picture by its address and refuses when its file is not here any more; then any
    picture is sent. Refuses calls that belong to no known operation and marketplaces that are not installed.
    """
    if marketplace is None:
        raise NoMock(name=name)
    operation = calls[0].operation if calls else ""
    again = _AGAIN.get(operation)
    arguments = next((one.arguments for one in calls if one.arguments), {})
    if again is None or (not arguments and operation in _NEEDS):
        raise NotReplayable
    picture = _pictures(stored, arguments.get(LOST, ()))
    connector = _connector(marketplace, calls, switches, picture)
    try:
        now = again(connector, arguments)
    except Exception as error:  # whatever it is, it is what the operation ended with
        now = cause_of(error)
    return Replayed(operation, len(calls), calls[-1].cause, now)


def _connector(
    marketplace: Marketplace,
    calls: Sequence[Exchange],
    switches: Mapping[str, str],
    picture: Callable[[str], bytes],
) -> Connector:
    time = _Time(calls[0].at)
    app = marketplace.create_mock(rate_per_second=None, now=time.now, monotonic=time.seconds)
    told = [Recorded(one.method, one.path, one.status, one.response, one.error) for one in calls]
    with playing(app, told) as base_url:
        options = _options(base_url, time, switches, picture)
        return marketplace.connect(app.extensions["mock"].credentials, options, lambda _said: None)


def _options(
    base_url: str, time: "_Time", switches: Mapping[str, str], picture: Callable[[str], bytes]
) -> Options:
    return Options(
        base_url,
        calls_per_second=0,
        switches=switches,
        picture=picture,
        sleep=time.sleep,
        clock=time.seconds,
        now=time.now,
    )


class _Time:
    """The time of the recording; sleeping only moves it."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._slept = 0.0

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._slept)

    def seconds(self) -> float:
        return self._slept

    def sleep(self, seconds: float) -> None:
        self._slept += seconds


def _pictures(stored: Callable[[str], bytes], lost: Sequence[str]) -> Callable[[str], bytes]:
    """Pictures as they were then: those that were lost are lost again, others may have gone since."""

    def picture(url: str) -> bytes:
        try:
            return stored(url)
        except Rejected:
            if url in lost:
                raise
            return _any_picture()

    return picture


def _any_picture() -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", _PICTURE, "orange").save(drawn, "JPEG")
    return drawn.getvalue()


def _restock(connector: Connector, told: Mapping[str, Any]) -> str | None:
    return cause_of_rows(connector.set_price_and_stock(rows_of(told["rows"])))


def _orders(connector: Connector, told: Mapping[str, Any]) -> None:
    since, until = (datetime.fromisoformat(told[name]) for name in ("since", "until"))
    for _ in connector.orders(since, until):
        pass


def _well(
    do: Callable[[Connector, Mapping[str, Any]], Any],
) -> Callable[[Connector, Mapping[str, Any]], None]:
    """An operation that either raises or ends well."""

    def run(connector: Connector, told: Mapping[str, Any]) -> None:
        do(connector, told)

    return run


#: Operations as the journal names them, and how each is done with what was told of its arguments.
_AGAIN: Mapping[str, Callable[[Connector, Mapping[str, Any]], str | None]] = {
    "open_shop": _well(lambda shop, _told: shop.open_shop()),
    "categories": _well(lambda shop, _told: shop.categories()),
    "attributes": _well(lambda shop, told: shop.attributes(**told)),
    "find": _well(lambda shop, told: shop.find(**told)),
    "create": _well(lambda shop, told: shop.create(offer_of(told["offer"]))),
    "update": _well(lambda shop, told: shop.update(told["remote_id"], offer_of(told["offer"]))),
    "withdraw": _well(lambda shop, told: shop.withdraw(**told)),
    "verdict": _well(lambda shop, told: shop.verdict(**told)),
    "set_price_and_stock": _restock,
    "products": _well(lambda shop, _told: [None for _ in shop.products()]),
    "orders": _well(_orders),
    "order": _well(lambda shop, told: shop.order(**told)),
    "confirm": _well(lambda shop, told: shop.confirm(**told)),
    "deliver": _well(lambda shop, told: cast(ShipsItself, shop).deliver(**told)),
    "cancel_reasons": _well(lambda shop, _told: shop.cancel_reasons()),
    "cancel": _well(lambda shop, told: shop.cancel(**told)),
}
_NEEDS = frozenset(_AGAIN) - {"open_shop", "categories", "products", "cancel_reasons"}  #: arguments
