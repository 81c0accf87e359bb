"""What comes of saving a draft: a revision, or the news that somebody else was first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.clock import OFFICE_ZONE
from domain.errors import Stale
from domain.text import gettext as _


@dataclass(frozen=True, slots=True)
class Saved:
    """What came of a save: the revision whose files are the ones handed in.

    merged: others saved other files meanwhile, which are in it too. unchanged: no revision was written.
    """

    number: int
    merged: bool = False
    unchanged: bool = False


class Overtaken(Stale):
    """Somebody else saved the same file first; nothing was written and nothing is lost.

    by: display name; at: when; revision: the newest one; path: the file ("" for the draft as a whole);
    written: there is something written that can be saved beside.
    """

    def __init__(self, *, by: str, at: datetime, revision: int, path: str, written: bool) -> None:
        said = {"who": by, "file": path or _("this draft"), "time": f"{at.astimezone(OFFICE_ZONE):%H:%M}"}
        kept = _(
            "%(who)s saved %(file)s at %(time)s, after you opened it. Nothing you did is lost: it is still before you."
            " Save it beside as a revision of its own, or look at the difference first.",
            **said,
        )
        again = _(
            "%(who)s saved %(file)s at %(time)s, after you opened it. Look at what changed, then do it again.", **said
        )
        super().__init__(kept if written else again, revision=revision, path=path)
        self.by, self.at, self.revision, self.path = by, at, revision, path
