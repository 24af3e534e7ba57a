"""Offers made from what a marketplace says of itself, so that no check knows any marketplace."""

import io
import random
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from PIL import Image

from connectors.kit.protocol import Attribute, Marketplace, Offer, Picture, Problem, Schema

UNITS = ("box", "carton", "bag", "piece", "bottle", "jar", "crate", "bundle", "set")
TITLE = "Cam sành Hà Giang chín cây"
TEXT = (
    "Cam sành chín cây, hái tại vườn ở xã Vĩnh Hảo. Vỏ dày, mọng nước, múi vàng đậm.\n\n"
    "Giao trong thùng giấy có lót rơm, giữ được mười ngày ở chỗ mát; đổi quả hỏng trong hai ngày."
)


WIDTH, HEIGHT = 1280, 960


def _picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (WIDTH, HEIGHT), (230, 140, 30)).save(file, "JPEG", quality=40)
    return file.getvalue()


PICTURE = _picture()


def a_picture(number: int = 1) -> Picture:
    """A photo that any marketplace takes."""
    return Picture(f"https://anh.example/cam-{number}.jpg", WIDTH, HEIGHT, len(PICTURE))


def value_of(attribute: Attribute) -> str:
    """A value an attribute takes: its first option, or plain words."""
    return attribute.options[0] if attribute.options else "12 tháng"


def filled(schema: Schema) -> dict[str, str]:
    """The attributes a leaf requires, with those they bring along."""
    values = {one.id: value_of(one) for one in schema.attributes if one.required}
    for one in schema.attributes:
        if one.required_with in values and values[one.required_with] not in ("", "0"):
            values[one.id] = value_of(one)
    return values


def an_offer(marketplace: Marketplace, schema: Schema) -> Offer:
    """Plain goods of a leaf, in the first unit that the marketplace has."""
    offer = Offer(
        sku="HG-CAM-1",
        title=TITLE,
        description=TEXT,
        price_vnd=150_000,
        packs=40,
        net_grams=5_000,
        gross_grams=5_300,
        category=schema.category,
        unit=UNITS[0],
        pictures=(a_picture(),),
        attributes=filled(schema),
        schema=schema,
    )
    for unit in UNITS:
        in_unit = replace(offer, unit=unit)
        if not any(problem.field == "unit" for problem in blocking(marketplace, in_unit)):
            return in_unit
    return offer


def blocking(marketplace: Marketplace, offer: Offer) -> list[Problem]:
    """What keeps an offer off the marketplace."""
    return [problem for problem in marketplace.check(offer) if problem.blocks]


_LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxyáàảãạếềểễệốồổỗộứừửữự 0123456789-,()–'\"&<>%"


def some_text(dice: random.Random, length: int) -> str:
    """Words of about that many letters, at times decomposed, with markup or a picture sign in it."""
    text = "".join(dice.choice(_LETTERS) for _ in range(length)).strip()
    style = dice.random()
    if style < 0.2:
        return unicodedata.normalize("NFD", text)
    if style < 0.3:
        return text[: length // 2] + " 🍊 " + text[length // 2 :]
    if style < 0.4:
        return text[: length // 2] + " \r\n\n " + text[length // 2 :]
    return text


def _title(dice: random.Random, _schemas: Sequence[Schema]) -> dict[str, Any]:
    return {"title": some_text(dice, dice.choice((0, 1, 20, 60, 100, 120, 150, 151, 200, 400)))}


def _description(dice: random.Random, _schemas: Sequence[Schema]) -> dict[str, Any]:
    return {"description": some_text(dice, dice.choice((0, 10, 99, 150, 300, 1_000, 3_000)))}


def _price(dice: random.Random, _schemas: Sequence[Schema]) -> dict[str, Any]:
    return {"price_vnd": dice.choice((0, 1, 999, 1_000, 1_001, 45_500, 5_000_000, 10**9, 10**9 + 1, 10**12))}


def _packs(dice: random.Random, _schemas: Sequence[Schema]) -> dict[str, Any]:
    return {"packs": dice.choice((0, 1, 7, 999, 1_000_000, 1_000_001, 10**10))}


def _weight(dice: random.Random, _schemas: Sequence[Schema]) -> dict[str, Any]:
    net = dice.choice((1, 250, 5_000, 30_000, 900_000, 2_000_000))
    return {"net_grams": net, "gross_grams": net + dice.choice((0, 50, 700))}


def _size(dice: random.Random, _schemas: Sequence[Schema]) -> dict[str, Any]:
    return {"dimensions_cm": tuple(dice.choice((0, 1, 20, 60, 300, 301)) for _ in range(3))}


def _pictures(dice: random.Random, _schemas: Sequence[Schema]) -> dict[str, Any]:
    count = dice.choice((0, 1, 2, 5, 6, 9, 10, 11, 12))
    return {"pictures": tuple(a_picture(number) for number in range(count))}


def _category(dice: random.Random, schemas: Sequence[Schema]) -> dict[str, Any]:
    schema = dice.choice(schemas)
    values = filled(schema)
    if values and dice.random() < 0.3:
        del values[dice.choice(sorted(values))]
    spare = [one for one in schema.attributes if not one.required and one.required_with is None]
    values.update({one.id: value_of(one) for one in spare if dice.random() < 0.4})
    return {"category": schema.category, "schema": schema, "attributes": values}


_CHANGES: tuple[Callable[[random.Random, Sequence[Schema]], dict[str, Any]], ...] = (
    _title,
    _description,
    _price,
    _packs,
    _weight,
    _size,
    _pictures,
    _category,
)


def many_offers(usual: Offer, schemas: Sequence[Schema], count: int, seed: int = 7) -> Iterator[Offer]:
    """Seeded offers around one that is taken: each with one to three things changed at random."""
    dice = random.Random(seed)  # noqa: S311 - repeatable on purpose
    for number in range(count):
        changes: dict[str, Any] = {}
        for change in dice.sample(_CHANGES, dice.choice((1, 1, 2, 3))):
            changes.update(change(dice, schemas))
        yield replace(usual, sku=f"HG-THU-{number}", **changes)
