"""Return for correction on a task's page: what is checked here, and the marks that are made at it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from domain import reasons
from domain.errors import InvalidAnswers
from domain.text import gettext as _
from domain.work import Work
from tasks import words
from tasks.desk import marks
from tasks.desk.marks import Checked
from tasks.moves import Moved
from tasks.pages.pages import TaskPage
from webapp import reasons as choices
from webapp.forms import TaskForm
from webapp.i18n import english


@dataclass(frozen=True, slots=True)
class Checking:
    """What somebody checks at a task, and the reasons that are offered for marking it."""

    steps: Sequence[Checked] = field(repr=False)
    offered: Sequence[tuple[str, str]]

    @property
    def changed(self) -> Sequence[Checked]:
        """Steps that were done again since the last look."""
        return [one for one in self.steps if one.round > 1 and one.changed]


NOTHING = Checking((), ())


def checking(work: Work, shown: TaskPage) -> Checking:
    """What is checked at an open task of mine; nothing where the form cannot send anything back."""
    if not shown.mine or shown.form.action_field() is None:
        return NOTHING
    names = words.Names(
        {one.person.ref: one.person.name for one in shown.case.members},
        {code: one.en if english() else one.zh for code, one in shown.law.categories.items()},
        {one.ref: one.name for one in shown.guardians},
    )
    found = marks.checked(work, shown.ref, names, english=english())
    return Checking(found, choices.offered(work, "return")) if found else NOTHING


def record(work: Work, ref: str, form: TaskForm, moved: Moved) -> None:
    """Keep what was marked, with the move that sends the case back. Raises InvalidAnswers."""
    if not form.marks or moved.broken:
        return
    offered = reasons.offered(work, "return")
    given: dict[str, dict[str, str]] = {}
    for step, paths in form.marks.items():
        for path, (code, text) in paths.items():
            said = reasons.worded(offered, code, text)
            if not isinstance(said, str):
                raise InvalidAnswers({marks.MARKS: _("Say of every field that you mark what is wrong with it.")})
            given.setdefault(step, {})[path] = said
    marks.record(work, ref, given, moved.opened)
