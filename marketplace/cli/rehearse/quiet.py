"""Waiting until nothing is due any more: only then may our books be held against the truth."""

import time
from collections.abc import Iterator
from datetime import datetime

import click
from sqlalchemy import and_, or_
from sqlmodel import col, select

from marketplace.cli.rehearse.stage import Stage
from marketplace.core.db import reading
from marketplace.selling.models import Listing, Order, OrderHint, Shop

PATIENCE = 60.0  #: real seconds
LOOK_EVERY = 0.2  #: real seconds
NAMED = 5  #: things that hang, in the sentence


def quiet(stage: Stage) -> None:
    """Return when nothing is due any more and each shop was pulled and read back since it was.

    Raises a sentence that names what hangs after a minute.
    """
    since, deadline = stage.now(), time.monotonic() + PATIENCE
    while True:
        stage.tick()
        open_ends = [*_late(stage), *_open_ends(stage)]
        if open_ends:
            since = stage.now()
        hanging = [*open_ends, *_not_yet(stage, since)]
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


def _open_ends(stage: Stage) -> Iterator[str]:
    """What is not known to be settled on a marketplace: it must be read back once more afterwards."""
    with reading(stage.engine) as db:
        unsettled = or_(
            col(Listing.unclear).is_(True),
            col(Listing.doubt_until) > stage.now(),
            col(Listing.tighten).is_(True),
            and_(col(Listing.ticket).is_not(None), col(Listing.not_before).is_not(None)),  # to be asked about
        )
        for listing in db.exec(select(Listing).where(unsettled).order_by(col(Listing.id))):
            what = "chưa rõ" if listing.unclear else "chờ duyệt" if listing.ticket else "phải đọc lại"
            yield f"tin {listing.id} {what}"
        wishes = select(Order.order_no).where(col(Order.wish_not_before).is_not(None))
        yield from (f"đơn {number} còn việc phải làm" for number in db.exec(wishes))
        yield from (f"đơn {number} được báo mà chưa đọc" for number in db.exec(select(OrderHint.order_no)))


def _not_yet(stage: Stage, since: datetime) -> Iterator[str]:
    """Due listings, which each new day makes, and shops that were not looked at since."""
    with reading(stage.engine) as db:
        due = select(Listing.id).where(col(Listing.not_before).is_not(None)).order_by(col(Listing.id))
        yield from (f"tin {listing_id} còn việc phải làm" for listing_id in db.exec(due))
        for shop in db.exec(select(Shop).where(col(Shop.active).is_(True))):
            why = shop.trouble_code or "đang chờ"
            if shop.last_pull_at is None or shop.last_pull_at < since:
                yield f"gian hàng {shop.id} chưa kéo đơn ({why})"
            if shop.last_sweep_at is None or shop.last_sweep_at < since:
                yield f"gian hàng {shop.id} chưa đọc lại ({why})"
