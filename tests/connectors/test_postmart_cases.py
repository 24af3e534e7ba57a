"""Changes that wait for approval: tickets, verdicts, what is superseded, and lost answers on the way."""

from typing import Any

import pytest

from connectors.kit.errors import Rejected, Unavailable
from connectors.kit.protocol import RemoteState, Standing, Verdict
from connectors.kit.publishing import Published, publish
from connectors.postmart import mapping
from tests.connectors.postmart import SKU, Postmart, an_offer, opened

CORRECT = "POST /productCorrection"
STOCK = "POST /UpdateStock"
HAND_IN = "GET /createProductByDraft"
FIRST = "700000001"


@pytest.fixture
def postmart() -> Any:
    """A shop whose changes wait for the moderator, with one product on sale."""
    with opened(moderation=True) as shop:
        shop.shop.create(an_offer())
        moderate(shop, "approve")
        yield shop


def moderate(postmart: Postmart, verdict: str, reason: str | None = None) -> None:
    answer = postmart.control("moderate", {"sku": SKU, "verdict": verdict, "reason": reason})
    assert answer.status_code == 200, answer.text


def state(postmart: Postmart) -> RemoteState:
    found = postmart.shop.find(SKU)
    assert found is not None
    return found.state


def test_an_unchanged_offer_sends_nothing(postmart: Postmart) -> None:
    assert postmart.shop.update(FIRST, an_offer()) is None
    assert (postmart.calls(CORRECT), postmart.calls(STOCK)) == (0, 0)


def test_stock_is_written_at_once_and_needs_no_approval(postmart: Postmart) -> None:
    assert postmart.shop.update(FIRST, an_offer(packs=7)) is None
    assert (postmart.only().stock, postmart.calls(CORRECT)) == (7, 0)


def test_content_and_price_wait_for_approval_under_one_ticket(postmart: Postmart) -> None:
    ticket = postmart.shop.update(FIRST, an_offer(title="Cam mới ngọt", price_vnd=160_000, packs=7))
    assert ticket == "CASE000001,CASE000002"
    product = postmart.only()
    assert (product.title, product.price_vnd, product.stock) == ("Cam sành Hà Giang thùng 5 kg", 150_000, 7)
    assert postmart.shop.verdict(FIRST, ticket) == Verdict(Standing.PENDING)
    moderate(postmart, "approve")
    assert postmart.shop.verdict(FIRST, ticket) == Verdict(Standing.ACCEPTED)
    assert (product.title, product.price_vnd, product.stock) == ("Cam mới ngọt", 160_000, 7)


def test_a_refused_change_leaves_what_is_there_and_says_why(postmart: Postmart) -> None:
    ticket = postmart.shop.update(FIRST, an_offer(title="Cam mới ngọt"))
    assert ticket is not None
    moderate(postmart, "reject", "Tên chưa rõ giống")
    assert postmart.shop.verdict(FIRST, ticket) == Verdict(Standing.REFUSED, "Tên chưa rõ giống")
    assert postmart.only().title == "Cam sành Hà Giang thùng 5 kg"
    assert state(postmart) is RemoteState.LIVE


def test_a_newer_change_takes_the_place_of_the_one_that_waits(postmart: Postmart) -> None:
    first = postmart.shop.update(FIRST, an_offer(price_vnd=160_000))
    second = postmart.shop.update(FIRST, an_offer(price_vnd=170_000))
    assert (first, second) == ("CASE000001", "CASE000002")
    assert first is not None
    assert postmart.shop.verdict(FIRST, first) == Verdict(Standing.REFUSED, "Đã thay bằng yêu cầu CASE000002")
    moderate(postmart, "approve")
    assert postmart.only().price_vnd == 170_000


