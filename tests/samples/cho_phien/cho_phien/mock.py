"""The mock of Chợ phiên: its ways; `kit.mock_plain` logs in, moderates and sells."""

from typing import Any

from cho_phien.rules import LEAVES, LIMITS, TREE, check
from connectors.kit.mock_plain import PlainMock, asked_of, offered, page, serve_plain
from connectors.kit.protocol import CancelReason

KEYS = {"seller": "hop-tac-xa-dong-van", "password": "mat-khau-cua-san-gia"}
REASONS = [CancelReason("het", "Hết hàng"), CancelReason("sai", "Sai giá")]
WAYS = {
    "GET /categories": lambda _mock, _sent: TREE,
    "GET /attributes": lambda _mock, sent: asked_of(LEAVES, sent["category"]),
    "GET /find": lambda mock, sent: mock.listed(sent["sku"]),
    "POST /goods": lambda mock, sent: mock.product_row(mock.put(offered(sent, check))),
    "PUT /goods": lambda mock, sent: mock.product_row(mock.put(offered(sent, check), sent["remote_id"])),
    "GET /goods": lambda mock, sent: page(mock.listed(), sent, LIMITS.list_page),
    "POST /withdraw": lambda mock, sent: mock.withdraw(sent["remote_id"]),
    "PUT /stock": lambda mock, sent: mock.set_stock(sent),
    "GET /orders": lambda mock, sent: page(mock.changed(sent), sent, LIMITS.list_page),
    "GET /order": lambda mock, sent: mock.order_row(mock.order_of(sent["order_no"])),
    "POST /confirm": lambda mock, sent: mock.confirm(sent["order_no"]),
    "GET /reasons": lambda _mock, _sent: REASONS,
    "POST /cancel": lambda mock, sent: mock.cancel(sent["order_no"], sent["reason"], REASONS),
}


def create_mock(**options: Any) -> Any:
    usual = {"rate_per_second": LIMITS.calls_per_second}
    return serve_plain(PlainMock("cho_phien", KEYS, **(usual | options)), WAYS)
