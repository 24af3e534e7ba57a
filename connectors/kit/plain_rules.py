"""The rule pack of a marketplace that wants what all want; its figures are arguments, its sentences ours."""

import re
from collections.abc import Iterator, Mapping

from connectors.kit.figures import clean
from connectors.kit.protocol import N_, Offer, Problem, Schema, Wording
from connectors.kit.restricted import claims_to_heal, names_alcohol

PRICE_LEAST, PRICE_MOST = 1_000, 1_000_000_000
PACKS_MOST = 1_000_000
GRAMS_MOST = 1_000_000
_SKU = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,49}")
_ADDRESS = re.compile(r"https?://[^\s/]+\S*", re.IGNORECASE)


def plain_wording(offer: Offer) -> Wording:
    """The title on one line, the description as plain text."""
    return Wording(" ".join(clean(offer.title).split()), clean(offer.description))


def plain_problems(
    offer: Offer, *, leaves: Mapping[str, Schema], title_most: int, description_most: int, pictures_most: int
) -> Iterator[Problem]:
    """What keeps an offer off; `leaves` are the categories that take goods, lengths are in characters."""
    words = plain_wording(offer)
    yield from _words(offer, words, title_most, description_most)
    yield from _figures(offer)
    if not offer.pictures:
        yield Problem("pictures", "picture_missing", N_("Hãy thêm ít nhất một ảnh sản phẩm."))
    if len(offer.pictures) > pictures_most:
        facts = {"most": str(pictures_most), "now": str(len(offer.pictures))}
        sentence = N_("Có %(now)s ảnh; sàn nhận nhiều nhất %(most)s ảnh, hãy bớt ảnh.")
        yield Problem("pictures", "pictures_many", sentence, facts)
    if any(not _ADDRESS.fullmatch(picture.url) for picture in offer.pictures):
        sentence = N_("Có ảnh không mở được từ ngoài; hãy tải lại ảnh.")
        yield Problem("pictures", "picture_address", sentence)
    yield from _category(offer, leaves)


def _words(offer: Offer, words: Wording, title_most: int, description_most: int) -> Iterator[Problem]:
    if not words.title:
        yield Problem("title", "title_missing", N_("Hãy ghi tên sản phẩm."))
    if not words.description:
        yield Problem("description", "description_missing", N_("Hãy viết bài giới thiệu sản phẩm."))
    if len(words.title) > title_most:
        facts = {"most": str(title_most), "now": str(len(words.title))}
        sentence = N_("Tên dài %(now)s ký tự; hãy rút còn %(most)s ký tự.")
        yield Problem("title", "title_long", sentence, facts)
    if len(words.description) > description_most:
        facts = {"most": str(description_most), "now": str(len(words.description))}
        sentence = N_("Bài viết dài %(now)s ký tự; hãy rút còn %(most)s ký tự.")
        yield Problem("description", "description_long", sentence, facts)
    if not _SKU.fullmatch(offer.sku):
        sentence = N_("Mã hàng chỉ gồm chữ không dấu, số và dấu gạch, không quá 50 ký tự; hãy sửa mã.")
        yield Problem("sku", "sku", sentence)
    if offer.restricted == "alcohol" or names_alcohol(words.title):
        sentence = N_("Sàn không cho bán rượu bia; hãy bán mặt hàng này ở nơi được phép.")
        yield Problem("title", "alcohol", sentence)
    if offer.restricted == "medicinal" or claims_to_heal(f"{words.title}\n{words.description}"):
        sentence = N_("Sàn không nhận lời nói chữa bệnh; hãy bỏ các từ như “chữa bệnh”, “điều trị”.")
        yield Problem("description", "medicinal", sentence)


def _figures(offer: Offer) -> Iterator[Problem]:
    if not PRICE_LEAST <= offer.price_vnd <= PRICE_MOST:
        facts = {"least": "1.000", "most": "1.000.000.000"}
        sentence = N_("Giá mỗi gói phải từ %(least)s đến %(most)s đồng; hãy sửa giá.")
        yield Problem("price_vnd", "price", sentence, facts)
    if not 0 <= offer.packs <= PACKS_MOST:
        yield Problem("packs", "stock", N_("Số gói phải từ 0 đến 1.000.000; hãy sửa số gói."))
    if not 0 < offer.gross_grams <= GRAMS_MOST:
        sentence = N_("Hãy ghi khối lượng cả bì của một gói, lớn hơn 0 và không quá 1 tấn.")
        yield Problem("gross_grams", "weight", sentence)


def _category(offer: Offer, leaves: Mapping[str, Schema]) -> Iterator[Problem]:
    schema = leaves.get(offer.category)
    if schema is None:
        yield Problem("category", "category", N_("Hãy chọn ngành hàng cấp cuối của sàn."))
        return
    for attribute in schema.attributes:
        if attribute.required and not clean(offer.attributes.get(attribute.id, "")):
            sentence = N_("Hãy ghi “%(name)s”: ngành hàng này bắt buộc.")
            yield Problem("attributes", f"attribute_{attribute.id}", sentence, {"name": attribute.name})
