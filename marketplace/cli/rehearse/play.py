"""The play of a rehearsal: everything before the season, the season itself, and its end."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, time, timedelta
from random import Random
from threading import Event
from typing import Any

from marketplace.cli.rehearse.buyers import Market
from marketplace.cli.rehearse.compare import compared
from marketplace.cli.rehearse.demand import make_demand
from marketplace.cli.rehearse.goods import LATE, OPENS, Harvest, make_goods
from marketplace.cli.rehearse.ledger import Ledger
from marketplace.cli.rehearse.lost_sales import lost_sales
from marketplace.cli.rehearse.minds import Mood, make_moods
from marketplace.cli.rehearse.money import paid, settle
from marketplace.cli.rehearse.office import Books, join, open_office, register, teach
from marketplace.cli.rehearse.parts import Measure
from marketplace.cli.rehearse.sellers import Sellers
from marketplace.cli.rehearse.stage import Stage
from marketplace.cli.rehearse.truth import Truth, told_by_mocks
from marketplace.cli.rehearse.world import MARKETPLACES, make_world
from marketplace.core.db import reading
from marketplace.core.units import LOCAL

Coming = tuple[datetime, Harvest | Callable[[], None]]  #: a harvest, or something else to do, and when
STEPS = 5  #: of preparing
MEND_EVERY = timedelta(days=2)
#: Who is killed, or loses the answer, before it hears that a token has ended shows it once more.
UNHEARD = ("stale_token",)
PATIENCE = 60  #: seconds before the season in which goods come to be on show


class Play:
    """One season by its seed: `prepare`, `season`, `settle`, then `measures` and `lost_sales`."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.world = make_world(stage.seed, stage.households)
        self.goods = make_goods(stage.seed, self.world)
        self.wares = {ware.key: ware for ware in self.goods.wares}
        self.ends = datetime.combine(OPENS + timedelta(days=stage.days), time(20), tzinfo=LOCAL)
        demand = make_demand(stage.seed, stage.households, self.goods)
        self.demand = [attempt for attempt in demand if attempt.at < self.ends]
        self.ledger = Ledger(self.wares, stage.now)
        self.books: Books
        self.sellers: Sellers

    def prepare(self) -> None:
        """Register, hold the classes, found cooperatives, pick the first fruit, offer it."""
        self.stage.progress("Chuẩn bị", 0, STEPS)
        self.books = open_office(self.stage, self.world)
        self.sellers = Sellers(self.stage, self.books, self.goods, self.ledger)
        self.stage.progress("Chuẩn bị", 1, STEPS)
        register(self.stage, self.world, self.books)
        self.stage.progress("Chuẩn bị", 2, STEPS)
        join(self.stage, self.world, self.books)
        teach(self.stage, self.world, self.books)
        self.stage.progress("Chuẩn bị", 3, STEPS)
        opening = [one for one in self.goods.harvests if one.at.date() == OPENS]
        self.sellers.splits = dict.fromkeys(self.sellers.splits, "by_sales")  # nothing is offered yet
        self.sellers.pick(opening)
        self.sellers.splits = dict(self.goods.split_of)
        for pool in self.goods.mixed:
            self.sellers.mix(pool)
        self.stage.progress("Chuẩn bị", 4, STEPS)
        self.sellers.offer(ware for ware in self.goods.wares if LATE not in dict(ware.parts))
        self.stage.progress("Chuẩn bị", STEPS, STEPS)
        self._await_publishing()

    def _await_publishing(self) -> None:
        """The season begins with the goods on show, unless a marketplace makes difficulties."""
        began, patience = self.stage.now(), timedelta(seconds=PATIENCE)
        while (left := self.sellers.waiting()) and self.stage.now() - began < patience:
            self.stage.progress("Lên sàn", len(self.sellers.skus) - left, len(self.sellers.skus))
            self.stage.wait_until(self.stage.now() + timedelta(seconds=0.2))

    def season(self) -> None:
        """Play until the last day: buyers in a thread for each marketplace, sellers here."""
        self.stage.begin_season()
        stop = Event()
        markets = [self._market(name) for name in MARKETPLACES]
        with ThreadPoolExecutor(len(markets)) as threads:
            playing = [threads.submit(market.play, self.ends, stop) for market in markets]
            try:
                self._sell(playing)
            finally:
                stop.set()
            for one in playing:
                one.result()
        self.sellers.mend()

    def settle(self) -> None:
        """Nothing moves any more: the marketplaces' statements are imported."""
        settle(self.stage, self.books)

    def measures(self) -> list[Measure]:
        """Truth and books, row by row."""
        truth = self.truth()
        with reading(self.stage.engine) as db:
            return compared(db, self.books, truth)

    def truth(self) -> Truth:
        """What the mocks remember and what the scenario did."""
        controls = self.stage.controls
        meant = {(name, sku): self.wares[ware] for (ware, name), sku in self.sellers.skus.items()}
        return told_by_mocks(
            {name: control.state() for name, control in controls.items()},
            self.world,
            self.goods,
            self.ledger,
            meant,
            paid(controls, self.stage.now(), meant),
            UNHEARD if self.stage.faults != "none" or self.stage.asked.kills else (),
        )

    def lost_sales(self) -> dict[str, Any]:
        """How many buyers went away though there was stock, and with a fixed split instead."""
        return lost_sales(self.ledger)

    def _market(self, name: str) -> Market:
        control = self.stage.control(name)
        return Market(name, control, self.ledger, self.sellers.skus, self.demand, self.stage.now)

    def _sell(self, playing: list[Future[None]]) -> None:
        """What sellers do, in order of time, until the last moment."""
        coming = self._coming()
        mended = self.stage.now()
        whole = self.ends - mended
        while (now := self.stage.now()) < self.ends:
            self.stage.tick()
            self.stage.progress(
                "Niên vụ",
                int((now - self.ends + whole) / timedelta(hours=1)),
                int(whole / timedelta(hours=1)),
            )
            for one in playing:
                if one.done() and (error := one.exception()) is not None:
                    raise error
            self._do(coming, now)
            if now - mended > MEND_EVERY:
                mended = now
                self.sellers.mend()
            self.stage.wait_until(min(self.ends, now + timedelta(hours=2)))

    def _do(self, coming: deque[Coming], now: datetime) -> None:
        """Everything that is due, in order; harvests that follow each other are written down together."""
        picked: list[Harvest] = []
        while coming and coming[0][0] <= now:
            _, what = coming.popleft()
            if isinstance(what, Harvest):
                picked.append(what)
                continue
            self.sellers.pick(picked)
            picked.clear()
            what()
        self.sellers.pick(picked)

    def _coming(self) -> deque[Coming]:
        """Harvests after the first day, and changes of mind."""
        rng = Random(f"{self.stage.seed} minds")  # noqa: S311 - a plan that can be repeated, no secret
        events: list[Coming] = [(one.at, one) for one in self.goods.harvests if one.at.date() > OPENS]
        events += [(mood.at, self._doing(mood)) for mood in make_moods(rng, self.goods, self.ends)]
        return deque(sorted(events, key=lambda event: event[0]))

    def _doing(self, mood: Mood) -> Callable[[], None]:
        return lambda: mood.do(self.sellers)
