"""The worker: lease a shop, claim, speak, write down; then orders and reading back. Killed at any point, it
loses nothing.

Any number of workers on any number of machines may run against one PostgreSQL; on SQLite one is enough. One
process serves several shops at once, since marketplaces set the pace, each by itself.
"""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete
from sqlmodel import Session, col, select

from connectors.kit.errors import ConnectorError
from connectors.kit.protocol import ShopStatus
from marketplace.core import clock
from marketplace.core.config import Settings, WorkerSettings
from marketplace.core.db import reading, writing
from marketplace.selling.models import Exchange, Listing, Shop
from marketplace.selling.sync.claiming import claim
from marketplace.selling.sync.drift import compare, take_off_strangers
from marketplace.selling.sync.fetching import fetch_categories
from marketplace.selling.sync.lease import (
    Lease,
    LeaseLost,
    held,
    nothing_waits,
    release,
    stop_due,
    take_lease,
)
from marketplace.selling.sync.pull import hints_wait, pull_orders, take_hinted
from marketplace.selling.sync.registry import Connected, Registry
from marketplace.selling.sync.reviewing import review
from marketplace.selling.sync.speaking import our_fault, speak
from marketplace.selling.sync.sweep import Reading, read_back
from marketplace.selling.sync.wishes import carry_out_wishes
from marketplace.selling.sync.writing import note_exchanges, note_health, note_token, write_down

log = logging.getLogger("lensan.worker")

CLEAN_EVERY = 3600.0  #: real seconds between two looks for journal entries that are too old


class Stopping(Exception):
    """Told to stop between two pages: what is not read yet is read another time."""


