"""The bytes of a picture: from the installation's own store, or fetched over HTTP."""

import pytest
import requests
import responses

from connectors.kit.errors import Rejected, Unavailable
from connectors.kit.pictures import MOST_BYTES, picture_bytes
from connectors.kit.protocol import Options

URL = "https://img.example/cam.jpg"
OPTIONS = Options("https://voso.test")


def stored(content: bytes | Exception) -> Options:
    def read(_url: str) -> bytes:
        if isinstance(content, Exception):
            raise content
        return content

    return Options("https://voso.test", picture=read)


def test_a_picture_of_our_own_is_read_where_it_lies() -> None:
    assert picture_bytes(stored(b"jpg"), URL) == b"jpg"


@pytest.mark.parametrize("content", [KeyError(URL), FileNotFoundError(), b""])
def test_a_picture_of_our_own_that_is_gone_is_for_the_seller(content: bytes | Exception) -> None:
    with pytest.raises(Rejected) as lost:
        picture_bytes(stored(content), URL)
    assert (lost.value.code, list(lost.value.fields), lost.value.facts) == (
        "picture_lost",
        ["pictures"],
        {"picture": "cam.jpg"},
    )


@responses.activate
def test_a_picture_elsewhere_is_fetched() -> None:
    responses.get(URL, body=b"x" * 100_000)
    assert picture_bytes(OPTIONS, URL) == b"x" * 100_000


@responses.activate
@pytest.mark.parametrize("status", [301, 403, 404, 410])
def test_a_picture_that_is_not_there_is_for_the_seller(status: int) -> None:
    responses.get(URL, status=status, body=b"no", headers={"Location": "https://elsewhere.example/"})
    with pytest.raises(Rejected):
        picture_bytes(OPTIONS, URL)


@responses.activate
def test_a_picture_without_end_is_not_read() -> None:
    responses.get(URL, body=b"x" * (MOST_BYTES + 1))
    with pytest.raises(Rejected):
        picture_bytes(OPTIONS, URL)


@pytest.mark.parametrize("url", ["cam.jpg", "ftp://img.example/a", "http://", ""])
def test_what_is_no_address_is_for_the_seller(url: str) -> None:
    with pytest.raises(Rejected):
        picture_bytes(OPTIONS, url)


@responses.activate
@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_store_is_tried_again_and_nothing_happened(status: int) -> None:
    responses.get(URL, status=status)
    with pytest.raises(Unavailable) as later:
        picture_bytes(OPTIONS, URL)
    assert (later.value.code, later.value.maybe_done) == ("picture_unavailable", False)


@responses.activate
@pytest.mark.parametrize("error", [requests.ConnectionError(), requests.Timeout()])
def test_a_store_that_does_not_answer_is_tried_again(error: Exception) -> None:
    responses.get(URL, body=error)
    with pytest.raises(Unavailable):
        picture_bytes(OPTIONS, URL)
