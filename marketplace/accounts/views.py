"""Pages of accounts: log in and out, language, own logins, and the administrator's list."""

from flask import Blueprint, current_app, g, make_response, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from marketplace.accounts import accounts as cases
from marketplace.accounts import logins, ties
from marketplace.accounts.forms import AccountEdit, AccountIn, PasswordIn
from marketplace.accounts.models import ROLE_LABELS, Account, Role
from marketplace.accounts.trail import ENTRIES, entries
from marketplace.core import clock, web
from marketplace.core.db import found
from marketplace.core.forms import parsed
from marketplace.core.i18n import LANGUAGES
from marketplace.core.text import clean

bp = Blueprint("accounts", __name__)
limiter = Limiter(get_remote_address, storage_uri="memory://", headers_enabled=True)
COOKIE = "lensan_login"
PAGE = 50
ONCE = "new_password"  #: key of the browser session under which a sealed new password waits to be shown once


def _login_limit() -> str:
    return str(current_app.extensions["lensan"].login_limit)


@bp.route("/dang-nhap", methods=["GET", "POST"])
@limiter.limit(_login_limit, methods=["POST"])
@limiter.limit(_login_limit, methods=["POST"], key_func=lambda: _account_tried())
def login() -> ResponseReturnValue:
    """Let somebody in by phone or user name and password."""
    form = web.typed()
    if request.method == "POST":
        with form.attempt():
            account = logins.log_in(g.db, form.value("name"), form.value("password"))
            return _let_in(account)
    return web.page("login.html", form=form.fill(next=request.args.get("next")))


def _account_tried() -> str:
    """However the name is spelled, tries count against the same account."""
    return f"account:{logins.login_name(request.form.get('name', ''))}"


def _let_in(account: Account) -> ResponseReturnValue:
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


# --- one's own account --------------------------------------------------------------------------------------


@bp.get("/toi")
def me() -> ResponseReturnValue:
    """Show one's own account, its logins, and the form for another password."""
    return _me(web.typed())


def _me(form: web.Form) -> ResponseReturnValue:
    token = request.cookies.get(COOKIE)
    open_logins = logins.logins_of(g.db, g.actor, now=clock.now())
    return web.page(
        "accounts/me.html",
        form=form,
        logins=[(login, logins.is_login_of(login, token)) for login in open_logins],
        household=ties.household_code(g.db, g.actor.household_id) if g.actor.household_id else None,
        communes=ties.communes_of(g.db, g.actor.id) if g.actor.role == Role.EXTENSION else [],
    )


@bp.post("/toi/mat-khau")
@limiter.limit(_login_limit)
def password() -> ResponseReturnValue:
    """Change one's own password; other devices are logged out."""
    form, token = web.typed(), request.cookies.get(COOKIE)
    with form.attempt():
        cases.change_password(g.db, g.actor, parsed(PasswordIn, form), now=clock.now(), token=token)
    if form.errors:
        return _me(form)
    return web.receipt(_("Đã đổi mật khẩu. Các máy khác phải đăng nhập lại."), url_for("accounts.me"))


@bp.post("/toi/dang-nhap/<int:login_id>/thu-hoi")
def login_revoke(login_id: int) -> ResponseReturnValue:
    """End one's own login on one device."""
    logins.revoke_login(g.db, g.actor, login_id, now=clock.now())
    return web.receipt(_("Đã đăng xuất máy đó."), url_for("accounts.me"))


# --- the administrator's list -------------------------------------------------------------------------------


@bp.get("/tai-khoan")
def accounts() -> ResponseReturnValue:
    """List accounts, searched by name, user name or phone."""
    text, number = request.args.get("q", "")[:100], max(1, web.asked_number("trang"))
    role = next((role for role in Role if role == request.args.get("vai-tro")), None)
    rows = cases.search_accounts(g.db, text=text, role=role, offset=(number - 1) * PAGE, limit=PAGE + 1)
    return web.page(
        "accounts/accounts.html",
        form=web.typed().fill(**{"q": text, "vai-tro": role}),
        rows=rows[:PAGE],
        roles=_roles(),
        number=number,
        more=len(rows) > PAGE,
    )


@bp.route("/tai-khoan/moi", methods=["GET", "POST"])
def account_new() -> ResponseReturnValue:
    """Open an account; its first password is random and shown once."""
    form = web.typed()
    if request.method == "POST":
        with form.attempt():
            first = cases.new_password()
            account = cases.open_account(
                g.db, g.actor, parsed(AccountIn, form), password=first, now=clock.now()
            )
            _show_once(account, first)
            return web.receipt(_("Đã mở tài khoản."), url_for("accounts.account", account_id=account.id))
    return web.page("accounts/account_new.html", form=form, roles=_roles())


