"""The mock's tokens: ES256 JSON web tokens with the claims seen in real ones."""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

SHORT_SECONDS = 24 * 3600
LONG_SECONDS = 1000 * 86_400
_ORDER_OF_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_HASH = ec.ECDSA(hashes.SHA256())


class Seal:
    """Signs and verifies; the key follows from the password, so a mock started again knows its tokens."""

    def __init__(self, password: str) -> None:
        seed = int.from_bytes(hashlib.sha256(password.encode()).digest())
        self._key = ec.derive_private_key(seed % (_ORDER_OF_P256 - 1) + 1, ec.SECP256R1())

    def signed(self, claims: Mapping[str, Any]) -> str:
        """A token that says so."""
        text = f"{_part({'alg': 'ES256'})}.{_part(claims)}"
        first, second = utils.decode_dss_signature(self._key.sign(text.encode(), _HASH))
        return f"{text}.{_base64(first.to_bytes(32) + second.to_bytes(32))}"

    def verified(self, token: str) -> dict[str, Any] | None:
        """What a token of ours says; None when it is none."""
        text, _, seal = token.rpartition(".")
        try:
            raw = base64.urlsafe_b64decode(seal + "=" * (-len(seal) % 4))
            signature = utils.encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:64]))
            self._key.public_key().verify(signature, text.encode(), _HASH)
            claims = json.loads(base64.urlsafe_b64decode(text.partition(".")[2] + "=="))
        except (ValueError, InvalidSignature):
            return None
        return claims if isinstance(claims, dict) else None


def _part(claims: Mapping[str, Any]) -> str:
    return _base64(json.dumps(claims, separators=(",", ":")).encode())


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
