"""A class and households for it, and what its list looks like."""

from sqlmodel import Session, col, select

from catalog.models import Household, Person
from marketplace.core.config import TrainingSettings
from tests import factories as make
from training import enrolment
from training.models import HOLDING, Enrolment, EnrolmentStatus, QueueNote, Seat, TrainingSession

RULES = TrainingSettings()
FILL = TrainingSettings(waiting_order="fill")


def households(db: Session, number: int, *, members: int = 1) -> list[Household]:
    """Households of Vĩnh Hảo, each with so many people."""
    made = [
        make.a_household(db, head=f"Hoàng Thị {one + 1}", village="Thôn Vĩnh Sơn") for one in range(number)
    ]
    for household in made:
        for one in range(members - 1):
            make.a_person(db, household, name=f"Hoàng Văn {one + 1}")
    return made


def people(db: Session, household: Household, number: int | None = None) -> list[int]:
    """The first people of a household, the head before all."""
    rows = select(Person.id).where(Person.household_id == household.id).order_by(col(Person.id))
    return list(db.exec(rows.limit(number) if number else rows))


def enrol(db, actor, training, household, number=None, *, now=make.NOW, rules=RULES, **values) -> Enrolment:
    """Enrol the first `number` people of a household; all of them by default."""
    who = people(db, household, number)
    return enrolment.enrol(db, actor, training, household.id, who, now=now, rules=rules, **values)


def list_of(db: Session, training: TrainingSession) -> list[tuple[int, str, int]]:
    """Place, status and number of people who come, by place."""
    entries = db.exec(
        select(Enrolment).where(Enrolment.training_id == training.id).order_by(col(Enrolment.place))
    ).all()
    seats = [one.enrolment_id for one in db.exec(select(Seat).where(col(Seat.given_back_at).is_(None)))]
    return [(entry.place, entry.status.value, seats.count(entry.id or 0)) for entry in entries]


def log_of(db: Session, training: TrainingSession) -> list[tuple[int, str, str]]:
    """Place, event and reason, as it was written."""
    rows = db.exec(
        select(QueueNote, Enrolment.place)
        .join(Enrolment, col(Enrolment.id) == QueueNote.enrolment_id)
        .where(QueueNote.training_id == training.id)
        .order_by(col(QueueNote.id))
    )
    return [
        (place, one.event.value, one.sentence % one.facts if one.facts else one.sentence)
        for one, place in rows
    ]


def held_now(db: Session, training: TrainingSession) -> int:
    """Seats held, counted the long way."""
    entries = db.exec(select(Enrolment).where(Enrolment.training_id == training.id)).all()
    holding = {entry.id for entry in entries if entry.status in HOLDING}
    return sum(
        seat.enrolment_id in holding
        for seat in db.exec(select(Seat).where(col(Seat.given_back_at).is_(None)))
    )


WAITING, OFFERED, REGISTERED = (
    EnrolmentStatus.WAITING.value,
    EnrolmentStatus.OFFERED.value,
    EnrolmentStatus.REGISTERED.value,
)
