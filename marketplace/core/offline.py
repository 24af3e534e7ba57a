"""What was done without a network and comes in later: items with a key, each answered by a receipt.

A device keeps its items in order and sends them again until it has a receipt for each, so a second arrival
must change nothing and get the first receipt. A feature registers its kinds in `KINDS`; the queue, the
address and the receipts are the same for all of them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints, ValidationError
from pydantic import Field as Limited
from sqlalchemy import JSON
from sqlmodel import Field, Session, SQLModel, select

from marketplace.core.audit import Actor
from marketplace.core.db import Utc, insert_new
from marketplace.core.errors import Invalid, NotFound, Refused
from marketplace.core.i18n import N_

MOST_ITEMS = 200  #: in one request
LARGEST = 2**31 - 1  #: what fits into an INTEGER of both databases
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


class OfflineReceipt(SQLModel, table=True):
    """An item that was taken. `result` is told to every arrival of its key, whoever sends it again."""

    __tablename__ = "offline_receipt"

    id: int | None = Field(default=None, primary_key=True)  #: shown as the number of the receipt
    key: str = Field(max_length=80, unique=True)
    kind: str = Field(max_length=40)
    account_id: int = Field(foreign_key="account.id", index=True)
    device: str = Field(max_length=40)
    number: int
    done_at: datetime = Field(sa_type=Utc)  #: by the device's clock
    received_at: datetime = Field(sa_type=Utc)
    result: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


@dataclass(frozen=True)
class Item:
    """One thing that was done. `number` is the device's own rising count, `done_at` by its clock."""

    key: str
    kind: str
    device: str
    number: int
    done_at: datetime
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Receipt:
    """What became of an item: taken now, taken before, or refused, after which it may be sent again."""

    key: str
    state: str  #: "kept", "again" or "refused"
    number: int | None = None
    result: Mapping[str, Any] = field(default_factory=dict)
    sentence: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)


class UnknownKind(Refused):
    sentence = N_("Chương trình trên máy chủ chưa nhận được loại phiếu này. Hãy tải lại trang rồi gửi lại.")
    status = 422


class NotReadable(Refused):
    sentence = N_(
        "Máy chủ không đọc được gói phiếu gửi lên nên chưa nhận phiếu nào. Phiếu vẫn còn trong máy;"
        " hãy tải lại trang rồi gửi lại."
    )
    status = 422


class TooManyItems(Refused):
    sentence = N_("Mỗi lần chỉ gửi được %(most)s phiếu nên chưa nhận phiếu nào. Hãy gửi thành nhiều lần.")
    status = 422


class AnotherAccount(Refused):
    sentence = N_("Máy đang đăng nhập bằng tài khoản khác với người ghi phiếu nên chưa nhận phiếu nào.")


class SomebodyElses(NotFound):
    """The key belongs to an item of another account: it is not told what that was."""


_PLAIN = r"^[A-Za-z0-9][A-Za-z0-9._:-]*$"
_Word = Annotated[str, StringConstraints(pattern=_PLAIN, max_length=40)]
_Key = Annotated[str, StringConstraints(pattern=_PLAIN, min_length=8, max_length=64)]


class _ItemIn(BaseModel):
    model_config = ConfigDict(strict=True)

    key: _Key
    kind: _Word
    device: _Word
    number: Annotated[int, Limited(ge=1, le=LARGEST)]
    done_at: Annotated[AwareDatetime, Limited(ge=EARLIEST, lt=LATEST)]
    body: dict[str, Any]


class _SentIn(BaseModel):
    model_config = ConfigDict(strict=True)

    account: int | None = None  #: who the device says did it all
    items: list[_ItemIn]


def read_items(sent: bytes, actor: Actor) -> list[Item]:
    """The items of a request, whole or not at all.

    NotReadable for JSON that was cut, wrong types and days before 2000 or from 2100; TooManyItems above
    `MOST_ITEMS`; AnotherAccount when the device meant them to be somebody else's than who is logged in.
    """
    try:
        read = _SentIn.model_validate_json(sent)
    except ValidationError as error:
        raise NotReadable from error
    if len(read.items) > MOST_ITEMS:
        raise TooManyItems(most=MOST_ITEMS)
    if read.account is not None and read.account != actor.actor_id:
        raise AnotherAccount
    return [Item(**dict(one)) for one in read.items]


#: What to do with an item of a kind, inside a savepoint: raise `Refused`, or return what to tell the device.
KINDS: dict[str, Callable[[Session, Any, Item, datetime], Mapping[str, Any]]] = {}


def receive(db: Session, actor: Actor, items: Sequence[Item], *, now: datetime) -> list[Receipt]:
    """Take items in the order of their numbers; one that is refused holds up no other."""
    receipts = {}
    for item in sorted(items, key=lambda one: (one.device, one.number)):
        try:
            with db.begin_nested():
                receipts[item.key] = _take(db, actor, item, now)
        except Refused as refusal:
            receipts[item.key] = _refused(item, refusal)
    return [receipts[item.key] for item in items]


def _refused(item: Item, refusal: Refused) -> Receipt:
    """With the sentence of the first wrong field when there are several."""
    sentence, facts = refusal.sentence, refusal.facts
    if isinstance(refusal, Invalid):
        sentence, found = next(iter(refusal.errors.values()))
        facts = dict(found)
    return Receipt(item.key, "refused", sentence=sentence, facts=facts)


def _take(db: Session, actor: Actor, item: Item, now: datetime) -> Receipt:
    made = insert_new(
        db,
        OfflineReceipt,
        ["key"],
        key=item.key,
        kind=item.kind,
        account_id=actor.actor_id,
        device=item.device,
        number=item.number,
        done_at=item.done_at,
        received_at=now,
    )
    row = db.exec(select(OfflineReceipt).where(OfflineReceipt.key == item.key)).one()
    if row.account_id != actor.actor_id:
        raise SomebodyElses
    if made is None:
        return Receipt(item.key, "again", row.id, row.result)
    take = KINDS.get(item.kind)
    if take is None:
        raise UnknownKind
    row.result = dict(take(db, actor, item, now))
    db.add(row)
    return Receipt(item.key, "kept", row.id, row.result)
