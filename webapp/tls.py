"""TLS in front of waitress, which speaks none itself: an event loop in its own thread ends TLS and passes the plain
bytes to waitress on a private loopback socket.

Nothing of HTTP is read here. The browser's address reaches the application by the number of the inner connection's
port, which both sides of one process know.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any

from domain import logs
from domain.settings import Settings

log = logging.getLogger(__name__)
CHUNK = 64 * 1024
HANDSHAKE_SECONDS = 10.0
IDLE_SECONDS = 120.0


@dataclass
class Front:
    """The TLS side of one web process. inner: the socket waitress listens on."""

    outer: socket.socket
    inner: socket.socket
    context: ssl.SSLContext
    addresses: dict[str, str] = field(default_factory=dict)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _ready: Event = field(default_factory=Event)
    _thread: Thread | None = None

    def named(self, app: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
        """The application, told the browser's address instead of our own."""

        def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            known = self.addresses.get(str(environ.get("REMOTE_PORT", "")))
            if known is None:
                # somebody on this machine spoke to the private socket directly
                start_response("403 Forbidden", [("Content-Type", "text/plain"), ("Content-Length", "0")])
                return []
            environ["REMOTE_ADDR"] = known
            return app(environ, start_response)

        return application

    def start(self) -> None:
        """Begin to accept connections."""
        self._thread = Thread(target=self._run, name="tls", daemon=True)
        self._thread.start()
        self._ready.wait(HANDSHAKE_SECONDS)

    def stop(self) -> None:
        """Accept nothing more and let go of the connections."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        if self._thread is not None:
            self._thread.join(5)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(
            asyncio.start_server(
                self._serve, sock=self.outer, ssl=self.context, ssl_handshake_timeout=HANDSHAKE_SECONDS, limit=CHUNK
            )
        )
        self._ready.set()
        self._loop.run_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, port = self.inner.getsockname()[:2]
        port_here = ""
        try:
            inner_reader, inner_writer = await asyncio.open_connection(host, port, limit=CHUNK)
            port_here = str(inner_writer.get_extra_info("sockname")[1])
            self.addresses[port_here] = str(writer.get_extra_info("peername")[0])
            await asyncio.gather(_pass_on(reader, inner_writer), _pass_on(inner_reader, writer))
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            log.debug(logs.Event("tls.connection_lost"))
        finally:
            self.addresses.pop(port_here, None)
            writer.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Bytes from one side to the other until one of them ends or nothing comes for two minutes."""
    try:
        while data := await asyncio.wait_for(reader.read(CHUNK), IDLE_SECONDS):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


def front(settings: Settings, outer: socket.socket) -> Front:
    """The TLS front of the listening socket `outer`. Raises OSError or ssl.SSLError on a bad certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(settings.tls_cert, settings.tls_key)
    inner = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    inner.bind(("127.0.0.1", 0))
    inner.listen(512)
    return Front(outer, inner, context)
