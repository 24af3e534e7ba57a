"""Products, packs and prices: what is refused, what closes what, and the catalogue that ships."""

from datetime import date

import pytest
from sqlmodel import Session, select

from catalog import products as cases
from catalog.models import Pack, PackPart, PackPrice, Product, SaleUnit, Season, SeasonWindow
from catalog.product_forms import PackIn, PriceIn, ProductChangeIn, ProductIn
from catalog.shipped import load_shipped_products, shipped, shipped_categories
from marketplace.accounts.models import Role
from marketplace.core.audit import SYSTEM, AuditEntry
from marketplace.core.errors import Invalid
from marketplace.core.forms import parsed
from tests import factories as make
from tests.catalog.looking import seen
from tests.factories import NOW
from tests.selling.test_pages import counted


def a_form(**values: object) -> dict[str, object]:
    return {
        "name": "Cam Vàng Bắc Quang",
        "group": "food",
        "sale_unit": "kg",
        "counts_for_tonnage": "1",
        **values,
    }


def a_price(price: int, day: date, **values: object) -> PriceIn:
    return PriceIn(price_vnd=price, valid_from=day, source="Họp giá 5/11", **values)


def history(db: Session, pack: Pack) -> list[tuple[date, date | None, int]]:
    rows = cases.prices_of(db, [pack])[pack.id or 0]
    return [(price.valid_from, price.valid_to, price.price_vnd) for price in reversed(rows)]


# --- products ------------------------------------------------------------------------------------------


def test_a_product_gets_a_code_and_is_found_without_marks(db: Session) -> None:
    product = cases.add_product(db, SYSTEM, parsed(ProductIn, a_form()))

    assert product.code == "cam-vang-bac-quang"
    assert cases.find_products(db, "cam vang bac") == ([product], False)
    assert cases.find_products(db, "quýt") == ([], False)


def test_hits_with_the_same_marks_come_first(db: Session) -> None:
    for name in ("Cam Vang", "Cam Vàng", "Cam Vãng"):
        make.a_product(db, name=name)

    assert [row.name for row in cases.find_products(db, "cam vàng")[0]] == [
        "Cam Vàng",
        "Cam Vang",
        "Cam Vãng",
    ]
    assert cases.find_products(db, "100%") == ([], False)


def test_the_same_name_is_one_product(db: Session) -> None:
    cases.add_product(db, SYSTEM, parsed(ProductIn, a_form()))
    db.commit()

    with pytest.raises(cases.ProductExists):
        cases.add_product(db, SYSTEM, parsed(ProductIn, a_form(name="CAM VANG  Bắc Quang")))
    assert len(db.exec(select(Product)).all()) == 1


@pytest.mark.parametrize("unit", ["piece", "night"])
def test_what_is_not_weighed_has_no_tonnage(db: Session, unit: str) -> None:
    with pytest.raises(cases.NoTonnage):
        cases.add_product(db, SYSTEM, parsed(ProductIn, a_form(sale_unit=unit)))
    assert db.exec(select(Product)).all() == []


def test_the_unit_stays_once_there_are_packs(db: Session) -> None:
    product = make.a_product(db)
    make.a_pack(db, product)
    other = ProductChangeIn.model_validate(
        a_form(name=product.name, sale_unit="piece", counts_for_tonnage="", active="1")
    )

    with pytest.raises(cases.UnitInUse):
        cases.change_product(db, SYSTEM, product.id or 0, other, now=NOW)
    assert product.sale_unit == SaleUnit.KG


# --- packs ---------------------------------------------------------------------------------------------


def test_weighed_goods_need_net_weight(db: Session) -> None:
    product = make.a_product(db)

    with pytest.raises(cases.NetWeightMissing):
        cases.add_pack(db, SYSTEM, product, PackIn(name="Thùng 10 kg"))
    assert db.exec(select(Pack)).all() == []


def test_a_night_has_no_weight(db: Session) -> None:
    product = make.a_product(db, sale_unit=SaleUnit.NIGHT, counts_for_tonnage=False)

    with pytest.raises(cases.NoWeight):
        cases.add_pack(db, SYSTEM, product, PackIn(name="Một đêm", unit="night", net_grams=1000))
    assert cases.add_pack(db, SYSTEM, product, PackIn(name="Một đêm", unit="night")).net_grams is None


