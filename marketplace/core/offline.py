"""What was done without a network and comes in later: items with a key, each answered by a receipt.

A device keeps its items in order and sends them again until it has a receipt for each, so a second arrival
must change nothing and get the first receipt. A feature registers its kinds in `KINDS`; the queue, the
address and the receipts are the same for all of them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field, Session, SQLModel, select

from marketplace.core.audit import Actor
from marketplace.core.db import Utc, insert_new
from marketplace.core.errors import NotFound, Refused
from marketplace.core.i18n import N_

MOST_ITEMS = 200  #: in one request


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


class SomebodyElses(NotFound):
    """The key belongs to an item of another account: it is not told what that was."""


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
            receipts[item.key] = Receipt(item.key, "refused", sentence=refusal.sentence, facts=refusal.facts)
    return [receipts[item.key] for item in items]


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
