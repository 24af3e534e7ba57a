"""What `lensan work` does beside the marketplaces: seats kept in classes run out, endings are told of, money
of statements meets orders that came later."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

from sqlalchemy import Engine

from marketplace.core import clock
from marketplace.core.config import TrainingSettings
from marketplace.core.db import reading, writing
from marketplace.core.units import local_day
from marketplace.selling.endings import nearing, warn
from marketplace.selling.settling.matching import match_news, news_waits
from training.waiting import classes_due, expire_offers

log = logging.getLogger("lensan.training")

EVERY = 60.0  #: seconds between two looks


@contextmanager
def looking_beside(engine: Engine, rules: TrainingSettings, stop: threading.Event) -> Iterator[None]:
    """While the block runs, a thread looks what the time brought; it stops with the block."""
    thread = threading.Thread(target=look_until, args=(engine, rules, stop), name="training")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def look_until(engine: Engine, rules: TrainingSettings, stop: threading.Event) -> None:
    """Look once a minute until told to stop. A look that fails is logged; the next one tries again."""
    looked: date | None = None
    while not stop.is_set():
        try:
            _expire(engine, rules, clock.now())
        except Exception:
            log.exception("offers of seats not looked at")
        try:
            looked = _look_ahead(engine, clock.now(), looked)
        except Exception:
            log.exception("endings not looked at")
        try:
            _settle(engine)
        except Exception:
            log.exception("statements not looked at")
        stop.wait(EVERY)


def _expire(engine: Engine, rules: TrainingSettings, now: datetime) -> None:
    """One short transaction, and none when nothing is due."""
    with reading(engine) as db:
        if not classes_due(db, now=now):
            return
    with writing(engine) as db:
        classes = expire_offers(db, rules, now=now)
    log.info("offers of seats ended", extra={"classes": classes})


def _look_ahead(engine: Engine, now: datetime, looked: date | None) -> date:
    """Once a local day, and when the worker starts, warn of what ends; the day that is done."""
    today = local_day(now)
    if looked == today:
        return today
    with reading(engine) as db:
        rows = nearing(db, today=today)
    if rows:
        with writing(engine) as db:
            warn(db, rows, now=now)
    return today


def _settle(engine: Engine) -> None:
    """Match lines of statements with orders that arrived or moved since; nothing is written without news."""
    with reading(engine) as db:
        if not news_waits(db):
            return
    with writing(engine) as db:
        match_news(db)
