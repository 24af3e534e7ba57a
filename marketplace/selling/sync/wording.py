"""The text of a listing, composed from our rows as buyers ask (R-7A); the seller's own words come first.

Buyers read Vietnamese, so this text is never translated. Nothing personal is in it without `Seen.identity`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from catalog.consents import PUBLISH
from catalog.models import CERTIFICATE_LABELS, Certificate, CertificateKind, Producer, ProducerKind
from connectors.kit.protocol import Promotion
from marketplace.core.text import clean, fold
from marketplace.core.units import date_vi, kg, vnd
from marketplace.selling.models import Offer, Shop
from marketplace.selling.sync.gathering import Facts, Family

RETURNS = (
    "Kiểm hàng và đổi trả: được mở thùng xem hàng khi nhận; hàng dập, hỏng hoặc thiếu cân xin báo "
    "trong 24 giờ kèm ảnh chụp để được đổi hàng hoặc hoàn tiền."
)
DELIVERY = "Giao hàng: toàn quốc, qua đơn vị vận chuyển của sàn."
MOST_PLACES = 3  #: communes named one by one; above that, their districts


@dataclass(frozen=True)
class Seen:
    """One offer as it will stand in one shop, with the rows behind it."""

    offer: Offer
    shop: Shop
    facts: Facts
    today: date

    @property
    def producer(self) -> Producer:
        return self.facts.producers[self.offer.producer_id]

    @property
    def seller(self) -> Producer:
        """Whose shop account it is: the legal seller (R-7B)."""
        return self.facts.producers[self.shop.producer_id]

    @property
    def family(self) -> Family | None:
        """The household that offers; None for an organisation."""
        return self.facts.family_of(self.offer.producer_id)

    @property
    def identity(self) -> bool:
        """May the household be named? Its head agreed, and this offer is to show it (R-72, purpose 3)."""
        return self.offer.show_name and self.family is not None and PUBLISH in self.family.agreed

    @property
    def communes(self) -> set[int]:
        """Where it grew; for goods nobody harvested yet, where the producer is."""
        grown = {one for product, _ in self.facts.contents(self.offer) for one in self._communes_of(product)}
        if grown:
            return grown
        if self.family is not None:
            return {self.family.household.commune_id}
        return {self.producer.commune_id} if self.producer.commune_id else set()

    def _communes_of(self, product_id: int) -> set[int]:
        return self.facts.stock[self.offer.producer_id, product_id].communes

    @cached_property
    def folded(self) -> str:
        """The seller's own words for searching, a space at both ends."""
        return f" {fold(f'{self.offer.title} {self.offer.description}')} "

    @property
    def certificates(self) -> list[Certificate]:
        """What buyers may be told of: in force today, the seller's own or through its cooperative (R-26)."""
        return self.facts.certificates.get((self.offer.producer_id, self.offer.product_id), [])


def compose(seen: Seen, promotion: Promotion | None = None) -> str:
    """The description, paragraphs split by blank lines; `promotion` where the marketplace has them."""
    goods = "\n".join(_goods(seen, promotion))
    seller = "\n".join(_seller(seen))
    terms = f"{DELIVERY}\n{RETURNS}"
    return "\n\n".join(part for part in (seen.offer.description.strip(), goods, seller, terms) if part)


def unit_price_vnd(price_vnd: int, net_grams: int) -> int:
    """Đồng per kilogram, rounded half up; 0 for a pack without weight."""
    return (price_vnd * 2000 + net_grams) // (2 * net_grams) if net_grams > 0 else 0


def _goods(seen: Seen, promotion: Promotion | None) -> Iterator[str]:
    offer, facts = seen.offer, seen.facts
    product, pack = facts.products[offer.product_id], facts.packs[offer.pack_id]
    yield f"Sản phẩm: {product.name}{f', {_grade(offer.grade)}' if offer.grade else ''}."
    if pack.net_grams:
        per_kg = vnd(unit_price_vnd(offer.price_vnd, pack.net_grams))
        yield f"Quy cách: {pack.name}, khối lượng tịnh {kg(pack.net_grams)}."
        yield f"Giá: {vnd(offer.price_vnd)} một gói (tương đương {per_kg}/kg), đã gồm thuế."
    if promotion:
        days = f"từ {date_vi(promotion.first_day)} đến hết {date_vi(promotion.last_day)}"
        yield f"Khuyến mãi: {vnd(promotion.price_vnd)} một gói {days}."
    places = _origin(facts.places[one] for one in seen.communes if one in facts.places)
    if places:
        yield f"Xuất xứ: {places}."
    yield from _season(seen)
    if product.storage:
        yield f"Bảo quản: {product.storage.rstrip('.')}."
    if product.shelf_life_days:
        yield f"Dùng tốt nhất trong {product.shelf_life_days} ngày kể từ ngày thu hoạch."
    if seen.certificates:
        yield f"Chứng nhận: {'; '.join(map(_certificate, seen.certificates))}."


def _grade(grade: str) -> str:
    return grade if grade.lower().startswith("loại") else f"loại {grade}"


def _origin(places: Iterable[str]) -> str:
    named = sorted(set(places))
    if len(named) > MOST_PLACES:
        named = sorted({place.partition(", ")[2] or place for place in named})
    return "; ".join(named)


def _season(seen: Seen) -> Iterator[str]:
    season = seen.facts.seasons[seen.offer.season_id]
    window = seen.facts.windows.get((seen.offer.season_id, seen.offer.product_id))
    if window is None:
        yield f"Niên vụ: {season.key}."
    else:
        days = f"{date_vi(window.first_day)} đến {date_vi(window.last_day)}"
        yield f"Niên vụ: {season.key}, thu hoạch từ {days}."


def _certificate(one: Certificate) -> str:
    stars = f" {one.stars} sao" if one.kind == CertificateKind.OCOP and one.stars else ""
    return f"{CERTIFICATE_LABELS[one.kind]}{stars} số {one.number}, hiệu lực đến {date_vi(one.valid_to)}"


def _seller(seen: Seen) -> Iterator[str]:
    seller, producer = seen.seller, seen.producer
    if seller.kind != ProducerKind.HOUSEHOLD:
        yield f"Người bán: {_organisation(seller)}."
    elif seller.id == producer.id and seen.identity:
        yield f"Người bán: {_household(seen)}."
    if producer.kind != ProducerKind.HOUSEHOLD:
        if producer.id != seller.id:
            yield f"Nhà cung cấp: {_organisation(producer)}."
    elif seller.id != producer.id:
        yield (
            f"Người trồng: {_household(seen)}."
            if seen.identity
            else "Người trồng: hộ nông dân tại nơi xuất xứ."
        )


def _organisation(producer: Producer) -> str:
    """Legal name, address, telephone, tax id: public facts of a company or cooperative."""
    parts = [producer.name]
    parts += [f"địa chỉ {producer.address}"] if producer.address else []
    parts += [f"điện thoại {producer.phone}"] if producer.phone else []
    parts += [f"mã số thuế {producer.tax_id}"] if producer.tax_id else []
    return clean(", ".join(parts))


def _household(seen: Seen) -> str:
    family = seen.family
    head = family.head if family else None
    return f"hộ {head.name}, {family.household.village}" if family and head else "hộ nông dân tại nơi xuất xứ"
