"""What the pages of enrolment show: entries in groups, one entry with its story, people to choose from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from catalog.household_page import may_see_identifiers
from catalog.models import Household, Person
from catalog.paging import PAGE
from marketplace.accounts.models import Account
from marketplace.core.i18n import N_
from marketplace.core.identity import mask_phone, show_phone
from training.models import (
    ENROLMENT_STATUS_LABELS,
    OPEN,
    Enrolment,
    EnrolmentSource,
    EnrolmentStatus,
    QueueNote,
    Seat,
    TrainingSession,
)
from training.scopes import enrolments_seen_by, trainings_seen_by

MOST_CLASSES = 50  #: to choose from
CLOSED = (EnrolmentStatus.LEFT, EnrolmentStatus.DECLINED, EnrolmentStatus.EXPIRED)


@dataclass(frozen=True)
class Entry:
    """An entry as it stands by the clock: an offer whose hold ran out is over, whoever wrote that down."""

    entry: Enrolment
    household: Household
    head: Person
    people: Sequence[Person]  #: who comes; of an entry that is over, who was to come
    status: EnrolmentStatus
    left: timedelta | None  #: until the hold runs out
    phones: Sequence[tuple[str, str, str]]  #: whose, as this reader may see it, and to ring ("" when masked)

    @property
    def label(self) -> str:
        return ENROLMENT_STATUS_LABELS[self.status]

    @property
    def is_open(self) -> bool:
        return self.status in OPEN


@dataclass(frozen=True)
class Group:
    """Entries that stand alike, by place."""

    title: str
    entries: Sequence[Entry]

    @property
    def people(self) -> int:
        return sum(len(one.people) for one in self.entries)


@dataclass(frozen=True)
class Groups:
    """The list of a class."""

    to_call: Group
    seated: Group
    waiting: Group
    invited: Group
    walked_in: Group
    gone: Group


@dataclass(frozen=True)
class Step:
    """One line of the log of a class."""

    note: QueueNote
    entry: Enrolment
    household: Household
    head: Person
    who: str | None  #: None: the system


@dataclass(frozen=True)
class PaperRow:
    """A line of the list a village head takes round."""

    name: str
    village: str
    phone: str


def status_now(entry: Enrolment, now: datetime) -> EnrolmentStatus:
    """By the clock, not by the row."""
    if entry.hold_until is not None and entry.hold_until <= now:
        return EnrolmentStatus.EXPIRED
    return EnrolmentStatus(entry.status)


def groups_of(db: Session, actor: Account, training: TrainingSession, *, now: datetime) -> Groups:
    """Every entry of a class in sight; three statements."""
    seen = enrolments_seen_by(actor).where(Enrolment.training_id == training.id)
    entries = _entries(db, actor, seen.order_by(col(Enrolment.place)), now=now)
    walked = [one for one in entries if one.entry.source == EnrolmentSource.WALK_IN]
    listed = [one for one in entries if one.entry.source != EnrolmentSource.WALK_IN]

    def group(title: str, *statuses: EnrolmentStatus) -> Group:
        return Group(title, [one for one in listed if one.status in statuses])

    return Groups(
        to_call=group(N_("Cần gọi"), EnrolmentStatus.OFFERED),
        seated=group(N_("Có chỗ"), EnrolmentStatus.REGISTERED),
        waiting=group(N_("Đang chờ, theo thứ tự"), EnrolmentStatus.WAITING),
        invited=group(N_("Đã mời, chưa trả lời"), EnrolmentStatus.INVITED),
        walked_in=Group(N_("Đến tại lớp"), walked),
        gone=group(N_("Không còn trong danh sách"), *CLOSED),
    )


def entry_of(
    db: Session, actor: Account, training: TrainingSession, enrolment_id: int, *, now: datetime
) -> Entry | None:
    """One entry of a class, when the actor sees it."""
    seen = enrolments_seen_by(actor).where(Enrolment.training_id == training.id, Enrolment.id == enrolment_id)
    return next(iter(_entries(db, actor, seen, now=now)), None)


def latest_of(
    db: Session, actor: Account, training: TrainingSession, household_id: int, *, now: datetime
) -> Entry | None:
    """The household's entry in a class: the open one, else the last that was."""
    seen = enrolments_seen_by(actor).where(
        Enrolment.training_id == training.id, Enrolment.household_id == household_id
    )
    entries = _entries(db, actor, seen.order_by(col(Enrolment.id).desc()), now=now)
    return next((one for one in entries if one.is_open), entries[0] if entries else None)


def turn_of(db: Session, entry: Enrolment) -> int:
    """The how manyth a waiting entry is, from 1."""
    before = select(sa.func.count()).where(
        Enrolment.training_id == entry.training_id,
        Enrolment.status == EnrolmentStatus.WAITING,
        col(Enrolment.place) <= entry.place,
    )
    return db.exec(before).one()


