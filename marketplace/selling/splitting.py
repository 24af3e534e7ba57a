"""How the stock of a pool is divided between its listings: whole packs, nothing lost. Pure functions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from marketplace.selling.stock_models import Split

NEAR = 3  #: a listing off by no more than a third of what it should have is left alone


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


def worth_moving(grams: int, takers: Sequence[Taker], wanted: Mapping[int, int], rule: Rule) -> bool:
    """Is it worth writing to marketplaces? Small shifts are not, and the last pack stays where it is.

    Always when more is wished than there is, when a listing has nothing while another has two, when stock
    lies idle, and when a listing has what the rule gives it none of.
    """
    wished = sum(taker.packs * taker.grams for taker in takers)
    if wished > grams:
        return True
    target = sum(wanted[taker.listing_id] * taker.grams for taker in takers)
    if target - wished >= max(min((taker.grams for taker in takers), default=1), grams // 10):
        return True
    weights = _weights(takers, rule)
    most = max((taker.packs for taker in takers), default=0)
    return any(
        _far(taker.packs, wanted[taker.listing_id], weights[taker.listing_id], most) for taker in takers
    )


def _far(packs: int, wanted: int, weight: int, most: int) -> bool:
    if weight == 0:
        return packs > 0
    if packs == 0:
        return wanted > 0 and most > 1
    return abs(packs - wanted) > max(1, wanted // NEAR)


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
