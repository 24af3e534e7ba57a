"""What must be sent so that a product there becomes the offer: only what differs, what waits counted in.

A correction that waits for approval counts as done when it says the same; when it says something else, a
newer one of its kind takes its place (`README.md`, assumed).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.kit.figures import Unreadable, whole
from connectors.postmart.mapping import (
    APPROVED,
    CONTENT,
    CONTENT_FIELDS,
    HIDDEN,
    PRICE,
    STOP,
    STOPPED,
    waiting_cases,
)

_NUMBERS = frozenset({"weight", "width", "length", "height", "price", "quantity"})


@dataclass(frozen=True)
class Changes:
    """`content`: properties to correct, {} for none; `price` and `stock`: None where nothing is to be sent.

    `waiting` are the cases that say already what is wanted.
    """

    content: Mapping[str, Any]
    price: int | None
    stock: int | None
    waiting: tuple[str, ...]

    @property
    def needs_approval(self) -> bool:
        """Whether anything but the stock is to be sent."""
        return bool(self.content) or self.price is not None


def changes(row: Mapping[str, Any], wanted: Mapping[str, Any], tags: Sequence[str]) -> Changes:
    """Compare a record with `informationProduct` as we want it; `tags` name its pictures' content."""
    cases = waiting_cases(row)
    content = _content(row, wanted, tags, cases)
    price = _price(row, wanted, cases)
    kept = [
        str(cases[affair]["caseId"])
        for affair, sent in ((CONTENT, bool(content)), (PRICE, price is not None))
        if affair in cases and not sent
    ]
    stock = None if _same("quantity", row.get("quantity"), wanted["quantity"]) else wanted["quantity"]
    return Changes(content, price, stock, tuple(kept))


def _content(
    row: Mapping[str, Any], wanted: Mapping[str, Any], tags: Sequence[str], cases: Mapping[str, Any]
) -> dict[str, Any]:
    waiting = cases.get(CONTENT)
    if waiting is not None and not _differing({**row, **_told(waiting)}, wanted, tags):
        return {}
    differing = _differing(row, wanted, tags)
    # Bringing back on sale, and taking back what waits, need a correction even where nothing differs.
    off = row.get("status") in (STOPPED, HIDDEN) or (row.get("status") == APPROVED and STOP in cases)
    if not differing and (off or waiting is not None):
        differing = ["productName"]
    return {name: wanted[name] for name in differing}


def _told(case: Mapping[str, Any]) -> Mapping[str, Any]:
    told = case.get("informationProduct")
    return told if isinstance(told, Mapping) else {}


def _differing(row: Mapping[str, Any], wanted: Mapping[str, Any], tags: Sequence[str]) -> list[str]:
    names = [name for name in CONTENT_FIELDS if not _same(name, row.get(name), wanted[name])]
    return names if _tags(row) == list(tags) else [*names, "images"]


def _tags(row: Mapping[str, Any]) -> list[str]:
    images = row.get("images")
    listed = images if isinstance(images, list) else []
    return [str(image.get("eTag")) if isinstance(image, Mapping) else "" for image in listed]


def _price(row: Mapping[str, Any], wanted: Mapping[str, Any], cases: Mapping[str, Any]) -> int | None:
    waiting = cases.get(PRICE)
    there = _told(waiting).get("price") if waiting is not None else row.get("price")
    return None if _same("price", there, wanted["price"]) else int(wanted["price"])


def _same(name: str, there: Any, wanted: Any) -> bool:
    if name == "props":
        return _answers(there) == _answers(wanted)
    if name in _NUMBERS:
        try:
            return whole(there) == whole(wanted)
        except Unreadable:
            return False
    if there in (None, "") or wanted in (None, ""):
        return there in (None, "") and wanted in (None, "")
    return str(there) == str(wanted)


def _answers(props: Any) -> list[str]:
    listed = props if isinstance(props, list) else []
    return sorted(str(prop.get("propValue")) if isinstance(prop, Mapping) else "" for prop in listed)
