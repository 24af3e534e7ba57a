"""Opening, changing and closing accounts."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from marketplace.accounts import accounts, logins
from marketplace.accounts.forms import AccountEdit, AccountIn, PasswordIn
from marketplace.accounts.models import Account, AccountCommune, Login, Role
from marketplace.core.audit import SYSTEM, AuditEntry
from marketplace.core.errors import Forbidden, Invalid, NotFound
from marketplace.core.forms import parsed
from tests import factories
from tests.factories import NOW, PASSWORD

LONG = "một mật khẩu dài"


def given(**typed: str) -> AccountIn:
    return parsed(AccountIn, {"role": "extension", "name": "Vừ Thị Mỷ", "user_name": "Vừ Mỷ", **typed})


def opened(db: Session, **typed: str) -> Account:
    return accounts.open_account(db, SYSTEM, given(**typed), password=LONG, now=NOW)


def actions(db: Session) -> list[str]:
    return [entry.action for entry in db.exec(select(AuditEntry).order_by(AuditEntry.id))]


def logged_in(db: Session, account: Account) -> str:
    return logins.open_login(db, account, device="máy", now=NOW, days=30)


def test_an_account_opens_with_folded_names_and_an_audit_entry(db):
    account = opened(db, phone="0912 345 678")

    assert (account.user_name, account.phone) == ("vu my", "+84912345678")
    assert (account.name, account.name_fold) == ("Vừ Thị Mỷ", "vu thi my")
    entry = db.exec(select(AuditEntry)).one()
    assert (entry.action, entry.subject_id) == ("account.opened", account.id)
    assert LONG not in str(entry.facts)


@pytest.mark.parametrize("name", ["Vừ Mỷ", "VU MY", "vừ.mỷ", "0912345678", "+84 912 345 678", "84912345678"])
def test_a_person_logs_in_by_any_spelling_of_name_or_phone(db, name):
    account = opened(db, phone="0912345678")

    assert logins.log_in(db, name, LONG).id == account.id


def test_a_password_is_the_same_composed_or_decomposed(db):
    account = accounts.open_account(db, SYSTEM, given(), password="mật khẩu", now=NOW)

    assert logins.log_in(db, "vu my", "mật khẩu").id == account.id


@pytest.mark.parametrize(
    ("name", "password"),
    [("vu my", "sai"), ("không ai", LONG), ("", ""), ("vu my", "x" * 10_000), ("\0", "\0")],
)
def test_a_wrong_name_and_a_wrong_password_are_told_alike(db, name, password):
    opened(db)

    with pytest.raises(logins.WrongLogin):
        logins.log_in(db, name, password)


def test_a_login_name_belongs_to_one_account(db):
    opened(db)
    db.commit()

    with pytest.raises(accounts.LoginNameTaken) as refusal:
        opened(db, name="Người Khác")

    assert refusal.value.field == "user_name"
    assert [account.name for account in db.exec(select(Account))] == ["Vừ Thị Mỷ"]
    assert actions(db) == ["account.opened"]


def test_an_account_needs_a_phone_or_a_user_name(db):
    with pytest.raises(accounts.NoLoginName):
        opened(db, user_name="")

    assert db.exec(select(Account)).all() == []


@pytest.mark.parametrize("typed", ["12", "0912345678", "a", "!!!", "x" * 41])
def test_a_user_name_is_short_and_holds_a_letter(typed):
    with pytest.raises(Invalid) as refusal:
        given(user_name=typed)

    assert list(refusal.value.errors) == ["user_name"]


@pytest.mark.parametrize("password", ["", "1234567", "vu my" * 41])
def test_a_weak_password_opens_nothing(db, password):
    with pytest.raises(logins.WeakPassword):
        accounts.open_account(db, SYSTEM, given(), password=password, now=NOW)

    assert db.exec(select(Account)).all() == []


def test_a_password_is_not_the_user_name(db):
    with pytest.raises(logins.WeakPassword):
        accounts.open_account(db, SYSTEM, given(user_name="vừ thị mỷ"), password="vu thi my", now=NOW)


@pytest.mark.parametrize("spelling", ["{code}", "{lower}", " {code} "])
def test_a_farmer_belongs_to_the_household_of_the_code(db, spelling):
    household = factories.a_household(db)
    typed = spelling.format(code=household.code, lower=household.code.lower())

    account = opened(db, role="farmer", household_code=typed)

    assert account.household_id == household.id


def test_a_household_is_found_by_its_number_alone(db):
    household = factories.a_household(db)
    household.code = "HG-000123"
    db.flush()

    for typed in ("123", "HG-123", "hg 000123"):
        assert accounts.ties.household_id_of(db, typed) == household.id


def test_a_farmer_without_a_household_is_refused(db):
    with pytest.raises(accounts.HouseholdNeeded):
        opened(db, role="farmer")
    with pytest.raises(accounts.NoSuchHousehold):
        opened(db, role="farmer", household_code="HG-999999")

    assert db.exec(select(Account)).all() == []


def test_a_change_keeps_the_role_and_is_noted(db):
    account = opened(db)

    accounts.change_account(
        db, SYSTEM, account.id, parsed(AccountEdit, {"name": "Vừ Mỷ", "phone": "0912345678"})
    )

    assert (account.name, account.user_name, account.phone) == ("Vừ Mỷ", None, "+84912345678")
    assert account.role is Role.EXTENSION
    assert actions(db) == ["account.opened", "account.changed"]


def test_communes_are_assigned_as_a_whole(db):
    account = opened(db)
    old, other = factories.a_commune(db), factories.a_commune(db, "Xã Bằng Hành")

    accounts.assign_communes(db, SYSTEM, account.id, [old.id])
    accounts.assign_communes(db, SYSTEM, account.id, [other.id, old.id])
    accounts.take_commune_away(db, SYSTEM, account.id, old.id)

    assert [row.unit_id for row in db.exec(select(AccountCommune))] == [other.id]
    assert actions(db) == ["account.opened", *["account.communes_assigned"] * 3]


def test_assigning_the_same_commune_twice_changes_nothing(db):
    account, commune = opened(db), factories.a_commune(db)

    accounts.assign_commune(db, SYSTEM, account.id, commune.id)
    accounts.assign_commune(db, SYSTEM, account.id, commune.id)

    assert [row.unit_id for row in db.exec(select(AccountCommune))] == [commune.id]
    assert actions(db) == ["account.opened", "account.communes_assigned"]


def test_only_communes_are_assigned_and_only_to_extension_workers(db):
    worker, clerk = opened(db), opened(db, role="coordinator", user_name="dieu phoi")
    commune = factories.a_commune(db)

    for unit_id in (0, 999_999, commune.parent_id):
        with pytest.raises(accounts.NoSuchCommune):
            accounts.assign_communes(db, SYSTEM, worker.id, [commune.id, unit_id])
    with pytest.raises(accounts.NotAnExtensionWorker):
        accounts.assign_communes(db, SYSTEM, clerk.id, [commune.id])

    assert db.exec(select(AccountCommune)).all() == []


def test_communes_are_searched_by_any_part_of_the_name(db):
    for typed in ("Vĩnh Hảo", "vinh hao", "xã vĩnh hảo", "NH HA"):
        assert "Xã Vĩnh Hảo" in [commune.name for commune in accounts.ties.communes_named(db, typed)]
    assert accounts.ties.communes_named(db, "  ") == []
    assert accounts.ties.communes_named(db, "%") == []


def test_an_exact_commune_name_comes_first(db):
    found = accounts.ties.communes_named(db, "xã bắc quang")

    assert found[0].name == "Xã Bắc Quang"
    assert len(found) <= accounts.ties.MOST_SHOWN


def test_a_closed_account_is_logged_out_and_stays_out(db):
    account = opened(db)
    token = logged_in(db, account)

    accounts.close_account(db, SYSTEM, account.id, now=NOW)

    assert logins.account_of(db, token, now=NOW) is None
    with pytest.raises(logins.WrongLogin):
        logins.log_in(db, "vu my", LONG)
    assert actions(db)[-1] == "account.closed"


def test_closing_twice_is_the_same_as_once_and_reopening_brings_the_password_back(db):
    account = opened(db)
    accounts.close_account(db, SYSTEM, account.id, now=NOW)
    accounts.close_account(db, SYSTEM, account.id, now=NOW)
    accounts.reopen_account(db, SYSTEM, account.id)
    accounts.reopen_account(db, SYSTEM, account.id)

    assert logins.log_in(db, "vu my", LONG).id == account.id
    assert actions(db)[1:3] == ["account.closed", "account.reopened"]


def test_the_last_administrator_cannot_be_closed(db):
    first = opened(db, role="admin", user_name="mot ha")
    second = opened(db, role="admin", user_name="hai ha")

    accounts.close_account(db, first, second.id, now=NOW)
    with pytest.raises(accounts.LastAdministrator):
        accounts.close_account(db, first, first.id, now=NOW)

    assert (first.active, second.active) == (True, False)


def test_changing_the_password_ends_every_other_login(db):
    account = opened(db)
    here, there = logged_in(db, account), logged_in(db, account)
    typed = PasswordIn(old=LONG, password="mật khẩu khác", again="mật khẩu khác")

    accounts.change_password(db, account, typed, now=NOW, token=here)

    assert logins.account_of(db, here, now=NOW) is not None
    assert logins.account_of(db, there, now=NOW) is None
    assert logins.log_in(db, "vu my", "mật khẩu khác").id == account.id


@pytest.mark.parametrize(
    ("typed", "refusal"),
    [
        ({"old": "sai", "password": "đủ dài nhé", "again": "đủ dài nhé"}, accounts.WrongPassword),
        ({"old": LONG, "password": "đủ dài nhé", "again": "khác hẳn"}, accounts.PasswordsDiffer),
        ({"old": LONG, "password": "ngắn", "again": "ngắn"}, logins.WeakPassword),
    ],
)
def test_a_refused_password_leaves_everything_as_it_was(db, typed, refusal):
    account = opened(db)
    token = logged_in(db, account)

    with pytest.raises(refusal):
        accounts.change_password(db, account, PasswordIn(**typed), now=NOW, token=None)

    assert logins.account_of(db, token, now=NOW) is not None
    assert logins.log_in(db, "vu my", LONG).id == account.id


def test_a_reset_password_is_random_and_ends_every_login(db):
    account = opened(db)
    token = logged_in(db, account)

    _, first = accounts.reset_password(db, SYSTEM, account.id, now=NOW)
    _, second = accounts.reset_password(db, SYSTEM, account.id, now=NOW)

    assert first != second
    assert len(second) == 14
    assert logins.account_of(db, token, now=NOW) is None
    assert logins.log_in(db, "vu my", second).id == account.id
    assert second not in str([entry.facts for entry in db.exec(select(AuditEntry))])


def test_what_is_not_there_is_not_found(db):
    for call in (accounts.reset_password, accounts.close_account):
        with pytest.raises(NotFound):
            call(db, SYSTEM, 999_999, now=NOW)


def test_a_login_ends_by_itself(db):
    token = logged_in(db, opened(db))

    assert logins.account_of(db, token, now=NOW + timedelta(days=29, hours=23)) is not None
    assert logins.account_of(db, token, now=NOW + timedelta(days=30)) is None


def test_only_its_owner_ends_a_login(db):
    mine, other = opened(db), opened(db, user_name="nguoi khac")
    token = logged_in(db, mine)
    login = db.exec(select(Login)).one()

    with pytest.raises(Forbidden):
        logins.revoke_login(db, other, login.id, now=NOW)
    assert logins.account_of(db, token, now=NOW) is not None

    logins.revoke_login(db, mine, login.id, now=NOW)
    assert logins.account_of(db, token, now=NOW) is None


def test_the_database_keeps_neither_tokens_nor_passwords(db):
    account = opened(db)
    token = logged_in(db, account)

    assert token not in str(db.exec(select(Login)).one().model_dump())
    assert LONG not in account.password_hash
    assert account.password_hash.startswith("scrypt:")


def test_accounts_are_searched_by_name_user_name_and_phone(db):
    opened(db, phone="0912345678")
    other = opened(db, name="Đặng Đức Đô", user_name="duc do")

    assert [a.name for a in accounts.search_accounts(db, text="đặng")] == ["Đặng Đức Đô"]
    assert [a.name for a in accounts.search_accounts(db, text="dang duc")] == ["Đặng Đức Đô"]
    assert [a.name for a in accounts.search_accounts(db, text="0912 345 678")] == ["Vừ Thị Mỷ"]
    assert [a.name for a in accounts.search_accounts(db, text="vu my")] == ["Vừ Thị Mỷ"]
    assert accounts.search_accounts(db, role=Role.ADMIN) == []
    accounts.close_account(db, SYSTEM, other.id, now=NOW)
    assert [a.name for a in accounts.search_accounts(db)] == ["Vừ Thị Mỷ", "Đặng Đức Đô"]


def test_the_test_password_is_not_a_default_of_the_product(db):
    opened(db)

    with pytest.raises(logins.WrongLogin):
        logins.log_in(db, "vu my", PASSWORD)
