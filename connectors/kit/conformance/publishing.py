"""Putting goods there, changing them, taking them off: one product for one SKU, ever."""

from dataclasses import replace

from connectors.kit.conformance.bench import Bench
from connectors.kit.conformance.checks import check, expect, same
from connectors.kit.errors import ConnectorError, Rejected
from connectors.kit.protocol import RemoteState
from connectors.kit.publishing import DUPLICATE_SKU, GONE, publish


@check()
def what_was_offered_is_there(bench: Bench) -> None:
    remote_id = bench.published()
    row = bench.goods()
    wanted = (remote_id, bench.marketplace.wording(bench.offer()).title, 150_000, 40, RemoteState.LIVE)
    found = (row["remote_id"], row["title"], row["price_vnd"], row["stock"], row["status"])
    same("remote id, title, price, stock and state", found, wanted)


@check()
def an_honest_life_leaves_no_violation(bench: Bench) -> None:
    remote_id = bench.published()
    bench.updated(remote_id, bench.offer(price_vnd=160_000))
    bench.found()
    bench.told()
    bench.listed()
    bench.withdrawn(remote_id, "HG-CAM-1")
    same("violations", bench.violations(), [])


@check()
def what_is_found_is_what_was_offered(bench: Bench) -> None:
    remote_id = bench.published()
    found = bench.found()
    read = (found.remote_id, found.sku, found.price_vnd, found.packs, found.state)
    same(
        "remote id, SKU, price, packs and state", read, (remote_id, "HG-CAM-1", 150_000, 40, RemoteState.LIVE)
    )


@check()
def what_nobody_has_is_not_found(bench: Bench) -> None:
    same("find() of an unknown SKU", bench.shop.find("HG-KHONG-CO"), None)


@check()
def a_sku_is_not_found_by_its_beginning(bench: Bench) -> None:
    bench.published("HG-10")
    same("find() of the beginning of a SKU", bench.shop.find("HG-1"), None)
    bench.published("HG-1")
    same("the SKU found", bench.found("HG-1").sku, "HG-1")


@check()
def many_skus_are_kept_apart(bench: Bench) -> None:
    ids = {f"HG-{n}": bench.published(f"HG-{n}", price_vnd=100_000 + 1_000 * n) for n in range(5)}
    for number, (sku, remote_id) in enumerate(ids.items()):
        found = bench.found(sku)
        same(sku, (found.remote_id, found.price_vnd), (remote_id, 100_000 + 1_000 * number))


@check()
def a_repeated_create_makes_no_second_product(bench: Bench) -> None:
    bench.published()
    error = bench.refused(Rejected, lambda: bench.shop.create(bench.offer()))
    same("the code", error.code, DUPLICATE_SKU)
    bench.goods()


@check()
def a_repeated_create_is_adopted(bench: Bench) -> None:
    remote_id = bench.published()
    again = publish(bench.shop, bench.offer(packs=7), None)
    same("remote id and whether it was adopted", (again.remote_id, again.adopted), (remote_id, True))
    bench.settled(remote_id, again.ticket, "HG-CAM-1")
    same("the stock that is there", bench.goods()["stock"], 7)


@check()
def an_update_changes_text_price_and_stock(bench: Bench) -> None:
    remote_id = bench.published()
    wanted = bench.offer(title="Cam vàng Hà Giang đầu vụ", price_vnd=175_000, packs=12)
    bench.updated(remote_id, wanted)
    row = bench.goods()
    title = bench.marketplace.wording(wanted).title
    same("title, price and stock", (row["title"], row["price_vnd"], row["stock"]), (title, 175_000, 12))


@check()
def an_update_leaves_other_goods_alone(bench: Bench) -> None:
    bench.published("HG-A")
    before = bench.goods("HG-A")
    remote_id = bench.published("HG-B")
    bench.updated(remote_id, bench.offer("HG-B", price_vnd=175_000))
    same("the other product", bench.goods("HG-A"), before)


@check()
def an_update_that_is_repeated_changes_nothing_more(bench: Bench) -> None:
    remote_id = bench.published()
    wanted = bench.offer(price_vnd=175_000, packs=9)
    bench.updated(remote_id, wanted)
    bench.updated(remote_id, wanted)
    row = bench.goods()
    same("price, stock and state", (row["price_vnd"], row["stock"], row["status"]), (175_000, 9, "live"))


