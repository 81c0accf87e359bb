"""What failed, in words for whoever runs the house: processes and steps by their names, causes by what they mean.

Of a failure only the kind of the exception is kept; here it gets a sentence and, where there is one, a remedy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain.errors import HouseError
from domain.text import Text
from domain.text import gettext as _
from domain.work import Work
from tasks.incidents import NOTHING_AWAITED
from webapp.i18n import english
from workflows import definitions, operation_titles
from workflows.definition_rows import DefinitionRow

_PASSING = _("It mostly passes by itself: try again, and look at the network and the source if it comes back.")
_HOUSE = _("Look at the database and the disk of this machine, then try again.")
_RULES = _("Trying again helps once what stands in its way has changed.")
_PROGRAM = _("Trying again helps only once the program, the drawing or the values are mended.")

_UNREACHED = _("the other side could not be reached")
# the kind of exception -> what it means, what helps
CAUSES: Mapping[str, tuple[Text, Text]] = {
    "ConnectionError": (_UNREACHED, _PASSING),
    "ConnectionRefusedError": (_UNREACHED, _PASSING),
    "ConnectionResetError": (_UNREACHED, _PASSING),
    "TimeoutError": (_("no answer came in time"), _PASSING),
    "OSError": (_("a file or the network failed"), _HOUSE),
    "FileNotFoundError": (_("a file is missing"), _HOUSE),
    "PermissionError": (_("a file may not be opened"), _HOUSE),
    "OperationalError": (_("the database could not be asked"), _HOUSE),
    "IntegrityError": (_("the database refused a row"), _PROGRAM),
    "OperationFailed": (_("the operation could not be carried out"), _RULES),
    "Conflict": (_("a rule speaks against it"), _RULES),
    "NotFound": (_("something that it needs is missing"), _RULES),
    "NotPermitted": (_("it is not permitted"), _RULES),
    "InvalidAnswers": (_("what was entered does not fit"), _RULES),
    "Stale": (_("somebody was faster"), _PASSING),
    "BudgetExceeded": (_("too many steps in one go"), _PROGRAM),
    "DataTooLarge": (_("the case holds too many values"), _PROGRAM),
    NOTHING_AWAITED: (_("the case waits for nothing and nobody"), _PROGRAM),
}
_OTHER = (_("the program or the drawing is at fault"), _PROGRAM)

# what an agenda item does, by its kind
KINDS: dict[str, Text] = {
    "case.wake": _("a case's timer"),
    "step.retry": _("a step that failed, once more"),
    "job.run": _("a slow step of a case"),
    "query.retry": _("queries of a case, once more"),
    "delivery.read": _("reading a delivery"),
    "message.deliver": _("a message between cases"),
    "campaign.open": _("opening a review"),
    "campaign.fill": _("opening a review's cases"),
    "campaign.release": _("releasing a review's cases"),
    "case.deliver": _("a message that waited for a case on hold"),
    "case.resume": _("letting a case go on"),
    "batch.judge": _("judging a batch of cases"),
    "batch.run": _("a batch of cases"),
    "batch.undo": _("taking a batch of cases back"),
}


def cause(kind: str) -> Text:
    """What a kind of exception means."""
    return CAUSES.get(kind, _OTHER)[0]


def remedy(kind: str) -> Text:
    """What helps against it."""
    return CAUSES.get(kind, _OTHER)[1]


@dataclass(frozen=True, slots=True)
class Names:
    """Names of processes and their steps in the language of the page; a code that nobody named stays a code."""

    work: Work
    newest: Mapping[str, DefinitionRow]

    def process(self, key: str) -> str:
        """What a process is called."""
        row = self.newest.get(key)
        return key if row is None else (row.title_en if english() else row.title) or key

    def step(self, process: str, step: str) -> str:
        """What a step is called; of an item without a step what it does. "" when only its code is known."""
        row = self.newest.get(process)
        try:
            found = definitions.by_id(self.work, row.id).diagram.steps.get(step) if row is not None else None
        except HouseError:  # a version that this program cannot read any more still has incidents
            found = None
        if found is not None:
            return (found.name_en if english() else found.name) or found.name
        if step in KINDS:
            return str(KINDS[step])
        return str(operation_titles.title_of(step)) if step in operation_titles.TITLES else ""


def names(work: Work) -> Names:
    """One statement; the definitions of processes whose steps are asked for are kept by this process."""
    newest: dict[str, DefinitionRow] = {}
    for row in definitions.versions(work):
        newest.setdefault(row.process, row)
    return Names(work, newest)
