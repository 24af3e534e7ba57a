"""Who sells: organisations are added, households supply them for a time."""

from datetime import date

import pytest
from sqlmodel import Session, select

from catalog import producers as cases
from catalog.models import Membership, Producer, ProducerKind
from catalog.product_forms import MembershipIn, ProducerIn
from marketplace.accounts.models import Role
from marketplace.core.audit import SYSTEM
from marketplace.core.errors import NotFound
from tests import factories as make
from tests.catalog.looking import seen
from tests.selling.test_pages import counted


def organisations(db: Session) -> list[str]:
    return [one.name for one in cases.organisations(db)]


def joining(code: str, first: date, last: date | None = None) -> MembershipIn:
    return MembershipIn(household_code=code, valid_from=first, valid_to=last)


def periods(db: Session) -> list[tuple[date, date | None]]:
    rows = db.exec(select(Membership).order_by(Membership.valid_from))
    return [(row.valid_from, row.valid_to) for row in rows]


def test_a_known_tax_id_names_who_has_it(db: Session) -> None:
    data = ProducerIn(kind=ProducerKind.COOPERATIVE, name="HTX Cam Vĩnh Hảo", tax_id="0101234565")
    cases.add_producer(db, SYSTEM, data)

    with pytest.raises(cases.TaxIdTaken, match="HTX Cam Vĩnh Hảo"):
        cases.add_producer(db, SYSTEM, data.model_copy(update={"name": "HTX khác"}))
    assert organisations(db) == ["HTX Cam Vĩnh Hảo"]


def test_households_are_not_added_here(db: Session) -> None:
    with pytest.raises(cases.HouseholdsComeElsewhere):
        cases.add_producer(db, SYSTEM, ProducerIn(kind=ProducerKind.HOUSEHOLD, name="Hộ nào đó"))
    assert db.exec(select(Producer)).all() == []


def test_a_household_supplies_from_a_day_to_a_day(db: Session) -> None:
    household, htx = make.a_household(db), make.a_cooperative(db)
    worker = make.an_account(db)
    started = cases.start_membership(
        db, worker, htx.id or 0, joining(household.code.lower(), date(2021, 9, 1))
    )

    cases.end_membership(db, worker, started.id or 0, date(2021, 12, 31))

    own = make.producer_of(db, household)
    assert cases.sellers_for(db, household, date(2021, 8, 31)) == [own]
    assert cases.sellers_for(db, household, date(2021, 9, 1)) == [own, htx]
    assert cases.sellers_for(db, household, date(2021, 12, 31)) == [own, htx]
    assert cases.sellers_for(db, household, date(2022, 1, 1)) == [own]


@pytest.mark.parametrize(
    ("first", "last", "taken"),
    [
        (date(2021, 10, 1), None, True),
        (date(2020, 1, 1), None, True),
        (date(2020, 1, 1), date(2021, 9, 1), True),
        (date(2021, 12, 31), None, True),
        (date(2020, 1, 1), date(2021, 8, 31), False),
        (date(2022, 1, 1), None, False),
    ],
)
def test_two_memberships_share_no_day(db, first, last, taken):
    household, htx, worker = make.a_household(db), make.a_cooperative(db), make.an_account(db)
    given = joining(household.code, date(2021, 9, 1), date(2021, 12, 31))
    cases.start_membership(db, worker, htx.id, given)

    if taken:
        with pytest.raises(cases.AlreadyAMember, match="01/09/2021"):
            cases.start_membership(db, worker, htx.id, joining(household.code, first, last))
    else:
        cases.start_membership(db, worker, htx.id, joining(household.code, first, last))
    assert len(periods(db)) == (1 if taken else 2)


def test_a_last_day_never_runs_into_the_next_membership(db: Session) -> None:
    household, htx, worker = make.a_household(db), make.a_cooperative(db), make.an_account(db)
    first = cases.start_membership(
        db, worker, htx.id or 0, joining(household.code, date(2020, 1, 1), date(2020, 12, 31))
    )
    cases.start_membership(db, worker, htx.id or 0, joining(household.code, date(2021, 9, 1)))

    cases.end_membership(db, worker, first.id or 0, date(2021, 10, 1))

    assert periods(db) == [(date(2020, 1, 1), date(2021, 8, 31)), (date(2021, 9, 1), None)]


def test_the_last_day_is_not_before_the_first(db: Session) -> None:
    household, htx, worker = make.a_household(db), make.a_cooperative(db), make.an_account(db)
    started = cases.start_membership(db, worker, htx.id or 0, joining(household.code, date(2021, 9, 1)))

    with pytest.raises(cases.EndsBeforeItStarts):
        cases.end_membership(db, worker, started.id or 0, date(2021, 8, 31))
    with pytest.raises(cases.EndsBeforeItStarts):
        cases.start_membership(
            db, worker, htx.id or 0, joining(household.code, date(2021, 9, 1), date(2021, 8, 1))
        )
    assert periods(db) == [(date(2021, 9, 1), None)]


