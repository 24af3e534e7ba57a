"""Whom the rows of a class list mean: somebody registered for sure, nobody yet, or a doubt to be settled.

Sure is who came by the same row earlier, who has the code, or the whole name together with the phone or with
hamlet and commune, and nobody else does. Anybody less alike is a doubt: the row is refused and says who it
may be.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from catalog.communes import Communes
from catalog.duplicates import Match, Registry, village_key
from catalog.import_rows import Reason
from catalog.models import Household, Person
from catalog.scopes import households_seen_by
from marketplace.accounts.models import Account
from marketplace.core.i18n import N_
from marketplace.core.text import fold_loose
from training.roll_rows import RollRow

MAY_BE = N_(
    "Giống hộ đã có trong sổ: %(candidates)s. Hãy ghi mã hộ vào cột “Mã hộ”, hoặc ghi “mới” nếu là hộ khác."
)
NO_SUCH_CODE = N_("Không có hộ mã %(code)s trong phạm vi của bạn. Hãy xem lại mã.")
NOT_OF_HOUSEHOLD = N_("Hộ %(code)s không có người tên này. Người của hộ: %(people)s.")
SEVERAL_ALIKE = N_("Hộ %(code)s có nhiều người tên này. Hãy ghi thêm năm sinh.")
OUTSIDE = N_("một hộ ngoài phạm vi của bạn")
_MOST_NAMED = 3
_AT_ONCE = 500


@dataclass(frozen=True)
class Meant:
    """Who a row means; None: nobody who is registered."""

    person_id: int | None
    household_id: int | None


class PeopleOf:
    """Finds the people of many rows in a few statements."""

    def __init__(self, db: Session, actor: Account, communes: Communes, rows: Sequence[RollRow]) -> None:
        self._registry = Registry(
            db, actor, communes, [row.sought for row in rows if row.code is None and not row.is_new]
        )
        self._communes = communes
        self._by_key = _by_key(db, [row.key(communes) for row in rows if row.code is None])
        self._by_code = _by_code(db, actor, {row.code for row in rows if row.code is not None})

    def meant(self, row: RollRow, column: str) -> Meant | Reason:
        """Who the row means, or why that is not clear; `column` is what codes stand under."""
        if row.code is not None:
            return self._coded(row, row.code, column)
        if (earlier := self._by_key.get(row.key(self._communes))) is not None:
            return earlier
        if row.is_new:
            return Meant(None, None)
        matches = self._registry.matches(row.sought)
        sure = [one for one in matches if _is_sure(one, row)]
        if len(sure) == 1:
            return Meant(sure[0].row.person_id, sure[0].row.household_id)
        if matches:
            named = "; ".join(_called(one) for one in matches[:_MOST_NAMED])
            return Reason(column, MAY_BE, {"candidates": named})
        return Meant(None, None)

    def _coded(self, row: RollRow, code: str, column: str) -> Meant | Reason:
        people = self._by_code.get(code)
        if people is None:
            return Reason(column, NO_SUCH_CODE, {"code": code[:20]})
        loose = fold_loose(row.name)
        named = [one for one in people if one.name_loose == loose]
        if len(named) > 1 and row.birth_year is not None:
            named = [one for one in named if one.birth_year == row.birth_year]
        if len(named) > 1:
            return Reason(column, SEVERAL_ALIKE, {"code": code})
        if not named:
            names = ", ".join(one.name for one in people)
            return Reason(column, NOT_OF_HOUSEHOLD, {"code": code, "people": names})
        return Meant(named[0].id, named[0].household_id)


def _by_key(db: Session, keys: Sequence[str]) -> dict[str, Meant]:
    """Whom earlier lists wrote down by the same row; also those who were linked or registered since."""
    found: dict[str, Meant] = {}
    for start in range(0, len(keys), _AT_ONCE):
        rows = db.exec(
            select(Household.client_key, Person.id, Household.id)
            .join(Person, col(Person.household_id) == Household.id)
            .where(col(Household.client_key).in_(keys[start : start + _AT_ONCE]))
            .order_by(col(Person.id).desc())  # who was written down first is the last to be kept
        )
        found |= {key: Meant(person_id, household_id) for key, person_id, household_id in rows if key}
    return found


def _by_code(db: Session, actor: Account, codes: set[str]) -> dict[str, list[Person]]:
    """The people of the households in sight that have these codes."""
    people: dict[str, list[Person]] = defaultdict(list)
    listed = sorted(codes)
    for start in range(0, len(listed), _AT_ONCE):
        rows = (
            households_seen_by(actor)
            .where(col(Household.code).in_(listed[start : start + _AT_ONCE]), col(Household.active))
            .with_only_columns(col(Household.code), col(Household.id))
        )
        codes_by_id = {key: code for code, key in db.execute(rows)}
        for person in db.exec(select(Person).where(col(Person.household_id).in_(codes_by_id))):
            people[codes_by_id[person.household_id]].append(person)
    return dict(people)


def _is_sure(match: Match, row: RollRow) -> bool:
    """Seen, of the same whole name, of no other age or sex, and by phone or by place the same."""
    other = match.row
    if not other.seen or other.name_loose != fold_loose(row.name):
        return False
    if row.birth_year is not None and other.birth_year is not None and row.birth_year != other.birth_year:
        return False
    if row.sex is not None and other.sex is not None and row.sex != other.sex:
        return False
    if row.phone is not None and row.phone == other.phone:
        return True
    return village_key(row.village) == village_key(other.village) and match.same_commune


def _called(match: Match) -> str:
    other = match.row
    return f"{other.name} ({other.code}, {other.village})" if other.seen else OUTSIDE
