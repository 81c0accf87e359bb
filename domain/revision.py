"""Which revision of the tables this program knows, and whether a home stands at it.

Reads the migrations as text: importing Alembic, or SQLAlchemy, takes longer than a warm start may. The command line
migrates; a web or worker process only asks, and never works on tables of another revision.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from domain.errors import Conflict
from domain.text import Text
from domain.text import gettext as _

if TYPE_CHECKING:
    from sqlalchemy import Engine

VERSIONS = Path(__file__).resolve().parent.parent / "migrations" / "versions"
REVISION = re.compile(r'^(down_revision|revision) = (?:"([^"]+)"|None)$', re.MULTILINE)


@lru_cache(maxsize=4)
def _read(folder: Path) -> tuple[frozenset[str], frozenset[str]]:
    made: set[str] = set()
    followed: set[str] = set()
    for path in folder.glob("*.py"):
        for word, name in REVISION.findall(path.read_text(encoding="utf-8")):
            (made if word == "revision" else followed).add(name)
    return frozenset(made), frozenset(followed - {""})


def newest(folder: Path = VERSIONS) -> str:
    """The revision that no other one follows; "" when the files do not say it plainly."""
    made, followed = _read(folder)
    heads = made - followed
    return next(iter(heads)) if len(heads) == 1 else ""


def known(revision: str, folder: Path = VERSIONS) -> bool:
    """Whether this program can read tables of that revision."""
    return revision in _read(folder)[0]


def newer() -> Text:
    """What to say of a home that a newer program made."""
    return _("This home was made by a newer version of the program. Start that version, or restore a backup.")


def require(engine: Engine) -> None:
    """Go on only where the tables are those of this program.

    Raises Conflict when they are older or newer, or when there are none; the sentence says what to do.
    """
    from sqlalchemy.exc import DBAPIError  # whoever has an engine has it loaded already

    try:
        with engine.connect() as connection:
            here = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    except DBAPIError as problem:
        raise Conflict(_("There are no tables of a home here. Run ./run do init first.")) from problem
    if here == newest():
        return
    if here and not known(str(here)):
        raise Conflict(newer())
    raise Conflict(
        _("This home stands at an older version of the tables (%(here)s). Run ./run do migrate first.", here=here)
    )
