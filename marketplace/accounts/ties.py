"""What accounts must know of the catalogue above them: the ids their foreign keys name, how to show those.

Accounts stand below the catalogue and may not import its models, so the few columns used are declared here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Date, FromClause, Integer, Select, String, column, or_, select, table
from sqlmodel import Session, col

from marketplace.accounts.models import AccountCommune
from marketplace.core.text import clean, fold

MOST_SHOWN = 20
_household = table("household", column("id", Integer), column("code", String))
_unit = table(
    "admin_unit",
    column("id", Integer),
    column("level", String),
    column("code", String),
    column("name", String),
    column("name_fold", String),
    column("parent_id", Integer),
    column("valid_to", Date),
)


@dataclass(frozen=True)
class Commune:
    """A commune as it was until `last_day`, or as it is; `within` is its district or province."""

    id: int
    code: str
    name: str
    within: str
    last_day: date | None


def household_id_of(db: Session, typed: str) -> int | None:
    """The household with this code; "hg-12" and "12" are HG-000012."""
    code = clean(typed).upper()
    digits = code.removeprefix("HG").lstrip("- ")
    if digits.isascii() and digits.isdigit() and len(digits) <= 9:
        code = f"HG-{int(digits):06d}"
    found: int | None = db.execute(select(_household.c.id).where(_household.c.code == code)).scalar()
    return found


def household_code(db: Session, household_id: int | None) -> str | None:
    """The code people know a household by."""
    code: str | None = db.execute(select(_household.c.code).where(_household.c.id == household_id)).scalar()
    return code


def communes_named(db: Session, typed: str) -> list[Commune]:
    """Communes, old and current, whose name holds what was typed, with or without "xã" before it."""
    wanted = fold(typed)[:100]
    if not wanted:
        return []
    bare = wanted.removeprefix("xa ").removeprefix("phuong ").removeprefix("thi tran ")
    either = [_unit.c.name_fold.contains(name, autoescape=True) for name in {wanted, bare}]
    query = (
        _communes(_unit)
        .where(or_(*either))
        .order_by(_unit.c.name_fold != bare, _unit.c.name_fold, _unit.c.id)
    )
    return _read(db, query.limit(MOST_SHOWN))


def communes_of(db: Session, account_id: int) -> list[Commune]:
    """The communes an extension worker looks after."""
    ids = select(col(AccountCommune.unit_id)).where(col(AccountCommune.account_id) == account_id)
    return _read(db, _communes(_unit).where(_unit.c.id.in_(ids)).order_by(_unit.c.name_fold, _unit.c.id))


def known_communes(db: Session, ids: Sequence[int]) -> set[int]:
    """Which of these ids are communes."""
    query = select(_unit.c.id).where(_unit.c.level == "commune", _unit.c.id.in_(ids))
    return set(db.execute(query).scalars())


def _communes(unit: FromClause) -> Select[tuple[int, str, str, str | None, date | None]]:
    above = _unit.alias()
    return (
        select(unit.c.id, unit.c.code, unit.c.name, above.c.name, unit.c.valid_to)
        .select_from(unit.outerjoin(above, above.c.id == unit.c.parent_id))
        .where(unit.c.level == "commune")
    )


def _read(db: Session, query: Select[tuple[int, str, str, str | None, date | None]]) -> list[Commune]:
    rows = db.execute(query)
    return [Commune(key, code, name, within or "", last_day) for key, code, name, within, last_day in rows]
