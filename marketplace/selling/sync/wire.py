"""From our rows to what a connector is given, with everything that still keeps it off.

`prepare` is the only way to a `kit.Offer`, for the page and the publisher alike: what is green is sent, and
what is shown is what is sent. It reads a batch with a fixed number of statements. Pages learn about
marketplaces here, never from a connector.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from catalog.consents import marketplace_names, shop_purpose
from connectors.kit import protocol as kit
from connectors.kit.discovery import marketplaces
from marketplace.core.i18n import N_
from marketplace.selling.models import Blame, Listing, Offer, Shop
from marketplace.selling.sync.answers import answered, known_of
from marketplace.selling.sync.checklist import Problem, our_problems
from marketplace.selling.sync.gathering import Facts, gather
from marketplace.selling.sync.wording import Seen, compose

__all__ = ["MarketplaceFace", "Prepared", "Problem", "face_of", "faces", "photo_path", "prepare"]

PREVIEW_SKU = "LS-0"  #: stands in a preview of what is not listed yet
NO_PROMOTIONS = N_("Sàn này không có khuyến mãi; tin được bán theo giá thường.")
#: A marketplace's complaint about this field says the same as ours about that one.
_SAME_FIELD = {"gross_grams": "net_grams"}


@dataclass(frozen=True)
class Prepared:
    """One offer for one shop: what would be sent, what is wrong with it, the words as they are sent."""

    offer: kit.Offer
    problems: list[Problem]
    wording: kit.Wording

    @property
    def blocking(self) -> list[Problem]:
        """What keeps it off; empty means that it will be sent as it stands."""
        return [problem for problem in self.problems if problem.blocks]

    @property
    def hints(self) -> list[Problem]:
        return [problem for problem in self.problems if not problem.blocks]


@dataclass(frozen=True)
class MarketplaceFace:
    """What people see of a marketplace."""

    name: str
    title: str
    credential_fields: tuple[str, ...]
    default_base_url: str
    consent_purpose: str


def faces() -> dict[str, MarketplaceFace]:
    """Every marketplace of this installation, by name."""
    return {name: _face(marketplace) for name, marketplace in marketplaces().items()}


def face_of(name: str) -> MarketplaceFace:
    """One marketplace; of one that is no longer installed only the name is known, for its history."""
    return faces().get(name) or MarketplaceFace(name, name.capitalize(), (), "", shop_purpose(name))


def _face(marketplace: kit.Marketplace) -> MarketplaceFace:
    return MarketplaceFace(
        name=marketplace.name,
        title=marketplace.title,
        credential_fields=marketplace.credential_fields,
        default_base_url=marketplace.default_base_url,
        consent_purpose=shop_purpose(marketplace.name),
    )


def prepare(
    db: Session, pairs: Sequence[tuple[Offer, Shop, Listing | None]], *, public_url: str, today: date
) -> list[Prepared]:
    """Translate offers as they would stand in shops, in the same order, with a fixed number of statements."""
    if not pairs:
        return []
    facts = gather(db, [offer for offer, _, _ in pairs], [shop for _, shop, _ in pairs], today=today)
    return [_prepared(Seen(offer, shop, facts, today), listing, public_url) for offer, shop, listing in pairs]


def _prepared(seen: Seen, listing: Listing | None, public_url: str) -> Prepared:
    marketplace = marketplaces().get(seen.shop.marketplace)
    wished = _promotion(seen.offer, seen.today)
    promotion = wished if marketplace and marketplace.promotions else None
    offer = _translated(seen, listing, public_url, promotion)
    ours = list(our_problems(seen, listing))
    if marketplace is None:
        sentence = N_("Sàn %(marketplace)s không còn được cài đặt; điều phối chọn gian hàng ở sàn khác.")
        gone = Problem(
            "shop",
            "no_marketplace",
            sentence,
            {"marketplace": seen.shop.marketplace},
            blame=Blame.COORDINATOR,
        )
        return Prepared(offer, [gone, *ours], kit.Wording(offer.title, offer.description))
    if wished != promotion:
        ours.append(Problem("promotion", "no_promotions", NO_PROMOTIONS, blocks=False))
    said = {problem.field for problem in ours if problem.blocks}
    theirs = [
        Problem(problem.field, problem.code, problem.sentence, problem.facts, problem.blocks)
        for problem in marketplace.check(offer)
        if _SAME_FIELD.get(problem.field, problem.field) not in said
    ]
    return Prepared(offer, [*ours, *theirs], marketplace.wording(offer))


def _translated(
    seen: Seen, listing: Listing | None, public_url: str, promotion: kit.Promotion | None
) -> kit.Offer:
    offer, facts = seen.offer, seen.facts
    pack = facts.packs[offer.pack_id]
    net = pack.net_grams or 0
    product = facts.products[offer.product_id]
    name = seen.shop.marketplace
    category = facts.categories.get((offer.product_id, name), "")
    schema = facts.schemas.get((name, category)) or _known_schema(name, category)
    return kit.Offer(
        sku=listing.sku if listing else PREVIEW_SKU,
        title=offer.title,
        description=compose(seen, promotion),
        price_vnd=offer.price_vnd,
        packs=listing.wanted_packs if listing else facts.packs_on_hand(offer),
        net_grams=net,
        gross_grams=pack.gross_grams or net,
        category=category,
        unit=pack.unit,
        pictures=_pictures(facts, offer, public_url),
        attributes=answered(schema, facts.attributes.get((offer.id or 0, name), {}), known_of(seen)),
        schema=schema,
        promotion=promotion,
        restricted=product.restricted.value if product.restricted else None,
    )


def _known_schema(name: str, category: str) -> kit.Schema | None:
    """What the connector itself knows, until the marketplace was asked."""
    marketplace = marketplaces().get(name)
    return marketplace.known_schema(category) if marketplace else None


def photo_path(sha256: str) -> str:
    """Where a stored picture is served; its name is its content, so it never changes."""
    return f"/anh/{sha256}.jpg"


def _pictures(facts: Facts, offer: Offer, public_url: str) -> tuple[kit.Picture, ...]:
    base = public_url.rstrip("/")
    return tuple(
        kit.Picture(base + photo_path(photo.sha256), photo.width, photo.height, photo.size_bytes)
        for photo in facts.pictures[offer.id or 0]
    )


def _promotion(offer: Offer, today: date) -> kit.Promotion | None:
    """The promotion that runs or will run; one that is over is none."""
    if offer.promo_price_vnd is None or offer.promo_from is None or offer.promo_to is None:
        return None
    if offer.promo_to < today:
        return None
    return kit.Promotion(offer.promo_price_vnd, offer.promo_from, offer.promo_to)


marketplace_names.append(faces)  # what people may be asked to consent to
