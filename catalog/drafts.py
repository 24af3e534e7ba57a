"""Draft households: somebody walked into a class and gave a name and a hamlet, until they register (R-93)."""

import secrets
from datetime import datetime

from sqlmodel import Session

from catalog.communes import Communes, read_communes
from catalog.households import producer_of
from catalog.models import Household, Person
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


def draft_household(
    db: Session,
    actor: Account,
    *,
    name: str,
    village: str,
    commune_id: int,
    client_key: str,
    now: datetime,
    communes: Communes | None = None,
) -> Person:
    """Write down somebody who walked into a class by two answers (R-93); the head of the draft household.

    It is in no count of registered households and has agreed to nothing; the registry consent of its head
    registers it.
    """
    communes = communes or read_communes(db)
    household = Household(
        code=secrets.token_hex(8),  # stands until the id is known
        commune_id=commune_id,
        current_commune_id=communes.current(commune_id),
        village=village,
        village_fold=fold(village),
        draft=True,
        registered_at=now,
        registered_by=actor.actor_id,
        client_key=client_key,
    )
    db.add(household)
    db.flush()
    household.code = f"HG-{household.id:06d}"
    head = Person.model_validate(
        {"household_id": household.id, "is_head": True, "created_at": now, **name_columns(name)}
    )
    db.add_all([household, head, producer_of(household, head)])
    db.flush()
    note(db, actor, "household.drafted", household)
    return head
