"""One rehearsal from the empty folder to the exit code."""

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import click

from connectors.kit.control import Gone
from marketplace.cli.children import ChildDied, Stopped, free_port, stopping
from marketplace.cli.common import emit
from marketplace.cli.rehearse.ground import Ground
from marketplace.cli.rehearse.parts import Rehearsal
from marketplace.cli.rehearse.play import Play
from marketplace.cli.rehearse.quiet import quiet
from marketplace.cli.rehearse.report import in_words, told
from marketplace.cli.rehearse.showing import Bars
from marketplace.cli.rehearse.stage import Stage

#: Seconds a thread runs before another may: who writes must not wait for the buyers after each statement.
TURN = 0.0005


def run(asked: Rehearsal, database_url: str, folder: Path | None, *, keep: bool, as_json: bool) -> int:
    """Rehearse, print what was found; 0 when nothing differs, 1 when something does, 130 when stopped."""
    with stopping() as stop, _place(folder, keep=keep) as place:
        try:
            found = rehearse(asked, Ground(place, database_url, free_port(0), asked.workers), stop)
        except Stopped:
            click.echo("\nĐã dừng.", err=True)
            return 130
        except ChildDied as died:
            click.echo(died.sentence, err=True)
            return 1
        except Gone as gone:
            click.echo(f"Một sàn giả không trả lời nữa ({gone}).", err=True)
            return 1
    emit(found, as_json=as_json, words=in_words(found))
    return 0 if found["agrees"] else 1


def rehearse(asked: Rehearsal, ground: Ground, stop: Event) -> dict[str, Any]:
    """Play the season on a stage of its own and compare; all processes have ended when this returns."""
    took: dict[str, float] = {}
    sys.setswitchinterval(TURN)
    with Bars() as bars, Stage(asked, ground, stop, bars.show) as stage:
        play = Play(stage)
        with _timed(took, "prepare"):
            play.prepare()
        with _timed(took, "season"):
            play.season()
        with _timed(took, "settle"):
            stage.trouble.end()
            quiet(stage)
            play.settle()
            stage.stop_workers()
        with _timed(took, "compare"):
            measures = play.measures()
        return told(stage, measures, play.lost_sales(), took)


@contextmanager
def _timed(took: dict[str, float], phase: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    took[phase] = time.monotonic() - began


@contextmanager
def _place(folder: Path | None, *, keep: bool) -> Iterator[Path]:
    """The folder asked for, or one that is removed afterwards."""
    if folder is not None and folder.exists() and any(folder.iterdir()):
        raise click.ClickException(f"Thư mục {folder} không trống nên được giữ nguyên. Hãy chọn nơi khác.")
    place = folder.absolute() if folder else Path(tempfile.mkdtemp(prefix="lensan-rehearse-"))
    try:
        yield place
    finally:
        if keep:
            click.echo(f"Giữ lại ở {place}.", err=True)
        else:
            shutil.rmtree(place, ignore_errors=True)
