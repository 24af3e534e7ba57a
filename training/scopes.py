"""Which classes and entries somebody sees. Every query for a person starts here; the rest does not exist."""

from sqlalchemy import ColumnElement, or_, true
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from catalog.models import Household, Person
from catalog.scopes import household_in_scope, people_seen_by
from marketplace.accounts.models import Account, AccountCommune, Role
from training.models import Enrolment, TrainingCertificate, TrainingSession, TrainingStatus


def training_in_scope(actor: Account) -> ColumnElement[bool]:
    """A condition on `TrainingSession`.

    An extension worker sees classes in the assigned communes, old or current, and those the worker opened; a
    farmer the ones that are planned in the own commune and those the household is or was entered in.
    """
    if actor.role == Role.EXTENSION:
        communes = select(AccountCommune.unit_id).where(AccountCommune.account_id == actor.id)
        own = col(TrainingSession.commune_id).in_(communes)
        return or_(own, col(TrainingSession.created_by) == actor.id)
    if actor.role == Role.FARMER:
        households = select(Household).where(household_in_scope(actor))
        here = households.with_only_columns(col(Household.commune_id))
        today = households.with_only_columns(col(Household.current_commune_id))
        near = or_(col(TrainingSession.commune_id).in_(here), col(TrainingSession.commune_id).in_(today))
        entered = select(Enrolment.training_id).where(col(Enrolment.household_id) == actor.household_id)
        planned = col(TrainingSession.status) == TrainingStatus.PLANNED
        return or_(near & planned, col(TrainingSession.id).in_(entered))
    return true()


def trainings_seen_by(actor: Account) -> SelectOfScalar[TrainingSession]:
    return select(TrainingSession).where(training_in_scope(actor))


def enrolments_seen_by(actor: Account) -> SelectOfScalar[Enrolment]:
    """Entries of classes in sight; a farmer sees those of the own household alone."""
    trainings = select(TrainingSession.id).where(training_in_scope(actor))
    seen = select(Enrolment).where(col(Enrolment.training_id).in_(trainings))
    if actor.role == Role.FARMER:
        return seen.where(col(Enrolment.household_id) == actor.household_id)
    return seen


def awards_seen_by(actor: Account) -> SelectOfScalar[TrainingCertificate]:
    """Certificates of classes and of people in sight; a farmer sees those of the own household alone."""
    people = people_seen_by(actor).with_only_columns(col(Person.id))
    of_people = col(TrainingCertificate.person_id).in_(people)
    if actor.role == Role.FARMER:
        return select(TrainingCertificate).where(of_people)
    trainings = select(TrainingSession.id).where(training_in_scope(actor))
    of_classes = col(TrainingCertificate.training_id).in_(trainings)
    return select(TrainingCertificate).where(or_(of_people, of_classes))
