"""The memory of the Sendo mock: products by Sendo's numbers, orders by date, tokens, and what it pushes."""

import base64
import hashlib
import hmac
import json
from bisect import bisect_left, insort
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import count
from typing import Any

from connectors.kit.mock_goods import Impossible, MockOrder, MockProduct, stamp
from connectors.kit.mock_money import Tariff
from connectors.kit.mocking import MockMarketplace
from connectors.kit.protocol import OrderState, RemoteState
from connectors.kit.statements import Statement
from connectors.sendo import mapping, mock_promotions, mock_render, mock_variants

TOKEN_SECONDS = 8 * 3600
STORE_ID = 700001
_AFTER_VERDICT = {"approve": mapping.APPROVED, "reject": mapping.REFUSED, "lock": mapping.CANCELLED}


class Timeline:
    """Orders by a date, newest first; adding, moving and finding a window cost a bisection."""

    def __init__(self) -> None:
        self._keys: list[tuple[int, int]] = []

    def add(self, at: int, number: int) -> None:
        """Put an order at its moment."""
        insort(self._keys, (at, number))

    def remove(self, at: int, number: int) -> None:
        """Take it out again."""
        del self._keys[bisect_left(self._keys, (at, number))]

    def window(self, start: int, end: int) -> tuple[int, int]:
        """Positions of the moments from `start` up to but not including `end`."""
        return bisect_left(self._keys, (start, 0)), bisect_left(self._keys, (end, 0))

    def newest(self, low: int, high: int, offset: int, size: int | None = None) -> list[int]:
        """Order numbers of a window, newest first."""
        last = max(low, high - offset)
        first = low if size is None else max(low, last - size)
        return [number for _, number in reversed(self._keys[first:last])]


