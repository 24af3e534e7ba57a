"""The decision table of the stock protocol: what a listing is written next, and never too much."""

from hypothesis import given
from hypothesis import strategies as st

from marketplace.selling.models import Listing, Wanted
from marketplace.selling.sync.steps import Do, Step, next_step


def a_listing(**values):
    return Listing(
        **{"offer_id": 1, "shop_id": 1, "sku": "LS1", "created_at": None, "wanted_packs": 5, **values}
    )


def test_an_unclear_write_is_looked_up_before_anything_else():
    assert next_step(a_listing(unclear=True, wanted=Wanted.WITHDRAWN), 100) == Step(Do.LOOK_UP)


def test_a_new_listing_is_created_with_all_its_packs():
    assert next_step(a_listing(), 5) == Step(Do.PUBLISH, 5)


def test_plenty_of_stock_costs_one_call():
    there = a_listing(remote_id="9", published_revision=1, restock=True, exposure_packs=3)

    assert next_step(there, 5) == Step(Do.RESTOCK, 5)


def test_the_last_boxes_are_written_as_zero_first():
    there = a_listing(remote_id="9", published_revision=1, restock=True, exposure_packs=3)

    assert next_step(there, 4) == Step(Do.RESTOCK, 0, whole=False)


def test_a_listing_that_exposes_nothing_takes_the_room_there_is():
    assert next_step(a_listing(exposure_packs=0), 2) == Step(Do.PUBLISH, 2, whole=False)


def test_withdrawing_what_was_never_published_needs_no_call():
    assert next_step(a_listing(wanted=Wanted.WITHDRAWN), 5) == Step(Do.NOTHING)


def test_a_published_listing_that_is_as_wanted_rests():
    assert next_step(a_listing(remote_id="9", published_revision=1, restock=False), 5) == Step(Do.NOTHING)


@given(
    wanted=st.integers(0, 50), exposure=st.integers(0, 50), room=st.integers(-20, 50),
    remote=st.sampled_from([None, "9"]), restock=st.booleans(), published=st.integers(0, 2),
)  # fmt: skip
def test_no_step_exposes_more_than_there_is_room_for(wanted, exposure, room, remote, restock, published):
    listing = a_listing(
        wanted_packs=wanted,
        exposure_packs=exposure,
        remote_id=remote,
        restock=restock,
        published_revision=published,
        revision=2,
    )

    step = next_step(listing, room)

    assert step.packs <= max(room, 0)
    assert not step.whole or step.packs == (wanted if step.do in (Do.PUBLISH, Do.RESTOCK) else 0)
