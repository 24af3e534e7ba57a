"""The pages of accounts, as a browser sees them."""

import re

import pytest
from pydantic import SecretStr
from sqlalchemy import event
from sqlmodel import Session, select

from marketplace.accounts import logins
from marketplace.accounts.models import Account, AccountCommune, Login, Role
from marketplace.accounts.views import limiter
from marketplace.core import audit
from tests import factories
from tests.conftest import new_app
from tests.factories import PASSWORD


def an_admin(db: Session) -> Account:
    account = factories.an_account(db, Role.ADMIN, communes=(), name="Quản Trị")
    db.commit()
    return account


def text_of(answer) -> str:
    return answer.get_data(as_text=True)


def test_a_wrong_login_keeps_the_name_and_opens_nothing(client, db, look):
    factories.an_account(db, user_name="can bo")
    db.commit()

    answer = client.post("/dang-nhap", data={"name": "can bo", "password": "sai"})

    assert answer.status_code == 422
    assert 'value="can bo"' in text_of(answer)
    assert "mật khẩu chưa đúng" in text_of(answer)
    assert look(select(Login)) == []


def test_too_many_tries_are_told_to_wait(settings, engine, compiled):
    limited = new_app(settings.model_copy(update={"login_limit": "3 per minute"}), engine, compiled)
    limiter.reset()
    browser = limited.test_client()
    try:
        codes = [
            browser.post("/dang-nhap", data={"name": "x", "password": "y"}).status_code for _ in range(3)
        ]
        answer = browser.post("/dang-nhap", data={"name": "x", "password": "y"})
    finally:
        limiter.reset()

    assert codes == [422, 422, 422]
    assert answer.status_code == 429
    assert "Hãy chờ một phút" in text_of(answer)
    assert int(answer.headers["Retry-After"]) > 0


def test_tries_count_against_the_account_however_it_is_spelled(settings, engine, compiled):
    limited = new_app(settings.model_copy(update={"login_limit": "3 per minute"}), engine, compiled)
    limiter.reset()
    spellings = ["0912345678", "0912 345 678", "+84912345678", "84 912 345 678"]
    try:
        codes = [
            limited.test_client()
            .post(
                "/dang-nhap",
                data={"name": name, "password": "y"},
                environ_base={"REMOTE_ADDR": f"127.0.0.{n}"},
            )
            .status_code
            for n, name in enumerate(spellings, start=2)
        ]
    finally:
        limiter.reset()

    assert codes == [422, 422, 422, 429]


def test_the_login_cookie_is_out_of_reach_of_scripts(client, db):
    account = factories.an_account(db)
    db.commit()

    answer = client.post("/dang-nhap", data={"name": account.user_name, "password": PASSWORD})

    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_the_login_cookie_is_secure_where_the_address_is(settings, engine, compiled, db):
    account = factories.an_account(db)
    db.commit()
    secure = new_app(settings.model_copy(update={"public_url": "https://vi-du.example"}), engine, compiled)

    answer = secure.test_client().post("/dang-nhap", data={"name": account.user_name, "password": PASSWORD})

    assert "Secure" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize(
    "target", ["//elsewhere.example", "https://elsewhere.example", "/\t/elsewhere.example"]
)
def test_a_login_leads_nowhere_else(client, db, target):
    account = factories.an_account(db)
    db.commit()

    answer = client.post("/dang-nhap", data={"name": account.user_name, "password": PASSWORD, "next": target})

    assert answer.headers["Location"] == "/"


def test_logging_out_ends_the_login(as_account, db, look):
    account = factories.an_account(db)
    db.commit()
    browser = as_account(account)

    assert browser.get("/toi").status_code == 200
    assert browser.post("/dang-xuat").status_code == 303
    assert browser.get("/toi").status_code == 302
    assert look(select(Login.revoked_at)) != [None]


def test_own_logins_are_listed_and_can_be_ended(as_account, db, look):
    account = factories.an_account(db)
    db.commit()
    phone, laptop = as_account(account), as_account(account)
    first = look(select(Login).order_by(Login.id))[0]

    page = text_of(laptop.get("/toi"))
    answer = laptop.post(f"/toi/dang-nhap/{first.id}/thu-hoi")

    assert page.count("/thu-hoi") == 2
    assert "Máy này" in page
    assert answer.status_code == 303
    assert phone.get("/toi").status_code == 302
    assert laptop.get("/toi").status_code == 200


