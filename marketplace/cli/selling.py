"""Commands of selling: shops, mocks, the worker, pulling orders."""

import json
import signal
import sys
import time
from datetime import timedelta
from typing import Any

import click
from sqlmodel import Session, col, select

from connectors.kit.discovery import marketplaces
from connectors.kit.serving import serve_all
from marketplace.cli.beside import looking_beside
from marketplace.cli.common import emit, engine_of, json_option, lensan, ready, transaction
from marketplace.core import clock
from marketplace.core.audit import SYSTEM
from marketplace.core.db import reading, writing
from marketplace.core.forms import parsed
from marketplace.core.secrets import vault_of
from marketplace.reports.health import marketplace_health, told
from marketplace.selling import shops
from marketplace.selling.models import Shop
from marketplace.selling.sync.crew import one_of_the_crew
from marketplace.selling.sync.worker import Worker


@lensan.command()
def work() -> None:
    """Đưa các sàn khớp với điều đã chọn: đăng, gỡ, sửa, kéo đơn hàng về; nhả chỗ hết hạn giữ ở các lớp.

    Dừng bằng Ctrl-C.
    """
    settings = ready()
    engine = engine_of(settings)
    worker = Worker(engine, settings)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: worker.stop.set())
    with one_of_the_crew(engine, settings), looking_beside(engine, settings.training, worker.stop):
        worker.run_all()


@lensan.command("pull-orders")
@json_option
def pull_orders(*, as_json: bool) -> None:
    """Kéo đơn hàng của mọi gian hàng về ngay bây giờ; mã thoát 1 khi có gian hàng chưa kéo được."""
    settings = ready()
    engine = engine_of(settings)
    worker = Worker(engine, settings)
    started = clock.now()
    with writing(engine) as db:
        for shop in _open_shops(db):
            shop.pull_due_at = started
            shop.resume_at = None
            db.add(shop)
    patience = time.monotonic() + 10 * settings.worker.lease_seconds
    with one_of_the_crew(engine, settings):
        while time.monotonic() < patience and worker.work_once():
            pass
    with reading(engine) as db:
        rows = [
            {
                "shop": shop.name,
                "marketplace": shop.marketplace,
                "pulled": shop.last_pull_at is not None and shop.last_pull_at >= started,
                "trouble": shop.trouble_code,
            }
            for shop in _open_shops(db)
        ]
    words = [f"{row['shop']}: {'đã kéo' if row['pulled'] else 'chưa được'}" for row in rows]
    emit(rows, as_json=as_json, words="\n".join(words) or "Chưa có gian hàng nào đang mở.")
    if not all(row["pulled"] for row in rows):
        sys.exit(1)


def _open_shops(db: Session) -> list[Shop]:
    return list(db.exec(select(Shop).where(col(Shop.active).is_(True)).order_by(col(Shop.id))))


@lensan.command()
@click.argument("name")
@click.option(
    "--port", default=9100, show_default=True, help="Cổng; 0 là cổng trống. Với «all» là cổng đầu tiên."
)
@click.option("--rate", type=float, help="Số lần gọi mỗi giây mà sàn cho phép; 0 là không giới hạn.")
@click.option("--shift-seconds", default=0, help="Đồng hồ của sàn lệch với giờ thật bao nhiêu giây.")
@click.option("--moderation/--no-moderation", default=False, help="Sản phẩm mới phải chờ duyệt.")
def mock(name: str, port: int, rate: float | None, shift_seconds: int, *, moderation: bool) -> None:
    """Mở sàn giả NAME (hoặc «all») để thử. Dòng đầu tiên in ra là JSON: địa chỉ, khóa, trang điều khiển."""
    known = marketplaces()
    if name != "all" and name not in known:
        raise click.BadParameter(f"không có sàn «{name}»; các sàn có: {', '.join(known)}", param_hint="NAME")
    options: dict[str, Any] = {"shift_seconds": shift_seconds, "moderation": moderation}
    if rate is not None:
        options["rate_per_second"] = rate or None
    mocks = []
    for index, one in enumerate(known if name == "all" else [name]):
        app = known[one].create_mock(**options)
        mocks.append((one, app, app.extensions["mock"].credentials, port + index if port else 0))
    serve_all(mocks)


@lensan.group()
def shop() -> None:
    """Gian hàng trên các sàn."""


@shop.command("add")
@click.argument("marketplace")
@click.option("--name", required=True, help="Tên gian hàng.")
@click.option("--producer", required=True, type=int, help="Số (id) của đơn vị đứng tên.")
@click.option("--base-url", default="", help="Địa chỉ API; để trống là theo cấu hình.")
@click.option(
    "--orders-since-days", default=1, show_default=True, help="Kéo đơn hàng từ bao nhiêu ngày trước."
)
@json_option
def shop_add(
    marketplace: str, name: str, producer: int, base_url: str, orders_since_days: int, *, as_json: bool
) -> None:
    """Thêm gian hàng ở sàn MARKETPLACE. Khóa đọc từ đầu vào chuẩn dạng JSON, không bao giờ từ dòng lệnh."""
    settings = ready()
    now = clock.now()
    typed = {
        "marketplace": marketplace,
        "name": name,
        "producer_id": producer,
        "base_url": base_url,
        "credentials": _keys(),
    }
    data = parsed(shops.ShopIn, typed)
    with transaction(settings) as db:
        since = now - timedelta(days=orders_since_days)
        opened = shops.open_shop(db, SYSTEM, data, vault=vault_of(settings), now=now, orders_since=since)
        shown = {"id": opened.id, "push_path": f"/day/{opened.push_token}"}
    emit(shown, as_json=as_json, words=f"Đã thêm gian hàng “{name}” (số {shown['id']}).")


def _keys() -> dict[str, Any]:
    try:
        keys = json.loads(sys.stdin.read() or "{}")
    except ValueError:
        keys = None
    if not isinstance(keys, dict):
        raise click.UsageError("Khóa ở đầu vào chuẩn phải là một đối tượng JSON.")
    return keys


@shop.command("list")
@json_option
def shop_list(*, as_json: bool) -> None:
    """Các gian hàng và tình trạng kết nối; `health` là các con số của trang «Tình trạng các sàn»."""
    with transaction(ready(), writing=False) as db:
        health = {one.shop.id: told(one) for one in marketplace_health(db, now=clock.now())}
        rows: list[dict[str, Any]] = [
            {
                "id": one.id,
                "marketplace": one.marketplace,
                "name": one.name,
                "active": one.active,
                "last_ok_at": one.last_ok_at,
                "last_pull_at": one.last_pull_at,
                "trouble": one.trouble_code,
                "health": health.get(one.id),
            }
            for one in db.exec(select(Shop).order_by(col(Shop.id)))
        ]
    words = [f"{row['id']}\t{row['marketplace']}\t{row['name']}\t{_in_short(row['health'])}" for row in rows]
    emit(rows, as_json=as_json, words="\n".join(words) or "Chưa có gian hàng nào.")


def _in_short(health: dict[str, Any] | None) -> str:
    return "tạm dừng" if health is None else str(health["alarm"] or "tốt")
