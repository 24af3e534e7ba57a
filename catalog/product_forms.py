"""What is typed about products, producers, certificates, seasons and lots; page and import share it."""

from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, Field

from catalog.models import CertificateKind, ProducerKind, Restriction, SaleUnit
from marketplace.core.forms import (
    Choice,
    Code,
    Day,
    Dong,
    Kilograms,
    Line,
    MaybeDay,
    Name,
    Tick,
    Typed,
    reading,
)
from marketplace.core.i18n import N_
from marketplace.core.identity import read_phone, read_tax_id
from marketplace.core.text import clean
from marketplace.core.units import Unreadable, parse_area_m2, parse_decimal, parse_grams, parse_vnd

LARGEST_ID = 2_147_483_647  #: what the databases' key columns hold; a larger number belongs to no row


def _maybe(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _cleaned(value: object) -> object:
    return clean(value) if isinstance(value, str) else value


# Limits stand on the inner type: the readers before them may answer None.
Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
_Grams = Annotated[int, Field(gt=0)]
_Floor = Annotated[int, Field(gt=0, le=1_000_000_000)]
_Days = Annotated[int, Field(ge=1, le=36_500)]
_Stars = Annotated[int, Field(ge=1, le=5)]
_Key = Annotated[str, Field(max_length=40)]
_Channel = Annotated[str, Field(max_length=24)]
_Variety = Annotated[str, Field(max_length=40)]
_Registry = Annotated[str, Field(max_length=60)]
_GiName = Annotated[str, Field(max_length=100)]
_cleaning = (BeforeValidator(_maybe), BeforeValidator(_cleaned))
MaybeId = Annotated[Id | None, BeforeValidator(_maybe)]
MaybeKilograms = Annotated[_Grams | None, reading(parse_grams), BeforeValidator(_maybe)]
MaybeFloor = Annotated[_Floor | None, reading(parse_vnd), BeforeValidator(_maybe)]
MaybeDays = Annotated[_Days | None, BeforeValidator(_maybe)]
MaybeStars = Annotated[_Stars | None, BeforeValidator(_maybe)]
Key = Annotated[_Key | None, *_cleaning]
Channel = Annotated[_Channel | None, *_cleaning]
Variety = Annotated[_Variety | None, *_cleaning]
RegistryCode = Annotated[_Registry | None, *_cleaning]
GiName = Annotated[_GiName | None, *_cleaning]


class Level(StrEnum):
    """Who recognised an OCOP product (R-22)."""

    DISTRICT = "district"
    PROVINCE = "province"
    CENTRAL = "central"


NO_SCORE = N_("“%(text)s” không phải là điểm. Hãy viết số từ 0 đến 100, ví dụ 94,9.")


def parse_score(text: str) -> int:
    """Hundredths of a point in 94,9 or 70."""
    try:
        score = parse_decimal(text) * 100
    except Unreadable:
        raise Unreadable(NO_SCORE, text=text) from None
    if score > 10_000 or score != score.to_integral_value():
        raise Unreadable(NO_SCORE, text=text)
    return int(score)


class ProductIn(Typed):
    """A good for the catalogue. Its code is made from its name and never changes."""

    name: Annotated[Name, Field(max_length=100)] = Field(title=N_("Tên sản phẩm"))
    group: Choice = Field(title=N_("Nhóm"))
    variety: Variety = Field(default=None, title=N_("Giống cam"))
    gi_name: GiName = Field(default=None, title=N_("Chỉ dẫn địa lý"))
    sale_unit: SaleUnit = Field(title=N_("Đơn vị bán"))
    counts_for_tonnage: Tick = Field(default=False, title=N_("Tính vào sản lượng"))
    restricted: Annotated[Restriction | None, BeforeValidator(_maybe)] = Field(
        default=None, title=N_("Hàng hạn chế")
    )
    shelf_life_days: MaybeDays = Field(default=None, title=N_("Giữ được (ngày)"))
    returns_sellable: Tick = Field(default=False, title=N_("Hàng trả lại bán tiếp được"))
    min_vnd_per_kg: MaybeFloor = Field(default=None, title=N_("Giá thấp nhất (đồng/kg)"))
    storage: Annotated[str, Field(max_length=300), BeforeValidator(_cleaned)] = Field(
        default="", title=N_("Cách bảo quản")
    )
    picture: Choice = Field(default="khac.svg", title=N_("Hình"))


class ProductChangeIn(ProductIn):
    """The same, of a product that is there; without the tick it is taken off the lists."""

    active: Tick = Field(default=False, title=N_("Đang dùng"))


class PackIn(Typed):
    """How a product is packed. A combo names several products and their grams in the same order."""

    name: Annotated[Line, Field(max_length=60)] = Field(title=N_("Tên quy cách"))
    unit: Choice = Field(default="box", title=N_("Loại bao gói"))
    net_grams: MaybeKilograms = Field(default=None, title=N_("Khối lượng tịnh (kg)"))
    gross_grams: MaybeKilograms = Field(default=None, title=N_("Khối lượng cả bì (kg)"))
    part_product_ids: list[MaybeId] = Field(
        default_factory=list, max_length=20, title=N_("Sản phẩm trong combo")
    )
    part_grams: list[MaybeKilograms] = Field(
        default_factory=list, max_length=20, title=N_("Khối lượng từng món")
    )


class PriceIn(Typed):
    """A reference price from a day on, for everybody or for one producer, everywhere or in one channel."""

    price_vnd: Dong = Field(title=N_("Giá (đồng)"))
    valid_from: Day = Field(title=N_("Áp dụng từ ngày"))
    producer_id: MaybeId = Field(default=None, title=N_("Của chủ thể"))
    channel: Channel = Field(default=None, title=N_("Kênh bán"))
    source: Line = Field(title=N_("Nguồn giá"))


class ProducerIn(Typed):
    """A cooperative or a company; households get their producer when they are registered."""

    kind: ProducerKind = Field(title=N_("Loại"))
    name: Annotated[Name, Field(max_length=100)] = Field(title=N_("Tên"))
    tax_id: Annotated[str | None, reading(lambda text: read_tax_id(text).value), BeforeValidator(_maybe)] = (
        Field(default=None, title=N_("Mã số thuế"))
    )
    phone: Annotated[str | None, reading(lambda text: read_phone(text).e164), BeforeValidator(_maybe)] = (
        Field(default=None, title=N_("Điện thoại"))
    )
    address: Annotated[str, Field(max_length=200), BeforeValidator(_cleaned)] = Field(
        default="", title=N_("Địa chỉ")
    )


class MembershipIn(Typed):
    """A household starts to supply an organisation; it is named by its code, such as HG-000123."""

    household_code: Code = Field(title=N_("Mã hộ"))
    valid_from: Day = Field(title=N_("Từ ngày"))
    valid_to: MaybeDay = Field(default=None, title=N_("Đến ngày"))


class MembershipEndIn(Typed):
    """The last day of a membership."""

    valid_to: Day = Field(title=N_("Ngày cuối"))


class CertificateIn(Typed):
    """A paper as printed. Validity left empty: 36 months from the decision (R-23)."""

    kind: CertificateKind = Field(title=N_("Loại giấy"))
    producer_id: Id = Field(title=N_("Chủ thể đứng tên"))
    product_ids: list[Id] = Field(min_length=1, max_length=50, title=N_("Sản phẩm"))
    number: Code = Field(title=N_("Số quyết định hoặc số giấy"))
    issuer: Annotated[Line, Field(max_length=150)] = Field(title=N_("Nơi cấp"))
    issuer_level: Annotated[Level | None, BeforeValidator(_maybe)] = Field(
        default=None, title=N_("Cấp công nhận")
    )
    decision_date: Day = Field(title=N_("Ngày quyết định"))
    valid_from: MaybeDay = Field(default=None, title=N_("Hiệu lực từ"))
    valid_to: MaybeDay = Field(default=None, title=N_("Hiệu lực đến"))
    stars: MaybeStars = Field(default=None, title=N_("Số sao"))
    score_hundredths: Annotated[int | None, reading(parse_score), BeforeValidator(_maybe)] = Field(
        default=None, title=N_("Điểm")
    )
    area_m2: Annotated[int | None, reading(parse_area_m2), BeforeValidator(_maybe)] = Field(
        default=None, title=N_("Diện tích (ha)")
    )
    gi_name: GiName = Field(default=None, title=N_("Chỉ dẫn địa lý"))
    registry_code: RegistryCode = Field(default=None, title=N_("Mã trong danh mục"))


class RevocationIn(Typed):
    """From which day a certificate no longer holds."""

    revoked_on: Day = Field(title=N_("Thu hồi từ ngày"))


class LotIn(Typed):
    """One harvest. No household: the farmer's own; no producer: the household sells itself."""

    household_id: MaybeId = Field(default=None, title=N_("Hộ"))
    product_id: Id = Field(title=N_("Giống"))
    grams: Kilograms = Field(title=N_("Khối lượng (kg)"))
    harvested_on: Day = Field(title=N_("Ngày hái"))
    grade: Annotated[str, Field(max_length=20), BeforeValidator(_cleaned)] = Field(
        default="", title=N_("Hạng")
    )
    producer_id: MaybeId = Field(default=None, title=N_("Bán qua"))
    confirmed: Tick = Field(default=False, title=N_("Xác nhận"))
    client_key: Key = Field(default=None, title=N_("Mã phiếu"))


class WriteOffIn(Typed):
    """Goods of a lot that can no longer be sold."""

    grams: Kilograms = Field(title=N_("Khối lượng hao hụt (kg)"))
    reason: Line = Field(title=N_("Lý do"))
    key: Key = Field(default=None, title=N_("Mã phiếu"))


class CorrectionIn(Typed):
    """What a lot really weighed at harvest; 0 when there was no such harvest."""

    grams: Annotated[
        int, Field(ge=0), reading(lambda text: 0 if text.strip() == "0" else parse_grams(text))
    ] = Field(title=N_("Khối lượng đúng (kg)"))
    reason: Line = Field(title=N_("Lý do"))
    key: Key = Field(default=None, title=N_("Mã phiếu"))


class SeasonIn(Typed):
    """A crop year."""

    key: Line = Field(title=N_("Niên vụ"))
    starts_on: Day = Field(title=N_("Từ ngày"))
    ends_on: Day = Field(title=N_("Đến ngày"))


class WindowIn(Typed):
    """When a product is harvested in one season."""

    season_id: Id = Field(title=N_("Niên vụ"))
    first_day: Day = Field(title=N_("Hái từ ngày"))
    last_day: Day = Field(title=N_("Hái đến ngày"))
