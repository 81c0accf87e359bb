"""What differs between machines: one typed table, read once at start from the environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from domain.errors import HouseError
from domain.text import Text
from domain.text import gettext as _

LOOPBACK_NAMES = frozenset({"localhost"})
PREFIX = "HEDUI_"
DATABASES = ("postgresql+psycopg", "sqlite")
# set by the supervisor for its children, or read by the tests alone: nobody sets these by hand
INNER = ("HEDUI_LISTEN_FD", "HEDUI_KITS", "HEDUI_PICTURES", "HEDUI_TEST_")


class BadSetting(HouseError):
    """A setting has a value that cannot work, or settings contradict each other."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: the attribute of `Settings`, its variable, its type in a word, what it means.

    kind: "folder", "file", "text", "password" (never shown), "number", "names" (comma between them) or
    "choice". default: what holds when the variable is absent or empty, as it would be written. allowed: the values of a
    choice; for a number its least and greatest. secret: its value holds a password and is shown without it.
    """

    name: str
    variable: str
    kind: str
    default: str
    explanation: Text
    allowed: tuple[str, ...] = ()
    secret: bool = False


TABLE: tuple[Setting, ...] = (
    Setting("home", "HEDUI_HOME", "folder", "var", _("The folder of the database, the files and the demonstration.")),
    Setting(
        "keys", "HEDUI_KEYS", "folder", "HEDUI_HOME/keys",
        _("The folder of the master keys. A real office keeps it apart from the home and its backups."),
    ),
    Setting(
        "database_url", "HEDUI_DATABASE_URL", "text", "",
        _("A PostgreSQL database, postgresql+psycopg://user:password@host/name; without it SQLite in the home."),
        secret=True,
    ),
    Setting("listen", "HEDUI_LISTEN", "text", "127.0.0.1", _("The address the web listens on.")),
    Setting("port", "PORT", "number", "8000", _("The port the web listens on."), ("1", "65535")),
    Setting("tls_cert", "HEDUI_TLS_CERT", "file", "", _("The certificate of the web (PEM, with its chain).")),
    Setting("tls_key", "HEDUI_TLS_KEY", "file", "", _("The private key of the certificate (PEM).")),
    Setting(
        "trusted_proxies", "HEDUI_TRUSTED_PROXIES", "number", "0",
        _("How many reverse proxies stand before the web; that many forwarded addresses are believed."), ("0", "9"),
    ),
    Setting(
        "hosts", "HEDUI_HOSTS", "names", "",
        _("The names people type, with a comma between them; others are refused."),
    ),
    Setting(
        "upload_limit", "HEDUI_UPLOAD_LIMIT", "number", "50000000",
        _("The largest upload in bytes."), ("1", "2000000000"),
    ),
    Setting(
        "part_rows", "HEDUI_PART_ROWS", "number", "1000000",
        _("Rows of a delivered file that are stored and committed at a time."), ("1", "10000000"),
    ),
    Setting(
        "scanner", "HEDUI_SCANNER", "text", "",
        _("A virus scanner that speaks clamd’s INSTREAM, tcp://host:port or unix:///path; without it none is asked."),
    ),
    Setting(
        "photo_position", "HEDUI_PHOTO_POSITION", "choice", "remove",
        _("Whether a photograph handed in keeps the place where it was taken."), ("remove", "keep"),
    ),
    Setting(
        "mail_host", "HEDUI_MAIL_HOST", "text", "",
        _("The server that takes mail; without it no mail is sent, notices stand in the page alone."),
    ),
    Setting("mail_port", "HEDUI_MAIL_PORT", "number", "587", _("The port of that server."), ("1", "65535")),
    Setting(
        "mail_tls", "HEDUI_MAIL_TLS", "choice", "starttls",
        _("How the connection to it is protected; none only within this machine."), ("starttls", "tls", "none"),
    ),
    Setting("mail_user", "HEDUI_MAIL_USER", "text", "", _("The name by which the program signs in there.")),
    Setting(
        "mail_password", "HEDUI_MAIL_PASSWORD", "password", "",
        _("The password for it; better in a file: HEDUI_MAIL_PASSWORD_FILE."),
    ),
    Setting(
        "mail_password_file", "HEDUI_MAIL_PASSWORD_FILE", "file", "",
        _("A file with nothing but that password."),
    ),
    Setting("mail_ca", "HEDUI_MAIL_CA", "file", "", _("Certificates (PEM) by which that server is known.")),
    Setting("mail_from", "HEDUI_MAIL_FROM", "text", "", _("The address that mail comes from.")),
    Setting(
        "mail_link", "HEDUI_MAIL_LINK", "text", "",
        _("The address of this service as people type it, for links in mail and for the codes on papers, such as https://hedui.example."),
    ),
    Setting(
        "exchange_ca", "HEDUI_EXCHANGE_CA", "file", "",
        _("Certificates (PEM) by which the other services of the exchange are known; without it the machine’s."),
    ),
    Setting(
        "log_level", "HEDUI_LOG_LEVEL", "choice", "INFO",
        _("The least important lines that are logged; a single command begins at WARNING."),
        ("DEBUG", "INFO", "WARNING", "ERROR"),
    ),
    Setting(
        "language", "HEDUI_LANG", "text", "zh_Hans_CN",
        _("The language of the command line, zh_Hans_CN or en; pages follow the person."),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of one process.

    home: folder of database and files. keys: folder of the master keys. database_url: "" means SQLite
    in the home. listen/port: address of the web. tls_cert/tls_key: PEM files. trusted_proxies: number of
    reverse proxies whose forwarded headers are believed. hosts: allowed Host names. upload_limit: bytes.
    part_rows: rows of a delivery stored at a time.
    scanner: address of clamd, "" for none. photo_position: "remove" or "keep".
    mail_*: the server that takes mail ("" host: none is sent), and what mail says it comes from and leads to.
    exchange_ca: by what other services are known.
    given: variables that were set. unknown: variables that look like ours and are none, most likely misspelt.
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
    part_rows: int = 1_000_000
    scanner: str = ""
    photo_position: str = "remove"
    mail_host: str = ""
    mail_port: int = 587
    mail_tls: str = "starttls"
    mail_user: str = ""
    mail_password: str = field(default="", repr=False)
    mail_password_file: str = ""
    mail_ca: str = ""
    mail_from: str = ""
    mail_link: str = ""
    exchange_ca: str = ""
    log_level: str = "INFO"
    language: str = "zh_Hans_CN"
    given: frozenset[str] = field(default=frozenset(), compare=False)
    unknown: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Read the variables of TABLE. Raises BadSetting naming every bad one at once."""
        made, problems = cls.read(env)
        if problems:
            raise BadSetting(_("These settings cannot work: %(list)s", list="; ".join(problems)))
        return made

    @classmethod
    def read(cls, env: Mapping[str, str]) -> tuple[Settings, list[str]]:
        """The settings, with the default in place of every value that cannot be read, and what is wrong with them."""
        problems: list[str] = []
        values: dict[str, Any] = {one.name: _value(one, env, problems) for one in TABLE}
        values["home"] = Path(str(values["home"])).absolute()
        given_keys = env.get("HEDUI_KEYS")
        values["keys"] = Path(given_keys).absolute() if given_keys else values["home"] / "keys"
        given = frozenset(one.variable for one in TABLE if env.get(one.variable))
        made = cls(**values, given=given, unknown=unknown(env))
        return made, problems + made.contradictions()

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
        if bool(self.tls_cert) != bool(self.tls_key):
            found.append(str(_("HEDUI_TLS_CERT and HEDUI_TLS_KEY go together")))
        if self.database_url and self.database_url.partition(":")[0] not in DATABASES:
            found.append(str(_("HEDUI_DATABASE_URL begins with postgresql+psycopg://")))
        found += self._mail_contradictions()
        if not self.loopback:
            if not self.https:
                found.append(str(_("HEDUI_LISTEN beyond this machine needs HEDUI_TLS_CERT or HEDUI_TRUSTED_PROXIES")))
            if not self.hosts:
                found.append(str(_("HEDUI_LISTEN beyond this machine needs HEDUI_HOSTS, the names people type")))
        return found

    def _mail_contradictions(self) -> list[str]:
        if not self.mail_host:
            return []
        found = []
        if not (self.mail_from and self.mail_link):
            found.append(str(_("HEDUI_MAIL_HOST needs HEDUI_MAIL_FROM and HEDUI_MAIL_LINK")))
        if self.mail_password and self.mail_password_file:
            found.append(str(_("HEDUI_MAIL_PASSWORD and HEDUI_MAIL_PASSWORD_FILE say the same thing twice")))
        if self.mail_tls == "none" and self.mail_user:
            found.append(str(_("HEDUI_MAIL_TLS=none would send HEDUI_MAIL_USER and its password in the open")))
        return found

    def shown(self, setting: Setting) -> str:
        """The value of a setting as it may be shown: without the name and the password of a secret."""
        value = getattr(self, setting.name)
        if setting.kind == "password":
            return "…" if value else ""
        text = ",".join(value) if isinstance(value, tuple) else str(value)
        return without_password(text) if setting.secret else text

    def table(self) -> list[tuple[str, str]]:
        """Variable and value of every setting, secrets left out."""
        return [(one.variable, self.shown(one)) for one in TABLE]