def test_anothers_login_cannot_be_ended(as_account, db, look):
    mine, other = factories.an_account(db), factories.an_account(db)
    db.commit()
    victim, attacker = as_account(other), as_account(mine)
    login = look(select(Login).where(Login.account_id == other.id))[0]

    assert attacker.post(f"/toi/dang-nhap/{login.id}/thu-hoi").status_code == 403
    assert victim.get("/toi").status_code == 200


def test_a_new_password_works_at_once_and_logs_other_devices_out(as_account, client, db):
    account = factories.an_account(db)
    db.commit()
    here, there = as_account(account), as_account(account)

    answer = here.post(
        "/toi/mat-khau", data={"old": PASSWORD, "password": "cam vàng 2099", "again": "cam vàng 2099"}
    )

    assert answer.status_code == 303
    assert here.get("/toi").status_code == 200
    assert there.get("/toi").status_code == 302
    again = client.post("/dang-nhap", data={"name": account.user_name, "password": "cam vàng 2099"})
    assert again.status_code == 303


def test_a_refused_password_is_said_at_its_field_and_shown_nowhere(as_account, db, look):
    account = factories.an_account(db)
    db.commit()
    before = account.password_hash

    answer = as_account(account).post(
        "/toi/mat-khau", data={"old": "sai rồi", "password": "bí mật 2099", "again": "bí mật 2099"}
    )

    assert answer.status_code == 422
    assert 'id="e-old"' in text_of(answer)
    assert "bí mật 2099" not in text_of(answer)
    assert look(select(Account.password_hash)) == [before]


def test_an_admin_opens_an_account_whose_password_is_shown_once(as_account, client, db):
    admin = as_account(an_admin(db))

    answer = admin.post(
        "/tai-khoan/moi", data={"role": "coordinator", "name": "Lê Thị Điều", "user_name": "le dieu"}
    )
    assert answer.status_code == 303
    page = text_of(admin.get(answer.headers["Location"]))
    password = re.search(r"[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}", page).group()

    assert password not in str(answer.headers)
    assert password not in text_of(admin.get(answer.headers["Location"]))
    assert client.post("/dang-nhap", data={"name": "Lê Điều", "password": password}).status_code == 303


def test_a_refused_account_keeps_what_was_typed(as_account, db, look):
    admin = as_account(an_admin(db))

    answer = admin.post(
        "/tai-khoan/moi", data={"role": "farmer", "name": "Hoàng Văn <b>", "phone": "0912345678"}
    )

    assert answer.status_code == 422
    assert 'value="Hoàng Văn &lt;b&gt;"' in text_of(answer)
    assert 'id="e-household_code"' in text_of(answer)
    assert len(look(select(Account))) == 1


def test_communes_are_searched_and_assigned(as_account, db, look):
    worker, commune = factories.an_account(db, communes=()), factories.a_commune(db)
    admin = as_account(an_admin(db))

    page = text_of(admin.get(f"/tai-khoan/{worker.id}?xa=vĩnh+hảo"))
    added = admin.post(f"/tai-khoan/{worker.id}/xa", data={"unit_id": commune.id})

    assert f'value="{commune.id}"' in page
    assert added.status_code == 303
    assert look(select(AccountCommune.unit_id)) == [commune.id]
    assert "/bo" in text_of(admin.get(f"/tai-khoan/{worker.id}"))
    assert admin.post(f"/tai-khoan/{worker.id}/xa/{commune.id}/bo").status_code == 303
    assert look(select(AccountCommune)) == []


@pytest.mark.parametrize("unit_id", ["", "abc", "-1", "9" * 30, "0"])
def test_a_commune_that_is_none_is_refused(as_account, db, unit_id, look):
    worker = factories.an_account(db, communes=())
    admin = as_account(an_admin(db))

    answer = admin.post(f"/tai-khoan/{worker.id}/xa", data={"unit_id": unit_id}, follow_redirects=True)

    assert "Không có xã này" in text_of(answer)
    assert look(select(AccountCommune)) == []


def test_an_admin_closes_reopens_and_resets(as_account, db, look):
    worker = factories.an_account(db)
    admin = as_account(an_admin(db))
    browser = as_account(worker)

    assert admin.post(f"/tai-khoan/{worker.id}/dong").status_code == 303
    assert browser.get("/toi").status_code == 302
    assert admin.post(f"/tai-khoan/{worker.id}/mo-lai").status_code == 303
    assert admin.post(f"/tai-khoan/{worker.id}/dat-lai-mat-khau").status_code == 303
    assert not logins.matches(look(select(Account).where(Account.id == worker.id))[0], PASSWORD)


