"""The journal played again (L9): every recorded failure ends with the same cause code, and names nobody.

Each marketplace that is installed is tried: every operation with every kind of failure, met at once or after
a good login, and what the marketplace refuses by its own rules.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from connectors.kit.conformance.bench import Bench
from connectors.kit.conformance.goods import PICTURE
from connectors.kit.discovery import marketplaces
from connectors.kit.errors import Unavailable
from connectors.kit.protocol import Connector, Offer, PriceAndStock
from connectors.kit.redact import MAX_CHARS
from connectors.kit.shop import LEAST_SECRET
from marketplace.selling.journal import calls_of
from marketplace.selling.models import Exchange, Shop
from marketplace.selling.sync.journalling import Journal, offer_of, offer_told
from marketplace.selling.sync.replaying import NoMock, NotReplayable, Replayed, replay
from marketplace.selling.sync.watching import Watched
from marketplace.selling.sync.writing import note_exchanges
from tests import factories as make

SKU = "HG-CAM-1"
PHONE = re.compile(r"(?<!\d)0[35789]\d{8}(?!\d)")
WRITES = {"create", "update", "withdraw", "set_price_and_stock", "confirm", "cancel"}
FAULTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("timeout_before", {}),
    ("timeout_after", {}),
    ("late_apply", {}),
    ("http_500", {}),
    ("http_500", {"after": True}),
    ("http_429", {"retry_after": 1}),
    ("http_429", {"retry_after": 600}),
    ("reset", {}),
    ("html_body", {}),
    ("truncated_json", {}),
    ("expired_token", {}),
    ("partial_failure", {}),
)


class Recorder:
    """A marketplace with goods and an order, and a journal of what is said with it from then on."""

    def __init__(self, name: str, bench: Bench) -> None:
        self.bench = bench
        self.name = name
        self.remote_id = bench.published(SKU)
        self.order_no = bench.buy(SKU)
        self.offer: Offer = bench.offer(SKU)
        self.reason = bench.shop.cancel_reasons()[0].code
        self.journal = Journal()

    def shop(self, *, logged_in: bool) -> Watched:
        """A watched connector that has a token already, or must log in first."""
        bench = self.bench
        silent: list[Any] = []
        journal: list[Callable[[Any], None]] = [silent.append]
        bench.exchanges = _Forward(journal)  # type: ignore[assignment]  # only append is used
        connector = bench.connect()
        if logged_in:
            connector.open_shop()
        journal[0] = self.journal
        return Watched(connector, self.journal)

    def operations(self) -> dict[str, Callable[[Connector], Any]]:
        now = self.bench.clock.now()
        row = PriceAndStock(self.remote_id, SKU, self.offer.price_vnd, 7)
        return {
            "create": lambda shop: shop.create(self.bench.offer("HG-CAM-2")),
            "update": lambda shop: shop.update(self.remote_id, self.offer),
            "withdraw": lambda shop: shop.withdraw(self.remote_id, SKU),
            "set_price_and_stock": lambda shop: shop.set_price_and_stock([row]),
            "find": lambda shop: shop.find(SKU),
            "products": lambda shop: list(shop.products()),
            "orders": lambda shop: list(shop.orders(now - timedelta(days=2), now + timedelta(minutes=1))),
            "order": lambda shop: shop.order(self.order_no),
            "confirm": lambda shop: shop.confirm(self.order_no),
            "cancel": lambda shop: shop.cancel(self.order_no, self.reason),
            "cancel_reasons": lambda shop: shop.cancel_reasons(),
            "attributes": lambda shop: shop.attributes(self.offer.category),
            "categories": lambda shop: shop.categories(),
            "open_shop": lambda shop: shop.open_shop(),
        }

    def refusals(self) -> dict[str, Callable[[Connector], Any]]:
        """What the marketplace refuses though all goes well on the way."""
        nowhere = str(10**8 + 7)
        return {
            "a price nobody takes": lambda shop: shop.create(self.bench.offer("HG-CAM-3", price_vnd=1)),
            "no picture": lambda shop: shop.create(self.bench.offer("HG-CAM-4", pictures=())),
            "no words": lambda shop: shop.create(self.bench.offer("HG-CAM-5", title="", description="")),
            "a SKU twice": lambda shop: shop.create(self.offer),
            "a product that never was": lambda shop: shop.update(nowhere, self.offer),
            "stock of what never was": lambda shop: shop.set_price_and_stock(
                [PriceAndStock(nowhere, "HG-0", 150_000, 1), PriceAndStock(self.remote_id, SKU, 150_000, 1)]
            ),
            "an order that never was": lambda shop: shop.order("99999999"),
            "confirming nothing": lambda shop: shop.confirm("99999999"),
            "no such reason": lambda shop: shop.cancel(self.order_no, "KHONG-CO"),
            "no such category": lambda shop: shop.attributes("999999"),
        }

    def fail(self, do: Callable[[Connector], Any], *, logged_in: bool, **fault: Any) -> None:
        """Do it while every call fails that way (but a login that was done before)."""
        shop = self.shop(logged_in=logged_in)
        if fault:
            self.bench.control.faults([{"match": "*", "times": None, **fault}])
        with suppress(Exception):  # how it ended is in the journal
            do(shop)
        self.bench.control.faults([])


class _Forward:
    """Stands for a bench's list of exchanges: each goes to whoever listens now."""

    def __init__(self, listening: Sequence[Callable[[Any], None]]) -> None:
        self._listening = listening

    def append(self, exchange: Any) -> None:
        self._listening[0](exchange)


