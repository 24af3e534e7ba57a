"""Recording a harvest: whose fruit, of which season, sold by whom, and is that much believable."""

import secrets
from datetime import date, datetime

from sqlmodel import Session, col, or_, select

from catalog.drafts import StillDraft
from catalog.lots import get_or_make_pool, harvested_of, post_entry, tell
from catalog.models import (
    AdminUnit,
    HarvestLot,
    Household,
    Level,
    LotPool,
    Membership,
    Producer,
    Product,
    Season,
    StockEntry,
    StockKind,
)
from catalog.places import bare
from catalog.product_forms import LotIn
from catalog.scopes import households_seen_by, one_of
from catalog.seasons import NoSeason, in_window, season_of
from catalog.shipped import grades_of
from marketplace.accounts.models import Account
from marketplace.core.audit import note
from marketplace.core.db import insert_new
from marketplace.core.errors import NotFound, Refused
from marketplace.core.i18n import N_
from marketplace.core.units import date_vi, kg, local_day

MOST_GRAMS_PER_M2 = 2_500  #: 25 tonnes a hectare; more than any orchard here has borne (§11.4, 14)


class UnknownProduct(Refused):
    sentence = N_("Hãy chọn một sản phẩm trong danh sách.")
    status = 422
    field = "product_id"


class HarvestedInFuture(Refused):
    sentence = N_("Ngày hái %(day)s chưa tới. Hãy chọn hôm nay hoặc một ngày đã qua.")
    status = 422
    field = "harvested_on"


class NotASupplier(Refused):
    sentence = N_(
        "Ngày %(day)s hộ này không phải thành viên của đơn vị đã chọn. "
        "Hãy chọn hộ tự bán, hoặc nhờ cán bộ ghi tư cách thành viên."
    )
    status = 422
    field = "producer_id"


class UnknownGrade(Refused):
    sentence = N_("Hãy chọn một hạng có sẵn: %(grades)s.")
    status = 422
    field = "grade"


class MoreThanOrchardBears(Refused):
    """Above area × 25 t/ha in a season; taken once somebody ticks that it is right."""

    sentence = N_(
        "Cả vụ sẽ là %(total)s, nhiều hơn vườn của hộ thường cho (%(most)s). "
        "Nếu cân đúng, hãy đánh dấu xác nhận rồi ghi lại."
    )
    status = 422
    field = "confirmed"


def record_harvest(db: Session, actor: Account, data: LotIn, *, now: datetime) -> HarvestLot:
    """Record what a household picked; the same `client_key` again gives the first lot.

    Refuses a household out of sight or not registered yet, a day to come or without season, a seller it does
    not supply (R-26), an unknown grade, and more than the orchard bears unless confirmed. Out of season is
    noted, not refused.
    """
    household = one_of(db, households_seen_by(actor), data.household_id or actor.household_id or 0, Household)
    known = _lot_of_key(db, household, data.client_key)
    if known is not None:
        return known
    if household.draft:
        raise StillDraft(code=household.code)
    product, season = _what_and_when(db, data, today=local_day(now))
    seller = _seller_of(db, household, data)
    too_much = _above_orchard(db, household, product, season, data)
    lot = _new_lot(db, actor, household, season, get_or_make_pool(db, seller, data.product_id), data, now=now)
    if lot is None:  # the same receipt arrived twice at once, and the other was first
        lot = _lot_of_key(db, household, data.client_key)
        if lot is None:
            raise NotFound
        return lot
    post_entry(
        db, lot=lot, kind=StockKind.HARVEST, grams=lot.grams, key=f"harvest:{lot.id}", at=now, actor=actor
    )
    early_or_late = not in_window(db, product, season, data.harvested_on)
    note(
        db, actor, "lot.harvested", lot, grams=lot.grams, out_of_season=early_or_late, above_orchard=too_much
    )
    tell(db, [lot.pool_id], now)
    return lot


