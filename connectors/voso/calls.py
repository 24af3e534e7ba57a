"""How a Voso shop logs in and what every one of its calls has in common."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from connectors.kit.errors import Misunderstood, NotAdmitted, Unavailable
from connectors.kit.http import Answer
from connectors.kit.protocol import N_
from connectors.kit.shop import Page, Token, TokenShop, moving_list
from connectors.voso import reading
from connectors.voso.refusals import is_refusal, refusal_of, refuses_token

DAY_SECONDS = 86_400.0


class VosoCalls(TokenShop):
    """A token of a day buys one of a thousand days; business errors come with HTTP 200."""

    def log_in(self) -> Token:
        short = self._login_step("/v2/user/Login", {})
        long = self._login_step("/v2/user/ownerconnect", self.signed(short["token"]))
        ends = reading.expiry(long.get("expired"), reading.claims(long["token"]))
        lasts = (ends - self._options.now()).total_seconds() if ends else DAY_SECONDS
        shop_id = str(long.get("userId") or "")
        return Token(long["token"], max(lasts - DAY_SECONDS, lasts * 0.9), shop_id, ends)

    def _login_step(self, path: str, headers: Mapping[str, str]) -> dict[str, Any]:
        keys = {name: self._keys[name] for name in ("USERNAME", "PASSWORD")}
        answer = self._transport.call("POST", path, keys, safe=True, headers=headers)
        if is_refusal(answer):
            raise _not_let_in(answer)
        data = answer.body.get("data") if isinstance(answer.body, dict) else None
        if not isinstance(data, dict) or not isinstance(data.get("token"), str) or not data["token"]:
            sentence = N_("Voso trả lời đăng nhập không đọc được; hãy báo kỹ thuật.")
            raise Misunderstood("login_unreadable", sentence)
        return data

    def signed(self, token: str) -> Mapping[str, str]:
        return {"Token": token}

    def token_refused(self, answer: Answer) -> bool:
        return refuses_token(answer)

    def _body(self, method: str, path: str, body: Any = None, *, safe: bool = False, **query: str) -> Any:
        """The body of an answer that is no refusal."""
        answer = self.call(method, path, body, safe=safe, **query)
        if is_refusal(answer):
            raise refusal_of(answer, safe=safe)
        return answer.body

    def _data(self, method: str, path: str, body: Any = None, *, safe: bool = False, **query: str) -> Any:
        """`data` of the envelope."""
        told = self._body(method, path, body, safe=safe, **query)
        if not isinstance(told, dict) or "data" not in told:
            raise reading.unknown_form(path, safe=safe)
        return told["data"]

    def _pages(
        self, what: str, name: str, filters: Mapping[str, Any], key: Callable[[dict[str, Any]], Any]
    ) -> Iterator[list[dict[str, Any]]]:
        """All rows of `listProduct` or `listOrder`, though the list moves while it is read."""
        path = f"/v2/{what}/list{what.capitalize()}"

        def one_pass() -> Iterator[Page]:
            index, read = 1, 0
            while True:
                body = {"PAGE_INDEX": index, "PAGE_SIZE": reading.PAGE, **filters}
                rows, total = reading.page(self._data("POST", path, body, safe=True), name)
                yield rows, total
                index, read = index + 1, read + len(rows)
                if not rows or read >= total:
                    return

        return moving_list(one_pass, key)


def _not_let_in(answer: Answer) -> Unavailable | NotAdmitted:
    error = refusal_of(answer, safe=True)
    if isinstance(error, Unavailable):
        return error
    sentence = N_("Voso không nhận tài khoản này; hãy nhập lại tên đăng nhập và mật khẩu.")
    return NotAdmitted("wrong_keys", sentence, facts=error.facts)
