"""The application factory: settings, database, gate, words, blueprints."""

from pathlib import Path
from typing import Any

from babel.support import NullTranslations
from flask import Flask, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import Babel, Domain, get_locale, gettext
from jinja2 import StrictUndefined
from sqlalchemy import Engine, text
from sqlmodel import Session
from werkzeug.middleware.proxy_fix import ProxyFix

from catalog.views import households, imports, lots, poverty, products
from marketplace.accounts import logins
from marketplace.accounts import views as accounts
from marketplace.accounts.models import ROLE_LABELS, Account, Role
from marketplace.accounts.permissions import MAY
from marketplace.core import clock, units, web
from marketplace.core.config import Settings
from marketplace.core.db import open_engine
from marketplace.core.i18n import LANGUAGES, catalogue
from marketplace.core.secrets import vault_of
from marketplace.nav import navigation
from marketplace.reports.views import chain, reports
from marketplace.selling.sync.wire import face_of
from marketplace.selling.views import (
    categories,
    drift,
    endings,
    exposure,
    goods_back,
    household_money,
    listings,
    offers,
    orders,
    outside,
    parked,
    repairs,
    settling,
    shops,
)
from training.views import (
    attendance,
    awards,
    closings,
    counts,
    course_learning,
    courses,
    enrolments,
    exports,
    learning,
    offline,
    roll_imports,
    sheets,
    trainings,
)

BLUEPRINTS = (
    accounts.bp,
    households.bp,
    poverty.bp,
    imports.bp,
    products.bp,
    lots.bp,
    offers.bp,
    listings.bp,
    drift.bp,
    orders.bp,
    goods_back.bp,
    endings.bp,
    outside.bp,
    exposure.bp,
    parked.bp,
    settling.bp,
    household_money.bp,
    repairs.bp,
    shops.bp,
    categories.bp,
    reports.bp,
    chain.bp,
    courses.bp,
    trainings.bp,
    counts.bp,
    enrolments.bp,
    attendance.bp,
    closings.bp,
    sheets.bp,
    awards.bp,
    learning.bp,
    course_learning.bp,
    roll_imports.bp,
    exports.bp,
    offline.bp,
)

HOMES = {
    Role.FARMER: "offers.offers",
    Role.EXTENSION: "households.households",
    Role.COORDINATOR: "reports.home",
    Role.ADMIN: "accounts.accounts",
}


def create_app(settings: Settings, engine: Engine | None = None) -> Flask:
    """Build the web application; `engine` is given by tests, otherwise opened from the settings."""
    settings.checked()
    clock.set_by(settings)
    app = Flask("marketplace", template_folder=str(template_folder()), static_folder="static")
    app.config.update(
        SECRET_KEY=settings.secret_key.get_secret_value() or "debug",
        MAX_CONTENT_LENGTH=settings.upload_megabytes * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.public_url.startswith("https"),
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
        SEND_FILE_MAX_AGE_DEFAULT=365 * 24 * 3600,
        TEMPLATES_AUTO_RELOAD=False,
    )
    engine = engine or open_engine(settings.database)
    app.extensions["lensan"] = settings
    app.extensions["engine"] = engine
    app.extensions["vault"] = vault_of(settings)
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.trusted_proxies, x_proto=1)  # type: ignore[method-assign]  # Flask's documented way
    _speak(app)
    _dress(app, settings)
    accounts.limiter.init_app(app)
    web.install_gate(app, engine, may=MAY, who=_who)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    _plain_pages(app, engine)
    return app


def template_folder() -> Path:
    """`templates/` beside the packages in a checkout, inside the package in a wheel."""
    inside = Path(__file__).parent / "templates"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "templates"


def _who(db: Session) -> Account | None:
    return logins.account_of(db, request.cookies.get(accounts.COOKIE), now=clock.now())


def _language() -> str:
    actor: Account | None = g.get("actor")
    return str(actor.language if actor else session.get("language", "vi"))


class _Catalogues(Domain):  # type: ignore[misc]  # Flask-Babel has no types
    """Flask-Babel's domain, reading our .po files directly."""

    def get_translations(self) -> NullTranslations:
        locale = get_locale()
        return catalogue(locale.language if locale else "vi")


def _speak(app: Flask) -> None:
    babel = Babel(app, default_locale="vi", default_timezone="Asia/Ho_Chi_Minh", locale_selector=_language)
    babel.domain_instance = _Catalogues()


def _dress(app: Flask, settings: Settings) -> None:
    """Everything templates may use."""
    env = app.jinja_env
    env.undefined = StrictUndefined
    env.trim_blocks = env.lstrip_blocks = True
    env.filters.update(
        kg=lambda grams: units.kg(grams, locale=_language()),
        tonnes=lambda grams: units.tonnes(grams, locale=_language()),
        vnd=lambda amount: units.vnd(amount, locale=_language()),
        number=lambda value: units.number_vi(value, locale=_language()),
        date=lambda day: units.date_vi(day) if day else "",
        datetime=lambda instant: units.datetime_vi(instant) if instant else "",
        marketplace_title=lambda name: face_of(name).title,
        shop_label=lambda shop: f"{face_of(shop.marketplace).title} · {shop.name}",
    )
    version = _static_version(Path(app.static_folder or ""))

    @app.context_processor
    def words() -> dict[str, Any]:
        actor: Account | None = g.get("actor")
        return {
            "actor": actor,
            "may": lambda endpoint: web.allowed(MAY, actor, endpoint),
            "locale": _language(),
            "languages": LANGUAGES,
            "nav": navigation(actor),
            "role_label": lambda role: gettext(ROLE_LABELS[Role(role)]),
            "say": web.say,
            "today": clock.today(),
            "demo": settings.demo,
            "asset": lambda name: url_for("static", filename=name, v=version),
        }


def _static_version(folder: Path) -> str:
    """Changes when any static file does, so that a year of caching never shows an old one."""
    newest = max((file.stat().st_mtime_ns for file in folder.rglob("*") if file.is_file()), default=0)
    return format(newest, "x")[-8:]


def _plain_pages(app: Flask, engine: Engine) -> None:
    @app.get("/")
    def home() -> ResponseReturnValue:
        """Lead everybody to the page they work on."""
        return redirect(url_for(HOMES[Role(g.actor.role)]))

    @app.get("/-/health")
    def health() -> ResponseReturnValue:
        """Tell a watchdog that the web server and its database answer."""
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        return {"ok": True, "now": clock.now().isoformat()}

    @app.get("/-/patterns")
    def patterns() -> ResponseReturnValue:
        """Show every building block of the pages."""
        return web.page("patterns.html", form=web.typed())

    @app.get("/-/permissions")
    def permissions() -> ResponseReturnValue:
        """Show the one table that says who may do what."""
        rows = [
            (endpoint, [role for role in Role if web.ANY in roles or role in roles])
            for endpoint, roles in MAY.items()
        ]
        return web.page("permissions.html", rows=rows)

    @app.get("/-/settings")
    def settings() -> ResponseReturnValue:
        """Show every setting in force, secrets left out."""
        shown: Settings = app.extensions["lensan"]
        return web.page("settings.html", rows=shown.shown())
