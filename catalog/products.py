"""Products, their packs and their price history."""

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime, timedelta
from itertools import zip_longest

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, or_, select

from catalog.models import Pack, PackPart, PackPrice, Producer, Product, SaleUnit
from catalog.paging import page_of
from catalog.product_forms import PackIn, PriceIn, ProductChangeIn, ProductIn
from marketplace.core.audit import Actor, note
from marketplace.core.db import flush_or, found, locked
from marketplace.core.errors import Refused
from marketplace.core.i18n import N_
from marketplace.core.text import fold
from marketplace.core.units import kg, vnd

GROUP_LABELS = {
    "food": N_("Thực phẩm"),
    "drinks": N_("Đồ uống"),
    "medicinal": N_("Dược liệu"),
    "handicraft": N_("Thủ công mỹ nghệ"),
    "ornamental": N_("Sinh vật cảnh"),
    "tourism": N_("Du lịch"),
}
PACK_UNIT_LABELS = {
    "box": N_("thùng, hộp"),
    "bag": N_("túi, gói"),
    "bottle": N_("chai"),
    "jar": N_("hũ"),
    "crate": N_("sọt"),
    "piece": N_("chiếc"),
    "night": N_("đêm"),
}
PRICE_CHANNEL_LABELS = {
    "marketplace_retail": N_("Bán lẻ trên sàn"),
    "marketplace_bulk": N_("Bán sỉ qua sàn"),
    "trader": N_("Thương lái"),
    "direct": N_("Bán tại vườn"),
    "fair": N_("Hội chợ"),
}
PICTURES = {
    "cam-vang.svg": N_("Cam Vàng"),
    "cam-sanh.svg": N_("Cam Sành"),
    "cam-v2.svg": N_("Cam V2"),
    "cam-chin-som.svg": N_("Cam chín sớm"),
    "tra.svg": N_("Trà"),
    "mat-ong.svg": N_("Mật ong"),
    "gao.svg": N_("Gạo, ngũ cốc"),
    "vai.svg": N_("Vải, thổ cẩm"),
    "khac.svg": N_("Hàng khác"),
}
WEIGHED = (SaleUnit.KG, SaleUnit.LITRE)
FRESH_DAYS = 30  #: what keeps no longer is fresh, and its price a kilogram has a usual band
USUAL_VND_PER_KG = (3_000, 80_000)

Sentence = tuple[str, dict[str, object]]

#: Called with (db, product ids, now, seen) when a rule of theirs changed: what may be sold when, and at what
#: price. `seen`: buyers read of it too. Selling registers what it must do then.
on_rule_change: list[Callable[[Session, Collection[int], datetime, bool], None]] = []


class NotAChoice(Refused):
    sentence = N_("Hãy chọn một mục có trong danh sách.")
    status = 422


class ProductExists(Refused):
    sentence = N_("Sản phẩm “%(name)s” đã có trong danh mục. Hãy tìm và dùng sản phẩm đó.")
    field = "name"


class NoTonnage(Refused):
    sentence = N_("Hàng bán theo chiếc hoặc đêm không tính vào sản lượng. Hãy bỏ dấu ở ô này.")
    status = 422
    field = "counts_for_tonnage"


class UnitInUse(Refused):
    sentence = N_("Sản phẩm đã có quy cách nên không đổi đơn vị bán được nữa. Hãy thêm một sản phẩm khác.")
    field = "sale_unit"


class NetWeightMissing(Refused):
    sentence = N_("Hãy điền khối lượng tịnh của một quy cách. Tên quy cách không thay được cân.")
    status = 422
    field = "net_grams"


class NoWeight(Refused):
    sentence = N_("Hàng bán theo đêm không có khối lượng. Hãy để trống ô này.")
    status = 422
    field = "net_grams"


class GrossBelowNet(Refused):
    sentence = N_("Khối lượng cả bì phải từ %(net)s trở lên, vì đã gồm khối lượng tịnh.")
    status = 422
    field = "gross_grams"


class WrongParts(Refused):
    sentence = N_(
        "Các món trong combo phải khác nhau, gồm cả sản phẩm này, và cộng lại đúng %(net)s; hiện là %(sum)s."
    )
    status = 422
    field = "part_grams"


class HalfAPart(Refused):
    sentence = N_("Mỗi món trong combo cần cả sản phẩm và khối lượng. Hãy điền nốt hoặc bỏ trống cả hai ô.")
    status = 422
    field = "part_grams"


class PackExists(Refused):
    sentence = N_("Quy cách “%(name)s” đã có. Khối lượng của quy cách không đổi được; hãy đặt tên khác.")
    field = "name"


def add_product(db: Session, actor: Actor, data: ProductIn, *, code: str | None = None) -> Product:
    """Put a product on the catalogue; refuses a name that is taken, and tonnage of what has none (R-41)."""
    _checked(data)
    product = Product.model_validate(
        data, update={"code": code or _code_of(data.name), "name_fold": fold(data.name), "active": True}
    )
    db.add(product)
    flush_or(db, ProductExists(name=data.name))
    note(db, actor, "product.added", product, code=product.code)
    return product