@bp.route("/tai-khoan/<int:account_id>", methods=["GET", "POST"])
def account(account_id: int) -> ResponseReturnValue:
    """Show and change one account."""
    form = web.typed()
    if request.method == "POST":
        with form.attempt():
            changed = cases.change_account(g.db, g.actor, account_id, parsed(AccountEdit, form))
            return web.receipt(_("Đã lưu tài khoản."), url_for("accounts.account", account_id=changed.id))
    shown, asked = found(g.db, Account, account_id), request.args.get("xa", "")[:100]
    form.fill(name=shown.name, user_name=shown.user_name, phone=shown.phone, xa=asked)
    form.fill(household_code=ties.household_code(g.db, shown.household_id))
    return web.page(
        "accounts/account.html",
        form=form,
        account=shown,
        communes=ties.communes_of(g.db, account_id),
        asked=asked,
        candidates=ties.communes_named(g.db, asked),
        once=_shown_once(account_id) if request.method == "GET" else None,
    )


@bp.post("/tai-khoan/<int:account_id>/dong")
def account_close(account_id: int) -> ResponseReturnValue:
    """Close an account; its past stays."""
    cases.close_account(g.db, g.actor, account_id, now=clock.now())
    return _back_to(account_id, _("Đã đóng tài khoản. Mọi máy của tài khoản này đã bị đăng xuất."))


@bp.post("/tai-khoan/<int:account_id>/mo-lai")
def account_reopen(account_id: int) -> ResponseReturnValue:
    """Let a closed account log in again."""
    cases.reopen_account(g.db, g.actor, account_id)
    return _back_to(account_id, _("Đã mở lại tài khoản với mật khẩu cũ."))


@bp.post("/tai-khoan/<int:account_id>/dat-lai-mat-khau")
def password_reset(account_id: int) -> ResponseReturnValue:
    """Give an account a new random password, shown once."""
    account, new = cases.reset_password(g.db, g.actor, account_id, now=clock.now())
    _show_once(account, new)
    return _back_to(account_id, _("Đã đặt lại mật khẩu. Mọi máy của tài khoản này đã bị đăng xuất."))


@bp.post("/tai-khoan/<int:account_id>/xa")
def commune_add(account_id: int) -> ResponseReturnValue:
    """Give an extension worker one more commune."""
    cases.assign_commune(g.db, g.actor, account_id, web.asked_number("unit_id", otherwise=0))
    return _back_to(account_id, _("Đã giao thêm xã."))


@bp.post("/tai-khoan/<int:account_id>/xa/<int:unit_id>/bo")
def commune_remove(account_id: int, unit_id: int) -> ResponseReturnValue:
    """Take a commune away from an extension worker."""
    cases.take_commune_away(g.db, g.actor, account_id, unit_id)
    return _back_to(account_id, _("Đã bỏ xã khỏi tài khoản."))


@bp.get("/nhat-ky")
def audit() -> ResponseReturnValue:
    """Show who did what, newest first, filtered by action and subject."""
    asked = {name: clean(request.args.get(name, ""))[:60] for name in ("viec", "loai", "so", "nguoi")}
    before = web.asked_number("truoc", otherwise=0)
    rows = entries(
        g.db,
        action=asked["viec"],
        kind=asked["loai"],
        subject_id=web.asked_number("so", otherwise=0),
        actor_id=web.asked_number("nguoi", otherwise=0),
        before=before,
    )
    older = rows[ENTRIES - 1].entry.id if len(rows) > ENTRIES else None
    return web.page(
        "accounts/audit.html", form=web.typed().fill(**asked), rows=rows[:ENTRIES], older=older, asked=asked
    )


def _back_to(account_id: int, message: str) -> ResponseReturnValue:
    return web.receipt(message, url_for("accounts.account", account_id=account_id))


def _roles() -> list[tuple[str, str]]:
    return [(role.value, _(label)) for role, label in ROLE_LABELS.items()]


def _show_once(account: Account, password: str) -> None:
    """Keep a new password for the next page, sealed: the browser's cookie alone tells nobody."""
    session[ONCE] = [account.id, current_app.extensions["vault"].seal(password)]


def _shown_once(account_id: int) -> str | None:
    """The new password of this account, the first time it is asked for."""
    waiting = session.get(ONCE)
    if not waiting or waiting[0] != account_id:
        return None
    del session[ONCE]
    return str(current_app.extensions["vault"].open(waiting[1]))
