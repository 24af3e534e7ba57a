"""How a pool's stock is split between marketplaces, and what is kept back for selling offline (design §5).

A policy only sets wishes: how many packs each listing is to sell. What may be sent is decided by the
exposures alone, so no policy and no change of one can break the invariant.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field
from sqlmodel import Session, col, func, select

from catalog import lots
from catalog.models import LotPool, PackPart
from marketplace.core.audit import Actor, note
from marketplace.core.errors import Refused
from marketplace.core.forms import Choice, Typed, Whole
from marketplace.core.i18n import N_
from marketplace.core.units import local_day
from marketplace.selling.forms import MaybeGrams
from marketplace.selling.models import Listing, Order, OrderLine, Shop, Wanted
from marketplace.selling.splitting import Rule, Taker, split_packs, worth_moving
from marketplace.selling.stock import draws_of, on_pools, promisable
from marketplace.selling.stock_models import PoolPolicy, Split

LATELY = timedelta(days=14)  #: how far back BY_SALES looks
USUAL_PACKS = 10  #: that a pool's own sales are weighed against
IDLE = ("rejected", "locked", "deleted")  #: nobody can buy there until somebody acted


class NoShares(Refused):
    sentence = N_("Hãy ghi tỷ lệ lớn hơn 0 cho ít nhất một sàn.")
    field = "shares"
    status = 422


class NoMarketplace(Refused):
    sentence = N_("Hãy chọn sàn trong danh sách các sàn đang có gian hàng.")
    field = "ranking"
    status = 422


class PolicyIn(Typed):
    """A policy as typed: shares for FIXED, a ranking for PRIORITY and ONLY, grams kept back for any."""

    split: Split = Field(title=N_("Cách chia"))
    shares: dict[Choice, Whole] = Field(default_factory=dict, title=N_("Tỷ lệ từng sàn"))
    ranking: Annotated[list[Choice], Field(max_length=20)] = Field(
        default_factory=list, title=N_("Thứ tự sàn")
    )
    reserve_grams: MaybeGrams = Field(default=0, title=N_("Giữ lại để bán ngoài sàn (kg)"))


def set_policy(db: Session, actor: Actor, pool: LotPool, data: PolicyIn, *, now: datetime) -> PoolPolicy:
    """Choose how a pool is split; wishes follow at once, stock on the marketplaces as exposures allow.

    Refuses shares that are all 0, and marketplaces without a shop. Back to by hand, listings keep what they
    have.
    """
    known = set(db.exec(select(Shop.marketplace).distinct()))
    if data.split is Split.FIXED and not any(data.shares.get(name) for name in known):
        raise NoShares
    if not (known >= set(data.shares) and known >= set(data.ranking)):
        raise NoMarketplace
    if data.split in (Split.PRIORITY, Split.ONLY) and not data.ranking:
        raise NoMarketplace
    lots.lock_pool(db, pool.id or 0)
    policy = db.get(PoolPolicy, pool.id) or PoolPolicy(pool_id=pool.id or 0, changed_at=now)
    policy.sqlmodel_update(data.model_dump())
    policy.ranking = list(dict.fromkeys(data.ranking))
    policy.changed_at, policy.changed_by = now, actor.actor_id
    db.add(policy)
    db.flush()
    note(db, actor, "pool.policy", pool, **data.model_dump(mode="json"))
    lots.tell(db, pool.id or 0, now)
    return policy


def policy_of(db: Session, pool_id: int) -> PoolPolicy | None:
    """The policy of a pool; None: by hand, nothing kept back."""
    return db.get(PoolPolicy, pool_id)


def splits_itself(db: Session, pool_ids: Iterable[int]) -> bool:
    """Is the stock of this one pool split by a policy? Several pools (a combo) are always wished by hand."""
    ids = list(pool_ids)
    return len(ids) == 1 and bool(_by_policy(db, ids))


def rebalance(db: Session, pool_ids: Collection[int], now: datetime) -> None:
    """Bring the wishes of pools that split themselves to what there is; others are left alone.

    Small shifts are not worth the calls (`splitting.worth_moving`). Locks the pools, lowest id first.
    """
    policies = _by_policy(db, pool_ids)
    for pool_id in sorted(policies):
        lots.lock_pool(db, pool_id)
    for pool_id, grams in promisable(db, sorted(policies), local_day(now)).items():
        _split(db, policies[pool_id], grams, now)


def _by_policy(db: Session, pool_ids: Collection[int]) -> dict[int, PoolPolicy]:
    if not pool_ids:
        return {}
    rows = select(PoolPolicy).where(col(PoolPolicy.pool_id).in_(pool_ids), PoolPolicy.split != Split.BY_HAND)
    return {policy.pool_id: policy for policy in db.exec(rows)}


def _split(db: Session, policy: PoolPolicy, grams: int, now: datetime) -> None:
    listings, takers, by_hand = _takers(db, policy.pool_id)
    left = max(grams - by_hand, 0)
    shares = policy.shares if policy.split is not Split.BY_SALES else _sold_lately(db, takers, now)
    rule = Rule(policy.split, shares, policy.ranking)
    wanted = split_packs(left, takers, rule)
    if not worth_moving(left, takers, wanted, rule):
        return
    for listing in listings:
        if listing.wanted_packs != wanted[listing.id or 0]:
            wish(listing, wanted[listing.id or 0], now)
            db.add(listing)


def wish(listing: Listing, packs: int, now: datetime) -> None:
    """Wish another number of packs on sale; one in somebody's hands waits for them."""
    listing.wanted_packs = packs
    listing.restock = True
    if listing.blame is None:
        listing.not_before = now