class Worker:
    """Serves one shop at a time. `stop` lets it finish the batch it is in."""

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        *,
        now: Callable[[], datetime] = clock.now,
        colleague: "Worker | None" = None,
    ) -> None:
        self.engine = engine
        self.settings = settings
        self.rules: WorkerSettings = settings.worker
        self.now = now
        # Workers of one process share connectors, so that they log in once and keep one pace for each shop.
        self.registry: Registry = colleague.registry if colleague else Registry.of(engine, settings)
        self.stop: threading.Event = colleague.stop if colleague else threading.Event()

    def run_all(self) -> None:
        """Work with as many colleagues as shops may be served at once, until told to stop."""
        others = [
            Worker(self.engine, self.settings, now=self.now, colleague=self)
            for _ in range(self.rules.shops_at_once - 1)
        ]
        threads = [
            threading.Thread(target=other.run, name=f"worker-{n}") for n, other in enumerate(others, 2)
        ]
        for thread in threads:
            thread.start()
        try:
            self.run()
        finally:
            self.stop.set()
            for thread in threads:
                thread.join()

    def run(self) -> None:
        """Work until told to stop; idle a moment when no shop has work."""
        cleaned: datetime | None = None
        while not self.stop.is_set():
            try:
                worked = self.work_once()
                if cleaned is None or self.now() - cleaned > clock.passing(CLEAN_EVERY):
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
        with reading(self.engine) as db:
            if nothing_waits(db, self.rules, now=self.now()):
                return False
        with writing(self.engine) as db:
            lease = take_lease(db, self.rules, now=self.now())
        if lease is None:
            return False
        try:
            self._serve(lease)
        except LeaseLost:
            log.warning("lease lost", extra={"shop": lease.shop_id})
            return True
        except Stopping:
            log.info("stopped between two pages", extra={"shop": lease.shop_id})
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
            if self._stop_selling(connected, lease):
                return
            self._first_words(connected, lease, shop)
            self._hinted(connected, lease)
            while self._publish_batch(connected, lease):
                self._hinted(connected, lease)
                self._orders_and_stock(connected, lease)  # thousands of listings must not hold orders up
            self._orders_and_stock(connected, lease)
            if not self.stop.is_set():
                fetch_categories(self.engine, connected, shop, self.rules, now=self.now())
            self._note_token(connected, lease, shop)
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
            note_token(mine, status.token_expires_at, now=self.now())
            mine.cancel_reasons = reasons
            note_health(mine, [None], self.rules, now=self.now())

    def _hinted(self, connected: Connected, lease: Lease) -> None:
        take_hinted(self.engine, connected, lease, self.rules, now=self.now())

    def _note_token(self, connected: Connected, lease: Lease, shop: Shop) -> None:
        """Write down when the token ends, after the connector renewed it by itself."""
        status: ShopStatus | None = getattr(connected.connector, "status", None)  # nobody must offer it
        if status is None or status.token_expires_at == shop.token_expires_at:
            return
        with writing(self.engine) as db:
            note_token(self._mine(db, lease), status.token_expires_at, now=self.now())

    def _stop_selling(self, connected: Connected, lease: Lease) -> bool:
        """What must come off goes before everything, also in a shop that rests; True: it must rest on."""
        while self._publish_batch(connected, lease, urgent=True):
            pass
        with writing(self.engine) as db:
            resume_at = self._mine(db, lease).resume_at
        return resume_at is not None and resume_at > self.now()

    def _watch(self, lease: Lease) -> Callable[[], bool]:
        """Must something stop selling now, or an order be read? Asked of the database once a moment.

        Once yes, it stays yes.
        """
        looked, wished = self.now(), False

        def stop_wished() -> bool:
            nonlocal looked, wished
            now = self.now()
            if not wished and (now - looked).total_seconds() >= self.rules.moment:
                looked = now
                due = select(Listing.id).where(Listing.shop_id == lease.shop_id, *stop_due(now))
                with reading(self.engine) as db:
                    wished = db.exec(due.limit(1)).first() is not None
                wished = wished or hints_wait(self.engine, lease.shop_id)
            return wished

        return stop_wished

    def _publish_batch(
        self,
        connected: Connected,
        lease: Lease,
        *,
        urgent: bool = False,
        spoken: set[int] | None = None,
    ) -> bool:
        """Claim, speak and write down one batch; False when nothing was due or the shop must rest.

        `urgent`: only what must come off; any other batch ends as soon as there is such a thing. `spoken`
        gathers the listings.
        """
        if self.stop.is_set():
            return False
        with writing(self.engine) as db:
            shop = self._mine(db, lease)
            jobs = claim(db, shop, lease, self.settings, now=self.now(), urgent=urgent)
            most = self.registry.price_batch(shop)
        if not jobs:
            return False
        last_call = lease.until - self._patience(shop)
        stop_wished = self._watch(lease)
        outcomes = speak(
            connected.connector,
            jobs,
            price_batch=most,
            may_go_on=lambda: (
                not self.stop.is_set() and self.now() <= last_call and (jobs[0].urgent or not stop_wished())
            ),
        )
        if spoken is not None:
            spoken.update(job.listing_id for job in jobs)
        with writing(self.engine) as db:
            shop = self._mine(db, lease)
            write_down(db, shop, outcomes, self.rules, now=self.now())
            note_exchanges(db, shop, connected.exchanges, now=self.now())
            return shop.resume_at is None

    def _patience(self, shop: Shop) -> timedelta:
        """How much of a lease one more call may take: its time limit is real, the lease is by our clock."""
        longest = clock.passing(self.settings.marketplace(shop.marketplace).read_timeout)
        return longest + timedelta(seconds=self.rules.moment)

    def _orders_and_stock(self, connected: Connected, lease: Lease) -> None:
        if self.stop.is_set():
            return
        between = self._between(connected, lease)
        carry_out_wishes(self.engine, connected, lease, self.rules, now=self.now(), between=between)
        take_off_strangers(self.engine, connected, lease, self.rules, now=self.now())
        now = self.now()
        with writing(self.engine) as db:
            shop = self._mine(db, lease)
            sweep = shop.sweep_due_at is None or shop.sweep_due_at <= now
            pull = sweep or shop.pull_due_at is None or shop.pull_due_at <= now
            rested = shop.resume_at is not None and shop.resume_at > now
        if rested or not pull:
            return
        read = Reading(now, whole=False)
        if sweep:
            read = read_back(self.engine, connected, lease, self.rules, now=now, between=between)
        pull_orders(
            self.engine,
            connected,
            lease,
            self.rules,
            now=self.now(),
            between=lambda: read.forget(between()),
        )
        compare(self.engine, lease, read, self.rules, now=self.now())

    def _between(self, connected: Connected, lease: Lease) -> Callable[[], set[int]]:
        """Between two pages: keep the shop, read hinted orders, take off what must stop selling.

        Tells which listings that wrote; raises `Stopping` when this worker is to end.
        """
        stop_wished = self._watch(lease)

        def between() -> set[int]:
            nonlocal stop_wished
            if self.stop.is_set():
                raise Stopping
            spoken: set[int] = set()
            if lease.until - self.now() < timedelta(seconds=self.rules.lease_seconds / 2):
                with writing(self.engine) as db:
                    self._mine(db, lease)
            self._hinted(connected, lease)
            if stop_wished():
                stop_wished = self._watch(lease)
                while self._publish_batch(connected, lease, urgent=True, spoken=spoken):
                    pass
            return spoken

        return between

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
