"""What the pages of selling show: rows read with one or two statements each, whatever their number."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, and_, case, or_
from sqlmodel import Session, col, func, select

from catalog.models import Household, Pack, Person, Photo, Producer, ProducerKind, Product
from marketplace.accounts.models import Account
from marketplace.core.audit import AuditEntry
from marketplace.core.i18n import N_
from marketplace.core.text import exactness, fold
from marketplace.selling.models import (
    BLAME_LABELS,
    REMOTE_STATE_LABELS,
    Blame,
    Listing,
    Offer,
    OfferPhoto,
    Shop,
    Wanted,
)
from marketplace.selling.scopes import listings_seen_by, offers_seen_by, sellers_seen_by

PAGE = 30
MOST_FOUND = 200  #: hits of a search that are ranked; more words narrow it


@dataclass(frozen=True)
class State:
    """Where a listing stands, in words; `kind` colours it: ok, wait, warn, bad or plain."""

    words: str
    kind: str


def state_of(listing: Listing) -> State:
    """What people call the state of a listing: who must act first, then what is there."""
    if listing.blame is not None:
        return State(BLAME_LABELS[listing.blame], "bad" if listing.blame == Blame.SELLER else "warn")
    gone = listing.remote_id is None or listing.remote_state in ("off", "deleted")
    if listing.wanted == Wanted.WITHDRAWN:
        confirmed = listing.remote_id is None or listing.off_seen_at is not None
        off = gone and confirmed and not listing.unclear
        return State(N_("Đã gỡ"), "plain") if off else State(N_("Đang gỡ, chờ sàn xác nhận"), "wait")
    if listing.unclear:
        return State(N_("Chưa rõ, đang hỏi lại sàn"), "wait")
    if listing.remote_id is None:
        return State(N_("Chờ đăng"), "wait")
    if listing.published_revision < listing.revision:
        return State(N_("Đang cập nhật"), "wait")
    kinds = {"live": "ok", "pending": "wait", "off": "warn", "unknown": "wait"}
    remote = listing.remote_state or "unknown"
    return State(REMOTE_STATE_LABELS.get(remote, remote), kinds.get(remote, "bad"))


# --- offers -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class OfferCard:
    """An offer with what it sells, who sells it, and where it is listed."""

    offer: Offer
    product: Product
    pack: Pack
    seller: Producer
    listings: list[tuple[Listing, Shop]] = field(default_factory=list)


def offer_cards(db: Session, actor: Account, query: str, number: int) -> tuple[list[OfferCard], bool]:
    """A page of offers, newest first; of a search, titles with the same marks first. True: there are more."""
    wanted = (
        offers_seen_by(actor)
        .join(Product, col(Product.id) == Offer.product_id)
        .join(Pack, col(Pack.id) == Offer.pack_id)
        .join(Producer, col(Producer.id) == Offer.producer_id)
        .add_columns(Product, Pack, Producer)
    )
    skipped = (number - 1) * PAGE
    if query:
        hit = or_(
            _has(Offer.title_fold, query), _has(Product.name_fold, query), _has(Producer.name_fold, query)
        )
        rows = db.execute(wanted.where(hit).order_by(col(Offer.id).desc()).limit(MOST_FOUND)).all()
        ranked = sorted(rows, key=lambda row: exactness(query, row[0].title))
        shown = ranked[skipped : skipped + PAGE + 1]
    else:
        shown = list(db.execute(wanted.order_by(col(Offer.id).desc()).offset(skipped).limit(PAGE + 1)).all())
    cards = [OfferCard(*row) for row in shown[:PAGE]]
    _add_listings(db, cards)
    return cards, len(shown) > PAGE


def _has(folded: str, query: str) -> ColumnElement[bool]:
    return col(folded).contains(fold(query), autoescape=True)


def _add_listings(db: Session, cards: Sequence[OfferCard]) -> None:
    by_offer = {card.offer.id: card for card in cards}
    for listing, shop in db.exec(
        select(Listing, Shop)
        .join(Shop, col(Shop.id) == Listing.shop_id)
        .where(col(Listing.offer_id).in_(by_offer))
        .order_by(col(Shop.marketplace), col(Listing.id))
    ):
        by_offer[listing.offer_id].listings.append((listing, shop))


def offer_card(db: Session, offer: Offer) -> OfferCard:
    """One offer with everything around it."""
    card = OfferCard(
        offer,
        db.get_one(Product, offer.product_id),
        db.get_one(Pack, offer.pack_id),
        db.get_one(Producer, offer.producer_id),
    )
    _add_listings(db, [card])
    return card


def photos_of(db: Session, offer: Offer) -> list[Photo]:
    """The pictures of an offer, the cover first."""
    return list(
        db.exec(
            select(Photo)
            .join(OfferPhoto, col(OfferPhoto.photo_id) == Photo.id)
            .where(OfferPhoto.offer_id == offer.id)
            .order_by(col(OfferPhoto.position), col(OfferPhoto.id))
        )
    )


@dataclass(frozen=True)
class Choice:
    """A product that can be offered, and whether the seller has any."""

    product: Product
    in_stock: bool


def listable_products(db: Session, in_stock: set[int]) -> list[Choice]:
    """Products with a pack that has a weight; those in stock first."""
    weighed = select(Pack.product_id).where(col(Pack.active), col(Pack.net_grams).is_not(None))
    rows = db.exec(
        select(Product)
        .where(col(Product.active), Product.sale_unit != "night", col(Product.id).in_(weighed))
        .order_by(col(Product.name_fold))
    )
    choices = [Choice(product, product.id in in_stock) for product in rows]
    return sorted(choices, key=lambda choice: not choice.in_stock)


def find_sellers(db: Session, actor: Account, query: str) -> list[tuple[Producer, Household | None]]:
    """Who this person may sell for: a search by name or household code; organisations first."""
    wanted = (
        sellers_seen_by(actor)
        .outerjoin(Household, col(Household.id) == Producer.household_id)
        .add_columns(Household)
        .where(or_(col(Producer.household_id).is_(None), and_(col(Household.active), ~col(Household.draft))))
    )
    if query:
        code = func.lower(Household.code) == query.lower()
        wanted = wanted.where(or_(_has(Producer.name_fold, query), code))
    households_last = case((col(Producer.kind) == ProducerKind.HOUSEHOLD, 1), else_=0)
    rows = db.execute(wanted.order_by(households_last, col(Producer.name_fold)).limit(PAGE)).all()
    found = [(producer, household) for producer, household in rows]
    return sorted(found, key=lambda row: exactness(query, row[0].name) if query else 0)


def acting_for(db: Session, actor: Account, producer: Producer) -> str | None:
    """The name of the household somebody else acts for; None for one's own and for organisations."""
    if producer.household_id is None or actor.household_id == producer.household_id:
        return None
    head = db.exec(
        select(Person.name).where(Person.household_id == producer.household_id, col(Person.is_head))
    ).first()
    return head or producer.name


