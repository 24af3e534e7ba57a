"""What Postmart takes and what it refuses: one rule pack for the preview, the publisher and the mock.

`check` speaks about an offer in our words; `check_wire` about `informationProduct`. The first rests on the
second, so a green preview is a body the marketplace takes. Sentences hold `%(name)s`, filled from `facts`.
Every limit here is assumed (`README.md`).
"""

import binascii
import re
import unicodedata
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.kit.attributes import fits, missing
from connectors.kit.protocol import N_, Offer, Picture, Problem, Schema
from connectors.kit.restricted import claims_to_heal, names_alcohol
from connectors.postmart.categories import OCOP_CERTIFICATE, OCOP_STAR, schema
from connectors.postmart.mapping import PICTURES_MOST, UNIT_WORDS, UNITS, information

NAME_LEAST, NAME_MOST = 5, 200  #: characters
NOTE_LEAST, NOTE_MOST = 20, 10_000  #: characters
SKU_FORM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,49}")
PRICE_LEAST, PRICE_MOST = 1_000, 500_000_000
STOCK_MOST = 1_000_000
WEIGHT_MOST = 200_000  #: grams
SIZE_MOST = 200  #: centimetres
ANSWER_MOST = 200  #: characters of one attribute
PICTURE_MOST = 1_048_576  #: bytes
PICTURE_ADDRESS = re.compile(r"https?://[^\s/]+\S*", re.IGNORECASE)
NO_ADDRESS = N_("Có ảnh không mở được; hãy bỏ ảnh đó và thêm lại.")
MAGIC = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
STAND_IN = b"\xff\xd8\xff"  #: for a good picture whose bytes the preview has no need of


@dataclass(frozen=True)
class Fault:
    """One rule a body breaks: Postmart's property, a stable code, the sentence with the fix."""

    name: str
    code: str
    sentence: str
    facts: Mapping[str, str] = field(default_factory=dict)
    blocks: bool = True


#: Postmart's property -> our field.
FIELDS = {
    "saleProductCode": "sku",
    "productName": "title",
    "categoryCode": "category",
    "contentNote": "description",
    "price": "price_vnd",
    "quantity": "packs",
    "weight": "gross_grams",
    "width": "dimensions_cm",
    "length": "dimensions_cm",
    "height": "dimensions_cm",
    "unit": "unit",
    "ocopStar": "attributes",
    "ocopCertificate": "attributes",
    "props": "attributes",
    "images": "pictures",
}


def check(offer: Offer) -> Sequence[Problem]:
    """Everything that keeps the offer off Postmart, one problem for each of our fields and causes (R-42)."""
    asked = _asked(offer)
    body = information(offer, [STAND_IN] * len(sendable(offer)))
    problems: dict[tuple[str, str], Problem] = {}
    for fault in (*_restrictions(offer), *_left_out(offer), *check_wire(body, asked)):
        name = FIELDS.get(fault.name, fault.name)
        problem = Problem(name, fault.code, fault.sentence, fault.facts, fault.blocks)
        problems.setdefault((problem.field, problem.code), problem)
    return list(problems.values())


def _asked(offer: Offer) -> Schema | None:
    told = offer.schema
    return told if told is not None and told.category == offer.category else schema(offer.category)


def sendable(offer: Offer) -> list[Picture]:
    """The pictures that are sent: small enough (unknown counts as such), as many as there is room for."""
    good = [picture for picture in offer.pictures if picture.size <= PICTURE_MOST]
    return good[:PICTURES_MOST]


def _left_out(offer: Offer) -> Iterator[Fault]:
    large = [picture for picture in offer.pictures if picture.size > PICTURE_MOST]
    none_left = len(large) == len(offer.pictures)
    if large and none_left:
        sentence = N_("Mọi ảnh đều lớn hơn 1 MB; hãy thêm ít nhất một ảnh nhỏ hơn.")
        yield Fault("images", "pictures_large", sentence)
    elif large:
        sentence = N_("%(count)s ảnh lớn hơn 1 MB sẽ không lên Postmart; hãy thay bằng ảnh nhỏ hơn.")
        yield Fault("images", "picture_large", sentence, {"count": str(len(large))}, blocks=False)
    if len(offer.pictures) - len(large) > PICTURES_MOST:
        sentence = N_("Postmart chỉ nhận %(most)s ảnh; các ảnh sau đó sẽ không được gửi.")
        yield Fault("images", "pictures_many", sentence, {"most": str(PICTURES_MOST)}, blocks=False)
    if any(not PICTURE_ADDRESS.fullmatch(picture.url) for picture in sendable(offer)):
        yield Fault("images", "picture_address", NO_ADDRESS)


