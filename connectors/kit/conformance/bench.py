"""What a check works at: a fresh mock, a connector to it, and a clock nobody waits for."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.kit.conformance.checks import Failed, expect
from connectors.kit.conformance.goods import PICTURE, an_offer, blocking
from connectors.kit.conformance.wire import Call, Wire
from connectors.kit.control import Control, Impossible
from connectors.kit.errors import ConnectorError, Rejected
from connectors.kit.inside import inside
from connectors.kit.mock_push import Push
from connectors.kit.protocol import (
    Attribute,
    Category,
    Connector,
    Exchange,
    Marketplace,
    Offer,
    Options,
    RemoteOrder,
    RemoteProduct,
    RemoteState,
    Schema,
    Standing,
    UnreadOrder,
)
from connectors.kit.serving import listen

START = datetime(2021, 12, 20, 2, 0, tzinfo=UTC)
PATIENCE = 15.0  #: seconds a connector waits for an answer
CODE = re.compile(r"[a-z][a-z0-9_]*(\.\w+)*")  #: after a dot a name of the marketplace may stand


@dataclass
class Clock:
    """A monotonic clock and a wall clock that move together, when somebody sleeps or says so."""

    seconds: float = 1_000.0
    slept: float = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds - 1_000)

    def sleep(self, seconds: float) -> None:
        self.slept += seconds
        self.seconds += seconds


class Bench:
    """One fresh mock of a marketplace; `shop` is a connector to it, `control` its buyer and moderator."""

    def __init__(
        self, marketplace: Marketplace, stack: ExitStack, *, sockets: bool = False, **mock: Any
    ) -> None:
        self.marketplace = marketplace
        self.limits = marketplace.limits
        self.clock = Clock()
        self.pushed: list[Push] = []
        self.exchanges: list[Exchange] = []
        usual = {"rate_per_second": None, "moderation": False}
        self.app = marketplace.create_mock(
            now=self.clock.now,
            monotonic=self.clock.monotonic,
            send=self.pushed.append,
            **{**usual, **mock},
        )
        self.credentials: dict[str, str] = dict(self.app.extensions["mock"].credentials)
        self.wire = Wire(self.app, self.clock.monotonic)
        if sockets:
            serving = listen(self.wire)  # type: ignore[arg-type]  # any WSGI application is served
            stack.callback(serving.stop)
            self.base_url = serving.base_url
        else:
            self.base_url = f"http://{marketplace.name.replace('_', '-')}.inside"
            stack.enter_context(inside(self.wire, self.base_url))
        self._stack = stack
        self.control = Control(self.base_url)
        stack.callback(self.control.close)
        self.shop = self.connect()
        self._schemas: dict[str, Schema] = {}
        self._usual: Offer | None = None

    def connect(self, credentials: Mapping[str, str] | None = None, **options: Any) -> Connector:
        """One more connector to the same mock; unpaced unless told otherwise."""
        usual: dict[str, Any] = {
            "calls_per_second": 0,
            "read_timeout": PATIENCE,
            "picture": lambda _url: PICTURE,
            "sleep": self.clock.sleep,
            "clock": self.clock.monotonic,
            "now": self.clock.now,
        }
        chosen = Options(self.base_url, **{**usual, **options})
        keys = self.credentials if credentials is None else credentials
        shop = self.marketplace.connect(keys, chosen, self.exchanges.append)
        self._stack.callback(getattr(shop, "close", lambda: None))
        return shop

    # What the marketplace is asked to take

    def categories(self) -> Sequence[Category]:
        """The marketplace's tree, asked once."""
        return self.shop.categories()

    def schema(self, category: str) -> Schema:
        """A leaf with its attributes, asked once."""
        if category not in self._schemas:
            self._schemas[category] = Schema(category, tuple(self.shop.attributes(category)))
        return self._schemas[category]

    def offer(self, sku: str = "HG-CAM-1", **changes: Any) -> Offer:
        """Plain goods that the marketplace's own rules take."""
        if self._usual is None:
            self._usual = self._first_green()
        return replace(self._usual, sku=sku, **changes)

    def _first_green(self) -> Offer:
        found: list[str] = []
        for leaf in (one for one in self.categories() if one.leaf):
            offer = an_offer(self.marketplace, self.schema(leaf.id))
            found = [f"{problem.field}: {problem.code}" for problem in blocking(self.marketplace, offer)]
            if not found:
                return offer
        raise Failed(f"no leaf category takes plain goods; the last one said {found}")

    # What is done there

    def published(self, offer: Offer | str = "HG-CAM-1", **changes: Any) -> str:
        """Create, and let the moderator approve what waits; the remote id."""
        wanted = self.offer(offer, **changes) if isinstance(offer, str) else offer
        remote_id = self.shop.create(wanted)
        self.approve(wanted.sku)
        return remote_id

    def approve(self, sku: str) -> None:
        """The moderator says yes to whatever waits."""
        if self.goods(sku)["status"] == RemoteState.PENDING:
            self.control.moderate(sku, "approve")

    def settled(self, remote_id: str, ticket: str | None, sku: str) -> None:
        """Let a change that waits for an approval have it."""
        if ticket is None:
            self.approve(sku)
        elif self.shop.verdict(remote_id, ticket).standing is Standing.PENDING:
            self.control.moderate(sku, "approve")
            verdict = self.shop.verdict(remote_id, ticket)
            expect(verdict.standing is Standing.ACCEPTED, f"an approved change is told as {verdict}")

    def updated(self, remote_id: str, offer: Offer) -> None:
        """Update, and let a change that waits be approved."""
        self.settled(remote_id, self.shop.update(remote_id, offer), offer.sku)

    def withdrawn(self, remote_id: str, sku: str) -> None:
        """Withdraw, and let a change that waits be approved."""
        self.settled(remote_id, self.shop.withdraw(remote_id, sku), sku)

    def buy(self, sku: str, packs: int = 1, at: datetime | None = None) -> str:
        """A buyer orders; the order's number."""
        return str(self.control.buy(sku, packs, at)["order_no"])

    def an_order(self, sku: str = "HG-CAM-1", packs: int = 3) -> str:
        """Publish and sell; the order's number."""
        self.published(sku)
        return self.buy(sku, packs)

    def brought(self, *steps: str, packs: int = 3) -> str:
        """An order taken through these steps; its number."""
        order_no = self.an_order(packs=packs)
        for step in steps:
            self.clock.seconds += 60
            self.control.advance(order_no, step)
        return order_no

    def can_be_bought(self, sku: str) -> bool:
        """Whether a buyer gets one."""
        try:
            self.control.buy(sku, 1)
        except Impossible:
            return False
        return True

    # What is there

    def state(self) -> dict[str, Any]:
        """Everything the mock remembers."""
        return self.control.state()

    def rows(self, sku: str) -> list[dict[str, Any]]:
        """Products of a SKU that were not deleted."""
        products = self.state()["products"]
        return [row for row in products if row["sku"] == sku and row["status"] != RemoteState.DELETED]

    def goods(self, sku: str = "HG-CAM-1") -> dict[str, Any]:
        """The one product of a SKU."""
        rows = self.rows(sku)
        expect(len(rows) == 1, f"the marketplace has {len(rows)} products of the SKU {sku}, expected one")
        return rows[0]

    def order_row(self, order_no: str) -> dict[str, Any]:
        """One order as the mock remembers it."""
        return next(row for row in self.state()["orders"] if row["order_no"] == order_no)

    def violations(self) -> list[str]:
        """What no honest client does, as noted by the mock."""
        return [str(row["kind"]) for row in self.state()["violations"]]

    def found(self, sku: str = "HG-CAM-1") -> RemoteProduct:
        """The product as the connector reads it."""
        product = self.shop.find(sku)
        if product is None:
            raise Failed(f"the SKU {sku} is there and was not found")
        return product

    def listed(self) -> list[RemoteProduct]:
        """All products as the connector lists them."""
        return [product for page in self.shop.products() for product in page]

    def told(self, days: float = 2, shop: Connector | None = None) -> list[RemoteOrder | UnreadOrder]:
        """All orders of the last days as the connector tells them."""
        now = self.clock.now()
        pages = (shop or self.shop).orders(now - timedelta(days=days), now + timedelta(minutes=1))
        return [order for page in pages for order in page]

    def told_once(self, order_no: str, days: float = 2) -> RemoteOrder:
        """One order among those told."""
        orders = [order for order in self.told(days) if order.order_no == order_no]
        expect(orders, f"order {order_no} was not told")
        for order in orders:
            if isinstance(order, UnreadOrder):
                raise Failed(f"order {order_no} could not be read: {order.code}")
        last = orders[-1]
        if not isinstance(last, RemoteOrder):
            raise Failed(f"order {order_no} could not be read")
        return last

    # What goes wrong

    def fail(self, kind: str, match: str = "*", times: int | None = 1, **more: Any) -> None:
        """Plan one failure and no other."""
        self.control.faults([{"match": match, "kind": kind, "times": times, **more}])

    def refused(self, kind: type[ConnectorError] | tuple[type[ConnectorError], ...], do: Any) -> Any:
        """The error that `do` ends with: one of the wanted kind, with a code and a whole sentence."""
        wanted = kind if isinstance(kind, tuple) else (kind,)
        names = " or ".join(one.__name__ for one in wanted)
        try:
            result = do()
        except ConnectorError as error:
            expect(isinstance(error, wanted), f"raised {type(error).__name__} ({error}), expected {names}")
            well_told(error)
            return error
        except Exception as error:
            raise Failed(f"raised {type(error).__name__} ({error}), expected {names}") from error
        raise Failed(f"returned {result!r}, expected {names}")

    def unharmed(self, do: Any) -> ConnectorError | None:
        """Run what may end well or with one of the four errors, but with nothing else."""
        try:
            do()
        except ConnectorError as error:
            well_told(error)
            return error
        except Exception as error:
            raise Failed(f"raised {type(error).__name__} ({error}), which is none of the four") from error
        return None

    @contextmanager
    def altered(
        self, change: Callable[[Call], None], *, logins: bool = False, only: str | None = None
    ) -> Iterator[None]:
        """Within the block answers are changed on their way back, those of logins only when asked.

        `only`: nothing but the answers of that call.
        """
        spared = set() if logins else self.logins()

        def alter(call: Call) -> None:
            if call.name not in spared and only in (None, call.name):
                change(call)

        self.wire.alter = alter
        try:
            yield
        finally:
            self.wire.alter = None

    def altered_json(
        self, change: Callable[[Any], Any], *, logins: bool = False, only: str | None = None
    ) -> AbstractContextManager[None]:
        """The same for the JSON of answers."""

        def alter(call: Call) -> None:
            if call.body:
                call.tell(change(call.json))

        return self.altered(alter, logins=logins, only=only)

    def calls(self, do: Callable[[], Any]) -> list[Call]:
        """The calls something makes."""
        before = len(self.wire.calls)
        do()
        return self.wire.calls[before:]

    def logins(self) -> set[str]:
        """The calls that log in."""
        shop = self.connect()
        return {call.name for call in self.calls(shop.open_shop)}

    def writer(self, do: Callable[[], Any]) -> str:
        """The call of `do` that changes goods or orders, as faults and counts name it."""
        names: list[str] = []
        before = [self._memory()]

        def compare(_call: Call) -> None:
            now = self._memory()
            if now[0] != before[0][0]:
                counted = now[1].items() - before[0][1].items()
                names.extend(name for name, _ in counted)
            before[0] = now

        self.wire.after = compare
        try:
            do()
        finally:
            self.wire.after = None
        expect(names, "no call changed anything")
        return names[0]

    def _memory(self) -> tuple[str, dict[str, int]]:
        state = self.state()
        return repr((state["products"], state["orders"])), dict(state["calls"])

    def creating(self) -> str:
        """The call that creates, learnt with goods of its own."""
        return self.writer(lambda: self.shop.create(self.offer("HG-HOC-1")))

    def count(self, name: str) -> int:
        """How often a call was made."""
        return int(self.state()["calls"].get(name, 0))

    def required(self) -> tuple[Category, Attribute] | None:
        """A leaf and an attribute it must have; None when nothing is required anywhere."""
        for leaf in (one for one in self.categories() if one.leaf):
            for attribute in self.schema(leaf.id).attributes:
                if attribute.required:
                    return leaf, attribute
        return None


def well_told(error: ConnectorError) -> None:
    """A stable code, and a whole sentence that can be filled."""
    expect(CODE.fullmatch(error.code), f"the code {error.code!r} is not lower case words")
    sentences = [error.sentence, *(error.fields.values() if isinstance(error, Rejected) else ())]
    expect(all(sentence.strip() for sentence in sentences), f"{error.code}: an empty sentence")
    try:
        filled = error.sentence % error.facts
    except (KeyError, ValueError, TypeError) as broken:
        raise Failed(f"{error.code}: “{error.sentence}” cannot be filled from {error.facts}") from broken
    expect(filled[:1].upper() == filled[:1], f"{error.code}: “{filled}” does not begin like a sentence")
    expect(len(filled.split()) >= 3, f"{error.code}: “{filled}” is no whole sentence")
    expect(error.sentence.rstrip().endswith((".", "!", ")s")), f"{error.code}: “{filled}” has no full stop")


@contextmanager
def opened(marketplace: Marketplace, *, sockets: bool = False, **mock: Any) -> Iterator[Bench]:
    """A fresh bench, taken down at the end."""
    with ExitStack() as stack:
        yield Bench(marketplace, stack, sockets=sockets, **mock)
