"""The one way a connector speaks HTTP: timeouts, pacing, retries that are safe, a journal without secrets."""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn
from urllib.parse import urlencode

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential
from urllib3 import encode_multipart_formdata
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from connectors.kit.errors import Unavailable
from connectors.kit.pacing import Pacer
from connectors.kit.protocol import Exchange
from connectors.kit.redact import WHOLE_CHARS, journal_text, scrub, unreadable_text

ATTEMPTS = 3
_HEADERS = {
    "User-Agent": "lensan",
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate",
    "Connection": "keep-alive",
}
SHORT_WAIT = 5.0  #: seconds a call itself may wait for a Retry-After; longer ones are left to the listing
#: What answers for a base URL inside this process; see kit.inside.
INSIDE: dict[str, BaseAdapter] = {}
_UNREAD = object()


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to send as the one part of a multipart body."""

    field: str
    name: str
    content: bytes
    media_type: str = "image/jpeg"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back below HTTP 500, 429 excepted; `body` is its JSON, None where 401 or 403 had none."""

    status: int
    body: Any
    headers: Mapping[str, str]


class _AttemptError(Exception):
    """One attempt failed; `again` is the least wait in seconds before the next, None when there is none."""

    def __init__(self, error: Unavailable, again: float | None) -> None:
        super().__init__(error.code)
        self.error = error
        self.again = again


def _may_heal(error: BaseException) -> bool:
    return isinstance(error, _AttemptError) and error.again is not None


def _patience(first_pause: float) -> Callable[[RetryCallState], float]:
    """How long to wait before the next attempt: what the marketplace named, else doubling, with jitter."""
    jitter = wait_random_exponential(multiplier=first_pause, max=10 * first_pause)

    def patience(state: RetryCallState) -> float:
        failed = state.outcome.exception() if state.outcome else None
        least = failed.again if isinstance(failed, _AttemptError) and failed.again else 0.0
        return max(least, jitter(state))

    return patience


