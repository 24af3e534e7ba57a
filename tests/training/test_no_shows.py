"""Seats beyond capacity: suggested by who stayed away before, off until somebody sets them."""

from datetime import date

import pytest
from sqlmodel import Session

from marketplace.accounts.models import Role
from tests import factories as make
from tests.factories import NOW
from tests.training.enrolling import OFFERED, REGISTERED, RULES, WAITING, enrol, households, list_of
from training.models import EnrolmentSource, EnrolmentStatus, TrainingSession, TrainingStatus, WalkIn
from training.no_shows import MoreThanSuggested, NoShows, SeatsGivenOut, no_shows, set_overbooked

BEFORE = date(2021, 10, 5)


def held(db: Session, came: int, stayed_away: int, *, closed: bool = True, **values) -> TrainingSession:
    """A class of the autumn with so many who came and so many who did not."""
    training = make.a_training(db, starts_on=BEFORE, status=TrainingStatus.HELD, **values)
    training.attendance_closed_at = NOW if closed else None
    for number, household in enumerate(households(db, came + stayed_away)):
        make.an_enrolment(db, training=training, household=household)
        if number < came:  # half a day is enough to have come
            make.an_attendance(
                db, training=training, person=make.head_of(db, household), present=(False, True)
            )
    db.flush()
    return training


def test_the_share_that_stayed_away_is_the_share_beyond(db):
    held(db, came=18, stayed_away=2)
    held(db, came=4, stayed_away=1)

    assert no_shows(db, make.a_training(db, capacity=30)) == NoShows(enrolled=25, absent=3, classes=2)
    assert NoShows(25, 3, 2).seats_beyond(30) == 3
    assert NoShows(130, 16, 5).seats_beyond(30) == 3


def test_fewer_than_twenty_people_say_nothing(db):
    held(db, came=9, stayed_away=10)

    found = no_shows(db, make.a_training(db))

    assert (found.enrolled, found.known, found.seats_beyond(30)) == (19, False, 0)
    assert NoShows(20, 10, 1).seats_beyond(30) == 15


def test_a_stranger_of_a_list_who_was_linked_did_not_stay_away(db):
    training = held(db, came=20, stayed_away=0)
    stranger = make.a_household(db, draft=True)
    make.an_enrolment(db, training=training, household=stranger, source=EnrolmentSource.IMPORT)
    known = make.head_of(db, make.a_household(db))
    link = {"linked_person_id": known.id, "linked_at": NOW, "created_at": NOW, "client_key": "roll-1"}
    db.add(WalkIn(training_id=training.id, person_id=make.head_of(db, stranger).id, **link))
    make.an_attendance(db, training=training, person=known)

    assert no_shows(db, make.a_training(db)) == NoShows(enrolled=21, absent=0, classes=1)


def test_only_kept_seats_of_closed_classes_here_count(db):
    held(db, came=10, stayed_away=10, closed=False)
    held(db, came=10, stayed_away=10, commune="Xã Tiên Kiều")
    counted = held(db, came=20, stayed_away=0)
    for status, source in (
        (EnrolmentStatus.LEFT, EnrolmentSource.OFFICE),
        (EnrolmentStatus.WAITING, EnrolmentSource.OFFICE),
        (EnrolmentStatus.REGISTERED, EnrolmentSource.WALK_IN),
    ):
        make.an_enrolment(db, training=counted, household=make.a_household(db), status=status, source=source)

    assert no_shows(db, make.a_training(db)) == NoShows(enrolled=20, absent=0, classes=1)


def test_the_commune_of_today_knows_what_its_parts_did(db):
    held(db, came=15, stayed_away=5)
    merged_into = make.a_commune(db, "Xã Vĩnh Tuy", on=date(2026, 1, 1))
    beside = make.a_commune(db, "Xã Hùng An", on=date(2026, 1, 1))

    assert no_shows(db, make.a_training(db, commune=merged_into)) == NoShows(20, 5, 1)
    assert no_shows(db, make.a_training(db, commune=beside)) == NoShows(0, 0, 0)


def test_a_coordinator_gives_out_what_is_suggested_and_the_next_are_promoted(db):
    held(db, came=18, stayed_away=2)
    office = make.an_account(db, Role.COORDINATOR)
    training = make.a_training(db, capacity=10)
    assert training.overbooked == 0
    for household in households(db, 12):
        enrol(db, office, training, household)

    with pytest.raises(MoreThanSuggested) as refused:
        set_overbooked(db, office, training, 2, RULES, now=NOW)
    assert refused.value.facts == {"most": 1}
    assert training.overbooked == 0

    set_overbooked(db, office, training, 1, RULES, now=NOW)

    assert list_of(db, training)[9:] == [(10, REGISTERED, 1), (11, OFFERED, 1), (12, WAITING, 1)]


def test_seats_that_are_given_out_are_not_taken_away(db):
    held(db, came=15, stayed_away=5)
    office = make.an_account(db, Role.COORDINATOR)
    training = make.a_training(db, capacity=4)
    set_overbooked(db, office, training, 1, RULES, now=NOW)
    for household in households(db, 5):
        enrol(db, office, training, household)

    with pytest.raises(SeatsGivenOut) as refused:
        set_overbooked(db, office, training, 0, RULES, now=NOW)

    assert refused.value.facts == {"taken": 5, "least": 1}
    assert training.overbooked == 1
