"""Accounts, their communes and their logins."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from marketplace.core.db import Utc, stored
from marketplace.core.i18n import N_


class Role(StrEnum):
    """The four roles; one account has one."""

    FARMER = "farmer"
    EXTENSION = "extension"
    COORDINATOR = "coordinator"
    ADMIN = "admin"


ROLE_LABELS = {
    Role.FARMER: N_("Hộ dân"),
    Role.EXTENSION: N_("Khuyến nông"),
    Role.COORDINATOR: N_("Điều phối"),
    Role.ADMIN: N_("Quản trị"),
}


class Account(SQLModel, table=True):
    """Somebody who can log in, by phone or by user name."""

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint("phone IS NOT NULL OR user_name IS NOT NULL", name="has_a_name"),
        CheckConstraint("(role = 'farmer') = (household_id IS NOT NULL)", name="farmer_has_household"),
    )

    id: int | None = Field(default=None, primary_key=True)
    role: Role = Field(sa_type=stored(Role))
    name: str = Field(max_length=100)
    name_fold: str = Field(default="", max_length=100, index=True)
    user_name: str | None = Field(default=None, max_length=40, unique=True)  #: folded, holds a letter
    phone: str | None = Field(default=None, max_length=16, unique=True)  #: E.164
    password_hash: str = Field(max_length=200)
    household_id: int | None = Field(default=None, foreign_key="household.id", index=True)
    language: str = Field(default="vi", max_length=2)
    active: bool = True
    created_at: datetime = Field(sa_type=Utc)

    @property
    def actor_id(self) -> int | None:
        return self.id


class AccountCommune(SQLModel, table=True):
    """A commune an extension worker looks after; the unit may be an old or a current one."""

    __tablename__ = "account_commune"
    __table_args__ = (UniqueConstraint("account_id", "unit_id"),)

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id", index=True)
    unit_id: int = Field(foreign_key="admin_unit.id", index=True)


class Login(SQLModel, table=True):
    """One logged-in device. The cookie holds a random token; only its SHA-256 is kept."""

    __tablename__ = "login"

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id", index=True)
    token_hash: str = Field(max_length=64, unique=True)
    created_at: datetime = Field(sa_type=Utc)
    expires_at: datetime = Field(sa_type=Utc)
    revoked_at: datetime | None = Field(default=None, sa_type=Utc)
    device: str = Field(
        default="", max_length=200
    )  #: what the browser says it is, shown in the list of logins
