"""Running the season: pretend marketplaces, web, publishing, November, worker, buyers, until told to stop."""

import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from threading import Event
from typing import Any, TypeVar

import click
from sqlalchemy import Engine
from sqlmodel import Session, col, func, select

from catalog.models import Product
from connectors.kit.control import Control, Gone
from marketplace.accounts.models import ROLE_LABELS
from marketplace.cli.children import ChildDied, Children, Stopped, free_port, wait_for_port
from marketplace.cli.demo import history, revive
from marketplace.cli.demo.facts import PASSWORD, SEASON_START, SHOP_NAME, START
from marketplace.cli.demo.folder import Folder, State, last_moment
from marketplace.cli.demo.history import OnSale, Placed
from marketplace.cli.demo.live import Market
from marketplace.cli.demo.offices import LOGINS
from marketplace.core import clock
from marketplace.core.audit import SYSTEM
from marketplace.core.config import Settings
from marketplace.core.db import open_engine, reading, writing
from marketplace.core.secrets import vault_of
from marketplace.core.units import datetime_vi, tonnes
from marketplace.selling import shops
from marketplace.selling.models import Channel, Listing, Order, Shop, TonnageEntry
from marketplace.selling.sync.wire import face_of
from marketplace.selling.sync.worker import Worker

T = TypeVar("T")
FAR = timedelta(days=365)
MOST_IDLE = 100  #: rounds in which the shop may not be spoken to, because somebody paused it


