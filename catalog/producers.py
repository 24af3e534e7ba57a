"""Who sells besides households: cooperatives and companies, and the households that supply them (R-26)."""

from datetime import date, timedelta

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from catalog.models import Household, LotPool, Membership, Person, Producer, ProducerKind, Product
from catalog.paging import MOST_FOUND, page_of
from catalog.product_forms import MembershipIn, ProducerIn
from catalog.scopes import household_in_scope, households_seen_by, one_of, producer_in_scope
from marketplace.accounts.models import Account
from marketplace.core.audit import Actor, note
from marketplace.core.db import found, locked
from marketplace.core.errors import NotFound, Refused
from marketplace.core.i18n import N_
from marketplace.core.text import fold
from marketplace.core.units import date_vi


class HouseholdsComeElsewhere(Refused):
    sentence = N_("Hộ dân được ghi ở phần đăng ký hộ. Ở đây chỉ thêm hợp tác xã hoặc doanh nghiệp.")
    status = 422
    field = "kind"


class TaxIdTaken(Refused):
    sentence = N_("Mã số thuế này đã thuộc về “%(name)s”. Hãy tìm và dùng chủ thể đó.")
    field = "tax_id"


class UnknownHousehold(Refused):
    sentence = N_("Không tìm thấy hộ có mã “%(code)s” trong phạm vi của bạn. Hãy xem lại mã.")
    status = 422
    field = "household_code"


class AlreadyAMember(Refused):
    sentence = N_("Hộ này đã là thành viên trong thời gian đó, từ %(day)s. Hãy chọn ngày khác.")
    field = "valid_from"


class EndsBeforeItStarts(Refused):
    sentence = N_("Ngày cuối không được trước ngày bắt đầu %(day)s. Hãy chọn ngày khác.")
    status = 422
    field = "valid_to"


def producer_listed_for(actor: Account) -> ColumnElement[bool]:
    """A condition on `Producer`: organisations are public, households only those the actor sees."""
    return or_(col(Producer.kind) != ProducerKind.HOUSEHOLD, producer_in_scope(actor))


def find_producers(
    db: Session, actor: Account, query: str = "", number: int = 1
) -> tuple[list[Producer], bool]:
    """A page of organisations, then households; names with the same marks before the others (R-A5)."""
    households_last = col(Producer.kind) == ProducerKind.HOUSEHOLD
    wanted = (
        select(Producer)
        .where(producer_listed_for(actor))
        .order_by(households_last, col(Producer.name_fold), col(Producer.id))
    )
    if query:
        wanted = wanted.where(col(Producer.name_fold).contains(fold(query), autoescape=True))
    rows, more = page_of(db, wanted, number, query, lambda row: row[0].name)
    return [row[0] for row in rows], more


def organisations(db: Session) -> list[Producer]:
    """Cooperatives and companies, by name."""
    wanted = select(Producer).where(Producer.kind != ProducerKind.HOUSEHOLD)
    return list(db.exec(wanted.order_by(col(Producer.name_fold), col(Producer.id))))


def membership_seen_by(db: Session, actor: Account, membership_id: int) -> tuple[Membership, Household]:
    """A membership of a household in the actor's sight; NotFound otherwise."""
    membership = found(db, Membership, membership_id)
    return membership, one_of(db, households_seen_by(actor), membership.household_id, Household)


def add_producer(db: Session, actor: Actor, data: ProducerIn) -> Producer:
    """Add a cooperative or company (R-65: tax id of 10, 13 or 12 digits); refuses a tax id that is known."""
    if data.kind == ProducerKind.HOUSEHOLD:
        raise HouseholdsComeElsewhere
    if data.tax_id is not None:
        holder = db.exec(select(Producer).where(Producer.tax_id == data.tax_id)).first()
        if holder is not None:
            raise TaxIdTaken(name=holder.name)
    producer = Producer.model_validate(data, update={"name_fold": fold(data.name)})
    db.add(producer)
    note(db, actor, "producer.added", producer, kind=producer.kind.value)
    return producer