@contextmanager
def recorder(name: str) -> Iterator[Recorder]:
    with ExitStack() as stack:
        yield Recorder(name, Bench(marketplaces()[name], stack))


@pytest.fixture
def shop(db: Session) -> Shop:
    return make.a_shop(db, producer=make.a_cooperative(db))


def written(db: Session, shop: Shop, recorded: Recorder) -> list[Sequence[Exchange]]:
    """Write the journal down; its operations as the table has them."""
    note_exchanges(db, shop, recorded.journal.said, now=recorded.bench.clock.now())
    firsts: dict[str, Exchange] = {}
    for one in db.exec(select(Exchange)):
        firsts.setdefault(one.operation_key, one)
    return [calls_of(db, one) for one in firsts.values()]


def played(name: str, calls: Sequence[Exchange]) -> Replayed:
    return replay(calls, marketplaces()[name], name=name, switches={}, stored=lambda _url: PICTURE)


def told(replayed: Replayed, calls: Sequence[Exchange]) -> str:
    trail = [f"{one.method} {one.path} {one.status} {one.error}" for one in calls]
    return f"{replayed.operation}: {replayed.recorded} then {replayed.now}: {trail}"


@pytest.mark.parametrize("name", marketplaces())
def test_two_hundred_recorded_failures_end_with_the_same_cause(name, db, shop):
    with recorder(name) as recorded:
        for do in recorded.operations().values():
            for kind, more in FAULTS:
                for logged_in in (True, False):
                    recorded.fail(do, logged_in=logged_in, kind=kind, **more)
        for do in recorded.refusals().values():
            recorded.fail(do, logged_in=True)
        operations = written(db, shop, recorded)
    failed = [calls for calls in operations if calls[-1].cause is not None]

    results = [(played(name, calls), calls) for calls in failed]

    assert len(failed) >= 200
    assert {calls[0].operation for calls in failed} == {calls[0].operation for calls in operations}
    assert {calls[0].operation for calls in failed} >= WRITES | {"find", "products", "orders", "open_shop"}
    assert [told(*result) for result in results if not result[0].same] == []


@pytest.mark.parametrize("name", marketplaces())
def test_what_went_well_goes_well_again(name, db, shop):
    with recorder(name) as recorded:
        for do in recorded.operations().values():
            recorded.fail(do, logged_in=True)
        operations = written(db, shop, recorded)

    results = [(played(name, calls), calls) for calls in operations if calls[-1].cause is None]

    assert len(results) >= 10
    assert [told(*result) for result in results if not result[0].same] == []


