"""What a category asks: filled in from what we know, demanded where it is sold, answered for many at once."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from catalog.models import Certificate, CertificateKind, CertificateProduct
from connectors.kit.protocol import Attribute, Schema
from marketplace.core.audit import SYSTEM, AuditEntry
from marketplace.core.errors import Invalid
from marketplace.selling.attributes import (
    NotAsked,
    answer_attribute,
    change_answers,
    missing_of,
    questions,
)
from marketplace.selling.forms import OfferIn
from marketplace.selling.models import CategorySchema, Listing, Offer, OfferAttribute, Shop
from marketplace.selling.offers import make_offer
from marketplace.selling.sync.answers import Known, answered, asked_for, known_answer
from marketplace.selling.sync.wire import prepare
from tests import factories as make
from tests.factories import NOW, TODAY

PACKED = {"id": "841", "name": "Trọng lượng", "required": True, "options": ["1", "10"], "required_with": None}
ORIGIN = {"id": "1247", "name": "Nguồn gốc", "required": True, "options": [], "required_with": None}
COLOUR = {"id": "900", "name": "Màu vỏ", "required": False, "options": [], "required_with": None}
STARS = {
    "id": "1",
    "name": "Hạng sao OCOP",
    "required": False,
    "options": ["0", "3", "4"],
    "required_with": None,
}
PAPER = {"id": "2", "name": "Số giấy OCOP", "required": False, "options": [], "required_with": "1"}


class World:
    """A household, its cooperative's shop, and what the category of its oranges asks."""

    def __init__(self, db: Session, *asked: dict[str, Any]) -> None:
        self.household = make.a_household(db)
        self.seller = make.producer_of(db, self.household)
        self.shop: Shop = make.a_shop(db, producer=make.a_cooperative(db, members=(self.household,)))
        self.product = make.a_product(db)
        self.pack = make.a_pack(db, self.product)
        make.a_lot(db, product=self.product, household=self.household)
        db.add(
            CategorySchema(
                marketplace="sendo", category="2422", version="1", attributes=list(asked), fetched_at=NOW
            )
        )
        db.flush()

    def make(self, db: Session, answers: dict[str, str] | None = None, *, packs: int = 1) -> Offer:
        data = OfferIn(
            pack_id=self.pack.id, price_vnd=200_000, packs=packs, shops=[self.shop.id] if packs else []
        )
        return make_offer(
            db, SYSTEM, self.seller, data, now=NOW, answers={"sendo": answers} if answers else None
        )


def kept(db: Session) -> dict[str, str]:
    return {row.attribute: row.value for row in db.exec(select(OfferAttribute))}


def test_what_a_ticked_shop_requires_is_demanded_by_name(db):
    world = World(db, PACKED, ORIGIN, COLOUR)

    with pytest.raises(Invalid) as refused:
        world.make(db)

    assert {field: sentence % facts for field, (sentence, facts) in refused.value.errors.items()} == {
        "attr-sendo-841": "Sendo hỏi “Trọng lượng”. Hãy trả lời rồi gửi lại."
    }
    db.rollback()
    assert db.exec(select(Offer)).all() == []


def test_without_a_shop_nothing_is_demanded(db):
    assert World(db, PACKED).make(db, packs=0).id


def test_an_answer_is_kept_and_what_we_know_is_not(db):
    world = World(db, PACKED, ORIGIN)
    world.make(db, {"841": " 10 ", "1247": "Hà Giang, Việt Nam", "999": "lạ"})

    assert kept(db) == {"841": "10"}
    offer = db.exec(select(Offer)).one()
    listing = db.exec(select(Listing)).one()
    [ready] = prepare(db, [(offer, world.shop, listing)], public_url="http://x.example", today=TODAY)
    assert ready.offer.attributes == {"841": "10", "1247": "Hà Giang, Việt Nam"}
    assert [one for one in ready.blocking if one.field == "attributes"] == []


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("11", "Hãy chọn “Trọng lượng” của Sendo trong danh sách."),
        ("<script>", "Hãy chọn “Trọng lượng” của Sendo trong danh sách."),
    ],
)
def test_an_answer_that_is_no_option_is_refused_and_changes_nothing(db, value, sentence):
    world = World(db, PACKED)
    offer = world.make(db, {"841": "10"})

    with pytest.raises(Invalid) as refused:
        change_answers(db, SYSTEM, offer, {"sendo": {"841": value}}, now=NOW)

    assert refused.value.text() == sentence
    assert kept(db) == {"841": "10"}


