"""What a household answers when seats are kept for it; somebody rings, since nobody has e-mail."""

from datetime import datetime

from sqlmodel import Session

from marketplace.accounts.models import Account
from marketplace.core.audit import note
from marketplace.core.config import TrainingSettings
from marketplace.core.errors import Refused
from marketplace.core.i18n import N_
from training.enrolment import check_people, named
from training.models import Enrolment, EnrolmentStatus, QueueEvent, TrainingSession
from training.seats import check_open, close_entry, log_step, people_of_entries
from training.waiting import entry_at_desk, promote


class OfferRanOut(Refused):
    sentence = N_("Chỗ này đã hết hạn giữ. Hãy ghi tên lại; hộ sẽ xếp cuối danh sách chờ.")


class NoOffer(Refused):
    sentence = N_("Hộ này không có chỗ nào đang được giữ. Hãy tải lại trang để xem tình trạng mới.")


def accept_offer(
    db: Session,
    actor: Account,
    training: TrainingSession,
    enrolment_id: int,
    rules: TrainingSettings,
    *,
    now: datetime,
) -> Enrolment:
    """The household takes the seats kept for it; twice is once. Refuses a hold that ran out.

    Asked in its last second it may be answered after somebody sat down elsewhere meanwhile: refused, too.
    """
    training, entry = entry_at_desk(db, actor, training, enrolment_id, rules, now=now)
    if entry.status == EnrolmentStatus.REGISTERED:
        return entry
    _check_offered(training, entry)
    people = people_of_entries(db, [entry])[enrolment_id]
    check_people(db, training, named(db, entry.household_id, people), now=now)
    entry.status, entry.hold_until = EnrolmentStatus.REGISTERED, None
    db.add(entry)
    log_step(db, actor, entry, QueueEvent.ACCEPTED, now=now)
    note(db, actor, "enrolment.accepted", entry, training=training.id)
    promote(db, actor, training, rules, now=now)
    return entry


def decline_offer(
    db: Session,
    actor: Account,
    training: TrainingSession,
    enrolment_id: int,
    rules: TrainingSettings,
    *,
    now: datetime,
) -> Enrolment:
    """The household does not want the seats kept for it; the next is promoted."""
    training, entry = entry_at_desk(db, actor, training, enrolment_id, rules, now=now)
    if entry.status == EnrolmentStatus.DECLINED:
        return entry
    _check_offered(training, entry)
    note_no(db, actor, entry, now=now)
    promote(db, actor, training, rules, now=now)
    return entry


def note_no(db: Session, actor: Account, entry: Enrolment, *, now: datetime) -> None:
    """The household of an entry does not come, whether a seat was kept for it or it was only invited."""
    close_entry(db, entry, EnrolmentStatus.DECLINED, now=now)
    log_step(db, actor, entry, QueueEvent.DECLINED, now=now)
    note(db, actor, "enrolment.declined", entry, training=entry.training_id)


def note_call(
    db: Session,
    actor: Account,
    training: TrainingSession,
    enrolment_id: int,
    rules: TrainingSettings,
    *,
    now: datetime,
) -> Enrolment:
    """Somebody rang about the seats kept; whether they are taken is another step."""
    training, entry = entry_at_desk(db, actor, training, enrolment_id, rules, now=now)
    _check_offered(training, entry)
    entry.called_at = now
    db.add(entry)
    log_step(db, actor, entry, QueueEvent.CALLED, now=now)
    note(db, actor, "enrolment.called", entry, training=training.id)
    return entry


def _check_offered(training: TrainingSession, entry: Enrolment) -> None:
    check_open(training)
    if entry.status == EnrolmentStatus.EXPIRED:
        raise OfferRanOut
    if entry.status != EnrolmentStatus.OFFERED:
        raise NoOffer
