"""The web process itself: it answers, tells the browser's address, speaks TLS, and ends on SIGTERM."""

from __future__ import annotations

import ipaddress
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from domain.clock import machine_now
from tests.support import ROOT

PATIENCE = 30.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def a_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = machine_now()
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


@contextmanager
def serving(home, **more: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The web process of a home on a free port; ended hard if the test did not end it."""
    port = free_port()
    env = {**os.environ, "HEDUI_HOME": str(home.settings.home), "PORT": str(port), "PYTHONPATH": str(ROOT), **more}
    process = subprocess.Popen([sys.executable, "-m", "webapp.serve"], env=env, cwd=ROOT, stderr=subprocess.PIPE)
    try:
        yield process, port
    finally:
        process.kill()
        process.communicate()


def ask(address: str, context: ssl.SSLContext | None = None):
    """GET once the process answers; HTTP errors are answers."""
    give_up = time.monotonic() + PATIENCE
    while True:
        try:
            return urllib.request.urlopen(address, timeout=5, context=context)
        except urllib.error.HTTPError as answer:
            return answer
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > give_up:
                raise
            time.sleep(0.1)


def test_it_answers_and_ends_quietly_when_told(home):
    with serving(home) as (process, port):
        told = json.load(ask(f"http://127.0.0.1:{port}/healthz"))
        assert told["status"] == "ok"
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_it_speaks_tls_and_knows_the_browsers_address(home, tmp_path):
    cert, key = a_certificate(tmp_path)
    context = ssl.create_default_context(cafile=str(cert))
    with serving(home, HEDUI_TLS_CERT=str(cert), HEDUI_TLS_KEY=str(key)) as (process, port):
        page = ask(f"https://127.0.0.1:{port}/sign-in", context)
        assert page.status == 200
        assert page.headers["Strict-Transport-Security"]
        assert page.headers["Set-Cookie"].startswith("__Host-hedui-visit=") and "Secure" in page.headers["Set-Cookie"]
        sheet = ask(f"https://127.0.0.1:{port}/static/hedui.css", context).read()
        assert len(sheet) > 20_000
        with socket.create_connection(("127.0.0.1", port), 5) as plain:
            plain.sendall(b"GET / HTTP/1.0\r\n\r\n")
            assert b"200" not in plain.recv(100)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
