"""What is typed on the pages of enrolment."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from marketplace.core.forms import MaybeLine, Typed, Whole
from marketplace.core.i18n import N_
from marketplace.core.text import clean

RowId = Annotated[int, Field(ge=1, le=2**31 - 1)]  #: an INTEGER of both databases


class PeopleIn(Typed):
    """Who of the household comes."""

    people: list[RowId] = Field(default_factory=list, title=N_("Ai đi học"))


class EnrolIn(PeopleIn):
    """A household's entry; `client_key` is made by the page, so that a slip sent twice is one entry."""

    source: Literal["office", "phone"] = Field(default="office", title=N_("Ghi tên bằng cách nào"))
    client_key: MaybeLine = Field(default=None, max_length=80)


class InviteIn(Typed):
    """Households to put on the list of invitations."""

    households: list[RowId] = Field(min_length=1, title=N_("Hộ được mời"))


class MoveIn(Typed):
    training: RowId = Field(title=N_("Lớp chuyển đến"))


class RemarkIn(Typed):
    note: Annotated[str, Field(max_length=300), BeforeValidator(clean)] = Field(
        default="", title=N_("Ghi chú")
    )


class OverbookedIn(Typed):
    overbooked: Whole = Field(title=N_("Số chỗ vượt"))
