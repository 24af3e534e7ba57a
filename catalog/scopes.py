"""Which rows somebody sees. Every query for a person starts here; a row outside does not exist (404)."""

from typing import TypeVar

from sqlalchemy import ColumnElement, or_, true
from sqlmodel import Session, SQLModel, col, select
from sqlmodel.sql.expression import SelectOfScalar

from catalog.models import HarvestLot, Household, Person, Producer
from marketplace.accounts.models import Account, AccountCommune, Role
from marketplace.core.errors import NotFound

Row = TypeVar("Row", bound=SQLModel)


def household_in_scope(actor: Account) -> ColumnElement[bool]:
    """A condition on `Household`: own for a farmer, assigned communes, old or current, for a worker."""
    if actor.role == Role.FARMER:
        return col(Household.id) == actor.household_id
    if actor.role == Role.EXTENSION:
        communes = select(AccountCommune.unit_id).where(AccountCommune.account_id == actor.id)
        return or_(col(Household.commune_id).in_(communes), col(Household.current_commune_id).in_(communes))
    return true()


def households_seen_by(actor: Account) -> SelectOfScalar[Household]:
    return select(Household).where(household_in_scope(actor))


def people_seen_by(actor: Account) -> SelectOfScalar[Person]:
    return select(Person).where(col(Person.household_id).in_(_ids_seen_by(actor)))


def lots_seen_by(actor: Account) -> SelectOfScalar[HarvestLot]:
    if actor.role in (Role.COORDINATOR, Role.ADMIN):
        return select(HarvestLot)
    return select(HarvestLot).where(col(HarvestLot.household_id).in_(_ids_seen_by(actor)))


def producer_in_scope(actor: Account) -> ColumnElement[bool]:
    """A condition on `Producer`: organisations belong to nobody's commune and are the office's to change."""
    if actor.role in (Role.COORDINATOR, Role.ADMIN):
        return true()
    return col(Producer.household_id).in_(_ids_seen_by(actor))


def producers_seen_by(actor: Account) -> SelectOfScalar[Producer]:
    return select(Producer).where(producer_in_scope(actor))


def one_of(db: Session, seen: SelectOfScalar[Row], key: int, kind: type[Row]) -> Row:
    """The row with this id among those seen; NotFound for one that is foreign or missing, alike."""
    row = db.exec(seen.where(kind.id == key)).first()  # type: ignore[attr-defined]  # every table has id
    if row is None:
        raise NotFound
    return row


def _ids_seen_by(actor: Account) -> SelectOfScalar[int | None]:
    ids: SelectOfScalar[int | None] = select(col(Household.id)).where(household_in_scope(actor))
    return ids
