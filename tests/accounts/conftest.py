"""Looking at the database as another process would: a session held open keeps SQLite's write lock."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine

from marketplace.core.db import reading


@pytest.fixture
def look(engine: Engine) -> Callable[[Any], list[Any]]:
    """Rows of a query as they are kept now: `look(select(Login))`."""

    def rows(query: Any) -> list[Any]:
        with reading(engine) as db:
            return list(db.exec(query))

    return rows
