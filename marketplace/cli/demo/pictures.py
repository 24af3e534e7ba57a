"""Drawn product pictures for the demonstration: nobody's photo, no camera, a few tens of kilobytes each."""

from collections.abc import Callable
from functools import cache
from io import BytesIO
from random import Random

from PIL import Image, ImageDraw, ImageFilter

SIZE = (800, 600)
Colour = tuple[int, int, int]
#: What is drawn for a product code; everything else gets a basket.
KINDS = {
    "cam-vang": "orange",
    "cam-sanh": "tangor",
    "cam-chin-som": "orange",
    "hong-khong-hat": "persimmon",
    "tra-xanh-phin-ho": "tea",
    "hong-tra-phin-ho": "black_tea",
    "che-shan-tuyet": "tea",
    "mat-ong-bac-ha": "honey",
    "gao-gia-dui": "rice",
    "gao-khau-mang": "rice",
    "gao-nep-dong-van": "rice",
}
_FRUIT: dict[str, Colour] = {"orange": (245, 160, 35), "tangor": (222, 120, 30), "persimmon": (228, 92, 40)}
_GOODS: dict[str, Colour] = {
    "tea": (196, 190, 92),
    "black_tea": (150, 70, 34),
    "honey": (222, 160, 40),
    "rice": (244, 238, 220),
    "basket": (150, 105, 60),
}


def picture_of(product: str, variant: int) -> bytes:
    """A JPEG for a product; the same variant always gives the same bytes."""
    return _drawn(KINDS.get(product, "basket"), variant)


@cache
def _drawn(kind: str, variant: int) -> bytes:
    rng = Random(f"{kind}:{variant}")  # noqa: S311 - a drawing, no secret
    image = _table(rng)
    _painter(kind)(image, rng, kind)
    out = BytesIO()
    image.save(out, "JPEG", quality=82)
    return out.getvalue()


def _painter(kind: str) -> Callable[[Image.Image, Random, str], None]:
    if kind in _FRUIT:
        return _fruits
    return {"tea": _cup, "black_tea": _cup, "honey": _jar}.get(kind, _heap)


def _table(rng: Random) -> Image.Image:
    """A wall, hills and a wooden table."""
    width, height = SIZE
    image = Image.new("RGB", SIZE, (226, 238, 240))
    draw = ImageDraw.Draw(image)
    for layer, tone in enumerate(((176, 206, 196), (132, 176, 150))):
        points: list[tuple[float, float]] = [(0, height)]
        for x in range(0, width + 1, 40):
            points.append((x, 210 + 60 * layer + rng.randint(-38, 38)))
        draw.polygon([*points, (width, height)], fill=tone)
    image = image.filter(ImageFilter.GaussianBlur(3))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 400, width, height), fill=(178, 132, 88))
    for y in range(420, height, 36):
        draw.line((0, y, width, y + rng.randint(-4, 4)), fill=(160, 116, 74), width=3)
    return image


def _fruits(image: Image.Image, rng: Random, kind: str) -> None:
    places = [(x, 470) for x in range(150, 700, 125)] + [(x, 375) for x in range(212, 640, 125)]
    places += [(x, 285) for x in range(275, 580, 125)]
    for x, y in places:
        _fruit(image, (x + rng.randint(-8, 8), y + rng.randint(-6, 6)), rng.randint(62, 70), _FRUIT[kind])
    for _ in range(4):
        x, y = rng.choice(places)
        _leaf(image, (x, y - 62), rng)


def _fruit(image: Image.Image, centre: tuple[int, int], radius: int, colour: Colour) -> None:
    draw = ImageDraw.Draw(image)
    x, y = centre
    for step in range(14):
        size = radius * (1 - step / 15)
        shift = radius * 0.32 * step / 14
        fill = _lighter(colour, 0.78 + 0.42 * step / 14)
        box = (
            x - size - shift * 0.7,
            y - size * 0.94 - shift,
            x + size - shift * 0.7,
            y + size * 0.94 - shift,
        )
        draw.ellipse(box, fill=fill)
    draw.ellipse((x - 5, y - radius * 0.72, x + 5, y - radius * 0.72 + 8), fill=(86, 110, 40))


def _leaf(image: Image.Image, at: tuple[int, int], rng: Random) -> None:
    leaf = Image.new("RGBA", (110, 110), (0, 0, 0, 0))
    ImageDraw.Draw(leaf).ellipse((10, 38, 100, 72), fill=(58, 122, 48, 255))
    ImageDraw.Draw(leaf).line((14, 55, 96, 55), fill=(120, 170, 90, 255), width=3)
    turned = leaf.rotate(rng.randint(-50, 50))
    image.paste(turned, (at[0] - 55, at[1] - 55), turned)


def _cup(image: Image.Image, rng: Random, kind: str) -> None:
    draw = ImageDraw.Draw(image)
    draw.ellipse((210, 470, 590, 560), fill=(214, 220, 214))
    draw.pieslice((250, 250, 550, 540), 0, 180, fill=(240, 242, 236))
    draw.ellipse((250, 355, 550, 435), fill=(250, 250, 246))
    draw.ellipse((266, 363, 534, 427), fill=_GOODS[kind])
    for _ in range(16):
        x, y = rng.randint(90, 700), rng.randint(510, 580)
        draw.line((x, y, x + rng.randint(-26, 26), y + rng.randint(-9, 9)), fill=(62, 84, 44), width=6)


def _jar(image: Image.Image, rng: Random, kind: str) -> None:
    draw = ImageDraw.Draw(image)
    for x in (210 + rng.randint(-20, 20), 460 + rng.randint(-20, 20)):
        draw.rounded_rectangle((x, 250, x + 170, 540), 34, fill=_lighter(_GOODS[kind], 0.86))
        draw.rounded_rectangle((x + 14, 268, x + 62, 524), 24, fill=_lighter(_GOODS[kind], 1.16))
        draw.rounded_rectangle((x + 26, 206, x + 144, 256), 10, fill=(94, 74, 52))
        draw.rectangle((x, 372, x + 170, 448), fill=(250, 244, 226))


def _heap(image: Image.Image, rng: Random, kind: str) -> None:
    draw = ImageDraw.Draw(image)
    grain = _GOODS["rice"] if kind == "rice" else (178, 64, 44)
    draw.ellipse((170, 300, 630, 480), fill=_GOODS["basket"])
    draw.ellipse((196, 306, 604, 452), fill=_lighter(grain, 0.9))
    for _ in range(420):
        x, y = 400 + max(-175, min(162, rng.gauss(0, 82))), 372 + max(-42, min(42, rng.gauss(0, 24)))
        draw.ellipse((x, y, x + 13, y + 7), fill=_lighter(grain, rng.uniform(0.86, 1.1)))
    draw.chord((170, 330, 630, 560), 0, 180, fill=_GOODS["basket"])
    for x in range(190, 620, 26):
        draw.line((x, 450, x + 12, 540), fill=_lighter(_GOODS["basket"], 0.8), width=4)


def _lighter(colour: Colour, factor: float) -> Colour:
    red, green, blue = (min(255, round(part * factor)) for part in colour)
    return red, green, blue
