"""Draft households: somebody walked into a class and gave a name and a hamlet, until they register (R-93)."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from catalog.communes import Communes, read_communes
from catalog.households import producer_of
from catalog.models import Household, Person, Sex
from catalog.people import name_columns
from marketplace.accounts.models import Account
from marketplace.core.audit import note
from marketplace.core.errors import Refused
from marketplace.core.i18n import N_
from marketplace.core.text import fold


class StillDraft(Refused):
    """A household that only walked into a class has agreed to nothing and sells nothing (R-93, R-73)."""

    sentence = N_(
        "Hộ %(code)s mới là hộ nháp. Hãy ghi đủ thông tin và sự đồng ý của chủ hộ ở trang hộ trước."
    )


@dataclass(frozen=True)
class Draft:
    """Two answers, and what else a list may say."""

    name: str
    village: str
    commune_id: int
    client_key: str
    sex: Sex | None = None
    birth_year: int | None = None
    ethnicity: str | None = None
    phone: str | None = None


def draft_household(
    db: Session, actor: Account, *, name: str, village: str, commune_id: int, client_key: str, now: datetime
) -> Person:
    """Write down somebody who walked into a class by two answers (R-93); the head of the draft household.

    It is in no count of registered households and has agreed to nothing; the registry consent of its head
    registers it.
    """
    return draft_households(db, actor, [Draft(name, village, commune_id, client_key)], now=now)[0]


def draft_households(
    db: Session, actor: Account, drafts: Sequence[Draft], *, now: datetime, communes: Communes | None = None
) -> list[Person]:
    """The same for a whole list, in a few statements; the heads in its order."""
    communes = communes or read_communes(db)
    households = [
        Household(
            code=secrets.token_hex(8),  # stands until the id is known
            commune_id=one.commune_id,
            current_commune_id=communes.current(one.commune_id),
            village=one.village,
            village_fold=fold(one.village),
            draft=True,
            registered_at=now,
            registered_by=actor.actor_id,
            client_key=one.client_key,
        )
        for one in drafts
    ]
    db.add_all(households)
    db.flush()
    heads = [_head(household, one, now) for household, one in zip(households, drafts, strict=True)]
    for household, head in zip(households, heads, strict=True):
        household.code = f"HG-{household.id:06d}"
        db.add_all([household, head, producer_of(household, head)])
    db.flush()
    for household in households:
        note(db, actor, "household.drafted", household)
    return heads


def _head(household: Household, one: Draft, now: datetime) -> Person:
    return Person.model_validate(
        {
            "household_id": household.id,
            "is_head": True,
            "created_at": now,
            "sex": one.sex,
            "birth_year": one.birth_year,
            "ethnicity": one.ethnicity,
            "phone": one.phone,
            **name_columns(one.name),
        }
    )
