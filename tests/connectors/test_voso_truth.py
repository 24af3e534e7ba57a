"""When a call of several steps fails, it says truly whether anything may have happened."""

from collections.abc import Callable
from typing import Any

import pytest

from connectors.kit.errors import ConnectorError
from connectors.kit.faults import CALL_KINDS
from connectors.kit.protocol import PriceAndStock
from tests.connectors.voso import SKU, Voso, an_offer, opened

NUMBER, ORDER = "5000001", "VS10000001"
Do = Callable[[Voso], Any]
MOVE, INFO, ORDERS = (
    "POST /v2/product/UpdateProduct",
    "GET /v2/product/getProductInfo",
    "POST /v2/order/UpdateOrder",
)
LOGIN = "POST /v2/user/ownerconnect"

#: What is done, what is there before, and every call it may make.
DEEDS: dict[str, tuple[Do, Do, tuple[str, ...]]] = {
    "create": (
        lambda voso: voso.shop.create(an_offer()),
        lambda _: None,
        (LOGIN, "POST /v2/product/uploadImage", "POST /v2/product/createProduct", MOVE),
    ),
    "new price": (
        lambda voso: voso.shop.update(NUMBER, an_offer(price_vnd=1_000, packs=1)),
        lambda voso: voso.shop.create(an_offer()),
        (INFO, "POST /v2/product/updatePriceStock"),
    ),
    "new name": (
        lambda voso: voso.shop.update(NUMBER, an_offer(title="Cam mới", packs=1)),
        lambda voso: voso.shop.create(an_offer()),
        (INFO, "POST /v2/product/edit", MOVE),
    ),
    "show again": (
        lambda voso: voso.shop.update(NUMBER, an_offer(packs=1)),
        lambda voso: (voso.shop.create(an_offer()), voso.shop.withdraw(NUMBER, SKU)),
        (INFO, "POST /v2/product/updatePriceStock", MOVE),
    ),
    "withdraw": (
        lambda voso: voso.shop.withdraw(NUMBER, SKU),
        lambda voso: voso.shop.create(an_offer()),
        (MOVE,),
    ),
    "stock": (
        lambda voso: [
            result.error for result in voso.shop.set_price_and_stock([PriceAndStock(NUMBER, SKU, 150_000, 1)])
        ],
        lambda voso: voso.shop.create(an_offer()),
        ("POST /v2/product/updatePriceStock",),
    ),
    "confirm": (
        lambda voso: voso.shop.confirm(ORDER),
        lambda voso: (voso.shop.create(an_offer()), voso.mock.buy(SKU, 1)),
        (ORDERS,),
    ),
    "cancel": (
        lambda voso: voso.shop.cancel(ORDER, "HET_HANG"),
        lambda voso: (voso.shop.create(an_offer()), voso.mock.buy(SKU, 1)),
        (ORDERS,),
    ),
}
#: How a call fails: the kind, how often, whether it had happened, the seconds a marketplace asks to wait.
WAYS = [
    *((kind, 1, False, 1) for kind in CALL_KINDS),
    *((kind, 1, True, 1) for kind in ("reset", "http_500")),
    *((kind, 3, False, 1) for kind in ("expired_token", "timeout_before", "http_429")),
    ("http_429", 1, False, 600),
]
STRUCK = [
    (deed, call, skipped, *way)
    for deed, (_, _, calls) in DEEDS.items()
    for call in calls
    for skipped in ((0, 1) if call == ORDERS else (0,))  # the first such call goes well, the second is struck
    for way in WAYS
]


def there(voso: Voso) -> Any:
    """All that a marketplace remembers of goods and orders."""
    goods = [
        (p.sku, p.price_vnd, p.stock, p.title, p.wire["PRODUCT_STATUS"]) for p in voso.mock.products.values()
    ]
    return goods, [(o.status, o.cancel_reason) for o in voso.mock.orders.values()], dict(voso.mock.waybills)


@pytest.mark.parametrize(
    ("deed", "call", "skipped", "kind", "times", "after", "wait"),
    STRUCK,
    ids=["-".join(map(str, row)) for row in STRUCK],
)
def test_what_says_that_nothing_happened_changed_nothing(
    deed: str, call: str, skipped: int, kind: str, times: int, after: bool, wait: int
) -> None:
    do, before, _ = DEEDS[deed]
    with opened() as voso:
        before(voso)
        was = there(voso)
        rules: list[dict[str, Any]] = [{"match": call, "kind": "slow", "delay": 0, "times": skipped}]
        struck = {"times": times, "after": after, "retry_after": wait, "delay": 20 if kind == "slow" else 1}
        rules.append({"match": call, "kind": kind, **struck})
        assert voso.control("faults", {"rules": rules}).status_code == 200
        try:
            told = do(voso)
        except ConnectorError as error:
            failed: Any = error
        else:
            failed = told[0] if deed == "stock" else None
        voso.control("faults", {"rules": []})
        voso.time.seconds += 30
        voso.shop.find("KHONG-CO")  # what was late is applied now
        if failed is not None and not failed.maybe_done:
            assert there(voso) == was
        if failed is None and deed not in ("cancel", "confirm"):
            (product,) = voso.mock.products.values()
            assert product.status == ("off" if deed == "withdraw" else "live")
            assert product.stock == (40 if deed in ("create", "withdraw") else 1)
        assert len(voso.mock.products) <= 1
        assert voso.mock.violations == []
