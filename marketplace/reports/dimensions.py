"""How counted lines are grouped and filtered. A figure and its list use one expression, so they agree.

Every value of a dimension is a short text that fits in a link: `commune=12`, `week=2021-11-15`,
`household=none`.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, func, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from catalog.models import AdminChange, AdminUnit, Household, Product
from marketplace.core.i18n import N_
from marketplace.core.units import iso_week_start
from marketplace.reports.periods import Period
from marketplace.selling.models import (
    CHANNEL_LABELS,
    EVIDENCE_LABELS,
    HEADLINE,
    Channel,
    Evidence,
    TonnageEntry,
)


class View(StrEnum):
    """Whose map a report follows (R-53)."""

    THEN = "then"  #: units as they were where the fruit grew
    TODAY = "today"  #: units those became


VIEW_LABELS = {View.THEN: N_("Địa giới lúc thu hoạch"), View.TODAY: N_("Địa giới hiện nay")}


class By(StrEnum):
    """What a report can be grouped and filtered by."""

    COMMUNE = "commune"
    DISTRICT = "district"  #: the unit above the commune; since July 2025 that is the province
    VARIETY = "variety"
    PRODUCT = "product"
    GOODS = "goods"
    WEEK = "week"
    MONTH = "month"
    DAY = "day"
    SOLD = "sold"
    CHANNEL = "channel"
    MARKETPLACE = "marketplace"
    EVIDENCE = "evidence"
    HOUSEHOLD = "household"


BY_LABELS = {
    By.COMMUNE: N_("Xã"),
    By.DISTRICT: N_("Huyện cũ hoặc tỉnh"),
    By.VARIETY: N_("Giống cam"),
    By.PRODUCT: N_("Sản phẩm"),
    By.GOODS: N_("Nhóm hàng"),
    By.WEEK: N_("Tuần"),
    By.MONTH: N_("Tháng"),
    By.DAY: N_("Ngày"),
    By.SOLD: N_("Nơi bán"),
    By.CHANNEL: N_("Kênh bán"),
    By.MARKETPLACE: N_("Sàn"),
    By.EVIDENCE: N_("Bằng chứng"),
    By.HOUSEHOLD: N_("Hộ"),
}

DAYS = (By.DAY, By.WEEK, By.MONTH)

Filters = Mapping[By, str]

NONE = "none"  #: the line has no value here, such as no household
SPLIT = "split"  #: the commune was split and nobody has said yet where the village went
ORANGES, OTHER = "oranges", "other"
MARKETPLACES, ELSEWHERE = "marketplaces", "elsewhere"

FIXED_LABELS = {
    ORANGES: N_("Cam"),
    OTHER: N_("Nông sản khác"),
    MARKETPLACES: N_("Trên sàn"),
    ELSEWHERE: N_("Ngoài sàn"),
}
NONE_LABELS = {
    By.COMMUNE: N_("Chưa gắn với xã nào"),
    By.DISTRICT: N_("Chưa gắn với xã nào"),
    By.VARIETY: N_("Nông sản khác"),
    By.MARKETPLACE: N_("Không qua sàn nào"),
    By.HOUSEHOLD: N_("Chưa gắn với hộ nào"),
}
SPLIT_LABEL = N_("Chưa rõ xã mới")

_MOST = 2**31  #: PostgreSQL refuses a larger id
_UNCLEAR = -1  #: stands in SQL for SPLIT; no unit has this id

_KEYS: dict[By, Callable[[Any], ColumnElement[Any]]] = {
    By.COMMUNE: lambda c: c.place_id,
    By.DISTRICT: lambda c: c.above_id,
    By.VARIETY: lambda c: c.variety,
    By.PRODUCT: lambda c: c.product_id,
    By.GOODS: lambda c: case((c.variety.is_(None), OTHER), else_=ORANGES),
    By.WEEK: lambda c: c.day,
    By.MONTH: lambda c: c.day,
    By.DAY: lambda c: c.day,
    By.SOLD: lambda c: case((c.channel.in_(HEADLINE), MARKETPLACES), else_=ELSEWHERE),
    By.CHANNEL: lambda c: c.channel,
    By.MARKETPLACE: lambda c: c.marketplace,
    By.EVIDENCE: lambda c: c.evidence,
    By.HOUSEHOLD: lambda c: c.household_id,
}
_READ: dict[By, Callable[[str], Any]] = {
    By.COMMUNE: int,
    By.DISTRICT: int,
    By.PRODUCT: int,
    By.HOUSEHOLD: int,
    By.DAY: date.fromisoformat,
    By.CHANNEL: Channel,
    By.EVIDENCE: Evidence,
}


#: What a line can be grouped and filtered by, its day left out, in the order of the index that has all of it.
_ALIKE = ("product_id", "channel", "commune_id", "evidence", "marketplace", "household_id")
_FEW_DAYS = 7  #: a period as short is read through the index by day


def counted(view: View, period: Period) -> Subquery:
    """Every line of the period that counts in tonnes, once, with the place it belongs to in this view."""
    entry = TonnageEntry.__table__  # type: ignore[attr-defined]  # every table has one
    lines = select(entry).where(entry.c.day.between(period.first, period.last))
    return _placed(view, lines.subquery("entry"))


def added_up(view: View, period: Period, since: date, *, daily: bool) -> Subquery:
    """The same lines as sums of the period and, as `season_grams`, from `since` to its end.

    Lines alike in all but the day are added up before their places are looked up, so that this costs one pass
    over an index; `daily` keeps the days apart.
    """
    c = TonnageEntry.__table__.c  # type: ignore[attr-defined]  # every table has one
    inside, first = c.day >= period.first, min(since, period.first)
    parts = {
        "lines": case((inside, 1), else_=0),
        "grams": case((inside, c.grams), else_=0),
        "value_vnd": case((inside, c.value_vnd), else_=0),
        "complaint_grams": case((inside, c.complaint_grams), else_=0),
        "season_grams": case((c.day >= since, c.grams), else_=0),
    }
    alike = [c[name] for name in _ALIKE]
    if daily or (period.last - first).days < _FEW_DAYS:
        figures = [part.label(name) for name, part in parts.items()]
        read = select(*alike, c.day, *figures).where(c.day.between(first, period.last))
        return _placed(view, read.subquery("entry"))
    sums = [func.sum(part).label(name) for name, part in parts.items()]
    # Written so that SQLite cannot search the index by day, which holds neither places nor households.
    day = func.coalesce(c.day, c.day)
    read = select(*alike, *sums).where(day.between(first, period.last)).group_by(*alike)
    return _placed(view, read.subquery("entry"))


def _placed(view: View, entry: Subquery) -> Subquery:
    """Lines of products that count in tonnes, with variety and place."""
    place: ColumnElement[Any] = entry.c.commune_id
    unit: Any = aliased(AdminUnit)
    source: Select[Any]
    if view is View.THEN:
        place_id = place
        source = select().select_from(entry)
    else:
        became, settled = _became()
        place_id = case(
            (became.c.ends == 1, became.c.new_id),
            (became.c.ends > 1, func.coalesce(settled.c.new_id, _UNCLEAR)),
            else_=place,
        )
        here = and_(settled.c.old_id == place, settled.c.new_id == Household.current_commune_id)
        source = (
            select()
            .select_from(entry)
            .outerjoin(Household, col(Household.id) == entry.c.household_id)
            .outerjoin(became, became.c.old_id == place)
            .outerjoin(settled, here)
        )
    return (
        source.join(Product, col(Product.id) == entry.c.product_id)
        .outerjoin(unit, unit.id == place_id)
        .add_columns(
            *entry.c,
            col(Product.variety).label("variety"),
            place_id.label("place_id"),
            case((place_id == _UNCLEAR, _UNCLEAR), else_=unit.parent_id).label("above_id"),
        )
        .where(col(Product.counts_for_tonnage))
        .subquery("counted")
    )


def _became() -> tuple[Subquery, Subquery]:
    """Of every unit that is gone: how many it became and one of them; and all pairs of old and present."""
    change = col(AdminChange.old_id), col(AdminChange.new_id)
    path = select(change[0].label("old_id"), change[1].label("new_id")).cte("path", recursive=True)
    path = path.union(select(path.c.old_id, change[1]).where(change[0] == path.c.new_id))
    gone = select(change[0])
    pairs = select(path.c.old_id, path.c.new_id).where(path.c.new_id.not_in(gone))
    settled = pairs.subquery("settled")
    each = pairs.subquery("each_end")
    became = select(each.c.old_id, func.min(each.c.new_id).label("new_id"), func.count().label("ends"))
    return became.group_by(each.c.old_id).subquery("became"), settled


def key_of(by: By, lines: Subquery) -> ColumnElement[Any]:
    """The value lines are grouped by; weeks and months are days here and rolled up by `token`."""
    return _KEYS[by](lines.c)


def token(by: By, value: Any) -> str:
    """A grouped value as it stands in a link."""
    if value is None:
        return NONE
    if by in (By.COMMUNE, By.DISTRICT) and value == _UNCLEAR:
        return SPLIT
    if by is By.WEEK:
        return iso_week_start(value).isoformat()
    return f"{value:%Y-%m}" if by is By.MONTH else str(value)


def kept(filters: Filters, lines: Subquery) -> list[ColumnElement[bool]]:
    """The conditions of these filters; ValueError when a text is no value of its dimension."""
    return [_condition(by, text, key_of(by, lines)) for by, text in filters.items()]


def _condition(by: By, text: str, key: ColumnElement[Any]) -> ColumnElement[bool]:
    if text == NONE:
        return key.is_(None)
    if text == SPLIT and by in (By.COMMUNE, By.DISTRICT):
        return key == _UNCLEAR
    if by in (By.WEEK, By.MONTH):
        span = span_of(by, text)
        return key.between(span.first, span.last)
    wanted: ColumnElement[bool] = key == _READ.get(by, str)(text)
    return wanted


def is_value(by: By, text: str) -> bool:
    """Can this text be a value of the dimension, whether or not any line has it?"""
    if text == NONE or (text == SPLIT and by in (By.COMMUNE, By.DISTRICT)):
        return True
    try:
        if by in (By.WEEK, By.MONTH):
            return span_of(by, text).last > date.min
        if by in (By.GOODS, By.SOLD):
            return text in ((ORANGES, OTHER) if by is By.GOODS else (MARKETPLACES, ELSEWHERE))
        value = _READ.get(by, str)(text)
    except (ValueError, OverflowError):
        return False
    return 0 < value < _MOST if isinstance(value, int) else text.isprintable()


def span_of(by: By, text: str) -> Period:
    """The days of a week named by its Monday, or of a month named 2021-11; ValueError for anything else."""
    if by is By.WEEK:
        monday = iso_week_start(date.fromisoformat(text))
        return Period(monday, monday + timedelta(days=6))
    first = date.fromisoformat(f"{text}-01")
    return Period(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))


def names_of(db: Session, filters: Filters) -> dict[By, str]:
    """How each filter reads to a person (msgid or name), in at most one statement."""
    names = {by: label_of(by, text) for by, text in filters.items()}
    places: Any = AdminUnit.name, AdminUnit.id
    sources: dict[By, Any] = {
        By.COMMUNE: places,
        By.DISTRICT: places,
        By.PRODUCT: (Product.name, Product.id),
        By.HOUSEHOLD: (Household.code, Household.id),
    }
    asked = {by: sources[by] for by, text in filters.items() if by in sources and text not in (NONE, SPLIT)}
    if asked:
        columns = [
            select(name).where(key == int(filters[by])).scalar_subquery() for by, (name, key) in asked.items()
        ]
        found = db.execute(select(*columns)).one()
        names |= {by: name or filters[by] for by, name in zip(asked, found, strict=True)}
    return names


def label_of(by: By, key: str) -> str:
    """The name of a value as a msgid; varieties are their own, and those known by id need `names_of`."""
    if key == NONE:
        return NONE_LABELS.get(by, key)
    if key == SPLIT:
        return SPLIT_LABEL
    if by is By.CHANNEL:
        return CHANNEL_LABELS[Channel(key)]
    if by is By.EVIDENCE:
        return EVIDENCE_LABELS[Evidence(key)]
    if by is By.WEEK:
        span = span_of(by, key)
        return f"{span.first:%d/%m} – {span.last:%d/%m/%Y}"
    if by is By.MONTH:
        return f"{key[5:]}/{key[:4]}"
    if by is By.DAY:
        return f"{date.fromisoformat(key):%d/%m/%Y}"
    return key.capitalize() if by is By.MARKETPLACE else FIXED_LABELS.get(key, key)
