"""The web gate. Every request passes here: who is it, may they, then the view, then commit or roll back.

One table says which role may call which endpoint; an endpoint without a row is closed to everybody. The database
session of a GET only reads. Any other method writes, and is committed here if and only if the answer is below 400.
"""

import logging
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, abort, flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf.csrf import CSRFError, CSRFProtect
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlmodel import Session
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.exceptions import NotFound as PageNotFound

from marketplace.core import db as database
from marketplace.core.errors import Refused
from marketplace.core.forms import FormState

log = logging.getLogger("lensan.web")

csrf = CSRFProtect()
ANY = "any"  #: role name for "also without a login"

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; connect-src 'self'; "
        "manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
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

    @app.before_request
    def enter() -> ResponseReturnValue | None:
        g.request_id = secrets.token_hex(8)
        g.actor = None
        if request.endpoint == "static":
            return None
        g.db = database.session(engine, writing=request.method not in ("GET", "HEAD", "OPTIONS"))
        g.actor = who(g.db)
        if request.endpoint is None:
            return None  # Flask answers 404 or 405 itself
        roles = may.get(request.endpoint, frozenset())
        if ANY in roles:
            return None
        if g.actor is None:
            if request.method == "GET":
                return redirect(url_for("accounts.login", next=request.full_path.rstrip("?")))
            return redirect(url_for("accounts.login"))
        if str(g.actor.role) not in roles:
            abort(403)
        return None

    @app.after_request
    def leave(response: Response) -> Response:
        db: Session | None = g.get("db")
        if db is not None and request.method not in ("GET", "HEAD", "OPTIONS"):
            if response.status_code < 400 and not g.get("refused", False):
                db.commit()
            else:
                db.rollback()
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    @app.teardown_request
    def close(_error: BaseException | None) -> None:
        db: Session | None = g.pop("db", None)
        if db is not None:
            db.close()

    app.register_error_handler(Refused, answer_refusal)
    app.register_error_handler(CSRFError, lambda _error: _error_page("csrf", 400))
    app.register_error_handler(OperationalError, _database_in_trouble)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _our_fault)


def allowed(may: Mapping[str, frozenset[str]], actor: Any | None, endpoint: str) -> bool:
    """May this person call this endpoint? For templates: hide what would be refused."""
    roles = may.get(endpoint, frozenset())
    return ANY in roles or (actor is not None and str(actor.role) in roles)


def say(sentence: str, facts: Mapping[str, object] | None = None) -> str:
    """A marked sentence in the reader's language, its facts filled in; labels among the facts are translated too."""
    words = dict(facts or {})
    if isinstance(words.get("label"), str):
        words["label"] = gettext(str(words["label"]))
    translated: str = gettext(sentence)
    return translated % words if words else translated


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


def safe_next(target: str | None, otherwise: str) -> str:
    """A path of this site to go on to; anything else becomes `otherwise`."""
    if not target or not target.startswith("/") or target.startswith("//") or "\\" in target:
        return otherwise
    parts = urlsplit(target)
    return otherwise if parts.scheme or parts.netloc else target


def wants_json() -> bool:
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def answer_refusal(refusal: Refused) -> ResponseReturnValue:
    """A refusal nobody caught: JSON for programs, back to the page with the sentence for people."""
    g.refused = True
    sentence = say(refusal.sentence, refusal.facts)
    if wants_json():
        return {"code": refusal.code, "message": sentence, "facts": {k: str(v) for k, v in refusal.facts.items()}}, refusal.status
    if request.method in ("GET", "HEAD") or refusal.status in (403, 404):
        return _error_page(str(refusal.status), refusal.status, sentence)
    flash(sentence, "error")
    back = urlsplit(request.referrer or "")
    return redirect(safe_next(back.path + (f"?{back.query}" if back.query else ""), url_for("home")), 303)


def _error_page(name: str, status: int, sentence: str | None = None) -> ResponseReturnValue:
    if wants_json():
        return {"code": name, "message": sentence or "", "facts": {}}, status
    return make_response(render_template(f"errors/{name}.html", sentence=sentence), status)


_PAGES = {403, 404, 405, 413, 429}


def _http_error(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if status < 400:
        return error.get_response()
    if isinstance(error, PageNotFound | NotFound | MethodNotAllowed) or status in _PAGES:
        return _error_page(str(status), status)
    return _error_page("404" if status < 500 else "500", status)


def _database_in_trouble(error: OperationalError) -> ResponseReturnValue:
    """A full disk or a locked database is a refusal, not damage: nothing of this request was kept."""
    g.refused = True
    log.error("database trouble", extra={"request": g.get("request_id"), "kind": type(error.orig).__name__})
    if "db" in g:
        g.db.rollback()
    return _error_page("503", 503)


def _our_fault(error: Exception) -> ResponseReturnValue:
    g.refused = True
    log.error("unexpected error", extra={"request": g.get("request_id"), "kind": type(error).__name__}, exc_info=error)
    if "db" in g:
        g.db.rollback()
    return _error_page("500", 500)
