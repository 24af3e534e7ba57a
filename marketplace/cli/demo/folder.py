"""The folder of a demonstration: its own settings, secrets, database, photos. Real data never mix in."""

import json
import os
import shutil
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import click
from sqlalchemy import func
from sqlalchemy import select as columns
from sqlmodel import Session

from marketplace.cli.demo.facts import MARKETPLACES
from marketplace.core import clock
from marketplace.core.audit import AuditEntry
from marketplace.core.config import SECRETS, Settings, UnsafeSettings, load_settings, new_secrets
from marketplace.selling.models import Exchange, Order, Shop

MARKER = "demo.json"
OWN = ("config.toml", "config.toml.new", MARKER, "lensan.db", "lensan.db-wal", "lensan.db-shm")
FOLDERS = ("photos", "logs")


@dataclass(frozen=True)
class State:
    """What the folder holds: built whole (`ready`), November being sold (`sold`), pulled (`played`)."""

    kind: str  #: "season" or "worked-example"
    households: int = 0
    seed: int = 0
    ready: bool = False
    sold: bool = False
    played: bool = False


class Folder:
    """One demonstration on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.config = self.path / "config.toml"
        self._marker = self.path / MARKER

    def refuse_foreign(self) -> None:
        """A folder with anything that is not a demonstration stays untouched."""
        if not self.path.exists() or not any(self.path.iterdir()):
            return
        if not self._is_demo():
            raise click.ClickException(
                f"Thư mục {self.path} có dữ liệu không phải của bản trình diễn nên được giữ nguyên. "
                "Hãy chọn thư mục khác bằng --dir."
            )

    def _is_demo(self) -> bool:
        try:
            return load_settings(self.config).demo if self.config.exists() else False
        except UnsafeSettings:
            return False

    def state(self) -> State | None:
        """What is there; None when nothing is, or a first writing was cut off."""
        try:
            return State(**json.loads(self._marker.read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def note(self, state: State) -> None:
        _write(self._marker, json.dumps(state.__dict__))

    def note_sold(self, *, pulled: bool) -> None:
        """November is being sold, or all of it is in our books: cut off between, it cannot go on."""
        state = self.state()
        if state is not None:
            self.note(replace(state, sold=True, played=pulled))

    def empty(self) -> None:
        """Remove the demonstration's own files and nothing else."""
        self.refuse_foreign()
        for name in FOLDERS:
            shutil.rmtree(self.path / name, ignore_errors=True)
        for name in OWN:
            (self.path / name).unlink(missing_ok=True)

    def prepare(self, *, now: datetime) -> Settings:
        """Make folder and settings with new secrets; the clock shows `now`."""
        for folder in (self.path, *(self.path / name for name in FOLDERS)):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self.configure(now=now, secrets=new_secrets(), port=8000)

    def configure(self, *, now: datetime, port: int, secrets: dict[str, str] | None = None) -> Settings:
        """Write the settings anew: the clock shows `now`, the web server has `port`, the secrets stay."""
        if secrets is None:
            old = load_settings(self.config)
            secrets = {name: getattr(old, name).get_secret_value() for name in SECRETS}
        clock.shift_by(0)
        shift = round((now - clock.now()).total_seconds())
        clock.shift_by(shift)
        _write(self.config, _toml(self.path, secrets, shift, port))
        return self.settings()

    def settings(self) -> Settings:
        """The settings in force; refuses when the environment points them elsewhere."""
        settings = load_settings(self.config).checked()
        if not settings.demo or settings.database != f"sqlite:///{self.path / 'lensan.db'}":
            raise click.ClickException(
                "Có biến môi trường LENSAN_… trỏ tới dữ liệu khác. Hãy bỏ các biến đó rồi chạy lại; "
                "bản trình diễn chỉ dùng thư mục riêng của nó."
            )
        return settings


def last_moment(db: Session) -> datetime | None:
    """When something last happened here, so that a demonstration goes on where it was left."""
    moments = [
        db.execute(columns(func.max(column))).scalar()
        for column in (AuditEntry.at, Exchange.at, Order.updated_at, Shop.served_at, Shop.last_pull_at)
    ]
    return max((moment for moment in moments if moment is not None), default=None)


def _toml(path: Path, secrets: dict[str, str], shift: int, port: int) -> str:
    settings = {"data_dir": str(path), **secrets, "public_url": f"http://127.0.0.1:{port}"}
    lines = [
        "# Bản trình diễn của Lên Sàn: dữ liệu bịa, khóa riêng. Xóa cả thư mục này lúc nào cũng được.",
        "demo = true",
        f"clock_shift_seconds = {shift}",
        f"port = {port}",
        *(f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in settings.items()),
        "[worker]",
        "pull_seconds = 2",
        "pull_overlap_seconds = 600",
        "sweep_seconds = 60",
        "idle_seconds = 0.5",
        "doubt_seconds = 10",
        "retry_seconds = 5",
        "journal_days = 1",
        *(line for name in MARKETPLACES for line in (f"[marketplaces.{name}]", "calls_per_second = 500")),
    ]
    return "\n".join(lines) + "\n"


def _write(path: Path, text: str) -> None:
    """Whole or not at all, readable by the owner alone."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(
        os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
    ) as file:
        file.write(text)
    fresh.replace(path)
