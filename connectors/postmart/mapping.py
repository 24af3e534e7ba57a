"""Between our words and Postmart's, for products: pure functions, samples of both sides in `samples/`."""

import hashlib
import unicodedata
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from connectors.kit.figures import Unreadable, clean, needed, whole
from connectors.kit.protocol import Offer, RemoteProduct, RemoteState, Wording
from connectors.postmart.categories import OCOP_CERTIFICATE, OCOP_STAR

#: Our pack unit -> the word Postmart shows.
UNITS: Mapping[str, str] = {
    "piece": "Cái",
    "bag": "Túi",
    "jar": "Hũ",
    "bundle": "Bó",
    "set": "Bộ",
    "pair": "Đôi",
    "box": "Hộp",
    "bottle": "Chai",
    "carton": "Thùng",
    "crate": "Sọt",
}
UNIT_WORDS = frozenset(UNITS.values())

DRAFT, WAITING, APPROVED, REFUSED, HIDDEN, LOCKED, STOPPED = "0", "1", "2", "3", "4", "7", "9"
CONTENT, PRICE, STOP = "02", "03", "05"  #: an approval case's `AffairType`
ACCEPTED, PENDING = "00", "02"  #: a case's `Type`; anything else is a refusal

STATES = {
    DRAFT: RemoteState.DRAFT,
    WAITING: RemoteState.PENDING,
    APPROVED: RemoteState.LIVE,
    REFUSED: RemoteState.REJECTED,
    HIDDEN: RemoteState.OFF,
    LOCKED: RemoteState.LOCKED,
    STOPPED: RemoteState.OFF,
}
NEW_ADDRESS = "VNPOST"  #: the district of an address that has only province and commune
ORIGIN_PROVINCE = "22"  #: Tuyên Quang, which Hà Giang is part of since July 2025
PICTURES_MOST = 5

#: `informationProduct`'s properties that a content correction may change; price and stock have other ways.
CONTENT_FIELDS = (
    "productName", "categoryCode", "contentNote", "weight", "width", "length", "height", "unit",
    "originProvinceCode", "originDistrictCode", "originCommuneCode", "ocopStar", "ocopCertificate", "props",
)  # fmt: skip


def wording(offer: Offer) -> Wording:
    """The title on one line; the description as plain text, paragraphs kept."""
    return Wording(" ".join(clean(offer.title).split()), _plain(offer.description))


@lru_cache(maxsize=512)  # the rules, the preview and the body that is sent all ask for it
def _plain(description: str) -> str:
    return "\n\n".join(part.strip() for part in clean(description).split("\n\n") if part.strip())


def information(
    offer: Offer, pictures: Sequence[bytes], *, province: str = ORIGIN_PROVINCE, commune: str | None = None
) -> dict[str, Any]:
    """`informationProduct` of `POST /CreateProduct`; the weight is a text of grams, what is empty is null."""
    length, width, height = offer.dimensions_cm
    words = wording(offer)
    answers = {key: clean(value) for key, value in offer.attributes.items()}
    star = answers.pop(OCOP_STAR, "")
    certificate = answers.pop(OCOP_CERTIFICATE, "")
    return {
        "saleProductCode": offer.sku,
        "productName": words.title,
        "categoryCode": offer.category,
        "contentNote": words.description,
        "price": offer.price_vnd,
        "quantity": offer.packs,
        "weight": str(offer.gross_grams),
        "width": width,
        "length": length,
        "height": height,
        "unit": UNITS.get(offer.unit, ""),
        "originProvinceCode": province,
        "originDistrictCode": NEW_ADDRESS,
        "originCommuneCode": commune,
        "ocopStar": int(star) if star in ("3", "4", "5") else _odd_star(star),
        "ocopCertificate": certificate or None,
        "props": _props(offer.category, answers) or None,
        "images": [b64encode(picture).decode() for picture in pictures],
    }


