"""Settlement from the command line, and by itself while the worker runs."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlmodel import Session

from marketplace.cli import beside
from marketplace.cli.common import lensan
from marketplace.core.db import writing
from tests.selling.settling import Desk, file_of, row


@pytest.fixture
def desk(engine, settings, monkeypatch) -> Desk:
    monkeypatch.setattr("marketplace.cli.settling.ready", lambda: settings)
    with writing(engine) as db:
        desk = Desk(db)
        desk.tell("1", packs=7)
        return desk


def run(*words: str) -> Result:
    return CliRunner().invoke(lensan, ["settle", *words])


def a_file(folder: Path) -> str:
    name, content = file_of(row("1-G", "1", goods=1_400_000, fee=-56_000), row("2-G", "2", goods=600_000))
    (folder / name).write_bytes(content)
    return str(folder / name)


def test_a_file_is_imported_and_checked(desk, tmp_path):
    file = a_file(tmp_path)
    ran = run("import", file, "--shop", str(desk.shop.id), "--json")
    assert ran.exit_code == 0, ran.output
    assert json.loads(ran.stdout) == {
        "number": "DS-1",
        "lines": 2,
        "open": 1,
        "repeated": 0,
        "payout_vnd": 1_944_000,
        "settled_before_vnd": 0,
        "households_vnd": 1_344_000,
        "seller_vnd": 0,
        "waiting_vnd": 600_000,
        "difference_vnd": 0,
    }
    assert run("import", file, "--shop", str(desk.shop.id)).output == "Bảng DS-1: 2 dòng, 1 dòng chưa rõ.\n"
    checked = run("check", "--json")
    assert checked.exit_code == 1
    assert json.loads(checked.stdout)["delivered_and_unpaid"] == []


def test_the_worker_meets_an_order_that_comes_later(desk, engine, tmp_path):
    run("import", a_file(tmp_path), "--shop", str(desk.shop.id))
    with writing(engine) as db:
        desk.db = db
        desk.tell("2")
        desk.tell("3")
    beside._settle(engine)
    checked = run("check", "--json")
    assert checked.exit_code == 0, checked.output
    assert json.loads(checked.stdout)["delivered_and_unpaid"] == ["3"]
    with Session(engine) as db:
        desk.db = db
        assert desk.states() == {"1-G": "explained", "2-G": "explained"}


def test_a_shop_nobody_has_is_refused_with_a_sentence(desk, tmp_path):
    ran = run("import", a_file(tmp_path), "--shop", "99999")
    assert ran.exit_code == 1
    assert "Không tìm thấy" in str(ran.exception)
