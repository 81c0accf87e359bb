"""Reading files into a home at the command line, by the same verbs as the pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from domain import intake
from domain.home import DEMO, Home
from domain.intake import ImportReport
from domain.work import Actor, unit_of_work
from sources import households
from sources.households import Declaration


def import_households(
    home: Home,
    actor: Actor,
    contents: Mapping[str, bytes],
    *,
    receiving: Callable[[str], bool] = lambda _number: False,
) -> tuple[Declaration, ImportReport]:
    """Read declaration files (outside any transaction) and write their sound households.

    receiving: whether the household of that number is on the roll already. A bad row sinks neither its file nor
    the other households; both reports say what happened.
    """
    with unit_of_work(home, actor, write=False) as work:
        today, demonstration = work.today, home.row(work.session).kind == DEMO
    declaration = households.read_declaration(contents, on=today, demonstration=demonstration)
    with unit_of_work(home, actor) as work:
        report = intake.import_households(work, declaration.households, receiving=receiving)
    return declaration, report