def test_a_long_answer_is_refused(db):
    world = World(db, {**COLOUR, "required": True})
    with pytest.raises(Invalid) as refused:
        world.make(db, {"900": "ă" * 201})

    assert "“Màu vỏ” dài quá 200 ký tự" in refused.value.text()


def test_a_changed_answer_sends_the_listings_again_and_the_same_one_does_not(db):
    world = World(db, PACKED)
    offer = world.make(db, {"841": "10"})
    listing = db.exec(select(Listing)).one()

    assert not change_answers(db, SYSTEM, offer, {"sendo": {"841": "10"}}, now=NOW)
    assert listing.revision == 1
    assert change_answers(db, SYSTEM, offer, {"sendo": {"841": "1"}}, now=NOW)

    assert (listing.revision, kept(db)) == (2, {"841": "1"})
    [entry] = db.exec(
        select(AuditEntry).where(AuditEntry.action == "offer.attributes_changed").order_by(AuditEntry.id)
    ).all()[1:]
    assert entry.facts == {"marketplace": "sendo", "fields": ["841"]}


def test_emptying_an_answer_is_refused_where_it_is_on_sale(db):
    world = World(db, PACKED)
    offer = world.make(db, {"841": "10"})

    with pytest.raises(Invalid):
        change_answers(db, SYSTEM, offer, {"sendo": {"841": ""}}, now=NOW)


def test_a_shop_that_is_only_open_may_be_answered_before_it_is_used(db):
    world = World(db, PACKED, {**COLOUR, "required": True})
    offer = world.make(db, packs=0)

    assert change_answers(db, SYSTEM, offer, {"sendo": {"841": "10"}}, now=NOW)
    assert kept(db) == {"841": "10"}


def test_a_form_asks_what_is_required_filled_in_with_what_is_known(db):
    world = World(db, PACKED, ORIGIN, COLOUR, STARS, PAPER)
    offer = make.an_offer(db, producer=world.seller, pack=world.pack)

    asked = questions(db, offer, [world.shop], today=TODAY)

    assert [(one.field, one.value) for one in asked["sendo"]] == [
        ("attr-sendo-841", ""),
        ("attr-sendo-1247", "Hà Giang, Việt Nam"),
    ]


def test_where_nothing_is_required_nothing_is_asked(db):
    world = World(db, COLOUR)
    offer = make.an_offer(db, producer=world.seller, pack=world.pack)

    assert questions(db, offer, [world.shop], today=TODAY) == {}


def test_stars_and_number_come_from_the_paper_alone_and_go_with_it(db):
    world = World(db, STARS, PAPER)
    offer = world.make(db)
    for attribute, value in {"1": "4", "2": "GIẢ-1"}.items():
        db.add(OfferAttribute(offer_id=offer.id, marketplace="sendo", attribute=attribute, value=value))
    paper = Certificate(
        kind=CertificateKind.OCOP,
        producer_id=world.seller.id,
        number="12/QĐ-UBND",
        issuer="UBND tỉnh Hà Giang",
        decision_date=TODAY,
        valid_from=TODAY,
        valid_to=TODAY + timedelta(days=10),
        stars=3,
    )
    db.add(paper)
    db.flush()
    db.add(CertificateProduct(certificate_id=paper.id, product_id=world.product.id))
    db.flush()

    def sent(later: int) -> dict[str, str]:
        today = TODAY + timedelta(days=later)
        [ready] = prepare(db, [(offer, world.shop, None)], public_url="http://x.example", today=today)
        return dict(ready.offer.attributes)

    assert sent(0) == {"1": "3", "2": "12/QĐ-UBND"}
    assert sent(11) == {}


