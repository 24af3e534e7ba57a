"""`lensan demo`: an invented season in a folder of its own, to look at or to play on."""

import sys
from pathlib import Path

import click

from marketplace.cli.common import lensan


@lensan.command()
@click.option("--households", type=click.IntRange(10, 20_000), default=1000, show_default=True, help="Số hộ.")
@click.option("--seed", default=2021, show_default=True, help="Cùng một số thì ra cùng một niên vụ.")
@click.option(
    "--dir",
    "path",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("var/demo"),
    show_default=True,
    help="Thư mục riêng của bản trình diễn.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="Cổng web; 0 là cổng trống.",
)
@click.option("--serve", is_flag=True, help="Chạy sàn giả, web và người mua cho đến khi bấm Ctrl-C.")
@click.option("--fresh", is_flag=True, help="Xóa bản trình diễn cũ trong thư mục và dựng lại.")
@click.option("--live/--no-live", default=True, show_default=True, help="Người mua đặt hàng trong lúc xem.")
@click.option("--worked-example", is_flag=True, help="Thay niên vụ bằng ví dụ đếm A đến J, rồi thoát.")
def demo(
    households: int,
    seed: int,
    path: Path,
    port: int,
    *,
    serve: bool,
    fresh: bool,
    live: bool,
    worked_example: bool,
) -> None:
    """Dựng niên vụ trình diễn 2021-2022 với dữ liệu bịa, trong thư mục riêng."""
    from marketplace.cli.demo import making  # heavy; other commands need none of it

    if serve and worked_example:
        raise click.UsageError("--worked-example tự chạy rồi thoát, không dùng cùng --serve.")
    if worked_example:
        sys.exit(making.play_worked_example(path, fresh=fresh))
    sys.exit(making.make(path, households, seed, port, serve=serve, fresh=fresh, live=live))