def unknown(env: Mapping[str, str]) -> tuple[str, ...]:
    """Variables that begin like ours and that nothing reads."""
    ours = {one.variable for one in TABLE}
    named = (name for name in env if name.startswith(PREFIX) and not name.startswith(INNER))
    return tuple(sorted(name for name in named if name not in ours))


def without_password(address: str) -> str:
    """A database's address without whoever signs in to it: scheme, host, port and name of the database."""
    if not address:
        return ""
    scheme, mark, rest = address.partition("://")
    rest, _mark, behind = rest.partition("?")
    if "@" in behind:  # a sign of the password, or of the query: which, cannot be told
        return f"{scheme}://…" if mark else "…"
    who, _at, place = rest.rpartition("@")
    return f"{scheme}://{'…@' if who else ''}{place}" if mark else "…"


def _value(setting: Setting, env: Mapping[str, str], problems: list[str]) -> object:
    text = env.get(setting.variable) or setting.default
    return _READERS.get(setting.kind, _text)(setting, text, problems)


def _text(_setting: Setting, text: str, _problems: list[str]) -> object:
    return text


def _names(_setting: Setting, text: str, _problems: list[str]) -> object:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _choice(setting: Setting, text: str, problems: list[str]) -> object:
    known = {one.lower(): one for one in setting.allowed}
    if text.lower() in known:
        return known[text.lower()]
    problems.append(
        str(_("%(name)s must be one of %(allowed)s", name=setting.variable, allowed=", ".join(setting.allowed)))
    )
    return setting.default


def _number(setting: Setting, text: str, problems: list[str]) -> object:
    least, most = (int(one) for one in setting.allowed)
    if not text.isascii() or not text.isdigit():
        problems.append(str(_("%(name)s must be a whole number", name=setting.variable)))
    elif not least <= int(text) <= most:
        problems.append(
            str(_("%(name)s must lie between %(least)s and %(most)s", name=setting.variable, least=least, most=most))
        )
    else:
        return int(text)
    return int(setting.default)


_READERS: dict[str, Callable[[Setting, str, list[str]], object]] = {
    "names": _names,
    "choice": _choice,
    "number": _number,
}
