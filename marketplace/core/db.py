"""The database: one engine, reading and writing sessions, the column types every model uses.

SQLite writers take `BEGIN IMMEDIATE`: its default transactions lose updates when two writers read before they
write.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import Enum
from typing import Any, TypeVar

from sqlalchemy import DateTime, Dialect, Engine, create_engine, event
from sqlalchemy import Enum as SqlEnum
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError
from sqlalchemy.types import TypeDecorator
from sqlmodel import Session, SQLModel, select

from marketplace.core.errors import NotFound, Refused

# Names of constraints are fixed, so that a migration can drop what another made, on both databases.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

_WRITING = "lensan_writing"
_AT_ONCE = 200  #: rows in one statement
Row = TypeVar("Row", bound=SQLModel)


class Utc(TypeDecorator[datetime]):
    """An aware instant; stored in UTC on both databases. A naive value is a bug and raises."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime reached the database")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def stored(kind: type[Enum]) -> Any:
    """Column type for an enum kept by its value, checked by the database."""
    values = [str(member.value) for member in kind]
    return SqlEnum(
        kind,
        values_callable=lambda members: [str(member.value) for member in members],
        native_enum=False,
        create_constraint=True,
        length=max(24, max(len(value) for value in values)),
        name=kind.__name__.lower(),
    )


def open_engine(url: str, *, durable: bool = True) -> Engine:
    """Open the database. `durable=False` trades power-loss safety for speed and is meant for tests only."""
    if url.startswith("postgresql"):
        return create_engine(
            url,
            connect_args={} if durable else {"options": "-c synchronous_commit=off"},
            pool_pre_ping=True,
            pool_size=10,
            max_overflow=10,
            hide_parameters=True,  # errors are logged, and parameters are names and phones
        )
    engine = create_engine(
        url, connect_args={"check_same_thread": False, "timeout": 30}, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA synchronous={'FULL' if durable else 'OFF'}")
        cursor.execute("PRAGMA busy_timeout=30000")
        cursor.execute("PRAGMA cache_size=-32000")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get(_WRITING, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def writer(engine: Engine) -> Engine:
    """The same engine, whose transactions take the write lock at once on SQLite."""
    return engine.execution_options(**{_WRITING: True})


def session(engine: Engine, *, writing: bool) -> Session:
    """A database session; the caller commits (only edges do) and closes."""
    return Session(writer(engine) if writing else engine, expire_on_commit=False)


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session to look with; nothing is kept."""
    with session(engine, writing=False) as db:
        yield db


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """One transaction: committed when the block ends well, rolled back when it raises."""
    with session(engine, writing=True) as db:
        yield db
        db.commit()


def flush_or(db: Session, refusal: Refused) -> None:
    """Flush what was added; a broken UNIQUE or CHECK becomes `refusal` and nothing of the transaction is
    kept, or of the savepoint inside which this is called.

    The constraint decides, not a SELECT before it.
    """
    try:
        db.flush()
    except IntegrityError as broken:
        (db.get_nested_transaction() or db).rollback()
        raise refusal from broken


def insert_new(db: Session, kind: type[Row], unique: Sequence[str], /, **values: object) -> int | None:
    """Insert one row unless one with the same `unique` columns is there; its id, or None when nothing was
    written.

    One statement, so that two arrivals of the same event at the same moment still make one row.
    """
    insert = postgresql.insert if db.get_bind().dialect.name == "postgresql" else sqlite.insert
    table = kind.__table__  # type: ignore[attr-defined]  # every table class has one
    complete = {**_defaults(kind), **values}
    new = insert(table).values(**complete).on_conflict_do_nothing(index_elements=list(unique))
    return db.execute(new.returning(table.c.id)).scalar_one_or_none()


def insert_new_many(
    db: Session, kind: type[Row], unique: str, rows: Sequence[Mapping[str, object]]
) -> set[Any]:
    """`insert_new` for many rows, some hundred to a statement; the values of `unique` that are new."""
    insert = postgresql.insert if db.get_bind().dialect.name == "postgresql" else sqlite.insert
    table = kind.__table__  # type: ignore[attr-defined]  # every table class has one
    usual, written = _defaults(kind), set[Any]()
    for start in range(0, len(rows), _AT_ONCE):
        some = [{**usual, **row} for row in rows[start : start + _AT_ONCE]]
        new = insert(table).values(some).on_conflict_do_nothing(index_elements=[unique])
        written |= set(db.execute(new.returning(table.c[unique])).scalars())
    return written


def _defaults(kind: type[SQLModel]) -> dict[str, object]:
    """The Python-side defaults of a table class, which a plain INSERT would not apply."""
    optional = {name: field for name, field in kind.model_fields.items() if not field.is_required()}
    optional.pop("id", None)
    return {name: field.get_default(call_default_factory=True) for name, field in optional.items()}


def locked(db: Session, kind: type[Row], key: int) -> Row:
    """Read one row and keep others from changing it until the transaction ends; or NotFound.

    Rows that name it may still be inserted (`key_share`): PostgreSQL would make them wait for this one, and
    two that wait for each other fail.
    """
    row = db.exec(
        select(kind)
        .where(kind.id == key)  # type: ignore[attr-defined]  # every table has id
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).first()
    if row is None:
        raise NotFound
    return row


def found(db: Session, kind: type[Row], key: int) -> Row:
    """Read one row by id; NotFound when it is not there."""
    row = db.get(kind, key)
    if row is None:
        raise NotFound
    return row
