"""Who came without being on the list: two answers, linked, unlinked, registered; drafts count nowhere."""

from datetime import date, timedelta

import pytest
from sqlmodel import col, select

from catalog.consents import PhoneUnanswered, record_consent
from catalog.drafts import StillDraft
from catalog.finding import find_households
from catalog.harvests import record_harvest
from catalog.lot_pages import choosable_households
from catalog.models import ConsentChannel, HarvestLot, Household, Person, PhoneOwner, Producer
from catalog.product_forms import LotIn
from marketplace.accounts.models import Role
from marketplace.core.audit import AuditEntry
from marketplace.core.errors import NotFound
from marketplace.reports.periods import Period
from marketplace.reports.reached import Reach, reached, reached_households
from marketplace.selling.forms import OfferIn
from marketplace.selling.models import Offer
from marketplace.selling.offers import make_offer
from marketplace.selling.pages import find_sellers
from tests import factories as make
from tests.conftest import NOW
from tests.security.crawling import changed, contents
from training.attendance import ClassCancelled, ClassNotYet, Mark, mark
from training.closing import decide
from training.models import (
    Attendance,
    DayPart,
    Door,
    Enrolment,
    EnrolmentSource,
    Seat,
    TrainingStatus,
    WalkIn,
)
from training.rosters import roster_of
from training.walk_ins import (
    LinkedAlready,
    NowRegistered,
    OnlyRegistered,
    SlipOfAnotherClass,
    add_walk_in,
    likely_same,
    link_walk_in,
    unlink_walk_in,
)

TODAY = make.TODAY
DECEMBER = Period(date(2021, 12, 1), date(2021, 12, 31))


@pytest.fixture
def room(db):
    """A worker and a class of today with one registered household on its list."""
    worker = make.an_account(db)
    training = make.a_training(db, starts_on=TODAY)
    household = make.a_household(db, head="Hoàng Thị Vén")
    make.an_enrolment(db, training=training, household=household)
    db.commit()
    return worker, training, make.head_of(db, household)


def walk_in(db, room, name="Lý A Sử", village="Thôn Nà Ôm", key="w-1"):
    worker, training, _ = room
    return add_walk_in(db, worker, training, name=name, village=village, client_key=key, now=NOW)


def draft_of(db, one):
    return db.get_one(Household, db.get_one(Person, one.person_id).household_id)


def present(db, room, person_id, there=True, half_day=1, key="m-1", number=1, door=Door.TAP):
    worker, training, _ = room
    mark(db, worker, training, Mark(key, half_day, person_id, there, door, "a", number, NOW), now=NOW)


def the_set(db):
    return {
        (one.person_id, one.half_day_id, one.present, one.disputed) for one in db.exec(select(Attendance))
    }


# --- writing somebody down
# ------------------------------------------------------------------------------------------------------------


def test_two_answers_make_a_draft_household_with_a_seat_outside_capacity(db, room):
    _worker, training, _ = room

    one = walk_in(db, room)

    person, draft = db.get_one(Person, one.person_id), draft_of(db, one)
    assert (person.name, person.is_head, person.phone) == ("Lý A Sử", True, None)
    assert (draft.draft, draft.active, draft.village) == (True, True, "Thôn Nà Ôm")
    assert draft.commune_id == training.commune_id
    assert draft.code == f"HG-{draft.id:06d}"
    assert db.exec(select(Producer.name).where(Producer.household_id == draft.id)).one() == "Hộ Lý A Sử"
    entry = db.exec(select(Enrolment).where(Enrolment.household_id == draft.id)).one()
    assert (entry.source, entry.status) == (EnrolmentSource.WALK_IN, "registered")
    assert db.exec(select(Seat.person_id).where(Seat.enrolment_id == entry.id)).all() == [person.id]


def test_the_same_slip_twice_is_one_person(db, room):
    first = walk_in(db, room)

    assert walk_in(db, room).id == first.id

    assert len(db.exec(select(WalkIn)).all()) == 1
    assert len(db.exec(select(Household).where(col(Household.draft))).all()) == 1


def test_a_slip_of_another_class_is_refused(db, room):
    worker, _training, head = room
    walk_in(db, room)
    other = make.a_training(db, starts_on=TODAY)
    db.commit()

    with pytest.raises(SlipOfAnotherClass):
        walk_in(db, (worker, other, head))
    db.rollback()
    assert len(db.exec(select(WalkIn)).all()) == 1


@pytest.mark.parametrize(
    ("field", "value", "refusal"),
    [
        ("status", TrainingStatus.CANCELLED, ClassCancelled),
        ("starts_on", TODAY + timedelta(days=1), ClassNotYet),
    ],
)
def test_nobody_walks_into_a_class_that_is_cancelled_or_still_to_come(db, room, field, value, refusal):
    setattr(room[1], field, value)
    db.commit()

    with pytest.raises(refusal):
        walk_in(db, room)
    db.rollback()
    assert db.exec(select(WalkIn)).all() == []
    assert db.exec(select(Household).where(col(Household.draft))).all() == []


