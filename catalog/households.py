"""Register a household, change it, add people, move it out of a split commune (R-52, R-64, R-71)."""

import secrets
from collections.abc import Callable
from datetime import date, datetime

from sqlalchemy import inspect
from sqlmodel import Session, col, select

from catalog.communes import Communes, Place, UnknownCommune, read_communes
from catalog.consents import consents_of, record_consent, tell_withdrawal
from catalog.duplicates import Sought, Suspect, likely_duplicates
from catalog.forms import ChangeIn, HouseholdIn, PersonIn, SettleIn
from catalog.models import Household, Person, PhoneOwner, Producer, ProducerKind
from catalog.people import BIRTH_YEAR_RANGE, name_columns, reveal_national_id, sealed_id
from catalog.scopes import households_seen_by, one_of, people_seen_by
from marketplace.accounts.models import Account, AccountCommune, Role
from marketplace.core.audit import note
from marketplace.core.db import insert_new, locked
from marketplace.core.errors import Forbidden, Refused
from marketplace.core.i18n import N_
from marketplace.core.secrets import Vault
from marketplace.core.text import fold
from marketplace.core.units import local_day

#: Called with (db, household id, now) after a household changed; selling registers what buyers must see anew.
on_change: list[Callable[[Session, int, datetime], None]] = []


class NotYourCommune(Forbidden):
    sentence = N_("Xã này không thuộc phạm vi của bạn. Hãy chọn một xã bạn phụ trách.")
    field = "commune_id"


class MaybeRegistered(Refused):
    """Somebody alike is registered; `suspects` says who and why. Ticking "another household" goes on."""

    sentence = N_(
        "Có thể hộ này đã đăng ký. Hãy xem các hộ bên dưới; nếu là hộ khác thì đánh dấu rồi ghi lại."
    )
    status = 422
    field = "other_household"

    def __init__(self, suspects: list[Suspect]) -> None:
        self.suspects = suspects
        super().__init__()


class BirthYearRange(Refused):
    sentence = BIRTH_YEAR_RANGE
    status = 422
    field = "birth_year"


class UnknownMember(Refused):
    sentence = N_("Người này không ở trong hộ. Hãy chọn một người trong danh sách.")
    status = 422
    field = "head_id"


class NotASuccessor(Refused):
    sentence = N_("Xã này không phải là một trong các xã được tách ra. Hãy chọn trong danh sách.")
    status = 422
    field = "unit_id"


def own_communes(db: Session, actor: Account, communes: Communes, *, today: date) -> list[Place]:
    """Where a worker registers today: the assigned units; for one of later, the units it will be made of."""
    assigned = _assigned(db, actor)
    places = [communes.by_id[unit_id] for unit_id in sorted(assigned) if unit_id in communes.by_id]
    offered: dict[int, Place] = {}
    for place in places:
        before = [old for old in communes.predecessors(place.id) if old.valid_on(today)]
        offered |= {one.id: one for one in ([place] if place.valid_from <= today else before)}
    return sorted(offered.values(), key=lambda place: place.name_fold)


def register_household(
    db: Session,
    actor: Account,
    data: HouseholdIn,
    *,
    vault: Vault,
    now: datetime,
    communes: Communes | None = None,
) -> Household:
    """Register a household with its head, its producer record and its consents.

    A second arrival of the same `client_key` returns the first. Refuses a commune that is not the worker's,
    and a household that looks registered unless `other_household` says that somebody has looked (R-61).
    """
    if (first := _arrived(db, actor, data.client_key)) is not None:
        return first
    communes = communes or read_communes(db)
    check_commune(db, actor, communes, data.commune_id)
    _check_birth_year(data, now)
    suspects = likely_duplicates(db, actor, communes, _sought(data, vault))
    if suspects and not data.other_household:
        raise MaybeRegistered(suspects)
    household_id = insert_new(
        db,
        Household,
        ["client_key"],
        code=secrets.token_hex(8),  # stands until the id is known
        commune_id=data.commune_id,
        current_commune_id=communes.current(data.commune_id),
        village=data.village,
        village_fold=fold(data.village),
        orange_area_m2=data.orange_area_m2,
        registered_at=now,
        registered_by=actor.actor_id,
        client_key=data.client_key,
    )
    if household_id is None:  # the same slip arrived a moment ago by another way
        return _arrived(db, actor, data.client_key) or _gone()
    household = db.get_one(Household, household_id)
    household.code = f"HG-{household_id:06d}"
    db.add(household)
    head = _new_person(household, data, vault, now, no_phone=data.no_phone, is_head=True)
    db.add(head)
    db.add(producer_of(household, head))
    db.flush()
    _take_consents(db, actor, head, data, now)
    note(db, actor, "household.registered", household)
    if suspects:
        note(db, actor, "household.looked_alike", household, others=[one.household_id for one in suspects])
    return household


