"""Looking through a paper: in a limited child process, and by a virus scanner where the house has one.

The child has caps on memory, processor time and files, and no environment (threats T5, T6). The scanner speaks
clamd's INSTREAM over TCP or a local socket.
"""

from __future__ import annotations

import json
import socket
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

from domain.errors import OperationFailed
from domain.text import Text
from domain.text import gettext as _
from sources.papers import Looked

_ROOT = Path(__file__).resolve().parent.parent
_START = "import sys; sys.path.insert(0, sys.argv[1]); from sources.papers import main; main()"
MEMORY, CPU_SECONDS, WALL_SECONDS = 768 << 20, 20, 60.0
SCANNER_SECONDS, CHUNK = 60.0, 64 << 10
STOPPED = _("Looking through the file took too much time or memory. Save it in a simpler way and hand that in.")
INFECTED = _("The virus scanner found %(what)s. Do not hand this file in; tell your system administrator.")


def look(content: bytes, media: str) -> Looked:
    """What the limited child says of a paper; a child that dies of it says enough."""
    order = {"media": media, "memory": MEMORY, "cpu": CPU_SECONDS}
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and our own constant program
            [sys.executable, "-I", "-c", _START, str(_ROOT), json.dumps(order)],
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a traceback could repeat what stands in the file
            env={"LANG": "C.UTF-8"},
            start_new_session=True,
            timeout=WALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Looked(STOPPED)
    if done.returncode != 0 or not done.stdout.endswith(b"\n"):
        return Looked(STOPPED)
    said = json.loads(done.stdout)
    refusal = None if said["refusal"] is None else Text(*said["refusal"])
    position, summed = (tuple((int(start), int(size)) for start, size in said[name]) for name in ("position", "summed"))
    return Looked(refusal, position, summed)


def scan(address: str, frames: Iterable[bytes]) -> Text | None:
    """Why the scanner at `address` ("tcp://host:port", "unix:///path") refuses a file; None when it does not.

    Raises OperationFailed when it does not answer: then the file waits and is scanned later.
    """
    try:
        with closing(_connected(address)) as line:
            line.sendall(b"zINSTREAM\0")
            for frame in frames:
                for start in range(0, len(frame), CHUNK):
                    piece = frame[start : start + CHUNK]
                    line.sendall(struct.pack(">I", len(piece)) + piece)
            line.sendall(struct.pack(">I", 0))
            answer = _answer(line)
    except (OSError, ValueError) as problem:
        raise OperationFailed(_("The virus scanner does not answer."), error=type(problem).__name__) from problem
    if answer.endswith("OK"):
        return None
    if answer.endswith("FOUND"):
        what = answer.removeprefix("stream:").removesuffix("FOUND").strip()
        return _(INFECTED.source, what=what[:80])
    raise OperationFailed(_("The virus scanner does not answer."), answer=answer[:80])


def without_position(content: bytes, looked: Looked) -> bytes:
    """A photograph that does not say where it was taken; everything else in it stays."""
    changed = bytearray(content)
    for start, size in looked.position:
        changed[start : start + size] = bytes(size)
    for start, size in looked.summed:
        end = start + size
        changed[end : end + 4] = zlib.crc32(changed[start:end]).to_bytes(4, "big")
    return bytes(changed)


def _connected(address: str) -> socket.socket:
    parts = urlsplit(address)
    if parts.scheme == "unix":
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(SCANNER_SECONDS)
        line.connect(parts.path)
        return line
    if parts.scheme != "tcp" or parts.hostname is None:
        raise ValueError("a scanner is tcp://host:port or unix:///path")
    return socket.create_connection((parts.hostname, parts.port or 3310), SCANNER_SECONDS)


def _answer(line: socket.socket) -> str:
    told = b""
    while not told.endswith(b"\0") and len(told) < 4096:
        more = line.recv(4096)
        if not more:
            break
        told += more
    return told.rstrip(b"\0\n").decode("utf-8", "replace").strip()
