"""Making or taking up a demonstration, and running it."""

from pathlib import Path
from threading import Event

import click
from alembic import command

from marketplace.cli.children import ChildDied, Stopped, stopping
from marketplace.cli.common import alembic_config
from marketplace.cli.demo.build import STEPS, build_season
from marketplace.cli.demo.example import AFTERWARDS, play_example
from marketplace.cli.demo.facts import START
from marketplace.cli.demo.folder import Folder, State
from marketplace.cli.demo.run import Run
from marketplace.core.config import Settings
from marketplace.core.db import open_engine, writing
from marketplace.core.secrets import vault_of

SEASON, EXAMPLE = "season", "worked-example"


def make(path: Path, households: int, seed: int, port: int, *, serve: bool, fresh: bool, live: bool) -> int:
    """Build the season unless it is there, and run it if asked; returns the exit code."""
    with stopping() as stop:
        try:
            folder = Folder(path)
            state = _take_up(folder, SEASON, fresh=fresh) or _build(folder, households, seed, stop)
            if not serve:
                click.echo(f"Dữ liệu ở {folder.path}. Chạy: lensan demo --serve --dir {path}")
                return 0
            Run(folder, state, stop, port=port, live=live)()
        except Stopped:
            click.echo("\nĐã dừng.")
        except ChildDied as died:
            click.echo(died.sentence, err=True)
            return 1
    return 0


def play_worked_example(path: Path, *, fresh: bool) -> int:
    """Sell the worked example in a small database of its own, and say how to look at it."""
    folder = Folder(path)
    if _take_up(folder, EXAMPLE, fresh=fresh) is None:
        settings = folder.prepare(now=AFTERWARDS)
        folder.note(State(EXAMPLE))
        _migrate(settings)
        try:
            play_example(settings, folder.config, folder.path / "logs")
        except ChildDied as died:
            click.echo(died.sentence, err=True)
            return 1
        folder.note(State(EXAMPLE, households=1, ready=True))
        click.echo("Đã bán xong ví dụ A đến J trên sàn giả.")
    click.echo(
        "Xem kết quả (bán lẻ 50 kg, bán sỉ 2.000 kg cam trong tháng 11):\n"
        f"  LENSAN_CONFIG={folder.config} lensan report tonnage --from 2021-11-01 --to 2021-11-30 --json"
    )
    return 0


def _take_up(folder: Folder, kind: str, *, fresh: bool) -> State | None:
    """What is there and may go on; None when the folder is empty, or was emptied to be built anew."""
    folder.refuse_foreign()
    state = folder.state()
    if state is not None and state.kind != kind and not fresh:
        raise click.ClickException(
            f"Thư mục {folder.path} đang giữ một bản trình diễn khác. "
            "Hãy thêm --fresh để thay, hoặc chọn --dir khác."
        )
    if state is None or fresh or not state.ready or (state.sold and not state.played):
        if state is not None and not fresh:
            click.echo("Lần trước dừng giữa chừng nên dựng lại từ đầu.")
        folder.empty()
        return None
    click.echo(f"Dùng lại bản trình diễn ở {folder.path}. Muốn dựng lại: thêm --fresh.")
    return state


def _build(folder: Folder, households: int, seed: int, stop: Event) -> State:
    settings = folder.prepare(now=START)
    folder.note(State(SEASON, households, seed))
    _migrate(settings)
    engine = open_engine(settings.database)
    with click.progressbar(length=STEPS, label="Dựng niên vụ   ") as bar:

        def done() -> None:
            bar.update(1)
            if stop.is_set():
                raise Stopped

        with writing(engine) as db:
            built = build_season(
                db, vault_of(settings), settings, households=households, seed=seed, done=done
            )
    engine.dispose()
    state = State(SEASON, built.households, seed, ready=True)
    folder.note(state)
    click.echo(
        f"Đã dựng {built.households} hộ, {len(built.expected)} tin đăng; "
        "đồng hồ trình diễn bắt đầu từ 08:00 ngày 4/12/2021."
    )
    return state


def _migrate(settings: Settings) -> None:
    command.upgrade(alembic_config(settings.database), "head")