def change_household(
    db: Session,
    actor: Account,
    household: Household,
    data: ChangeIn,
    *,
    vault: Vault,
    now: datetime,
    communes: Communes | None = None,
) -> Household:
    """Change a household and its head; an empty national id keeps the old. The audit names fields only."""
    household = _held(db, actor, household.id)
    if data.commune_id != household.commune_id:
        communes = communes or read_communes(db)
        check_commune(db, actor, communes, data.commune_id)
        household.commune_id = data.commune_id
        household.current_commune_id = communes.current(data.commune_id)
    if data.village != household.village:
        household.village, household.village_fold = data.village, fold(data.village)
    household.orange_area_m2, household.note = data.orange_area_m2, data.note
    changed = _changed_columns(household)
    head = _head_of(db, household)
    changed += _write_person(db, head, data, vault, now, no_phone=data.no_phone)
    db.flush()
    if data.head_id is not None and data.head_id != head.id:
        change_head(db, actor, household, data.head_id, now=now)
    _follow(db, household)
    if changed:
        note(db, actor, "household.changed", household, fields=sorted(changed))
        for act in on_change:
            act(db, household.id or 0, now)
    return household


def add_person(
    db: Session, actor: Account, household: Household, data: PersonIn, *, vault: Vault, now: datetime
) -> Person:
    """Add a member to a household in sight."""
    household = _held(db, actor, household.id)
    _check_birth_year(data, now)
    person = _new_person(household, data, vault, now)
    db.add(person)
    note(db, actor, "person.added", person, household=household.id)
    return person


def change_person(
    db: Session, actor: Account, person: Person, data: PersonIn, *, vault: Vault, now: datetime
) -> Person:
    """Change what is known of a member; an empty national id keeps the old one."""
    household = _held(db, actor, person.household_id)
    changed = _write_person(db, person, data, vault, now, no_phone=person.phone_owner == PhoneOwner.NONE)
    if person.is_head:
        _follow(db, household)
    if changed:
        note(db, actor, "person.changed", person, fields=sorted(changed))
    return person


def change_head(
    db: Session, actor: Account, household: Household, person_id: int, *, now: datetime
) -> Person:
    """Make another member the head. Consents of the old head no longer carry the household (R-73)."""
    household = _held(db, actor, household.id)
    new = db.get(Person, person_id)
    if new is None or new.household_id != household.id:
        raise UnknownMember
    old = _head_of(db, household)
    if old.id == new.id:
        return new
    old.is_head = False
    db.add(old)
    db.flush()  # one head at a time, says the index
    new.is_head = True
    db.add(new)
    db.flush()
    _follow(db, household)
    note(db, actor, "household.head_changed", household, before=old.id, after=new.id)
    carried = {one.purpose for one in consents_of(db, [new]) if one.withdrawn_at is None}
    for consent in consents_of(db, [old]):
        if consent.withdrawn_at is None and consent.purpose not in carried:
            tell_withdrawal(db, actor, consent, now=now)
    return new


def show_national_id(db: Session, actor: Account, person_id: int, *, vault: Vault) -> str:
    """The whole number of somebody in sight, for one look that is written down (R-76)."""
    return reveal_national_id(db, actor, vault, one_of(db, people_seen_by(actor), person_id, Person))


def settle_split(
    db: Session,
    actor: Account,
    household: Household,
    data: SettleIn,
    *,
    communes: Communes | None = None,
) -> int:
    """Say which commune of today a household of a split commune belongs to, with its whole hamlet if ticked.

    Returns how many were settled; refuses a commune that is no successor. Households already settled stay.
    """
    communes = communes or read_communes(db)
    if data.unit_id not in {place.id for place in communes.successors(household.commune_id)}:
        raise NotASuccessor
    wanted = households_seen_by(actor).where(
        col(Household.current_commune_id).is_(None), Household.commune_id == household.commune_id
    )
    if data.whole_village:
        wanted = wanted.where(Household.village_fold == household.village_fold)
    else:
        wanted = wanted.where(Household.id == household.id)
    settled = db.exec(wanted).all()
    for one in settled:
        one.current_commune_id = communes.current(data.unit_id)
        db.add(one)
    if settled:
        note(db, actor, "household.split_settled", household, unit=data.unit_id, households=len(settled))
    return len(settled)


