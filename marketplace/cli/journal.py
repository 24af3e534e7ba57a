"""Commands of the journal: what was said with marketplaces, and saying it again to the mock."""

import sys
from functools import partial
from typing import Any

import click

from connectors.kit.discovery import marketplaces
from marketplace.cli.common import emit, json_option, lensan, ready, transaction
from marketplace.core.db import found
from marketplace.selling.journal import calls_from, exchanges_where
from marketplace.selling.models import Exchange, Shop
from marketplace.selling.sync.registry import stored_picture
from marketplace.selling.sync.replaying import Replayed
from marketplace.selling.sync.replaying import replay as play_again

ENDED_WELL = "không lỗi"


@lensan.group()
def journal() -> None:
    """Nhật ký trao đổi với các sàn; khóa và thông tin người mua đã được xóa."""


@journal.command("list")
@click.option("--failed", is_flag=True, help="Chỉ những lần không được.")
@click.option("--shop", "shop_id", type=int, help="Chỉ gian hàng có số này.")
@click.option("--cause", default="", help="Chỉ những việc kết thúc với mã lỗi này.")
@click.option("--most", default=50, show_default=True, help="Nhiều nhất bao nhiêu dòng, mới nhất trước.")
@json_option
def journal_list(*, failed: bool, shop_id: int | None, cause: str, most: int, as_json: bool) -> None:
    """Các lần gọi, mới nhất trước."""
    wanted = exchanges_where(shop_id=shop_id, failed=failed, cause=cause).limit(max(1, most))
    with transaction(ready(), writing=False) as db:
        rows = [_row(one) for one in db.exec(wanted)]
    words = [
        f"{row['id']}\t{row['at']:%Y-%m-%d %H:%M:%S}\t{row['method']} {row['path']}"
        f"\t{row['status'] or '–'}\t{row['operation'] or '–'}\t{row['cause'] or row['error'] or ENDED_WELL}"
        for row in rows
    ]
    emit(rows, as_json=as_json, words="\n".join(words) or "Nhật ký chưa có lần gọi nào như vậy.")


@journal.command("show")
@click.argument("exchange_id", metavar="ID", type=int)
@json_option
def journal_show(exchange_id: int, *, as_json: bool) -> None:
    """Lần gọi ID: đã gửi gì, sàn trả lời gì, và các lần gọi khác của cùng một việc."""
    with transaction(ready(), writing=False) as db:
        calls = calls_from(db, exchange_id)
        said = next(one for one in calls if one.id == exchange_id)
        shown = {
            **_row(said),
            "request": said.request,
            "response": said.response,
            "arguments": next((one.arguments for one in calls if one.arguments), {}),
            "calls": [one.id for one in calls],
        }
    words = (
        f"{said.method} {said.path} → {said.status or 'không trả lời'}\n"
        f"Việc: {said.operation or '–'}, kết thúc: {said.cause or ENDED_WELL}\n"
        f"Các lần gọi của việc này: {', '.join(map(str, shown['calls']))}\n\n"
        f"{said.request or '–'}\n\n{said.response or '–'}"
    )
    emit(shown, as_json=as_json, words=words)


@journal.command("replay")
@click.argument("exchange_id", metavar="ID", type=int)
@json_option
def journal_replay(exchange_id: int, *, as_json: bool) -> None:
    """Chạy lại việc có lần gọi ID với sàn giả; mã thoát 1 khi kết thúc khác lần đã ghi."""
    settings = ready()
    with transaction(settings, writing=False) as db:
        calls = calls_from(db, exchange_id)
        name = found(db, Shop, calls[0].shop_id).marketplace
        played = play_again(
            calls,
            marketplaces().get(name),
            name=name,
            switches=settings.marketplace(name).switches,
            stored=partial(stored_picture, settings),
        )
    shown = {
        "operation": played.operation,
        "calls": played.calls,
        "recorded": played.recorded,
        "replayed": played.now,
        "same": played.same,
    }
    emit(shown, as_json=as_json, words=_words(played))
    if not played.same:
        sys.exit(1)


def _words(played: Replayed) -> str:
    told = f"Đã ghi: {played.recorded or ENDED_WELL}\nChạy lại: {played.now or ENDED_WELL}\n"
    if played.same:
        return told + f"Giống nhau ({played.operation}, {played.calls} lần gọi)."
    return told + (
        f"Khác nhau ({played.operation}, {played.calls} lần gọi): kết nối đã đổi từ khi ghi, "
        "hoặc nhật ký thiếu điều sàn đã nói; hãy báo kỹ thuật."
    )


def _row(one: Exchange) -> dict[str, Any]:
    return {
        "id": one.id,
        "at": one.at,
        "shop": one.shop_id,
        "method": one.method,
        "path": one.path,
        "status": one.status,
        "milliseconds": one.milliseconds,
        "error": one.error,
        "operation": one.operation,
        "cause": one.cause,
    }
