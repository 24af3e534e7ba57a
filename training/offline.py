"""What a phone does for a class without a network: marks and walk-ins, as the queue brings them in (R-93)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlmodel import Session, select

from marketplace.accounts.models import Account
from marketplace.core import offline
from marketplace.core.errors import Refused
from marketplace.core.forms import Name, Typed, parsed
from marketplace.core.i18n import N_
from marketplace.core.offline import LARGEST, Item, UnknownKind
from training.attendance import Mark, mark
from training.models import Door, TrainingSession, WalkIn
from training.trainings import one_training
from training.walk_ins import add_walk_in

Id = Annotated[int, Field(ge=1, le=LARGEST)]


class WalkInNotHere(Refused):
    sentence = N_("Máy chủ chưa nhận phiếu ghi người đến thêm này. Hãy gửi lại phiếu đó trước.")
    status = 422


class _MarkIn(BaseModel):
    model_config = ConfigDict(strict=True)

    training: Id
    half_day: Id
    person: Id | None = None
    walk_in: str | None = None  #: key of the item that added the person
    present: bool
    door: Literal["tap", "card"]  #: a decision or a paper sheet is never made without a network


class _WalkInIn(Typed):
    training: Id = Field(title=N_("Lớp"))
    name: Name = Field(title=N_("Họ và tên"))
    village: Name = Field(title=N_("Thôn, bản"))


def take_mark(db: Session, actor: Account, item: Item, now: datetime) -> Mapping[str, Any]:
    """Take a tap or a card; refuses as `attendance.mark`, and a class out of sight is not found."""
    try:
        body = _MarkIn.model_validate(dict(item.body))
    except ValidationError as error:
        raise UnknownKind from error  # a page made it: one of the two programs is of another version
    training = one_training(db, actor, body.training)
    one = Mark(
        item.key,
        body.half_day,
        body.person or _walk_in(db, training, body.walk_in),
        body.present,
        Door(body.door),
        item.device,
        item.number,
        item.done_at,
    )
    mark(db, actor, training, one, now=now)
    return {"person": one.person_id}


def _walk_in(db: Session, training: TrainingSession, key: str | None) -> int:
    """The person a walk-in of this class made; WalkInNotHere when its own item was refused or is missing."""
    rows = select(WalkIn.person_id).where(WalkIn.training_id == training.id, WalkIn.client_key == key)
    person_id = db.exec(rows).first()
    if person_id is None:
        raise WalkInNotHere
    return person_id


def take_walk_in(db: Session, actor: Account, item: Item, now: datetime) -> Mapping[str, Any]:
    """Take somebody who came without being on the list; tells the device which person that is now."""
    body = parsed(_WalkInIn, item.body)
    training = one_training(db, actor, body.training)
    added = add_walk_in(
        db, actor, training, name=body.name, village=body.village, client_key=item.key, now=now
    )
    return {"person": added.person_id}


offline.KINDS |= {"attendance.mark": take_mark, "attendance.walk_in": take_walk_in}
