"""What every selling page needs of the request."""

from flask import current_app, g, request
from sqlmodel import Session

from catalog.models import LotPool
from catalog.scopes import one_of
from marketplace.accounts.models import Account
from marketplace.core import clock
from marketplace.core.config import Settings
from marketplace.core.errors import NotFound
from marketplace.core.secrets import Vault
from marketplace.core.text import clean
from marketplace.selling.models import Listing, Offer, Order, OrderLine, Shop
from marketplace.selling.scopes import (
    listings_seen_by,
    offers_seen_by,
    order_lines_seen_by,
    orders_seen_by,
    pools_seen_by,
    shops_seen_by,
)
from marketplace.selling.sync.registry import Registry


def me() -> Account:
    """Who asks; the gate has let somebody in."""
    actor: Account = g.actor
    return actor


def db() -> Session:
    session: Session = g.db
    return session


def settings() -> Settings:
    chosen: Settings = current_app.extensions["lensan"]
    return chosen


def vault() -> Vault:
    kept: Vault = current_app.extensions["vault"]
    return kept


def registry() -> Registry:
    """The connectors of this process, made when first needed."""
    known = current_app.extensions.get("registry")
    if not isinstance(known, Registry):
        known = Registry.of(current_app.extensions["engine"], settings())
        current_app.extensions["registry"] = known
    return known


def asked(name: str) -> str:
    """One line from the query string."""
    return clean(request.args.get(name, ""))[:100]


def the_offer(offer_id: int) -> Offer:
    return one_of(db(), offers_seen_by(me()), offer_id, Offer)


def the_listing(listing_id: int) -> Listing:
    return one_of(db(), listings_seen_by(me()), listing_id, Listing)


def the_order(order_id: int) -> Order:
    return one_of(db(), orders_seen_by(me()), order_id, Order)


def the_line(order_id: int, line_id: int) -> OrderLine:
    """A line of that order which this person sees."""
    line = one_of(db(), order_lines_seen_by(me()), line_id, OrderLine)
    if line.order_id != the_order(order_id).id:
        raise NotFound
    return line


def the_shop(shop_id: int) -> Shop:
    return one_of(db(), shops_seen_by(me(), today=clock.today()), shop_id, Shop)


def the_pool(pool_id: int) -> LotPool:
    return one_of(db(), pools_seen_by(me()), pool_id, LotPool)
