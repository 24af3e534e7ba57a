"""Commands of selling, as a person at a terminal meets them."""

import json

import pytest
from click.testing import CliRunner
from sqlmodel import Session, select

from marketplace.cli.common import lensan
from marketplace.core import clock
from marketplace.core.errors import Refused
from marketplace.reports.health import NEVER
from marketplace.selling.models import Shop
from tests import factories as make


@pytest.fixture
def command(engine, settings, monkeypatch):
    monkeypatch.setattr("marketplace.cli.selling.ready", lambda: settings)

    def run(*arguments, typed=""):
        return CliRunner().invoke(lensan, list(arguments), input=typed)

    return run


@pytest.fixture
def producer(db):
    made = make.a_cooperative(db)
    db.commit()
    return made


KEYS = json.dumps({"shop_key": "a" * 32, "secret_key": "b" * 32})


def test_a_shop_is_added_with_keys_from_standard_input(command, producer, engine):
    ran = command(
        "shop", "add", "sendo", "--name", "OCOP", "--producer", str(producer.id), "--json", typed=KEYS
    )

    assert ran.exit_code == 0
    with Session(engine) as db:
        shop = db.exec(select(Shop)).one()
    assert json.loads(ran.stdout)["id"] == shop.id
    assert "a" * 32 not in shop.credentials_sealed + ran.stdout


@pytest.mark.parametrize(
    ("arguments", "keys"),
    [
        (("sendo", "--name", "X", "--producer", "1"), KEYS),
        (("chợ-lạ", "--name", "OCOP", "--producer", "1"), KEYS),
        (("sendo", "--name", "OCOP", "--producer", "999"), KEYS),
        (("sendo", "--name", "OCOP", "--producer", "1"), "{}"),
    ],
    ids=["short name", "unknown marketplace", "unknown producer", "no keys"],
)
def test_a_shop_that_cannot_be_added_is_refused_with_a_sentence(command, producer, engine, arguments, keys):
    ran = command("shop", "add", *arguments, typed=keys)

    assert isinstance(ran.exception, Refused)  # main() prints its sentence and exits with 1
    with Session(engine) as db:
        assert db.exec(select(Shop)).all() == []


@pytest.mark.parametrize("keys", ["not json", "[1, 2]"])
def test_keys_that_are_no_object_are_a_usage_error(command, producer, keys):
    ran = command("shop", "add", "sendo", "--name", "OCOP", "--producer", str(producer.id), typed=keys)

    assert ran.exit_code == 2


def test_an_unknown_mock_is_a_usage_error_that_names_the_known_ones(command):
    ran = command("mock", "chợ-lạ")

    assert ran.exit_code == 2
    assert "sendo" in ran.stderr


def test_the_list_of_shops_says_how_each_fares_and_who_is_paused(command, producer, db):
    good = {"last_ok_at": clock.now(), "last_pull_at": clock.now()}
    for values in (good, {}, {"active": False}):
        make.a_shop(db, producer=producer, **values)
    db.commit()

    told = json.loads(command("shop", "list", "--json").stdout)
    words = command("shop", "list").stdout.splitlines()

    assert [row["health"] and row["health"]["alarm"] for row in told] == [None, NEVER, None]
    assert [row["health"] is None for row in told] == [False, False, True]
    assert told[0]["health"]["silence_seconds"] == 0
    assert [line.split("\t")[-1] for line in words] == ["tốt", NEVER, "tạm dừng"]
