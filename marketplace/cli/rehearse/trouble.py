"""What goes wrong during the season: killed processes, a full disk, clocks that are off, bad weather.

When and whom is drawn from the seed; `look` carries out what has become due.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from random import Random

from connectors.kit.control import Control
from marketplace.cli.children import Children
from marketplace.cli.rehearse import disk
from marketplace.cli.rehearse.pace import HONEST
from marketplace.cli.rehearse.parts import Rehearsal
from marketplace.cli.rehearse.weather import Rule, forecast
from marketplace.core import clock

FIRST, LAST = 0.03, 0.97  #: fractions of the season between which processes are killed
DISK = (0.50, 0.53)  #: fractions of the season between which the disk is full
AHEAD, BEHIND = (0.30, 0.36), (0.66, 0.72)  #: and between which the first worker's clock is off


@dataclass(frozen=True)
class Due:
    """Something to do once this fraction of the season has passed."""

    at: float
    act: Callable[[], None]


@dataclass
class Trouble:
    """All trouble of one rehearsal. `plan` begins it, `look` is called often, `end` clears it away."""

    asked: Rehearsal
    children: Children
    controls: Mapping[str, Control]
    workers: list[str]
    shift: int  #: the installation's own distance from real time, in seconds
    serving: Callable[[], None]  #: returns when the web server listens
    kills: dict[str, int] = field(default_factory=dict)  #: how often each process was killed
    jumps: list[dict[str, object]] = field(default_factory=list)
    disk_full_seconds: float = 0.0
    _begins: datetime | None = None
    _ends: datetime | None = None
    _due: list[Due] = field(default_factory=list)
    _full_since: float | None = None
    _off: bool = False  #: is the first worker's clock off?

    def plan(self, begins: datetime, ends: datetime) -> None:
        """From now on things go wrong, between these instants of the installation's clock."""
        self._begins, self._ends = begins, ends
        spells = forecast(self.asked.seed, self.asked.faults)
        self._due = [Due(one.begins, partial(self._weather, one.rules)) for one in spells]
        self._due += self._killings()
        if self.asked.faults == "heavy":
            self._due += self._full_disk() + self._jump(AHEAD, HONEST) + self._jump(BEHIND, -HONEST)
        self._due.sort(key=lambda due: due.at)

    def look(self) -> None:
        """Do what is due by now."""
        if self._begins is None or self._ends is None:
            return
        passed = (clock.now() - self._begins) / (self._ends - self._begins)
        while self._due and self._due[0].at <= passed:
            self._due.pop(0).act()

    def end(self) -> None:
        """Fair weather, room on the disk and right clocks from now on."""
        self._due.clear()
        self._free_disk()
        self._set_right()
        self._weather({})

    def kill_web(self) -> None:
        """SIGKILL the web server and start it again; returns when it listens."""
        self._kill("web")
        self.children.watch()
        self.serving()

    def _kill(self, name: str) -> None:
        self.children.kill(name)
        self.kills[name] = self.kills.get(name, 0) + 1

    # --- weather and kills ----------------------------------------------------------------------------

    def _weather(self, rules: Mapping[str, Sequence[Rule]]) -> None:
        for name, control in self.controls.items():
            control.faults(rules.get(name, []))

    def _killings(self) -> list[Due]:
        dice = Random(f"{self.asked.seed} kills")  # noqa: S311 - a repeatable season, no secret
        drawn = [(dice.uniform(FIRST, LAST), dice.choice(self.workers)) for _ in range(self.asked.kills)]
        return [Due(at, partial(self._kill, name)) for at, name in drawn]

    # --- the disk -------------------------------------------------------------------------------------

    def _full_disk(self) -> list[Due]:
        if not disk.can_fill():
            return []
        return [Due(DISK[0], self._fill_disk), Due(DISK[1], self._free_disk)]

    def _fill_disk(self) -> None:
        self._full_since = time.monotonic()
        disk.fill(self._writers())

    def _free_disk(self) -> None:
        if self._full_since is not None:
            disk.free(self._writers())
            self.disk_full_seconds += time.monotonic() - self._full_since
            self._full_since = None

    def _writers(self) -> list[int]:
        """Process ids of all that write what was acknowledged."""
        return [one for name in ("web", *self.workers) for one in self.children.ids(name)]

    # --- clocks ---------------------------------------------------------------------------------------

    def _jump(self, between: tuple[float, float], seconds: float) -> list[Due]:
        return [Due(between[0], partial(self._put_off, seconds)), Due(between[1], self._set_right)]

    def _put_off(self, seconds: float) -> None:
        """Start the first worker with a clock that is off by so many real seconds."""
        off = round(clock.passing(seconds).total_seconds())
        self._restart(self.shift + off)
        self.jumps.append({"worker": self.workers[0], "seconds": off})
        self._off = True

    def _set_right(self) -> None:
        if self._off:
            self._restart(self.shift)
            self._off = False

    def _restart(self, shift: int) -> None:
        name = self.workers[0]
        self.children.end(name)
        settings = {"LENSAN_CLOCK_SHIFT_SECONDS": str(shift)}
        self.children.start(name, "work", restart=True, settings=settings)
