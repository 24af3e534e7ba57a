"""What is typed when an old class list is brought in: the facts of the class that the file does not hold."""

from typing import Annotated

from pydantic import BeforeValidator, Field, field_validator

from marketplace.core.forms import Choice, MaybeDay, Tick, Typed
from marketplace.core.i18n import N_
from training.forms import HalfDays, Id, MaybeId, Short, cleaned, listed, maybe
from training.labels import HOST_LABELS
from training.models import DayPart


class RollIn(Typed):
    """Everything may be empty that stands in a column of the file, or belongs to the class named."""

    training_id: MaybeId = Field(default=None, title=N_("Lớp"))
    course_id: MaybeId = Field(default=None, title=N_("Khóa học"))
    first_day: MaybeDay = Field(default=None, title=N_("Ngày đầu"))
    first_part: DayPart = Field(default=DayPart.MORNING, title=N_("Bắt đầu buổi"))
    half_days: Annotated[HalfDays | None, BeforeValidator(maybe)] = Field(default=None, title=N_("Số buổi"))
    commune: Annotated[str, Field(max_length=100), BeforeValidator(cleaned)] = Field(
        default="", title=N_("Xã")
    )
    commune_id: Annotated[Id | None, BeforeValidator(maybe)] = Field(default=None, title=N_("Xã"))
    venue: Short = Field(default="", title=N_("Địa điểm"))
    organiser: Short = Field(default="", title=N_("Đơn vị tổ chức"))
    host: Choice = Field(default="province", title=N_("Đơn vị đứng lớp"))
    close: Tick = Field(default=False, title=N_("Chốt điểm danh"))

    @field_validator("host")
    @classmethod
    def _known_host(cls, host: str) -> str:
        return listed(host, HOST_LABELS, N_("Đơn vị đứng lớp"))
