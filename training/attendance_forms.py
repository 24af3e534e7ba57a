"""What is typed about attendance."""

from typing import Annotated

from pydantic import Field, field_validator

from marketplace.core.forms import Choice, Line, Name, Typed
from marketplace.core.i18n import N_
from training.forms import Id, Long, listed

#: The two answers about a person and half-day.
PRESENT_LABELS = {"yes": N_("Có mặt"), "no": N_("Vắng")}
Slip = Annotated[Line, Field(max_length=60)]


class WalkInIn(Typed):
    """Somebody who came without being on the list: two answers."""

    name: Name = Field(title=N_("Họ và tên"))
    village: Name = Field(title=N_("Thôn, bản"))
    client_key: Slip = Field(title=N_("Mã phiếu"))


class DecisionIn(Typed):
    """Whether somebody was there, and why that is said."""

    half_day: Id = Field(title=N_("Buổi"))
    present: Choice = Field(title=N_("Có mặt hay vắng"))
    reason: Long = Field(default="", title=N_("Lý do"))

    @field_validator("present")
    @classmethod
    def _known(cls, present: str) -> str:
        return listed(present, PRESENT_LABELS, str(cls.model_fields["present"].title))


class LinkIn(Typed):
    """The registered person a walk-in is."""

    person_id: Id = Field(title=N_("Người của hộ đã đăng ký"))
