"""What is missing before a listing can go up, as sentences that say what to do (R-7A). Only what stops a
marketplace or the law blocks; the rest are hints. A marketplace's own rules are added by `wire.prepare`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as keep
from datetime import timedelta

from catalog.consents import PUBLISH, shop_purpose
from catalog.models import Certificate, CertificateKind, Pack, ProducerKind, Product, SaleUnit
from catalog.products import is_fresh, least_vnd, price_warning
from marketplace.core.i18n import N_
from marketplace.core.text import fold, loosen
from marketplace.core.units import date_vi, vnd
from marketplace.selling.models import Blame, Listing
from marketplace.selling.promotions import has_promotion
from marketplace.selling.sync.gathering import Family
from marketplace.selling.sync.wording import Seen

_PHONE = re.compile(r"(?<!\d)(?:\+?84|0)(?:[\s.\-()]{0,2}\d){8,10}(?!\d)")
_VILLAGE_KINDS = ("thon ", "ban ", "xom ", "to dan pho ", "khu ")
#: Folded words that claim a certificate, and the kind that must back them (R-25, R-26, R-32).
_CLAIMS = {
    "ocop": (CertificateKind.OCOP, "OCOP"),
    "vietgap": (CertificateKind.VIETGAP, "VietGAP"),
    "huu co": (CertificateKind.ORGANIC, "hữu cơ"),
    "chi dan dia ly": (CertificateKind.GI_RIGHT, "chỉ dẫn địa lý"),
}


@dataclass(frozen=True)
class Problem:
    """One thing to mend: our field, a stable code, a Vietnamese sentence with its facts, and who must act."""

    field: str
    code: str
    sentence: str
    facts: Mapping[str, str] = keep(default_factory=dict)
    blocks: bool = True  #: False: a hint; the listing goes up all the same
    blame: Blame = Blame.SELLER


def our_problems(seen: Seen, listing: Listing | None) -> Iterator[Problem]:
    """Everything missing that is ours to know; a published listing is not refused for being sold out."""
    yield from _shop(seen)
    yield from _consents(seen)
    yield from _goods(seen)
    yield from _stock(seen, listing)
    yield from _season(seen)
    yield from _words(seen)
    yield from _certificates(seen)
    yield from _seller(seen)


def _shop(seen: Seen) -> Iterator[Problem]:
    if not seen.shop.active:
        sentence = N_("Gian hàng %(shop)s đang tạm dừng; điều phối cần mở lại gian hàng.")
        yield Problem("shop", "shop_paused", sentence, {"shop": seen.shop.name}, blame=Blame.COORDINATOR)
    if (seen.offer.product_id, seen.shop.marketplace) not in seen.facts.categories:
        sentence = N_("Chưa chọn ngành hàng trên sàn cho %(product)s; điều phối chọn ở trang Ngành hàng.")
        facts = {"product": seen.facts.products[seen.offer.product_id].name}
        yield Problem("category", "no_category", sentence, facts, blame=Blame.COORDINATOR)


def _consents(seen: Seen) -> Iterator[Problem]:
    """R-73. An organisation sells pooled goods: nothing personal leaves, so its households are not asked."""
    purpose = shop_purpose(seen.shop.marketplace)
    asked = [one for one in (seen.producer, seen.seller) if one.kind == ProducerKind.HOUSEHOLD]
    families = [seen.facts.family_of(one.id or 0) for one in asked]
    if any(family is None or purpose not in family.agreed for family in families):
        sentence = N_("Chủ hộ chưa đồng ý bán trên sàn này; khuyến nông ghi sự đồng ý của chủ hộ ở trang hộ.")
        yield Problem("consent", "no_consent", sentence)
    if seen.offer.show_name and seen.family and PUBLISH not in seen.family.agreed:
        sentence = N_(
            "Muốn ghi tên hộ trên tin đăng thì chủ hộ phải đồng ý công bố tên; tin này chưa ghi tên hộ."
        )
        yield Problem("show_name", "no_identity_consent", sentence, blocks=False)


def _goods(seen: Seen) -> Iterator[Problem]:
    offer, product = seen.offer, seen.facts.products[seen.offer.product_id]
    pack = seen.facts.packs[offer.pack_id]
    facts = {"product": product.name, "pack": pack.name}
    if not product.active or not pack.active or product.sale_unit == SaleUnit.NIGHT:
        yield Problem(
            "product_id",
            "not_listable",
            N_("%(product)s không đăng bán trên sàn được; hãy chọn sản phẩm khác."),
            facts,
        )
    if not pack.net_grams:
        sentence = N_("Quy cách %(pack)s chưa có khối lượng tịnh; điều phối ghi khối lượng ở trang sản phẩm.")
        yield Problem("net_grams", "no_net_weight", sentence, facts, blame=Blame.COORDINATOR)
    if product.restricted is not None:
        sentence = N_(
            "%(product)s là hàng hạn chế: chỉ bán trên sàn cho phép và không được nói quá công dụng."
        )
        yield Problem("product_id", "restricted", sentence, facts, blocks=False)
    if not seen.facts.pictures[offer.id or 0]:
        yield Problem("pictures", "no_photo", N_("Chưa có ảnh; hãy chụp và thêm ít nhất một ảnh sản phẩm."))
    yield from _price_floor(seen, product, pack)
    unusual = price_warning(product, pack, offer.price_vnd)
    if unusual is not None:
        words = {name: str(value) for name, value in unusual[1].items()}
        yield Problem("price_vnd", "unusual_price", unusual[0], words, blocks=False)


def _stock(seen: Seen, listing: Listing | None) -> Iterator[Problem]:
    offer, facts = seen.offer, seen.facts
    if facts.packs_on_hand(offer) == 0:
        published = listing is not None and listing.remote_id is not None
        sentence = N_("Trong kho không còn đủ một gói; hãy ghi thêm lô thu hoạch.")
        yield Problem("packs", "nothing_on_hand", sentence, blocks=not published)
    if not any(commune in facts.places for commune in seen.communes):
        sentence = N_("Chưa rõ nơi trồng để ghi xuất xứ; hãy ghi lô thu hoạch hoặc xã của đơn vị bán.")
        yield Problem("origin", "no_origin", sentence)
    for product_id, _ in facts.contents(offer):
        yield from _shelf_life(seen, facts.products[product_id])


def _shelf_life(seen: Seen, product: Product) -> Iterator[Problem]:
    """R-43. What may be sold to the end of a day is off on that day already: nothing is live past it."""
    newest = seen.facts.stock[seen.offer.producer_id, product.id or 0].newest
    if newest is None or product.shelf_life_days is None:
        return
    last_day = newest + timedelta(days=product.shelf_life_days)
    if last_day <= seen.today:
        sentence = N_(
            "Lô %(product)s mới nhất hái ngày %(day)s dùng tốt đến hết %(last)s nên không bán tiếp; "
            "hãy ghi lô mới hoặc ghi hao hụt lô cũ."
        )
        facts = {"product": product.name, "day": date_vi(newest), "last": date_vi(last_day)}
        yield Problem("packs", "shelf_life_over", sentence, facts)


def _season(seen: Seen) -> Iterator[Problem]:
    """L8. What does not keep is sold in its own harvest, less the last day; what keeps is sold all year."""
    season = seen.facts.seasons[seen.offer.season_id]
    for product_id, _ in seen.facts.contents(seen.offer):
        product = seen.facts.products[product_id]
        window = seen.facts.windows.get((seen.offer.season_id, product_id))
        if window is None or not is_fresh(product):
            continue
        facts = {"product": product.name, "season": season.key}
        if seen.today < window.first_day:
            sentence = N_(
                "Vụ %(season)s của %(product)s bắt đầu hái ngày %(day)s; tin tự lên sàn từ ngày đó. "
                "Vụ sớm hơn thì nhờ điều phối sửa ngày ở trang Niên vụ."
            )
            yield Problem("season", "season_not_begun", sentence, {**facts, "day": date_vi(window.first_day)})
        elif seen.today >= window.last_day:
            sentence = N_(
                "Vụ %(season)s của %(product)s hái đến hết %(day)s nên không bán tiếp. "
                "Vụ còn kéo dài thì nhờ điều phối sửa ngày ở trang Niên vụ; sang vụ mới thì làm chào bán mới."
            )
            yield Problem("season", "season_over", sentence, {**facts, "day": date_vi(window.last_day)})


def _price_floor(seen: Seen, product: Product, pack: Pack) -> Iterator[Problem]:
    """L8. The agreed lowest price holds for promotions too, from the day they are sent."""
    least, offer = least_vnd(product, pack), seen.offer
    promoted = offer.promo_price_vnd if has_promotion(offer, today=seen.today) else None
    for field, price in (("price_vnd", offer.price_vnd), ("promo_price_vnd", promoted)):
        if price is not None and price < least:
            sentence = N_(
                "Giá %(price)s thấp hơn giá sàn đã thống nhất cho %(product)s; "
                "gói này hãy ghi từ %(least)s trở lên."
            )
            facts = {"price": vnd(price), "product": product.name, "least": vnd(least)}
            yield Problem(field, "below_floor", sentence, facts)


def _words(seen: Seen) -> Iterator[Problem]:
    """Nothing personal in the seller's own words without the consent to name the household (R-73)."""
    words = f"{seen.offer.title}\n{seen.offer.description}"
    if _PHONE.search(words):
        sentence = N_("Lời giới thiệu có số điện thoại; hãy bỏ đi, người mua liên lạc qua gian hàng.")
        yield Problem("description", "phone_in_text", sentence)
    if not seen.identity and _names_somebody(seen):
        sentence = N_(
            "Lời giới thiệu có tên người hoặc tên thôn; hãy bỏ đi, hoặc ghi sự đồng ý công bố tên của chủ hộ."
        )
        yield Problem("description", "name_in_text", sentence)


