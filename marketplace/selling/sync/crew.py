"""Workers of one SQLite database know of each other by a lock on a file, which ends with their process.

So who starts first after the others were killed need not wait until their leases end. On PostgreSQL workers
may be on any machine: there a lease ends by time alone.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Engine, update
from sqlalchemy.exc import OperationalError
from sqlmodel import col

from marketplace.core.config import Settings
from marketplace.core.db import writing
from marketplace.selling.models import Shop

LOCK = "workers.lock"  #: in the data folder


@contextmanager
def one_of_the_crew(engine: Engine, settings: Settings) -> Iterator[None]:
    """Be a worker of this database while the block runs; who is alone frees what the dead have leased.

    What a dead worker may have sent stays in doubt as long as it was: that is written at its listings.
    """
    if engine.dialect.name != "sqlite":
        yield
        return
    with (settings.data_dir / LOCK).open("a") as file:
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _free_all(engine)
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


def _free_all(engine: Engine) -> None:
    """Give every shop back; with a full disk the leases end by time, as they would."""
    with suppress(OperationalError), writing(engine) as db:
        db.execute(update(Shop).where(col(Shop.lease_until).is_not(None)).values(lease_until=None))
