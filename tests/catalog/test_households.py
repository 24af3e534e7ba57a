"""Registering, changing and finding households: every rule by its name."""

import re
from collections.abc import Callable
from datetime import date, datetime
from threading import Thread
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, event
from sqlmodel import Session, col, func, select

from catalog import households as cases
from catalog.communes import read_communes
from catalog.finding import find_households, waiting_after_split
from catalog.forms import ChangeIn, HouseholdIn, PersonIn, SettleIn
from catalog.models import AdminUnit, Consent, Household, Person, PhoneOwner, Producer, ProducerKind
from marketplace.accounts.models import Account, Role
from marketplace.core import db as database
from marketplace.core.audit import AuditEntry
from marketplace.core.errors import NotFound, Refused
from marketplace.core.forms import parsed
from marketplace.core.secrets import Vault
from tests import factories as make

TYPED: dict[str, object] = {
    "name": "Hoàng Thị Vén",
    "village": "Thôn Vĩnh Sơn",
    "phone": "0912.345.678",
    "purposes": ["registry"],
}


def typed(db: Session, **changes: object) -> HouseholdIn:
    return parsed(HouseholdIn, {"commune_id": make.a_commune(db).id, **TYPED, **changes})


def audited(db: Session) -> list[str]:
    return list(db.exec(select(AuditEntry.action).order_by(col(AuditEntry.id))))


@pytest.fixture
def register(db: Session, vault: Vault, now: datetime) -> Callable[..., Household]:
    def make_one(actor: Account, **changes: object) -> Household:
        return cases.register_household(db, actor, typed(db, **changes), vault=vault, now=now)

    return make_one


def test_five_answers_make_a_household_its_head_its_producer_and_its_consent(
    db: Session, register: Callable[..., Household], now: datetime
) -> None:
    worker = make.an_account(db)

    household = register(worker)

    head = make.head_of(db, household)
    producer = make.producer_of(db, household)
    consent = db.exec(select(Consent)).one()
    assert household.code == f"HG-{household.id:06d}"
    assert (household.village_fold, household.registered_at, household.registered_by) == (
        "thon vinh son",
        now,
        worker.id,
    )
    assert db.get_one(AdminUnit, household.current_commune_id).name == "Xã Vĩnh Tuy"
    assert (head.name_fold, head.phone, head.is_head) == ("hoang thi ven", "+84912345678", True)
    assert (producer.kind, producer.name, producer.phone) == (
        ProducerKind.HOUSEHOLD,
        "Hộ Hoàng Thị Vén",
        None,
    )
    assert (consent.person_id, consent.purpose, consent.given_on) == (head.id, "registry", date(2021, 12, 1))
    assert audited(db) == ["consent.given", "household.registered"]


def test_the_same_slip_twice_makes_one_household(db: Session, register: Callable[..., Household]) -> None:
    worker = make.an_account(db)

    first = register(worker, client_key="phieu-1")
    again = register(worker, client_key="phieu-1", name="Tên khác")

    assert again.id == first.id
    assert db.exec(select(func.count()).select_from(Household)).one() == 1
    assert make.head_of(db, first).name == "Hoàng Thị Vén"


def test_a_slip_of_another_worker_is_not_shown(db: Session, register: Callable[..., Household]) -> None:
    register(make.an_account(db), client_key="phieu-1")

    with pytest.raises(NotFound):
        register(make.an_account(db, communes=("Xã Việt Lâm",)), client_key="phieu-1")