def _names_somebody(seen: Seen) -> bool:
    loose = loosen(seen.folded)
    if seen.family is not None:
        private = [*_names(seen.family, least_words=2), *_villages(seen, seen.family)]
    else:  # a cooperative's village is no secret, and short names are also words: look for full names only
        grown = {one for product, _ in seen.facts.contents(seen.offer) for one in _growers(seen, product)}
        private = [
            name
            for one in grown
            if one in seen.facts.families
            for name in _names(seen.facts.families[one], least_words=3)
        ]
    return any(f" {one} " in seen.folded or f" {loosen(one)} " in loose for one in private if one)


def _growers(seen: Seen, product_id: int) -> set[int]:
    return seen.facts.stock[seen.offer.producer_id, product_id].households


def _names(family: Family, *, least_words: int) -> list[str]:
    return [one.name_fold for one in family.people if one.name_fold.count(" ") + 1 >= least_words]


def _villages(seen: Seen, family: Family) -> list[str]:
    """The village with its kind, and alone when that could not be mistaken for the commune."""
    village = family.household.village_fold
    kind = next((one for one in _VILLAGE_KINDS if village.startswith(one)), "")
    bare = village.removeprefix(kind)
    place = fold(seen.facts.places.get(family.household.commune_id, ""))
    return [village, bare] if " " in bare and f" {bare}" not in f" {place}" else [village]


