"""What Sendo takes and what it refuses: one rule pack for the preview, the publisher and the mock.

`check` speaks about an offer in our words; `check_wire` about a body in Sendo's. The first rests on the
second, so a green preview is a body the marketplace takes. Sentences hold `%(name)s`, filled from `facts`.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.kit.attributes import missing
from connectors.kit.protocol import N_, Offer, Problem, Schema
from connectors.kit.restricted import claims_to_heal, names_alcohol
from connectors.sendo.categories import leaves
from connectors.sendo.mapping import UNIT_IDS, UNITS, promotion_moment, to_wire

NAME_MOST = 150  # assumed
SKU_FORM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,49}")  # assumed
PRICE_LEAST, PRICE_MOST = 1_000, 1_000_000_000  # the upper bound is assumed
DESCRIPTION_LEAST, DESCRIPTION_MOST = 100, 100_000
IMAGES_MOST = 20
PICTURES_MOST = 10
STOCK_MOST = 1_000_000  # assumed
WEIGHT_MOST = 1_000_000  # grams, assumed
SIZE_MOST = 300  # centimetres, assumed

_PICTURE = re.compile(r"https?://[^\s/]+\S*", re.IGNORECASE)


@dataclass(frozen=True)
class Fault:
    """One rule a body breaks: Sendo's property, a stable code, the sentence with the fix."""

    name: str
    code: str
    sentence: str
    facts: Mapping[str, str] = field(default_factory=dict)
    blocks: bool = True


#: Sendo's property -> our field.
FIELDS = {
    "name": "title",
    "sku": "sku",
    "price": "price_vnd",
    "weight": "gross_grams",
    "stock_quantity": "packs",
    "stock_availability": "packs",
    "description": "description",
    "cat_4_id": "category",
    "unit_id": "unit",
    "height": "dimensions_cm",
    "length": "dimensions_cm",
    "width": "dimensions_cm",
    "avatar": "pictures",
    "pictures": "pictures",
    "product_image": "pictures",
    "attributes": "attributes",
    "is_promotion": "promotion",
    "special_price": "promotion",
    "promotion_from_date": "promotion",
    "promotion_to_date": "promotion",
}


def check(offer: Offer) -> Sequence[Problem]:
    """Everything that keeps the offer off Sendo, one problem for each of our fields and causes (R-42)."""
    told = offer.schema if offer.schema and offer.schema.category == offer.category else None
    problems: dict[tuple[str, str], Problem] = {}
    for fault in (*_restrictions(offer), *check_wire(to_wire(offer), told)):
        name = FIELDS.get(fault.name, fault.name)
        problem = Problem(name, fault.code, fault.sentence, fault.facts, fault.blocks)
        problems.setdefault((problem.field, problem.code), problem)
    return list(problems.values())


def _restrictions(offer: Offer) -> Iterator[Fault]:
    if offer.restricted == "alcohol":
        yield _alcohol()
    if offer.restricted == "medicinal":
        yield Fault("description", "medicinal", _MEDICINAL)
    if offer.unit not in UNITS:
        yield Fault(
            "unit_id", "unit", N_("Sendo không có đơn vị này; hãy chọn hộp, thùng, túi, chai hoặc cái.")
        )
    unknown = [key for key in offer.attributes if not (key.isascii() and key.isdigit())]
    if unknown:
        sentence = N_("Thuộc tính “%(name)s” không có trên Sendo nên được bỏ ra khi gửi.")
        yield Fault("attributes", "attribute", sentence, {"name": unknown[0]}, blocks=False)
    for asked in missing(offer.schema, offer.attributes):
        sentence = N_("Sendo hỏi “%(name)s” mà tin này chưa trả lời; hãy trả lời ở trang sửa chào bán.")
        yield Fault("attributes", f"attribute_missing.{asked.id}"[:48], sentence, {"name": asked.name})


_MEDICINAL = N_(
    "Sendo không nhận lời nói chữa bệnh; hãy bỏ các từ như “chữa bệnh”, “điều trị” khỏi bài viết."
)


def _alcohol() -> Fault:
    return Fault("name", "alcohol", N_("Sendo không cho bán rượu bia; hãy bán mặt hàng này ở nơi được phép."))


def check_wire(body: Mapping[str, Any], schema: Schema | None = None) -> Iterator[Fault]:
    """Every rule a body breaks; its numbers are numbers already. A `schema` Sendo told makes it a leaf."""
    yield from _words(body)
    yield from _figures(body)
    yield from _pictures(body)
    yield from _promotion(body)
    if schema is None and body["cat_4_id"] not in leaves():
        yield Fault("cat_4_id", "category", N_("Hãy chọn ngành hàng cấp cuối của Sendo, ví dụ “Trái Cây”."))
    if body["unit_id"] not in UNIT_IDS:
        yield Fault(
            "unit_id", "unit", N_("Sendo không có đơn vị này; hãy chọn hộp, thùng, túi, chai hoặc cái.")
        )


