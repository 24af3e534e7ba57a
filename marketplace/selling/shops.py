"""Shops: seller accounts on marketplaces. Keys are sealed as they arrive and never shown again."""

import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field
from sqlmodel import Session, col, select

from catalog.models import Producer
from marketplace.core.audit import Actor, note
from marketplace.core.db import flush_or
from marketplace.core.errors import Refused
from marketplace.core.forms import Choice, Name, Tick, Typed
from marketplace.core.i18n import N_
from marketplace.core.secrets import Vault
from marketplace.core.text import clean
from marketplace.selling.forms import Id
from marketplace.selling.models import Exchange, Order, Shop
from marketplace.selling.order_wishes import confirm_when_in_stock
from marketplace.selling.sync.wire import faces


class UnknownMarketplace(Refused):
    sentence = N_("Chưa có sàn này trong hệ thống. Hãy chọn một sàn trong danh sách.")
    status = 422
    field = "marketplace"


class UnknownSeller(Refused):
    sentence = N_("Hãy chọn đơn vị đứng tên gian hàng trong danh sách.")
    status = 422
    field = "producer_id"


class ShopExists(Refused):
    sentence = N_("Sàn này đã có gian hàng tên “%(name)s”. Hãy đặt tên khác.")
    field = "name"


class KeyNeeded(Refused):
    sentence = N_("Hãy điền “%(label)s” mà sàn cấp cho gian hàng.")
    status = 422


class NotAnAddress(Refused):
    sentence = N_("Địa chỉ API phải bắt đầu bằng http:// hoặc https://, ví dụ https://open.sendo.vn.")
    status = 422
    field = "base_url"


class AddressNeeded(Refused):
    sentence = N_("Sàn này không có địa chỉ API công khai. Hãy ghi địa chỉ mà sàn cấp cho gian hàng.")
    status = 422
    field = "base_url"


Address = Annotated[
    str,
    BeforeValidator(lambda value: clean(value) if isinstance(value, str) else value or ""),
    Field(max_length=200),
]


class ShopIn(Typed):
    """A seller account on one marketplace; `credentials` are keyed in that marketplace's own names."""

    marketplace: Choice = Field(title=N_("Sàn"))
    name: Name = Field(title=N_("Tên gian hàng"))
    producer_id: Id = Field(title=N_("Đơn vị đứng tên"))
    open_to_households: Tick = Field(default=True, title=N_("Cho hộ dân đăng bán"))
    sandbox: Tick = Field(default=False, title=N_("Gian hàng thử"))
    base_url: Address = Field(default="", title=N_("Địa chỉ API"))
    credentials: dict[str, Any] = Field(default_factory=dict, title=N_("Khóa"), repr=False)


def open_shop(
    db: Session,
    actor: Actor,
    data: ShopIn,
    *,
    vault: Vault,
    now: datetime,
    orders_since: datetime | None = None,
) -> Shop:
    """Open a seller account; orders placed since `orders_since` (default: now) are pulled at once.

    Refuses an unknown marketplace or seller, a key that is missing, and a name that is taken there.
    """
    if data.marketplace not in faces():
        raise UnknownMarketplace
    if db.get(Producer, data.producer_id) is None:
        raise UnknownSeller
    shop = Shop(
        **data.model_dump(exclude={"credentials", "base_url"}),
        base_url=_address(data.base_url, faces()[data.marketplace].default_base_url),
        credentials_sealed=_sealed(data.marketplace, data.credentials, vault),
        push_token=secrets.token_urlsafe(32),
        created_at=now,
        pulled_to=orders_since or now,
        pull_due_at=now,
        sweep_due_at=now,
    )
    db.add(shop)
    flush_or(db, ShopExists(name=data.name))
    note(db, actor, "shop.opened", shop, marketplace=shop.marketplace, producer=shop.producer_id)
    return shop


def change_keys(
    db: Session, actor: Actor, shop: Shop, credentials: Mapping[str, object], *, vault: Vault, now: datetime
) -> Shop:
    """Replace the keys of a shop and let the worker try them at once; the old ones are gone."""
    shop.credentials_sealed = _sealed(shop.marketplace, credentials, vault)
    _forget_trouble(shop, now)
    db.add(shop)
    note(db, actor, "shop.keys_changed", shop)
    return shop


def pause_shop(db: Session, actor: Actor, shop: Shop) -> Shop:
    """Speak no more for this shop; what is on sale there stays as it is."""
    if shop.active:
        shop.active = False
        db.add(shop)
        note(db, actor, "shop.paused", shop)
    return shop


def resume_shop(db: Session, actor: Actor, shop: Shop, *, now: datetime) -> Shop:
    """Speak for this shop again, at once, whatever trouble there was."""
    was_paused, shop.active = not shop.active, True
    _forget_trouble(shop, now)
    db.add(shop)
    if was_paused:
        note(db, actor, "shop.resumed", shop)
    return shop


def confirm_by_itself(db: Session, actor: Actor, shop: Shop, *, on: bool, now: datetime) -> Shop:
    """Let the program confirm new orders whose every pack came out of a lot, those that wait now included."""
    if shop.auto_confirm == on:
        return shop
    shop.auto_confirm = on
    db.add(shop)
    note(db, actor, "shop.auto_confirm_on" if on else "shop.auto_confirm_off", shop)
    waiting = select(Order).where(Order.shop_id == shop.id, Order.state == "new", col(Order.wish).is_(None))
    for order in db.exec(waiting.with_for_update(key_share=True)).all() if on else ():
        confirm_when_in_stock(db, order, now=now)
    return shop


def shop_of_push(db: Session, push_token: str) -> Shop | None:
    """The shop a push is addressed to; None for a token nobody has."""
    return db.exec(select(Shop).where(Shop.push_token == clean(push_token[:100]))).first()


def readable(body: str) -> str:
    """A journalled body as people read it: JSON indented, anything else as it is."""
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, indent=2)
    except ValueError:
        return body


def failed(exchange: Exchange) -> bool:
    """Did this call end without a good answer?"""
    return exchange.error is not None or exchange.status is None or exchange.status >= 400


def _forget_trouble(shop: Shop, now: datetime) -> None:
    shop.trouble_code = shop.trouble_sentence = shop.trouble_since = shop.resume_at = None
    shop.pull_due_at = shop.sweep_due_at = now


def _sealed(marketplace: str, credentials: Mapping[str, object], vault: Vault) -> str:
    """The keys the marketplace asks for, sealed; refuses when one is missing, keeps nothing else."""
    kept: dict[str, str] = {}
    for name in faces()[marketplace].credential_fields if marketplace in faces() else ():
        value = str(credentials.get(name) or "").strip()
        if not value:
            raise KeyNeeded(field=f"key_{name}", label=name)
        kept[name] = value
    return vault.seal(json.dumps(kept))


def _address(typed: str, usual: str) -> str:
    if not typed:
        if not usual:
            raise AddressNeeded
        return ""
    try:
        parts = urlsplit(typed)
    except ValueError as error:
        raise NotAnAddress from error
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise NotAnAddress
    return typed.rstrip("/")
