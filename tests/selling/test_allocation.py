from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from marketplace.selling.allocation import LotLeft, Taken, allocate, first_part, share

lots = st.lists(
    st.builds(
        LotLeft,
        lot_id=st.integers(1, 50),
        harvested_on=st.dates(date(2021, 9, 1), date(2022, 5, 31)),
        grams=st.integers(0, 100_000),
        mixing_id=st.sampled_from([None, 1, 2]),
        last_day=st.none() | st.dates(date(2021, 9, 1), date(2022, 6, 30)),
    ),
    max_size=8,
    unique_by=lambda lot: lot.lot_id,
)


def test_the_oldest_harvest_goes_first():
    young, old = LotLeft(1, date(2021, 12, 5), 50_000), LotLeft(2, date(2021, 12, 1), 30_000)

    assert allocate(60_000, [young, old]) == [Taken(2, 30_000), Taken(1, 30_000)]


def test_lots_of_one_day_go_by_number():
    assert allocate(10, [LotLeft(9, date(2021, 12, 1), 5), LotLeft(3, date(2021, 12, 1), 5)]) == [
        Taken(3, 5),
        Taken(9, 5),
    ]


def test_lots_packed_together_give_by_what_each_has_left():
    mixed = [
        LotLeft(1, date(2021, 12, 2), 30_000, mixing_id=7),
        LotLeft(2, date(2021, 12, 1), 10_000, mixing_id=7),
        LotLeft(3, date(2021, 12, 1), 90_000),
    ]

    assert allocate(10_000, mixed) == [Taken(2, 2_500), Taken(1, 7_500)]
    assert allocate(50_000, mixed) == [Taken(2, 10_000), Taken(1, 30_000), Taken(3, 10_000)]


def test_what_has_passed_its_day_goes_last():
    stale = LotLeft(1, date(2021, 11, 1), 50_000, last_day=date(2021, 12, 1))
    fresh = LotLeft(2, date(2021, 12, 1), 20_000, last_day=date(2021, 12, 31))

    assert allocate(30_000, [stale, fresh], date(2021, 12, 1)) == [Taken(1, 30_000)]
    assert allocate(30_000, [stale, fresh], date(2021, 12, 2)) == [Taken(2, 20_000), Taken(1, 10_000)]


def test_what_no_lot_has_is_nobodys():
    assert allocate(12_500, [LotLeft(1, date(2021, 12, 1), 10_000)]) == [Taken(1, 10_000), Taken(None, 2_500)]


@given(st.integers(1, 500_000), lots, st.none() | st.dates(date(2021, 9, 1), date(2022, 6, 30)))
def test_an_allocation_is_whole_and_takes_no_lot_beyond_what_it_holds(grams, lots, day):
    taken = allocate(grams, lots, day)

    assert sum(part.grams for part in taken) == grams
    assert all(part.grams > 0 for part in taken)
    held = {lot.lot_id: lot.grams for lot in lots}
    assert all(part.grams <= held[part.lot_id] for part in taken if part.lot_id is not None)
    nobodys = sum(part.grams for part in taken if part.lot_id is None)
    assert nobodys == max(0, grams - sum(held.values()))


@given(st.integers(-(10**9), 10**9), st.lists(st.integers(0, 10**7), min_size=1, max_size=9))
def test_shares_sum_to_the_total_and_none_is_off_by_more_than_one(total, weights):
    parts = share(total, weights)

    assert sum(parts) == total
    if sum(weights):
        assert all(
            abs(part - total * weight / sum(weights)) < 1.000001
            for part, weight in zip(parts, weights, strict=True)
        )


def test_a_dong_that_does_not_divide_goes_to_the_largest_remainder():
    assert share(100, [1, 1, 1]) == [34, 33, 33]
    assert share(-100, [1, 1, 1]) == [-34, -33, -33]
    assert share(5, [0, 0]) == [5, 0]


@given(
    shares=st.lists(st.integers(0, 10**7), min_size=1, max_size=6), cuts=st.lists(st.floats(0, 1), max_size=5)
)
def test_what_is_taken_step_by_step_never_shrinks_and_sums_up_exactly(
    shares: list[int], cuts: list[float]
) -> None:
    whole = sum(shares)
    before = [0] * len(shares)
    for some in [*sorted(int(whole * cut) for cut in cuts), whole]:
        now = first_part(some, shares)
        assert sum(now) == some
        assert all(was <= is_ for was, is_ in zip(before, now, strict=True))
        before = now
    assert before == shares