def test_gross_is_at_least_net(db: Session) -> None:
    with pytest.raises(cases.GrossBelowNet, match="10 kg"):
        cases.add_pack(
            db, SYSTEM, make.a_product(db), PackIn(name="Thùng", net_grams=10_000, gross_grams=9_999)
        )


def test_a_pack_of_the_same_name_is_refused_and_the_weight_stays(db: Session) -> None:
    product = make.a_product(db)
    pack = cases.add_pack(db, SYSTEM, product, PackIn(name="Thùng", net_grams=10_000))
    db.commit()

    with pytest.raises(cases.PackExists):
        cases.add_pack(db, SYSTEM, product, PackIn(name="Thùng", net_grams=12_000))
    assert [row.net_grams for row in db.exec(select(Pack))] == [10_000]
    assert cases.parts_of(db, [pack])[pack.id or 0] == [(product, 10_000)]


def test_a_retired_pack_keeps_its_weight(db: Session) -> None:
    pack = make.a_pack(db, make.a_product(db))

    assert cases.retire_pack(db, SYSTEM, pack.id or 0).active is False
    assert pack.net_grams == 10_000


def test_a_combo_adds_up(db: Session) -> None:
    oranges, honey = make.a_product(db), make.a_product(db, name="Mật ong")
    data = PackIn(
        name="Quà Tết", net_grams=6_000, part_product_ids=[oranges.id, honey.id], part_grams=[5_000, 1_000]
    )

    pack = cases.add_pack(db, SYSTEM, oranges, data)

    assert cases.parts_of(db, [pack])[pack.id or 0] == [(oranges, 5_000), (honey, 1_000)]


@pytest.mark.parametrize(
    ("ids", "grams", "refusal"),
    [
        ((0, 1), (5_000, 2_000), cases.WrongParts),  # does not add up
        ((1,), (6_000,), cases.WrongParts),  # without the product itself
        ((0, 0), (3_000, 3_000), cases.WrongParts),  # twice the same
        ((0, None), (5_000, 1_000), cases.HalfAPart),
        ((0, 1), (6_000,), cases.HalfAPart),
    ],
)
def test_a_combo_that_does_not_is_refused(db, ids, grams, refusal):
    both = [make.a_product(db), make.a_product(db, name="Mật ong")]
    chosen = [None if place is None else both[place].id for place in ids]
    data = PackIn(name="Quà Tết", net_grams=6_000, part_product_ids=chosen, part_grams=list(grams))

    with pytest.raises(refusal):
        cases.add_pack(db, SYSTEM, both[0], data)
    assert db.exec(select(PackPart)).all() == []


# --- prices --------------------------------------------------------------------------------------------


def test_a_new_price_closes_the_one_before_on_the_day_before(db: Session) -> None:
    pack = make.a_pack(db, make.a_product(db))
    cases.set_price(db, SYSTEM, pack, a_price(200_000, date(2021, 11, 1)))
    cases.set_price(db, SYSTEM, pack, a_price(180_000, date(2021, 12, 1)))

    assert history(db, pack) == [
        (date(2021, 11, 1), date(2021, 11, 30), 200_000),
        (date(2021, 12, 1), None, 180_000),
    ]


def test_a_price_between_two_keeps_the_later_one(db: Session) -> None:
    pack = make.a_pack(db, make.a_product(db))
    for price, day in ((200_000, 1), (150_000, 20), (180_000, 10)):
        cases.set_price(db, SYSTEM, pack, a_price(price, date(2021, 11, day)))

    assert history(db, pack) == [
        (date(2021, 11, 1), date(2021, 11, 9), 200_000),
        (date(2021, 11, 10), date(2021, 11, 19), 180_000),
        (date(2021, 11, 20), None, 150_000),
    ]


def test_the_same_day_again_replaces_and_the_trail_keeps_the_old_figure(db: Session) -> None:
    pack = make.a_pack(db, make.a_product(db))
    for price in (200_000, 190_000):
        cases.set_price(db, SYSTEM, pack, a_price(price, date(2021, 11, 1)))

    assert history(db, pack) == [(date(2021, 11, 1), None, 190_000)]
    trail = db.exec(select(AuditEntry).where(AuditEntry.action == "price.set").order_by(AuditEntry.id)).all()
    assert [entry.facts["before"] for entry in trail] == [None, 200_000]


