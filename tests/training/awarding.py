"""Classes whose attendance is closed, for the tests of certificates."""

import re
from datetime import date, timedelta
from html import unescape
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session, select
from werkzeug.test import TestResponse

from catalog.models import Household, Person
from marketplace.accounts.models import Account, Role
from tests import factories as make
from tests.catalog.looking import seen
from training.awards import issue_awards
from training.models import CertificateCopy, DayPart, TrainingCertificate, TrainingSession, TrainingStatus

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


class Hall:
    """A closed class with three people: two came always, one once."""

    def __init__(self, db: Session) -> None:
        self.training = a_closed_class(db)
        self.ven = somebody(db, self.training, "Hoàng Thị Vén")
        self.binh = somebody(db, self.training, "Lò A Bình")
        self.lieu = somebody(db, self.training, "Bàn Tà Liều", came=(True, False))
        self.worker = make.an_account(db, communes=("Xã Vĩnh Hảo",))
        self.farmer = make.an_account(db, Role.FARMER, household=db.get_one(Household, self.ven.household_id))
        self.page = f"/lop-tap-huan/{self.training.id}/chung-nhan"
        db.commit()


def text(answer: TestResponse) -> str:
    return re.sub(r"\s+", " ", unescape(answer.get_data(as_text=True)))


def issued(hall: Hall, db: Session) -> dict[str, TrainingCertificate]:
    """Certificates by name, issued by the worker."""
    made = issue_awards(db, hall.worker, hall.training, now=make.NOW)
    db.commit()
    return {db.get_one(Person, award.person_id).name: award for award in made}


def token_of(engine: Engine, award: TrainingCertificate, version: int = 1) -> str:
    copies = select(CertificateCopy.token).where(
        CertificateCopy.certificate_id == award.id, CertificateCopy.version == version
    )
    [token] = seen(engine, copies)
    return str(token)
