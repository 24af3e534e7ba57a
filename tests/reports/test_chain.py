"""The chain: what counts, for whom, from when, and by what it is broken down."""

from datetime import UTC, date, datetime

import pytest
from sqlmodel import Session

from catalog.models import Poverty, Sex
from marketplace.reports.chain import Chain, Measure
from marketplace.reports.chain_classes import ClassTable
from marketplace.reports.chain_groups import Group, age_of, group_of
from marketplace.reports.chain_pages import ListIn, items_of
from marketplace.selling.models import Channel, TonnageKind
from tests.factories import (
    NOW,
    a_cooperative,
    a_course,
    a_household,
    a_listing,
    a_lot,
    a_pack,
    a_person,
    a_product,
    a_shop,
    an_attendance,
    an_enrolment,
    an_offer,
    head_of,
    producer_of,
)
from tests.reports.chains import (
    a_closed_class,
    a_village,
    came,
    certified,
    chain_of,
    households,
    poor,
)
from tests.reports.factories import an_entry
from training.models import EnrolmentSource, EnrolmentStatus, TrainingStatus, WalkIn

CLASS_DAY = date(2021, 11, 9)


def counts(chain: Chain, *measures: Measure) -> tuple[int, ...]:
    return tuple(sum(item[2] for item in chain.trained.items(measure)) for measure in measures)


def who(chain: Chain, measure: Measure) -> set[int]:
    return {household for household, _, _ in chain.trained.items(measure)}


def test_a_class_counts_when_held_with_attendance_closed_and_over_by_the_last_day(db: Session) -> None:
    household = a_household(db)
    counted = a_closed_class(db)
    for training in (
        counted,
        a_closed_class(db, attendance_closed_at=None),
        a_closed_class(db, status=TrainingStatus.PLANNED, attendance_closed_at=None),
        a_closed_class(db, on=date(2022, 6, 1)),
    ):
        came(db, training, household)

    chain = chain_of(db)

    assert [one.id for one in chain.classes] == [counted.id]
    assert counts(chain, Measure.ATTENDED) == (1,)


def test_a_class_of_another_season_commune_or_host_is_not_listed_but_remembered(db: Session) -> None:
    asked = a_closed_class(db, host="voso")
    others = [
        a_closed_class(db, on=date(2020, 11, 9), host="voso"),
        a_closed_class(db, host="sendo"),
        a_closed_class(db, host="voso", commune="Xã Tiên Kiều"),
    ]
    chain = chain_of(db, host="voso", commune_id=asked.commune_id)

    assert [one.id for one in chain.classes] == [asked.id]
    assert {one.id for one in chain.others.classes} == {one.id for one in others}


def test_invited_enrolled_and_attended_are_people_and_households_apart(db: Session) -> None:
    training = a_closed_class(db)
    pair, alone, invited, left = households(db, 4)
    second = a_person(db, pair)
    an_enrolment(db, training=training, household=pair, people=(head_of(db, pair), second))
    an_enrolment(db, training=training, household=alone)
    an_enrolment(db, training=training, household=invited, status=EnrolmentStatus.INVITED)
    an_enrolment(db, training=training, household=left, status=EnrolmentStatus.LEFT)
    an_attendance(db, training=training, person=second, present=(False, True))
    an_attendance(db, training=training, person=head_of(db, pair), present=(True, True))
    an_attendance(db, training=training, person=head_of(db, alone), present=(False, False))

    chain = chain_of(db)

    assert counts(chain, Measure.PEOPLE_INVITED, Measure.INVITED) == (5, 4)
    assert counts(chain, Measure.PEOPLE_ENROLLED, Measure.ENROLLED) == (3, 2)
    assert counts(chain, Measure.PEOPLE_ATTENDED, Measure.ATTENDED) == (2, 1)
    assert chain.trained.visits == 2


def test_who_comes_twice_is_one_person_one_household_and_two_visits(db: Session) -> None:
    household = a_household(db)
    for day in (CLASS_DAY, date(2021, 11, 16)):
        came(db, a_closed_class(db, on=day), household)

    chain = chain_of(db)

    assert counts(chain, Measure.PEOPLE_ATTENDED, Measure.ATTENDED) == (1, 1)
    assert chain.trained.visits == 2


