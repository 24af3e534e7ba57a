"""What the page of endings shows: of what this person sees and sells, the nearest end first."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, false
from sqlalchemy import select as columns  # SQLModel's select takes four columns at most
from sqlmodel import Session, col, func, or_, select

from catalog.models import (
    Certificate,
    HarvestLot,
    Household,
    Membership,
    Producer,
    Product,
    Season,
    SeasonWindow,
    StockEntry,
)
from catalog.scopes import household_in_scope, lots_seen_by
from marketplace.accounts.models import Account
from marketplace.selling.ending_models import EndingWarning
from marketplace.selling.models import Offer
from marketplace.selling.pages import PAGE
from marketplace.selling.scopes import OFFICE, offers_seen_by, seller_in_scope


@dataclass(frozen=True)
class EndingRow:
    """One warning with what it is about: a certificate, a harvest, or a lot."""

    warning: EndingWarning
    certificate: Certificate | None
    holder: Producer | None
    season: Season | None
    lot: HarvestLot | None
    product: Product | None  #: of the harvest or the lot

    def left(self, today: date) -> int:
        """Days until the last one."""
        return (self.warning.ends_on - today).days


def ending_rows(db: Session, actor: Account, *, today: date, number: int) -> tuple[list[EndingRow], bool]:
    """A page of what ends, the nearest first; True when there are more. One statement."""
    of_what = or_(col(Product.id) == SeasonWindow.product_id, col(Product.id) == HarvestLot.product_id)
    wanted = (
        columns(EndingWarning, Certificate, Producer, Season, HarvestLot, Product)
        .outerjoin(Certificate, col(Certificate.id) == EndingWarning.certificate_id)
        .outerjoin(Producer, col(Producer.id) == Certificate.producer_id)
        .outerjoin(SeasonWindow, col(SeasonWindow.id) == EndingWarning.window_id)
        .outerjoin(Season, col(Season.id) == SeasonWindow.season_id)
        .outerjoin(HarvestLot, col(HarvestLot.id) == EndingWarning.lot_id)
        .outerjoin(Product, of_what)
        .where(*_standing(actor, today))
        .order_by(col(EndingWarning.ends_on), col(EndingWarning.id))
    )
    found = db.execute(wanted.offset((number - 1) * PAGE).limit(PAGE + 1)).all()
    return [EndingRow(*row) for row in found[:PAGE]], len(found) > PAGE


def how_many_end(db: Session, actor: Account, *, today: date) -> int:
    """What this person is warned of today; one statement."""
    return db.exec(select(func.count(col(EndingWarning.id))).where(*_standing(actor, today))).one()


def _standing(actor: Account, today: date) -> tuple[ColumnElement[bool], ...]:
    """Warnings in sight, the last one of each thing, of what still ends on that day."""
    newest = select(func.max(col(EndingWarning.id))).where(col(EndingWarning.ends_on) >= today)
    newest = newest.group_by(
        col(EndingWarning.certificate_id), col(EndingWarning.window_id), col(EndingWarning.lot_id)
    )
    in_sight = or_(_certificate_ends(actor, today), _season_ends(actor), _lot_ends(actor))
    return col(EndingWarning.id).in_(newest), in_sight


def _certificate_ends(actor: Account, today: date) -> ColumnElement[bool]:
    """Of sellers in sight, and of the organisations that households in sight supply: theirs to carry."""
    holders = select(Producer.id).where(seller_in_scope(actor))
    households = select(Household.id).where(household_in_scope(actor))
    supplied = select(Membership.producer_id).where(col(Membership.household_id).in_(households))
    held = col(Certificate.producer_id)
    ending = select(Certificate.id).where(
        col(Certificate.id) == EndingWarning.certificate_id,
        col(Certificate.valid_to) == EndingWarning.ends_on,
        or_(col(Certificate.revoked_on).is_(None), col(Certificate.revoked_on) > today),
        or_(held.in_(holders), held.in_(supplied)),
    )
    return ending.correlate(EndingWarning).exists()


def _season_ends(actor: Account) -> ColumnElement[bool]:
    """Of what somebody in sight offers in that season."""
    own = (col(Offer.season_id) == SeasonWindow.season_id, col(Offer.product_id) == SeasonWindow.product_id)
    offered = offers_seen_by(actor).join(SeasonWindow, and_(*own))
    ending = offered.where(
        col(SeasonWindow.id) == EndingWarning.window_id, col(SeasonWindow.last_day) == EndingWarning.ends_on
    )
    return ending.correlate(EndingWarning).exists()


def _lot_ends(actor: Account) -> ColumnElement[bool]:
    """Of lots in sight, while something is left of them; the office has thousands and sees none of these."""
    if actor.role in OFFICE:
        return false()
    lots = lots_seen_by(actor).with_only_columns(col(HarvestLot.id)).correlate(None)
    left = select(func.sum(StockEntry.grams)).where(col(StockEntry.lot_id) == EndingWarning.lot_id)
    return col(EndingWarning.lot_id).in_(lots) & (left.correlate(EndingWarning).scalar_subquery() > 0)
