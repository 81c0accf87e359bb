"""The short way to a warm start: is there anything to do before serving? Uses the standard library alone.

Importing the whole command line and Alembic takes longer than starting the web. A home on SQLite that is founded
and stands at the newest revision needs neither; anything else takes the long way, which says what is wrong.
"""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

from domain.settings import Settings

VERSIONS = Path(__file__).resolve().parent.parent / "migrations" / "versions"
REVISION = re.compile(r'^(down_revision|revision) = (?:"([^"]+)"|None)$', re.MULTILINE)


def newest_revision(folder: Path = VERSIONS) -> str:
    """The revision that no other one follows; "" when the files do not say it plainly."""
    made: set[str] = set()
    followed: set[str] = set()
    for path in folder.glob("*.py"):
        for word, name in REVISION.findall(path.read_text(encoding="utf-8")):
            (made if word == "revision" else followed).add(name)
    heads = made - followed
    return heads.pop() if len(heads) == 1 else ""


def ready(settings: Settings) -> bool:
    """True when the home can be served as it stands."""
    database = settings.home / "hedui.db"
    if settings.database_url or not database.exists() or not (settings.keys / "keys.json").exists():
        return False
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5)
    try:
        revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        founded = connection.execute("SELECT founded_at FROM home").fetchone()
    except sqlite3.DatabaseError:
        return False
    finally:
        connection.close()
    return bool(founded and founded[0]) and revision is not None and revision[0] == newest_revision()
