"""The question to the chain, the list behind each figure, and figures made ready for pages."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import select
from sqlmodel import Session, col

from catalog.models import AdminUnit, Household
from marketplace.core.forms import MaybeDay, MaybeLine, Typed
from marketplace.core.i18n import N_
from marketplace.reports.chain import (
    GRAMS,
    MEASURE_LABELS,
    PEOPLE,
    Chain,
    ChainAsked,
    Item,
    Measure,
    People,
    Trained,
)
from marketplace.reports.chain_classes import ClassTable
from marketplace.reports.chain_facts import ClassFact
from marketplace.reports.chain_figures import Row
from marketplace.reports.chain_groups import Group, group_of
from marketplace.reports.chain_sales import LATER, SOON
from marketplace.reports.dimensions import ELSEWHERE, MARKETPLACES, By
from marketplace.reports.forms import MaybeId
from marketplace.reports.glance import Bar
from marketplace.reports.periods import Period
from training.labels import HOST_LABELS

HIDDEN = N_("ẩn")

#: The chain as it is drawn, step by step.
FUNNEL = (
    Measure.INVITED,
    Measure.ENROLLED,
    Measure.ATTENDED,
    Measure.CERTIFIED,
    Measure.SHOP,
    Measure.LISTED,
    Measure.SOLD,
)
PEOPLE_FUNNEL = tuple(measure for measure in Measure if measure in PEOPLE)

#: Heads of columns, where the line beside them says whose they are.
HEADS = {
    Measure.INVITED: N_("Được mời"),
    Measure.ENROLLED: N_("Có chỗ"),
    Measure.ATTENDED: N_("Hộ dự"),
    Measure.PEOPLE_ATTENDED: N_("Người dự"),
    Measure.CERTIFIED: N_("Chứng nhận"),
    Measure.SHOP: N_("Gian hàng"),
    Measure.LISTED: N_("Tin đăng"),
    Measure.SOLD: N_("Đã bán"),
    Measure.SOON: N_("30 ngày"),
    Measure.LATER: N_("90 ngày"),
    Measure.SEASON: N_("Trên sàn"),
    Measure.ELSEWHERE: N_("Ngoài sàn"),
    Measure.FIRST: N_("Hộ lần đầu"),
    Measure.CREDITED: N_("Tính cho lớp"),
    Measure.NEVER: N_("Hộ"),
}


class ChainIn(Typed):
    """The question, from the address of a page."""

    first: MaybeDay = Field(default=None, title=N_("Từ ngày"))
    last: MaybeDay = Field(default=None, title=N_("Đến ngày"))
    commune: MaybeId = Field(default=None, title=N_("Xã mở lớp"))
    host: MaybeLine = Field(default=None, title=N_("Đơn vị đứng lớp"))
    by: Group = Field(default=Group.COMMUNE_THEN, title=N_("Chia theo"))
    measure: Measure = Field(default=Measure.ATTENDED, title=N_("Số liệu"))
    table: Literal["classes", "groups", "cross"] = Field(default="classes", title=N_("Bảng"))


class ListIn(ChainIn):
    """Whose households: of a class, of a course, of other classes, or those never trained; of one group."""

    who: Literal["trained", "others", "never"] = Field(default="trained", title=N_("Danh sách"))
    training: MaybeId = Field(default=None, title=N_("Lớp"))
    course: MaybeId = Field(default=None, title=N_("Khóa học"))
    credited: Annotated[Literal["", "1"], Field(title=N_("Danh sách"))] = ""
    group: MaybeLine = Field(default=None, title=N_("Nhóm"))


@dataclass(frozen=True)
class Listed:
    """A household behind a figure, and what it adds to it."""

    id: int
    code: str
    place: str
    amount: int


def address_of(asked: ChainAsked) -> dict[str, Any]:
    """The parameters under which a page answers this question."""
    return {
        "first": str(asked.period.first),
        "last": str(asked.period.last),
        "commune": asked.commune_id,
        "host": asked.host,
    }


def people_of(chain: Chain, asked: ListIn) -> People:
    """Whom a list is about."""
    if asked.who == "never":
        return chain.never
    if asked.who == "others":
        return chain.others
    wanted = [
        one
        for one in chain.classes
        if asked.training in (None, one.id) and asked.course in (None, one.course_id)
    ]
    return chain.trained if asked.credited else chain.of(wanted)


def items_of(chain: Chain, asked: ListIn) -> list[Item]:
    """The items behind a figure: the same that made it."""
    people = people_of(chain, asked)
    items = people.items(asked.measure)
    if asked.credited and asked.training and isinstance(people, Trained):
        items = [item for item in items if people.first[item[0]].id == asked.training]
    if asked.group is None:
        return items
    return [
        (household, person, amount)
        for household, person, amount in items
        if group_of(chain.facts, asked.by, household, person, people.year_of(household)) == asked.group
    ]


def listed_households(db: Session, items: list[Item], *, offset: int, limit: int) -> tuple[int, list[Listed]]:
    """How many households, and those of one page by code; names stay on the household's own page."""
    amounts: dict[int, int] = {}
    for household_id, _, amount in items:
        amounts[household_id] = amounts.get(household_id, 0) + amount
    statement = (
        select(col(Household.id), col(Household.code), col(Household.village), col(AdminUnit.name))
        .join(AdminUnit, col(AdminUnit.id) == Household.commune_id)
        .where(col(Household.id).in_(sorted(amounts)[offset : offset + limit]))
        .order_by(col(Household.id))
    )
    rows = [
        Listed(id_, code, f"{village}, {commune}", amounts[id_])
        for id_, code, village, commune in db.execute(statement)
    ]
    return len(amounts), rows


