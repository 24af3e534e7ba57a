"""What an offer may cost: the agreed lowest price, and a promotion.

A promotion is a lower price from one local day to another, both inclusive; all three or none.
"""

from datetime import date

from catalog.models import Pack, Product
from catalog.products import least_vnd
from marketplace.core.errors import Refused
from marketplace.core.i18n import N_
from marketplace.core.units import date_vi, vnd
from marketplace.selling.forms import OfferChangeIn
from marketplace.selling.models import Offer

FIELDS = ("promo_price_vnd", "promo_from", "promo_to")


class PromotionIncomplete(Refused):
    sentence = N_("Khuyến mãi cần đủ giá, ngày đầu và ngày cuối. Hãy ghi nốt, hoặc để trống cả ba ô.")
    status = 422
    field = "promo_price_vnd"


class PromotionNotLower(Refused):
    sentence = N_("Giá khuyến mãi phải thấp hơn giá một gói là %(price)s. Hãy sửa giá khuyến mãi.")
    status = 422
    field = "promo_price_vnd"


class PromotionEndsFirst(Refused):
    sentence = N_("Ngày cuối khuyến mãi phải từ ngày đầu %(day)s trở đi. Hãy sửa ngày cuối.")
    status = 422
    field = "promo_to"


class PromotionOver(Refused):
    sentence = N_("Ngày cuối khuyến mãi đã qua. Hãy chọn từ hôm nay trở đi, hoặc để trống cả ba ô.")
    status = 422
    field = "promo_to"


class BelowFloor(Refused):
    sentence = N_(
        "Giá sàn đã thống nhất cho %(product)s là %(floor)s một kg. Gói này hãy ghi từ %(least)s trở lên."
    )
    status = 422
    field = "price_vnd"


def check_floor(product: Product, pack: Pack, price_vnd: int | None, *, field: str = "price_vnd") -> None:
    """Refuses a price of one pack below the agreed lowest price a kilogram (L8)."""
    least = least_vnd(product, pack)
    if price_vnd is not None and price_vnd < least:
        floor = vnd(product.min_vnd_per_kg or 0)
        raise BelowFloor(product=product.name, floor=floor, least=vnd(least), field=field)


def check_promotion(data: OfferChangeIn, *, today: date) -> None:
    """Refuses a promotion that is incomplete, not lower than the price, ends before it begins, or is over."""
    if data.promo_price_vnd is None and data.promo_from is None and data.promo_to is None:
        return
    if data.promo_price_vnd is None or data.promo_from is None or data.promo_to is None:
        raise PromotionIncomplete(field=next(name for name in FIELDS if getattr(data, name) is None))
    if data.promo_price_vnd >= data.price_vnd:
        raise PromotionNotLower(price=vnd(data.price_vnd))
    if data.promo_to < data.promo_from:
        raise PromotionEndsFirst(day=date_vi(data.promo_from))
    if data.promo_to < today:
        raise PromotionOver


def has_promotion(offer: Offer, *, today: date) -> bool:
    """Does a promotion run, or will one? One that is over is none, and the price is the usual one again."""
    return offer.promo_price_vnd is not None and offer.promo_to is not None and offer.promo_to >= today
