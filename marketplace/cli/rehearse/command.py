"""`lensan rehearse`: play a whole season in minutes and hold our books against the truth."""

import sys
from pathlib import Path

import click

from marketplace.cli.common import json_option, lensan
from marketplace.cli.rehearse.parts import Faults, Rehearsal


@lensan.command()
@click.option("--households", type=click.IntRange(10, 20_000), default=200, show_default=True, help="Số hộ.")
@click.option("--seed", type=int, default=2021, show_default=True, help="Cùng một số thì cùng một kế hoạch.")
@click.option(
    "--faults",
    type=click.Choice(["none", "light", "heavy"]),
    default="light",
    show_default=True,
    help="Các sàn trục trặc đến đâu; «heavy» thêm đĩa đầy và đồng hồ lệch.",
)
@click.option(
    "--kill-worker",
    "kills",
    type=click.IntRange(0, 500),
    default=0,
    show_default=True,
    help="Bao nhiêu lần một tiến trình làm việc bị giết (SIGKILL) giữa chừng.",
)
@click.option(
    "--workers", type=click.IntRange(1, 16), help="Số tiến trình làm việc; mặc định SQLite 1, PostgreSQL 4."
)
@click.option(
    "--days", type=click.IntRange(2, 120), default=100, show_default=True, help="Số ngày của niên vụ."
)
@click.option("--database-url", default="", help="Cơ sở dữ liệu PostgreSQL trống; để trống là SQLite.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Thư mục trống để làm trong đó; để trống là thư mục tạm.",
)
@click.option("--keep", is_flag=True, help="Giữ thư mục lại để xem.")
@json_option
def rehearse(
    households: int,
    seed: int,
    faults: Faults,
    kills: int,
    workers: int | None,
    days: int,
    database_url: str,
    folder: Path | None,
    *,
    keep: bool,
    as_json: bool,
) -> None:
    """Diễn tập cả niên vụ với tiến trình thật và ba sàn giả, rồi so sổ của ta với sự thật.

    Mã thoát 0: không lệch gì; 1: có lệch hoặc không diễn được.
    """
    from marketplace.cli.rehearse.running import run  # heavy; other commands need none of it

    workers = workers or (4 if database_url.startswith("postgresql") else 1)
    asked = Rehearsal(households, seed, faults, kills, workers, days)
    sys.exit(run(asked, database_url, folder, keep=keep, as_json=as_json))
