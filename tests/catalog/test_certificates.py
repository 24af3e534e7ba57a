"""Certificates: stars and score, who certified, how long, on whose goods (R-21 to R-27, R-32)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session, select

from catalog import certificates as cases
from catalog.models import Certificate, CertificateKind, CertificateProduct, Membership, Producer, Product
from catalog.product_forms import CertificateIn, Level, parse_score
from marketplace.accounts.models import Role
from marketplace.core.audit import SYSTEM
from marketplace.core.units import Unreadable
from tests import factories as make
from tests.catalog.looking import seen
from tests.factories import NOW
from tests.selling.test_pages import counted

DECIDED = date(2021, 1, 15)
TODAY = date(2021, 12, 1)


def a_paper(producer: Producer, *products: Product, **values: object) -> CertificateIn:
    given_values = {
        "kind": CertificateKind.OCOP,
        "producer_id": producer.id,
        "product_ids": [product.id for product in products],
        "number": "123/QĐ-UBND",
        "issuer": "UBND tỉnh Hà Giang",
        "decision_date": DECIDED,
        "stars": 4,
    }
    return CertificateIn.model_validate({**given_values, **values})


def add(db: Session, producer: Producer, *products: Product, **values: object) -> Certificate:
    return cases.add_certificate(db, SYSTEM, a_paper(producer, *products, **values))


def none_added(db: Session) -> bool:
    return db.exec(select(Certificate)).all() == [] and db.exec(select(CertificateProduct)).all() == []


# --- stars and score -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("score", "stars"),
    [
        (0, 1),
        (2999, 1),
        (3000, 2),
        (4999, 2),
        (5000, 3),
        (6999, 3),
        (7000, 4),
        (8999, 4),
        (9000, 5),
        (10_000, 5),
    ],
)  # fmt: skip
def test_bands_are_half_open(score, stars):
    assert cases.band(score) == stars


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_more_points_never_allow_fewer_stars(one, other):
    low, high = sorted((one, other))
    assert 1 <= cases.band(low) <= cases.band(high) <= 5


def test_more_stars_than_the_score_allows_are_refused(db: Session) -> None:
    htx, product = make.a_cooperative(db), make.a_product(db)

    with pytest.raises(cases.TooManyStars, match="69,99 điểm được nhiều nhất 3 sao"):
        add(db, htx, product, score_hundredths=6999)
    assert none_added(db)


def test_fewer_stars_than_the_score_allows_are_taken(db: Session) -> None:
    paper = add(db, make.a_cooperative(db), make.a_product(db), stars=3, score_hundredths=9490)

    assert (paper.stars, paper.score_hundredths) == (3, 9490)


def test_ocop_needs_stars_and_nothing_else_has_them(db: Session) -> None:
    htx, product = make.a_cooperative(db), make.a_product(db)

    with pytest.raises(cases.StarsMissing):
        add(db, htx, product, stars=None)
    with pytest.raises(cases.StarsOnlyOnOcop):
        add(db, htx, product, kind=CertificateKind.VIETGAP)
    with pytest.raises(cases.StarsOnlyOnOcop):
        add(db, htx, product, kind=CertificateKind.VIETGAP, stars=None, score_hundredths=9000)
    assert none_added(db)


@pytest.mark.parametrize(
    ("text", "score"), [("94,9", 9490), ("94.9", 9490), ("70", 7000), ("100", 10_000), ("0", 0)]
)
def test_a_score_is_read_as_it_is_printed(text, score):
    assert parse_score(text) == score


@pytest.mark.parametrize("text", ["100,1", "94,999", "chín mươi", "-1", "1.000", ""])
def test_a_strange_score_is_unreadable(text):
    with pytest.raises(Unreadable):
        parse_score(text)


# --- who certified, and how long -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stars", "level", "decided", "warned"),
    [
        (5, Level.CENTRAL, date(2021, 1, 15), False),
        (5, Level.PROVINCE, date(2021, 1, 15), True),
        (4, Level.PROVINCE, date(2024, 1, 15), False),
        (3, Level.PROVINCE, date(2023, 2, 23), False),
        (3, Level.PROVINCE, date(2023, 2, 24), True),
        (3, Level.DISTRICT, date(2023, 2, 24), False),
        (3, Level.DISTRICT, date(2025, 7, 5), False),
        (3, Level.DISTRICT, date(2025, 7, 6), True),
        (3, Level.PROVINCE, date(2025, 7, 6), False),
        (2, Level.DISTRICT, date(2021, 1, 15), False),
        (3, None, date(2021, 1, 15), False),
    ],
)
def test_the_certifier_follows_the_day_of_the_decision(db, stars, level, decided, warned):
    paper = add(
        db, make.a_cooperative(db), make.a_product(db), stars=stars, issuer_level=level, decision_date=decided
    )

    assert (cases.certifier_warning(paper) is not None) == warned


@pytest.mark.parametrize(
    ("decided", "last"),
    [
        (date(2021, 1, 15), date(2024, 1, 14)),
        (date(2021, 1, 1), date(2023, 12, 31)),
        (date(2020, 2, 29), date(2023, 2, 27)),
        (date(2021, 3, 1), date(2024, 2, 29)),
    ],
)
def test_36_calendar_months_are_the_usual_validity(decided, last):
    assert cases.default_valid_to(decided) == last


def test_printed_days_go_before_the_usual_ones(db: Session) -> None:
    paper = add(
        db,
        make.a_cooperative(db),
        make.a_product(db),
        valid_from=date(2021, 2, 1),
        valid_to=date(2022, 1, 31),
    )

    assert (paper.valid_from, paper.valid_to) == (date(2021, 2, 1), date(2022, 1, 31))


def test_the_end_is_not_before_the_beginning(db: Session) -> None:
    with pytest.raises(cases.EndsBeforeStart, match="15/01/2021"):
        add(db, make.a_cooperative(db), make.a_product(db), valid_to=date(2021, 1, 14))
    assert none_added(db)


def test_a_paper_is_recorded_once(db: Session) -> None:
    htx, product = make.a_cooperative(db), make.a_product(db)
    add(db, htx, product)
    db.commit()

    with pytest.raises(cases.CertificateExists):
        add(db, htx, product)
    assert len(db.exec(select(Certificate)).all()) == 1


@pytest.mark.parametrize(
    ("day", "holds"),
    [
        (date(2021, 1, 14), False),
        (date(2021, 1, 15), True),
        (date(2023, 5, 31), True),
        (date(2023, 6, 1), False),
        (date(2024, 1, 14), False),
    ],
)
def test_it_holds_from_its_first_day_until_it_is_revoked(db, day, holds):
    paper = add(db, make.a_cooperative(db), make.a_product(db))
    cases.revoke_certificate(db, SYSTEM, paper.id or 0, date(2023, 6, 1), now=NOW)
    cases.revoke_certificate(db, SYSTEM, paper.id or 0, date(2023, 9, 1), now=NOW)

    assert (db.exec(select(Certificate).where(cases.valid_on(day))).all() == [paper]) == holds


def test_it_holds_through_its_last_day(db: Session) -> None:
    paper = add(db, make.a_cooperative(db), make.a_product(db))

    assert db.exec(select(Certificate).where(cases.valid_on(date(2024, 1, 14)))).all() == [paper]
    assert db.exec(select(Certificate).where(cases.valid_on(date(2024, 1, 15)))).all() == []


@pytest.mark.parametrize(("left", "within"), [(0, 30), (30, 30), (31, 90), (90, 90), (91, 180), (180, 180)])
def test_the_end_is_announced_in_three_steps(db, left, within):
    last = TODAY + timedelta(days=left)
    htx = make.a_cooperative(db)
    add(db, htx, make.a_product(db), valid_to=last)
    add(db, htx, make.a_product(db), number="2", valid_to=TODAY + timedelta(days=181))
    add(db, htx, make.a_product(db), number="3", valid_to=TODAY - timedelta(days=1))

    assert [(one.days_left, one.within, one.holder) for one in cases.expiring(db, today=TODAY)] == [
        (left, within, htx.name)
    ]


def test_states_and_their_conditions_agree(db: Session) -> None:
    htx, product = make.a_cooperative(db), make.a_product(db)
    ends = {"valid": 181, "soon": 180, "ended": -1}
    for number, days in enumerate(ends.values()):
        add(db, htx, product, number=str(number), valid_to=TODAY + timedelta(days=days))
    add(db, htx, product, number="later", decision_date=TODAY, valid_from=TODAY + timedelta(days=1))
    for number, day in (("today", 0), ("tomorrow", 1)):
        paper = add(db, htx, product, number=number)
        cases.revoke_certificate(db, SYSTEM, paper.id or 0, TODAY + timedelta(days=day), now=NOW)
    early = add(db, htx, product, number="4", decision_date=TODAY, valid_from=TODAY + timedelta(days=9))
    cases.revoke_certificate(db, SYSTEM, early.id or 0, TODAY + timedelta(days=2), now=NOW)

    for paper in db.exec(select(Certificate)):
        states = [
            state
            for state in cases.STATE_LABELS
            if db.exec(
                select(Certificate).where(Certificate.id == paper.id, cases.in_state(state, TODAY))
            ).all()
        ]
        assert states == [cases.state_of(paper, TODAY)], paper.number


# --- on whose goods ------------------------------------------------------------------------------------


def test_stars_go_to_members_while_they_supply(db: Session) -> None:
    member, stranger = make.a_household(db), make.a_household(db, head="Lý Văn Xa")
    htx, product, other = make.a_cooperative(db), make.a_product(db), make.a_product(db)
    paper = add(db, htx, product)
    db.add(
        Membership(
            household_id=member.id,
            producer_id=htx.id,
            valid_from=date(2021, 9, 1),
            valid_to=date(2021, 11, 30),
        )
    )
    db.flush()

    def carried(day: date) -> dict[tuple[int, int], list[Certificate]]:
        households = [member.id or 0, stranger.id or 0]
        return cases.certificates_of_households(db, households, [product.id or 0, other.id or 0], day)

    assert carried(date(2021, 8, 31)) == {}
    assert carried(date(2021, 9, 1)) == {(member.id, product.id): [paper]}
    assert carried(date(2021, 11, 30)) == {(member.id, product.id): [paper]}
    assert carried(date(2021, 12, 1)) == {}
    assert cases.certificates_of_producers(db, [htx.id or 0], [product.id or 0], date(2021, 12, 1)) == {
        (htx.id, product.id): [paper]
    }


def test_a_gi_right_only_covers_its_own_product(db: Session) -> None:
    htx = make.a_cooperative(db)
    sanh = make.a_product(db, name="Cam Sành Hà Giang", gi_name="Hà Giang")
    vang = make.a_product(db, name="Cam Vàng Hà Giang")
    right = {"kind": CertificateKind.GI_RIGHT, "stars": None}

    with pytest.raises(cases.GiNameMissing):
        add(db, htx, sanh, **right)
    with pytest.raises(cases.GiNotForProduct, match="Cam Vàng Hà Giang"):
        add(db, htx, sanh, vang, gi_name="Hà Giang", **right)
    assert none_added(db)
    paper = add(db, htx, sanh, gi_name="Hà Giang", **right)
    db.add(CertificateProduct(certificate_id=paper.id, product_id=vang.id))  # as an old import might
    db.flush()
    carried = cases.certificates_of_producers(db, [htx.id or 0], [sanh.id or 0, vang.id or 0], TODAY)
    assert carried == {(htx.id, sanh.id): [paper]}


def test_unknown_products_and_holders_are_refused(db: Session) -> None:
    htx, product = make.a_cooperative(db), make.a_product(db)

    with pytest.raises(cases.UnknownProduct):
        add(db, htx, product, product_ids=[product.id, 987])
    with pytest.raises(cases.UnknownHolder):
        add(db, htx, product, producer_id=987)
    assert none_added(db)


def test_ocop_products_are_counted_as_of_a_day(db: Session) -> None:
    htx, tea, honey, cake = make.a_cooperative(db), *(make.a_product(db) for _ in range(3))
    add(db, htx, tea, stars=3)
    add(db, htx, tea, number="2", stars=5, decision_date=date(2022, 1, 1))
    add(db, htx, honey, number="3", stars=4, valid_to=date(2021, 11, 30))
    add(db, htx, cake, number="4", stars=2)

    assert cases.ocop_products(db, date(2021, 11, 30)) == {tea.id: 3, honey.id: 4}
    assert cases.ocop_products(db, date(2021, 12, 1)) == {tea.id: 3}
    assert cases.ocop_products(db, date(2022, 1, 1)) == {tea.id: 5}
    assert cases.ocop_products(db, date(2020, 1, 1)) == {}


# --- pages ---------------------------------------------------------------------------------------------


@pytest.fixture
def office(db, as_account):
    account = make.an_account(db, Role.COORDINATOR)
    db.commit()
    return as_account(account)


def a_form(htx: Producer, *products: Product, **values: object) -> dict[str, object]:
    return {
        "kind": "ocop",
        "producer_id": htx.id,
        "product_ids": [product.id for product in products],
        "number": "=1+1",
        "issuer": "UBND tỉnh <Hà Giang>",
        "issuer_level": "province",
        "decision_date": "15/01/2021",
        "stars": "4",
        "score_hundredths": "75,5",
        **values,
    }


def test_the_office_records_and_revokes_a_certificate(db, engine, office):
    htx, product = make.a_cooperative(db), make.a_product(db)
    db.commit()

    done = office.post("/chung-nhan/moi", data=a_form(htx, product))
    page = office.get(done.headers["Location"])
    [paper] = seen(engine, select(Certificate))
    revoked = office.post(f"/chung-nhan/{paper.id}/thu-hoi", data={"revoked_on": "01/12/2021"})

    assert done.status_code == 303
    assert "Số =1+1" in page.text
    assert "UBND tỉnh &lt;Hà Giang&gt;" in page.text
    assert "15/01/2021 đến hết 14/01/2024" in page.text
    assert "75,5" in page.text
    assert revoked.status_code == 303
    assert seen(engine, select(Certificate.revoked_on)) == [date(2021, 12, 1)]


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("stars", "5", "75,5 điểm được nhiều nhất 4 sao"),
        ("stars", "6", "lớn quá mức"),
        ("stars", "bốn", "phải là số nguyên"),
        ("score_hundredths", "101", "không phải là điểm"),
        ("number", "x" * 10_000, "quá dài"),
        ("number", "\x00", "Hãy điền"),
        ("decision_date", "2021", "không phải là ngày"),
        ("valid_to", "01/01/2021", "không được trước ngày bắt đầu 15/01/2021"),
        ("product_ids", [], "Sản phẩm"),
        ("product_ids", ["x"], "số nguyên"),
        ("producer_id", "9" * 30, "lớn quá mức"),
        ("kind", "lạ", "Hãy chọn một mục có sẵn"),
        ("area_m2", "1.234", "có thể là"),
    ],
)
def test_a_wrong_certificate_keeps_what_was_typed_and_changes_nothing(
    db, engine, office, field, typed, sentence
):
    htx, product = make.a_cooperative(db), make.a_product(db)
    db.commit()

    answer = office.post("/chung-nhan/moi", data=a_form(htx, product) | {field: typed})

    assert answer.status_code == 422
    assert sentence in answer.text
    assert "UBND tỉnh &lt;Hà Giang&gt;" in answer.text
    assert seen(engine, select(Certificate)) == []


def test_the_list_is_filtered_and_costs_six_statements_at_most(db, engine, office):
    htx, product = make.a_cooperative(db), make.a_product(db)
    add(db, htx, product, number="SAP-HET", valid_to=TODAY + timedelta(days=20))
    add(db, htx, product, number="DA-HET", valid_to=TODAY - timedelta(days=1))
    add(db, htx, product, number="VIETGAP-1", kind=CertificateKind.VIETGAP, stars=None)
    for number in range(40):
        add(db, htx, product, number=f"N{number}")
    db.commit()

    with counted(engine) as said:
        page = office.get("/chung-nhan").text
    soon = office.get("/chung-nhan?trang-thai=soon").text
    vietgap = office.get("/chung-nhan?loai=vietgap").text
    found = office.get("/chung-nhan?q=da-het").text

    assert len(said) <= 6
    assert "Trang sau" in page
    assert ("SAP-HET" in soon, "DA-HET" in soon, "N39" in soon) == (True, False, False)
    assert ("VIETGAP-1" in vietgap, "SAP-HET" in vietgap) == (True, False)
    assert ("DA-HET" in found, "SAP-HET" in found) == (True, False)
