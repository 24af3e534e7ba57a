"""Shops: keys go in and never come out; a push is only a hint."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from marketplace.accounts.models import Role
from marketplace.core import db as database
from marketplace.core.audit import SYSTEM
from marketplace.core.secrets import Vault
from marketplace.selling import shops
from marketplace.selling.models import OrderHint, Shop
from tests import factories as make

KEYS = {"shop_key": "khoa-gian-hang-2099", "secret_key": "bi-mat-2099-xyz"}
Login = Callable[[Any], FlaskClient]


def typed(db: Session, **values: Any) -> shops.ShopIn:
    given = {"marketplace": "sendo", "name": "OCOP Hà Giang", "credentials": KEYS, **values}
    if "producer_id" not in given:
        given["producer_id"] = make.a_cooperative(db).id
    return shops.ShopIn.model_validate(given)


def test_keys_are_sealed_and_only_those_asked_for_are_kept(db: Session, vault: Vault) -> None:
    data = typed(db, credentials={**KEYS, "other": "x"})

    shop = shops.open_shop(db, SYSTEM, data, vault=vault, now=make.NOW)

    assert json.loads(vault.open(shop.credentials_sealed)) == KEYS
    assert KEYS["secret_key"] not in repr(shop)
    assert KEYS["secret_key"] not in repr(data)
    assert (shop.pulled_to, shop.pull_due_at, len(shop.push_token)) == (make.NOW, make.NOW, 43)


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"marketplace": "chotot"}, shops.UnknownMarketplace),
        ({"producer_id": 987654}, shops.UnknownSeller),
        ({"credentials": {"shop_key": "a"}}, shops.KeyNeeded),
        ({"base_url": "open.sendo.vn"}, shops.NotAnAddress),
        ({"base_url": "http://["}, shops.NotAnAddress),
        ({"base_url": "javascript:alert(1)"}, shops.NotAnAddress),
    ],
)
def test_a_wrong_shop_is_refused(
    db: Session, vault: Vault, wrong: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        shops.open_shop(db, SYSTEM, typed(db, **wrong), vault=vault, now=make.NOW)

    assert db.exec(select(Shop)).all() == []


def test_a_name_is_taken_once_on_a_marketplace(db: Session, vault: Vault) -> None:
    producer = make.a_cooperative(db).id
    shops.open_shop(db, SYSTEM, typed(db, producer_id=producer), vault=vault, now=make.NOW)
    db.commit()

    with pytest.raises(shops.ShopExists):
        shops.open_shop(db, SYSTEM, typed(db, producer_id=producer), vault=vault, now=make.NOW)

    assert len(db.exec(select(Shop)).all()) == 1


def test_new_keys_and_resuming_forget_the_trouble(db: Session, vault: Vault) -> None:
    shop = shops.open_shop(db, SYSTEM, typed(db), vault=vault, now=make.NOW)
    shop.trouble_code, shop.trouble_sentence, shop.resume_at = "keys", "Khóa sai.", make.NOW

    shops.change_keys(db, SYSTEM, shop, {**KEYS, "secret_key": "moi"}, vault=vault, now=make.NOW)
    assert (shop.trouble_code, shop.resume_at) == (None, None)
    shops.pause_shop(db, SYSTEM, shop)
    assert not shop.active
    shops.resume_shop(db, SYSTEM, shop, now=make.NOW)
    assert shop.active

    assert json.loads(vault.open(shop.credentials_sealed))["secret_key"] == "moi"


def test_a_shop_is_opened_and_its_keys_never_shown(db: Session, as_account: Login) -> None:
    producer = make.a_cooperative(db)
    admin = make.an_account(db, Role.ADMIN)
    db.commit()
    client = as_account(admin)
    form = {
        "marketplace": "sendo",
        "name": "Gian hàng một",
        "producer_id": producer.id,
        "key_shop_key": KEYS["shop_key"],
    }

    refused = client.post("/gian-hang/moi?san=sendo", data=form)
    opened = client.post("/gian-hang/moi?san=sendo", data={**form, "key_secret_key": KEYS["secret_key"]})

    assert refused.status_code == 422
    assert 'value="Gian hàng một"' in refused.get_data(as_text=True)
    assert KEYS["shop_key"] not in refused.get_data(as_text=True)
    assert opened.status_code == 303
    for path in (opened.location, f"{opened.location}/khoa", "/gian-hang", f"{opened.location}/nhat-ky"):
        text = client.get(path).get_data(as_text=True)
        assert "Gian hàng một" in text
        assert KEYS["shop_key"] not in text
        assert KEYS["secret_key"] not in text
    assert "/day/" in client.get(opened.location).get_data(as_text=True)


def test_only_the_administrator_changes_keys(db: Session, as_account: Login) -> None:
    shop = make.a_shop(db, producer=make.a_cooperative(db))
    coordinator = make.an_account(db, Role.COORDINATOR)
    db.commit()

    assert as_account(coordinator).get(f"/gian-hang/{shop.id}/khoa").status_code == 403


def test_pausing_and_resuming_from_the_page(db: Session, as_account: Login) -> None:
    shop = make.a_shop(db, producer=make.a_cooperative(db))
    coordinator = make.an_account(db, Role.COORDINATOR)
    db.commit()
    client = as_account(coordinator)

    assert client.post(f"/gian-hang/{shop.id}", data={"do": "pause"}).status_code == 303
    assert "Đang tạm dừng" in client.get(f"/gian-hang/{shop.id}").get_data(as_text=True)
    assert client.post(f"/gian-hang/{shop.id}", data={"do": "resume"}).status_code == 303
    assert "Đang chạy" in client.get(f"/gian-hang/{shop.id}").get_data(as_text=True)


def a_pushed_shop(db: Session, vault: Vault) -> Shop:
    shop = shops.open_shop(db, SYSTEM, typed(db), vault=vault, now=make.NOW)
    shop.pull_due_at = shop.sweep_due_at = None
    db.add(shop)
    db.commit()
    return shop


@pytest.mark.parametrize(
    ("data", "hinted", "due"), [({"order_number": "1"}, ["1"], None), ({}, [], make.NOW)]
)
def test_a_push_names_an_order_to_be_read_alone_or_makes_the_pull_due(
    data: dict[str, str],
    hinted: list[str],
    due: Any,
    db: Session,
    vault: Vault,
    client: FlaskClient,
    engine: Any,
) -> None:
    shop = a_pushed_shop(db, vault)
    body = {"type": "SALESORDER.NEW", "shop_key": KEYS["shop_key"], "data": data}

    answers = [client.post(f"/day/{shop.push_token}", json=body) for _ in range(2)]

    assert [(answer.status_code, answer.data) for answer in answers] == [(200, b"")] * 2
    with database.reading(engine) as look:
        assert look.exec(select(OrderHint.order_no)).all() == hinted
        assert look.get_one(Shop, shop.id).pull_due_at == due


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=200)
    | st.sampled_from([b"{}", b"[]", b"null", b'{"shop_key":"x"}', b'{"shop_key":[]}'])
)
def test_nonsense_is_answered_and_changes_nothing(
    body: bytes, db: Session, vault: Vault, client: FlaskClient, engine: Any
) -> None:
    shop = db.exec(select(Shop)).first() or a_pushed_shop(db, vault)
    db.commit()

    answer = client.post(f"/day/{shop.push_token}", data=body, content_type="application/json")

    assert (answer.status_code, answer.data) == (200, b"")
    with database.reading(engine) as look:
        assert look.get_one(Shop, shop.id).pull_due_at is None


def test_an_unknown_address_is_not_found(client: FlaskClient) -> None:
    assert client.post("/day/khong-co", data=b"{}").status_code == 404


def test_journal_bodies_are_readable() -> None:
    assert shops.readable('{"a":1}') == '{\n  "a": 1\n}'
    assert shops.readable("<html>") == "<html>"
