"""What all measurements share: options, a scratch installation, medians, and one way to tell the result."""

import argparse
import json
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from pydantic import SecretStr
from sqlalchemy import Engine

from marketplace.cli.common import alembic_config
from marketplace.core.config import MarketplaceSettings, Settings
from marketplace.core.db import open_engine

NOW = datetime(2021, 12, 1, 3, 0, tzinfo=UTC)  # the season the goods of a measurement are fresh in


@dataclass
class Result:
    """One measurement; `ratio` is what the limit takes divided by what we take, 1 is the limit.

    Both are measured in turns; the ratio is the median of the rounds, so that a busy moment spoils one of
    them.
    """

    name: str
    seconds: float
    limit_seconds: float | None = None
    aim: float | None = None
    ratio: float | None = None
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass
class Place:
    """A scratch installation: an empty, migrated database with full durability, and its settings."""

    engine: Engine
    settings: Settings
    folder: Path


def options(description: str | None, **numbers: tuple[int, str]) -> argparse.Namespace:
    """The command line of a measurement: its own numbers (default, help) and what all of them take."""
    parser = argparse.ArgumentParser(description=description)
    for name, (default, words) in numbers.items():
        parser.add_argument(
            f"--{name.replace('_', '-')}", type=int, default=default, help=f"{words} ({default})"
        )
    parser.add_argument("--postgres", action="store_true", help="on PostgreSQL instead of SQLite")
    parser.add_argument("--json", action="store_true", dest="as_json", help="one JSON object, for programs")
    return parser.parse_args()


@contextmanager
def installation(*, postgres: bool = False) -> Iterator[Place]:
    """A scratch installation on the disk; all of it is removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="lensan-bench-"))
    os.environ["LENSAN_CONFIG"] = str(folder / "none.toml")  # nobody's own settings take part
    try:
        with _database(folder, postgres=postgres) as url:
            command.upgrade(alembic_config(url), "head")
            engine = open_engine(url)
            yield Place(engine, _settings(folder, url), folder)
            engine.dispose()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _database(folder: Path, *, postgres: bool) -> Iterator[str]:
    if not postgres:
        yield f"sqlite:///{folder / 'lensan.db'}"
        return
    from tests.support.postgres import new_database  # a package of development, only needed here

    with new_database() as url:
        yield url


def _settings(folder: Path, url: str) -> Settings:
    return Settings(
        data_dir=folder,
        database_url=url,
        secret_key=SecretStr("benchmark"),
        encryption_key=SecretStr("bGVuc2FuLXRlc3RzLW9ubHktbm90LWEtc2VjcmV0ISE="),
        lookup_key=SecretStr("benchmark"),
        clock_shift_seconds=shift(),
        marketplaces={"sendo": MarketplaceSettings(calls_per_second=100_000)},
    )


@cache
def shift() -> int:
    """Seconds between real time and the season the measurement plays in.

    One figure for all processes of a run: a worker whose clock is behind waits until it has caught up.
    """
    return round((NOW - datetime.now(UTC)).total_seconds())


def seconds(work: Callable[[], object]) -> float:
    """How long one run takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def median(work: Callable[[], object], rounds: int) -> float:
    """The median run of several."""
    return statistics.median(seconds(work) for _ in range(rounds))


def percentile(values: list[float], share: float) -> float:
    """The smallest value that `share` of all are not above."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))]


def tell(results: list[Result], *, as_json: bool) -> None:
    """Print every result; nothing is judged here, a slow machine is no error."""
    if as_json:
        print(json.dumps([asdict(one) for one in results], ensure_ascii=False, indent=1))
        return
    for one in results:
        print(_line(one))


def _line(one: Result) -> str:
    words = f"{one.name:<42} {_time(one.seconds)}"
    if one.limit_seconds is not None and one.ratio is not None:
        words += f"   limit {_time(one.limit_seconds)}   ratio {one.ratio:.2f}"
    if one.aim is not None:
        words += f" (aim {one.aim:g})"
    return words + "".join(f"   {name} {value}" for name, value in one.facts.items())


def _time(value: float) -> str:
    return f"{value:7.2f} s " if value >= 1 else f"{value * 1000:7.1f} ms"
