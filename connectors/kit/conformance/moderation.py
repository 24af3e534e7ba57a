"""What the moderator says: a success never means that buyers can buy."""

from connectors.kit.conformance.bench import Bench
from connectors.kit.conformance.checks import check, expect, same
from connectors.kit.conformance.wire import with_strange_codes
from connectors.kit.errors import Rejected, Unavailable
from connectors.kit.protocol import RemoteState, Standing
from connectors.kit.publishing import GONE, IN_MODERATION, publish

WORDS = "Ảnh mờ, hãy chụp lại"


@check(moderation=True)
def new_goods_wait_for_the_moderator(bench: Bench) -> None:
    bench.shop.create(bench.offer())
    same("the state told", bench.found().state, RemoteState.PENDING)
    expect(not bench.can_be_bought("HG-CAM-1"), "what waits can be bought")


@check(moderation=True)
def approved_goods_are_live(bench: Bench) -> None:
    bench.shop.create(bench.offer())
    bench.control.moderate("HG-CAM-1", "approve")
    same("the state told", bench.found().state, RemoteState.LIVE)


@check(moderation=True)
def refused_goods_are_told_with_the_moderators_words(bench: Bench) -> None:
    bench.shop.create(bench.offer())
    bench.control.moderate("HG-CAM-1", "reject", WORDS)
    found = bench.found()
    same("the state told", found.state, RemoteState.REJECTED)
    expect(WORDS in (found.reason or ""), f"the moderator's words are told as {found.reason!r}")


@check()
def locked_goods_are_told_as_locked(bench: Bench) -> None:
    bench.published()
    bench.control.moderate("HG-CAM-1", "lock", WORDS)
    found = bench.found()
    same("the state told", found.state, RemoteState.LOCKED)
    expect(WORDS in (found.reason or ""), f"the moderator's words are told as {found.reason!r}")


@check(moderation=True)
def refused_goods_can_be_mended(bench: Bench) -> None:
    remote_id = bench.shop.create(bench.offer())
    bench.control.moderate("HG-CAM-1", "reject", WORDS)
    published = publish(bench.shop, bench.offer(packs=5), remote_id)
    bench.settled(published.remote_id, published.ticket, "HG-CAM-1")
    same("the state told", bench.found().state, RemoteState.LIVE)
    bench.goods()


@check(moderation=True)
def goods_in_moderation_are_changed_or_must_wait(bench: Bench) -> None:
    remote_id = bench.shop.create(bench.offer())
    error = bench.unharmed(lambda: bench.shop.update(remote_id, bench.offer(packs=5)))
    if error is not None:
        expect(isinstance(error, Unavailable), f"a product in moderation was told as {error!r}")
        same("the code", error.code, IN_MODERATION)
    bench.goods()


@check()
def locked_goods_are_never_created_again(bench: Bench) -> None:
    remote_id = bench.published()
    bench.control.moderate("HG-CAM-1", "lock", WORDS)
    error = bench.unharmed(lambda: publish(bench.shop, bench.offer(packs=5), remote_id))
    expect(error is None or error.code != GONE, "a locked product is told as gone")
    expect(error is None or isinstance(error, Rejected), f"a locked product was told as {error!r}")
    bench.goods()


@check()
def locked_goods_can_be_withdrawn(bench: Bench) -> None:
    remote_id = bench.published()
    bench.control.moderate("HG-CAM-1", "lock", WORDS)
    bench.shop.withdraw(remote_id, "HG-CAM-1")
    expect(not bench.can_be_bought("HG-CAM-1"), "a locked product can be bought")


@check(moderation=True)
def a_refused_change_says_why(bench: Bench) -> None:
    remote_id = bench.published()
    ticket = bench.shop.update(remote_id, bench.offer(title="Cam vàng Hà Giang đầu vụ", price_vnd=175_000))
    if ticket is None or bench.shop.verdict(remote_id, ticket).standing is not Standing.PENDING:
        return  # this marketplace decides changes without a ticket
    bench.control.moderate("HG-CAM-1", "reject", WORDS)
    verdict = bench.shop.verdict(remote_id, ticket)
    same("the standing", verdict.standing, Standing.REFUSED)
    expect(WORDS in (verdict.reason or ""), f"the moderator's words are told as {verdict.reason!r}")
    same("the price", bench.goods()["price_vnd"], 150_000)


@check()
def a_ticket_of_nobody_is_an_error_or_an_answer(bench: Bench) -> None:
    remote_id = bench.published()
    bench.unharmed(lambda: bench.shop.verdict(remote_id, "khong-co-phieu-nay"))


@check()
def an_unknown_state_of_goods_is_unknown(bench: Bench) -> None:
    bench.published()
    before = bench.calls(bench.found)[-1].json
    bench.control.moderate("HG-CAM-1", "lock")
    after = bench.calls(bench.found)[-1].json
    with bench.altered_json(lambda body: with_strange_codes(body, before, after)):
        error = bench.unharmed(bench.found)
        if error is None:
            same("the state told", bench.found().state, RemoteState.UNKNOWN)
        for product in bench.listed():
            expect(isinstance(product.state, RemoteState), f"a state is told as {product.state!r}")