def test_taking_a_change_back_before_it_is_approved_leaves_the_old_price(postmart: Postmart) -> None:
    postmart.shop.update(FIRST, an_offer(price_vnd=160_000))
    ticket = postmart.shop.update(FIRST, an_offer())
    assert ticket == "CASE000002"
    moderate(postmart, "approve")
    assert postmart.only().price_vnd == 150_000
    assert postmart.shop.update(FIRST, an_offer()) is None


@pytest.mark.parametrize("kind", ["timeout_after", "html_body", "truncated_json"])
def test_a_correction_whose_answer_was_lost_is_found_again_and_not_sent_twice(
    kind: str, postmart: Postmart
) -> None:
    postmart.fail(kind, CORRECT)
    changed = an_offer(title="Cam mới ngọt", packs=7)
    with pytest.raises(Unavailable) as lost:
        postmart.shop.update(FIRST, changed)
    assert lost.value.maybe_done
    assert postmart.only().stock == 40
    assert publish(postmart.shop, changed, FIRST) == Published(FIRST, ticket="CASE000001")
    assert (postmart.only().stock, postmart.calls(CORRECT)) == (7, 1)


def test_a_stock_write_whose_answer_was_lost_keeps_the_ticket_findable(postmart: Postmart) -> None:
    postmart.fail("timeout_after", STOCK)
    changed = an_offer(title="Cam mới ngọt", packs=7)
    with pytest.raises(Unavailable) as lost:
        postmart.shop.update(FIRST, changed)
    assert (lost.value.maybe_done, postmart.only().stock) == (True, 7)
    assert postmart.shop.update(FIRST, changed) == "CASE000001"
    assert (postmart.calls(CORRECT), postmart.calls(STOCK)) == (1, 1)


def test_a_refused_correction_leaves_the_stock_unwritten(postmart: Postmart) -> None:
    with pytest.raises(Rejected) as refused:
        postmart.shop.update(FIRST, an_offer(price_vnd=10, packs=7))
    assert set(refused.value.fields) == {"price_vnd"}
    assert postmart.only().stock == 40


@pytest.mark.parametrize("keys", ["pascal", "lower"])
def test_where_nobody_moderates_asking_settles_it(keys: str) -> None:
    with opened(case_keys=keys) as postmart:
        postmart.shop.create(an_offer())
        ticket = postmart.shop.update(FIRST, an_offer(price_vnd=160_000))
        assert (ticket, postmart.only().price_vnd) == ("CASE000001", 150_000)
        assert postmart.shop.verdict(FIRST, "CASE000001") == Verdict(Standing.ACCEPTED)
        assert postmart.only().price_vnd == 160_000


def test_a_verdict_of_two_waits_for_both_and_one_refusal_refuses(postmart: Postmart) -> None:
    postmart.shop.update(FIRST, an_offer(title="Cam mới ngọt", price_vnd=160_000))
    memory = postmart.mock
    memory.decide_case(postmart.only(), memory.cases["CASE000001"], accept=True)
    ticket = "CASE000001,CASE000002"
    assert postmart.shop.verdict(FIRST, ticket) == Verdict(Standing.PENDING)
    memory.decide_case(postmart.only(), memory.cases["CASE000002"], accept=False, reason="Giá quá cao")
    assert postmart.shop.verdict(FIRST, ticket) == Verdict(Standing.REFUSED, "Giá quá cao")


# --- a product that is not on sale


def test_what_waits_for_the_moderator_is_changed_later_but_its_stock_at_once() -> None:
    with opened(moderation=True) as postmart:
        postmart.shop.create(an_offer())
        assert publish(postmart.shop, an_offer(packs=7), FIRST) == Published(FIRST)
        assert postmart.only().stock == 7
        with pytest.raises(Unavailable) as waiting:
            publish(postmart.shop, an_offer(price_vnd=160_000, packs=9), FIRST)
        assert (waiting.value.code, waiting.value.retry_after) == ("in_moderation", 1800)
        assert not waiting.value.maybe_done
        assert (postmart.only().stock, postmart.calls(CORRECT)) == (7, 0)
        adopted = publish(postmart.shop, an_offer(price_vnd=160_000), None, unclear=True)
        assert adopted == Published(FIRST, adopted=True, current=False)