def test_a_walk_in_attended_without_being_invited_and_counts_for_whom_it_is_linked_to(db: Session) -> None:
    training = a_closed_class(db)
    draft, known = a_household(db, draft=True), a_household(db)
    an_enrolment(db, training=training, household=draft, source=EnrolmentSource.WALK_IN)
    person, linked = head_of(db, draft), head_of(db, known)
    keys = {"training_id": training.id, "created_at": NOW, "client_key": "w"}
    db.add(WalkIn(**keys, person_id=person.id, linked_person_id=linked.id))
    an_attendance(db, training=training, person=linked, present=(True, False))  # as `settle` writes it

    chain = chain_of(db)

    assert counts(chain, Measure.INVITED, Measure.ENROLLED, Measure.ATTENDED) == (0, 0, 1)
    assert who(chain, Measure.ATTENDED) == {known.id}


def test_a_stranger_of_a_class_list_who_was_linked_is_one_household_on_every_step(db: Session) -> None:
    training = a_closed_class(db)
    draft, known = a_household(db, draft=True, active=False), a_household(db)
    an_enrolment(db, training=training, household=draft, source=EnrolmentSource.IMPORT)
    person, linked = head_of(db, draft), head_of(db, known)
    keys = {"training_id": training.id, "created_at": NOW, "client_key": "roll-1"}
    db.add(WalkIn(**keys, person_id=person.id, linked_person_id=linked.id))
    an_enrolment(db, training=training, household=known)
    an_attendance(db, training=training, person=linked, present=(True, False))

    chain = chain_of(db)

    steps = (Measure.INVITED, Measure.ENROLLED, Measure.ATTENDED)
    assert [who(chain, step) for step in steps] == [{known.id}] * 3
    assert counts(chain, Measure.PEOPLE_INVITED, Measure.PEOPLE_ENROLLED) == (1, 1)


def test_a_certificate_counts_while_it_is_not_revoked_and_its_holder_attended(db: Session) -> None:
    training = a_closed_class(db)
    good, revoked, absent = households(db, 3)
    certified(db, training, came(db, training, good))
    certified(db, training, came(db, training, revoked)).revoked_at = NOW
    certified(db, training, head_of(db, absent))
    db.flush()

    assert who(chain_of(db), Measure.CERTIFIED) == {good.id}


def test_a_shop_is_opened_by_an_own_shop_an_own_listing_or_a_lot_in_a_sellers_pool(db: Session) -> None:
    training, vang = a_closed_class(db), a_product(db, variety="Cam Vàng")
    owner, lister, supplier, idle, tester = households(db, 5)
    for household in (owner, lister, supplier, idle, tester):
        came(db, training, household)
    cooperative = a_cooperative(db, members=(supplier, idle))
    shop = a_shop(db, producer=cooperative, created_at=datetime(2021, 9, 2, tzinfo=UTC))
    a_shop(db, producer=producer_of(db, owner))
    a_shop(db, producer=producer_of(db, tester), sandbox=True)
    offer = an_offer(db, producer=producer_of(db, lister), pack=a_pack(db, vang))
    a_listing(db, offer=offer, shop=shop, remote_state="rejected")
    a_lot(db, product=vang, household=supplier, producer=cooperative)

    chain = chain_of(db)

    assert who(chain, Measure.SHOP) == {owner.id, lister.id, supplier.id}
    assert who(chain, Measure.LISTED) == {lister.id}


