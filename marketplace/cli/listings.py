"""Commands about listings: taking them off at once."""

import click
from sqlmodel import Session, col, select

from catalog.models import Producer
from marketplace.cli.common import emit, json_option, lensan, ready, transaction
from marketplace.core import clock
from marketplace.core.audit import SYSTEM
from marketplace.core.db import found
from marketplace.core.errors import Refused
from marketplace.core.i18n import N_
from marketplace.selling.listings import stop_selling
from marketplace.selling.models import Listing, Offer


class NoSuchSku(Refused):
    sentence = N_("Không có tin đăng nào mang mã %(skus)s. Hãy kiểm tra lại mã; chưa tin nào bị gỡ.")


@lensan.group()
def listings() -> None:
    """Tin đăng trên các sàn."""


@listings.command("stop")
@click.argument("skus", nargs=-1)
@click.option("--producer", type=int, help="Mọi tin đăng của người bán có số (id) này.")
@json_option
def stop(skus: tuple[str, ...], producer: int | None, *, as_json: bool) -> None:
    """Ngừng bán ngay các tin có mã SKUS, hoặc mọi tin của một người bán; lệnh đi trước mọi việc khác."""
    if bool(skus) == (producer is not None):
        raise click.UsageError("Hãy ghi các mã SKU, hoặc --producer; không ghi cả hai.")
    with transaction(ready()) as db:
        chosen = _of_producer(db, producer) if producer is not None else _of_skus(db, skus)
        count = stop_selling(db, SYSTEM, chosen, now=clock.now())
    words = f"Đã gửi lệnh gỡ {count} tin đăng, chờ sàn xác nhận."
    emit({"stopped": count}, as_json=as_json, words=words)


def _of_skus(db: Session, skus: tuple[str, ...]) -> list[Listing]:
    rows = list(db.exec(select(Listing).where(col(Listing.sku).in_(skus)).order_by(col(Listing.id))))
    unknown = sorted(set(skus) - {listing.sku for listing in rows})
    if unknown:
        raise NoSuchSku(skus=", ".join(unknown))
    return rows


def _of_producer(db: Session, producer_id: int) -> list[Listing]:
    seller = found(db, Producer, producer_id)
    wanted = select(Listing).join(Offer, col(Offer.id) == Listing.offer_id)
    return list(db.exec(wanted.where(Offer.producer_id == seller.id).order_by(col(Listing.id))))