class Transport:
    """Speaks to one shop of one marketplace; raises `Unavailable` when no readable answer came.

    A call marked `safe` may be repeated without harm and is retried; any other is retried only where it
    certainly did not run, and after an unclear end its error carries `maybe_done`.
    """

    def __init__(
        self,
        base_url: str,
        journal: Callable[[Exchange], None] | None = None,
        *,
        pacer: Pacer | None = None,
        calls_per_second: float | None = None,
        connect_timeout: float = 3.05,
        read_timeout: float = 15.0,
        first_pause: float = 0.4,
        secrets: Iterable[str] = (),
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._journal = journal
        self._pacer = pacer or Pacer(calls_per_second, sleep=sleep, clock=clock)
        self._timeout = (connect_timeout, read_timeout)
        self._secrets = tuple(secrets)
        self._clock = clock
        self._session = _session(self._base_url)
        self._retrying = Retrying(
            stop=stop_after_attempt(ATTEMPTS),
            wait=_patience(first_pause),
            retry=retry_if_exception(_may_heal),
            sleep=sleep,
            reraise=True,
        )

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        safe: bool = False,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one call and return its readable answer, whatever its status below 500 other than 429.

        `body` is sent as JSON, an `Upload` as multipart.
        """
        if query:
            path = f"{path}?{urlencode(query)}"
        try:
            return self._retrying(self._once, method, path, body, headers or {}, safe=safe)
        except _AttemptError as failed:
            raise failed.error from failed.__cause__

    def close(self) -> None:
        """Give the kept connections back."""
        self._session.close()

    def _once(self, method: str, path: str, body: Any, headers: Mapping[str, str], *, safe: bool) -> Answer:
        request = self._prepared(method, path, body, headers)
        self._pacer.wait()
        started = self._clock()
        try:
            response = self._session.send(request, timeout=self._timeout, allow_redirects=False)
        except requests.RequestException as error:
            failed = _no_answer(error, safe=safe)
            self._note(method, path, body, None, "", self._clock() - started, failed)
            raise failed from error
        seconds = self._clock() - started
        read = _json(response)
        failure = self._failure(response, read, safe=safe)
        self._note(method, path, body, response.status_code, self._told(response, read), seconds, failure)
        if failure is not None:
            raise failure
        return Answer(response.status_code, None if read is _UNREAD else read, response.headers)

    def _prepared(
        self, method: str, path: str, body: Any, headers: Mapping[str, str]
    ) -> requests.PreparedRequest:
        """What `Session.prepare_request` makes, in a third of the time: our settings need no merging."""
        headers = {**_HEADERS, **headers}
        payload = None
        if isinstance(body, Upload):
            payload, headers["Content-Type"] = encode_multipart_formdata(
                {body.field: (body.name, body.content, body.media_type)}
            )
        elif body is not None:
            payload = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
            headers["Content-Type"] = "application/json"
        cookies = self._session.cookies or None
        return requests.Request(
            method, self._base_url + path, data=payload, headers=headers, cookies=cookies
        ).prepare()

    def _failure(self, response: requests.Response, read: Any, *, safe: bool) -> _AttemptError | None:
        status = response.status_code
        if status == 429:
            return self._slowed_down(response, safe=safe)
        if status >= 500:
            return _broken("server_error", response, safe=safe)
        if read is _UNREAD and status not in (401, 403):  # a closed door needs no words: nothing ran
            return _broken("unreadable_answer", response, safe=safe)
        return None

    def _slowed_down(self, response: requests.Response, *, safe: bool) -> _AttemptError:
        # A refused call certainly did not run: even a write may be sent again when the marketplace said when.
        wait = _retry_after(response)
        if wait is not None and wait <= SHORT_WAIT:
            self._pacer.hold(wait)
            return _AttemptError(Unavailable("rate_limited", retry_after=wait), wait)
        again = 0.0 if safe and wait is None else None
        return _AttemptError(Unavailable("rate_limited", retry_after=wait), again)

    def _told(self, response: requests.Response, read: Any) -> str:
        """An answer as it is journalled; whole, since it may be the one nobody can read."""
        if read is _UNREAD:
            return unreadable_text(response.content)
        return journal_text(read, self._secrets, limit=WHOLE_CHARS)

    def _note(
        self,
        method: str,
        path: str,
        body: Any,
        status: int | None,
        response: str,
        seconds: float,
        failed: _AttemptError | None,
    ) -> None:
        if self._journal is None:
            return
        code = failed.error.code if failed else None
        if isinstance(body, Upload):
            body = {body.field: f"({len(body.content)} bytes of {body.media_type})"}
        request = journal_text(body, self._secrets)
        self._journal(Exchange(method, scrub(path), request, status, response, seconds, code))


def _session(base_url: str) -> requests.Session:
    session = requests.Session()
    adapter = INSIDE.get(base_url) or HTTPAdapter(pool_connections=2, pool_maxsize=8, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    # Read proxies and certificates from the environment once, not at every call; and never a .netrc, which
    # would replace our Authorization header.
    settings = session.merge_environment_settings(base_url, {}, None, None, None)
    session.proxies = dict(settings["proxies"])
    session.verify = settings["verify"]
    session.trust_env = False
    return session


def _never(_constant: str) -> NoReturn:
    raise ValueError


def _json(response: requests.Response) -> Any:
    try:
        return json.loads(response.content, parse_constant=_never)
    except (ValueError, RecursionError):
        return _UNREAD


def _never_left(error: requests.RequestException) -> bool:
    if isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.ProxyError):
        return True
    reason = error.args[0] if error.args else None
    return isinstance(reason, MaxRetryError) and isinstance(
        reason.reason, NewConnectionError | ConnectTimeoutError
    )


def _no_answer(error: requests.RequestException, *, safe: bool) -> _AttemptError:
    if _never_left(error):
        return _AttemptError(Unavailable("unreachable"), 0.0)
    if isinstance(error, requests.exceptions.SSLError):
        return _AttemptError(Unavailable("no_secure_connection"), None)
    code = "timeout" if isinstance(error, requests.exceptions.Timeout) else "connection_lost"
    return _AttemptError(Unavailable(code, maybe_done=not safe), 0.0 if safe else None)


def _broken(code: str, response: requests.Response, *, safe: bool) -> _AttemptError:
    wait = _retry_after(response)
    error = Unavailable(
        code, retry_after=wait, maybe_done=not safe, facts={"http_status": str(response.status_code)}
    )
    may_wait = safe and (wait is None or wait <= SHORT_WAIT)
    return _AttemptError(error, (wait or 0.0) if may_wait else None)


def _retry_after(response: requests.Response) -> float | None:
    """Seconds the marketplace asked us to wait, given as a number or as an HTTP date."""
    value = response.headers.get("Retry-After", "").strip()
    if not value:
        return None
    if value.isascii() and value.isdigit():
        return float(min(int(value[:9]), 7 * 86_400))
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max(0.0, (moment - datetime.now(UTC)).total_seconds()), 7 * 86_400.0)
