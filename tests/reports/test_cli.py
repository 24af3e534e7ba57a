"""`lensan report`: figures for programs and for people."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlmodel import Session

from marketplace.cli import lensan
from tests.factories import a_season
from tests.reports.factories import the_worked_example

NOVEMBER = ["--from", "2021-11-01", "--to", "2021-11-30"]


@pytest.fixture
def run(db: Session, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> CliRunner:
    """The command line on the test database, with the worked example in it."""
    the_worked_example(db)
    a_season(db)
    db.commit()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LENSAN_DATABASE_URL", database_url)
    monkeypatch.setenv("LENSAN_DEBUG", "true")
    return CliRunner()


def test_november_for_programs(run: CliRunner) -> None:
    answer = run.invoke(lensan, ["report", "tonnage", *NOVEMBER, "--json"])

    assert answer.exit_code == 0, answer.output
    found = json.loads(answer.stdout)
    assert found["period"] == {"from": "2021-11-01", "to": "2021-11-30"}
    assert (found["headline_grams"], found["headline_kg"]) == (2_050_000, "2050")
    oranges = found["oranges"]["by_channel"]
    assert oranges["marketplace_retail"] == {"grams": 50_000, "kg": "50", "value_vnd": 980_000}
    assert oranges["marketplace_bulk"]["grams"] == 2_000_000
    assert oranges["trader"]["grams"] == 1_200_000
    assert found["all_goods"]["by_channel"]["marketplace_retail"]["kg"] == "50.5"
    assert {level: amount["grams"] for level, amount in found["oranges"]["by_evidence"].items()} == {
        "A": 50_000,
        "B": 2_000_000,
        "C": 0,
        "D": 0,
    }
    assert (found["complaint_grams"], found["unattributed_grams"]) == (2_000, 2_000_000)
    assert sum(row["headline_grams"] for row in found["oranges"]["rows"]) == 2_050_000
    assert len(found["hash"]) == 64


def test_november_for_people(run: CliRunner) -> None:
    answer = run.invoke(lensan, ["report", "tonnage", *NOVEMBER, "--by", "variety"])

    assert "Cam bán trên sàn: 2.050 kg (bán lẻ 50 kg, bán sỉ 2.000 kg)" in answer.output
    assert "Thương lái: 1.200 kg" in answer.output


def test_reached_for_programs(run: CliRunner) -> None:
    answer = run.invoke(lensan, ["report", "reached", *NOVEMBER, "--json"])

    found = json.loads(answer.stdout)
    assert (found["sold"], found["on_sale"], found["products"]) == (2, 0, 0)


def test_days_the_wrong_way_round_are_a_usage_error(run: CliRunner) -> None:
    answer = run.invoke(lensan, ["report", "tonnage", "--from", "2021-12-02", "--to", "2021-12-01"])

    assert answer.exit_code == 2
