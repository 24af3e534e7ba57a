"""Opening, changing and closing accounts. A change leaves an audit entry and ends the logins it should."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from marketplace.accounts import logins, ties
from marketplace.accounts.forms import AccountEdit, AccountIn, PasswordIn
from marketplace.accounts.models import Account, AccountCommune, Role
from marketplace.core.audit import Actor, note
from marketplace.core.db import flush_or, found, locked
from marketplace.core.errors import Refused
from marketplace.core.i18n import N_
from marketplace.core.text import fold

#: Letters and digits that nobody confuses when a password is read out over the phone.
_READABLE = "abcdefghijkmnpqrstuvwxyz23456789"


class NoLoginName(Refused):
    sentence = N_("Hãy điền số điện thoại hoặc tên đăng nhập, để người này đăng nhập được.")
    status = 422
    field = "phone"


class LoginNameTaken(Refused):
    sentence = N_("Số điện thoại hoặc tên đăng nhập này đã thuộc một tài khoản khác. Hãy dùng tên khác.")
    field = "user_name"


class HouseholdNeeded(Refused):
    sentence = N_("Tài khoản hộ dân phải gắn với một hộ. Hãy điền mã hộ, ví dụ HG-000123.")
    status = 422
    field = "household_code"


class NoSuchHousehold(Refused):
    sentence = N_("Không có hộ nào mang mã này. Hãy xem lại mã trên trang của hộ.")
    status = 422
    field = "household_code"


class NotAnExtensionWorker(Refused):
    sentence = N_("Chỉ tài khoản khuyến nông mới được giao xã.")


class NoSuchCommune(Refused):
    sentence = N_("Không có xã này. Hãy tìm lại theo tên xã.")
    status = 422


class LastAdministrator(Refused):
    sentence = N_("Đây là tài khoản quản trị cuối cùng. Hãy mở một tài khoản quản trị khác trước khi đóng.")


class WrongPassword(Refused):
    sentence = N_("Mật khẩu đang dùng chưa đúng. Hãy gõ lại.")
    status = 422
    field = "old"


class PasswordsDiffer(Refused):
    sentence = N_("Hai lần gõ mật khẩu mới không giống nhau. Hãy gõ lại cả hai.")
    status = 422
    field = "again"


def new_password() -> str:
    """A random password of 60 bits, in three groups that can be read out."""
    return "-".join("".join(secrets.choice(_READABLE) for _ in range(4)) for _ in range(3))


def open_account(db: Session, actor: Actor, given: AccountIn, *, password: str, now: datetime) -> Account:
    """Open an account; refuses a taken login name, a farmer without a household, a weak password."""
    account = Account(
        role=given.role,
        name=given.name,
        password_hash=logins.hashed(password, unlike=given.user_name or ""),
        created_at=now,
    )
    _write_down(db, account, given)
    note(db, actor, "account.opened", account, role=account.role.value, household=account.household_id)
    return account


def change_account(db: Session, actor: Actor, account_id: int, given: AccountEdit) -> Account:
    """Change the name, the login names and a farmer's household; refuses as `open_account` does."""
    account = locked(db, Account, account_id)
    before = account.household_id
    _write_down(db, account, given)
    note(db, actor, "account.changed", account, household_before=before, household=account.household_id)
    return account


def _write_down(db: Session, account: Account, given: AccountEdit) -> None:
    if given.phone is None and given.user_name is None:
        raise NoLoginName
    account.household_id = _household_for(db, account.role, given.household_code)
    account.name, account.name_fold = given.name, fold(given.name)[:100]
    account.user_name, account.phone = given.user_name, given.phone
    db.add(account)
    flush_or(db, LoginNameTaken(field="user_name" if given.user_name else "phone"))


def _household_for(db: Session, role: Role, code: str | None) -> int | None:
    if role != Role.FARMER:
        return None
    if code is None:
        raise HouseholdNeeded
    household_id = ties.household_id_of(db, code)
    if household_id is None:
        raise NoSuchHousehold
    return household_id


