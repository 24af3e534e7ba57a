"""What is typed about products, producers, certificates, seasons and lots; page and import share it."""

from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from catalog.models import CertificateKind, ProducerKind, Restriction, SaleUnit
from marketplace.core.forms import (
    Day,
    Dong,
    Kilograms,
    Line,
    MaybeDay,
    MaybeLine,
    Tick,
    Typed,
    Whole,
    reading,
)
from marketplace.core.i18n import N_
from marketplace.core.text import clean
from marketplace.core.units import parse_area_m2, parse_grams

LARGEST_ID = 2_147_483_647  #: what the databases' key columns hold; a larger number belongs to no row


def _maybe(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _cleaned(value: object) -> object:
    return clean(value) if isinstance(value, str) else value


Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
MaybeId = Annotated[int | None, BeforeValidator(_maybe), Field(ge=1, le=LARGEST_ID)]
Key = Annotated[str | None, BeforeValidator(_maybe), BeforeValidator(_cleaned), Field(max_length=40)]
MaybeKilograms = Annotated[int | None, reading(parse_grams), BeforeValidator(_maybe), Field(gt=0)]


class LotIn(Typed):
    """One harvest. No household: the farmer's own; no producer: the household sells itself."""

    household_id: MaybeId = Field(default=None, title=N_("Hộ"))
    product_id: Id = Field(title=N_("Giống"))
    grams: Kilograms = Field(title=N_("Khối lượng (kg)"))
    harvested_on: Day = Field(title=N_("Ngày hái"))
    grade: Annotated[str, BeforeValidator(_cleaned), Field(max_length=20)] = Field(
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
        int, reading(lambda text: 0 if text.strip() == "0" else parse_grams(text)), Field(ge=0)
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