def test_parallel_registrations_get_different_codes_and_one_slip_one_household(
    db: Session, engine: Engine, vault: Vault, now: datetime
) -> None:
    worker = make.an_account(db)
    slips = [
        (f"{letter} {number}", key)
        for number, key in enumerate(["mot", "hai", "ba", "bon"])
        for letter in ("Giàng A", "Giàng A")
    ]
    inputs = [
        typed(
            db,
            name=f"Sùng Seo {name}",
            village=key,
            client_key=key,
            other_household="1",
            phone="",
            no_phone="1",
        )
        for name, key in slips
    ]
    db.commit()
    wrong: list[Exception] = []

    def enter(data: HouseholdIn) -> None:
        try:
            with database.writing(engine) as own:
                cases.register_household(own, own.get_one(Account, worker.id), data, vault=vault, now=now)
        except Exception as error:
            wrong.append(error)

    threads = [Thread(target=enter, args=(data,)) for data in inputs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
    with database.reading(engine) as look:
        codes = look.exec(select(Household.code)).all()
        assert len(codes) == len(set(codes)) == 4
        assert look.exec(select(func.count()).select_from(Producer)).one() == 4


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"name": ""}, "name", "Hãy điền “Họ tên chủ hộ”."),
        ({"name": "x" * 10_000}, "name", "quá dài"),
        ({"name": "\x00"}, "name", "Họ tên chủ hộ"),
        ({"village": ""}, "village", "Hãy điền “Thôn”."),
        ({"village": "x" * 10_000}, "village", "quá dài"),
        ({"phone": ""}, "no_phone", "Không có điện thoại"),
        ({"phone": "O912345678"}, "phone", "chữ O"),
        ({"phone": "9" * 10_000}, "phone", "Việt Nam"),
        ({"no_phone": "1"}, "no_phone", "bỏ dấu"),
        ({"purposes": []}, "purposes", "Chưa có sự đồng ý"),
        ({"purposes": ["shop:sendo"]}, "purposes", "Chưa có sự đồng ý"),
        ({"channel": "spoken"}, "witness", "làm chứng"),
        ({"channel": "thumb_print"}, "witness", "làm chứng"),
        ({"channel": "pigeon"}, "channel", "mục có sẵn"),
        ({"birth_year": "75"}, "birth_year", "bốn chữ số"),
        ({"birth_year": "1899"}, "birth_year", "không hợp lý"),
        ({"birth_year": "=1+1"}, "birth_year", "không phải là năm sinh"),
        ({"birth_year": "9" * 10_000}, "birth_year", "không phải là năm sinh"),
        ({"national_id": "123"}, "national_id", "12 chữ số"),
        ({"ethnicity": "Sao Hỏa"}, "ethnicity", "Không có dân tộc"),
        ({"sex": "khác"}, "sex", "mục có sẵn"),
        ({"orange_area_m2": "nhiều"}, "orange_area_m2", ""),
        ({"given_on": "31/2/2021"}, "given_on", ""),
        ({"commune_id": "abc"}, "commune_id", "Xã"),
        ({"commune_id": "9" * 30}, "commune_id", "Xã"),
        ({"note": "x", "client_key": "x" * 10_000}, "client_key", "quá dài"),
    ],
)
def test_what_cannot_be_read_gets_a_sentence_on_its_field(
    db: Session, changes: dict[str, object], field: str, words: str
) -> None:
    with pytest.raises(Refused) as refused:
        typed(db, **changes)

    assert field in refused.value.errors  # type: ignore[attr-defined]  # Invalid has them
    assert words in refused.value.text()
    assert len(refused.value.text()) < 500


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"birth_year": "2022"}, "birth_year"),
        ({"given_on": "2/12/2021"}, "given_on"),
        ({"purposes": ["registry", "sell_my_soul"]}, "purposes"),
        ({"purposes": ["registry", "shop:" + "x" * 100]}, "purposes"),
        ({"commune_id": 2_147_483_647}, "commune_id"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_kept(
    db: Session, register: Callable[..., Household], changes: dict[str, object], field: str
) -> None:
    worker = make.an_account(db)
    db.commit()

    with pytest.raises(Refused) as refused:
        register(worker, **changes)
    db.rollback()

    assert refused.value.field == field
    for table in (Household, Person, Producer, Consent, AuditEntry):
        assert db.exec(select(func.count()).select_from(table)).one() == 0


def test_old_phones_names_in_nfd_and_dates_as_spoken_are_taken(
    db: Session, register: Callable[..., Household]
) -> None:
    household = register(
        make.an_account(db),
        name="  Hoa\u0300ng  Thi\u0323 Ve\u0301n\x00 ",
        phone="0168 234 5678",
        birth_year="12/5/1975",
        ethnicity="h'mong",
        national_id="002 399 000 001",
        orange_area_m2="1,25",
    )

    head = make.head_of(db, household)
    assert (head.name, head.phone, head.birth_year, head.ethnicity) == (
        "Hoàng Thị Vén",
        "+84382345678",
        1975,
        "08",
    )
    assert household.orange_area_m2 == 12_500
    assert head.national_id_tail == "0001"
    assert "002399000001" not in str(head.model_dump())


def test_no_phone_is_an_answer(db: Session, register: Callable[..., Household]) -> None:
    household = register(make.an_account(db), phone="", no_phone="1")

    head = make.head_of(db, household)
    assert (head.phone, head.phone_owner) == (None, PhoneOwner.NONE)


def test_a_worker_registers_only_in_the_own_communes(db: Session, register: Callable[..., Household]) -> None:
    other = make.a_commune(db, "Xã Việt Lâm").id

    with pytest.raises(cases.NotYourCommune) as refused:
        register(make.an_account(db), commune_id=other)

    assert refused.value.status == 403
    assert db.exec(select(Household)).all() == []


def test_a_worker_of_a_commune_of_today_registers_in_the_communes_it_was_made_of(
    db: Session, register: Callable[..., Household], now: datetime
) -> None:
    worker = make.an_account(db, communes=(make.a_commune(db, "Xã Vĩnh Tuy", on=date(2026, 1, 1)),))
    communes = read_communes(db)

    then = {place.name for place in cases.own_communes(db, worker, communes, today=now.date())}
    later = [place.name for place in cases.own_communes(db, worker, communes, today=date(2026, 1, 1))]

    assert {"Xã Vĩnh Hảo", "Thị trấn Vĩnh Tuy"} <= then
    assert later == ["Xã Vĩnh Tuy"]
    assert register(worker).commune_id == make.a_commune(db).id


def test_somebody_alike_stops_the_registration_until_somebody_has_looked(
    db: Session, register: Callable[..., Household]
) -> None:
    worker = make.an_account(db)
    first = register(worker)

    with pytest.raises(cases.MaybeRegistered) as asked:
        register(worker, name="hoang thi ven", phone="", no_phone="1")
    assert [one.household_id for one in asked.value.suspects] == [first.id]

    second = register(worker, name="hoang thi ven", phone="", no_phone="1", other_household="1")

    looked = db.exec(select(AuditEntry).where(AuditEntry.action == "household.looked_alike")).one()
    assert (looked.subject_id, looked.actor_id, looked.facts) == (
        second.id,
        worker.id,
        {"others": [first.id]},
    )


def changed(db: Session, household: Household, **changes: object) -> ChangeIn:
    values = {"name": "Hoàng Thị Vén", "commune_id": household.commune_id, "village": household.village}
    return parsed(ChangeIn, {**values, **changes})


def test_a_change_names_its_fields_and_an_empty_id_keeps_the_old(
    db: Session, register: Callable[..., Household], vault: Vault, now: datetime
) -> None:
    worker = make.an_account(db)
    household = register(worker, national_id="002399000001")

    cases.change_household(
        db,
        worker,
        household,
        changed(db, household, name="Hoàng Thị Vẽn", village="Thôn Khác", phone="0912345678"),
        vault=vault,
        now=now,
    )

    entry = db.exec(select(AuditEntry).where(AuditEntry.action == "household.changed")).one()
    assert entry.facts == {"fields": ["name", "village", "village_fold"]}
    head = make.head_of(db, household)
    assert (head.national_id_tail, head.name_fold) == ("0001", "hoang thi ven")
    assert make.producer_of(db, household).name == "Hộ Hoàng Thị Vẽn"


def test_a_foreign_household_does_not_exist_for_a_worker(db: Session, vault: Vault, now: datetime) -> None:
    foreign = make.a_household(db, commune="Xã Việt Lâm")
    worker = make.an_account(db)
    person = parsed(PersonIn, {"name": "Ma Thị Ảnh"})

    with pytest.raises(NotFound):
        cases.change_household(db, worker, foreign, changed(db, foreign), vault=vault, now=now)
    with pytest.raises(NotFound):
        cases.add_person(db, worker, foreign, person, vault=vault, now=now)
    with pytest.raises(NotFound):
        cases.change_head(db, worker, foreign, make.head_of(db, foreign).id or 0, now=now)
    with pytest.raises(NotFound):
        cases.show_national_id(db, worker, make.head_of(db, foreign).id or 0, vault=vault)
    assert audited(db) == []


def test_a_household_cannot_be_moved_into_a_foreign_commune(db: Session, vault: Vault, now: datetime) -> None:
    household, worker = make.a_household(db), make.an_account(db)
    away = changed(db, household, commune_id=make.a_commune(db, "Xã Việt Lâm").id)
    db.commit()

    with pytest.raises(cases.NotYourCommune):
        cases.change_household(db, worker, household, away, vault=vault, now=now)
    db.rollback()

    assert db.get_one(Household, household.id).commune_id == make.a_commune(db).id


def test_a_split_commune_is_settled_by_a_person_for_the_whole_hamlet(db: Session) -> None:
    one = make.a_household(db, commune="Xã Việt Lâm", village="Thôn Chung")
    two = make.a_household(db, commune="Xã Việt Lâm", village="THÔN CHUNG", head="Lý A Sử")
    else_ = make.a_household(db, commune="Xã Việt Lâm", village="Thôn Lèn", head="Giàng A Páo")
    worker, communes = make.an_account(db, communes=("Xã Việt Lâm",)), read_communes(db)
    waiting = waiting_after_split(db, worker, communes)
    assert [(row.village.casefold(), row.households) for row in waiting] == [
        ("thôn chung", 2),
        ("thôn lèn", 1),
    ]
    chosen = next(place for place in waiting[0].choices if place.name == "Xã Vị Xuyên")

    with pytest.raises(cases.NotASuccessor):
        cases.settle_split(db, worker, one, SettleIn(unit_id=make.a_commune(db).id or 0))
    settled = cases.settle_split(db, worker, one, SettleIn(unit_id=chosen.id, whole_village=True))

    assert settled == 2
    assert (one.current_commune_id, two.current_commune_id) == (chosen.id, chosen.id)
    assert else_.current_commune_id is None
    assert cases.settle_split(db, worker, one, SettleIn(unit_id=chosen.id, whole_village=True)) == 0


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("Vén", {"Hoàng Thị Vén"}),
        ("hoang thi ven", {"Hoàng Thị Vén"}),
        ("Hoa\u0300ng", {"Hoàng Thị Vén"}),
        ("vinh son", {"Hoàng Thị Vén"}),
        ("ven vinh son", {"Hoàng Thị Vén"}),
        ("Vĩnh Tuy", {"Hoàng Thị Vén"}),
        ("vinh hao", {"Hoàng Thị Vén"}),
        ("Việt Lâm", {"Lý A Sử"}),
        ("0912 345 678", {"Hoàng Thị Vén"}),
        ("+84912345678", {"Hoàng Thị Vén"}),
        ("5678", {"Hoàng Thị Vén"}),
        ("Ma Thị Ảnh", {"Lý A Sử"}),
        ("%", set()),
        ("_", set()),
        ("'; DROP TABLE household", set()),
        ("không ai", set()),
    ],
)
def test_one_box_finds_by_name_hamlet_commune_phone_and_member(
    db: Session, query: str, found: set[str]
) -> None:
    make.head_of(db, make.a_household(db)).phone = "+84912345678"
    second = make.a_household(db, commune="Xã Việt Lâm", head="Lý A Sử", village="Thôn Lèn")
    make.a_person(db, second, name="Ma Thị Ảnh")
    office = make.an_account(db, Role.COORDINATOR)

    rows, more, _ = find_households(db, office, query)

    assert {row.head.name for row in rows} == found
    assert more is False