@pytest.mark.parametrize("name", marketplaces())
def test_a_list_too_long_for_the_journal_is_still_read_up_to_the_call_that_failed(name, db, shop):
    told: list[int] = []

    def break_after_a_long_answer(call: Any) -> None:
        if told:
            call.status, call.body = "500 Internal Server Error", b"{}"
        elif len(call.body) > MAX_CHARS:
            told.append(len(call.body))

    with recorder(name) as recorded:
        for number in range(recorded.bench.limits.list_page + 10):
            recorded.bench.shop.create(recorded.bench.offer(f"HG-DAI-{number}"))
        watched = recorded.shop(logged_in=True)
        with recorded.bench.altered(break_after_a_long_answer), pytest.raises(Unavailable):
            list(watched.products())
        operations = written(db, shop, recorded)
        [calls] = [calls for calls in operations if calls[0].operation]

    assert len(calls) > 1
    assert max(len(one.response) for one in calls) < 2 * MAX_CHARS
    assert any("… (+" in one.response for one in calls)
    assert played(name, calls) == Replayed("products", len(calls), "server_error", "server_error")


def test_a_last_row_nobody_can_read_is_kept_however_long_the_answer(db, shop):
    def break_last(answer: Any) -> Any:
        answer["result"]["data"][-1] = "không phải một tin"
        return answer

    with recorder("sendo") as recorded:
        for number in range(49):
            recorded.bench.shop.create(recorded.bench.offer(f"HG-DAI-{number}"))
        watched = recorded.shop(logged_in=True)
        with recorded.bench.altered_json(break_last), pytest.raises(Exception):  # noqa: B017, PT011 - any
            list(watched.products())
        operations = written(db, shop, recorded)
        [calls] = [calls for calls in operations if calls[0].operation]

    assert len(calls[-1].response) > MAX_CHARS
    assert calls[-1].cause is not None
    assert played("sendo", calls).same


def test_an_answer_that_was_another_ends_otherwise(db, shop):
    with recorder("sendo") as recorded:
        recorded.fail(recorded.operations()["find"], logged_in=True, kind="html_body")
        [calls] = written(db, shop, recorded)
    for one in calls:
        one.status, one.response, one.error = 500, "{}", "server_error"

    assert played("sendo", calls) == Replayed("find", len(calls), "unreadable_answer", "server_error")


def test_what_belongs_to_no_operation_is_refused(db, shop):
    alone = Exchange(shop_id=shop.id, at=make.NOW, method="GET", path="/x", status=200)
    bare = Exchange(shop_id=shop.id, at=make.NOW, method="GET", path="/x", status=200, operation="find")

    for calls in ([alone], [bare]):
        with pytest.raises(NotReplayable):
            played("sendo", calls)
    with pytest.raises(NoMock):
        replay([alone], None, name="chợ phiên", switches={}, stored=lambda _url: PICTURE)


@pytest.mark.parametrize("name", marketplaces())
def test_an_offer_told_to_the_journal_is_the_same_offer_again(name):
    with recorder(name) as recorded:
        offer = recorded.offer

    assert offer_of(json.loads(json.dumps(offer_told(offer)))) == offer


@pytest.mark.parametrize("name", marketplaces())
def test_the_journal_of_failures_holds_no_secret_and_nobody(name, db, shop):
    with recorder(name) as recorded:
        for do in (*recorded.operations().values(), *recorded.refusals().values()):
            recorded.fail(do, logged_in=False)
            recorded.fail(do, logged_in=True, kind="expired_token")
        written(db, shop, recorded)
        keys = set(recorded.bench.credentials.values())
        calls = recorded.bench.wire.calls
    tokens = {word for call in calls for word in _signatures(call.environ) if len(word) >= LEAST_SECRET}
    answered = " ".join(call.body.decode("utf-8", "replace") for call in calls)
    rows = [
        [one.path, one.request, one.response, one.arguments, one.error, one.cause]
        for one in db.exec(select(Exchange))
    ]
    table = json.dumps(rows, ensure_ascii=False)

    assert PHONE.search(answered), "the mock told no phone: nothing is proved"
    assert "2099" in answered, "the mock told of no buyer: nothing is proved"
    assert len(tokens) >= 2
    assert [word for word in keys | tokens if len(word) >= LEAST_SECRET and word in table] == []
    assert PHONE.findall(table) == []
    assert "2099" not in table  # in every invented buyer's name and address


def _signatures(environ: dict[str, Any]) -> list[str]:
    """Words of the headers that no plain client sends: tokens."""
    plain = {"USER_AGENT", "ACCEPT", "ACCEPT_ENCODING", "CONNECTION", "HOST"}
    sent = [str(environ[key]) for key in environ if key.startswith("HTTP_") and key[5:] not in plain]
    return [word for value in sent for word in value.split()]