def _arrived(db: Session, actor: Account, client_key: str | None) -> Household | None:
    """The household this slip made earlier; somebody else's slip of the same key is not shown."""
    if client_key is None:
        return None
    first = db.exec(select(Household).where(Household.client_key == client_key)).first()
    return one_of(db, households_seen_by(actor), first.id or 0, Household) if first else None


def _gone() -> Household:
    raise Refused


def _assigned(db: Session, actor: Account) -> set[int]:
    return set(db.exec(select(AccountCommune.unit_id).where(AccountCommune.account_id == actor.id)))


def check_commune(db: Session, actor: Account, communes: Communes, unit_id: int) -> None:
    """A known commune; for an extension worker one of the own, as recorded or as it is today."""
    if actor.role == Role.EXTENSION:
        if not {unit_id, communes.current(unit_id)} & _assigned(db, actor):
            raise NotYourCommune
    elif unit_id not in communes.by_id:
        raise UnknownCommune(typed=str(unit_id))


def _check_birth_year(data: PersonIn, now: datetime) -> None:
    if data.birth_year is not None and data.birth_year > local_day(now).year:
        raise BirthYearRange(text=str(data.birth_year))


def _sought(data: HouseholdIn, vault: Vault) -> Sought:
    return Sought(
        name=data.name,
        commune_id=data.commune_id,
        village=data.village,
        birth_year=data.birth_year,
        sex=data.sex,
        phone=data.phone.e164 if data.phone else None,
        national_id_lookup=vault.lookup(data.national_id) if data.national_id else None,
    )


def _known(data: PersonIn, *, no_phone: bool) -> dict[str, object]:
    """Columns of a person from what was typed; the national id apart."""
    owner = data.phone_owner if data.phone else None
    return {
        **name_columns(data.name),
        "sex": data.sex,
        "birth_year": data.birth_year,
        "ethnicity": data.ethnicity,
        "phone": data.phone.e164 if data.phone else None,
        "phone_owner": PhoneOwner.NONE if no_phone and data.phone is None else owner,
    }


def _new_person(
    household: Household,
    data: PersonIn,
    vault: Vault,
    now: datetime,
    *,
    no_phone: bool = False,
    is_head: bool = False,
) -> Person:
    return Person.model_validate(
        {
            "household_id": household.id,
            "is_head": is_head,
            "created_at": now,
            **_known(data, no_phone=no_phone),
            **sealed_id(vault, data.national_id),
        }
    )


def _write_person(
    db: Session, person: Person, data: PersonIn, vault: Vault, now: datetime, *, no_phone: bool
) -> list[str]:
    """Names of the fields that changed."""
    _check_birth_year(data, now)
    columns = _known(data, no_phone=no_phone)
    if data.national_id and vault.lookup(data.national_id) != person.national_id_lookup:
        columns |= sealed_id(vault, data.national_id)
    changed = [name for name, value in columns.items() if getattr(person, name) != value]
    for name in changed:
        setattr(person, name, columns[name])
    db.add(person)
    hidden = ("name_fold", "name_loose", "name_sort", "national_id_sealed", "national_id_tail")
    return [name for name in changed if name not in hidden]


def _changed_columns(household: Household) -> list[str]:
    return [one.key for one in inspect(household).attrs if one.history.has_changes()]


def _take_consents(db: Session, actor: Account, head: Person, data: HouseholdIn, now: datetime) -> None:
    today = local_day(now)
    for code in dict.fromkeys(data.purposes):
        record_consent(
            db,
            actor,
            head,
            code,
            channel=data.channel,
            given_on=data.given_on or today,
            today=today,
            witness=data.witness,
        )


def producer_of(household: Household, head: Person) -> Producer:
    name = f"Hộ {head.name}"
    return Producer(
        kind=ProducerKind.HOUSEHOLD,
        household_id=household.id,
        name=name,
        name_fold=fold(name),
        commune_id=household.commune_id,
    )


def _follow(db: Session, household: Household) -> None:
    """The producer record goes with its household and head."""
    producer = db.exec(select(Producer).where(Producer.household_id == household.id)).one()
    new = producer_of(household, _head_of(db, household))
    producer.name, producer.name_fold = new.name, new.name_fold
    producer.commune_id = new.commune_id
    db.add(producer)


def _held(db: Session, actor: Account, household_id: int | None) -> Household:
    """A household in sight, kept from others until the transaction ends."""
    one_of(db, households_seen_by(actor), household_id or 0, Household)
    return locked(db, Household, household_id or 0)


def _head_of(db: Session, household: Household) -> Person:
    return db.exec(select(Person).where(Person.household_id == household.id, col(Person.is_head))).one()
