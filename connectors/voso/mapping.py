"""Between our words and Voso's: pure functions, with samples of both sides in `samples/`."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.kit.figures import Unreadable, clean, needed, whole
from connectors.kit.protocol import (
    Offer,
    Picture,
    PriceAndStock,
    RemoteProduct,
    RemoteState,
    Wording,
)
from connectors.kit.text import cut_bytes

NAME_MOST = 150  #: bytes, as every text of the house unless said otherwise
PICTURES_MOST = 8
PICTURE_BYTES = 2_000_000
PICTURE_SIDE = 500  #: pixels, the least of each side

DRAFT, WAITING, REFUSED, WITHDRAWN, LIVE, AGAIN, HIDDEN, LOCKED = -100, 100, 101, 107, 200, 202, 300, 503
STATES = {
    DRAFT: RemoteState.DRAFT,
    WAITING: RemoteState.PENDING,
    REFUSED: RemoteState.REJECTED,
    WITHDRAWN: RemoteState.OFF,
    LIVE: RemoteState.LIVE,
    AGAIN: RemoteState.PENDING,
    HIDDEN: RemoteState.OFF,
    LOCKED: RemoteState.LOCKED,
}


def wording(offer: Offer) -> Wording:
    """The title on one line, cut to 150 bytes between two letters; the description as plain text."""
    return Wording(cut_bytes(whole_title(offer), NAME_MOST), clean(offer.description))


def whole_title(offer: Offer) -> str:
    """The title before it is cut."""
    return " ".join(clean(offer.title).split())


def good_pictures(offer: Offer) -> list[Picture]:
    """The pictures Voso takes, the first eight of them; a figure that is not known speaks for a picture."""
    return [picture for picture in offer.pictures if fits_picture(picture)][:PICTURES_MOST]


def fits_picture(picture: Picture) -> bool:
    """Whether one picture is small enough in bytes and large enough in pixels."""
    sides = [side for side in (picture.width, picture.height) if side]
    return picture.size <= PICTURE_BYTES and all(side >= PICTURE_SIDE for side in sides)


def to_wire(offer: Offer, images: Sequence[str]) -> dict[str, Any]:
    """Body of `createProduct`; `images` are the ids of its uploaded pictures, the cover first."""
    length, width, height = offer.dimensions_cm
    words = wording(offer)
    return {
        "PRODUCT_CODE": unicodedata.normalize("NFC", offer.sku),
        "CHECK_UNIQUE": True,
        "CATEGORY_ID": int(offer.category) if _digits(offer.category) else 0,
        "PRODUCT_NAME": words.title,
        "PRODUCT_DESCRIPTION": words.description,
        "PRODUCT_PRICE": offer.price_vnd,
        "PRODUCT_WEIGHT": offer.gross_grams,
        "PRODUCT_LENGTH": length,
        "PRODUCT_WIDTH": width,
        "PRODUCT_HEIGHT": height,
        "PRODUCT_QUANTITY": offer.packs,
        "GROUPADDRESS_ID": 0,
        "LIST_IMAGE": list(images),
        "LIST_ATTRIBUTE": [
            {"ATTRIBUTE_CODE": code, "VALUE": clean(value)} for code, value in offer.attributes.items()
        ],
    }


def to_edit(body: Mapping[str, Any], product_id: str) -> dict[str, Any]:
    """Body of `edit`: as that of a create, for the product with this number."""
    fields = {name: value for name, value in body.items() if name != "CHECK_UNIQUE"}
    return {"PRODUCT_ID": int(product_id), **fields}


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


_TEXTS = ("PRODUCT_CODE", "PRODUCT_NAME", "PRODUCT_DESCRIPTION")
_NUMBERS = ("CATEGORY_ID", "PRODUCT_WEIGHT", "PRODUCT_LENGTH", "PRODUCT_WIDTH", "PRODUCT_HEIGHT")


def same_content(there: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether a product detail already says what a body would write, price and stock left aside."""
    try:
        return _content(there) == _content(wanted)
    except Unreadable:
        return False


def same_figures(there: Mapping[str, Any], offer: Offer) -> bool:
    """Whether a product detail has the price and the stock of an offer already."""
    try:
        return (needed(there, "PRODUCT_PRICE"), needed(there, "PRODUCT_QUANTITY")) == (
            offer.price_vnd,
            offer.packs,
        )
    except Unreadable:
        return False


def _content(row: Mapping[str, Any]) -> list[Any]:
    images, attributes = (_listed(row.get(name)) for name in ("LIST_IMAGE", "LIST_ATTRIBUTE"))
    return [
        *(str(row.get(name) or "") for name in _TEXTS),
        *(whole(row.get(name), name) for name in _NUMBERS),
        images,
        sorted(
            (str(pair.get("ATTRIBUTE_CODE")), str(pair.get("VALUE")))
            for pair in attributes
            if isinstance(pair, Mapping)
        ),
    ]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def price_row(row: PriceAndStock) -> dict[str, Any]:
    """One item of `updatePriceStock`."""
    code = unicodedata.normalize("NFC", row.sku)
    return {"PRODUCT_CODE": code, "PRODUCT_PRICE": row.price_vnd, "PRODUCT_QUANTITY": row.packs}


def product_from_wire(row: Mapping[str, Any]) -> RemoteProduct:
    """A row of the product list or a product detail; `Unreadable` without a number.

    What the seller hid or withdrew nobody can buy: it is told with 0 packs.
    """
    status = product_status(row)
    state = STATES.get(status, RemoteState.UNKNOWN) if status is not None else RemoteState.UNKNOWN
    packs = whole(row.get("PRODUCT_QUANTITY"), "PRODUCT_QUANTITY") or 0
    return RemoteProduct(
        remote_id=str(needed(row, "PRODUCT_ID")),
        sku=unicodedata.normalize("NFC", text(row.get("PRODUCT_CODE")) or ""),
        title=text(row.get("PRODUCT_NAME")) or "",
        price_vnd=whole(row.get("PRODUCT_PRICE"), "PRODUCT_PRICE") or 0,
        packs=0 if state is RemoteState.OFF else packs,
        state=state,
        url=text(row.get("PRODUCT_URL")),
        reason=text(row.get("NOTE")),
        raw_state=str(row.get("PRODUCT_STATUS") if status is None else status),
    )


def product_status(row: Mapping[str, Any]) -> int | None:
    """The number of a product's state; None when it is none."""
    try:
        return whole(row.get("PRODUCT_STATUS"), "PRODUCT_STATUS")
    except Unreadable:
        return None


def text(value: Any) -> str | None:
    """A text that says something, else None."""
    return value if isinstance(value, str) and value else None
