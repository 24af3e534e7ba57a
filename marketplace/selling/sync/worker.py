"""The worker: lease a shop, claim, speak, write down; then orders and reading back. Killed at any point, it
loses nothing.

Any number of workers on any number of machines may run against one PostgreSQL; on SQLite one is enough.
"""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete
from sqlmodel import Session, col

from connectors.kit.errors import ConnectorError
from marketplace.core import clock
from marketplace.core.config import Settings, WorkerSettings
from marketplace.core.db import writing
from marketplace.selling.models import Exchange, Shop
from marketplace.selling.sync.claiming import claim
from marketplace.selling.sync.lease import Lease, LeaseLost, held, release, take_lease
from marketplace.selling.sync.pull import pull_orders
from marketplace.selling.sync.registry import Connected, Registry
from marketplace.selling.sync.reviewing import review
from marketplace.selling.sync.speaking import our_fault, speak
from marketplace.selling.sync.sweep import read_back, tighten
from marketplace.selling.sync.wishes import carry_out_wishes
from marketplace.selling.sync.writing import note_exchanges, note_health, write_down

log = logging.getLogger("lensan.worker")

MARGIN = 1.0  #: seconds of a lease kept for writing down


class Worker:
    """One worker process. `stop` lets it finish the batch it is in."""

    def __init__(
        self, engine: Engine, settings: Settings, *, now: Callable[[], datetime] = clock.now
    ) -> None:
        self.engine = engine
        self.settings = settings
        self.rules: WorkerSettings = settings.worker
        self.registry = Registry.of(engine, settings)
        self.now = now
        self.stop = threading.Event()

    def run(self) -> None:
        """Work until told to stop; idle a moment when no shop has work."""
        cleaned: datetime | None = None
        while not self.stop.is_set():
            try:
                worked = self.work_once()
                if cleaned is None or self.now() - cleaned > timedelta(hours=1):
                    cleaned = self.now()
                    self.forget_old_exchanges()
            except Exception:
                # The database may be away or the disk full: nothing is lost, the next round tries again.
                log.exception("round failed")
                worked = False
            if not worked:
                self.stop.wait(self.rules.idle_seconds)

    def work_once(self) -> bool:
        """Serve one shop that has work; False when none has."""
        with writing(self.engine) as db:
            lease = take_lease(db, now=self.now(), seconds=self.rules.lease_seconds)
        if lease is None:
            return False
        try:
            self._serve(lease)
        except LeaseLost:
            log.warning("lease lost", extra={"shop": lease.shop_id})
            return True
        with writing(self.engine) as db:
            release(db, lease, now=self.now())
        return True

    def _serve(self, lease: Lease) -> None:
        with writing(self.engine) as db:
            shop = self._mine(db, lease)
            review(db, shop, self.rules, now=self.now())
            db.flush()
            db.expunge(shop)
        try:
            connected = self.registry.connected(shop)
        except Exception as error:
            log.exception("shop cannot be opened", extra={"shop": lease.shop_id})
            self._trouble(lease, our_fault(error))
            return
        try:
            self._first_words(connected, lease, shop)
            while self._publish_batch(connected, lease):
                pass
            self._orders_and_stock(connected, lease)
        except ConnectorError as error:
            self._trouble(lease, error, connected)
        finally:
            self._journal(connected, lease)

    def _first_words(self, connected: Connected, lease: Lease, shop: Shop) -> None:
        """Open the shop when this process first meets it: are the keys right, why may orders be cancelled."""
        if shop.last_ok_at is not None and shop.cancel_reasons and shop.trouble_code is None:
            return
        status = connected.connector.open_shop()
        reasons = [
            {"code": reason.code, "name": reason.name} for reason in connected.connector.cancel_reasons()
        ]
        with writing(self.engine) as db:
            mine = self._mine(db, lease)
            mine.token_expires_at = status.token_expires_at
            mine.cancel_reasons = reasons
            note_health(mine, [None], self.rules, now=self.now())

    def _publish_batch(self, connected: Connected, lease: Lease) -> bool:
        """Claim, speak and write down one batch; False when nothing was due or the shop must rest."""
        if self.stop.is_set():
            return False
        with writing(self.engine) as db:
            shop = self._mine(db, lease)
            jobs = claim(db, shop, lease, self.settings, now=self.now())
            most = self.registry.price_batch(shop)
        if not jobs:
            return False
        patience = self.settings.marketplace(shop.marketplace).read_timeout + MARGIN
        last_call = lease.until - timedelta(seconds=patience)
        outcomes = speak(
            connected.connector,
            jobs,
            price_batch=most,
            may_go_on=lambda: not self.stop.is_set() and self.now() <= last_call,
        )
        with writing(self.engine) as db:
            shop = self._mine(db, lease)
            write_down(db, shop, outcomes, self.rules, now=self.now())
            note_exchanges(db, shop, connected.exchanges, now=self.now())
            return shop.resume_at is None

    def _orders_and_stock(self, connected: Connected, lease: Lease) -> None:
        if self.stop.is_set():
            return
        carry_out_wishes(self.engine, connected, lease, self.rules, now=self.now())
        now = self.now()
        with writing(self.engine) as db:
            shop = self._mine(db, lease)
            sweep = shop.sweep_due_at is None or shop.sweep_due_at <= now
            pull = sweep or shop.pull_due_at is None or shop.pull_due_at <= now
            rested = shop.resume_at is not None and shop.resume_at > now
        if rested or not pull:
            return
        read = read_back(self.engine, connected, lease, self.rules, now=now) if sweep else {}
        pull_orders(self.engine, connected, lease, self.rules, now=self.now())
        tighten(self.engine, lease, read, self.rules, now=self.now())

    def _mine(self, db: Session, lease: Lease) -> Shop:
        shop = held(db, lease, now=self.now(), seconds=self.rules.lease_seconds)
        if shop is None:
            raise LeaseLost
        return shop

    def _trouble(self, lease: Lease, error: ConnectorError, connected: Connected | None = None) -> None:
        with writing(self.engine) as db:
            shop = self._mine(db, lease)
            note_health(shop, [error], self.rules, now=self.now())
            if shop.resume_at is None:
                # An unclear or unreadable answer outside a batch: look again after a pause, and say so.
                shop.trouble_code, shop.trouble_sentence = error.code[:60], error.sentence[:300]
                shop.trouble_since = shop.trouble_since or self.now()
                shop.resume_at = self.now() + timedelta(seconds=self.rules.retry_seconds)
            if connected is not None:
                note_exchanges(db, shop, connected.exchanges, now=self.now())

    def _journal(self, connected: Connected, lease: Lease) -> None:
        if connected.exchanges:
            with writing(self.engine) as db:
                note_exchanges(db, db.get_one(Shop, lease.shop_id), connected.exchanges, now=self.now())

    def forget_old_exchanges(self) -> int:
        """Remove journal entries older than the settings keep; returns how many."""
        oldest = self.now() - timedelta(days=self.rules.journal_days)
        with writing(self.engine) as db:
            return int(db.execute(delete(Exchange).where(col(Exchange.at) < oldest)).rowcount)  # type: ignore[attr-defined]  # a DELETE's result counts rows