# --- listings ---------------------------------------------------------------------------------

FILTERS: dict[str, str] = {
    "dang-ban": N_("Đang bán"),
    "cho": N_("Đang chờ"),
    "can-sua": N_("Cần người sửa"),
    "da-go": N_("Đã gỡ"),
}


@dataclass(frozen=True)
class ListingRow:
    listing: Listing
    offer: Offer
    shop: Shop
    seller: Producer


@dataclass(frozen=True)
class CauseGroup:
    """Listings that wait for the same repair; `sample` lends its sentence."""

    cause: str
    blame: Blame
    count: int
    sample: Listing


def listing_rows(
    db: Session, actor: Account, *, state: str, blame: str, cause: str, shop: int, number: int
) -> tuple[list[ListingRow], bool]:
    """A page of listings, newest first; `shop` 0 means all of them. True when there are more."""
    wanted = (
        listings_seen_by(actor)
        .join(Offer, col(Offer.id) == Listing.offer_id)
        .join(Shop, col(Shop.id) == Listing.shop_id)
        .join(Producer, col(Producer.id) == Offer.producer_id)
        .add_columns(Offer, Shop, Producer)
        .where(*_filtered(state, blame, cause, shop))
        .order_by(col(Listing.id).desc())
        .offset((number - 1) * PAGE)
        .limit(PAGE + 1)
    )
    rows = [ListingRow(*row) for row in db.execute(wanted).all()]
    return rows[:PAGE], len(rows) > PAGE


def _filtered(state: str, blame: str, cause: str, shop: int) -> list[ColumnElement[bool]]:
    on_sale, stuck = col(Listing.wanted) == Wanted.ON_SALE, col(Listing.blame).is_not(None)
    live = col(Listing.remote_state) == "live"
    by_state: dict[str, list[ColumnElement[bool]]] = {
        "dang-ban": [on_sale, live],
        "cho": [on_sale, ~stuck, or_(col(Listing.remote_state).is_(None), ~live)],
        "can-sua": [stuck],
        "da-go": [col(Listing.wanted) == Wanted.WITHDRAWN],
    }
    conditions = by_state.get(state, [])
    if blame in set(Blame):
        conditions.append(col(Listing.blame) == blame)
    if cause:
        conditions.append(col(Listing.cause) == cause)
    if shop:
        conditions.append(col(Listing.shop_id) == shop)
    return conditions


