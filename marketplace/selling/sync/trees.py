"""Write down what a marketplace says of its categories; a change under a category in use becomes a task."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import or_, update
from sqlmodel import Session, col, select

from connectors.kit.protocol import Attribute, Category
from marketplace.core.text import clean, fold
from marketplace.selling.listings import CHECKLIST, lock_listings, make_due
from marketplace.selling.mapping import path_of
from marketplace.selling.models import (
    CategoryChoice,
    CategoryFetch,
    CategorySchema,
    Listing,
    MarketplaceCategory,
    Offer,
    SchemaTask,
    Shop,
    Wanted,
)

BETWEEN = " › "
DEEPEST = 12  #: levels of a tree; more is a circle


def note_tree(db: Session, fetch: CategoryFetch, tree: Sequence[Category], *, now: datetime) -> None:
    """Make the kept tree what was told; what is told no longer stays as gone, for those who chose it."""
    first, fetch.fetched_at = fetch.fetched_at is None, now
    version = _digest(sorted([one.id, one.parent or "", one.name, one.leaf] for one in tree))
    rows = select(MarketplaceCategory).where(MarketplaceCategory.marketplace == fetch.marketplace)
    if version == fetch.version:
        told = update(MarketplaceCategory).where(
            col(MarketplaceCategory.marketplace) == fetch.marketplace,
            col(MarketplaceCategory.gone_at).is_(None),
        )
        db.execute(told.values(seen_at=now))
        return
    fetch.version = version
    known = {row.category: row for row in db.exec(rows)}
    was = {key: (row.gone_at is None, row.leaf) for key, row in known.items()}
    _keep(db, fetch.marketplace, known, tree, now)
    if not first:
        _tasks_of_tree(db, fetch.marketplace, known, was, now)


def _keep(
    db: Session,
    marketplace: str,
    known: dict[str, MarketplaceCategory],
    tree: Sequence[Category],
    now: datetime,
) -> None:
    by_id = {one.id[:60]: one for one in tree}
    for key, one in by_id.items():
        path = BETWEEN.join(_names(one, by_id))[:600]
        told: dict[str, Any] = {
            "parent": one.parent[:60] if one.parent else None,
            "name": clean(one.name)[:200],
            "path": path,
            "path_fold": fold(path)[:600],
            "leaf": one.leaf,
            "seen_at": now,
            "gone_at": None,
        }
        row = known.get(key)
        if row is None:
            row = known[key] = MarketplaceCategory(marketplace=marketplace, category=key, **told)
        else:
            row.sqlmodel_update(told)
        db.add(row)
    for key, row in known.items():
        if key not in by_id and row.gone_at is None:
            row.gone_at = now
            db.add(row)
    db.flush()


def _names(one: Category, by_id: Mapping[str, Category]) -> list[str]:
    """The names from the top down to this category."""
    names = [clean(one.name)]
    above = by_id.get((one.parent or "")[:60])
    while above is not None and len(names) < DEEPEST:
        names.insert(0, clean(above.name))
        above = by_id.get((above.parent or "")[:60])
    return names


def _tasks_of_tree(
    db: Session,
    marketplace: str,
    known: Mapping[str, MarketplaceCategory],
    was: Mapping[str, tuple[bool, bool]],
    now: datetime,
) -> None:
    """A category in use that went, or takes no goods any more, is a task; one that came back settles it."""
    used = select(CategoryChoice.category).where(CategoryChoice.marketplace == marketplace).distinct()
    for key in db.exec(used).all():
        row, (there, leaf) = known.get(key), was.get(key, (False, False))
        if row is None:
            continue
        if row.gone_at is not None:
            if there:
                raise_task(db, marketplace, key, "gone", {"path": row.path}, now=now)
        elif not row.leaf:
            if leaf:
                raise_task(db, marketplace, key, "no_leaf", {"path": row.path}, now=now)
        else:
            _settle(db, marketplace, key, now)


def _settle(db: Session, marketplace: str, category: str, now: datetime) -> None:
    mended = update(SchemaTask).where(
        col(SchemaTask.marketplace) == marketplace,
        col(SchemaTask.category) == category,
        col(SchemaTask.kind).in_(("gone", "no_leaf")),
        col(SchemaTask.settled_at).is_(None),
    )
    db.execute(mended.values(settled_at=now))


def note_attributes(
    db: Session, marketplace: str, category: str, attributes: Iterable[Attribute], *, now: datetime
) -> None:
    """Keep what a category asks; when that changed, a task says how, and its listings are looked at again."""
    told = [asdict(one) for one in attributes]
    for one in told:
        one["options"] = list(one["options"])
    canonical = [{**one, "options": sorted(one["options"])} for one in told]
    version = _digest(sorted(canonical, key=lambda one: str(one["id"])))
    row = db.exec(
        select(CategorySchema).where(
            CategorySchema.marketplace == marketplace, CategorySchema.category == category
        )
    ).first()
    if row is None:
        row = CategorySchema(marketplace=marketplace, category=category, version="", fetched_at=now)
        look_again(db, marketplace, category, send=False, now=now)
    elif row.version != version:
        facts = {"path": path_of(db, marketplace, category), **differences(row.attributes, told)}
        raise_task(db, marketplace, category, "attributes", facts, now=now)
        look_again(db, marketplace, category, send=bool(facts["required"]), now=now)
    row.version, row.attributes, row.fetched_at = version, told, now
    db.add(row)
    db.flush()


def differences(
    before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> dict[str, list[str]]:
    """Names of attributes added, removed, asked of everybody only now, and with other options to choose."""
    old, new = ({str(one["id"]): one for one in side} for side in (before, after))
    both = old.keys() & new.keys()

    def demanded(one: Mapping[str, Any] | None) -> object:
        return one is not None and (one.get("required") or one.get("required_with"))

    def named(keys: Iterable[str], among: Mapping[str, Mapping[str, Any]]) -> list[str]:
        return [str(one["name"]) for key, one in among.items() if key in set(keys)]

    return {
        "added": named(new.keys() - old.keys(), new),
        "removed": named(old.keys() - new.keys(), old),
        "required": named([key for key in new if demanded(new[key]) and not demanded(old.get(key))], new),
        "options": named([key for key in both if set(old[key]["options"]) != set(new[key]["options"])], new),
    }


def raise_task(
    db: Session, marketplace: str, category: str, kind: str, facts: dict[str, Any], *, now: datetime
) -> None:
    """One open task for each category and kind; what changes meanwhile is added to it."""
    task = db.exec(
        select(SchemaTask).where(
            SchemaTask.marketplace == marketplace,
            SchemaTask.category == category,
            SchemaTask.kind == kind,
            col(SchemaTask.settled_at).is_(None),
        )
    ).first()
    if task is None:
        task = SchemaTask(marketplace=marketplace, category=category, kind=kind, found_at=now)
    lists = {
        name: list(dict.fromkeys([*task.facts.get(name, ()), *value]))
        for name, value in facts.items()
        if isinstance(value, list)
    }
    task.facts = {**facts, **lists}
    db.add(task)


def look_again(db: Session, marketplace: str, category: str, *, send: bool, now: datetime) -> None:
    """Ask the checklist about the listings in a category; `send`: the marketplace wants to be told more."""
    offers = (
        select(Offer.id)
        .join(CategoryChoice, col(CategoryChoice.product_id) == Offer.product_id)
        .where(CategoryChoice.marketplace == marketplace, CategoryChoice.category == category)
    )
    shops = select(Shop.id).where(Shop.marketplace == marketplace)
    concerned = (
        col(Listing.offer_id).in_(offers),
        col(Listing.shop_id).in_(shops),
        col(Listing.wanted) == Wanted.ON_SALE,
    )
    lock_listings(db, select(Listing.id).where(*concerned))
    if send:
        db.execute(update(Listing).where(*concerned).values(revision=Listing.revision + 1))
    ours = or_(col(Listing.blame).is_(None), col(Listing.cause).startswith(CHECKLIST))
    make_due(db, (*concerned, ours, col(Listing.not_before).is_(None)), now)


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