# --- linking and taking it back
# ------------------------------------------------------------------------------------------------------------


def test_who_looks_like_the_walk_in_is_proposed_and_drafts_are_not(db, room):
    worker, _training, head = room
    one = walk_in(db, room, name="Hoang Thi Ven", village="Vĩnh Sơn")
    walk_in(db, room, name="Hoàng Thị Vén", village="Vĩnh Sơn", key="w-2")

    proposed = [[person.id for person in people] for _suspect, people in likely_same(db, worker, one)]

    assert proposed == [[head.id]]


def test_somebody_present_as_both_counts_once(db, room):
    worker, training, head = room
    one = walk_in(db, room)
    present(db, room, one.person_id)
    present(db, room, head.id, key="m-2", number=2)

    link_walk_in(db, worker, one.id, head.id, now=NOW)

    first = make.half_days_of(db, training)[0]
    assert the_set(db) == {(head.id, first.id, True, False)}
    assert [line.person.id for line in roster_of(db, training)] == [head.id]
    assert not draft_of(db, one).active


def test_a_link_that_is_taken_back_leaves_every_table_as_it_was(db, engine, room):
    worker, _training, head = room
    one = walk_in(db, room)
    present(db, room, one.person_id)
    present(db, room, head.id, False, key="m-2", number=2, door=Door.PAPER)
    db.commit()
    set_before, before = the_set(db), contents(engine, but=("audit_entry", "attendance"))

    link_walk_in(db, worker, one.id, head.id, now=NOW)
    db.commit()
    assert changed(before, contents(engine, but=("audit_entry", "attendance"))) == ["household", "walk_in"]
    unlink_walk_in(db, worker, one.id)
    db.commit()

    assert changed(before, contents(engine, but=("audit_entry", "attendance"))) == []
    assert the_set(db) == set_before
    actions = db.exec(select(AuditEntry.action).where(col(AuditEntry.action).startswith("walk_in."))).all()
    assert sorted(actions) == ["walk_in.added", "walk_in.linked", "walk_in.unlinked"]


def test_a_decision_about_whom_it_was_linked_to_outranks_the_walk_ins_marks(db, room):
    worker, training, head = room
    one = walk_in(db, room)
    present(db, room, one.person_id)
    link_walk_in(db, worker, one.id, head.id, now=NOW)

    decide(db, worker, training, head.id, 1, present=False, reason="Là người khác", now=NOW)

    first = make.half_days_of(db, training)[0]
    assert the_set(db) == {(head.id, first.id, False, False)}


@pytest.mark.parametrize("said", ["decision", "tap"])
def test_what_was_said_of_whom_a_walk_in_was_wrongly_linked_to_counts_only_with_the_link(db, room, said):
    worker, training, _head = room
    stranger = make.head_of(db, make.a_household(db, head="Phàn Chòi Nhàn"))
    one, first = walk_in(db, room), make.half_days_of(db, training)[0]
    link_walk_in(db, worker, one.id, stranger.id, now=NOW)
    if said == "decision":
        decide(db, worker, training, stranger.id, 1, present=True, reason="Có ký tên", now=NOW)
    else:
        present(db, room, stranger.id)
    assert the_set(db) == {(stranger.id, first.id, True, False)}

    unlink_walk_in(db, worker, one.id)
    assert the_set(db) == set()

    link_walk_in(db, worker, one.id, stranger.id, now=NOW)
    assert the_set(db) == {(stranger.id, first.id, True, False)}


def test_a_stranger_of_a_list_of_two_classes_is_linked_and_unlinked_in_both(db, room):
    worker, training, head = room
    one = walk_in(db, room)
    other = make.a_training(db, starts_on=TODAY - timedelta(days=1), parts=(DayPart.MORNING,))
    make.an_enrolment(db, training=other, household=draft_of(db, one), source=EnrolmentSource.IMPORT)
    present(db, room, one.person_id)
    present(db, (worker, other, head), one.person_id, key="m-2")
    before = the_set(db)
    halves = [make.half_days_of(db, training)[0].id, make.half_days_of(db, other)[0].id]
    assert before == {(one.person_id, half, True, False) for half in halves}

    link_walk_in(db, worker, one.id, head.id, now=NOW)

    assert the_set(db) == {(head.id, half, True, False) for half in halves}
    assert [line.person.id for line in roster_of(db, other)] == [head.id]
    decide(db, worker, other, head.id, 1, present=False, reason="Là người khác", now=NOW)
    unlink_walk_in(db, worker, one.id)
    assert the_set(db) == before


