"""A stateful Sendo: remembers, refuses what Sendo would refuse, moderates, lets buyers buy."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, Flask, Response, request
from werkzeug.exceptions import HTTPException

from connectors.kit.mock_control import mount_control
from connectors.kit.mock_goods import Impossible
from connectors.kit.mock_push import Push
from connectors.kit.mocking import LATE
from connectors.sendo import mock_catalogue, mock_orders, mock_products
from connectors.sendo.mock_fields import SendoSays
from connectors.sendo.mock_state import SendoMock
from connectors.sendo.mock_wire import answer, bare, mock, refusal, sent_object

#: The keys of the public sample; a mock guards nothing.
SHOP_KEY = "0123456789abcdef0123456789abcdef"
SECRET_KEY = "fedcba9876543210fedcba9876543210"  # noqa: S105 - the documents' sample, for a mock

bp = Blueprint("login", __name__)


def create_mock(
    *,
    rate_per_second: float | None = 20.0,
    now: Callable[[], datetime] | None = None,
    shift_seconds: float = 0,
    moderation: bool = False,
    shop_key: str | None = None,
    secret_key: str | None = None,
    monotonic: Callable[[], float] = time.monotonic,
    send: Callable[[Push], None] | None = None,
    **settings: Any,
) -> Flask:
    """A Flask application; its memory is `app.extensions["mock"]`.

    `now` is the mock's clock (aware), shifted by `shift_seconds`; `monotonic` times limits and late calls;
    `send` replaces the background delivery of webhooks; `settings` are the switches of `SendoMock.SETTINGS`.
    """
    app = Flask("connectors.sendo.mock", static_folder=None)
    app.config["PROPAGATE_EXCEPTIONS"] = True
    memory = SendoMock(
        credentials={"shop_key": shop_key or SHOP_KEY, "secret_key": secret_key or SECRET_KEY},
        now=now,
        shift_seconds=shift_seconds,
        rate_per_second=rate_per_second,
        monotonic=monotonic,
        settings={"moderation": moderation, **settings},
        send=send,
    )
    mount_control(app, memory)
    for part in (bp, mock_products.bp, mock_orders.bp, mock_catalogue.bp):
        app.register_blueprint(part)
    app.before_request(_admit)
    app.register_error_handler(SendoSays, refusal)
    app.register_error_handler(Impossible, _impossible)
    app.register_error_handler(HTTPException, _no_route)
    return app


@bp.post("/login")
def login() -> Response:
    """A token for 8 hours; at most 5 logins a second from one address."""
    if mock().too_many_logins(request.remote_addr or ""):
        response = bare({"message": "API rate limit exceeded"}, 429)
        response.headers["Retry-After"] = "1"
        return response
    body = sent_object()
    keys = mock().credentials
    if any(body.get(name) != keys[name] for name in ("shop_key", "secret_key")):
        raise SendoSays("Thông tin đăng nhập không đúng")
    token, ends = mock().log_in()
    return answer({"token": token, "expires": mock().ends_at(ends)}, statusCode=200)


def _admit() -> Response | None:
    """The gateway in front of everything under /api."""
    if not request.path.startswith("/api/") or request.environ.get(LATE):
        return None
    refused = mock().gateway_refuses(request.headers.get("Authorization", ""))
    return None if refused is None else bare(*refused)


def _impossible(error: Impossible) -> Response:
    return refusal(SendoSays("Không thể cập nhật trạng thái đơn hàng", ("order_status", str(error), None)))


def _no_route(error: HTTPException) -> Response:
    if error.code == 404:
        return bare({"message": "no Route matched with those values"}, 404)
    return bare({"message": error.name}, error.code or 500)
