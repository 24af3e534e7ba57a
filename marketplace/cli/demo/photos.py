"""Pictures of the demonstration, stored as any photo is."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from catalog.models import Product
from catalog.photos import keep_photo
from marketplace.cli.demo.pictures import picture_of
from marketplace.core.audit import SYSTEM
from marketplace.core.config import Settings

VARIANTS = 2


def keep_pictures(db: Session, settings: Settings, *, now: datetime) -> dict[str, Sequence[int]]:
    """Draw and keep the pictures of every product; ids of the photos by product code."""
    kept: dict[bytes, int] = {}
    found: dict[str, Sequence[int]] = {}
    for code in db.exec(select(Product.code).order_by(col(Product.id))).all():
        drawn = [picture_of(code, variant) for variant in range(VARIANTS)]
        for jpeg in drawn:
            if jpeg not in kept:
                kept[jpeg] = keep_photo(db, SYSTEM, jpeg, settings=settings, now=now).id or 0
        found[code] = [kept[jpeg] for jpeg in drawn]
    return found
