"""Our own commands as real processes: the mock on a port, workers that can be killed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

LENSAN = [sys.executable, "-c", "from marketplace.cli import main; main()"]


def start(
    *arguments: str, environment: Mapping[str, str] | None = None, **pipes: Any
) -> "subprocess.Popen[str]":
    """Start `lensan …`; the caller ends it."""
    return subprocess.Popen(
        [*LENSAN, *arguments], env={**os.environ, **(environment or {})}, text=True, **pipes
    )


def await_handler(process: "subprocess.Popen[str]", number: int, *, seconds: float = 20) -> None:
    """Wait until a process that has just been started catches this signal: before, it only dies of it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        status = Path(f"/proc/{process.pid}/status").read_text()
        caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
        if int(caught.split()[1], 16) >> (number - 1) & 1:
            return
        time.sleep(0.05)


@contextmanager
def a_mock(name: str = "sendo", *options: str) -> Iterator[dict[str, Any]]:
    """A mock marketplace on a free port; yields the JSON object of its first line."""
    process = start("mock", name, "--port", "0", *options, stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            assert process.wait(timeout=10) == 0
        finally:
            process.kill()
            process.stdout.close()


class Control:
    """The control surface of a running mock."""

    def __init__(self, mock: Mapping[str, Any]) -> None:
        self._url = mock["base_url"] + mock["control"]

    def state(self) -> dict[str, Any]:
        return dict(requests.get(f"{self._url}/state", timeout=30).json())

    def post(self, path: str, body: Any = None) -> Any:
        answer = requests.post(f"{self._url}/{path}", json=body if body is not None else {}, timeout=30)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None
