"""The ground of a rehearsal: a folder with settings and secrets of its own, and an empty database."""

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import click
from alembic import command
from sqlalchemy import Engine, inspect

from catalog.places import load_shipped_units
from marketplace.cli.common import alembic_config
from marketplace.cli.rehearse.pace import FIRST_PAUSE, READ_TIMEOUT, durations
from marketplace.core import clock
from marketplace.core.config import Settings, load_settings, new_secrets
from marketplace.core.db import open_engine, writing

START = datetime(2021, 10, 31, 1, 0, tzinfo=UTC)  #: 08:00 in Hà Giang, a day before the oranges
MARKETPLACES = ("postmart", "sendo", "voso")
CALLS = 200.0  #: a second that a mock allows: the real limits are for real hours
LOGINS = 50  #: the same for logins; each planned end of a token among so many calls needs one


class Ground:
    """Settings of one rehearsal; `settle` writes them anew for another pace of the clock."""

    def __init__(self, folder: Path, database_url: str, port: int, workers: int = 1) -> None:
        self.folder, self.port, self.workers = folder, port, workers
        self.config = folder / "config.toml"
        self.logs = folder / "logs"
        self._database_url = database_url
        self._secrets = new_secrets()
        self._shift = round((START - clock.real()).total_seconds())
        for one in (folder, self.logs, folder / "photos"):
            one.mkdir(mode=0o700, parents=True, exist_ok=True)

    def settle(self, *, rate: float = 1.0, since: float = 0.0) -> Settings:
        """Write the settings: from the real instant `since` on the clock runs `rate` times as fast."""
        text = _toml(self._plain(rate, since), {**durations(rate), "shops_at_once": self._shops_at_once})
        with os.fdopen(os.open(self.config, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
        settings = load_settings(self.config).checked()
        if (settings.data_dir, settings.database_url) != (self.folder, self._database_url):
            raise click.ClickException(
                "Có biến môi trường LENSAN_… trỏ tới dữ liệu khác. Hãy bỏ các biến đó rồi chạy lại; "
                "buổi diễn tập chỉ dùng dữ liệu riêng của nó."
            )
        return settings

    @property
    def _shops_at_once(self) -> int:
        """For each worker: together they serve all shops; more would only ask in vain."""
        return -(-len(MARKETPLACES) // self.workers)

    def _plain(self, rate: float, since: float) -> Mapping[str, object]:
        return {
            **self._secrets,
            "demo": True,
            "data_dir": str(self.folder),
            "database_url": self._database_url,
            "public_url": f"http://127.0.0.1:{self.port}",
            "port": self.port,
            "login_limit": "10000 per minute",
            "login_days": 3650,
            "clock_shift_seconds": self._shift,
            "clock_rate": rate,
            "clock_since": since,
        }


def _toml(plain: Mapping[str, object], worker: Mapping[str, int]) -> str:
    """TOML writes these values as JSON does."""
    lines = [
        "# Một lần diễn tập của Lên Sàn: dữ liệu bịa, khóa riêng. Xóa cả thư mục này lúc nào cũng được.",
        *(f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in plain.items()),
        "[worker]",
        *(f"{name} = {number}" for name, number in worker.items()),
        "idle_seconds = 0.05",
        "categories_hours = 87600",
        "journal_days = 3650",
    ]
    for name in MARKETPLACES:
        lines += [
            f"[marketplaces.{name}]",
            f"calls_per_second = {0.9 * CALLS}",
            f"read_timeout = {READ_TIMEOUT}",
            f"first_pause = {FIRST_PAUSE}",
        ]
    return "\n".join(lines) + "\n"


def empty_database(settings: Settings) -> Engine:
    """The migrated database with all communes; one that holds anything already is refused."""
    engine = open_engine(settings.database)
    if inspect(engine).get_table_names():
        engine.dispose()
        raise click.ClickException(
            "Cơ sở dữ liệu ở --database-url đã có bảng nên được giữ nguyên. Hãy tạo một cơ sở dữ liệu trống."
        )
    command.upgrade(alembic_config(settings.database), "head")
    with writing(engine) as db:
        load_shipped_units(db)
    return engine
