"""The mock's webhooks: sent in the background, with planned drops, duplicates and swapped order."""

import heapq
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

import requests

from connectors.kit.faults import FaultPlan

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Push:
    """One push; unless the receiver answers HTTP 200 it is sent again `tries` times, later each time."""

    url: str
    body: dict[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    tries: int = 0


class Pushes:
    """Pushes waiting to be sent to the registered URL; without one nothing is kept."""

    def __init__(self, faults: FaultPlan, send: Callable[[Push], None] | None, *, tries: int = 0) -> None:
        self.url: str | None = None
        self.counts: Counter[str] = Counter()
        self._faults = faults
        self._send = send or Background()
        self._tries = tries
        self._waiting: list[Push] = []
        self._held: Push | None = None

    def add(self, name: str, body: dict[str, Any], headers: Mapping[str, str] | None = None) -> None:
        """Queue one push under its type, e.g. "SALESORDER.CREATE"; a planned failure may strike it."""
        if self.url is None:
            return
        rule = self._faults.for_push(f"WEBHOOK {name}")
        kind = rule.kind if rule else None
        if kind == "webhook_drop":
            self.counts["dropped"] += 1
            return
        push = Push(self.url, body, headers or {}, self._tries)
        if kind == "webhook_reorder" and self._held is None:
            self.counts["reordered"] += 1
            self._held = push
            return
        self._waiting.append(push)
        if kind == "webhook_duplicate":
            self.counts["duplicated"] += 1
            self._waiting.append(push)
        if self._held is not None:
            self._waiting.append(self._held)
            self._held = None

    def take(self) -> list[Push]:
        """What is to be sent now, taken out of the queue."""
        waiting, self._waiting = self._waiting, []
        return waiting

    def deliver(self, pushes: list[Push]) -> None:
        """Send outside the lock, since the receiver may call back."""
        for push in pushes:
            self.counts["sent"] += 1
            self._send(push)

    def forget(self) -> None:
        """Drop what waits; the registered URL stays."""
        self._waiting, self._held = [], None
        self.counts.clear()


FIRST_PAUSE = 0.5  #: seconds before a push that was not taken is sent again; doubles each time


class Background:
    """Posts from one daemon thread that starts with the first push; nobody waits for a receiver."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[Push] = SimpleQueue()
        self._thread: Thread | None = None

    def __call__(self, push: Push) -> None:
        self._queue.put(push)
        if self._thread is None:
            self._thread = Thread(target=self._work, name="mock-webhooks", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        again: list[tuple[float, int, int, Push]] = []  # due, order, times sent
        number = 0
        with requests.Session() as session:
            session.trust_env = False
            while True:
                push, sent = self._next(again)
                if push is None or self._taken(session, push) or push.tries <= 0:
                    continue
                number += 1
                due = time.monotonic() + FIRST_PAUSE * 2**sent
                heapq.heappush(again, (due, number, sent + 1, replace(push, tries=push.tries - 1)))

    def _next(self, again: list[tuple[float, int, int, Push]]) -> tuple[Push | None, int]:
        wait = max(0.0, again[0][0] - time.monotonic()) if again else None
        try:
            return self._queue.get(timeout=wait), 0
        except Empty:
            _, _, sent, push = heapq.heappop(again)
            return push, sent

    def _taken(self, session: requests.Session, push: Push) -> bool:
        try:
            answer = session.post(push.url, json=push.body, headers=dict(push.headers), timeout=(2, 5))
        except requests.RequestException as error:
            log.warning("webhook not delivered: %s", type(error).__name__)
            return False
        return answer.status_code == 200