def an(name: str, *options: str, required: bool = True) -> Attribute:
    return Attribute("X", name, required, options)


KNOWN = Known("Hà Giang", 20, 4, "12/QĐ")


@pytest.mark.parametrize(
    ("attribute", "known", "answer"),
    [
        (an("Xuất xứ"), KNOWN, "Hà Giang, Việt Nam"),
        (an("Xuất xứ"), Known(), "Việt Nam"),
        (an("Nguồn gốc sản phẩm", "Trung Quốc", "VIỆT NAM"), KNOWN, "VIỆT NAM"),
        (an("Nơi sản xuất", "Tỉnh Hà Giang", "Hà Nội"), KNOWN, "Tỉnh Hà Giang"),
        (an("Xuất xứ", "Lào"), KNOWN, ""),
        (an("Hạn sử dụng"), KNOWN, "20 ngày"),
        (an("Hạn sử dụng", "7 ngày", "24 tháng"), Known(shelf_life_days=730), "24 tháng"),
        (an("Hạn sử dụng", "2 năm"), Known(shelf_life_days=730), "2 năm"),
        (an("Hạn sử dụng", "3 tháng"), Known(shelf_life_days=90), "3 tháng"),
        (an("Hạn sử dụng"), Known(), ""),
        (an("Số sao OCOP", "3 sao", "4 sao"), KNOWN, "4 sao"),
        (an("Hạng OCOP", "Không", "4 sao"), Known(), "Không"),
        (an("Số giấy chứng nhận OCOP"), KNOWN, "12/QĐ"),
        (an("Số giấy chứng nhận OCOP"), Known(), ""),
        (an("Loại hoa", "Bạc hà"), KNOWN, ""),
    ],
)
def test_what_we_know_is_said_in_the_marketplaces_options(attribute, known, answer):
    assert known_answer(attribute, known) == answer


def test_a_claim_without_a_paper_is_left_out_and_what_is_asked_no_more(db):
    schema = Schema("1", (an("Số sao OCOP", "0", "4"),))

    assert answered(schema, {"X": "4", "Y": "cũ"}, Known()) == {"X": "0"}
    assert answered(schema, {"X": "0"}, KNOWN) == {"X": "4"}
    assert asked_for(schema, Known()) == []


def test_many_offers_get_one_answer_and_only_those_without_it_are_sent_again(db):
    world = World(db, PACKED)
    offers = [make.an_offer(db, producer=world.seller, pack=world.pack) for _ in range(3)]
    rows = [make.a_listing(db, offer=offer, shop=world.shop, not_before=None) for offer in offers]
    db.add(OfferAttribute(offer_id=offers[0].id, marketplace="sendo", attribute="841", value="10"))
    pairs = [(offer, world.shop) for offer in offers]
    db.flush()
    assert [(one.attribute, one.count) for one in missing_of(db, pairs, today=TODAY)] == [("841", 2)]

    assert answer_attribute(db, SYSTEM, offers, "sendo", "841", "10", now=NOW) == 2

    assert [row.revision for row in rows] == [1, 2, 2]
    assert missing_of(db, pairs, today=TODAY) == []


def test_one_answer_for_many_is_refused_when_nobody_asks_or_it_is_no_option(db):
    world = World(db, PACKED)
    offers = [make.an_offer(db, producer=world.seller, pack=world.pack)]

    with pytest.raises(NotAsked):
        answer_attribute(db, SYSTEM, offers, "sendo", "999", "10", now=NOW)
    for value in ("11", "", "  "):
        with pytest.raises(Invalid):
            answer_attribute(db, SYSTEM, offers, "sendo", "841", value, now=NOW)

    assert kept(db) == {}
