"""However publishing, stopping, moderators, buyers and lost answers follow each other: there is one product,
and buyers can never take more than the application has stored as exposed (design §5)."""

from collections.abc import Callable
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from connectors.kit.errors import ConnectorError
from connectors.kit.mock_goods import Impossible
from connectors.kit.protocol import RemoteState
from connectors.kit.publishing import publish
from connectors.postmart import mapping
from tests.connectors.postmart import SKU, an_offer, opened

DOUBT = 90  #: seconds in which a lost write may still arrive
CALLS = (
    "POST /CreateProduct",
    "POST /productCorrection",
    "POST /UpdateStock",
    "GET /createProductByDraft",
    "GET /getProduct",
)
KINDS = ("timeout_before", "timeout_after", "late_apply", "http_500", "http_429", "reset", "html_body")
faults = st.none() | st.fixed_dictionaries(
    {"kind": st.sampled_from(KINDS), "match": st.sampled_from(CALLS), "retry_after": st.just(600)}
)


class Publishing(RuleBasedStateMachine):
    """Keeps of one listing what the application keeps, the way it keeps it."""

    def __init__(self) -> None:
        super().__init__()
        self._opened = opened(moderation=True)
        self.postmart = self._opened.__enter__()
        self.exposure = 0
        self.remote_id: str | None = None
        self.unclear = False

    def teardown(self) -> None:
        self._opened.__exit__(None, None, None)

    def _write(self, fault: dict[str, Any] | None, packs: int, say: Callable[[], Any]) -> Any:
        """Store what may be exposed, send, and take it back only when certainly nothing was done."""
        before = self.exposure
        self.exposure += packs
        rules = [] if fault is None else [{**fault, "times": 1, "delay": DOUBT - 1}]
        self.postmart.mock.faults.load(rules)
        try:
            return say()
        except ConnectorError as error:
            self.unclear = error.maybe_done
            if not error.maybe_done:
                self.exposure = before
            return None
        finally:
            self.postmart.mock.faults.load([])

    @precondition(lambda self: not self.unclear)
    @rule(
        packs=st.integers(0, 9),
        title=st.sampled_from(["Cam sành ngon", "Cam sành mới hái"]),
        price=st.sampled_from([150_000, 160_000, 10]),
        fault=faults,
    )
    def wish_on_sale(self, packs: int, title: str, price: int, fault: dict[str, Any] | None) -> None:
        offer = an_offer(packs=packs, title=title, price_vnd=price)
        done = self._write(fault, packs, lambda: publish(self.postmart.shop, offer, self.remote_id))
        self.remote_id = done.remote_id if done else self.remote_id

    @precondition(lambda self: self.remote_id is not None and not self.unclear)
    @rule(fault=faults)
    def stop(self, fault: dict[str, Any] | None) -> None:
        self._write(fault, 0, lambda: self.postmart.shop.withdraw(self.remote_id or "", SKU))

    @precondition(lambda self: self.unclear)
    @rule()
    def look_up(self) -> None:
        self.postmart.time.seconds += DOUBT
        found = self.postmart.shop.find(SKU)
        self.unclear = False
        self.remote_id = found.remote_id if found else None
        self.exposure = max(self.exposure, found.packs) if found else 0

    @precondition(lambda self: self.remote_id is not None and not self.unclear)
    @rule()
    def read_back(self) -> None:
        self.postmart.time.seconds += DOUBT
        found = self.postmart.shop.find(SKU)
        assert found is not None
        off = found.state in (RemoteState.OFF, RemoteState.DELETED)
        self.exposure = min(self.exposure, 0 if off else found.packs)

    @rule(verdict=st.sampled_from(["approve", "approve", "reject", "lock"]))
    def moderator(self, verdict: str) -> None:
        try:
            self.postmart.mock.moderate(SKU, verdict, "Chưa rõ")
        except Impossible:
            return

    @rule(packs=st.integers(1, 3))
    def buyer(self, packs: int) -> None:
        try:
            self.postmart.mock.buy(SKU, packs)
        except Impossible:
            return

    @invariant()
    def buyers_can_take_no_more_than_is_stored(self) -> None:
        live = [
            one.stock
            for one in self.postmart.mock.products.values()
            if one.wire["status"] == mapping.APPROVED
        ]
        assert sum(live) <= self.exposure

    @invariant()
    def there_is_one_product_at_most(self) -> None:
        assert len(self.postmart.mock.products) <= 1
        assert self.postmart.mock.violations == []


Publishing.TestCase.settings = settings(
    max_examples=60, stateful_step_count=25, deadline=None, derandomize=True, database=None
)
TestPublishing = Publishing.TestCase