def test_a_pools_listing_counts_from_the_day_the_household_had_a_lot_in_it(db: Session) -> None:
    training, vang = a_closed_class(db), a_product(db, variety="Cam Vàng")
    early, late = households(db, 2)
    cooperative = a_cooperative(db, members=(early, late))
    shop = a_shop(db, producer=cooperative, created_at=datetime(2021, 9, 2, tzinfo=UTC))
    listing = a_listing(db, offer=an_offer(db, producer=cooperative, pack=a_pack(db, vang)), shop=shop)
    listing.created_at = datetime(2021, 10, 1, tzinfo=UTC)
    for household, day in ((early, 20), (late, 29)):
        came(db, training, household)
        lot = a_lot(db, product=vang, household=household, producer=cooperative)
        lot.recorded_at = datetime(2021, 10 if household is early else 11, day, tzinfo=UTC)
    db.flush()

    chain = chain_of(db)

    assert who(chain, Measure.LISTED) == who(chain, Measure.SHOP) == {early.id, late.id}
    assert who(chain, Measure.LISTED_AFTER) == who(chain, Measure.SHOP_AFTER) == {late.id}
    assert chain.facts.market[late.id].listed_on == date(2021, 11, 29)


def test_first_sale_is_delivered_through_a_marketplace_by_the_last_day(db: Session) -> None:
    village = a_village(db)
    before, after, trader, sent_back, next_season, _ = village.came
    an_entry(db, product=village.vang, household=before, day=date(2020, 12, 1))
    an_entry(db, product=village.vang, household=after, day=date(2021, 11, 10))
    an_entry(db, product=village.vang, household=trader, channel=Channel.TRADER)
    an_entry(db, product=village.vang, household=sent_back, kind=TonnageKind.RETURNED, grams=-5_000)
    an_entry(db, product=village.vang, household=next_season, day=date(2022, 6, 1))

    chain = chain_of(db)

    assert who(chain, Measure.SOLD) == {before.id, after.id}
    assert who(chain, Measure.SOLD_AFTER) == {after.id}
    assert who(chain, Measure.ELSEWHERE) == {trader.id}


@pytest.mark.parametrize(
    ("day", "soon", "later"),
    [
        (date(2021, 11, 9), 0, 0),
        (date(2021, 11, 10), 1, 1),
        (date(2021, 12, 9), 1, 1),
        (date(2021, 12, 10), 0, 1),
        (date(2022, 2, 7), 0, 1),
        (date(2022, 2, 8), 0, 0),
    ],
)
def test_the_days_after_a_class_begin_the_day_after_its_last(
    day: date, soon: int, later: int, db: Session
) -> None:
    village = a_village(db)
    an_entry(db, product=village.vang, household=village.came[0], day=day, grams=7_000)
    an_entry(db, product=village.vang, household=village.came[0], day=day, channel=Channel.FAIR)

    chain = chain_of(db)

    assert counts(chain, Measure.SOON, Measure.LATER) == (7_000 * soon, 7_000 * later)
    assert counts(chain, Measure.SEASON, Measure.ELSEWHERE) == (7_000, 10_000)


def test_a_season_is_credited_to_the_first_class_and_each_class_still_shows_all_its_households(
    db: Session,
) -> None:
    first, second = a_closed_class(db, on=CLASS_DAY), a_closed_class(db, on=date(2021, 11, 16))
    vang, both = a_product(db, variety="Cam Vàng"), a_household(db)
    came(db, second, both)
    came(db, first, both)
    an_entry(db, product=vang, household=both, grams=8_000)

    chain = chain_of(db)
    table = ClassTable(chain)

    for_class = {
        one.id: tuple(
            table.raw(("class", one.id), m).value for m in (Measure.SEASON, Measure.CREDITED, Measure.FIRST)
        )
        for one in chain.classes
    }
    assert for_class == {first.id: (8_000, 8_000, 1), second.id: (8_000, 0, 0)}
    assert table.raw("all", Measure.SEASON).value == 8_000


def test_of_two_classes_on_one_day_the_first_opened_is_credited(db: Session) -> None:
    first, second = a_closed_class(db), a_closed_class(db)
    household = a_household(db)
    came(db, second, household)
    came(db, first, household)

    assert chain_of(db).firsts[household.id or 0].id == first.id


def test_never_trained_are_registered_households_and_whoever_sold(db: Session) -> None:
    village = a_village(db)
    draft, gone, sold = (
        a_household(db, draft=True),
        a_household(db, active=False),
        a_household(db, active=False),
    )
    an_entry(db, product=village.vang, household=sold, grams=3_000)

    never = chain_of(db).never

    assert never.ids == [*(one.id for one in village.stayed), sold.id]
    assert never.items(Measure.SEASON) == [(sold.id, None, 3_000)]
    assert draft.id not in never.ids
    assert gone.id not in never.ids


