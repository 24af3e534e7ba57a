"""Alembic's entry: the tables of all packages, on whichever database the settings name."""

from importlib import import_module
from typing import Literal

from alembic import context
from sqlalchemy import create_engine, pool
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

from marketplace.core.db import Utc

config = context.config

# Importing the models fills SQLModel.metadata.
for module in (
    "marketplace.core.audit",
    "marketplace.accounts.models",
    "marketplace.core.offline",
    "catalog.models",
    "training.models",
    "marketplace.selling.models",
    "marketplace.selling.stock_models",
    "marketplace.selling.return_models",
    "marketplace.selling.ending_models",
    "marketplace.selling.settling.models",
    "marketplace.reports.models",
):
    import_module(module)


def render(kind: str, item: object, _autogen_context: object) -> str | Literal[False]:
    """Write our column types in migrations as what the database sees, so that old migrations need none of our code."""
    if kind == "type" and isinstance(item, AutoString):
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    if kind == "type" and isinstance(item, Utc):
        return "sa.DateTime(timezone=True)"
    return False


def run() -> None:
    engine = create_engine(config.get_main_option("sqlalchemy.url") or "", poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=SQLModel.metadata,
            render_as_batch=True,
            compare_type=True,
            render_item=render,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
    engine.dispose()


run()
