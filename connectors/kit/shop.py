"""What connectors that log in for a token share: paced calls, a token that is renewed, lists that move."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.kit.errors import NotAdmitted
from connectors.kit.http import Answer, Transport
from connectors.kit.pacing import MARGIN, Pacer, shared_pacer
from connectors.kit.protocol import N_, Exchange, Hint, Limits, Options, ShopStatus, Standing, Verdict

PASSES = 3  #: over a list that shrinks while it is read
LEAST_SECRET = 8  #: characters; shorter keys are words that may stand anywhere


@dataclass(frozen=True)
class Token:
    """What a login gave; it is renewed `renew_in` seconds later, before the marketplace stops taking it."""

    value: str
    renew_in: float
    shop_id: str = ""
    expires_at: datetime | None = None


class TokenShop:
    """One shop of one marketplace; a subclass says how to log in, where the token goes, what refuses it."""

    def __init__(
        self,
        credentials: Mapping[str, str],
        options: Options,
        journal: Callable[[Exchange], None] | None,
        *,
        fields: tuple[str, ...],
        limits: Limits,
    ) -> None:
        self._keys = {name: credentials.get(name, "") for name in fields}
        self._options = options
        self._token: Token | None = None
        self._renew_at = 0.0
        rate = options.calls_per_second
        rate = limits.calls_per_second * MARGIN if rate is None else rate
        self._transport = Transport(
            options.base_url,
            journal,
            pacer=self._pacer(rate),
            connect_timeout=options.connect_timeout,
            read_timeout=options.read_timeout,
            first_pause=options.first_pause,
            secrets=[value for value in self._keys.values() if len(value) >= LEAST_SECRET],
            sleep=options.sleep,
            clock=options.clock,
        )

    def _pacer(self, rate: float) -> Pacer:
        if self._options.sleep is not Options.sleep:  # a clock of its own shares its pace with nobody
            return Pacer(rate, sleep=self._options.sleep, clock=self._options.clock)
        return shared_pacer(self._options.base_url, next(iter(self._keys.values()), ""), rate)

    def log_in(self) -> Token:
        """Get a token; `NotAdmitted` when the keys are wrong."""
        raise NotImplementedError

    def signed(self, token: str) -> Mapping[str, str]:
        """The headers that carry the token."""
        raise NotImplementedError

    def token_refused(self, answer: Answer) -> bool:
        """Did the marketplace refuse the token? Then the call certainly did not run."""
        return answer.status == 401

    def close(self) -> None:
        """Give the kept connections back."""
        self._transport.close()

    def open_shop(self) -> ShopStatus:
        """Log in anew; the marketplace's name for the shop and the end of the token."""
        token = self._renewed()
        return ShopStatus(token.shop_id, token.expires_at)

    @property
    def status(self) -> ShopStatus | None:
        """The shop as of the last login, without asking; None before the first."""
        token = self._token
        return ShopStatus(token.shop_id, token.expires_at) if token else None

    def verdict(self, remote_id: str, ticket: str) -> Verdict:  # noqa: ARG002 - for those without tickets
        """A marketplace that gives no tickets has accepted every change it answered with yes."""
        return Verdict(Standing.ACCEPTED)

    def hint(self, headers: Mapping[str, str], body: bytes) -> Hint:  # noqa: ARG002 - for those without pushes
        """A marketplace that pushes nothing has sent nothing."""
        raise NotAdmitted("no_pushes", N_("Sàn này không gửi tin báo; hãy bỏ địa chỉ nhận tin báo."))

    def _renewed(self) -> Token:
        self._token = self.log_in()
        self._renew_at = self._options.clock() + self._token.renew_in
        return self._token

    def call(self, method: str, path: str, body: Any = None, *, safe: bool = False, **query: str) -> Answer:
        """One call with a token that is still good; a refused one is renewed once and the call said again."""
        for _ in range(2):
            token = self._token
            if token is None or self._options.clock() >= self._renew_at:
                token = self._renewed()
            answer = self._transport.call(
                method, path, body, safe=safe, query=query, headers=self.signed(token.value)
            )
            if not self.token_refused(answer):
                return answer
            self._token = None
        sentence = N_("Sàn không nhận phiên đăng nhập; hãy kiểm tra khóa kết nối của gian hàng.")
        raise NotAdmitted("token_refused", sentence)


Page = tuple[list[dict[str, Any]], int]  #: rows, and how many there are in all (0: the list does not tell)


def moving_list(
    one_pass: Callable[[], Iterator[Page]], key: Callable[[dict[str, Any]], Any]
) -> Iterator[list[dict[str, Any]]]:
    """Every row, though the list moves while it is read.

    Rows seen again are left out; when the list became shorter, so that a row may have slipped past a page's
    edge, it is read once more.
    """
    seen: set[Any] = set()
    for _ in range(PASSES):
        totals = [0]
        for rows, total in one_pass():
            totals.append(total)
            fresh = [row for row in rows if key(row) not in seen]
            seen.update(key(row) for row in fresh)
            if fresh:
                yield fresh
        if totals[-1] == max(totals) and len(seen) >= totals[-1]:
            return
