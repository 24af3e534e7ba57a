"""Pacing before the marketplace has to say 429: calls are spaced evenly, one that is late is made up for."""

import time
from collections.abc import Callable
from threading import Lock
from weakref import WeakValueDictionary

MARGIN = 0.97  #: of what the marketplace allows, so that clocks and networks may jitter
#: Seconds by which a late call may be made up for: at `MARGIN` of the limit no second, wherever it begins,
#: holds more calls than the limit then.
SLACK = 1 / MARGIN - 1


class Pacer:
    """Lets calls through at `calls_per_second`; None or 0 means no pacing.

    It starts cold, without any burst saved up: processes that take turns never exceed the rate together.
    """

    def __init__(
        self,
        calls_per_second: float | None,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._interval = 1 / calls_per_second if calls_per_second else 0.0
        self._sleep = sleep
        self._clock = clock
        self._lock = Lock()
        self._due = clock() + SLACK + self._interval

    def wait(self) -> None:
        """Sleep until the next call may leave."""
        if not self._interval:
            return
        with self._lock:
            now = self._clock()
            leave = max(now, self._due - SLACK)
            self._due = max(now, self._due) + self._interval
        if leave > now:
            self._sleep(leave - now)

    def hold(self, seconds: float) -> None:
        """Let nothing leave for that long: the marketplace said 429 all the same."""
        with self._lock:
            self._due = max(self._due, self._clock() + seconds + SLACK)


_shared: WeakValueDictionary[tuple[str, str, float | None], Pacer] = WeakValueDictionary()
_shared_lock = Lock()


def shared_pacer(base_url: str, shop: str, calls_per_second: float | None) -> Pacer:
    """The one pacer of a shop within this process: two connectors side by side do not double the rate."""
    key = (base_url, shop, calls_per_second)
    with _shared_lock:
        pacer = _shared.get(key)
        if pacer is None:
            pacer = _shared[key] = Pacer(calls_per_second)
        return pacer
