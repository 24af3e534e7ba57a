"""Empty a database between tests, faster than making a new one."""

from collections.abc import Collection

from sqlalchemy import Engine, text
from sqlmodel import SQLModel

from marketplace.core.db import writer

#: Not TRUNCATE: it makes new files for every table and index, and lasts longer than most tests.
_POSTGRES = """
DO $$ BEGIN
SET LOCAL session_replication_role = replica;
{deletes}
PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
FROM pg_sequences WHERE last_value IS NOT NULL AND sequencename = ANY('{{{sequences}}}');
END $$
"""
#: Tables of more than eight pages, all of which are now of deleted rows that every query would read.
_LARGE = text("SELECT relname FROM pg_class WHERE relname = ANY(:tables) AND pg_relation_size(oid) > 65536")


def empty(engine: Engine, *, keep: Collection[str]) -> None:
    """Remove every row of every table but those in `keep`; numbering starts again."""
    tables = [table for table in reversed(SQLModel.metadata.sorted_tables) if table.name not in keep]
    if engine.dialect.name == "postgresql":
        deletes = " ".join(f"{table.delete()};" for table in tables)
        sequences = ",".join(f"{table.name}_id_seq" for table in tables)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(_POSTGRES.format(deletes=deletes, sequences=sequences)))
            large = connection.scalars(_LARGE, {"tables": [table.name for table in tables]}).all()
            if large:
                connection.execute(text(f"VACUUM {', '.join(large)}"))
        return
    with writer(engine).connect() as connection, connection.begin():
        connection.execute(text("PRAGMA defer_foreign_keys=ON"))
        for table in tables:
            connection.execute(table.delete())
