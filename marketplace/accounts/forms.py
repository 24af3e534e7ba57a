"""What is typed about accounts."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from marketplace.accounts.models import Role
from marketplace.core.forms import MaybeLine, Name, Typed, reading
from marketplace.core.i18n import N_
from marketplace.core.identity import read_phone
from marketplace.core.text import fold
from marketplace.core.units import Unreadable

NOT_A_USER_NAME = N_("Tên đăng nhập cần từ 3 đến 40 ký tự và có ít nhất một chữ cái, ví dụ “ven hoang”.")


def read_user_name(typed: str) -> str:
    """The folded spelling, which is what is kept; a name of digits only could be somebody's phone."""
    name = fold(typed)
    if not 3 <= len(name) <= 40 or not any(letter.isalpha() for letter in name):
        raise Unreadable(NOT_A_USER_NAME)
    return name


def _phone(typed: str) -> str:
    return read_phone(typed).e164


def _empty_is_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


UserName = Annotated[str | None, reading(read_user_name), BeforeValidator(_empty_is_none)]
Phone = Annotated[str | None, reading(_phone), BeforeValidator(_empty_is_none)]


class AccountEdit(Typed):
    """What may change in an account; the role never does."""

    name: Name = Field(title=N_("Họ và tên"))
    user_name: UserName = Field(default=None, title=N_("Tên đăng nhập"))
    phone: Phone = Field(default=None, title=N_("Số điện thoại"))
    household_code: MaybeLine = Field(default=None, title=N_("Mã hộ"))


class AccountIn(AccountEdit):
    """A new account."""

    role: Role = Field(title=N_("Vai trò"))


class PasswordIn(Typed):
    """One's own new password, typed twice because it is not shown. Passwords are taken as typed."""

    old: str = Field(default="", title=N_("Mật khẩu đang dùng"))
    password: str = Field(default="", title=N_("Mật khẩu mới"))
    again: str = Field(default="", title=N_("Gõ lại mật khẩu mới"))

    model_config = {"str_strip_whitespace": False}
