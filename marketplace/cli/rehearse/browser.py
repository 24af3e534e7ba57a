"""A browser of a few lines: logs in as a person does, keeps cookies, sends forms and files."""

import re
import secrets
from collections.abc import Mapping
from http.client import HTTPException
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, ProxyHandler, Request, build_opener

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class NotDone(Exception):
    """The web did not do what was asked; the text says which page answered how."""


class Silent(Exception):
    """The web gave no answer: it is not running, or ended meanwhile."""


class Browser:
    """One person at one device."""

    def __init__(self, base_url: str, *, timeout: float = 60.0) -> None:
        self._base = base_url
        self._timeout = timeout
        self._opener: OpenerDirector = build_opener(ProxyHandler({}), HTTPCookieProcessor(CookieJar()))

    def log_in(self, name: str, password: str) -> None:
        """Log in; NotDone when the web refuses."""
        self.send("/dang-nhap", {"name": name, "password": password})

    def send(self, path: str, fields: Mapping[str, str], *, file: tuple[str, bytes] | None = None) -> str:
        """Open the page of a form, send it filled in, return the page that follows; NotDone on a refusal."""
        token = _TOKEN.search(self._open(Request(self._base + path)))  # noqa: S310 - our own web
        if token is None:
            raise NotDone(f"{path}: không có biểu mẫu")
        filled = {**fields, "csrf_token": token[1]}
        if file is None:
            return self._open(Request(self._base + path, urlencode(filled).encode()))  # noqa: S310 - our own web
        edge = secrets.token_hex(16)
        sent = Request(self._base + path, _parts(filled, file, edge))  # noqa: S310 - our own web
        sent.add_header("Content-Type", f"multipart/form-data; boundary={edge}")
        return self._open(sent)

    def _open(self, request: Request) -> str:
        try:
            with self._opener.open(request, timeout=self._timeout) as answer:
                return str(answer.read().decode())
        except HTTPError as error:
            raise NotDone(f"{request.selector}: HTTP {error.code}") from error
        except (OSError, HTTPException) as error:
            raise Silent(type(error).__name__) from error


def _parts(fields: Mapping[str, str], file: tuple[str, bytes], edge: str) -> bytes:
    """The body of a form with a file."""
    pieces = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    name, data = file
    head = f'Content-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: {XLSX}\r\n\r\n'
    return b"".join([*pieces, f"--{edge}\r\n{head}".encode(), data, f"\r\n--{edge}--\r\n".encode()])