def _takers(db: Session, pool_id: int) -> tuple[list[Listing], list[Taker], int]:
    """Listings that a pool's policy decides on, and the grams that combos, wished by hand, may take."""
    rows = db.exec(
        on_pools(select(Listing, Shop.marketplace, Shop.active, PackPart.net_grams))
        .join(Shop, col(Listing.shop_id) == Shop.id)
        .where(LotPool.id == pool_id, Listing.wanted == Wanted.ON_SALE)
        .order_by(col(Listing.id))
        .with_for_update(key_share=True, of=Listing)
        .execution_options(populate_existing=True)
    ).all()
    draws = draws_of(db, {listing.offer_id for listing, *_ in rows})
    listings, takers, by_hand = [], [], 0
    for listing, marketplace, active, grams in rows:
        if len(draws.get(listing.offer_id, ())) != 1:
            by_hand += listing.wanted_packs * grams
            continue
        able = active and listing.blame is None and listing.remote_state not in IDLE
        listings.append(listing)
        takers.append(Taker(listing.id or 0, marketplace, grams, listing.wanted_packs, able))
    return listings, takers, by_hand


def _sold_lately(db: Session, takers: list[Taker], now: datetime) -> Mapping[str, int]:
    """What each marketplace counts: grams of the pool it sold of late, and its part in a few packs more.

    A pool of a few boxes sells too little to go by: where buyers come at all is told by all orders of the
    shops, and is worth `USUAL_PACKS`. Where nobody came there is a little, too.
    """
    sold = _own_grams(db, takers, now)
    orders = _orders_lately(db, takers, now)
    least = max(sum(orders.values()) // 10, 1)
    common = {name: orders.get(name, 0) + least for name in sold}
    usual = USUAL_PACKS * max((taker.grams for taker in takers), default=0)
    whole = sum(common.values())
    return {name: grams * whole + usual * common[name] for name, grams in sold.items()}


def _own_grams(db: Session, takers: list[Taker], now: datetime) -> dict[str, int]:
    """Grams of the pool that each marketplace sold of late."""
    rows = db.exec(
        select(OrderLine.listing_id, func.sum(OrderLine.packs))
        .join(Order, col(OrderLine.order_id) == Order.id)
        .where(col(OrderLine.listing_id).in_([taker.listing_id for taker in takers]))
        .where(Order.placed_at > now - LATELY, col(Order.state).not_in(("cancelled", "refused")))
        .group_by(col(OrderLine.listing_id))
    )
    packs = {listing_id: int(number) for listing_id, number in rows}
    sold: dict[str, int] = defaultdict(int)
    for taker in takers:
        sold[taker.marketplace] += packs.get(taker.listing_id, 0) * taker.grams
    return sold


def _orders_lately(db: Session, takers: list[Taker], now: datetime) -> dict[str, int]:
    """Orders of late of the shops that these listings are in, whatever was bought."""
    shops = select(Listing.shop_id).where(col(Listing.id).in_([taker.listing_id for taker in takers]))
    rows = db.exec(
        select(Shop.marketplace, func.count(col(Order.id)))
        .join(Order, col(Order.shop_id) == Shop.id)
        .where(col(Shop.id).in_(shops), Order.placed_at > now - LATELY)
        .group_by(col(Shop.marketplace))
    )
    return dict(rows.all())
