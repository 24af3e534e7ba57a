"""Drawn pictures of a class and of its signed sheet: nobody's photo, no handwriting of anybody."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from math import sin
from random import Random

from PIL import Image, ImageDraw
from sqlmodel import Session

from catalog.photos import keep_photo
from marketplace.accounts.models import Account
from marketplace.cli.demo.facts import START
from marketplace.cli.demo.zones import Gathering
from marketplace.core.config import Settings
from training.models import TrainingPhoto, TrainingPhotoKind, TrainingSession

SIZE = (960, 640)
ROOMS = 3  #: different drawings of a class
COATS = ((44, 62, 96), (122, 44, 58), (38, 92, 78), (96, 74, 52), (60, 60, 66))
SHEET_EVERY = 2  #: of two classes one has its sheet photographed


@dataclass(frozen=True)
class Scenes:
    """Ids of the kept pictures."""

    rooms: Sequence[int]
    sheet: int

    def hang(
        self, db: Session, number: int, training: TrainingSession, gathering: Gathering, by: int | None
    ) -> None:
        """One picture of the class, and of every second one the signed sheet."""
        chosen = [(self.rooms[number % ROOMS], TrainingPhotoKind.CLASS)]
        if number % SHEET_EVERY == SHEET_EVERY - 1:
            chosen.append((self.sheet, TrainingPhotoKind.SHEET))
        key, at = training.id or 0, gathering.at(16, 50)
        db.add_all(
            TrainingPhoto(training_id=key, photo_id=photo_id, kind=kind, at=at, by=by)
            for photo_id, kind in chosen
        )


def keep_scenes(db: Session, by: Account, settings: Settings) -> Scenes:
    """Draw the pictures and keep them as any photo is kept."""
    pictures = [*(_room(variant) for variant in range(ROOMS)), _sheet()]
    *rooms, sheet = (keep_photo(db, by, one, settings=settings, now=START).id or 0 for one in pictures)
    return Scenes(rooms, sheet)


def _room(variant: int) -> bytes:
    """A hall from its last row: wall, board, who speaks, and the backs of who listens."""
    rng = Random(f"room:{variant}")  # noqa: S311 - a drawing, no secret
    image = Image.new("RGB", SIZE, (232, 226, 208))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 300, *SIZE), fill=(170, 128, 92))
    draw.rectangle((250, 60, 710, 270), fill=(34, 84, 62), outline=(120, 86, 52), width=10)
    for line in range(3):
        draw.line((300, 110 + 50 * line, 460 + rng.randint(0, 180), 110 + 50 * line), (226, 232, 226), 7)
    _person(draw, 770, 250, 34, COATS[variant])
    for row in range(3):
        for seat in range(7):
            x = 90 + 130 * seat + (60 if row % 2 else 0) + rng.randint(-12, 12)
            _person(draw, x, 390 + 85 * row, 34 + 8 * row, rng.choice(COATS))
    return _jpeg(image)


def _person(draw: ImageDraw.ImageDraw, x: int, y: int, size: int, coat: tuple[int, int, int]) -> None:
    draw.ellipse((x - size * 1.3, y + size * 0.7, x + size * 1.3, y + size * 4), fill=coat)
    draw.ellipse((x - size * 0.7, y - size * 0.8, x + size * 0.7, y + size * 0.8), fill=(38, 30, 28))


def _sheet() -> bytes:
    """A printed list on a table, with a scribble in most of its last columns."""
    rng = Random("sheet")  # noqa: S311 - a drawing, no secret
    image = Image.new("RGB", SIZE, (150, 108, 70))
    draw = ImageDraw.Draw(image)
    draw.rectangle((40, 30, 920, 610), fill=(250, 249, 244))
    for y in range(100, 600, 24):
        draw.line((60, y, 900, y), (90, 90, 90), 1)
        if y > 100 and rng.random() < 0.9:
            draw.line((110, y - 8, 110 + rng.randint(110, 210), y - 8), (60, 60, 60), 4)
            for column in (640, 770):
                _scribble(draw, rng, column, y - 10)
    for x in (60, 95, 340, 480, 620, 750, 900):
        draw.line((x, 100, x, 580), (90, 90, 90), 1)
    return _jpeg(image)


def _scribble(draw: ImageDraw.ImageDraw, rng: Random, x: int, y: int) -> None:
    wave = rng.uniform(0.3, 0.7)
    points = [(x + step, y + 7 * sin(step * wave + rng.random())) for step in range(0, 80, 4)]
    draw.line(points, fill=(30, 48, 120), width=2)


def _jpeg(image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()
