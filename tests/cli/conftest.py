"""An installation in a folder of its own, driven by its command."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine

from marketplace.cli import common, main
from marketplace.core.config import as_toml, new_secrets
from tests.conftest import KIND

Command = Callable[..., "Ran"]


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(common, "log_as_json", lambda *_: None)  # pytest's own logging stays
    return tmp_path


@pytest.fixture
def empty(folder: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Settings that lead to an empty database of the kind asked for."""
    if KIND == "sqlite":
        yield  # the default: a file in var/
        return
    from tests.support.postgres import new_database

    with new_database() as url:
        monkeypatch.setenv("LENSAN_DATABASE_URL", url)
        yield


@pytest.fixture
def ready(
    folder: Path, engine: Engine, database_url: str, lensan: Command, monkeypatch: pytest.MonkeyPatch
) -> Command:
    """The command of an installation that `lensan init` made before, on the database that tests share."""
    (folder / "config.toml").write_text(as_toml(new_secrets()), "utf-8")
    (folder / "config.toml").chmod(0o600)
    (folder / "var" / "photos").mkdir(parents=True)
    monkeypatch.setenv("LENSAN_DATABASE_URL", database_url)
    return lensan


@pytest.fixture
def lensan(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run the command as a shell would: `lensan("account", "list")`."""

    def run(*words: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["lensan", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return Ran(int(ended.value.code or 0), out, err)

    return run