def _restrictions(offer: Offer) -> Iterator[Fault]:
    if offer.restricted == "alcohol":
        yield _alcohol()
    if offer.restricted == "medicinal":
        yield Fault("contentNote", "medicinal", _MEDICINAL)
    if offer.unit not in UNITS:
        yield _unit()
    if offer.promotion is not None:
        sentence = N_("Postmart không có giá khuyến mãi; tin ở đây giữ giá thường.")
        yield Fault("promotion", "promotion_left_out", sentence, blocks=False)


_MEDICINAL = N_(
    "Postmart không nhận lời nói chữa bệnh; hãy bỏ các từ như “chữa bệnh”, “điều trị” khỏi bài viết."
)


def _alcohol() -> Fault:
    sentence = N_("Postmart không cho bán rượu bia; hãy bán mặt hàng này ở nơi được phép.")
    return Fault("productName", "alcohol", sentence)


def _unit() -> Fault:
    sentence = N_("Postmart không có đơn vị này; hãy chọn hộp, thùng, sọt, túi, chai, hũ hoặc cái.")
    return Fault("unit", "unit", sentence)


def check_wire(body: Mapping[str, Any], asked: Schema | None) -> Iterator[Fault]:
    """Every rule a body breaks; `asked` is what its category wants, None where there is no such leaf."""
    yield from _words(body)
    yield from _figures(body)
    yield from _pictures(body["images"])
    if body["unit"] not in UNIT_WORDS:
        yield _unit()
    if asked is None:
        sentence = N_("Hãy chọn ngành hàng cấp cuối của Postmart, ví dụ “Trái cây tươi”.")
        yield Fault("categoryCode", "category", sentence)
        return
    yield from _answers(body, asked)


def _words(body: Mapping[str, Any]) -> Iterator[Fault]:
    name, note = body["productName"], body["contentNote"]
    if len(name.strip()) < NAME_LEAST:
        facts = {"least": str(NAME_LEAST)}
        yield Fault(
            "productName", "title_short", N_("Hãy ghi tên sản phẩm từ %(least)s ký tự trở lên."), facts
        )
    if len(name) > NAME_MOST:
        facts = {"most": str(NAME_MOST), "now": str(len(name))}
        sentence = N_("Tên dài %(now)s ký tự; hãy rút còn %(most)s ký tự.")
        yield Fault("productName", "title_long", sentence, facts)
    if not SKU_FORM.fullmatch(body["saleProductCode"]):
        sentence = N_("Mã hàng chỉ gồm chữ không dấu, số và dấu gạch, không quá 50 ký tự; hãy sửa mã.")
        yield Fault("saleProductCode", "sku", sentence)
    if len(note.strip()) < NOTE_LEAST:
        facts = {"least": str(NOTE_LEAST), "now": str(len(note.strip()))}
        sentence = N_("Bài viết mới có %(now)s ký tự; hãy viết thêm cho đủ %(least)s ký tự.")
        yield Fault("contentNote", "description_short", sentence, facts)
    if len(note) > NOTE_MOST:
        facts = {"most": str(NOTE_MOST), "now": str(len(note))}
        sentence = N_("Bài viết dài %(now)s ký tự; hãy rút còn %(most)s ký tự.")
        yield Fault("contentNote", "description_long", sentence, facts)
    yield from _forbidden(unicodedata.normalize("NFC", name), unicodedata.normalize("NFC", note))


def _forbidden(name: str, note: str) -> Iterator[Fault]:
    if names_alcohol(name):
        yield _alcohol()
    if claims_to_heal(name):
        sentence = N_("Postmart không nhận lời nói chữa bệnh; hãy bỏ khỏi tên sản phẩm.")
        yield Fault("productName", "medicinal", sentence)
    if claims_to_heal(note):
        yield Fault("contentNote", "medicinal", _MEDICINAL)


