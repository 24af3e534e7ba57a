"""Commands of the catalogue: bringing in what people keep in spreadsheets."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from sqlmodel import Session, select

from catalog.import_batches import refusals_of
from catalog.import_rows import Reason
from catalog.import_workbook import refused_workbook
from catalog.imports import ImportResult, import_households
from catalog.models import ImportBatch
from catalog.shipped import load_shipped_products
from marketplace.accounts.models import Account
from marketplace.cli.common import emit, json_option, lensan, ready, transaction
from marketplace.core import clock
from marketplace.core.audit import SYSTEM, Actor
from marketplace.core.forms import parsed
from marketplace.core.secrets import Vault, vault_of
from marketplace.core.text import fold
from marketplace.selling.categories import choose_category, choose_shipped_categories
from marketplace.selling.mapping import path_of
from training.models import Course, TrainingSession
from training.roll_forms import RollIn
from training.roll_imports import RollResult, import_roll


@lensan.group("import")
def import_() -> None:
    """Nhập dữ liệu từ tệp Excel."""


@import_.command("households")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--as", "as_user", help="Tên đăng nhập của người nhập; khuyến nông chỉ nhập được xã mình.")
@click.option(
    "--refused", type=click.Path(dir_okay=False, path_type=Path), help="Ghi dòng bị từ chối ra tệp này."
)
@json_option
def households(file: Path, as_user: str | None, refused: Path | None, *, as_json: bool) -> None:
    """Nhập danh sách hộ từ FILE. Dòng đúng được ghi, dòng sai nêu lý do; nhập lại tệp cũ không đổi gì.

    Mã thoát 0 cả khi có dòng bị từ chối, 1 khi cả tệp bị từ chối.
    """
    settings = ready()
    vault = vault_of(settings)
    with transaction(settings) as db:
        result = import_households(
            db,
            _importer(db, as_user),
            file.read_bytes(),
            vault=vault,
            now=clock.now(),
            most_rows=settings.import_rows,
        )
        if refused is not None and result.refused:
            refused.write_bytes(_workbook(db, result.batch, vault))
        report = _report(file, result)
    emit(report, as_json=as_json, words=_in_words(report))


@import_.command("classes")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--as", "as_user", required=True, help="Tên đăng nhập của cán bộ nhập; chỉ thấy xã mình.")
@click.option("--class", "class_code", help="Mã lớp đã có (LH-0012), khi cả tệp là của một lớp.")
@click.option("--course", help="Mã khóa học, khi tệp không có cột Khóa học.")
@click.option("--day", "first_day", help="Ngày đầu, khi tệp không có cột Ngày học.")
@click.option("--half-days", help="Số buổi; mặc định theo số cột ký nhận.")
@click.option("--commune", default="", help="Xã mở lớp.")
@click.option("--venue", default="", help="Địa điểm, khi tệp không có cột Địa điểm.")
@click.option("--organiser", default="", help="Đơn vị tổ chức.")
@click.option("--host", default="province", help="Đơn vị đứng lớp: province, postmart, voso hoặc sendo.")
@click.option("--close", is_flag=True, help="Chốt điểm danh luôn.")
@click.option(
    "--refused", type=click.Path(dir_okay=False, path_type=Path), help="Ghi dòng bị từ chối ra tệp này."
)
@json_option
def classes(
    file: Path,
    as_user: str,
    class_code: str | None,
    course: str | None,
    refused: Path | None,
    *,
    as_json: bool,
    **facts: Any,
) -> None:
    """Nhập danh sách lớp tập huấn đã tổ chức từ FILE. Nhập lại tệp cũ không đổi gì.

    Mã thoát 0 cả khi có dòng bị từ chối, 1 khi cả tệp bị từ chối.
    """
    settings = ready()
    vault = vault_of(settings)
    with transaction(settings) as db:
        actor = _account(db, as_user)
        of_class = select(TrainingSession.id).where(TrainingSession.code == (class_code or ""))
        of_course = select(Course.id).where(Course.code == (course or ""))
        ids = {
            "training_id": _named(db.exec(of_class).first(), class_code),
            "course_id": _named(db.exec(of_course).first(), course),
        }
        result = import_roll(
            db,
            actor,
            file.read_bytes(),
            parsed(RollIn, {**facts, **ids}),
            vault=vault,
            now=clock.now(),
            most_rows=settings.import_rows,
        )
        if refused is not None and result.refused:
            refused.write_bytes(_workbook(db, result.batch, vault))
        report = _roll_report(file, result)
    emit(report, as_json=as_json, words=_roll_in_words(report))


def _named(found: int | None, code: str | None) -> int | None:
    """The id of what a code names; a code that names nothing ends the command."""
    if code is not None and found is None:
        raise click.UsageError(f"Không có mã “{code}”.")
    return found


def _importer(db: Session, name: str | None) -> Actor:
    return SYSTEM if name is None else _account(db, name)


def _account(db: Session, name: str) -> Account:
    account = db.exec(select(Account).where(Account.user_name == fold(name))).first()
    if account is None:
        raise click.UsageError(f"Không có tài khoản “{name}”.")
    return account


def _workbook(db: Session, batch: ImportBatch, vault: Vault) -> bytes:
    return refused_workbook(refusals_of(db, batch), vault, say=_say, reason_heading="Lý do")


def _say(sentence: str, facts: Any) -> str:
    return sentence % facts if facts else sentence


def _report(file: Path, result: ImportResult) -> dict[str, Any]:
    return {
        **_rows_report(file, result),
        "households_before": result.before,
        "households_after": result.after,
    }


def _rows_report(file: Path, result: ImportResult | RollResult) -> dict[str, Any]:
    """What became of the rows, whatever they were about."""
    batch = result.batch
    return {
        "file": file.name,
        "batch": batch.id,
        "rows": result.rows,
        "new": batch.rows_new,
        "updated": batch.rows_updated,
        "same": batch.rows_same,
        "refused": batch.rows_refused,
        "reasons": _reasons(result.refused),
    }


def _reasons(refused: Sequence[tuple[int, Sequence[Reason]]]) -> list[dict[str, Any]]:
    return [
        {"row": row, "column": one.column, "reason": _say(one.sentence, one.facts)}
        for row, reasons in refused
        for one in reasons
    ]


def _roll_report(file: Path, result: RollResult) -> dict[str, Any]:
    return {
        **_rows_report(file, result),
        "drafts": result.drafts,
        "classes": [one.code for one in result.classes],
    }


def _roll_in_words(report: dict[str, Any]) -> str:
    lines = [f"Dòng {one['row']}, cột {one['column']}: {one['reason']}" for one in report["reasons"]]
    lines.append(
        f"Đã đọc {report['rows']} dòng của {len(report['classes'])} lớp: {report['new']} người mới, "
        f"{report['updated']} người thêm điểm danh, {report['same']} người giữ nguyên, "
        f"{report['refused']} dòng bị từ chối. Hộ ghi tạm: {report['drafts']}."
    )
    return "\n".join(lines)


def _in_words(report: dict[str, Any]) -> str:
    lines = [f"Dòng {one['row']}, cột {one['column']}: {one['reason']}" for one in report["reasons"]]
    lines.append(
        f"Đã đọc {report['rows']} dòng: {report['new']} hộ mới, {report['updated']} hộ cập nhật, "
        f"{report['same']} hộ giữ nguyên, {report['refused']} dòng bị từ chối."
    )
    lines.append(f"Số hộ trong sổ: trước {report['households_before']}, sau {report['households_after']}.")
    return "\n".join(lines)


@lensan.group()
def products() -> None:
    """Danh mục sản phẩm dùng chung."""


@products.command("load")
def products_load() -> None:
    """Nạp các giống cam và sản phẩm OCOP của Hà Giang, kèm ngành hàng trên sàn. Nạp lại không đổi gì."""
    with transaction(ready()) as db:
        added = load_shipped_products(db)
        chosen = choose_shipped_categories(db)
    click.echo(f"Thêm {added} sản phẩm, {chosen} ngành hàng trên sàn.")


@products.command("category")
@click.argument("code")
@click.argument("marketplace")
@click.argument("category")
def products_category(code: str, marketplace: str, category: str) -> None:
    """Chọn ngành cấp cuối CATEGORY (mã của sàn) cho sản phẩm CODE; tin đăng của sản phẩm sẽ được gửi lại.

    Khi đã lấy danh mục của sàn thì mã phải có trong danh mục; chưa lấy thì mã nào cũng được nhận.
    """
    with transaction(ready()) as db:
        choose_category(db, SYSTEM, code, marketplace, category, now=clock.now())
        path = path_of(db, marketplace, category)
    click.echo(f"{code}: ngành {path} trên {marketplace}.")
