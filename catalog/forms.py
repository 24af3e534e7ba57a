"""What is typed about households, people and consents; page, command line and import share it."""

from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from catalog.consents import REGISTRY, WITNESSED, WitnessNeeded
from catalog.models import ConsentChannel, PhoneOwner, Sex
from catalog.people import read_birth_year, read_ethnicity
from marketplace.core.forms import LONGEST_NAME, Day, FitsFolded, MaybeDay, Name, Tick, Typed, reading
from marketplace.core.i18n import N_
from marketplace.core.identity import Phone, read_national_id, read_phone
from marketplace.core.text import clean
from marketplace.core.units import parse_area_m2

PHONE_OR_NONE = N_("Hãy ghi số điện thoại, hoặc chọn “Không có điện thoại”.")
PHONE_AND_NONE = N_("Đã ghi số điện thoại thì bỏ dấu “Không có điện thoại”.")
REGISTRY_NEEDED = N_(
    "Chưa có sự đồng ý ghi vào sổ. Hãy đọc cho bà con nghe rồi đánh dấu; không đồng ý thì không ghi."
)


def _maybe(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _cleaned(value: object) -> object:
    return clean(value) if isinstance(value, str) else value


def _id_digits(text: str) -> str:
    return read_national_id(text, sex=None, birth_year=None, today=date.min).value


def _year(text: str) -> int:
    return read_birth_year(text, today=date.max)  # "not after this year" is for those who know the year


def _sentence(sentence: str) -> PydanticCustomError:
    return PydanticCustomError("unreadable", "{sentence}", {"sentence": sentence})


Empty = BeforeValidator(_maybe)
Id = Annotated[int, Field(ge=1, le=2_147_483_647)]
# Validators run from the right: cleaned first, an empty answer is none, then read, then measured.
Village = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME), FitsFolded, BeforeValidator(_cleaned)]
MaybePhone = Annotated[Phone | None, reading(read_phone), Empty]
MaybeArea = Annotated[int | None, reading(parse_area_m2), Empty]
MaybeSex = Annotated[Sex | None, Empty]
MaybeYear = Annotated[int | None, reading(_year), Empty]
MaybeId = Annotated[Id | None, Empty]
MaybeGroup = Annotated[str | None, reading(read_ethnicity), Empty]
MaybeNationalId = Annotated[str | None, reading(_id_digits), Empty]
MaybeOwner = Annotated[PhoneOwner | None, Empty]
Witness = Annotated[str, Field(max_length=100), BeforeValidator(_cleaned)]
Key = Annotated[Annotated[str, Field(max_length=60)] | None, Empty, BeforeValidator(_cleaned)]
Note = Annotated[str, Field(max_length=1000), BeforeValidator(_cleaned)]


class PersonIn(Typed):
    """One member of a household; only the name is required (R-71)."""

    name: Name = Field(title=N_("Họ và tên"))
    phone: MaybePhone = Field(default=None, title=N_("Điện thoại"))
    phone_owner: MaybeOwner = Field(default=None, title=N_("Điện thoại của ai"))
    sex: MaybeSex = Field(default=None, title=N_("Giới tính"))
    birth_year: MaybeYear = Field(default=None, title=N_("Năm sinh"))
    ethnicity: MaybeGroup = Field(default=None, title=N_("Dân tộc"))
    national_id: MaybeNationalId = Field(default=None, title=N_("Số căn cước"))


class ChangeIn(PersonIn):
    """A household and its head, edited; an empty national id keeps the old one."""

    commune_id: Id = Field(title=N_("Xã"))
    village: Village = Field(title=N_("Thôn"))
    no_phone: Tick = Field(default=False, title=N_("Không có điện thoại"))
    orange_area_m2: MaybeArea = Field(default=None, title=N_("Diện tích cam (ha)"))
    note: Note = Field(default="", title=N_("Ghi chú"))
    head_id: MaybeId = Field(default=None, title=N_("Chủ hộ mới"))

    @field_validator("no_phone")
    @classmethod
    def _phone_or_none(cls, no_phone: bool, info: ValidationInfo) -> bool:  # noqa: FBT001 - pydantic's signature
        return _one_answer(no_phone, info.data)


class HouseholdIn(PersonIn):
    """A household to register: five answers are required, and none is ticked beforehand."""

    name: Name = Field(title=N_("Họ tên chủ hộ"))
    commune_id: Id = Field(title=N_("Xã"))
    village: Village = Field(title=N_("Thôn"))
    no_phone: Tick = Field(default=False, title=N_("Không có điện thoại"), validate_default=True)
    purposes: list[str] = Field(default_factory=list, title=N_("Đồng ý"), validate_default=True)
    channel: ConsentChannel = Field(default=ConsentChannel.SIGNATURE, title=N_("Đồng ý bằng cách nào"))
    witness: Witness = Field(default="", title=N_("Người làm chứng"), validate_default=True)
    given_on: MaybeDay = Field(default=None, title=N_("Ngày đồng ý"))
    orange_area_m2: MaybeArea = Field(default=None, title=N_("Diện tích cam (ha)"))
    other_household: Tick = Field(default=False, title=N_("Đây là hộ khác"))
    client_key: Key = Field(default=None, title=N_("Mã phiếu"))

    @field_validator("no_phone")
    @classmethod
    def _phone_or_none(cls, no_phone: bool, info: ValidationInfo) -> bool:  # noqa: FBT001 - pydantic's signature
        if not no_phone and info.data.get("phone", "wrong") is None:
            raise _sentence(PHONE_OR_NONE)
        return _one_answer(no_phone, info.data)

    @field_validator("purposes")
    @classmethod
    def _registry(cls, purposes: list[str]) -> list[str]:
        if REGISTRY not in purposes:
            raise _sentence(REGISTRY_NEEDED)
        return purposes

    @field_validator("witness")
    @classmethod
    def _witness(cls, witness: str, info: ValidationInfo) -> str:
        return _witnessed(witness, info.data)


class ConsentIn(Typed):
    """Who agreed to what, how, and when."""

    person_id: Id = Field(title=N_("Người đồng ý"))
    purposes: Annotated[list[str], Field(min_length=1)] = Field(
        default_factory=list, title=N_("Đồng ý"), validate_default=True
    )
    channel: ConsentChannel = Field(title=N_("Đồng ý bằng cách nào"))
    witness: Witness = Field(default="", title=N_("Người làm chứng"), validate_default=True)
    given_on: Day = Field(title=N_("Ngày đồng ý"))

    @field_validator("witness")
    @classmethod
    def _witness(cls, witness: str, info: ValidationInfo) -> str:
        return _witnessed(witness, info.data)


class SettleIn(Typed):
    """Where a split commune's household belongs now."""

    unit_id: Id = Field(title=N_("Xã hiện nay"))
    whole_village: Tick = Field(default=False, title=N_("Cả thôn"))


def _one_answer(no_phone: bool, before: dict[str, Any]) -> bool:  # noqa: FBT001 - one answer of a form
    if no_phone and before.get("phone") is not None:
        raise _sentence(PHONE_AND_NONE)
    return no_phone


def _witnessed(witness: str, before: dict[str, Any]) -> str:
    if before.get("channel") in WITNESSED and not witness:
        raise _sentence(WitnessNeeded.sentence)
    return witness
