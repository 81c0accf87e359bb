"""What pages tell of running cases and a version: words and colours of verdicts, and what a draft would mean."""

from __future__ import annotations

from domain.errors import DefinitionRefused
from domain.text import Text
from domain.text import gettext as _
from tasks.repair import impact
from tasks.repair.impact import Impact
from webapp import checking
from webapp.acting import reading
from webapp.auth import member
from webapp.i18n import english
from workflows import definitions, transplant
from workflows.bundles import Bundle

# a page tells more sentences than anybody reads; what is cut off is said
MOST = 200

TITLES: dict[str, Text] = {
    transplant.UNAFFECTED: _("Nothing changes"),
    transplant.PATH: _("The new way from here"),
    transplant.CHANGES: _("Something changes at once"),
    transplant.MAPPING: _("A step has to be chosen"),
    transplant.CANNOT: _("Cannot go along"),
}
TAGS = {
    transplant.UNAFFECTED: "ok", transplant.PATH: "ok", transplant.CHANGES: "today", transplant.MAPPING: "soon",
    transplant.CANNOT: "overdue",
}  # fmt: skip


def told(found: Impact) -> dict[str, object]:
    """What the macros of `macros/impact.html` need besides the impact."""
    return {"impact": found, "verdict_titles": TITLES, "verdict_tags": TAGS, "most_lines": MOST}


def foresee(process: str, bundle: Bundle) -> tuple[Impact | None, object]:
    """What a bundle that is not in force yet would mean; (None, why) for one that does not pass the check."""
    try:
        checking.must_pass(bundle, member().actor.person())
    except DefinitionRefused:
        return None, _("The draft does not pass the check yet; what it means for running cases can be told then.")
    except checking.TooMany as refusal:
        return None, refusal.message
    return preview_of(process, bundle), ""


def preview_of(process: str, bundle: Bundle) -> Impact:
    """What a bundle that passed the check would mean for the cases under way."""
    with reading() as work:
        current = definitions.newest(work, process)
        number = current.number + 1 if current is not None else 1
        return impact.preview(work, impact.draft_definition(process, bundle, number), english=english())
