"""The mock's own key pair: it signs pushes as the vendor documents it, or as the vendor's sample does it."""

from base64 import b64encode
from functools import cache

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPrivateNumbers,
    RSAPublicNumbers,
    rsa_crt_dmp1,
    rsa_crt_dmq1,
    rsa_crt_iqmp,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

# Made once for the mock, which guards nothing: a shop that knows it stays connected when a mock starts anew.
_P = int(
    "fad5e593eec636218b4832d4d68e8f90370903cd27cb253a16747b05905adae7"
    "05c99073f6be807b051eb87dbb2b9c40def3c5635278992ff9d1cd374d796802"
    "e36e4199f042aeaf89500421164deea5ae13626bff50bf768e273686c056328b"
    "1ed65df0a04dba6c7443b3caadc787c9e35e6d4cd259e483168429fdc0124935",
    16,
)
_Q = int(
    "e7054f856ac1d0b39e531d12f17a186241d11e9563c2ac144f6751b0dacaedc6"
    "2ac30ece5de4607f230b46fd9cb066c00955be58967beb2e60fced8ba3211aaf"
    "59efb9d02e8d1e6ce42780422a20c49f84cb813371b449b928ea60d87201cae8"
    "5dc4aad89d8387fa3cb61158dc433b8db0ccd2870946ae774bd9d71e6c9d0837",
    16,
)
_E = 65_537


@cache
def _key() -> RSAPrivateKey:
    d = pow(_E, -1, (_P - 1) * (_Q - 1))
    public = RSAPublicNumbers(_E, _P * _Q)
    numbers = RSAPrivateNumbers(
        _P, _Q, d, rsa_crt_dmp1(d, _P), rsa_crt_dmq1(d, _Q), rsa_crt_iqmp(_P, _Q), public
    )
    return numbers.private_key()


def public_key() -> str:
    """The public half as the portal shows it: base64 on one line."""
    der = _key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b64encode(der).decode()


def signature(text: str) -> str:
    """RSASSA-PKCS1-v1_5 with SHA-256, in base64."""
    return b64encode(_key().sign(text.encode(), PKCS1v15(), SHA256())).decode()


def encrypted(text: str) -> str:
    """What the vendor's Java sample makes of it: encrypted with the *public* key; nobody can verify that."""
    return b64encode(_key().public_key().encrypt(text.encode(), PKCS1v15())).decode()
