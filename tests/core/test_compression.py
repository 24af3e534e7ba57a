"""Answers for slow lines: what is compressed, what is not, and that lengths say little."""

import gzip

import pytest

from marketplace.core.compression import LEAST, PADDING

ZIPPED = {"Accept-Encoding": "gzip, deflate, br"}
LOGIN, STYLE = "/dang-nhap", "/static/lensan.css"


def test_a_page_is_gzipped_for_a_browser_that_takes_it(client):
    plain = client.get(LOGIN)
    packed = client.get(LOGIN, headers=ZIPPED)

    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.content_length == len(packed.get_data()) < len(plain.get_data()) / 2
    assert b"<form" in gzip.decompress(packed.get_data())


@pytest.mark.parametrize("headers", [{}, ZIPPED])
def test_caches_are_told_that_the_answer_depends_on_the_browser(client, headers):
    assert "Accept-Encoding" in client.get(LOGIN, headers=headers).headers["Vary"]


@pytest.mark.parametrize("refusing", ["identity", "br", "gzip;q=0", ""])
def test_a_browser_that_takes_no_gzip_gets_the_page_as_it_is(client, refusing):
    answer = client.get(LOGIN, headers={"Accept-Encoding": refusing})

    assert "Content-Encoding" not in answer.headers
    assert b"<form" in answer.get_data()


def test_the_stylesheet_is_gzipped_and_still_answers_304(client):
    plain = client.get(STYLE, buffered=True)
    packed = client.get(STYLE, headers=ZIPPED, buffered=True)
    known = {**ZIPPED, "If-None-Match": packed.headers["ETag"]}
    again = client.get(STYLE, headers=known, buffered=True)

    assert packed.headers["ETag"] == f"W/{plain.headers['ETag']}"
    assert gzip.decompress(packed.get_data()) == plain.get_data()
    assert (again.status_code, again.get_data()) == (304, b"")


def test_a_part_of_a_file_stays_as_it_is(client):
    part = client.get(STYLE, headers={**ZIPPED, "Range": "bytes=0-1999"}, buffered=True)

    assert part.status_code == 206
    assert "Content-Encoding" not in part.headers


def test_small_answers_are_not_compressed(client):
    answer = client.get("/-/health", headers=ZIPPED)

    assert len(answer.get_data()) < LEAST
    assert "Content-Encoding" not in answer.headers


def test_what_a_form_sends_back_is_never_compressed(client):
    answer = client.post(LOGIN, data={"name": "ai đó", "password": "sai mật khẩu"}, headers=ZIPPED)

    assert answer.status_code == 422
    assert len(answer.get_data()) >= LEAST
    assert "Content-Encoding" not in answer.headers


def test_the_length_of_a_page_is_blurred(client):
    lengths = {len(client.get(LOGIN, headers=ZIPPED).get_data()) for _ in range(30)}

    assert len(lengths) > 5
    assert max(lengths) - min(lengths) <= PADDING + 40  # the form token changes too


def test_an_error_page_is_gzipped_too(client):
    answer = client.get("/khong-co-trang-nay", headers=ZIPPED)

    assert answer.status_code == 404
    assert answer.headers["Content-Encoding"] == "gzip"
