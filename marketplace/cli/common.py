"""What every command needs: the group, the settings, a database, JSON out."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from sqlalchemy import Engine
from sqlmodel import Session

from marketplace.core import clock
from marketplace.core.config import Settings, load_settings
from marketplace.core.db import open_engine, session
from marketplace.core.logs import log_as_json

if TYPE_CHECKING:
    from alembic.config import Config

#: The module of each command. It is imported when it is called: a killed worker is back sooner.
COMMANDS = {
    "account": "accounts",
    "admin-units": "ground",
    "connector": "connectors",
    "db": "ground",
    "demo": "demo.command",
    "doctor": "doctor",
    "import": "catalog",
    "init": "ground",
    "journal": "journal",
    "listings": "listings",
    "mock": "selling",
    "products": "catalog",
    "pull-orders": "selling",
    "rehearse": "rehearse.command",
    "report": "chain",
    "serve": "ground",
    "settle": "settling",
    "shop": "selling",
    "work": "selling",
}

json_option = click.option(
    "--json", "as_json", is_flag=True, help="In kết quả dạng JSON cho chương trình khác đọc."
)


class Lazy(click.Group):
    """A group whose commands are found by `COMMANDS`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """All of them, imported or not."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import its module, which fills the group; None: there is no such command."""
        if cmd_name in COMMANDS:
            import_module(f"marketplace.cli.{COMMANDS[cmd_name]}")
        return super().get_command(ctx, cmd_name)


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="lensan")
def lensan() -> None:
    """Lên Sàn: đưa nông sản của hộ dân lên sàn, bán một lần, đếm cho đúng."""
    log_as_json(logging.INFO)


def ready() -> Settings:
    """The checked settings of this installation, its clock set."""
    settings = load_settings().checked()
    clock.set_by(settings)
    return settings


def engine_of(settings: Settings) -> Engine:
    """The database of this installation; the caller disposes of it."""
    return open_engine(settings.database)


@contextmanager
def transaction(settings: Settings, *, writing: bool = True) -> Iterator[Session]:
    """One database session for a command: committed when it ends well."""
    engine = engine_of(settings)
    try:
        with session(engine, writing=writing) as db:
            yield db
            if writing:
                db.commit()
    finally:
        engine.dispose()


def alembic_config(url: str) -> "Config":
    """Alembic's settings for our migrations on this database."""
    from alembic.config import Config  # heavy; a worker needs none of it

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent.parent / "migrations"))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def emit(value: Any, *, as_json: bool, words: str) -> None:
    """Print `value` as JSON when a program asked, otherwise the sentence for people."""
    click.echo(json.dumps(value, ensure_ascii=False, default=str, indent=2) if as_json else words)
