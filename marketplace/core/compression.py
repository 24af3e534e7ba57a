"""Answers made small for slow lines: text alone, where it pays, and without giving lengths away.

Compressed pages can leak through their length (BREACH): somebody who listens on the line and makes a browser
open our search with many guesses sees which guess repeats what the page hides. So only answers to GET are
compressed, never what a form sends back; every answer gets a random number of bytes more; and the form token
is signed anew each second, so that its length tells nothing that lasts.
"""

import gzip
import io
import secrets
from typing import TypeVar

from werkzeug.wrappers import Request, Response

LEAST = 1_000  #: bytes; less fits into one packet either way
LEVEL = 6
PADDING = 100  #: most bytes added by chance
_TEXT = ("application/json", "application/javascript", "application/manifest+json", "image/svg+xml")

Answer = TypeVar("Answer", bound=Response)


def compressed(request: Request, response: Answer) -> Answer:
    """The same answer, gzipped when the browser takes it and it is worth it."""
    if not _is_text(response) or "Content-Encoding" in response.headers:
        return response
    response.vary.add("Accept-Encoding")
    if request.method != "GET" or response.status_code in (204, 206, 304):
        return response
    if request.accept_encodings["gzip"] <= 0 or (response.content_length or LEAST) < LEAST:
        return response
    response.direct_passthrough = False  # a static file is read as a whole; the largest is a stylesheet
    body = response.get_data()
    if len(body) < LEAST:
        return response
    response.set_data(_gzipped(body))
    response.headers["Content-Encoding"] = "gzip"
    etag, _ = response.get_etag()
    if etag is not None:
        response.set_etag(etag, weak=True)  # the same page in other bytes
    return response


def _is_text(response: Response) -> bool:
    kind = response.mimetype or ""
    return kind.startswith("text/") or kind in _TEXT


def _gzipped(body: bytes) -> bytes:
    """The random bytes go into the file name of gzip's header, which every browser skips."""
    packed = io.BytesIO()
    name = "a" * (1 + secrets.randbelow(PADDING))
    with gzip.GzipFile(filename=name, mode="wb", compresslevel=LEVEL, fileobj=packed, mtime=0) as file:
        file.write(body)
    return packed.getvalue()
