"""What is typed about a certificate that is taken back or issued again."""

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from marketplace.core.forms import Line, Tick, Typed
from marketplace.core.i18n import N_

NOT_SURE = N_("Hãy đánh dấu “%(label)s”, rồi gửi lại.")


def _ticked(value: bool) -> bool:  # noqa: FBT001 - pydantic's signature
    if not value:
        raise PydanticCustomError("unreadable", "{sentence}", {"sentence": NOT_SURE})
    return value


Sure = Annotated[bool, AfterValidator(_ticked), *Tick.__metadata__]


class RevokeIn(Typed):
    reason: Line = Field(title=N_("Lý do"))
    sure: Sure = Field(default=False, title=N_("Tôi chắc chắn"), validate_default=True)


class ReissueIn(RevokeIn):
    version: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        title=N_("Bản đang xem")
    )  #: the copy on the page