@check()
def an_update_of_what_is_gone_says_so(bench: Bench) -> None:
    remote_id = bench.published()
    bench.control.reset()
    error = bench.refused(Rejected, lambda: bench.shop.update(remote_id, bench.offer()))
    same("the code", error.code, GONE)


@check()
def what_is_gone_is_published_anew(bench: Bench) -> None:
    remote_id = bench.published()
    bench.control.reset()
    published = publish(bench.shop, bench.offer(), remote_id)
    expect(not published.adopted, "what is gone cannot be adopted")
    bench.goods()


@check()
def a_refused_offer_is_for_the_seller_and_changes_nothing(bench: Bench) -> None:
    bench.refused(Rejected, lambda: bench.shop.create(bench.offer(title="")))
    same("products", bench.state()["products"], [])


@check()
def a_refused_update_changes_nothing(bench: Bench) -> None:
    remote_id = bench.published()
    before = bench.goods()
    bench.refused(Rejected, lambda: bench.shop.update(remote_id, bench.offer(title="", price_vnd=175_000)))
    same("the product", bench.goods(), before)


@check()
def what_is_withdrawn_cannot_be_bought(bench: Bench) -> None:
    remote_id = bench.published()
    expect(bench.can_be_bought("HG-CAM-1"), "what is on sale cannot be bought")
    bench.shop.withdraw(remote_id, "HG-CAM-1")
    expect(not bench.can_be_bought("HG-CAM-1"), "what was withdrawn can still be bought")


@check()
def what_is_withdrawn_is_not_told_as_live(bench: Bench) -> None:
    remote_id = bench.published()
    bench.withdrawn(remote_id, "HG-CAM-1")
    found = bench.shop.find("HG-CAM-1")
    expect(found is None or found.state is not RemoteState.LIVE, "what was withdrawn is told as live")


@check()
def withdrawing_twice_is_a_success(bench: Bench) -> None:
    remote_id = bench.published()
    bench.withdrawn(remote_id, "HG-CAM-1")
    bench.shop.withdraw(remote_id, "HG-CAM-1")
    expect(not bench.can_be_bought("HG-CAM-1"), "what was withdrawn twice can be bought")


@check()
def withdrawing_what_is_gone_is_a_success(bench: Bench) -> None:
    remote_id = bench.published()
    bench.control.reset()
    bench.shop.withdraw(remote_id, "HG-CAM-1")


@check()
def what_was_withdrawn_comes_back(bench: Bench) -> None:
    remote_id = bench.published()
    bench.withdrawn(remote_id, "HG-CAM-1")
    again = publish(bench.shop, bench.offer(), remote_id)
    bench.settled(again.remote_id, again.ticket, "HG-CAM-1")
    expect(bench.can_be_bought("HG-CAM-1"), "what was published again cannot be bought")
    expect(len(bench.rows("HG-CAM-1")) == 1, "there are two products now")


@check()
def lost_pictures_are_for_the_seller(bench: Bench) -> None:
    def lost(_url: str) -> bytes:
        raise FileNotFoundError("no such picture")

    error = bench.unharmed(lambda: bench.connect(picture=lost).create(bench.offer()))
    expect(error is None or isinstance(error, Rejected), f"a lost picture was told as {error!r}")
    expect(error is None or bench.state()["products"] == [], "goods without their pictures were created")


@check()
def a_change_that_waits_is_decided_by_asking(bench: Bench) -> None:
    remote_id = bench.published()
    wanted = bench.offer(price_vnd=175_000)
    bench.settled(remote_id, bench.shop.update(remote_id, wanted), wanted.sku)
    same("the price after the approval", bench.goods()["price_vnd"], 175_000)


@check()
def an_id_that_is_none_of_theirs_harms_nothing(bench: Bench) -> None:
    bench.published()
    before = bench.goods()
    for remote_id in ("", "khong-co", "../../login", "1?x=1", "-1", "0"):
        offer = replace(bench.offer(), sku="HG-KHAC")
        error = bench.unharmed(lambda remote_id=remote_id, offer=offer: bench.shop.update(remote_id, offer))
        expect(isinstance(error, ConnectorError), f"an update of {remote_id!r} was a success")
    same("the product", bench.goods(), before)