def test_poverty_is_that_of_the_year_of_the_class(db: Session) -> None:
    training = a_closed_class(db, on=date(2022, 1, 11))
    household, stranger = a_household(db), a_household(db)
    came(db, training, household)
    poor(db, household, 2021, Poverty.NONE)
    poor(db, household, 2022, Poverty.NEAR_POOR)
    poor(db, stranger, 2021, Poverty.POOR)
    chain = chain_of(db)

    def group(people: object, household_id: int) -> str:
        year = people.year_of(household_id)  # type: ignore[attr-defined]  # either kind of people
        return group_of(chain.facts, Group.POVERTY, household_id, None, year)

    assert group(chain.trained, household.id or 0) == Poverty.NEAR_POOR
    assert group(chain.never, stranger.id or 0) == Poverty.POOR


@pytest.mark.parametrize(
    ("born", "group"),
    [(None, "unknown"), (1992, "under_30"), (1991, "30_to_59"), (1962, "30_to_59"), (1961, "from_60")],
)
def test_age_is_reached_in_the_year(born: int | None, group: str) -> None:
    assert age_of(born, 2021) == group


def test_people_are_grouped_by_their_own_sex_and_households_by_their_heads(db: Session) -> None:
    training, household = a_closed_class(db), a_household(db)
    head_of(db, household).sex = Sex.MALE
    wife = a_person(db, household, sex=Sex.FEMALE, birth_year=1995)
    came(db, training, household, wife)
    chain = chain_of(db)

    def groups(group: Group, measure: Measure) -> list[str]:
        items = chain.trained.items(measure)
        return [group_of(chain.facts, group, who, person, 2021) for who, person, _ in items]

    assert groups(Group.SEX, Measure.PEOPLE_ATTENDED) == ["female"]
    assert groups(Group.SEX, Measure.ATTENDED) == ["male"]
    assert groups(Group.FEMALE_HEAD, Measure.PEOPLE_ATTENDED) == ["male"]
    assert groups(Group.AGE, Measure.PEOPLE_ATTENDED) == ["under_30"]
    assert groups(Group.AGE, Measure.ATTENDED) == ["unknown"]
    assert groups(Group.ETHNICITY, Measure.ATTENDED) == ["unknown"]


def test_a_commune_is_that_of_then_or_of_today_and_unknown_while_a_split_is_open(db: Session) -> None:
    training = a_closed_class(db)
    settled, split = a_household(db), a_household(db, commune="Xã Tiên Kiều")
    split.current_commune_id = None
    for household in (settled, split):
        came(db, training, household)
    facts = chain_of(db).facts

    now = [group_of(facts, Group.COMMUNE_NOW, one.id or 0, None, 2021) for one in (settled, split)]
    then = [group_of(facts, Group.COMMUNE_THEN, one.id or 0, None, 2021) for one in (settled, split)]

    assert now == [str(settled.current_commune_id), "unknown"]
    assert then == [str(settled.commune_id), str(split.commune_id)]


def test_a_list_has_the_households_that_made_the_figure(db: Session) -> None:
    course = a_course(db)
    first = a_closed_class(db, course=course)
    second = a_closed_class(db, on=date(2021, 11, 16), course=course)
    a, b, c = households(db, 3)
    for training, household in ((first, a), (second, a), (second, b), (first, c)):
        came(db, training, household)
    chain = chain_of(db)

    def listed(**asked: object) -> list[int]:
        return [item[0] for item in items_of(chain, ListIn.model_validate(asked))]

    assert listed() == [a.id, b.id, c.id]
    assert listed(training=second.id) == [a.id, b.id]
    assert listed(training=second.id, credited="1") == [b.id]
    assert listed(measure=Measure.FIRST, training=second.id) == [b.id]
    assert listed(course=course.id, by=Group.COMMUNE_THEN, group=str(a.commune_id)) == [a.id, b.id, c.id]
    assert listed(by=Group.COMMUNE_THEN, group="1") == []