def test_the_last_administrator_is_told_why_not(as_account, db, look):
    account = an_admin(db)
    admin = as_account(account)

    answer = admin.post(f"/tai-khoan/{account.id}/dong", follow_redirects=True)

    assert "quản trị cuối cùng" in text_of(answer)
    assert look(select(Account.active)) == [True]


def test_the_list_is_searched_and_paged(as_account, db):
    for number in range(60):
        factories.an_account(db, communes=(), name=f"Người {number:02d}", name_fold=f"nguoi {number:02d}")
    admin = as_account(an_admin(db))

    first = text_of(admin.get("/tai-khoan?q=người"))
    second = text_of(admin.get("/tai-khoan?q=người&trang=2"))

    assert first.count(">Người ") == 50
    assert "trang=2" in first
    assert second.count(">Người ") == 10
    for query in (
        "trang=99999999999999999999",
        "trang=-1",
        "trang=x",
        "q=%00",
        "q=%25",
        "vai-tro=zzz",
        "trang=0",
    ):
        assert admin.get(f"/tai-khoan?{query}").status_code == 200, query


def test_the_audit_page_filters_and_pages(as_account, db):
    account = an_admin(db)
    for number in range(120):
        audit.note(
            db, account, "household.registered" if number % 2 else "lot.recorded", account, number=number
        )
    db.commit()
    admin = as_account(account)

    everything = text_of(admin.get("/nhat-ky"))
    some = text_of(admin.get("/nhat-ky?viec=household."))
    assert everything.count("<code>") == 50
    assert some.count("<code>household.registered") == 50
    older = re.search(r"truoc=(\d+)", some).group(1)
    assert text_of(admin.get(f"/nhat-ky?viec=household.&truoc={older}")).count("<code>household") == 10
    assert text_of(admin.get("/nhat-ky?viec=lot.recorded")).count("<code>lot.recorded") == 50
    assert text_of(admin.get("/nhat-ky?viec=lot")).count("<code>lot") == 0
    for query in ("so=x", "so=" + "9" * 40, "viec=%00", "loai=%00%27", "truoc=-5", "nguoi=abc"):
        assert admin.get(f"/nhat-ky?{query}").status_code == 200, query


def test_only_admins_see_accounts(as_account, client, db):
    worker = factories.an_account(db)
    db.commit()
    browser = as_account(worker)

    for path in ("/tai-khoan", "/tai-khoan/moi", f"/tai-khoan/{worker.id}", "/nhat-ky", "/-/settings"):
        assert browser.get(path).status_code == 403, path
        assert client.get(path).status_code == 302, path
    assert browser.post(f"/tai-khoan/{worker.id}/dong").status_code == 403


def test_settings_show_no_secret(settings, engine, compiled, db):
    account = an_admin(db)
    secret = settings.model_copy(
        update={
            "secret_key": SecretStr("rất-bí-mật"),
            "database_url": "postgresql+psycopg://u:mat-khau@host/db",
        }
    )
    shown = new_app(secret, engine, compiled)
    admin = shown.test_client()
    admin.post("/dang-nhap", data={"name": account.user_name, "password": PASSWORD})

    page = text_of(admin.get("/-/settings"))

    assert "postgresql+psycopg://u:***@host/db" in page
    assert "rất-bí-mật" not in page
    assert "mat-khau" not in page


def test_permissions_page_lists_every_row(as_account, db):
    page = text_of(as_account(an_admin(db)).get("/-/permissions"))

    assert "<code>accounts.login_revoke</code>" in page


def test_the_language_stays_with_the_person(as_account, db, look):
    account = factories.an_account(db)
    db.commit()
    browser = as_account(account)

    assert browser.post("/ngon-ngu", data={"language": "en", "next": "/toi"}).headers["Location"] == "/toi"
    assert browser.post("/ngon-ngu", data={"language": "xx"}).status_code == 303

    assert look(select(Account.language)) == ["en"]
    assert '<html lang="en">' in text_of(browser.get("/toi"))


def test_own_page_and_list_need_few_statements(as_account, db, engine):
    factories.an_account(db)
    admin = as_account(an_admin(db))
    counted: list[str] = []

    def count(_connection, _cursor, statement, *_rest) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            counted.append(statement)

    event.listen(engine, "before_cursor_execute", count)
    try:
        for path in ("/tai-khoan", "/toi", "/nhat-ky"):
            counted.clear()
            assert admin.get(path).status_code == 200
            assert len(counted) <= 6, (path, counted)
    finally:
        event.remove(engine, "before_cursor_execute", count)
