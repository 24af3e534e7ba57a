"""What somebody changed on a marketplace: put right as we want, or taken over as our wish.

Nothing here speaks to a marketplace: putting right makes a listing due, the worker does it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from sqlmodel import Session, col, select

from marketplace.core.audit import Actor, note
from marketplace.core.db import found
from marketplace.core.errors import Refused
from marketplace.core.i18n import N_
from marketplace.selling import listings, offers
from marketplace.selling.forms import OfferChangeIn
from marketplace.selling.models import Blame, Drift, Listing, Offer, Shop, Wanted


class Kind(StrEnum):
    PRICE = "price"
    STOCK = "stock"
    TEXT = "text"
    STATE = "state"  #: wanted on sale and not offered there, or the other way round
    VANISHED = "vanished"
    UNKNOWN = "unknown"  #: a product there that no listing of ours stands for


KIND_LABELS: Mapping[str, str] = {
    Kind.PRICE: N_("Lệch giá"),
    Kind.STOCK: N_("Lệch số gói"),
    Kind.TEXT: N_("Lệch tên tin"),
    Kind.STATE: N_("Lệch trạng thái bán"),
    Kind.VANISHED: N_("Sản phẩm biến mất khỏi sàn"),
    Kind.UNKNOWN: N_("Sản phẩm lạ trên sàn"),
}

HEAL, ASK = "heal", "ask"
LIVE = "live"  #: policy of a withdrawn listing that is on sale again
#: What is done where a shop says nothing else.
USUAL: Mapping[str, str] = {
    Kind.PRICE: HEAL,
    Kind.STOCK: HEAL,
    Kind.TEXT: HEAL,
    Kind.STATE: ASK,
    LIVE: HEAL,
    Kind.VANISHED: ASK,
    Kind.UNKNOWN: ASK,
}
POLICY_LABELS: Mapping[str, str] = {
    **KIND_LABELS,
    Kind.STATE: N_("Muốn bán nhưng trên sàn đã tắt"),
    LIVE: N_("Đã gỡ nhưng trên sàn lại bán"),
}
HEALS = 3  #: of one drift; whoever changes it back each time is a person to talk to
REOPENED_WITHIN = timedelta(days=1)  #: what comes back sooner is the same drift

VANISHED = N_("Sản phẩm không còn trên sàn. Hãy hỏi sàn lý do, rồi bấm “Thử lại” để đăng lại.")
STATE = N_(
    "Trên sàn, sản phẩm đã bị tắt hoặc xóa mà không qua hệ thống. Hãy xem ở trang “Lệch sàn”, "
    "rồi chọn gửi lại hoặc ngừng bán."
)
LIVE_AGAIN = N_(
    "Tin này đã gỡ nhưng trên sàn vẫn có người mở bán lại. Hãy hỏi người giữ tài khoản sàn, "
    "rồi bấm “Thử lại” để gỡ."
)
#: What a listing waits for when a person is asked: cause and sentence; the other kinds stop no work.
ASKING: Mapping[str, tuple[str, str]] = {
    Kind.STATE: ("drift.state", STATE),
    LIVE: ("drift.live", LIVE_AGAIN),
    Kind.VANISHED: ("remote.vanished", VANISHED),
}


class AlreadySettled(Refused):
    sentence = N_("Việc lệch này đã được xử lý.")


class NotToAccept(Refused):
    sentence = N_("Không thể nhận theo sàn ở trường hợp này. Hãy chọn “Gửi lại như ta muốn”.")


class UnknownPolicy(Refused):
    sentence = N_("Với mỗi loại lệch, hãy chọn “tự sửa” hoặc “hỏi người”.")
    status = 422


def policy_key(kind: str, *, withdrawn: bool) -> str:
    """Which line of a shop's policy speaks for this drift."""
    return LIVE if kind == Kind.STATE and withdrawn else kind


def policy_of(shop: Shop, key: str) -> str:
    """ "heal" or "ask"."""
    return shop.drift_policy.get(key, USUAL[key])


def set_policy(db: Session, actor: Actor, shop: Shop, chosen: Mapping[str, str]) -> Shop:
    """Choose for each kind whether the program puts it right or asks; kinds left out stay as they are."""
    for key, policy in chosen.items():
        if key not in USUAL or policy not in (HEAL, ASK):
            raise UnknownPolicy(field=key)
    policies = {key: policy_of(shop, key) for key in USUAL}
    changes = {key: policy for key, policy in chosen.items() if policies[key] != policy}
    if changes:
        shop.drift_policy = {**shop.drift_policy, **changes}
        db.add(shop)
        note(db, actor, "shop.drift_policy", shop, **changes)
    return shop


