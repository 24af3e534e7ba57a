"""What the pages of categories show: products with and without a category, read with a few statements."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import select as columns  # SQLModel's select takes four columns at most
from sqlmodel import Session, col, func, select

from catalog.models import Pack, Product, SaleUnit
from marketplace.core.text import fold
from marketplace.selling.models import CategoryChoice, CategoryFetch, MarketplaceCategory, SchemaTask, Shop
from marketplace.selling.proposals import Leaf, Proposal, propose

PAGE = 30
MOST_FOUND = 30  #: hits of a search; more words narrow it


@dataclass(frozen=True)
class Mapped:
    """A product with its category on one marketplace, or with what is proposed."""

    product: Product
    category: str | None = None
    path: str = ""
    read: bool = True  #: the marketplace's tree is known
    stale: bool = False  #: was chosen, but the marketplace puts no goods there any more
    proposals: list[Proposal] = field(default_factory=list)

    @property
    def proposed(self) -> list[tuple[str, str]]:
        """(category, path) of the proposals."""
        return [(one.leaf.category, one.leaf.path) for one in self.proposals]

    @property
    def sure(self) -> bool:
        """May its first proposal be taken unseen? Restricted goods (R-42) are for a person."""
        return self.product.restricted is None and bool(self.proposals) and self.proposals[0].sure


@dataclass(frozen=True)
class MarketplaceMapping:
    """`read`: the marketplace's tree is known; without it nothing is proposed and nothing is stale."""

    read: bool
    open: list[Mapped]
    chosen: list[Mapped]


@dataclass(frozen=True)
class _Tree:
    paths: dict[str, str]
    leaves: dict[str, Leaf]  #: those that take goods


def mapping_of(db: Session, marketplace: str, *, number: int | None = None) -> MarketplaceMapping:
    """Products without a good category first by name, proposals for one page of them (None: for all)."""
    fetch = db.get(CategoryFetch, marketplace)
    read = fetch is not None and fetch.fetched_at is not None
    products = listable(db)
    tree, choices = _tree(db, marketplace), _choices(db, marketplace)
    rows = [_mapped(product, choices.get(product.id or 0), tree, read=read) for product in products]
    waiting = [row for row in rows if row.category is None or row.stale]
    first, last = (0, len(waiting)) if number is None else ((number - 1) * PAGE, number * PAGE)
    if read:
        waiting[first:last] = _proposed(db, waiting[first:last], tree, marketplace)
    return MarketplaceMapping(read, waiting, [row for row in rows if row.category and not row.stale])


def one_mapped(db: Session, product: Product, marketplace: str) -> Mapped:
    """One product with what is proposed for it, whether or not it has a category."""
    fetch = db.get(CategoryFetch, marketplace)
    read, tree = fetch is not None and fetch.fetched_at is not None, _tree(db, marketplace)
    row = _mapped(product, _choices(db, marketplace).get(product.id or 0), tree, read=read)
    return _proposed(db, [row], tree, marketplace)[0]


def listable(db: Session) -> list[Product]:
    """Products that may be offered: in use, with a pack that has a weight; by name."""
    weighed = select(Pack.product_id).where(col(Pack.active), col(Pack.net_grams).is_not(None))
    wanted = select(Product).where(
        col(Product.active), Product.sale_unit != SaleUnit.NIGHT, col(Product.id).in_(weighed)
    )
    return list(db.exec(wanted.order_by(col(Product.name_fold), col(Product.id))))


def _mapped(product: Product, category: str | None, tree: _Tree, *, read: bool) -> Mapped:
    if category is None:
        return Mapped(product, read=read)
    stale = read and category not in tree.leaves
    return Mapped(product, category, tree.paths.get(category, category), read, stale)


def _proposed(db: Session, rows: Sequence[Mapped], tree: _Tree, marketplace: str) -> list[Mapped]:
    elsewhere = _elsewhere(db, [row.product.id or 0 for row in rows], marketplace)
    leaves = list(tree.leaves.values())
    return [
        replace(row, proposals=propose(row.product, leaves, elsewhere[row.product.id or 0])) for row in rows
    ]


def _tree(db: Session, marketplace: str) -> _Tree:
    node = MarketplaceCategory
    rows = db.execute(
        columns(
            col(node.category),
            col(node.name),
            col(node.path),
            col(node.path_fold),
            col(node.leaf),
            col(node.gone_at),
        ).where(col(node.marketplace) == marketplace)
    ).all()
    leaves = {
        key: Leaf(key, path, folded, fold(name))
        for key, name, path, folded, leaf, gone in rows
        if leaf and gone is None
    }
    return _Tree({row[0]: row[2] for row in rows}, leaves)


def _choices(db: Session, marketplace: str) -> dict[int, str]:
    return dict(
        db.exec(
            select(CategoryChoice.product_id, CategoryChoice.category).where(
                CategoryChoice.marketplace == marketplace
            )
        ).all()
    )


def _elsewhere(db: Session, products: Collection[int], marketplace: str) -> dict[int, list[str]]:
    """Folded names of the categories these products have on other marketplaces."""
    rows = db.exec(
        select(CategoryChoice.product_id, MarketplaceCategory.name)
        .join(
            MarketplaceCategory,
            (col(MarketplaceCategory.marketplace) == CategoryChoice.marketplace)
            & (col(MarketplaceCategory.category) == CategoryChoice.category),
        )
        .where(col(CategoryChoice.product_id).in_(products), CategoryChoice.marketplace != marketplace)
    )
    names: dict[int, list[str]] = defaultdict(list)
    for product_id, name in rows:
        names[product_id].append(fold(name))
    return names


def find_leaves(db: Session, marketplace: str, query: str) -> list[tuple[str, str]]:
    """(category, path) of leaves whose path has every word of the query, the shortest path first."""
    wanted = select(MarketplaceCategory.category, MarketplaceCategory.path).where(
        MarketplaceCategory.marketplace == marketplace,
        col(MarketplaceCategory.leaf),
        col(MarketplaceCategory.gone_at).is_(None),
        *(
            col(MarketplaceCategory.path_fold).contains(word, autoescape=True)
            for word in fold(query).split()[:8]
        ),
    )
    shortest = func.length(col(MarketplaceCategory.path_fold))
    return list(db.exec(wanted.order_by(shortest, col(MarketplaceCategory.path_fold)).limit(MOST_FOUND)))


def path_of(db: Session, marketplace: str, category: str) -> str:
    """The names from the top, or the category's id when its tree is not known."""
    path = select(MarketplaceCategory.path).where(
        MarketplaceCategory.marketplace == marketplace, MarketplaceCategory.category == category
    )
    return db.exec(path).first() or category


def open_counts(db: Session) -> dict[str, int]:
    """{marketplace with a shop in use: products without a category there}."""
    names = db.exec(select(Shop.marketplace).where(col(Shop.active)).distinct()).all()
    products = {product.id for product in listable(db)}
    chosen: dict[str, int] = defaultdict(int)
    for product_id, marketplace in db.exec(select(CategoryChoice.product_id, CategoryChoice.marketplace)):
        chosen[marketplace] += product_id in products
    return {name: len(products) - chosen[name] for name in sorted(names)}


def open_tasks(db: Session) -> list[SchemaTask]:
    """What changed on any marketplace and nobody has seen, oldest first."""
    waiting = select(SchemaTask).where(col(SchemaTask.settled_at).is_(None))
    return list(db.exec(waiting.order_by(col(SchemaTask.found_at), col(SchemaTask.id))))