def test_what_was_refused_is_mended_at_once_and_handed_in_again() -> None:
    with opened(moderation=True) as postmart:
        postmart.shop.create(an_offer())
        moderate(postmart, "reject", "Ảnh mờ")
        found = postmart.shop.find(SKU)
        assert found is not None
        assert (found.state, found.reason) == (RemoteState.REJECTED, "Ảnh mờ")
        assert postmart.shop.update(FIRST, an_offer(title="Cam mới ngọt", price_vnd=160_000, packs=7)) is None
        product = postmart.only()
        assert (product.title, product.price_vnd, product.stock) == ("Cam mới ngọt", 160_000, 7)
        assert state(postmart) is RemoteState.PENDING


def test_a_draft_is_filled_in_and_handed_in() -> None:
    with opened() as postmart:
        body = mapping.creation("T000180585", mapping.information(an_offer(), [b"\xff\xd8\xff"]))
        postmart.shop.call("POST", "/CreateProduct", {**body, "productCreationStatus": 0})
        assert state(postmart) is RemoteState.DRAFT
        assert publish(postmart.shop, an_offer(packs=7), None) == Published(FIRST, adopted=True)
        assert (state(postmart), postmart.only().stock) == (RemoteState.LIVE, 7)
        assert postmart.mock.violations == []


@pytest.mark.parametrize("kind", ["timeout_before", "timeout_after", "http_500"])
def test_a_hand_in_whose_answer_was_lost_may_have_happened(kind: str) -> None:
    with opened(moderation=True) as postmart:
        postmart.shop.create(an_offer())
        moderate(postmart, "reject", "Ảnh mờ")
        postmart.fail(kind, HAND_IN)
        with pytest.raises(Unavailable) as lost:
            postmart.shop.update(FIRST, an_offer(packs=7))
        assert lost.value.maybe_done
        assert postmart.shop.update(FIRST, an_offer(packs=7)) is None
        assert (state(postmart), postmart.only().stock) == (RemoteState.PENDING, 7)


