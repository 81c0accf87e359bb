"""What differs between machines: one typed table, read once at start from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_address
from pathlib import Path

from domain.errors import HouseError
from domain.text import gettext as _

LOOPBACK_NAMES = frozenset({"localhost"})


class BadSetting(HouseError):
    """A setting has a value that cannot work, or settings contradict each other."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of one process.

    home: folder of database and files. keys: folder of the master keys. database_url: "" means SQLite
    in the home. listen/port: address of the web. tls_cert/tls_key: PEM files. trusted_proxies: number of
    reverse proxies whose forwarded headers are believed. hosts: allowed Host names. upload_limit: bytes.
    """

    home: Path
    keys: Path
    database_url: str = field(default="", repr=False)
    listen: str = "127.0.0.1"
    port: int = 8000
    tls_cert: str = ""
    tls_key: str = ""
    trusted_proxies: int = 0
    hosts: tuple[str, ...] = ()
    upload_limit: int = 50_000_000
    log_level: str = "INFO"

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Read HEDUI_* and PORT. Raises BadSetting naming every bad one at once."""
        home = Path(env.get("HEDUI_HOME") or "var").absolute()
        problems: list[str] = []
        made = cls(
            home=home,
            keys=Path(env["HEDUI_KEYS"]).absolute() if env.get("HEDUI_KEYS") else home / "keys",
            database_url=env.get("HEDUI_DATABASE_URL", ""),
            listen=env.get("HEDUI_LISTEN") or "127.0.0.1",
            port=_number(env, "PORT", 8000, problems),
            tls_cert=env.get("HEDUI_TLS_CERT", ""),
            tls_key=env.get("HEDUI_TLS_KEY", ""),
            trusted_proxies=_number(env, "HEDUI_TRUSTED_PROXIES", 0, problems),
            hosts=tuple(name.strip() for name in env.get("HEDUI_HOSTS", "").split(",") if name.strip()),
            upload_limit=_number(env, "HEDUI_UPLOAD_LIMIT", 50_000_000, problems),
            log_level=env.get("HEDUI_LOG_LEVEL") or "INFO",
        )
        problems += made.contradictions()
        if problems:
            raise BadSetting(_("These settings cannot work: %(list)s", list="; ".join(problems)))
        return made

    @property
    def loopback(self) -> bool:
        """True when only this machine can reach the web."""
        if self.listen in LOOPBACK_NAMES:
            return True
        try:
            return ip_address(self.listen).is_loopback
        except ValueError:
            return False

    @property
    def https(self) -> bool:
        """True when browsers speak https to us, directly or through a declared proxy."""
        return bool(self.tls_cert) or self.trusted_proxies > 0

    @property
    def url(self) -> str:
        """The database's address; SQLite in the home when none was given."""
        return self.database_url or f"sqlite:///{self.home / 'hedui.db'}"

    def contradictions(self) -> list[str]:
        """Sentences about settings that do not fit together; empty when all is well."""
        found = []
        if not 0 < self.port < 65536:
            found.append("PORT must lie between 1 and 65535")
        if bool(self.tls_cert) != bool(self.tls_key):
            found.append("HEDUI_TLS_CERT and HEDUI_TLS_KEY go together")
        if not self.loopback:
            if not self.https:
                found.append("HEDUI_LISTEN beyond this machine needs HEDUI_TLS_CERT or HEDUI_TRUSTED_PROXIES")
            if not self.hosts:
                found.append("HEDUI_LISTEN beyond this machine needs HEDUI_HOSTS, the names people type")
        return found

    def table(self) -> list[tuple[str, str]]:
        """Name and value of every setting, secrets left out, for `./run do settings`."""
        return [(f.name, str(getattr(self, f.name)) if f.repr else "…") for f in fields(self)]


def _number(env: Mapping[str, str], name: str, default: int, problems: list[str]) -> int:
    text = env.get(name)
    if not text:
        return default
    if text.isascii() and text.isdigit():
        return int(text)
    problems.append(f"{name} must be a whole number")
    return default