# --- what is done about one
# --------------------------------------------------------------------------------------------------------


def heal(listing: Listing, kind: str, *, now: datetime) -> None:
    """Make the worker send again what the marketplace no longer shows; the stock protocol decides how."""
    if kind == Kind.STOCK:
        listing.restock = True
        listing.confirmed_packs = None  # what is there is not what we knew
        listing.not_before = now
        return
    if listing.wanted == Wanted.WITHDRAWN:
        listing.off_seen_at = None
    elif listing.remote_state == "deleted":
        listing.unclear = True  # look the SKU up before anything is created anew
    else:
        listing.revision += 1
    listings.wake(listing, now)


def ask_person(listing: Listing, key: str) -> None:
    """Put it into the coordinator's hands, unless somebody else must act first."""
    if key in ASKING and listing.blame is None:
        cause, sentence = ASKING[key]
        listings.ask(listing, Blame.COORDINATOR, cause, sentence)


def forget_asking(listing: Listing, key: str, *, now: datetime) -> None:
    """It mended itself: nobody must act any more."""
    if key in ASKING and listing.cause == ASKING[key][0]:
        listings.wake(listing, now)


def settle(db: Session, drift: Drift, how: str, *, now: datetime, by: Actor | None = None) -> None:
    """Close a drift: "healed", "accepted" or "gone" by itself."""
    drift.settled_at, drift.settled_how = now, how
    drift.settled_by = by.actor_id if by else None
    drift.take_off_at = None
    db.add(drift)


# --- what a person chooses
# --------------------------------------------------------------------------------------------------------


def resend(db: Session, actor: Actor, drift: Drift, *, now: datetime) -> Drift:
    """ "Gửi lại như ta muốn": the marketplace is to show what we want; an unknown product is to come off.

    A drift that is still there at the next reading back comes back to the list.
    """
    _must_be_open(drift)
    if drift.listing_id is None:
        drift.take_off_at = now
        db.add(drift)
        note(db, actor, "drift.take_off", drift, sku=drift.sku, remote_id=drift.remote_id)
        return drift
    listing = found(db, Listing, drift.listing_id)
    heal(listing, drift.kind, now=now)
    db.add(listing)
    settle(db, drift, "healed", now=now, by=actor)
    note(db, actor, "listing.drift_resent", listing, kind=drift.kind, there=drift.there)
    return drift


def accept(db: Session, actor: Actor, drift: Drift, *, now: datetime) -> Drift:
    """ "Nhận theo sàn": what is there becomes the wish; an unknown product is left alone for good.

    A price or title is that of the offer and so of all its listings. Refuses more packs than the harvest has,
    and what cannot be a wish: that a withdrawn listing sells.
    """
    _must_be_open(drift)
    if drift.listing_id is not None:
        listing = found(db, Listing, drift.listing_id)
        _wish_what_is_there(db, actor, listing, drift, now=now)
        note(db, actor, "listing.drift_accepted", listing, kind=drift.kind, there=drift.there)
    else:
        note(db, actor, "drift.ignored", drift, sku=drift.sku, remote_id=drift.remote_id)
    settle(db, drift, "accepted", now=now, by=actor)
    return drift


def _must_be_open(drift: Drift) -> None:
    if drift.settled_at is not None:
        raise AlreadySettled


def may_accept(drift: Drift) -> bool:
    """Can what is there be a wish?"""
    return not (drift.kind == Kind.STATE and drift.wanted == Wanted.WITHDRAWN)


def _wish_what_is_there(db: Session, actor: Actor, listing: Listing, drift: Drift, *, now: datetime) -> None:
    if not may_accept(drift):
        raise NotToAccept
    if drift.kind == Kind.STOCK:
        listings.change_packs(db, actor, listing, int(drift.there), now=now)
    elif drift.kind in (Kind.STATE, Kind.VANISHED):
        listings.withdraw(db, actor, listing, now=now, reason=f"drift.{drift.kind}")
    else:
        offer = found(db, Offer, listing.offer_id)
        kept = offer.model_dump(include=set(OfferChangeIn.model_fields))
        change = {"price_vnd": int(drift.there)} if drift.kind == Kind.PRICE else {"title": drift.there}
        if len(str(change.get("title", ""))) > 150:
            raise NotToAccept
        offers.change_offer(db, actor, offer, OfferChangeIn.model_construct(**{**kept, **change}), now=now)


def open_drifts(db: Session, listing: Listing) -> list[Drift]:
    """What is different about one listing now, oldest first."""
    wanted = select(Drift).where(Drift.listing_id == listing.id, col(Drift.settled_at).is_(None))
    return list(db.exec(wanted.order_by(col(Drift.id))))
