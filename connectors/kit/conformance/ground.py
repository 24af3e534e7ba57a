"""The ground a bench stands on: the mock, connectors to it, the wire between, and what goes wrong there."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.kit.conformance.checks import Failed, expect
from connectors.kit.conformance.goods import PICTURE
from connectors.kit.conformance.manners import well_told
from connectors.kit.conformance.wire import Call, Wire
from connectors.kit.control import Control
from connectors.kit.errors import ConnectorError
from connectors.kit.inside import inside
from connectors.kit.mock_push import Push
from connectors.kit.protocol import Connector, Exchange, Marketplace, Options
from connectors.kit.serving import listen

START = datetime(2021, 12, 20, 2, 0, tzinfo=UTC)
PATIENCE = 15.0  #: seconds a connector waits for an answer


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


class Ground:
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

    # What the mock remembers

    def state(self) -> dict[str, Any]:
        """Everything the mock remembers."""
        return self.control.state()

    def violations(self) -> list[str]:
        """What no honest client does, as noted by the mock."""
        return [str(row["kind"]) for row in self.state()["violations"]]

    def count(self, name: str) -> int:
        """How often a call was made."""
        return int(self.state()["calls"].get(name, 0))

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
