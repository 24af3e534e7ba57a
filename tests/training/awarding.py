"""Classes whose attendance is closed, for the tests of certificates."""

from datetime import date, timedelta
from typing import Any

from sqlmodel import Session

from catalog.models import Person
from marketplace.accounts.models import Account, Role
from tests import factories as make
from training.awards import issue_awards
from training.models import DayPart, TrainingCertificate, TrainingSession, TrainingStatus

FOUR = (DayPart.MORNING, DayPart.AFTERNOON, DayPart.EVENING)
CLOSED_AT = make.NOW - timedelta(days=20)


def a_closed_class(db: Session, *, parts: int = 2, **values: Any) -> TrainingSession:
    """Held on 9 November 2021 with that many half-days, all of them needed unless said otherwise."""
    given = {"starts_on": date(2021, 11, 9), "status": TrainingStatus.HELD, **values}
    training = make.a_training(db, parts=FOUR[:parts], **given)
    training.attendance_closed_at = CLOSED_AT
    db.add(training)
    db.flush()
    return training


def somebody(
    db: Session,
    training: TrainingSession,
    name: str = "Hoàng Thị Vén",
    *,
    came: tuple[bool, ...] = (True, True),
) -> Person:
    """The head of a new household of the class's commune, with a seat and that attendance."""
    household = make.a_household(db, head=name)
    person = make.head_of(db, household)
    make.an_enrolment(db, training=training, household=household)
    make.an_attendance(db, training=training, person=person, present=came)
    return person


def an_office(db: Session) -> Account:
    return make.an_account(db, Role.COORDINATOR, name="Lý Văn Chung")


def an_award(db: Session, training: TrainingSession, person: Person) -> TrainingCertificate:
    """Issued by the office."""
    [award] = issue_awards(db, an_office(db), training, [person.id or 0], now=make.NOW)
    return award
