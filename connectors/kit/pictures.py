"""The bytes of a picture by its address: from this installation's store, or fetched over HTTP."""

import requests

from connectors.kit.errors import Rejected, Unavailable
from connectors.kit.protocol import N_, Options

MOST_BYTES = 20_000_000  #: more than any marketplace takes; what is larger is not read to its end
LOST = "picture_lost"
_LOST = N_("Không mở được một ảnh của sản phẩm; hãy tải ảnh đó lên lại.")
_LATER = N_("Chưa tải được ảnh của sản phẩm, hệ thống sẽ tự thử lại.")


def picture_bytes(options: Options, url: str) -> bytes:
    """A picture's file; `Rejected` when it is not there, `Unavailable` when it cannot be reached now."""
    if options.picture is None:
        content = _fetched(options, url)
    else:
        try:
            content = options.picture(url)
        except (LookupError, OSError) as error:
            raise _lost(url) from error
    if not content:
        raise _lost(url)
    return content


def _fetched(options: Options, url: str) -> bytes:
    patience = (options.connect_timeout, options.read_timeout)
    try:
        with requests.get(url, timeout=patience, allow_redirects=False, stream=True) as answer:
            if answer.status_code >= 500 or answer.status_code == 429:
                raise Unavailable("picture_unavailable", _LATER)
            return _file(answer) if answer.status_code == 200 else b""
    except requests.RequestException as error:
        if isinstance(error, ValueError):  # no address at all: waiting would not help
            raise _lost(url) from error
        raise Unavailable("picture_unavailable", _LATER) from error


def _file(answer: requests.Response) -> bytes:
    content = bytearray()
    for chunk in answer.iter_content(65_536):
        content += chunk
        if len(content) > MOST_BYTES:
            return b""
    return bytes(content)


def _lost(url: str) -> Rejected:
    return Rejected(LOST, _LOST, fields={"pictures": _LOST}, facts={"picture": url.rpartition("/")[2][:100]})
