"""The administrator by plain HTTP: accounts, communes, a shop and its keys, a number looked at, the audit."""

import html
import json
import re
from collections.abc import Callable
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlmodel import Session, select

from catalog.people import sealed_id
from marketplace.accounts.models import Account, AccountCommune, Role
from marketplace.core.audit import AuditEntry
from marketplace.core.secrets import Vault
from marketplace.selling.models import Shop
from tests import factories as make
from tests.catalog.looking import seen

Login = Callable[[Any], FlaskClient]
CARD = "002399000001"  # a woman of Hà Giang born in 2099: nobody


def text(answer: Any, status: int = 200) -> str:
    said: str = answer.get_data(as_text=True)
    assert answer.status_code == status, said
    return html.unescape(said)


def shown_once(page: str) -> str:
    """The new password on the slip of an account's page."""
    return re.findall(r'class="slip-number">([^<]+)<', page)[0]


def log_in(app: Any, name: str, password: str) -> FlaskClient:
    browser: FlaskClient = app.test_client()
    answer = browser.post("/dang-nhap", data={"name": name, "password": password})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return browser


def test_an_account_is_opened_given_a_commune_and_closed_again(
    db: Session, engine: Engine, app: Any, as_account: Login
) -> None:
    household = make.a_household(db)
    admin = make.an_account(db, Role.ADMIN, name="Quản trị Một")
    vinh_hao = make.a_commune(db).id
    db.commit()
    office = as_account(admin)

    # refused first: a sentence, what was typed stays, no account
    typed = {"name": "Nông Thị Cán Bộ", "user_name": "9", "phone": "", "role": "extension"}
    refused = text(office.post("/tai-khoan/moi", data=typed), 422)
    assert "Tên đăng nhập cần từ 3 đến 40 ký tự" in refused
    assert 'value="Nông Thị Cán Bộ"' in refused
    assert len(seen(engine, select(Account))) == 1

    # opened; the password stands on the next page once, and never again
    made = office.post("/tai-khoan/moi", data={**typed, "user_name": "Cán Bộ Nông"})
    page = text(office.get(made.location))
    password = shown_once(page)
    assert password not in text(office.get(made.location))
    worker = log_in(app, "can bo nong", password)
    assert household.code not in text(worker.get("/ho-dan"))

    # a commune, found by a part of its name; now the household is in sight
    account_id = int(made.location.rsplit("/", 1)[1])
    assert f'value="{vinh_hao}"' in text(office.get(f"{made.location}?xa=vinh+hao"))
    assert office.post(f"{made.location}/xa", data={"unit_id": vinh_hao}).status_code == 303
    assert household.code in text(worker.get("/ho-dan"))
    assert text(worker.get(f"/ho-dan/{household.id}"))
    assert office.post(f"{made.location}/xa/{vinh_hao}/bo").status_code == 303
    assert worker.get(f"/ho-dan/{household.id}").status_code == 404
    assert seen(engine, select(AccountCommune)) == []

    # closed: the login of the worker's phone ends at once, and does not open again
    assert office.post(f"{made.location}/dong").status_code == 303
    assert worker.get("/ho-dan").location.startswith("/dang-nhap")
    again = app.test_client().post("/dang-nhap", data={"name": "can bo nong", "password": password})
    assert "mật khẩu chưa đúng" in text(again, 422)

    # open again; the login that ended stays ended
    assert office.post(f"{made.location}/mo-lai").status_code == 303
    assert worker.get("/ho-dan").status_code == 302
    log_in(app, "can bo nong", password)

    # the audit tells all of it, and no password
    told = text(office.get(f"/nhat-ky?loai=account&so={account_id}"))
    actions = ["account.opened", "account.communes_assigned", "account.closed"]
    assert [action for action in [*actions, "account.reopened"] if action not in told] == []
    assert password not in text(office.get("/nhat-ky"))


def test_a_shop_is_opened_and_its_keys_are_changed_and_never_shown(
    db: Session, engine: Engine, as_account: Login, vault: Vault
) -> None:
    cooperative = make.a_cooperative(db)
    admin = make.an_account(db, Role.ADMIN)
    coordinator = make.an_account(db, Role.COORDINATOR)
    db.commit()
    office = as_account(admin)
    typed = {
        "marketplace": "sendo",
        "name": "OCOP Hà Giang",
        "producer_id": str(cooperative.id),
        "key_shop_key": "khoa-gian-1",
        "key_secret_key": "khoa-mat-1",
    }

    # a key is missing: named in a sentence, and the other one is not sent back
    refused = text(office.post("/gian-hang/moi", data={**typed, "key_secret_key": ""}), 422)
    assert "mà sàn cấp cho gian hàng" in refused
    assert 'value="OCOP Hà Giang"' in refused
    assert "khoa-gian-1" not in refused
    assert seen(engine, select(Shop)) == []

    made = office.post("/gian-hang/moi", data=typed)
    page = text(office.get(made.location))
    assert "khoa-gian-1" not in page
    (shop,) = seen(engine, select(Shop))
    assert "khoa" not in shop.credentials_sealed
    assert json.loads(vault.open(shop.credentials_sealed))["shop_key"] == "khoa-gian-1"

    # other keys; a coordinator may neither see the form nor send it
    keys = {"key_shop_key": "khoa-gian-2", "key_secret_key": "khoa-mat-2"}
    assert as_account(coordinator).post(f"{made.location}/khoa", data=keys).status_code == 403
    assert office.post(f"{made.location}/khoa", data=keys).status_code == 303
    (shop,) = seen(engine, select(Shop))
    assert json.loads(vault.open(shop.credentials_sealed)) == {
        "shop_key": "khoa-gian-2",
        "secret_key": "khoa-mat-2",
    }
    assert [
        action
        for action in ("shop.opened", "shop.keys_changed")
        if action not in text(office.get("/nhat-ky"))
    ] == []
    assert not any("khoa-" in str(entry.facts) for entry in seen(engine, select(AuditEntry)))


def test_a_look_at_a_national_id_is_written_down(
    db: Session, engine: Engine, as_account: Login, vault: Vault
) -> None:
    household = make.a_household(db)
    head = make.head_of(db, household)
    for column, value in sealed_id(vault, CARD).items():
        setattr(head, column, value)
    admin = make.an_account(db, Role.ADMIN)
    db.add(head)
    db.commit()
    office = as_account(admin)

    page = text(office.get(f"/ho-dan/{household.id}"))
    assert CARD not in page
    assert "••••••••" in page

    shown = text(office.post(f"/ho-dan/{household.id}/nguoi/{head.id}/so-can-cuoc"))
    assert CARD in shown
    assert "Lần xem này đã được ghi lại" in shown
    assert CARD not in text(office.get(f"/ho-dan/{household.id}"))

    (look,) = seen(engine, select(AuditEntry).where(AuditEntry.action == "national_id.shown"))
    assert (look.actor_id, look.subject_kind, look.subject_id, look.facts) == (
        admin.id,
        "person",
        head.id,
        {},
    )
    assert "national_id.shown" in text(office.get("/nhat-ky?viec=national_id."))
