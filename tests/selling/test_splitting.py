"""How a pool is divided: whole packs, nothing lost, little moved."""

from hypothesis import given
from hypothesis import strategies as st

from marketplace.selling.splitting import Rule, Taker, split_packs, worth_moving
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


def test_small_shifts_are_not_worth_the_calls():
    assert not worth_moving(300_000, three(10, 9, 10), {0: 10, 1: 10, 2: 10}, EVEN)
    assert not worth_moving(10_000, three(1, 0, 0), {0: 0, 1: 1, 2: 0}, EVEN)
    assert worth_moving(280_000, three(10, 9, 10), {0: 10, 1: 9, 2: 9}, EVEN)  # more is wished than there is
    assert worth_moving(
        30_000, three(3, 0, 0), {0: 1, 1: 1, 2: 1}, EVEN
    )  # nothing here while there are two there
    assert worth_moving(400_000, three(10, 10, 10), {0: 14, 1: 13, 2: 13}, EVEN)  # stock lies idle
    only = Rule(Split.ONLY, {}, ["sendo"])
    assert worth_moving(10_000, three(1, 0, 0), {0: 0, 1: 1, 2: 0}, only)  # it may not sell there at all
