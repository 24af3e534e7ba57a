"""What the page of one pool shows besides its promises: lots, mixings, and how it was split before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session, col

from catalog.lots import lots_with_stock
from catalog.models import HarvestLot, LotPool, Producer
from catalog.scopes import lots_seen_by
from marketplace.accounts.models import Account
from marketplace.selling.exposure_pages import Place
from marketplace.selling.pages import Happened, history
from marketplace.selling.scopes import OFFICE, offerable_shops
from marketplace.selling.stock_models import PoolPolicy, Split


@dataclass(frozen=True)
class PoolLots:
    """Lots of a pool that are not sold out, with the grams left; those out of sight only as a sum."""

    rows: list[tuple[HarvestLot, int]]
    hidden_grams: int


@dataclass(frozen=True)
class Chosen:
    """A policy as it is or was: the values of the form, and when who chose it."""

    split: Split
    shares: dict[str, int]
    ranking: list[str]
    reserve_grams: int
    happened: Happened | None = None  #: None: how every pool begins

    @property
    def typed(self) -> dict[str, object]:
        """As the form would send it."""
        shares = {f"share_{name}": share for name, share in self.shares.items()}
        ranks = {f"rank_{place}": name for place, name in enumerate(self.ranking, start=1)}
        return {"split": self.split.value, "reserve_grams": self.reserve_grams, **shares, **ranks}


def lots_of_pool(db: Session, actor: Account, pool: LotPool) -> PoolLots:
    """What lies in a pool, oldest harvest first; a cooperative's holds lots of households out of sight."""
    rows = lots_with_stock(db, pool.id or 0)
    if actor.role in OFFICE:
        return PoolLots(rows, 0)
    ids = lots_seen_by(actor).where(HarvestLot.pool_id == pool.id).with_only_columns(col(HarvestLot.id))
    seen = set(db.execute(ids).scalars())
    hidden = sum(left for lot, left in rows if lot.id not in seen)
    return PoolLots([(lot, left) for lot, left in rows if lot.id in seen], hidden)


def chosen_of(policy: PoolPolicy | None) -> Chosen:
    """A policy in force; none is by hand, with nothing kept back."""
    if policy is None:
        return Chosen(Split.BY_HAND, {}, [], 0)
    return Chosen(policy.split, dict(policy.shares), list(policy.ranking), policy.reserve_grams)


def chosen_before(db: Session, pool: LotPool) -> list[Chosen]:
    """How a pool was split before, newest first, the beginning last; empty when it was never changed."""
    changes = [one for one in history(db, [("lot_pool", pool.id or 0)]) if one.entry.action == "pool.policy"]
    told = [_of_facts(one.entry.facts, one) for one in changes]
    return [*told[1:], chosen_of(None)] if told else []


def _of_facts(facts: Mapping[str, Any], happened: Happened) -> Chosen:
    split, kept = Split(facts["split"]), int(facts["reserve_grams"])
    return Chosen(split, dict(facts["shares"]), list(facts["ranking"]), kept, happened)


def marketplaces_of(db: Session, pool: LotPool, places: Sequence[Place], *, today: date) -> list[str]:
    """Where the stock of a pool is, or might be, on sale."""
    seller = db.get_one(Producer, pool.producer_id)
    shops = [*offerable_shops(db, seller, today=today), *(place.shop for place in places)]
    return sorted({shop.marketplace for shop in shops})
