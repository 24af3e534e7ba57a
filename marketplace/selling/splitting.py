"""How the stock of a pool is divided between its listings: whole packs, nothing lost. Pure functions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from marketplace.selling.stock_models import Split

IDLE = 10  #: of a pool, one part in so many may lie idle


@dataclass(frozen=True)
class Taker:
    """A listing that may sell packs of `grams` each; `packs` is what it is to sell now.

    `able` False: it cannot be bought for now (blocked, refused, its shop paused), so stock there is idle.
    """

    listing_id: int
    marketplace: str
    grams: int
    packs: int
    able: bool = True


@dataclass(frozen=True)
class Rule:
    """A policy with what it goes by: shares set by a person, a ranking, or grams sold lately."""

    split: Split
    shares: Mapping[str, int]
    ranking: Sequence[str] = ()


def split_packs(grams: int, takers: Sequence[Taker], rule: Rule) -> dict[int, int]:
    """Packs for each listing (by id); together never more than `grams`.

    What remains is less than the smallest pack of those who get any, or nobody may have it.
    """
    weights = _weights(takers, rule)
    given = dict.fromkeys((taker.listing_id for taker in takers), 0)
    chosen = [taker for taker in takers if weights[taker.listing_id] > 0]
    whole = sum(weights.values())
    left = max(grams, 0)
    for taker in chosen:
        given[taker.listing_id] = max(grams, 0) * weights[taker.listing_id] // (whole * taker.grams)
        left -= given[taker.listing_id] * taker.grams
    while fitting := [taker for taker in chosen if taker.grams <= left]:
        taker = max(fitting, key=lambda one: _claim(one, weights[one.listing_id], given[one.listing_id]))
        given[taker.listing_id] += 1
        left -= taker.grams
    return given


def moved(grams: int, takers: Sequence[Taker], target: Mapping[int, int], rule: Rule) -> dict[int, int]:
    """What each listing (by id) is to sell from now on: as `target` says where that is worth a write, else
    what it has; together never more than `grams`.

    A listing of a pool that is promised to the last box is off sale while its stock is written (design §5),
    so few are touched. More gets who has less than two thirds of what it should, and who lacks most where a
    tenth lies idle. Fewer gets who may not sell, and who is most above its part where others need it, or
    where there is not so much any more. The last packs stay where they are.
    """
    weights = _weights(takers, rule)
    packs = {taker.listing_id: taker.packs if weights[taker.listing_id] else 0 for taker in takers}
    most = max(packs.values(), default=0)

    def lacks(taker: Taker) -> int:
        return (target[taker.listing_id] - packs[taker.listing_id]) * taker.grams

    def give(taker: Taker) -> int:
        more = min(lacks(taker), left) // taker.grams
        packs[taker.listing_id] += more
        return more * taker.grams

    short = [one for one in takers if _short(packs[one.listing_id], target[one.listing_id], most)]
    needed = sum(lacks(taker) for taker in short)
    left = max(grams, 0) - sum(packs[taker.listing_id] * taker.grams for taker in takers)
    for taker in sorted(takers, key=lacks):
        if left >= needed or lacks(taker) >= 0:
            break
        left -= lacks(taker)
        packs[taker.listing_id] = target[taker.listing_id]
    for taker in sorted(short, key=lacks, reverse=True):
        left -= give(taker)
    worth = max(min((taker.grams for taker in takers), default=1), grams // IDLE)
    for taker in sorted(takers, key=lacks, reverse=True):
        if left < worth or lacks(taker) <= 0:
            break
        left -= give(taker)
    return packs


def _short(packs: int, target: int, most: int) -> bool:
    """Has a listing so little that it is to get more at once? `most` is the most that one of the pool has."""
    if packs == 0:
        return target > 0 and most > 1
    return target - packs > packs // 2


def _claim(taker: Taker, weight: int, packs: int) -> tuple[Fraction, int, int]:
    """Who gets the next pack (Sainte-Laguë); in a tie who has more now, so that little has to move."""
    return Fraction(weight, (2 * packs + 1) * taker.grams), taker.packs, -taker.listing_id


def _weights(takers: Sequence[Taker], rule: Rule) -> dict[int, int]:
    """What each listing counts; listings of one marketplace share what it counts equally."""
    able = [taker for taker in takers if taker.able]
    names = {taker.marketplace for taker in able}
    counts = _of_marketplaces(names, rule)
    many = {name: sum(taker.marketplace == name for taker in able) for name in names}
    common = 1
    for number in many.values():
        common *= number
    weights = dict.fromkeys((taker.listing_id for taker in takers), 0)
    for taker in able:
        weights[taker.listing_id] = counts[taker.marketplace] * common // many[taker.marketplace]
    return weights


def _of_marketplaces(names: set[str], rule: Rule) -> dict[str, int]:
    if rule.split in (Split.PRIORITY, Split.ONLY):
        ranking = rule.ranking if rule.split is Split.PRIORITY else rule.ranking[:1]
        first = next((name for name in ranking if name in names), None)
        return {name: int(name == first) for name in names}
    return {name: max(rule.shares.get(name, 0), 0) for name in names}