class SendoMock(MockMarketplace):
    """One Sendo shop."""

    name = "sendo"
    title = "Sendo"
    FIRST_ORDER = 140_000_001
    STATEMENT = "DS"
    TARIFF = Tariff(
        fee=400,
        payment_fee=102,
        vat=100,
        pit=50,
        shipping_vnd=5_000,
        unsold_vnd=18_000,
        fine_vnd=10_000,
        seller_voucher=(7, 500),
        marketplace_voucher=(5, 15_000),
    )
    SETTINGS: Mapping[str, tuple[Any, tuple[Any, ...]]] = {
        "moderation": (False, ()),  # new and mended products wait in "Chờ duyệt"
        "order_stamps": ("epoch", ("epoch", "local_as_utc")),
        "number_form": ("int", ("int", "float", "text")),
        "error_row_keys": ("id", ("id", "message_only")),
        "row_status": (True, ()),  # product search rows carry `status`
        "cancel_restocks": (False, ()),
        "self_shipping": (False, ()),  # the shop delivers itself and may say 7
        "page_token_seconds": (600, ()),
        "login_per_second": (5, ()),
    }

    def __init__(self, **options: Any) -> None:
        self._product_ids = count(90_000_001)
        self._login_numbers = count(1)
        self.tokens: dict[str, float] = {}
        self.stale: Counter[str] = Counter()
        self._logins: dict[str, deque[float]] = defaultdict(deque)
        super().__init__(**options)

    def _empty(self) -> None:
        super()._empty()
        self.by_date: dict[tuple[str, int | None], Timeline] = defaultdict(Timeline)
        self.newest_products: list[MockProduct] = []

    def log_in(self) -> tuple[str, int]:
        """A fresh token and its end in epoch seconds."""
        ends = int(self.unhurried().timestamp()) + TOKEN_SECONDS
        store = str(STORE_ID)
        claims = {
            "StoreId": store, "UserName": "", "StoreStatus": "2", "ShopType": "1", "StoreLevel": "0",
            "exp": ends,
            "iss": store, "aud": store, "jti": str(next(self._login_numbers)),
        }  # fmt: skip
        token = self.signed(_base64({"alg": "HS256", "typ": "JWT"}) + "." + _base64(claims))
        self.tokens[token] = ends
        return token, ends

    def too_many_logins(self, address: str) -> bool:
        """Count one login of an address against the documented limit."""
        now, recent = self.monotonic(), self._logins[address]
        while recent and recent[0] <= now - 1:
            recent.popleft()
        if len(recent) >= self.settings["login_per_second"]:
            self.violate("rate_limit", call="POST /login")
            return True
        recent.append(now)
        return False

    def gateway_refuses(self, header: str) -> tuple[dict[str, str], int] | None:
        """What the gateway says to this Authorization header; None lets the call in."""
        scheme, _, token = header.strip().partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            return {"message": "Unauthorized"}, 401
        ends = self.tokens.get(token)
        if ends is None:
            read = self._verified(token)
            if isinstance(read, str):
                return {"message": read}, 401
            ends = self.tokens[token] = read
        if self.unhurried().timestamp() < ends:
            return None
        self.stale[token] += 1
        if self.stale[token] > 1:
            self.violate("stale_token", token=token[-6:])
        return {"exp": "token expired"}, 401

    def expire_token(self, environ: Mapping[str, Any]) -> None:
        """The token of this call ends now."""
        token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")[2].strip()
        if token in self.tokens:
            self.tokens[token] = 0

    def signed(self, text: str) -> str:
        """The text with a seal; by the shop's own key, so that a mock started again knows what it gave."""
        key = self.credentials["secret_key"].encode()
        seal = hmac.new(key, text.encode(), hashlib.sha256).digest()
        return text + "." + base64.urlsafe_b64encode(seal).rstrip(b"=").decode()

    def _verified(self, token: str) -> float | str:
        parts = token.split(".")
        try:
            claims = json.loads(base64.urlsafe_b64decode(parts[1] + "==")) if len(parts) == 3 else None
        except (ValueError, RecursionError):
            claims = None
        if not isinstance(claims, dict):
            return "Bad token; invalid JSON"
        if claims.get("iss") != str(STORE_ID):
            return "No credentials found for given 'iss'"
        if not hmac.compare_digest(self.signed(f"{parts[0]}.{parts[1]}").encode(), token.encode()):
            return "Invalid signature"
        return float(claims["exp"])

    def add_product(self, fields: Mapping[str, Any]) -> MockProduct:
        """A new product under its own number, on sale or waiting for the moderator."""
        number = next(self._product_ids)
        now = self.now()
        product = MockProduct(
            sku=fields["sku"],
            remote_id=str(number),
            title=fields["name"],
            price_vnd=0,
            stock=0,
            status=RemoteState.PENDING,
            created_at=now,
            updated_at=now,
        )
        product.wire = {"id": number, "status": mapping.DRAFT}
        self.products[product.remote_id] = product
        self.newest_products.append(product)
        self.write_product(product, fields)
        return product

    def write_product(self, product: MockProduct, fields: Mapping[str, Any]) -> None:
        """Put all written fields in; what was draft or refused is looked at again."""
        if self.by_sku.get(product.sku) is product:
            del self.by_sku[product.sku]
        created = product.wire["status"] == mapping.DRAFT
        wire = {**fields, "id": product.wire["id"], "status": product.wire["status"]}
        if wire["status"] in (mapping.DRAFT, mapping.REFUSED):
            wire["status"] = mapping.PENDING if self.settings["moderation"] else mapping.APPROVED
            product.reason = None
        product.wire = wire
        product.sku, product.title = fields["sku"], fields["name"]
        product.price_vnd, product.stock = round(fields["price"]), fields["stock_quantity"]
        self.by_sku[product.sku] = product
        self.touched(product, "created" if created else "updated")

    def touched(self, product: MockProduct, event: str) -> None:
        """After any change: stamp, state, push."""
        mock_variants.summed(product)
        product.updated_at = self.now()
        self.settle(product)
        self.product_changed(product, event)

    def settle(self, product: MockProduct) -> None:
        """Derive the neutral state; a deleted product gives its SKU free (assumed)."""
        status, on_sale = product.wire["status"], product.wire["stock_availability"]
        if status == mapping.APPROVED:
            product.status = RemoteState.LIVE if on_sale else RemoteState.OFF
        else:
            product.status = mapping.STATES[status]
        if status == mapping.DELETED and self.by_sku.get(product.sku) is product:
            del self.by_sku[product.sku]

    def decide(self, product: MockProduct, verdict: str) -> None:
        product.wire["status"] = _AFTER_VERDICT[verdict]
        self.settle(product)

    def product_row(self, product: MockProduct) -> dict[str, Any]:
        return {
            **super().product_row(product),
            "raw_status": product.wire["status"],
            "cat_4_id": product.wire["cat_4_id"],
        }

    def statement_file(self, statement: Statement) -> tuple[str, bytes]:
        # What writes workbooks is loaded only where a mock hands one out.
        from connectors.sendo.mock_statement import statement_file

        return statement_file(statement)

    def product_changed(self, product: MockProduct, event: str) -> None:
        if self.pushes.url is not None:
            kind = "PRODUCT.CREATE" if event == "created" else "PRODUCT.UPDATE"
            self._push(kind, mock_render.pushed_product(product))

    def goods(self, sku: str) -> MockProduct | None:
        product = self.by_sku.get(sku)
        if product is None:
            return mock_variants.bought(self.by_sku, sku)
        if product.wire["variants"]:
            raise Impossible(f"Mã hàng “{sku}” có biến thể; hãy mua “{sku}-” kèm mã biến thể.")
        return product

    def stock_of(self, product: MockProduct, sku: str) -> int:
        variant = mock_variants.of_sku(product, sku)
        return product.stock if variant is None else int(variant["variant_quantity"])

    def price_of(self, product: MockProduct, sku: str) -> int:
        variant = mock_variants.of_sku(product, sku)
        if variant is not None:
            return int(variant["variant_price"])
        return mock_promotions.price_now(product, self.now())

    def order_changed(self, order: MockOrder, before: MockOrder | None) -> None:
        number = int(order.order_no)
        self._move_variant(order, before)
        if before is not None:
            for key, at in _places(before):
                self.by_date[key].remove(at, number)
        for key, at in _places(order):
            self.by_date[key].add(at, number)
        if self.pushes.url is None:
            return
        if before is None:
            self._push("SALESORDER.CREATE", mock_render.pushed_order(order, STORE_ID, self.settings))
        elif order.status is OrderState.CANCELLED:
            self._push("SALESORDER.UPDATE", mock_render.pushed_cancel(order, self.settings))

    def _move_variant(self, order: MockOrder, before: MockOrder | None) -> None:
        """The stock of a variant goes with the product's."""
        variant = mock_variants.of_sku(order.product, order.sku)
        if variant is not None and before is None:
            variant["variant_quantity"] -= order.packs
        elif (
            variant is not None and order.status is OrderState.CANCELLED and self.settings["cancel_restocks"]
        ):
            variant["variant_quantity"] += order.packs

    def _push(self, kind: str, data: dict[str, Any]) -> None:
        shop_key = self.credentials["shop_key"]
        self.pushes.add(kind, {"type": kind, "store_id": STORE_ID, "shop_key": shop_key, "data": data})

    def ends_at(self, ends: int) -> str:
        """A token's end as the login answer writes it."""
        return stamp(datetime.fromtimestamp(ends, self.now().tzinfo))


def _places(order: MockOrder) -> Iterator[tuple[tuple[str, int | None], int]]:
    code = mock_render.order_code(order)
    for kind, moment in (("order", order.placed_at), ("status", order.updated_at)):
        at = int(moment.timestamp())
        yield (kind, None), at
        yield (kind, code), at


def _base64(claims: Mapping[str, Any]) -> str:
    text = json.dumps(claims, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()
