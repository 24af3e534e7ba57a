"""What every page of the catalogue needs of the request."""

from datetime import datetime

from flask import current_app, g, request
from sqlmodel import Session

from catalog.models import Photo
from catalog.photos import keep_photo
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


def sent_photo(name: str, *, now: datetime, private: bool = False) -> Photo | None:
    """The picture sent in this form, kept; None when none was chosen. Private: of people or papers."""
    sent = request.files.get(name)
    if sent is None or not sent.filename:
        return None
    return keep_photo(db(), me(), sent.read(), settings=settings(), now=now, private=private)
