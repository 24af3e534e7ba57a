"""Empty a database between tests, faster than making a new one."""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, Engine, text
from sqlmodel import SQLModel

from marketplace.core.db import writer


def empty(engine: Engine, *, keep: Collection[str]) -> None:
    """Remove every row of every table but those in `keep`; numbering starts again."""
    names = [table.name for table in reversed(SQLModel.metadata.sorted_tables) if table.name not in keep]
    with writer(engine).connect() as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            _empty_postgres(connection, names, keep)
            return
        connection.execute(text("PRAGMA defer_foreign_keys=ON"))
        for name in names:
            connection.execute(text(f'DELETE FROM "{name}"'))  # noqa: S608 - names of our own tables


def _empty_postgres(connection: Connection, names: Sequence[str], keep: Collection[str]) -> None:
    """A test fills a few tables; truncating all of them would take five times as long."""
    looks = (f"(SELECT '{name}' WHERE EXISTS (SELECT 1 FROM \"{name}\"))" for name in names)  # noqa: S608 - the same
    filled = set(connection.execute(text(" UNION ALL ".join(looks))).scalars())
    connection.execute(text("SET LOCAL session_replication_role = replica"))  # in any order
    for name in names:
        if name in filled:
            connection.execute(text(f'DELETE FROM "{name}"'))  # noqa: S608 - the same
    again = "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false) FROM pg_sequences"
    kept = [f"{name}_id_seq" for name in keep]
    connection.execute(
        text(f"{again} WHERE last_value IS NOT NULL AND sequencename <> ALL(:kept)"), {"kept": kept}
    )