class Run:
    """One running demonstration."""

    def __init__(self, folder: Folder, state: State, stop: Event, *, port: int, live: bool) -> None:
        self.folder, self.state, self.stop, self.live = folder, state, stop, live
        self.children = Children(folder.config, folder.path / "logs")
        self.port = free_port(port)
        if port not in (0, self.port):
            click.echo(f"Cổng {port} đang có chương trình khác dùng, chuyển sang cổng {self.port}.")
        self.settings = self._wake()
        self.engine: Engine = open_engine(self.settings.database)
        self.controls: dict[int, Control] = {}  #: by shop
        self.rng = Random(state.seed + 1)  # noqa: S311 - a repeatable season, no secret

    def __call__(self) -> None:
        """Start everything and stay until told to stop; raises ChildDied when something essential ended."""
        try:
            self._run()
        except Stopped:
            return
        except Gone as error:
            self.children.watch()  # says which process ended, if that is why
            raise ChildDied(SHOP_NAME, None) from error
        finally:
            click.echo("\nĐang dừng các tiến trình…")
            self.children.stop()
            self.engine.dispose()
            click.echo("Đã dừng. Chạy lại lệnh này để tiếp tục từ đây.")

    def _run(self) -> None:
        self.children.start("web", "serve", "--port", str(self.port))
        self._open_shops()
        self._publish()
        wait_for_port(self.port, self.children, self.stop)
        self._go_on()
        self._tell()
        moving = self._tell_history()
        began = self._open_pulls()
        self.children.start("worker", "work", restart=True)
        self._await_pulls(began, len(moving))
        self._stay(moving)

    # --- before anything is sold ----------------------------------------------------------------------

    def _wake(self) -> Settings:
        """The demonstration's clock goes on where it was left, however long ago that is."""
        engine = open_engine(self.folder.settings().database)
        with reading(engine) as db:
            last = last_moment(db)
        engine.dispose()
        now = START if last is None else max(START, last + timedelta(seconds=1))
        return self.folder.configure(now=now, port=self.port)

    def _open_shops(self) -> None:
        """Start a pretend marketplace for each shop and give the shop its address and keys."""
        options = ("--rate", "0", "--shift-seconds", str(self.settings.clock_shift_seconds))
        with reading(self.engine) as db:
            names = {shop.id or 0: shop.marketplace for shop in db.exec(select(Shop).order_by(col(Shop.id)))}
        for shop_id, name in names.items():
            mock = self.children.start_mock(name, *options)
            self.controls[shop_id] = Control(mock["base_url"], timeout=10)
            self._register(shop_id, mock)

    def _register(self, shop_id: int, mock: dict[str, Any]) -> None:
        """Tell a shop where its marketplace is, and that where to push; pulls wait for November."""
        with writing(self.engine) as db:
            shop = db.get_one(Shop, shop_id)
            keys = mock["credentials"]
            shops.change_keys(db, SYSTEM, shop, keys, vault=vault_of(self.settings), now=clock.now())
            shop.base_url = str(mock["base_url"])
            shop.lease_until = None
            revive.forget_remote(db, shop, now=clock.now())
            _hold(shop, clock.now())
            self.controls[shop_id].webhook(f"{self.settings.public_url}/day/{shop.push_token}")

    def _publish(self) -> None:
        """Put everything wished on sale; done here, so that no worker pulls orders too early."""
        worker = Worker(self.engine, self.settings)
        worker.stop = self.stop
        with reading(self.engine) as db:
            wished = _due(db)
        left, idle = wished, 0
        with click.progressbar(length=wished, label="Đăng lên sàn   ") as bar:
            while left and idle < MOST_IDLE:
                self._go_on(0.1 if idle else 0)
                idle = 0 if worker.work_once() else idle + 1
                with writing(self.engine) as db:
                    for shop in db.exec(select(Shop)):
                        _hold(shop, clock.now())
                    now_left = _due(db)
                bar.update(left - now_left)
                left = now_left

    # --- November -------------------------------------------------------------------------------------

    def _tell_history(self) -> list[Placed]:
        """Bring the orders into the pretend marketplaces; returns where each stands."""
        with reading(self.engine) as db:
            sale, stocks = history.read_sale(db)
        if not sale:
            return []
        if self.state.played:
            return [placed for shop_id in self.controls for placed in self._brought_back(shop_id, sale)]
        planned = history.plan_november(self.rng, sale, stocks, households=self.state.households)
        return list(self._shown(history.play(self.controls, planned), "Bán cả tháng 11", len(planned)))

    def _brought_back(self, shop_id: int, sale: Sequence[OnSale]) -> list[Placed]:
        """The orders our books know, on the marketplace that has forgotten them."""
        with reading(self.engine) as db:
            last, waiting = revive.known_orders(db, db.get_one(Shop, shop_id))
        here = [one for one in sale if one.shop_id == shop_id]
        if not here:
            return []
        sku = max(here, key=lambda one: one.packs).sku
        steps = revive.bring_back(self.controls[shop_id], shop_id, sku, last, waiting)
        return list(self._shown(steps, "Nối lại đơn cũ ", len(waiting)))

    def _shown(self, steps: Iterable[T], label: str, length: int) -> Iterator[T]:
        with click.progressbar(length=length, label=label) as bar:
            for number, step in enumerate(steps, start=1):
                if number % 20 == 0:
                    bar.update(20)
                    self._go_on()
                yield step
            bar.update(length)

    def _open_pulls(self) -> datetime:
        """From now on orders are pulled: all of November the first time, then what is new."""
        now = clock.now()
        if not self.state.played:
            self.folder.note_sold(pulled=False)
        with writing(self.engine) as db:
            for shop in db.exec(select(Shop)):
                if not self.state.played:
                    shop.pulled_to = SEASON_START
                shop.pull_due_at = shop.sweep_due_at = now
                shop.lease_until = None
                db.add(shop)
        return now

    def _await_pulls(self, began: datetime, orders: int) -> None:
        """Show how the worker takes the orders in, until the first pull of each shop is through."""
        shown = 0
        with click.progressbar(length=max(1, orders), label="Kéo đơn và đếm  ") as bar:
            while True:
                with reading(self.engine) as db:
                    known = _orders(db)
                    waiting = [shop for shop in db.exec(select(Shop)) if not _pulled(shop, began)]
                bar.update(known - shown)
                shown = known
                if not waiting:
                    break
                self._go_on(0.5)
        self.folder.note_sold(pulled=True)
        with reading(self.engine) as db:
            counted = _sold(db)
        click.echo(f"Đã đếm {tonnes(counted)} cam Vàng bán lẻ trên sàn trong niên vụ.")

    # --- while somebody watches -----------------------------------------------------------------------

    def _stay(self, moving: list[Placed]) -> None:
        with reading(self.engine) as db:
            sale, _ = history.read_sale(db)
        market = Market(self.controls, self.rng, sale if self.live else [])
        if self.live:
            market.take_over(moving, time.monotonic())
            click.echo(
                "Người mua đang đặt hàng; mở trang của điều phối để thấy số tấn nhích lên. Ctrl-C để dừng."
            )
        while True:
            self._go_on(0.25)
            if self.live:
                market.tick(time.monotonic())

    def _go_on(self, pause: float = 0.0) -> None:
        """Wait a moment and look after the processes; raises Stopped when somebody asked to end."""
        if self.stop.wait(pause) or self.stop.is_set():
            raise Stopped
        self.children.watch()

    def _tell(self) -> None:
        with reading(self.engine) as db:
            places = [
                f"    {face_of(shop.marketplace).title:<20}{self.controls[shop.id or 0].page}"
                for shop in db.exec(select(Shop).order_by(col(Shop.id)))
            ]
        lines = [
            "",
            f"  Trang web:  {self.settings.public_url}",
            "",
            "  Sàn giả, nơi bạn đóng vai người mua, người duyệt, người giao hàng:",
            *places,
            "",
            "  Đăng nhập (mật khẩu chung: " + PASSWORD + ")",
            *(f"    {user:<12}{ROLE_LABELS[role]}" for role, user, _ in LOGINS),
            "",
            f"  Dữ liệu bịa, ở {self.folder.path}. Đồng hồ trình diễn: {datetime_vi(clock.now())}.",
            "  Ctrl-C để dừng.",
            "",
        ]
        click.echo("\n".join(lines))


def _hold(shop: Shop, now: datetime) -> None:
    """Keep the worker from pulling and reading back until November has been sold."""
    shop.pull_due_at = shop.sweep_due_at = now + FAR


def _pulled(shop: Shop, began: datetime) -> bool:
    """Is there nothing more to wait for at this shop?"""
    return not shop.active or (shop.last_pull_at is not None and shop.last_pull_at >= began)


def _due(db: Session) -> int:
    waiting = select(func.count()).where(col(Listing.not_before) <= clock.now())
    return int(db.exec(waiting).one())


def _orders(db: Session) -> int:
    return int(db.exec(select(func.count()).select_from(Order)).one())


def _sold(db: Session) -> int:
    total = select(func.sum(TonnageEntry.grams)).join(Product, col(Product.id) == TonnageEntry.product_id)
    brand = (TonnageEntry.channel == Channel.MARKETPLACE_RETAIL, Product.code == history.BRAND)
    return int(db.exec(total.where(*brand)).one() or 0)
