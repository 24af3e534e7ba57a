"""What the page of one household shows, read with one statement each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from catalog import consents as agreed
from catalog.communes import Place, read_communes
from catalog.models import Consent, Household, Person, Producer
from catalog.people import people_of
from marketplace.accounts.models import Account, Role
from marketplace.core.audit import AuditEntry
from marketplace.core.i18n import N_

ACTIONS = {
    "household.registered": N_("Đăng ký hộ"),
    "household.looked_alike": N_("Đã xem hộ giống và ghi là hộ khác"),
    "household.changed": N_("Sửa thông tin hộ"),
    "household.head_changed": N_("Đổi chủ hộ"),
    "household.split_settled": N_("Xác nhận xã hiện nay"),
    "person.added": N_("Thêm người"),
    "person.changed": N_("Sửa thông tin người"),
    "national_id.shown": N_("Xem số căn cước"),
    "poverty.recorded": N_("Ghi diện hộ nghèo của một năm"),
    "poverty.removed": N_("Bỏ diện hộ nghèo của một năm"),
}
MOST_LINES = 30


@dataclass(frozen=True)
class Standing:
    """One purpose and whether the head agrees to it now."""

    purpose: agreed.Purpose
    given: Consent | None


@dataclass(frozen=True)
class Line:
    """One thing that was done; `who` is None for the system."""

    at: datetime
    words: str
    who: str | None


@dataclass(frozen=True)
class Portrait:
    """A household with everything its page shows."""

    household: Household
    people: list[Person]
    head: Person
    producer: Producer | None
    commune: Place
    current: Place | None  #: None: the commune was split and nobody has said where the hamlet went
    choices: list[Place]
    standings: list[Standing]
    past: list[tuple[Consent, Person, agreed.Purpose]]
    history: list[Line]


def portrait(db: Session, household: Household) -> Portrait:
    """Everything about one household; the caller has checked that it may be seen."""
    communes = read_communes(db)
    people = people_of(db, household)
    given = agreed.consents_of(db, people)
    by_id = {person.id: person for person in people}
    head = people[0]
    now = household.current_commune_id
    return Portrait(
        household=household,
        people=people,
        head=head,
        producer=db.exec(select(Producer).where(Producer.household_id == household.id)).first(),
        commune=communes.by_id[household.commune_id],
        current=communes.by_id[now] if now is not None else None,
        choices=communes.successors(household.commune_id) if now is None else [],
        standings=_standings(head, given),
        past=[(one, by_id[one.person_id], agreed.purpose(one.purpose)) for one in given],
        history=_history(db, household, [person.id or 0 for person in people]),
    )


def may_see_identifiers(actor: Account) -> bool:
    """Phones, birth years and groups are for the household and its extension worker (R-76)."""
    return actor.role in (Role.FARMER, Role.EXTENSION)


def _standings(head: Person, given: Sequence[Consent]) -> list[Standing]:
    in_force = {one.purpose: one for one in given if one.person_id == head.id and one.withdrawn_at is None}
    asked = {purpose.code: purpose for purpose in agreed.purposes()}
    asked |= {code: agreed.purpose(code) for code in in_force if code not in asked}
    return [Standing(purpose, in_force.get(code)) for code, purpose in asked.items()]


def _history(db: Session, household: Household, people: list[int]) -> list[Line]:
    kind, subject = col(AuditEntry.subject_kind), col(AuditEntry.subject_id)
    about = ((kind == "household") & (subject == household.id)) | ((kind == "person") & subject.in_(people))
    rows = db.exec(
        select(AuditEntry, Account.name)
        .outerjoin(Account, col(Account.id) == AuditEntry.actor_id)
        .where(about)
        .order_by(col(AuditEntry.id).desc())
        .limit(MOST_LINES)
    )
    return [Line(entry.at, ACTIONS.get(entry.action, entry.action), who) for entry, who in rows]
