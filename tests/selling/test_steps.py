"""The decision table of the stock protocol: what a listing is written next, and never too much."""

from hypothesis import given
from hypothesis import strategies as st

from marketplace.selling.models import Listing, Wanted
from marketplace.selling.sync.steps import Do, Step, as_wished, next_step


def a_listing(**values):
    return Listing(
        **{"offer_id": 1, "shop_id": 1, "sku": "LS1", "created_at": None, "wanted_packs": 5, **values}
    )


def test_an_unclear_write_is_looked_up_before_anything_else():
    assert next_step(a_listing(unclear=True, wanted=Wanted.WITHDRAWN), 100) == Step(Do.LOOK_UP)


def test_a_new_listing_is_created_with_all_its_packs():
    assert next_step(a_listing(), 5) == Step(Do.PUBLISH, 5)


def test_plenty_of_stock_costs_one_call():
    assert next_step(there(), 5) == Step(Do.RESTOCK, 5)


def there(**values):
    """A listing that sells 3 packs there and nothing else."""
    return a_listing(
        **{"remote_id": "9", "published_revision": 1, "exposure_packs": 3, "confirmed_packs": 3, **values}
    )


def test_more_of_the_last_boxes_is_written_as_zero_first():
    assert next_step(there(), 4) == Step(Do.RESTOCK, 0, whole=False)


def test_what_is_on_sale_stays_on_sale_when_nothing_is_gained_by_taking_it_off():
    assert next_step(there(), 0) == Step(Do.WAIT)
    assert next_step(there(exposure_packs=4, tighten=True), 2) == Step(Do.WAIT)
    assert next_step(there(wanted_packs=3), 0) == Step(Do.WAIT)


def test_fewer_are_written_down_to_the_room_there_is():
    assert next_step(there(wanted_packs=2), 2) == Step(Do.RESTOCK, 2)
    assert next_step(there(wanted_packs=2), 1) == Step(Do.RESTOCK, 1, whole=False)
    assert next_step(there(wanted_packs=2), -5) == Step(Do.RESTOCK, 0, whole=False)


def test_a_changed_text_goes_out_with_the_room_there_is():
    assert next_step(there(wanted_packs=3, revision=2), 1) == Step(Do.PUBLISH, 1, whole=False)


def test_a_listing_with_exactly_what_is_wished_needs_no_write():
    assert as_wished(there(wanted_packs=3, remote_state="live"))
    assert not as_wished(there(wanted_packs=3, remote_state="live", tighten=True))
    assert not as_wished(there(wanted_packs=3, remote_state="live", exposure_packs=4))
    assert not as_wished(there(wanted_packs=3, remote_state="live", unclear=True))


def test_a_listing_that_exposes_nothing_takes_the_room_there_is():
    assert next_step(a_listing(exposure_packs=0), 2) == Step(Do.PUBLISH, 2, whole=False)


def test_withdrawing_what_was_never_published_needs_no_call():
    assert next_step(a_listing(wanted=Wanted.WITHDRAWN), 5) == Step(Do.NOTHING)


def test_a_published_listing_that_is_as_wanted_rests():
    assert next_step(a_listing(remote_id="9", published_revision=1, restock=False), 5) == Step(Do.NOTHING)


@given(
    wanted=st.integers(0, 50), exposure=st.integers(0, 50), room=st.integers(-20, 50),
    remote=st.sampled_from([None, "9"]), restock=st.booleans(), published=st.integers(0, 2),
    confirmed=st.none() | st.integers(0, 50), tighten=st.booleans(),
)  # fmt: skip
def test_no_step_exposes_more_than_there_is_room_for(
    wanted, exposure, room, remote, restock, published, confirmed, tighten
):
    listing = a_listing(
        wanted_packs=wanted,
        exposure_packs=exposure,
        remote_id=remote,
        restock=restock,
        published_revision=published,
        revision=2,
        confirmed_packs=confirmed,
        tighten=tighten,
    )

    step = next_step(listing, room)

    assert step.packs <= max(room, 0)
    assert not step.whole or step.packs == (wanted if step.do in (Do.PUBLISH, Do.RESTOCK) else 0)
