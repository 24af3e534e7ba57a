"""Commands of accounts. The first administrator is made here: no password is anybody's default."""

import sys

import click
from sqlmodel import Session, col, select

from marketplace.accounts import accounts, ties
from marketplace.accounts.forms import AccountIn
from marketplace.accounts.logins import account_named
from marketplace.accounts.models import Account, Role
from marketplace.cli.common import emit, json_option, lensan, ready, transaction
from marketplace.core import clock
from marketplace.core.audit import SYSTEM
from marketplace.core.forms import parsed


@lensan.group()
def account() -> None:
    """Tài khoản đăng nhập."""


@account.command("add")
@click.argument("role", type=click.Choice([role.value for role in Role]))
@click.option("--name", required=True, help="Họ và tên.")
@click.option("--user", "user_name", help="Tên đăng nhập.")
@click.option("--phone", help="Số điện thoại, thay cho hoặc cùng với tên đăng nhập.")
@click.option("--household", "household_code", help="Mã hộ, cho tài khoản hộ dân.")
@click.option(
    "--commune", "communes", multiple=True, help="Tên hoặc số của xã được giao (khuyến nông); lặp lại được."
)
@click.option("--password-stdin", is_flag=True, help="Đọc mật khẩu từ dòng đầu của đầu vào.")
@click.option("--generate", is_flag=True, help="Đặt mật khẩu ngẫu nhiên và in ra một lần.")
@json_option
def account_add(
    role: str,
    communes: tuple[str, ...],
    *,
    password_stdin: bool,
    generate: bool,
    as_json: bool,
    **typed: str | None,
) -> None:
    """Mở tài khoản vai trò ROLE: farmer, extension, coordinator hoặc admin."""
    password = _password(from_stdin=password_stdin, generate=generate)
    given = parsed(AccountIn, {"role": role, **{name: value for name, value in typed.items() if value}})
    with transaction(ready()) as db:
        opened = accounts.open_account(db, SYSTEM, given, password=password, now=clock.now())
        if communes:
            ids = [_commune(db, commune) for commune in communes]
            accounts.assign_communes(db, SYSTEM, opened.id or 0, ids)
        told = _told(opened)
    words = f"Đã mở tài khoản số {opened.id} cho {opened.name}."
    if generate:
        told, words = {**told, "password": password}, f"{words}\nMật khẩu (chỉ hiện lần này): {password}"
    emit(told, as_json=as_json, words=words)


def _password(*, from_stdin: bool, generate: bool) -> str:
    if from_stdin and generate:
        raise click.UsageError("Chỉ chọn một: --password-stdin hoặc --generate.")
    if generate:
        return accounts.new_password()
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise click.UsageError(
            "Không có bàn phím để hỏi mật khẩu: hãy thêm --password-stdin hoặc --generate."
        )
    return str(click.prompt("Mật khẩu", hide_input=True, confirmation_prompt="Gõ lại mật khẩu"))


def _commune(db: Session, typed: str) -> int:
    if typed.isascii() and typed.isdigit() and len(typed) <= 9:
        return int(typed)
    found = ties.communes_named(db, typed)
    exact = [commune for commune in found if commune.name.casefold() == typed.casefold()] or found
    if len(exact) == 1:
        return exact[0].id
    if not exact:
        raise accounts.NoSuchCommune
    choices = "; ".join(f"{commune.id} = {commune.name}, {commune.within}" for commune in exact)
    raise click.ClickException(f"Có nhiều xã tên “{typed}”. Hãy dùng số: {choices}.")


@account.command("list")
@click.option("--role", type=click.Choice([role.value for role in Role]), help="Chỉ một vai trò.")
@json_option
def account_list(role: str | None, *, as_json: bool) -> None:
    """Kể mọi tài khoản."""
    query = select(Account).order_by(col(Account.id))
    if role:
        query = query.where(Account.role == Role(role))
    with transaction(ready(), writing=False) as db:
        rows = [_told(row) for row in db.exec(query)]
    lines = [
        f"{row['id']}\t{row['role']}\t{row['user_name'] or row['phone']}\t{row['name']}"
        + ("" if row["active"] else "\t(đã đóng)")
        for row in rows
    ]
    emit(rows, as_json=as_json, words="\n".join(lines) or "Chưa có tài khoản nào.")


@account.command("close")
@click.argument("name")
def account_close(name: str) -> None:
    """Đóng tài khoản có tên đăng nhập hoặc số điện thoại NAME; việc đã làm vẫn còn."""
    with transaction(ready()) as db:
        accounts.close_account(db, SYSTEM, _known(db, name), now=clock.now())
    click.echo("Đã đóng tài khoản. Mọi máy của tài khoản này đã bị đăng xuất.")


@account.command("reset-password")
@click.argument("name")
@json_option
def account_reset_password(name: str, *, as_json: bool) -> None:
    """Đặt mật khẩu ngẫu nhiên cho tài khoản NAME và in ra một lần."""
    with transaction(ready()) as db:
        changed, password = accounts.reset_password(db, SYSTEM, _known(db, name), now=clock.now())
        told = {**_told(changed), "password": password}
    emit(told, as_json=as_json, words=f"Mật khẩu mới (chỉ hiện lần này): {password}")


def _known(db: Session, name: str) -> int:
    known = account_named(db, name)
    if known is None or known.id is None:
        raise click.ClickException("Không có tài khoản nào có tên đăng nhập hoặc số điện thoại này.")
    return known.id


def _told(row: Account) -> dict[str, object]:
    return row.model_dump(
        mode="json", include={"id", "role", "name", "user_name", "phone", "household_id", "active"}
    )
