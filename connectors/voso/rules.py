"""What Voso takes and what it refuses: one rule pack for the preview, the publisher and the mock.

`check` speaks about an offer in our words; `check_wire` about a body in Voso's. The first rests on the
second, so a green preview is a body the marketplace takes. Sentences hold `%(name)s`, filled from `facts`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.kit.attributes import is_required
from connectors.kit.protocol import N_, Attribute, Offer, Problem, Schema
from connectors.kit.restricted import claims_to_heal, names_alcohol
from connectors.kit.text import byte_length, fits
from connectors.voso.categories import schema_of
from connectors.voso.mapping import (
    NAME_MOST,
    PICTURES_MOST,
    fits_picture,
    good_pictures,
    to_wire,
    whole_title,
    wording,
)

TEXT_MOST = 150  # bytes
DESCRIPTION_MOST = 4_000  # bytes
SKU_FORM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,49}")  # assumed
PRICE_LEAST, PRICE_MOST = 1_000, 1_000_000_000  # assumed
STOCK_MOST = 1_000_000  # assumed
WEIGHT_MOST = 1_000_000  # grams, assumed
SIZE_MOST = 300  # centimetres, assumed


@dataclass(frozen=True)
class Fault:
    """One rule a body breaks: Voso's field, a stable code, the sentence with the fix."""

    name: str
    code: str
    sentence: str
    facts: Mapping[str, str] = field(default_factory=dict)


#: Voso's field -> our field.
FIELDS = {
    "PRODUCT_NAME": "title",
    "PRODUCT_CODE": "sku",
    "PRODUCT_PRICE": "price_vnd",
    "PRODUCT_WEIGHT": "gross_grams",
    "PRODUCT_QUANTITY": "packs",
    "PRODUCT_DESCRIPTION": "description",
    "CATEGORY_ID": "category",
    "PRODUCT_LENGTH": "dimensions_cm",
    "PRODUCT_WIDTH": "dimensions_cm",
    "PRODUCT_HEIGHT": "dimensions_cm",
    "LIST_IMAGE": "pictures",
    "FILE": "pictures",
    "LIST_ATTRIBUTE": "attributes",
}


def check(offer: Offer) -> Sequence[Problem]:
    """What keeps the offer off Voso, one problem for each of our fields and causes (R-42), and hints."""
    schema = offer.schema if offer.schema and offer.schema.category == offer.category else None
    body = to_wire(offer, [picture.url for picture in good_pictures(offer)])
    problems: dict[tuple[str, str], Problem] = {}
    for fault in (*_restrictions(offer), *check_wire(body, schema)):
        problem = Problem(FIELDS.get(fault.name, fault.name), fault.code, fault.sentence, fault.facts)
        problems.setdefault((problem.field, problem.code), problem)
    return [*problems.values(), *_hints(offer)]


def _restrictions(offer: Offer) -> Iterator[Fault]:
    if offer.restricted == "alcohol":
        yield _alcohol()
    if offer.restricted == "medicinal":
        yield Fault("PRODUCT_DESCRIPTION", "medicinal", _MEDICINAL)


def _hints(offer: Offer) -> Iterator[Problem]:
    """What is left out or cut on the way, so that nothing happens silently."""
    title = whole_title(offer)
    if not fits(title, NAME_MOST):
        facts = {"now": str(byte_length(title)), "most": str(NAME_MOST), "sent": wording(offer).title}
        sentence = N_("Tên dài %(now)s byte, Voso nhận %(most)s byte; tên sẽ gửi là “%(sent)s”.")
        yield Problem("title", "title_cut", sentence, facts, blocks=False)
    bad = [place for place, picture in enumerate(offer.pictures, 1) if not fits_picture(picture)]
    if bad and len(bad) < len(offer.pictures):
        facts = {"places": ", ".join(map(str, bad))}
        sentence = N_(
            "Ảnh số %(places)s quá nhỏ hoặc quá nặng nên không gửi; hãy thay ảnh từ 500 điểm, dưới 2 MB."
        )
        yield Problem("pictures", "pictures_left_out", sentence, facts, blocks=False)
    if len(offer.pictures) - len(bad) > PICTURES_MOST:
        facts = {"most": str(PICTURES_MOST), "now": str(len(offer.pictures) - len(bad))}
        sentence = N_("Có %(now)s ảnh; Voso nhận %(most)s ảnh nên chỉ gửi %(most)s ảnh đầu.")
        yield Problem("pictures", "pictures_many", sentence, facts, blocks=False)
    if offer.promotion is not None:
        sentence = N_(
            "Voso không nhận giá khuyến mãi qua kết nối; hãy đăng ký flash sale trên trang người bán."
        )
        yield Problem("promotion", "promotion_left_out", sentence, blocks=False)


_MEDICINAL = N_("Voso không nhận lời nói chữa bệnh; hãy bỏ các từ như “chữa bệnh”, “điều trị” khỏi bài viết.")


def _alcohol() -> Fault:
    sentence = N_("Voso không cho bán rượu bia; hãy bán mặt hàng này ở nơi được phép.")
    return Fault("PRODUCT_NAME", "alcohol", sentence)


def check_wire(body: Mapping[str, Any], schema: Schema | None = None) -> Iterator[Fault]:
    """Every rule a body breaks; its numbers are numbers already. Without a schema ours is used."""
    yield from _words(body)
    yield from _figures(body)
    if not 1 <= len(body["LIST_IMAGE"]) <= PICTURES_MOST:
        yield Fault("LIST_IMAGE", "picture_missing", _PICTURE)
    schema = schema or schema_of(body["CATEGORY_ID"])
    if schema is None:
        sentence = N_("Hãy chọn ngành hàng cấp cuối của Voso, ví dụ “Trái cây có múi”.")
        yield Fault("CATEGORY_ID", "category", sentence)
    else:
        yield from _attributes(body["LIST_ATTRIBUTE"], schema)


