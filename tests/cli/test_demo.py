"""The demonstration: the same season from the same seed, invented people only, and processes that end."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import click
import pytest
from alembic import command
from sqlalchemy import Engine
from sqlmodel import Session, func, select

from catalog.models import (
    Certificate,
    Household,
    LotPool,
    Person,
    Photo,
    PovertyStatus,
    Producer,
    Product,
    Sex,
    StockEntry,
)
from catalog.photos import photo_file
from connectors.kit.control import Control, Gone, Impossible
from connectors.kit.serving import listen
from connectors.sendo import MARKETPLACE
from marketplace.accounts.logins import log_in
from marketplace.accounts.models import Role
from marketplace.cli.children import free_port
from marketplace.cli.common import alembic_config
from marketplace.cli.demo import facts, history
from marketplace.cli.demo.build import Built, build_season
from marketplace.cli.demo.folder import Folder
from marketplace.cli.demo.live import Market
from marketplace.core import clock
from marketplace.core.config import Settings, as_toml, new_secrets
from marketplace.core.db import open_engine, reading, writing
from marketplace.core.secrets import Vault, vault_of
from marketplace.reports.models import Target
from marketplace.selling.models import Listing, Offer, Shop
from marketplace.selling.stock import wished_grams
from marketplace.selling.sync.wire import prepare
from training.models import AttendanceMark, Enrolment, QuizResult, TrainingSession

LENSAN = [sys.executable, "-c", "from marketplace.cli import main; main()"]


@pytest.fixture(autouse=True)
def _clock_of_the_demo(monkeypatch):
    """These tests move the clock of their own process."""
    monkeypatch.setattr(clock, "_shift", clock._shift)


@dataclass(frozen=True)
class Season:
    """A season of 60 households in a database of its own, built once for all tests that only look."""

    engine: Engine
    settings: Settings
    vault: Vault
    built: Built


@pytest.fixture(scope="module")
def season(tmp_path_factory) -> Iterator[Season]:
    settings = Folder(tmp_path_factory.mktemp("demo")).prepare(now=facts.START)
    command.upgrade(alembic_config(settings.database), "head")
    engine = open_engine(settings.database, durable=False)
    vault = vault_of(settings)
    with writing(engine) as db:
        built = build_season(db, vault, settings, households=60, seed=7, done=lambda: None)
    clock.shift_by(0)
    yield Season(engine, settings, vault, built)
    engine.dispose()


@pytest.fixture
def books(season) -> Iterator[Session]:
    with reading(season.engine) as db:
        yield db


def told(db: Session) -> list[Any]:
    """The season without what is secret or sealed."""
    rows: list[Any] = [
        (one.code, one.commune_id, one.village, one.orange_area_m2) for one in db.exec(select(Household))
    ]
    rows += [(one.name, one.phone, one.birth_year, one.national_id_tail) for one in db.exec(select(Person))]
    rows += [(one.kind, one.grams) for one in db.exec(select(StockEntry))]
    rows += [(one.title, one.price_vnd, one.description) for one in db.exec(select(Offer))]
    rows += [(one.wanted_packs, one.wanted) for one in db.exec(select(Listing))]
    rows += [(one.year, one.status) for one in db.exec(select(PovertyStatus))]
    rows += [
        (one.starts_on, one.commune_id, one.capacity, one.status) for one in db.exec(select(TrainingSession))
    ]
    rows += [(one.place, one.status, one.created_at) for one in db.exec(select(Enrolment))]
    rows += [(one.present, one.door, one.marked_at) for one in db.exec(select(AttendanceMark))]
    rows += [(one.moment, one.correct) for one in db.exec(select(QuizResult))]
    return rows


# --- the season ------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_season(engine, settings, vault):
    settings.photo_dir.mkdir()
    seasons = []
    for seed in (7, 7, 8):
        with Session(engine) as db:
            build_season(db, vault, settings, households=12, seed=seed, done=lambda: None)
            seasons.append(told(db))
            db.rollback()
    assert seasons[0] == seasons[1]
    assert seasons[0] != seasons[2]


def test_every_national_id_is_of_the_year_2099(season, books):
    people = [one for one in books.exec(select(Person)) if one.national_id_sealed]
    shown = [(person.sex, season.vault.open(person.national_id_sealed)) for person in people]

    assert season.built.households == 60
    assert 20 <= len(shown) <= 60
    assert all(
        re.fullmatch(r"002299\d{6}" if sex == Sex.MALE else r"002399\d{6}", number) for sex, number in shown
    )
    assert len({number for _, number in shown}) == len(shown)


def test_every_phone_is_of_a_series_nobody_has(books):
    phones = [one.phone for one in books.exec(select(Person)) if one.phone]
    phones += [one.phone for one in books.exec(select(Producer)) if one.phone]

    assert all(re.fullmatch(r"\+84900\d{6}", phone) for phone in phones)
    assert len(set(phones)) < len(phones)  # families share one


def test_names_are_those_of_the_group(books):
    groups = facts.people()["groups"]
    people = list(books.exec(select(Person)))

    for person in people:
        if person.ethnicity is None:  # walked into a class; nobody has asked yet
            continue
        family, middle, given = person.name.split(" ")
        words = groups[person.ethnicity]
        assert family in words["family"]
        assert middle in words[f"{person.sex}_middle"]
        assert given in words[person.sex]


def test_orange_growers_are_mostly_tay_and_the_plateau_is_mostly_mong():
    mix = facts.season()["mix"]

    assert max(mix["orange"], key=mix["orange"].get) == "02"
    assert max(mix["plateau"], key=mix["plateau"].get) == "08"
    assert all(sum(shares.values()) == 100 for shares in mix.values())


def test_38_orange_communes_are_known():
    areas = facts.season()["orange"]

    assert sum(len(area["known"]) + len(area["others"]) for area in areas) == 38


def test_the_checklist_names_what_was_left_out_on_purpose(season, books):
    rows = books.exec(
        select(Offer, Shop, Listing).join(Listing, Listing.offer_id == Offer.id).join(Shop)
    ).all()
    prepared = prepare(books, rows, public_url=season.settings.public_url, today=facts.TODAY)
    said = {
        listing.sku: ready.blocking[0].code if ready.blocking else None
        for (_, _, listing), ready in zip(rows, prepared, strict=True)
    }

    assert said == dict(season.built.expected)
    assert None in said.values()
    assert len(set(said.values())) > 2


def test_no_lot_is_below_nothing_and_no_pool_promises_more_than_it_has(books):
    left = books.exec(select(func.sum(StockEntry.grams)).group_by(StockEntry.lot_id)).all()
    pools = books.exec(
        select(LotPool.id, func.sum(StockEntry.grams)).join(StockEntry).group_by(LotPool.id)
    ).all()
    wished = {pool_id: wished_grams(books, pool_id) for pool_id, _ in pools}

    assert min(left) >= 0
    assert all(wished[pool_id] <= grams for pool_id, grams in pools)


def test_every_login_works_and_the_farmer_has_something_on_sale(books):
    accounts = {
        user: log_in(books, user, facts.PASSWORD) for user in ("quantri", "dieuphoi", "khuyennong", "hodan")
    }
    household = accounts["hodan"].household_id
    own = select(Listing).join(Offer).join(Producer).where(Producer.household_id == household)
    assert len(books.exec(own).all()) == 2
    assert {account.role for account in accounts.values()} == set(Role)


def test_targets_say_who_said_them_and_papers_end_at_different_times(books):
    targets = sorted((one.grams, one.said_on.isoformat()) for one in books.exec(select(Target)))
    ends = sorted((one.valid_to - facts.TODAY).days for one in books.exec(select(Certificate)))

    assert targets == [(60_000_000, "2021-11-12"), (11_672_000_000, "2021-11-05")]
    assert ends[0] < 0 < ends[1] <= 30


def test_photos_are_on_disk(season, books):
    photos = list(books.exec(select(Photo)))

    assert len(photos) > 10
    assert all(
        photo_file(season.settings.photo_dir, photo.sha256).stat().st_size == photo.size_bytes
        for photo in photos
    )


def rng() -> Random:
    return Random(3)  # noqa: S311 - a plan that can be repeated


# --- November ------------------------------------------------------------------------------------------


def a_sale(packs: int = 400) -> tuple[list[history.OnSale], dict[int, history.Stock]]:
    sale = [
        history.OnSale(1, "LS1", "cam-vang", 1, 10_000, packs, 1.0),
        history.OnSale(1, "LS2", "mat-ong", 2, 1_000, 50, 1.0),
    ]
    stock = {
        1: history.Stock([(facts.FIRST_SALE, 1_000_000), (facts.TODAY.replace(day=1), 3_000_000)]),
        2: history.Stock([(facts.FIRST_SALE, 50_000)]),
    }
    return sale, stock


def test_november_sells_no_fruit_before_it_was_picked():
    sale, stock = a_sale()

    planned = history.plan_november(rng(), sale, stock, households=60)

    before = [order for order in planned if order.placed_at.date() < facts.TODAY.replace(day=1)]
    assert sum(order.packs for order in before if order.sku == "LS1") <= 100
    assert sum(order.packs for order in planned if order.sku == "LS1") <= 400
    assert len(planned) > 30


def test_nothing_of_november_lies_in_the_future():
    sale, stock = a_sale()

    for order in history.plan_november(rng(), sale, stock, households=60):
        moments = [order.placed_at, *(at for _, at, _ in order.steps)]
        assert moments == sorted(moments)
        assert moments[-1] < facts.START


def test_a_market_sells_moves_and_forgives_what_cannot_be():
    app = MARKETPLACE.create_mock(rate_per_second=None)
    memory = app.extensions["mock"]
    serving = listen(app)
    control = Control(serving.base_url)
    try:
        sku = _on_the_mock(memory)
        goods = [
            history.OnSale(1, one, history.BRAND, 1, 10_000, 5_000, weight)
            for one, weight in ((sku, 1.0), ("unknown", 0.2))
        ]
        market = Market({1: control}, rng(), goods)
        for second in range(240):
            market.tick(float(second))
        states = {str(order.status) for order in memory.orders.values()}
    finally:
        control.close()
        serving.stop()
    assert market.orders == len(memory.orders) > 50
    assert "delivered" in states
    assert memory.violations == []


def _on_the_mock(memory: Any) -> str:
    from connectors.kit.protocol import Offer as WireOffer
    from connectors.kit.protocol import Picture
    from connectors.sendo.mapping import to_wire

    offer = WireOffer(
        sku="LS1",
        title="Cam",
        description="Cam ngon. " * 20,
        price_vnd=200_000,
        packs=5_000,
        net_grams=10_000,
        gross_grams=10_600,
        category="2422",
        unit="box",
        pictures=(Picture("http://127.0.0.1/a.jpg"),),
    )
    memory.add_product(to_wire(offer))
    return offer.sku


# --- the control surface from outside ----------------------------------------------------------------------


@pytest.fixture
def control():
    app = MARKETPLACE.create_mock(rate_per_second=None)
    serving = listen(app)
    control = Control(serving.base_url, timeout=5)
    control.memory = app.extensions["mock"]
    yield control
    control.close()
    serving.stop()


def test_control_plays_buyer_and_courier(control):
    sku = _on_the_mock(control.memory)

    order = control.buy(sku, 2)
    control.advance(order["order_no"], "confirmed")

    assert control.state()["orders"][0]["status"] == "confirmed"
    with pytest.raises(Impossible, match="chỉ còn"):
        control.buy(sku, 6_000)
    with pytest.raises(Impossible):
        control.advance(order["order_no"], "delivered")


def test_control_brings_an_order_of_the_past_back_under_its_number(control):
    sku = _on_the_mock(control.memory)
    placed = facts.SEASON_START
    steps = [("confirmed", placed, None), ("shipped", placed, None)]

    back = control.buy(sku, 2, placed, order_no="140000077", steps=steps)
    fresh = control.buy(sku, 1)

    assert (back["order_no"], back["status"]) == ("140000077", "shipped")
    assert fresh["order_no"] == "140000078"
    for taken in ("140000077", "VS1"):
        with pytest.raises(Impossible, match="Số đơn"):
            control.buy(sku, 1, order_no=taken)
    assert len(control.state()["orders"]) == 2


def test_control_moderates_sets_up_plans_failures_and_resets(control):
    sku = _on_the_mock(control.memory)

    control.moderate(sku, "reject", "ảnh mờ")
    control.settings(moderation=True)
    control.faults([{"match": "POST /login", "kind": "http_500", "times": 1}])
    state = control.state()
    control.reset()

    assert state["products"][0]["status"] == "rejected"
    assert state["settings"]["moderation"] is True
    assert control.state()["products"] == []


def test_control_says_that_nobody_is_there():
    control = Control(f"http://127.0.0.1:{free_port(0)}", timeout=1)

    with pytest.raises(Gone):
        control.state()
    control.close()


# --- the folder -----------------------------------------------------------------------------------------


def test_a_folder_that_is_no_demonstration_stays_untouched(tmp_path):
    (tmp_path / "config.toml").write_text(as_toml(new_secrets()), "utf-8")
    (tmp_path / "lensan.db").write_bytes(b"real")

    for touch in (Folder(tmp_path).refuse_foreign, Folder(tmp_path).empty):
        with pytest.raises(click.ClickException, match="không phải của bản trình diễn"):
            touch()

    assert (tmp_path / "lensan.db").read_bytes() == b"real"


def test_settings_of_the_surroundings_never_lead_to_other_data(tmp_path, monkeypatch):
    monkeypatch.setenv("LENSAN_DATABASE_URL", f"sqlite:///{tmp_path / 'real.db'}")

    with pytest.raises(click.ClickException, match="LENSAN_"):
        Folder(tmp_path / "demo").prepare(now=facts.START)
    assert not (tmp_path / "real.db").exists()


def test_a_demonstration_keeps_its_secrets_and_sets_its_clock(tmp_path):
    folder = Folder(tmp_path / "demo")
    first = folder.prepare(now=facts.START)
    second = folder.configure(now=facts.START, port=8123)

    assert second.secret_key == first.secret_key
    assert second.public_url == "http://127.0.0.1:8123"
    assert second.clock_shift_seconds == (facts.START - clock.now()).total_seconds()
    assert second.demo
    assert (folder.config.stat().st_mode & 0o777) == 0o600


def test_a_busy_port_gives_way_to_the_next(tmp_path):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) != port


# --- as people run it ----------------------------------------------------------------------------------


def lensan(*arguments: str, config: Path | None = None) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LENSAN_")}
    if config is not None:
        environment["LENSAN_CONFIG"] = str(config)
    return subprocess.run(
        [*LENSAN, *arguments], env=environment, capture_output=True, text=True, timeout=300, check=False
    )


def tonnage(first: str, last: str, folder: Path) -> dict[str, Any]:
    """Oranges sold from day to day, by channel."""
    asked = ("report", "tonnage", "--from", first, "--to", last, "--json")
    report = lensan(*asked, config=folder / "config.toml")
    return json.loads(report.stdout)["oranges"]["by_channel"]


@pytest.mark.sqlite_only
def test_the_worked_example_is_50_kg_retail_and_2_tonnes_bulk(tmp_path):
    folder = tmp_path / "vi-du"

    played = lensan("demo", "--worked-example", "--dir", str(folder))
    assert played.returncode == 0, played.stderr
    again = lensan("demo", "--worked-example", "--dir", str(folder))
    november = tonnage("2021-11-01", "2021-11-30", folder)
    december = tonnage("2021-12-01", "2021-12-31", folder)

    assert november["marketplace_retail"]["kg"] == "50"
    assert november["marketplace_bulk"]["kg"] == "2000"
    assert november["trader"]["kg"] == "1200"
    assert december["marketplace_retail"]["kg"] == "20"
    assert "Dùng lại" in again.stdout


class Demo:
    """`lensan demo --serve` as a process of its own group."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LENSAN_")}
        self.log = (folder.parent / f"out-{time.monotonic_ns()}.txt").open("ab+")
        self.process = subprocess.Popen(
            [*LENSAN, "demo", "--serve", "--households", "30", "--dir", str(folder), "--port", "0"],
            env={**environment, "PYTHONUNBUFFERED": "1"},
            stdout=self.log,
            stderr=self.log,
        )

    def said(self) -> str:
        self.log.seek(0)
        return self.log.read().decode()

    def wait_for(self, words: str, seconds: float = 150) -> None:
        deadline = time.monotonic() + seconds
        while words not in self.said():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.1)

    def family(self) -> list[int]:
        """Processes that use this demonstration's settings, found by their environment."""
        mark = f"LENSAN_CONFIG={self.folder / 'config.toml'}".encode()
        return [int(path.parent.name) for path in Path("/proc").glob("[0-9]*/environ") if mark in _read(path)]

    def named(self, command: str) -> int:
        """The process id of one of our commands."""
        lines = {number: _read(Path(f"/proc/{number}/cmdline")).split(b"\0") for number in self.family()}
        return min(number for number, words in lines.items() if command.encode() in words)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for number in self.family():
            os.kill(number, signal.SIGKILL)
        self.log.close()


