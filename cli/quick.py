"""The short way to a warm start: is there anything to do before serving? Uses the standard library alone.

Importing the whole command line and Alembic takes longer than starting the web. A home on SQLite that is founded
and stands at the newest revision needs neither; anything else takes the long way, which says what is wrong.
"""

from __future__ import annotations

import sqlite3

from domain.revision import newest
from domain.settings import Settings


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
    return bool(founded and founded[0]) and revision is not None and revision[0] == newest()
