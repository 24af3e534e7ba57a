"""Targets: what somebody said should be reached. Contradicting ones stand side by side."""

from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, select

from catalog.models import Product, Season
from marketplace.core.audit import Actor, note
from marketplace.core.db import found
from marketplace.core.errors import Refused
from marketplace.core.i18n import N_
from marketplace.reports.forms import TargetIn
from marketplace.reports.models import Target


class SaidLater(Refused):
    """A target is dated when it was said, and that is not in the future."""

    sentence = N_("Ngày nêu chỉ tiêu không thể sau hôm nay. Hãy sửa lại ngày.")
    status = 422
    field = "said_on"


@dataclass(frozen=True)
class SeasonTarget:
    """A target with the product it is for; None is everything that counts."""

    target: Target
    product: Product | None


def set_target(db: Session, actor: Actor, typed: TargetIn, *, today: date) -> Target:
    """Write down a target in grams; earlier ones stay. Refuses a future day, an unknown season or product."""
    if typed.said_on > today:
        raise SaidLater
    found(db, Season, typed.season_id)
    if typed.product_id is not None:
        found(db, Product, typed.product_id)
    target = Target.model_validate(typed.model_dump())
    db.add(target)
    note(
        db,
        actor,
        "target.set",
        target,
        grams=target.grams,
        season=target.season_id,
        product=target.product_id,
    )
    return target


def season_with_targets(db: Session, today: date) -> tuple[Season | None, list[SeasonTarget]]:
    """The crop year running on `today` (or the last one begun) and what was said of it; one statement."""
    running = select(Season.id).where(Season.starts_on <= today)
    current = running.order_by(col(Season.starts_on).desc()).limit(1).scalar_subquery()
    return _read(db, current)


def targets_of(db: Session, season_id: int) -> tuple[Season | None, list[SeasonTarget]]:
    """One season and its targets; one statement."""
    return _read(db, season_id)


def _read(db: Session, season_id: object) -> tuple[Season | None, list[SeasonTarget]]:
    statement = (
        select(Season, Target, Product)
        .outerjoin(Target, col(Target.season_id) == Season.id)
        .outerjoin(Product, col(Product.id) == Target.product_id)
        .where(col(Season.id) == season_id)
        .order_by(col(Target.product_id), col(Target.said_on), col(Target.id))
    )
    rows = db.exec(statement).all()
    if not rows:
        return None, []
    return rows[0][0], [SeasonTarget(target, product) for _, target, product in rows if target is not None]
