"""A process that is killed at one of its commits, seen from inside."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlmodel import Session


class Died(BaseException):
    """What SIGKILL looks like from inside."""


@contextmanager
def dies_at_commit(number: int) -> Iterator[None]:
    """Whatever runs within ends just before its commit of that number, if it comes so far."""
    commits = 0
    real = Session.commit

    def dying(db: Session) -> None:
        nonlocal commits
        commits += 1
        if commits == number:
            raise Died
        real(db)

    Session.commit = dying  # type: ignore[method-assign]  # the kill
    try:
        yield
    except Died:
        pass
    finally:
        Session.commit = real  # type: ignore[method-assign]  # the kill
