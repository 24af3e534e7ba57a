"""The stage of a rehearsal: three mocks, the web, the workers, one clock for all of them."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from threading import Event
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Engine

from connectors.kit.control import Control
from marketplace.cli.children import Children, Stopped, wait_for_port
from marketplace.cli.rehearse.ground import CALLS, LOGINS, MARKETPLACES, Ground, empty_database
from marketplace.cli.rehearse.pace import RATE
from marketplace.cli.rehearse.parts import Rehearsal
from marketplace.cli.rehearse.trouble import Trouble
from marketplace.core import clock
from marketplace.core.audit import SYSTEM
from marketplace.core.config import Settings
from marketplace.core.db import writing
from marketplace.core.secrets import vault_of
from marketplace.selling import shops

AHEAD = 4.0  #: real seconds for web and workers to start in, before the clock runs


class Stage:
    """Where the season is played. Everything a play needs; ends all processes when it is left."""

    settings: Settings  #: those in force; others from `begin_season` on
    engine: Engine
    controls: dict[str, Control]  #: one per marketplace, for the thread that made the stage alone
    mocks: dict[str, dict[str, Any]]  #: what each mock says on its first line, by marketplace
    trouble: Trouble

    def __init__(
        self, asked: Rehearsal, ground: Ground, stop: Event, progress: Callable[[str, int, int], None]
    ) -> None:
        self.asked, self.ground, self.stop = asked, ground, stop
        self.seed, self.households, self.faults, self.days = (
            asked.seed,
            asked.households,
            asked.faults,
            asked.days,
        )
        self.progress = progress  #: (label, done, total): how far the play is
        self.children = Children(ground.config, ground.logs, most_restarts=10_000, told=lambda _words: None)
        self.web_url = f"http://127.0.0.1:{ground.port}"
        self.mocks, self.controls = {}, {}
        self._left = ExitStack()

    def __enter__(self) -> Self:
        self._left.callback(self.children.stop)
        try:
            self._open()
        except BaseException:
            self._left.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._left.close()

    def _open(self) -> None:
        self.settings = self.ground.settle()
        clock.set_by(self.settings)
        self.engine = empty_database(self.settings)
        self._left.callback(self.engine.dispose)
        shift = str(self.settings.clock_shift_seconds)
        for name in MARKETPLACES:
            self.mocks[name] = self.children.start_mock(name, "--rate", str(CALLS), "--shift-seconds", shift)
            self.controls[name] = self.control(name)
            self._left.callback(self.controls[name].close)
        self.controls["sendo"].settings(login_per_second=LOGINS)
        self._start()
        self._serving()
        self.trouble = Trouble(
            self.asked,
            self.children,
            self.controls,
            self.workers,
            self.settings.clock_shift_seconds,
            self._serving,
        )

    def _serving(self) -> None:
        wait_for_port(self.ground.port, self.children, self.stop)

    def _start(self) -> None:
        self.children.start("web", "serve", restart=True)
        for name in self.workers:
            self.children.start(name, "work", restart=True)

    @property
    def workers(self) -> list[str]:
        """Names of the worker processes."""
        return [f"worker-{number}" for number in range(1, self.asked.workers + 1)]

    # --- for the play ---------------------------------------------------------------------------------

    def now(self) -> datetime:
        """What every clock of this rehearsal shows."""
        return clock.now()

    def control(self, marketplace: str) -> Control:
        """A control of one's own, for a thread of the play; close it."""
        return Control(self.mocks[marketplace]["base_url"], timeout=20)

    def open_shop(self, marketplace: str, producer_id: int, name: str) -> int:
        """A shop of this producer on a mock, with its keys, and pushes that reach our web; its id."""
        mock = self.mocks[marketplace]
        data = shops.ShopIn(
            marketplace=marketplace,
            name=name,
            producer_id=producer_id,
            base_url=mock["base_url"],
            credentials=mock["credentials"],
        )
        with writing(self.engine) as db:
            shop = shops.open_shop(db, SYSTEM, data, vault=vault_of(self.settings), now=self.now())
            shop.auto_confirm = True
        self.controls[marketplace].webhook(f"{self.web_url}/day/{shop.push_token}")
        return shop.id or 0

    def begin_season(self) -> datetime:
        """Start web and workers anew, then let the clock run `RATE` times as fast; what it shows then."""
        self.children.end(*self.workers, "web")
        since = clock.real() + timedelta(seconds=AHEAD)
        self.settings = self.ground.settle(rate=RATE, since=since.timestamp())
        for control in self.controls.values():
            control.run(RATE, since)
        clock.set_by(self.settings)
        self._start()
        self._serving()
        begins = since + timedelta(seconds=self.settings.clock_shift_seconds)
        self.wait_until(begins)
        self.trouble.plan(begins, begins + timedelta(days=self.days))
        return self.now()

    def wait_until(self, moment: datetime) -> None:
        """Return when the clock shows `moment`, looking after everything meanwhile."""
        while self.now() < moment:
            self.tick()
            left = (moment - self.now()) / clock.passing(1.0)
            time.sleep(min(0.05, max(0.0, left)))

    def stop_workers(self) -> None:
        """Let the workers finish what they are at and end: nothing is sent or pulled any more."""
        self.children.end(*self.workers)

    def tick(self) -> None:
        """Call this often: what ended starts again, weather and trouble happen, a wish to end is heard."""
        if self.stop.is_set():
            raise Stopped
        self.children.watch()
        self.trouble.look()
