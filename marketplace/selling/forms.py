"""What is typed about offers, listings, orders and shops."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from marketplace.core.forms import (
    Choice,
    Day,
    Dong,
    Line,
    MaybeDay,
    MaybeLine,
    Text,
    Tick,
    Typed,
    Whole,
    reading,
)
from marketplace.core.i18n import N_
from marketplace.core.text import clean, clean_lines
from marketplace.core.units import parse_grams, parse_vnd

LARGEST_ID = 2_147_483_647  #: what the databases' key columns hold
LONGEST_TITLE, LONGEST_TEXT = 150, 5000  #: letters of an offer's title and text


def _maybe(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _cleaned(value: object) -> object:
    return clean(value) if isinstance(value, str) else value


def _cleaned_lines(value: object) -> object:
    return clean_lines(value) if isinstance(value, str) else value


def _zero_or_grams(text: str) -> int:
    return parse_grams(text, least=0) if text.strip() else 0


Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Price = Annotated[Dong, Field(gt=0)]
_Lower = Annotated[int, Field(gt=0, le=100_000_000_000)]
MaybePrice = Annotated[_Lower | None, reading(parse_vnd), BeforeValidator(_maybe)]
_Key = Annotated[str, Field(max_length=80)]
Key = Annotated[_Key | None, BeforeValidator(_maybe), BeforeValidator(_cleaned)]
_Operator = Annotated[str, Field(max_length=24)]
Operator = Annotated[_Operator | None, BeforeValidator(_maybe), BeforeValidator(_cleaned)]
_Paper = Annotated[str, Field(max_length=120)]
Paper = Annotated[_Paper | None, BeforeValidator(_maybe), BeforeValidator(_cleaned)]
Title = Annotated[str, BeforeValidator(_cleaned), Field(max_length=150)]
Grade = Annotated[str, BeforeValidator(_cleaned), Field(max_length=20)]
MaybeGrams = Annotated[int, reading(_zero_or_grams), Field(ge=0, le=LARGEST_ID)]  #: 0 is an answer
Packs = Annotated[int, Field(ge=1, le=1_000_000)]


class OfferIn(Typed):
    """One pack at a price, its words, and the shops to show it in; the title may be left out."""

    pack_id: Id = Field(title=N_("Quy cách"))
    price_vnd: Price = Field(title=N_("Giá một gói"))
    packs: Whole = Field(default=0, title=N_("Số gói muốn bán"))
    shops: list[Id] = Field(default_factory=list, title=N_("Sàn muốn bán"))
    title: Title = Field(default="", title=N_("Tên tin đăng"))
    description: Text = Field(default="", title=N_("Lời giới thiệu"))
    grade: Grade = Field(default="", title=N_("Hạng"))
    show_name: Tick = Field(default=False, title=N_("Ghi tên hộ"))
    client_key: Key = Field(default=None, title=N_("Mã phiếu"))


class OfferChangeIn(Typed):
    """What may change of an offer; another pack is another offer."""

    price_vnd: Price = Field(title=N_("Giá một gói"))
    title: Annotated[Line, Field(max_length=150)] = Field(title=N_("Tên tin đăng"))
    description: Text = Field(default="", title=N_("Lời giới thiệu"))
    grade: Grade = Field(default="", title=N_("Hạng"))
    show_name: Tick = Field(default=False, title=N_("Ghi tên hộ"))
    promo_price_vnd: MaybePrice = Field(default=None, title=N_("Giá khuyến mãi"))
    promo_from: MaybeDay = Field(default=None, title=N_("Khuyến mãi từ ngày"))
    promo_to: MaybeDay = Field(default=None, title=N_("Khuyến mãi đến hết ngày"))


class PricesIn(Typed):
    """One price for many offers: for those below it, above it, or all."""

    price_vnd: Price = Field(title=N_("Giá một gói"))
    how: Literal["least", "most", "all"] = Field(title=N_("Đổi giá của"))


class AppendIn(Typed):
    """Words for the end of many titles or texts."""

    addition: Annotated[str, BeforeValidator(_cleaned_lines), Field(min_length=1, max_length=2000)] = Field(
        title=N_("Lời thêm vào")
    )


class ReplaceIn(Typed):
    """Words of many offers, and what is said instead; nothing when that is empty."""

    words: Line = Field(title=N_("Chữ cần thay"))
    instead: Annotated[str, BeforeValidator(_cleaned), Field(max_length=200)] = Field(
        default="", title=N_("Thay bằng")
    )


class AnswerIn(Typed):
    """One answer to what a category asks, for many offers."""

    marketplace: Choice = Field(title=N_("Sàn"))
    attribute: Choice = Field(title=N_("Thuộc tính"))
    value: Annotated[str, BeforeValidator(_cleaned), Field(min_length=1, max_length=200)] = Field(
        title=N_("Câu trả lời")
    )


class PutOnSaleIn(Typed):
    """An offer into one more shop."""

    shop_id: Id = Field(title=N_("Gian hàng"))
    packs: Packs = Field(title=N_("Số gói muốn bán"))


class PacksIn(Typed):
    """How many packs a listing is to show."""

    packs: Whole = Field(title=N_("Số gói muốn bán"))


class CancelIn(Typed):
    reason: Choice = Field(title=N_("Lý do hủy"))


class MatchIn(Typed):
    """The listing that a line with a strange SKU sold."""

    listing_id: Id = Field(title=N_("Tin đăng"))


class SettleIn(Typed):
    why: Line = Field(title=N_("Vì sao"))


class MixIn(Typed):
    """Lots that were packed together."""

    lot_ids: list[Id] = Field(min_length=1, title=N_("Các lô"))
    mixed_on: Day = Field(title=N_("Ngày đóng hàng"))
    remark: MaybeLine = Field(default=None, title=N_("Ghi chú"))
    client_key: Key = Field(default=None, title=N_("Mã phiếu"))


class TakeBackIn(Typed):
    """Why a sale outside the marketplaces never was."""

    why: Line = Field(title=N_("Vì sao bỏ"))


class LineIn(Typed):
    """One line of an order."""

    line_id: Id = Field(title=N_("Dòng hàng"))


class TakenIn(LineIn):
    """What the buyer took of a delivered line."""

    taken: Whole = Field(title=N_("Số gói khách đã lấy"))


class ReturnIn(LineIn):
    """Packs of a delivered line that came back, and how many had when the page was made."""

    packs: Packs = Field(title=N_("Số gói trả lại"))
    already: Whole = Field(title=N_("Đã trả lại"))
    on: Day = Field(title=N_("Ngày nhận hàng trả"))


class DecideIn(Typed):
    """What becomes of goods that came back."""

    sellable: Literal["yes", "no"] = Field(title=N_("Hàng về"))
    listed: Tick = Field(default=False, title=N_("Từ danh sách"))


class ComplaintIn(LineIn):
    """A refund without return."""

    grams: MaybeGrams = Field(title=N_("Khối lượng hỏng (kg)"))
    refund_vnd: Dong = Field(title=N_("Tiền hoàn lại"))
    on: Day = Field(title=N_("Ngày hoàn tiền"))
    key: Key = Field(default=None, title=N_("Mã phiếu"))
