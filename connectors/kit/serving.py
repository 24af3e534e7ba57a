"""Serve a mock on a port for people and outside programs, with failures that reach down to the socket."""

import io
import json
import logging
import os
import signal
import socket
import struct
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Event, Thread, current_thread, main_thread
from typing import Any

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.test import run_wsgi_app

from connectors.kit.faults import NoAnswer

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
MOST_BYTES = 32_000_000  #: of one call's body


class _Handler(WSGIRequestHandler):
    """Keep-alive without delays, silent, and able to hang up without an answer."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65_536
    timeout = 120  # an idle kept connection must not hold a thread for ever

    def run_wsgi(self) -> None:
        """Answer one call and keep the connection; werkzeug's own closes it after each and waits 10 ms."""
        self.environ = environ = self.make_environ()
        body = self._body()
        if body is None:
            return
        environ["wsgi.input"] = io.BytesIO(body)
        try:
            pieces, status, headers = run_wsgi_app(self.server.app, environ, buffered=True)
        except ConnectionError as error:
            self.connection_dropped(error, environ)
            return
        except Exception:
            log.exception("the mock failed at %s %s", self.command, self.path)
            self.send_error(500)
            return
        self.send_response_only(int(status.split(" ")[0]))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(b"".join(pieces))
        self.wfile.flush()

    def _body(self) -> bytes | None:
        """All of the call's body, so that the next call begins where this one ends; None when refused."""
        length = self.headers.get("Content-Length", "0").strip()
        chunked = "Transfer-Encoding" in self.headers
        if chunked or not length.isascii() or not length.isdigit() or int(length) > MOST_BYTES:
            self.close_connection = True
            self.send_error(411 if chunked else 413 if length.isdigit() else 400)
            return None
        return self.rfile.read(int(length))

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's parameter name
        """Say nothing: standard output belongs to the caller."""

    def connection_dropped(self, error: BaseException, environ: Any = None) -> None:  # noqa: ARG002 - werkzeug calls it
        """End the connection the way the planned failure wants."""
        self.close_connection = True
        if isinstance(error, NoAnswer) and error.kind == "reset":
            _reset(self.connection)

    def handle(self) -> None:
        """Serve until the client leaves; a client that leaves early is no news."""
        try:
            super().handle()
        except OSError:
            self.close_connection = True


def _reset(connection: socket.socket) -> None:
    # Zero linger makes the kernel send RST; the descriptor is closed at once, before werkzeug could send FIN.
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(connection.detach())
    except OSError:
        return


@dataclass
class Serving:
    """A mock that is listening; `stop()` ends it and returns when its port is free."""

    base_url: str
    server: BaseWSGIServer
    thread: Thread

    def stop(self) -> None:
        """Stop listening; answers under way are not waited for."""
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def listen(app: Flask, port: int = 0) -> Serving:
    """Serve in a thread on 127.0.0.1; port 0 takes a free one."""
    server = make_server(HOST, port, app, threaded=True, request_handler=_Handler)
    server.daemon_threads = True  # type: ignore[attr-defined]  # of socketserver's ThreadingMixIn
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="mock", daemon=True)
    thread.start()
    return Serving(f"http://{HOST}:{server.server_port}", server, thread)


def serve(app: Flask, name: str, credentials: Mapping[str, str], port: int = 0) -> None:
    """Say on one line where the mock is, then serve until SIGINT or SIGTERM."""
    serve_all([(name, app, credentials, port)])


def serve_all(mocks: Sequence[tuple[str, Flask, Mapping[str, str], int]]) -> None:
    """The same for several mocks (name, application, credentials, port): one line each, one process."""
    stop = _stop_on_signals()
    running = [(name, credentials, listen(app, port)) for name, app, credentials, port in mocks]
    for name, credentials, serving in running:
        sys.stdout.write(announcement(name, credentials, serving.base_url) + "\n")
    sys.stdout.flush()
    try:
        stop.wait()
    finally:
        for _, _, serving in running:
            serving.stop()


def announcement(name: str, credentials: Mapping[str, str], base_url: str) -> str:
    """The first line of output: one JSON object an outside program can read."""
    line = {"name": name, "base_url": base_url, "credentials": dict(credentials), "control": "/_mock"}
    return json.dumps(line, ensure_ascii=False)


def _stop_on_signals() -> Event:
    stop = Event()
    if current_thread() is main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
    return stop
