"""Commands of the installation: init, serve, db, admin-units. `doctor` has its own module."""

import csv
import os
import socket
from datetime import date
from pathlib import Path

import click
from alembic import command
from sqlmodel import col, or_, select

from catalog.models import AdminUnit, Level
from catalog.places import bare, load_shipped_units, load_units
from marketplace.cli.common import alembic_config, emit, json_option, lensan, ready, transaction
from marketplace.cli.doctor import database_at_head, revision_of
from marketplace.core.audit import SYSTEM, note
from marketplace.core.config import SECRETS, Settings, as_toml, config_path, load_settings, new_secrets
from marketplace.core.units import date_vi


@lensan.command()
@json_option
def init(*, as_json: bool) -> None:
    """Tạo config.toml với khóa mới, thư mục dữ liệu, cơ sở dữ liệu và danh mục xã. Chạy lại không đổi gì."""
    config = _write_config(config_path())
    settings = ready()
    folder = _make_folder(settings.data_dir)
    _make_folder(settings.photo_dir)
    migrated = upgrade_database(settings)
    with transaction(settings) as db:
        units = load_shipped_units(db)
    done = {"config": config, "data_dir": folder, "database": migrated, "admin_units": units}
    lines = [
        f"Đã tạo {config_path()} với khóa mới. Hãy sao lưu tệp này cẩn thận."
        if config
        else f"{config_path()} đã có hoặc không cần, giữ nguyên.",
        f"Đã tạo thư mục {settings.data_dir}." if folder else f"Thư mục {settings.data_dir} đã có.",
        "Đã đưa cơ sở dữ liệu lên bản mới nhất." if migrated else "Cơ sở dữ liệu đã ở bản mới nhất.",
        f"Đã nạp {units} đơn vị hành chính." if units else "Danh mục xã đã có đủ.",
    ]
    if not any(done.values()):
        lines.append("Không có gì thay đổi.")
    else:
        lines.append("Tiếp theo: lensan account add admin --name 'Họ tên' --user ten, rồi lensan serve.")
    emit(done, as_json=as_json, words="\n".join(lines))


def _write_config(path: Path) -> bool:
    """Write settings with new secrets, readable by the owner alone, unless they are there already."""
    if path.exists():
        return False
    settings = load_settings(path)
    if all(getattr(settings, name).get_secret_value() for name in SECRETS):
        return False  # the environment holds them
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(as_toml(new_secrets()))
        file.flush()
        os.fsync(file.fileno())
    return True


def _make_folder(folder: Path) -> bool:
    if folder.is_dir():
        return False
    folder.mkdir(mode=0o700, parents=True)
    return True


def upgrade_database(settings: Settings, revision: str = "head") -> bool:
    """Bring the database to a revision; True when that changed something."""
    before = revision_of(settings)
    command.upgrade(alembic_config(settings.database), revision)
    return revision_of(settings) != before


