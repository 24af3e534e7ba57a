"""Waiting until nothing is due any more: only then may our books be held against the truth."""

import time
from collections.abc import Iterator
from datetime import datetime

import click
from sqlalchemy import or_
from sqlmodel import Session, col, select

from marketplace.cli.rehearse.stage import Stage
from marketplace.core.db import reading
from marketplace.selling.models import Listing, Order, OrderHint, Shop

PATIENCE = 60.0  #: real seconds
LOOK_EVERY = 0.2  #: real seconds
NAMED = 5  #: things that hang, in the sentence


def quiet(stage: Stage) -> None:
    """Return when nothing is due any more and each shop was pulled and read back since now.

    Raises a sentence that names what hangs after a minute.
    """
    since, deadline = stage.now(), time.monotonic() + PATIENCE
    while True:
        stage.tick()
        hanging = [*_late(stage), *_hanging(stage, since)]
        if not hanging:
            return
        if time.monotonic() > deadline:
            shown = "; ".join(hanging[:NAMED])
            raise click.ClickException(
                f"Sau {PATIENCE:.0f} giây vẫn còn {len(hanging)} việc chưa xong: {shown}. "
                f"Xem nhật ký trong {stage.ground.logs} (giữ thư mục bằng --keep)."
            )
        time.sleep(LOOK_EVERY)


def _late(stage: Stage) -> Iterator[str]:
    for name, control in stage.controls.items():
        if control.state()["late"]:
            yield f"sàn {name} còn lời gọi chưa làm"


def _hanging(stage: Stage, since: datetime) -> Iterator[str]:
    with reading(stage.engine) as db:
        yield from _shops(db, since)
        yield from _listings(db, stage.now())
        wishes = select(Order.order_no).where(col(Order.wish_not_before).is_not(None))
        yield from (f"đơn {number} còn việc phải làm" for number in db.exec(wishes))
        yield from (f"đơn {number} được báo mà chưa đọc" for number in db.exec(select(OrderHint.order_no)))


def _shops(db: Session, since: datetime) -> Iterator[str]:
    for shop in db.exec(select(Shop).where(col(Shop.active).is_(True))):
        if shop.last_pull_at is None or shop.last_pull_at < since:
            yield f"gian hàng {shop.id} chưa kéo đơn ({shop.trouble_code or 'đang chờ'})"
        if shop.last_sweep_at is None or shop.last_sweep_at < since:
            yield f"gian hàng {shop.id} chưa đọc lại ({shop.trouble_code or 'đang chờ'})"


def _listings(db: Session, now: datetime) -> Iterator[str]:
    """Unclear, in doubt, with slack, or due; one that only asks what became of its approval may wait."""
    due = col(Listing.not_before).is_not(None) & col(Listing.ticket).is_(None)
    rows = db.exec(
        select(Listing)
        .where(
            or_(
                col(Listing.unclear).is_(True),
                col(Listing.doubt_until) > now,
                col(Listing.tighten).is_(True),
                due,
            )
        )
        .order_by(col(Listing.id))
    )
    for listing in rows:
        what = "chưa rõ" if listing.unclear else "phải đọc lại" if listing.tighten else "còn việc phải làm"
        yield f"tin {listing.id} {what}"
