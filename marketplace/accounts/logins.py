"""Logging in and out.

Logins live in the database, so that each can be listed and revoked; cookies hold only a token.
"""

import hashlib
import secrets
import unicodedata
from datetime import datetime, timedelta

from sqlmodel import Session, col, select
from werkzeug.security import check_password_hash, generate_password_hash

from marketplace.accounts.models import Account, Login
from marketplace.core.audit import Actor, note
from marketplace.core.db import found
from marketplace.core.errors import Forbidden, Refused
from marketplace.core.i18n import N_
from marketplace.core.identity import read_phone
from marketplace.core.text import fold
from marketplace.core.units import Unreadable

#: A hash nobody's password has, so that an unknown name costs the same time as a wrong password.
_NOBODY = generate_password_hash(secrets.token_hex(16), method="scrypt")
SHORTEST_PASSWORD, LONGEST_PASSWORD = 8, 200


class WrongLogin(Refused):
    sentence = N_(
        "Số điện thoại, tên đăng nhập hoặc mật khẩu chưa đúng."
        " Hãy gõ lại, hoặc nhờ cán bộ xã đặt lại mật khẩu."
    )
    status = 422


class WeakPassword(Refused):
    sentence = N_("Mật khẩu cần từ %(least)s đến %(most)s ký tự và không được trùng tên đăng nhập.")
    status = 422
    field = "password"


def hashed(password: str, *, unlike: str = "") -> str:
    """Hash a new password (scrypt); WeakPassword for one too short, too long, or equal to the login name."""
    password = _one_spelling(password)
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD or password == unlike:
        raise WeakPassword(least=SHORTEST_PASSWORD, most=LONGEST_PASSWORD)
    return generate_password_hash(password, method="scrypt")


def matches(account: Account | None, password: str) -> bool:
    """Is this the account's password? Takes as long when there is no such account."""
    password = _one_spelling(password[: 4 * LONGEST_PASSWORD])
    return check_password_hash(account.password_hash if account else _NOBODY, password)


def _one_spelling(password: str) -> str:
    """A phone may send "ầ" as three characters where a computer sends one: both are the same password."""
    return unicodedata.normalize("NFC", password)


def log_in(db: Session, name: str, password: str) -> Account:
    """Who this is, by phone or user name; refuses with the same sentence whatever was wrong."""
    account = account_named(db, name)
    right = matches(account, password)
    if account is None or not right or not account.active:
        raise WrongLogin
    return account


def account_named(db: Session, name: str) -> Account | None:
    """The account with this user name or phone, however it is spelled."""
    spelled = login_name(name)
    column = col(Account.phone) if spelled.startswith("+") else col(Account.user_name)
    return db.exec(select(Account).where(column == spelled)).first()


def login_name(typed: str) -> str:
    """One spelling for what people type to log in: a phone as E.164, a user name folded; "" for nothing."""
    try:
        return read_phone(typed[:60]).e164
    except Unreadable:
        return fold(typed[:60])[:40]


def open_login(db: Session, account: Account, *, device: str, now: datetime, days: int) -> str:
    """Open a login for one device and return its token, which is shown to nobody but the browser."""
    token = secrets.token_urlsafe(32)
    login = Login(
        account_id=account.id or 0,
        token_hash=_digest(token),
        created_at=now,
        expires_at=now + timedelta(days=days),
        device=device[:200],
    )
    db.add(login)
    note(db, account, "login.opened", login)
    return token


def account_of(db: Session, token: str | None, *, now: datetime) -> Account | None:
    """The account behind a cookie, in one statement; None when the login ended or the account was closed."""
    if not token:
        return None
    return db.exec(
        select(Account)
        .join(Login, col(Login.account_id) == Account.id)
        .where(
            Login.token_hash == _digest(token),
            col(Login.revoked_at).is_(None),
            Login.expires_at > now,
            col(Account.active).is_(True),
        )
    ).first()


def logins_of(db: Session, account: Account, *, now: datetime) -> list[Login]:
    """Open logins of an account, newest first."""
    return list(
        db.exec(
            select(Login)
            .where(Login.account_id == account.id, col(Login.revoked_at).is_(None), Login.expires_at > now)
            .order_by(col(Login.id).desc())
        )
    )


def revoke_login(db: Session, actor: Actor, login_id: int, *, now: datetime) -> Login:
    """End one login; only its owner may."""
    login = found(db, Login, login_id)
    if login.account_id != actor.actor_id:
        raise Forbidden
    login.revoked_at = login.revoked_at or now
    db.add(login)
    note(db, actor, "login.revoked", login)
    return login


def end_login(db: Session, token: str | None, *, now: datetime) -> None:
    """Log this device out; logging out twice is the same as once."""
    login = db.exec(select(Login).where(Login.token_hash == _digest(token or ""))).first()
    if login is not None:
        login.revoked_at = login.revoked_at or now
        db.add(login)


def revoke_all(db: Session, account: Account, *, now: datetime, but: str | None = None) -> None:
    """End every login of an account but the one of this token, after a password change or a closing."""
    for login in logins_of(db, account, now=now):
        if but is None or login.token_hash != _digest(but):
            login.revoked_at = now
            db.add(login)


def is_login_of(login: Login, token: str | None) -> bool:
    """Is this the login of the device that holds the token?"""
    return token is not None and login.token_hash == _digest(token)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
