"""Commands about connectors: which there are, whether one keeps every rule, and a new one to begin with."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from connectors.kit.discovery import marketplaces
from connectors.kit.protocol import Marketplace
from connectors.kit.skeletons import is_name, new_connector
from marketplace.cli.common import emit, json_option, lensan


@lensan.group()
def connector() -> None:
    """Kết nối sàn: xem đang có sàn nào, kiểm tra một kết nối, bắt đầu một kết nối mới."""


@connector.command("list")
@json_option
def connector_list(*, as_json: bool) -> None:
    """Các sàn mà bản cài này nói chuyện được."""
    rows = [_card(one) for one in marketplaces().values()]
    words = [f"{row['name']}\t{row['title']}\t{row['calls_per_second']:g} lần/giây" for row in rows]
    emit(rows, as_json=as_json, words="\n".join(words))


def _card(one: Marketplace) -> dict[str, Any]:
    return {
        "name": one.name,
        "title": one.title,
        "credential_fields": one.credential_fields,
        "base_url": one.default_base_url,
        "calls_per_second": one.limits.calls_per_second,
        "list_page": one.limits.list_page,
        "price_batch": one.limits.price_batch,
    }


@connector.command("check")
@click.argument("name", required=False)
@click.option("--only", multiple=True, help="Chỉ kiểm tra điều có tên này; dùng được nhiều lần.")
@click.option("--list", "only_list", is_flag=True, help="Chỉ liệt kê các điều phải giữ.")
@json_option
def connector_check(name: str | None, only: tuple[str, ...], *, only_list: bool, as_json: bool) -> None:
    """Kiểm tra kết nối NAME với sàn giả của nó; mã thoát 1 khi có điều không giữ được."""
    # The suite draws pictures and starts mocks; no other command needs it.
    from connectors.kit import conformance

    chosen = [check for check in conformance.checks() if not only or check.name in only]
    unknown = set(only) - {check.name for check in chosen}
    if unknown:
        raise click.BadParameter(
            f"không có điều «{sorted(unknown)[0]}»; xem lensan connector check --list", param_hint="--only"
        )
    if only_list:
        rows = [{"theme": check.theme, "name": check.name} for check in chosen]
        words = "\n".join(f"{row['theme']}\t{row['name']}" for row in rows)
        emit(rows, as_json=as_json, words=words)
        return
    marketplace = _found(name)
    told = []
    with _silence():
        for check in chosen:
            outcome = conformance.run(marketplace, check)
            told.append({"theme": check.theme, "name": check.name, "failure": outcome.failure})
            if not as_json:
                click.echo(_line(told[-1]))
    _conclude(marketplace, told, as_json=as_json)


def _found(name: str | None) -> Marketplace:
    known = marketplaces()
    if name is None or name not in known:
        said = f"không có sàn «{name}»" if name else "hãy ghi tên sàn"
        raise click.BadParameter(f"{said}; các sàn có: {', '.join(known)}", param_hint="NAME")
    return known[name]


@contextmanager
def _silence() -> Iterator[None]:
    # Mocks and connectors log what the checks provoke on purpose.
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def _line(row: dict[str, Any]) -> str:
    kept = f"{'đạt' if row['failure'] is None else 'HỎNG'}\t{row['theme']}\t{row['name']}"
    return kept if row["failure"] is None else f"{kept}\n\t{row['failure']}"


def _conclude(marketplace: Marketplace, told: list[dict[str, Any]], *, as_json: bool) -> None:
    failed = [str(row["name"]) for row in told if row["failure"] is not None]
    value = {
        "connector": marketplace.name,
        "passed": len(told) - len(failed),
        "failed": failed,
        "checks": told,
    }
    words = f"{marketplace.title}: {value['passed']} điều đạt, {len(failed)} điều hỏng."
    emit(value, as_json=as_json, words=words)
    if failed:
        sys.exit(1)


@connector.command("new")
@click.argument("name")
@click.option("--title", help="Tên mọi người gọi sàn; để trống là theo NAME.")
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Thư mục sẽ chứa gói; gói nằm trong thư mục con NAME.",
)
def connector_new(name: str, title: str | None, into: Path) -> None:
    """Viết một gói kết nối chạy được cho sàn NAME, để sửa dần theo tài liệu của sàn."""
    if not is_name(name):
        raise click.BadParameter(
            f"«{name}» chưa được: hãy dùng chữ thường không dấu, số và gạch dưới, ví dụ cho_phien",
            param_hint="NAME",
        )
    if name in marketplaces():
        raise click.BadParameter(f"đã có sàn «{name}»; hãy chọn tên khác", param_hint="NAME")
    title = title or name.replace("_", " ").capitalize()
    if not title.strip() or not title.isprintable() or set(title) & set('"\\'):
        raise click.BadParameter(
            "tên sàn chỉ gồm chữ, số và dấu cách; hãy bỏ dấu nháy và dấu chéo ngược", param_hint="--title"
        )
    folder = into / name
    if folder.exists():
        raise click.ClickException(f"Đã có {folder}; hãy chọn thư mục khác.")
    try:
        written = new_connector(name, title, folder)
    except OSError as error:
        raise click.ClickException(f"Không ghi được vào {into}: {error.strerror}.") from error
    click.echo("\n".join(str(file) for file in written))
    click.echo(f"Cài bằng: pip install {folder}\nRồi kiểm tra: lensan connector check {name}")
