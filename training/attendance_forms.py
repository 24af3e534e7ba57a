"""What is typed about attendance."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from marketplace.core.forms import Line, Name, Tick, Typed
from marketplace.core.i18n import N_
from marketplace.core.text import clean
from training.forms import Id


def _cleaned(value: object) -> object:
    return clean(value) if isinstance(value, str) else value


Slip = Annotated[Line, Field(max_length=60)]


class WalkInIn(Typed):
    """Somebody who came without being on the list: two answers."""

    name: Name = Field(title=N_("Họ và tên"))
    village: Name = Field(title=N_("Thôn, bản"))
    client_key: Slip = Field(title=N_("Mã phiếu"))


class DecisionIn(Typed):
    """Whether somebody was there, and why that is said."""

    person: Id = Field(title=N_("Người"))
    half_day: Id = Field(title=N_("Buổi"))
    present: Tick = Field(default=False, title=N_("Có mặt"))
    reason: Annotated[str, Field(max_length=300), BeforeValidator(_cleaned)] = Field(
        default="", title=N_("Lý do")
    )
    client_key: Slip = Field(title=N_("Mã phiếu"))


class LinkIn(Typed):
    """The registered person a walk-in is."""

    person_id: Id = Field(title=N_("Người của hộ đã đăng ký"))
