"""A tiny season with real processes: nothing differs, and books that were tampered with are found out."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from click.testing import CliRunner
from sqlmodel import select

from catalog.models import StockEntry
from marketplace.cli import lensan as command
from marketplace.cli.rehearse import running
from marketplace.cli.rehearse.pace import HONEST, REAL, durations
from marketplace.cli.rehearse.parts import Measure
from marketplace.cli.rehearse.play import Play
from marketplace.cli.rehearse.report import in_words
from marketplace.cli.rehearse.weather import SPELLS, forecast
from marketplace.cli.rehearse.world import make_world
from marketplace.core import clock
from marketplace.core.config import WorkerSettings
from marketplace.core.db import writing
from marketplace.core.text import fold
from tests.conftest import KIND

TINY = (
    "--households",
    "12",
    "--seed",
    "7",
    "--days",
    "3",
    "--faults",
    "light",
    "--kill-worker",
    "2",
    "--json",
)


@dataclass(frozen=True)
class Rehearsed:
    """How a rehearsal ended whose books were tampered with at the end; `honest` was measured before."""

    honest: list[Measure]
    code: int
    told: dict[str, Any]
    left: list[str]  #: names of files that are still in the folder


class Tampered(Play):
    """Ten kilograms vanish from our books, without a trace, once everything has been compared."""

    honest: list[Measure]

    def measures(self) -> list[Measure]:
        type(self).honest = super().measures()
        with writing(self.stage.engine) as db:
            entry = db.exec(select(StockEntry).order_by(StockEntry.id)).first()
            assert entry is not None
            entry.grams += 10_000
        return super().measures()


@contextmanager
def database() -> Iterator[list[str]]:
    """The option that leads to an empty database of the kind asked for."""
    if KIND == "sqlite":
        yield []
        return
    from tests.support.postgres import new_database

    with new_database() as url:
        yield ["--database-url", url, "--workers", "2"]


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory) -> Rehearsed:
    folder = tmp_path_factory.mktemp("rehearsal")
    with pytest.MonkeyPatch.context() as patched, database() as where:
        patched.setattr(running, "Play", Tampered)
        patched.setattr(clock, "_shift", clock._shift)
        patched.setattr(clock, "_rate", clock._rate)
        patched.setattr(clock, "_since", clock._since)
        ran = CliRunner().invoke(command, ["rehearse", "--folder", str(folder), *TINY, *where])
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
    left = sorted(file.name for file in folder.glob("*"))
    return Rehearsed(Tampered.honest, ran.exit_code, json.loads(ran.stdout), left)


def test_a_season_with_faults_and_killed_workers_differs_from_the_truth_in_nothing(rehearsed):
    assert [one.name for one in rehearsed.honest if not one.agrees] == []
    rows = {one.name: one.rows_compared for one in rehearsed.honest}
    assert rows["households"] > 0
    assert rows["stock"] > 0
    assert rows["listings_live"] > 0


def test_books_that_were_tampered_with_end_a_rehearsal_with_exit_code_1_and_the_measure(rehearsed):
    differing = {row["name"]: row["difference"] for row in rehearsed.told["measures"] if row["differences"]}

    assert rehearsed.code == 1
    assert differing == {"stock": 10_000}


def test_what_was_met_on_the_way_is_told(rehearsed):
    told = rehearsed.told
    assert (told["households"], told["seed"], told["faults"], told["days"]) == (12, 7, "light", 3)
    assert told["database"] == ("sqlite" if KIND == "sqlite" else "postgresql")
    assert sum(times for name, times in told["kills"].items() if name != "web") == 2
    assert told["kills"]["web"] == 1
    assert set(told["calls"]) == {"postmart", "sendo", "voso"}
    assert min(told["calls"].values()) > 0
    assert told["phases"].keys() == {"prepare", "season", "settle", "compare"}


def test_the_lost_sales_of_both_splits_are_said_in_words(rehearsed):
    lost = {"fewer_than_packs": 10, "ours": {"percent": 26.6}, "fixed_third": {"percent": 27.38}}
    told = rehearsed.told | {"lost_sales": lost}

    assert "26,6 % lượt hỏi mua bị từ chối dù còn hàng; chia cố định ba phần thì 27,4 %." in in_words(told)
    assert rehearsed.told["lost_sales"].keys() == lost.keys()


def test_nothing_is_left_behind(rehearsed):
    assert rehearsed.left == []


def test_a_folder_with_something_in_it_stays_untouched(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")

    ran = CliRunner().invoke(command, ["rehearse", "--folder", str(tmp_path)])

    assert ran.exit_code == 1
    assert "không trống" in ran.output
    assert (tmp_path / "notes.txt").read_text() == "mine"


@pytest.mark.postgres_only
def test_a_database_that_holds_anything_stays_untouched(tmp_path, database_url, engine):
    ran = CliRunner().invoke(
        command, ["rehearse", "--folder", str(tmp_path / "new"), "--database-url", database_url]
    )

    assert ran.exit_code == 1
    assert "đã có bảng nên được giữ nguyên" in ran.output


def test_the_same_seed_makes_the_same_weather_and_another_one_another():
    assert forecast(1, "heavy") == forecast(1, "heavy")
    assert forecast(1, "heavy") != forecast(2, "heavy")
    assert len(forecast(1, "light")) == SPELLS
    assert not any(rules for spell in forecast(1, "none") for rules in spell.rules.values())


@pytest.mark.parametrize("seed", [67, 71, 90])
def test_no_two_households_of_a_world_are_one_to_a_list_import(seed):
    """These seeds drew Máy and Mẩy of one hamlet, and two of one name in communes that were merged."""
    homes = make_world(seed, 1000).homes

    assert len({(fold(home.name), fold(home.village)) for home in homes}) == len(homes) == 1000
    assert [home.number for home in homes] == list(range(1000))


def test_no_lost_write_arrives_after_the_doubt_about_it_has_ended():
    """A stated condition of the stock protocol (design §5): real late writes must be earlier, too."""
    delays = [
        rule.get("delay", 0) + rule.get("hold", 0)
        for seed in range(20)
        for spell in forecast(seed, "heavy")
        for rules in spell.rules.values()
        for rule in rules
    ]
    assert max(delays) + HONEST <= REAL["doubt_seconds"]


def test_the_worker_waits_as_long_in_real_seconds_however_fast_the_clock_runs():
    slow, fast = WorkerSettings(**durations(100)), WorkerSettings(**durations(1000))

    assert fast.lease_seconds == 10 * slow.lease_seconds
    assert fast.moment == pytest.approx(10 * slow.moment)
    assert fast.longest_pause == 1000 * REAL["retry_seconds"] * 120