def test_a_hand_in_that_is_refused_never_counts_as_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its stock was written: the application must look, so that it never stores less than is exposed."""
    with opened(moderation=True) as postmart:
        postmart.shop.create(an_offer())
        moderate(postmart, "reject", "Ảnh mờ")
        say = postmart.shop._body

        def racing(method: str, path: str, *args: Any, **more: Any) -> Any:
            if path == "/createProductByDraft":
                moderate(postmart, "approve")
            return say(method, path, *args, **more)

        monkeypatch.setattr(postmart.shop, "_body", racing)
        with pytest.raises(Unavailable) as lost:
            postmart.shop.update(FIRST, an_offer(packs=7))
        assert lost.value.maybe_done
        assert postmart.only().stock == 7


def test_a_locked_product_is_not_changed_and_a_gone_one_says_so(postmart: Postmart) -> None:
    moderate(postmart, "lock", "Ảnh không thật")
    with pytest.raises(Rejected) as locked:
        postmart.shop.update(FIRST, an_offer(packs=7))
    assert (locked.value.code, postmart.only().stock) == ("locked", 40)
    with pytest.raises(Rejected) as gone:
        postmart.shop.update("700000099", an_offer())
    assert gone.value.code == "gone"


# --- stopping and bringing back


def test_withdrawing_stops_buyers_at_once_and_the_stop_waits_for_approval(postmart: Postmart) -> None:
    ticket = postmart.shop.withdraw(FIRST, SKU)
    assert ticket == "CASE000001"
    assert (state(postmart), postmart.only().stock) == (RemoteState.OFF, 0)
    assert postmart.control("buy", {"sku": SKU, "packs": 1}).status_code == 409
    moderate(postmart, "approve")
    assert postmart.shop.verdict(FIRST, ticket) == Verdict(Standing.ACCEPTED)
    found = postmart.shop.find(SKU)
    assert found is not None
    assert (found.state, found.raw_state, found.packs) == (RemoteState.OFF, "9", 0)


def test_withdrawing_twice_or_what_is_gone_is_a_success(postmart: Postmart) -> None:
    postmart.shop.withdraw(FIRST, SKU)
    moderate(postmart, "approve")
    assert postmart.shop.withdraw(FIRST, SKU) is None
    assert postmart.shop.withdraw("700000099", "KHONG-CO") is None
    assert postmart.mock.violations == []


@pytest.mark.parametrize("verdict", ["lock", "reject"])
def test_withdrawing_what_a_moderator_took_down_is_a_success(verdict: str) -> None:
    with opened(moderation=True) as postmart:
        postmart.shop.create(an_offer())
        moderate(postmart, verdict)
        assert postmart.shop.withdraw(FIRST, SKU) is None
        assert postmart.only().stock == 0


def test_withdrawing_what_waits_for_the_moderator_waits_for_nobody() -> None:
    with opened(moderation=True) as postmart:
        postmart.shop.create(an_offer())
        assert postmart.shop.withdraw(FIRST, SKU) is None
        assert (state(postmart), postmart.only().stock) == (RemoteState.OFF, 0)


def test_buyers_are_stopped_though_the_stop_itself_fails(postmart: Postmart) -> None:
    postmart.fail("timeout_before", CORRECT)
    with pytest.raises(Unavailable) as lost:
        postmart.shop.withdraw(FIRST, SKU)
    assert (lost.value.maybe_done, postmart.only().stock) == (True, 0)
    assert postmart.shop.withdraw(FIRST, SKU) == "CASE000001"


def test_what_comes_back_on_sale_reads_as_waiting_never_as_off(postmart: Postmart) -> None:
    postmart.shop.withdraw(FIRST, SKU)
    moderate(postmart, "approve")
    ticket = postmart.shop.update(FIRST, an_offer(packs=12))
    assert ticket == "CASE000002"
    assert (state(postmart), postmart.only().stock) == (RemoteState.PENDING, 12)
    moderate(postmart, "approve")
    assert postmart.shop.verdict(FIRST, ticket) == Verdict(Standing.ACCEPTED)
    assert state(postmart) is RemoteState.LIVE


def test_stock_of_what_is_off_sale_is_written_before_the_change_that_brings_it_back(
    postmart: Postmart,
) -> None:
    postmart.shop.withdraw(FIRST, SKU)
    moderate(postmart, "approve")
    postmart.only().stock = 500  # somebody wrote it by hand in the portal
    postmart.fail("timeout_before", CORRECT)
    with pytest.raises(Unavailable) as lost:
        postmart.shop.update(FIRST, an_offer(packs=12))
    assert lost.value.maybe_done
    assert postmart.only().stock == 12


def test_publishing_while_a_stop_waits_takes_the_stop_back(postmart: Postmart) -> None:
    stop = postmart.shop.withdraw(FIRST, SKU)
    back = postmart.shop.update(FIRST, an_offer())
    assert (stop, back) == ("CASE000001", "CASE000002")
    moderate(postmart, "approve")
    assert (state(postmart), postmart.only().stock) == (RemoteState.LIVE, 40)


def test_a_stop_takes_back_the_changes_that_wait(postmart: Postmart) -> None:
    postmart.shop.update(FIRST, an_offer(title="Cam mới ngọt", price_vnd=160_000))
    postmart.shop.withdraw(FIRST, SKU)
    moderate(postmart, "approve")
    assert state(postmart) is RemoteState.OFF
    assert (postmart.only().title, postmart.only().price_vnd) == ("Cam sành Hà Giang thùng 5 kg", 150_000)
