"""The processes of a demonstration or rehearsal: each in its own group, so that nothing is left behind."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from types import FrameType
from typing import Any

import click

LENSAN = (sys.executable, "-c", "from marketplace.cli import main; main()")
PATIENCE = 8.0  #: seconds a process has to end by itself
MOST_RESTARTS = 20


class ChildDied(Exception):
    """A process that cannot be done without has ended."""

    def __init__(self, name: str, code: int | None) -> None:
        super().__init__(name)
        self.name = name
        how = f"thoát với mã {code}"
        if code is None:
            how = "không trả lời nữa"
        elif code < 0:
            how = f"bị dừng bởi tín hiệu {-code}"
        self.sentence = f"Tiến trình “{name}” {how}. Xem nhật ký trong thư mục logs."


class Stopped(Exception):
    """Somebody asked to end; not an error."""


@contextmanager
def stopping() -> Iterator[Event]:
    """An event that SIGINT, SIGTERM and a closed terminal set instead of interrupting."""
    stop = Event()

    def asked(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {
        number: signal.signal(number, asked) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass
class _Child:
    name: str
    arguments: Sequence[str]
    process: "subprocess.Popen[str]"
    restart: bool
    settings: Mapping[str, str]
    restarts: int = 0


@dataclass
class Children:
    """Starts, watches and stops `lensan …` processes that use one settings file; logs go to files."""

    config: Path
    logs: Path
    most_restarts: int = MOST_RESTARTS
    told: Callable[[str], object] = click.echo  #: what people are told while it runs
    running: dict[str, _Child] = field(default_factory=dict)

    def start(
        self, name: str, *arguments: str, restart: bool = False, settings: Mapping[str, str] | None = None
    ) -> "subprocess.Popen[str]":
        """Start one; `restart`: when a signal kills it, it is started again.

        `settings` are `LENSAN_…` variables, stronger than the settings file, for this process alone.
        """
        process = self._open(name, arguments, settings or {})
        self.running[name] = _Child(name, arguments, process, restart, settings or {})
        return process

    def start_mock(self, name: str, *arguments: str) -> dict[str, Any]:
        """Start a pretend marketplace and return the JSON object of its first line."""
        process = self.start(name, "mock", name, "--port", "0", *arguments)
        line = _first_line(process, seconds=30)
        try:
            return dict(json.loads(line))
        except ValueError as error:
            raise ChildDied(name, process.poll()) from error

    def watch(self) -> None:
        """Start again what a signal killed and may be restarted; ChildDied for anything else that ended."""
        for child in list(self.running.values()):
            code = child.process.poll()
            if code is None:
                continue
            _end_group(child.process, signal.SIGKILL)
            if not child.restart or code >= 0 or child.restarts >= self.most_restarts:
                raise ChildDied(child.name, code)
            child.restarts += 1
            child.process = self._open(child.name, child.arguments, child.settings)
            self.told(f"Tiến trình “{child.name}” bị dừng bởi tín hiệu {-code}, đã chạy lại.")

    def stop(self) -> None:
        """End them all, the last started first, and whatever they started themselves."""
        self._end(list(self.running))
        self.running.clear()

    def end(self, *names: str) -> None:
        """Ask these to end by themselves and wait until they have."""
        self._end(names)
        for name in names:
            del self.running[name]

    def kill(self, name: str) -> None:
        """SIGKILL one and all it started; `watch` starts it again if it may be."""
        process = self.running[name].process
        _end_group(process, signal.SIGKILL)
        process.wait()
        deadline = time.monotonic() + PATIENCE
        while len(self.ids(name)) > 1 and time.monotonic() < deadline:
            time.sleep(0.01)  # its children hold the port a moment longer

    def ids(self, name: str) -> list[int]:
        """Process ids of one and of all it started; the latter only where the system tells (Linux)."""
        group = self.running[name].process.pid
        return [group, *(one for one in _process_ids() if one != group and _group_of(one) == group)]

    def _end(self, names: Collection[str]) -> None:
        children = [self.running[name] for name in names][::-1]
        for child in children:
            child.process.terminate()
        deadline = time.monotonic() + PATIENCE
        for child in children:
            try:
                child.process.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.told(f"Tiến trình “{child.name}” không tự dừng, đã bị ngắt.")
            _end_group(child.process, signal.SIGKILL)
            child.process.wait()
            if child.process.stdout is not None:
                child.process.stdout.close()

    def _open(
        self, name: str, arguments: Sequence[str], settings: Mapping[str, str]
    ) -> "subprocess.Popen[str]":
        with (self.logs / f"{name}.log").open("ab") as log:
            # A group of its own: Ctrl-C reaches the parent alone, which ends the children in order.
            return subprocess.Popen(  # noqa: S603 - our own commands
                [*LENSAN, *arguments],
                env={**_surroundings(self.config), **settings},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if "mock" in arguments[:1] else log,
                stderr=log,
                text=True,
                start_new_session=True,
            )


def _surroundings(config: Path) -> Mapping[str, str]:
    """The environment without any setting that could lead to other data."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LENSAN_")}
    return {**kept, "LENSAN_CONFIG": str(config)}


def _end_group(process: "subprocess.Popen[str]", number: int) -> None:
    """What a child started and left behind ends too; the group's number is the child's."""
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        return


def _process_ids() -> list[int]:
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return []


def _group_of(process_id: int) -> int | None:
    try:
        return os.getpgid(process_id)
    except OSError:
        return None


def _first_line(process: "subprocess.Popen[str]", *, seconds: float) -> str:
    if process.stdout is None:
        return ""
    ready, _, _ = select.select([process.stdout], [], [], seconds)
    return process.stdout.readline() if ready else ""


def free_port(wanted: int) -> int:
    """This port, or the next one nobody listens on; 0 takes any."""
    for port in _candidates(wanted):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise click.ClickException(f"Không có cổng trống từ {wanted} trở lên. Hãy chọn cổng khác bằng --port.")


def _candidates(wanted: int) -> Iterator[int]:
    yield wanted
    if wanted:
        yield from range(wanted + 1, min(wanted + 100, 65_536))


def wait_for_port(port: int, children: Children, stop: Event, *, seconds: float = 60.0) -> None:
    """Return as soon as somebody listens there, or `stop` is set; raises ChildDied when the server ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not stop.is_set():
        children.watch()
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        stop.wait(0.1)
