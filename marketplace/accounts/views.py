"""Pages of accounts: log in and out, language, own logins, and the administrator's list."""

from flask import Blueprint, current_app, g, make_response, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from marketplace.accounts import logins
from marketplace.core import clock, web
from marketplace.core.i18n import LANGUAGES

bp = Blueprint("accounts", __name__)
limiter = Limiter(get_remote_address, storage_uri="memory://")
COOKIE = "lensan_login"


def _login_limit() -> str:
    return str(current_app.extensions["lensan"].login_limit)


@bp.route("/dang-nhap", methods=["GET", "POST"])
@limiter.limit(_login_limit, methods=["POST"])
@limiter.limit(_login_limit, methods=["POST"], key_func=lambda: f"account:{request.form.get('name', '')[:60].lower()}")
def login() -> ResponseReturnValue:
    """Let somebody in by phone or user name and password."""
    form = web.typed()
    if request.method == "POST":
        with form.attempt():
            account = logins.log_in(g.db, form.value("name"), form.value("password"))
            return _let_in(account)
    return web.page("login.html", form=form.fill(next=request.args.get("next")))


def _let_in(account: logins.Account) -> ResponseReturnValue:
    settings = current_app.extensions["lensan"]
    device = request.user_agent.string
    token = logins.open_login(g.db, account, device=device, now=clock.now(), days=settings.login_days)
    answer = make_response(redirect(web.safe_next(request.form.get("next"), url_for("home")), 303))
    answer.set_cookie(
        COOKIE,
        token,
        max_age=settings.login_days * 24 * 3600,
        httponly=True,
        samesite="Lax",
        secure=settings.public_url.startswith("https"),
    )
    return answer


@bp.post("/dang-xuat")
def logout() -> ResponseReturnValue:
    """End the login of this device."""
    logins.end_login(g.db, request.cookies.get(COOKIE), now=clock.now())
    answer = make_response(redirect(url_for("accounts.login"), 303))
    answer.delete_cookie(COOKIE)
    return answer


@bp.post("/ngon-ngu")
def language() -> ResponseReturnValue:
    """Switch the language of this person, or of this browser before logging in."""
    chosen = request.form.get("language", "vi")
    if chosen in LANGUAGES:
        session["language"] = chosen
        if g.actor is not None:
            g.actor.language = chosen
            g.db.add(g.actor)
    return redirect(web.safe_next(request.form.get("next"), url_for("home")), 303)
