"""Items that come in later: each is taken once, answered by a receipt, and never lost or doubled (R-93)."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlmodel import func, select

from catalog.models import Season
from marketplace.accounts.models import Role
from marketplace.core import offline
from marketplace.core.db import flush_or, writing
from marketplace.core.errors import Invalid, Refused
from marketplace.core.offline import MOST_ITEMS, Item, OfflineReceipt, receive
from tests import factories as make
from tests.catalog.looking import seen
from tests.conftest import NOW

DEVICE = "0f0e0d0c-0000-4000-8000-000000000001"
SEND = "/ngoai-tuyen/gui"
KIND = "test.season"


class Clash(Refused):
    sentence = "Mùa %(key)s đã có."


def take_season(db, actor, item, now):
    """Writes; the database finds a clash, and `refuse` is found after the writing."""
    if not item.body["season"]:
        raise Invalid({"season": ("Hãy điền “%(label)s”.", {"label": "Mùa"}), "other": ("Sai.", {})})
    year = int(item.body["season"])
    db.add(Season(key=str(year), starts_on=date(year, 9, 1), ends_on=date(year + 1, 5, 31)))
    flush_or(db, Clash(key=year))
    if item.body.get("refuse"):
        raise Clash(key=year)
    return {"season": year}


@pytest.fixture(autouse=True)
def kinds(monkeypatch):
    monkeypatch.setitem(offline.KINDS, KIND, take_season)


@pytest.fixture
def worker(db):
    account = make.an_account(db)
    db.commit()
    return account


def an_item(number: int, season: object, *, kind: str = KIND, **body: Any) -> Item:
    return Item(f"khoa-{number:04d}", kind, DEVICE, number, NOW, {"season": season, **body})


def taken(engine, worker, *items: Item, now=NOW):
    with writing(engine) as db:
        return receive(db, worker, items, now=now)


def states(receipts) -> list[str]:
    return [one.state for one in receipts]


def seasons(engine) -> list[str]:
    return sorted(seen(engine, select(Season.key)))


def kept(engine) -> int:
    return seen(engine, select(func.count()).select_from(OfflineReceipt))[0]


# --- one by one
# ------------------------------------------------------------------------------------------------------------


def test_the_same_item_twice_gets_the_first_receipt(engine, worker):
    first = taken(engine, worker, an_item(1, 2019))
    second = taken(engine, worker, an_item(1, 2019), now=NOW + timedelta(days=1))

    assert states([*first, *second]) == ["kept", "again"]
    assert first[0].number == second[0].number
    assert first[0].result == second[0].result == {"season": 2019}
    assert seasons(engine) == ["2019"]
    assert seen(engine, select(OfflineReceipt.received_at)) == [NOW]


def test_the_same_key_with_other_words_changes_nothing(engine, worker):
    taken(engine, worker, an_item(1, 2019))

    assert states(taken(engine, worker, an_item(1, 2020))) == ["again"]
    assert seasons(engine) == ["2019"]


def test_items_are_taken_in_the_order_of_their_numbers_and_answered_in_the_order_sent(engine, worker):
    later, earlier = an_item(2, 2019, refuse=True), an_item(1, 2019)

    assert states(taken(engine, worker, later, earlier)) == ["refused", "kept"]
    assert seasons(engine) == ["2019"]


def test_a_refused_item_holds_up_no_other_and_leaves_nothing(engine, worker):
    receipts = taken(engine, worker, an_item(1, 2018), an_item(2, 2019, refuse=True), an_item(3, 2020))

    assert states(receipts) == ["kept", "refused", "kept"]
    assert (receipts[1].sentence, receipts[1].facts, receipts[1].number) == (
        "Mùa %(key)s đã có.",
        {"key": 2019},
        None,
    )
    assert seasons(engine) == ["2018", "2020"]
    assert kept(engine) == 2


def test_what_the_database_refuses_takes_no_earlier_item_with_it(engine, worker):
    receipts = taken(engine, worker, an_item(1, 2018), an_item(2, 2018), an_item(3, 2020))

    assert states(receipts) == ["kept", "refused", "kept"]
    assert seasons(engine) == ["2018", "2020"]
    assert kept(engine) == 2


def test_a_refused_item_may_be_sent_again(engine, worker, monkeypatch):
    item = an_item(1, 2019, kind="test.later")
    assert states(taken(engine, worker, item)) == ["refused"]
    monkeypatch.setitem(offline.KINDS, "test.later", take_season)

    assert states(taken(engine, worker, item)) == ["kept"]
    assert seasons(engine) == ["2019"]


def test_of_several_wrong_fields_the_first_is_told(engine, worker):
    receipt = taken(engine, worker, an_item(1, ""))[0]

    assert (receipt.sentence, receipt.facts) == ("Hãy điền “%(label)s”.", {"label": "Mùa"})


def test_the_key_of_another_account_reveals_nothing(db, engine, worker):
    other = make.an_account(db)
    db.commit()
    taken(engine, worker, an_item(1, 2019))

    receipt = taken(engine, other, an_item(1, 2020))[0]

    assert (receipt.state, receipt.number, receipt.result) == ("refused", None, {})
    assert receipt.sentence == "Không tìm thấy, hoặc không thuộc phạm vi của bạn."
    assert seasons(engine) == ["2019"]


@pytest.mark.parametrize("season", [2019, 2020])
def test_two_arrivals_at_one_moment_make_one_row(engine, worker, season):
    start = Barrier(8)

    def arrive(_n: int) -> str:
        start.wait()
        return taken(engine, worker, an_item(1, season))[0].state

    with ThreadPoolExecutor(8) as threads:
        found = sorted(threads.map(arrive, range(8)))

    assert found == ["again"] * 7 + ["kept"]
    assert seasons(engine) == [str(season)]
    assert kept(engine) == 1


# --- as a phone sends them
# ------------------------------------------------------------------------------------------------------------


def wire(number: int, season: object, **instead: Any) -> dict[str, Any]:
    return {
        "key": f"khoa-{number:04d}",
        "kind": KIND,
        "device": DEVICE,
        "number": number,
        "done_at": "2021-12-01T09:15:00.123+07:00",
        "body": {"season": season},
        **instead,
    }


def post(browser, body: object):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return browser.post(SEND, data=data, content_type="application/json")


def test_a_phone_is_told_what_became_of_each_item(engine, worker, as_account):
    answer = post(as_account(worker), {"items": [wire(1, 2019), wire(2, 2019)]})
    number = seen(engine, select(OfflineReceipt.id))[0]
    first = {
        "key": "khoa-0001",
        "state": "kept",
        "number": number,
        "result": {"season": 2019},
        "sentence": "",
    }
    second = {"key": "khoa-0002", "state": "refused", "number": None, "result": {}}

    assert answer.status_code == 200
    assert answer.json == {
        "at": NOW.isoformat(),
        "receipts": [first, {**second, "sentence": "Mùa 2019 đã có."}],
    }


WRONG = {
    "no JSON": b"items=1",
    "nothing": b"",
    "cut letters": '{"items": ["ấ'.encode()[:-1],
    "half a letter": b'{"items": [], "x": "\\ud800"}',
    "deep": b'{"items": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    "a list": [],
    "no items": {},
    "items no list": {"items": {"0": wire(1, 2019)}},
    "item no object": {"items": [1]},
    "no key": {"items": [{name: value for name, value in wire(1, 2019).items() if name != "key"}]},
    **{
        f"{name}={value!r:.20}": {"items": [wire(1, 2019), {**wire(2, 2020), name: value}]}
        for name, value in (
            ("key", ""), ("key", "ngắn"), ("key", "k" * 65), ("key", 12345678), ("key", "khoa\x000001"),
            ("kind", ""), ("kind", None), ("kind", "k" * 41), ("device", "d" * 41), ("device", "máy"),
            ("number", 0), ("number", -1), ("number", 2**31), ("number", 1.5), ("number", "2"),
            ("number", True),
            ("done_at", "hôm qua"), ("done_at", "2021-12-01T09:15:00"), ("done_at", "1970-01-01T00:00:00Z"),
            ("done_at", "1999-12-31T23:59:59Z"), ("done_at", "2100-01-01T00:00:00Z"),
            ("done_at", "9999-12-31T23:59:59-23:59"), ("done_at", "2021-02-30T00:00:00Z"), ("done_at", None),
            ("body", None), ("body", []), ("body", "2020"),
        )
    },
}  # fmt: skip


@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG.keys())
def test_what_cannot_be_read_is_one_sentence_and_nothing_is_kept(engine, worker, as_account, body):
    answer = post(as_account(worker), body)

    assert answer.status_code == 422
    assert answer.json == {
        "code": "not_readable",
        "message": "Máy chủ không đọc được gói phiếu gửi lên nên chưa nhận phiếu nào."
        " Phiếu vẫn còn trong máy; hãy tải lại trang rồi gửi lại.",
        "facts": {},
    }
    assert (kept(engine), seasons(engine)) == (0, [])


def test_more_items_than_fit_are_refused_as_a_whole(engine, worker, as_account):
    browser = as_account(worker)
    items = [wire(number, "") for number in range(1, MOST_ITEMS + 2)]

    answer = post(browser, {"items": items})

    assert (answer.status_code, answer.json["code"]) == (422, "too_many_items")
    assert answer.json["message"].startswith("Mỗi lần chỉ gửi được 200 phiếu")
    assert kept(engine) == 0
    assert post(browser, {"items": items[1:]}).status_code == 200


def test_items_of_one_person_are_not_taken_under_the_name_of_another(engine, worker, as_account):
    browser = as_account(worker)

    answer = post(browser, {"account": worker.id + 1, "items": [wire(1, 2019)]})

    assert (answer.status_code, answer.json["code"]) == (409, "another_account")
    assert (kept(engine), seasons(engine)) == (0, [])
    assert post(browser, {"account": worker.id, "items": [wire(1, 2019)]}).status_code == 200


def test_a_phone_whose_login_ended_is_told_so_in_its_own_language(app, client, engine):
    for answer in (
        client.get("/ngoai-tuyen/the", headers={"Accept": "application/json"}),
        client.post(SEND, json={"items": [wire(1, 2019)]}, headers={"Accept": "application/json"}),
    ):
        assert (answer.status_code, answer.json["code"]) == (401, "login_needed")
    assert kept(engine) == 0


def test_a_kept_page_learns_who_is_logged_in_and_gets_a_fresh_token(app, engine, worker, as_account):
    app.config["WTF_CSRF_ENABLED"] = False
    browser = as_account(worker)
    app.config["WTF_CSRF_ENABLED"] = True
    body = {"account": worker.id, "items": [wire(1, 2019)]}

    told = browser.get("/ngoai-tuyen/the").json

    assert told["account"] == {"id": worker.id, "name": worker.name}
    assert post(browser, body).status_code == 400
    assert kept(engine) == 0
    answer = browser.post(SEND, json=body, headers={"X-CSRFToken": told["token"]})
    assert (answer.status_code, kept(engine)) == (200, 1)


def test_farmers_and_the_office_send_nothing(db, engine, as_account):
    people = [
        make.an_account(db, Role.FARMER, household=make.a_household(db)),
        make.an_account(db, Role.ADMIN),
    ]
    db.commit()

    assert [post(as_account(one), {"items": [wire(1, 2019)]}).status_code for one in people] == [403, 403]
    assert kept(engine) == 0


def test_a_request_cut_at_any_byte_and_sent_again_doubles_nothing(engine, worker, as_account):
    browser = as_account(worker)
    items = [wire(number, 2010 + number, words="Hoàng Thị Vén") for number in range(1, 7)]
    whole = json.dumps({"items": items}, ensure_ascii=False).encode()
    assert len(whole) > 1000
    wrong = []

    for cut in range(len(whole)):
        answer = post(browser, whole[:cut])
        if answer.status_code != 422 or answer.json["code"] != "not_readable":
            wrong.append((cut, answer.status_code))
        if cut % 100 == 50:  # the cut one is sent again as a whole, and its answer may be lost as well
            again = post(browser, whole).json["receipts"]
            assert {one["state"] for one in again} == ({"kept"} if cut == 50 else {"again"})

    assert wrong == []
    assert seasons(engine) == [str(2010 + number) for number in range(1, 7)]
    assert kept(engine) == 6


def test_a_cut_anywhere_before_the_first_whole_request_keeps_nothing(engine, worker, as_account):
    browser = as_account(worker)
    whole = json.dumps({"items": [wire(1, 2019)]}).encode()

    assert {post(browser, whole[:cut]).status_code for cut in range(len(whole))} == {422}
    assert kept(engine) == 0


def test_the_service_worker_comes_from_the_root_and_is_asked_for_each_time(client):
    answer = client.get("/sw.js")

    assert answer.status_code == 200
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Service-Worker-Allowed"] == "/"
    assert "worker-src 'self'" in answer.headers["Content-Security-Policy"]


def test_every_page_says_whose_it_is(client, worker, as_account):
    assert client.get("/dang-nhap").headers["Lensan-Account"] == "-"
    assert as_account(worker).get("/ho-dan").headers["Lensan-Account"] == str(worker.id)
    script = client.get("/static/queue.js")
    script.close()
    assert "Lensan-Account" not in script.headers
