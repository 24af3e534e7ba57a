"""Migrations: up, down and up again leave the tables the models describe."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import create_engine, inspect
from sqlmodel import SQLModel

from marketplace.cli.common import alembic_config
from tests.conftest import KIND


@pytest.fixture
def empty_url(tmp_path: Path) -> Iterator[str]:
    if KIND == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    from tests.support.postgres import new_database

    with new_database() as url:
        yield url


def tables(url: str) -> set[str]:
    engine = create_engine(url)
    try:
        return set(inspect(engine).get_table_names()) - {"alembic_version"}
    finally:
        engine.dispose()


def test_the_database_can_go_up_down_and_up_again(empty_url):
    config = alembic_config(empty_url)

    command.upgrade(config, "head")
    assert tables(empty_url) == set(SQLModel.metadata.tables)
    command.downgrade(config, "base")
    assert tables(empty_url) == set()
    command.upgrade(config, "head")
    assert tables(empty_url) == set(SQLModel.metadata.tables)


def test_the_migrations_make_what_the_models_say(empty_url):
    config = alembic_config(empty_url)
    command.upgrade(config, "head")

    command.check(config)  # raises when the next migration would not be empty
