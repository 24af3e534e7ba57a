"""How a pool is divided: whole packs, nothing lost, little moved."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.selling.splitting import Rule, Taker, moved, split_packs
from marketplace.selling.stock_models import Split

NAMES = ["postmart", "sendo", "voso"]
EVEN = Rule(Split.FIXED, dict.fromkeys(NAMES, 1))


def three(*packs: int, grams: int = 10_000) -> list[Taker]:
    return [
        Taker(number, name, grams, has) for number, (name, has) in enumerate(zip(NAMES, packs, strict=True))
    ]


takers = st.lists(
    st.builds(
        Taker,
        listing_id=st.integers(1, 99),
        marketplace=st.sampled_from(NAMES),
        grams=st.sampled_from([500, 3_000, 5_000, 12_500]),
        packs=st.integers(0, 20),
        able=st.booleans(),
    ),
    max_size=6,
    unique_by=lambda one: one.listing_id,
)
rules = st.builds(
    Rule,
    split=st.sampled_from([split for split in Split if split is not Split.BY_HAND]),
    shares=st.dictionaries(st.sampled_from(NAMES), st.integers(0, 50)),
    ranking=st.lists(st.sampled_from(NAMES), max_size=3, unique=True),
)


@given(st.integers(-10_000, 2_000_000), takers, rules)
def test_never_more_than_there_is_and_no_pack_is_left_that_somebody_may_sell(grams, takers, rule):
    given_packs = split_packs(grams, takers, rule)

    taken = sum(given_packs[taker.listing_id] * taker.grams for taker in takers)
    assert all(packs >= 0 for packs in given_packs.values())
    assert taken <= max(grams, 0)
    getting = [taker for taker in takers if given_packs[taker.listing_id]]
    assert all(taker.able for taker in getting)
    assert all(grams - taken < taker.grams for taker in getting)


def test_fixed_shares_are_kept_to_the_pack():
    rule = Rule(Split.FIXED, {"postmart": 5, "sendo": 3, "voso": 2})

    assert split_packs(1_000_000, three(0, 0, 0), rule) == {0: 50, 1: 30, 2: 20}


def test_twelve_and_a_half_kilograms_are_never_cut():
    assert split_packs(49_999, [Taker(1, "voso", 12_500, 0)], EVEN) == {1: 3}


def test_the_last_packs_stay_where_they_are():
    assert split_packs(50_000, three(3, 0, 2), EVEN) == {0: 2, 1: 1, 2: 2}
    assert split_packs(10_000, three(0, 1, 0), EVEN) == {0: 0, 1: 1, 2: 0}


def test_priority_gives_all_to_the_first_that_can_sell():
    locked = [
        Taker(1, "postmart", 10_000, 0, able=False),
        Taker(2, "sendo", 10_000, 0),
        Taker(3, "voso", 10_000, 0),
    ]
    rule = Rule(Split.PRIORITY, {}, ["postmart", "voso", "sendo"])

    assert split_packs(35_000, locked, rule) == {1: 0, 2: 0, 3: 3}
    assert split_packs(35_000, locked, Rule(Split.ONLY, {}, ["postmart"])) == {1: 0, 2: 0, 3: 0}


def test_two_listings_of_one_marketplace_share_what_it_counts():
    pair = [Taker(1, "sendo", 5_000, 0), Taker(2, "sendo", 5_000, 0), Taker(3, "voso", 5_000, 0)]

    assert split_packs(200_000, pair, EVEN) == {1: 10, 2: 10, 3: 20}


@given(st.integers(-10_000, 2_000_000), takers, rules)
def test_what_is_moved_fits_and_a_second_time_nothing_moves(grams, takers, rule):
    target = split_packs(grams, takers, rule)

    packs = moved(grams, takers, target, rule)

    assert sum(packs[one.listing_id] * one.grams for one in takers) <= max(grams, 0)
    for one in takers:  # nobody is led past the target, from either side
        low, high = sorted((one.packs, target[one.listing_id]))
        assert low <= packs[one.listing_id] <= high
    settled = [replace(one, packs=packs[one.listing_id]) for one in takers]
    assert moved(grams, settled, target, rule) == packs


@given(st.integers(0, 2_000_000), takers, rules)
def test_no_tenth_of_a_pool_lies_idle_that_a_listing_lacks(grams, takers, rule):
    target = split_packs(grams, takers, rule)

    packs = moved(grams, takers, target, rule)

    idle = grams - sum(packs[one.listing_id] * one.grams for one in takers)
    lacking = [one for one in takers if target[one.listing_id] > packs[one.listing_id]]
    assert all(idle < max(grams // 10, one.grams) for one in lacking)


@pytest.mark.parametrize(
    ("kilograms", "has", "gets"),
    [
        (300, (10, 9, 10), (10, 10, 10)),  # a pack lies idle, but that is no tenth
        (10, (1, 0, 0), (0, 1, 0)),  # the last pack stays where it is
    ],
)
def test_small_shifts_are_not_worth_the_calls(kilograms, has, gets):
    target = dict(enumerate(gets))

    assert moved(kilograms * 1000, three(*has), target, EVEN) == dict(enumerate(has))


def test_only_who_lacks_much_or_has_too_much_is_touched():
    def packs(kilograms: int, *has: int, rule: Rule = EVEN) -> tuple[int, ...]:
        grams, some = kilograms * 1000, three(*has)
        return tuple(moved(grams, some, split_packs(grams, some, rule), rule).values())

    assert packs(280, 10, 9, 10) == (10, 9, 9)  # more was wished than there is
    assert packs(30, 3, 0, 0) == (1, 1, 1)  # nothing here while there are three there
    assert packs(400, 10, 10, 10) == (14, 13, 10)  # much lay idle; now the rest is no tenth
    assert packs(900, 28, 3, 25) == (28, 30, 25)  # who had least gets it
    assert packs(10, 1, 0, 0, rule=Rule(Split.ONLY, {}, ["sendo"])) == (0, 1, 0)  # it may not sell there