_PICTURE = N_("Hãy thêm ít nhất một ảnh JPEG hoặc PNG, mỗi cạnh từ 500 điểm ảnh, dưới 2 MB.")


def _words(body: Mapping[str, Any]) -> Iterator[Fault]:
    name, description = body["PRODUCT_NAME"], body["PRODUCT_DESCRIPTION"]
    if not name.strip():
        yield Fault("PRODUCT_NAME", "title_missing", N_("Hãy ghi tên sản phẩm."))
    if not fits(name, NAME_MOST):
        facts = {"most": str(NAME_MOST), "now": str(byte_length(name))}
        sentence = N_("Tên dài %(now)s byte; hãy rút còn %(most)s byte.")
        yield Fault("PRODUCT_NAME", "title_long", sentence, facts)
    if not SKU_FORM.fullmatch(body["PRODUCT_CODE"]):
        sentence = N_("Mã hàng chỉ gồm chữ không dấu, số và dấu gạch, không quá 50 ký tự; hãy sửa mã.")
        yield Fault("PRODUCT_CODE", "sku", sentence)
    if not description.strip():
        yield Fault("PRODUCT_DESCRIPTION", "description_missing", N_("Hãy viết bài giới thiệu sản phẩm."))
    if not fits(description, DESCRIPTION_MOST):
        facts = {"most": str(DESCRIPTION_MOST), "now": str(byte_length(description))}
        sentence = N_("Bài viết dài %(now)s byte (chữ có dấu chiếm 2 đến 3 byte); hãy rút còn %(most)s byte.")
        yield Fault("PRODUCT_DESCRIPTION", "description_long", sentence, facts)
    if names_alcohol(name):
        yield _alcohol()
    if claims_to_heal(name):
        sentence = N_("Voso không nhận lời nói chữa bệnh; hãy bỏ khỏi tên sản phẩm.")
        yield Fault("PRODUCT_NAME", "medicinal", sentence)
    if claims_to_heal(description):
        yield Fault("PRODUCT_DESCRIPTION", "medicinal", _MEDICINAL)


def _figures(body: Mapping[str, Any]) -> Iterator[Fault]:
    if not PRICE_LEAST <= body["PRODUCT_PRICE"] <= PRICE_MOST:
        facts = {"least": "1.000", "most": "1.000.000.000"}
        sentence = N_("Giá mỗi gói phải từ %(least)s đến %(most)s đồng; hãy sửa giá.")
        yield Fault("PRODUCT_PRICE", "price", sentence, facts)
    if not 0 < body["PRODUCT_WEIGHT"] <= WEIGHT_MOST:
        sentence = N_("Hãy ghi khối lượng cả bì của một gói, lớn hơn 0 và không quá 1 tấn.")
        yield Fault("PRODUCT_WEIGHT", "weight", sentence)
    if any(not 0 < body[f"PRODUCT_{side}"] <= SIZE_MOST for side in ("LENGTH", "WIDTH", "HEIGHT")):
        sentence = N_("Hãy ghi dài, rộng, cao của kiện hàng, mỗi cạnh từ 1 đến %(most)s cm.")
        yield Fault("PRODUCT_LENGTH", "dimensions", sentence, {"most": str(SIZE_MOST)})
    if not 0 <= body["PRODUCT_QUANTITY"] <= STOCK_MOST:
        yield Fault("PRODUCT_QUANTITY", "stock", N_("Số gói phải từ 0 đến 1.000.000; hãy sửa số gói."))


def _attributes(pairs: Sequence[Mapping[str, str]], schema: Schema) -> Iterator[Fault]:
    known = {attribute.id: attribute for attribute in schema.attributes}
    values = {pair["ATTRIBUTE_CODE"]: pair["VALUE"].strip() for pair in pairs}
    for code, value in values.items():
        if code not in known:
            sentence = N_("Thuộc tính “%(name)s” không có ở ngành hàng này của Voso; hãy bỏ thuộc tính này.")
            yield Fault("LIST_ATTRIBUTE", f"attribute_unknown.{code}", sentence, {"name": code})
        elif value:
            yield from _value(known[code], value)
    for attribute in schema.attributes:
        if not values.get(attribute.id) and is_required(attribute, values):
            sentence = N_("Voso cần “%(name)s” cho ngành hàng này; hãy điền vào.")
            yield _attribute_fault(attribute, "missing", sentence)


def _value(attribute: Attribute, value: str) -> Iterator[Fault]:
    if not fits(value, TEXT_MOST):
        sentence = N_("“%(name)s” dài quá %(most)s byte; hãy viết ngắn lại.")
        yield _attribute_fault(attribute, "long", sentence, most=str(TEXT_MOST))
    elif attribute.options and value not in attribute.options:
        sentence = N_("“%(name)s” chỉ nhận một trong: %(options)s; hãy chọn lại.")
        yield _attribute_fault(attribute, "option", sentence, options=", ".join(attribute.options))


def _attribute_fault(attribute: Attribute, what: str, sentence: str, **facts: str) -> Fault:
    code = f"attribute_{what}.{attribute.id}"
    return Fault("LIST_ATTRIBUTE", code, sentence, {"name": attribute.name, **facts})
