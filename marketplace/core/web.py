"""The web gate. Every request passes here: who is it, may they, then the view, then commit or roll back.

One table says which role may call which endpoint; an endpoint without a row is closed to everybody. The
database session of a GET only reads. Any other method writes, and is committed here if and only if the answer
is below 400 and nothing was refused.
"""

import logging
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from flask import (
    Flask,
    Response,
    abort,
    flash,
    g,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf.csrf import CSRFError, CSRFProtect
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import Session
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter, Map

from marketplace.core import db as database
from marketplace.core.compression import compressed
from marketplace.core.errors import Invalid, Refused
from marketplace.core.forms import FormState
from marketplace.core.i18n import N_

log = logging.getLogger("lensan.web")

csrf = CSRFProtect()
ANY = "any"  #: role name for "also without a login"
LARGEST = 2**31 - 1  #: what fits into an INTEGER of both databases
#: Whose page this is, "-" for nobody's: a service worker shows pages it kept to nobody else.
ACCOUNT_HEADER = "Lensan-Account"
READING = ("GET", "HEAD", "OPTIONS")  #: methods that change nothing

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; connect-src 'self'; "
        "worker-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def install_gate(
    app: Flask,
    engine: Engine,
    *,
    may: Mapping[str, frozenset[str]],
    who: Callable[[Session], Any | None],
) -> None:
    """Put every request of `app` behind the gate; `who` reads the login of this request."""
    csrf.init_app(app)
    app.url_map.converters["int"] = _RowId

    @app.before_request
    def enter() -> ResponseReturnValue | None:
        g.request_id = secrets.token_hex(8)
        g.actor = g.account_id = None
        if request.endpoint == "static":
            return None
        g.db = database.session(engine, writing=request.method not in READING)
        g.actor = who(g.db)
        g.account_id = g.actor.actor_id if g.actor else None
        if request.endpoint is None:
            return None  # Flask answers 404 or 405 itself
        roles = may.get(request.endpoint, frozenset())
        if ANY in roles:
            return None
        if g.actor is None:
            if wants_json():
                return _error("login_needed", 401)
            if request.method == "GET":
                return redirect(url_for("accounts.login", next=request.full_path.rstrip("?")))
            return redirect(url_for("accounts.login"))
        if str(g.actor.role) not in roles:
            abort(403)
        return None

    @app.after_request
    def leave(response: Response) -> Response:
        db: Session | None = g.get("db")
        if db is not None and request.method not in READING:
            response = _settle(db, response)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.endpoint != "static":
            response.headers[ACCOUNT_HEADER] = str(g.get("account_id") or "-")
        if request.endpoint != "static" or response.status_code >= 400:
            response.headers.setdefault("Cache-Control", "no-store")
        return compressed(request, response)

    @app.teardown_request
    def close(_error: BaseException | None) -> None:
        db: Session | None = g.pop("db", None)
        if db is not None:
            db.close()

    app.register_error_handler(Refused, answer_refusal)
    app.register_error_handler(CSRFError, lambda _refused: _error("csrf", 400))
    app.register_error_handler(OperationalError, _database_in_trouble)
    app.register_error_handler(PoolTimeout, _database_in_trouble)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _our_fault)


class _RowId(IntegerConverter):
    """`<int:…>` in paths: a number no row can have is an unknown page, not an error of the database."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=LARGEST)


def _settle(db: Session, response: Response) -> Response:
    """Keep a success, drop everything else. A commit that fails (full disk) becomes a 503."""
    if response.status_code >= 400 or g.get("refused", False):
        db.rollback()
        return response
    try:
        db.commit()
    except OperationalError as error:
        return make_response(_database_in_trouble(error))
    return response


def allowed(may: Mapping[str, frozenset[str]], actor: Any | None, endpoint: str) -> bool:
    """May this person call this endpoint? For templates: hide what would be refused."""
    roles = may.get(endpoint, frozenset())
    return ANY in roles or (actor is not None and str(actor.role) in roles)


def say(sentence: str, facts: Mapping[str, object] | None = None) -> str:
    """A marked sentence in the reader's language, facts filled in; a label among them is translated too."""
    words = dict(facts or {})
    if isinstance(words.get("label"), str):
        words["label"] = gettext(str(words["label"]))
    translated: str = gettext(sentence)
    try:
        return translated % words if words else translated
    except (KeyError, TypeError, ValueError):  # a marketplace's own words may hold a bare “%”
        return translated


