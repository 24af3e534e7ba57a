"""Seats kept in classes run out while `lensan work` runs, whatever the marketplaces do."""

import threading
import time
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy.exc import OperationalError

from marketplace.cli import beside
from marketplace.cli.common import lensan
from marketplace.core import clock
from marketplace.core.db import reading, writing
from marketplace.selling.sync.worker import Worker
from tests import factories as make
from tests.factories import NOW
from tests.training.enrolling import OFFERED, RULES, WAITING, enrol, households, list_of
from training.entries import leave
from training.models import TrainingSession

ENDED = [(1, "left", 0), (2, "expired", 0), (3, OFFERED, 1)]


@pytest.fixture
def training(engine) -> TrainingSession:
    """One seat, kept for the second household until the day after tomorrow; a third waits."""
    with writing(engine) as db:
        worker = make.an_account(db)
        one = make.a_training(db, capacity=1)
        first, *_ = [enrol(db, worker, one, household) for household in households(db, 3)]
        leave(db, worker, one, first.id, RULES, now=NOW)
        assert list_of(db, one) == [(1, "left", 0), (2, OFFERED, 1), (3, WAITING, 1)]
        return one


def rows(engine, training):
    with reading(engine) as db:
        return list_of(db, training)


def test_the_worker_ends_offers_beside_the_marketplaces(engine, settings, training, monkeypatch):
    monkeypatch.setattr("marketplace.cli.selling.ready", lambda: settings)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(hours=48))

    def until_it_ended(_worker: Worker) -> None:
        patience = time.monotonic() + 10
        while rows(engine, training) != ENDED and time.monotonic() < patience:
            time.sleep(0.02)

    monkeypatch.setattr(Worker, "run_all", until_it_ended)

    ran = CliRunner().invoke(lensan, ["work"])

    assert ran.exit_code == 0, ran.output
    assert rows(engine, training) == ENDED
    assert "training" not in [thread.name for thread in threading.enumerate()]


def test_a_look_that_fails_is_logged_and_the_next_one_works(engine, training, monkeypatch, caplog):
    stop, looks = threading.Event(), []
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(hours=48))
    really = beside.classes_due

    def away_at_first(db, *, now):
        looks.append(now)
        if len(looks) == 1:
            raise OperationalError("SELECT", {}, Exception("away"))
        return really(db, now=now)

    monkeypatch.setattr(beside, "classes_due", away_at_first)
    monkeypatch.setattr(stop, "wait", lambda _seconds: stop.set() if len(looks) == 2 else None)

    beside.look_until(engine, RULES, stop)

    assert len(looks) == 2
    assert [one.message for one in caplog.records if one.levelname == "ERROR"] == [
        "offers of seats not looked at"
    ]
    assert rows(engine, training) == ENDED


def test_nothing_due_takes_no_write_lock(engine, training, monkeypatch):
    stop = threading.Event()
    monkeypatch.setattr(stop, "wait", lambda _seconds: stop.set())
    with writing(engine) as db:  # SQLite lets one writer in at a time
        db.get_one(TrainingSession, training.id)
        thread = threading.Thread(target=beside.look_until, args=(engine, RULES, stop))
        thread.start()
        thread.join(timeout=10)
        assert not thread.is_alive()
