"""What the pages of drift show: rows read with a few statements, whatever their number."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Select
from sqlalchemy import select as columns
from sqlmodel import Session, col, func, select

from marketplace.accounts.models import Account
from marketplace.core.i18n import N_
from marketplace.core.units import vnd
from marketplace.selling.drift import Kind
from marketplace.selling.models import REMOTE_STATE_LABELS, WANTED_LABELS, Drift, Listing, Offer, Shop
from marketplace.selling.pages import PAGE

FIRST = 5  #: of a group on the page of all groups
HISTORY = 40

NOT_THERE = N_("Không còn trên sàn")
SETTLED_LABELS = {
    "healed": N_("Đã gửi lại như ta muốn"),
    "accepted": N_("Đã nhận theo sàn"),
    "gone": N_("Tự hết lệch"),
}


@dataclass(frozen=True)
class DriftRow:
    """One drift; `title` is the offer's, None for a product that is not ours."""

    drift: Drift
    title: str | None
    who: str | None = None  #: who settled it


@dataclass
class DriftGroup:
    """Open drifts of one kind in one shop; `rows` are the first of `count`."""

    shop: Shop
    kind: str
    count: int
    rows: list[DriftRow] = field(default_factory=list)


def drift_groups(db: Session) -> list[DriftGroup]:
    """Every group with its first rows, the most urgent kinds first; two statements."""
    counts = columns(Shop, col(Drift.kind), func.count()).join(Drift, col(Drift.shop_id) == Shop.id)
    rows = db.execute(
        counts.where(_open()).group_by(col(Shop.id), col(Drift.kind)).order_by(col(Shop.id), col(Drift.kind))
    )
    groups = {(shop.id, kind): DriftGroup(shop, kind, count) for shop, kind, count in rows}
    place = (
        func.row_number().over(partition_by=(col(Drift.shop_id), col(Drift.kind)), order_by=col(Drift.id))
    ).label("place")
    ranked = select(col(Drift.id).label("id"), place).where(_open()).subquery()
    first = _rows().join(ranked, ranked.c.id == Drift.id).where(ranked.c.place <= FIRST)
    for drift, title in db.execute(first.order_by(col(Drift.id))):
        groups[drift.shop_id, drift.kind].rows.append(DriftRow(drift, title))
    order = [Kind.STATE, Kind.STOCK, Kind.UNKNOWN, Kind.VANISHED, Kind.PRICE, Kind.TEXT]
    return sorted(groups.values(), key=lambda group: (order.index(Kind(group.kind)), group.shop.id))


def group_rows(db: Session, shop: Shop, kind: str, number: int) -> tuple[list[DriftRow], bool]:
    """A page of one group, oldest first; True when there are more."""
    wanted = (
        _rows().where(_open(), col(Drift.shop_id) == shop.id, col(Drift.kind) == kind).order_by(col(Drift.id))
    )
    rows = db.execute(wanted.offset((number - 1) * PAGE).limit(PAGE + 1)).all()
    return [DriftRow(drift, title) for drift, title in rows[:PAGE]], len(rows) > PAGE


def settled_rows(db: Session) -> list[DriftRow]:
    """What was settled lately, by whom."""
    wanted = (
        _rows()
        .outerjoin(Account, col(Account.id) == Drift.settled_by)
        .add_columns(col(Account.name))
        .where(~_open())
        .order_by(col(Drift.settled_at).desc(), col(Drift.id).desc())
        .limit(HISTORY)
    )
    return [DriftRow(*row) for row in db.execute(wanted)]


def _rows() -> "Select[Drift, str]":
    """Drifts with the title of their offers."""
    return (
        columns(Drift, col(Offer.title))
        .outerjoin(Listing, col(Listing.id) == Drift.listing_id)
        .outerjoin(Offer, col(Offer.id) == Listing.offer_id)
    )


def _open() -> ColumnElement[bool]:
    return col(Drift.settled_at).is_(None)


def in_words(kind: str, value: str) -> str:
    """A kept value as people read it; states are msgids."""
    if kind == Kind.PRICE:
        return vnd(int(value))
    if kind in (Kind.STATE, Kind.VANISHED):
        wanted = {one.value: words for one, words in WANTED_LABELS.items()}
        return {**REMOTE_STATE_LABELS, **wanted, "": NOT_THERE}.get(value, value)
    return value or "–"


def the_group(db: Session, shop: Shop, kind: str, most: int) -> Sequence[Drift]:
    """Open drifts of one kind in one shop, oldest first."""
    wanted = select(Drift).where(_open(), Drift.shop_id == shop.id, Drift.kind == kind)
    return db.exec(wanted.order_by(col(Drift.id)).limit(most)).all()
