"""The control surface of a running mock, from outside: play buyer, courier and moderator, plan failures."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import requests

from connectors.kit.http import INSIDE

Step = tuple[str, datetime, int | None]  #: status, when, packs that were delivered or came back


class Impossible(Exception):
    """The mock says that this cannot happen now; its text is the mock's sentence."""


class Gone(Exception):
    """The mock does not answer, or not as a mock would."""


class Control:
    """Speaks to `/_mock` of one mock marketplace; one kept connection, so use it from one thread."""

    def __init__(self, base_url: str, *, timeout: float = 30.0) -> None:
        self.page = f"{base_url.rstrip('/')}/_mock/"
        self._timeout = timeout
        self._http = requests.Session()
        self._http.trust_env = False  # a proxy of the surroundings has no business between us and loopback
        if base_url in INSIDE:
            self._http.mount(base_url, INSIDE[base_url])

    def close(self) -> None:
        """Give the connection back."""
        self._http.close()

    def state(self) -> dict[str, Any]:
        """Goods, orders, calls and violations as the mock remembers them."""
        return self._call("GET", "state")

    def buy(
        self,
        sku: str,
        packs: int,
        at: datetime | None = None,
        *,
        order_no: str | None = None,
        steps: Sequence[Step] = (),
    ) -> dict[str, Any]:
        """A buyer orders; returns the order. Impossible when it is not on sale or stock is short.

        `order_no` brings back an order of an earlier run of the mock under its number; `steps` tell at once
        what became of an order of the past: some marketplaces cancel by themselves what nobody confirmed.
        """
        told = [{"status": status, **_at(when), **_packs(back)} for status, when, back in steps]
        sent: dict[str, Any] = {"sku": sku, "packs": packs, **_at(at), "steps": told}
        if order_no is not None:
            sent["order_no"] = order_no
        return dict(self._call("POST", "buy", sent)["order"])

    def advance(
        self, order_no: str, status: str, at: datetime | None = None, packs: int | None = None
    ) -> dict[str, Any]:
        """Move an order on; Impossible when it is not there yet.

        `packs`: how many were taken of a delivery, or came back of a return; all when left out.
        """
        sent: dict[str, Any] = {"status": status, **_at(at), **_packs(packs)}
        return dict(self._call("POST", f"orders/{order_no}/advance", sent)["order"])

    def moderate(self, sku: str, verdict: str, reason: str | None = None) -> None:
        """The moderator decides: approve, reject or lock."""
        self._call("POST", "moderate", {"sku": sku, "verdict": verdict, "reason": reason})

    def faults(self, rules: Sequence[Mapping[str, Any]]) -> None:
        """Plan these failures and no others."""
        self._call("POST", "faults", {"rules": list(rules)})

    def settings(self, **values: object) -> None:
        """Set switches of the mock."""
        self._call("POST", "settings", values)

    def webhook(self, url: str) -> None:
        """Where pushes go from now on; "" ends them."""
        self._call("POST", "webhook", {"url": url})

    def reset(self) -> None:
        """Empty the mock."""
        self._call("POST", "reset", {})

    def _call(self, method: str, path: str, body: Mapping[str, object] | None = None) -> dict[str, Any]:
        try:
            answer = self._http.request(method, self.page + path, json=body, timeout=self._timeout)
            said = answer.json()
        except requests.RequestException as error:
            raise Gone(type(error).__name__) from error
        if answer.ok and isinstance(said, dict):
            return said
        sentence = said.get("error") if isinstance(said, dict) else None
        if sentence is None or answer.status_code >= 500:
            raise Gone(f"HTTP {answer.status_code}")
        raise Impossible(str(sentence))


def _packs(packs: int | None) -> dict[str, int]:
    return {} if packs is None else {"packs": packs}


def _at(moment: datetime | None) -> dict[str, str]:
    return {} if moment is None else {"at": moment.isoformat()}
