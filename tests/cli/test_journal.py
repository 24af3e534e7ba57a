"""`lensan journal`: what was said with marketplaces, and saying it again."""

import json
from datetime import timedelta

import pytest

from marketplace.core.db import writing
from marketplace.selling.models import Exchange
from tests import factories as make


@pytest.fixture
def said(engine):
    """Two calls of one look-up that met a web page, and an older good call."""
    with writing(engine) as db:
        shop = make.a_shop(db, producer=make.a_cooperative(db))
        good = Exchange(
            shop_id=shop.id,
            at=make.NOW - timedelta(days=1),
            method="POST",
            path="/api/partner/product/search",
            status=200,
            operation="products",
            operation_key="a" * 32,
        )
        failed = [
            Exchange(
                shop_id=shop.id,
                at=make.NOW,
                method="GET",
                path="/api/partner/product?sku=LS1",
                status=200,
                response="(99 bytes of HTML) 502 Bad Gateway",
                error="unreadable_answer",
                operation="find",
                operation_key="b" * 32,
                arguments={} if number else {"sku": "LS1"},
                cause="unreadable_answer",
            )
            for number in range(3)
        ]
        db.add_all([good, *failed])
        db.flush()
        return [good.id, *(one.id for one in failed)]


def test_the_journal_lists_the_newest_first_and_failures_alone(ready, said):
    everything = json.loads(ready("journal", "list", "--json").out)
    failed = json.loads(ready("journal", "list", "--failed", "--json").out)
    of_cause = json.loads(
        ready("journal", "list", "--cause", "unreadable_answer", "--most", "2", "--json").out
    )

    assert [row["id"] for row in everything] == said[::-1]
    assert [row["id"] for row in failed] == said[:0:-1]
    assert [row["id"] for row in of_cause] == said[:1:-1]
    assert json.loads(ready("journal", "list", "--shop", "999", "--json").out) == []


def test_a_call_is_shown_with_all_calls_of_its_operation(ready, said):
    shown = json.loads(ready("journal", "show", str(said[2]), "--json").out)

    assert (shown["operation"], shown["arguments"], shown["calls"]) == ("find", {"sku": "LS1"}, said[1:])
    assert "502 Bad Gateway" in ready("journal", "show", str(said[2])).out


def test_a_failure_that_ends_the_same_is_exit_code_0(ready, said):
    ended = ready("journal", "replay", str(said[2]), "--json")

    assert ended.code == 0
    assert json.loads(ended.out) == {
        "operation": "find",
        "calls": 3,
        "recorded": "unreadable_answer",
        "replayed": "unreadable_answer",
        "same": True,
    }


def test_a_failure_that_ends_otherwise_is_exit_code_1_with_a_sentence(ready, said, engine):
    with writing(engine) as db:
        for number in said[1:]:
            one = db.get_one(Exchange, number)
            one.cause = "server_error"
            db.add(one)

    ended = ready("journal", "replay", str(said[1]))

    assert ended.code == 1
    assert "Đã ghi: server_error\nChạy lại: unreadable_answer\nKhác nhau (find, 3 lần gọi)" in ended.out


def test_a_call_that_is_not_there_or_has_no_operation_is_one_sentence(ready, said, engine):
    with writing(engine) as db:
        one = db.get_one(Exchange, said[0])
        one.operation = one.operation_key = ""
        db.add(one)

    for number in ("999999", str(said[0])):
        ended = ready("journal", "replay", number)
        assert (ended.code, ended.out) == (1, "")
        assert ended.err.count("\n") == 1
