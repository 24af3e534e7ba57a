"""What is typed about courses and classes; pages and imports share it."""

from typing import Annotated, Protocol

from pydantic import BeforeValidator, Field, field_validator
from pydantic_core import PydanticCustomError

from marketplace.core.forms import Choice, Day, Line, MaybeDay, Name, Text, Typed
from marketplace.core.i18n import N_
from marketplace.core.text import clean
from training.labels import HOST_LABELS, LANGUAGE_LABELS
from training.models import DayPart

MOST_HALF_DAYS = 20  #: ten whole days
NO_SUCH_CHOICE = N_("Hãy chọn một mục có sẵn ở “%(label)s”.")


def cleaned(value: object) -> object:
    return clean(value) if isinstance(value, str) else value


def maybe(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def listed(value: str, known: dict[str, str], label: str) -> str:
    if value not in known:
        raise PydanticCustomError("unreadable", "{sentence}", {"sentence": NO_SUCH_CHOICE, "label": label})
    return value


Id = Annotated[int, Field(ge=1, le=2_147_483_647)]
MaybeId = Annotated[Id | None, BeforeValidator(maybe)]
Short = Annotated[str, Field(max_length=150), BeforeValidator(cleaned)]
Long = Annotated[str, Field(max_length=300), BeforeValidator(cleaned)]
HalfDays = Annotated[int, Field(ge=1, le=MOST_HALF_DAYS)]
Key = Annotated[Annotated[str, Field(max_length=60)] | None, BeforeValidator(maybe), BeforeValidator(cleaned)]


class NamesACommune(Protocol):
    """A form on which a commune is typed, or chosen among several."""

    commune: str
    commune_id: int | None


class CourseIn(Typed):
    """What is taught."""

    topic: Name = Field(title=N_("Chủ đề"))
    syllabus: Annotated[Text, Field(max_length=4000)] = Field(default="", title=N_("Nội dung"))
    half_days: HalfDays = Field(default=1, title=N_("Số buổi thường lệ"))


class ClassIn(Typed):
    """What a new class and a changed one have in common. The commune is typed, or chosen among several."""

    course_id: Id = Field(title=N_("Khóa học"))
    commune: Annotated[str, Field(max_length=100), BeforeValidator(cleaned)] = Field(
        default="", title=N_("Xã")
    )
    commune_id: MaybeId = Field(default=None, title=N_("Xã"))
    venue: Annotated[Line, Field(max_length=150)] = Field(title=N_("Địa điểm"))
    organiser: Annotated[Line, Field(max_length=150)] = Field(title=N_("Đơn vị tổ chức"))
    host: Choice = Field(title=N_("Đơn vị đứng lớp"))
    trainers: Long = Field(default="", title=N_("Giảng viên"))
    language: Choice = Field(default="vi", title=N_("Ngôn ngữ"))
    interpreter: Short = Field(default="", title=N_("Phiên dịch"))
    funding_source: Short = Field(default="", title=N_("Nguồn kinh phí"))
    capacity: Annotated[int, Field(ge=1, le=2000)] = Field(title=N_("Số chỗ"))
    needed_half_days: HalfDays = Field(default=1, title=N_("Số buổi cần dự để có giấy chứng nhận"))
    minutes_per_half_day: Annotated[int, Field(ge=15, le=480)] = Field(
        default=240, title=N_("Số phút mỗi buổi")
    )

    @field_validator("host")
    @classmethod
    def _known_host(cls, host: str) -> str:
        return listed(host, HOST_LABELS, N_("Đơn vị đứng lớp"))

    @field_validator("language")
    @classmethod
    def _known_language(cls, language: str) -> str:
        return listed(language, LANGUAGE_LABELS, N_("Ngôn ngữ"))


class TrainingIn(ClassIn):
    """A new class: its half-days follow each other, mornings and afternoons, from the first."""

    first_day: Day = Field(title=N_("Ngày đầu"))
    first_part: DayPart = Field(default=DayPart.MORNING, title=N_("Bắt đầu buổi"))
    half_days: HalfDays = Field(title=N_("Số buổi"))
    client_key: Key = Field(default=None, title=N_("Mã phiếu"))


class TrainingChangeIn(ClassIn):
    """A class as it is to be: each half-day with its day and part."""

    days: list[Day] = Field(default_factory=list, min_length=1, max_length=MOST_HALF_DAYS, title=N_("Ngày"))
    parts: list[DayPart] = Field(
        default_factory=list, min_length=1, max_length=MOST_HALF_DAYS, title=N_("Buổi")
    )


class ReasonIn(Typed):
    """Why a class is cancelled; people will ask."""

    reason: Annotated[Line, Field(max_length=300)] = Field(title=N_("Lý do"))


class CountsIn(Typed):
    """What is counted, from the address of the page."""

    tu: MaybeDay = Field(default=None, title=N_("Từ ngày"))
    den: MaybeDay = Field(default=None, title=N_("Đến ngày"))
    xa: MaybeId = Field(default=None, title=N_("Xã"))
    khoa: MaybeId = Field(default=None, title=N_("Khóa học"))