def start_membership(db: Session, actor: Account, producer_id: int, data: MembershipIn) -> Membership:
    """A household in sight supplies an organisation from a day on; refuses overlapping times (R-26)."""
    producer = found(db, Producer, producer_id)
    if producer.kind == ProducerKind.HOUSEHOLD:
        raise NotFound
    household = db.exec(
        households_seen_by(actor).where(Household.code == data.household_code.upper())
    ).first()
    if household is None:
        raise UnknownHousehold(code=data.household_code)
    if data.valid_to is not None and data.valid_to < data.valid_from:
        raise EndsBeforeItStarts(day=date_vi(data.valid_from))
    locked(db, Household, household.id or 0)  # two clerks at once: the second sees the first
    overlap = db.exec(
        _memberships(household, producer).where(*_touching(data.valid_from, data.valid_to))
    ).first()
    if overlap is not None:
        raise AlreadyAMember(day=date_vi(overlap.valid_from))
    membership = Membership(
        household_id=household.id or 0,
        producer_id=producer_id,
        valid_from=data.valid_from,
        valid_to=data.valid_to,
    )
    db.add(membership)
    note(db, actor, "membership.started", membership, household=household.id, producer=producer_id)
    return membership


def end_membership(db: Session, actor: Account, membership_id: int, last_day: date) -> Membership:
    """The last day on which a household in the actor's sight supplies the organisation."""
    membership = locked(db, Membership, membership_id)
    one_of(db, households_seen_by(actor), membership.household_id, Household)
    if last_day < membership.valid_from:
        raise EndsBeforeItStarts(day=date_vi(membership.valid_from))
    following = db.exec(
        select(Membership).where(
            Membership.household_id == membership.household_id,
            Membership.producer_id == membership.producer_id,
            Membership.valid_from > membership.valid_from,
            Membership.valid_from <= last_day,
        )
    ).first()
    if following is not None:
        last_day = following.valid_from - timedelta(days=1)
    membership.valid_to = last_day
    db.add(membership)
    note(db, actor, "membership.ended", membership, last_day=last_day.isoformat())
    return membership


def members_of(db: Session, actor: Account, producer: Producer) -> list[tuple[Membership, Household, str]]:
    """Memberships of an organisation with the household and the name of its head, those the actor sees."""
    rows = (
        select(Membership, Household, Person.name)
        .join(Household, col(Household.id) == Membership.household_id)
        .join(Person, (col(Person.household_id) == Household.id) & col(Person.is_head))
        .where(Membership.producer_id == producer.id, household_in_scope(actor))
        .order_by(col(Membership.valid_to).is_not(None), col(Person.name_sort), col(Membership.id))
    )
    return list(db.exec(rows.limit(MOST_FOUND)))


def pools_of(db: Session, producer: Producer) -> list[tuple[LotPool, Product]]:
    """What a producer has stock of."""
    rows = select(LotPool, Product).join(Product).where(LotPool.producer_id == producer.id)
    return list(db.exec(rows.order_by(col(Product.name_fold))))


def sellers_for(db: Session, household: Household, day: date) -> list[Producer]:
    """Through whom a household may sell what it picked that day: itself first, then whom it supplies."""
    supplied = select(Membership.producer_id).where(
        Membership.household_id == household.id, *_touching(day, day)
    )
    rows = select(Producer).where(or_(Producer.household_id == household.id, col(Producer.id).in_(supplied)))
    return list(db.exec(rows.order_by(col(Producer.kind) != ProducerKind.HOUSEHOLD, col(Producer.name_fold))))


def _memberships(household: Household, producer: Producer) -> SelectOfScalar[Membership]:
    return select(Membership).where(
        Membership.household_id == household.id, Membership.producer_id == producer.id
    )


def _touching(first: date, last: date | None) -> tuple[ColumnElement[bool], ...]:
    """Memberships that share a day with these; no last day is for ever."""
    still = or_(col(Membership.valid_to).is_(None), col(Membership.valid_to) >= first)
    return (still,) if last is None else (still, col(Membership.valid_from) <= last)
