"""What doctor looks at on the machine: settings, folders, keys, and the program itself. Asks no database."""

from __future__ import annotations

import gettext
import json
import os
import sqlite3
import stat
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path

from cryptography import x509

from documents import fonts
from domain import durability
from domain.clock import machine_now
from domain.settings import Settings
from domain.text import Text
from domain.text import gettext as _
from domain.vault import KEYFILE, Keys, KeysMissing

OK, WARNING, PROBLEM = "ok", "warning", "problem"
ROOT = Path(__file__).resolve().parents[2]
CATALOGUES = ROOT / "webapp" / "translations"
BUNDLE = ROOT / "webapp" / "static" / "dist"
EXPIRES_SOON = timedelta(days=30)
SENTENCES = 100  # a compiled catalogue with fewer was cut off


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. name: "keys.place"; state: "ok", "warning" or "problem"."""

    name: str
    state: str
    found: Text | str
    remedy: Text | str | None = None


def settings(made: Settings, problems: list[str]) -> Iterator[Check]:
    """The variables: what cannot work, what is misspelt, what is open to others."""
    for sentence in problems:
        yield Check(
            "settings.value",
            PROBLEM,
            f"{sentence}.",
            _("Set it right; ./run do settings lists every setting."),
        )
    for name in made.unknown:
        yield Check(
            "settings.unknown",
            WARNING,
            _("%(name)s is set and nothing reads it.", name=name),
            _("Look at the spelling: ./run do settings lists every setting."),
        )
    if not made.loopback and not made.tls_cert and made.trusted_proxies:
        yield Check(
            "settings.plain",
            WARNING,
            _("The web speaks plain HTTP on %(listen)s; only a proxy may reach it.", listen=made.listen),
            _("Close port %(port)s to everybody but the proxy, or give the web a certificate.", port=made.port),
        )
    if not problems:
        yield Check(
            "settings", OK, _("The settings fit together; given by the environment: %(count)s.", count=len(made.given))
        )


def certificate(made: Settings) -> Iterator[Check]:
    """The certificate the web shows, when it speaks TLS itself."""
    if not made.tls_cert:
        return
    renew = _("Put a new certificate and key into the files and start again.")
    try:
        until = x509.load_pem_x509_certificate(Path(made.tls_cert).read_bytes()).not_valid_after_utc
        Path(made.tls_key).read_bytes()
    except (OSError, ValueError) as problem:
        yield Check(
            "tls", PROBLEM, _("The certificate or its key cannot be read (%(why)s).", why=type(problem).__name__), renew
        )
        return
    left = until - machine_now()
    state = PROBLEM if left <= timedelta(0) else WARNING if left < EXPIRES_SOON else OK
    found = _("The certificate holds until %(day)s.", day=until.date().isoformat())
    yield Check("tls", state, found, None if state == OK else renew)
    if _open_to_others(Path(made.tls_key)):
        yield Check(
            "tls.key",
            WARNING,
            _("Other accounts of this machine can read the private key of the certificate."),
            f"chmod 600 {made.tls_key}",
        )


def home_folder(made: Settings, real: bool) -> Iterator[Check]:
    """The folder of database and files: whose it is, who else can look in, what it lies on."""
    if not made.home.is_dir():
        yield Check(
            "home",
            PROBLEM,
            _("There is no folder %(path)s.", path=made.home),
            _("Set HEDUI_HOME, or make a home: ./run do init."),
        )
        return
    if _open_to_others(made.home):
        yield Check(
            "home",
            PROBLEM if real else WARNING,
            _("Other accounts of this machine can look into %(path)s.", path=made.home),
            f"chmod 700 {made.home}",
        )
    elif not os.access(made.home, os.R_OK | os.W_OK | os.X_OK):
        yield Check(
            "home",
            PROBLEM,
            _("This account may not write to %(path)s.", path=made.home),
            _("Run as the account that owns the home."),
        )
    else:
        yield Check("home", OK, _("%(path)s belongs to this account alone.", path=made.home))
    kind = durability.on_network(made.home, made.url)
    if kind:
        yield Check(
            "home.network",
            PROBLEM,
            _(
                "The SQLite database lies on a network file system (%(kind)s), whose locks cannot be relied on.",
                kind=kind,
            ),
            _("Move the home to a local disk, or use PostgreSQL."),
        )


def keys(made: Settings, real: bool) -> Iterator[Check]:
    """The master keys: readable, closed to others, and apart from what they open."""
    path = made.keys / KEYFILE
    try:
        held = Keys.read(made.keys)
    except KeysMissing:
        yield Check(
            "keys",
            PROBLEM,
            _("The keys in %(path)s cannot be read. Without them nothing that is sealed can be opened.", path=path),
            _("Put keys.json back from where it is kept apart, or point HEDUI_KEYS at its folder."),
        )
        return
    if _open_to_others(made.keys) or _open_to_others(path):
        yield Check(
            "keys",
            PROBLEM if real else WARNING,
            _("Other accounts of this machine can look at the keys in %(path)s.", path=made.keys),
            f"chmod 700 {made.keys}; chmod 600 {path}",
        )
    else:
        yield Check(
            "keys",
            OK,
            _("The keys can be read, by this account alone (number of keys: %(count)s).", count=len(held.masters)),
        )
    if real and made.keys.resolve().is_relative_to(made.home.resolve()):
        yield Check(
            "keys.place",
            WARNING,
            _("The keys of this office lie in its home: whoever takes a copy of the home can open it."),
            _("Move the folder elsewhere, set HEDUI_KEYS to it, and keep a copy apart from the backups."),
        )


# the first SQLite whose log cannot damage the database when it begins anew, and patches that carry this back
SQLITE_MENDED = (3, 51, 3)
SQLITE_PATCHED = {(3, 44): 6, (3, 50): 7}


def sqlite_may_damage(version: tuple[int, ...]) -> bool:
    """Whether this SQLite may, very rarely, damage a database that several processes write (its "WAL reset" fault)."""
    patched = SQLITE_PATCHED.get((version[0], version[1]))
    return version < SQLITE_MENDED and (patched is None or version[2] < patched)


def program(made: Settings) -> Iterator[Check]:
    """Python and SQLite, translations, fonts, and what the browser loads."""
    yield from _versions(made)
    count = _sentences()
    setup = _("Start with ./run: it makes what is missing.")
    if count < SENTENCES:
        yield Check("program.translations", PROBLEM, _("The Chinese sentences are not compiled."), setup)
    missing = fonts.missing()
    if missing:
        yield Check("program.fonts", PROBLEM, _("Fonts are missing: %(names)s.", names=", ".join(missing)), setup)
    lacking = _lacking_files()
    if lacking:
        yield Check(
            "program.browser",
            WARNING,
            _("Files the browser loads are not built: %(names)s. Pages work without them, drawings do not.",
              names=", ".join(lacking)),
            setup,
        )  # fmt: skip
    if count >= SENTENCES and not missing and not lacking:
        yield Check("program", OK, _("Translations, fonts and the files of the browser are there."))


def _versions(made: Settings) -> Iterator[Check]:
    python = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info.releaselevel != "final":
        yield Check(
            "program.python",
            WARNING,
            _("Python %(version)s is no finished release.", version=sys.version.split()[0]),
            _("Install a finished release of Python 3.11 or newer."),
        )
    else:
        yield Check("program.python", OK, f"Python {python}.")
    if not made.url.startswith("sqlite"):
        return
    if not sqlite_may_damage(sqlite3.sqlite_version_info):
        yield Check("program.sqlite", OK, f"SQLite {sqlite3.sqlite_version}.")
        return
    yield Check(
        "program.sqlite",
        WARNING,
        _(
            "SQLite %(version)s may, very rarely, damage a database that several processes write.",
            version=sqlite3.sqlite_version,
        ),
        _("A real office: use PostgreSQL, or a Python whose SQLite is 3.51.3 or newer; make backups and prove them."),
    )


def _sentences() -> int:
    """How many sentences the compiled Chinese catalogue holds; 0 when it is not there or is no catalogue."""
    try:
        content = next(CATALOGUES.glob("zh_*/LC_MESSAGES/messages.mo")).read_bytes()
        gettext.GNUTranslations(BytesIO(content))
        return int(struct.unpack_from("<I", content, 8)[0])  # the third word of the file
    except (StopIteration, OSError, ValueError, struct.error):
        return 0


def _lacking_files() -> list[str]:
    """Entries of the browser's manifest without their file; the manifest itself when there is none."""
    manifest = BUNDLE / "manifest.json"
    try:
        entries: dict[str, str] = json.loads(manifest.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return [manifest.name]
    return sorted(entry for entry, name in entries.items() if not (BUNDLE / name).is_file())


def _open_to_others(path: Path) -> bool:
    """Whether group or others have any right to a file or folder."""
    try:
        return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)
    except OSError:
        return False