def _certificates(seen: Seen) -> Iterator[Problem]:
    """A claim without the paper blocks (R-25); a paper that ran out is a hint: its badge is left off."""
    held = seen.certificates
    for words, (kind, shown) in _CLAIMS.items():
        if f" {words} " in seen.folded and not any(one.kind == kind for one in held):
            sentence = N_(
                "Lời giới thiệu nói “%(claim)s” nhưng không có giấy còn hiệu lực; "
                "hãy bỏ lời đó hoặc ghi giấy chứng nhận."
            )
            yield Problem("description", f"claim_{kind}", sentence, {"claim": shown})
    for one in _ended(seen):
        sentence = N_("Giấy chứng nhận số %(number)s hết hiệu lực ngày %(day)s nên không được ghi trên tin.")
        facts = {"number": one.number, "day": date_vi(one.revoked_on or one.valid_to)}
        yield Problem("certificate", f"ended_{one.kind}", sentence, facts, blocks=False)


def _ended(seen: Seen) -> list[Certificate]:
    before = seen.facts.certificates_before.get((seen.offer.producer_id, seen.offer.product_id), [])
    kinds = {one.kind for one in seen.certificates}
    return [one for one in before if one.kind not in kinds and (one.revoked_on or one.valid_to) <= seen.today]


def _seller(seen: Seen) -> Iterator[Problem]:
    seller = seen.seller
    if seller.kind == ProducerKind.HOUSEHOLD:
        if not seen.identity:
            sentence = N_(
                "Gian hàng của hộ nên ghi tên người bán; cần chủ hộ đồng ý công bố tên và chọn ghi tên hộ."
            )
            yield Problem("seller", "seller_unnamed", sentence, blocks=False)
        return
    missing = {
        N_("địa chỉ"): seller.address,
        N_("điện thoại"): seller.phone,
        N_("mã số thuế"): seller.tax_id,
    }
    for label, value in missing.items():
        if not value:
            sentence = N_("Đơn vị bán %(seller)s chưa có %(label)s; điều phối ghi thêm ở trang đơn vị.")
            facts = {"seller": seller.name, "label": label}
            code = {"địa chỉ": "seller_address", "điện thoại": "seller_phone", "mã số thuế": "seller_tax_id"}[
                label
            ]
            yield Problem("seller", code, sentence, facts, blocks=False, blame=Blame.COORDINATOR)