def test_a_foreign_household_is_unknown(db: Session) -> None:
    household, htx = make.a_household(db), make.a_cooperative(db)
    worker, elsewhere = make.an_account(db), make.an_account(db, communes=("Xã Tiên Kiều",))
    started = cases.start_membership(db, worker, htx.id or 0, joining(household.code, date(2021, 9, 1)))

    with pytest.raises(cases.UnknownHousehold):
        cases.start_membership(db, elsewhere, htx.id or 0, joining(household.code, date(2019, 9, 1)))
    with pytest.raises(NotFound):
        cases.end_membership(db, elsewhere, started.id or 0, date(2021, 12, 1))
    assert periods(db) == [(date(2021, 9, 1), None)]
    assert cases.members_of(db, elsewhere, htx) == []
    assert [row[1] for row in cases.members_of(db, worker, htx)] == [household]


def test_a_household_is_no_organisation(db: Session) -> None:
    household, worker = make.a_household(db), make.an_account(db)
    own = make.producer_of(db, household)

    with pytest.raises(NotFound):
        cases.start_membership(db, worker, own.id or 0, joining(household.code, date(2021, 9, 1)))


def test_organisations_are_everybodys_households_are_not(db: Session) -> None:
    make.a_household(db, head="Hoàng Thị Vén")
    make.a_household(db, head="Hoàng Văn Xa", commune="Xã Tiên Kiều")
    make.a_cooperative(db, name="HTX Hoàng Su Phì")
    worker, office = make.an_account(db), make.an_account(db, Role.COORDINATOR)

    def names(actor):
        return [one.name for one in cases.find_producers(db, actor, "hoang")[0]]

    assert names(worker) == ["HTX Hoàng Su Phì", "Hộ Hoàng Thị Vén"]
    assert names(office) == ["HTX Hoàng Su Phì", "Hộ Hoàng Thị Vén", "Hộ Hoàng Văn Xa"]


# --- pages ---------------------------------------------------------------------------------------------


def test_the_worker_adds_and_ends_a_membership(db, engine, as_account):
    household, htx, worker = make.a_household(db), make.a_cooperative(db), make.an_account(db)
    db.commit()
    browser, path = as_account(worker), f"/chu-the/{htx.id}/thanh-vien/moi"

    wrong = browser.post(path, data={"household_code": "HG-0", "valid_from": "5/11/21"})
    again = browser.post(path, data={"household_code": "<i>HG</i>", "valid_from": "05/11/2021"})
    done = browser.post(path, data={"household_code": household.code, "valid_from": "05/11/2021"})
    [membership] = seen(engine, select(Membership))
    ended = browser.post(f"/thanh-vien/{membership.id}/ket-thuc", data={"valid_to": "01/11/2021"})

    assert wrong.status_code == 422
    assert "chỉ có hai chữ số" in wrong.text
    assert 'value="5/11/21"' in wrong.text
    assert again.status_code == 422
    assert "Không tìm thấy hộ có mã “&lt;i&gt;HG&lt;/i&gt;”" in again.text
    assert done.status_code == 303
    assert ended.status_code == 422
    assert "không được trước ngày bắt đầu 05/11/2021" in ended.text
    last = browser.post(f"/thanh-vien/{membership.id}/ket-thuc", data={"valid_to": "30/11/2021"})
    assert last.status_code == 303
    assert "đến 30/11/2021" in browser.get(f"/chu-the/{htx.id}").text


def test_a_foreign_household_is_no_page(db, as_account):
    far = make.a_household(db, commune="Xã Tiên Kiều")
    own, worker = make.producer_of(db, far), make.an_account(db)
    htx = make.a_cooperative(db, members=(far,))
    membership = db.exec(select(Membership)).one()
    db.commit()
    browser = as_account(worker)

    assert browser.get(f"/chu-the/{own.id}").status_code == 404
    assert browser.get(f"/thanh-vien/{membership.id}/ket-thuc").status_code == 404
    assert (
        browser.post(f"/thanh-vien/{membership.id}/ket-thuc", data={"valid_to": "1/12/2021"}).status_code
        == 404
    )
    assert far.code not in browser.get(f"/chu-the/{htx.id}").text


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("name", "", "Hãy điền “Tên”."),
        ("name", "x" * 10_000, "quá dài"),
        ("tax_id", "123", "Mã số thuế"),
        ("phone", "12", "điện thoại"),
        ("kind", "household", "Hộ dân được ghi ở phần đăng ký hộ"),
        ("address", "z" * 10_000, "quá dài"),
    ],
)
def test_a_wrong_organisation_is_refused_with_what_was_typed(db, as_account, field, typed, sentence):
    office = make.an_account(db, Role.COORDINATOR)
    db.commit()
    given = {"kind": "cooperative", "name": "HTX Bưởi", "address": "<Thôn> Vĩnh Sơn", field: typed}

    answer = as_account(office).post("/chu-the/moi", data=given)

    assert answer.status_code == 422
    assert sentence.lower() in answer.text.lower()
    assert field == "address" or "&lt;Thôn&gt; Vĩnh Sơn" in answer.text
    assert organisations(db) == []


def test_the_list_costs_six_statements_at_most(db, engine, as_account):
    for number in range(40):
        make.a_cooperative(db, name=f"HTX {number}")
    office = make.an_account(db, Role.COORDINATOR)
    db.commit()
    browser = as_account(office)
    with counted(engine) as said:
        page = browser.get("/chu-the")

    assert len(said) <= 6
    assert "Trang sau" in page.text