class Form(FormState):
    """What was typed in this request; `attempt` keeps a refusal on the page and changes nothing."""

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Run a use case. A refusal lands on the form, and the transaction is rolled back."""
        try:
            yield
            g.db.flush()
        except Refused as refusal:
            g.db.rollback()
            self.refuse(refusal)
            self.errors = {name: say(*found) for name, found in self.sentences.items()}


def typed() -> Form:
    """The form of this request; empty on GET."""
    return Form(request.form.to_dict(flat=False))


def page(template: str, *, form: FormState | None = None, **values: Any) -> ResponseReturnValue:
    """Show a page; 422 when its form was refused."""
    wrong = form is not None and bool(form.errors)
    if form is not None:
        values["form"] = form
    if wrong:
        values["form_error"] = True
    return render_template(template, **values), 422 if wrong else 200


def receipt(message: str, url: str) -> ResponseReturnValue:
    """After a change: say what was done and show the result (303, so that reloading repeats nothing)."""
    flash(message, "ok")
    return redirect(url, 303)


def asked_number(name: str, otherwise: int = 1) -> int:
    """A whole number sent with the request (`?trang=2`); `otherwise` when missing, wrong or too large."""
    value = request.values.get(name, "")
    if not (value.isascii() and value.isdigit()) or len(value) > 9:
        return otherwise
    return int(value)


def safe_next(target: str | None, otherwise: str) -> str:
    """A path of this site to go on to; anything else becomes `otherwise`."""
    if not target or not target.startswith("/") or target.startswith("//") or "\\" in target:
        return otherwise
    if any(ord(letter) < 0x21 or ord(letter) == 0x7F for letter in target):
        return otherwise  # browsers drop some of these: "/\t/elsewhere" is another site
    return target


def wants_json() -> bool:
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def answer_refusal(refusal: Refused) -> ResponseReturnValue:
    """A refusal nobody caught: JSON for programs, back to the page with the sentence for people."""
    g.refused = True
    sentence, facts = say(refusal.sentence, refusal.facts), dict(refusal.facts)
    if isinstance(refusal, Invalid):
        facts = {name: say(*found) for name, found in refusal.errors.items()}
        sentence = " ".join(map(str, facts.values()))
    if wants_json():
        told = {name: str(value) for name, value in facts.items()}
        return {"code": refusal.code, "message": sentence, "facts": told}, refusal.status
    if request.method in READING or refusal.status in (403, 404):
        return _error(str(refusal.status), refusal.status, sentence)
    flash(sentence, "error")
    return redirect(_where_from(), 303)


def _where_from() -> str:
    """The path of the page that sent this form; the start page when that is not known."""
    try:
        back = urlsplit(request.referrer or "")
    except ValueError:
        return url_for("home")
    return safe_next(back.path + (f"?{back.query}" if back.query else ""), url_for("home"))


#: What programs are told; pages of people have their own templates, or share `other.html`.
_SENTENCES = {
    "400": N_("Thông tin gửi lên chưa đọc được. Hãy tải lại trang rồi làm lại."),
    "403": N_("Tài khoản của bạn không được làm việc này."),
    "404": N_("Không tìm thấy, hoặc không thuộc phạm vi của bạn."),
    "405": N_("Địa chỉ này không nhận cách gửi đó."),
    "413": N_("Thông tin gửi lên quá lớn."),
    "429": N_("Bạn thử quá nhiều lần. Hãy chờ một phút rồi thử lại."),
    "500": N_("Máy chủ gặp trục trặc. Chưa có gì được lưu."),
    "503": N_("Máy chủ đang bận hoặc hết chỗ lưu. Chưa có gì được lưu; hãy chờ một phút rồi làm lại."),
    "csrf": N_("Trang đã để quá lâu. Hãy mở lại trang và gửi lần nữa."),
    "login_needed": N_("Hãy đăng nhập trước."),
}
_PAGES = {"403", "404", "405", "413", "429", "500", "503", "csrf"}


def _error(name: str, status: int, sentence: str | None = None) -> ResponseReturnValue:
    """The answer for a failure; `sentence` replaces the usual one. `name` is the code told to programs."""
    usual = _SENTENCES.get(name, _SENTENCES["500" if status >= 500 else "400"])
    if wants_json():
        return {"code": name, "message": sentence or gettext(usual), "facts": {}}, status
    if name in _PAGES:
        return make_response(render_template(f"errors/{name}.html", message=sentence), status)
    return make_response(render_template("errors/other.html", message=sentence or gettext(usual)), status)


def _http_error(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if error.response is not None or status < 400:
        return error.get_response()
    if status >= 500:
        _drop_everything()
    answer = make_response(_error(str(status), status))
    for name, value in error.get_headers():  # 405 says what is allowed, 429 when to come back
        if name not in ("Content-Type", "Content-Length"):
            answer.headers.setdefault(name, value)
    return answer


_SQLITE_TROUBLE = {5, 6, 8, 10, 13, 14}  # busy, locked, read-only, disk error, disk full, cannot open


def _database_in_trouble(error: OperationalError | PoolTimeout) -> ResponseReturnValue:
    """A full disk or a locked database is a refusal, not damage: nothing of this request was kept."""
    cause = getattr(error, "orig", None)
    code = getattr(cause, "sqlite_errorcode", None)
    if isinstance(code, int) and code & 0xFF not in _SQLITE_TROUBLE:
        return _our_fault(error)  # a missing table or column is a bug or a forgotten migration
    _drop_everything()
    log.error(
        "database trouble", extra={"request": g.get("request_id"), "kind": type(cause or error).__name__}
    )
    answer = make_response(_error("503", 503))
    answer.headers["Retry-After"] = "60"
    return answer


def _our_fault(error: Exception) -> ResponseReturnValue:
    _drop_everything()
    log.error(
        "unexpected error",
        extra={"request": g.get("request_id"), "kind": type(error).__name__},
        exc_info=error,
    )
    return _error("500", 500)


def _drop_everything() -> None:
    """Nothing of this request is kept, and no sentence says that something was done."""
    g.refused = True
    session.pop("_flashes", None)
    if "db" in g:
        g.db.rollback()
        g.actor = None  # would be read again, which the database may refuse
