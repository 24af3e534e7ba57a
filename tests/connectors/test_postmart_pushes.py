"""A push is a hint: its signature covers the first record only, so nothing beyond it is named."""

import json
from base64 import b64decode
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from hypothesis import given
from hypothesis import strategies as st

from connectors.kit.errors import NotAdmitted
from connectors.kit.protocol import Hint
from connectors.postmart import mock_signing
from connectors.postmart.pushes import hint_of, public_key, signed_text
from tests.connectors.postmart import SKU, Postmart, an_offer, opened

HOOK = "https://lensan.test/webhook"
NUMBER = "PM000000001VN"
KEY = public_key(mock_signing.public_key())


@pytest.fixture
def postmart() -> Any:
    with opened() as shop:
        shop.control("webhook", {"url": HOOK})
        shop.shop.create(an_offer())
        yield shop


def pushed(postmart: Postmart) -> dict[str, Any]:
    postmart.control("buy", {"sku": SKU, "packs": 1})
    (push,) = postmart.pushed
    return push


def heard(postmart: Postmart, push: Any) -> Hint:
    return postmart.shop.hint({}, json.dumps(push, ensure_ascii=False).encode())


def test_a_signed_push_names_its_first_order(postmart: Postmart) -> None:
    push = pushed(postmart)
    assert set(push) == {"data", "sendDate", "signature"}
    assert push["sendDate"] == "20/12/2021 09:00:00"
    assert heard(postmart, push) == Hint("order", NUMBER)


def test_every_change_of_an_order_is_pushed(postmart: Postmart) -> None:
    pushed(postmart)
    postmart.control(f"orders/{NUMBER}/advance", {"status": "confirmed"})
    assert [push["data"][0]["status"] for push in postmart.pushed] == [3, 2]


def test_records_beyond_the_first_are_never_named(postmart: Postmart) -> None:
    push = pushed(postmart)
    push["data"].append({**push["data"][0], "itemCode": "PM999999999VN", "status": 14})
    assert heard(postmart, push) == Hint("order", NUMBER)


@pytest.mark.parametrize("change", [{"itemCode": "PM000000002VN"}, {"status": 14}])
def test_a_changed_first_record_is_not_from_postmart(change: dict[str, Any], postmart: Postmart) -> None:
    push = pushed(postmart)
    push["data"][0].update(change)
    with pytest.raises(NotAdmitted) as refused:
        heard(postmart, push)
    assert refused.value.code == "not_from_postmart"


@pytest.mark.parametrize(
    "change",
    [
        {"sendDate": "x"},
        {"signature": None},
        {"signature": "AAAA"},
        {"data": []},
        {"data": {}},
        {"data": [5]},
    ],
)
def test_a_push_without_a_good_signature_is_not_from_postmart(
    change: dict[str, Any], postmart: Postmart
) -> None:
    push = pushed(postmart) | change
    with pytest.raises(NotAdmitted):
        heard(postmart, push)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"null", b"[" * 100_000])
def test_junk_is_not_from_postmart(body: bytes, postmart: Postmart) -> None:
    with pytest.raises(NotAdmitted):
        postmart.shop.hint({}, body)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.fixed_dictionaries({"data": json_values, "sendDate": json_values, "signature": json_values}))
def test_any_unsigned_push_is_turned_away_and_nothing_else_is_raised(push: dict[str, Any]) -> None:
    with pytest.raises(NotAdmitted):
        hint_of(json.dumps(push).encode(), KEY, unsigned=False)


def test_another_key_does_not_fit(postmart: Postmart) -> None:
    other = generate_private_key(65_537, 2048).public_key()
    with pytest.raises(NotAdmitted):
        hint_of(json.dumps(pushed(postmart)).encode(), other, unsigned=False)


def test_the_vendors_sample_cannot_be_verified_and_is_turned_away_unless_switched_on() -> None:
    with opened(webhook="legacy_encrypt") as postmart:
        postmart.control("webhook", {"url": HOOK})
        postmart.shop.create(an_offer())
        push = pushed(postmart)
        with pytest.raises(NotAdmitted):
            heard(postmart, push)
        body = json.dumps(push).encode()
    with opened(switches={"webhook": "unsigned"}) as trusting:
        assert trusting.shop.hint({}, body) == Hint("order", None)
        with pytest.raises(NotAdmitted):
            trusting.shop.hint({}, b"{}")


def test_a_signed_push_still_names_its_order_where_unsigned_ones_are_taken(postmart: Postmart) -> None:
    body = json.dumps(pushed(postmart)).encode()
    assert hint_of(body, KEY, unsigned=True) == Hint("order", NUMBER)


def test_a_key_is_read_however_it_is_pasted() -> None:
    key = load_der_public_key(b64decode(mock_signing.public_key()))
    assert isinstance(key, RSAPublicKey)
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    numbers = [key.public_numbers()]
    for typed in (pem, pem.replace("\n", " "), mock_signing.public_key(), f"  {pem}\r\n"):
        read = public_key(typed)
        assert read is not None
        assert [read.public_numbers()] == numbers
    for junk in ("", "abc", "-----BEGIN PUBLIC KEY-----", "đ", "AAAA"):
        assert public_key(junk) is None


def test_what_is_signed_is_what_the_vendor_writes() -> None:
    first = {"itemCode": NUMBER, "status": 14}
    assert (
        signed_text({"sendDate": "20/12/2021 09:00:00"}, first) == "MYVNP20/12/2021 09:00:00PM000000001VN14"
    )