def test_a_code_finds_its_household_in_any_writing(db: Session, register: Callable[..., Household]) -> None:
    household = register(make.an_account(db))
    office = make.an_account(db, Role.COORDINATOR)

    for query in (household.code, household.code.lower(), str(household.id), f"hg {household.id}"):
        rows, _, _ = find_households(db, office, query)
        assert [row.household.id for row in rows] == [household.id]


def test_right_marks_come_first_and_lists_are_sorted_by_given_name(db: Session) -> None:
    for name in ("Hoàng Thị Ven", "Hoàng Thị Vén", "Đặng Văn An", "Nông Văn Ánh"):
        make.a_household(db, head=name)
    office = make.an_account(db, Role.COORDINATOR)

    assert [row.head.name for row in find_households(db, office, "Vén")[0]] == [
        "Hoàng Thị Vén",
        "Hoàng Thị Ven",
    ]
    assert [row.head.name for row in find_households(db, office, "")[0]] == [
        "Đặng Văn An",
        "Nông Văn Ánh",
        "Hoàng Thị Ven",
        "Hoàng Thị Vén",
    ]


def test_a_worker_finds_only_the_own_communes(db: Session) -> None:
    make.a_household(db, commune="Xã Việt Lâm")
    worker = make.an_account(db)

    assert find_households(db, worker, "")[0] == find_households(db, worker, "Vén")[0] == []


@pytest.mark.parametrize("query", ["", "?q=ven", "?q=vinh+tuy"])
def test_the_list_pages_and_needs_six_statements_at_most(
    db: Session, engine: Engine, as_account: Callable[[Any], FlaskClient], query: str
) -> None:
    for number in range(55):
        make.a_household(db, head=f"Nông Văn Vén {number}")
    worker = make.an_account(db)
    db.commit()
    browser = as_account(worker)
    statements: list[str] = []

    def count(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", count)
    try:
        page = browser.get(f"/ho-dan{query}").get_data(as_text=True)
    finally:
        event.remove(engine, "before_cursor_execute", count)

    assert len(statements) <= 6
    assert len(re.findall(r'href="/ho-dan/\d+"', page)) == 50
    assert "Trang sau" in page