def lines_of(chain: Chain, people: People, measure: Measure, household_id: int) -> dict[str, str] | None:
    """The address of the counted lines that make up a household's grams; None for what is no weight."""
    if measure not in GRAMS:
        return None
    span = chain.asked.period
    if measure in (Measure.SOON, Measure.LATER) and isinstance(people, Trained):
        day = people.first[household_id].ends_on
        span = Period(
            day + timedelta(days=1), day + timedelta(days=SOON if measure is Measure.SOON else LATER)
        )
    sold = ELSEWHERE if measure is Measure.ELSEWHERE else MARKETPLACES
    return {
        "first": str(span.first),
        "last": str(span.last),
        By.HOUSEHOLD.value: str(household_id),
        By.SOLD.value: sold,
    }


def running(classes: list[ClassFact], measure: Measure, today: date) -> bool:
    """Are the days after some of these classes not over yet?"""
    days = {Measure.SOON: SOON, Measure.LATER: LATER}.get(measure, 0)
    return any(one.ends_on + timedelta(days=days) > today for one in classes) if days else False


def funnel(
    table: ClassTable,
    measures: Sequence[Measure],
    link: Callable[[Measure], str],
    say: Callable[[str], str],
    number: Callable[[int], str],
) -> list[Bar]:
    """One bar per step; a hidden one has no length."""
    figures = [(measure, table.all.figures[measure]) for measure in measures]
    return [
        Bar(
            say(MEASURE_LABELS[measure]),
            value or 0,
            say(HIDDEN) if value is None else number(value),
            link(measure),
        )
        for measure, value in figures
    ]


def per_household(row: Row, households: Measure) -> int | None:
    """Grams sold on marketplaces per household; None as soon as one of the two is hidden."""
    grams, count = row.figures[Measure.SEASON], row.figures[households]
    return None if grams is None or count is None else grams // count if count else 0


def hosts(chain: Chain) -> list[str]:
    """Who held classes in the period."""
    return sorted({one.host for one in _in_period(chain)})


def host_label(host: str) -> str:
    """Who a class was held by (msgid or name); one that is no longer known keeps its own word."""
    return HOST_LABELS.get(host, host)


def communes(chain: Chain) -> list[tuple[int, str]]:
    """Where classes were held in the period."""
    return sorted({(one.commune_id, one.commune) for one in _in_period(chain)}, key=lambda pair: pair[1])


def _in_period(chain: Chain) -> list[ClassFact]:
    return [one for one in chain.facts.classes if one.ends_on >= chain.asked.period.first]
