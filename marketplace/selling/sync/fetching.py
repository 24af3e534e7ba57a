"""Categories and what they ask of their goods, read from each marketplace once a day (D3).

One shop speaks for all of its marketplace: it claims the reading by moving when it is due. What changed
under a category in use becomes a task, and its listings are looked at again. What fails is read later.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from connectors.kit.errors import NotAdmitted, Rejected, Unavailable
from connectors.kit.protocol import Attribute
from marketplace.core.config import WorkerSettings
from marketplace.core.db import writing
from marketplace.selling.models import CategoryChoice, CategoryFetch, CategorySchema, Shop
from marketplace.selling.sync.registry import Connected
from marketplace.selling.sync.trees import note_attributes, note_tree

log = logging.getLogger("lensan.worker")

Told = TypeVar("Told")


def fetch_categories(
    engine: Engine, connected: Connected, shop: Shop, rules: WorkerSettings, *, now: datetime
) -> None:
    """Read the shop's marketplace's categories if that is due and nobody else does it.

    Raises what concerns the whole shop (`NotAdmitted`, `Unavailable`); any other failure only waits.
    """
    with writing(engine) as db:
        rests = db.exec(select(Shop.resume_at).where(Shop.id == shop.id)).one()
        claimed = _claim(db, shop, rules, now) if rests is None or rests <= now else None
        if claimed is None:
            return
        whole = claimed.fetched_at is None or claimed.fetched_at + _age(rules) <= now
        wanted = _unread(db, shop.marketplace, None if whole else now - _age(rules))
    tree = _asked(connected.connector.categories, shop.marketplace) if whole else None
    told, complete = _attributes(connected, wanted)
    with writing(engine) as db:
        mine = db.get_one(CategoryFetch, shop.marketplace, with_for_update=True)
        if tree:  # no marketplace has no categories: an empty answer is not believed
            note_tree(db, mine, tree, now=now)
        for category, attributes in told.items():
            note_attributes(db, shop.marketplace, category, attributes, now=now)
        if mine.due_at == now + _again(rules) and complete and (tree or not whole):
            mine.due_at = (mine.fetched_at or now) + _age(rules)
        db.add(mine)


def _age(rules: WorkerSettings) -> timedelta:
    return timedelta(hours=rules.categories_hours)


def _again(rules: WorkerSettings) -> timedelta:
    """Until a reading that failed, or whose worker died, is tried again: usually five minutes."""
    return timedelta(seconds=10 * rules.retry_seconds)


def _claim(db: Session, shop: Shop, rules: WorkerSettings, now: datetime) -> CategoryFetch | None:
    """The right to read this marketplace now; a worker that dies with it loses it after a while."""
    due = db.get(CategoryFetch, shop.marketplace, with_for_update=True)
    if due is None:
        try:
            with db.begin_nested():
                due = CategoryFetch(marketplace=shop.marketplace, due_at=now)
                db.add(due)
        except IntegrityError:  # another shop of the marketplace was first
            return None
    if due.due_at > now:
        return None
    due.due_at = now + _again(rules)
    db.add(due)
    return due


def _unread(db: Session, marketplace: str, before: datetime | None) -> Sequence[str]:
    """Categories in use whose attributes are not known, or were read before then; None: all in use."""
    used = select(CategoryChoice.category).where(CategoryChoice.marketplace == marketplace).distinct()
    if before is not None:
        read = select(CategorySchema.category).where(
            CategorySchema.marketplace == marketplace, CategorySchema.fetched_at > before
        )
        used = used.where(col(CategoryChoice.category).not_in(read))
    return db.exec(used.order_by(col(CategoryChoice.category))).all()


def _attributes(
    connected: Connected, categories: Sequence[str]
) -> tuple[Mapping[str, Sequence[Attribute]], bool]:
    """What these leaves ask, and whether every one was told; one that is no leaf asks nothing."""
    told: dict[str, Sequence[Attribute]] = {}
    complete = True
    for category in categories:
        try:
            answer = _asked(partial(connected.connector.attributes, category), category)
        except Rejected:
            continue  # the tree says what became of it
        if answer is None:
            complete = False
        else:
            told[category] = answer
    return told, complete


def _asked(ask: Callable[[], Sequence[Told]], about: str) -> Sequence[Told] | None:
    """The answer; None when it cannot be read, which stops nothing else of the shop."""
    try:
        return ask()
    except (NotAdmitted, Unavailable, Rejected):
        raise
    except Exception as error:
        log.exception("categories not read", extra={"about": about, "code": getattr(error, "code", "bug")})
        return None
