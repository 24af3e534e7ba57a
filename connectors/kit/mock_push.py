"""The mock's webhooks: sent in the background, with planned drops, duplicates and swapped order."""

import logging
from collections import Counter
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any

import requests

from connectors.kit.faults import FaultPlan

log = logging.getLogger(__name__)


class Pushes:
    """Pushes waiting to be sent to the registered URL; without one nothing is kept."""

    def __init__(self, faults: FaultPlan, send: Callable[[str, dict[str, Any]], None] | None) -> None:
        self.url: str | None = None
        self.counts: Counter[str] = Counter()
        self._faults = faults
        self._send = send or Background()
        self._waiting: list[tuple[str, dict[str, Any]]] = []
        self._held: tuple[str, dict[str, Any]] | None = None

    def add(self, name: str, body: dict[str, Any]) -> None:
        """Queue one push under its type, e.g. "SALESORDER.CREATE"; a planned failure may strike it."""
        if self.url is None:
            return
        rule = self._faults.for_push(f"WEBHOOK {name}")
        kind = rule.kind if rule else None
        if kind == "webhook_drop":
            self.counts["dropped"] += 1
            return
        push = (self.url, body)
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

    def take(self) -> list[tuple[str, dict[str, Any]]]:
        """What is to be sent now, taken out of the queue."""
        waiting, self._waiting = self._waiting, []
        return waiting

    def deliver(self, pushes: list[tuple[str, dict[str, Any]]]) -> None:
        """Send outside the lock, since the receiver may call back."""
        for url, body in pushes:
            self.counts["sent"] += 1
            self._send(url, body)

    def forget(self) -> None:
        """Drop what waits; the registered URL stays."""
        self._waiting, self._held = [], None
        self.counts.clear()


class Background:
    """Posts from one daemon thread that starts with the first push; nobody waits for a receiver."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[tuple[str, dict[str, Any]]] = SimpleQueue()
        self._thread: Thread | None = None

    def __call__(self, url: str, body: dict[str, Any]) -> None:
        self._queue.put((url, body))
        if self._thread is None:
            self._thread = Thread(target=self._work, name="mock-webhooks", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        with requests.Session() as session:
            while True:
                url, body = self._queue.get()
                try:
                    session.post(url, json=body, timeout=(2, 5))
                except requests.RequestException as error:
                    log.warning("webhook not delivered: %s", type(error).__name__)
