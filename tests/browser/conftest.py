"""A real Chromium against a real server on a loopback port; skipped, with the reason, where there is none."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, Response, sync_playwright
from werkzeug.serving import make_server

from tests import factories as make
from tests.security.conftest import season, world

__all__ = ["season", "world"]

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ROOT = Path(__file__).parents[2]
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 900}


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium") or "/usr/bin/chromium"
    if not Path(path).exists():
        pytest.skip(f"browser tests did not run: there is no Chromium at {path}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS, headless=True)
        yield browser
        browser.close()


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """The application on a free port, forged forms refused as in production."""
    app.config["WTF_CSRF_ENABLED"] = True
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass
class Window:
    """A page, and everything that went wrong or was fetched in it."""

    page: Page
    address: str
    trouble: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    answers: list[Response] = field(default_factory=list)

    def watch(self) -> "Window":
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.trouble.append(f"{self.page.url}: {error}"))
        self.page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))
        self.page.on(
            "response", lambda response: self.answers.append(response)
        )  # playwright wants its own name
        return self

    def _said(self, message: Any) -> None:
        """Errors of the console, refused contents among them; a status that was asked for is none."""
        if message.type in ("error", "warning") and "the server responded with a status" not in message.text:
            self.trouble.append(f"{self.page.url}: {message.text}")

    def open(self, path: str) -> Response | None:
        return self.page.goto(self.address + path)

    def log_in(self, account: Any) -> None:
        self.open("/dang-nhap")
        self.page.fill("#f-name", account.user_name)
        self.page.fill("#f-password", make.PASSWORD)
        self.page.click("main button[type=submit]")

    def picture(self, name: str) -> None:
        """The whole page as one picture, the tabs at its foot."""
        folder = Path(os.environ.get("LENSAN_ARTIFACTS", ROOT / "artifacts"))
        folder.mkdir(parents=True, exist_ok=True)
        size, body = self.page.viewport_size, self.page.locator("body").bounding_box()
        if size is not None and body is not None:
            tall = max(size["height"], round(body["height"]))
            self.page.set_viewport_size({"width": size["width"], "height": tall})
        self.page.screenshot(path=folder / f"{name}.png", full_page=True)
        if size is not None:
            self.page.set_viewport_size(size)

    def clean(self) -> bool:
        """Nothing in the console, and nobody else was asked for anything."""
        assert self.trouble == []
        assert self.hosts == {urlsplit(self.address).netloc}
        return True


@pytest.fixture
def window(chromium: Browser, address: str) -> Iterator[Callable[..., Window]]:
    """`window(size, scripts=False)` opens an empty browser."""
    opened: list[BrowserContext] = []

    def open_window(size: dict[str, int], *, scripts: bool = False, **more: Any) -> Window:
        context = chromium.new_context(viewport=size, java_script_enabled=scripts, locale="vi-VN", **more)
        context.set_default_timeout(20_000)
        opened.append(context)
        return Window(context.new_page(), address).watch()

    yield open_window
    for context in opened:
        context.close()
