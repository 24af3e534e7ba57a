"""Is a push from Postmart? Its signature covers the first record only, so nothing beyond that is named."""

import binascii
import json
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from connectors.kit.errors import NotAdmitted
from connectors.kit.protocol import N_, Hint

SIGNED_PREFIX = "MYVNP"


def public_key(typed: str) -> RSAPublicKey | None:
    """A key as people paste it: PEM on many lines or one, or its base64 alone; None when it is none."""
    words = [line for line in typed.replace("-----BEGIN PUBLIC KEY-----", " ").split() if "-----" not in line]
    text = "".join(word for word in words if word not in ("END", "PUBLIC", "KEY"))
    try:
        key = load_der_public_key(b64decode(text, validate=True))
    except (binascii.Error, ValueError, TypeError):
        return None
    return key if isinstance(key, RSAPublicKey) else None


def signed_text(push: Mapping[str, Any], first: Mapping[str, Any]) -> str:
    """What the signature covers: the prefix, the sending date, and two fields of the first record."""
    return f"{SIGNED_PREFIX}{push.get('sendDate')}{first.get('itemCode')}{first.get('status')}"


def hint_of(body: bytes, key: RSAPublicKey | None, *, unsigned: bool) -> Hint:
    """What to re-read; `NotAdmitted` when the push is not signed by the marketplace.

    `unsigned` accepts any push of the right form and then names nothing: some order changed.
    """
    try:
        push = json.loads(body)
    except (ValueError, RecursionError):
        raise _stranger() from None
    data = push.get("data") if isinstance(push, dict) else None
    if not isinstance(data, list) or not data or not isinstance(data[0], dict):
        raise _stranger()
    first = data[0]
    if key is not None and _signed(push, first, key):
        code = first.get("itemCode")
        return Hint("order", code if isinstance(code, str) and code else None)
    if unsigned:
        return Hint("order", None)
    raise _stranger()


def _signed(push: Mapping[str, Any], first: Mapping[str, Any], key: RSAPublicKey) -> bool:
    try:
        signature = b64decode(str(push.get("signature") or ""), validate=True)
        key.verify(signature, signed_text(push, first).encode(), PKCS1v15(), SHA256())
    except (binascii.Error, ValueError, InvalidSignature):
        return False
    return True


def _stranger() -> NotAdmitted:
    sentence = N_("Tin báo này không có chữ ký của Postmart; hãy kiểm tra khóa công khai của gian hàng.")
    return NotAdmitted("not_from_postmart", sentence)
