"""The mock's tokens: opaque, good for an hour, and still known to a mock that started again."""

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable

SECONDS = 3600


class Tokens:
    """Tokens sealed with the account's own password; `violate` hears of one that is used when it is old."""

    def __init__(self, password: str, violate: Callable[[str], None]) -> None:
        self._key = password.encode()
        self._violate = violate
        self._count = 0
        self.ends: dict[str, float] = {}
        self.stale: Counter[str] = Counter()

    def new(self, now: float) -> str:
        """A fresh token; `now` in epoch seconds."""
        self._count += 1
        token = self._sealed(f"{now + SECONDS:.0f}.{self._count}")
        self.ends[token] = now + SECONDS
        return token

    def good(self, token: str, now: float) -> bool:
        """Whether it is one of ours and still good; using an old one twice is a violation."""
        ends = self.ends.get(token)
        if ends is None:
            ends = self._ends(token)
            if ends is None:
                return False
            self.ends[token] = ends
        if now < ends:
            return True
        self.stale[token] += 1
        if self.stale[token] > 1:
            self._violate(token)
        return False

    def expire(self, token: str) -> None:
        """It ends now."""
        if token in self.ends:
            self.ends[token] = 0

    def _sealed(self, text: str) -> str:
        seal = hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()
        return b64encode(f"{text}.{seal}".encode()).decode()

    def _ends(self, token: str) -> float | None:
        try:
            text, _, _ = b64decode(token, validate=True).decode().rpartition(".")
            ends = float(text.partition(".")[0])
        except ValueError:
            return None
        return ends if hmac.compare_digest(self._sealed(text).encode(), token.encode()) else None