def assign_communes(db: Session, actor: Actor, account_id: int, unit_ids: Sequence[int]) -> Account:
    """Make these, and no others, the communes of an extension worker; old and current units alike."""
    account = locked(db, Account, account_id)
    if account.role != Role.EXTENSION:
        raise NotAnExtensionWorker
    wanted = set(unit_ids)
    if ties.known_communes(db, list(wanted)) != wanted:
        raise NoSuchCommune
    rows = db.exec(select(AccountCommune).where(AccountCommune.account_id == account_id)).all()
    had = {row.unit_id for row in rows}
    for row in rows:
        if row.unit_id not in wanted:
            db.delete(row)
    db.add_all(AccountCommune(account_id=account_id, unit_id=unit_id) for unit_id in sorted(wanted - had))
    db.flush()
    if had != wanted:
        note(db, actor, "account.communes_assigned", account, before=sorted(had), after=sorted(wanted))
    return account


def assign_commune(db: Session, actor: Actor, account_id: int, unit_id: int) -> Account:
    """Add one commune to those of an extension worker."""
    return assign_communes(db, actor, account_id, [*_unit_ids(db, account_id), unit_id])


def take_commune_away(db: Session, actor: Actor, account_id: int, unit_id: int) -> Account:
    """Leave one commune out of those of an extension worker; the households stay as they are."""
    kept = [known for known in _unit_ids(db, account_id) if known != unit_id]
    return assign_communes(db, actor, account_id, kept)


def _unit_ids(db: Session, account_id: int) -> Sequence[int]:
    locked(db, Account, account_id)
    return db.exec(select(AccountCommune.unit_id).where(AccountCommune.account_id == account_id)).all()


def close_account(db: Session, actor: Actor, account_id: int, *, now: datetime) -> Account:
    """Nobody logs in with it any more; its past stays. Refuses to close the last administrator."""
    admins = db.exec(
        select(Account)
        .where(Account.role == Role.ADMIN, col(Account.active).is_(True))
        .order_by(col(Account.id))
        .with_for_update()
    ).all()  # locked, so that two administrators cannot close each other at the same moment
    account = locked(db, Account, account_id)
    if not account.active:
        return account
    if [admin.id for admin in admins] == [account_id]:
        raise LastAdministrator
    account.active = False
    db.add(account)
    logins.revoke_all(db, account, now=now)
    note(db, actor, "account.closed", account)
    return account


def reopen_account(db: Session, actor: Actor, account_id: int) -> Account:
    """Let a closed account log in again, with the password it had."""
    account = locked(db, Account, account_id)
    if not account.active:
        account.active = True
        db.add(account)
        note(db, actor, "account.reopened", account)
    return account


def change_password(
    db: Session, actor: Account, given: PasswordIn, *, now: datetime, token: str | None
) -> None:
    """Change one's own password and end every other login; `token` is this device's."""
    account = found(db, Account, actor.id or 0)
    if not logins.matches(account, given.old):
        raise WrongPassword
    if given.password != given.again:
        raise PasswordsDiffer
    account.password_hash = logins.hashed(given.password, unlike=account.user_name or "")
    db.add(account)
    logins.revoke_all(db, account, now=now, but=token)
    note(db, actor, "account.password_changed", account)


def reset_password(db: Session, actor: Actor, account_id: int, *, now: datetime) -> tuple[Account, str]:
    """Give an account a new random password, returned to be shown once, and end all its logins."""
    account, password = locked(db, Account, account_id), new_password()
    account.password_hash = logins.hashed(password)
    db.add(account)
    logins.revoke_all(db, account, now=now)
    note(db, actor, "account.password_reset", account)
    return account, password


def search_accounts(
    db: Session, *, text: str = "", role: Role | None = None, offset: int = 0, limit: int = 50
) -> list[Account]:
    """Accounts whose name, user name or phone holds `text`, by name; closed ones last."""
    query = select(Account)
    if role is not None:
        query = query.where(Account.role == role)
    folded = fold(text)[:100]
    if folded:
        spelled = logins.login_name(text)
        query = query.where(
            col(Account.name_fold).contains(folded, autoescape=True)
            | col(Account.user_name).contains(folded, autoescape=True)
            | (col(Account.phone) == spelled)
        )
    query = query.order_by(col(Account.active).desc(), col(Account.name_fold), col(Account.id))
    return list(db.exec(query.offset(offset).limit(limit)))