def test_a_linked_walk_in_keeps_its_row_on_the_sheet(db, room):
    worker, training, head = room
    first, second = walk_in(db, room), walk_in(db, room, name="Bàn Tà Liều", key="w-2")
    stranger = make.head_of(db, make.a_household(db, head="Phàn Chòi Nhàn"))

    link_walk_in(db, worker, first.id, stranger.id, now=NOW)

    assert [line.person.id for line in roster_of(db, training)] == [head.id, stranger.id, second.person_id]


def test_a_walk_in_is_not_linked_to_a_draft_or_to_a_second_person(db, room):
    worker, _training, head = room
    one, other = walk_in(db, room), walk_in(db, room, name="Bàn Tà Liều", key="w-2")
    second = make.head_of(db, make.a_household(db, head="Phàn Chòi Nhàn"))
    db.commit()

    for draft in (one.person_id, other.person_id):
        with pytest.raises(OnlyRegistered):
            link_walk_in(db, worker, one.id, draft, now=NOW)
        db.rollback()
    link_walk_in(db, worker, one.id, head.id, now=NOW)
    with pytest.raises(LinkedAlready):
        link_walk_in(db, worker, one.id, second.id, now=NOW)
    assert one.linked_person_id == head.id


def test_a_walk_in_is_not_linked_to_somebody_out_of_sight(db, room):
    worker = room[0]
    one = walk_in(db, room)
    stranger = make.head_of(db, make.a_household(db, commune="Xã Tiên Kiều", head="Lù Seo Páo"))
    db.commit()

    with pytest.raises(NotFound):
        link_walk_in(db, worker, one.id, stranger.id, now=NOW)
    db.rollback()
    assert one.linked_person_id is None
    assert draft_of(db, one).active


# --- from draft to registered
# ------------------------------------------------------------------------------------------------------------


def agree(db, room, one, today=TODAY):
    person = db.get_one(Person, one.person_id)
    return record_consent(
        db, room[0], person, "registry", channel=ConsentChannel.SIGNATURE, given_on=today, today=today
    )


def test_a_draft_without_an_answer_about_the_phone_is_not_registered(db, room):
    one = walk_in(db, room)
    db.commit()

    with pytest.raises(PhoneUnanswered):
        agree(db, room, one)
    db.rollback()
    assert draft_of(db, one).draft


def test_the_registry_consent_of_its_head_registers_a_draft_from_that_day(db, room):
    worker, _training, head = room
    one = walk_in(db, room)
    db.get_one(Person, one.person_id).phone_owner = PhoneOwner.NONE
    db.commit()

    agree(db, room, one, today=TODAY + timedelta(days=7))

    draft = draft_of(db, one)
    assert not draft.draft
    assert draft.registered_at.date() == TODAY + timedelta(days=6)  # midnight in Hà Giang, in UTC
    with pytest.raises(NowRegistered):
        link_walk_in(db, worker, one.id, head.id, now=NOW)


# --- where a draft does not count
# ------------------------------------------------------------------------------------------------------------


def test_a_draft_is_no_registered_household(db, room):
    one = walk_in(db, room)
    code = draft_of(db, one).code

    assert reached(db, period=DECEMBER, today=TODAY).registered == 1
    assert code not in [row.code for row in reached_households(db, Reach.REGISTERED, period=DECEMBER)]


def test_a_draft_is_found_but_offered_no_harvest_and_no_sale(db, room):
    worker = room[0]
    draft = draft_of(db, walk_in(db, room))
    office = make.an_account(db, Role.COORDINATOR)

    assert draft.id in [row.household.id for row in find_households(db, worker, "ly a su")[0]]
    assert draft.id not in [household.id for household, *_ in choosable_households(db, worker, "")]
    assert draft.id not in [household.id for _, household in find_sellers(db, office, "") if household]


def test_a_draft_records_no_harvest_and_makes_no_offer(db, room):
    worker = room[0]
    draft = draft_of(db, walk_in(db, room))
    make.a_season(db)
    product = make.a_product(db)
    pack = make.a_pack(db, product)
    seller = make.producer_of(db, draft)
    db.commit()
    lot = LotIn(
        household_id=draft.id, product_id=product.id, harvested_on=TODAY, grams=20_000, client_key="l"
    )

    with pytest.raises(StillDraft):
        record_harvest(db, worker, lot, now=NOW)
    with pytest.raises(StillDraft):
        make_offer(db, worker, seller, OfferIn(pack_id=pack.id, price_vnd=200_000, client_key="o"), now=NOW)
    assert db.exec(select(HarvestLot)).all() == []
    assert db.exec(select(Offer)).all() == []
