"""The Voso connector against the mock: publishing in several calls, states, price and stock, withdrawing."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.kit.errors import ConnectorError, Misunderstood, NotAdmitted, Rejected, Unavailable
from connectors.kit.faults import CALL_KINDS
from connectors.kit.protocol import Offer, Picture, PriceAndStock, RemoteState, Standing
from connectors.kit.publishing import Published, publish
from connectors.voso import mapping, mock_products, mock_render
from tests.connectors.conftest import START
from tests.connectors.voso import SKU, Voso, a_png, an_offer, opened

LOGIN, LONG = "POST /v2/user/Login", "POST /v2/user/ownerconnect"
UPLOAD, CREATE = "POST /v2/product/uploadImage", "POST /v2/product/createProduct"
MOVE, EDIT = "POST /v2/product/UpdateProduct", "POST /v2/product/edit"
FIGURES, INFO = "POST /v2/product/updatePriceStock", "GET /v2/product/getProductInfo"


@pytest.fixture
def voso() -> Any:
    with opened() as shop:
        yield shop


def at_last(voso: Voso, offer: Offer, remote_id: str | None = None) -> Published:
    """Publish as the application does: again after each failure, unclear when it may have happened."""
    unclear = False
    for _ in range(6):
        try:
            return publish(voso.shop, offer, remote_id, unclear)
        except ConnectorError as error:
            unclear = unclear or error.maybe_done
            voso.time.seconds += 5
    raise AssertionError("never published")


def only(voso: Voso) -> Any:
    (product,) = voso.mock.products.values()
    return product


def test_the_shop_opens_in_two_steps_and_says_when_its_long_token_ends(voso: Voso) -> None:
    status = voso.shop.open_shop()
    assert (status.shop_id, status.token_expires_at) == ("8000001", START + timedelta(days=1000))
    assert (voso.calls(LOGIN), voso.calls(LONG)) == (1, 1)


def test_a_token_that_does_not_say_when_it_ends_is_read() -> None:
    with opened(expired="zero") as voso:
        assert voso.shop.open_shop().token_expires_at == START + timedelta(days=1000)


def test_wrong_keys_are_for_the_coordinator(voso: Voso) -> None:
    voso.shop._keys["PASSWORD"] = "khac"
    with pytest.raises(NotAdmitted) as refused:
        voso.shop.open_shop()
    assert refused.value.code == "wrong_keys"
    assert voso.mock.tokens == {}


def test_the_long_token_is_renewed_a_day_before_it_ends(voso: Voso) -> None:
    voso.shop.find(SKU)
    voso.time.seconds += 998.5 * 86_400
    voso.shop.find(SKU)
    assert voso.calls(LONG) == 1
    voso.time.seconds += 86_400
    voso.shop.find(SKU)
    assert voso.calls(LONG) == 2
    assert voso.mock.stale == {}


@pytest.mark.parametrize("http", [200, 401])
def test_an_expired_token_is_renewed_within_the_same_write(http: int) -> None:
    with opened(auth_status=http) as voso:
        voso.shop.find(SKU)
        voso.fail("expired_token", CREATE)
        assert voso.shop.create(an_offer()) == "5000001"
        assert (voso.calls(LONG), voso.calls(CREATE)) == (2, 2)
        assert voso.mock.violations == []


def test_a_token_refused_twice_is_for_the_coordinator(voso: Voso) -> None:
    voso.fail("expired_token", CREATE, times=2)
    with pytest.raises(NotAdmitted) as refused:
        voso.shop.create(an_offer())
    assert refused.value.code == "token_refused"
    assert voso.mock.products == {}


def test_a_product_is_created_as_a_draft_and_submitted(voso: Voso) -> None:
    assert voso.shop.create(an_offer()) == "5000001"
    assert [exchange.path for exchange in voso.exchanges] == [
        "/v2/user/Login",
        "/v2/user/ownerconnect",
        "/v2/product/uploadImage",
        "/v2/product/createProduct",
        "/v2/product/UpdateProduct",
    ]
    product = only(voso)
    assert (product.sku, product.price_vnd, product.stock, product.status) == (SKU, 150_000, 40, "live")


def test_a_picture_is_uploaded_once_for_all_offers(voso: Voso) -> None:
    voso.shop.create(an_offer("A"))
    voso.shop.create(an_offer("B"))
    assert voso.calls(UPLOAD) == 1
    assert voso.another_process().create(an_offer("C")) == "5000003"
    assert voso.calls(UPLOAD) == 2
    assert len(voso.mock.images) == 1


def test_pictures_the_marketplace_forgot_are_uploaded_again(voso: Voso) -> None:
    voso.shop.create(an_offer())
    voso.mock.reset()
    assert voso.shop.create(an_offer()) == "5000002"
    assert voso.calls(UPLOAD) == 1
    assert voso.calls(CREATE) == 2


def test_a_picture_that_is_lost_or_refused_is_for_the_seller_and_nothing_is_created(voso: Voso) -> None:
    gone = (Picture("https://img.example/mat.png", 800, 600, 2_000),)
    with pytest.raises(Rejected) as lost:
        voso.shop.create(an_offer(pictures=gone))
    assert (lost.value.code, list(lost.value.fields)) == ("picture_lost", ["pictures"])
    voso.shop._images._options = replace(voso.options, picture=lambda _: a_png(499, 600))
    with pytest.raises(Rejected) as small:
        voso.shop.create(an_offer())
    assert (small.value.code, list(small.value.fields)) == ("refused_pictures", ["pictures"])
    assert voso.mock.products == {}


def test_a_known_code_is_adopted_never_created_twice(voso: Voso) -> None:
    number = voso.shop.create(an_offer())
    with pytest.raises(Rejected) as taken:
        voso.shop.create(an_offer())
    assert taken.value.code == "duplicate_sku"
    assert publish(voso.another_process(), an_offer(price_vnd=160_000), None) == Published(
        number, adopted=True
    )
    assert only(voso).price_vnd == 160_000


@pytest.mark.parametrize("step", [LOGIN, LONG, UPLOAD, CREATE, MOVE])
@pytest.mark.parametrize("kind", CALL_KINDS)
def test_whatever_fails_while_publishing_there_is_one_product_on_sale(
    kind: str, step: str, voso: Voso
) -> None:
    voso.fail(kind, step, delay=20 if kind == "slow" else 1)
    published = at_last(voso, an_offer())
    voso.shop.find(SKU)  # what was late is applied now
    assert published.remote_id == only(voso).remote_id
    assert (only(voso).status, only(voso).stock) == ("live", 40)
    assert voso.mock.violations == []


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("kind", ["http_500", "reset"])
@pytest.mark.parametrize("step", [CREATE, MOVE])
def test_a_break_before_or_after_the_write_is_unclear_and_heals(
    step: str, kind: str, after: bool, voso: Voso
) -> None:
    voso.fail(kind, step, after=after)
    with pytest.raises(Unavailable) as lost:
        voso.shop.create(an_offer())
    assert lost.value.maybe_done
    at_last(voso, an_offer())
    assert only(voso).status == "live"


@pytest.mark.parametrize("kind", ["http_429", "timeout_before", "expired_token"])
def test_a_failed_submission_never_says_that_nothing_happened(kind: str, voso: Voso) -> None:
    voso.fail(kind, MOVE, times=3, retry_after=600)
    with pytest.raises(ConnectorError) as half:
        voso.shop.create(an_offer())
    assert half.value.maybe_done
    assert only(voso).status == "draft"


def test_a_draft_left_by_a_killed_process_is_submitted_by_an_update(voso: Voso) -> None:
    voso.fail("timeout_before", MOVE)
    with pytest.raises(Unavailable):
        voso.shop.create(an_offer())
    found = voso.shop.find(SKU)
    assert found is not None
    assert found.state is RemoteState.DRAFT
    assert voso.another_process().update(found.remote_id, an_offer()) is None
    assert only(voso).status == "live"
    assert voso.calls(EDIT) == 0


def test_an_update_that_changes_nothing_only_reads(voso: Voso) -> None:
    number = voso.shop.create(an_offer())
    before = dict(voso.mock.calls)
    voso.shop.update(number, an_offer())
    changed = {
        call: n - before.get(call, 0) for call, n in voso.mock.calls.items() if n != before.get(call, 0)
    }
    assert changed == {INFO: 1}


def test_a_new_price_does_not_take_a_live_listing_off_sale() -> None:
    with opened(moderation=True) as voso:
        number = voso.shop.create(an_offer())
        voso.control("moderate", {"sku": SKU, "verdict": "approve"})
        voso.another_process().update(number, an_offer(price_vnd=160_000, packs=7))
        assert (only(voso).status, only(voso).price_vnd, only(voso).stock) == ("live", 160_000, 7)
        assert voso.calls(EDIT) == 0


def test_a_new_description_stays_on_sale_and_a_new_name_is_moderated_again() -> None:
    with opened(moderation=True) as voso:
        number = voso.shop.create(an_offer())
        voso.control("moderate", {"sku": SKU, "verdict": "approve"})
        voso.shop.update(number, an_offer(description="Cam ngọt, mọng nước."))
        assert (only(voso).status, only(voso).wire["PRODUCT_DESCRIPTION"]) == ("live", "Cam ngọt, mọng nước.")
        voso.shop.update(number, an_offer(title="Cam sành ngọt"))
        assert (only(voso).wire["PRODUCT_STATUS"], only(voso).status) == (mapping.AGAIN, "pending")
        voso.control("moderate", {"sku": SKU, "verdict": "approve"})
        assert (only(voso).status, only(voso).title) == ("live", "Cam sành ngọt")


def test_while_a_change_is_moderated_stock_is_written_and_another_edit_waits() -> None:
    with opened(moderation=True) as voso:
        number = voso.shop.create(an_offer())
        voso.shop.update(number, an_offer(title="Cam lúc chờ lần đầu"))
        assert (only(voso).title, only(voso).status) == ("Cam lúc chờ lần đầu", "pending")
        voso.control("moderate", {"sku": SKU, "verdict": "approve"})
        voso.shop.update(number, an_offer(title="Cam sành ngọt"))
        voso.shop.update(number, an_offer(title="Cam sành ngọt", packs=3))
        assert only(voso).stock == 3
        with pytest.raises(Unavailable) as waits:
            voso.shop.update(number, an_offer(title="Cam sành rất ngọt"))
        assert (waits.value.code, waits.value.retry_after) == ("in_moderation", 1800)
        assert only(voso).title == "Cam sành ngọt"


def test_a_refused_product_is_mended_and_submitted_again() -> None:
    with opened(moderation=True) as voso:
        number = voso.shop.create(an_offer())
        voso.control("moderate", {"sku": SKU, "verdict": "reject", "reason": "Ảnh mờ"})
        found = voso.shop.find(SKU)
        assert found is not None
        assert (found.state, found.reason) == (RemoteState.REJECTED, "Ảnh mờ")
        voso.shop.update(number, an_offer(title="Cam sành, ảnh mới"))
        assert (only(voso).wire["PRODUCT_STATUS"], only(voso).reason) == (mapping.WAITING, None)


def test_a_locked_product_is_for_the_seller_and_a_deleted_one_is_made_anew(voso: Voso) -> None:
    number = voso.shop.create(an_offer())
    voso.control("moderate", {"sku": SKU, "verdict": "lock", "reason": "Hàng giả"})
    with pytest.raises(Rejected) as locked:
        voso.shop.update(number, an_offer(title="Cam khác"))
    assert locked.value.code == "locked"
    (row,) = voso.shop.set_price_and_stock([PriceAndStock(number, SKU, 150_000, 1)])
    assert isinstance(row.error, Rejected)
    assert (row.error.code, only(voso).stock) == ("locked", 40)
    voso.mock.delete(only(voso))
    with pytest.raises(Rejected) as gone:
        voso.shop.update(number, an_offer())
    assert gone.value.code == "gone"
    assert publish(voso.shop, an_offer(), number) == Published("5000002")


def test_withdrawn_goods_cannot_be_bought_and_a_new_publish_brings_them_back(voso: Voso) -> None:
    number = voso.shop.create(an_offer())
    voso.shop.withdraw(number, SKU)
    found = voso.shop.find(SKU)
    assert found is not None
    assert (found.state, found.packs, found.raw_state) == (RemoteState.OFF, 0, "300")
    assert voso.control("buy", {"sku": SKU, "packs": 1}).status_code == 409
    voso.shop.withdraw(number, SKU)
    voso.shop.update(number, an_offer(packs=5))
    assert (only(voso).status, only(voso).stock) == ("live", 5)
    assert voso.calls(EDIT) == 0


def test_what_waits_for_the_moderator_is_withdrawn_for_good_and_comes_back_by_submitting() -> None:
    with opened(moderation=True) as voso:
        number = voso.shop.create(an_offer())
        voso.shop.withdraw(number, SKU)
        assert (only(voso).wire["PRODUCT_STATUS"], only(voso).status) == (mapping.WITHDRAWN, "off")
        voso.shop.withdraw(number, SKU)
        voso.shop.update(number, an_offer())
        assert only(voso).status == "pending"


def test_withdrawing_what_is_not_on_sale_is_a_success(voso: Voso) -> None:
    voso.shop.withdraw("5999999", "GONE")
    voso.fail("timeout_before", MOVE)
    with pytest.raises(Unavailable):
        voso.shop.create(an_offer())
    voso.shop.withdraw("5000001", SKU)
    voso.control("moderate", {"sku": SKU, "verdict": "lock"})
    voso.shop.withdraw("5000001", SKU)
    assert only(voso).status == "locked"


@pytest.mark.parametrize("kind", CALL_KINDS)
@pytest.mark.parametrize("step", [INFO, FIGURES, EDIT, MOVE])
def test_whatever_fails_while_updating_the_offer_is_there_in_the_end(
    step: str, kind: str, voso: Voso
) -> None:
    number = voso.shop.create(an_offer())
    changed = an_offer(title="Cam mới", packs=3) if step in (EDIT, MOVE) else an_offer(packs=3)
    voso.fail(kind, step, delay=20 if kind == "slow" else 1)
    at_last(voso, changed, number)
    voso.shop.find(SKU)
    assert (only(voso).status, only(voso).stock, only(voso).title) == ("live", 3, changed.title)
    assert voso.mock.violations == []


def test_a_submission_that_fails_after_the_edit_never_says_that_nothing_happened(voso: Voso) -> None:
    number = voso.shop.create(an_offer())
    voso.fail("http_429", MOVE, retry_after=600)
    with pytest.raises(Unavailable) as half:
        voso.shop.update(number, an_offer(title="Cam mới", packs=3))
    assert half.value.maybe_done
    assert (only(voso).status, only(voso).stock) == ("draft", 3)


def test_the_price_and_stock_of_many_are_written_in_one_call(voso: Voso) -> None:
    numbers = [voso.shop.create(an_offer(f"SKU-{i}")) for i in range(3)]
    rows = [PriceAndStock(number, f"SKU-{i}", 150_000, i) for i, number in enumerate(numbers)]
    results = voso.shop.set_price_and_stock(rows)
    assert [(result.sku, result.error) for result in results] == [(f"SKU-{i}", None) for i in range(3)]
    assert voso.calls(FIGURES) == 1
    assert [(p.price_vnd, p.stock) for p in voso.mock.products.values()] == [(150_000, i) for i in range(3)]


def test_rows_refused_inside_a_success_are_told_one_by_one(voso: Voso) -> None:
    numbers = [voso.shop.create(an_offer(f"SKU-{i}")) for i in range(6)]
    voso.fail("partial_failure", FIGURES, seed=3)
    rows = [PriceAndStock(number, f"SKU-{i}", 150_000, 5) for i, number in enumerate(numbers)]
    results = voso.shop.set_price_and_stock(rows)
    refused = {result.sku for result in results if result.error}
    assert 1 <= len(refused) < 6
    assert refused == {p.sku for p in voso.mock.products.values() if p.stock == 40}
    assert {r.error.code for r in results if isinstance(r.error, Unavailable)} == {"marketplace_busy"}
    missing = [
        *rows[:1],
        PriceAndStock("1", "KHONG-CO", 150_000, 5),
        PriceAndStock(numbers[1], "SKU-1", 10, 5),
    ]
    first, second, third = (result.error for result in voso.shop.set_price_and_stock(missing))
    assert first is None
    assert isinstance(second, Rejected)
    assert isinstance(third, Rejected)
    assert (second.code, third.code, list(third.fields)) == ("gone", "refused_price_vnd", ["price_vnd"])


def test_more_rows_than_a_call_takes_are_a_mistake_of_the_caller(voso: Voso) -> None:
    with pytest.raises(ValueError, match="at most 100"):
        voso.shop.set_price_and_stock([PriceAndStock("1", "A", 1, 1)] * 101)
    assert voso.shop.set_price_and_stock([]) == []


def test_find_says_none_only_when_voso_says_so(voso: Voso) -> None:
    assert voso.shop.find("KHONG-CO") is None
    voso.fail("html_body", INFO, times=5)
    with pytest.raises(Unavailable):
        voso.shop.find("KHONG-CO")


@pytest.mark.parametrize("kind", [kind for kind in CALL_KINDS if kind != "partial_failure"])
def test_one_failure_of_any_kind_does_not_hurt_a_read(kind: str, voso: Voso) -> None:
    voso.shop.create(an_offer())
    voso.fail(kind, INFO, delay=0.5)
    found = voso.shop.find(SKU)
    assert found is not None
    assert found.packs == 40
    assert voso.mock.violations == []


def test_all_products_come_once_though_the_list_moves_between_pages(voso: Voso) -> None:
    for number in range(120):
        voso.shop.create(an_offer(f"SKU-{number}"))
    seen = []
    for page in voso.shop.products():
        if not seen:
            voso.mock.delete(voso.mock.by_sku["SKU-110"])
            voso.shop.create(an_offer("SKU-120"))
        seen += [product.sku for product in page]
    assert len(seen) == len(set(seen))
    assert set(seen) >= {f"SKU-{number}" for number in range(110)}


def test_fifty_products_are_read_by_one_call(voso: Voso) -> None:
    for number in range(50):
        voso.shop.create(an_offer(f"SKU-{number}"))
    assert [len(page) for page in voso.shop.products()] == [50]
    assert voso.calls("POST /v2/product/listProduct") == 1


def test_a_state_nobody_knows_is_unknown_not_a_crash(voso: Voso, monkeypatch: pytest.MonkeyPatch) -> None:
    number = voso.shop.create(an_offer())
    only(voso).wire["PRODUCT_STATUS"] = 999
    monkeypatch.setitem(mock_render.PRODUCT_STATUS_NAMES, 999, "?")
    ((product,),) = voso.shop.products()
    assert (product.state, product.raw_state) == (RemoteState.UNKNOWN, "999")
    voso.shop.update(number, an_offer())


def test_categories_and_attributes_are_asked_of_voso(voso: Voso) -> None:
    tree = voso.shop.categories()
    assert [(top.id, top.name) for top in tree if top.parent is None][:2] == [
        ("1000", "Nông sản tươi"),
        ("1100", "Thực phẩm khô"),
    ]
    first = next(leaf for leaf in tree if leaf.parent == "1000")
    assert (first.id, first.name, first.leaf) == ("1010", "Trái cây có múi", True)
    needed = {one.id: (one.required, one.required_with) for one in voso.shop.attributes("1010")}
    assert needed["XUAT_XU"] == needed["HAN_SU_DUNG"] == (True, None)
    assert needed["SO_GCN_OCOP"] == (False, "OCOP_SAO")
    for no_leaf in ("1000", "9", "cam"):
        with pytest.raises(Rejected):
            voso.shop.attributes(no_leaf)


def test_a_change_of_voso_needs_no_ticket(voso: Voso) -> None:
    assert voso.shop.verdict("5000001", "").standing is Standing.ACCEPTED


def test_the_journal_of_a_whole_day_names_nobody(voso: Voso) -> None:
    voso.shop.create(an_offer())
    number = voso.mock.buy(SKU, 1).order_no
    list(voso.shop.orders(START, START))
    voso.shop.confirm(number)
    voso.shop.order(number)
    text = json.dumps([[e.path, e.request, e.response, e.error] for e in voso.exchanges], ensure_ascii=False)
    secrets = [*voso.mock.credentials.values(), *voso.mock.tokens]
    for private in ["Nguyễn Thử", "0912", "example.vn", "Đường Thử", *secrets]:
        assert private not in text
    assert "LIST_ORDER" in text


def test_an_answer_of_no_known_form_is_for_a_developer_and_may_have_happened(
    voso: Voso, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mock_products, "_told", lambda _: {"ID": 1})
    with pytest.raises(Misunderstood) as strange:
        voso.shop.create(an_offer())
    assert strange.value.maybe_done
    monkeypatch.undo()
    at_last(voso, an_offer())
    assert len(voso.mock.products) == 1
