"""One transport: what is tried again, what is not, and what may have happened."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import requests
import responses
from urllib3.exceptions import MaxRetryError, NewConnectionError

from connectors.kit.errors import Unavailable
from connectors.kit.http import Transport
from connectors.kit.protocol import Exchange
from tests.connectors.conftest import Time

URL = "https://market.test"
REFUSED = requests.exceptions.ConnectionError(
    MaxRetryError(None, "/x", NewConnectionError(None, "refused"))  # type: ignore[arg-type]  # no pool needed
)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def journal() -> list[Exchange]:
    return []


@pytest.fixture
def transport(time: Time, journal: list[Exchange]) -> Transport:
    return Transport(URL, journal.append, sleep=time.sleep, clock=time.monotonic)


def answers(*bodies: object, **more: object) -> None:
    for body in bodies:
        if isinstance(body, Exception):
            responses.add("POST", f"{URL}/x", body=body)
        elif isinstance(body, int):
            responses.add("POST", f"{URL}/x", json={}, status=body, **more)  # type: ignore[arg-type]  # headers
        else:
            responses.add("POST", f"{URL}/x", body=str(body), **more)  # type: ignore[arg-type]  # headers


@responses.activate
@pytest.mark.parametrize(
    "trouble",
    [requests.exceptions.ReadTimeout(), requests.exceptions.ConnectionError(), 500, 503, "<html>", '{"a":'],
)
def test_a_read_is_tried_again_shortly(trouble: object, transport: Transport, time: Time) -> None:
    answers(trouble, trouble, '{"a": 1}')
    assert transport.call("POST", "/x", {}, safe=True).body == {"a": 1}
    assert len(time.slept) == 2
    assert sum(time.slept) < 10


@responses.activate
def test_a_read_gives_up_after_three_attempts(transport: Transport, journal: list[Exchange]) -> None:
    answers(500)
    with pytest.raises(Unavailable) as failed:
        transport.call("POST", "/x", {}, safe=True)
    assert failed.value.code == "server_error"
    assert not failed.value.maybe_done
    assert [exchange.status for exchange in journal] == [500, 500, 500]


@responses.activate
@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        (requests.exceptions.ReadTimeout(), "timeout"),
        (requests.exceptions.ConnectionError("reset"), "connection_lost"),
        (requests.exceptions.ChunkedEncodingError("cut"), "connection_lost"),
        (500, "server_error"),
        (502, "server_error"),
        ("<html>proxy</html>", "unreadable_answer"),
        ('{"result": 9000', "unreadable_answer"),
        ("", "unreadable_answer"),
        ('{"result": NaN}', "unreadable_answer"),
    ],
)
def test_a_write_with_an_unclear_end_is_never_sent_again(
    trouble: object, code: str, transport: Transport
) -> None:
    answers(trouble, '{"result": 1}')
    with pytest.raises(Unavailable) as failed:
        transport.call("POST", "/x", {"a": 1})
    assert failed.value.code == code
    assert failed.value.maybe_done
    assert len(responses.calls) == 1


@responses.activate
@pytest.mark.parametrize("trouble", [REFUSED, requests.exceptions.ConnectTimeout()])
def test_a_write_that_never_left_is_sent_again(trouble: Exception, transport: Transport) -> None:
    answers(trouble, '{"result": 1}')
    assert transport.call("POST", "/x", {}).body == {"result": 1}


@responses.activate
def test_a_write_that_never_left_surely_did_not_happen(transport: Transport) -> None:
    answers(REFUSED)
    with pytest.raises(Unavailable) as failed:
        transport.call("POST", "/x", {})
    assert failed.value.code == "unreachable"
    assert not failed.value.maybe_done


@responses.activate
def test_a_short_retry_after_is_waited_for_even_by_a_write(transport: Transport, time: Time) -> None:
    answers(429, headers={"Retry-After": "2"})
    answers('{"result": 1}')
    assert transport.call("POST", "/x", {}).body == {"result": 1}
    assert time.seconds >= 1_002


@responses.activate
@pytest.mark.parametrize("safe", [True, False])
def test_a_long_retry_after_is_left_to_the_listing(safe: bool, transport: Transport, time: Time) -> None:
    answers(429, headers={"Retry-After": "600"})
    with pytest.raises(Unavailable) as failed:
        transport.call("POST", "/x", {}, safe=safe)
    assert failed.value.retry_after == 600
    assert not failed.value.maybe_done
    assert time.slept == []


@responses.activate
def test_retry_after_may_be_a_date(transport: Transport) -> None:
    answers(429, headers={"Retry-After": format_datetime(datetime.now(UTC) + timedelta(minutes=10))})
    with pytest.raises(Unavailable) as failed:
        transport.call("POST", "/x", {})
    assert 590 < (failed.value.retry_after or 0) <= 600


@responses.activate
def test_a_429_without_a_time_is_waited_out_only_by_a_read(transport: Transport) -> None:
    answers(429, '{"a": 1}')
    assert transport.call("POST", "/x", {}, safe=True).body == {"a": 1}
    responses.reset()
    answers(429, '{"a": 1}')
    with pytest.raises(Unavailable):
        transport.call("POST", "/x", {})
    assert len(responses.calls) == 1


@responses.activate
def test_the_first_pause_is_a_setting(time: Time, journal: list[Exchange]) -> None:
    quick = Transport(URL, journal.append, sleep=time.sleep, clock=time.monotonic, first_pause=0.01)
    answers(500, 500, '{"a": 1}')

    assert quick.call("POST", "/x", {}, safe=True).body == {"a": 1}

    assert len(time.slept) == 2
    assert sum(time.slept) <= 0.01 + 0.02


@responses.activate
def test_a_redirect_is_not_followed(transport: Transport) -> None:
    responses.add(
        "POST", f"{URL}/x", status=302, headers={"Location": "https://elsewhere.test/"}, body="moved"
    )
    with pytest.raises(Unavailable) as failed:
        transport.call("POST", "/x", {})
    assert failed.value.maybe_done


@responses.activate
def test_every_attempt_is_journalled_without_secrets(transport: Transport, journal: list[Exchange]) -> None:
    answers(500, '{"result": {"token": "abc", "receiver_name": "An"}}')
    transport.call(
        "POST", "/x", {"secret_key": "s3cret", "sku": "A"}, safe=True, headers={"Authorization": "bearer q"}
    )
    assert [(e.status, e.error) for e in journal] == [(500, "server_error"), (200, None)]
    assert journal[1].request == '{"secret_key":"***","sku":"A"}'
    assert journal[1].response == '{"result":{"token":"***","receiver_name":"***"}}'


@responses.activate
def test_every_call_has_both_timeouts(transport: Transport) -> None:
    answers("{}")
    transport.call("POST", "/x", {})
    assert responses.calls[0].request.req_kwargs["timeout"] == (3.05, 15.0)  # type: ignore[attr-defined]  # of responses