def _words(body: Mapping[str, Any]) -> Iterator[Fault]:
    name, description = body["name"], body["description"]
    if not name.strip():
        yield Fault("name", "title_missing", N_("Hãy ghi tên sản phẩm."))
    if len(name) > NAME_MOST:
        facts = {"most": str(NAME_MOST), "now": str(len(name))}
        yield Fault("name", "title_long", N_("Tên dài %(now)s ký tự; hãy rút còn %(most)s ký tự."), facts)
    if not SKU_FORM.fullmatch(body["sku"]):
        sentence = N_("Mã hàng chỉ gồm chữ không dấu, số và dấu gạch, không quá 50 ký tự; hãy sửa mã.")
        yield Fault("sku", "sku", sentence)
    if len(description) < DESCRIPTION_LEAST:
        facts = {"least": str(DESCRIPTION_LEAST), "now": str(len(description))}
        sentence = N_("Bài viết mới có %(now)s ký tự; hãy viết thêm cho đủ %(least)s ký tự.")
        yield Fault("description", "description_short", sentence, facts)
    if len(description) > DESCRIPTION_MOST:
        facts = {"most": str(DESCRIPTION_MOST), "now": str(len(description))}
        sentence = N_("Bài viết dài %(now)s ký tự; hãy rút còn %(most)s ký tự.")
        yield Fault("description", "description_long", sentence, facts)
    if description.lower().count("<img") > IMAGES_MOST:
        facts = {"most": str(IMAGES_MOST)}
        yield Fault(
            "description", "description_images", N_("Bài viết chỉ được có %(most)s ảnh; hãy bớt ảnh."), facts
        )
    yield from _forbidden(unicodedata.normalize("NFC", name), unicodedata.normalize("NFC", description))


def _forbidden(name: str, description: str) -> Iterator[Fault]:
    if names_alcohol(name):
        yield _alcohol()
    if claims_to_heal(name):
        yield Fault("name", "medicinal", N_("Sendo không nhận lời nói chữa bệnh; hãy bỏ khỏi tên sản phẩm."))
    if claims_to_heal(description):
        yield Fault("description", "medicinal", _MEDICINAL)


def _figures(body: Mapping[str, Any]) -> Iterator[Fault]:
    if not PRICE_LEAST <= body["price"] <= PRICE_MOST:
        facts = {"least": "1.000", "most": "1.000.000.000"}
        yield Fault(
            "price", "price", N_("Giá mỗi gói phải từ %(least)s đến %(most)s đồng; hãy sửa giá."), facts
        )
    if not 0 < body["weight"] <= WEIGHT_MOST:
        yield Fault(
            "weight", "weight", N_("Hãy ghi khối lượng cả bì của một gói, lớn hơn 0 và không quá 1 tấn.")
        )
    if any(not 0 < body[side] <= SIZE_MOST for side in ("length", "width", "height")):
        sentence = N_("Hãy ghi dài, rộng, cao của kiện hàng, mỗi cạnh từ 1 đến %(most)s cm.")
        yield Fault("length", "dimensions", sentence, {"most": str(SIZE_MOST)})
    if not 0 <= body["stock_quantity"] <= STOCK_MOST:
        yield Fault("stock_quantity", "stock", N_("Số gói phải từ 0 đến 1.000.000; hãy sửa số gói."))
    if body["stock_availability"] and body["stock_quantity"] <= 0:
        yield Fault("stock_availability", "stock_availability", N_("Hết hàng thì không thể để là còn hàng."))


def _pictures(body: Mapping[str, Any]) -> Iterator[Fault]:
    urls = [picture["picture_url"] for picture in body["pictures"]]
    if not urls:
        yield Fault("pictures", "picture_missing", N_("Hãy thêm ít nhất một ảnh sản phẩm."))
    if len(urls) > PICTURES_MOST:
        facts = {"most": str(PICTURES_MOST), "now": str(len(urls))}
        sentence = N_("Có %(now)s ảnh; Sendo nhận nhiều nhất %(most)s ảnh, hãy bớt ảnh.")
        yield Fault("pictures", "pictures_many", sentence, facts)
    if any(not _PICTURE.fullmatch(url) for url in urls):
        yield Fault("pictures", "picture_address", N_("Có ảnh không mở được từ ngoài; hãy tải lại ảnh."))


def _promotion(body: Mapping[str, Any]) -> Iterator[Fault]:
    special = body["special_price"]
    if not special:
        if body["is_promotion"]:
            yield Fault("special_price", "promotion_price", N_("Hãy ghi giá khuyến mãi, hoặc bỏ khuyến mãi."))
        return
    if not PRICE_LEAST <= special <= body["price"]:
        sentence = N_("Giá khuyến mãi phải từ %(least)s đồng và không cao hơn giá một gói; hãy sửa giá.")
        yield Fault("special_price", "promotion_price", sentence, {"least": "1.000"})
    first = promotion_moment(body["promotion_from_date"])
    last = promotion_moment(body["promotion_to_date"], last=True)
    if first is None or last is None:
        missing = "promotion_from_date" if first is None else "promotion_to_date"
        yield Fault(missing, "promotion_days", N_("Khuyến mãi cần cả ngày đầu và ngày cuối; hãy ghi đủ."))
    elif last < first:
        sentence = N_("Ngày cuối của khuyến mãi phải từ ngày đầu trở đi; hãy sửa ngày.")
        yield Fault("promotion_to_date", "promotion_days", sentence)
