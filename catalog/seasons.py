"""Crop years. A season is a key such as 2021-2022 with its own days, never `year(date)` (R-31)."""

import re
from datetime import date, datetime

from sqlmodel import Session, col, or_, select

from catalog.models import Product, Season, SeasonWindow
from catalog.product_forms import SeasonIn, WindowIn
from catalog.products import tell_of_rule
from marketplace.core.audit import Actor, note
from marketplace.core.db import flush_or, found
from marketplace.core.errors import Refused
from marketplace.core.i18n import N_

FIRST_MONTH = 9  #: when a crop year usually begins (R-31)
_KEY = re.compile(r"(20[0-9]{2})-(20[0-9]{2})")


class NotASeasonKey(Refused):
    sentence = N_("Niên vụ “%(key)s” chưa đúng. Hãy viết hai năm liền nhau, ví dụ 2021-2022.")
    status = 422
    field = "key"


class SeasonExists(Refused):
    sentence = N_("Niên vụ %(key)s đã có trong danh sách.")
    field = "key"


class EndsBeforeStart(Refused):
    sentence = N_("Ngày cuối phải sau ngày đầu. Hãy xem lại hai ngày.")
    status = 422
    field = "ends_on"


class NotOfThisSeason(Refused):
    sentence = N_("Ngày này cách niên vụ %(key)s quá xa. Hãy chọn ngày trong vòng 12 tháng từ đầu niên vụ.")
    status = 422
    field = "starts_on"


class NoSeason(Refused):
    sentence = N_(
        "Ngày %(day)s chưa thuộc niên vụ nào. Hãy xem lại ngày, hoặc nhờ điều phối viên mở niên vụ."
    )
    status = 422
    field = "harvested_on"


def add_season(db: Session, actor: Actor, data: SeasonIn) -> Season:
    """Open a crop year; products keep the windows of the season before, moved by whole years.

    Refuses a key that is not two successive years, dates that leave them, and a season that is already there.
    """
    years = _KEY.fullmatch(data.key)
    if years is None or int(years[2]) != int(years[1]) + 1:
        raise NotASeasonKey(key=data.key)
    if data.ends_on <= data.starts_on:
        raise EndsBeforeStart
    if data.starts_on.year != int(years[1]) or data.ends_on.year != int(years[2]):
        raise NotOfThisSeason(key=data.key)
    season = Season(key=data.key, starts_on=data.starts_on, ends_on=data.ends_on)
    db.add(season)
    flush_or(db, SeasonExists(key=data.key))
    _repeat_windows(db, season)
    note(db, actor, "season.added", season, key=season.key)
    return season


def set_window(db: Session, actor: Actor, product: Product, data: WindowIn, *, now: datetime) -> SeasonWindow:
    """Say when a product is harvested in a season; a second time changes the days."""
    season = found(db, Season, data.season_id)
    if data.last_day < data.first_day:
        raise EndsBeforeStart(field="last_day")
    if data.first_day < season.starts_on or data.last_day > moved(season.starts_on, 1):
        raise NotOfThisSeason(key=season.key, field="first_day")
    window = window_of(db, product.id or 0, season.id or 0)
    if window is None:
        window = SeasonWindow(
            season_id=season.id or 0,
            product_id=product.id or 0,
            first_day=data.first_day,
            last_day=data.last_day,
        )
    window.first_day, window.last_day = data.first_day, data.last_day
    db.add(window)
    note(db, actor, "season.window_set", product, season=season.key)
    tell_of_rule(db, [product.id or 0], now, seen=True)
    return window


def season_of(db: Session, product: Product, day: date) -> Season | None:
    """The crop year a harvest belongs to: by the product's own window, else by the season's days."""
    window = (
        SeasonWindow.product_id == product.id,
        SeasonWindow.first_day <= day,
        SeasonWindow.last_day >= day,
    )
    return db.exec(
        select(Season)
        .outerjoin(
            SeasonWindow, (col(SeasonWindow.season_id) == Season.id) & window[0] & window[1] & window[2]
        )
        .where(or_(col(SeasonWindow.id).is_not(None), (Season.starts_on <= day) & (Season.ends_on >= day)))
        .order_by(col(SeasonWindow.id).is_(None), col(Season.starts_on).desc())
    ).first()


def window_of(db: Session, product_id: int, season_id: int) -> SeasonWindow | None:
    return db.exec(
        select(SeasonWindow).where(SeasonWindow.product_id == product_id, SeasonWindow.season_id == season_id)
    ).first()


def in_window(db: Session, product: Product, season: Season, day: date) -> bool:
    """Is the day within the product's harvest? A product without a window is never out of season."""
    window = window_of(db, product.id or 0, season.id or 0)
    return window is None or window.first_day <= day <= window.last_day


def seasons(db: Session) -> list[Season]:
    """Every crop year, newest first."""
    return list(db.exec(select(Season).order_by(col(Season.starts_on).desc())))


def seasons_with_windows(db: Session) -> list[tuple[Season, list[tuple[Product, SeasonWindow]]]]:
    """Every crop year, newest first, with what is harvested when; two statements."""
    listed: dict[int, list[tuple[Product, SeasonWindow]]] = {}
    years = seasons(db)
    rows = (
        select(Product, SeasonWindow)
        .join(SeasonWindow, col(SeasonWindow.product_id) == Product.id)
        .where(col(Product.active).is_(True))
    )
    order = col(SeasonWindow.first_day), col(Product.name_fold)
    for product, window in db.exec(rows.order_by(*order)):
        listed.setdefault(window.season_id, []).append((product, window))
    return [(season, listed.get(season.id or 0, [])) for season in years]


def windows_of(db: Session, product: Product) -> list[tuple[Season, SeasonWindow]]:
    """When a product is harvested, newest season first."""
    return list(
        db.exec(
            select(Season, SeasonWindow)
            .join(SeasonWindow, col(SeasonWindow.season_id) == Season.id)
            .where(SeasonWindow.product_id == product.id)
            .order_by(col(Season.starts_on).desc())
        )
    )


def moved(day: date, years: int) -> date:
    """The same day some years on; 29 February becomes 28 February where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def _repeat_windows(db: Session, season: Season) -> None:
    earlier = db.exec(
        select(Season).where(Season.starts_on < season.starts_on).order_by(col(Season.starts_on).desc())
    ).first()
    if earlier is None:
        return
    years = season.starts_on.year - earlier.starts_on.year
    for window in db.exec(select(SeasonWindow).where(SeasonWindow.season_id == earlier.id)):
        db.add(
            SeasonWindow(
                season_id=season.id or 0,
                product_id=window.product_id,
                first_day=moved(window.first_day, years),
                last_day=moved(window.last_day, years),
            )
        )
