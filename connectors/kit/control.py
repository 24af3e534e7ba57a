"""The control surface of a running mock, from outside: play buyer, courier and moderator, plan failures."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import requests
from werkzeug.http import parse_options_header

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

    def run(self, rate: float, since: datetime) -> None:
        """Let the mock's clock run `rate` times as fast from the real instant `since` on."""
        self._call("POST", "clock", {"rate": rate, "since": since.isoformat()})

    def webhook(self, url: str) -> None:
        """Where pushes go from now on; "" ends them."""
        self._call("POST", "webhook", {"url": url})

    def settlement(self, first: date, last: date) -> tuple[str, bytes]:
        """The statement of these local days as the file a seller downloads: its name and what is in it.

        Impossible when the marketplace has no such files.
        """
        answer = self._answer("GET", f"settlement?first={first}&last={last}")
        if not answer.ok:
            raise _refusal(answer)
        _, options = parse_options_header(answer.headers.get("Content-Disposition"))
        return options["filename"], answer.content

    def settlement_truth(self, first: date, last: date) -> dict[str, Any]:
        """The money of these local days as the mock remembers it: {"payout_vnd", "lines": [...]}."""
        return self._call("GET", f"settlement.json?first={first}&last={last}")

    def refund(self, order_no: str, amount_vnd: int, at: datetime | None = None) -> None:
        """Give a buyer money back, nothing is sent back. Impossible for more than the order was paid."""
        self._call("POST", f"orders/{order_no}/refund", {"amount_vnd": amount_vnd, **_at(at)})

    def adjust(self, amount_vnd: int, note: str, at: datetime | None = None) -> None:
        """Pay (or take, when negative) an amount that belongs to no order."""
        self._call("POST", "adjust", {"amount_vnd": amount_vnd, "note": note, **_at(at)})

    def reset(self) -> None:
        """Empty the mock."""
        self._call("POST", "reset", {})

    def _call(self, method: str, path: str, body: Mapping[str, object] | None = None) -> dict[str, Any]:
        answer = self._answer(method, path, body)
        said = _json(answer)
        if answer.ok and isinstance(said, dict):
            return said
        raise _refusal(answer)

    def _answer(self, method: str, path: str, body: Mapping[str, object] | None = None) -> requests.Response:
        try:
            return self._http.request(method, self.page + path, json=body, timeout=self._timeout)
        except requests.RequestException as error:
            raise Gone(type(error).__name__) from error


def _json(answer: requests.Response) -> Any:
    try:
        return answer.json()
    except requests.RequestException as error:
        raise Gone(type(error).__name__) from error


def _refusal(answer: requests.Response) -> Exception:
    said = _json(answer)
    sentence = said.get("error") if isinstance(said, dict) else None
    if sentence is None or answer.status_code >= 500:
        return Gone(f"HTTP {answer.status_code}")
    return Impossible(str(sentence))


def _packs(packs: int | None) -> dict[str, int]:
    return {} if packs is None else {"packs": packs}


def _at(moment: datetime | None) -> dict[str, str]:
    return {} if moment is None else {"at": moment.isoformat()}
