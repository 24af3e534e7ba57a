"""Find households by name, hamlet, code, phone or commune; and those that wait for a person."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlmodel import Session, col, select

from catalog.communes import Communes, Place, read_communes
from catalog.models import Household, Person
from catalog.scopes import household_in_scope, households_seen_by
from marketplace.accounts.models import Account
from marketplace.core.identity import read_phone
from marketplace.core.text import clean, exactness, fold
from marketplace.core.units import Unreadable

PAGE = 50
MOST_FOUND = 200  #: hits of a search that are ranked; more words narrow it
_CODE = re.compile(r"(?:hg)?[\s-]*([0-9]{1,6})", re.IGNORECASE)
_PHONE_END = re.compile(r"[0-9]{4,8}")


@dataclass(frozen=True)
class Found:
    """One line of the list; `others` are members that the search hit."""

    household: Household
    head: Person
    commune: str
    others: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Waiting:
    """Households of one hamlet of a split commune; `household_id` stands for them."""

    household_id: int
    village: str
    commune: Place
    households: int
    choices: list[Place]


def find_households(
    db: Session, actor: Account, query: str, number: int = 1
) -> tuple[list[Found], bool, Communes]:
    """A page of households in sight by tên, họ, đệm (R-A4); of a search, right marks first (R-A5).

    Also the communes that were read. Four statements, whatever the number. True: there are more.
    """
    communes = read_communes(db)
    wanted = (
        households_seen_by(actor)
        .join(Person, (col(Person.household_id) == col(Household.id)) & col(Person.is_head))
        .add_columns(Person)
        .where(col(Household.active))
        .order_by(col(Person.name_sort), col(Household.id))
    )
    skipped = (number - 1) * PAGE
    if query:
        rows = db.execute(wanted.where(_hit(query, communes)).limit(MOST_FOUND)).all()
        ranked = sorted(rows, key=lambda row: _rank(query, row[0], row[1], communes))
        shown = ranked[skipped : skipped + PAGE + 1]
    else:
        shown = list(db.execute(wanted.offset(skipped).limit(PAGE + 1)).all())
    others = _members_hit(db, query, [row[0].id for row in shown[:PAGE]])
    found = [
        Found(household, head, _place(communes, household), others.get(household.id or 0, []))
        for household, head in shown[:PAGE]
    ]
    return found, len(shown) > PAGE, communes


def waiting_after_split(db: Session, actor: Account, communes: Communes) -> list[Waiting]:
    """Hamlets whose commune was split and whose households nobody has placed yet (R-52), in sight."""
    rows = db.execute(
        sa.select(
            sa.func.min(col(Household.id)),
            sa.func.min(col(Household.village)),
            col(Household.commune_id),
            sa.func.count(),
        )
        .where(household_in_scope(actor), col(Household.active), col(Household.current_commune_id).is_(None))
        .group_by(col(Household.commune_id), col(Household.village_fold))
        .order_by(col(Household.commune_id), col(Household.village_fold))
        .limit(MOST_FOUND)
    ).all()
    return [
        Waiting(first, village, communes.by_id[commune_id], count, communes.successors(commune_id))
        for first, village, commune_id, count in rows
    ]


def where_it_went(communes: Communes, query: str) -> list[tuple[Place, list[Place], list[Place]]]:
    """Communes of any time with the name or code: what each became, and what each was made of."""
    return [
        (place, communes.successors(place.id), communes.predecessors(place.id))
        for place in communes.search(query)
    ]


def _hit(query: str, communes: Communes) -> sa.ColumnElement[bool]:
    """Household code, a phone or its end, or words in names, hamlet and communes old and new."""
    hits: list[sa.ColumnElement[bool]] = []
    if code := _CODE.fullmatch(query):
        hits.append(col(Household.code) == f"HG-{int(code[1]):06d}")
    else:
        hits.append(col(Household.code) == query.upper())
    if ends := _phone_end(query):
        hits.append(_with_member(col(Person.phone).endswith(ends)))
    if folded := fold(query):
        hits += _words_hit(folded, query, communes)
    return sa.or_(*hits)


def _words_hit(folded: str, query: str, communes: Communes) -> Iterable[sa.ColumnElement[bool]]:
    yield _with_member(col(Person.name_fold).contains(folded, autoescape=True))
    yield col(Household.village_fold).contains(folded, autoescape=True)
    units = [place.id for place in communes.search(query)]
    now = {unit for unit in map(communes.current, units) if unit is not None}
    if units:
        yield col(Household.commune_id).in_(units)
        yield col(Household.current_commune_id).in_(now)
    words = folded.split()
    if 1 < len(words) <= 8:  # "vén vĩnh sơn": words of a name and of its hamlet together
        spoken = sa.literal(" ") + col(Person.name_fold) + " " + col(Household.village_fold)
        both = sa.and_(*(spoken.contains(f" {word}", autoescape=True) for word in words))
        members = sa.select(col(Person.id)).where(col(Person.household_id) == col(Household.id), both)
        yield members.correlate(Household).exists()


def _phone_end(query: str) -> str | None:
    """What a stored number ends with; a whole number in any spelling, or its last four digits or more."""
    try:
        return read_phone(query).e164
    except Unreadable:
        digits = query.replace(" ", "").replace(".", "")
        return digits if _PHONE_END.fullmatch(digits) else None


def _with_member(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return col(Household.id).in_(sa.select(col(Person.household_id)).where(condition))


def _rank(query: str, household: Household, head: Person, communes: Communes) -> int:
    """Name before hamlet before commune; each with the right marks before without."""
    asked = clean(query)
    name, village = exactness(asked, head.name), exactness(asked, household.village)
    if name < 2:
        return name
    return 2 + village if village < 2 else 4 + exactness(asked, _place(communes, household))


def _members_hit(db: Session, query: str, household_ids: list[int | None]) -> dict[int, list[str]]:
    folded = fold(query)
    if not folded or not household_ids:
        return {}
    rows = db.exec(
        select(Person.household_id, Person.name)
        .where(
            col(Person.household_id).in_(household_ids),
            col(Person.is_head).is_(False),
            col(Person.name_fold).contains(folded, autoescape=True),
        )
        .order_by(col(Person.id))
    )
    hit: dict[int, list[str]] = {}
    for household_id, name in rows:
        hit.setdefault(household_id, []).append(name)
    return hit


def _place(communes: Communes, household: Household) -> str:
    """The commune as recorded."""
    return communes.by_id[household.commune_id].name