def change_product(
    db: Session, actor: Actor, product_id: int, data: ProductChangeIn, *, now: datetime
) -> Product:
    """Change a product; its code stays, and its unit too once it has packs."""
    _checked(data)
    product = locked(db, Product, product_id)
    if data.sale_unit != product.sale_unit and packs_of(db, product):
        raise UnitInUse
    product.sqlmodel_update(data.model_dump())
    product.name_fold = fold(product.name)
    db.add(product)
    note(db, actor, "product.changed", product, active=product.active)
    tell_of_rule(db, [product_id], now, seen=False)
    return product


def tell_of_rule(db: Session, product_ids: Collection[int], now: datetime, *, seen: bool) -> None:
    """Let whoever registered react to a changed rule."""
    db.flush()
    for react in on_rule_change:
        react(db, product_ids, now, seen)


def is_fresh(product: Product) -> bool:
    """Does it keep so short a time that its harvest is its season? Honey and tea are sold all year."""
    return product.variety is not None or (product.shelf_life_days or FRESH_DAYS + 1) <= FRESH_DAYS


def least_vnd(product: Product, pack: Pack) -> int:
    """The lowest price a pack may be offered at by the agreed price a kilogram, rounded up; 0 for none."""
    return -(-(product.min_vnd_per_kg or 0) * (pack.net_grams or 0) // 1000)


def add_pack(db: Session, actor: Actor, product: Product, data: PackIn) -> Pack:
    """Add a way to pack a product. Weights never change afterwards: another weight is another pack.

    Refuses weighed goods without net weight, gross below net, and a combo whose parts do not add up to it.
    """
    if data.unit not in PACK_UNIT_LABELS:
        raise NotAChoice(field="unit")
    if product.sale_unit in WEIGHED and data.net_grams is None:
        raise NetWeightMissing
    if product.sale_unit == SaleUnit.NIGHT and (data.net_grams or data.gross_grams):
        raise NoWeight
    if data.gross_grams is not None and data.gross_grams < (data.net_grams or 0):
        raise GrossBelowNet(net=kg(data.net_grams or 0))
    parts = _parts(db, product, data)
    pack = Pack(
        product_id=product.id or 0, **data.model_dump(include={"name", "unit", "net_grams", "gross_grams"})
    )
    db.add(pack)
    flush_or(db, PackExists(name=data.name))
    for product_id, grams in parts.items():
        db.add(PackPart(pack_id=pack.id or 0, product_id=product_id, net_grams=grams))
    note(db, actor, "pack.added", pack, net_grams=pack.net_grams)
    return pack


def retire_pack(db: Session, actor: Actor, pack_id: int) -> Pack:
    """Offer this pack no longer; what was sold in it keeps its weight."""
    pack = locked(db, Pack, pack_id)
    pack.active = False
    db.add(pack)
    note(db, actor, "pack.retired", pack)
    return pack


def set_price(db: Session, actor: Actor, pack: Pack, data: PriceIn) -> PackPrice:
    """Set a price from a day on; the one in force ends the day before, a later one keeps its day (R-35).

    The same day again replaces that price; the audit trail keeps the old figure.
    """
    if data.channel is not None and data.channel not in PRICE_CHANNEL_LABELS:
        raise NotAChoice(field="channel")
    if data.producer_id is not None and db.get(Producer, data.producer_id) is None:
        raise NotAChoice(field="producer_id")
    locked(db, Pack, pack.id or 0)  # two prices at once: the second sees the first
    line = list(db.exec(select(PackPrice).where(*_line(pack, data)).order_by(col(PackPrice.valid_from))))
    same_day = next((price for price in line if price.valid_from == data.valid_from), None)
    later = next((price for price in line if price.valid_from > data.valid_from), None)
    for price in line:
        if price.valid_from < data.valid_from <= (price.valid_to or data.valid_from):
            price.valid_to = data.valid_from - timedelta(days=1)
            db.add(price)
    price = same_day or PackPrice(pack_id=pack.id or 0, **data.model_dump())
    before = same_day.price_vnd if same_day else None
    price.price_vnd, price.source = data.price_vnd, data.source
    price.valid_to = later.valid_from - timedelta(days=1) if later else None
    db.add(price)
    note(db, actor, "price.set", price, price_vnd=price.price_vnd, before=before)
    return price


def price_warning(product: Product, pack: Pack, price_vnd: int) -> Sentence | None:
    """A sentence when fresh goods cost less or more a kilogram than is usual; never a refusal (§11.4, 16)."""
    if product.sale_unit != SaleUnit.KG or not is_fresh(product) or not pack.net_grams:
        return None
    per_kg = price_vnd * 1000 // pack.net_grams
    least, most = USUAL_VND_PER_KG
    if least <= per_kg <= most:
        return None
    facts: dict[str, object] = {"per_kg": vnd(per_kg), "least": vnd(least), "most": vnd(most)}
    return N_(
        "Giá này là %(per_kg)s một kg, ngoài khoảng thường gặp %(least)s - %(most)s. Hãy xem lại."
    ), facts


def price_in_force(
    db: Session, pack_id: int, producer_id: int | None, channel: str | None, day: date
) -> PackPrice | None:
    """The price on a day: the producer's own before the common one, the channel's before any channel's."""
    return db.exec(
        select(PackPrice)
        .where(
            PackPrice.pack_id == pack_id,
            or_(col(PackPrice.producer_id).is_(None), PackPrice.producer_id == producer_id),
            or_(col(PackPrice.channel).is_(None), PackPrice.channel == channel),
            PackPrice.valid_from <= day,
            or_(col(PackPrice.valid_to).is_(None), col(PackPrice.valid_to) >= day),
        )
        .order_by(
            col(PackPrice.producer_id).is_(None),
            col(PackPrice.channel).is_(None),
            col(PackPrice.valid_from).desc(),
        )
    ).first()


def find_products(
    db: Session, query: str = "", number: int = 1, *, retired: bool = False
) -> tuple[list[Product], bool]:
    """A page of products whose name has the words, marks or not; those with the same marks first (R-A5)."""
    wanted = select(Product).order_by(col(Product.active).desc(), col(Product.name_fold), col(Product.id))
    if query:
        wanted = wanted.where(col(Product.name_fold).contains(fold(query), autoescape=True))
    if not retired:
        wanted = wanted.where(col(Product.active).is_(True))
    rows, more = page_of(db, wanted, number, query, lambda row: row[0].name)
    return [row[0] for row in rows], more


def every_product(db: Session) -> list[Product]:
    """Every product in use, by name: for choosing one in a form."""
    return list(db.exec(select(Product).where(col(Product.active)).order_by(col(Product.name_fold))))


def parts_of(db: Session, packs: Sequence[Pack]) -> dict[int, list[tuple[Product, int]]]:
    """What is in each of these packs: products and grams, most first; one statement."""
    inside: dict[int, list[tuple[Product, int]]] = {pack.id or 0: [] for pack in packs}
    rows = select(PackPart, Product).join(Product).where(col(PackPart.pack_id).in_(inside))
    for part, product in db.exec(rows.order_by(col(PackPart.net_grams).desc(), col(PackPart.id))):
        inside[part.pack_id].append((product, part.net_grams))
    return inside


def packs_of(db: Session, product: Product) -> list[Pack]:
    """Every pack of a product, in use first, light before heavy."""
    order = col(Pack.active).desc(), col(Pack.net_grams), col(Pack.id)
    return list(db.exec(select(Pack).where(Pack.product_id == product.id).order_by(*order)))


def common_price(prices: Sequence[PackPrice], day: date) -> PackPrice | None:
    """The price for everybody, everywhere, on a day, out of one pack's history."""
    return next(
        (
            price
            for price in prices
            if price.producer_id is None
            and price.channel is None
            and price.valid_from <= day <= (price.valid_to or day)
        ),
        None,
    )


def prices_of(db: Session, packs: Sequence[Pack]) -> dict[int, list[PackPrice]]:
    """The price history of these packs, newest first; one statement."""
    found: dict[int, list[PackPrice]] = {pack.id or 0: [] for pack in packs}
    rows = (
        select(PackPrice).where(col(PackPrice.pack_id).in_(found)).order_by(col(PackPrice.valid_from).desc())
    )
    for price in db.exec(rows):
        found[price.pack_id].append(price)
    return found


def _checked(data: ProductIn) -> None:
    if data.group not in GROUP_LABELS:
        raise NotAChoice(field="group")
    if data.picture not in PICTURES:
        raise NotAChoice(field="picture")
    if data.counts_for_tonnage and data.sale_unit not in WEIGHED:
        raise NoTonnage


def _code_of(name: str) -> str:
    return "-".join(fold(name).split())[:40].rstrip("-")


def _parts(db: Session, product: Product, data: PackIn) -> dict[int, int]:
    """Grams of each product in the pack; of a pack that is no combo, all of it the product itself."""
    if data.net_grams is None:
        return {}
    rows = list(zip_longest(data.part_product_ids, data.part_grams))
    if any((product_id is None) != (grams is None) for product_id, grams in rows):
        raise HalfAPart
    typed = [(product_id, grams) for product_id, grams in rows if product_id and grams]
    if not typed:
        return {product.id or 0: data.net_grams}
    parts = dict(typed)
    total = sum(grams for _, grams in typed)
    if len(parts) != len(typed) or product.id not in parts or total != data.net_grams:
        raise WrongParts(net=kg(data.net_grams), sum=kg(total))
    for product_id in parts:
        found(db, Product, product_id)
    return parts


def _line(pack: Pack, data: PriceIn) -> tuple[ColumnElement[bool], ...]:
    """The prices that follow each other: same pack, same producer or none, same channel or none."""
    return (
        col(PackPrice.pack_id) == pack.id,
        col(PackPrice.producer_id).is_not_distinct_from(data.producer_id),
        col(PackPrice.channel).is_not_distinct_from(data.channel),
    )
