"""A stateful Voso: remembers, refuses what Voso would refuse, moderates, lets buyers buy, ships parcels."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, Flask, Response, request
from werkzeug.exceptions import HTTPException

from connectors.kit.mock_control import mount_control
from connectors.kit.mock_push import Push
from connectors.kit.mocking import LATE
from connectors.voso import (
    mock_account,
    mock_categories,
    mock_orders,
    mock_parcel,
    mock_places,
    mock_products,
)
from connectors.voso.mock_state import USER_ID, VosoMock, ends_in_ms
from connectors.voso.mock_wire import VosoSays, answer, bare, mock, refusal, sent

#: A mock guards nothing.
USERNAME, PASSWORD = "gianhang.thu", "mat-khau-2099"
WEBHOOK_SECRET = "bi-mat-webhook-2099"  # noqa: S105 - for a mock
PORTAL_SECRET = "0123456789abcdef01"  # noqa: S105 - 18 hexadecimal digits, as the portal shows after an OTP
_OPEN = ("/v2/categories/", "/v3/categories/")  #: paths without a token
_LOGINS = ("/v2/user/Login", "/v2/user/LoginVTP")

bp = Blueprint("login", __name__, url_prefix="/v2/user")


def create_mock(
    *,
    rate_per_second: float | None = 5.0,
    now: Callable[[], datetime] | None = None,
    shift_seconds: float = 0,
    moderation: bool = False,
    username: str | None = None,
    password: str | None = None,
    webhook_secret: str | None = None,
    monotonic: Callable[[], float] = time.monotonic,
    send: Callable[[Push], None] | None = None,
    **settings: Any,
) -> Flask:
    """A Flask application; its memory is `app.extensions["mock"]`.

    `now` is the mock's clock (aware), shifted by `shift_seconds`; `monotonic` times limits and late calls;
    `send` replaces the background delivery of webhooks; `settings` are the switches of `VosoMock.SETTINGS`.
    """
    app = Flask("connectors.voso.mock", static_folder=None)
    app.config["PROPAGATE_EXCEPTIONS"] = True
    memory = VosoMock(
        credentials={
            "USERNAME": username or USERNAME,
            "PASSWORD": password or PASSWORD,
            "WEBHOOK_SECRET": webhook_secret or WEBHOOK_SECRET,
        },
        now=now,
        shift_seconds=shift_seconds,
        rate_per_second=rate_per_second,
        monotonic=monotonic,
        settings={"moderation": moderation, **settings},
        send=send,
    )
    mount_control(app, memory)
    app.register_blueprint(bp)
    for part in (mock_products, mock_orders, mock_categories, mock_parcel, mock_places, mock_account):
        app.register_blueprint(part.bp)
    app.before_request(_admit)
    app.register_error_handler(VosoSays, refusal)
    app.register_error_handler(HTTPException, _no_route)
    return app


@bp.post("/Login")
def login() -> Response:
    """A token for 24 hours."""
    _known_account()
    return answer(_token(long=False))


@bp.post("/ownerconnect")
@bp.post("/ownerConnect")
def ownerconnect() -> Response:
    """A token for 1000 days, for who has one for 24 hours."""
    _known_account()
    return answer(_token(long=True))


@bp.post("/LoginVTP")
def login_portal() -> Response:
    """A token for the secret the portal shows."""
    if sent().get("token") != PORTAL_SECRET:
        raise VosoSays("Token invalid", status=401, http=mock().settings["auth_status"])
    return answer(_token(long=True))


def _known_account() -> None:
    body = sent()
    keys = mock().credentials
    if any(body.get(name) != keys[name] for name in ("USERNAME", "PASSWORD")):
        raise VosoSays("Invalid owner account or password!")


def _token(*, long: bool) -> dict[str, Any]:
    token, ends = mock().log_in(long=long)
    return {
        "userId": USER_ID,
        "token": token,
        "partner": USER_ID,
        "phone": "0912099001",
        "postcode": None,
        "expired": ends_in_ms(ends, mock().settings),
        "encrypted": None,
        "source": 5,
        "infoUpdated": True,
    }


def _admit() -> None:
    """The gateway in front of everything that needs a token."""
    path = request.path.rstrip("/")
    if path.startswith(("/_mock", *_OPEN)) or path in _LOGINS or request.environ.get(LATE):
        return
    said = mock().token_refusal(request.headers.get("Token", "").strip())
    if said is not None:
        raise VosoSays(said, status=401, http=mock().settings["auth_status"])


def _no_route(error: HTTPException) -> Response:
    code = error.code or 500
    return bare({"status": code, "error": True, "message": error.name, "data": None}, code)
