"""Whether the counts of open tasks are what a recount gives, and whether somebody counts in what changed."""

from __future__ import annotations

from domain.text import gettext as _
from domain.work import Work
from tasks.finding import tallies
from tasks.health.machine_checks import OK, PROBLEM, WARNING, Check

MOST_WAITING = 20_000  # changes that are not counted in yet; a worker does so every few seconds


def counted_right(work: Work) -> Check:
    """Every figure beside a recount, in one look at all open tasks: seconds where there are a million."""
    wrong, waiting = tallies.wrong(work), tallies.waiting(work)
    if wrong:
        return Check(
            "counts",
            PROBLEM,
            _("At least %(count)s counts of open tasks are wrong, so tabs and oversight show wrong figures.",
              count=len(wrong)),
            _("./run do counts mend counts them anew; whoever completes a task waits meanwhile."),
        )  # fmt: skip
    if waiting > MOST_WAITING:
        return Check(
            "counts",
            WARNING,
            _("%(count)s changes of tasks are not counted in yet: lists become slow.", count=waiting),
            _("See that a worker runs."),
        )
    return Check("counts", OK, _("The counts of open tasks are those of a recount."))