def counted_and_lowest(folder: Path) -> tuple[int, int]:
    """Grams counted as retail on marketplaces, and what is left of the lot that has least."""
    database = sqlite3.connect(folder / "lensan.db")
    counted = "SELECT SUM(grams) FROM tonnage_entry WHERE channel = 'marketplace_retail'"
    lowest = "SELECT MIN(grams) FROM (SELECT SUM(grams) AS grams FROM stock_entry GROUP BY lot_id)"
    try:
        return database.execute(counted).fetchone()[0], database.execute(lowest).fetchone()[0]
    finally:
        database.close()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


@pytest.fixture
def demo(tmp_path):
    running: list[Demo] = []

    def start() -> Demo:
        running.append(Demo(tmp_path / "demo"))
        return running[-1]

    yield start
    for one in running:
        one.close()


@pytest.mark.sqlite_only
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for left-over processes in /proc")
def test_a_served_demonstration_counts_goes_on_and_leaves_nothing_behind(demo):
    first = demo()
    first.wait_for("Người mua đang đặt hàng")
    assert len(first.family()) >= 3
    os.kill(first.named("work"), signal.SIGKILL)
    first.wait_for("“worker” bị dừng bởi tín hiệu 9, đã chạy lại")
    first.process.send_signal(signal.SIGINT)

    assert first.process.wait(timeout=40) == 0
    assert "Traceback" not in first.said()
    assert first.family() == []
    with sqlite3.connect(first.folder / "lensan.db") as books:
        counted = books.execute(
            "SELECT SUM(grams) FROM tonnage_entry WHERE channel = 'marketplace_retail'"
        ).fetchone()[0]
        lowest = books.execute(
            "SELECT MIN(s) FROM (SELECT SUM(grams) AS s FROM stock_entry GROUP BY lot_id)"
        ).fetchone()[0]
    books.close()
    assert counted > 100_000
    assert lowest >= 0

    second = demo()
    second.wait_for("Dùng lại bản trình diễn")
    second.wait_for("Người mua đang đặt hàng")
    os.kill(second.named("mock"), signal.SIGKILL)

    assert second.process.wait(timeout=40) == 1
    assert "Tiến trình “sendo” bị dừng bởi tín hiệu 9" in second.said()
    assert "Traceback" not in second.said()
    assert second.family() == []


@pytest.mark.sqlite_only
def test_a_demonstration_can_be_stopped_while_it_is_built(demo):
    building = demo()
    building.wait_for("Dựng niên vụ")
    building.process.send_signal(signal.SIGTERM)

    assert building.process.wait(timeout=40) == 0
    assert "Traceback" not in building.said()


def test_a_product_of_every_line_is_in_the_catalogue(books):
    codes = set(books.exec(select(Product.code)))

    assert {line["product"] for line in facts.season()["line"]} <= codes