@lensan.command()
@click.option("--host", help="Địa chỉ nghe; mặc định theo thiết lập.")
@click.option("--port", type=click.IntRange(1, 65535), help="Cổng nghe; mặc định theo thiết lập.")
@click.option("--threads", type=click.IntRange(1, 64), help="Số yêu cầu trả lời cùng lúc.")
def serve(host: str | None, port: int | None, threads: int | None) -> None:
    """Chạy máy chủ web cho đến khi bấm Ctrl-C."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    settings = ready()
    host, port = host or settings.host, port or settings.port
    version = database_at_head(settings)
    if not version.ok:
        raise click.ClickException(version.sentence)
    _refuse_taken(host, port)
    click.echo(f"Lên Sàn đang chạy tại http://{host}:{port} (Ctrl-C để dừng).")
    # One process: login limits are counted in its memory. Requests beyond its threads wait their turn.
    Granian(
        "marketplace.wsgi:app",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        blocking_threads=threads or settings.web_threads,
        respawn_failed_workers=True,
        workers_kill_timeout=10,
        log_level=LogLevels.error,
    ).serve()


def _refuse_taken(host: str, port: int) -> None:
    """Say in one sentence what the server would say in sixty lines."""
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        words = f"Không nghe được ở {host}:{port} ({error.strerror}). Hãy chọn cổng khác bằng --port."
        raise click.ClickException(words) from error


@lensan.group()
def db() -> None:
    """Phiên bản của cơ sở dữ liệu."""


@db.command("upgrade")
@click.argument("revision", default="head")
def db_upgrade(revision: str) -> None:
    """Đưa cơ sở dữ liệu lên bản mới nhất (hoặc bản REVISION)."""
    changed = upgrade_database(ready(), revision)
    click.echo(
        "Đã nâng cấp cơ sở dữ liệu." if changed else "Cơ sở dữ liệu đã ở bản này, không có gì thay đổi."
    )


@db.command("downgrade")
@click.argument("revision")
@click.option("--yes", is_flag=True, help="Không hỏi lại.")
def db_downgrade(revision: str, *, yes: bool) -> None:
    """Đưa cơ sở dữ liệu về bản REVISION (base: xóa mọi bảng). Hãy sao lưu trước."""
    settings = ready()
    if not yes:
        click.confirm("Việc này có thể xóa dữ liệu. Đã sao lưu và muốn tiếp tục?", abort=True)
    command.downgrade(alembic_config(settings.database), revision)
    click.echo(f"Đã đưa cơ sở dữ liệu về bản {revision}.")


@lensan.group("admin-units")
def admin_units() -> None:
    """Tỉnh, huyện, xã qua các thời kỳ."""


@admin_units.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def admin_units_import(file: Path, *, as_json: bool) -> None:
    """Nạp tệp CSV đổi xã cũ sang xã mới (cột như catalog/data/hagiang_communes.csv)."""
    try:
        rows = list(csv.DictReader(file.read_text("utf-8-sig").splitlines()))
    except (UnicodeDecodeError, csv.Error) as error:
        raise click.ClickException(f"{file} không phải tệp CSV viết bằng UTF-8.") from error
    with transaction(ready()) as db:
        added = load_units(db, rows, source=file.name[:200])
        if added:
            note(db, SYSTEM, "admin_units.imported", db.exec(select(AdminUnit).limit(1)).one(), units=added)
    words = (
        f"Đã thêm {added} đơn vị hành chính."
        if added
        else "Mọi đơn vị trong tệp đã có, không có gì thay đổi."
    )
    emit({"rows": len(rows), "added": added}, as_json=as_json, words=words)


@admin_units.command("list")
@click.argument("name", default="")
@click.option(
    "--on", type=click.DateTime(["%Y-%m-%d"]), help="Chỉ các xã có hiệu lực vào ngày này, ví dụ 2021-12-01."
)
@json_option
def admin_units_list(name: str, on: date | None, *, as_json: bool) -> None:
    """Kể các xã có NAME trong tên (không cần dấu), với số để giao xã cho tài khoản."""
    query = (
        select(AdminUnit)
        .where(AdminUnit.level == Level.COMMUNE)
        .order_by(col(AdminUnit.name_fold), col(AdminUnit.id))
    )
    if name:
        query = query.where(col(AdminUnit.name_fold).contains(bare(name), autoescape=True))
    if on is not None:
        day = date(on.year, on.month, on.day)
        later = or_(col(AdminUnit.valid_to).is_(None), col(AdminUnit.valid_to) >= day)
        query = query.where(AdminUnit.valid_from <= day, later)
    with transaction(ready(), writing=False) as db:
        units = list(db.exec(query))
    told = [
        unit.model_dump(mode="json", include={"id", "code", "name", "valid_from", "valid_to"})
        for unit in units
    ]
    lines = [f"{unit.id}\t{unit.code}\t{unit.name}\t{_period(unit)}" for unit in units]
    emit(told, as_json=as_json, words="\n".join(lines) or "Không có xã nào tên như vậy.")


def _period(unit: AdminUnit) -> str:
    return f"đến {date_vi(unit.valid_to)}" if unit.valid_to else f"từ {date_vi(unit.valid_from)}"
