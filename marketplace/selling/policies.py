"""How a pool's stock is split between marketplaces, and what is kept back for selling offline (design §5).

A policy only sets wishes: how many packs each listing is to sell. What may be sent is decided by the
exposures alone, so no policy and no change of one can break the invariant.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
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
from marketplace.selling.splitting import Rule, Taker, moved, split_packs
from marketplace.selling.stock import draws_of, on_pools, promisable, unexposed_figures, wished_by_pool
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
    lots.tell(db, [pool.id or 0], now)
    return policy


def policy_of(db: Session, pool_id: int) -> PoolPolicy | None:
    """The policy of a pool; None: by hand, nothing kept back."""
    return db.get(PoolPolicy, pool_id)


def splits_itself(db: Session, pool_ids: Iterable[int]) -> bool:
    """Is the stock of this one pool split by a policy? Several pools (a combo) are always wished by hand."""
    ids = list(pool_ids)
    return len(ids) == 1 and bool(_by_policy(db, ids))


def rebalance(db: Session, pool_ids: Collection[int], now: datetime) -> None:
    """Bring what is wished of these pools to what there is: no more is wished than may be promised.

    A policy splits its pool anew; small shifts are not worth the calls (`splitting.moved`). Wishes by
    hand, and those of combos in any pool, shrink by the same part where together they are too high. Locks the
    pools, then their listings, each lowest id first; constant statements, however many pools.
    """
    ids = sorted(pool_ids)
    if not ids:
        return
    lots.lock_pools(db, ids)
    policies = _by_policy(db, ids)
    figures = unexposed_figures(db, ids, local_day(now))
    by_hand = wished_by_pool(db, [pool_id for pool_id in ids if pool_id not in policies])
    over = [pool_id for pool_id, grams in by_hand.items() if grams > figures[pool_id].may_stay_wished]
    shown = _shown(db, [*policies, *over])
    sold = _sold_lately(db, policies.values(), shown, now)
    for pool_id in sorted(shown):
        split = [one for one in shown[pool_id] if one.alone and pool_id in policies]
        wished = [one for one in shown[pool_id] if not one.alone or pool_id not in policies]
        _shrink(db, wished, figures[pool_id].may_stay_wished, now)
        if pool_id in policies:
            left = figures[pool_id].promisable - sum(one.listing.wanted_packs * one.grams for one in wished)
            _split(db, policies[pool_id], split, sold.get(pool_id, {}), left, now)


def _by_policy(db: Session, pool_ids: Collection[int]) -> dict[int, PoolPolicy]:
    if not pool_ids:
        return {}
    rows = select(PoolPolicy).where(col(PoolPolicy.pool_id).in_(pool_ids), PoolPolicy.split != Split.BY_HAND)
    return {policy.pool_id: policy for policy in db.exec(rows)}


@dataclass(frozen=True)
class _Shown:
    """A listing on sale of a pool, and the grams of the pool that a pack of it takes."""

    listing: Listing
    marketplace: str
    grams: int
    able: bool  #: can it be bought now?
    alone: bool  #: does it draw on no other pool?

    @property
    def taker(self) -> Taker:
        return Taker(
            self.listing.id or 0, self.marketplace, self.grams, self.listing.wanted_packs, able=self.able
        )


def _split(
    db: Session,
    policy: PoolPolicy,
    shown: Sequence[_Shown],
    sold: Mapping[str, int],
    grams: int,
    now: datetime,
) -> None:
    takers = [one.taker for one in shown]
    rule = Rule(policy.split, sold if policy.split is Split.BY_SALES else policy.shares, policy.ranking)
    wanted = moved(grams, takers, split_packs(grams, takers, rule), rule)
    for one in shown:
        _wish_other(db, one.listing, wanted[one.listing.id or 0], now)


def _shrink(db: Session, shown: Sequence[_Shown], grams: int, now: datetime) -> None:
    """Let too high wishes shrink to `grams`, all by the same part, in whole packs."""
    wished = sum(one.listing.wanted_packs * one.grams for one in shown)
    if wished <= grams:
        return
    keep = [one.listing.wanted_packs * grams // wished for one in shown]
    left = grams - sum(packs * one.grams for packs, one in zip(keep, shown, strict=True))
    for packs, one in zip(keep, shown, strict=True):
        more = min(one.listing.wanted_packs - packs, left // one.grams)  # whole packs leave less than one
        left -= more * one.grams
        _wish_other(db, one.listing, packs + more, now)


def _wish_other(db: Session, listing: Listing, packs: int, now: datetime) -> None:
    if listing.wanted_packs != packs:
        wish(listing, packs, now)
        db.add(listing)


def settle_surplus(db: Session, listings: Sequence[Listing], now: datetime) -> None:
    """More of these is on sale than is wished: a sale before our last write was counted after it.

    Where a policy splits the pool and there is enough, that much is wished from now on, since writing costs
    sales; else it is written down.
    """
    draws = draws_of(db, {listing.offer_id for listing in listings})
    single = {offer_id: found[0] for offer_id, found in draws.items() if len(found) == 1}
    pool_ids = {draw.pool_id for draw in single.values()}
    policies, grams = _by_policy(db, pool_ids), promisable(db, pool_ids, local_day(now))
    wished = wished_by_pool(db, pool_ids)
    for listing in listings:
        draw, there = single.get(listing.offer_id), listing.confirmed_packs or 0
        if draw is not None and draw.pool_id in policies and listing.wanted_packs > 0:
            more = wished[draw.pool_id] + (there - listing.wanted_packs) * draw.grams
            if more <= grams[draw.pool_id]:
                listing.wanted_packs, wished[draw.pool_id] = there, more
                continue
        wish(listing, listing.wanted_packs, now)


def wish(listing: Listing, packs: int, now: datetime) -> None:
    """Wish another number of packs on sale; one in somebody's hands waits for them."""
    listing.wanted_packs = packs
    listing.restock = True
    if listing.blame is None:
        listing.not_before = now


