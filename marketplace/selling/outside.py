"""Sales outside marketplace orders: to traders, at fairs, in bulk arranged by a marketplace operator.

They take from the same ledger, so listings that promise more than is left shrink at once.
"""

from datetime import UTC, date, datetime, time

from pydantic import Field
from sqlmodel import Session, select

from catalog.lots import lock_pool, pool_of, post_entry, tell
from catalog.models import HarvestLot, Product, StockKind
from marketplace.core.audit import Actor, note
from marketplace.core.errors import Refused
from marketplace.core.forms import Day, Dong, Kilograms, Tick, Typed
from marketplace.core.i18n import N_
from marketplace.core.units import LOCAL, kg
from marketplace.selling.counting import Portion, count_outside_sale
from marketplace.selling.forms import Id, Key, Operator, Paper
from marketplace.selling.giving_back import wished_packs
from marketplace.selling.models import Channel, Evidence, OutsideSale
from marketplace.selling.shelf import Shelf
from marketplace.selling.stock import pool_figures


class NotInStock(Refused):
    sentence = N_("Kho chỉ còn %(left)s của sản phẩm này. Hãy ghi thu hoạch trước, hoặc sửa lại khối lượng.")
    field = "grams"
    status = 422


class PromisedToMarketplaces(Refused):
    sentence = N_(
        "Chỉ %(free)s chưa hứa cho sàn nào; %(promised)s đang bán trên sàn và có thể đã có người mua. "
        "Nên tăng phần giữ lại bán ngoài sàn rồi chờ sàn bớt gói. "
        "Nếu hàng đã giao cho người mua, hãy đánh dấu xác nhận."
    )
    field = "confirmed"
    status = 422


class RetailComesFromOrders(Refused):
    sentence = N_("Bán lẻ trên sàn chỉ đếm từ đơn hàng của sàn. Hãy chọn kênh khác.")
    field = "channel"
    status = 422


class PaperNeeded(Refused):
    sentence = N_("Mức chứng cứ này cần số phiếu, số hóa đơn hoặc ảnh chụp.")
    field = "paper"
    status = 422


class UnknownGoods(Refused):
    sentence = N_("Hãy chọn một sản phẩm trong danh sách.")
    field = "product_id"
    status = 422


class SoldInFuture(Refused):
    sentence = N_("Ngày bán chưa tới. Hãy chọn hôm nay hoặc một ngày đã qua.")
    field = "sold_on"
    status = 422


class OutsideSaleIn(Typed):
    """A sale as typed by a farmer or an extension worker."""

    producer_id: Id = Field(title=N_("Người bán"))
    product_id: Id = Field(title=N_("Sản phẩm"))
    channel: Channel = Field(title=N_("Bán ở đâu"))
    evidence: Evidence = Field(title=N_("Chứng cứ"))
    grams: Kilograms = Field(title=N_("Khối lượng (kg)"))
    value_vnd: Dong | None = Field(default=None, title=N_("Thành tiền (đồng)"))
    sold_on: Day = Field(title=N_("Ngày bán"))
    paper: Paper = Field(default=None, title=N_("Số phiếu hoặc hóa đơn"))
    marketplace: Operator = Field(default=None, title=N_("Sàn đứng ra kết nối"))
    photo_id: int | None = None
    confirmed: Tick = Field(default=False, title=N_("Xác nhận bán cả phần đã hứa trên sàn"))
    client_key: Key = Field(default=None, title=N_("Mã phiếu"))


def record_outside_sale(db: Session, actor: Actor, data: OutsideSaleIn, *, now: datetime) -> OutsideSale:
    """Record a sale and count it; the second arrival of the same `client_key` returns the first record.

    Refuses more than is in stock, what marketplaces may have sold unless `confirmed`, evidence without paper,
    a day to come, and retail (that comes from orders alone).
    """
    known = (
        db.exec(select(OutsideSale).where(OutsideSale.client_key == data.client_key)).first()
        if data.client_key
        else None
    )
    if known is not None:
        return known
    if db.get(Product, data.product_id) is None:
        raise UnknownGoods
    _check(data, today=now.astimezone(LOCAL).date())
    pool_id = _pool_with_goods(db, data)
    sale = OutsideSale(
        **data.model_dump(exclude={"paper", "confirmed"}),
        paper=data.paper or "",
        recorded_at=now,
        recorded_by=actor.actor_id,
    )
    db.add(sale)
    db.flush()
    at = datetime.combine(sale.sold_on, time(12), tzinfo=LOCAL).astimezone(UTC)
    taken = Shelf(db).take(pool_id, sale.grams)
    portions = [_take(db, actor, sale, part.lot_id or 0, part.grams, at) for part in taken]
    count_outside_sale(db, sale, portions, at=at)
    note(db, actor, "outside_sale.recorded", sale, grams=sale.grams, channel=sale.channel.value)
    _tell(db, sale, pool_id, now)
    return sale


def _pool_with_goods(db: Session, data: OutsideSaleIn) -> int:
    """The locked pool that holds these goods, all of them free or the rest confirmed."""
    pool = pool_of(db, data.producer_id, data.product_id)
    if pool is None or pool.id is None:
        raise NotInStock(left=kg(0))
    lock_pool(db, pool.id)
    figures = pool_figures(db, [pool.id])[pool.id]
    if data.grams > figures.on_hand:
        raise NotInStock(left=kg(figures.on_hand))
    if data.grams > figures.free and not data.confirmed:
        raise PromisedToMarketplaces(free=kg(max(figures.free, 0)), promised=kg(figures.exposed))
    return pool.id


def _tell(db: Session, sale: OutsideSale, pool_id: int, now: datetime) -> None:
    """Let listings shrink, and remember what it took off them."""
    before = wished_packs(db, pool_id)
    tell(db, [pool_id], now)
    after = wished_packs(db, pool_id)
    lost = {str(key): packs - after.get(key, 0) for key, packs in before.items()}
    sale.taken_packs = {key: packs for key, packs in lost.items() if packs > 0}
    db.add(sale)


def _check(data: OutsideSaleIn, *, today: date) -> None:
    if data.channel == Channel.MARKETPLACE_RETAIL:
        raise RetailComesFromOrders
    if data.evidence in (Evidence.B, Evidence.C) and not data.paper and data.photo_id is None:
        raise PaperNeeded
    if data.evidence == Evidence.A:
        raise RetailComesFromOrders(field="evidence")
    if data.sold_on > today:
        raise SoldInFuture


def _take(db: Session, actor: Actor, sale: OutsideSale, lot_id: int, grams: int, at: datetime) -> Portion:
    lot = db.get_one(HarvestLot, lot_id)
    key = f"outside:{sale.id}:{lot_id}"
    post_entry(db, lot=lot, kind=StockKind.SALE, grams=-grams, key=key, at=at, actor=actor)
    return Portion(f"{sale.id}:{lot_id}", sale.product_id, lot.household_id, lot.commune_id, grams)