def _odd_star(star: str) -> str | None:
    return None if star in ("", "0") else star  # what is no grade is sent as it was typed, to be refused


def _props(category: str, answers: Mapping[str, str]) -> list[dict[str, str]]:
    return [
        {"code": category, "propValue": f"{key}:{value}"} for key, value in sorted(answers.items()) if value
    ]


def creation(customer_code: str, product: Mapping[str, Any]) -> dict[str, Any]:
    """Body of `POST /CreateProduct`; status 1 hands it in at once."""
    return {"productCreationStatus": 1, "customerCode": customer_code, "informationProduct": dict(product)}


def content_correction(remote_id: str, changed: Mapping[str, Any]) -> dict[str, Any]:
    """Body of `POST /productCorrection` for changed content, in PascalCase."""
    product = {pascal(name): value for name, value in changed.items()}
    if changed.get("props") is not None:
        product["Props"] = [_pascal_prop(prop) for prop in changed["props"]]
    return {**_correction(remote_id, CONTENT), "Product": product}


def price_correction(remote_id: str, price: int) -> dict[str, Any]:
    """Body of `POST /productCorrection` for a new price."""
    return {**_correction(remote_id, PRICE), "Price": price}


def stop_correction(remote_id: str) -> dict[str, Any]:
    """Body of `POST /productCorrection` that ends the sale."""
    return {**_correction(remote_id, STOP), "Note": "Người bán ngừng bán"}


def _correction(remote_id: str, affair: str) -> dict[str, Any]:
    return {"OriginalId": remote_id, "SourceCode": "MYVNP", "AffairType": affair}


def _pascal_prop(prop: Mapping[str, str]) -> dict[str, str]:
    code, _, value = prop["propValue"].partition(":")
    return {"PropCode": code, "PropValue": value}


def pascal(name: str) -> str:
    """The same word with a large first letter."""
    return name[:1].upper() + name[1:]


def picture_tag(picture: bytes) -> str:
    """What the marketplace's picture store calls a picture's content: its MD5, as object stores do."""
    return hashlib.md5(picture, usedforsecurity=False).hexdigest()


def product_from_wire(row: Mapping[str, Any]) -> RemoteProduct:
    """One record of `getProduct` or `GetListProduct`; `Unreadable` names what is missing."""
    remote_id = row.get("originalId")
    if not isinstance(remote_id, str | int) or isinstance(remote_id, bool) or remote_id == "":
        raise Unreadable("originalId")
    sku = row.get("saleProductCode")
    status = "" if row.get("status") is None else str(row["status"])
    packs = whole(row.get("quantity"), "quantity") or 0
    return RemoteProduct(
        remote_id=str(remote_id),
        sku=unicodedata.normalize("NFC", sku) if isinstance(sku, str) else "",
        title=_text(row.get("productName")) or "",
        price_vnd=needed(row, "price"),
        packs=packs,
        state=_state(status, packs, waiting_affairs(row)),
        url=_text(row.get("productUrl")),
        reason=_text(row.get("note")),
        raw_state=status,
    )


def waiting_cases(row: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Cases of a record that still wait, by `AffairType`; the newest of each."""
    listed = row.get("waitingCases")
    cases = [case for case in listed if isinstance(case, Mapping)] if isinstance(listed, list) else []
    return {str(case.get("affairType")): case for case in cases if case.get("caseId")}


def waiting_affairs(row: Mapping[str, Any]) -> frozenset[str]:
    """Which kinds of change still wait."""
    return frozenset(waiting_cases(row))


def _state(status: str, packs: int, waiting: frozenset[str]) -> RemoteState:
    # What is coming back on sale must not read as off: its stock may be sold as soon as that is approved.
    if status in (STOPPED, HIDDEN) and CONTENT in waiting:
        return RemoteState.PENDING
    if status == APPROVED and STOP in waiting and packs == 0:
        return RemoteState.OFF
    return STATES.get(status, RemoteState.UNKNOWN)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