def test_lines_of_one_producer_or_channel_do_not_close_the_common_one(db: Session) -> None:
    pack = make.a_pack(db, make.a_product(db))
    htx = make.a_cooperative(db)
    cases.set_price(db, SYSTEM, pack, a_price(200_000, date(2021, 11, 1)))
    cases.set_price(db, SYSTEM, pack, a_price(170_000, date(2021, 11, 5), producer_id=htx.id))
    cases.set_price(db, SYSTEM, pack, a_price(210_000, date(2021, 11, 6), channel="fair"))
    day = date(2021, 11, 10)

    def price(producer_id: int | None, channel: str | None) -> int:
        row = cases.price_in_force(db, pack.id or 0, producer_id, channel, day)
        assert row is not None
        return row.price_vnd

    assert (price(None, None), price(htx.id, None), price(None, "fair")) == (200_000, 170_000, 210_000)
    assert price(htx.id, "fair") == 170_000
    assert cases.price_in_force(db, pack.id or 0, None, None, date(2021, 10, 31)) is None
    common = cases.common_price(cases.prices_of(db, [pack])[pack.id or 0], day)
    assert common is not None
    assert common.price_vnd == 200_000


@pytest.mark.parametrize(
    ("price", "warned"), [(29_999, True), (30_000, False), (800_000, False), (800_010, True)]
)
def test_an_unusual_price_of_fresh_goods_is_said(db, price, warned):
    product = make.a_product(db)

    assert (cases.price_warning(product, make.a_pack(db, product), price) is not None) == warned


def test_what_keeps_long_has_no_usual_price(db: Session) -> None:
    tea = make.a_product(db, name="Trà", shelf_life_days=730)

    assert cases.price_warning(tea, make.a_pack(db, tea, net_grams=100), 180_000) is None


# --- what ships ----------------------------------------------------------------------------------------


def test_the_shipped_catalogue_loads_once(db: Session) -> None:
    tables = (Product, Pack, PackPart, PackPrice, Season, SeasonWindow, AuditEntry)
    assert load_shipped_products(db) == len(shipped()["products"]) >= 25
    before = [len(db.exec(select(table)).all()) for table in tables]

    assert load_shipped_products(db) == 0
    assert [len(db.exec(select(table)).all()) for table in tables] == before


def test_the_shipped_catalogue_is_sound(db: Session) -> None:
    load_shipped_products(db)
    rows = db.exec(select(Product)).all()

    assert {row.code for row in rows if row.gi_name == "Hà Giang"} == {"cam-sanh"}
    assert next(row for row in rows if row.code == "cam-vang").gi_name is None
    assert all(row.counts_for_tonnage == (row.sale_unit in cases.WEIGHED) for row in rows)
    assert set(shipped_categories()) <= {row.code for row in rows}


# --- pages ---------------------------------------------------------------------------------------------


@pytest.fixture
def office(db, as_account):
    account = make.an_account(db, Role.COORDINATOR)
    db.commit()
    return as_account(account)


def test_the_catalogue_page_costs_six_statements_at_most(db, engine, office):
    load_shipped_products(db)
    db.commit()
    with counted(engine) as few:
        assert office.get("/san-pham").status_code == 200
    for number in range(60):
        make.a_product(db, name=f"Chè số {number}")
    db.commit()
    with counted(engine) as many:
        first, second = office.get("/san-pham?q=che"), office.get("/san-pham?q=che&trang=2")

    assert len(few) <= 6
    assert len(many) == 2 * len(few)
    assert "Trang sau" in first.text
    assert "Trang trước" in second.text


