"""The web process: `python -m webapp.serve`. Waitress with eight threads; TLS ends in `webapp.tls` or at a proxy."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from types import FrameType
from typing import NoReturn

from waitress.server import create_server

from domain import durability, heartbeats, logs, memory, request_times, revision
from domain.logs import Event
from domain.settings import Settings
from webapp import access_log, tls
from webapp.app import create_app

THREADS = 8
LAST_WORD = 5.0  # seconds for writing down how long the last requests took
LISTEN_FD = "HEDUI_LISTEN_FD"  # environment: number of a listening socket that several web processes share
log = logging.getLogger(__name__)


def serve(settings: Settings, shared: int | None = None) -> None:
    """Serve until SIGTERM or Ctrl-C. `shared`: file descriptor of an open listening socket, or None.

    Raises OSError when the address is taken, KeysMissing and HomeMissing when the home cannot be used, NotDurable for
    a real office whose database may lose work.
    """
    app = create_app(settings)
    home = app.extensions["house"].home
    revision.require(home.engine)
    durability.require(home)
    opened = socket.socket(fileno=shared) if shared is not None else _listen(settings)
    front = tls.front(settings, opened) if settings.tls_cert else None
    server = create_server(
        app if front is None else front.named(app),
        sockets=[opened if front is None else front.inner],
        threads=THREADS,
        ident=None,
        url_scheme="https" if front is not None else "http",
        # forwarded headers are believed from a declared proxy only; the application counts the hops
        clear_untrusted_proxy_headers=settings.trusted_proxies == 0,
        max_request_body_size=settings.upload_limit + 1_000_000,
        channel_timeout=60,
    )
    signal.signal(signal.SIGTERM, _stop)
    if front is not None:
        front.start()
    stop = threading.Event()
    heartbeats.beating(home, heartbeats.WEB, stop)
    times = request_times.flushing(home, app.extensions[access_log.COUNTED], stop)
    log.info(Event("web.ready", listen=settings.listen, port=settings.port))
    try:
        with memory.settled():
            server.run()
    finally:
        stop.set()
        if front is not None:
            front.stop()
        server.close()
        times.join(LAST_WORD)


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.listen else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    opened.bind((settings.listen, settings.port))
    opened.listen(512)
    return opened


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    # waitress ends its threads when its loop is left
    raise SystemExit(0)


def main() -> None:
    """Read the environment and serve."""
    logs.set_up(os.environ.get("HEDUI_LOG_LEVEL") or "INFO")
    shared = os.environ.get(LISTEN_FD)
    with logs.refusals("web"):
        serve(Settings.from_env(os.environ), int(shared) if shared else None)


if __name__ == "__main__":
    main()
