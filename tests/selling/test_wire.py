"""The checklist and the text: what is green is taken, what is shown is sent, nothing personal leaves."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlmodel import Session, select

from catalog.models import Certificate, CertificateKind, CertificateProduct, Restriction
from connectors.sendo import MARKETPLACE
from marketplace.core.text import fold
from marketplace.selling.models import CategoryChoice, Listing, Offer, Shop
from marketplace.selling.sync.wire import Prepared, face_of, faces, prepare
from tests import factories as make

TODAY = make.TODAY
URL = "https://lensan.example"


def ready(
    db: Session, offer: Offer, shop: Shop, listing: Listing | None = None, *, today: date = TODAY
) -> Prepared:
    return prepare(db, [(offer, shop, listing)], public_url=URL, today=today)[0]


def codes(prepared: Prepared) -> set[str]:
    return {problem.code for problem in prepared.blocking}


def a_member_offer(db: Session, **values: Any) -> tuple[Offer, Shop]:
    """A household's offer that nothing keeps off a cooperative's shop."""
    household = make.a_household(db, **values.pop("household", {}))
    shop = make.a_shop(db, producer=make.a_cooperative(db, members=(household,)))
    product = make.a_product(db, **values.pop("product", {}))
    make.a_lot(db, product=product, household=household)
    offer = make.an_offer(
        db, producer=make.producer_of(db, household), pack=make.a_pack(db, product), **values
    )
    return offer, shop


def a_certificate(db: Session, offer: Offer, *, holder: int | None = None, **values: Any) -> Certificate:
    certificate = Certificate(
        producer_id=holder or offer.producer_id,
        issuer="UBND tỉnh Hà Giang",
        **{
            "kind": CertificateKind.OCOP,
            "number": "99/QĐ-UBND",
            "decision_date": TODAY,
            "valid_from": TODAY,
            "valid_to": TODAY + timedelta(days=300),
            "stars": 4,
            **values,
        },
    )
    db.add(certificate)
    db.flush()
    db.add(CertificateProduct(certificate_id=certificate.id, product_id=offer.product_id))
    db.flush()
    return certificate


def test_a_complete_offer_is_green_and_sendo_takes_it(db: Session) -> None:
    offer, shop = a_member_offer(db)

    prepared = ready(db, offer, shop)

    assert prepared.blocking == []
    assert list(MARKETPLACE.check(prepared.offer)) == []
    assert prepared.offer.packs == 10
    assert prepared.offer.category == "2422"
    assert prepared.offer.pictures[0].url.startswith(f"{URL}/anh/")


def test_the_text_says_what_buyers_must_be_told(db: Session) -> None:
    offer, shop = a_member_offer(db, product={"storage": "Nơi khô mát"}, grade="Loại 1")
    a_certificate(db, offer)

    text = ready(db, offer, shop).offer.description

    assert text.startswith("Cam Vàng hái tại vườn")
    for words in (
        "Sản phẩm: Cam Vàng Hà Giang, Loại 1.",
        "khối lượng tịnh 10 kg",
        "20.000\u00a0₫/kg",
        "Xuất xứ: xã Vĩnh Hảo, huyện Bắc Quang, tỉnh Hà Giang.",
        "Niên vụ: 2021-2022",
        "Bảo quản: Nơi khô mát.",
        "trong 20 ngày",
        "OCOP 4 sao số 99/QĐ-UBND",
        "Người bán: HTX Cam Vĩnh Hảo",
        "mã số thuế 0101234567",
        "Giao hàng:",
        "đổi trả",
    ):
        assert words in text


def test_the_preview_is_what_the_connector_sends(db: Session) -> None:
    offer, shop = a_member_offer(db)

    prepared = ready(db, offer, shop)

    assert prepared.wording == MARKETPLACE.wording(prepared.offer)


def test_a_listing_brings_its_own_sku_and_packs(db: Session) -> None:
    offer, shop = a_member_offer(db)
    listing = make.a_listing(db, offer=offer, shop=shop, packs=3, sku="LS000001-1")

    prepared = ready(db, offer, shop, listing)

    assert (prepared.offer.sku, prepared.offer.packs) == ("LS000001-1", 3)


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ({"photos": 0}, "no_photo"),
        ({"household": {"consents": ("registry",)}}, "no_consent"),
        ({"product": {"active": False}}, "not_listable"),
        ({"description": "Gọi ngay 0912 345 678 để mua. " * 5}, "phone_in_text"),
        ({"description": "Cam nhà bà Hoàng Thị Vén. " * 5}, "name_in_text"),
        ({"description": "cam nha hoang thi ven " * 5}, "name_in_text"),
        ({"description": "Vườn ở thôn Vĩnh Sơn, đất tốt. " * 5}, "name_in_text"),
        ({"description": "Cam đạt OCOP 4 sao của tỉnh. " * 5}, "claim_ocop"),
        ({"title": "Cam VietGAP thùng 10 kg"}, "claim_vietgap"),
        ({"product": {"restricted": Restriction.ALCOHOL}}, "alcohol"),
        ({"price_vnd": 500}, "price"),
    ],
)
def test_what_is_missing_is_named(db: Session, broken: dict[str, Any], code: str) -> None:
    offer, shop = a_member_offer(db, **broken)

    prepared = ready(db, offer, shop)

    assert code in codes(prepared)
    assert all(problem.sentence % problem.facts for problem in prepared.problems)


def test_one_fault_is_told_once(db: Session) -> None:
    offer, shop = a_member_offer(db, photos=0)

    assert [problem.field for problem in ready(db, offer, shop).blocking] == ["pictures"]


def test_a_pack_without_weight_waits_for_the_coordinator(db: Session) -> None:
    offer, shop = a_member_offer(db)
    pack = make.a_pack(db, make.a_product(db))
    pack.net_grams = pack.gross_grams = None
    offer.pack_id, offer.product_id = pack.id or 0, pack.product_id
    db.flush()

    problems = {problem.code: problem for problem in ready(db, offer, shop).blocking}

    assert problems["no_net_weight"].blame == "coordinator"
    assert "weight" not in problems


def test_a_product_without_category_waits_for_the_coordinator(db: Session) -> None:
    offer, shop = a_member_offer(db)
    db.delete(db.exec(select(CategoryChoice).where(CategoryChoice.product_id == offer.product_id)).one())
    db.flush()

    assert codes(ready(db, offer, shop)) == {"no_category"}


def test_a_paused_shop_blocks(db: Session) -> None:
    offer, shop = a_member_offer(db)
    shop.active = False

    assert codes(ready(db, offer, shop)) == {"shop_paused"}


def test_an_empty_store_blocks_a_new_listing_and_only_warns_for_a_published_one(db: Session) -> None:
    household = make.a_household(db)
    shop = make.a_shop(db, producer=make.a_cooperative(db))
    offer = make.an_offer(
        db, producer=make.producer_of(db, household), pack=make.a_pack(db, make.a_product(db))
    )
    published = make.a_listing(db, offer=offer, shop=shop, packs=0, remote_id="7")

    assert codes(ready(db, offer, shop)) == {"nothing_on_hand"}
    assert codes(ready(db, offer, shop, published)) == set()


def test_the_listing_closes_when_the_newest_fruit_is_too_old(db: Session) -> None:
    offer, shop = a_member_offer(db)

    assert codes(ready(db, offer, shop, today=TODAY + timedelta(days=19))) == set()
    assert codes(ready(db, offer, shop, today=TODAY + timedelta(days=20))) == {"shelf_life_over"}


def test_an_unusual_price_is_a_hint(db: Session) -> None:
    offer, shop = a_member_offer(db, price_vnd=20_000)

    prepared = ready(db, offer, shop)

    assert prepared.blocking == []
    assert "unusual_price" in {problem.code for problem in prepared.hints}


def test_a_cooperative_needs_no_consent_of_its_members(db: Session) -> None:
    household = make.a_household(db, consents=())
    cooperative = make.a_cooperative(db, members=(household,))
    product = make.a_product(db)
    make.a_lot(db, product=product, household=household, producer=cooperative)
    offer = make.an_offer(db, producer=cooperative, pack=make.a_pack(db, product))

    prepared = ready(db, offer, make.a_shop(db, producer=cooperative))

    assert prepared.blocking == []
    assert "Hoàng Thị Vén" not in prepared.offer.description
    assert "xã Vĩnh Hảo" in prepared.offer.description


def test_a_cooperative_may_not_name_a_member_either(db: Session) -> None:
    household = make.a_household(db)
    cooperative = make.a_cooperative(db, members=(household,))
    product = make.a_product(db)
    make.a_lot(db, product=product, household=household, producer=cooperative)
    words = "Cam vườn bà Hoàng Thị Vén, hái sáng sớm. " * 4
    offer = make.an_offer(db, producer=cooperative, pack=make.a_pack(db, product), description=words)

    assert codes(ready(db, offer, make.a_shop(db, producer=cooperative))) == {"name_in_text"}


@pytest.mark.parametrize(
    ("consents", "show_name", "named"),
    [
        (("shop:sendo", "publish_identity"), True, True),
        (("shop:sendo", "publish_identity"), False, False),
        (("shop:sendo",), True, False),
    ],
)
def test_a_household_is_named_only_when_it_agreed_and_wishes_it(
    db: Session, consents: tuple[str, ...], show_name: bool, named: bool
) -> None:
    offer, shop = a_member_offer(db, household={"consents": consents}, show_name=show_name)

    text = ready(db, offer, shop).offer.description

    assert ("hộ Hoàng Thị Vén, Thôn Vĩnh Sơn" in text) is named


def test_an_expired_or_revoked_certificate_loses_its_badge(db: Session) -> None:
    offer, shop = a_member_offer(db)
    a_certificate(
        db, offer, number="1", valid_from=TODAY - timedelta(days=90), valid_to=TODAY - timedelta(days=1)
    )
    since = TODAY - timedelta(days=90)
    a_certificate(
        db, offer, number="2", kind=CertificateKind.VIETGAP, stars=None, valid_from=since, revoked_on=TODAY
    )

    prepared = ready(db, offer, shop)

    assert "Chứng nhận" not in prepared.offer.description
    assert {"ended_ocop", "ended_vietgap"} <= {problem.code for problem in prepared.hints}


def test_a_member_carries_the_stars_of_its_cooperative_and_a_stranger_does_not(db: Session) -> None:
    offer, shop = a_member_offer(db)
    a_certificate(db, offer, holder=shop.producer_id)
    stranger = make.a_household(db, head="Phàn Chòi Nhàn")
    pack = make.a_pack(db, db.get_one(type(make.a_product(db)), offer.product_id))
    other = make.an_offer(db, producer=make.producer_of(db, stranger), pack=pack)

    assert "OCOP 4 sao" in ready(db, offer, shop).offer.description
    assert "OCOP" not in ready(db, other, shop).offer.description


def test_a_gi_right_is_shown_only_for_the_product_it_protects(db: Session) -> None:
    gi: dict[str, Any] = {"kind": CertificateKind.GI_RIGHT, "stars": None, "gi_name": "Hà Giang"}
    vang, shop = a_member_offer(db)
    a_certificate(db, vang, number="gi-1", **gi)
    sanh, other_shop = a_member_offer(db, product={"gi_name": "Hà Giang"})
    a_certificate(db, sanh, number="gi-2", **gi)

    assert "chỉ dẫn địa lý" not in ready(db, vang, shop).offer.description
    assert "chỉ dẫn địa lý" in ready(db, sanh, other_shop).offer.description


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["Hoàng Thị Vén", "Giàng A Páo", "Lý A Sử", "Ma Thị Ảnh"]),
    phone=st.sampled_from(["+84912345678", None]),
    village=st.sampled_from(["Thôn Vĩnh Sơn", "Bản Lủng Cẩu", "Tổ 4"]),
    filler=st.sampled_from(
        ["Cam của {name}", "Hái ở {village}", "Gọi {phone}", "Cam ngọt", "{village}, {name}"]
    ),
    consents=st.sets(st.sampled_from(["shop:sendo", "registry", "publish_identity"])),
    show_name=st.booleans(),
    own_shop=st.booleans(),
)
def test_nothing_personal_is_sent_without_consent(
    db: Session,
    name: str,
    phone: str | None,
    village: str,
    filler: str,
    consents: set[str],
    show_name: bool,
    own_shop: bool,
) -> None:
    household = make.a_household(db, head=name, village=village, consents=tuple(consents))
    head = make.head_of(db, household)
    head.phone = phone
    producer = make.producer_of(db, household)
    producer.phone = phone
    product = make.a_product(db)
    make.a_lot(db, product=product, household=household)
    shop = make.a_shop(db, producer=producer if own_shop else make.a_cooperative(db, members=(household,)))
    words = filler.format(name=name, village=village, phone=phone or "") + ". Vỏ mỏng, mọng nước."
    offer = make.an_offer(
        db, producer=producer, pack=make.a_pack(db, product), description=words, show_name=show_name
    )

    prepared = ready(db, offer, shop)

    if not prepared.blocking:
        sent = f" {fold(f'{prepared.offer.title} {prepared.wording.description}')} "
        agreed = "publish_identity" in consents and show_name
        assert "shop:sendo" in consents
        assert agreed or f" {fold(name)} " not in sent
        assert agreed or f" {fold(village)} " not in sent
        assert "912345678" not in sent.replace(" ", "")
    db.rollback()


def test_fifty_listings_cost_as_many_statements_as_one(db: Session) -> None:
    pairs = []
    for number in range(50):
        offer, shop = a_member_offer(db, household={"head": f"Nông Văn {number}"})
        pairs.append((offer, shop, make.a_listing(db, offer=offer, shop=shop)))

    def statements(some: list[tuple[Offer, Shop, Listing | None]]) -> int:
        said: list[str] = []
        engine = db.get_bind().engine

        def hear(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            said.append(statement)

        event.listen(engine, "before_cursor_execute", hear)
        prepared = prepare(db, some, public_url=URL, today=TODAY)
        event.remove(engine, "before_cursor_execute", hear)
        assert all(one.blocking == [] for one in prepared)
        return len(said)

    assert statements([pairs[0]]) == statements(list(pairs)) <= 16


def test_a_marketplace_that_is_gone_keeps_its_name(db: Session) -> None:
    offer, shop = a_member_offer(db)
    shop.marketplace = "voso2"

    assert "no_marketplace" in codes(ready(db, offer, shop))
    assert face_of("voso2").title == "Voso2"
    assert faces()["sendo"].credential_fields == ("shop_key", "secret_key")