def _shown(db: Session, pool_ids: Collection[int]) -> dict[int, list[_Shown]]:
    """What is on sale of each of these pools, the listings locked."""
    if not pool_ids:
        return {}
    rows = db.exec(
        on_pools(select(Listing, LotPool.id, Shop, PackPart.net_grams))
        .join(Shop, col(Listing.shop_id) == Shop.id)
        .where(col(LotPool.id).in_(pool_ids), Listing.wanted == Wanted.ON_SALE)
        .order_by(col(Listing.id))
        .with_for_update(key_share=True, of=Listing)
        .execution_options(populate_existing=True)
    ).all()
    draws = draws_of(db, {listing.offer_id for listing, *_ in rows})
    shown: dict[int, list[_Shown]] = {pool_id: [] for pool_id in pool_ids}
    for listing, pool_id, shop, grams in rows:
        able = shop.active and listing.blame is None and listing.remote_state not in IDLE
        alone = len(draws.get(listing.offer_id, ())) == 1
        shown[pool_id or 0].append(_Shown(listing, shop.marketplace, grams, able, alone))
    return shown


def _sold_lately(
    db: Session, policies: Iterable[PoolPolicy], shown: Mapping[int, Sequence[_Shown]], now: datetime
) -> dict[int, Mapping[str, int]]:
    """What each marketplace counts, for each pool split BY_SALES: grams of the pool it sold of late, and its
    part in a few packs more.

    A pool of a few boxes sells too little to go by: where buyers come at all is told by all orders of the
    shops, and is worth `USUAL_PACKS`. Where nobody came there is a little, too.
    """
    pool_ids = [policy.pool_id for policy in policies if policy.split is Split.BY_SALES]
    listings = [one.listing for pool_id in pool_ids for one in shown[pool_id] if one.alone]
    packs = _packs_lately(db, listings, now)
    orders = _orders_lately(db, listings, now)
    return {
        pool_id: _counts([one for one in shown[pool_id] if one.alone], packs, orders) for pool_id in pool_ids
    }


def _counts(
    shown: Sequence[_Shown], packs: Mapping[int, int], orders: Mapping[int, int]
) -> Mapping[str, int]:
    """What each marketplace counts in one pool; `packs` by listing, `orders` by shop."""
    sold: dict[str, int] = defaultdict(int)
    for one in shown:
        sold[one.marketplace] += packs.get(one.listing.id or 0, 0) * one.grams
    came: dict[str, int] = defaultdict(int)
    for shop_id, marketplace in {(one.listing.shop_id, one.marketplace) for one in shown}:
        came[marketplace] += orders.get(shop_id, 0)
    least = max(sum(came.values()) // 10, 1)
    common = {name: came[name] + least for name in sold}
    usual = USUAL_PACKS * max((one.grams for one in shown), default=0)
    whole = sum(common.values())
    return {name: grams * whole + usual * common[name] for name, grams in sold.items()}


def _packs_lately(db: Session, listings: Sequence[Listing], now: datetime) -> dict[int, int]:
    """Packs that each of these listings sold of late."""
    if not listings:
        return {}
    rows = db.exec(
        select(OrderLine.listing_id, func.sum(OrderLine.packs))
        .join(Order, col(OrderLine.order_id) == Order.id)
        .where(col(OrderLine.listing_id).in_([listing.id for listing in listings]))
        .where(Order.placed_at > now - LATELY, col(Order.state).not_in(("cancelled", "refused")))
        .group_by(col(OrderLine.listing_id))
    )
    return {listing_id or 0: int(packs) for listing_id, packs in rows}


def _orders_lately(db: Session, listings: Sequence[Listing], now: datetime) -> dict[int, int]:
    """Orders of late of each shop that these listings are in, whatever was bought."""
    if not listings:
        return {}
    shops = {listing.shop_id for listing in listings}
    rows = db.exec(
        select(Order.shop_id, func.count(col(Order.id)))
        .where(col(Order.shop_id).in_(shops), Order.placed_at > now - LATELY)
        .group_by(col(Order.shop_id))
    )
    return dict(rows.all())