def _figures(body: Mapping[str, Any]) -> Iterator[Fault]:
    if not PRICE_LEAST <= body["price"] <= PRICE_MOST:
        facts = {"least": "1.000", "most": "500.000.000"}
        sentence = N_("Giá mỗi gói phải từ %(least)s đến %(most)s đồng; hãy sửa giá.")
        yield Fault("price", "price", sentence, facts)
    if not 0 < int(body["weight"]) <= WEIGHT_MOST:
        sentence = N_("Hãy ghi khối lượng cả bì của một gói, lớn hơn 0 và không quá 200 kg.")
        yield Fault("weight", "weight", sentence)
    if any(not 0 < body[side] <= SIZE_MOST for side in ("length", "width", "height")):
        sentence = N_("Hãy ghi dài, rộng, cao của kiện hàng, mỗi cạnh từ 1 đến %(most)s cm.")
        yield Fault("length", "dimensions", sentence, {"most": str(SIZE_MOST)})
    if not 0 <= body["quantity"] <= STOCK_MOST:
        yield Fault("quantity", "stock", N_("Số gói phải từ 0 đến 1.000.000; hãy sửa số gói."))


def _pictures(images: Sequence[str]) -> Iterator[Fault]:
    if not images:
        yield Fault("images", "picture_missing", N_("Hãy thêm ít nhất một ảnh sản phẩm."))
    if len(images) > PICTURES_MOST:
        facts = {"most": str(PICTURES_MOST), "now": str(len(images))}
        sentence = N_("Có %(now)s ảnh; Postmart nhận nhiều nhất %(most)s ảnh, hãy bớt ảnh.")
        yield Fault("images", "pictures_over", sentence, facts)
    contents = [decoded(image) for image in images]
    if any(content is None or not content.startswith(MAGIC) for content in contents):
        sentence = N_("Có ảnh không phải JPEG hay PNG; hãy tải lại ảnh đó.")
        yield Fault("images", "picture_form", sentence)
    if any(content is not None and len(content) > PICTURE_MOST for content in contents):
        sentence = N_("Có ảnh lớn hơn 1 MB; hãy thay bằng ảnh nhỏ hơn.")
        yield Fault("images", "picture_over", sentence)


def decoded(image: str) -> bytes | None:
    """A picture out of its base64; None when it is none."""
    try:
        return b64decode(image, validate=True)
    except (binascii.Error, ValueError):
        return None


def answers_of(body: Mapping[str, Any]) -> dict[str, str]:
    """A body's answers to what its category asks, by attribute id."""
    told = [prop["propValue"].partition(":") for prop in body["props"] or []]
    answers = {name: value for name, _, value in told}
    answers[OCOP_STAR] = "" if body["ocopStar"] is None else str(body["ocopStar"])
    answers[OCOP_CERTIFICATE] = body["ocopCertificate"] or ""
    return answers


def _answers(body: Mapping[str, Any], asked: Schema) -> Iterator[Fault]:
    answers = answers_of(body)
    known = {attribute.id: attribute for attribute in asked.attributes}
    for name, value in answers.items():
        if value and name not in known:
            sentence = N_("Thuộc tính “%(name)s” không có trên Postmart; hãy bỏ thuộc tính này.")
            yield Fault("props", f"attribute_{name[:40]}", sentence, {"name": name})
        elif len(value) > ANSWER_MOST:
            sentence = N_("“%(name)s” dài quá %(most)s ký tự; hãy viết ngắn lại.")
            yield Fault(
                "props", f"attribute_{name}", sentence, {"name": known[name].name, "most": str(ANSWER_MOST)}
            )
    for attribute in missing(asked, answers):
        chosen = answers.get(attribute.id, "").strip()
        if chosen and not fits(attribute, chosen):
            sentence = N_("“%(name)s” không có lựa chọn “%(value)s”; hãy chọn lại.")
            facts = {"name": attribute.name, "value": chosen[:60]}
        else:
            sentence = N_("Postmart đòi “%(name)s”; hãy điền vào phần thuộc tính của sản phẩm.")
            facts = {"name": attribute.name}
        yield Fault("props", f"attribute_{attribute.id}", sentence, facts)
