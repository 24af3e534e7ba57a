"""Encryption and keyed look-up of what must not be read from a stolen database (R-62)."""

import hashlib
import hmac

from cryptography.fernet import Fernet

from marketplace.core.config import Settings


class Vault:
    """Seals short texts (national ids, marketplace keys) and makes the HMAC they are found by."""

    def __init__(self, encryption_key: str, lookup_key: str) -> None:
        self._fernet = Fernet(encryption_key)
        self._lookup_key = lookup_key.encode()

    def seal(self, text: str) -> str:
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        return self._fernet.decrypt(sealed.encode()).decode()

    def lookup(self, text: str) -> str:
        """HMAC-SHA-256 of the text, hex. Without the key 10^6 candidates tell nothing (R-62)."""
        return hmac.new(self._lookup_key, text.encode(), hashlib.sha256).hexdigest()


# Used only when `debug` allows starting without secrets; such a database must never leave the developer's
# machine.
_DEBUG_FERNET = "bGVuc2FuLWRlYnVnLW9ubHktbm90LWEtc2VjcmV0ISE="


def vault_of(settings: Settings) -> Vault:
    """The vault of this installation."""
    encryption = settings.encryption_key.get_secret_value() or _DEBUG_FERNET
    return Vault(encryption, settings.lookup_key.get_secret_value() or "debug")
