"""What every page of the catalogue needs of the request."""

from flask import current_app, g, request
from sqlmodel import Session

from marketplace.accounts.models import Account
from marketplace.core import web
from marketplace.core.config import Settings
from marketplace.core.text import clean


def me() -> Account:
    """Who asks; the gate has let somebody in."""
    actor: Account = g.actor
    return actor


def db() -> Session:
    session: Session = g.db
    return session


def settings() -> Settings:
    chosen: Settings = current_app.extensions["lensan"]
    return chosen


def asked(name: str) -> str:
    """One line from the query string."""
    return clean(request.args.get(name, ""))[:100]


def asked_page() -> int:
    """Which page of a list is wanted, from 1."""
    return max(web.asked_number("trang"), 1)
