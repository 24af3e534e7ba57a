"""Which of a marketplace's categories a product belongs to: chosen by a person, proposed by its name."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, func, select

from catalog.models import Product
from catalog.shipped import shipped_categories
from marketplace.core.audit import Actor, note
from marketplace.core.db import insert_new, locked
from marketplace.core.errors import NotFound, Refused
from marketplace.core.i18n import N_
from marketplace.selling import listings
from marketplace.selling.mapping import Mapped, mapping_of
from marketplace.selling.models import (
    CategoryChoice,
    CategoryFetch,
    CategorySchema,
    MarketplaceCategory,
    Offer,
    SchemaTask,
)
from marketplace.selling.sync.wire import face_of, faces

LONGEST = 60  #: letters of a category's id


class NoSuchMarketplace(Refused):
    sentence = N_("Chưa có sàn “%(name)s” trong hệ thống.")
    status = 422
    field = "marketplace"


class NoSuchCategory(Refused):
    sentence = N_(
        "%(marketplace)s không có ngành cấp cuối “%(category)s”. Hãy chọn một ngành trong danh sách."
    )
    status = 422


def choose_category(
    db: Session, actor: Actor, code: str, marketplace: str, category: str, *, now: datetime
) -> CategoryChoice:
    """Put a product (by code) into a category and send its listings there again; the same choice is nothing.

    Refuses what is no leaf of the marketplace's tree; before the tree was ever read, anything is taken.
    """
    if marketplace not in faces():
        raise NoSuchMarketplace(name=marketplace)
    product = db.exec(select(Product).where(Product.code == code)).first()
    if product is None:
        raise NotFound
    fetch = db.get(CategoryFetch, marketplace)
    if not _takes_goods(db, fetch, marketplace, category):
        raise NoSuchCategory(marketplace=face_of(marketplace).title, category=category[:LONGEST])
    choice, before = _choice(db, product, marketplace, category)
    if before == category:
        return choice
    choice.category = category
    db.add(choice)
    _read_soon(db, fetch, category, now)
    offers = db.exec(select(Offer.id).where(Offer.product_id == product.id)).all()
    listings.changed_all(db, [offer_id or 0 for offer_id in offers], now=now, marketplace=marketplace)
    note(db, actor, "category.chosen", choice, product=code, category=category, before=before)
    return choice


def _takes_goods(db: Session, fetch: CategoryFetch | None, marketplace: str, category: str) -> bool:
    if not category or len(category) > LONGEST:
        return False
    if fetch is None or fetch.fetched_at is None:
        return True
    node = db.exec(
        select(MarketplaceCategory).where(
            MarketplaceCategory.marketplace == marketplace, MarketplaceCategory.category == category
        )
    ).first()
    return node is not None and node.leaf and node.gone_at is None


def _choice(
    db: Session, product: Product, marketplace: str, category: str
) -> tuple[CategoryChoice, str | None]:
    """The row of the choice and the category before; None when it is new."""
    row = {"product_id": product.id, "marketplace": marketplace, "category": category}
    new = insert_new(db, CategoryChoice, ["product_id", "marketplace"], **row)
    choice = db.exec(
        select(CategoryChoice).where(
            CategoryChoice.product_id == product.id, CategoryChoice.marketplace == marketplace
        )
    ).one()
    return choice, None if new is not None else choice.category


def _read_soon(db: Session, fetch: CategoryFetch | None, category: str, now: datetime) -> None:
    """What the category asks is not known yet: the worker is to read it with its next visit."""
    if fetch is None:
        return
    known = select(CategorySchema.id).where(
        CategorySchema.marketplace == fetch.marketplace, CategorySchema.category == category
    )
    if db.exec(known).first() is None:
        soon = update(CategoryFetch).where(
            col(CategoryFetch.marketplace) == fetch.marketplace, col(CategoryFetch.due_at) > now
        )
        db.execute(soon.values(due_at=now))


def accept_proposals(db: Session, actor: Actor, marketplace: str, *, now: datetime) -> list[Mapped]:
    """Choose the best proposal for every product whose name leaves no doubt; which ones these were.

    What may not be listed everywhere (R-42) is left to a person. Each choice can be changed again.
    """
    if marketplace not in faces():
        raise NoSuchMarketplace(name=marketplace)
    sure = [one for one in mapping_of(db, marketplace).open if one.sure]
    for one in sure:
        best = one.proposals[0].leaf.category
        choose_category(db, actor, one.product.code, marketplace, best, now=now)
    return sure


def settle_task(db: Session, actor: Actor, task_id: int, *, now: datetime) -> SchemaTask:
    """Somebody has seen what changed; twice is the same as once."""
    task = locked(db, SchemaTask, task_id)
    if task.settled_at is None:
        task.settled_at, task.settled_by = now, actor.actor_id
        db.add(task)
        note(db, actor, "category.task_settled", task, marketplace=task.marketplace, category=task.category)
    return task


GONE = N_("Sàn đã bỏ ngành “%(path)s”. Hãy chọn ngành khác cho sản phẩm trong ngành này.")
NO_LEAF = N_("Sàn đã chia nhỏ ngành “%(path)s”. Hãy chọn một ngành cấp cuối cho sản phẩm trong ngành này.")
RELAXED = N_("Sàn đã bớt yêu cầu của ngành “%(path)s”. Không cần làm gì.")
CHANGES = {
    "required": N_("Ngành “%(path)s” nay bắt buộc: %(names)s. Tin thiếu sẽ dừng bán đến khi có câu trả lời."),
    "added": N_("Ngành “%(path)s” hỏi thêm, không bắt buộc: %(names)s."),
    "removed": N_("Ngành “%(path)s” không hỏi nữa: %(names)s."),
    "options": N_("Ngành “%(path)s” đổi các giá trị được chọn của: %(names)s. Hãy xem lại câu trả lời cũ."),
}


def sentences_of(task: SchemaTask) -> Iterator[tuple[str, Mapping[str, object]]]:
    """What a task says: one sentence for each kind of change, with its facts."""
    path = task.facts.get("path") or task.category
    if task.kind != "attributes":
        yield GONE if task.kind == "gone" else NO_LEAF, {"path": path}
        return
    changes = {name: list(task.facts.get(name, ())) for name in CHANGES}
    changes["added"] = [one for one in changes["added"] if one not in changes["required"]]
    if not any(changes.values()):
        yield RELAXED, {"path": path}
    for name, names in changes.items():
        if names:
            yield CHANGES[name], {"path": path, "names": ", ".join(names)}


def choose_shipped_categories(db: Session) -> int:
    """Choose the categories shipped with the products where nothing is chosen; how many were new."""
    ids = dict(db.exec(select(Product.code, Product.id)).all())
    added = 0
    for code, choices in shipped_categories().items():
        for marketplace, category in choices.items():
            if code in ids and category:
                row = {"product_id": ids[code], "marketplace": marketplace, "category": category}
                added += insert_new(db, CategoryChoice, ["product_id", "marketplace"], **row) is not None
    if added:  # what these categories ask is to be read with the next visit
        db.execute(
            update(CategoryFetch).values(
                due_at=func.coalesce(col(CategoryFetch.fetched_at), CategoryFetch.due_at)
            )
        )
    return added
