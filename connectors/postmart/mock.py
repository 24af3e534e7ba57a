"""A stateful Postmart in the house style of MyVNPost: remembers, refuses, moderates, lets buyers buy."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, Flask, Response, request
from werkzeug.exceptions import HTTPException

from connectors.kit.faults import NoAnswer
from connectors.kit.mock_control import mount_control
from connectors.kit.mock_goods import Impossible
from connectors.kit.mock_push import Push
from connectors.kit.mocking import LATE
from connectors.postmart import (
    mock_cases,
    mock_catalogue,
    mock_orders,
    mock_parcel,
    mock_products,
    mock_signing,
)
from connectors.postmart.mock_state import PostmartMock
from connectors.postmart.mock_wire import PostmartSays, answer, mock, refusal, sent_object

#: Invented; a mock guards nothing.
USERNAME = "nongdan.hagiang"
PASSWORD = "mat-khau-thu-2099"  # noqa: S105 - of a mock
CUSTOMER_CODE = "T000180585"
_CLOSED = "<!doctype html><html><head><title>403 Forbidden</title></head><body>Forbidden</body></html>"

bp = Blueprint("login", __name__)


def create_mock(
    *,
    rate_per_second: float | None = 5.0,
    now: Callable[[], datetime] | None = None,
    shift_seconds: float = 0,
    moderation: bool = False,
    username: str | None = None,
    password: str | None = None,
    monotonic: Callable[[], float] = time.monotonic,
    send: Callable[[Push], None] | None = None,
    **settings: Any,
) -> Flask:
    """A Flask application; its memory is `app.extensions["mock"]`.

    `now` is the mock's clock (aware), shifted by `shift_seconds`; `monotonic` times limits and late calls;
    `send` replaces the background delivery of webhooks; `settings` are those of `PostmartMock.SETTINGS`.
    """
    app = Flask("connectors.postmart.mock", static_folder=None)
    app.config["PROPAGATE_EXCEPTIONS"] = True
    memory = PostmartMock(
        credentials={
            "username": username or USERNAME,
            "password": password or PASSWORD,
            "customerCode": CUSTOMER_CODE,
            "publicKey": mock_signing.public_key(),
        },
        now=now,
        shift_seconds=shift_seconds,
        rate_per_second=rate_per_second,
        monotonic=monotonic,
        settings={"moderation": moderation, **settings},
        send=send,
    )
    mount_control(app, memory)
    parts = (mock_products, mock_cases, mock_orders, mock_catalogue, mock_parcel)
    for blueprint in (bp, *(part.bp for part in parts)):
        app.register_blueprint(blueprint)
    app.before_request(_admit)
    app.register_error_handler(PostmartSays, refusal)
    app.register_error_handler(Impossible, lambda error: answer({"Message": str(error)}, 400))
    app.register_error_handler(
        HTTPException, lambda error: answer({"message": error.name}, error.code or 500)
    )
    return app


@bp.post("/GetAccessToken")
def get_access_token() -> Response:
    """An opaque token for an hour; wrong keys are told inside a success."""
    body, keys = sent_object("errorMessage"), mock().credentials
    if any(body.get(name) != keys[name] for name in ("username", "password", "customerCode")):
        said = "Tên đăng nhập, mật khẩu hoặc mã khách hàng không đúng"
        return answer({"success": False, "token": None, "errorMessage": said})
    return answer({"success": True, "token": mock().log_in(), "errorMessage": None})


def _admit() -> Response | None:
    """The firewall, then the gateway in front of every call but the login."""
    if request.path.startswith("/_mock"):
        return None
    allowed = [address.strip() for address in mock().settings["allowed_ips"].split(",") if address.strip()]
    if allowed and request.remote_addr not in allowed:
        raise NoAnswer("reset")
    if request.path.rstrip("/") == "/GetAccessToken" or request.environ.get(LATE):
        return None
    if mock().lets_in(request.headers.get("token", "")):
        return None
    settings = mock().settings
    html = settings["auth_body"] == "html"
    kind = "text/html; charset=utf-8" if html else "text/plain; charset=utf-8"
    return Response(_CLOSED if html else "Forbidden", settings["auth_status"], content_type=kind)
