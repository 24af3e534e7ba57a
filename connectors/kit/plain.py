"""The connector's side of a plain marketplace (`kit.mock_plain` is the other): one token, one envelope.

`POST /login` with the keys gives `{"token", "ends"}`; an answer is `{"result"}`, a refusal an HTTP status of
400 or more with `{"code", "text", "field"}`, a list `{"rows", "total"}` by `page` from 1.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, TypeVar

from connectors.kit import reading
from connectors.kit.errors import NotAdmitted, Rejected
from connectors.kit.figures import moment, needed, needed_text
from connectors.kit.http import Answer
from connectors.kit.protocol import N_, Exchange, Limits, Options, PriceAndStock, RowResult
from connectors.kit.shop import Page, Token, TokenShop, moving_list

T = TypeVar("T")
SAID = N_("Sàn không nhận: %(text)s")
EARLY = 600  #: seconds before its end a token is renewed


class PlainShop(TokenShop):
    """One shop of a plain marketplace; a subclass names its keys and limits and maps goods and orders."""

    KEYS: ClassVar[tuple[str, ...]]  #: the first is the shop's name
    LIMITS: ClassVar[Limits]
    HEADER = "X-Token"

    def __init__(
        self,
        credentials: Mapping[str, str],
        options: Options,
        journal: Callable[[Exchange], None] | None = None,
    ) -> None:
        super().__init__(credentials, options, journal, fields=self.KEYS, limits=self.LIMITS)

    def log_in(self) -> Token:
        answer = self._transport.call("POST", "/login", self._keys, safe=True)
        if answer.status == 401:
            raise NotAdmitted("wrong_keys", N_("Sàn không nhận khóa; hãy nhập lại khóa kết nối."))
        return reading.read(self._token_of, _result(answer, safe=True))

    def _token_of(self, row: Mapping[str, Any]) -> Token:
        ends = moment(needed(row, "ends"), "ends")
        left = (ends - self._options.now()).total_seconds() if ends else 0.0
        return Token(needed_text(row, "token"), max(left - EARLY, 60.0), self._keys[self.KEYS[0]], ends)

    def signed(self, token: str) -> Mapping[str, str]:
        return {self.HEADER: token}

    def ask(self, path: str, **query: str) -> Any:
        """Read; said again when no answer came."""
        return _result(self.call("GET", path, safe=True, **query), safe=True)

    def records(self, kind: type[T], path: str, **query: str) -> list[T]:
        """A list of rows that have the fields of a dataclass."""
        return [
            reading.read(partial(reading.record, kind), row) for row in reading.rows(self.ask(path, **query))
        ]

    def tell(self, method: str, path: str, body: Any, *, fine: str | None = None) -> Any:
        """Write; never said again by itself. A refusal with the code `fine` is as good as a yes."""
        try:
            return _result(self.call(method, path, body), safe=False)
        except Rejected as refusal:
            if refusal.code != fine:
                raise
            return None

    def pages(self, path: str, key: str, **query: str) -> Iterator[list[dict[str, Any]]]:
        """Every row of a list page by page, each `key` once, though the list moves while it is read."""
        return moving_list(lambda: self._one_pass(path, query), lambda row: str(row.get(key, row)))

    def _one_pass(self, path: str, query: Mapping[str, str]) -> Iterator[Page]:
        number, read, total = 1, 0, 1
        while read < total:
            rows, total = reading.read(_page, self.ask(path, page=str(number), **query))
            yield rows, total
            if not rows:
                return
            number, read = number + 1, read + len(rows)

    def stock(self, path: str, rows: Sequence[PriceAndStock]) -> list[RowResult]:
        """Write the stock of a batch; the answer has null or a refusal for each row."""
        if len(rows) > self.LIMITS.price_batch:
            raise ValueError(f"at most {self.LIMITS.price_batch} rows in one call")
        if not rows:
            return []
        said = self.tell("PUT", path, [{"id": row.remote_id, "stock": row.packs} for row in rows])
        if not isinstance(said, list) or len(said) != len(rows):
            raise reading.unknown_form("stock", safe=False)
        return [RowResult(row.sku, _refusal(one)) for row, one in zip(rows, said, strict=True)]


def _result(answer: Answer, *, safe: bool) -> Any:
    said = answer.body if isinstance(answer.body, dict) else {}
    if answer.status < 300 and "result" in said:
        return said["result"]
    refusal = _refusal(said) if answer.status >= 400 else None
    raise refusal or reading.unknown_form("answer", safe=safe)


def _refusal(said: Any) -> Rejected | None:
    """What a refusal says; None when it is none."""
    if not isinstance(said, dict) or not isinstance(said.get("code"), str):
        return None
    text, field = str(said.get("text")), said.get("field")
    fields = {field: text} if isinstance(field, str) else {}
    return Rejected(said["code"], SAID, fields=fields, facts={"text": text})


def _page(body: Mapping[str, Any]) -> Page:
    return [dict(row) for row in body["rows"]], needed(body, "total")
