"""Parked orders: what could not be taken waits here with its text and a reason until somebody mends it."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from catalog.lots import tell
from marketplace.core.audit import SYSTEM, Actor, note
from marketplace.core.db import locked
from marketplace.core.errors import Refused
from marketplace.core.i18n import N_
from marketplace.core.text import fold
from marketplace.selling.after_delivery import take_return
from marketplace.selling.goods_back import deliver
from marketplace.selling.incoming import GONE
from marketplace.selling.models import Listing, Offer, Order, OrderLine, ParkedOrder, Shop
from marketplace.selling.order_wishes import confirm_when_in_stock
from marketplace.selling.orders import (
    UNKNOWN_SKU,
    release_goods,
    take_goods,
)
from marketplace.selling.pages import PAGE
from marketplace.selling.shelf import Shelf

MOST_FOUND = 12  #: listings a search offers

UNREADABLE = N_(
    "Chưa đọc được mục “%(what)s” của đơn này. Hãy đọc lại từ sàn; nếu vẫn vậy, hãy báo kỹ thuật."
)
STRANGE_SKU = N_(
    "Mã hàng “%(what)s” không thuộc tin đăng nào của gian hàng này. "
    "Hãy nối với đúng tin đăng, hoặc ghi rằng không phải hàng của ta."
)
OUR_FAULT = N_(
    "Chương trình vấp lỗi “%(what)s” khi ghi đơn này và sẽ tự thử lại. "
    "Nếu vẫn còn ở đây, hãy báo kỹ thuật kèm số đơn."
)
OTHERWISE = N_("Chưa ghi được đơn này (mã “%(what)s”). Hãy đọc lại từ sàn; nếu vẫn vậy, hãy báo kỹ thuật.")


class AlreadySettled(Refused):
    sentence = N_("Mục này đã được xử lý xong. Hãy tải lại trang để xem.")


class StillOpen(Refused):
    sentence = N_("Mục này đang mở, không cần mở lại.")


class AlreadyMatched(Refused):
    sentence = N_("Dòng hàng này đã nối với tin đăng và đã trừ kho nên không mở lại được.")


class NothingToMatch(Refused):
    sentence = N_("Mục này không có dòng hàng nào chờ nối với tin đăng.")


class NotOfThisShop(Refused):
    sentence = N_("Hãy chọn một tin đăng của đúng gian hàng này.")
    field = "listing_id"
    status = 422


@dataclass(frozen=True)
class ParkedRow:
    parked: ParkedOrder
    shop: Shop
    order: Order | None  #: when only a line of it waits

    @property
    def reason(self) -> tuple[str, dict[str, str]]:
        return reason_of(self.parked.code)


@dataclass(frozen=True)
class Group:
    """What waits in one shop for one reason."""

    shop: Shop
    code: str
    count: int


def reason_of(code: str) -> tuple[str, dict[str, str]]:
    """The sentence (msgid) and its facts for the code of a parked order."""
    for start, sentence in (
        ("unreadable_", UNREADABLE),
        (f"{UNKNOWN_SKU}:", STRANGE_SKU),
        ("bug.", OUR_FAULT),
    ):
        if code.startswith(start):
            return sentence, {"what": code.removeprefix(start)}
    return OTHERWISE, {"what": code}


def parked_rows(db: Session, *, shop_id: int, settled: bool, number: int) -> tuple[list[ParkedRow], bool]:
    """A page of parked orders: open ones by shop and reason, the oldest first; settled ones newest first."""
    at = col(ParkedOrder.settled_at)
    rows = (
        select(ParkedOrder, Shop, Order)
        .join(Shop, col(Shop.id) == ParkedOrder.shop_id)
        .outerjoin(Order, (col(Order.shop_id) == Shop.id) & (col(Order.order_no) == ParkedOrder.order_no))
        .where(at.is_not(None) if settled else at.is_(None))
    )
    if shop_id:
        rows = rows.where(ParkedOrder.shop_id == shop_id)
    if settled:
        rows = rows.order_by(at.desc(), col(ParkedOrder.id).desc())
    else:
        rows = rows.order_by(
            col(Shop.marketplace), col(Shop.name), col(ParkedOrder.code), col(ParkedOrder.at)
        )
    found = [ParkedRow(*row) for row in db.exec(rows.offset((number - 1) * PAGE).limit(PAGE + 1))]
    return found[:PAGE], len(found) > PAGE


def parked_row(db: Session, parked: ParkedOrder) -> ParkedRow:
    return ParkedRow(parked, db.get_one(Shop, parked.shop_id), _order_of(db, parked))


def how_many_parked(db: Session, shop_id: int | None = None) -> int:
    """Open ones of a shop, or of all."""
    count = select(func.count()).where(col(ParkedOrder.settled_at).is_(None))
    return db.exec(count.where(ParkedOrder.shop_id == shop_id) if shop_id else count).one()


def parked_of(db: Session, order: Order, shop: Shop) -> list[ParkedRow]:
    """What waits of an order that was taken."""
    own = select(ParkedOrder).where(
        ParkedOrder.shop_id == order.shop_id, ParkedOrder.order_no == order.order_no
    )
    waiting = own.where(col(ParkedOrder.settled_at).is_(None)).order_by(col(ParkedOrder.id))
    return [ParkedRow(one, shop, order) for one in db.exec(waiting)]


def waiting_lines(db: Session, parked: ParkedOrder) -> list[OrderLine]:
    """The lines of the order whose SKU nobody knew."""
    order = _order_of(db, parked)
    if order is None or not parked.code.startswith(UNKNOWN_SKU):
        return []
    lines = select(OrderLine).where(OrderLine.order_id == order.id, col(OrderLine.listing_id).is_(None))
    same = (line for line in db.exec(lines.order_by(col(OrderLine.id))))
    return [line for line in same if f"{UNKNOWN_SKU}:{line.sku}"[:60] == parked.code]


def listings_to_match(db: Session, parked: ParkedOrder, query: str) -> list[tuple[Listing, Offer]]:
    """Listings of the same shop whose title or SKU holds the query; the newest first."""
    found = (
        select(Listing, Offer)
        .join(Offer, col(Offer.id) == Listing.offer_id)
        .where(Listing.shop_id == parked.shop_id)
    )
    if query:
        title = col(Offer.title_fold).contains(fold(query), autoescape=True)
        found = found.where(title | func.lower(Listing.sku).contains(query.lower(), autoescape=True))
    return list(db.exec(found.order_by(col(Listing.id).desc()).limit(MOST_FOUND)))


# --- what people do


def ask_again(db: Session, actor: Actor, parked: ParkedOrder, *, now: datetime) -> ParkedOrder:
    """Let the worker read the order from the marketplace once more, at once."""
    parked = _open(db, parked)
    shop = db.get_one(Shop, parked.shop_id)
    parked.try_at, parked.tries = now, 0
    shop.pull_due_at = now
    db.add(parked)
    note(db, actor, "parked.asked_again", parked, order_no=parked.order_no, code=parked.code)
    return parked


def settle(db: Session, actor: Actor, parked: ParkedOrder, why: str, *, now: datetime) -> ParkedOrder:
    """A person found out that nothing is to be done; the same told again stays settled."""
    parked = _open(db, parked)
    _settled(parked, actor, why, now)
    db.add(parked)
    note(db, actor, "parked.settled", parked, order_no=parked.order_no, code=parked.code, why=why)
    return parked


def reopen(db: Session, actor: Actor, parked: ParkedOrder) -> ParkedOrder:
    """Take a settling back; refused when goods were taken for it."""
    parked = locked(db, ParkedOrder, parked.id or 0)
    if parked.settled_at is None:
        raise StillOpen
    if parked.code.startswith(UNKNOWN_SKU) and not waiting_lines(db, parked):
        raise AlreadyMatched
    parked.settled_at = parked.settled_by = parked.try_at = None
    parked.settled_note = ""
    db.add(parked)
    note(db, actor, "parked.reopened", parked, order_no=parked.order_no, code=parked.code)
    return parked


def match(db: Session, actor: Actor, parked: ParkedOrder, listing_id: int, *, now: datetime) -> Order:
    """Say which listing a line with a strange SKU sold: its goods leave the lots, and what the order went
    through before is counted, exactly once.

    What the listing still shows there is not known to have fallen: it is read back before less is promised.
    """
    shop = locked(db, Shop, parked.shop_id)  # before orders, pools and listings, as the worker does
    parked = _open(db, parked)
    found = _order_of(db, parked)
    if found is None:
        raise NothingToMatch
    order = locked(db, Order, found.id or 0)
    lines = waiting_lines(db, parked)
    if not lines:
        raise NothingToMatch
    listing = db.get(Listing, listing_id)
    if listing is None or listing.shop_id != parked.shop_id:
        raise NotOfThisShop
    shelf = Shelf(db)
    shelf.prepare([listing.offer_id])
    listing = locked(db, Listing, listing_id)
    for line in lines:
        _sold_by(db, order, line, listing, shelf, now=now)
    _tell_pools(db, shelf, listing, now)
    shop.sweep_due_at = now
    _settled(parked, actor, listing.sku, now)
    db.add(parked)
    taken = {"listing": listing.id, "lines": [line.id for line in lines]}
    note(db, actor, "order.line_matched", order, **taken)
    db.flush()
    if shop.auto_confirm:
        confirm_when_in_stock(db, order, now=now)
    return order


def _sold_by(
    db: Session, order: Order, line: OrderLine, listing: Listing, shelf: Shelf, *, now: datetime
) -> None:
    """What would have happened to the line, had its SKU been known from the start."""
    line.listing_id = listing.id
    db.add(line)
    db.flush()
    if order.state == "cancelled" and order.delivered_at is None:
        return  # the goods never left
    take_goods(db, listing, line, shelf, at=order.placed_at)
    listing.wanted_packs = max(0, listing.wanted_packs - line.packs)
    if listing.remote_id is not None:
        listing.restock = listing.tighten = True
        listing.not_before = listing.not_before if listing.blame else now
    db.add(listing)
    if order.delivered_at is not None:
        deliver(db, SYSTEM, order, line, at=order.delivered_at)
        back, line.returned_packs = line.returned_packs, 0
        if back:
            at = order.returned_at or order.closed_at or order.updated_at
            take_return(db, SYSTEM, order, line, back, at=at)
    elif order.state in GONE:
        release_goods(db, order, line, at=order.closed_at or order.updated_at)


def _tell_pools(db: Session, shelf: Shelf, listing: Listing, now: datetime) -> None:
    """Stock fell by another door than a listing of its own: others that promise too much shrink."""
    db.flush()
    tell(db, {draw.pool_id for draw, _ in shelf.draws(listing.offer_id)}, now)


def _order_of(db: Session, parked: ParkedOrder) -> Order | None:
    own = select(Order).where(Order.shop_id == parked.shop_id, Order.order_no == parked.order_no)
    return db.exec(own).first()


def _open(db: Session, parked: ParkedOrder) -> ParkedOrder:
    parked = locked(db, ParkedOrder, parked.id or 0)
    if parked.settled_at is not None:
        raise AlreadySettled
    return parked


def _settled(parked: ParkedOrder, actor: Actor, why: str, now: datetime) -> None:
    parked.settled_at, parked.settled_by, parked.settled_note = now, actor.actor_id, why[:200]
