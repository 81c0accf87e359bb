"""The short way to a warm start: is there anything to do before serving? Uses the standard library alone.

Importing the whole command line and Alembic takes longer than starting the web. A home on SQLite that is founded
and stands at the newest revision needs neither; anything else takes the long way, which says what is wrong.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from domain.revision import newest
from domain.settings import Settings
from workflows.digests import folder_digest

BUNDLES = Path(__file__).resolve().parent.parent / "bpmn"
# every process that was ever put in force or shipped here (workflows.shipped)
KNOWN = (
    "SELECT process, digest FROM definition UNION SELECT d.process, r.digest"
    " FROM definition_draft_revision r JOIN definition_draft d ON d.id = r.draft_id WHERE r.shipped"
)


def ready(settings: Settings) -> bool:
    """True when the home can be served as it stands."""
    database = settings.home / "hedui.db"
    if settings.database_url or not database.exists() or not (settings.keys / "keys.json").exists():
        return False
    try:
        connection = sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=5)
    except sqlite3.DatabaseError:
        return False
    try:
        revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        founded = connection.execute("SELECT founded_at FROM home").fetchone()
        if revision is None or revision[0] != newest():
            return False
        known = set(connection.execute(KNOWN))
    except sqlite3.DatabaseError:
        return False
    finally:
        connection.close()
    return bool(founded and founded[0]) and shipped() <= known


def shipped(folder: Path = BUNDLES) -> set[tuple[str, str]]:
    """Name and digest of every process this program ships; what a home does not know goes the long way."""
    return {(one.name, folder_digest(one)) for one in folder.iterdir() if one.is_dir()}