def test_the_office_adds_a_product_a_pack_and_a_price(engine, office):
    assert office.post("/san-pham/moi", data=a_form(picture="cam-vang.svg")).status_code == 303
    [product] = seen(engine, select(Product))
    pack = office.post(
        f"/san-pham/{product.id}/quy-cach/moi",
        data={"name": "Thùng 10 kg", "unit": "box", "net_grams": "1 yến", "gross_grams": "10,6"},
    )
    price = office.post(
        pack.headers["Location"], data={"price_vnd": "200k", "valid_from": "2021-11-05", "source": "Họp giá"}
    )
    page = office.get(price.headers["Location"]).text

    assert "200.000\u00a0₫" in page
    assert "10,6 kg" in page
    assert "Thùng 10 kg" in page


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("name", "x" * 10_000, "quá dài"),
        ("name", " \x00 ", "Hãy điền"),
        ("name", "a", "quá ngắn"),
        ("group", "lạ", "Hãy chọn một mục có trong danh sách."),
        ("sale_unit", "tấn", "Hãy chọn một mục có sẵn"),
        ("picture", "../../x.svg", "Hãy chọn một mục có trong danh sách."),
        ("shelf_life_days", "hai mươi", "phải là số nguyên"),
        ("shelf_life_days", "0", "phải từ 1 trở lên"),
        ("shelf_life_days", "9" * 40, "lớn quá mức"),
        ("storage", "y" * 10_000, "quá dài"),
    ],
)
def test_a_wrong_product_keeps_what_was_typed_and_changes_nothing(db, office, field, typed, sentence):
    answer = office.post(
        "/san-pham/moi", data=a_form(picture="khac.svg") | {field: typed, "variety": "<b>cam</b>"}
    )

    assert answer.status_code == 422
    assert sentence in answer.text
    assert "&lt;b&gt;cam&lt;/b&gt;" in answer.text
    assert "<b>cam</b>" not in answer.text
    assert db.exec(select(Product)).all() == []


def test_names_are_stored_composed_and_without_hidden_signs(db, office):
    office.post("/san-pham/moi", data=a_form(name="Cam Va\u0300ng\u200b  =1+1", picture="khac.svg"))

    assert db.exec(select(Product.name)).all() == ["Cam Vàng =1+1"]


def test_a_wrong_pack_and_price_are_refused_with_what_was_typed(db, office):
    product = make.a_product(db)
    pack = make.a_pack(db, product)
    db.commit()
    wrong = {"name": "Thùng", "unit": "box", "net_grams": "1.234"}

    refused = office.post(f"/san-pham/{product.id}/quy-cach/moi", data=wrong)
    other = office.post(
        f"/san-pham/{product.id}/quy-cach/{pack.id}/gia",
        data={"price_vnd": "hai trăm", "valid_from": "31/02/2021", "source": ""},
    )

    assert (refused.status_code, other.status_code) == (422, 422)
    assert "có thể là 1234 hoặc 1,234" in refused.text
    assert 'value="1.234"' in refused.text
    assert "không phải là số tiền" in other.text
    assert 'value="hai trăm"' in other.text
    assert "không có trong lịch" in other.text
    assert len(db.exec(select(Pack)).all()) == 1
    assert db.exec(select(PackPrice)).all() == []


def test_a_pack_of_another_product_is_not_found(db, office):
    pack, other = make.a_pack(db, make.a_product(db)), make.a_product(db)
    db.commit()

    assert office.post(f"/san-pham/{other.id}/quy-cach/{pack.id}/bo").status_code == 404
    assert office.get(f"/san-pham/{other.id}/quy-cach/{pack.id}/gia").status_code == 404


def test_the_form_reads_what_the_page_shows(db, office):
    product = make.a_product(db, variety="cam Vàng", storage="Nơi mát")
    db.commit()
    page = office.get(f"/san-pham/{product.id}/sua").text

    assert 'value="cam Vàng"' in page
    assert "Nơi mát" in page
    data = a_form(name="Cam Vàng mới", picture="cam-vang.svg", active="1")
    assert office.post(f"/san-pham/{product.id}/sua", data=data).status_code == 303
    db.refresh(product)
    assert (product.name, product.name_fold, product.variety, product.active) == (
        "Cam Vàng mới", "cam vang moi", None, True,
    )  # fmt: skip


def test_a_missing_name_is_one_sentence():
    with pytest.raises(Invalid) as refusal:
        parsed(ProductIn, {"group": "food", "sale_unit": "kg"})

    assert list(refusal.value.errors) == ["name"]
