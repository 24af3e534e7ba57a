"""Small seasons for the tests of the chain."""

from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from catalog.models import Household, Person, Poverty, PovertyStatus, Product
from marketplace.reports.chain import Chain, ChainAsked, read_chain
from marketplace.reports.periods import Period
from tests.conftest import NOW
from tests.factories import a_household, a_product, a_training, an_attendance, an_enrolment, head_of
from training.models import TrainingCertificate, TrainingSession, TrainingStatus

SEASON = Period(date(2021, 9, 1), date(2022, 5, 31))


def a_closed_class(db: Session, *, on: date = date(2021, 11, 9), **values: object) -> TrainingSession:
    """A class that was held on a day and whose attendance is closed."""
    given = {"status": TrainingStatus.HELD, "attendance_closed_at": NOW, **values}
    return a_training(db, starts_on=on, **given)  # type: ignore[arg-type]  # rows are checked by the database


def came(
    db: Session, training: TrainingSession, household: Household, person: Person | None = None
) -> Person:
    """Somebody of the household, by default its head, was enrolled and came for half a day."""
    who = person or head_of(db, household)
    an_enrolment(db, training=training, household=household, people=(who,))
    an_attendance(db, training=training, person=who, present=(True, False))
    return who


def certified(db: Session, training: TrainingSession, person: Person) -> TrainingCertificate:
    award = TrainingCertificate(
        number=f"HG-{training.id}-{person.id}", training_id=training.id, person_id=person.id, issued_at=NOW
    )
    db.add(award)
    db.flush()
    return award


def poor(db: Session, household: Household, year: int, status: Poverty = Poverty.POOR) -> None:
    row = PovertyStatus(household_id=household.id, year=year, status=status, source="QĐ 1", recorded_at=NOW)
    db.add(row)
    db.flush()


def households(db: Session, n: int, **values: object) -> list[Household]:
    return [a_household(db, consents=(), **values) for _ in range(n)]  # type: ignore[arg-type]  # as above


def chain_of(db: Session, **asked: object) -> Chain:
    return read_chain(db, ChainAsked(SEASON, **asked), now=NOW)  # type: ignore[arg-type]  # as above


@dataclass
class Village:
    """A class of six households, one of which sold, and two households that never came."""

    training: TrainingSession
    vang: Product
    came: list[Household]
    stayed: list[Household]


def a_village(db: Session) -> Village:
    vang = a_product(db, variety="Cam Vàng")
    training = a_closed_class(db)
    there, away = households(db, 6), households(db, 2)
    for household in there:
        came(db, training, household)
    return Village(training, vang, there, away)