def _what_and_when(db: Session, data: LotIn, *, today: date) -> tuple[Product, Season]:
    product = db.get(Product, data.product_id)
    if product is None or not product.active:
        raise UnknownProduct
    if data.harvested_on > today:
        raise HarvestedInFuture(day=date_vi(data.harvested_on))
    if data.grade and data.grade not in grades_of(product):
        raise UnknownGrade(grades=", ".join(grades_of(product)))
    season = season_of(db, product, data.harvested_on)
    if season is None:
        raise NoSeason(day=date_vi(data.harvested_on))
    return product, season


def _seller_of(db: Session, household: Household, data: LotIn) -> int:
    """The household's own producer row, or the organisation it supplied that day."""
    own = select(Producer.id).where(Producer.household_id == household.id)
    supplied = select(Membership.producer_id).where(
        Membership.household_id == household.id,
        Membership.valid_from <= data.harvested_on,
        or_(col(Membership.valid_to).is_(None), col(Membership.valid_to) >= data.harvested_on),
    )
    seller = select(Producer.id).where(
        col(Producer.id).in_(supplied) | (Producer.household_id == household.id)
    )
    found = db.exec(
        own if data.producer_id is None else seller.where(Producer.id == data.producer_id)
    ).first()
    if found is None:
        raise NotASupplier(day=date_vi(data.harvested_on))
    return found


def _above_orchard(db: Session, household: Household, product: Product, season: Season, data: LotIn) -> bool:
    """Would this season's oranges exceed the orchard's area × 25 t/ha? Refuses unless confirmed."""
    if product.variety is None or household.orange_area_m2 is None:
        return False
    oranges = (
        select(HarvestLot.id)
        .join(Product)
        .where(
            HarvestLot.household_id == household.id,
            HarvestLot.season_id == season.id,
            col(Product.variety).is_not(None),
        )
    )
    total = harvested_of(db, col(StockEntry.lot_id).in_(oranges)) + data.grams
    most = household.orange_area_m2 * MOST_GRAMS_PER_M2
    if total > most and not data.confirmed:
        raise MoreThanOrchardBears(total=kg(total), most=kg(most))
    return total > most


def _new_lot(
    db: Session,
    actor: Account,
    household: Household,
    season: Season,
    pool: LotPool,
    data: LotIn,
    *,
    now: datetime,
) -> HarvestLot | None:
    """The new lot; None when its client key is taken."""
    commune = _commune_on(db, household, data.harvested_on)
    values = data.model_dump(include={"product_id", "harvested_on", "grams", "grade", "client_key"})
    values |= {
        "household_id": household.id,
        "season_id": season.id,
        "pool_id": pool.id,
        "commune_id": commune.id,
    }
    values |= {"recorded_at": now, "recorded_by": actor.id}
    values["code"] = secrets.token_hex(10)  # until the row has the number its code is made of
    lot_id = insert_new(db, HarvestLot, ("client_key",), **values)
    if lot_id is None:
        return None
    lot = db.get_one(HarvestLot, lot_id)
    lot.code = f"HG{season.key[2:4]}-{_area_letters(db, commune)}-{lot_id:06d}"
    db.add(lot)
    db.flush()
    return lot


def _commune_on(db: Session, household: Household, day: date) -> AdminUnit:
    """The household's commune as it was called that day; as recorded when neither name fits."""
    ids = [household.commune_id, household.current_commune_id or household.commune_id]
    units = {unit.id: unit for unit in db.exec(select(AdminUnit).where(col(AdminUnit.id).in_(ids)))}
    fitting = (units[key] for key in ids if units[key].valid_from <= day <= (units[key].valid_to or day))
    return next(fitting, units[household.commune_id])


def _area_letters(db: Session, commune: AdminUnit) -> str:
    """Initials of the old district (BQ), or of the commune since there are no districts."""
    parent = db.get(AdminUnit, commune.parent_id) if commune.parent_id else None
    named = parent if parent is not None and parent.level == Level.DISTRICT else commune
    return "".join(word[0] for word in bare(named.name).split())[:4].upper()


def _lot_of_key(db: Session, household: Household, client_key: str | None) -> HarvestLot | None:
    """The lot a receipt already made; NotFound when it is another household's."""
    if client_key is None:
        return None
    lot = db.exec(select(HarvestLot).where(HarvestLot.client_key == client_key)).first()
    if lot is not None and lot.household_id != household.id:
        raise NotFound
    return lot