def cause_groups(db: Session, actor: Account) -> list[CauseGroup]:
    """Listings that wait for a person, grouped by cause, the largest group first; two statements."""
    seen = listings_seen_by(actor).with_only_columns(col(Listing.id))
    rows = db.execute(
        select(Listing.cause, Listing.blame, func.count(), func.min(Listing.id))
        .where(col(Listing.blame).is_not(None), col(Listing.id).in_(seen))
        .group_by(col(Listing.cause), col(Listing.blame))
        .order_by(func.count().desc(), col(Listing.cause))
    ).all()
    ids = [row[3] for row in rows]
    samples = {one.id: one for one in db.exec(select(Listing).where(col(Listing.id).in_(ids)))} if ids else {}
    return [CauseGroup(cause or "", blame, count, samples[sample]) for cause, blame, count, sample in rows]


@dataclass(frozen=True)
class Happened:
    """One line of a history."""

    entry: AuditEntry
    words: str
    who: str | None


ACTIONS: dict[str, str] = {
    "offer.made": N_("Tạo chào bán"),
    "offer.price_changed": N_("Đổi giá"),
    "offer.words_changed": N_("Sửa lời giới thiệu"),
    "offer.promotion_changed": N_("Đổi khuyến mãi"),
    "offer.attributes_changed": N_("Trả lời thuộc tính"),
    "offer.photo_added": N_("Thêm ảnh"),
    "offer.photo_removed": N_("Bỏ ảnh"),
    "listing.on_sale": N_("Đưa lên sàn"),
    "listing.withdrawn": N_("Gỡ khỏi sàn"),
    "listing.packs_changed": N_("Đổi số gói"),
    "listing.tried_again": N_("Cho thử lại"),
    "listing.drift_healed": N_("Tự sửa chỗ lệch trên sàn"),
    "listing.drift_resent": N_("Gửi lại chỗ lệch trên sàn"),
    "listing.drift_accepted": N_("Nhận theo sàn"),
    "order.moved": N_("Đơn chuyển trạng thái"),
    "order.confirm_wished": N_("Yêu cầu xác nhận đơn"),
    "order.cancel_wished": N_("Yêu cầu hủy đơn"),
    "order.deliver_wished": N_("Báo đã giao"),
    "order.tried_again": N_("Gửi lại lên sàn"),
    "order.line_matched": N_("Nối dòng hàng với tin đăng"),
    "parked.asked_again": N_("Đọc lại từ sàn"),
    "parked.settled": N_("Ghi vì sao không phải làm gì"),
    "parked.reopened": N_("Mở lại mục tạm giữ"),
    "order.returned": N_("Ghi hàng trả lại"),
    "order.return_undone": N_("Bỏ lần ghi hàng trả lại"),
    "order.complaint_undone": N_("Bỏ lần ghi khiếu nại"),
    "order.taken": N_("Ghi số gói khách đã lấy"),
    "order.goods_back_decided": N_("Quyết định về hàng trả về"),
    "order.complaint": N_("Ghi khiếu nại"),
    "shop.opened": N_("Mở gian hàng"),
    "shop.keys_changed": N_("Đổi khóa"),
    "shop.paused": N_("Tạm dừng"),
    "shop.resumed": N_("Mở lại"),
    "shop.drift_policy": N_("Đổi cách xử lý lệch"),
    "shop.auto_confirm_on": N_("Bật tự xác nhận đơn"),
    "shop.auto_confirm_off": N_("Tắt tự xác nhận đơn"),
}


def history(db: Session, subjects: Sequence[tuple[str, int]], *, most: int = 30) -> list[Happened]:
    """What happened to these (table, id), newest first."""
    about = or_(
        *(
            (col(AuditEntry.subject_kind) == kind) & (col(AuditEntry.subject_id) == key)
            for kind, key in subjects
        )
    )
    rows = db.exec(
        select(AuditEntry, Account.name)
        .outerjoin(Account, col(Account.id) == AuditEntry.actor_id)
        .where(about)
        .order_by(col(AuditEntry.id).desc())
        .limit(most)
    )
    return [Happened(entry, ACTIONS.get(entry.action, entry.action), who) for entry, who in rows]