def log_of(
    db: Session,
    actor: Account,
    training: TrainingSession,
    *,
    number: int = 1,
    enrolment_id: int | None = None,
) -> tuple[list[Step], bool]:
    """A page of the log, newest first, of one entry or of the class. True: there are more."""
    seen = enrolments_seen_by(actor).where(Enrolment.training_id == training.id)
    if enrolment_id is not None:
        seen = seen.where(Enrolment.id == enrolment_id)
    rows = db.execute(
        seen.join(QueueNote, col(QueueNote.enrolment_id) == Enrolment.id)
        .join(Household, col(Household.id) == Enrolment.household_id)
        .join(Person, (col(Person.household_id) == Household.id) & col(Person.is_head))
        .outerjoin(Account, col(Account.id) == QueueNote.actor_id)
        .add_columns(QueueNote, Household, Person, col(Account.name))
        .order_by(col(QueueNote.id).desc())
        .offset((number - 1) * PAGE)
        .limit(PAGE + 1)
    ).all()
    steps = [Step(note, entry, household, head, who) for entry, note, household, head, who in rows]
    return steps[:PAGE], len(steps) > PAGE


def classes_to_move_to(db: Session, actor: Account, training: TrainingSession) -> list[TrainingSession]:
    """Planned classes in sight, of the same course first."""
    other = trainings_seen_by(actor).where(
        TrainingSession.status == "planned", TrainingSession.id != training.id
    )
    same = col(TrainingSession.course_id) == training.course_id
    return list(db.exec(other.order_by(same.desc(), col(TrainingSession.starts_on)).limit(MOST_CLASSES)))


def listed_households(
    db: Session, training: TrainingSession, household_ids: Sequence[int], *, now: datetime
) -> dict[int, EnrolmentStatus]:
    """How those of these households stand that are on the list of a class."""
    listed = select(Enrolment).where(
        Enrolment.training_id == training.id,
        col(Enrolment.household_id).in_(household_ids),
        col(Enrolment.status).in_(OPEN),
    )
    standing = {one.household_id: status_now(one, now) for one in db.exec(listed)}
    return {key: status for key, status in standing.items() if status in OPEN}


def paper_rows(groups: Groups, actor: Account) -> list[PaperRow]:
    """Everybody invited or with a seat, by hamlet and name; the phone as this reader may see it."""
    entries = [one for group in (groups.seated, groups.to_call, groups.invited) for one in group.entries]
    rows = [(one, person) for one in entries for person in one.people]
    rows.sort(key=lambda row: (row[0].household.village_fold, row[1].name_sort, row[1].id))
    return [
        PaperRow(person.name, one.household.village, shown_phone(actor, person.phone or one.head.phone))
        for one, person in rows
    ]


def shown_phone(actor: Account, phone: str | None) -> str:
    """A phone as this reader may see it (R-76)."""
    if not phone:
        return ""
    return show_phone(phone) if may_see_identifiers(actor) else mask_phone(phone)


def _entries(db: Session, actor: Account, seen: sa.Select[Enrolment], *, now: datetime) -> list[Entry]:
    entries = list(db.execute(seen).scalars())
    homes = select(Household).where(col(Household.id).in_({one.household_id for one in entries}))
    households = {one.id: one for one in db.exec(homes)}
    members: dict[int, list[Person]] = {key or 0: [] for key in households}
    everybody = select(Person).where(col(Person.household_id).in_(members)).order_by(col(Person.id))
    for person in db.exec(everybody):
        members[person.household_id].append(person)
    coming = _coming(db, entries)
    return [
        _entry(actor, one, households[one.household_id], members[one.household_id], coming[one.id or 0], now)
        for one in entries
    ]


def _coming(db: Session, entries: Sequence[Enrolment]) -> dict[int, set[int]]:
    """Person ids by entry: seats not given back, or, of an entry that is over, those given back last."""
    found: dict[int, dict[datetime | None, set[int]]] = {one.id or 0: {} for one in entries}
    for seat in db.exec(select(Seat).where(col(Seat.enrolment_id).in_(found))):
        found[seat.enrolment_id].setdefault(seat.given_back_at, set()).add(seat.person_id)
    coming = {}
    for one in entries:
        seats = found[one.id or 0]
        last = max((at for at in seats if at is not None), default=None)
        coming[one.id or 0] = seats.get(last if one.status in CLOSED else None, set())
    return coming


def _entry(
    actor: Account,
    entry: Enrolment,
    household: Household,
    members: Sequence[Person],
    coming: set[int],
    now: datetime,
) -> Entry:
    people = [one for one in members if one.id in coming]
    head = next(one for one in members if one.is_head)
    status = status_now(entry, now)
    offered = status == EnrolmentStatus.OFFERED and entry.hold_until is not None
    left = entry.hold_until - now if offered and entry.hold_until else None
    return Entry(entry, household, head, people, status, left, _phones(actor, head, people))


def _phones(actor: Account, head: Person, people: Sequence[Person]) -> list[tuple[str, str, str]]:
    """Numbers of who comes and of the head, each once; masked for who may not see them (R-76)."""
    open_ = may_see_identifiers(actor)
    named = {one.phone: one.name for one in (head, *people) if one.phone}
    return [
        (name, show_phone(phone) if open_ else mask_phone(phone), phone if open_ else "")
        for phone, name in named.items()
    ]
